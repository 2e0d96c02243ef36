//! How often passwords or codes were guessed wrong, and until when guessing is blocked.

use sea_orm::entity::prelude::*;
use strum::{AsRefStr, Display};

/// Whose failures are counted together.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    DeriveActiveEnum,
)]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Scope {
    /// Of one client, whatever the account.
    Address,
    /// Of one client for one account.
    AccountAddress,
    /// Of all clients for one account, known devices excepted.
    Account,
    /// Of one device that has signed in to the account before.
    Device,
    /// Of codes for one user's second factor, known devices excepted.
    SecondFactor,
    /// Of codes for one user's second factor from one known device.
    SecondFactorDevice,
    /// Of the password that a signed-in user has to repeat.
    Repetition,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_failure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: Scope,
    /// The key of a [`till_core::limits::Client`], or a SHA-256: the table has no email address.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// An attempt counts as a failure until it has succeeded, so that attempts at the same time
    /// are counted, too.
    pub failures: i64,
    pub blocked_until: Option<TimeDateTimeWithTimeZone>,
    /// When the user was last told by email that somebody is guessing.
    pub told_at: Option<TimeDateTimeWithTimeZone>,
    /// When the count begins anew. Afterwards the row is deleted.
    pub expires_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
