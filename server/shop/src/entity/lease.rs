//! Which server runs a job.

use sea_orm::entity::prelude::*;
use strum::{AsRefStr, Display};

/// A job that one server runs at a time.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, Display, EnumIter, DeriveActiveEnum,
)]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Job {
    /// Ends abandoned checkouts.
    Sweep,
    /// Retries failed events.
    Inbox,
    /// Sends emails and refunds.
    Outbox,
    /// Compares orders with Stripe.
    Reconcile,
    /// Deletes data that is no longer needed.
    Prune,
    /// Writes the price history of sales.
    Prices,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lease")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: Job,
    /// Random, new each time the lease is acquired.
    pub holder: String,
    pub expires_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
