//! `refund.*`, `charge.refunded` and `charge.dispute.*`: one row for each refund and dispute at
//! Stripe.

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::clock;
use crate::database::{WriteTransaction, locked};
use crate::entity::{dispute, order, outbox as outbox_row, refund};
use crate::inbox::payload::{ChargePayload, DisputePayload, Envelope, RefundPayload};
use crate::inbox::{ApplyError, ApplyOutcome};
use crate::orders::fulfilment;
use crate::orders::refund::request_of;
use crate::outbox::{self, Attention, Mail, Task};
use till_core::money::CurrencyCode;
use till_core::refunds::{
    Certainty, DisputeFact, DisputeStage, DisputeStatus, RefundFact, RefundStatus,
};
use till_core::token::CheckoutId;

const NO_PAYMENT_INTENT: ApplyOutcome = ApplyOutcome::Ignored("it has no payment intent");

/// Applies an event about one refund.
pub(super) async fn refund(
    transaction: &WriteTransaction,
    envelope: &Envelope,
) -> Result<ApplyOutcome, ApplyError> {
    let payload: RefundPayload = parse_object(envelope, "the refund")?;
    let Some(payment_intent) = payload.payment_intent.id() else {
        return Ok(NO_PAYMENT_INTENT);
    };
    let Some(order) = lock_order(transaction, payment_intent).await? else {
        return Ok(waits_for_order(payment_intent));
    };
    write_refund(transaction, &order, &payload, envelope).await?;
    Ok(applied(order))
}

/// Applies `charge.refunded`, which contains the charge's refunds in older versions of Stripe's
/// API.
pub(super) async fn charge(
    transaction: &WriteTransaction,
    envelope: &Envelope,
) -> Result<ApplyOutcome, ApplyError> {
    let payload: ChargePayload = parse_object(envelope, "the charge")?;
    let Some(payment_intent) = payload.payment_intent.id() else {
        return Ok(NO_PAYMENT_INTENT);
    };
    // The shop's own payments carry the checkout id; another shop on the same account may set any
    // other value.
    let checkout = payload
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.checkout_id.as_deref());
    if checkout.is_none_or(|id| id.parse::<CheckoutId>().is_err()) {
        return Ok(ApplyOutcome::Ignored("not a payment of this shop"));
    }
    let Some(order) = lock_order(transaction, payment_intent).await? else {
        return Ok(waits_for_order(payment_intent));
    };
    for refund in payload.refunds.iter().flat_map(|refunds| &refunds.data) {
        write_refund(transaction, &order, refund, envelope).await?;
    }
    Ok(applied(order))
}

/// Applies an event about one dispute.
pub(super) async fn dispute(
    transaction: &WriteTransaction,
    envelope: &Envelope,
) -> Result<ApplyOutcome, ApplyError> {
    let payload: DisputePayload = parse_object(envelope, "the dispute")?;
    let Some(payment_intent) = payload.payment_intent.id() else {
        return Ok(NO_PAYMENT_INTENT);
    };
    let Some(order) = lock_order(transaction, payment_intent).await? else {
        return Ok(waits_for_order(payment_intent));
    };
    let status = DisputeStatus::from(storable_word(&payload.status));
    if let DisputeStatus::Other(word) = &status {
        tracing::warn!(
            dispute = payload.id,
            "dispute {} has a status unknown to this version of Till: {word}",
            payload.id
        );
    }
    let fact = DisputeFact {
        amount: payload.amount,
        status,
        status_at: envelope.created_at().unix_timestamp(),
        certainty: Certainty::Reported,
        funds_withdrawn: envelope.r#type.ends_with(".funds_withdrawn"),
        funds_reinstated: envelope.r#type.ends_with(".funds_reinstated"),
    };
    let (before, now) = write_dispute(transaction, &order, &payload, fact, envelope).await?;
    fulfilment::refresh(transaction, &order).await?;
    notify_of_dispute(transaction, &order, &payload.id, before.as_ref(), &now).await?;
    Ok(applied(order))
}

