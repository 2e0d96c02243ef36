//! `till products`

use clap::Subcommand;
use shop::catalog::{self, VariantSummary};

use super::output::{money, or_dash, print_json, print_table};
use crate::application::open_existing;
use crate::config::Config;

/// Arguments of `till products`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the variants of all products with their prices and stock.
    List(List),
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Only variants of which at most UNITS (default: 5) can still be bought, the scarcest first.
    /// Variants whose stock is not counted are left out.
    #[arg(long, value_name = "UNITS", num_args = 0..=1, default_missing_value = "5")]
    low: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::List(arguments) = command;
    let database = open_existing(config).await?;
    let variants = catalog::list(&database, arguments.low.map(i64::from)).await?;
    database.close().await?;
    if arguments.json {
        return print_json(&variants);
    }
    let row = |variant: &VariantSummary| {
        [
            variant.sku.clone(),
            variant.name.clone(),
            money(variant.price, &variant.currency),
            or_dash(variant.stock),
            variant.held.to_string(),
            or_dash(variant.left),
            if variant.active { "yes" } else { "no" }.to_owned(),
        ]
    };
    print_table(
        ["SKU", "NAME", "PRICE", "STOCK", "HELD", "LEFT", "ON SALE"],
        &variants.iter().map(row).collect::<Vec<_>>(),
    );
    Ok(())
}
