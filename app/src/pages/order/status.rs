//! Which of the page's texts an order gets.

use till_core::view::{DisputeView, LateOutcome, OrderStatus, OrderView};

/// What the page says about an order: its status, and of a paid order what has happened since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShownStatus {
    /// Stripe has not confirmed the payment yet.
    Confirming,
    /// A delayed payment is pending.
    Processing,
    /// The delayed payment failed.
    Failed,
    /// The session can no longer be paid.
    Expired,
    /// Paid.
    Paid,
    /// There was nothing to pay.
    Free,
    /// Paid too late, and refunded.
    LateRefunded,
    /// Paid too late, and to be refunded.
    LateRefunding,
    /// Paid too late, and kept although units are missing.
    LateAccepted,
    /// Fully refunded.
    Refunded,
    /// Fully refunded once pending refunds succeed.
    Refunding,
    /// The bank has not decided about an inquiry or a dispute.
    Disputed,
    /// The bank has returned the payment.
    DisputeLost,
}

/// How much of a paid order has been refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RefundState {
    /// Not fully refunded.
    NotInFull,
    /// There was nothing to pay.
    Free,
    /// Fully refunded.
    InFull,
    /// Fully refunded once pending refunds succeed.
    InFullPending,
}

impl RefundState {
    fn of(order: &OrderView) -> Self {
        let total = order.total.map_or(0, |total| total.amount.0);
        let (refunded, refunding) = (order.refunded.amount.0, order.refunding.amount.0);
        match total {
            0 => Self::Free,
            total if refunded >= total => Self::InFull,
            total if refunded.saturating_add(refunding) >= total => Self::InFullPending,
            _ => Self::NotInFull,
        }
    }
}

impl ShownStatus {
    pub(super) fn of(order: &OrderView) -> Self {
        match order.status {
            OrderStatus::Paid => Self::of_paid(order),
            OrderStatus::Confirming => Self::Confirming,
            OrderStatus::Processing => Self::Processing,
            OrderStatus::Failed => Self::Failed,
            OrderStatus::Expired => Self::Expired,
        }
    }

    fn of_paid(order: &OrderView) -> Self {
        match (order.late, RefundState::of(order), order.dispute) {
            (Some(LateOutcome::Refunded), RefundState::InFull, _) => Self::LateRefunded,
            (Some(LateOutcome::Refunded), _, _) => Self::LateRefunding,
            (Some(LateOutcome::Accepted), _, _) => Self::LateAccepted,
            (None, RefundState::InFull, _) => Self::Refunded,
            (None, RefundState::InFullPending, _) => Self::Refunding,
            (None, RefundState::Free, _) => Self::Free,
            (None, RefundState::NotInFull, Some(DisputeView::Open)) => Self::Disputed,
            (None, RefundState::NotInFull, Some(DisputeView::Lost)) => Self::DisputeLost,
            (None, RefundState::NotInFull, None) => Self::Paid,
        }
    }
}
