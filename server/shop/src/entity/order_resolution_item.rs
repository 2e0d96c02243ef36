//! A dispute or refund that was known when its order was resolved.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_resolution_item")]
pub struct Model {
    /// `dispute:dp_…`, `inquiry:dp_…` or `refund:re_…`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    pub resolution_id: i64,
}

impl ActiveModelBehavior for ActiveModel {}
