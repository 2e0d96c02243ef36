//! `xtask INPUT FOLDER NAME [--debug]`: makes NAME.js and NAME.wasm in the folder from the compiled
//! module, as the command `wasm-bindgen --target web` does.
//!
//! With the library of that command, which is compiled with the workspace, nobody has to install
//! the command itself, and its version cannot differ from that of the crate.

use std::path::Path;

use anyhow::{Context, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (input, folder, name, debug) = match arguments[..] {
        [input, folder, name] => (input, folder, name, false),
        [input, folder, name, "--debug"] => (input, folder, name, true),
        _ => bail!("arguments: INPUT FOLDER NAME [--debug]"),
    };
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(input)
        .web(true)?
        .out_name(name)
        .typescript(false)
        .debug(debug)
        .keep_debug(debug);
    bindgen
        .generate(folder)
        .with_context(|| format!("could not read {input}"))?;
    // The name that Leptos' script expects.
    let folder = Path::new(folder);
    std::fs::rename(
        folder.join(format!("{name}_bg.wasm")),
        folder.join(format!("{name}.wasm")),
    )
    .context("could not rename the module")
}
