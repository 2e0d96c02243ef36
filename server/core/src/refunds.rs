//! Refunds and disputes as pure rules: what a row becomes when another event about it arrives.
//!
//! Events come late, more than once and in any order. Each rule keeps the state that is further
//! along at Stripe, whatever order the events arrive in, so the same events always lead to the same
//! row. A refund's status moves in one direction; a bank may decide a dispute more than once, so
//! for disputes the time of the decision counts.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, Display, EnumIter, EnumString, IntoEnumIterator};

use crate::open_enum::open_enum;

/// The status of a refund (<https://docs.stripe.com/api/refunds/object#refund_object-status>).
///
/// The variants are in the order of a refund's life: a refund that succeeded may still fail, and a
/// failed one stays failed.
///
/// Any word parses, because versions of Stripe's API differ and an unknown one must not stop an
/// event.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Display,
    EnumIter,
    EnumString,
    Serialize,
    Deserialize,
)]
#[serde(from = "String", into = "String")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(
    feature = "sea-orm",
    derive(sea_orm::DeriveValueType),
    sea_orm(value_type = "String")
)]
pub enum RefundStatus {
    /// The shopper has to do something first.
    RequiresAction,
    /// On its way to the shopper.
    Pending,
    /// A status that this version does not know, in Stripe's word. It counts as refunded until
    /// Stripe reports a failure.
    #[strum(default)]
    Other(String),
    /// Handed to the shopper's bank.
    Succeeded,
    /// Canceled before it was sent.
    Canceled,
    /// The bank returned it: the money is back with the shop.
    Failed,
}

open_enum!(RefundStatus);

impl RefundStatus {
    /// Whether its amount counts as refunded.
    #[must_use]
    pub fn counts(&self) -> bool {
        !matches!(self, Self::Canceled | Self::Failed)
    }

    /// Returns the statuses that do not count. All others count, including unknown ones.
    pub fn not_counted() -> impl Iterator<Item = Self> {
        Self::iter().filter(|status| !status.counts())
    }

    /// Whether the refund is on its way or done, with nothing left to do for the shopper.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        matches!(self, Self::Pending | Self::Succeeded)
    }
}

/// What is known of a refund.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefundFact {
    /// In minor units.
    pub amount: i64,
    /// Its status.
    pub status: RefundStatus,
}

impl RefundFact {
    /// Merges two facts about the same refund.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            // Stripe never changes a refund's amount. If two events differ, the larger is safer.
            amount: self.amount.max(other.amount),
            status: self.status.max(other.status),
        }
    }
}

/// The status of a dispute (<https://docs.stripe.com/api/disputes/object#dispute_object-status>),
/// in the order of its life. Any word parses, as for refunds.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Display,
    EnumIter,
    EnumString,
    Serialize,
    Deserialize,
)]
#[serde(from = "String", into = "String")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(
    feature = "sea-orm",
    derive(sea_orm::DeriveValueType),
    sea_orm(value_type = "String")
)]
pub enum DisputeStatus {
    /// An inquiry that waits for a response.
    WarningNeedsResponse,
    /// An inquiry that the bank is reviewing.
    WarningUnderReview,
    /// An inquiry that ended without a dispute.
    WarningClosed,
    /// It waits for evidence.
    NeedsResponse,
    /// The bank is reviewing the evidence.
    UnderReview,
    /// A status that this version does not know, in Stripe's word: the owner has to check it.
    #[strum(default)]
    Other(String),
    /// Prevented before it began, by a refund or a rule.
    Prevented,
    /// Ended because the payment was refunded. Only in old versions of Stripe's API.
    ChargeRefunded,
    /// Decided for the shopper.
    Lost,
    /// Decided for the shop.
    Won,
}

open_enum!(DisputeStatus);

