//! A code that replaces the second factor once: its row is deleted when it is used.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_recovery_code")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    /// SHA-256 of the code, in hexadecimal digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_digest: String,
}

impl ActiveModelBehavior for ActiveModel {}
