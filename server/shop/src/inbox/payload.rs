//! The parts of an event that the shop reads. Unknown fields, types and values are accepted.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use till_core::lifecycle::PaymentStatus;
use till_core::money::CurrencyCode;
use time::OffsetDateTime;

use super::TYPES;
use crate::checkout::options::ShippingRate;
use crate::clock;
use crate::stripe::REQUEST_METADATA_KEY;
use crate::stripe::{MAX_ORDER_NOTE, ORDER_NOTE};

/// An event of any type.
#[derive(Clone, Debug, Deserialize)]
pub struct Envelope {
    /// `evt_…`
    pub id: String,
    /// For example `checkout.session.completed`.
    pub r#type: String,
    /// `event`, or another word for another shape. Empty if missing.
    #[serde(default, deserialize_with = "or_default")]
    pub object: String,
    /// The version of Stripe's API that the object was written with. Empty if missing.
    #[serde(default, deserialize_with = "or_default")]
    pub api_version: String,
    /// Unix time in seconds.
    #[serde(default, deserialize_with = "or_default")]
    pub created: i64,
    /// Whether it is about real money.
    #[serde(default, deserialize_with = "or_default")]
    pub livemode: bool,
    /// What the event is about.
    #[serde(default, deserialize_with = "or_default")]
    pub data: Data,
}

/// Holds the object; its shape depends on the event type.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Data {
    /// The object as it was at the time of the event.
    #[serde(default)]
    pub object: Value,
}

impl Envelope {
    /// Reads an event. `None` if the text is not a JSON object with a storable id and type.
    #[must_use]
    pub fn read(body: &str) -> Option<Self> {
        let envelope: Self = serde_json::from_str(body).ok()?;
        let storable =
            |text: &str, max| (1..=max).contains(&text.len()) && !text.contains(char::is_control);
        (storable(&envelope.id, 255) && storable(&envelope.r#type, 100)).then_some(envelope)
    }

    /// Describes why the shop cannot use an event of this shape; `None` if it can. A thin event,
    /// for example, only names its object
    /// (<https://docs.stripe.com/event-destinations#thin-events>).
    #[must_use]
    pub fn shape_problem(&self) -> Option<String> {
        let plain = |text: &str| {
            let plain = text.chars().filter(|character| !character.is_control());
            plain.take(100).collect::<String>()
        };
        let kind = plain(&self.r#type);
        if !self.object.is_empty() && self.object != "event" {
            let shape = plain(&self.object);
            return Some(format!("an event of shape {shape} ({kind})"));
        }
        let needed = TYPES.contains(&self.r#type.as_str());
        (needed && !self.data.object.is_object())
            .then(|| format!("an event without its object ({kind})"))
    }

    /// Returns when Stripe created it, or the current time if the event does not say.
    #[must_use]
    pub fn created_at(&self) -> OffsetDateTime {
        match self.created {
            0 => clock::now(),
            seconds => instant(seconds).unwrap_or_else(clock::now),
        }
    }
}

/// Reads the value, or falls back to the default if it has another type: the event is stored even
/// so.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + DeserializeOwned,
{
    let value = Value::deserialize(deserializer)?;
    Ok(T::deserialize(value).unwrap_or_default())
}

/// A Checkout Session in an event. Amounts in minor units.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SessionPayload {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) client_reference_id: Option<String>,
    #[serde(default)]
    pub(crate) payment_status: Option<PaymentStatus>,
    #[serde(default)]
    pub(crate) currency: Option<String>,
    #[serde(default)]
    pub(crate) amount_subtotal: Option<i64>,
    #[serde(default)]
    pub(crate) amount_total: Option<i64>,
    #[serde(default)]
    pub(crate) total_details: Option<TotalDetails>,
    #[serde(default)]
    pub(crate) payment_intent: Reference,
    #[serde(default)]
    pub(crate) customer_details: Option<CustomerDetails>,
    #[serde(default)]
    pub(crate) collected_information: Option<CollectedInformation>,
    /// The place of the shipping details in versions of Stripe's API before 2025-03-31.
    #[serde(default)]
    pub(crate) shipping_details: Option<ShippingDetails>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) metadata: Metadata,
    /// The quoted amounts, set if the shopper paid in another currency: versions of Stripe's API
    /// before 2025-03-31 then state all other amounts in the shopper's currency.
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) currency_conversion: Option<CurrencyConversion>,
    /// The session's own fields, with what the shopper wrote into them.
    #[serde(default)]
    custom_fields: Value,
    #[serde(default)]
    pub(crate) invoice: Reference,
    /// Holds the chosen shipping rate: its id, or the rate itself.
    #[serde(default)]
    shipping_cost: Value,
    /// The offered rates, in the order of our request.
    #[serde(default)]
    shipping_options: Value,
}

/// Amounts before conversion into the shopper's currency, in minor units
/// (<https://docs.stripe.com/payments/currencies/localize-prices/adaptive-pricing>).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CurrencyConversion {
    pub(crate) source_currency: CurrencyCode,
    pub(crate) amount_subtotal: i64,
    pub(crate) amount_total: i64,
}

