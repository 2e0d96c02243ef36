//! The list of what was chosen, in the pay bar. Without it, the fields on the page are the list.
//!
//! A variant has one field in the form. One that was chosen on another page has it in the list; the
//! row of a variant whose field is on the page has a copy, which belongs to no form: it is neither
//! sent nor validated, and follows the field, as the field follows it.

use leptos::prelude::document;
use till_core::money::MoneyPattern;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};

use super::fields::{STEPPER, field_in};
use super::{all, set_hidden};

/// On the stepper of a copy: the id of the field on the page.
const COPY_OF: &str = "data-copy-of";

/// The field that a field of the form, or a copy, changes; with its stepper.
pub(super) fn original(field: HtmlInputElement) -> Option<(Element, HtmlInputElement)> {
    let stepper = field.closest(STEPPER).ok()??;
    match stepper.get_attribute(COPY_OF) {
        None => Some((stepper, field)),
        Some(id) => {
            let field = document().get_element_by_id(&id)?.dyn_into().ok()?;
            original(field)
        }
    }
}

/// Whether this is the stepper of a copy.
pub(super) fn is_copy(stepper: &Element) -> bool {
    stepper.has_attribute(COPY_OF)
}

/// Shows the line of a field in the list, and what it costs. Returns the steppers that show it.
pub(super) fn show(
    form: &Element,
    stepper: &Element,
    field: &HtmlInputElement,
    units: u32,
    price: i64,
    pattern: &str,
) -> Vec<Element> {
    let mut steppers = vec![stepper.clone()];
    let row = match stepper.closest("[data-choice] li") {
        Ok(Some(row)) => Some(row),
        _ => copy(form, stepper, field, units > 0).inspect(|row| {
            steppers.extend(all(row, STEPPER));
        }),
    };
    if let Some(row) = row {
        // Not under the hands of the shopper, who may go on.
        let gone = units == 0 && !field.disabled() && !row.matches(":focus-within").unwrap_or(true);
        set_hidden(&row, gone);
    }
    let cost = MoneyPattern::parse(pattern)
        .filter(|_| units > 0)
        .map(|pattern| pattern.write_line(units, price));
    for stepper in &steppers {
        let row = stepper.parent_element();
        for amount in row.iter().flat_map(|row| all(row, "[data-amount]")) {
            amount.set_text_content(cost.as_deref());
        }
    }
    steppers
}

/// The row with the copy of a field on the page, up to date; a new one if it is `needed`.
fn copy(
    form: &Element,
    stepper: &Element,
    field: &HtmlInputElement,
    needed: bool,
) -> Option<Element> {
    let id = format!("line-{}", field.id());
    let copy: HtmlInputElement = match document().get_element_by_id(&id) {
        Some(copy) => copy.dyn_into().ok()?,
        None if needed => add(form, stepper, field, &id)?,
        None => return None,
    };
    if document().active_element().as_ref() != Some(&copy) {
        copy.set_value(&field.value());
    }
    copy.set_class_name(&field.class_name());
    let row = copy.closest("li").ok()??;
    // The reason beside the field, which may be far away.
    let problem = field.get_attribute("aria-describedby")?;
    let problem = document().get_element_by_id(&problem)?;
    for shown in all(&row, ".invalid-feedback") {
        shown.set_text_content(problem.text_content().as_deref());
        set_hidden(&shown, problem.has_attribute("hidden"));
    }
    Some(row)
}

/// Adds a row with a copy of the field.
fn add(
    form: &Element,
    stepper: &Element,
    field: &HtmlInputElement,
    id: &str,
) -> Option<HtmlInputElement> {
    let clone = |element: &Element| -> Option<Element> {
        element.clone_node_with_deep(true).ok()?.dyn_into().ok()
    };
    let list = form.query_selector("[data-lines]").ok()??;
    let row = clone(&list.first_element_child()?)?;
    let name = stepper.get_attribute("data-name");
    row.query_selector("bdi")
        .ok()??
        .set_text_content(name.as_deref());
    let _ = row.query_selector("label").ok()??.set_attribute("for", id);
    let stepper = clone(stepper)?;
    let _ = stepper.set_attribute(COPY_OF, &field.id());
    let copy = field_in(&stepper)?;
    copy.set_id(id);
    // Belongs to no form.
    let _ = copy.set_attribute("form", "");
    let _ = copy.remove_attribute("name");
    row.append_child(&stepper).ok()?;
    list.append_child(&row).ok()?;
    Some(copy)
}
