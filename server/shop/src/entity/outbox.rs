//! Tasks to do outside the database after a transaction has been committed.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use strum::{AsRefStr, Display};

/// What a task does.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum TaskKind {
    /// It sends an email.
    Mail,
    /// It has Stripe make a refund.
    Refund,
    /// It fetches a dispute from Stripe.
    Dispute,
    /// It fetches the details of a payment from Stripe.
    FetchPaymentDetails,
}

/// The state of a task.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum TaskState {
    /// To be run, or retried.
    Pending,
    /// Done.
    Done,
    /// Given up; needs the owner's attention.
    Dead,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The task's idempotency key: no task is enqueued twice.
    #[sea_orm(unique)]
    pub key: String,
    pub kind: TaskKind,
    /// The checkout that the task is about.
    pub checkout_id: String,
    /// A [`crate::outbox::Task`] as JSON. Holds no personal data: email addresses are read when the
    /// task is done. Emptied some time after that, see [`crate::prune`].
    pub payload: String,
    pub state: TaskState,
    pub attempts: i32,
    /// Why the last attempt failed, or why nothing had to be done.
    pub error: Option<String>,
    /// When the next attempt is due.
    pub due_at: TimeDateTimeWithTimeZone,
    pub created_at: TimeDateTimeWithTimeZone,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
