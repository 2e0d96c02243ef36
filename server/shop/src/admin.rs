//! Who may use the owner's admin: users with passwords and roles, their sessions, and the second
//! factor.
//!
//! - `password` decides which passwords are allowed, and hashes them.
//! - `guessing` slows down who guesses passwords and codes.
//! - `sign_in` lets users in, and `session` knows who is.
//! - `second_factor` is a code of an app (TOTP), or a recovery code.
//! - `links` are one-time links with which passwords are set: of the first owner, of new users, and
//!   of those who have forgotten theirs.
//! - `users` creates, changes and removes users. There is always an owner, once there was one.
//!
//! The tables have digests of tokens, links and codes, so a row cannot be used to get in. (The
//! stores of sessions that exist are built for other versions of our database library.)

use std::net::IpAddr;

use locale::{Language, Languages};
use sea_orm::DbErr;
use till_core::admin::{Right, Role};
use till_core::limits::Client;
use time::{Duration, OffsetDateTime};

use crate::audit::Actor;
use crate::clock;
pub use crate::entity::admin_link::LinkPurpose;
pub use crate::entity::admin_session::SessionState;

mod account;
mod attack;
mod expired;
mod guessing;
mod links;
mod owners;
mod password;
mod second_factor;
mod session;
mod sign_in;
mod token;
mod users;

pub use account::{ChangePasswordOutcome, change_password, set_language};
pub use expired::delete_expired;
pub use links::{
    LinkDetails, LinkOutcome, MadeLink, RequestOutcome, find_link, make_link, request_reset,
    set_password,
};
pub(crate) use links::{LinkMail, make_link_for_mail};
pub use password::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, PasswordProblem};
pub use second_factor::{
    ConfirmOutcome, NewSecondFactor, RECOVERY_CODES, TurnOffOutcome, begin_second_factor,
    confirm_second_factor, recovery_codes_left, replace_recovery_codes, reset_second_factor,
    second_factor_being_set_up, turn_off_second_factor,
};
pub use session::{
    DEVICE_TTL, Device, NewSession, SESSION_TTL, SessionsToEnd, device_cookie, devices,
    end_sessions, session_cookie, signed_in,
};
pub use sign_in::{ProofOutcome, SignInOutcome, prove_second_factor, sign_in, sign_out};
pub use token::{DeviceToken, LinkToken, NotAToken, SessionToken};
pub use users::{
    ChangeOutcome, CreateOutcome, Entrance, NewUser, SetupState, UserRow, UserState, change_mail,
    change_role, create, find_user, invite_again, list_users, remove, set_active, setup_state,
};

/// How long a proof of the second factor lasts for what needs a recent one.
pub const PROOF_TTL: Duration = Duration::minutes(15);

/// The languages of the admin.
const LANGUAGES: [&str; 2] = ["en", "de"];

/// Why something failed that has nothing to do with what was typed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// There was no randomness.
    #[error("the random number generator failed")]
    Randomness(#[from] getrandom::Error),
    /// A password could not be hashed, or a stored hash or secret is damaged.
    #[error("could not compute: {0}")]
    Computation(String),
}

/// From where a request comes.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The client's address.
    pub address: IpAddr,
    /// The browser, as it names itself.
    pub user_agent: Option<String>,
    /// The token of the device's cookie.
    pub device: Option<DeviceToken>,
}

impl Visit {
    /// The address as it is stored and shown.
    fn address(&self) -> String {
        self.address.to_canonical().to_string()
    }

    /// What limits count as one client.
    fn client(&self) -> Client {
        Client::at(self.address)
    }
}

/// A user of the admin who has signed in, or has at least given the password.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The id of the user.
    pub user: i64,
    /// The user's email address.
    pub mail: String,
    /// The language of pages for the user.
    pub language: Language,
    /// The user's role.
    pub role: Role,
    /// The id of the session.
    pub session: i64,
    /// How far the user has signed in.
    pub state: SessionState,
    /// When the second factor was last proved in this session.
    pub proved_at: Option<OffsetDateTime>,
    /// Whether the user has a second factor.
    pub has_second_factor: bool,
}

