//! Turns the order page as soon as there is news.
//!
//! It asks the server function by a plain request and compares texts: the client that Leptos would generate, with its
//! parsers for addresses and answers, weighs a tenth of all that a shopper downloads.

use std::time::Duration;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::XmlHttpRequest;

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
            // A request that cannot even be made, like one without an answer, is made again later.
            if ask(&token, &shown, asked).is_err() {
                ask_later(token, shown, asked.saturating_add(1));
            }
        },
        pause,
    );
}

/// Asks once, and acts on the answer: another page, or the next question.
fn ask(token: &str, shown: &str, asked: u32) -> Result<(), JsValue> {
    let request = XmlHttpRequest::new()?;
    request.open("POST", ReadOrderStatus::PATH)?;
    request.set_request_header("content-type", "application/x-www-form-urlencoded")?;
    let (answer, again) = (request.clone(), (token.to_owned(), shown.to_owned()));
    let ended = Closure::once_into_js(move || {
        let (token, shown) = again;
        let news = answer.status() == Ok(200)
            && answer
                .response_text()
                .ok()
                .flatten()
                .is_some_and(|text| text != shown);
        if news {
            // The page is rendered on the server; nothing is lost by loading it again.
            let _ = window().location().reload();
        } else {
            ask_later(token, shown, asked.saturating_add(1));
        }
    });
    request.set_onloadend(Some(ended.unchecked_ref()));
    // Tokens are hexadecimal digits, so nothing needs to be encoded.
    request.send_with_opt_str(Some(&format!("token={token}")))
}
