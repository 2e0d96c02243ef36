//! Managing users.

use leptos::prelude::*;
use shop::admin::{ChangeOutcome, CreateOutcome, Entrance, NewUser};
use till_core::admin::{Right, Role};
use ui::language::{language, texts};

use crate::access::require;
use crate::decision::{Decision, UnreadableForm, decide};
use crate::notice::Notice;
use crate::request::shop;

const USERS: &str = "/admin/users";

/// Invites a new user by email.
#[server(prefix = "/admin/api", endpoint = "invite-user")]
pub async fn invite(
    #[server(default)] email: String,
    #[server(default)] role: String,
    #[server(default)] user_language: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Users)?;
        let shop = shop()?;
        let texts = texts();
        let Ok(role) = role.parse::<Role>() else {
            return Ok(Decision::wrong_field("role", texts.admin_choose_role()));
        };
        let new = NewUser {
            mail: email,
            role,
            language: user_language.parse().unwrap_or_else(|_| language()),
            is_first: false,
        };
        let database = &shop.database;
        let outcome = shop::admin::create(database, &new, Entrance::Mail, &admin.actor).await?;
        Ok(match outcome {
            CreateOutcome::Created { user, .. } if shop.mailer.writes_files() => {
                Decision::done(&page_of(user), Notice::UserInvitedInFile)
            }
            CreateOutcome::Created { .. } => Decision::done(USERS, Notice::UserInvited),
            CreateOutcome::MailTaken => Decision::wrong_field("email", texts.admin_mail_taken()),
            // The last two need a password, or a first owner.
            CreateOutcome::InvalidMail | CreateOutcome::Refused(_) | CreateOutcome::OwnerExists => {
                Decision::wrong_field("email", texts.admin_mail_invalid())
            }
        })
    })
    .await
}

/// Gives a user another role.
#[server(prefix = "/admin/api", endpoint = "change-role")]
pub async fn change_role(
    #[server(default)] user: i64,
    #[server(default)] role: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Users)?;
        let shop = shop()?;
        let Ok(role) = role.parse::<Role>() else {
            return Ok(Decision::wrong_field("role", texts().admin_choose_role()));
        };
        let outcome = shop::admin::change_role(&shop.database, user, role, &admin.actor).await?;
        Ok(changed(outcome, &page_of(user), Notice::RoleChanged))
    })
    .await
}

/// Gives a user another email address.
#[server(prefix = "/admin/api", endpoint = "change-mail")]
pub async fn change_mail(
    #[server(default)] user: i64,
    #[server(default)] email: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Users)?;
        let shop = shop()?;
        let outcome = shop::admin::change_mail(&shop.database, user, &email, &admin.actor).await?;
        Ok(changed(outcome, &page_of(user), Notice::MailChanged))
    })
    .await
}

/// Deactivates a user, or lets a deactivated one sign in again.
#[server(prefix = "/admin/api", endpoint = "set-user-active")]
pub async fn set_active(
    #[server(default)] user: i64,
    #[server(default)] active: bool,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Users)?;
        let shop = shop()?;
        let outcome = shop::admin::set_active(&shop.database, user, active, &admin.actor).await?;
        let notice = match active {
            true => Notice::UserActivated,
            false => Notice::UserDeactivated,
        };
        Ok(changed(outcome, &page_of(user), notice))
    })
    .await
}

/// Removes a user.
#[server(prefix = "/admin/api", endpoint = "remove-user")]
pub async fn remove(
    #[server(default)] user: i64,
    #[server(default)] confirmed: bool,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Users)?;
        let shop = shop()?;
        if !confirmed {
            return Ok(Decision::again(texts().admin_confirm_first()));
        }
        let outcome = shop::admin::remove(&shop.database, user, &admin.actor).await?;
        Ok(changed(outcome, USERS, Notice::UserRemoved))
    })
    .await
}

/// Sends another invitation to a user without a password.
#[server(prefix = "/admin/api", endpoint = "invite-user-again")]
pub async fn invite_again(#[server(default)] user: i64) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Users)?;
        let shop = shop()?;
        let outcome = shop::admin::invite_again(&shop.database, user, &admin.actor).await?;
        let notice = match shop.mailer.writes_files() {
            true => Notice::UserInvitedInFile,
            false => Notice::UserInvited,
        };
        Ok(changed(outcome, &page_of(user), notice))
    })
    .await
}

/// Turns off the second factor of a user who has lost it.
#[server(prefix = "/admin/api", endpoint = "reset-second-factor")]
pub async fn reset_second_factor(
    #[server(default)] user: i64,
    #[server(default)] confirmed: bool,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Users)?;
        let shop = shop()?;
        if user == admin.signed_in.user {
            // One's own needs the password.
            return Ok(Decision::go("/admin/account/second-factor"));
        }
        if !confirmed {
            return Ok(Decision::again(texts().admin_confirm_first()));
        }
        shop::admin::reset_second_factor(&shop.database, user, &admin.actor).await?;
        Ok(Decision::done(&page_of(user), Notice::SecondFactorOff))
    })
    .await
}

fn page_of(user: i64) -> String {
    format!("{USERS}/{user}")
}

/// What follows a change of a user.
fn changed(outcome: ChangeOutcome, page: &str, notice: Notice) -> Decision {
    let texts = texts();
    match outcome {
        ChangeOutcome::Changed => Decision::done(page, notice),
        ChangeOutcome::Unchanged => Decision::go(page),
        ChangeOutcome::NotFound => Decision::done(USERS, Notice::UserGone),
        ChangeOutcome::LastOwner => Decision::again(texts.admin_last_owner()),
        ChangeOutcome::InvalidMail => Decision::wrong_field("email", texts.admin_mail_invalid()),
        ChangeOutcome::MailTaken => Decision::wrong_field("email", texts.admin_mail_taken()),
    }
}
