//! A user of the admin who is signed in on one device.

use sea_orm::entity::prelude::*;
use strum::{AsRefStr, Display};

/// How far a user has signed in.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, Display, EnumIter, DeriveActiveEnum,
)]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum SessionState {
    /// The password was right; the second factor is still to be proved.
    AwaitsSecondFactor,
    /// Signed in.
    Complete,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_session")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// SHA-256 of the token in the browser's cookie, in hexadecimal digits.
    #[sea_orm(unique)]
    pub token_digest: String,
    pub user_id: i64,
    pub state: SessionState,
    /// When the second factor was last proved.
    pub proved_at: Option<TimeDateTimeWithTimeZone>,
    /// The client's address at the sign-in.
    pub address: String,
    /// The browser, as it names itself.
    pub user_agent: Option<String>,
    pub created_at: TimeDateTimeWithTimeZone,
    /// Written at most once a minute.
    pub last_seen_at: TimeDateTimeWithTimeZone,
    /// When the session ends even if it is used all the time.
    pub expires_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
