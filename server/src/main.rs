//! `till`
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before any thread exists. Variables that are set already, even to nothing, win over the file.
    let _ = dotenvy::dotenv();
    server::cli::run()
}
