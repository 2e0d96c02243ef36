//! `till import`

use std::fs::File;
use std::path::PathBuf;

use anyhow::Context;
use shop::catalog::import::{StockMode, import};

use super::output::{count, print_line};
use crate::application::{check_shipping_rates, open_existing};
use crate::config::Config;

/// Arguments of `till import`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The CSV file: a header line with sku, slug, name, description, price (minor units),
    /// currency, stock (empty: not counted), `max_per_order`, image, category, position and active,
    /// then one line per product.
    file: PathBuf,
    /// Also set the stock of existing products, but never below what unpaid checkouts hold.
    #[arg(long)]
    stock: bool,
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    let file = File::open(&arguments.file)
        .with_context(|| format!("could not open {}", arguments.file.display()))?;
    let database = open_existing(config).await?;
    let stock = if arguments.stock {
        StockMode::Set
    } else {
        StockMode::OnlyNew
    };
    let report = import(&database, file, stock)
        .await
        .context("nothing was imported")?;
    let sellable = check_shipping_rates(&database, &config.checkout.options).await;
    database.close().await?;
    print_line(&format!(
        "{} created, {} updated, {} unchanged",
        report.created, report.updated, report.unchanged
    ));
    for held in &report.held {
        print_line(&format!(
            "{}: the file says {}, but unpaid checkouts hold {}: the stock was set to {}",
            held.sku, held.requested, held.held, held.held
        ));
    }
    if report.stock_differs > 0 {
        print_line(&format!(
            "the file has another stock for {}, which was not changed: use --stock to set it",
            count(report.stock_differs, "product", "products")
        ));
    }
    sellable.context("the products were imported, but cannot be sold with these SHIPPING_RATES")
}