/// A reference to another object: its id, or the expanded object. Any other value counts as none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Reference(Value);

impl Reference {
    pub(crate) fn id(&self) -> Option<&str> {
        self.0
            .as_str()
            .or_else(|| self.0.get("id")?.as_str())
            .filter(|id| (1..=255).contains(&id.len()))
    }
}

/// What the payment page collected beside the payment.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct CollectedInformation {
    #[serde(default)]
    pub(crate) shipping_details: Option<ShippingDetails>,
    #[serde(default)]
    business_name: Value,
}

/// Where the goods are shipped.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ShippingDetails {
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) address: Value,
}

/// A refund in an event. Amounts in minor units.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RefundPayload {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) currency: CurrencyCode,
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) payment_intent: Reference,
    #[serde(default)]
    metadata: serde_json::Value,
    #[serde(default)]
    created: Option<i64>,
}

impl RefundPayload {
    /// The name of the owner's request, see [`crate::orders::refund`].
    pub(crate) fn request_name(&self) -> Option<&str> {
        self.metadata.get(REQUEST_METADATA_KEY)?.as_str()
    }

    pub(crate) fn created_at(&self) -> Option<OffsetDateTime> {
        self.created.and_then(instant)
    }
}

/// A charge in an event.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ChargePayload {
    #[serde(default)]
    pub(crate) payment_intent: Reference,
    #[serde(default)]
    pub(crate) metadata: Option<Metadata>,
    /// Only in versions of Stripe's API before 2022-11-15.
    #[serde(default)]
    pub(crate) refunds: Option<Refunds>,
}

/// The metadata that the shop sets on its sessions and payments.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Metadata {
    #[serde(default)]
    pub(crate) checkout_id: Option<String>,
    #[serde(default)]
    pub(crate) shop: Option<String>,
}

/// The refunds of a charge.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Refunds {
    #[serde(default)]
    pub(crate) data: Vec<RefundPayload>,
}

/// A dispute in an event. Amounts in minor units.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct DisputePayload {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) currency: CurrencyCode,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) payment_intent: Reference,
    #[serde(default)]
    evidence_details: Value,
    #[serde(default)]
    created: Option<i64>,
}

impl DisputePayload {
    /// Until when Stripe takes evidence; `None` if it takes none
    /// (<https://docs.stripe.com/api/disputes/object#dispute_object-evidence_details-due_by>).
    pub(crate) fn evidence_due_by(&self) -> Option<OffsetDateTime> {
        instant(self.evidence_details.get("due_by")?.as_i64()?)
    }

    pub(crate) fn created_at(&self) -> Option<OffsetDateTime> {
        self.created.and_then(instant)
    }
}

/// Converts Unix time in seconds.
fn instant(seconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()
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

/// What the shopper entered on Stripe's page.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct CustomerDetails {
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) phone: Option<String>,
    #[serde(default)]
    pub(crate) address: Value,
    #[serde(default)]
    business_name: Value,
    #[serde(default)]
    tax_ids: Value,
}

