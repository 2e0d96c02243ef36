//! The admin's own style sheet and script. They are part of the binary.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// The style sheet. It follows the shop's.
pub const STYLE_SHEET: &str = include_str!("../assets/admin.css");
/// The script: what a form cannot do. Everything works without it.
pub const SCRIPT: &str = include_str!("../assets/admin.js");
/// A product file with a few products, which shows how one is written.
pub const SAMPLE_PRODUCTS: &str = include_str!("../assets/sample-products.csv");

/// The path of the style sheet.
pub const STYLE_SHEET_PATH: &str = "/admin/admin.css";
/// The path of the script.
pub const SCRIPT_PATH: &str = "/admin/admin.js";

/// Changes with the files' content, so that browsers may keep them.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::new()
        .chain_update(STYLE_SHEET)
        .chain_update(SCRIPT)
        .finalize();
    hex::encode(&digest[..4])
});

pub(crate) fn style_sheet_address() -> String {
    format!("{STYLE_SHEET_PATH}?v={}", *VERSION)
}

pub(crate) fn script_address() -> String {
    format!("{SCRIPT_PATH}?v={}", *VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_has_at_most_10_kb() {
        assert!(SCRIPT.len() <= 10_000, "{} bytes", SCRIPT.len());
    }
}
