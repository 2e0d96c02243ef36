//! Turns the order page as soon as there is news.
//!
//! It asks the server function by a plain `fetch` and compares texts: the client that Leptos would generate, with its
//! parsers for addresses and answers, weighs more than all islands together.

use std::time::Duration;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::api::ReadOrderStatus;

/// While the confirmation is a matter of seconds.
const SOON: Duration = Duration::from_millis(500);
/// Afterwards, and for payments that take days.
const LATER: Duration = Duration::from_secs(5);
/// Questions at the quick pace.
const QUICK_QUESTIONS: u32 = 240;

/// Asks where the order stands until it stands elsewhere, and loads the page anew then.
#[island]
pub fn OrderWatch(
    /// The order's token.
    token: String,
    /// What the page shows, as the server function spells it.
    shown: String,
) -> impl IntoView {
    Effect::new(move || ask_later(token.clone(), shown.clone(), 0));
}

fn ask_later(token: String, shown: String, asked: u32) {
    let pause = if asked < QUICK_QUESTIONS { SOON } else { LATER };
    set_timeout(
        move || {
            spawn_local(async move {
                match ask(&token).await {
                    Ok(answer) if answer != shown => {
                        // The page is rendered on the server; nothing is lost by loading it again.
                        let _ = window().location().reload();
                    }
                    // No change, or no answer this time.
                    _ => ask_later(token, shown, asked.saturating_add(1)),
                }
            });
        },
        pause,
    );
}

/// The answer of the server function, word for word.
async fn ask(token: &str) -> Result<String, JsValue> {
    let request = web_sys::RequestInit::new();
    request.set_method("POST");
    // Tokens are hexadecimal digits, so nothing needs to be encoded.
    request.set_body(&JsValue::from_str(&format!("token={token}")));
    let headers = web_sys::Headers::new()?;
    headers.set("content-type", "application/x-www-form-urlencoded")?;
    request.set_headers(&headers);
    let answer = JsFuture::from(window().fetch_with_str_and_init(ReadOrderStatus::PATH, &request)).await?;
    let answer: web_sys::Response = answer.dyn_into()?;
    if !answer.ok() {
        return Err(JsValue::NULL);
    }
    JsFuture::from(answer.text()?).await?.as_string().ok_or(JsValue::NULL)
}
