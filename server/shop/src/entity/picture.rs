//! A picture of a product.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "picture")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: i64,
    /// Its place among the product's pictures, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// Its URL, absolute or from the site's root, as the owner gave it.
    pub address: String,
    /// What it shows; empty if the owner has not described it.
    pub alt: String,
    /// The content hash of its files in [`super::picture_file`]; `None` if it is not stored, so
    /// that browsers load it from its address.
    pub hash: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
