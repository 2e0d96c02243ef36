//! Stripe's events: checked, stored once, applied once.
//!
//! A server hands the raw body to [`signature::verify`] and then to [`receive`]. Everything that an event changes is
//! written in one transaction together with the event itself, so that an event that is stored as applied has been applied.
//!
//! An event that cannot be applied is stored all the same, with its reason:
//!
//! ```text
//!            ┌► applied                      pending: it refers to an order that is not here yet, and is applied with it
//! received ──┼► ignored                      failed:  tried again with growing pauses, then dead
//!            ├► pending ──► applied | ignored      ignored: its order came too late for it, and takes it all the same
//!            └► failed ───► applied | ignored | dead ──(replay)──► applied | ignored | failed
//! ```

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, TransactionTrait, TryInsertResult,
};
use time::{Duration, OffsetDateTime};

use crate::checkout::CheckoutError;
use crate::database::is_lasting;
use crate::entity::stripe_event;
use crate::{Shop, clock, crash_points};

mod apply;
pub mod dismissal;
pub mod listing;
pub mod payload;
pub mod retry;
pub mod signature;
pub mod text;

pub(crate) use apply::{TYPES, settle_dispute};
use payload::Envelope;

/// How long an event waits for the order that it refers to. Stripe itself sends an event for three days
/// (<https://docs.stripe.com/webhooks#automatic-retries>); what has no order by then is somebody else's.
const WAITS_AT_MOST: Duration = Duration::days(7);

/// What became of a stored event. The database stores the lower-case names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// It refers to an order that is not here yet.
    Pending,
    /// Everything that follows from it is written.
    Applied,
    /// Nothing follows from it: not our session, a type that we do not need, or its order has not come in time. Should the
    /// order come after all, it is applied.
    Ignored,
    /// It should have been applied and could not be; it is tried again.
    Failed,
    /// Tried often enough: only the owner can have it tried again.
    Dead,
}

impl EventState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Applied,
        Self::Ignored,
        Self::Failed,
        Self::Dead,
    ];

    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
            Self::Dead => "dead",
        }
    }
}

/// How an event came here. The database stores the lower-case names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Stripe sent it, and its signature was right.
    Webhook,
    /// Read from Stripe with our key.
    Pulled,
}

impl Source {
    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Pulled => "pulled",
        }
    }
}

/// How an event was settled. All of these are a success to Stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Stored and settled now.
    Settled(EventState),
    /// It had been settled before.
    Duplicate,
}

/// Why an event was not stored.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// Not an event: no JSON, or without id and type. Becomes a 400.
    #[error("the body is not an event")]
    NotAnEvent,
    /// Our passing trouble. Becomes a 503, and Stripe sends the event again.
    #[error("the event could not be stored")]
    Unavailable(#[source] CheckoutError),
}

impl From<DbErr> for InboxError {
    fn from(error: DbErr) -> Self {
        Self::Unavailable(CheckoutError::Database(error))
    }
}

/// What applying an event came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It concerns this checkout, and stands.
    Applied {
        checkout: String,
        /// The payment intent of an order that came to be: what waited for it can be applied.
        ordered: Option<String>,
    },
    /// It is not for us, for this reason.
    Ignored(&'static str),
    /// It refers to the order of this payment intent, which is not here.
    Waits { payment_intent: String },
}

/// Why an event could not be applied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    /// It would fail again, however often it came.
    #[error("{0}")]
    Lasting(String),
    /// The next delivery may succeed.
    #[error(transparent)]
    Passing(CheckoutError),
}

impl From<CheckoutError> for ApplyError {
    fn from(error: CheckoutError) -> Self {
        match error {
            CheckoutError::Database(error) => error.into(),
            // A row that cannot be read stays so until somebody mends it.
            CheckoutError::Row(_) => Self::Lasting(error.to_string()),
            CheckoutError::Randomness(_) | CheckoutError::Step(_) => Self::Passing(error),
        }
    }
}

impl From<DbErr> for ApplyError {
    fn from(error: DbErr) -> Self {
        if is_lasting(&error) {
            Self::Lasting(error.to_string())
        } else {
            Self::Passing(CheckoutError::Database(error))
        }
    }
}

