//! Where the shop ships to, and for how much.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use till_core::money::MinorUnit;

use super::MAX_TOTAL;
use crate::country::Country;
use crate::settings::{self, FromVariables, InvalidSetting, Setting, Variables, invalid, list};

/// Maximum number of shipping rates in one session, see
/// <https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-shipping_options>.
pub const MAX_SHIPPING_RATES: usize = 5;
/// Maximum length of a shipping rate's name at Stripe, in characters.
const MAX_RATE_NAME_CHARS: usize = 100;
/// The value of `SHIPPING_COUNTRIES` for a shop that ships nothing.
const NOTHING_SHIPPED: &str = "none";

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

impl Shipping {
    /// The names and amounts that shoppers choose from. Without rates, shipping is free and has no
    /// name.
    #[must_use]
    pub fn choices(&self) -> Vec<(&str, MinorUnit)> {
        match self.rates.is_empty() {
            true => vec![("", MinorUnit(0))],
            false => {
                let rates = self.rates.iter();
                rates.map(|rate| (&*rate.name, rate.amount)).collect()
            }
        }
    }
}

crate::settings! {
    /// The variables, before they are checked together.
    struct ShippingVariables {
        /// The countries that the shop ships to, by their codes, or none.
        destinations: Destinations =
            Setting::or_empty("SHIPPING_COUNTRIES", destinations).example("DE,AT"),
        /// Names and amounts in minor units.
        rates: Vec<ShippingRate> =
            Setting::or_empty("SHIPPING_RATES", rates).example("Standard:490,Express:990"),
    }
}

#[derive(Default)]
enum Destinations {
    #[default]
    Undecided,
    /// Nothing is shipped.
    None,
    Countries(Vec<Country>),
}

impl FromVariables for Option<Shipping> {
    fn read(variables: &dyn Variables) -> Result<Self, InvalidSetting> {
        let ShippingVariables {
            destinations,
            rates,
        } = ShippingVariables::read(variables)?;
        match destinations {
            Destinations::Countries(countries) => Ok(Some(Shipping { countries, rates })),
            Destinations::Undecided | Destinations::None if rates.is_empty() => Ok(None),
            Destinations::None => Err(invalid(
                "SHIPPING_RATES is set, but SHIPPING_COUNTRIES is none: nothing is shipped. Unset \
                 SHIPPING_RATES, or set SHIPPING_COUNTRIES to codes such as DE,AT.",
            )),
            Destinations::Undecided => Err(invalid(
                "SHIPPING_RATES is set, but SHIPPING_COUNTRIES is not: Stripe must know which \
                 countries to offer. Set it to codes such as DE,AT.",
            )),
        }
    }

    fn documentation() -> Vec<settings::Documentation> {
        ShippingVariables::documentation()
    }
}

/// Whether the owner has set where the shop ships to, even if nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShippingDecided(pub bool);

impl FromVariables for ShippingDecided {
    fn read(variables: &dyn Variables) -> Result<Self, InvalidSetting> {
        let destinations = ShippingVariables::read(variables)?.destinations;
        Ok(Self(!matches!(destinations, Destinations::Undecided)))
    }
}

fn destinations(name: &str, typed: &str) -> Result<Destinations, InvalidSetting> {
    let country = |code: &str| {
        code.parse().map_err(|_| {
            invalid(format!(
                "{name} must be two-letter codes such as DE,AT, or none; \"{code}\" is not a \
                 country that Stripe supports for shipping."
            ))
        })
    };
    match list(typed)[..] {
        [] => Ok(Destinations::Undecided),
        [NOTHING_SHIPPED] => Ok(Destinations::None),
        ref codes => {
            let countries: Result<_, _> = codes.iter().map(|code| country(code)).collect();
            countries.map(Destinations::Countries)
        }
    }
}

fn rates(name: &str, typed: &str) -> Result<Vec<ShippingRate>, InvalidSetting> {
    let mut rates: Vec<ShippingRate> = Vec::new();
    for item in list(typed) {
        let rate: ShippingRate = item.parse().map_err(|_| {
            invalid(format!(
                "{name} must be names and amounts such as Standard:490,Express:990, in minor \
                 units (490 is 4.90), not \"{item}\"."
            ))
        })?;
        if rates.iter().any(|known| known.name == rate.name) {
            return Err(invalid(format!(
                "{name} names \"{}\" twice. Shoppers could not tell them apart.",
                rate.name
            )));
        }
        rates.push(rate);
    }
    if rates.len() > MAX_SHIPPING_RATES {
        return Err(invalid(format!(
            "{name} holds {} rates, and Stripe's page offers at most {MAX_SHIPPING_RATES}.",
            rates.len()
        )));
    }
    Ok(rates)
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::settings::tests::{self, read};

    fn shipping(variables: &[(&str, &str)]) -> Option<Shipping> {
        read(variables).unwrap()
    }

    fn refusal(variables: &[(&str, &str)]) -> String {
        tests::refusal::<Option<Shipping>>(variables)
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
    fn nothing_is_shipped_unless_countries_are_named() {
        let decided = |variables: &[(&str, &str)]| read(variables) == Ok(ShippingDecided(true));
        for undecided in [&[][..], &[("SHIPPING_COUNTRIES", " , ")]] {
            assert_eq!(shipping(undecided), None);
            assert!(!decided(undecided));
        }
        let none = [("SHIPPING_COUNTRIES", "none")];
        assert_eq!(shipping(&none), None);
        assert!(decided(&none));
        assert!(decided(&[("SHIPPING_COUNTRIES", "DE")]));
        let rates = [none[0], ("SHIPPING_RATES", "Standard:490")];
        assert!(refusal(&rates).contains("SHIPPING_COUNTRIES is none"));
    }

    #[test]
    fn shipping_without_a_rate_is_free() {
        let shipping = shipping(&[("SHIPPING_COUNTRIES", "DE")]).unwrap();
        assert_eq!(shipping.countries.len(), 1);
        assert_eq!(shipping.rates, []);
    }

    #[test]
    fn rates_need_countries() {
        assert!(
            refusal(&[("SHIPPING_RATES", "Standard:490")])
                .starts_with("SHIPPING_RATES is set, but SHIPPING_COUNTRIES is not")
        );
    }

    #[test]
    fn countries_are_those_that_stripe_ships_to() {
        for bad in ["XX", "Germany", "DE;AT", "DE,KP"] {
            let said = refusal(&[("SHIPPING_COUNTRIES", bad)]);
            assert!(
                said.contains("not a country that Stripe supports"),
                "{said}"
            );
        }
    }

    #[test]
    fn rates_are_names_and_whole_amounts_of_0_or_more() {
        for bad in [
            "490",
            "Standard",
            "Standard:-490",
            "Standard:4.90",
            "Standard:490 EUR",
            "Standard:100000000",
        ] {
            let said = refusal(&[("SHIPPING_COUNTRIES", "DE"), ("SHIPPING_RATES", bad)]);
            assert!(
                said.starts_with("SHIPPING_RATES must be") && said.contains(bad),
                "{said}"
            );
        }
    }

    #[test]
    fn a_session_offers_five_different_ways_to_ship() {
        let with = |rates| [("SHIPPING_COUNTRIES", "DE"), ("SHIPPING_RATES", rates)];
        let five = shipping(&with("a:1,b:2,c:3,d:4,e:5")).unwrap();
        assert_eq!(five.rates.len(), 5);
        assert!(refusal(&with("a:1,b:2,c:3,d:4,e:5,f:6")).contains("at most 5"));
        assert!(refusal(&with("a:1,b:2,a:3")).contains("\"a\" twice"));
    }
}
