//! Somebody who has lost the link to an order asks for it. Answered within seconds, then deleted.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_search")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// As typed.
    pub number: String,
    /// SHA-256 of the mail address that was typed, in small letters.
    pub email_digest: String,
    pub created_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
