//! The units that a requested refund is for, if it is not for an amount.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund_request_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: i64,
    pub quantity: i64,
    /// In minor units of the order's currency.
    pub amount: i64,
    /// How many of the units are not shipped yet and never will be.
    pub cancelled: i64,
}

impl ActiveModelBehavior for ActiveModel {}
