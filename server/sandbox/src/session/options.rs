//! The optional parameters of a session: their JSON, and what they require of the shopper.

use serde_json::{Value, json};

use crate::metadata::metadata_json;
use crate::money::Currency;
use crate::objects::session_options::{
    CustomText, DeliveryBound, DeliveryEstimate, DeliveryUnit, SessionOptions, ShippingOption,
};

impl DeliveryUnit {
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
    /// As text for shoppers, such as `2–4 business days`; empty if there is no estimate.
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
    /// The shipping rate of the option, which `expand` puts in place of its id.
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

impl CustomText {
    pub(super) fn json(&self) -> Value {
        let part =
            |text: &Option<String>| text.as_ref().map(|message| json!({ "message": message }));
        json!({
            "after_submit": part(&self.after_submit),
            "shipping_address": part(&self.shipping_address),
            "submit": part(&self.submit),
            "terms_of_service_acceptance": part(&self.terms_of_service_acceptance),
        })
    }
}

impl SessionOptions {
    pub(crate) fn collects_shipping_address(&self) -> bool {
        !self.shipping_countries.is_empty()
    }

    /// Whether a complete billing address is required: if the shop requires it, and if no other
    /// address is known to calculate tax from.
    pub(crate) fn requires_billing_address(&self) -> bool {
        let required = self.billing_address_collection.as_deref() == Some("required");
        required || (self.automatic_tax && !self.collects_shipping_address())
    }

    pub(crate) fn requires_terms(&self) -> bool {
        self.terms_of_service.as_deref() == Some("required")
    }

    pub(super) fn consent_collection_json(&self) -> Value {
        match &self.terms_of_service {
            None => Value::Null,
            Some(terms) => json!({
                "payment_method_reuse_agreement": null, "promotions": "none",
                "terms_of_service": terms,
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
        let json = |option: &ShippingOption| {
            let (amount, id) = (option.amount, &option.id);
            json!({ "shipping_amount": amount, "shipping_rate": id })
        };
        self.shipping_options.iter().map(json).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_estimate_is_shown_in_words() {
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
