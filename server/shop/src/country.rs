//! The countries to which Stripe Checkout allows shipping, by ISO 3166-1 alpha-2 code.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalog::folding::words;

/// One country per line: the code, a space, the English name.
const NAMES: &str = include_str!("country/names.txt");

/// A country to which Stripe Checkout allows shipping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(
    /// The index of its line.
    usize,
);

/// Returns code and name of every country.
fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    NAMES.lines().filter_map(|line| line.split_once(' '))
}

/// The text is not the code of a country to which Stripe Checkout allows shipping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a country that Stripe ships to")]
pub struct UnknownCountry;

impl Country {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..all().count()).map(Self)
    }

    /// All of them with what `name` calls each, in the order of these names.
    #[must_use]
    pub fn sorted_by(name: impl Fn(Self) -> &'static str) -> Vec<(Self, &'static str)> {
        let named = Self::all().map(|country| (country, name(country)));
        let mut named: Vec<_> = named.collect();
        named.sort_by_cached_key(|(_, name)| words(name).join(" "));
        named
    }

    /// The ISO 3166-1 alpha-2 code in upper case.
    #[must_use]
    pub fn code(self) -> &'static str {
        all().nth(self.0).unwrap_or_default().0
    }

    /// The English name.
    #[must_use]
    pub fn name(self) -> &'static str {
        all().nth(self.0).unwrap_or_default().1
    }
}

impl FromStr for Country {
    type Err = UnknownCountry;

    fn from_str(code: &str) -> Result<Self, UnknownCountry> {
        all()
            .position(|(known, _)| known.eq_ignore_ascii_case(code))
            .map(Self)
            .ok_or(UnknownCountry)
    }
}

impl TryFrom<String> for Country {
    type Error = UnknownCountry;

    fn try_from(code: String) -> Result<Self, UnknownCountry> {
        code.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.code().to_owned()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_known_by_its_code_in_either_case() {
        let name = |code: &str| code.parse().map(Country::name);
        assert_eq!(name("DE"), Ok("Germany"));
        assert_eq!(name("at"), Ok("Austria"));
        for bad in ["", "D", "DEU", "Germany", "XX", "ZZ", "D ", "KP"] {
            assert_eq!(name(bad), Err(UnknownCountry), "{bad}");
        }
    }

    #[test]
    fn countries_are_sorted_whatever_their_accents() {
        let german = |country: Country| match country.code() {
            "AT" => "Österreich",
            "OM" => "Oman",
            "PK" => "Pakistan",
            _ => "Z",
        };
        let sorted = Country::sorted_by(german);
        let first: Vec<_> = sorted[..3].iter().map(|(one, _)| one.code()).collect();
        assert_eq!(first, ["OM", "AT", "PK"]);
        assert_eq!(sorted.len(), NAMES.lines().count());
    }

    #[test]
    fn every_line_holds_a_code_and_a_name() {
        for line in NAMES.lines() {
            let (code, name) = line.split_once(' ').unwrap_or_default();
            assert!(
                code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()),
                "{line}"
            );
            assert!(!name.is_empty() && name.trim() == name, "{line}");
        }
    }
}