/// Returns one of Stripe's address objects as JSON, which is how orders store it. `None` if it is
/// missing or has no values.
pub(crate) fn address(object: &Value) -> Option<String> {
    let has_values = object.as_object()?.values().any(|part| !part.is_null());
    has_values.then(|| object.to_string())
}

impl SessionPayload {
    pub(crate) fn payment_intent_id(&self) -> Option<String> {
        self.payment_intent.id().map(str::to_owned)
    }

    /// Returns the name of the chosen shipping rate, out of those the session was created with.
    ///
    /// An event names the rate by an id that Stripe has generated, and lists all ids in the order
    /// of our request. If it does not list them, the amount decides, as long as only one rate has
    /// it.
    pub(crate) fn shipping_method(&self, offered: &[ShippingRate]) -> Option<String> {
        let rate = self.shipping_cost.get("shipping_rate")?;
        if let Some(name) = rate.get("display_name").and_then(Value::as_str) {
            return Some(name.to_owned());
        }
        let id = rate.as_str().or_else(|| rate.get("id")?.as_str());
        let listed = self.shipping_options.as_array();
        let listed = listed.filter(|listed| listed.len() == offered.len());
        let by_id = listed.zip(id).and_then(|(listed, id)| {
            let is_chosen = |option: &Value| {
                let rate = option.get("shipping_rate");
                rate.is_some_and(|rate| rate == id || rate.get("id").is_some_and(|own| own == id))
            };
            offered.get(listed.iter().position(is_chosen)?)
        });
        let by_amount = || {
            let amount = self.shipping_cost.get("amount_subtotal")?.as_i64()?;
            let mut same = offered.iter().filter(|rate| rate.amount.0 == amount);
            same.next().filter(|_| same.next().is_none())
        };
        by_id.or_else(by_amount).map(|rate| rate.name.clone())
    }

    /// Returns the company that the shopper entered.
    pub(crate) fn business_name(&self) -> Option<String> {
        let customer = self.customer_details.as_ref();
        let collected = self.collected_information.as_ref();
        let names = [
            customer.map(|customer| &customer.business_name),
            collected.map(|collected| &collected.business_name),
        ];
        let mut names = names.into_iter().flatten().filter_map(Value::as_str);
        let name = names.find(|name| !name.trim().is_empty());
        name.map(str::to_owned)
    }

    /// Returns the tax ids that the shopper entered as JSON, which is how orders store them: those
    /// of Stripe's objects that have a value.
    pub(crate) fn tax_ids(&self) -> Option<String> {
        let listed = self.customer_details.as_ref()?.tax_ids.as_array()?;
        let text = |tax_id: &Value, key: &str| tax_id.get(key)?.as_str().map(str::to_owned);
        let with_value = listed.iter().filter_map(|tax_id| {
            let value = text(tax_id, "value").filter(|value| !value.trim().is_empty())?;
            Some(json!({ "type": text(tax_id, "type"), "value": value }))
        });
        let with_value: Vec<Value> = with_value.collect();
        (!with_value.is_empty()).then(|| Value::from(with_value).to_string())
    }

    /// Returns the shopper's note, cut to the length that the shop asked for.
    pub(crate) fn note(&self) -> Option<String> {
        let mut fields = self.custom_fields.as_array()?.iter();
        let field = fields.find(|field| field.get("key").is_some_and(|key| key == ORDER_NOTE))?;
        let note = field.get("text")?.get("value")?.as_str()?.trim();
        let note: String = note.chars().take(MAX_ORDER_NOTE).collect();
        (!note.is_empty()).then_some(note)
    }

