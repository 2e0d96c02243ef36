//! Limits on what one client, and all clients together, may ask of the shop.
//!
//! - A [`Rate`] bounds how often a [`LimitedAction`] is taken. `count` keeps the counts, in memory
//!   and in the table `rate_limit`, which all servers share.
//! - `held` bounds what one client keeps from others: checkouts that are not paid, and the units
//!   that they hold.
//!
//! Who has no [`Client`] is not limited: commands, and a developer beside the sandbox.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

mod client;
#[cfg(feature = "ssr")]
mod count;
#[cfg(feature = "ssr")]
pub(crate) mod held;
#[cfg(feature = "ssr")]
mod log_interval;

pub use client::Client;
#[cfg(feature = "ssr")]
pub use count::{Limiter, delete_expired};
#[cfg(feature = "ssr")]
pub use log_interval::LogInterval;

/// An IPv6 /48 may do this many times what a /64 may: providers give a household one or the other.
pub const NETWORK_FACTOR: u32 = 10;

/// What is bounded by a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LimitedAction {
    /// A client begins or changes a checkout: whatever holds stock or calls Stripe.
    Checkout,
    /// The same, by all clients together. It protects the Stripe account's request quota.
    CheckoutInShop,
    /// A client asks for the link to an order: each answer is a mail to somebody.
    FindOrder,
}

/// Who is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Each client alone.
    Client,
    /// All clients together.
    Shop,
}

/// All that there is to say about a limited action.
struct About {
    /// In the table `rate_limit`, at most 32 characters.
    name: &'static str,
    scope: Scope,
    variable: &'static str,
    default: Rate,
    sentence: &'static str,
}

impl LimitedAction {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::Checkout, Self::CheckoutInShop, Self::FindOrder];

    fn about(self) -> About {
        match self {
            Self::Checkout => About {
                name: "checkout",
                scope: Scope::Client,
                variable: "LIMIT_CHECKOUTS",
                default: Rate::new(20, 10 * 60),
                sentence: "Many orders were started from your connection in a short time. Please \
                    try again in a few minutes. No payment was started.",
            },
            Self::CheckoutInShop => About {
                name: "checkout_in_shop",
                scope: Scope::Shop,
                variable: "LIMIT_CHECKOUTS_SHOP",
                default: Rate::new(300, 60),
                sentence: "The shop is very busy right now. Please try again in a minute. No \
                    payment was started.",
            },
            Self::FindOrder => About {
                name: "find_order",
                scope: Scope::Client,
                variable: "LIMIT_ORDER_SEARCHES",
                default: Rate::new(10, 60 * 60),
                sentence: "There were many order searches from your connection in a short \
                    time. Please try again later.",
            },
        }
    }

    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.about().name
    }

    /// Who is counted together.
    #[must_use]
    pub fn scope(self) -> Scope {
        self.about().scope
    }

    /// The variable that sets its rate.
    #[must_use]
    pub fn variable(self) -> &'static str {
        self.about().variable
    }

    /// The rate, unless the owner sets another one.
    #[must_use]
    pub fn default_rate(self) -> Rate {
        self.about().default
    }

    /// What a shopper reads who has reached the limit.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        self.about().sentence
    }
}

/// So many times in a period, which begins with the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Times in one period, at least one.
    pub times: u32,
    /// At least a second.
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

/// The text is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a rate such as 20/10m")]
pub struct NotARate;

/// `20/10m`: times, and a period in seconds (`s`), minutes (`m`) or hours (`h`), a day at most.
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

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {} seconds", self.times, self.period.as_secs())
    }
}

/// What the owner has set. What is not there is not limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// By action.
    pub rates: BTreeMap<LimitedAction, Rate>,
    /// `LIMIT_OPEN_CHECKOUTS`: checkouts of one client that are neither paid nor ended.
    pub open_checkouts: Option<u32>,
    /// `LIMIT_HELD_SHARE`: percent of a product's stock that one client's unpaid checkouts may hold
    /// together.
    pub held_share: Option<u8>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rates: LimitedAction::ALL
                .into_iter()
                .map(|action| (action, action.default_rate()))
                .collect(),
            open_checkouts: Some(5),
            held_share: Some(50),
        }
    }
}

impl Limits {
    /// No limit at all.
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
mod tests {
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
    fn every_action_has_a_name_a_variable_and_a_sentence_of_its_own() {
        for action in LimitedAction::ALL {
            assert!(action.as_str().len() <= 32);
            assert!(action.variable().starts_with("LIMIT_"));
            let pays = action != LimitedAction::FindOrder;
            let said = action.sentence().contains("No payment was started.");
            assert_eq!(said, pays);
            for other in LimitedAction::ALL
                .into_iter()
                .filter(|other| *other != action)
            {
                assert_ne!(action.as_str(), other.as_str());
                assert_ne!(action.variable(), other.variable());
            }
        }
    }
}
