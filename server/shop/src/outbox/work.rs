//! The worker: does what is due, one task after the other, and notes what came of it.
//!
//! A task is done outside any transaction and noted afterwards in a short one. A process that dies in between does it again:
//! a refund is then the same refund by its idempotency key, a mail file the same file. Only a mail that a server has taken
//! may arrive twice, see [`crate::mail::smtp`].

use std::time::{Duration, Instant};

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use time::OffsetDateTime;

use super::{Attention, Mail, Task, TaskState, enqueue};
use crate::checkout::CheckoutError;
use crate::entity::{order, outbox, refund_request};
use crate::inbox::{ApplyError, settle_dispute};
use crate::isolated::isolated;
use crate::lease::{Job, Lease};
use crate::mail::SendError;
use crate::mail::compose::{Composed, compose};
use crate::money_back::DisputeStatus;
use crate::orders::refund::{RequestState, note_made, note_state};
use crate::stripe::{CallError, PartAsked, PartRequest, RefundAsked, jittered};
use crate::token::CheckoutId;
use crate::{Shop, clock, crash_points};

/// The longest pause before each further try; after the last one the task is dead. Two days in all. The pause is drawn
/// between half and all of it, so that tasks that failed together do not come together again.
pub const PAUSES: [Duration; 9] = [
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(3 * 60 * 60),
    Duration::from_secs(6 * 60 * 60),
    Duration::from_secs(12 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];
/// Tries in all.
pub const TRIES: usize = PAUSES.len() + 1;
/// For one try. The lease is renewed beside it, so nobody else begins with the same task meanwhile.
const TRY_WITHIN: Duration = Duration::from_secs(75);
/// What a try came to is written this often before it is given up, while the database is in trouble: a mail that was sent
/// and not noted is sent again.
const NOTED_AFTER: usize = 3;
const NOTE_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// A round ends after the task at which this is over.
const ROUND_AT_MOST: Duration = Duration::from_secs(20);
/// Tasks of each kind in one round.
const BATCH: u64 = 20;
/// A refund that was asked for within this time is the same one by its idempotency key.
const KEY_TRUSTED_FOR: Duration = Duration::from_secs(60 * 60);
/// Money first.
const KINDS: [&str; 3] = ["refund", "dispute", "mail"];

/// What a round did, in tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worked {
    /// Done, or found not to be needed.
    pub done: usize,
    /// Failed, and to be tried again.
    pub failed: usize,
    /// Given up.
    pub dead: usize,
    /// Whether a full batch was done: there may be more that is due now.
    pub more: bool,
}