/// It does not print the email address.
impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn")
            .field("user", &self.user)
            .field("role", &self.role)
            .field("session", &self.session)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Whether a user may use a right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Yes.
    Granted,
    /// The sign-in is not complete: the second factor is still to be proved.
    AwaitsSecondFactor,
    /// The role has the right, but the second factor must be proved again.
    NeedsProof,
    /// The role does not have the right.
    Denied,
}

impl SignedIn {
    /// Whether the sign-in is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == SessionState::Complete
    }

    /// Whether the user may use a right now.
    #[must_use]
    pub fn may_now(&self, right: Right) -> Permission {
        if !self.is_complete() {
            return Permission::AwaitsSecondFactor;
        }
        if !self.role.may(right) {
            return Permission::Denied;
        }
        if right.needs_recent_proof() && !self.has_recent_proof() {
            return Permission::NeedsProof;
        }
        Permission::Granted
    }

    /// Whether the second factor was proved within the last minutes, or there is none.
    #[must_use]
    pub fn has_recent_proof(&self) -> bool {
        let now = clock::now();
        let is_recent = |at: OffsetDateTime| now - at <= PROOF_TTL;
        !self.has_second_factor || self.proved_at.is_some_and(is_recent)
    }

    /// The user as the one who makes a change.
    #[must_use]
    pub fn actor(&self, visit: &Visit) -> Actor {
        Actor {
            user: Some(self.user),
            name: self.mail.clone(),
            address: Some(visit.address()),
        }
    }
}

/// The language of the admin for this code; English if it has no such pages.
fn language(code: &str) -> Language {
    let known = LANGUAGES.contains(&code).then(|| code.parse().ok());
    known.flatten().unwrap_or_default()
}

/// The language of the admin in a shop with these languages, until a user chooses another one.
#[must_use]
pub fn default_language(languages: &Languages) -> Language {
    language(languages.default_language().code())
}

/// An email address as it is stored and compared.
fn normalized(mail: &str) -> String {
    mail.trim().to_lowercase()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn user(role: Role, state: SessionState, proved: Option<Duration>) -> SignedIn {
        SignedIn {
            user: 1,
            mail: "ada@shop.example".to_owned(),
            language: Language::default(),
            role,
            session: 1,
            state,
            proved_at: proved.map(|ago| clock::now() - ago),
            has_second_factor: proved.is_some(),
        }
    }

    #[test]
    fn a_right_needs_a_complete_sign_in_the_role_and_perhaps_a_recent_proof() {
        let complete = SessionState::Complete;
        let half = user(Role::Owner, SessionState::AwaitsSecondFactor, None);
        assert_eq!(half.may_now(Right::Orders), Permission::AwaitsSecondFactor);
        let staff = user(Role::Staff, complete, None);
        assert_eq!(staff.may_now(Right::Ship), Permission::Granted);
        assert_eq!(staff.may_now(Right::Refund), Permission::Denied);
        let without = user(Role::Owner, complete, None);
        assert_eq!(without.may_now(Right::Users), Permission::Granted);
        let recent = user(Role::Owner, complete, Some(PROOF_TTL - Duration::MINUTE));
        assert_eq!(recent.may_now(Right::Users), Permission::Granted);
        let old = user(Role::Owner, complete, Some(PROOF_TTL + Duration::MINUTE));
        assert_eq!(old.may_now(Right::Users), Permission::NeedsProof);
        assert_eq!(old.may_now(Right::Products), Permission::Granted);
    }

    #[test]
    fn a_signed_in_user_is_printed_without_the_email_address() {
        let printed = format!("{:?}", user(Role::Owner, SessionState::Complete, None));
        assert!(!printed.contains("ada@"), "{printed}");
    }

    #[test]
    fn the_admin_speaks_english_and_german() {
        assert_eq!(language("de").code(), "de");
        assert_eq!(language("fr").code(), "en");
        assert_eq!(language("xx").code(), "en");
    }

    #[test]
    fn an_address_is_one_client_and_one_text() {
        let visit = Visit {
            address: "::ffff:192.0.2.7".parse().unwrap(),
            user_agent: None,
            device: None,
        };
        assert_eq!(visit.address(), "192.0.2.7");
        assert_eq!(visit.client().key(), "192.0.2.7");
    }
}
