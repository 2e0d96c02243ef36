//! Stripe's webhook events: verified, stored once, applied once.
//!
//! A server passes the raw body to [`signature::verify`] and then to [`receive`]. The event and
//! everything it changes are written in one transaction, so an event stored as applied has been
//! applied.
//!
//! An event that cannot be applied is stored too, with the reason:
//!
//! ```text
//!            ┌► applied
//! received ──┼► ignored
//!            ├► pending ──► applied | ignored
//!            └► failed ───► applied | ignored | dead ──(replay)──► applied | ignored | failed
//! ```
//!
//! - pending: it refers to an order that does not exist yet, and is applied together with it
//! - failed: retried with growing delays, then dead
//! - ignored: nothing to do; a pending event whose order did not come in time ends here too, and is
//!   applied if the order is created later

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    TryInsertResult,
};
use time::{Duration, OffsetDateTime};

use crate::checkout::{CheckoutError, shown_stock};
use crate::database::{WriteTransaction, is_permanent, savepoint};
use crate::entity::stripe_event;
use crate::notice::{self, Notice};
use crate::stripe::API_VERSION;
use crate::{Shop, clock};

mod apply;
pub mod dismissal;
pub mod listing;
pub mod payload;
pub mod retry;
pub mod signature;
pub mod text;

pub use crate::entity::stripe_event::{EventState, Source};
pub(crate) use apply::{TYPES, payment, resolve_contested_dispute, storable};
use payload::Envelope;

/// How long an event waits for the order that it refers to. Stripe retries for three days
/// (<https://docs.stripe.com/webhooks#automatic-retries>); an event that has no order after that is
/// unrelated to this shop.
const MAX_PENDING_AGE: Duration = Duration::days(7);

/// What became of a received event. Stripe gets a success response for all of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiveOutcome {
    /// Stored now, in this state.
    Stored(EventState),
    /// It was stored before.
    Duplicate,
    /// The shop cannot use its shape, for example a thin event. It is not stored and does not count
    /// as a working webhook; the owner is notified.
    Unusable,
}

/// Why an event was not stored.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// Not an event: not JSON, or without id or type. Becomes a 400.
    #[error("the body is not an event")]
    NotAnEvent,
    /// A transient failure on our side. Becomes a 503, and Stripe sends the event again.
    #[error("the event could not be stored")]
    Unavailable(#[source] CheckoutError),
}

impl From<DbErr> for InboxError {
    fn from(error: DbErr) -> Self {
        Self::Unavailable(CheckoutError::Database(error))
    }
}

/// What applying an event led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApplyOutcome {
    /// It belongs to this checkout and is applied.
    Applied {
        checkout: String,
        /// The payment intent of the order it created: events that wait for it can be applied.
        created_order_payment_intent: Option<String>,
    },
    /// It does not concern this shop, for this reason.
    Ignored(&'static str),
    /// It refers to the order of this payment intent, which does not exist yet.
    WaitsForOrder { payment_intent: String },
}

/// Why an event could not be applied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    /// The event itself cannot be applied, for example because a row is malformed. It is stored as
    /// failed and retried on a schedule, in case someone fixes the cause.
    #[error("{0}")]
    CannotApply(String),
    /// The next attempt may succeed.
    #[error(transparent)]
    Unavailable(CheckoutError),
}

impl From<CheckoutError> for ApplyError {
    fn from(error: CheckoutError) -> Self {
        match error {
            CheckoutError::Database(error) => error.into(),
            // What is missing stays missing until somebody fixes it.
            CheckoutError::NotFound(_) | CheckoutError::Internal(_) => {
                Self::CannotApply(error.to_string())
            }
            CheckoutError::Randomness(_) | CheckoutError::Step(_) | CheckoutError::Panicked => {
                Self::Unavailable(error)
            }
        }
    }
}

impl From<DbErr> for ApplyError {
    fn from(error: DbErr) -> Self {
        if is_permanent(&error) {
            Self::CannotApply(error.to_string())
        } else {
            Self::Unavailable(CheckoutError::Database(error))
        }
    }
}

/// Stores an event that Stripe has sent, and applies it. The result is durable on `Ok`.
///
/// # Errors
/// [`InboxError`]; nothing is stored in that case.
pub async fn receive(shop: &Shop, body: &str) -> Result<ReceiveOutcome, InboxError> {
    receive_from(shop, body, Source::Webhook).await
}

