//! `refund.*`, `charge.refunded` and `charge.dispute.*`: money that went back, one row for each id of Stripe's.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter,
};
use serde::de::DeserializeOwned;

use crate::database::locked;
use crate::entity::{dispute, order, refund};
use crate::inbox::payload::{ChargePayload, DisputePayload, Envelope, RefundPayload};
use crate::inbox::{ApplyError, Outcome};
use crate::money_back::{DisputeFact, DisputeStage, DisputeStatus, RefundFact, RefundStatus};
use crate::outbox::{self, Attention, Mail, Task};
use crate::token::CheckoutId;
use crate::{clock, crash_points};

const NO_PAYMENT_INTENT: Outcome = Outcome::Ignored("it belongs to no payment of a checkout");

/// An event about one refund.
pub(super) async fn refund(
    transaction: &DatabaseTransaction,
    envelope: &Envelope,
) -> Result<Outcome, ApplyError> {
    let payload: RefundPayload = read(envelope, "the refund")?;
    let Some(payment_intent) = payload.payment_intent.id() else {
        return Ok(NO_PAYMENT_INTENT);
    };
    let Some(order) = lock_order(transaction, payment_intent).await? else {
        return Ok(waits(payment_intent));
    };
    write_refund(transaction, &order, &payload, envelope).await?;
    Ok(applied(order))
}

/// `charge.refunded` says how much went back in all, and in older versions of Stripe's API by which refunds.
pub(super) async fn charge(
    transaction: &DatabaseTransaction,
    envelope: &Envelope,
) -> Result<Outcome, ApplyError> {
    let payload: ChargePayload = read(envelope, "the charge")?;
    let Some(payment_intent) = payload.payment_intent.id() else {
        return Ok(NO_PAYMENT_INTENT);
    };
    // The shop's own payments carry the checkout; another shop on the same account may write what it likes there.
    let checkout = payload
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.checkout_id.as_deref());
    if checkout.is_none_or(|id| id.parse::<CheckoutId>().is_err()) {
        return Ok(Outcome::Ignored("not a payment of this shop"));
    }
    let Some(order) = lock_order(transaction, payment_intent).await? else {
        return Ok(waits(payment_intent));
    };
    for refund in payload.refunds.iter().flat_map(|refunds| &refunds.data) {
        write_refund(transaction, &order, refund, envelope).await?;
    }
    Ok(applied(order))
}

/// An event about one dispute.
pub(super) async fn dispute(
    transaction: &DatabaseTransaction,
    envelope: &Envelope,
) -> Result<Outcome, ApplyError> {
    let payload: DisputePayload = read(envelope, "the dispute")?;
    let Some(payment_intent) = payload.payment_intent.id() else {
        return Ok(NO_PAYMENT_INTENT);
    };
    let Some(order) = lock_order(transaction, payment_intent).await? else {
        return Ok(waits(payment_intent));
    };
    let status: DisputeStatus = payload
        .status
        .parse()
        .map_err(|_| ApplyError::Lasting("a dispute with an unknown status".to_owned()))?;
    let fact = DisputeFact {
        amount: payload.amount,
        status,
        funds_withdrawn: envelope.r#type.ends_with(".funds_withdrawn"),
        funds_reinstated: envelope.r#type.ends_with(".funds_reinstated"),
    };
    crash_points::reach("apply:before-refund");
    let (before, now) = write_dispute(transaction, &order, &payload, fact, envelope).await?;
    crash_points::reach("apply:after-refund");
    let stage = now.status.stage();
    if before.is_none_or(|before| before.status.stage() != stage) {
        let dispute = payload.id.clone();
        let reason = match stage {
            DisputeStage::Inquiry => Attention::Inquiry { dispute },
            DisputeStage::Disputed => Attention::Disputed { dispute },
            DisputeStage::Closed(status) => Attention::DisputeClosed {
                dispute,
                status: status.to_string(),
            },
        };
        attention(transaction, &order, reason).await?;
    }
    Ok(applied(order))
}

fn read<T: DeserializeOwned>(envelope: &Envelope, what: &str) -> Result<T, ApplyError> {
    serde_json::from_value(envelope.data.object.clone())
        .map_err(|_| ApplyError::Lasting(format!("{what} cannot be read")))
}

fn waits(payment_intent: &str) -> Outcome {
    Outcome::Waits {
        payment_intent: payment_intent.to_owned(),
    }
}

fn applied(order: order::Model) -> Outcome {
    Outcome::Applied {
        checkout: order.checkout_id,
        ordered: None,
    }
}

/// The order of a payment, locked: events about the same payment come one after the other.
async fn lock_order(
    transaction: &DatabaseTransaction,
    payment_intent: &str,
) -> Result<Option<order::Model>, DbErr> {
    let order =
        order::Entity::find().filter(order::Column::StripePaymentIntentId.eq(payment_intent));
    locked(order).one(transaction).await
}

