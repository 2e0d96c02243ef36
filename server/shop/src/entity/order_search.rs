//! A request to email the link to an order. Processed within seconds, then deleted.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_search")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The order number as typed.
    pub number: String,
    /// SHA-256 of the typed email address in lower case.
    pub email_digest: String,
    pub created_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
