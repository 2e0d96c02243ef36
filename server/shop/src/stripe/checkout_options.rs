//! What Stripe's page asks shoppers for in addition to the payment.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use stripe_checkout::checkout_session::CreateCheckoutSessionAllowedPaymentMethodTypes as AllowedMethod;
use till_core::money::MinorUnit;

use crate::settings::{InvalidSetting, Setting, invalid, list};

mod shipping;

pub use shipping::{
    InvalidShippingRate, MAX_SHIPPING_RATES, NOTHING_SHIPPED, Parcel, RateColumn, RateProblem,
    RateReason, RateRow, SHIPPING_COUNTRIES, SHIPPING_RATES, Shipping, ShippingDecided,
    ShippingRate, rate_rows, rates_value,
};

/// The largest total that is sent to Stripe, in minor units: some of Stripe's APIs take eight
/// digits.
pub(crate) const MAX_TOTAL: MinorUnit = MinorUnit(99_999_999);
/// Upper bound of a tax that is added to the prices, in percent: no country charges as much.
const MAX_TAX_PERCENT: u32 = 30;

crate::settings! {
    /// The options of a shop. A checkout stores those that it began with, so that a retry sends the
    /// same request.
    ///
    /// A server that does not know one of them cannot repeat the request, so reading it fails.
    #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub struct Options {
        /// Where the shop ships to, and the rates. `None`: Stripe collects no shipping address.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub shipping: Option<Shipping>,
        /// Whether Stripe Tax calculates tax, and whether prices include it. `None`: no Stripe Tax.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub automatic_tax: Option<AutomaticTax> = Setting::choice(
            "AUTOMATIC_TAX",
            "no",
            [
                ("no", None),
                ("exclusive", Some(AutomaticTax::Exclusive)),
                ("inclusive", Some(AutomaticTax::Inclusive)),
            ],
        )
        .or_in_database()
        .example("inclusive"),
        /// Whether shoppers may enter promotion codes.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        pub promotion_codes: bool =
            Setting::choice("PROMOTION_CODES", "no", [("no", false), ("yes", true)])
                .or_in_database(),
        /// Whether a phone number is required.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        pub phone: bool =
            Setting::choice("PHONE", "no", [("no", false), ("yes", true)])
                .or_in_database(),
        /// Whether a billing address is required; otherwise Stripe asks when it needs one.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        pub billing_address: bool =
            Setting::choice("BILLING_ADDRESS", "auto", [("auto", false), ("required", true)])
                .or_in_database(),
        /// Whether shoppers must accept the terms of service set in the Stripe account.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        pub terms_of_service: bool =
            Setting::choice("TERMS_OF_SERVICE", "none", [("none", false), ("required", true)])
                .or_in_database(),
        /// Whether Stripe writes an invoice for each order, for which it charges a fee.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        pub invoices: bool =
            Setting::choice("INVOICES", "off", [("off", false), ("stripe", true)])
                .or_in_database(),
        /// Whether businesses may enter their company and tax id.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        pub tax_ids: bool =
            Setting::choice("TAX_IDS", "off", [("off", false), ("on", true)])
                .or_in_database(),
        /// Whether shoppers may write a note to the shop.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        pub order_note: bool =
            Setting::choice("ORDER_NOTE", "off", [("off", false), ("on", true)])
                .or_in_database(),
        /// The payment methods to offer. Empty: all that are enabled in the Stripe account.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub payment_methods: Vec<PaymentMethod> =
            Setting::or_empty("PAYMENT_METHODS", payment_methods)
                .default_in_words("all of the account")
                .example("card,sepa_debit"),
    }
}

/// Whether prices and shipping rates include the tax that Stripe Tax calculates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AutomaticTax {
    /// Tax is added to them.
    Exclusive,
    /// Tax is part of them.
    Inclusive,
}

/// A payment method, by Stripe's name: `card`, `sepa_debit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PaymentMethod(String);

/// Not a payment method that Stripe Checkout knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a payment method that Stripe Checkout knows")]
pub struct UnknownPaymentMethod;

impl PaymentMethod {
    /// Stripe's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PaymentMethod {
    type Err = UnknownPaymentMethod;

    fn from_str(name: &str) -> Result<Self, UnknownPaymentMethod> {
        if is_payment_method(name) {
            Ok(Self(name.to_owned()))
        } else {
            Err(UnknownPaymentMethod)
        }
    }
}

impl TryFrom<String> for PaymentMethod {
    type Error = UnknownPaymentMethod;

    fn try_from(name: String) -> Result<Self, UnknownPaymentMethod> {
        name.parse()
    }
}

