//! The worker: runs the tasks that are due one at a time and saves their outcomes.
//!
//! A task runs outside any transaction; its outcome is saved afterwards in a short one. If the
//! process dies in between, the task runs again: a refund is then the same one by its idempotency
//! key, and an email file is overwritten. Only an email that a server has accepted may arrive
//! twice, see [`crate::mail::smtp`].

use std::time::{Duration, Instant};

use backon::{ConstantBuilder, Retryable};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use time::OffsetDateTime;

use super::{Attention, Mail, Task, TaskKind, TaskState, WRITTEN_TO_FILE, enqueue};
use crate::checkout::CheckoutError;
use crate::database::WriteTransaction;
use crate::entity::{order, outbox, refund_request};
use crate::inbox::{ApplyError, resolve_contested_dispute};
use crate::isolated::run_isolated;
use crate::lease::{Job, Lease};
use crate::mail::compose::{ComposeError, ComposeOutcome, compose};
use crate::mail::{SendError, SentTo};
use crate::orders::payment_details::{self, FetchError, FetchOutcome};
use crate::orders::refund::{RequestState, mark_made, request_name, set_state};
use crate::stripe::{CallError, FullRefundOutcome, PartialRefund, PartialRefundOutcome};
use crate::{Shop, clock};
use till_core::refunds::DisputeStatus;
use till_core::token::CheckoutId;

/// The longest delay before each retry, two days in all; after the last one the task is dead. Each
/// delay is randomized to between 50% and 100%, so that tasks that failed together are not retried
/// together.
pub const RETRY_DELAYS: [Duration; 9] = [
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
/// Attempts in all.
pub const MAX_ATTEMPTS: usize = RETRY_DELAYS.len() + 1;
/// Timeout for one attempt. The lease is renewed in the meantime, so no other server starts the
/// same task.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(75);
/// When to try again to save an outcome while the database fails: an email whose sending was not
/// saved is sent again.
const SAVE_RETRIES: ConstantBuilder = ConstantBuilder::new()
    .with_delay(Duration::from_secs(1))
    .with_max_times(2);
/// No further task starts in a run after this time.
const MAX_RUN_TIME: Duration = Duration::from_secs(20);
/// Maximum number of tasks of each kind in one run.
const BATCH: u64 = 20;
/// Maximum number of payments whose details are fetched in one run: emails must not wait for many
/// calls to Stripe.
const DETAILS_BATCH: u64 = 5;
/// While its task is younger than this, a refund request relies on its idempotency key alone.
/// Later, Stripe may have forgotten the key, so existing refunds are checked first.
const MAX_KEY_AGE: Duration = Duration::from_secs(60 * 60);
/// In the order in which they run: money first.
const KINDS: [TaskKind; 4] = [
    TaskKind::Refund,
    TaskKind::Dispute,
    TaskKind::FetchPaymentDetails,
    TaskKind::Mail,
];
/// How long to wait for what Stripe does not know yet, such as a fee: it is there 2 to 3 seconds
/// after the payment.
const WAIT: Duration = Duration::from_secs(3);
/// How often to wait that long; after that, as long as after a failure.
const SHORT_WAITS: i32 = 5;

/// What a run did, in tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkReport {
    /// Done, or no longer needed.
    pub done: usize,
    /// Failed, to be retried.
    pub failed: usize,
    /// Given up.
    pub dead: usize,
    /// Whether more tasks may be due now, because a batch was full.
    pub more: bool,
}

