//! Asking for a link because the password is forgotten.

use leptos::prelude::*;
use shop::admin::RequestOutcome;

use crate::decision::{Decision, UnreadableForm, decide};
use crate::notice::Notice;
use crate::request::{limited, shop, visit};

/// Has a link sent, if there is such a user. The answer is the same for every address.
#[server(prefix = "/admin/api", endpoint = "request-reset")]
pub async fn request_reset(#[server(default)] email: String) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, visit) = (shop()?, visit()?);
        Ok(
            match shop::admin::request_reset(&shop, &email, &visit).await? {
                RequestOutcome::Accepted => {
                    let notice = match shop.mailer.writes_files() {
                        true => Notice::LinkInFile,
                        false => Notice::LinkRequested,
                    };
                    Decision::done("/admin/forgotten", notice)
                }
                RequestOutcome::Limited { retry_after } => limited(retry_after),
            },
        )
    })
    .await
}
