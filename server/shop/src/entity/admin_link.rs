//! A one-time link with which a user of the admin sets a password.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use strum::{AsRefStr, Display};

/// What a link is for.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum LinkPurpose {
    /// The first owner sets a password. It is void once there is an owner.
    FirstOwner,
    /// A new user sets a password.
    Invitation,
    /// A user who has forgotten the password sets another one.
    Reset,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_link")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// SHA-256 of the token in the link, in hexadecimal digits.
    #[sea_orm(unique)]
    pub token_digest: String,
    pub user_id: i64,
    pub purpose: LinkPurpose,
    pub created_at: TimeDateTimeWithTimeZone,
    pub expires_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
