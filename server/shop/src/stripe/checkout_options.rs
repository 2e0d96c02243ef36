//! What Stripe's page asks shoppers for in addition to the payment, set by environment variables.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use stripe_checkout::checkout_session::CreateCheckoutSessionAllowedPaymentMethodTypes as AllowedMethod;
use till_core::money::MinorUnit;

use crate::country::Country;

/// Maximum number of shipping rates in one session, see
/// <https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-shipping_options>.
pub const MAX_SHIPPING_RATES: usize = 5;
/// The largest total that is sent to Stripe, in minor units: some of Stripe's APIs take eight
/// digits.
pub(crate) const MAX_TOTAL: MinorUnit = MinorUnit(99_999_999);
/// Maximum length of a shipping rate's name at Stripe, in characters.
const MAX_RATE_NAME_CHARS: usize = 100;
/// Upper bound of a tax that is added to the prices, in percent: no country charges as much.
const MAX_TAX_PERCENT: u32 = 30;

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
    pub automatic_tax: Option<AutomaticTax>,
    /// Whether shoppers may enter promotion codes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub promotion_codes: bool,
    /// Whether a phone number is required.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub phone: bool,
    /// Whether a billing address is required; otherwise Stripe asks when it needs one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub billing_address: bool,
    /// Whether shoppers must accept the terms of service set in the Stripe account.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub terms_of_service: bool,
    /// The payment methods to offer. Empty: all that are enabled in the Stripe account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payment_methods: Vec<PaymentMethod>,
}

/// Where the shop ships to, and the rates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shipping {
    /// At least one.
    pub countries: Vec<Country>,
    /// The first is preselected. Empty: shipping is free.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<ShippingRate>,
}

/// A shipping rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippingRate {
    /// The name that shoppers see.
    pub name: String,
    /// In the minor unit of the checkout's currency, 0 or more.
    pub amount: MinorUnit,
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

/// The text is not a name and an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a shipping rate such as Standard:490")]
pub struct InvalidShippingRate;

impl FromStr for ShippingRate {
    type Err = InvalidShippingRate;

    /// Parses `Standard:490`. The amount follows the last colon.
    fn from_str(text: &str) -> Result<Self, InvalidShippingRate> {
        let (name, amount) = text.rsplit_once(':').ok_or(InvalidShippingRate)?;
        let (name, amount) = (name.trim(), amount.trim());
        if name.is_empty() || name.chars().count() > MAX_RATE_NAME_CHARS {
            return Err(InvalidShippingRate);
        }
        // Digits only: `4.90` or `+490` may not mean what it would be parsed as.
        if !amount.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidShippingRate);
        }
        let amount = MinorUnit(amount.parse().map_err(|_| InvalidShippingRate)?);
        if amount > MAX_TOTAL {
            return Err(InvalidShippingRate);
        }
        Ok(Self {
            name: name.to_owned(),
            amount,
        })
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

/// Whether Stripe Checkout has a payment method with this name.
fn is_payment_method(name: &str) -> bool {
    let Ok(method) = name.parse();
    !matches!(method, AllowedMethod::Unknown(_))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

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
    fn a_rate_is_a_name_and_whole_minor_units() {
        let rate: ShippingRate = " Express: tomorrow : 990 ".parse().unwrap();
        assert_eq!(
            (rate.name.as_str(), rate.amount),
            ("Express: tomorrow", MinorUnit(990))
        );
        assert_eq!(
            "Free:0".parse::<ShippingRate>().unwrap().amount,
            MinorUnit::ZERO
        );
        for bad in [
            "",
            "Standard",
            "Standard:",
            ":490",
            "Standard:4.90",
            "Standard:-490",
            "Standard:+490",
            "Standard:€4",
            "Standard:100000000",
            "Standard:99999999999999999999",
        ] {
            assert_eq!(
                bad.parse::<ShippingRate>(),
                Err(InvalidShippingRate),
                "{bad}"
            );
        }
        let long = format!("{}:490", "n".repeat(101));
        assert_eq!(long.parse::<ShippingRate>(), Err(InvalidShippingRate));
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
}
