//! Where the shop ships to, and for how much.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use till_core::money::MinorUnit;

use super::MAX_TOTAL;
use crate::country::Country;
use crate::settings::{
    self, FromVariables, InvalidSetting, Setting, Variables, invalid, list, missing,
};

mod table;

pub use table::{RateColumn, RateProblem, RateReason, RateRow, rate_rows, rates_value};

/// Maximum number of shipping rates in one session, see
/// <https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-shipping_options>.
pub const MAX_SHIPPING_RATES: usize = 5;
/// Maximum number of rates with their tiers.
const MAX_TIERS: usize = 30;
/// The heaviest parcel that a rate may be limited to, in grams.
const MAX_GRAMS: u32 = 10_000_000;
/// Maximum length of a shipping rate's name at Stripe, in characters.
const MAX_RATE_NAME_CHARS: usize = 100;
/// The setting of the countries that the shop ships to.
pub const SHIPPING_COUNTRIES: &str = "SHIPPING_COUNTRIES";
/// The setting of the shipping rates.
pub const SHIPPING_RATES: &str = "SHIPPING_RATES";
/// The value of `SHIPPING_COUNTRIES` for a shop that ships nothing.
pub const NOTHING_SHIPPED: &str = "none";

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

/// A shipping rate: `Standard:490`, `Letter:190 up to 500 g` or `Standard:490 free from 5000`.
///
/// Several of one name are tiers: the one with the lowest limit that the parcel keeps counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippingRate {
    /// The name that shoppers see.
    pub name: String,
    /// In the minor unit of the checkout's currency, 0 or more.
    pub amount: MinorUnit,
    /// The weight of the heaviest parcel that it is for, in grams. `None`: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_grams: Option<u32>,
    /// The subtotal from which it costs nothing, in the minor unit of the checkout's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_from: Option<MinorUnit>,
}

/// What is to be shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// The sum of the lines.
    pub subtotal: MinorUnit,
    /// The weight of all units. A variant without a weight counts as 0.
    pub grams: i64,
}

impl ShippingRate {
    fn carries(&self, parcel: Parcel) -> bool {
        self.up_to_grams
            .is_none_or(|limit| parcel.grams <= i64::from(limit))
    }

    /// What it costs for this parcel.
    fn for_parcel(&self, parcel: Parcel) -> Self {
        let is_free = self.free_from.is_some_and(|from| parcel.subtotal >= from);
        Self {
            name: self.name.clone(),
            amount: if is_free {
                MinorUnit::ZERO
            } else {
                self.amount
            },
            up_to_grams: None,
            free_from: None,
        }
    }
}

impl Shipping {
    /// The rates that this parcel can be shipped at: at most one of each name, with what it costs.
    #[must_use]
    pub fn for_parcel(&self, parcel: Parcel) -> Self {
        let tier = |name: &str| {
            let tiers = self.rates.iter().filter(|rate| rate.name == name);
            let fitting = tiers.filter(|rate| rate.carries(parcel));
            fitting.min_by_key(|rate| rate.up_to_grams.unwrap_or(u32::MAX))
        };
        let rates = self.names().into_iter().filter_map(tier);
        Self {
            countries: self.countries.clone(),
            rates: rates.map(|rate| rate.for_parcel(parcel)).collect(),
        }
    }

    /// The different names, in their order.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for rate in &self.rates {
            if !names.contains(&&*rate.name) {
                names.push(&rate.name);
            }
        }
        names
    }

    /// The names and the highest amounts that shoppers choose from, whatever they buy. Without
    /// rates, shipping is free and has no name.
    #[must_use]
    pub fn choices(&self) -> Vec<(&str, MinorUnit)> {
        if self.rates.is_empty() {
            return vec![("", MinorUnit::ZERO)];
        }
        let highest = |name: &str| {
            let tiers = self.rates.iter().filter(|rate| rate.name == name);
            tiers
                .map(|rate| rate.amount)
                .max()
                .unwrap_or(MinorUnit::ZERO)
        };
        let names = self.names().into_iter();
        names.map(|name| (name, highest(name))).collect()
    }

    /// The lowest subtotal from which a rate is free.
    #[must_use]
    pub fn free_from(&self) -> Option<MinorUnit> {
        self.rates.iter().filter_map(|rate| rate.free_from).min()
    }
}