impl DisputeStatus {
    /// Returns the stage, which is what the owner needs to know: changes within a stage need no
    /// action. Stages follow each other as the statuses do.
    #[must_use]
    pub fn stage(&self) -> DisputeStage {
        match self {
            Self::WarningNeedsResponse | Self::WarningUnderReview => DisputeStage::Inquiry,
            Self::NeedsResponse | Self::UnderReview | Self::Other(_) => DisputeStage::Disputed,
            Self::WarningClosed
            | Self::Prevented
            | Self::ChargeRefunded
            | Self::Lost
            | Self::Won => DisputeStage::Closed(self.clone()),
        }
    }

    /// Whether a bank, or a rule before it, has decided the dispute. The decision may change later.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.phase() == Self::Won.phase()
    }

    /// Returns the phase of a dispute's life, earlier ones first. Banks decide within the last one,
    /// possibly more than once.
    ///
    /// An inquiry that has ended may still become a dispute, and a dispute never becomes an inquiry
    /// again. So the time of an inquiry's end is not compared with the times of decisions about the
    /// dispute.
    fn phase(&self) -> u8 {
        match self {
            Self::WarningNeedsResponse | Self::WarningUnderReview => 0,
            Self::WarningClosed => 1,
            Self::NeedsResponse | Self::UnderReview => 2,
            // A known decision takes precedence, whenever it was reported.
            Self::Other(_) => 3,
            Self::Prevented | Self::ChargeRefunded | Self::Lost | Self::Won => 4,
        }
    }

    /// Whether the dispute or inquiry has ended.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.stage(), DisputeStage::Closed(_))
    }
}

/// See [`DisputeStatus::stage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisputeStage {
    /// The bank asks about the payment, and has withdrawn nothing yet.
    Inquiry,
    /// The amount is withdrawn until the bank decides. An open or a closed inquiry may become this.
    Disputed,
    /// It has ended with this status.
    Closed(DisputeStatus),
}

/// How certain we are of a dispute's status. The database stores the lower-case names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumIter)]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(
    feature = "sea-orm",
    derive(sea_orm::DeriveActiveEnum),
    sea_orm(rs_type = "String", db_type = "Text", rename_all = "lowercase")
)]
pub enum Certainty {
    /// Taken from events; no two events with the same timestamp disagree.
    Reported,
    /// Events of the same second report different decisions: which one counts has to be fetched
    /// from Stripe.
    Contested,
    /// The status was fetched from Stripe.
    Confirmed,
}

/// What is known of a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DisputeFact {
    /// In minor units.
    pub amount: i64,
    /// Its status.
    pub status: DisputeStatus,
    /// When Stripe reported this status: the event's `created`, Unix time in seconds.
    pub status_at: i64,
    /// How certain we are of the status.
    pub certainty: Certainty,
    /// `charge.dispute.funds_withdrawn` was received.
    pub funds_withdrawn: bool,
    /// `charge.dispute.funds_reinstated` was received.
    pub funds_reinstated: bool,
}

