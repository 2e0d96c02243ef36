//! Reads the limits of one client and of all clients together.

use strum::IntoEnumIterator;
use till_core::limits::{LimitedAction, Limits, Rate};

use crate::settings::{
    Documentation, FromVariables, InvalidSetting, Setting, Variables, invalid, or_off,
};

crate::settings! {
    /// The limits beside those of the [`LimitedAction`]s.
    struct UnpaidLimits {
        /// How many unpaid checkouts one client may have at the same time.
        open_checkouts: Option<u32> =
            Setting::new("LIMIT_OPEN_CHECKOUTS", "5", or_off(from_one, "a whole number from 1")),
        /// The share of a product's stock, in percent, that one client's unpaid checkouts may hold.
        held_share: Option<u8> =
            Setting::new("LIMIT_HELD_SHARE", "50%", or_off(percent, "a share from 1% to 100%")),
    }
}

impl FromVariables for Limits {
    fn read(variables: &dyn Variables) -> Result<Self, InvalidSetting> {
        let rates = LimitedAction::iter().filter_map(|action| {
            let rate = setting(action).read(variables).transpose()?;
            Some(rate.map(|rate| (action, rate)))
        });
        let rates = rates.collect::<Result<_, _>>()?;
        let UnpaidLimits {
            open_checkouts,
            held_share,
        } = UnpaidLimits::read(variables)?;
        Ok(Self {
            rates,
            open_checkouts,
            held_share,
        })
    }

    fn documentation() -> Vec<Documentation> {
        let rates = LimitedAction::iter();
        let rates = rates.map(|action| setting(action).documented(action.meaning()));
        rates.chain(UnpaidLimits::documentation()).collect()
    }
}

/// The setting of an action's rate.
fn setting(action: LimitedAction) -> Setting<Option<Rate>> {
    let default = action.default_rate().to_string();
    Setting::new(action.variable(), default, rate)
}

fn rate(name: &str, typed: &str) -> Result<Option<Rate>, InvalidSetting> {
    if typed == "off" {
        return Ok(None);
    }
    typed.parse().map(Some).map_err(|_| {
        invalid(format!(
            "{name} must be a number and a time such as 20/10m (s, m or h, a day at most), or \
             off, not \"{typed}\"."
        ))
    })
}

fn from_one(typed: &str) -> Option<u32> {
    typed.parse().ok().filter(|number| *number > 0)
}

fn percent(typed: &str) -> Option<u8> {
    let percent = typed.strip_suffix('%')?.parse().ok();
    percent.filter(|percent| (1..=100).contains(percent))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::settings::tests::{read, refusal};

    #[test]
    fn limits_have_defaults_and_each_can_be_set_and_switched_off() {
        let limits: Limits = read(&[]).unwrap();
        let rate = |text: &str| text.parse::<Rate>().unwrap();
        assert_eq!(limits.rates[&LimitedAction::Checkout], rate("20/10m"));
        assert_eq!(limits.rates[&LimitedAction::CheckoutInShop], rate("300/1m"));
        assert_eq!(limits.open_checkouts, Some(5));
        assert_eq!(limits.held_share, Some(50));

        let limits: Limits = read(&[
            ("LIMIT_CHECKOUTS", "3/1h"),
            ("LIMIT_OPEN_CHECKOUTS", "7"),
            ("LIMIT_HELD_SHARE", "100%"),
            ("LIMIT_CHECKOUTS_SHOP", "10/30s"),
        ])
        .unwrap();
        assert_eq!(limits.rates[&LimitedAction::Checkout], rate("3/1h"));
        assert_eq!(limits.rates[&LimitedAction::CheckoutInShop], rate("10/30s"));
        assert_eq!(limits.open_checkouts, Some(7));
        assert_eq!(limits.held_share, Some(100));

        let off = [
            ("LIMIT_CHECKOUTS", "off"),
            ("LIMIT_OPEN_CHECKOUTS", "off"),
            ("LIMIT_HELD_SHARE", "off"),
            ("LIMIT_CHECKOUTS_SHOP", "off"),
            ("LIMIT_ORDER_SEARCHES", "off"),
            ("LIMIT_CHOICES", "off"),
            ("LIMIT_WITHDRAWALS", "off"),
            ("LIMIT_WITHDRAWAL_MAILS", "off"),
            ("LIMIT_PASSWORD_RESETS", "off"),
            ("LIMIT_PASSWORD_RESET_MAILS", "off"),
        ];
        assert_eq!(read(&off), Ok(Limits::off()));
    }

    #[test]
    fn an_invalid_limit_is_refused_with_the_allowed_values() {
        for (name, typed) in [
            ("LIMIT_CHECKOUTS", "20"),
            ("LIMIT_CHECKOUTS_SHOP", "0/1m"),
            ("LIMIT_OPEN_CHECKOUTS", "0"),
            ("LIMIT_OPEN_CHECKOUTS", "many"),
            ("LIMIT_HELD_SHARE", "50"),
            ("LIMIT_HELD_SHARE", "0%"),
            ("LIMIT_HELD_SHARE", "101%"),
        ] {
            let said = refusal::<Limits>(&[(name, typed)]);
            assert!(said.starts_with(&format!("{name} must be ")), "{said}");
            assert!(
                said.ends_with(&format!("or off, not \"{typed}\".")),
                "{said}"
            );
        }
    }
}
