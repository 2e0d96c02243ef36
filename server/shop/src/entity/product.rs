//! What is sold.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The owner's own article number; imports find the product by it.
    #[sea_orm(unique)]
    pub sku: String,
    #[sea_orm(unique)]
    pub slug: String,
    pub name: String,
    pub description: String,
    /// Of one piece, in minor units of `currency`.
    pub price: i64,
    pub currency: String,
    /// Pieces that are not sold yet, held ones included; `None` where nobody counts.
    pub stock: Option<i64>,
    /// Pieces that open checkouts hold; counted for uncounted stock too.
    pub held: i64,
    pub max_per_order: i64,
    pub image: String,
    pub category: String,
    pub position: i64,
    pub active: bool,
    /// Whether it has ever been on sale: if not, nobody is to learn its name.
    pub listed: bool,
    pub created_at: TimeDateTimeWithTimeZone,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
