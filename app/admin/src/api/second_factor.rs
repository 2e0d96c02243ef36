//! Proving the second factor, to complete a sign-in or again.

use leptos::prelude::*;
use shop::admin::{ProofOutcome, prove_second_factor};
use ui::language::texts;

use super::sign_in::next_page;
use crate::access::Denied;
use crate::cookies;
use crate::decision::{Decision, UnreadableForm, decide};
use crate::notice::Notice;
use crate::request::{limited, session_token, shop, visit};

/// Checks a code of the app, or a recovery code. Whoever has the session's cookie may do so.
#[server(prefix = "/admin/api", endpoint = "prove-second-factor")]
pub async fn prove(
    #[server(default)] code: String,
    #[server(default)] next: Option<String>,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, visit) = (shop()?, visit()?);
        let token = session_token().ok_or(Denied::SignedOut)?;
        let outcome = prove_second_factor(&shop, &token, &code, &visit).await?;
        Ok(match outcome {
            ProofOutcome::Proved {
                session,
                by_recovery_code,
                ..
            } => {
                let next = next_page(next);
                let next = match by_recovery_code {
                    true => Decision::done(&next, Notice::RecoveryCodeUsed),
                    false => Decision::go(next),
                };
                next.with_cookies(cookies::of(&shop, &session))
            }
            ProofOutcome::Refused => Decision::wrong_field("code", texts().admin_code_refused()),
            ProofOutcome::Limited { retry_after } => limited(retry_after),
            ProofOutcome::NotSignedIn => Decision::Denied(Denied::SignedOut),
        })
    })
    .await
}
