//! What must happen outside the database once a transaction stands.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its own idempotency key: the same thing is never asked for twice.
    #[sea_orm(unique)]
    pub key: String,
    /// `mail`, `refund` or `dispute`, see [`crate::outbox::Task`].
    pub kind: String,
    /// The checkout that it belongs to.
    pub checkout_id: String,
    /// A [`crate::outbox::Task`] as JSON. Holds no personal data: addresses are read when it is
    /// done. Empty some time after it was done, see [`crate::prune`].
    pub payload: String,
    /// `pending`, `done` or `dead`.
    pub state: String,
    pub attempts: i32,
    /// Why the last attempt failed, or why nothing had to be done.
    pub error: Option<String>,
    /// The next attempt is made from then on.
    pub due_at: TimeDateTimeWithTimeZone,
    pub created_at: TimeDateTimeWithTimeZone,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