/// What one try came to.
#[derive(Debug)]
enum Outcome {
    /// Done; or not needed, for this reason.
    Done(Option<&'static str>),
    /// Stripe has made the refund with this id, which was asked for.
    Refunded(String),
    /// May succeed later. `silent` where nobody answered: others of its kind need not try now.
    Again { reason: String, silent: bool },
    /// Would fail again.
    Never(String),
}

/// Does what is due. Nothing, while another server does. Ends early, after the task at hand, once `stopping` says so or the
/// lease is lost.
///
/// # Errors
/// Where the database does not answer; what was noted before stays noted.
pub async fn work(shop: &Shop, stopping: impl Fn() -> bool) -> Result<Worked, DbErr> {
    let mut worked = Worked::default();
    // Most rounds find nothing, and need no lease for that.
    if due(shop, &KINDS, 1).await?.is_empty() {
        return Ok(worked);
    }
    let Some(lease) = Lease::take(&shop.database, Job::Outbox).await? else {
        return Ok(worked);
    };
    let begun = Instant::now();
    for kind in KINDS {
        let tasks = due(shop, &[kind], BATCH).await?;
        let full = tasks.len() == usize::try_from(BATCH).unwrap_or(usize::MAX);
        for id in tasks {
            if stopping() {
                lease.release().await?;
                return Ok(worked);
            }
            // Read now: since the list was made, the owner may have changed it.
            let row = outbox::Entity::find_by_id(id)
                .one(shop.database.reader())
                .await?;
            let Some(row) = row.filter(is_due) else {
                continue;
            };
            let Some(outcome) = lease.under(attempt_alone(shop, &row)).await else {
                tracing::warn!("the outbox's lease was lost in the middle of a task");
                return Ok(worked);
            };
            let silent = matches!(outcome, Outcome::Again { silent: true, .. });
            let verdict = judge(&row, outcome, &mut worked);
            if !note(shop, &lease, &row, &verdict).await? {
                tracing::warn!("another server has taken over the outbox");
                return Ok(worked);
            }
            if silent {
                // The rest of this kind would only wait for the same silence, and the other kind would wait for that.
                break;
            }
            worked.more |= full;
            if begun.elapsed() > ROUND_AT_MOST {
                // Mails that take long: a refund may be due by now.
                worked.more = true;
                break;
            }
        }
    }
    lease.release().await?;
    Ok(worked)
}

fn is_due(task: &outbox::Model) -> bool {
    task.state == TaskState::Pending.as_str() && task.due_at <= clock::now()
}

async fn due(shop: &Shop, kinds: &[&str], most: u64) -> Result<Vec<i64>, DbErr> {
    outbox::Entity::find()
        .select_only()
        .column(outbox::Column::Id)
        .filter(outbox::Column::State.eq(TaskState::Pending.as_str()))
        .filter(outbox::Column::DueAt.lte(clock::now()))
        .filter(outbox::Column::Kind.is_in(kinds.iter().copied()))
        .order_by_asc(outbox::Column::DueAt)
        .order_by_asc(outbox::Column::Id)
        .limit(most)
        .into_tuple()
        .all(shop.database.reader())
        .await
}

/// Does one task, and none of the others is kept waiting by a panic in it.
async fn attempt_alone(shop: &Shop, row: &outbox::Model) -> Outcome {
    let (shop, row) = (shop.clone(), row.clone());
    isolated(async move { attempt(&shop, &row).await })
        .await
        .unwrap_or_else(|panicked| Outcome::Again {
            reason: panicked.to_string(),
            silent: false,
        })
}

/// Does one task, outside any transaction.
async fn attempt(shop: &Shop, row: &outbox::Model) -> Outcome {
    let attempted = async {
        match serde_json::from_str(&row.payload) {
            Ok(Task::Mail { mail }) => send(shop, row, &mail).await,
            Ok(Task::Refund { again }) => refund(shop, row, again).await,
            Ok(Task::RefundRequest { request, again }) => {
                refund_request(shop, row, request, again).await
            }
            Ok(Task::Dispute {
                dispute,
                contested_at,
            }) => settle(shop, &dispute, contested_at).await,
            // It was done, and somebody has marked it as not done since: see [`crate::prune`].
            Err(_) if row.payload.is_empty() => {
                Outcome::Never("it was done long ago, and its payload is pruned".to_owned())
            }
            // A newer server may have written it, and may be back.
            Err(_) => Outcome::Again {
                reason: "this version does not know the task".to_owned(),
                silent: false,
            },
        }
    };
    tokio::time::timeout(TRY_WITHIN, attempted)
        .await
        .unwrap_or_else(|_| Outcome::Again {
            reason: "it took too long".to_owned(),
            silent: true,
        })
}

async fn send(shop: &Shop, row: &outbox::Model, mail: &Mail) -> Outcome {
    let letter = match compose(shop, &row.checkout_id, mail).await {
        Ok(Composed::Letter(letter)) => letter,
        Ok(Composed::Nothing(reason)) => return Outcome::Done(Some(reason)),
        Err(error) => return unread(error),
    };
    crash_points::reach("outbox:before-mail");
    let sent = shop.mailer.send(&row.key, row.created_at, &letter).await;
    crash_points::reach("outbox:after-mail");
    match sent {
        Ok(_) => Outcome::Done(None),
        Err(SendError::Passing { reason, silent }) => Outcome::Again { reason, silent },
        Err(SendError::Lasting(reason)) => Outcome::Never(reason),
    }
}

async fn refund(shop: &Shop, row: &outbox::Model, again: u32) -> Outcome {
    let order = order::Entity::find()
        .filter(order::Column::CheckoutId.eq(&row.checkout_id))
        .one(shop.database.reader())
        .await;
    let order = match order {
        Ok(order) => order,
        Err(error) => return unread(error.into()),
    };
    let payment = order.and_then(|order| order.stripe_payment_intent_id);
    let (Some(payment), Ok(checkout)) = (payment, row.checkout_id.parse::<CheckoutId>()) else {
        return Outcome::Never("there is no payment that could go back".to_owned());
    };
    crash_points::reach("outbox:before-refund");
    let asked = shop.stripe.refund(&checkout, &payment, again).await;
    crash_points::reach("outbox:after-refund");
    match asked {
        Ok(RefundAsked::Made) => Outcome::Done(None),
        Ok(RefundAsked::Already) => Outcome::Done(Some("it had gone back already")),
        Err(CallError::Refused(answered)) => Outcome::Never(answered.to_string()),
        Err(error) if error.is_definite() => Outcome::Never(error.to_string()),
        Err(error) => Outcome::Again {
            silent: error.concerns_others(),
            reason: error.to_string(),
        },
    }
}

/// Has Stripe make a refund that the owner has asked for.
async fn refund_request(shop: &Shop, row: &outbox::Model, request: i64, again: u32) -> Outcome {
    let reader = shop.database.reader();
    let asked = refund_request::Entity::find_by_id(request)
        .one(reader)
        .await;
    let order = order::Entity::find()
        .filter(order::Column::CheckoutId.eq(&row.checkout_id))
        .one(reader)
        .await;
    let (asked, order) = match (asked, order) {
        (Ok(Some(asked)), Ok(Some(order))) => (asked, order),
        (Ok(_), Ok(_)) => return Outcome::Never("its request or its order is gone".to_owned()),
        (Err(error), _) | (_, Err(error)) => return unread(error.into()),
    };
    let payment = order.stripe_payment_intent_id;
    let (Some(payment), Ok(checkout)) = (payment, row.checkout_id.parse::<CheckoutId>()) else {
        return Outcome::Never("there is no payment that could go back".to_owned());
    };
    // A restored database gives numbers again that its lost requests had at Stripe.
    let name = format!("{request}-{}", asked.created_at.unix_timestamp());
    let part = PartRequest {
        checkout: &checkout,
        payment_intent: &payment,
        amount: asked.amount,
        request: &name,
        again,
        // A process may have died between Stripe's answer and the note.
        asked_before: row.attempts > 0
            || again > 0
            || clock::now() - row.created_at > KEY_TRUSTED_FOR,
    };
    crash_points::reach("outbox:before-refund");
    let asked = shop.stripe.refund_part(&part).await;
    crash_points::reach("outbox:after-refund");
    match asked {
        Ok(PartAsked::Made(id)) => Outcome::Refunded(id),
        Ok(PartAsked::Already) => {
            Outcome::Never("everything had gone back before, by another refund".to_owned())
        }
        Err(CallError::Refused(answered)) => Outcome::Never(answered.to_string()),
        Err(error) if error.is_definite() => Outcome::Never(error.to_string()),
        Err(error) => Outcome::Again {
            silent: error.concerns_others(),
            reason: error.to_string(),
        },
    }
}

/// Asks Stripe how a dispute was decided, and notes that.
async fn settle(shop: &Shop, dispute: &str, contested_at: i64) -> Outcome {
    let status = match shop.stripe.dispute_status(dispute).await {
        Ok(Some(status)) => status,
        Ok(None) => return Outcome::Never("Stripe does not know the dispute".to_owned()),
        // Also where Stripe refuses: a restricted key may have to be allowed it first.
        Err(error) => {
            return Outcome::Again {
                silent: matches!(error, CallError::Silent(_)),
                reason: error.to_string(),
            };
        }
    };
    let status = match status.parse::<DisputeStatus>() {
        Ok(status) if status.is_decided() => status,
        _ => {
            return Outcome::Again {
                reason: "Stripe says that the dispute is not decided".to_owned(),
                silent: false,
            };
        }
    };
    let written = async {
        let transaction = shop.database.begin_write().await?;
        let settled = settle_dispute(&transaction, dispute, contested_at, status).await?;
        transaction.commit().await?;
        Ok(settled)
    };
    match written.await {
        Ok(true) => Outcome::Done(None),
        Ok(false) => Outcome::Done(Some("settled meanwhile")),
        Err(ApplyError::Lasting(reason)) => Outcome::Never(reason),
        Err(ApplyError::Passing(_)) => Outcome::Again {
            reason: "its rows could not be written".to_owned(),
            silent: false,
        },
    }
}

/// A row that cannot be read holds up its own task only.
fn unread(error: CheckoutError) -> Outcome {
    let reason = match error {
        CheckoutError::Row(what) => format!("its rows cannot be read: {what}"),
        CheckoutError::Database(_)
        | CheckoutError::Randomness(_)
        | CheckoutError::Step(_)
        | CheckoutError::Panicked => "its rows could not be read".to_owned(),
    };
    Outcome::Again {
        reason,
        silent: false,
    }
}

/// What is written about a task after a try.
#[derive(Debug)]
struct Verdict {
    state: TaskState,
    attempts: i32,
    error: Option<String>,
    due_at: OffsetDateTime,
    /// Stripe's id of the refund that was asked for.
    refund: Option<String>,
}

/// What follows from a try; logged and counted, not yet written.
fn judge(row: &outbox::Model, outcome: Outcome, worked: &mut Worked) -> Verdict {
    let attempts = row.attempts.saturating_add(1);
    let pause = pause_after(attempts);
    let mut refund = None;
    let (state, error) = match outcome {
        Outcome::Done(reason) => (TaskState::Done, reason.map(str::to_owned)),
        Outcome::Refunded(id) => {
            refund = Some(id);
            (TaskState::Done, None)
        }
        Outcome::Again { reason, .. } if pause.is_some() => (TaskState::Pending, Some(reason)),
        Outcome::Again { reason, .. } | Outcome::Never(reason) => (TaskState::Dead, Some(reason)),
    };
    match state {
        TaskState::Done => worked.done += 1,
        TaskState::Pending => worked.failed += 1,
        TaskState::Dead => worked.dead += 1,
    }
    tell(row, attempts, state, error.as_deref());
    let due_at = match (state, pause) {
        (TaskState::Pending, Some(pause)) => clock::now() + jittered(pause),
        _ => row.due_at,
    };
    Verdict {
        state,
        attempts,
        error,
        due_at,
        refund,
    }
}

/// Writes what a try came to, and renews the lease for the next one. Says whether the lease was still ours.
async fn note(
    shop: &Shop,
    lease: &Lease,
    row: &outbox::Model,
    verdict: &Verdict,
) -> Result<bool, DbErr> {
    let mut tried = 1;
    loop {
        match try_note(shop, lease, row, verdict).await {
            Err(error) if tried < NOTED_AFTER => tracing::warn!(
                task = row.id,
                error = &error as &dyn std::error::Error,
                "what became of outbox task {} could not be written; trying again",
                row.id
            ),
            written => return written,
        }
        tried += 1;
        tokio::time::sleep(NOTE_AGAIN_AFTER).await;
    }
}

async fn try_note(
    shop: &Shop,
    lease: &Lease,
    row: &outbox::Model,
    verdict: &Verdict,
) -> Result<bool, DbErr> {
    let transaction = shop.database.begin_write().await?;
    let noted = outbox::Entity::update_many()
        .col_expr(outbox::Column::State, Expr::value(verdict.state.as_str()))
        .col_expr(outbox::Column::Attempts, Expr::value(verdict.attempts))
        .col_expr(outbox::Column::Error, Expr::value(verdict.error.clone()))
        .col_expr(outbox::Column::DueAt, Expr::value(verdict.due_at))
        .col_expr(outbox::Column::UpdatedAt, Expr::value(clock::now()))
        .filter(outbox::Column::Id.eq(row.id))
        // Where a worker that had lost its lease comes late, the other one's note stands.
        .filter(outbox::Column::State.eq(TaskState::Pending.as_str()))
        .filter(outbox::Column::Attempts.eq(row.attempts))
        .exec(&transaction)
        .await?
        .rows_affected
        == 1;
    if noted && row.kind == Task::refund().kind() {
        note_refund(&transaction, row, verdict).await?;
    }
    let ours = lease.renew_within(&transaction).await?;
    transaction.commit().await?;
    crash_points::reach("outbox:after-done");
    Ok(ours)
}

/// Writes what a refund came to where it was asked for, and tells the owner of money that should
/// have gone back and did not.
async fn note_refund(
    transaction: &DatabaseTransaction,
    row: &outbox::Model,
    verdict: &Verdict,
) -> Result<(), DbErr> {
    let task = serde_json::from_str(&row.payload).unwrap_or_else(|_| Task::refund());
    let reason = match (task, verdict.state) {
        (Task::RefundRequest { request, .. }, TaskState::Done) => {
            let refund = verdict.refund.as_deref().unwrap_or_default();
            return note_made(transaction, request, refund).await;
        }
        (Task::RefundRequest { request, again }, TaskState::Dead) => {
            note_state(transaction, request, RequestState::Refused).await?;
            Attention::RequestRefused { request, again }
        }
        (Task::Refund { again }, TaskState::Dead) => Attention::RefundRefused { again },
        _ => return Ok(()),
    };
    let mail = Mail::Attention { reason };
    enqueue(transaction, &row.checkout_id, &Task::Mail { mail }).await
}

fn pause_after(attempts: i32) -> Option<Duration> {
    let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
    PAUSES.get(index).copied()
}

fn tell(row: &outbox::Model, attempts: i32, state: TaskState, error: Option<&str>) {
    let (task, key) = (row.id, row.key.as_str());
    let reason = error.unwrap_or_default();
    match state {
        TaskState::Done => tracing::info!(task, key, reason, "outbox task {task} is done"),
        TaskState::Pending => tracing::warn!(
            task,
            key,
            attempts,
            reason,
            "outbox task {task} failed and is tried again: {reason}"
        ),
        TaskState::Dead => tracing::error!(
            task,
            key,
            attempts,
            reason,
            "outbox task {task} is dead and needs the owner's attention: {reason}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail;

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!(pause_after(0), None);
        assert_eq!(pause_after(1), Some(Duration::from_secs(30)));
        assert!(PAUSES.is_sorted());
        assert_eq!(pause_after(9), Some(Duration::from_secs(24 * 60 * 60)));
        assert_eq!(pause_after(10), None);
    }

    #[test]
    fn a_mail_has_its_time_within_a_try() {
        assert!(mail::smtp::SENT_WITHIN < TRY_WITHIN);
    }
}
