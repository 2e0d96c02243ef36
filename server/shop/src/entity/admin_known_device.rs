//! A device on which a user of the admin has signed in before: others' failures do not slow it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_known_device")]
pub struct Model {
    /// SHA-256 of the token in the device's cookie, in hexadecimal digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_digest: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    pub expires_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
