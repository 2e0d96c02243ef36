//! An origin of Stripe's payment pages, learned from a session's URL.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_origin")]
pub struct Model {
    /// Scheme, host and port, such as `https://pay.shop.example`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub origin: String,
    pub created_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