impl From<PaymentMethod> for String {
    fn from(method: PaymentMethod) -> Self {
        method.0
    }
}

impl Options {
    /// The shipping rates.
    #[must_use]
    pub fn rates(&self) -> &[ShippingRate] {
        self.shipping
            .as_ref()
            .map_or(&[], |shipping| &shipping.rates)
    }

    /// The options of a checkout of this parcel: with what its shipping costs.
    #[must_use]
    pub fn for_parcel(&self, parcel: Parcel) -> Self {
        let shipping = self.shipping.as_ref();
        Self {
            shipping: shipping.map(|shipping| shipping.for_parcel(parcel)),
            ..self.clone()
        }
    }

    /// Whether prices and shipping rates include tax.
    #[must_use]
    pub fn prices_include_tax(&self) -> bool {
        self.automatic_tax == Some(AutomaticTax::Inclusive)
    }

    /// Whether the total can differ from the sum of the lines.
    #[must_use]
    pub fn can_change_total(&self) -> bool {
        self.promotion_codes
            || self.automatic_tax == Some(AutomaticTax::Exclusive)
            || self.rates().iter().any(|rate| rate.amount.0 != 0)
    }

    /// The smallest possible total for this subtotal: with the cheapest shipping rate and without
    /// tax. Promotion codes are left out; Stripe checks those itself.
    pub(crate) fn min_total(&self, subtotal: MinorUnit) -> Option<MinorUnit> {
        let cheapest = self.rates().iter().map(|rate| rate.amount).min();
        subtotal.checked_add(cheapest.unwrap_or(MinorUnit::ZERO))
    }

    /// The largest possible total for this subtotal: with the most expensive shipping rate and
    /// with tax.
    pub(crate) fn max_total(&self, subtotal: MinorUnit) -> Option<MinorUnit> {
        let highest = self.rates().iter().map(|rate| rate.amount).max();
        let total = subtotal.checked_add(highest.unwrap_or(MinorUnit::ZERO))?;
        if self.automatic_tax == Some(AutomaticTax::Exclusive) {
            let tax = MinorUnit(total.checked_mul(MAX_TAX_PERCENT)?.0 / 100);
            return total.checked_add(tax);
        }
        Some(total)
    }
}

fn payment_methods(name: &str, typed: &str) -> Result<Vec<PaymentMethod>, InvalidSetting> {
    let method = |typed: &str| {
        typed.parse().map_err(|_| {
            invalid(format!(
                "{name} must be Stripe's names of payment methods, such as card,sepa_debit; \
                 \"{typed}\" is not one."
            ))
        })
    };
    list(typed).into_iter().map(method).collect()
}

