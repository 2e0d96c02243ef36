//! Everything that runs in the browser, and nothing else.
//!
//! Each island improves a page that works without it: the form is a plain form, and the order page
//! refreshes itself.
//!
//! An island hydrates only one empty element of its own. The rest of the page is the server's HTML,
//! which may have changed before hydration: translators replace text, extensions insert elements.
//! So an island finds elements by attribute, and changes only attributes and the text of elements
//! that contain nothing but text. Its settings are `data-*` attributes, because component props
//! would add a JSON parser to the download.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, EventTarget};

mod choice;
mod fields;
mod lines;
pub mod live_form;
pub mod order_watch;

/// Returns the closest element around the island that matches the selector.
fn closest(own: &web_sys::HtmlSpanElement, selector: &str) -> Option<Element> {
    own.closest(selector).ok().flatten()
}

/// Parses an attribute as a number.
fn number_attribute<T: std::str::FromStr>(element: &Element, name: &str) -> Option<T> {
    element.get_attribute(name)?.parse().ok()
}

/// Calls the handler at every event, for as long as the page is open.
fn listen(target: &EventTarget, event: &str, handler: impl FnMut(Event) + 'static) {
    let handler = Closure::<dyn FnMut(Event)>::new(handler);
    let _ = target.add_event_listener_with_callback(event, handler.as_ref().unchecked_ref());
    handler.forget();
}

/// Hides or shows an element.
fn set_hidden(element: &Element, hidden: bool) {
    let _ = element.toggle_attribute_with_force("hidden", hidden);
}

/// Returns all descendants that match the selector.
fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = root.query_selector_all(selector) else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into().ok())
        .collect()
}