/// Stores an event whose origin is verified, and applies it. The result is durable on `Ok`.
///
/// # Errors
/// [`InboxError`]; nothing is stored in that case.
pub async fn receive_from(
    shop: &Shop,
    body: &str,
    source: Source,
) -> Result<ReceiveOutcome, InboxError> {
    let envelope = Envelope::read(body).ok_or(InboxError::NotAnEvent)?;
    // Settings decide about late payments, order numbers and emails.
    shop.live.refresh(&shop.database).await;
    if let Some(shape) = envelope.shape_problem() {
        return reject_unusable(shop, &envelope, &shape).await;
    }
    let transaction = shop.database.begin_write("receive").await?;
    if !insert(&transaction, &envelope, body, source).await? {
        // The transaction that stored it has committed: PostgreSQL made the insert wait for it, and
        // SQLite the whole transaction.
        if source == Source::Webhook && mark_as_delivered(&transaction, &envelope.id).await? {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        return Ok(ReceiveOutcome::Duplicate);
    }
    let by = AttemptBy::Shop(0);
    let (state, checkout) = apply_and_unblock(shop, &transaction, &envelope, by).await?;
    if source == Source::Webhook {
        warn_of_other_version(&transaction, &envelope).await?;
    }
    match &checkout {
        Some(checkout) => shown_stock::commit(shop, transaction, checkout).await?,
        None => transaction.commit().await?,
    }
    tracing::info!(
        event = envelope.id,
        r#type = envelope.r#type,
        state = state.as_ref(),
        "event {} is {state}",
        envelope.id
    );
    Ok(ReceiveOutcome::Stored(state))
}

/// Notifies the owner of an event that cannot be used.
async fn reject_unusable(
    shop: &Shop,
    envelope: &Envelope,
    shape: &str,
) -> Result<ReceiveOutcome, InboxError> {
    tracing::error!(
        event = envelope.id,
        "a webhook delivered {shape}, which cannot be used: in Stripe's dashboard, replace its \
         endpoint with one that uses the payload style \"snapshot\""
    );
    let transaction = shop.database.begin_write("unusable-event").await?;
    notice::record(&transaction, Notice::UnusableEvents, shape).await?;
    transaction.commit().await?;
    Ok(ReceiveOutcome::Unusable)
}

/// Warns once that an endpoint uses another version of Stripe's API than Till is built for.
async fn warn_of_other_version(
    transaction: &WriteTransaction,
    envelope: &Envelope,
) -> Result<(), DbErr> {
    let version = envelope.api_version.as_str();
    let is_plausible =
        (1..=40).contains(&version.len()) && version.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_plausible || version == API_VERSION {
        return Ok(());
    }
    let name = format!("api_version:{version}");
    if notice::record_once(transaction, &name, version).await? {
        tracing::warn!(
            version,
            "webhook events use version {version} of Stripe's API, but Till is built for \
             {API_VERSION}; anything that changed between them may not work. An endpoint keeps the \
             version it was created with; create a new endpoint to change it"
        );
    }
    Ok(())
}

/// Stores the event as received. Returns whether it was new.
async fn insert(
    transaction: &WriteTransaction,
    envelope: &Envelope,
    body: &str,
    source: Source,
) -> Result<bool, DbErr> {
    let now = clock::now();
    let row = stripe_event::Model {
        id: envelope.id.clone(),
        r#type: envelope.r#type.clone(),
        livemode: envelope.livemode,
        payload: body.to_owned(),
        state: EventState::Pending,
        error: None,
        checkout_id: None,
        created_at: envelope.created_at(),
        received_at: now,
        attempts: 0,
        due_at: None,
        waits_for: None,
        source,
        dismissed_at: None,
        dismissed_by: None,
        dismissed_note: None,
    };
    let inserted = stripe_event::Entity::insert(row.into_active_model().reset_all())
        .on_conflict_do_nothing_on([stripe_event::Column::Id])
        .exec(transaction)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(_)))
}

