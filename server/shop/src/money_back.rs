//! Refunds and disputes, as pure rules: what a row becomes when another event about it arrives.
//!
//! Events come late, twice and in any order. Each rule here takes the later of two states, whichever came first, so that
//! every order of the same events ends in the same row.

use std::fmt;
use std::str::FromStr;

/// The text names no status that Stripe documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a status")]
pub struct UnknownStatus;

/// Where a refund stands (<https://docs.stripe.com/api/refunds/object#refund_object-status>).
/// The order of the variants is the order of its life: a refund that succeeded may still fail, and a failed one stays so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefundStatus {
    /// The shopper has to do something first.
    RequiresAction,
    /// On its way.
    Pending,
    /// Handed to the shopper's bank.
    Succeeded,
    /// Given up before it was sent.
    Canceled,
    /// The bank sent it back: the money is with the shop again.
    Failed,
}

impl RefundStatus {
    /// Every status.
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
            Self::RequiresAction => "requires_action",
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
        }
    }

    /// Whether its amount counts as given back.
    #[must_use]
    pub fn counts(self) -> bool {
        !matches!(self, Self::Canceled | Self::Failed)
    }

    /// Whether the shopper can rely on it and has nothing left to do.
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

impl FromStr for RefundStatus {
    type Err = UnknownStatus;

    fn from_str(name: &str) -> Result<Self, UnknownStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == name)
            .ok_or(UnknownStatus)
    }
}

/// What is known of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefundFact {
    /// In minor units.
    pub amount: i64,
    /// Where it stands.
    pub status: RefundStatus,
}

impl RefundFact {
    /// Both facts together.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            // Stripe never changes a refund's amount; should two events differ, the larger one is the safer record.
            amount: self.amount.max(other.amount),
            status: self.status.max(other.status),
        }
    }
}

/// Where a dispute stands (<https://docs.stripe.com/api/disputes/object#dispute_object-status>), in the order of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DisputeStatus {
    /// An inquiry that waits for an answer.
    WarningNeedsResponse,
    /// An inquiry that the bank is looking at.
    WarningUnderReview,
    /// An inquiry that ended without a dispute.
    WarningClosed,
    /// It waits for evidence.
    NeedsResponse,
    /// The bank is looking at the evidence.
    UnderReview,
    /// It ended before it began, by a refund or a rule.
    Prevented,
    /// The shopper was right.
    Lost,
    /// The shop was right.
    Won,
}

impl DisputeStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::WarningNeedsResponse,
        Self::WarningUnderReview,
        Self::WarningClosed,
        Self::NeedsResponse,
        Self::UnderReview,
        Self::Prevented,
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
            Self::Prevented => "prevented",
            Self::Lost => "lost",
            Self::Won => "won",
        }
    }

    /// What the owner has to know: within a stage nothing changes that needs them. Stages follow each other as the statuses do.
    #[must_use]
    pub fn stage(self) -> DisputeStage {
        match self {
            Self::WarningNeedsResponse | Self::WarningUnderReview => DisputeStage::Inquiry,
            Self::NeedsResponse | Self::UnderReview => DisputeStage::Disputed,
            Self::WarningClosed | Self::Prevented | Self::Lost | Self::Won => {
                DisputeStage::Closed(self)
            }
        }
    }

    /// Whether nothing more is expected.
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(
            self,
            Self::WarningClosed | Self::Prevented | Self::Lost | Self::Won
        )
    }
}

impl fmt::Display for DisputeStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DisputeStatus {
    type Err = UnknownStatus;

    fn from_str(name: &str) -> Result<Self, UnknownStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == name)
            .ok_or(UnknownStatus)
    }
}

/// See [`DisputeStatus::stage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeStage {
    /// The bank asks, and has taken nothing yet.
    Inquiry,
    /// The amount is withdrawn until the bank has decided. An inquiry may come to this, an open or a closed one.
    Disputed,
    /// It has ended, in this way.
    Closed(DisputeStatus),
}

/// What is known of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DisputeFact {
    /// In minor units.
    pub amount: i64,
    /// Where it stands.
    pub status: DisputeStatus,
    /// `charge.dispute.funds_withdrawn` has come.
    pub funds_withdrawn: bool,
    /// `charge.dispute.funds_reinstated` has come.
    pub funds_reinstated: bool,
}

impl DisputeFact {
    /// Both facts together.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            amount: self.amount.max(other.amount),
            status: self.status.max(other.status),
            funds_withdrawn: self.funds_withdrawn || other.funds_withdrawn,
            funds_reinstated: self.funds_reinstated || other.funds_reinstated,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_in_the_database_lead_back_to_their_status() {
        for status in RefundStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        for status in DisputeStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert_eq!("done".parse::<RefundStatus>(), Err(UnknownStatus));
        assert_eq!("done".parse::<DisputeStatus>(), Err(UnknownStatus));
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
        (0_i64..5, 0_usize..5).prop_map(|(amount, status)| RefundFact {
            amount,
            status: RefundStatus::ALL[status],
        })
    }

    fn dispute_fact() -> impl Strategy<Value = DisputeFact> {
        (0_i64..5, 0_usize..8, any::<bool>(), any::<bool>()).prop_map(
            |(amount, status, funds_withdrawn, funds_reinstated)| DisputeFact {
                amount,
                status: DisputeStatus::ALL[status],
                funds_withdrawn,
                funds_reinstated,
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// Order and repetition do not matter: merging is commutative, associative and idempotent.
        #[test]
        fn every_order_of_the_same_refund_events_ends_the_same(a in refund_fact(), b in refund_fact(), c in refund_fact()) {
            prop_assert_eq!(a.merge(b), b.merge(a));
            prop_assert_eq!(a.merge(b).merge(c), a.merge(b.merge(c)));
            prop_assert_eq!(a.merge(a), a);
        }

        #[test]
        fn every_order_of_the_same_dispute_events_ends_the_same(a in dispute_fact(), b in dispute_fact(), c in dispute_fact()) {
            prop_assert_eq!(a.merge(b), b.merge(a));
            prop_assert_eq!(a.merge(b).merge(c), a.merge(b.merge(c)));
            prop_assert_eq!(a.merge(a), a);
        }
    }
}
