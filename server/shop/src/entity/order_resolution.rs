//! The owner's resolution of an order that needed attention.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_resolution")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub order_id: i64,
    /// The operating system's user name.
    pub resolved_by: String,
    /// The owner's reason.
    pub note: String,
    pub resolved_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
