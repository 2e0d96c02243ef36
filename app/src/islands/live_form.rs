//! Makes a form live: buttons beside its fields, limits checked before it is sent, and the current
//! total.

use std::cell::Cell;
use std::rc::Rc;

use leptos::html::Span;
use leptos::prelude::*;
use till_core::money::MoneyPattern;
use till_core::quantity::Quantity;
use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, HtmlButtonElement, HtmlInputElement, PageTransitionEvent, SubmitEvent,
};

use super::fields::{STEPPER, field_in, quantity};
use super::{all, choice, closest, lines, listen, number_attribute, set_hidden};

/// Makes the form around it live, including fields that are added later.
#[island]
pub fn LiveForm() -> impl IntoView {
    let own = NodeRef::<Span>::new();
    Effect::new(move || {
        if let Some(form) = own.get().and_then(|own| closest(&own, "form")) {
            attach(form);
        }
    });
    view! { <span hidden node_ref=own></span> }
}

/// Attaches the event listeners and shows the current total.
fn attach(form: Element) {
    listen(&form, "input", {
        let form = form.clone();
        move |event| {
            if let Some(typed) = field_of(&event)
                && let Some((stepper, field)) = lines::original(typed.clone())
            {
                if field != typed {
                    field.set_value(&typed.value());
                }
                choice::touch(&field);
                validate(&stepper, &field);
                change(&form);
            }
        }
    });
    listen(&form, "click", {
        let form = form.clone();
        move |event| {
            if handle_step(&event).is_some() {
                change(&form);
            }
        }
    });
    // Typing into a field replaces its content.
    listen(&form, "focusin", |event| {
        if let Some(field) = field_of(&event) {
            field.select();
        }
    });
    // A press places the caret after it has focused the field: select again when it ends. A timer
    // would be later than a digit that is typed at once.
    let focuses = Rc::new(Cell::new(false));
    listen(&form, "mousedown", {
        let focuses = focuses.clone();
        move |event| focuses.set(field_of(&event).is_some_and(|field| !is_focused(&field)))
    });
    listen(&form, "click", move |event| {
        if let Some(field) = field_of(&event)
            && focuses.take()
        {
            field.select();
        }
    });
    // The mouse wheel would also change the number in a focused field.
    listen(&form, "wheel", |event| {
        if let Some(field) = field_of(&event) {
            let _ = field.blur();
        }
    });
    // Before the browser looks for an invalid field, which it does not submit.
    listen(&form, "click", {
        let form = form.clone();
        move |_| choice::open_problems(&form)
    });
    // The page stays until the response arrives, which may take seconds.
    listen(&form, "submit", {
        let form = form.clone();
        move |event| {
            let pays = !leads_to_another_page(&event);
            choice::save(&form, pays);
            if pays {
                show_busy(&form, true);
            }
        }
    });
    // A page from the back/forward cache may have field values for which no event was sent.
    listen(&window(), "pageshow", {
        let form = form.clone();
        move |event: Event| {
            show_busy(&form, false);
            let event = event.dyn_into::<PageTransitionEvent>();
            match event.is_ok_and(|event| event.persisted()) {
                true => restore(&form, true),
                false => refresh(&form),
            }
        }
    });
    restore(&form, choice::is_reopened());
    // CSS shows the buttons beside the fields and the total only with this attribute.
    let _ = form.set_attribute("data-awake", "");
}

/// Fills the form with what was chosen in this tab, and shows the total.
fn restore(form: &Element, reopened: bool) {
    let later = form.clone();
    choice::restore(form, reopened, move || refresh(&later));
    refresh(form);
}

/// Remembers a changed field, and shows the total.
fn change(form: &Element) {
    choice::save(form, false);
    refresh(form);
}

/// Whether the form was sent by a button for another order or page of the list.
fn leads_to_another_page(event: &Event) -> bool {
    let event = event.dyn_ref::<SubmitEvent>();
    let button = event.and_then(SubmitEvent::submitter);
    button.is_some_and(|button| button.has_attribute("formaction"))
}

/// Shows the busy or the idle texts.
fn show_busy(form: &Element, busy: bool) {
    for text in all(form, "[data-idle]") {
        set_hidden(&text, busy);
    }
    for text in all(form, "[data-busy]") {
        set_hidden(&text, !busy);
    }
}

/// Whether what is typed goes into this field.
fn is_focused(field: &HtmlInputElement) -> bool {
    document().active_element().as_ref() == Some(field.as_ref())
}

/// Returns the event's field.
fn field_of(event: &Event) -> Option<HtmlInputElement> {
    let field: HtmlInputElement = event.target()?.dyn_into().ok()?;
    field.closest(STEPPER).ok()??;
    Some(field)
}

