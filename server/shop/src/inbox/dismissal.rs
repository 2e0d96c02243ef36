//! Events that cannot be applied and that the owner has dismissed.
//!
//! A dismissal is stored beside the event's state: the event keeps its reason and can still be
//! shown and replayed.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::EventState;
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::clock;
use crate::database::{Database, WriteTransaction, locked};
use crate::entity::stripe_event;

/// Who dismissed an event, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dismissal {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Who did it: a user of the admin or of the operating system.
    pub by: String,
    /// Why.
    pub note: String,
}

impl Dismissal {
    pub(super) fn of(event: &stripe_event::Model) -> Option<Self> {
        Some(Self {
            at: event.dismissed_at?,
            by: event.dismissed_by.clone().unwrap_or_default(),
            note: event.dismissed_note.clone().unwrap_or_default(),
        })
    }
}

/// What became of a request to dismiss an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DismissOutcome {
    /// It is dismissed now.
    Dismissed,
    /// It was dismissed before and keeps its first note.
    AlreadyDismissed,
    /// It has not failed but is in this state, so there is nothing to dismiss.
    NotFailed(EventState),
    /// There is no such event.
    Unknown,
}

/// Dismisses a failed or dead event for this person. It is not retried unless the owner replays it.
///
/// # Errors
/// If the database does not answer. Nothing has changed then.
pub async fn dismiss(
    database: &Database,
    id: &str,
    by: &Actor,
    note: &str,
) -> Result<DismissOutcome, DbErr> {
    let transaction = database.begin_write("dismiss").await?;
    let event = locked(stripe_event::Entity::find_by_id(id))
        .one(&transaction)
        .await?;
    let outcome = match event {
        None => DismissOutcome::Unknown,
        Some(event) if event.dismissed_at.is_some() => DismissOutcome::AlreadyDismissed,
        Some(event) => match event.state {
            EventState::Failed | EventState::Dead => DismissOutcome::Dismissed,
            state => DismissOutcome::NotFailed(state),
        },
    };
    if outcome != DismissOutcome::Dismissed {
        transaction.rollback().await?;
        return Ok(outcome);
    }
    stripe_event::Entity::update_many()
        .col_expr(
            stripe_event::Column::DismissedAt,
            Expr::value(Some(clock::now())),
        )
        .col_expr(
            stripe_event::Column::DismissedBy,
            Expr::value(Some(by.name.clone())),
        )
        .col_expr(
            stripe_event::Column::DismissedNote,
            Expr::value(Some(note.to_owned())),
        )
        .col_expr(
            stripe_event::Column::DueAt,
            Expr::value(Option::<OffsetDateTime>::None),
        )
        .filter(stripe_event::Column::Id.eq(id))
        .exec(&transaction)
        .await?;
    let entry = Entry {
        action: Action::DismissEvent,
        kind: SubjectKind::Event,
        subject: id.to_owned(),
        before: None,
        after: Some(json!({ "note": note })),
    };
    audit::write(&transaction, by, entry).await?;
    transaction.commit().await?;
    tracing::info!(event = id, "event {id} is dismissed");
    Ok(outcome)
}

/// Removes the dismissal of an event that has been applied after all.
pub(super) async fn clear(transaction: &WriteTransaction, id: &str) -> Result<(), DbErr> {
    stripe_event::Entity::update_many()
        .col_expr(
            stripe_event::Column::DismissedAt,
            Expr::value(Option::<OffsetDateTime>::None),
        )
        .col_expr(
            stripe_event::Column::DismissedBy,
            Expr::value(Option::<String>::None),
        )
        .col_expr(
            stripe_event::Column::DismissedNote,
            Expr::value(Option::<String>::None),
        )
        .filter(stripe_event::Column::Id.eq(id))
        .exec(transaction)
        .await?;
    Ok(())
}
