//! What shoppers are asked for on Stripe's page beside the payment. The owner sets it by the environment.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::country::Country;
use crate::money::MinorUnit;
use crate::stripe;

/// Ways to ship that one session offers at most
/// (<https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-shipping_options>).
pub const MOST_RATES: usize = 5;
/// The largest total that is sent to Stripe, in minor units: older interfaces take eight digits.
pub(crate) const MAX_TOTAL: MinorUnit = MinorUnit(99_999_999);
/// Characters of a rate's name that Stripe shows.
const LONGEST_NAME: usize = 100;
/// Room for a tax that is added to the prices, in percent of them: no country asks for as much.
const TAX_ROOM: u32 = 30;

/// The options of a shop. A checkout keeps those that it began with, so that a retry is the same request.
///
/// A server that does not know one of them cannot repeat the request, and must not try.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Where the shop ships to and for how much. `None`: no address is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Shipping>,
    /// Whether Stripe Tax works out the tax, and whether the prices contain it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automatic_tax: Option<AutomaticTax>,
    /// Whether shoppers may enter promotion codes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub promotion_codes: bool,
    /// Whether they must leave a phone number.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub phone: bool,
    /// Whether they must leave a billing address; else Stripe asks where it needs one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub billing_address: bool,
    /// Whether they must accept the terms of service that the Stripe account names.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub terms_of_service: bool,
    /// The ways to pay that are offered, as far as the account has them. Empty: all that it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payment_methods: Vec<PaymentMethod>,
}

/// Where the shop ships to, and for how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shipping {
    /// At least one.
    pub countries: Vec<Country>,
    /// The first is chosen until the shopper chooses another. Empty: shipping is free.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<ShippingRate>,
}

/// One way to ship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippingRate {
    /// What shoppers read.
    pub name: String,
    /// In the minor unit of the checkout's currency, 0 or more.
    pub amount: MinorUnit,
}

/// Whether prices and shipping rates contain the tax that Stripe works out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AutomaticTax {
    /// It is added to them.
    Exclusive,
    /// It is part of them.
    Inclusive,
}

/// A way to pay, by Stripe's name: `card`, `sepa_debit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PaymentMethod(String);

/// Not a way to pay that Stripe's Checkout knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a way to pay that Stripe knows")]
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
        if stripe::knows_payment_method(name) {
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

/// Not a name and an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a shipping rate such as Standard:490")]
pub struct BadRate;

impl FromStr for ShippingRate {
    type Err = BadRate;

    /// Reads `Standard:490`. The amount stands behind the last colon.
    fn from_str(text: &str) -> Result<Self, BadRate> {
        let (name, amount) = text.rsplit_once(':').ok_or(BadRate)?;
        let (name, amount) = (name.trim(), amount.trim());
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(BadRate);
        }
        // Digits only: `+490` or `4.90` may be meant in another way than it would be read.
        if !amount.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BadRate);
        }
        let amount = MinorUnit(amount.parse().map_err(|_| BadRate)?);
        if amount > MAX_TOTAL {
            return Err(BadRate);
        }
        Ok(Self {
            name: name.to_owned(),
            amount,
        })
    }
}

impl Options {
    /// The ways to ship that cost something or nothing, as the owner has set them.
    #[must_use]
    pub fn rates(&self) -> &[ShippingRate] {
        self.shipping
            .as_ref()
            .map_or(&[], |shipping| &shipping.rates)
    }

    /// Whether the amounts contain the tax that Stripe states.
    #[must_use]
    pub fn contain_tax(&self) -> bool {
        self.automatic_tax == Some(AutomaticTax::Inclusive)
    }

    /// Whether the total may be another sum than that of the lines.
    #[must_use]
    pub fn change_the_total(&self) -> bool {
        self.promotion_codes
            || self.automatic_tax == Some(AutomaticTax::Exclusive)
            || self.rates().iter().any(|rate| rate.amount.0 != 0)
    }

    /// The least that Stripe may be asked to charge for lines of this price: with the cheapest way to ship, without tax.
    /// What a promotion code takes off is Stripe's to judge.
    pub(super) fn least(&self, subtotal: MinorUnit) -> Option<MinorUnit> {
        let cheapest = self.rates().iter().map(|rate| rate.amount).min();
        subtotal.checked_add(cheapest.unwrap_or(MinorUnit::ZERO))
    }

    /// The most that Stripe may be asked to charge for lines of this price: with the dearest way to ship, and with tax.
    pub(super) fn most(&self, subtotal: MinorUnit) -> Option<MinorUnit> {
        let dearest = self.rates().iter().map(|rate| rate.amount).max();
        let most = subtotal.checked_add(dearest.unwrap_or(MinorUnit::ZERO))?;
        if self.automatic_tax == Some(AutomaticTax::Exclusive) {
            let room = MinorUnit(most.checked_times(TAX_ROOM)?.0 / 100);
            return most.checked_add(room);
        }
        Some(most)
    }
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
            assert_eq!(bad.parse::<ShippingRate>(), Err(BadRate), "{bad}");
        }
        let long = format!("{}:490", "n".repeat(101));
        assert_eq!(long.parse::<ShippingRate>(), Err(BadRate));
    }

    #[test]
    fn the_row_of_a_checkout_holds_the_options_and_nothing_for_those_unset() {
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
            r#"{"shipping":{"countries":["DE"],"rates":[{"name":"Standard","amount":490}]},"automatic_tax":"inclusive","promotion_codes":true,"payment_methods":["card"]}"#
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
    fn the_total_lies_between_the_cheapest_and_the_dearest_way_to_ship() {
        let options = with_rates(&["Express:990", "Standard:490"]);
        assert_eq!(options.least(MinorUnit(10)), Some(MinorUnit(500)));
        assert_eq!(options.most(MinorUnit(10)), Some(MinorUnit(1000)));
        let taxed = Options {
            automatic_tax: Some(AutomaticTax::Exclusive),
            ..options.clone()
        };
        assert_eq!(taxed.least(MinorUnit(10)), Some(MinorUnit(500)));
        assert_eq!(taxed.most(MinorUnit(10)), Some(MinorUnit(1300)));
        let contained = Options {
            automatic_tax: Some(AutomaticTax::Inclusive),
            ..options
        };
        assert_eq!(contained.most(MinorUnit(10)), Some(MinorUnit(1000)));
        assert_eq!(contained.most(MinorUnit(i64::MAX)), None);
        assert_eq!(Options::default().most(MinorUnit(10)), Some(MinorUnit(10)));
    }
}