/// Adds or subtracts one unit if the event's target is a stepper button; `None` if not.
fn handle_step(event: &Event) -> Option<()> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let button = target.closest("[data-step]").ok()??;
    let stepper = button.closest(STEPPER).ok()??;
    let (stepper, field) = lines::original(field_in(&stepper)?)?;
    let up = number_attribute::<i32>(&button, "data-step")? > 0;
    let current = units(&field);
    let next = if up {
        current.saturating_add(1).min(max_quantity(&stepper))
    } else {
        current.saturating_sub(1)
    };
    // Zero is shown by the field's placeholder.
    let next = if next == 0 {
        String::new()
    } else {
        next.to_string()
    };
    field.set_value(&next);
    choice::touch(&field);
    validate(&stepper, &field);
    Some(())
}

/// The units of the field's quantity.
fn units(field: &HtmlInputElement) -> u32 {
    quantity(field).map_or(0, Quantity::get)
}

/// The largest quantity of the product in one order.
fn max_quantity(stepper: &Element) -> u32 {
    number_attribute(stepper, "data-max").unwrap_or(Quantity::MAX)
}

/// Validates the field and shows the error beside it.
fn validate(stepper: &Element, field: &HtmlInputElement) {
    // The value of a number field with invalid text is empty; only the browser knows.
    let typed = if field.validity().bad_input() {
        Err(())
    } else {
        Quantity::parse(&field.value()).map_err(|_| ())
    };
    let reason = match typed {
        Ok(None) => None,
        Ok(Some(quantity)) if quantity.get() <= max_quantity(stepper) => None,
        Ok(Some(_)) => stepper.get_attribute("data-limit-text"),
        // A number that overflows is also above the limit.
        Err(()) if is_digits(&field.value()) => stepper.get_attribute("data-limit-text"),
        Err(()) => stepper.get_attribute("data-whole-text"),
    };
    let invalid = reason.is_some();
    let _ = field.class_list().toggle_with_force("is-invalid", invalid);
    let _ = match invalid {
        true => field.set_attribute("aria-invalid", "true"),
        false => field.remove_attribute("aria-invalid"),
    };
    let message = field.get_attribute("aria-describedby");
    let message = message.and_then(|id| document().get_element_by_id(&id));
    if let Some(message) = message {
        message.set_text_content(reason.as_deref());
        set_hidden(&message, !invalid);
    }
}

fn is_digits(typed: &str) -> bool {
    !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_digit())
}

/// Updates the total, and which buttons are enabled.
fn refresh(form: &Element) {
    let mut count: u32 = 0;
    // One sum per currency.
    let mut sums: Vec<(String, i64)> = Vec::new();
    for stepper in all(form, STEPPER) {
        let Some(field) = field_in(&stepper).filter(|_| !lines::is_copy(&stepper)) else {
            continue;
        };
        let selected = units(&field);
        let price: i64 = number_attribute(&stepper, "data-price").unwrap_or(0);
        let pattern = stepper.get_attribute("data-pattern").unwrap_or_default();
        let shown = lines::show(form, &stepper, &field, selected, price, &pattern);
        for button in shown.iter().flat_map(|shown| all(shown, "[data-step]")) {
            let up = number_attribute::<i32>(&button, "data-step").is_some_and(|step| step > 0);
            let at_limit = if up {
                selected >= max_quantity(&stepper)
            } else {
                selected == 0
            };
            if let Ok(button) = button.dyn_into::<HtmlButtonElement>() {
                button.set_disabled(at_limit || field.disabled());
            }
        }
        if selected == 0 {
            continue;
        }
        count = count.saturating_add(selected);
        let line = price.saturating_mul(i64::from(selected));
        match sums.iter_mut().find(|(known, _)| *known == pattern) {
            Some((_, sum)) => *sum = sum.saturating_add(line),
            None => sums.push((pattern, line)),
        }
    }
    show_total(form, count, &sums);
}

fn show_total(form: &Element, count: u32, sums: &[(String, i64)]) {
    let sum: Vec<String> = sums
        .iter()
        .filter_map(|(pattern, sum)| Some(MoneyPattern::parse(pattern)?.write(*sum)))
        .collect();
    let sum = sum.join(" + ");
    for text in all(form, "[data-sum]") {
        text.set_text_content(Some(&sum));
    }
    for text in all(form, "[data-count]") {
        text.set_text_content(Some(&count.to_string()));
    }
    for variant in all(form, "[data-when]") {
        let visible = match variant.get_attribute("data-when").as_deref() {
            Some("listed") => count > 0 || has_more_lines(form),
            Some("none") => count == 0,
            Some("one") => count == 1,
            Some("several") => count > 1,
            Some("payable") => sums.len() == 1,
            Some("unpayable") => sums.len() != 1,
            Some("mixed") => sums.len() > 1,
            _ => true,
        };
        set_hidden(&variant, !visible);
    }
}

/// Whether the list has lines that cannot be paid: what is sold out or no longer sold.
fn has_more_lines(form: &Element) -> bool {
    !all(form, "[data-choice] :is(input:disabled, [data-gone])").is_empty()
}