    /// Returns where the goods are shipped: the name, and the address as JSON.
    pub(crate) fn shipping(&self) -> (Option<String>, Option<String>) {
        let collected = self
            .collected_information
            .as_ref()
            .and_then(|collected| collected.shipping_details.as_ref());
        match collected.or(self.shipping_details.as_ref()) {
            Some(shipping) => (shipping.name.clone(), address(&shipping.address)),
            None => (None, None),
        }
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
    fn what_is_odd_beside_id_and_type_does_not_keep_an_event_from_being_stored() {
        for odd in [
            r#""created":"2026-11-25T10:00:00Z""#,
            r#""created":null"#,
            r#""livemode":null"#,
            r#""livemode":"yes""#,
            r#""data":null"#,
            r#""data":[1]"#,
        ] {
            let body = format!(r#"{{"id":"evt_1","type":"x.y",{odd}}}"#);
            let envelope = Envelope::read(&body);
            assert!(envelope.is_some_and(|envelope| !envelope.livemode), "{odd}");
        }
    }

    #[test]
    fn the_chosen_rate_is_found_by_its_id_its_own_name_or_an_amount_that_only_one_has() {
        let offered =
            ["Standard:490", "Express:990", "Courier:990"].map(|rate| rate.parse().unwrap());
        let options = concat!(
            r#"[{"shipping_rate":"shr_1"},{"shipping_rate":{"id":"shr_2"}},"#,
            r#"{"shipping_rate":"shr_3"}]"#
        );
        for (cost, options, expected) in [
            (
                r#"{"shipping_rate":"shr_3","amount_subtotal":990}"#,
                options,
                Some("Courier"),
            ),
            (r#"{"shipping_rate":"shr_2"}"#, options, Some("Express")),
            (
                r#"{"shipping_rate":{"id":"shr_1"}}"#,
                options,
                Some("Standard"),
            ),
            (
                r#"{"shipping_rate":{"id":"shr_9","display_name":"By hand"}}"#,
                options,
                Some("By hand"),
            ),
            (
                r#"{"shipping_rate":"shr_9","amount_subtotal":490}"#,
                options,
                Some("Standard"),
            ),
            (
                r#"{"shipping_rate":"shr_9","amount_subtotal":490}"#,
                "7",
                Some("Standard"),
            ),
            (
                r#"{"shipping_rate":"shr_9","amount_subtotal":990}"#,
                "[]",
                None,
            ),
            (r#"{"shipping_rate":7}"#, "null", None),
            ("null", options, None),
            ("7", options, None),
        ] {
            let session =
                format!(r#"{{"id":"cs_1","shipping_cost":{cost},"shipping_options":{options}}}"#);
            let session: SessionPayload = serde_json::from_str(&session).unwrap();
            let name = session.shipping_method(&offered);
            assert_eq!(name.as_deref(), expected, "{cost} {options}");
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

    #[test]
    fn what_a_business_enters_is_read_from_the_event() {
        let session = r#"{"id":"cs_1","invoice":"in_1",
            "customer_details":{"business_name":"Tea Ltd",
                "tax_ids":[{"type":"eu_vat","value":"DE1"},{"type":"eu_vat","value":null},7]},
            "custom_fields":[{"key":"size"},
                {"key":"order_note","text":{"value":" Ring twice "}}]}"#;
        let session: SessionPayload = serde_json::from_str(session).unwrap();
        assert_eq!(session.business_name().as_deref(), Some("Tea Ltd"));
        let tax_ids = r#"[{"type":"eu_vat","value":"DE1"}]"#;
        assert_eq!(session.tax_ids().as_deref(), Some(tax_ids));
        assert_eq!(session.note().as_deref(), Some("Ring twice"));
        assert_eq!(session.invoice.id(), Some("in_1"));
    }

    #[test]
    fn an_event_of_another_version_lacks_what_a_business_enters() {
        for session in [
            r#"{"id":"cs_1"}"#,
            r#"{"id":"cs_1","invoice":null,"custom_fields":null}"#,
            r#"{"id":"cs_1","customer_details":{"tax_ids":null}}"#,
            r#"{"id":"cs_1","custom_fields":{},"customer_details":{"business_name":7}}"#,
            r#"{"id":"cs_1","custom_fields":[{"key":"order_note","text":null}]}"#,
        ] {
            let session: SessionPayload = serde_json::from_str(session).unwrap();
            let found = (session.business_name(), session.tax_ids(), session.note());
            assert_eq!(found, (None, None, None));
            assert_eq!(session.invoice.id(), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(body in ".*") {
            let _ = Envelope::read(&body);
        }
    }
}
