//! One product of a checkout, with its quoted name and price.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkout_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub checkout_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: i64,
    pub name: String,
    /// The price of one unit, in minor units of the checkout's currency.
    pub unit_amount: i64,
    pub quantity: i64,
}

impl ActiveModelBehavior for ActiveModel {}