/// Whether Stripe Checkout has a payment method with this name.
fn is_payment_method(name: &str) -> bool {
    let Ok(method) = name.parse();
    !matches!(method, AllowedMethod::Unknown(_))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::settings::tests::{read, refusal};

    fn options(variables: &[(&str, &str)]) -> Options {
        read(variables).unwrap()
    }

    fn with_rates(rates: &[&str]) -> Options {
        let shipping = Shipping {
            countries: vec!["DE".parse().unwrap()],
            rates: rates.iter().map(|rate| rate.parse().unwrap()).collect(),
        };
        Options {
            shipping: Some(shipping),
            ..Options::default()
        }
    }

    #[test]
    fn the_row_of_a_checkout_holds_only_options_that_are_set() {
        let json = |options: &Options| serde_json::to_string(options).unwrap();
        assert_eq!(json(&Options::default()), "{}");
        let options = Options {
            automatic_tax: Some(AutomaticTax::Inclusive),
            promotion_codes: true,
            payment_methods: vec!["card".parse().unwrap()],
            ..with_rates(&["Standard:490"])
        };
        let row = json(&options);
        assert_eq!(
            row,
            concat!(
                r#"{"shipping":{"countries":["DE"],"rates":[{"name":"Standard","amount":490}]},"#,
                r#""automatic_tax":"inclusive","promotion_codes":true,"#,
                r#""payment_methods":["card"]}"#
            )
        );
        assert_eq!(serde_json::from_str::<Options>(&row).unwrap(), options);
    }

    #[test]
    fn options_of_a_newer_server_are_not_read_as_if_they_were_known() {
        for row in [
            r#"{"gift_wrap":true}"#,
            r#"{"payment_methods":["no_such_thing"]}"#,
            r#"{"shipping":{"countries":["XX"]}}"#,
        ] {
            assert!(serde_json::from_str::<Options>(row).is_err(), "{row}");
        }
    }

    #[test]
    fn the_total_lies_between_the_cheapest_and_the_most_expensive_shipping_rate() {
        let options = with_rates(&["Express:990", "Standard:490"]);
        assert_eq!(options.min_total(MinorUnit(10)), Some(MinorUnit(500)));
        assert_eq!(options.max_total(MinorUnit(10)), Some(MinorUnit(1000)));
        let taxed = Options {
            automatic_tax: Some(AutomaticTax::Exclusive),
            ..options.clone()
        };
        assert_eq!(taxed.min_total(MinorUnit(10)), Some(MinorUnit(500)));
        assert_eq!(taxed.max_total(MinorUnit(10)), Some(MinorUnit(1300)));
        let contained = Options {
            automatic_tax: Some(AutomaticTax::Inclusive),
            ..options
        };
        assert_eq!(contained.max_total(MinorUnit(10)), Some(MinorUnit(1000)));
        assert_eq!(contained.max_total(MinorUnit(i64::MAX)), None);
        assert_eq!(
            Options::default().max_total(MinorUnit(10)),
            Some(MinorUnit(10))
        );
    }

    #[test]
    fn payment_methods_have_stripes_names() {
        assert!(is_payment_method("card") && is_payment_method("sepa_debit"));
        for bad in ["", "Card", "cash", "card "] {
            assert!(!is_payment_method(bad), "{bad}");
        }
    }

    #[test]
    fn with_nothing_set_a_shopper_is_asked_for_nothing() {
        assert_eq!(options(&[]), Options::default());
        let named = [
            ("SHIPPING_COUNTRIES", " , "),
            ("SHIPPING_RATES", ","),
            ("AUTOMATIC_TAX", "no"),
            ("PROMOTION_CODES", "no"),
            ("PHONE", ""),
            ("BILLING_ADDRESS", "auto"),
            ("TERMS_OF_SERVICE", "none"),
            ("INVOICES", "off"),
            ("TAX_IDS", "off"),
            ("ORDER_NOTE", "off"),
            ("PAYMENT_METHODS", ","),
        ];
        assert_eq!(options(&named), Options::default());
    }

    #[test]
    fn every_option_is_read() {
        let options = options(&[
            ("SHIPPING_COUNTRIES", "DE, AT,, DE"),
            ("SHIPPING_RATES", "Standard: 490, Express:990"),
            ("AUTOMATIC_TAX", "inclusive"),
            ("PROMOTION_CODES", "yes"),
            ("PHONE", "yes"),
            ("BILLING_ADDRESS", "required"),
            ("TERMS_OF_SERVICE", "required"),
            ("INVOICES", "stripe"),
            ("TAX_IDS", "on"),
            ("ORDER_NOTE", "on"),
            ("PAYMENT_METHODS", "card, sepa_debit"),
        ]);
        assert_eq!(
            serde_json::to_value(&options).unwrap(),
            serde_json::json!({
                "shipping": {
                    "countries": ["DE", "AT"],
                    "rates": [
                        { "name": "Standard", "amount": 490 },
                        { "name": "Express", "amount": 990 },
                    ],
                },
                "automatic_tax": "inclusive",
                "promotion_codes": true,
                "phone": true,
                "billing_address": true,
                "terms_of_service": true,
                "invoices": true,
                "tax_ids": true,
                "order_note": true,
                "payment_methods": ["card", "sepa_debit"],
            })
        );
    }

    #[test]
    fn tax_is_exclusive_or_inclusive() {
        let tax = |word| options(&[("AUTOMATIC_TAX", word)]).automatic_tax;
        assert_eq!(tax("exclusive"), Some(AutomaticTax::Exclusive));
        assert_eq!(tax("inclusive"), Some(AutomaticTax::Inclusive));
    }

    #[test]
    fn a_word_that_is_not_allowed_is_refused() {
        for (name, words) in [
            ("AUTOMATIC_TAX", "no or exclusive or inclusive"),
            ("PROMOTION_CODES", "no or yes"),
            ("PHONE", "no or yes"),
            ("BILLING_ADDRESS", "auto or required"),
            ("TERMS_OF_SERVICE", "none or required"),
            ("INVOICES", "off or stripe"),
            ("TAX_IDS", "off or on"),
            ("ORDER_NOTE", "off or on"),
        ] {
            assert_eq!(
                refusal::<Options>(&[(name, "perhaps")]),
                format!("{name} must be {words}, not \"perhaps\".")
            );
        }
    }

    #[test]
    fn ways_to_pay_are_named_as_stripe_names_them() {
        let said = refusal::<Options>(&[("PAYMENT_METHODS", "card,cash")]);
        assert!(said.starts_with("PAYMENT_METHODS must be"), "{said}");
        assert!(said.contains("\"cash\""), "{said}");
    }
}
