//! What the shop asked of a session beside its lines. Most sessions ask for little: these options are kept apart.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::coupon::Discount;
use crate::money::Currency;
use crate::payment::{Metadata, metadata_json};

/// Whether a price contains its tax.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TaxBehavior {
    /// Counts as exclusive: see `tax.rs`.
    #[default]
    Unspecified,
    Inclusive,
    Exclusive,
}

impl TaxBehavior {
    pub(crate) const NAMES: [&'static str; 3] = ["unspecified", "inclusive", "exclusive"];

    /// One of [`TaxBehavior::NAMES`]; anything else says nothing.
    pub(crate) fn named(name: Option<&str>) -> TaxBehavior {
        match name {
            Some("inclusive") => TaxBehavior::Inclusive,
            Some("exclusive") => TaxBehavior::Exclusive,
            _ => TaxBehavior::Unspecified,
        }
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks for a reference"
    )]
    pub(super) fn is_unspecified(&self) -> bool {
        *self == TaxBehavior::Unspecified
    }
}

/// One way to ship, made with its session. The first is chosen until the shopper chooses another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShippingOption {
    /// `shr_…`
    pub(crate) id: String,
    pub(crate) display_name: String,
    /// In minor units of the session's currency.
    pub(crate) amount: i64,
    #[serde(default, skip_serializing_if = "TaxBehavior::is_unspecified")]
    pub(crate) tax_behavior: TaxBehavior,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tax_code: Option<String>,
    #[serde(default)]
    pub(crate) estimate: DeliveryEstimate,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Metadata,
}

/// How long shipping takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryEstimate {
    pub(crate) minimum: Option<DeliveryBound>,
    pub(crate) maximum: Option<DeliveryBound>,
}

/// One end of a delivery estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryBound {
    pub(crate) unit: DeliveryUnit,
    pub(crate) value: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryUnit {
    Hour,
    Day,
    BusinessDay,
    Week,
    Month,
}

impl DeliveryUnit {
    pub(crate) const NAMES: [&'static str; 5] = ["hour", "day", "business_day", "week", "month"];

    /// One of [`DeliveryUnit::NAMES`].
    pub(crate) fn named(name: &str) -> DeliveryUnit {
        match name {
            "hour" => DeliveryUnit::Hour,
            "business_day" => DeliveryUnit::BusinessDay,
            "week" => DeliveryUnit::Week,
            "month" => DeliveryUnit::Month,
            _ => DeliveryUnit::Day,
        }
    }

    fn words(self) -> &'static str {
        match self {
            DeliveryUnit::Hour => "hour",
            DeliveryUnit::Day => "day",
            DeliveryUnit::BusinessDay => "business day",
            DeliveryUnit::Week => "week",
            DeliveryUnit::Month => "month",
        }
    }
}

impl DeliveryEstimate {
    /// As a shopper reads it: `2–4 business days`; nothing when nothing is known.
    pub(crate) fn words(&self) -> String {
        let one = |bound: DeliveryBound| {
            let plural = if bound.value == 1 { "" } else { "s" };
            format!("{} {}{plural}", bound.value, bound.unit.words())
        };
        match (self.minimum, self.maximum) {
            (Some(from), Some(to)) if from == to => one(to),
            (Some(from), Some(to)) if from.unit == to.unit => format!("{}–{}", from.value, one(to)),
            (Some(from), Some(to)) => format!("{} to {}", one(from), one(to)),
            (Some(from), None) => format!("at least {}", one(from)),
            (None, Some(to)) => format!("up to {}", one(to)),
            (None, None) => String::new(),
        }
    }

    fn json(&self) -> Value {
        match (self.minimum, self.maximum) {
            (None, None) => Value::Null,
            (minimum, maximum) => json!({ "maximum": maximum, "minimum": minimum }),
        }
    }
}