/// Records which of two decisions of the same second counts, as Stripe reported it. Returns whether
/// the dispute was still contested.
///
/// # Errors
/// If the database does not answer, or the row is malformed.
pub(crate) async fn resolve_contested_dispute(
    transaction: &WriteTransaction,
    id: &str,
    contested_at: i64,
    status: DisputeStatus,
) -> Result<bool, ApplyError> {
    let Some(row) = dispute::Entity::find_by_id(id).one(transaction).await? else {
        return Ok(false);
    };
    // Lock the order, so that no event changes the dispute from here on; then read it again.
    let order = locked(order::Entity::find_by_id(row.order_id))
        .one(transaction)
        .await?;
    let row = dispute::Entity::find_by_id(id).one(transaction).await?;
    let (Some(order), Some(row)) = (order, row) else {
        return Ok(false);
    };
    let before = stored_dispute(&row);
    if before.certainty != Certainty::Contested || before.status_at != contested_at {
        return Ok(false);
    }
    let now = before.clone().merge(DisputeFact {
        status,
        certainty: Certainty::Confirmed,
        ..before.clone()
    });
    let mut row = row.into_active_model();
    row.status = Set(now.status.clone());
    row.certainty = Set(now.certainty);
    row.updated_at = Set(clock::now());
    row.update(transaction).await?;
    fulfilment::refresh(transaction, &order).await?;
    notify_of_dispute(transaction, &order, id, Some(&before), &now).await?;
    Ok(true)
}

/// Notifies the owner of a dispute's new stage. If its events contradict each other, enqueues a
/// task that fetches the status from Stripe instead.
async fn notify_of_dispute(
    transaction: &WriteTransaction,
    order: &order::Model,
    id: &str,
    before: Option<&DisputeFact>,
    now: &DisputeFact,
) -> Result<(), ApplyError> {
    let dispute = id.to_owned();
    if now.certainty == Certainty::Contested {
        let task = Task::Dispute {
            dispute,
            contested_at: now.status_at,
        };
        return Ok(outbox::enqueue(transaction, &order.checkout_id, &task).await?);
    }
    let stage = now.status.stage();
    let is_news = before.is_none_or(|before| {
        before.status.stage() != stage || before.certainty == Certainty::Contested
    });
    if !is_news {
        return Ok(());
    }
    let reason = match stage {
        DisputeStage::Inquiry => Attention::Inquiry { dispute },
        DisputeStage::Disputed => Attention::Disputed { dispute },
        DisputeStage::Closed(status) => {
            let reported = last_reported_end(transaction, order, id).await?;
            if reported.as_ref() == Some(&status) {
                return Ok(());
            }
            // The end of an inquiry is not a decision about the dispute it has become.
            let turned = reported.is_some_and(|status| status != DisputeStatus::WarningClosed);
            Attention::DisputeClosed {
                dispute,
                status,
                turned_at: turned.then_some(now.status_at),
            }
        }
    };
    Ok(notify_owner(transaction, order, reason).await?)
}

/// Returns the status in the last email about the end of a dispute, sent or enqueued. It is read
/// from task keys, which are kept forever, see [`crate::prune`].
async fn last_reported_end(
    transaction: &WriteTransaction,
    order: &order::Model,
    dispute: &str,
) -> Result<Option<DisputeStatus>, DbErr> {
    let prefix = format!("mail:dispute_closed:{dispute}:");
    let keys: Vec<String> = outbox_row::Entity::find()
        .select_only()
        .column(outbox_row::Column::Key)
        .filter(outbox_row::Column::CheckoutId.eq(&order.checkout_id))
        .order_by_desc(outbox_row::Column::Id)
        .into_tuple()
        .all(transaction)
        .await?;
    Ok(keys.iter().find_map(|key| {
        let status = key.strip_prefix(&prefix)?.split(':').next()?;
        Some(status.to_owned().into())
    }))
}

