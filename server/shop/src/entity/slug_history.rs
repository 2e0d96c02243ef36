//! An earlier slug of a product, whose page redirects to the present one.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "slug_history")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub slug: String,
    pub product_id: i64,
    pub replaced_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
