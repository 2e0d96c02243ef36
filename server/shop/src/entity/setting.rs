//! The shop's own settings, stored with its data so that a backup includes them.

use sea_orm::entity::prelude::*;

/// The row with the shop's id at Stripe, see [`crate::identity`]. The other rows have the names of
/// variables, see [`crate::stored_settings`].
pub const SHOP_ID: &str = "shop_id";

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "setting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub value: String,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
