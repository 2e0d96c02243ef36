//! Limits for each client and for all clients together: the rules, without the counts.
//!
//! - A [`Rate`] limits how often a [`LimitedAction`] is taken.
//! - [`Limits`] also bounds one client's unpaid checkouts and the units that they hold.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumIter};

mod client;

pub use client::Client;

/// How many times the limit of a /64 an IPv6 /48 gets: providers assign either to a household.
pub const NETWORK_FACTOR: u32 = 10;

/// An action that has a rate limit. The table `rate_limit` stores the names, of at most 32
/// characters.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    AsRefStr,
    EnumIter,
)]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(
    feature = "sea-orm",
    derive(sea_orm::DeriveActiveEnum),
    sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")
)]
pub enum LimitedAction {
    /// A client begins or changes a checkout: whatever holds units or calls Stripe.
    Checkout,
    /// The same by all clients together. Protects the Stripe account's API rate limit.
    CheckoutInShop,
    /// A client requests the link to an order, which may send an email.
    FindOrder,
    /// A page asks for the fields of what was chosen on other pages. Only reads, so each server
    /// counts alone.
    Choice,
    /// A client withdraws from a contract, which is stored and sends emails.
    Withdraw,
    /// The receipt of a withdrawal is acknowledged by email. At the limit the withdrawal is stored
    /// all the same, and only the email is not sent.
    WithdrawalMail,
    /// A client asks for a link because the password of the admin is forgotten.
    ResetPassword,
    /// Such a link is sent by email. At the limit the answer is the same, and only the email is not
    /// sent.
    ResetPasswordMail,
}

/// Who is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Each client separately.
    Client,
    /// All clients together.
    Shop,
    /// Each email address separately, whoever the client is.
    Address,
}

/// The properties of a limited action.
struct Definition {
    scope: Scope,
    variable: &'static str,
    /// What the variable limits, for its documentation.
    meaning: &'static str,
    default: Rate,
    message: &'static str,
}

impl LimitedAction {
    fn definition(self) -> Definition {
        match self {
            Self::Checkout => Definition {
                scope: Scope::Client,
                variable: "LIMIT_CHECKOUTS",
                meaning: "How many checkouts one client may begin or change.",
                default: Rate::new(20, 10 * 60),
                message: "Many orders were started from your connection in a short time. Please \
                    try again in a few minutes. No payment was started.",
            },
            Self::CheckoutInShop => Definition {
                scope: Scope::Shop,
                variable: "LIMIT_CHECKOUTS_SHOP",
                meaning: "How many checkouts all clients together may begin or change.",
                default: Rate::new(300, 60),
                message: "The shop is very busy right now. Please try again in a minute. No \
                    payment was started.",
            },
            Self::FindOrder => Definition {
                scope: Scope::Client,
                variable: "LIMIT_ORDER_SEARCHES",
                meaning: "How often one client may ask for the link to an order.",
                default: Rate::new(10, 60 * 60),
                message: "There were many order searches from your connection in a short \
                    time. Please try again later.",
            },
            Self::Choice => Definition {
                scope: Scope::Client,
                variable: "LIMIT_CHOICES",
                meaning: "How often the pages of one client may ask for what was chosen on other \
                    pages.",
                default: Rate::new(240, 60),
                message: "There were many requests from your connection in a short time. Please \
                    try again in a minute.",
            },
            Self::Withdraw => Definition {
                scope: Scope::Client,
                variable: "LIMIT_WITHDRAWALS",
                meaning: "How often one client may withdraw from a contract.",
                default: Rate::new(20, 60 * 60),
                message: "There were many withdrawals from your connection in a short time, so \
                    we have not received this one. Please try again later.",
            },
            Self::WithdrawalMail => Definition {
                scope: Scope::Address,
                variable: "LIMIT_WITHDRAWAL_MAILS",
                meaning: "How many acknowledgements of withdrawals are emailed to one address.",
                default: Rate::new(3, 24 * 60 * 60),
                message: "Several withdrawals with this email address were acknowledged in a \
                    short time. Please try again later.",
            },
            Self::ResetPassword => Definition {
                scope: Scope::Client,
                variable: "LIMIT_PASSWORD_RESETS",
                meaning: "How often one client may ask for a link because a password of the admin \
                    is forgotten.",
                default: Rate::new(10, 60 * 60),
                message: "There were many requests from your connection in a short time. Please \
                    try again later.",
            },
            Self::ResetPasswordMail => Definition {
                scope: Scope::Address,
                variable: "LIMIT_PASSWORD_RESET_MAILS",
                meaning: "How many links to reset a password are emailed to one address.",
                default: Rate::new(3, 60 * 60),
                message: "Several links were sent to this email address in a short time. Please \
                    try again later.",
            },
        }
    }

