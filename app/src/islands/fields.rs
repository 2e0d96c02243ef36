//! The fields for quantities, as the server renders them.

use till_core::quantity::Quantity;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};

/// One product's field and buttons, rendered by `Quantity` in `pages/quantity.rs`.
pub(super) const STEPPER: &str = ".stepper";

/// The field of a stepper.
pub(super) fn field_in(stepper: &Element) -> Option<HtmlInputElement> {
    stepper.query_selector("input").ok()??.dyn_into().ok()
}

/// The field's quantity; `None` if it is empty, invalid or disabled. Disabled fields are not
/// submitted.
pub(super) fn quantity(field: &HtmlInputElement) -> Option<Quantity> {
    match field.disabled() {
        true => None,
        false => Quantity::parse(&field.value()).ok().flatten(),
    }
}
