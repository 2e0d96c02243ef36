//! The addresses of the files that pages load.

use std::sync::Arc;

use leptos::prelude::use_context;

/// Where the files are. A release build has hashes in their addresses, so that browsers may keep
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The style sheet.
    pub style_sheet: String,
    /// The JavaScript of the WASM module.
    pub module: String,
    /// The WASM module.
    pub wasm: String,
    /// Changes with the content of the scripts. `None`: their addresses have no version.
    pub version: Option<String>,
}

impl Files {
    /// The address of a script, which is named by its path.
    fn script(&self, path: &str) -> String {
        match &self.version {
            Some(version) => format!("{path}?v={version}"),
            None => path.to_owned(),
        }
    }
}

/// The files of the page, provided as context of every page.
pub fn files() -> Arc<Files> {
    // Leptos renders `App` once without any context to list the routes.
    use_context::<Arc<Files>>().unwrap_or_default()
}

/// The address of one of the page's scripts, such as `/finding.js`.
pub fn script(path: &str) -> String {
    files().script(path)
}
