//! Signing in with email address and password.

use http::request::Parts;
use leptos::prelude::*;
use secrecy::SecretString;
use shop::Shop;
use shop::admin::{SessionState, SessionToken, SignInOutcome, Visit};
use ui::language::texts;

use crate::cookies;
use crate::decision::{Decision, UnreadableForm, decide};
use crate::paths::is_page_of_admin;
use crate::request::limited;

/// Begins a session.
#[server(prefix = "/admin/api", endpoint = "sign-in")]
pub async fn sign_in(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: Option<String>,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (Some(shop), Some(parts)) = (use_context::<Shop>(), use_context::<Parts>()) else {
            return Err(Decision::Unavailable);
        };
        let Some(visit) = parts.extensions.get::<Visit>() else {
            return Err(Decision::Unavailable);
        };
        let replaced = parts.extensions.get::<SessionToken>();
        let password = SecretString::from(password);
        let outcome = shop::admin::sign_in(&shop, &email, &password, visit, replaced).await?;
        let texts = texts();
        Ok(match outcome {
            SignInOutcome::SignedIn(session) => Decision::Continue {
                to: match session.state {
                    SessionState::Complete => next_page(next),
                    SessionState::AwaitsSecondFactor => second_factor(next),
                },
                cookies: cookies::of(&shop, &session),
            },
            SignInOutcome::Refused => Decision::again(texts.admin_sign_in_refused()),
            SignInOutcome::Limited { retry_after } => limited(retry_after),
        })
    })
    .await
}

/// The page after signing in: one of the admin, and never another website's.
pub(crate) fn next_page(next: Option<String>) -> String {
    next.filter(|next| is_page_of_admin(next))
        .unwrap_or_else(|| crate::ROOT.to_owned())
}

fn second_factor(next: Option<String>) -> String {
    let next = next_page(next);
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("/admin/second-factor?next={next}")
}