/// Stores an event that Stripe has sent, and applies it. When this returns `Ok`, the result is durable.
///
/// # Errors
/// [`InboxError`]; then nothing is stored.
pub async fn receive(shop: &Shop, body: &str) -> Result<Received, InboxError> {
    receive_from(shop, body, Source::Webhook).await
}

/// Stores an event whose origin is proven, and applies it. When this returns `Ok`, the result is durable.
///
/// # Errors
/// [`InboxError`]; then nothing is stored.
pub async fn receive_from(shop: &Shop, body: &str, source: Source) -> Result<Received, InboxError> {
    let envelope = Envelope::read(body).ok_or(InboxError::NotAnEvent)?;
    crash_points::reach("receive:before-transaction");
    let transaction = shop.database.begin_write().await?;
    crash_points::reach("receive:before-insert");
    if !insert(&transaction, &envelope, body, source).await? {
        // Whoever stored it has committed: on PostgreSQL the insert waited for that, on SQLite the transaction did.
        if source == Source::Webhook && note_webhook(&transaction, &envelope.id).await? {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        return Ok(Received::Duplicate);
    }
    crash_points::reach("receive:after-insert");
    let state = settle(shop, &transaction, &envelope, Try::Counted(0)).await?;
    crash_points::reach("receive:before-commit");
    transaction.commit().await?;
    crash_points::reach("receive:after-commit");
    tracing::info!(
        event = envelope.id,
        r#type = envelope.r#type,
        state = state.as_str(),
        "event {} is {}",
        envelope.id,
        state.as_str()
    );
    Ok(Received::Settled(state))
}

/// Stores the event as it came. Says whether it was new.
async fn insert(
    transaction: &DatabaseTransaction,
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
        state: EventState::Pending.as_str().to_owned(),
        error: None,
        checkout_id: None,
        created_at: envelope.created_at(),
        received_at: now,
        attempts: 0,
        due_at: None,
        waits_for: None,
        source: source.as_str().to_owned(),
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

/// The reconciler was faster than the webhook: that it came at all is what tells that webhooks arrive.
async fn note_webhook(transaction: &DatabaseTransaction, event: &str) -> Result<bool, DbErr> {
    let noted = stripe_event::Entity::update_many()
        .col_expr(
            stripe_event::Column::Source,
            Expr::value(Source::Webhook.as_str()),
        )
        .col_expr(stripe_event::Column::ReceivedAt, Expr::value(clock::now()))
        .filter(stripe_event::Column::Id.eq(event))
        .filter(stripe_event::Column::Source.eq(Source::Pulled.as_str()))
        .exec(transaction)
        .await?;
    Ok(noted.rows_affected == 1)
}

/// How an event that fails or waits is noted.
#[derive(Clone, Copy, Debug)]
enum Try {
    /// It counts, after this many tries in vain: the next pause is longer, and after the last one the event is dead.
    Counted(i32),
    /// The owner asked about an event in this state. One that fails or waits as before stays as it was; one that now does
    /// the other begins with that, after so many tries in vain.
    ByHand {
        state: Option<EventState>,
        due_at: Option<OffsetDateTime>,
        in_vain: i32,
    },
}

/// Applies a stored event, and after it every event that has waited for its order, also those that were given up meanwhile.
async fn settle(
    shop: &Shop,
    transaction: &DatabaseTransaction,
    envelope: &Envelope,
    how: Try,
) -> Result<EventState, InboxError> {
    let (state, ordered) = settle_one(shop, transaction, envelope, how).await?;
    if let Some(payment_intent) = ordered {
        let waiting = stripe_event::Entity::find()
            .filter(stripe_event::Column::WaitsFor.eq(payment_intent))
            .filter(
                stripe_event::Column::State
                    .is_in([EventState::Pending.as_str(), EventState::Ignored.as_str()]),
            )
            .order_by_asc(stripe_event::Column::CreatedAt)
            .order_by_asc(stripe_event::Column::Id)
            .all(transaction)
            .await?;
        for event in waiting {
            if let Some(envelope) = Envelope::read(&event.payload) {
                let how = Try::Counted(event.attempts);
                settle_one(shop, transaction, &envelope, how).await?;
            }
        }
    }
    Ok(state)
}

/// Applies one event inside a savepoint, and notes what came of it. Also says which payment intent has an order now.
async fn settle_one(
    shop: &Shop,
    transaction: &DatabaseTransaction,
    envelope: &Envelope,
    how: Try,
) -> Result<(EventState, Option<String>), InboxError> {
    let savepoint = transaction.begin().await?;
    let applied = apply::apply(&savepoint, envelope, &shop.settings).await;
    let mut note = Note::default();
    let mut ordered = None;
    let state = match applied {
        Ok(outcome) => {
            savepoint.commit().await?;
            match outcome {
                Outcome::Applied {
                    checkout,
                    ordered: intent,
                } => {
                    note.checkout = Some(checkout);
                    ordered = intent;
                    EventState::Applied
                }
                Outcome::Ignored(reason) => {
                    note.error = Some(reason.to_owned());
                    EventState::Ignored
                }
                Outcome::Waits { payment_intent } => {
                    note.error = Some("its order is not here yet".to_owned());
                    note.due_at = match how {
                        Try::ByHand {
                            state: Some(EventState::Pending),
                            due_at: Some(due_at),
                            ..
                        } => Some(due_at),
                        _ => Some(given_up_at(envelope)),
                    };
                    note.waits_for = Some(payment_intent);
                    EventState::Pending
                }
            }
        }
        Err(ApplyError::Lasting(reason)) => {
            savepoint.rollback().await?;
            tracing::error!(
                event = envelope.id,
                reason,
                "event {} cannot be applied: {reason}",
                envelope.id
            );
            note.error = Some(reason);
            let dead = match how {
                Try::ByHand {
                    state: Some(state @ (EventState::Failed | EventState::Dead)),
                    due_at,
                    ..
                } => {
                    note.due_at = due_at;
                    state == EventState::Dead
                }
                Try::Counted(in_vain) | Try::ByHand { in_vain, .. } => {
                    let in_vain = in_vain.saturating_add(1);
                    note.attempts = Some(in_vain);
                    note.due_at = retry::pause_after(in_vain).map(|pause| clock::now() + pause);
                    note.due_at.is_none()
                }
            };
            if dead {
                EventState::Dead
            } else {
                EventState::Failed
            }
        }
        Err(ApplyError::Passing(error)) => return Err(InboxError::Unavailable(error)),
    };
    crash_points::reach("receive:after-apply");
    record(transaction, &envelope.id, state, note).await?;
    Ok((state, ordered))
}

/// When an event stops waiting for its order.
fn given_up_at(envelope: &Envelope) -> OffsetDateTime {
    let from = envelope.created_at().max(clock::now());
    from.checked_add(WAITS_AT_MOST).unwrap_or(from)
}

/// What is noted beside an event's state.
#[derive(Debug, Default)]
struct Note {
    error: Option<String>,
    checkout: Option<String>,
    /// `None` leaves the count as it is.
    attempts: Option<i32>,
    due_at: Option<OffsetDateTime>,
    waits_for: Option<String>,
}

async fn record(
    transaction: &DatabaseTransaction,
    event: &str,
    state: EventState,
    note: Note,
) -> Result<(), DbErr> {
    let mut update = stripe_event::Entity::update_many()
        .col_expr(stripe_event::Column::State, Expr::value(state.as_str()))
        .col_expr(stripe_event::Column::Error, Expr::value(note.error))
        .col_expr(stripe_event::Column::CheckoutId, Expr::value(note.checkout))
        .col_expr(stripe_event::Column::DueAt, Expr::value(note.due_at))
        .col_expr(stripe_event::Column::WaitsFor, Expr::value(note.waits_for));
    if let Some(attempts) = note.attempts {
        update = update.col_expr(stripe_event::Column::Attempts, Expr::value(attempts));
    }
    update
        .filter(stripe_event::Column::Id.eq(event))
        .exec(transaction)
        .await?;
    Ok(())
}