    /// Who is counted together.
    #[must_use]
    pub fn scope(self) -> Scope {
        self.definition().scope
    }

    /// The environment variable that sets its rate.
    #[must_use]
    pub fn variable(self) -> &'static str {
        self.definition().variable
    }

    /// What that variable limits.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        self.definition().meaning
    }

    /// The rate if the owner sets no other.
    #[must_use]
    pub fn default_rate(self) -> Rate {
        self.definition().default
    }

    /// The message for a shopper who has reached the limit.
    #[must_use]
    pub fn message(self) -> &'static str {
        self.definition().message
    }
}

/// A maximum number of times in a period, which begins with the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Maximum number of times in one period, at least 1.
    pub times: u32,
    /// The length of a period, at least one second.
    pub period: Duration,
}

impl Rate {
    const fn new(times: u32, seconds: u64) -> Self {
        Self {
            times,
            period: Duration::from_secs(seconds),
        }
    }
}

/// The text is not a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a rate such as 20/10m")]
pub struct NotARate;

/// Parses `20/10m`: times and period in seconds (`s`), minutes (`m`) or hours (`h`), at most a day.
impl FromStr for Rate {
    type Err = NotARate;

    fn from_str(text: &str) -> Result<Self, NotARate> {
        let (times, period) = text.split_once('/').ok_or(NotARate)?;
        let unit = period.chars().next_back().ok_or(NotARate)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            _ => return Err(NotARate),
        };
        let number = |text: &str| -> Result<u32, NotARate> {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse().map_err(|_| NotARate)?;
            (digits && number > 0).then_some(number).ok_or(NotARate)
        };
        let period = u64::from(number(&period[..period.len() - 1])?) * seconds;
        if period > 24 * 3_600 {
            return Err(NotARate);
        }
        Ok(Self::new(number(times)?, period))
    }
}

/// Writes `20/10m`, in the largest unit that fits.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (period, unit) = match self.period.as_secs() {
            seconds if seconds % 3_600 == 0 => (seconds / 3_600, 'h'),
            seconds if seconds % 60 == 0 => (seconds / 60, 'm'),
            seconds => (seconds, 's'),
        };
        write!(f, "{}/{period}{unit}", self.times)
    }
}

/// The configured limits. Whatever is missing is not limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// By action.
    pub rates: BTreeMap<LimitedAction, Rate>,
    /// `LIMIT_OPEN_CHECKOUTS`: maximum number of one client's checkouts that are neither paid nor
    /// ended.
    pub open_checkouts: Option<u32>,
    /// `LIMIT_HELD_SHARE`: maximum share of a product's stock, in percent, that one client's unpaid
    /// checkouts may hold together.
    pub held_share: Option<u8>,
}

impl Limits {
    /// No limits.
    #[must_use]
    pub fn off() -> Self {
        Self {
            rates: BTreeMap::new(),
            open_checkouts: None,
            held_share: None,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn a_rate_is_a_number_of_times_and_a_period() {
        assert_eq!("20/10m".parse(), Ok(Rate::new(20, 600)));
        assert_eq!("300/1m".parse(), Ok(Rate::new(300, 60)));
        assert_eq!("1/24h".parse(), Ok(Rate::new(1, 86_400)));
        assert_eq!("7/45s".parse(), Ok(Rate::new(7, 45)));
        for bad in [
            "",
            "20",
            "/",
            "20/",
            "20/m",
            "20/10",
            "20/10d",
            "0/1m",
            "5/0s",
            "-1/1m",
            "+1/1m",
            "1/25h",
            "1/1m ",
            "20/10m/2",
            "1/1ü",
            "99999999999/1m",
        ] {
            assert_eq!(bad.parse::<Rate>(), Err(NotARate), "{bad}");
        }
    }

    #[test]
    fn a_rate_is_written_as_it_is_typed() {
        for text in ["20/10m", "300/1m", "1/24h", "7/45s", "5/90m"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn every_action_has_its_own_name_variable_and_message() {
        for action in LimitedAction::iter() {
            assert!(action.as_ref().len() <= 32);
            assert!(action.variable().starts_with("LIMIT_"));
            let pays = matches!(
                action,
                LimitedAction::Checkout | LimitedAction::CheckoutInShop
            );
            let said = action.message().contains("No payment was started.");
            assert_eq!(said, pays);
            for other in LimitedAction::iter().filter(|other| *other != action) {
                assert_ne!(action.as_ref(), other.as_ref());
                assert_ne!(action.variable(), other.variable());
            }
        }
    }
}