crate::settings! {
    /// The variables, before they are checked together.
    struct ShippingVariables {
        /// The countries that the shop ships to, by their codes, or none.
        destinations: Destinations = Setting::or_empty(SHIPPING_COUNTRIES, destinations)
            .or_in_database()
            .example("DE,AT"),
        /// Names and amounts in minor units, such as `Standard:490`. After the amount, `up to 2000
        /// g` limits the parcel's weight, so that a name may have several tiers, and `free from
        /// 5000` says from which sum of the lines it costs nothing.
        rates: Vec<ShippingRate> = Setting::or_empty(SHIPPING_RATES, rates)
            .or_in_database()
            .example("Standard:490,Express:990"),
    }
}

#[derive(Clone, Default)]
enum Destinations {
    #[default]
    Undecided,
    /// Nothing is shipped.
    None,
    Countries(Vec<Country>),
}

impl FromVariables for Option<Shipping> {
    fn read(variables: &dyn Variables) -> Result<Self, InvalidSetting> {
        together(ShippingVariables::read(variables)?)
    }

    fn apply_stored(&mut self, stored: &dyn Variables) -> Vec<InvalidSetting> {
        let before = self.clone();
        let mut variables = match before {
            Some(Shipping { countries, rates }) => ShippingVariables {
                destinations: Destinations::Countries(countries),
                rates,
            },
            None => ShippingVariables {
                destinations: Destinations::Undecided,
                rates: Vec::new(),
            },
        };
        let mut refused = variables.apply_stored(stored);
        match together(variables) {
            Ok(shipping) => *self = shipping,
            Err(refusal) => refused.push(refusal),
        }
        refused
    }

    fn documentation() -> Vec<settings::Documentation> {
        ShippingVariables::documentation()
    }
}

fn together(variables: ShippingVariables) -> Result<Option<Shipping>, InvalidSetting> {
    let ShippingVariables {
        destinations,
        rates,
    } = variables;
    match destinations {
        Destinations::Countries(countries) => Ok(Some(Shipping { countries, rates })),
        Destinations::Undecided | Destinations::None if rates.is_empty() => Ok(None),
        Destinations::None => Err(missing(
            SHIPPING_COUNTRIES,
            "SHIPPING_RATES is set, but SHIPPING_COUNTRIES is none: nothing is shipped. Unset \
             SHIPPING_RATES, or set SHIPPING_COUNTRIES to codes such as DE,AT.",
        )),
        Destinations::Undecided => Err(missing(
            SHIPPING_COUNTRIES,
            "SHIPPING_RATES is set, but SHIPPING_COUNTRIES is not: Stripe must know which \
             countries to offer. Set it to codes such as DE,AT.",
        )),
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

    fn apply_stored(&mut self, stored: &dyn Variables) -> Vec<InvalidSetting> {
        // `Option<Shipping>` says why a stored value is refused.
        if let Ok(Self(true)) = Self::read(stored) {
            self.0 = true;
        }
        Vec::new()
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
                 units (490 is 4.90), each with a limit such as \"up to 2000 g\" and \"free from \
                 5000\" after it if you like, not \"{item}\"."
            ))
        })?;
        rates.push(rate);
    }
    match misfit(&rates) {
        None => Ok(rates),
        Some((_, misfit)) => Err(invalid(format!("{name} {misfit}"))),
    }
}

/// How rates do not fit together. `Display` writes a predicate and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Misfit {
    /// Two have the same name and limit.
    #[error("names \"{0}\" twice. Shoppers could not tell them apart.")]
    Twice(String),
    /// There are so many names, more than Stripe's page offers.
    #[error("holds {0} rates, and Stripe's page offers at most {MAX_SHIPPING_RATES}.")]
    TooManyNames(usize),
    /// There are so many tiers.
    #[error("holds {0} tiers; at most {MAX_TIERS} are allowed.")]
    TooManyTiers(usize),
    /// No rate is for a heavy parcel.
    #[error(
        "has a weight limit for every rate, so heavy orders could not be shipped: leave the limit \
         of one out."
    )]
    AllLimited,
}

