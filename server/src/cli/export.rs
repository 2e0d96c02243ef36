//! `till export`

use std::io::BufWriter;

use clap::Subcommand;
use product_file::WriteError;
use shop::catalog::export::{ExportError, export};

use super::output::is_closed;
use crate::application::open_existing;
use crate::config::Config;

/// Arguments of `till export`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write all products as CSV to standard output, as `till import` reads it: a line for each
    /// variant.
    Products,
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::Products = command;
    let database = open_existing(config).await?;
    let exported = export(&database, BufWriter::new(std::io::stdout())).await;
    database.close().await?;
    match exported {
        Ok(_) => Ok(()),
        Err(ExportError::Write(WriteError::Failed(error))) if is_closed(&error) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