async fn write_refund(
    transaction: &DatabaseTransaction,
    order: &order::Model,
    payload: &RefundPayload,
    envelope: &Envelope,
) -> Result<(), ApplyError> {
    // Stripe documents that an unknown outcome may be null.
    let status = payload.status.as_deref().unwrap_or("pending");
    let status: RefundStatus = status
        .parse()
        .map_err(|_| ApplyError::Lasting("a refund with an unknown status".to_owned()))?;
    let fact = RefundFact {
        amount: payload.amount,
        status,
    };
    crash_points::reach("apply:before-refund");
    let known = refund::Entity::find_by_id(&payload.id)
        .one(transaction)
        .await?;
    let before = match &known {
        Some(row) => Some(RefundFact {
            amount: row.amount,
            status: row
                .status
                .parse()
                .map_err(|_| ApplyError::Lasting("a stored refund has no status".to_owned()))?,
        }),
        None => None,
    };
    let now = before.map_or(fact, |before| before.merge(fact));
    // Of several events that tell of it, the first one at Stripe, whichever came here first.
    let told = (!status.counts()).then(|| envelope.created_at());
    let failed_before = known.as_ref().and_then(|row| row.failed_at);
    let failed_at = match (failed_before, told) {
        (Some(before), Some(told)) => Some(before.min(told)),
        (before, told) => before.or(told),
    };
    let row = refund::Model {
        id: payload.id.clone(),
        order_id: order.id,
        amount: now.amount,
        currency: payload.currency.to_ascii_lowercase(),
        status: now.status.to_string(),
        created_at: payload
            .created_at()
            .unwrap_or_else(|| envelope.created_at()),
        failed_at,
        updated_at: clock::now(),
    };
    match known {
        None => {
            row.into_active_model()
                .reset_all()
                .insert(transaction)
                .await?;
        }
        Some(_) if before != Some(now) || failed_before != failed_at => {
            row.into_active_model()
                .reset_all()
                .update(transaction)
                .await?;
        }
        Some(_) => {}
    }
    crash_points::reach("apply:after-refund");
    if now.status.is_under_way() && before.is_none_or(|before| !before.status.is_under_way()) {
        let mail = Mail::Refunded {
            refund: payload.id.clone(),
        };
        outbox::enqueue(transaction, &order.checkout_id, &Task::Mail { mail }).await?;
    }
    if !now.status.counts() && before.is_none_or(|before| before.status.counts()) {
        let refund = payload.id.clone();
        attention(transaction, order, Attention::RefundFailed { refund }).await?;
    }
    Ok(())
}

async fn write_dispute(
    transaction: &DatabaseTransaction,
    order: &order::Model,
    payload: &DisputePayload,
    fact: DisputeFact,
    envelope: &Envelope,
) -> Result<(Option<DisputeFact>, DisputeFact), ApplyError> {
    let known = dispute::Entity::find_by_id(&payload.id)
        .one(transaction)
        .await?;
    let before = match &known {
        Some(row) => Some(DisputeFact {
            amount: row.amount,
            status: row
                .status
                .parse()
                .map_err(|_| ApplyError::Lasting("a stored dispute has no status".to_owned()))?,
            funds_withdrawn: row.funds_withdrawn,
            funds_reinstated: row.funds_reinstated,
        }),
        None => None,
    };
    let now = before.map_or(fact, |before| before.merge(fact));
    let row = dispute::Model {
        id: payload.id.clone(),
        order_id: order.id,
        amount: now.amount,
        currency: payload.currency.to_ascii_lowercase(),
        status: now.status.to_string(),
        reason: payload.reason.clone(),
        funds_withdrawn: now.funds_withdrawn,
        funds_reinstated: now.funds_reinstated,
        created_at: payload
            .created_at()
            .unwrap_or_else(|| envelope.created_at()),
        updated_at: clock::now(),
    };
    match known {
        None => {
            row.into_active_model()
                .reset_all()
                .insert(transaction)
                .await?;
        }
        Some(_) if before != Some(now) => {
            row.into_active_model()
                .reset_all()
                .update(transaction)
                .await?;
        }
        Some(_) => {}
    }
    Ok((before, now))
}

async fn attention(
    transaction: &DatabaseTransaction,
    order: &order::Model,
    reason: Attention,
) -> Result<(), DbErr> {
    tracing::error!(
        order = order.number,
        "order {} needs the owner's attention: {reason:?}",
        order.number
    );
    let mail = Mail::Attention { reason };
    outbox::enqueue(transaction, &order.checkout_id, &Task::Mail { mail }).await
}
