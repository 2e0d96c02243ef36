//! How often a limited action was taken in a period.

use sea_orm::entity::prelude::*;
use till_core::limits::LimitedAction;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rate_limit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub action: LimitedAction,
    /// The key of a [`till_core::limits::Client`] or its network, `shop`, or the beginning of the
    /// SHA-256 of an email address.
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    /// Number of times in the period.
    pub count: i64,
    /// When the period ends. Afterwards the row is unused and is deleted.
    pub expires_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
