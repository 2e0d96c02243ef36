//! Brings a form to life: buttons beside its fields, limits told before it is sent, and what is chosen so far.

use leptos::html::Span;
use leptos::prelude::*;
use shop::money::MoneyPattern;
use shop::quantity::Quantity;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlButtonElement, HtmlInputElement};

use super::{all, around, listen, number, set_hidden};

/// One product's field and buttons; `components` in `pages/buy_form.rs` renders it.
const STEPPER: &str = ".stepper";

/// Wakes the form around it. Fields that are added to the form later are awake as well.
#[island]
pub fn LiveForm() -> impl IntoView {
    let own = NodeRef::<Span>::new();
    Effect::new(move || {
        if let Some(form) = own.get().and_then(|own| around(&own, "form")) {
            wake(form);
        }
    });
    view! { <span hidden node_ref=own></span> }
}

fn wake(form: Element) {
    let changed = form.clone();
    listen(&form, "input", move |event| {
        if let Some((stepper, field)) = field_of(&event) {
            judge(&stepper, &field);
            refresh(&changed);
        }
    });
    let pressed = form.clone();
    listen(&form, "click", move |event| {
        if step(&event).is_some() {
            refresh(&pressed);
        }
    });
    // Whoever types into a field means to replace what is there.
    listen(&form, "focusin", |event| {
        if let Some((_, field)) = field_of(&event) {
            // After the browser has placed its caret.
            set_timeout(move || field.select(), std::time::Duration::ZERO);
        }
    });
    // The wheel scrolls the page. Over a focused field it would also change the number.
    listen(&form, "wheel", |event| {
        if let Some((_, field)) = field_of(&event) {
            let _ = field.blur();
        }
    });
    // The answer may take seconds, and the page stays until it has come.
    let sent = form.clone();
    listen(&form, "submit", move |_| show_busy(&sent, true));
    // The page may come back from the browser's memory with fields that no event has announced.
    let restored = form.clone();
    listen(&window(), "pageshow", move |_| {
        show_busy(&restored, false);
        refresh(&restored);
    });
    refresh(&form);
    // The buttons beside the fields and the sum are shown from now on.
    let _ = form.set_attribute("data-awake", "");
}

/// Shows whether the form has been sent.
fn show_busy(form: &Element, busy: bool) {
    for place in all(form, "[data-idle]") {
        set_hidden(&place, busy);
    }
    for place in all(form, "[data-busy]") {
        set_hidden(&place, !busy);
    }
}

/// The field that an event is about, and what is around it.
fn field_of(event: &Event) -> Option<(Element, HtmlInputElement)> {
    let field: HtmlInputElement = event.target()?.dyn_into().ok()?;
    let stepper = field.closest(STEPPER).ok()??;
    Some((stepper, field))
}

fn field_in(stepper: &Element) -> Option<HtmlInputElement> {
    stepper.query_selector("input").ok()??.dyn_into().ok()
}

/// A button beside a field was pressed.
fn step(event: &Event) -> Option<()> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let button = target.closest("[data-step]").ok()??;
    let stepper = button.closest(STEPPER).ok()??;
    let field = field_in(&stepper)?;
    let up = number::<i32>(&button, "data-step")? > 0;
    let now = quantity(&field);
    let next = if up {
        now.saturating_add(1).min(most(&stepper))
    } else {
        now.saturating_sub(1)
    };
    // Nothing is written as nothing: the field's placeholder is a zero.
    let next = if next == 0 {
        String::new()
    } else {
        next.to_string()
    };
    field.set_value(&next);
    judge(&stepper, &field);
    Some(())
}

/// What counts of a field: a disabled one is not sent.
fn quantity(field: &HtmlInputElement) -> u32 {
    if field.disabled() {
        return 0;
    }
    let typed = Quantity::parse(&field.value());
    typed.ok().flatten().map_or(0, Quantity::get)
}

/// The largest quantity that one order can hold of the product.
fn most(stepper: &Element) -> u32 {
    number(stepper, "data-max").unwrap_or(Quantity::MAX)
}

/// Says beside the field what is wrong with it.
fn judge(stepper: &Element, field: &HtmlInputElement) {
    // A number field that holds something else reads as empty; the browser knows better.
    let typed = if field.validity().bad_input() {
        Err(())
    } else {
        Quantity::parse(&field.value()).map_err(|_| ())
    };
    let reason = match typed {
        Ok(None) => None,
        Ok(Some(quantity)) if quantity.get() <= most(stepper) => None,
        Ok(Some(_)) => stepper.get_attribute("data-limit-text"),
        // Too large to be a number of units is above the limit as well.
        Err(()) if is_large(&field.value()) => stepper.get_attribute("data-limit-text"),
        Err(()) => stepper.get_attribute("data-whole-text"),
    };
    let wrong = reason.is_some();
    let _ = field.class_list().toggle_with_force("is-invalid", wrong);
    let _ = match wrong {
        true => field.set_attribute("aria-invalid", "true"),
        false => field.remove_attribute("aria-invalid"),
    };
    let place = field.get_attribute("aria-describedby");
    let place = place.and_then(|id| document().get_element_by_id(&id));
    if let Some(place) = place {
        place.set_text_content(reason.as_deref());
        set_hidden(&place, !wrong);
    }
}

fn is_large(typed: &str) -> bool {
    !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_digit())
}

/// Shows what is chosen so far, and which buttons can be pressed.
fn refresh(form: &Element) {
    let mut count: u32 = 0;
    // One sum for each currency, because sums of two cannot be added.
    let mut sums: Vec<(String, i64)> = Vec::new();
    for stepper in all(form, STEPPER) {
        let Some(field) = field_in(&stepper) else {
            continue;
        };
        let chosen = quantity(&field);
        for button in all(&stepper, "[data-step]") {
            let up = number::<i32>(&button, "data-step").is_some_and(|step| step > 0);
            let end = if up {
                chosen >= most(&stepper)
            } else {
                chosen == 0
            };
            if let Ok(button) = button.dyn_into::<HtmlButtonElement>() {
                button.set_disabled(end || field.disabled());
            }
        }
        if chosen == 0 {
            continue;
        }
        count = count.saturating_add(chosen);
        let price: i64 = number(&stepper, "data-price").unwrap_or(0);
        let line = price.saturating_mul(i64::from(chosen));
        let pattern = stepper.get_attribute("data-pattern").unwrap_or_default();
        match sums.iter_mut().find(|(known, _)| *known == pattern) {
            Some((_, sum)) => *sum = sum.saturating_add(line),
            None => sums.push((pattern, line)),
        }
    }
    show(form, count, &sums);
}

fn show(form: &Element, count: u32, sums: &[(String, i64)]) {
    let sum: Vec<String> = sums
        .iter()
        .filter_map(|(pattern, sum)| Some(MoneyPattern::parse(pattern)?.write(*sum)))
        .collect();
    let sum = sum.join(" + ");
    for place in all(form, "[data-sum]") {
        place.set_text_content(Some(&sum));
    }
    for place in all(form, "[data-count]") {
        place.set_text_content(Some(&count.to_string()));
    }
    for variant in all(form, "[data-when]") {
        let now = match variant.get_attribute("data-when").as_deref() {
            Some("none") => count == 0,
            Some("one") => count == 1,
            Some("several") => count > 1,
            Some("payable") => sums.len() == 1,
            Some("unpayable") => sums.len() != 1,
            Some("mixed") => sums.len() > 1,
            _ => true,
        };
        set_hidden(&variant, !now);
    }
}
