//! One tax of an order, as Stripe states it. Fetched after the payment, see
//! [`crate::orders::payment_details`].

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_tax")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: i64,
    /// Its place in Stripe's list, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// Stripe's name of the tax, such as `VAT`.
    pub name: String,
    /// The rate in percent as a decimal number, such as `19` or `8.875`; `None` if Stripe states
    /// none.
    pub percentage: Option<String>,
    /// Where it is due, such as `Germany`.
    pub jurisdiction: Option<String>,
    /// Whether the prices include it; if not, it is added to them.
    pub inclusive: bool,
    /// In minor units of the order's currency.
    pub amount: i64,
    /// What it is calculated on, in minor units.
    pub taxable_amount: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
