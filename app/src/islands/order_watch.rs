//! Reloads the order page when the order's status changes.
//!
//! It polls the server function with a plain request and compares the response's text. The client
//! that Leptos would generate, with its URL and JSON parsers, is a tenth of the whole download.

use std::time::Duration;

use leptos::html::Span;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, XmlHttpRequest};

use super::closest;
use crate::api::ReadOrderStatus;

/// Interval of the first polls: a confirmation usually takes seconds.
const FAST_INTERVAL: Duration = Duration::from_millis(500);
/// Interval of later polls, and for payments that take days.
const SLOW_INTERVAL: Duration = Duration::from_secs(5);
/// Number of polls at the fast interval.
const MAX_FAST_POLLS: u32 = 240;

/// Polls the order's status until it changes, then reloads the page.
///
/// The element around it has the order's token in `data-token`, and in `data-shown` the status that
/// the page shows, as the server function serializes it. Polls are counted in `data-asked`: if that
/// count stops, `order-refresh.js` takes over.
#[island]
pub fn OrderWatch() -> impl IntoView {
    let own = NodeRef::<Span>::new();
    Effect::new(move || {
        if let Some(order) = own.get().and_then(|own| closest(&own, "[data-token]")) {
            schedule_poll(order, 0);
        }
    });
    view! { <span hidden node_ref=own></span> }
}

fn schedule_poll(order: Element, polls: u32) {
    let delay = if polls < MAX_FAST_POLLS {
        FAST_INTERVAL
    } else {
        SLOW_INTERVAL
    };
    set_timeout(
        move || {
            let _ = order.set_attribute("data-asked", &polls.to_string());
            // A request that could not be sent is retried, like one without a response.
            if poll(&order, polls).is_err() {
                schedule_poll(order, polls.saturating_add(1));
            }
        },
        delay,
    );
}

/// Polls once; then reloads the page or schedules the next poll.
fn poll(order: &Element, polls: u32) -> Result<(), JsValue> {
    let request = XmlHttpRequest::new()?;
    request.open("POST", ReadOrderStatus::PATH)?;
    request.set_request_header("content-type", "application/x-www-form-urlencoded")?;
    let (response, order_element) = (request.clone(), order.clone());
    let on_end = Closure::once_into_js(move || {
        let shown = order_element.get_attribute("data-shown");
        let changed = response.status() == Ok(200)
            && response
                .response_text()
                .ok()
                .flatten()
                .is_some_and(|text| Some(text) != shown);
        if changed {
            let _ = window().location().reload();
        } else {
            schedule_poll(order_element, polls.saturating_add(1));
        }
    });
    request.set_onloadend(Some(on_end.unchecked_ref()));
    // Tokens are hexadecimal digits, so they need no encoding.
    let token = order.get_attribute("data-token").unwrap_or_default();
    request.send_with_opt_str(Some(&format!("token={token}")))
}