/// Merges the stored amount and currency with those of an event. Versions of Stripe's API state the
/// same money in different currencies: the order's currency wins, whichever came first.
fn merge_amount(
    order: &order::Model,
    stored: Option<(i64, &CurrencyCode)>,
    (amount, currency): (i64, &CurrencyCode),
) -> (i64, CurrencyCode) {
    let Some((before, kept)) = stored else {
        return (amount, currency.clone());
    };
    if kept == currency {
        return (amount.max(before), currency.clone());
    }
    let rank = |currency: &CurrencyCode| (*currency == order.currency, currency.clone());
    if rank(kept) > rank(currency) {
        (before, kept.clone())
    } else {
        (amount, currency.clone())
    }
}

/// Returns a word of Stripe's as a row can store it: at most as long as the column, without control
/// characters.
fn storable_word(text: &str) -> String {
    let plain = text.chars().filter(|character| !character.is_control());
    plain.take(100).collect()
}

fn parse_object<T: DeserializeOwned>(envelope: &Envelope, what: &str) -> Result<T, ApplyError> {
    serde_json::from_value(envelope.data.object.clone())
        .map_err(|_| ApplyError::CannotApply(format!("{what} cannot be read")))
}

fn waits_for_order(payment_intent: &str) -> ApplyOutcome {
    ApplyOutcome::WaitsForOrder {
        payment_intent: payment_intent.to_owned(),
    }
}

fn applied(order: order::Model) -> ApplyOutcome {
    ApplyOutcome::Applied {
        checkout: order.checkout_id,
        created_order_payment_intent: None,
    }
}

/// Returns the order of a payment, locked, so that events about the same payment are applied one
/// after the other.
async fn lock_order(
    transaction: &WriteTransaction,
    payment_intent: &str,
) -> Result<Option<order::Model>, DbErr> {
    let order =
        order::Entity::find().filter(order::Column::StripePaymentIntentId.eq(payment_intent));
    locked(order).one(transaction).await
}

async fn write_refund(
    transaction: &WriteTransaction,
    order: &order::Model,
    payload: &RefundPayload,
    envelope: &Envelope,
) -> Result<(), ApplyError> {
    // Stripe documents that the status may be null while it is unknown.
    let status = payload.status.as_deref().map(storable_word);
    let fact = RefundFact {
        amount: payload.amount,
        status: status.map_or(RefundStatus::Pending, RefundStatus::from),
    };
    let failed = !fact.status.counts();
    let known = refund::Entity::find_by_id(&payload.id)
        .one(transaction)
        .await?;
    let before = known.as_ref().map(|row| RefundFact {
        amount: row.amount,
        status: row.status.clone(),
    });
    let now = merged(before.as_ref(), fact, RefundFact::merge);
    // Of several events that report the failure, the earliest one at Stripe counts.
    let reported = failed.then(|| envelope.created_at());
    let failed_before = known.as_ref().and_then(|row| row.failed_at);
    let failed_at = match (failed_before, reported) {
        (Some(before), Some(reported)) => Some(before.min(reported)),
        (before, reported) => before.or(reported),
    };
    let stored = known.as_ref().map(|row| (row.amount, &row.currency));
    let (amount, currency) = merge_amount(order, stored, (payload.amount, &payload.currency));
    let row = refund::Model {
        id: payload.id.clone(),
        order_id: order.id,
        amount,
        currency,
        status: now.status.clone(),
        created_at: payload
            .created_at()
            .unwrap_or_else(|| envelope.created_at()),
        failed_at,
        updated_at: clock::now(),
    };
    let same_amount = known
        .as_ref()
        .is_some_and(|known| (&known.currency, known.amount) == (&row.currency, row.amount));
    match known {
        None => {
            row.into_active_model()
                .reset_all()
                .insert(transaction)
                .await?;
        }
        Some(_) if before.as_ref() != Some(&now) || failed_before != failed_at || !same_amount => {
            row.into_active_model()
                .reset_all()
                .update(transaction)
                .await?;
        }
        Some(_) => {}
    }
    let was = |is: fn(&RefundStatus) -> bool| before.as_ref().is_some_and(|fact| is(&fact.status));
    let is_news = now.status.is_under_way() && !was(RefundStatus::is_under_way);
    if is_news && tells_buyer(transaction, order, payload).await? {
        let mail = Mail::Refunded {
            refund: payload.id.clone(),
        };
        outbox::enqueue(transaction, &order.checkout_id, &Task::Mail { mail }).await?;
    }
    if !now.status.counts() && !was(|status| !status.counts()) {
        let refund = payload.id.clone();
        notify_owner(transaction, order, Attention::RefundFailed { refund }).await?;
    }
    fulfilment::refresh(transaction, order).await?;
    Ok(())
}