impl ShippingOption {
    /// The shipping rate behind the option, which `expand` puts in the place of its id.
    pub(crate) fn rate_json(&self, created: i64, currency: Currency) -> Value {
        json!({
            "id": self.id,
            "object": "shipping_rate",
            "active": false,
            "created": created,
            "delivery_estimate": self.estimate.json(),
            "display_name": self.display_name,
            "fixed_amount": { "amount": self.amount, "currency": currency },
            "livemode": false,
            "metadata": metadata_json(&self.metadata),
            "tax_behavior": self.tax_behavior,
            "tax_code": self.tax_code,
            "type": "fixed_amount",
        })
    }
}

/// The shop's own words on the payment page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CustomText {
    pub(crate) submit: Option<String>,
    pub(crate) shipping_address: Option<String>,
    pub(crate) terms_of_service_acceptance: Option<String>,
    pub(crate) after_submit: Option<String>,
}

impl CustomText {
    pub(super) fn json(&self) -> Value {
        let part =
            |text: &Option<String>| text.as_ref().map(|message| json!({ "message": message }));
        json!({
            "after_submit": part(&self.after_submit), "shipping_address": part(&self.shipping_address),
            "submit": part(&self.submit), "terms_of_service_acceptance": part(&self.terms_of_service_acceptance),
        })
    }
}

/// Everything that a session need not say. Words are kept as they were sent, where they only come back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SessionOptions {
    /// The shop has said no; otherwise shoppers elsewhere pay in a currency of their own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) adaptive_pricing_off: bool,
    pub(crate) automatic_tax: bool,
    pub(crate) allow_promotion_codes: Option<bool>,
    /// Set by `discounts`; not taken off by the shopper.
    pub(crate) discount: Option<Discount>,
    /// `auto` or `required`.
    pub(crate) billing_address_collection: Option<String>,
    /// Empty: no shipping address is asked for.
    pub(crate) shipping_countries: Vec<String>,
    pub(crate) shipping_options: Vec<ShippingOption>,
    pub(crate) phone_number_collection: bool,
    /// `none` or `required`.
    pub(crate) terms_of_service: Option<String>,
    pub(crate) custom_text: CustomText,
    pub(crate) submit_type: Option<String>,
    /// Comes back as sent. No customer is made: there are no customers here.
    pub(crate) customer_creation: Option<String>,
    pub(crate) payment_intent_description: Option<String>,
}

impl SessionOptions {
    pub(crate) fn collects_shipping_address(&self) -> bool {
        !self.shipping_countries.is_empty()
    }

    /// Whether a whole billing address is needed: when asked for, and when there is nothing else to tax by.
    pub(crate) fn requires_billing_address(&self) -> bool {
        let asked = self.billing_address_collection.as_deref() == Some("required");
        asked || (self.automatic_tax && !self.collects_shipping_address())
    }

    pub(crate) fn requires_terms(&self) -> bool {
        self.terms_of_service.as_deref() == Some("required")
    }

    pub(super) fn consent_collection_json(&self) -> Value {
        match &self.terms_of_service {
            None => Value::Null,
            Some(terms) => json!({
                "payment_method_reuse_agreement": null, "promotions": "none", "terms_of_service": terms,
            }),
        }
    }

    pub(super) fn shipping_address_collection_json(&self) -> Value {
        match self.collects_shipping_address() {
            false => Value::Null,
            true => json!({ "allowed_countries": self.shipping_countries }),
        }
    }

    pub(super) fn shipping_options_json(&self) -> Value {
        let option = |option: &ShippingOption| json!({ "shipping_amount": option.amount, "shipping_rate": option.id });
        self.shipping_options.iter().map(option).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_estimate_is_told_in_words() {
        let bound = |unit, value| Some(DeliveryBound { unit, value });
        let words = |minimum, maximum| DeliveryEstimate { minimum, maximum }.words();
        let (day, week) = (DeliveryUnit::BusinessDay, DeliveryUnit::Week);
        assert_eq!(words(bound(day, 2), bound(day, 4)), "2–4 business days");
        assert_eq!(words(bound(day, 1), bound(day, 1)), "1 business day");
        assert_eq!(
            words(bound(day, 1), bound(week, 1)),
            "1 business day to 1 week"
        );
        assert_eq!(words(None, bound(week, 2)), "up to 2 weeks");
        assert_eq!(words(None, None), "");
    }
}
