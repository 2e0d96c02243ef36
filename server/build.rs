//! Checks, before the files for browsers are put into the binary, that they are there and were made
//! from the WASM module as it was compiled last. Has the linker write the binary small.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    if reads_packed_relocations() == Some(true) {
        // What the loader adjusts takes some kilobytes instead of two megabytes.
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    if std::env::var_os("CARGO_FEATURE_EMBED").is_none() {
        return Ok(());
    }
    let site = Path::new("../target/site");
    println!("cargo:rerun-if-changed={}", site.display());
    let made = newest_wasm(&site.join("pkg"))
        .ok_or("target/site holds no WASM module: `make build` makes it before the server")?;
    // `OUT_DIR` is in the target folder, four levels down.
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let target = out
        .ancestors()
        .nth(4)
        .ok_or("OUT_DIR is not in a target folder")?;
    let compiled = target.join("front/wasm32-unknown-unknown/wasm-release/frontend.wasm");
    println!("cargo:rerun-if-changed={}", compiled.display());
    if let Ok(compiled) = modified(&compiled)
        && compiled > made
    {
        return Err("target/site is older than the WASM module: run `make build`".into());
    }
    Ok(())
}

/// Whether the program is for this machine, and its loader reads packed relocations: that of glibc
/// does since 2.36.
fn reads_packed_relocations() -> Option<bool> {
    let variable = |name| std::env::var(name).ok();
    if variable("HOST")? != variable("TARGET")? || variable("CARGO_CFG_TARGET_ENV")? != "gnu" {
        return None;
    }
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    let version: (u32, u32) = (major.parse().ok()?, minor.parse().ok()?);
    Some(version >= (2, 36))
}

fn newest_wasm(folder: &Path) -> Option<SystemTime> {
    let files = std::fs::read_dir(folder).ok()?.flatten();
    let modules = files.filter(|file| file.path().extension().is_some_and(|end| end == "wasm"));
    modules.filter_map(|file| modified(&file.path()).ok()).max()
}

fn modified(file: &Path) -> std::io::Result<SystemTime> {
    std::fs::metadata(file)?.modified()
}
