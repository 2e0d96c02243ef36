//! The account's webhook endpoints.

use serde_json::Value;
use stripe_client_core::RequestStrategy;

use super::raw::Get;
use super::{CallError, Stripe};

/// Endpoints that are listed; an account has at most sixteen.
const MAX_ENDPOINTS: u32 = 100;

/// A webhook endpoint (<https://docs.stripe.com/api/webhook_endpoints/object>), or an event
/// destination that is one (<https://docs.stripe.com/api/v2/core/event_destinations/object>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// `we_…` or `ed_…`
    pub id: String,
    /// Its URL.
    pub url: String,
    /// Whether Stripe sends anything there.
    pub enabled: bool,
    /// The event types that it gets; `*` is all.
    pub events: Vec<String>,
    /// The API version of its events; `None` is the account's.
    pub api_version: Option<String>,
    /// Whether it gets thin events, which do not contain the object, see [`crate::inbox`].
    pub thin: bool,
}

impl WebhookEndpoint {
    /// Whether events of this type are sent to it.
    #[must_use]
    pub fn receives(&self, kind: &str) -> bool {
        self.events
            .iter()
            .any(|event| event == "*" || event == kind)
    }

    fn from_v1(object: &Value) -> Option<Self> {
        Some(Self {
            id: text(&object["id"])?,
            url: text(&object["url"])?,
            enabled: object["status"] == "enabled",
            events: texts(&object["enabled_events"]),
            api_version: text(&object["api_version"]),
            thin: false,
        })
    }

    fn from_v2(object: &Value) -> Option<Self> {
        Some(Self {
            id: text(&object["id"])?,
            url: text(&object["webhook_endpoint"]["url"])?,
            enabled: object["status"] == "enabled",
            events: texts(&object["enabled_events"]),
            api_version: text(&object["snapshot_api_version"]),
            thin: object["event_payload"] == "thin",
        })
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn texts(value: &Value) -> Vec<String> {
    let texts = value.as_array().into_iter().flatten();
    texts.filter_map(text).collect()
}

fn list(body: &[u8]) -> Option<Vec<Value>> {
    let mut list: Value = serde_json::from_slice(body).ok()?;
    match list.get_mut("data")?.take() {
        Value::Array(objects) => Some(objects),
        _ => None,
    }
}

impl Stripe {
    /// Lists the endpoints for snapshot events.
    ///
    /// # Errors
    /// [`CallError`]; refused with 403 if a restricted key may not list them.
    pub async fn webhook_endpoints(&self) -> Result<Vec<WebhookEndpoint>, CallError> {
        let call = Get::new("/webhook_endpoints").with("limit", MAX_ENDPOINTS);
        let objects = self
            .call("list-endpoints", &call, &RequestStrategy::Once, list)
            .await?;
        Ok(objects
            .iter()
            .filter_map(WebhookEndpoint::from_v1)
            .collect())
    }

    /// Lists the endpoints with version 2 of the API, which includes those for thin events.
    ///
    /// # Errors
    /// [`CallError`]
    pub async fn event_destinations(&self) -> Result<Vec<WebhookEndpoint>, CallError> {
        let call = Get::new("/v2/core/event_destinations")
            .with("limit", MAX_ENDPOINTS)
            .with("include[0]", "webhook_endpoint.url");
        let objects = self
            .call("list-destinations", &call, &RequestStrategy::Once, list)
            .await?;
        Ok(objects
            .iter()
            .filter_map(WebhookEndpoint::from_v2)
            .collect())
    }
}
