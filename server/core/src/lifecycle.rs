//! The state machine of a checkout, as a pure function of its state and a fact from Stripe.
//!
//! ```text
//! creating ──► open ──► paid            creating ──► refused
//!                 ├───► processing ──► paid | failed
//!                 ├───► expired ─┐
//!                 └───► cancelled┴──► paid   (a late payment is still a payment)
//! ```
//!
//! Events arrive late, twice and in any order, so every pair of state and fact has a transition,
//! and no transition goes back.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, Display, EnumIter, EnumString};

use crate::open_enum::open_enum;

/// The state of a checkout. The database stores the lower-case names.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    EnumString,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(
    feature = "sea-orm",
    derive(sea_orm::DeriveActiveEnum),
    sea_orm(rs_type = "String", db_type = "Text", rename_all = "lowercase")
)]
pub enum CheckoutState {
    /// Units are held; it is not known yet whether the session exists at Stripe.
    Creating,
    /// The session can be paid.
    Open,
    /// The session is complete, and a delayed payment is pending.
    Processing,
    /// Paid: an order exists.
    Paid,
    /// The delayed payment failed.
    Failed,
    /// The session can no longer be paid, because it expired.
    Expired,
    /// The session can no longer be paid, because the shopper returned without paying.
    Cancelled,
    /// Stripe did not create the session, or no shopper has ever seen its page.
    Refused,
}

impl CheckoutState {
    /// Whether units are held for it.
    #[must_use]
    pub fn holds_stock(self) -> bool {
        matches!(self, Self::Creating | Self::Open | Self::Processing)
    }
}

/// Whether a session is paid
/// (<https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-payment_status>).
#[derive(Clone, Debug, PartialEq, Eq, Display, EnumString, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(
    feature = "sea-orm",
    derive(sea_orm::DeriveValueType),
    sea_orm(value_type = "String")
)]
pub enum PaymentStatus {
    /// The payment is confirmed.
    Paid,
    /// Not paid, or not yet.
    Unpaid,
    /// Nothing was due.
    NoPaymentRequired,
    /// A status that this version does not know, in Stripe's word.
    #[strum(default)]
    Other(String),
}

open_enum!(PaymentStatus);

impl PaymentStatus {
    /// Whether nothing is left to pay.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Paid | Self::NoPaymentRequired)
    }
}

/// What a Stripe event says about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// The payment is confirmed (`paid`), or none was due (`no_payment_required`).
    Paid,
    /// `checkout.session.completed` with `unpaid`: the result comes later.
    Processing,
    /// `checkout.session.async_payment_failed`.
    PaymentFailed,
    /// `checkout.session.expired`.
    Expired,
}

/// The effect of a transition on stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StockEffect {
    /// Nothing changes.
    None,
    /// The held units are sold.
    SellHeld,
    /// The held units are released.
    Release,
    /// Paid after the hold was released: sell the units if they are still available.
    SellLate,
}

/// The result of applying a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transition {
    /// The new state.
    pub to: CheckoutState,
    /// The effect on stock.
    pub stock: StockEffect,
    /// Whether this transition creates the order.
    pub creates_order: bool,
}

/// Returns the transition that a fact causes.
///
/// `paid` is final: an order does not become unpaid. Refunds and disputes have their own rows.
#[must_use]
pub fn apply(state: CheckoutState, fact: Fact) -> Transition {
    use CheckoutState::{Creating, Expired, Failed, Open, Paid, Processing};

    let stay = Transition {
        to: state,
        stock: StockEffect::None,
        creates_order: false,
    };
    match (state, fact) {
        (Paid, _) => stay,
        (_, Fact::Paid) => Transition {
            to: Paid,
            stock: if state.holds_stock() {
                StockEffect::SellHeld
            } else {
                StockEffect::SellLate
            },
            creates_order: true,
        },
        // A webhook may arrive before the response that opens the checkout.
        (Creating | Open, Fact::Processing) => Transition {
            to: Processing,
            ..stay
        },
        // The failure may arrive before the `completed` that announces the delayed payment.
        (Creating | Open | Processing, Fact::PaymentFailed) => Transition {
            to: Failed,
            stock: StockEffect::Release,
            ..stay
        },
        (Creating | Open, Fact::Expired) => Transition {
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
    use strum::IntoEnumIterator;

    const FACTS: [Fact; 4] = [
        Fact::Paid,
        Fact::Processing,
        Fact::PaymentFailed,
        Fact::Expired,
    ];

    #[test]
    fn names_in_the_database_parse_back_to_their_state() {
        for state in CheckoutState::iter() {
            assert_eq!(state.as_ref().parse(), Ok(state));
        }
        assert!("done".parse::<CheckoutState>().is_err());
    }

    #[test]
    fn a_payment_creates_an_order_from_every_state_but_paid() {
        for state in CheckoutState::iter() {
            let transition = apply(state, Fact::Paid);
            assert_eq!(transition.to, CheckoutState::Paid);
            assert_eq!(
                transition.creates_order,
                state != CheckoutState::Paid,
                "{state}"
            );
        }
    }

    #[test]
    fn a_payment_after_the_hold_was_released_takes_stock_again() {
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
        /// Whatever arrives in whatever order: at most one order, created exactly if a payment was
        /// confirmed; the hold is released or sold at most once; nothing happens after `paid`.
        #[test]
        fn any_sequence_of_facts_sells_once_or_releases_once(
            facts in proptest::collection::vec(0usize..4, 0..40)
        ) {
            let mut state = CheckoutState::Creating;
            let (mut orders, mut endings) = (0, 0);
            for fact in facts.iter().map(|index| FACTS[*index]) {
                let transition = apply(state, fact);
                orders += u32::from(transition.creates_order);
                let ends_hold = matches!(
                    transition.stock,
                    StockEffect::SellHeld | StockEffect::Release
                );
                endings += u32::from(ends_hold);
                if transition.stock == StockEffect::SellLate {
                    prop_assert!(!state.holds_stock());
                }
                prop_assert_eq!(
                    ends_hold,
                    state.holds_stock() && !transition.to.holds_stock()
                );
                state = transition.to;
            }
            let paid = facts.iter().any(|index| FACTS[*index] == Fact::Paid);
            prop_assert_eq!(orders, u32::from(paid));
            prop_assert_eq!(state == CheckoutState::Paid, paid);
            prop_assert!(endings <= 1);
        }
    }
}
