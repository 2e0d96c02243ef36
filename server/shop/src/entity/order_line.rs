//! One variant of an order, as it was ordered.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: i64,
    pub sku: String,
    pub product_name: String,
    /// Empty if the variant had no name.
    pub variant_name: String,
    /// The price of one unit, in minor units of the order's currency.
    pub unit_amount: i64,
    pub quantity: i64,
    /// Units taken out of stock: all, none if stock is not counted, fewer if the order is oversold.
    pub stock_taken: i64,
    /// How many of them were returned to stock with a refund.
    pub restocked: i64,
    /// Units that were refunded and kept before they were shipped: they never are.
    pub cancelled: i64,
    /// The line's share of the discount, in minor units; `None` until it is fetched from Stripe.
    pub amount_discount: Option<i64>,
    /// The line's tax, in minor units; `None` until it is fetched.
    pub amount_tax: Option<i64>,
    /// What was paid for the line, in minor units; `None` until it is fetched.
    pub amount_total: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
