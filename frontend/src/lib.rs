//! The entry of the WASM module: wakes the islands.
#![forbid(unsafe_code)]

// Links the islands, which nothing here names.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page once the module is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
