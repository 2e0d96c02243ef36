//! The script that wakes islands.

use leptos::prelude::*;

use crate::files::{files, script};

/// Loads the WASM module, for a page that has an island.
#[component]
pub fn IslandScript() -> impl IntoView {
    let files = files();
    let (module, wasm) = (files.module.clone(), files.wasm.clone());
    view! { <script src=script("/islands.js") data-module=module data-wasm=wasm async></script> }
}
