//! What the shop reads of an event, and nothing else: unknown fields, types and values pass.

use serde::Deserialize;
use serde_json::Value;

/// An event of any type.
#[derive(Clone, Debug, Deserialize)]
pub struct Envelope {
    /// `evt_…`
    pub id: String,
    /// Such as `checkout.session.completed`.
    pub r#type: String,
    /// Unix time in seconds.
    #[serde(default)]
    pub created: i64,
    /// Whether real money is concerned.
    #[serde(default)]
    pub livemode: bool,
    /// What it is about.
    #[serde(default)]
    pub data: Data,
}

/// Holds the object, whose shape depends on the type.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Data {
    /// A snapshot of its moment.
    #[serde(default)]
    pub object: Value,
}

impl Envelope {
    /// Reads an event. `None` where the text is no JSON object with an id and a type that could be stored.
    #[must_use]
    pub fn read(body: &str) -> Option<Self> {
        let envelope: Self = serde_json::from_str(body).ok()?;
        let storable = |text: &str, most| (1..=most).contains(&text.len());
        (storable(&envelope.id, 255) && storable(&envelope.r#type, 100)).then_some(envelope)
    }
}

/// A Checkout Session as an event carries it. Amounts in minor units.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SessionPayload {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) client_reference_id: Option<String>,
    #[serde(default)]
    pub(crate) payment_status: Option<String>,
    #[serde(default)]
    pub(crate) currency: Option<String>,
    #[serde(default)]
    pub(crate) amount_subtotal: Option<i64>,
    #[serde(default)]
    pub(crate) amount_total: Option<i64>,
    #[serde(default)]
    pub(crate) total_details: Option<TotalDetails>,
    /// An id, or the object itself where it was expanded.
    #[serde(default)]
    pub(crate) payment_intent: Value,
    #[serde(default)]
    pub(crate) customer_details: Option<CustomerDetails>,
}

/// Parts of the total, in minor units.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct TotalDetails {
    #[serde(default)]
    pub(crate) amount_discount: Option<i64>,
    #[serde(default)]
    pub(crate) amount_shipping: Option<i64>,
    #[serde(default)]
    pub(crate) amount_tax: Option<i64>,
}

/// What the shopper told Stripe.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct CustomerDetails {
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) name: Option<String>,
}

impl SessionPayload {
    pub(crate) fn payment_intent_id(&self) -> Option<String> {
        let id = self
            .payment_intent
            .as_str()
            .or_else(|| self.payment_intent.get("id")?.as_str());
        id.map(str::to_owned)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn an_event_needs_an_id_and_a_type_and_nothing_more() {
        assert!(Envelope::read(r#"{"id":"evt_1","type":"x.y","new":{"field":[1]}}"#).is_some());
        for bad in [
            "",
            "{",
            "[]",
            "null",
            r#"{"id":"evt_1"}"#,
            r#"{"type":"x"}"#,
            r#"{"id":"","type":"x"}"#,
            r#"{"id":1,"type":"x"}"#,
        ] {
            assert!(Envelope::read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_payment_intent_is_found_as_id_and_as_object() {
        for object in [
            r#"{"id":"cs_1","payment_intent":"pi_1"}"#,
            r#"{"id":"cs_1","payment_intent":{"id":"pi_1"}}"#,
        ] {
            let session: SessionPayload = serde_json::from_str(object).unwrap();
            assert_eq!(session.payment_intent_id().as_deref(), Some("pi_1"));
        }
        let session: SessionPayload =
            serde_json::from_str(r#"{"id":"cs_1","payment_intent":null}"#).unwrap();
        assert_eq!(session.payment_intent_id(), None);
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(body in ".*") {
            let _ = Envelope::read(&body);
        }
    }
}
