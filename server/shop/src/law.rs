//! Whether the shop follows the consumer law of the European Union.

use crate::country::Country;
use crate::settings::{InvalidSetting, Setting, invalid};

/// The member states of the European Union.
const MEMBER_STATES: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

crate::settings! {
    /// The law that the shop follows.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Law {
        /// The country that the shop is run from, as an ISO 3166-1 code.
        pub country: Option<Country> =
            Setting::optional("SHOP_COUNTRY", country).or_in_database().example("DE"),
        /// Whether the rules of the European Union apply; `auto`: if the country is in it.
        pub eu_rules: EuRules = Setting::choice(
            "EU_CONSUMER_RULES",
            "auto",
            [("auto", EuRules::Auto), ("on", EuRules::On), ("off", EuRules::Off)],
        )
        .or_in_database(),
        /// Whether shoppers can withdraw from a contract on `/withdraw`; `auto`: if the rules of
        /// the European Union apply.
        pub withdrawals: Withdrawals = Setting::choice(
            "WITHDRAWALS",
            "auto",
            [
                ("auto", Withdrawals::Auto),
                ("on", Withdrawals::On),
                ("off", Withdrawals::Off),
            ],
        )
        .or_in_database(),
    }
}

/// Whether the rules of the European Union apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EuRules {
    /// If the shop is in a member state.
    #[default]
    Auto,
    /// Always, for a shop elsewhere that sells to consumers there.
    On,
    /// Never, for a shop that sells to businesses only.
    Off,
}

/// Whether shoppers can withdraw from a contract in the shop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Withdrawals {
    /// If the rules of the European Union apply.
    #[default]
    Auto,
    /// Always, for a shop elsewhere that wants to offer it.
    On,
    /// Never, for a shop whose contracts cannot be withdrawn from.
    Off,
}

impl Law {
    /// Whether shoppers can withdraw from a contract in the shop.
    #[must_use]
    pub fn offers_withdrawals(&self) -> bool {
        match self.withdrawals {
            Withdrawals::On => true,
            Withdrawals::Off => false,
            Withdrawals::Auto => self.eu_rules_apply(),
        }
    }

    /// Whether the rules of the European Union apply.
    #[must_use]
    pub fn eu_rules_apply(&self) -> bool {
        match self.eu_rules {
            EuRules::On => true,
            EuRules::Off => false,
            EuRules::Auto => self.country.is_some_and(is_member_state),
        }
    }
}

/// Whether a country is a member state of the European Union.
#[must_use]
pub fn is_member_state(country: Country) -> bool {
    MEMBER_STATES.contains(&country.code())
}

fn country(name: &str, typed: &str) -> Result<Country, InvalidSetting> {
    typed.parse().map_err(|_| {
        invalid(format!(
            "{name} must be a country's code such as DE, not \"{typed}\"."
        ))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::settings::tests::{read, refusal};

    #[test]
    fn the_rules_apply_in_the_union_and_elsewhere_by_setting() {
        let apply = |variables: &[(&str, &str)]| read::<Law>(variables).unwrap().eu_rules_apply();
        assert!(!apply(&[]));
        for code in MEMBER_STATES {
            assert!(apply(&[("SHOP_COUNTRY", code)]), "{code}");
        }
        assert!(!apply(&[("SHOP_COUNTRY", "GB")]));
        assert!(!apply(&[("SHOP_COUNTRY", "CH")]));
        assert!(apply(&[
            ("SHOP_COUNTRY", "CH"),
            ("EU_CONSUMER_RULES", "on")
        ]));
        assert!(!apply(&[
            ("SHOP_COUNTRY", "DE"),
            ("EU_CONSUMER_RULES", "off")
        ]));
    }

    #[test]
    fn withdrawals_are_offered_where_the_rules_apply_and_elsewhere_by_setting() {
        let offered =
            |variables: &[(&str, &str)]| read::<Law>(variables).unwrap().offers_withdrawals();
        assert!(!offered(&[]));
        assert!(offered(&[("SHOP_COUNTRY", "FR")]));
        assert!(!offered(&[("SHOP_COUNTRY", "FR"), ("WITHDRAWALS", "off")]));
        assert!(!offered(&[
            ("SHOP_COUNTRY", "FR"),
            ("EU_CONSUMER_RULES", "off")
        ]));
        assert!(offered(&[("EU_CONSUMER_RULES", "on")]));
        assert!(offered(&[("SHOP_COUNTRY", "CH"), ("WITHDRAWALS", "on")]));
        assert_eq!(
            refusal::<Law>(&[("WITHDRAWALS", "never")]),
            "WITHDRAWALS must be auto or on or off, not \"never\"."
        );
    }

    #[test]
    fn a_country_is_given_by_its_code() {
        assert_eq!(
            refusal::<Law>(&[("SHOP_COUNTRY", "Germany")]),
            "SHOP_COUNTRY must be a country's code such as DE, not \"Germany\"."
        );
    }
}
