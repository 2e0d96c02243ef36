//! `till products`

use clap::Subcommand;
use shop::catalog::{self, ProductSummary};

use super::output::{money, or_dash, print_json, print_table};
use crate::application::open_existing;
use crate::config::Config;

/// Arguments of `till products`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List products with their prices and stock.
    List(List),
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Only products of which at most UNITS (default: 5) can still be bought, the scarcest first.
    /// Products whose stock is not counted are left out.
    #[arg(long, value_name = "UNITS", num_args = 0..=1, default_missing_value = "5")]
    low: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::List(arguments) = command;
    let database = open_existing(config).await?;
    let products = catalog::list(&database, arguments.low.map(i64::from)).await?;
    database.close().await?;
    if arguments.json {
        return print_json(&products);
    }
    let row = |product: &ProductSummary| {
        [
            product.sku.clone(),
            product.name.clone(),
            money(product.price, &product.currency),
            or_dash(product.stock),
            product.held.to_string(),
            or_dash(product.left),
            if product.active { "yes" } else { "no" }.to_owned(),
        ]
    };
    print_table(
        ["SKU", "NAME", "PRICE", "STOCK", "HELD", "LEFT", "ON SALE"],
        &products.iter().map(row).collect::<Vec<_>>(),
    );
    Ok(())
}
