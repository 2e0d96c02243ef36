//! One variant of a checkout, with its quoted names and price.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkout_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub checkout_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: i64,
    pub sku: String,
    pub product_name: String,
    /// Empty if the variant had no name.
    pub variant_name: String,
    /// Stripe's tax code, see [`super::variant::Model::tax_code`].
    pub tax_code: Option<String>,
    /// The stored picture that Stripe's page shows, see [`super::picture::Model::hash`].
    pub picture_hash: Option<String>,
    /// The price of one unit, in minor units of the checkout's currency.
    pub unit_amount: i64,
    pub quantity: i64,
}

impl ActiveModelBehavior for ActiveModel {}
