//! A product file that was uploaded, until its import is applied or forgotten.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_draft")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The file's name.
    pub name: String,
    pub content: Vec<u8>,
    /// Whose file it is: `till`, `shopify` or `woocommerce`.
    pub format: String,
    /// The currency of prices, if the file does not name it.
    pub currency: Option<String>,
    /// Whether to set the stock of existing variants.
    pub sets_stock: bool,
    /// Who uploaded it.
    pub actor: String,
    pub created_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
