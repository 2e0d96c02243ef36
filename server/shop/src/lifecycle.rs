//! The life of a checkout, as a pure function of where it stands and what Stripe says.
//!
//! ```text
//! creating ──► open ──► paid            creating ──► refused
//!                 ├───► processing ──► paid | failed
//!                 ├───► expired ─┐
//!                 └───► cancelled┴──► paid   (money that arrives late is real)
//! ```
//!
//! Events come late, twice and in any order, so every pair of state and fact has an answer, and no answer leads back.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a checkout stands. The database stores the lower-case names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckoutState {
    /// Stock is held; whether the session exists at Stripe is not known yet.
    Creating,
    /// The session can be paid.
    Open,
    /// The shopper is done, the money is on its way (a delayed payment method).
    Processing,
    /// Paid: an order exists.
    Paid,
    /// The delayed payment failed.
    Failed,
    /// The session can no longer be paid, because its time ran out.
    Expired,
    /// The session can no longer be paid, because the shopper turned back.
    Cancelled,
    /// Stripe did not create the session, or nobody has ever seen its page.
    Refused,
}

impl CheckoutState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Creating,
        Self::Open,
        Self::Processing,
        Self::Paid,
        Self::Failed,
        Self::Expired,
        Self::Cancelled,
        Self::Refused,
    ];

    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Open => "open",
            Self::Processing => "processing",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
        }
    }

    /// Whether pieces are held for it: taken out of what others can buy, but not sold.
    #[must_use]
    pub fn holds_stock(self) -> bool {
        matches!(self, Self::Creating | Self::Open | Self::Processing)
    }
}

impl fmt::Display for CheckoutState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a state of a checkout")]
pub struct UnknownState;

impl FromStr for CheckoutState {
    type Err = UnknownState;

    fn from_str(name: &str) -> Result<Self, UnknownState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == name)
            .ok_or(UnknownState)
    }
}

/// What an event of Stripe's says about a session, stripped of everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// The money is confirmed (`paid`), or none was due (`no_payment_required`).
    Paid,
    /// `checkout.session.completed` with `unpaid`: the result comes later.
    Processing,
    /// `checkout.session.async_payment_failed`.
    PaymentFailed,
    /// `checkout.session.expired`.
    Expired,
}

/// What becomes of the stock of a checkout when it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StockEffect {
    /// Nothing changes.
    None,
    /// The held pieces are sold.
    SellHeld,
    /// The held pieces go back on the shelf.
    Release,
    /// Paid after the hold was given up: take the pieces if they are still there.
    SellLate,
}

/// The answer to a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Move {
    /// Where the checkout stands afterwards.
    pub to: CheckoutState,
    /// What happens to its stock.
    pub stock: StockEffect,
    /// Whether this is the move that creates the order.
    pub creates_order: bool,
}

/// Decides what a fact does to a checkout.
///
/// `paid` is final here, because an order once paid does not become unpaid: refunds and disputes are rows of their own.
#[must_use]
pub fn apply(state: CheckoutState, fact: Fact) -> Move {
    use CheckoutState::{Creating, Expired, Failed, Open, Paid, Processing};

    let stay = Move {
        to: state,
        stock: StockEffect::None,
        creates_order: false,
    };
    match (state, fact) {
        (Paid, _) => stay,
        (_, Fact::Paid) => Move {
            to: Paid,
            stock: if state.holds_stock() {
                StockEffect::SellHeld
            } else {
                StockEffect::SellLate
            },
            creates_order: true,
        },
        // A webhook may come before the answer that would have opened the checkout.
        (Creating | Open, Fact::Processing) => Move {
            to: Processing,
            ..stay
        },
        // The failure may overtake the `completed` that announced the delayed payment.
        (Creating | Open | Processing, Fact::PaymentFailed) => Move {
            to: Failed,
            stock: StockEffect::Release,
            ..stay
        },
        (Creating | Open, Fact::Expired) => Move {
            to: Expired,
            stock: StockEffect::Release,
            ..stay
        },
        (_, Fact::Processing | Fact::PaymentFailed | Fact::Expired) => stay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FACTS: [Fact; 4] = [
        Fact::Paid,
        Fact::Processing,
        Fact::PaymentFailed,
        Fact::Expired,
    ];

    #[test]
    fn names_in_the_database_lead_back_to_their_state() {
        for state in CheckoutState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!("done".parse::<CheckoutState>(), Err(UnknownState));
    }

    #[test]
    fn money_makes_an_order_from_every_state_but_paid() {
        for state in CheckoutState::ALL {
            let answer = apply(state, Fact::Paid);
            assert_eq!(answer.to, CheckoutState::Paid);
            assert_eq!(
                answer.creates_order,
                state != CheckoutState::Paid,
                "{state}"
            );
        }
    }

    #[test]
    fn money_after_the_hold_was_given_up_takes_stock_anew() {
        for state in [
            CheckoutState::Failed,
            CheckoutState::Expired,
            CheckoutState::Cancelled,
            CheckoutState::Refused,
        ] {
            assert_eq!(
                apply(state, Fact::Paid).stock,
                StockEffect::SellLate,
                "{state}"
            );
        }
    }

    #[test]
    fn processing_keeps_the_hold_and_does_not_expire() {
        assert_eq!(
            apply(CheckoutState::Open, Fact::Processing).stock,
            StockEffect::None
        );
        assert_eq!(
            apply(CheckoutState::Processing, Fact::Expired).to,
            CheckoutState::Processing
        );
    }

    proptest! {
        /// Whatever arrives in whatever order: at most one order, and it is created exactly when money was confirmed;
        /// the hold is given back or sold at most once; nothing happens after `paid`.
        #[test]
        fn any_sequence_of_facts_sells_once_or_releases_once(facts in proptest::collection::vec(0usize..4, 0..40)) {
            let mut state = CheckoutState::Creating;
            let (mut orders, mut endings) = (0, 0);
            for fact in facts.iter().map(|index| FACTS[*index]) {
                let answer = apply(state, fact);
                orders += u32::from(answer.creates_order);
                endings += u32::from(matches!(answer.stock, StockEffect::SellHeld | StockEffect::Release));
                if answer.stock == StockEffect::SellLate { prop_assert!(!state.holds_stock()); }
                prop_assert_eq!(answer.stock == StockEffect::SellHeld || answer.stock == StockEffect::Release,
                    state.holds_stock() && !answer.to.holds_stock());
                state = answer.to;
            }
            let paid = facts.iter().any(|index| FACTS[*index] == Fact::Paid);
            prop_assert_eq!(orders, u32::from(paid));
            prop_assert_eq!(state == CheckoutState::Paid, paid);
            prop_assert!(endings <= 1);
        }
    }
}
