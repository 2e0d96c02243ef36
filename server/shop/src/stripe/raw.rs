//! Lists and objects as raw JSON, for the reconciler: an unexpected field breaks nothing, whereas
//! async-stripe's types reject a whole page if one object has an unknown value.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use stripe_client_core::{RequestBuilder, RequestStrategy, StripeMethod, StripeRequest};

use super::{CallError, Stripe};

/// Objects per page: Stripe's maximum.
const PAGE_SIZE: u32 = 100;
/// Expanded so that a session contains how much of its payment was refunded.
const CHARGE_FIELD: &str = "payment_intent.latest_charge";
/// Expanded so that a line item contains the metadata of its product, with the SKU.
const PRODUCT_FIELD: &str = "data.price.product";

/// Expanded so that a session contains what its event does not state of the payment.
const DETAIL_FIELDS: [&str; 5] = [
    "total_details.breakdown",
    "line_items.data.price.product",
    "shipping_cost.shipping_rate",
    "invoice",
    "payment_intent.latest_charge.balance_transaction",
];

/// One page of a list, the newest object first.
#[derive(Debug)]
pub(crate) struct Page {
    /// The objects, each as JSON.
    pub(crate) objects: Vec<String>,
    /// Whether there are older objects.
    pub(crate) has_more: bool,
}

/// A GET request with its parameters in the query.
pub(super) struct Get {
    path: String,
    query: Vec<(String, String)>,
}

impl Get {
    pub(super) fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            query: Vec::new(),
        }
    }

    pub(super) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }
}

impl StripeRequest for Get {
    type Output = Value;

    fn build(&self) -> RequestBuilder {
        let mut request = RequestBuilder::new(StripeMethod::Get, &self.path);
        let pairs: Vec<String> = self
            .query
            .iter()
            .map(|(name, value)| format!("{name}={}", percent_encode(value)))
            .collect();
        request.query = (!pairs.is_empty()).then(|| pairs.join("&"));
        request
    }
}

