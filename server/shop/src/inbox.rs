//! Stripe's events: checked, stored once, applied once.
//!
//! A server hands the raw body to [`signature::verify`] and then to [`receive`]. Everything that an event changes is
//! written in one transaction together with the event itself, so that an event that is stored as applied has been applied.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, TransactionTrait, TryInsertResult,
};

use crate::checkout::CheckoutError;
use crate::database::is_lasting;
use crate::entity::stripe_event;
use crate::{Shop, clock};

mod apply;
pub mod payload;
pub mod signature;

use payload::Envelope;

/// What became of a stored event. The database stores the lower-case names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// Not settled yet. Never left behind by [`receive`].
    Pending,
    /// Everything that follows from it is written.
    Applied,
    /// Nothing follows from it: not our session, or a type that we do not need.
    Ignored,
    /// It should have been applied and could not be; the owner is to look at it.
    Failed,
}

impl EventState {
    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
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
    Applied { checkout: String },
    /// It is not for us, for this reason.
    Ignored(&'static str),
}

/// Why an event could not be applied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    /// It would fail again, however often it came.
    #[error("{0}")]
    Lasting(String),
    /// The next delivery may succeed.
    #[error(transparent)]
    Passing(#[from] CheckoutError),
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

/// Stores an event whose origin is proven, and applies it. When this returns `Ok`, the result is durable.
///
/// # Errors
/// [`InboxError`]; then nothing is stored.
pub async fn receive(shop: &Shop, body: &str) -> Result<Received, InboxError> {
    let envelope = Envelope::read(body).ok_or(InboxError::NotAnEvent)?;
    let transaction = shop.database.begin_write().await?;
    let now = clock::now();
    let row = stripe_event::Model {
        id: envelope.id.clone(),
        r#type: envelope.r#type.clone(),
        livemode: envelope.livemode,
        payload: body.to_owned(),
        state: EventState::Pending.as_str().to_owned(),
        error: None,
        checkout_id: None,
        created_at: time::OffsetDateTime::from_unix_timestamp(envelope.created).unwrap_or(now),
        received_at: now,
    };
    let inserted = stripe_event::Entity::insert(row.into_active_model().reset_all())
        .on_conflict_do_nothing_on([stripe_event::Column::Id])
        .exec(&transaction)
        .await?;
    if !matches!(inserted, TryInsertResult::Inserted(_)) {
        // Whoever stored it has committed: on PostgreSQL the insert waited for that, on SQLite the transaction did.
        transaction.rollback().await?;
        return Ok(Received::Duplicate);
    }
    let state = settle(shop, &transaction, &envelope).await?;
    transaction.commit().await?;
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

/// Applies the event inside a savepoint, and notes what came of it.
async fn settle(
    shop: &Shop,
    transaction: &DatabaseTransaction,
    envelope: &Envelope,
) -> Result<EventState, InboxError> {
    let savepoint = transaction.begin().await?;
    let applied = apply::apply(&savepoint, envelope, shop.settings.livemode).await;
    let (state, error, checkout) = match applied {
        Ok(Outcome::Applied { checkout }) => {
            savepoint.commit().await?;
            (EventState::Applied, None, Some(checkout))
        }
        Ok(Outcome::Ignored(reason)) => {
            savepoint.commit().await?;
            (EventState::Ignored, Some(reason.to_owned()), None)
        }
        Err(ApplyError::Lasting(reason)) => {
            savepoint.rollback().await?;
            tracing::error!(
                event = envelope.id,
                reason,
                "event {} cannot be applied: {reason}",
                envelope.id
            );
            (EventState::Failed, Some(reason), None)
        }
        Err(ApplyError::Passing(error)) => return Err(InboxError::Unavailable(error)),
    };
    stripe_event::Entity::update_many()
        .col_expr(stripe_event::Column::State, Expr::value(state.as_str()))
        .col_expr(stripe_event::Column::Error, Expr::value(error))
        .col_expr(stripe_event::Column::CheckoutId, Expr::value(checkout))
        .filter(stripe_event::Column::Id.eq(&envelope.id))
        .exec(transaction)
        .await?;
    Ok(state)
}
