//! Everything that runs in the browser, and nothing else.
//!
//! Each island improves a page that works without it: the form is a plain form, the order page refreshes itself.
//!
//! An island hydrates one empty element, which nobody else touches. All else on a page is the server's HTML, and by the
//! time an island wakes others may have changed it: translators replace texts, extensions insert elements. So an island
//! finds what it needs by attributes, and changes attributes and the text of elements that hold nothing else. Its settings
//! are `data-*` attributes, because properties would bring a JSON parser into the download.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, EventTarget};

pub mod live_form;
pub mod order_watch;

/// The element around an island's own that the selector matches.
fn around(own: &web_sys::HtmlSpanElement, selector: &str) -> Option<Element> {
    own.closest(selector).ok().flatten()
}

/// An attribute as a whole number.
fn number<T: std::str::FromStr>(element: &Element, name: &str) -> Option<T> {
    element.get_attribute(name)?.parse().ok()
}

/// Calls back at every event, for as long as the page lives.
fn listen(target: &EventTarget, event: &str, handler: impl FnMut(Event) + 'static) {
    let handler = Closure::<dyn FnMut(Event)>::new(handler);
    let _ = target.add_event_listener_with_callback(event, handler.as_ref().unchecked_ref());
    handler.forget();
}

/// Hides an element, or shows it.
fn set_hidden(element: &Element, hidden: bool) {
    let _ = element.toggle_attribute_with_force("hidden", hidden);
}

/// All elements below this one that the selector matches.
fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = root.query_selector_all(selector) else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into().ok())
        .collect()
}