/// Whatever a shopper buys, there must be one to five rates. Returns what is wrong, and the index
/// of a rate that it is about.
fn misfit(rates: &[ShippingRate]) -> Option<(usize, Misfit)> {
    let mut names: Vec<&str> = Vec::new();
    let mut first_too_many = None;
    for (index, rate) in rates.iter().enumerate() {
        let same = |known: &ShippingRate| {
            (&known.name, known.up_to_grams) == (&rate.name, rate.up_to_grams)
        };
        if rates[..index].iter().any(same) {
            return Some((index, Misfit::Twice(rate.name.clone())));
        }
        if !names.contains(&&*rate.name) {
            names.push(&rate.name);
            if names.len() > MAX_SHIPPING_RATES {
                first_too_many = first_too_many.or(Some(index));
            }
        }
    }
    if let Some(index) = first_too_many {
        return Some((index, Misfit::TooManyNames(names.len())));
    }
    if rates.len() > MAX_TIERS {
        return Some((MAX_TIERS, Misfit::TooManyTiers(rates.len())));
    }
    let all_limited = rates.iter().all(|rate| rate.up_to_grams.is_some());
    let last = rates.len().checked_sub(1)?;
    all_limited.then_some((last, Misfit::AllLimited))
}

/// The text is not a name and an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a shipping rate such as Standard:490")]
pub struct InvalidShippingRate;

impl FromStr for ShippingRate {
    type Err = InvalidShippingRate;

    /// Parses `Standard:490` or `Standard:490 up to 2000 g free from 5000`. The amount follows the
    /// last colon.
    fn from_str(text: &str) -> Result<Self, InvalidShippingRate> {
        let (name, rest) = text.rsplit_once(':').ok_or(InvalidShippingRate)?;
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_RATE_NAME_CHARS {
            return Err(InvalidShippingRate);
        }
        let (rest, free_from) = match rest.split_once("free from") {
            Some((rest, from)) => (rest, Some(amount(from)?)),
            None => (rest, None),
        };
        let (rest, up_to_grams) = match rest.split_once("up to") {
            Some((rest, limit)) => (rest, Some(grams(limit)?)),
            None => (rest, None),
        };
        Ok(Self {
            name: name.to_owned(),
            amount: amount(rest)?,
            up_to_grams,
            free_from,
        })
    }
}

/// As [`FromStr`] reads it.
impl fmt::Display for ShippingRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.amount.0)?;
        if let Some(grams) = self.up_to_grams {
            write!(f, " up to {grams} g")?;
        }
        if let Some(MinorUnit(from)) = self.free_from {
            write!(f, " free from {from}")?;
        }
        Ok(())
    }
}

/// Parses minor units.
fn amount(text: &str) -> Result<MinorUnit, InvalidShippingRate> {
    let amount = MinorUnit(digits(text)?);
    (amount <= MAX_TOTAL)
        .then_some(amount)
        .ok_or(InvalidShippingRate)
}

/// Parses a weight such as `2000 g` or `2 kg`.
fn grams(text: &str) -> Result<u32, InvalidShippingRate> {
    let text = text.trim();
    let (number, factor) = match (text.strip_suffix("kg"), text.strip_suffix('g')) {
        (Some(number), _) => (number, 1_000),
        (None, Some(number)) => (number, 1),
        (None, None) => return Err(InvalidShippingRate),
    };
    let grams = digits::<u32>(number)?.checked_mul(factor);
    grams
        .filter(|grams| (1..=MAX_GRAMS).contains(grams))
        .ok_or(InvalidShippingRate)
}

