//! Entry point of the WASM module: hydrates the islands.
#![forbid(unsafe_code)]

// Links the islands into the module; nothing here refers to them.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page when the module has loaded.
#[wasm_bindgen]
pub fn hydrate() {
    // In debug builds only: the hook is larger than all islands together.
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
