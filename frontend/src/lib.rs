//! The entry of the WASM module: wakes the islands.
#![forbid(unsafe_code)]

// Links the islands, which nothing here names.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page once the module is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    // In a release the message would cost more than all islands; a developer wants to read it.
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