/// Digits only: `4.90` or `+490` may not mean what it would be parsed as.
fn digits<T: FromStr>(text: &str) -> Result<T, InvalidShippingRate> {
    let text = text.trim();
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidShippingRate);
    }
    text.parse().map_err(|_| InvalidShippingRate)
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
    fn a_rate_may_have_a_limit_of_weight_and_an_amount_from_which_it_is_free() {
        let rate = |text: &str| text.parse::<ShippingRate>();
        let parsed = rate("Standard: 490 up to 2 kg free from 5000").unwrap();
        assert_eq!(parsed.amount, MinorUnit(490));
        assert_eq!(parsed.up_to_grams, Some(2_000));
        assert_eq!(parsed.free_from, Some(MinorUnit(5_000)));
        let parsed = rate("Letter:190 up to 500 g").unwrap();
        assert_eq!((parsed.up_to_grams, parsed.free_from), (Some(500), None));
        for bad in [
            "Letter:190 up to 500",
            "Letter:190 up to 0 g",
            "Letter:190 up to -5 g",
            "Letter:190 up to 99999999999 g",
            "Letter:up to 500 g",
            "Standard:490 free from",
            "Standard:490 free from 50.00",
            "Standard:490 free from 5000 up to 500 g",
        ] {
            assert_eq!(rate(bad), Err(InvalidShippingRate), "{bad}");
        }
    }

    #[test]
    fn weight_and_sum_choose_the_tier() {
        let shipping = shipping(&[
            ("SHIPPING_COUNTRIES", "DE"),
            (
                "SHIPPING_RATES",
                "Letter:190 up to 500 g,Parcel:490 up to 2000 g free from 5000,\
                 Parcel:1490,Parcel:790 up to 10000 g,Express:990",
            ),
        ]);
        let shipping = shipping.unwrap();
        let offered = |subtotal, grams| {
            let subtotal = MinorUnit(subtotal);
            let rates = shipping.for_parcel(Parcel { subtotal, grams }).rates;
            assert!(rates.iter().all(|rate| rate.up_to_grams.is_none()));
            assert!(rates.iter().all(|rate| rate.free_from.is_none()));
            let rates = rates.iter();
            rates
                .map(|rate| format!("{} {}", rate.name, rate.amount.0))
                .collect::<Vec<_>>()
                .join(", ")
        };
        assert_eq!(offered(100, 0), "Letter 190, Parcel 490, Express 990");
        assert_eq!(offered(100, 500), "Letter 190, Parcel 490, Express 990");
        assert_eq!(offered(100, 501), "Parcel 490, Express 990");
        assert_eq!(offered(4_999, 2_000), "Parcel 490, Express 990");
        assert_eq!(offered(5_000, 2_000), "Parcel 0, Express 990");
        assert_eq!(offered(5_000, 2_001), "Parcel 790, Express 990");
        assert_eq!(offered(5_000, 10_001), "Parcel 1490, Express 990");
        assert_eq!(
            shipping.choices(),
            [
                ("Letter", MinorUnit(190)),
                ("Parcel", MinorUnit(1_490)),
                ("Express", MinorUnit(990))
            ]
        );
        assert_eq!(shipping.free_from(), Some(MinorUnit(5_000)));
    }

    #[test]
    fn one_rate_ships_any_weight() {
        let with = |rates| [("SHIPPING_COUNTRIES", "DE"), ("SHIPPING_RATES", rates)];
        assert!(refusal(&with("Letter:190 up to 500 g")).contains("weight limit for every rate"));
        assert!(shipping(&with("Letter:190 up to 500 g,Parcel:490")).is_some());
        let twice = "A:1 up to 1 kg,A:2 up to 1000 g,A:3";
        assert!(refusal(&with(twice)).contains("\"A\" twice"));
        let tiers: Vec<_> = (1..=31).map(|n| format!("A:{n} up to {n} g")).collect();
        assert!(refusal(&with(&tiers.join(","))).contains("31 tiers"));
    }

    #[test]
    fn countries_and_rates_may_be_in_the_database() {
        let mut shipping = shipping(&[("SHIPPING_COUNTRIES", "DE")]);
        let mut apply = |name: &'static str, value: &'static str| {
            let stored = move |asked: &str| (asked == name).then(|| value.to_owned());
            let refused = shipping.apply_stored(&stored);
            (shipping.clone(), refused)
        };
        let (now, refused) = apply("SHIPPING_RATES", "Standard:490");
        assert_eq!((now.unwrap().rates.len(), refused.len()), (1, 0));
        let (now, refused) = apply("SHIPPING_COUNTRIES", "DE,AT");
        let now = now.unwrap();
        assert_eq!((now.countries.len(), now.rates.len()), (2, 1));
        assert!(refused.is_empty());
        // What is refused changes nothing.
        let (now, refused) = apply("SHIPPING_COUNTRIES", "none");
        assert_eq!(now.unwrap().countries.len(), 2);
        assert!(
            refused[0]
                .to_string()
                .contains("SHIPPING_COUNTRIES is none")
        );
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
