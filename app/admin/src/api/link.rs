//! Setting a password with a one-time link.

use leptos::prelude::*;
use secrecy::SecretString;
use shop::admin::{LinkOutcome, LinkToken};
use ui::language::texts;

use crate::decision::{Decision, UnreadableForm, decide};
use crate::new_password::{new_password, problem};
use crate::notice::Notice;
use crate::request::{shop, visit};

/// Sets the password of the link's user. Whoever has the link may do so, once.
#[server(prefix = "/admin/api", endpoint = "set-password")]
pub async fn set_password(
    #[server(default)] token: String,
    #[server(default)] new_password: String,
    #[server(default)] repeated_password: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, visit) = (shop()?, visit()?);
        let password: SecretString = self::new_password(new_password, &repeated_password)?;
        let texts = texts();
        let Ok(token) = token.parse::<LinkToken>() else {
            return Ok(Decision::again(texts.admin_link_gone()));
        };
        let database = &shop.database;
        let outcome = shop::admin::set_password(database, &token, &password, &visit).await?;
        Ok(match outcome {
            LinkOutcome::PasswordSet { .. } => {
                Decision::done("/admin/sign-in", Notice::PasswordSet)
            }
            LinkOutcome::Refused(refused) => problem(refused),
            LinkOutcome::Gone => Decision::again(texts.admin_link_gone()),
            LinkOutcome::OwnerExists => Decision::again(texts.admin_link_owner_exists()),
        })
    })
    .await
}