/// The outcome of one attempt.
#[derive(Debug)]
enum AttemptOutcome {
    /// Done; or no longer needed, for this reason.
    Done(Option<&'static str>),
    /// Stripe has made the requested refund, with this id.
    Refunded(String),
    /// May succeed later. `unreachable` if the other side did not respond: the other tasks of this
    /// kind wait for the next run.
    Retry { reason: String, unreachable: bool },
    /// All is well, but Stripe does not know everything yet. After the last attempt it is done.
    Wait(&'static str),
    /// A retry would fail as well.
    GiveUp(String),
}

/// Runs the tasks that are due, unless another server does. Ends early, after the current task,
/// once `stopping` returns true or the lease is lost.
///
/// # Errors
/// If the database fails; outcomes that were saved before stay saved.
pub async fn work(shop: &Shop, stopping: impl Fn() -> bool) -> Result<WorkReport, DbErr> {
    let mut report = WorkReport::default();
    // Most runs find nothing due and need no lease.
    if due(shop, &KINDS, 1).await?.is_empty() {
        return Ok(report);
    }
    let Some(lease) = Lease::try_acquire(&shop.database, Job::Outbox).await? else {
        return Ok(report);
    };
    let started = Instant::now();
    for kind in KINDS {
        let batch = match kind {
            TaskKind::FetchPaymentDetails => DETAILS_BATCH,
            _ => BATCH,
        };
        let tasks = due(shop, &[kind], batch).await?;
        let is_full_batch = tasks.len() == usize::try_from(batch).unwrap_or(usize::MAX);
        for id in tasks {
            if stopping() {
                lease.release().await?;
                return Ok(report);
            }
            // Read again: the owner may have changed it since the list was read.
            let row = outbox::Entity::find_by_id(id)
                .one(shop.database.reader())
                .await?;
            let Some(row) = row.filter(is_due) else {
                continue;
            };
            let Some(outcome) = lease.run_while_held(attempt_isolated(shop, &row)).await else {
                tracing::warn!("lost the outbox's lease during a task");
                return Ok(report);
            };
            let unreachable = matches!(
                outcome,
                AttemptOutcome::Retry {
                    unreachable: true,
                    ..
                }
            );
            let update = plan_update(&row, outcome, &mut report);
            if !save(shop, &lease, &row, &update).await? {
                tracing::warn!("another server has taken over the outbox");
                return Ok(report);
            }
            if unreachable {
                // The other tasks of this kind would time out as well, and delay the next kind.
                break;
            }
            report.more |= is_full_batch;
            if started.elapsed() > MAX_RUN_TIME {
                // Slow emails: a refund may be due by now.
                report.more = true;
                break;
            }
        }
    }
    lease.release().await?;
    Ok(report)
}

fn is_due(task: &outbox::Model) -> bool {
    task.state == TaskState::Pending && task.due_at <= clock::now()
}

async fn due(shop: &Shop, kinds: &[TaskKind], limit: u64) -> Result<Vec<i64>, DbErr> {
    outbox::Entity::find()
        .select_only()
        .column(outbox::Column::Id)
        .filter(outbox::Column::State.eq(TaskState::Pending))
        .filter(outbox::Column::DueAt.lte(clock::now()))
        .filter(outbox::Column::Kind.is_in(kinds.iter().copied()))
        .order_by_asc(outbox::Column::DueAt)
        .order_by_asc(outbox::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(shop.database.reader())
        .await
}

/// Runs one task; a panic in it does not keep the others waiting.
async fn attempt_isolated(shop: &Shop, row: &outbox::Model) -> AttemptOutcome {
    let (shop, row) = (shop.clone(), row.clone());
    run_isolated(async move { attempt(&shop, &row).await })
        .await
        .unwrap_or_else(|panicked| AttemptOutcome::Retry {
            reason: panicked.to_string(),
            unreachable: false,
        })
}

/// Runs one task, outside any transaction.
async fn attempt(shop: &Shop, row: &outbox::Model) -> AttemptOutcome {
    let attempted = async {
        match serde_json::from_str(&row.payload) {
            Ok(Task::Mail { mail } | Task::MailAgain { mail, .. }) => send(shop, row, &mail).await,
            Ok(Task::Refund { manual_retries }) => refund(shop, row, manual_retries).await,
            Ok(Task::RefundRequest {
                request,
                manual_retries,
            }) => refund_request(shop, row, request, manual_retries).await,
            Ok(Task::Dispute {
                dispute,
                contested_at,
            }) => resolve_dispute(shop, &dispute, contested_at).await,
            Ok(Task::FetchPaymentDetails) => fetch_details(shop, row).await,
            // It was done, pruned ([`crate::prune`]), and then set to pending by hand.
            Err(_) if row.payload.is_empty() => AttemptOutcome::GiveUp(
                "it was done long ago, and its payload was pruned".to_owned(),
            ),
            // A newer version may have written it, and may run again.
            Err(_) => AttemptOutcome::Retry {
                reason: "unknown to this version of Till".to_owned(),
                unreachable: false,
            },
        }
    };
    tokio::time::timeout(ATTEMPT_TIMEOUT, attempted)
        .await
        .unwrap_or_else(|_| AttemptOutcome::Retry {
            reason: "timed out".to_owned(),
            unreachable: true,
        })
}

async fn send(shop: &Shop, row: &outbox::Model, mail: &Mail) -> AttemptOutcome {
    let email = match compose(shop, &row.checkout_id, mail).await {
        Ok(ComposeOutcome::Email(email)) => email,
        Ok(ComposeOutcome::Skip(reason)) => return AttemptOutcome::Done(Some(reason)),
        Err(ComposeError::Rows(error)) => return read_failure(error),
        Err(error @ ComposeError::Template(_)) => return AttemptOutcome::GiveUp(error.to_string()),
        Err(error @ ComposeError::Link(_)) => {
            return AttemptOutcome::Retry {
                reason: error.to_string(),
                unreachable: false,
            };
        }
    };
    let addresses = match shop.owner_settings().mail.addresses() {
        Ok(addresses) => addresses,
        Err(error) => {
            return AttemptOutcome::Retry {
                reason: error.to_string(),
                unreachable: false,
            };
        }
    };
    let mailer = &shop.mailer;
    let sent = mailer
        .send(&addresses, &row.key, row.created_at, &email)
        .await;
    match sent {
        Ok(SentTo::Server(_)) => AttemptOutcome::Done(None),
        Ok(SentTo::File(_)) => AttemptOutcome::Done(Some(WRITTEN_TO_FILE)),
        Err(SendError::Transient {
            reason,
            unreachable,
        }) => AttemptOutcome::Retry {
            reason,
            unreachable,
        },
        Err(SendError::Permanent(reason)) => AttemptOutcome::GiveUp(reason),
    }
}

async fn refund(shop: &Shop, row: &outbox::Model, manual_retries: u32) -> AttemptOutcome {
    let order = order::Entity::find()
        .filter(order::Column::CheckoutId.eq(&row.checkout_id))
        .one(shop.database.reader())
        .await;
    let order = match order {
        Ok(order) => order,
        Err(error) => return read_failure(error.into()),
    };
    let payment = order.and_then(|order| order.stripe_payment_intent_id);
    let (Some(payment), Ok(checkout)) = (payment, row.checkout_id.parse::<CheckoutId>()) else {
        return AttemptOutcome::GiveUp("there is no payment to refund".to_owned());
    };
    let outcome = shop
        .stripe
        .refund(&checkout, &payment, manual_retries)
        .await;
    match outcome {
        Ok(FullRefundOutcome::Made) => AttemptOutcome::Done(None),
        Ok(FullRefundOutcome::AlreadyRefunded) => AttemptOutcome::Done(Some("already refunded")),
        Err(CallError::Refused(response)) => AttemptOutcome::GiveUp(response.to_string()),
        Err(error) if error.was_not_executed() => AttemptOutcome::GiveUp(error.to_string()),
        Err(error) => AttemptOutcome::Retry {
            unreachable: error.affects_other_calls(),
            reason: error.to_string(),
        },
    }
}

/// Makes a refund that the owner has requested.
async fn refund_request(
    shop: &Shop,
    row: &outbox::Model,
    request: i64,
    manual_retries: u32,
) -> AttemptOutcome {
    let reader = shop.database.reader();
    let request_row = refund_request::Entity::find_by_id(request)
        .one(reader)
        .await;
    let order = order::Entity::find()
        .filter(order::Column::CheckoutId.eq(&row.checkout_id))
        .one(reader)
        .await;
    let (request_row, order) = match (request_row, order) {
        (Ok(Some(request_row)), Ok(Some(order))) => (request_row, order),
        (Ok(_), Ok(_)) => {
            return AttemptOutcome::GiveUp(
                "its refund request or its order does not exist".to_owned(),
            );
        }
        (Err(error), _) | (_, Err(error)) => return read_failure(error.into()),
    };
    let payment = order.stripe_payment_intent_id;
    let (Some(payment), Ok(checkout)) = (payment, row.checkout_id.parse::<CheckoutId>()) else {
        return AttemptOutcome::GiveUp("there is no payment to refund".to_owned());
    };
    let name = request_name(&request_row);
    let part = PartialRefund {
        checkout: &checkout,
        payment_intent: &payment,
        amount: request_row.amount,
        request: &name,
        manual_retries,
        // A process may have died between Stripe's response and saving it.
        may_exist: row.attempts > 0
            || manual_retries > 0
            || clock::now() - row.created_at > MAX_KEY_AGE,
    };
    let outcome = shop.stripe.refund_amount(&part).await;
    match outcome {
        Ok(PartialRefundOutcome::Made(id)) => AttemptOutcome::Refunded(id),
        Ok(PartialRefundOutcome::AlreadyRefunded) => {
            AttemptOutcome::GiveUp("already refunded in full by another refund".to_owned())
        }
        Err(CallError::Refused(response)) => AttemptOutcome::GiveUp(response.to_string()),
        Err(error) if error.was_not_executed() => AttemptOutcome::GiveUp(error.to_string()),
        Err(error) => AttemptOutcome::Retry {
            unreachable: error.affects_other_calls(),
            reason: error.to_string(),
        },
    }
}

/// Fetches the decision of a dispute from Stripe and saves it.
async fn resolve_dispute(shop: &Shop, dispute: &str, contested_at: i64) -> AttemptOutcome {
    let status = match shop.stripe.dispute_status(dispute).await {
        Ok(Some(status)) => status,
        Ok(None) => return AttemptOutcome::GiveUp("Stripe does not know the dispute".to_owned()),
        // A refusal is retried, too: a restricted key may still have to be granted access.
        Err(error) => {
            return AttemptOutcome::Retry {
                unreachable: matches!(error, CallError::NoResponse(_)),
                reason: error.to_string(),
            };
        }
    };
    let status = DisputeStatus::from(status);
    if !status.is_decided() {
        return AttemptOutcome::Retry {
            reason: "not decided yet at Stripe".to_owned(),
            unreachable: false,
        };
    }
    let written = async {
        let transaction = shop.database.begin_write("dispute").await?;
        let settled =
            resolve_contested_dispute(&transaction, dispute, contested_at, status).await?;
        transaction.commit().await?;
        Ok(settled)
    };
    match written.await {
        Ok(true) => AttemptOutcome::Done(None),
        Ok(false) => AttemptOutcome::Done(Some("has since been resolved")),
        Err(ApplyError::CannotApply(reason)) => AttemptOutcome::GiveUp(reason),
        Err(ApplyError::Unavailable(_)) => AttemptOutcome::Retry {
            reason: "its rows could not be saved".to_owned(),
            unreachable: false,
        },
    }
}

/// Fetches the details of a payment from Stripe and saves them.
async fn fetch_details(shop: &Shop, row: &outbox::Model) -> AttemptOutcome {
    match payment_details::fetch(shop, &row.checkout_id).await {
        Ok(FetchOutcome::Complete) => AttemptOutcome::Done(None),
        Ok(FetchOutcome::WithoutFee) => AttemptOutcome::Wait("waiting for Stripe's fee"),
        Ok(FetchOutcome::Missing(what)) => AttemptOutcome::GiveUp(what.to_owned()),
        Err(FetchError::Rows(error)) => read_failure(error),
        Err(FetchError::Stripe(error)) if error.affects_other_calls() => AttemptOutcome::Retry {
            unreachable: true,
            reason: error.to_string(),
        },
        Err(FetchError::Stripe(CallError::Refused(response))) => {
            AttemptOutcome::GiveUp(response.to_string())
        }
        Err(FetchError::Stripe(error)) => AttemptOutcome::Retry {
            unreachable: false,
            reason: error.to_string(),
        },
    }
}

/// The outcome if rows could not be read: only this task has to wait.
fn read_failure(error: CheckoutError) -> AttemptOutcome {
    let reason = match error {
        CheckoutError::NotFound(what) | CheckoutError::Internal(what) => {
            format!("its rows cannot be read: {what}")
        }
        CheckoutError::Database(_)
        | CheckoutError::Randomness(_)
        | CheckoutError::Step(_)
        | CheckoutError::Panicked => "its rows could not be read".to_owned(),
    };
    AttemptOutcome::Retry {
        reason,
        unreachable: false,
    }
}

/// What is saved about a task after an attempt.
#[derive(Debug)]
struct TaskUpdate {
    state: TaskState,
    attempts: i32,
    error: Option<String>,
    due_at: OffsetDateTime,
    /// Stripe's id of the requested refund.
    refund: Option<String>,
}

/// Determines what to save after an attempt; logs and counts it.
fn plan_update(
    row: &outbox::Model,
    outcome: AttemptOutcome,
    report: &mut WorkReport,
) -> TaskUpdate {
    let attempts = row.attempts.saturating_add(1);
    let delay = match outcome {
        AttemptOutcome::Wait(_) if attempts <= SHORT_WAITS => Some(WAIT),
        _ => retry_delay(attempts),
    };
    let is_waiting = matches!(outcome, AttemptOutcome::Wait(_));
    let mut refund = None;
    let (state, error) = match outcome {
        AttemptOutcome::Done(reason) => (TaskState::Done, reason.map(str::to_owned)),
        AttemptOutcome::Refunded(id) => {
            refund = Some(id);
            (TaskState::Done, None)
        }
        AttemptOutcome::Wait(reason) if delay.is_some() => {
            (TaskState::Pending, Some(reason.to_owned()))
        }
        AttemptOutcome::Wait(reason) => (TaskState::Done, Some(reason.to_owned())),
        AttemptOutcome::Retry { reason, .. } if delay.is_some() => {
            (TaskState::Pending, Some(reason))
        }
        AttemptOutcome::Retry { reason, .. } | AttemptOutcome::GiveUp(reason) => {
            (TaskState::Dead, Some(reason))
        }
    };
    match state {
        TaskState::Done => report.done += 1,
        TaskState::Pending if is_waiting => {}
        TaskState::Pending => report.failed += 1,
        TaskState::Dead => report.dead += 1,
    }
    if !(is_waiting && state == TaskState::Pending) {
        log_outcome(row, attempts, state, error.as_deref());
    }
    let due_at = match (state, delay) {
        (TaskState::Pending, Some(delay)) if is_waiting => clock::now() + delay,
        (TaskState::Pending, Some(delay)) => clock::now() + jittered(delay),
        _ => row.due_at,
    };
    TaskUpdate {
        state,
        attempts,
        error,
        due_at,
        refund,
    }
}

/// Saves the outcome of an attempt and renews the lease. Returns whether the lease was still held.
async fn save(
    shop: &Shop,
    lease: &Lease,
    row: &outbox::Model,
    update: &TaskUpdate,
) -> Result<bool, DbErr> {
    (|| try_save(shop, lease, row, update))
        .retry(SAVE_RETRIES)
        .notify(|error, _| {
            tracing::warn!(
                task = row.id,
                error = crate::error_chain::with_causes(error),
                "could not save the outcome of outbox task {}; retrying",
                row.id
            );
        })
        .await
}

async fn try_save(
    shop: &Shop,
    lease: &Lease,
    row: &outbox::Model,
    update: &TaskUpdate,
) -> Result<bool, DbErr> {
    let transaction = shop.database.begin_write("outbox").await?;
    let saved = outbox::Entity::update_many()
        .col_expr(outbox::Column::State, Expr::value(update.state))
        .col_expr(outbox::Column::Attempts, Expr::value(update.attempts))
        .col_expr(outbox::Column::Error, Expr::value(update.error.clone()))
        .col_expr(outbox::Column::DueAt, Expr::value(update.due_at))
        .col_expr(outbox::Column::UpdatedAt, Expr::value(clock::now()))
        .filter(outbox::Column::Id.eq(row.id))
        // A worker that has lost its lease must not overwrite what its successor saved.
        .filter(outbox::Column::State.eq(TaskState::Pending))
        .filter(outbox::Column::Attempts.eq(row.attempts))
        .exec(&transaction)
        .await?
        .rows_affected
        == 1;
    if saved && row.kind == TaskKind::Refund {
        save_refund_outcome(&transaction, row, update).await?;
    }
    let still_held = lease.renew_within(&transaction).await?;
    transaction.commit().await?;
    Ok(still_held)
}

/// Saves the outcome of a refund in its request, and notifies the owner of a refund that was not
/// made.
async fn save_refund_outcome(
    transaction: &WriteTransaction,
    row: &outbox::Model,
    update: &TaskUpdate,
) -> Result<(), DbErr> {
    let task = serde_json::from_str(&row.payload).unwrap_or_else(|_| Task::refund());
    let reason = match (task, update.state) {
        (Task::RefundRequest { request, .. }, TaskState::Done) => {
            let refund = update.refund.as_deref().unwrap_or_default();
            return mark_made(transaction, request, refund).await;
        }
        (
            Task::RefundRequest {
                request,
                manual_retries,
            },
            TaskState::Dead,
        ) => {
            set_state(transaction, request, RequestState::Refused).await?;
            Attention::RequestRefused {
                request,
                manual_retries,
            }
        }
        (Task::Refund { manual_retries }, TaskState::Dead) => {
            Attention::RefundRefused { manual_retries }
        }
        _ => return Ok(()),
    };
    let mail = Mail::Attention { reason };
    enqueue(transaction, &row.checkout_id, &Task::Mail { mail }).await
}

fn retry_delay(attempts: i32) -> Option<Duration> {
    let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
    RETRY_DELAYS.get(index).copied()
}

/// Randomizes a delay to between 50% and 100%.
fn jittered(delay: Duration) -> Duration {
    let mut byte = [0];
    // Without randomness the full delay is used.
    let share = if getrandom::fill(&mut byte).is_ok() {
        u32::from(byte[0])
    } else {
        255
    };
    delay / 2 + delay / 2 * share / 255
}

fn log_outcome(row: &outbox::Model, attempts: i32, state: TaskState, error: Option<&str>) {
    let (task, key) = (row.id, row.key.as_str());
    let reason = error.unwrap_or_default();
    match state {
        TaskState::Done => tracing::info!(task, key, reason, "outbox task {task} is done"),
        TaskState::Pending => tracing::warn!(
            task,
            key,
            attempts,
            reason,
            "outbox task {task} failed and will be retried: {reason}"
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
    fn retry_delays_grow_and_end() {
        assert_eq!(retry_delay(0), None);
        assert_eq!(retry_delay(1), Some(Duration::from_secs(30)));
        assert!(RETRY_DELAYS.is_sorted());
        assert_eq!(retry_delay(9), Some(Duration::from_secs(24 * 60 * 60)));
        assert_eq!(retry_delay(10), None);
    }

    #[test]
    fn each_delay_is_randomized_to_between_50_and_100_percent() {
        let delay = Duration::from_millis(200);
        for _ in 0..1_000 {
            let jittered = jittered(delay);
            assert!((delay / 2..=delay).contains(&jittered), "{jittered:?}");
        }
    }

    #[test]
    fn sending_an_email_times_out_before_its_attempt() {
        assert!(mail::smtp::SEND_TIMEOUT < ATTEMPT_TIMEOUT);
    }
}
