//! Webhook endpoints: their URLs, enabled events and signing secrets.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::event::EventType;
use crate::ids;
use crate::metadata::{Metadata, metadata_json};

/// The id of the endpoint that the sandbox is started with. It is configuration and is not stored
/// in the state file.
pub(crate) const DEFAULT_ENDPOINT: &str = "we_sandbox";
/// The longest time that an old secret may stay active after a new one was made, in seconds.
pub(crate) const MAX_SECRET_OVERLAP: i64 = 24 * 60 * 60;

/// Where events are sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The endpoint's URL.
    pub url: String,
    /// The signing secret, including its prefix `whsec_`.
    pub secret: String,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// A webhook endpoint, or an event destination for thin events.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) url: String,
    /// The event types that are sent to it; `*` means all.
    pub(crate) enabled_events: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Metadata,
    /// The API version of its events; `None` means the sandbox's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api_version: Option<String>,
    pub(crate) status: EndpointStatus,
    /// The signing secret, including its prefix `whsec_`.
    pub(crate) secret: String,
    /// The previous secret, and when it expires (seconds since 1970). Until then it signs as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) old_secret: Option<(String, i64)>,
    /// Whether it gets thin events; only the v2 API creates such endpoints.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) thin: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EndpointStatus {
    Enabled,
    Disabled,
    Deleted,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .field("url", &self.url)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// The endpoint that the sandbox is started with. It gets all events.
    pub(crate) fn default_endpoint(webhook: Webhook, created: i64) -> Endpoint {
        Endpoint {
            id: DEFAULT_ENDPOINT.to_owned(),
            created,
            url: webhook.url,
            enabled_events: vec!["*".to_owned()],
            description: Some("The endpoint that the sandbox was started with".to_owned()),
            metadata: Vec::new(),
            api_version: None,
            status: EndpointStatus::Enabled,
            secret: webhook.secret,
            old_secret: None,
            thin: false,
        }
    }

    /// Whether events of this type are sent to it.
    pub(crate) fn receives(&self, kind: EventType) -> bool {
        self.status == EndpointStatus::Enabled
            && self.enabled_events.iter().any(|enabled| {
                // The types of thin events about v1 objects have the prefix `v1.`.
                let name = match self.thin {
                    true => enabled.strip_prefix("v1.").unwrap_or_default(),
                    false => enabled,
                };
                enabled == "*" || name == kind.name()
            })
    }

    /// Whether it has not been deleted.
    pub(crate) fn exists(&self) -> bool {
        self.status != EndpointStatus::Deleted
    }

    /// Whether the v1 API shows it.
    pub(crate) fn is_v1(&self) -> bool {
        self.exists() && !self.thin
    }

    /// The active secrets, newest first.
    pub(crate) fn active_secrets(&self, now: i64) -> Vec<String> {
        let old = self
            .old_secret
            .iter()
            .filter(|(_, until)| *until > now)
            .map(|(secret, _)| secret.clone());
        std::iter::once(self.secret.clone()).chain(old).collect()
    }

    /// Makes a new secret; the old one stays active for `overlap` seconds.
    pub(crate) fn roll_secret(&mut self, now: i64, overlap: i64) {
        let old = std::mem::replace(&mut self.secret, new_secret());
        self.old_secret = Some((old, now.saturating_add(overlap)));
    }

    /// The endpoint as the API returns it, without the secret: that is returned only at creation.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "webhook_endpoint",
            "api_version": self.api_version,
            "application": null,
            "created": self.created,
            "description": self.description,
            "enabled_events": self.enabled_events,
            "livemode": false,
            "metadata": metadata_json(&self.metadata),
            "status": self.status,
            "url": self.url,
        })
    }
}

/// A new signing secret in Stripe's format.
pub(crate) fn new_secret() -> String {
    format!("whsec_{}", ids::random(32))
}
