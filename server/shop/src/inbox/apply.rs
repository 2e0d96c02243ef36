//! What an event changes: reads its fact, asks the pure rules what follows, and writes that.
//!
//! Sessions are below `session`, refunds and disputes below `money_back`.

use sea_orm::DatabaseTransaction;

use super::payload::Envelope;
use super::{ApplyError, Outcome};
use crate::Settings;

mod money_back;
mod session;

pub(crate) use money_back::settle_dispute;
pub(crate) use session::{payment, storable};

/// The types that change something. All others are ignored, so the reconciler does not read them.
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
    transaction: &DatabaseTransaction,
    envelope: &Envelope,
    settings: &Settings,
) -> Result<Outcome, ApplyError> {
    if envelope.livemode != settings.livemode {
        let (theirs, ours) = if settings.livemode {
            ("test", "live")
        } else {
            ("live", "test")
        };
        return Err(ApplyError::Lasting(format!(
            "a {theirs} event came to a shop with a {ours} key"
        )));
    }
    match envelope.r#type.as_str() {
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed"
        | "checkout.session.expired" => session::apply(transaction, envelope, settings).await,
        // The last one is the name that older versions of Stripe's API have for `refund.updated`.
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            money_back::refund(transaction, envelope).await
        }
        "charge.refunded" => money_back::charge(transaction, envelope).await,
        "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.funds_reinstated" => money_back::dispute(transaction, envelope).await,
        _ => Ok(Outcome::Ignored("a type that the shop does not need")),
    }
}
