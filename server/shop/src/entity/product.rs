//! A product: what has a name, a description and a page. What is sold are its variants.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The last part of its page's URL.
    #[sea_orm(unique)]
    pub slug: String,
    pub name: String,
    pub description: String,
    /// Empty if the owner gave none.
    pub brand: String,
    /// Who has made it; empty if the owner does not say, as are the following.
    pub manufacturer_name: String,
    pub manufacturer_address: String,
    /// An email address or a website.
    pub manufacturer_contact: String,
    /// Who is responsible in the EU for what is made outside it.
    pub responsible_person: String,
    /// Warnings and safety information.
    pub safety: String,
    pub category_id: Option<i64>,
    pub position: i64,
    pub active: bool,
    /// Whether it has ever been on sale. If not, its name is not public.
    pub listed: bool,
    /// Grows with every change of the product and its variants, but not of their stock: whoever
    /// saves says which one was shown.
    pub version: i64,
    pub created_at: TimeDateTimeWithTimeZone,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