/// All characters but those that are never encoded
/// (<https://www.rfc-editor.org/rfc/rfc3986#section-2.3>).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes a value for a query. Names are constants that need no encoding.
fn percent_encode(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

#[derive(Deserialize)]
struct RawList {
    data: Vec<Value>,
    #[serde(default)]
    has_more: Value,
}

impl RawList {
    fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// Whether there are older objects; if Stripe does not say, a full page suggests it.
    fn has_more(&self) -> bool {
        let full = usize::try_from(PAGE_SIZE).is_ok_and(|page| self.data.len() >= page);
        self.has_more.as_bool().unwrap_or(full)
    }
}

/// The only field of an object that is needed.
#[derive(Deserialize)]
struct RawStatus {
    status: String,
}

impl RawStatus {
    fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

impl Stripe {
    /// Lists events of these types created since this second (Unix time), starting after the event
    /// `after`, newest first.
    /// Stripe keeps them for 30 days (<https://docs.stripe.com/api/events/list>).
    pub(crate) async fn events(
        &self,
        types: &[&str],
        since: i64,
        after: Option<&str>,
    ) -> Result<Page, CallError> {
        let mut call = Get::new("/events");
        for r#type in types {
            call = call.with("types[]", r#type);
        }
        self.page("list-events", call, since, after).await
    }

    /// Lists Checkout Sessions created since this second (Unix time), starting after the session
    /// `after`, newest first, with their payment and its charge.
    pub(crate) async fn sessions(
        &self,
        since: i64,
        after: Option<&str>,
    ) -> Result<Page, CallError> {
        let call = Get::new("/checkout/sessions").with("expand[]", format!("data.{CHARGE_FIELD}"));
        self.page("list-sessions", call, since, after).await
    }

    /// Fetches a Checkout Session as JSON, with its payment and its charge. `None` if Stripe does
    /// not know it.
    pub(crate) async fn raw_session(&self, id: &str) -> Result<Option<String>, CallError> {
        let call = Get::new(format!("/checkout/sessions/{}", percent_encode(id)))
            .with("expand[]", CHARGE_FIELD);
        let read = |body: &[u8]| serde_json::from_slice::<Value>(body).ok();
        match self
            .call("get-session", &call, &RequestStrategy::Once, read)
            .await
        {
            Ok(session) => Ok(Some(session.to_string())),
            Err(CallError::Refused(response)) if response.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Fetches a Checkout Session with the details of its payment. `None` if Stripe does not know
    /// it. A restricted key that may not read everything gets only what belongs to the session.
    pub(crate) async fn payment_details(&self, session: &str) -> Result<Option<Value>, CallError> {
        match self.detailed_session(session, &DETAIL_FIELDS).await {
            Err(CallError::Refused(response)) if response.status == 403 => {
                let own = [DETAIL_FIELDS[0], "line_items"];
                self.detailed_session(session, &own).await
            }
            found => found,
        }
    }

    async fn detailed_session(
        &self,
        session: &str,
        fields: &[&str],
    ) -> Result<Option<Value>, CallError> {
        let mut call = Get::new(format!("/checkout/sessions/{}", percent_encode(session)));
        for field in fields {
            call = call.with("expand[]", field);
        }
        let read = |body: &[u8]| {
            let session: Value = serde_json::from_slice(body).ok()?;
            session.is_object().then_some(session)
        };
        let name = "get-payment-details";
        match self.call(name, &call, &RequestStrategy::Once, read).await {
            Ok(session) => Ok(Some(session)),
            Err(CallError::Refused(response)) if response.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Fetches the line items of a session, each as JSON, in the order of its creation request.
    /// Each has its product, or only the product's id if a restricted key may not read products.
    pub(crate) async fn line_items(&self, session: &str) -> Result<Vec<String>, CallError> {
        #[derive(Deserialize)]
        struct Identified {
            id: String,
        }
        let path = format!("/checkout/sessions/{}/line_items", percent_encode(session));
        let mut items: Vec<String> = Vec::new();
        let mut after: Option<String> = None;
        let mut with_products = true;
        loop {
            let mut call = Get::new(&path).with("limit", PAGE_SIZE);
            if let Some(after) = &after {
                call = call.with("starting_after", after);
            }
            if with_products {
                call = call.with("expand[]", PRODUCT_FIELD);
            }
            let listed = self
                .call(
                    "list-line-items",
                    &call,
                    &RequestStrategy::Once,
                    RawList::read,
                )
                .await;
            let list = match listed {
                Err(CallError::Refused(response)) if with_products && response.status == 403 => {
                    with_products = false;
                    continue;
                }
                listed => listed?,
            };
            let Some(last) = list.data.last() else {
                return Ok(items);
            };
            let last = Identified::deserialize(last)
                .map_err(|_| CallError::Invalid("a line item has no id"))?;
            items.extend(list.data.iter().map(Value::to_string));
            if !list.has_more() {
                return Ok(items);
            }
            after = Some(last.id);
        }
    }

    /// Fetches the status of a dispute, in Stripe's word. `None` if Stripe does not know it.
    pub(crate) async fn dispute_status(&self, id: &str) -> Result<Option<String>, CallError> {
        let call = Get::new(format!("/disputes/{}", percent_encode(id)));
        match self
            .call(
                "get-dispute",
                &call,
                &RequestStrategy::Once,
                RawStatus::read,
            )
            .await
        {
            Ok(dispute) => Ok(Some(dispute.status)),
            Err(CallError::Refused(response)) if response.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Fetches the refunds of a payment, newest first, at most a hundred.
    pub(crate) async fn refunds_of(&self, payment_intent: &str) -> Result<Vec<Value>, CallError> {
        let call = Get::new("/refunds")
            .with("payment_intent", payment_intent)
            .with("limit", PAGE_SIZE);
        let list = self
            .call("list-refunds", &call, &RequestStrategy::Once, RawList::read)
            .await?;
        Ok(list.data)
    }

    async fn page(
        &self,
        name: &'static str,
        call: Get,
        since: i64,
        after: Option<&str>,
    ) -> Result<Page, CallError> {
        let mut call = call.with("created[gte]", since).with("limit", PAGE_SIZE);
        if let Some(after) = after {
            call = call.with("starting_after", after);
        }
        let list = self
            .call(name, &call, &RequestStrategy::Once, RawList::read)
            .await?;
        Ok(Page {
            objects: list.data.iter().map(Value::to_string).collect(),
            has_more: list.has_more(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_add_parameters() {
        assert_eq!(percent_encode("evt_1"), "evt_1");
        assert_eq!(percent_encode("a&b=c d/ä"), "a%26b%3Dc%20d%2F%C3%A4");
    }

    #[test]
    fn an_object_keeps_unknown_fields_and_large_integers() {
        let object = r#"{"id":"evt_1","big":9007199254740993,"new":[null,{"x":-1}]}"#;
        let list = format!(r#"{{"object":"list","data":[{object}],"has_more":false}}"#);
        let list = RawList::read(list.as_bytes());
        let object = list.as_ref().map(|list| list.data[0].to_string());
        assert_eq!(
            object.as_deref(),
            Some(r#"{"big":9007199254740993,"id":"evt_1","new":[null,{"x":-1}]}"#)
        );
        assert!(list.is_some_and(|list| !list.has_more()));
    }
}
