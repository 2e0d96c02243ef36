//! A product's name and description in a language, instead of its own.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_text")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: i64,
    /// The language's code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub language: String,
    /// `None`: the product's own.
    pub name: Option<String>,
    /// `None`: the product's own.
    pub description: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
