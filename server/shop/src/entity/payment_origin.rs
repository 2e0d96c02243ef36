//! An origin of Stripe's payment pages that an answer of Stripe's API has named.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_origin")]
pub struct Model {
    /// Such as `https://pay.shop.example`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub origin: String,
    pub created_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
