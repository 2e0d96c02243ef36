//! `refund.*`, `charge.refunded` and `charge.dispute.*`: money that went back, one row for each id of Stripe's.

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::database::locked;
use crate::entity::{dispute, order, outbox as outbox_row, refund};
use crate::inbox::payload::{ChargePayload, DisputePayload, Envelope, RefundPayload};
use crate::inbox::{ApplyError, Outcome};
use crate::money_back::{
    Certainty, DisputeFact, DisputeStage, DisputeStatus, RefundFact, RefundStatus,
};
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
    let Ok(status) = payload.status.parse::<DisputeStatus>();
    if status == DisputeStatus::Unknown {
        tracing::warn!(
            dispute = payload.id,
            "dispute {} has a status that this version of Till does not know: {}",
            payload.id,
            word(&payload.status)
        );
    }
    let fact = DisputeFact {
        amount: payload.amount,
        status,
        status_at: envelope.created_at().unix_timestamp(),
        certainty: Certainty::Told,
        funds_withdrawn: envelope.r#type.ends_with(".funds_withdrawn"),
        funds_reinstated: envelope.r#type.ends_with(".funds_reinstated"),
    };
    crash_points::reach("apply:before-refund");
    let (before, now) = write_dispute(transaction, &order, &payload, fact, envelope).await?;
    crash_points::reach("apply:after-refund");
    tell_of_dispute(transaction, &order, &payload.id, before, now).await?;
    Ok(applied(order))
}

/// Notes which of two decisions of the same second counts, now that Stripe has said so. Says
/// whether it was still to be settled.
///
/// # Errors
/// Where the database does not answer, or the row cannot be read.
pub(crate) async fn settle_dispute(
    transaction: &DatabaseTransaction,
    id: &str,
    contested_at: i64,
    status: DisputeStatus,
) -> Result<bool, ApplyError> {
    let Some(row) = dispute::Entity::find_by_id(id).one(transaction).await? else {
        return Ok(false);
    };
    // Events about the same payment wait for this, and have changed the row at most before.
    let order = locked(order::Entity::find_by_id(row.order_id))
        .one(transaction)
        .await?;
    let row = dispute::Entity::find_by_id(id).one(transaction).await?;
    let (Some(order), Some(row)) = (order, row) else {
        return Ok(false);
    };
    let before = known_dispute(&row)?;
    if before.certainty != Certainty::Contested || before.status_at != contested_at {
        return Ok(false);
    }
    let now = before.merge(DisputeFact {
        status,
        certainty: Certainty::Settled,
        ..before
    });
    let mut row = row.into_active_model();
    row.status = Set(now.status.to_string());
    row.certainty = Set(now.certainty.as_str().to_owned());
    row.updated_at = Set(clock::now());
    row.update(transaction).await?;
    tell_of_dispute(transaction, &order, id, Some(before), now).await?;
    Ok(true)
}

/// Tells the owner how a dispute stands, where that is news, or has Stripe asked where the events
/// contradict each other.
async fn tell_of_dispute(
    transaction: &DatabaseTransaction,
    order: &order::Model,
    id: &str,
    before: Option<DisputeFact>,
    now: DisputeFact,
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
            let told = told_last(transaction, order, id).await?;
            if told.as_deref() == Some(status.as_str()) {
                return Ok(());
            }
            // The end of an inquiry is no decision about the dispute that it has become.
            let turned = told.is_some_and(|told| told != DisputeStatus::WarningClosed.as_str());
            Attention::DisputeClosed {
                dispute,
                status: status.to_string(),
                turned_at: turned.then_some(now.status_at),
            }
        }
    };
    Ok(attention(transaction, order, reason).await?)
}

/// The last end of a dispute that the owner was told of, or is about to be. The keys that it is
/// read from are kept for ever, see [`crate::prune`].
async fn told_last(
    transaction: &DatabaseTransaction,
    order: &order::Model,
    dispute: &str,
) -> Result<Option<String>, DbErr> {
    let beginning = format!("mail:dispute_closed:{dispute}:");
    let keys: Vec<String> = outbox_row::Entity::find()
        .select_only()
        .column(outbox_row::Column::Key)
        .filter(outbox_row::Column::CheckoutId.eq(&order.checkout_id))
        .order_by_desc(outbox_row::Column::Id)
        .into_tuple()
        .all(transaction)
        .await?;
    Ok(keys.iter().find_map(|key| {
        let status = key.strip_prefix(&beginning)?.split(':').next()?;
        Some(status.to_owned())
    }))
}

/// An amount with its currency, of what is stored and what an event tells. Versions of Stripe's API
/// tell of the same money in different currencies: that of the order is kept, whichever came first.
fn money_told(
    order: &order::Model,
    stored: Option<(i64, &str)>,
    (amount, currency): (i64, &str),
) -> (i64, String) {
    let currency = currency.to_ascii_lowercase();
    let Some((before, kept)) = stored else {
        return (amount, currency);
    };
    if kept == currency {
        return (amount.max(before), currency);
    }
    let rank = |currency: &str| (currency == order.currency, currency.to_owned());
    if rank(kept) > rank(&currency) {
        (before, kept.to_owned())
    } else {
        (amount, currency)
    }
}

