//! Applies an event: reads the fact it states, derives the changes by pure rules, and writes them.
//!
//! Session events are in `session`, refunds and disputes in `refunds`.

use super::payload::Envelope;
use super::{ApplyError, ApplyOutcome};
use crate::Shop;
use crate::database::WriteTransaction;

mod refunds;
mod session;

pub(crate) use refunds::resolve_contested_dispute;
pub(crate) use session::{payment, storable};

/// The event types that change something. All others are ignored, so the reconciler does not read
/// them.
pub(crate) const TYPES: [&str; 14] = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refund.updated",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
];

pub(super) async fn apply(
    transaction: &WriteTransaction,
    envelope: &Envelope,
    shop: &Shop,
) -> Result<ApplyOutcome, ApplyError> {
    let livemode = shop.settings.livemode;
    if envelope.livemode != livemode {
        let (theirs, ours) = if livemode {
            ("test", "live")
        } else {
            ("live", "test")
        };
        return Err(ApplyError::CannotApply(format!(
            "a {theirs} event was sent to a shop with a {ours} key"
        )));
    }
    match envelope.r#type.as_str() {
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed"
        | "checkout.session.expired" => session::apply(transaction, envelope, shop).await,
        // The last one is the name of `refund.updated` in older versions of Stripe's API.
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            refunds::refund(transaction, envelope).await
        }
        "charge.refunded" => refunds::charge(transaction, envelope).await,
        "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.funds_reinstated" => refunds::dispute(transaction, envelope).await,
        _ => Ok(ApplyOutcome::Ignored(
            "the shop does not use events of this type",
        )),
    }
}
