//! Signing out.

use http::request::Parts;
use leptos::prelude::*;
use shop::Shop;
use shop::admin::{SessionToken, Visit};

use crate::cookies;
use crate::decision::{Decision, UnreadableForm, decide};
use crate::notice::Notice;

/// Ends the session. Whoever has its cookie may do so.
#[server(prefix = "/admin/api", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), UnreadableForm> {
    decide(async {
        let (Some(shop), Some(parts)) = (use_context::<Shop>(), use_context::<Parts>()) else {
            return Err(Decision::Unavailable);
        };
        let visit = parts.extensions.get::<Visit>();
        if let (Some(token), Some(visit)) = (parts.extensions.get::<SessionToken>(), visit) {
            shop::admin::sign_out(&shop.database, token, visit).await?;
        }
        let to = format!("/admin/sign-in?done={}", Notice::SignedOut);
        let cookies = vec![cookies::without_session(&shop)];
        Ok(Decision::Continue { to, cookies })
    })
    .await
}