/// A word of Stripe's as a row can keep it: of the column's length, without control characters.
fn word(text: &str) -> String {
    let plain = text.chars().filter(|character| !character.is_control());
    plain.take(100).collect()
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
    let told_word = word(payload.status.as_deref().unwrap_or("pending"));
    let Ok(status) = told_word.parse::<RefundStatus>();
    let fact = RefundFact {
        amount: payload.amount,
        status,
    };
    crash_points::reach("apply:before-refund");
    let known = refund::Entity::find_by_id(&payload.id)
        .one(transaction)
        .await?;
    let before = known.as_ref().map(|row| {
        let Ok(status) = row.status.parse();
        RefundFact {
            amount: row.amount,
            status,
        }
    });
    let now = before.map_or(fact, |before| before.merge(fact));
    // Of several events that tell of it, the first one at Stripe, whichever came here first.
    let told = (!status.counts()).then(|| envelope.created_at());
    let failed_before = known.as_ref().and_then(|row| row.failed_at);
    let failed_at = match (failed_before, told) {
        (Some(before), Some(told)) => Some(before.min(told)),
        (before, told) => before.or(told),
    };
    let stored = known
        .as_ref()
        .map(|row| (row.amount, row.currency.as_str()));
    let (amount, currency) = money_told(order, stored, (payload.amount, &payload.currency));
    let row = refund::Model {
        id: payload.id.clone(),
        order_id: order.id,
        amount,
        currency,
        status: match now.status {
            // Both may be unknown words; whichever came first, the same one is kept.
            RefundStatus::Unknown => {
                let known = known.as_ref().map(|row| row.status.clone());
                let unknown = |word: &String| word.parse() == Ok(RefundStatus::Unknown);
                let words = known.into_iter().chain([told_word]);
                words.filter(unknown).max().unwrap_or_default()
            }
            status => status.to_string(),
        },
        created_at: payload
            .created_at()
            .unwrap_or_else(|| envelope.created_at()),
        failed_at,
        updated_at: clock::now(),
    };
    let same_words = known.as_ref().is_some_and(|known| {
        (&known.status, &known.currency, known.amount) == (&row.status, &row.currency, row.amount)
    });
    match known {
        None => {
            row.into_active_model()
                .reset_all()
                .insert(transaction)
                .await?;
        }
        Some(_) if before != Some(now) || failed_before != failed_at || !same_words => {
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
    let before = known.as_ref().map(known_dispute).transpose()?;
    let now = before.map_or(fact, |before| before.merge(fact));
    let stored = known
        .as_ref()
        .map(|row| (row.amount, row.currency.as_str()));
    let (amount, currency) = money_told(order, stored, (payload.amount, &payload.currency));
    let row = dispute::Model {
        id: payload.id.clone(),
        order_id: order.id,
        amount,
        currency,
        status: match now.status {
            // Of two unknown words the later one is kept, whichever came first.
            DisputeStatus::Unknown => {
                let stored = known.as_ref().map(|row| {
                    let at = row.status_at.unix_timestamp();
                    (at, row.status.clone())
                });
                let told = (fact.status_at, word(&payload.status));
                let unknown =
                    |(_, word): &(i64, String)| word.parse() == Ok(DisputeStatus::Unknown);
                let words = stored.into_iter().chain([told]);
                let latest = words.filter(unknown).max();
                latest.map(|(_, word)| word).unwrap_or_default()
            }
            status => status.to_string(),
        },
        status_at: OffsetDateTime::from_unix_timestamp(now.status_at)
            .unwrap_or_else(|_| envelope.created_at()),
        certainty: now.certainty.as_str().to_owned(),
        reason: payload.reason.clone(),
        funds_withdrawn: now.funds_withdrawn,
        funds_reinstated: now.funds_reinstated,
        created_at: payload
            .created_at()
            .unwrap_or_else(|| envelope.created_at()),
        updated_at: clock::now(),
    };
    let same_words = known.as_ref().is_some_and(|known| {
        (&known.status, &known.currency, known.amount) == (&row.status, &row.currency, row.amount)
    });
    match known {
        None => {
            row.into_active_model()
                .reset_all()
                .insert(transaction)
                .await?;
        }
        Some(_) if before != Some(now) || !same_words => {
            row.into_active_model()
                .reset_all()
                .update(transaction)
                .await?;
        }
        Some(_) => {}
    }
    Ok((before, now))
}

/// What a row says of a dispute.
fn known_dispute(row: &dispute::Model) -> Result<DisputeFact, ApplyError> {
    let unreadable = |_| ApplyError::Lasting("a stored dispute has no certainty".to_owned());
    let Ok(status) = row.status.parse();
    Ok(DisputeFact {
        amount: row.amount,
        status,
        status_at: row.status_at.unix_timestamp(),
        certainty: row.certainty.parse().map_err(unreadable)?,
        funds_withdrawn: row.funds_withdrawn,
        funds_reinstated: row.funds_reinstated,
    })
}

async fn attention(
    transaction: &DatabaseTransaction,
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
