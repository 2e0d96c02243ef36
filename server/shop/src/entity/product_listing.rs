//! A product as lists and the search see it. `catalog::listing` writes the rows. Shoppers see those
//! that are on sale.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_listing")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: i64,
    pub category_id: Option<i64>,
    /// Whether it and one of its variants are on sale.
    pub on_sale: bool,
    /// The product's.
    pub position: i64,
    /// The product's name as lists sort it: folded, and cut.
    pub name: String,
    /// The lowest price of its variants on sale, in minor units.
    pub lowest_price: i64,
    /// The folded words that a search finds.
    pub search_text: String,
}

impl ActiveModelBehavior for ActiveModel {}
