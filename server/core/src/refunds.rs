//! Refunds and disputes as pure rules: what a row becomes when another event about it arrives.
//!
//! Events come late, more than once and in any order. Each rule keeps the state that is further
//! along at Stripe, whatever order the events arrive in, so the same events always lead to the same
//! row. A refund's status moves in one direction; a bank may decide a dispute more than once, so
//! for disputes the time of the decision counts.

use std::cmp::Ordering;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// The text is not the name of a certainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a certainty")]
pub struct UnknownCertainty;

/// The name of a status that this version does not know. Rows keep Stripe's own word.
const UNKNOWN: &str = "unknown";

/// The status of a refund (<https://docs.stripe.com/api/refunds/object#refund_object-status>).
///
/// The variants are in the order of a refund's life: a refund that succeeded may still fail, and a
/// failed one stays failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefundStatus {
    /// The shopper has to do something first.
    RequiresAction,
    /// On its way to the shopper.
    Pending,
    /// A status that this version does not know. It counts as refunded until Stripe reports a
    /// failure.
    Unknown,
    /// Handed to the shopper's bank.
    Succeeded,
    /// Canceled before it was sent.
    Canceled,
    /// The bank returned it: the money is back with the shop.
    Failed,
}

impl RefundStatus {
    /// Every status that is known.
    pub const ALL: [Self; 5] = [
        Self::RequiresAction,
        Self::Pending,
        Self::Succeeded,
        Self::Canceled,
        Self::Failed,
    ];

    /// Stripe's name, and the database's.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => UNKNOWN,
            Self::RequiresAction => "requires_action",
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
        }
    }

    /// Whether its amount counts as refunded.
    #[must_use]
    pub fn counts(self) -> bool {
        !matches!(self, Self::Canceled | Self::Failed)
    }

    /// Returns the names of the statuses that do not count. All others count, including unknown
    /// ones.
    pub fn not_counted() -> impl Iterator<Item = &'static str> + Clone {
        Self::ALL
            .into_iter()
            .filter(|status| !status.counts())
            .map(Self::as_str)
    }

    /// Whether the refund is on its way or done, with nothing left to do for the shopper.
    #[must_use]
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Pending | Self::Succeeded)
    }
}

impl fmt::Display for RefundStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Accepts any word, because versions of Stripe's API differ and an unknown one must not stop an
/// event.
impl FromStr for RefundStatus {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == name);
        Ok(known.unwrap_or(Self::Unknown))
    }
}

/// What is known of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
/// in the order of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// A status that this version does not know: the owner has to check it.
    Unknown,
    /// Prevented before it began, by a refund or a rule.
    Prevented,
    /// Ended because the payment was refunded. Only in old versions of Stripe's API.
    ChargeRefunded,
    /// Decided for the shopper.
    Lost,
    /// Decided for the shop.
    Won,
}

impl DisputeStatus {
    /// Every status that is known.
    pub const ALL: [Self; 9] = [
        Self::WarningNeedsResponse,
        Self::WarningUnderReview,
        Self::WarningClosed,
        Self::NeedsResponse,
        Self::UnderReview,
        Self::Prevented,
        Self::ChargeRefunded,
        Self::Lost,
        Self::Won,
    ];

