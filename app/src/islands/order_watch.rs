//! Turns the order page as soon as there is news.
//!
//! It asks the server function by a plain request and compares texts: the client that Leptos would generate, with its
//! parsers for addresses and answers, weighs a tenth of all that a shopper downloads.

use std::time::Duration;

use leptos::html::Span;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, XmlHttpRequest};

use super::around;
use crate::api::ReadOrderStatus;

/// While the confirmation is a matter of seconds.
const SOON: Duration = Duration::from_millis(500);
/// Afterwards, and for payments that take days.
const LATER: Duration = Duration::from_secs(5);
/// Questions at the quick pace.
const QUICK_QUESTIONS: u32 = 240;

/// Asks where the order stands until it stands elsewhere, and loads the page anew then.
///
/// The element around it has the order's token in `data-token`, and in `data-shown` what the page
/// shows, as the server function spells it. Each question is counted in its `data-asked`: the
/// script in `order-refresh.js` takes over where that stops.
#[island]
pub fn OrderWatch() -> impl IntoView {
    let own = NodeRef::<Span>::new();
    Effect::new(move || {
        if let Some(order) = own.get().and_then(|own| around(&own, "[data-token]")) {
            ask_later(order, 0);
        }
    });
    view! { <span hidden node_ref=own></span> }
}

fn ask_later(order: Element, asked: u32) {
    let pause = if asked < QUICK_QUESTIONS { SOON } else { LATER };
    set_timeout(
        move || {
            let _ = order.set_attribute("data-asked", &asked.to_string());
            // A request that cannot even be made, like one without an answer, is made again later.
            if ask(&order, asked).is_err() {
                ask_later(order, asked.saturating_add(1));
            }
        },
        pause,
    );
}

/// Asks once, and acts on the answer: another page, or the next question.
fn ask(order: &Element, asked: u32) -> Result<(), JsValue> {
    let request = XmlHttpRequest::new()?;
    request.open("POST", ReadOrderStatus::PATH)?;
    request.set_request_header("content-type", "application/x-www-form-urlencoded")?;
    let (answer, again) = (request.clone(), order.clone());
    let ended = Closure::once_into_js(move || {
        let shown = again.get_attribute("data-shown");
        let news = answer.status() == Ok(200)
            && answer
                .response_text()
                .ok()
                .flatten()
                .is_some_and(|text| Some(text) != shown);
        if news {
            // The page is rendered on the server; nothing is lost by loading it again.
            let _ = window().location().reload();
        } else {
            ask_later(again, asked.saturating_add(1));
        }
    });
    request.set_onloadend(Some(ended.unchecked_ref()));
    // Tokens are hexadecimal digits, so nothing needs to be encoded.
    let token = order.get_attribute("data-token").unwrap_or_default();
    request.send_with_opt_str(Some(&format!("token={token}")))
}
