//! Remembers in this browser tab what was chosen, so that the form of every page contains it.
//!
//! Fields of variants that are on the page are filled; the server renders the fields of the others
//! (`pages/choice.rs`). Without this, a form sends what was chosen on its own page.

use leptos::prelude::*;
use till_core::choice::{Choice, MAX_LINES};
use till_core::quantity::Quantity;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlInputElement, Storage, XmlHttpRequest};

use super::fields::{STEPPER, field_in, quantity};
use super::{all, set_hidden};
use crate::api::CHOICE_PATH;

/// The key in `sessionStorage`, also in `style/assets/choice-paid.js`.
const KEY: &str = "till-choice";

/// On a form whose fields the server has filled with what was chosen.
const FILLED: &str = "data-filled";
/// On a form that has all chosen variants.
const COMPLETE: &str = "data-complete";
/// On a field that the page has filled with a suggestion.
const SUGGESTED: &str = "data-suggested";

fn storage() -> Option<Storage> {
    window().session_storage().ok()?
}

/// What was chosen. `None` also for what the shop has not written.
fn stored() -> Option<Choice> {
    storage()?.get_item(KEY).ok()??.parse().ok()
}

/// The id of a field's variant, from its name `quantity[7]`.
fn variant(field: &HtmlInputElement) -> Option<i64> {
    let name = field.name();
    let id = name.strip_prefix("quantity[")?.strip_suffix(']')?;
    id.parse().ok()
}

fn hidden_field(form: &Element, selector: &str) -> Option<HtmlInputElement> {
    form.query_selector(selector).ok()??.dyn_into().ok()
}

/// The fields for quantities, with their variants.
fn fields(form: &Element) -> Vec<(i64, HtmlInputElement)> {
    let steppers = all(form, STEPPER).into_iter();
    steppers
        .filter_map(|stepper| {
            let field = field_in(&stepper)?;
            Some((variant(&field)?, field))
        })
        .collect()
}

/// Whether the browser has reopened the page: it was reloaded, or was in the history.
pub(super) fn is_reopened() -> bool {
    let performance = window().performance();
    performance.is_some_and(|performance| performance.navigation().type_() != 0)
}

/// Fills the form with what was chosen in this tab. `refresh` is called when more fields arrive.
///
/// A page that was just opened keeps what was typed before it came alive; a browser fills the
/// fields of one that is `reopened` with what may be out of date.
pub(super) fn restore(form: &Element, reopened: bool, refresh: impl FnOnce() + 'static) {
    if form.has_attribute(FILLED) {
        // Only once: later, the fields are what the shopper has made of them.
        let _ = form.remove_attribute(FILLED);
        let _ = form.set_attribute(COMPLETE, "");
        if let Some(storage) = storage() {
            let _ = storage.remove_item(KEY);
        }
        save(form, false);
        return;
    }
    // What was chosen on other pages may have changed since it was fetched.
    for fetched in all(form, "[data-choice]") {
        fetched.set_inner_html("");
    }
    let Some(choice) = stored() else {
        let _ = form.set_attribute(COMPLETE, "");
        return;
    };
    let _ = form.remove_attribute(COMPLETE);
    if let Some(attempt) = hidden_field(form, "[name=attempt]") {
        attempt.set_value(choice.attempt.as_str());
    }
    let fields = fields(form);
    for (id, field) in &fields {
        let typed = !reopened && field.value() != field.default_value();
        let suggested = field.has_attribute(SUGGESTED) && choice.lines.is_empty();
        if typed || suggested || field.disabled() {
            continue;
        }
        let chosen = choice
            .quantity(*id)
            .map(|quantity| quantity.get().to_string());
        field.set_value(&chosen.unwrap_or_default());
        let _ = field.remove_attribute(SUGGESTED);
    }
    let is_here = |id: i64| fields.iter().any(|(known, _)| *known == id);
    let others: Vec<_> = choice
        .lines
        .into_iter()
        .filter(|(id, _)| !is_here(*id))
        .collect();
    if others.is_empty() {
        let _ = form.set_attribute(COMPLETE, "");
    } else if fetch(form.clone(), &others, refresh).is_err() {
        show_failure(form);
    }
}

/// Asks the server for the fields of variants that are not on the page.
fn fetch(
    form: Element,
    others: &[(i64, Quantity)],
    refresh: impl FnOnce() + 'static,
) -> Result<(), JsValue> {
    let Some(place) = form.query_selector("[data-choice]")? else {
        return Ok(());
    };
    let mut body = String::from("language=");
    if let Some(language) = hidden_field(&form, "[name=language]") {
        body.push_str(&language.value());
    }
    for (id, quantity) in others {
        body.push_str(&format!("&quantity%5B{id}%5D={}", quantity.get()));
    }
    let request = XmlHttpRequest::new()?;
    request.open("POST", CHOICE_PATH)?;
    request.set_request_header("content-type", "application/x-www-form-urlencoded")?;
    let response = request.clone();
    let on_end = Closure::once_into_js(move || {
        let html = response.response_text().ok().flatten();
        match html.filter(|_| response.status() == Ok(200)) {
            Some(html) => {
                place.set_inner_html(&html);
                open_problems(&form);
                let _ = form.set_attribute(COMPLETE, "");
                refresh();
            }
            None => show_failure(&form),
        }
    });
    request.set_onloadend(Some(on_end.unchecked_ref()));
    request.send_with_opt_str(Some(&body))
}

/// What was chosen elsewhere and cannot be bought: browsers do not send a form with an invalid
/// field, and the total lacks the others.
const PROBLEMS: &str = "[data-choice] :is(input:invalid, input:disabled, [data-gone])";

/// Opens the list of what was chosen if something in it cannot be bought: nobody would see why in a
/// closed one.
pub(super) fn open_problems(form: &Element) {
    for shown in all(form, "[data-choice-box]") {
        if !all(&shown, PROBLEMS).is_empty() {
            let _ = shown.set_attribute("open", "");
        }
    }
}

/// Says that the form lacks what was chosen elsewhere.
fn show_failure(form: &Element) {
    for text in all(form, "[data-choice-failed]") {
        set_hidden(&text, false);
    }
}

/// Remembers what the form contains. A suggestion counts once the form is `sent`.
pub(super) fn save(form: &Element, sent: bool) {
    let attempt = || hidden_field(form, "[name=attempt]")?.value().parse().ok();
    let earlier = stored();
    let attempt = match &earlier {
        Some(choice) => Some(choice.attempt.clone()),
        None => attempt(),
    };
    let (Some(attempt), Some(storage)) = (attempt, storage()) else {
        return;
    };
    let fields = fields(form);
    let mut lines: Vec<(i64, Quantity)> = fields
        .iter()
        .filter(|(_, field)| sent || !field.has_attribute(SUGGESTED))
        // What the shop does not sell must not stop the form of another page.
        .filter(|(_, field)| field.validity().valid())
        .filter_map(|(id, field)| Some((*id, quantity(field)?)))
        .collect();
    if !form.has_attribute(COMPLETE) {
        let missing = earlier.into_iter().flat_map(|choice| choice.lines);
        lines.extend(missing.filter(|(id, _)| fields.iter().all(|(known, _)| known != id)));
    }
    lines.truncate(MAX_LINES);
    let choice = Choice { attempt, lines };
    let _ = storage.set_item(KEY, &choice.to_string());
}

/// The shopper has changed a field, so that it is no suggestion any more.
pub(super) fn touch(field: &HtmlInputElement) {
    let _ = field.remove_attribute(SUGGESTED);
}
