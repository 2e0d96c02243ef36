//! Placeholder of the branch `accounts`, which replaces this file.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use locale::Language;
use sea_orm::DbErr;
use secrecy::SecretString;
use till_core::admin::{Right, Role};
use time::OffsetDateTime;

use crate::Shop;
use crate::audit::Actor;
use crate::database::Database;

pub fn session_cookie(secure: bool) -> &'static str {
    if secure {
        "__Host-till-session"
    } else {
        "till-session"
    }
}
pub fn device_cookie(secure: bool) -> &'static str {
    if secure {
        "__Host-till-device"
    } else {
        "till-device"
    }
}
pub const SESSION_TTL: Duration = Duration::from_secs(14 * 24 * 3600);
pub const DEVICE_TTL: Duration = Duration::from_secs(400 * 24 * 3600);
#[derive(Clone, Debug)]
pub struct SessionToken(String);
#[derive(Clone, Debug)]
pub struct DeviceToken(String);
impl SessionToken {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl DeviceToken {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl FromStr for SessionToken {
    type Err = ();
    fn from_str(_: &str) -> Result<Self, ()> {
        Err(())
    }
}
impl FromStr for DeviceToken {
    type Err = ();
    fn from_str(_: &str) -> Result<Self, ()> {
        Err(())
    }
}
#[derive(Clone, Debug)]
pub struct Visit {
    pub address: IpAddr,
    pub user_agent: Option<String>,
    pub device: Option<DeviceToken>,
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub user: i64,
    pub mail: String,
    pub language: Language,
    pub role: Role,
    pub session: i64,
    pub state: SessionState,
    pub proved_at: Option<OffsetDateTime>,
    pub has_second_factor: bool,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    AwaitsSecondFactor,
    Complete,
}
pub enum Permission {
    Granted,
    AwaitsSecondFactor,
    NeedsProof,
    Denied,
}
impl SignedIn {
    pub fn may_now(&self, right: Right) -> Permission {
        if self.role.may(right) {
            Permission::Granted
        } else {
            Permission::Denied
        }
    }
    pub fn actor(&self, visit: &Visit) -> Actor {
        Actor {
            user: Some(self.user),
            name: self.mail.clone(),
            address: Some(visit.address.to_string()),
        }
    }
}
pub struct NewSession {
    pub token: SessionToken,
    pub state: SessionState,
    pub device: Option<DeviceToken>,
    pub language: Language,
}
pub enum SignInOutcome {
    SignedIn(NewSession),
    Refused,
    Limited { retry_after: u32 },
}
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("the database failed")]
    Database(#[from] DbErr),
}
pub enum SetupState {
    NoOwner,
    Ready,
}
pub async fn setup_state(_: &Database) -> Result<SetupState, DbErr> {
    Ok(SetupState::NoOwner)
}
pub async fn signed_in(_: &Database, _: &SessionToken) -> Result<Option<SignedIn>, DbErr> {
    Ok(None)
}
pub async fn sign_out(_: &Database, _: &SessionToken, _: &Visit) -> Result<(), DbErr> {
    Ok(())
}
pub async fn sign_in(
    _: &Shop,
    _: &str,
    _: &SecretString,
    _: &Visit,
    _: Option<&SessionToken>,
) -> Result<SignInOutcome, AdminError> {
    Ok(SignInOutcome::Refused)
}
