//! One product of an order, as it was ordered.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: i64,
    pub name: String,
    /// Of one piece, in minor units of the order's currency.
    pub unit_amount: i64,
    pub quantity: i64,
    /// Pieces that came out of the counted stock: all, none where nobody counts, fewer where the order is oversold.
    pub stock_taken: i64,
    /// Units of them that went back into stock with a refund.
    pub restocked: i64,
}

impl ActiveModelBehavior for ActiveModel {}