    /// Stripe's name, and the database's.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WarningNeedsResponse => "warning_needs_response",
            Self::WarningUnderReview => "warning_under_review",
            Self::WarningClosed => "warning_closed",
            Self::NeedsResponse => "needs_response",
            Self::UnderReview => "under_review",
            Self::Unknown => UNKNOWN,
            Self::Prevented => "prevented",
            Self::ChargeRefunded => "charge_refunded",
            Self::Lost => "lost",
            Self::Won => "won",
        }
    }

    /// Returns the stage, which is what the owner needs to know: changes within a stage need no
    /// action. Stages follow each other as the statuses do.
    #[must_use]
    pub fn stage(self) -> DisputeStage {
        match self {
            Self::WarningNeedsResponse | Self::WarningUnderReview => DisputeStage::Inquiry,
            Self::NeedsResponse | Self::UnderReview | Self::Unknown => DisputeStage::Disputed,
            Self::WarningClosed
            | Self::Prevented
            | Self::ChargeRefunded
            | Self::Lost
            | Self::Won => DisputeStage::Closed(self),
        }
    }

    /// Whether a bank, or a rule before it, has decided the dispute. The decision may change later.
    #[must_use]
    pub fn is_decided(self) -> bool {
        self.phase() == Self::Won.phase()
    }

    /// Returns the phase of a dispute's life, earlier ones first. Banks decide within the last one,
    /// possibly more than once.
    ///
    /// An inquiry that has ended may still become a dispute, and a dispute never becomes an inquiry
    /// again. So the time of an inquiry's end is not compared with the times of decisions about the
    /// dispute.
    fn phase(self) -> u8 {
        match self {
            Self::WarningNeedsResponse | Self::WarningUnderReview => 0,
            Self::WarningClosed => 1,
            Self::NeedsResponse | Self::UnderReview => 2,
            // A known decision takes precedence, whenever it was reported.
            Self::Unknown => 3,
            Self::Prevented | Self::ChargeRefunded | Self::Lost | Self::Won => 4,
        }
    }

    /// Whether the dispute or inquiry has ended.
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(self.stage(), DisputeStage::Closed(_))
    }
}

impl fmt::Display for DisputeStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Accepts any word, as for refunds.
impl FromStr for DisputeStatus {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == name);
        Ok(known.unwrap_or(Self::Unknown))
    }
}

/// See [`DisputeStatus::stage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeStage {
    /// The bank asks about the payment, and has withdrawn nothing yet.
    Inquiry,
    /// The amount is withdrawn until the bank decides. An open or a closed inquiry may become this.
    Disputed,
    /// It has ended with this status.
    Closed(DisputeStatus),
}

/// How certain we are of a dispute's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Certainty {
    /// Taken from events; no two events with the same timestamp disagree.
    Reported,
    /// Events of the same second report different decisions: which one counts has to be fetched
    /// from Stripe.
    Contested,
    /// The status was fetched from Stripe.
    Confirmed,
}

impl Certainty {
    /// Every certainty.
    pub const ALL: [Self; 3] = [Self::Reported, Self::Contested, Self::Confirmed];

    /// The name in the database, which differs from the variant's.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "told",
            Self::Contested => "contested",
            Self::Confirmed => "settled",
        }
    }
}

impl FromStr for Certainty {
    type Err = UnknownCertainty;

    fn from_str(name: &str) -> Result<Self, UnknownCertainty> {
        Self::ALL
            .into_iter()
            .find(|certainty| certainty.as_str() == name)
            .ok_or(UnknownCertainty)
    }
}

