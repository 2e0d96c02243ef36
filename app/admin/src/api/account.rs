//! What users change about themselves.

use leptos::prelude::*;
use locale::Language;
use secrecy::SecretString;
use shop::admin::{
    ChangePasswordOutcome, ConfirmOutcome, SessionsToEnd, TurnOffOutcome, begin_second_factor,
    confirm_second_factor, replace_recovery_codes, turn_off_second_factor,
};
use till_core::admin::Right;
use ui::language::texts;

use crate::access::{Denied, require};
use crate::cookies;
use crate::decision::{Decision, UnreadableForm, decide};
use crate::new_password::{new_password, problem};
use crate::notice::Notice;
use crate::request::{limited, shop, visit};

const ACCOUNT: &str = "/admin/account";
const SECOND_FACTOR: &str = "/admin/account/second-factor";

/// Changes the password, which ends all other sessions.
#[server(prefix = "/admin/api", endpoint = "change-password")]
pub async fn change_password(
    #[server(default)] password: String,
    #[server(default)] new_password: String,
    #[server(default)] repeated_password: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Account)?;
        let (shop, visit) = (shop()?, visit()?);
        let new = self::new_password(new_password, &repeated_password)?;
        let current = SecretString::from(password);
        let user = &admin.signed_in;
        let database = &shop.database;
        let outcome = shop::admin::change_password(database, user, &current, &new, &visit).await?;
        Ok(match outcome {
            ChangePasswordOutcome::Changed(session) => {
                let done = Decision::done(ACCOUNT, Notice::PasswordChanged);
                done.with_cookies(cookies::of(&shop, &session))
            }
            ChangePasswordOutcome::WrongPassword => wrong_password(),
            ChangePasswordOutcome::Refused(refused) => problem(refused),
            ChangePasswordOutcome::Limited { retry_after } => limited(retry_after),
        })
    })
    .await
}

fn wrong_password() -> Decision {
    Decision::wrong_field("password", texts().admin_wrong_password())
}

/// Changes the language of pages and emails.
#[server(prefix = "/admin/api", endpoint = "set-language")]
pub async fn set_language(#[server(default)] language: String) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Account)?;
        let (shop, visit) = (shop()?, visit()?);
        let Ok(language) = language.parse::<Language>() else {
            return Ok(Decision::go(ACCOUNT));
        };
        let user = &admin.signed_in;
        shop::admin::set_language(&shop.database, user, language, &visit).await?;
        Ok(Decision::done(ACCOUNT, Notice::Saved))
    })
    .await
}

/// Ends one of the user's sessions.
#[server(prefix = "/admin/api", endpoint = "end-session")]
pub async fn end_session(#[server(default)] session: i64) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Account)?;
        let (shop, visit) = (shop()?, visit()?);
        let which = SessionsToEnd::One(session);
        shop::admin::end_sessions(&shop.database, &admin.signed_in, &visit, which).await?;
        Ok(Decision::done(ACCOUNT, Notice::DeviceSignedOut))
    })
    .await
}

/// Ends all other sessions of the user.
#[server(prefix = "/admin/api", endpoint = "end-other-sessions")]
pub async fn end_other_sessions() -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Account)?;
        let (shop, visit) = (shop()?, visit()?);
        let which = SessionsToEnd::Others;
        shop::admin::end_sessions(&shop.database, &admin.signed_in, &visit, which).await?;
        Ok(Decision::done(ACCOUNT, Notice::OtherDevicesSignedOut))
    })
    .await
}

/// Begins to set up a second factor.
#[server(prefix = "/admin/api", endpoint = "begin-second-factor")]
pub async fn begin() -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Account)?;
        let shop = shop()?;
        let name = shop.profile().name.clone();
        begin_second_factor(&shop.database, &admin.signed_in, &name).await?;
        Ok(Decision::go(SECOND_FACTOR))
    })
    .await
}

/// Turns the second factor on that is being set up.
#[server(prefix = "/admin/api", endpoint = "confirm-second-factor")]
pub async fn confirm(#[server(default)] code: String) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Account)?;
        let (shop, visit) = (shop()?, visit()?);
        let user = &admin.signed_in;
        let outcome = confirm_second_factor(&shop.database, user, &code, &visit).await?;
        Ok(match outcome {
            ConfirmOutcome::TurnedOn {
                recovery_codes,
                session,
            } => Decision::ShowCodes {
                codes: recovery_codes.into(),
                cookies: cookies::of(&shop, &session),
            },
            ConfirmOutcome::Wrong => {
                Decision::wrong_field("code", texts().admin_new_code_refused())
            }
            ConfirmOutcome::NotBegun => Decision::go(SECOND_FACTOR),
        })
    })
    .await
}

/// Turns the second factor off.
#[server(prefix = "/admin/api", endpoint = "turn-off-second-factor")]
pub async fn turn_off(#[server(default)] password: String) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Account)?;
        let (shop, visit) = (shop()?, visit()?);
        let (user, password) = (&admin.signed_in, SecretString::from(password));
        let outcome = turn_off_second_factor(&shop.database, user, &password, &visit).await?;
        Ok(match outcome {
            TurnOffOutcome::Done(()) => Decision::done(ACCOUNT, Notice::SecondFactorOff),
            refused => not_done(&refused),
        })
    })
    .await
}

/// Replaces the recovery codes.
#[server(prefix = "/admin/api", endpoint = "replace-recovery-codes")]
pub async fn replace_codes(#[server(default)] password: String) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Account)?;
        let (shop, visit) = (shop()?, visit()?);
        let (user, password) = (&admin.signed_in, SecretString::from(password));
        let outcome = replace_recovery_codes(&shop.database, user, &password, &visit).await?;
        Ok(match outcome {
            TurnOffOutcome::Done(codes) => Decision::ShowCodes {
                codes: codes.into(),
                cookies: Vec::new(),
            },
            refused => not_done(&refused),
        })
    })
    .await
}

/// What follows a change of the second factor that was not made.
fn not_done<T>(outcome: &TurnOffOutcome<T>) -> Decision {
    match outcome {
        TurnOffOutcome::WrongPassword => wrong_password(),
        TurnOffOutcome::Limited { retry_after } => limited(*retry_after),
        TurnOffOutcome::NeedsProof => Decision::Denied(Denied::ProofTooOld),
        TurnOffOutcome::Done(_) | TurnOffOutcome::NotOn => Decision::go(SECOND_FACTOR),
    }
}
