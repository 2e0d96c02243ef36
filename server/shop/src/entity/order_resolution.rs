//! That the owner has looked at an order which needed attention, and settled it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_resolution")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub order_id: i64,
    /// The user of the operating system.
    pub resolved_by: String,
    /// Why it is settled, in the owner's words.
    pub note: String,
    pub resolved_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