/// What is known of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
        let latest = match self.rank().cmp(&other.rank()) {
            Ordering::Greater => self,
            Ordering::Less => other,
            Ordering::Equal => Self {
                status: self.status.max(other.status),
                certainty: self.merged_certainty(other),
                ..self
            },
        };
        Self {
            amount: self.amount.max(other.amount),
            funds_withdrawn: self.funds_withdrawn || other.funds_withdrawn,
            funds_reinstated: self.funds_reinstated || other.funds_reinstated,
            ..latest
        }
    }

    /// Returns the rank of a fact. Facts of equal rank are of the same second and differ only in
    /// the decision.
    fn rank(self) -> (u8, Option<DisputeStatus>, i64, bool) {
        let confirmed = self.certainty == Certainty::Confirmed;
        // Before a decision, the status moves in one direction.
        let open = (!self.status.is_decided()).then_some(self.status);
        (self.status.phase(), open, self.status_at, confirmed)
    }

    /// Returns the certainty of two facts of equal rank together.
    fn merged_certainty(self, other: Self) -> Certainty {
        match (self.certainty, other.certainty) {
            (Certainty::Confirmed, _) => Certainty::Confirmed,
            (Certainty::Reported, Certainty::Reported) if self.status == other.status => {
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
    fn database_names_round_trip() {
        for status in RefundStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        for status in DisputeStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        for certainty in Certainty::ALL {
            assert_eq!(certainty.as_str().parse(), Ok(certainty));
        }
        assert_eq!("done".parse(), Ok(RefundStatus::Unknown));
        assert_eq!("done".parse(), Ok(DisputeStatus::Unknown));
        assert_eq!("done".parse::<Certainty>(), Err(UnknownCertainty));
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

    fn refund_fact() -> impl Strategy<Value = RefundFact> {
        (0_i64..5, 0_usize..6).prop_map(|(amount, status)| RefundFact {
            amount,
            status: *RefundStatus::ALL
                .get(status)
                .unwrap_or(&RefundStatus::Unknown),
        })
    }

    fn dispute_fact() -> impl Strategy<Value = DisputeFact> {
        // Few seconds, so that many facts share one.
        let status = (0_usize..10, 0_i64..3, 0_usize..3);
        (0_i64..5, status, any::<bool>(), any::<bool>()).prop_map(
            |(amount, (status, status_at, certainty), funds_withdrawn, funds_reinstated)| {
                let fact = DisputeFact {
                    amount,
                    status: *DisputeStatus::ALL
                        .get(status)
                        .unwrap_or(&DisputeStatus::Unknown),
                    status_at,
                    certainty: Certainty::ALL[certainty],
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
            assert_eq!(first.merge(then), then);
            assert_eq!(then.merge(first), then);
        }
    }

    #[test]
    fn a_status_without_a_decision_never_overrides_a_decision() {
        for status in DisputeStatus::ALL {
            let open = decided(status, 9);
            if !open.status.is_decided() {
                let lost = decided(DisputeStatus::Lost, 1);
                assert_eq!(open.merge(lost), lost, "{status}");
            }
        }
    }

    #[test]
    fn an_inquiry_that_has_ended_may_still_become_a_dispute() {
        let ended = decided(DisputeStatus::WarningClosed, 5);
        let disputed = decided(DisputeStatus::NeedsResponse, 6);
        assert_eq!(ended.merge(disputed), disputed);
        let lost = decided(DisputeStatus::Lost, 5);
        assert_eq!(ended.merge(lost), lost);
    }

    #[test]
    fn decisions_of_the_same_second_are_contested_until_stripe_was_asked() {
        let (won, lost) = (
            decided(DisputeStatus::Won, 5),
            decided(DisputeStatus::Lost, 5),
        );
        let contested = won.merge(lost);
        assert_eq!(contested.certainty, Certainty::Contested);
        assert_eq!(contested, lost.merge(won));
        assert_eq!(contested.merge(won).certainty, Certainty::Contested);
        let answer = DisputeFact {
            certainty: Certainty::Confirmed,
            ..lost
        };
        let confirmed = contested.merge(answer);
        assert_eq!(
            (confirmed.status, confirmed.certainty),
            (lost.status, Certainty::Confirmed)
        );
        // The conflicting event arrives again.
        assert_eq!(confirmed.merge(won), confirmed);
        // A later decision still counts.
        let later = decided(DisputeStatus::Won, 6);
        assert_eq!(confirmed.merge(later), later);
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
            prop_assert_eq!(a.merge(b), b.merge(a));
            prop_assert_eq!(a.merge(b).merge(c), a.merge(b.merge(c)));
            prop_assert_eq!(a.merge(a), a);
        }

        #[test]
        fn dispute_events_merge_the_same_in_any_sequence(
            a in dispute_fact(),
            b in dispute_fact(),
            c in dispute_fact(),
        ) {
            prop_assert_eq!(a.merge(b), b.merge(a));
            prop_assert_eq!(a.merge(b).merge(c), a.merge(b.merge(c)));
            prop_assert_eq!(a.merge(a), a);
        }
    }
}