/// Records that the webhook of a pulled event arrived after all, which shows that webhooks work.
/// Returns whether the event had been pulled.
async fn mark_as_delivered(transaction: &WriteTransaction, event: &str) -> Result<bool, DbErr> {
    let updated = stripe_event::Entity::update_many()
        .col_expr(stripe_event::Column::Source, Expr::value(Source::Webhook))
        .col_expr(stripe_event::Column::ReceivedAt, Expr::value(clock::now()))
        .filter(stripe_event::Column::Id.eq(event))
        .filter(stripe_event::Column::Source.eq(Source::Pulled))
        .exec(transaction)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Who makes this attempt, which decides what is recorded if the event fails or waits.
#[derive(Clone, Copy, Debug)]
enum AttemptBy {
    /// The shop, after this many failed attempts: a failure counts, the next delay is longer, and
    /// after the last one the event is dead.
    Shop(i32),
    /// The owner, for an event in this state. If a retry by hand ends in the state it began in, its
    /// schedule is unchanged. If it goes from pending to failed or back, it gets a fresh schedule,
    /// with `attempts` counted so far.
    Owner {
        state: EventState,
        due_at: Option<OffsetDateTime>,
        attempts: i32,
    },
}

/// Applies a stored event, and then every event that waits for the order it created, including
/// those that gave up waiting. Returns also the id of its checkout, whose stock may have changed.
async fn apply_and_unblock(
    shop: &Shop,
    transaction: &WriteTransaction,
    envelope: &Envelope,
    by: AttemptBy,
) -> Result<(EventState, Option<String>), InboxError> {
    let (state, applied) = apply_and_record(shop, transaction, envelope, by).await?;
    if let Some(payment_intent) = &applied.created_order_payment_intent {
        apply_events_waiting_for(shop, transaction, payment_intent).await?;
    }
    Ok((state, applied.checkout))
}

/// Applies every event that waits for the order of this payment, which now exists.
pub(crate) async fn apply_events_waiting_for(
    shop: &Shop,
    transaction: &WriteTransaction,
    payment_intent: &str,
) -> Result<(), InboxError> {
    let waiting = stripe_event::Entity::find()
        .filter(stripe_event::Column::WaitsFor.eq(payment_intent))
        .filter(stripe_event::Column::State.is_in([EventState::Pending, EventState::Ignored]))
        .order_by_asc(stripe_event::Column::CreatedAt)
        .order_by_asc(stripe_event::Column::Id)
        .all(transaction)
        .await?;
    for event in waiting {
        if let Some(envelope) = Envelope::read(&event.payload) {
            let by = AttemptBy::Shop(event.attempts);
            apply_and_record(shop, transaction, &envelope, by).await?;
        }
    }
    Ok(())
}

/// What an event has changed.
#[derive(Debug, Default)]
struct Applied {
    /// The id of its checkout.
    checkout: Option<String>,
    /// The payment intent of the order it created, if it created one.
    created_order_payment_intent: Option<String>,
}

/// Applies one event inside a savepoint and records the outcome.
async fn apply_and_record(
    shop: &Shop,
    transaction: &WriteTransaction,
    envelope: &Envelope,
    by: AttemptBy,
) -> Result<(EventState, Applied), InboxError> {
    let savepoint = savepoint(transaction).await?;
    let outcome = apply::apply(&savepoint, envelope, shop).await;
    let mut details = StateDetails::default();
    let mut applied = Applied::default();
    let state = match outcome {
        Ok(outcome) => {
            savepoint.commit().await?;
            match outcome {
                ApplyOutcome::Applied {
                    checkout,
                    created_order_payment_intent,
                } => {
                    applied = Applied {
                        checkout: Some(checkout.clone()),
                        created_order_payment_intent,
                    };
                    details.checkout = Some(checkout);
                    EventState::Applied
                }
                ApplyOutcome::Ignored(reason) => {
                    details.error = Some(reason.to_owned());
                    EventState::Ignored
                }
                ApplyOutcome::WaitsForOrder { payment_intent } => {
                    details.error = Some("its order does not exist yet".to_owned());
                    details.due_at = match by {
                        AttemptBy::Owner {
                            state: EventState::Pending,
                            due_at: Some(due_at),
                            ..
                        } => Some(due_at),
                        _ => Some(pending_until(envelope)),
                    };
                    details.waits_for = Some(payment_intent);
                    EventState::Pending
                }
            }
        }
        Err(ApplyError::CannotApply(reason)) => {
            savepoint.rollback().await?;
            tracing::error!(
                event = envelope.id,
                reason,
                "event {} cannot be applied: {reason}",
                envelope.id
            );
            details.error = Some(reason);
            let dead = match by {
                AttemptBy::Owner {
                    state: state @ (EventState::Failed | EventState::Dead),
                    due_at,
                    ..
                } => {
                    details.due_at = due_at;
                    state == EventState::Dead
                }
                AttemptBy::Shop(attempts) | AttemptBy::Owner { attempts, .. } => {
                    let attempts = attempts.saturating_add(1);
                    details.attempts = Some(attempts);
                    details.due_at = retry::retry_delay(attempts).map(|delay| clock::now() + delay);
                    details.due_at.is_none()
                }
            };
            if dead {
                EventState::Dead
            } else {
                EventState::Failed
            }
        }
        Err(ApplyError::Unavailable(error)) => return Err(InboxError::Unavailable(error)),
    };
    record_state(transaction, &envelope.id, state, details).await?;
    Ok((state, applied))
}

/// Returns when an event stops waiting for its order.
fn pending_until(envelope: &Envelope) -> OffsetDateTime {
    let from = envelope.created_at().max(clock::now());
    from.checked_add(MAX_PENDING_AGE).unwrap_or(from)
}

/// What is recorded beside an event's state.
#[derive(Debug, Default)]
struct StateDetails {
    error: Option<String>,
    checkout: Option<String>,
    /// `None` leaves the count as it is.
    attempts: Option<i32>,
    due_at: Option<OffsetDateTime>,
    waits_for: Option<String>,
}

async fn record_state(
    transaction: &WriteTransaction,
    event: &str,
    state: EventState,
    details: StateDetails,
) -> Result<(), DbErr> {
    let mut update = stripe_event::Entity::update_many()
        .col_expr(stripe_event::Column::State, Expr::value(state))
        .col_expr(stripe_event::Column::Error, Expr::value(details.error))
        .col_expr(
            stripe_event::Column::CheckoutId,
            Expr::value(details.checkout),
        )
        .col_expr(stripe_event::Column::DueAt, Expr::value(details.due_at))
        .col_expr(
            stripe_event::Column::WaitsFor,
            Expr::value(details.waits_for),
        );
    if let Some(attempts) = details.attempts {
        update = update.col_expr(stripe_event::Column::Attempts, Expr::value(attempts));
    }
    update
        .filter(stripe_event::Column::Id.eq(event))
        .exec(transaction)
        .await?;
    Ok(())
}
