//! How often a limited action was taken.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rate_limit")]
pub struct Model {
    /// A [`crate::limits::LimitedAction`] by its name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub action: String,
    /// A [`crate::limits::Client`] or its network, or the shop.
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    /// Times in the period that ends then.
    pub count: i64,
    /// When the period ends. The row means nothing afterwards, and is deleted.
    pub expires_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