impl DisputeFact {
    /// Merges two facts about the same dispute.
    ///
    /// A later phase takes precedence over an earlier one. Of two decisions the later one counts,
    /// by its time at Stripe; of two in the same second, the one fetched from Stripe. Until that is
    /// fetched the result is contested, and its status does not depend on which event came first.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let certainty = self.merged_certainty(&other);
        let amount = self.amount.max(other.amount);
        let funds_withdrawn = self.funds_withdrawn || other.funds_withdrawn;
        let funds_reinstated = self.funds_reinstated || other.funds_reinstated;
        let latest = match self.rank().cmp(&other.rank()) {
            Ordering::Greater => self,
            Ordering::Less => other,
            Ordering::Equal => Self {
                status: self.status.max(other.status),
                certainty,
                ..other
            },
        };
        Self {
            amount,
            funds_withdrawn,
            funds_reinstated,
            ..latest
        }
    }

    /// Returns the rank of a fact. Facts of equal rank are of the same second and differ only in
    /// the decision, or in the word of an unknown status.
    fn rank(&self) -> (u8, Option<&DisputeStatus>, i64, bool) {
        let confirmed = self.certainty == Certainty::Confirmed;
        // Before a decision, the status moves in one direction. Of two unknown ones, the later
        // one counts.
        let is_ordered =
            !self.status.is_decided() && !matches!(self.status, DisputeStatus::Other(_));
        let open = is_ordered.then_some(&self.status);
        (self.status.phase(), open, self.status_at, confirmed)
    }

    /// Returns the certainty of two facts of equal rank together. Only decisions contradict each
    /// other.
    fn merged_certainty(&self, other: &Self) -> Certainty {
        match (self.certainty, other.certainty) {
            (Certainty::Confirmed, _) => Certainty::Confirmed,
            (Certainty::Reported, Certainty::Reported)
                if self.status == other.status || !self.status.is_decided() =>
            {
                Certainty::Reported
            }
            _ => Certainty::Contested,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_round_trip_and_an_unknown_word_stays_as_it_is() {
        for status in RefundStatus::iter() {
            assert_eq!(status.to_string().parse(), Ok(status));
        }
        for status in DisputeStatus::iter() {
            assert_eq!(status.to_string().parse(), Ok(status));
        }
        let unknown = RefundStatus::Other("done".to_owned());
        assert_eq!(unknown.to_string(), "done");
        assert_eq!("done".parse(), Ok(unknown));
        let unknown = DisputeStatus::Other("done".to_owned());
        assert_eq!(serde_json::to_value(&unknown).ok(), Some("done".into()));
        assert_eq!("done".parse(), Ok(unknown));
        let lost = serde_json::to_value(DisputeStatus::Lost).ok();
        assert_eq!(lost, Some("lost".into()));
    }

    #[test]
    fn of_two_unknown_statuses_of_a_dispute_the_later_one_counts() {
        let unknown = |word: &str, at| decided(DisputeStatus::Other(word.to_owned()), at);
        let (before, after) = (unknown("zzz", 1), unknown("aaa", 2));
        assert_eq!(before.clone().merge(after.clone()), after);
        assert_eq!(after.clone().merge(before), after);
        // Of the same second, and nothing that Stripe would have to decide.
        let (one, other) = (unknown("one", 3), unknown("other", 3));
        assert_eq!(one.clone().merge(other.clone()), other);
        assert_eq!(other.clone().merge(one), other);
    }

    #[test]
    fn a_refund_that_failed_later_does_not_count_whatever_comes_after_it() {
        let fact = |status| RefundFact {
            amount: 500,
            status,
        };
        let failed = fact(RefundStatus::Succeeded)
            .merge(fact(RefundStatus::Failed))
            .merge(fact(RefundStatus::Succeeded));
        assert!(!failed.status.counts());
    }

    fn unknown() -> impl Iterator<Item = String> {
        ["odd", "new"].into_iter().map(str::to_owned)
    }

    fn refund_fact() -> impl Strategy<Value = RefundFact> {
        let statuses: Vec<_> = RefundStatus::iter()
            .chain(unknown().map(RefundStatus::from))
            .collect();
        let status = proptest::sample::select(statuses);
        (0_i64..5, status).prop_map(|(amount, status)| RefundFact { amount, status })
    }

    fn dispute_fact() -> impl Strategy<Value = DisputeFact> {
        // Few seconds, so that many facts share one.
        let statuses: Vec<_> = DisputeStatus::iter()
            .chain(unknown().map(DisputeStatus::from))
            .collect();
        let certainties: Vec<_> = Certainty::iter().collect();
        let status = (
            proptest::sample::select(statuses),
            0_i64..3,
            proptest::sample::select(certainties),
        );
        (0_i64..5, status, any::<bool>(), any::<bool>()).prop_map(
            |(amount, (status, status_at, certainty), funds_withdrawn, funds_reinstated)| {
                let fact = DisputeFact {
                    amount,
                    status,
                    status_at,
                    certainty,
                    funds_withdrawn,
                    funds_reinstated,
                };
                // Only decisions can contradict each other.
                DisputeFact {
                    certainty: if fact.status.is_decided() {
                        fact.certainty
                    } else {
                        Certainty::Reported
                    },
                    ..fact
                }
            },
        )
    }

    fn decided(status: DisputeStatus, status_at: i64) -> DisputeFact {
        DisputeFact {
            amount: 500,
            status,
            status_at,
            certainty: Certainty::Reported,
            funds_withdrawn: false,
            funds_reinstated: false,
        }
    }

    #[test]
    fn of_two_decisions_the_later_one_counts_whichever_came_first() {
        use DisputeStatus::{Lost, Prevented, Won};
        for (first, then) in [
            (Won, Lost),
            (Lost, Won),
            (Prevented, Lost),
            (Won, Prevented),
        ] {
            let (first, then) = (decided(first, 1), decided(then, 2));
            assert_eq!(first.clone().merge(then.clone()), then);
            assert_eq!(then.clone().merge(first), then);
        }
    }

    #[test]
    fn a_status_without_a_decision_never_overrides_a_decision() {
        for status in DisputeStatus::iter() {
            let open = decided(status.clone(), 9);
            if !open.status.is_decided() {
                let lost = decided(DisputeStatus::Lost, 1);
                assert_eq!(open.merge(lost.clone()), lost, "{status}");
            }
        }
    }

    #[test]
    fn an_inquiry_that_has_ended_may_still_become_a_dispute() {
        let ended = decided(DisputeStatus::WarningClosed, 5);
        let disputed = decided(DisputeStatus::NeedsResponse, 6);
        assert_eq!(ended.clone().merge(disputed.clone()), disputed);
        let lost = decided(DisputeStatus::Lost, 5);
        assert_eq!(ended.merge(lost.clone()), lost);
    }

    #[test]
    fn decisions_of_the_same_second_are_contested_until_stripe_was_asked() {
        let (won, lost) = (
            decided(DisputeStatus::Won, 5),
            decided(DisputeStatus::Lost, 5),
        );
        let contested = won.clone().merge(lost.clone());
        assert_eq!(contested.certainty, Certainty::Contested);
        assert_eq!(contested, lost.clone().merge(won.clone()));
        let repeated = contested.clone().merge(won.clone());
        assert_eq!(repeated.certainty, Certainty::Contested);
        let answer = DisputeFact {
            certainty: Certainty::Confirmed,
            ..lost.clone()
        };
        let confirmed = contested.merge(answer);
        assert_eq!(
            (&confirmed.status, confirmed.certainty),
            (&lost.status, Certainty::Confirmed)
        );
        // The conflicting event arrives again.
        assert_eq!(confirmed.clone().merge(won), confirmed);
        // A later decision still counts.
        let later = decided(DisputeStatus::Won, 6);
        assert_eq!(confirmed.merge(later.clone()), later);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// Order and repetition do not matter: merging is commutative, associative and idempotent.
        #[test]
        fn refund_events_merge_the_same_in_any_sequence(
            a in refund_fact(),
            b in refund_fact(),
            c in refund_fact(),
        ) {
            let merged = |a: &RefundFact, b: &RefundFact| a.clone().merge(b.clone());
            prop_assert_eq!(merged(&a, &b), merged(&b, &a));
            prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
            prop_assert_eq!(merged(&a, &a), a);
        }

        #[test]
        fn dispute_events_merge_the_same_in_any_sequence(
            a in dispute_fact(),
            b in dispute_fact(),
            c in dispute_fact(),
        ) {
            let merged = |a: &DisputeFact, b: &DisputeFact| a.clone().merge(b.clone());
            prop_assert_eq!(merged(&a, &b), merged(&b, &a));
            prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
            prop_assert_eq!(merged(&a, &a), a);
        }
    }
}
