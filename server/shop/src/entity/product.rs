//! A product.

use sea_orm::entity::prelude::*;
use till_core::money::CurrencyCode;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The owner's SKU, by which imports identify the product.
    #[sea_orm(unique)]
    pub sku: String,
    #[sea_orm(unique)]
    pub slug: String,
    pub name: String,
    pub description: String,
    /// The price of one unit, in minor units of `currency`.
    pub price: i64,
    pub currency: CurrencyCode,
    /// Unsold units, including held ones; `None` if stock is not counted.
    pub stock: Option<i64>,
    /// Units that unpaid checkouts hold, also if stock is not counted.
    pub held: i64,
    pub max_per_order: i64,
    pub image: String,
    pub category: String,
    pub position: i64,
    pub active: bool,
    /// Whether it has ever been on sale. If not, its name is not public.
    pub listed: bool,
    pub created_at: TimeDateTimeWithTimeZone,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
