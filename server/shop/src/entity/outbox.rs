//! Tasks to do outside the database after a transaction has been committed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The task's idempotency key: no task is enqueued twice.
    #[sea_orm(unique)]
    pub key: String,
    /// `mail`, `refund` or `dispute`, see [`crate::outbox::Task`].
    pub kind: String,
    /// The checkout that the task is about.
    pub checkout_id: String,
    /// A [`crate::outbox::Task`] as JSON. Holds no personal data: email addresses are read when the
    /// task is done. Emptied some time after that, see [`crate::prune`].
    pub payload: String,
    /// `pending`, `done` or `dead`.
    pub state: String,
    pub attempts: i32,
    /// Why the last attempt failed, or why nothing had to be done.
    pub error: Option<String>,
    /// When the next attempt is due.
    pub due_at: TimeDateTimeWithTimeZone,
    pub created_at: TimeDateTimeWithTimeZone,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