/// Whether the buyer is told of a refund: always, unless the owner has requested it without.
async fn tells_buyer(
    transaction: &WriteTransaction,
    order: &order::Model,
    payload: &RefundPayload,
) -> Result<bool, DbErr> {
    let name = payload.request_name();
    let request = request_of(transaction, order.id, &payload.id, name).await?;
    Ok(request.is_none_or(|request| request.notify))
}

async fn write_dispute(
    transaction: &WriteTransaction,
    order: &order::Model,
    payload: &DisputePayload,
    fact: DisputeFact,
    envelope: &Envelope,
) -> Result<(Option<DisputeFact>, DisputeFact), ApplyError> {
    let known = dispute::Entity::find_by_id(&payload.id)
        .one(transaction)
        .await?;
    let before = known.as_ref().map(stored_dispute);
    let now = merged(before.as_ref(), fact, DisputeFact::merge);
    let stored = known.as_ref().map(|row| (row.amount, &row.currency));
    let (amount, currency) = merge_amount(order, stored, (payload.amount, &payload.currency));
    let known_due_by = known.as_ref().and_then(|row| row.evidence_due_by);
    let row = dispute::Model {
        id: payload.id.clone(),
        order_id: order.id,
        amount,
        currency,
        status: now.status.clone(),
        status_at: OffsetDateTime::from_unix_timestamp(now.status_at)
            .unwrap_or_else(|_| envelope.created_at()),
        certainty: now.certainty,
        reason: payload.reason.clone(),
        funds_withdrawn: now.funds_withdrawn,
        funds_reinstated: now.funds_reinstated,
        // Events come in any order: Stripe only ever extends the deadline.
        evidence_due_by: known_due_by.max(payload.evidence_due_by()),
        created_at: payload
            .created_at()
            .unwrap_or_else(|| envelope.created_at()),
        updated_at: clock::now(),
    };
    let same_amount = known
        .as_ref()
        .is_some_and(|known| (&known.currency, known.amount) == (&row.currency, row.amount));
    match known {
        None => {
            row.into_active_model()
                .reset_all()
                .insert(transaction)
                .await?;
        }
        Some(_)
            if before.as_ref() != Some(&now)
                || !same_amount
                || known_due_by != row.evidence_due_by =>
        {
            row.into_active_model()
                .reset_all()
                .update(transaction)
                .await?;
        }
        Some(_) => {}
    }
    Ok((before, now))
}

/// Reads the fact from a dispute's row.
fn stored_dispute(row: &dispute::Model) -> DisputeFact {
    DisputeFact {
        amount: row.amount,
        status: row.status.clone(),
        status_at: row.status_at.unix_timestamp(),
        certainty: row.certainty,
        funds_withdrawn: row.funds_withdrawn,
        funds_reinstated: row.funds_reinstated,
    }
}

/// Merges what an event states into what is known, if anything is.
fn merged<T: Clone>(known: Option<&T>, stated: T, merge: fn(T, T) -> T) -> T {
    match known {
        Some(known) => merge(known.clone(), stated),
        None => stated,
    }
}

async fn notify_owner(
    transaction: &WriteTransaction,
    order: &order::Model,
    reason: Attention,
) -> Result<(), DbErr> {
    tracing::error!(
        order = order.number,
        "order {} needs the owner's attention: {}",
        order.number,
        reason.words()
    );
    let mail = Mail::Attention { reason };
    outbox::enqueue(transaction, &order.checkout_id, &Task::Mail { mail }).await
}
