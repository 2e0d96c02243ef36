//! A user of the admin.

use std::fmt;

use sea_orm::entity::prelude::*;
use till_core::admin::Role;

/// A text that must not get into a log. It is not printed.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct StoredSecret(pub String);

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredSecret(…)")
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_user")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// In lower case.
    #[sea_orm(unique)]
    pub mail: String,
    /// A PHC string of argon2id. `None` while the user was only invited.
    pub password_hash: Option<StoredSecret>,
    pub role: Role,
    /// The code of the language of pages and emails.
    pub language: String,
    /// The secret of the second factor in base 32. `None`: it is off.
    pub totp_secret: Option<StoredSecret>,
    /// The last step of the second factor that was accepted: no step is accepted twice.
    pub totp_step: Option<i64>,
    /// The secret of a second factor that is being set up.
    pub new_totp_secret: Option<StoredSecret>,
    pub created_at: TimeDateTimeWithTimeZone,
    pub signed_in_at: Option<TimeDateTimeWithTimeZone>,
    /// `None`: the user may sign in.
    pub deactivated_at: Option<TimeDateTimeWithTimeZone>,
}

impl ActiveModelBehavior for ActiveModel {}
