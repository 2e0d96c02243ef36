//! `till import`

use std::fs::File;
use std::path::PathBuf;

use anyhow::Context;
use shop::catalog::import::{Stock, import};

use super::answer::{count, print_line};
use crate::application::{check_rates, open_existing};
use crate::config::Config;

/// What `till import` understands.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The file: a header line with sku, slug, name, description, price (minor units), currency, stock (empty: not counted),
    /// `max_per_order`, image, category, position and active, then one line for each product.
    file: PathBuf,
    /// Set the stock of products that are already there, too. What open checkouts hold stays: less
    /// is set to that.
    #[arg(long)]
    stock: bool,
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    let file = File::open(&arguments.file)
        .with_context(|| format!("{} cannot be opened", arguments.file.display()))?;
    let database = open_existing(config).await?;
    let stock = if arguments.stock {
        Stock::Set
    } else {
        Stock::OnlyNew
    };
    let report = import(&database, file, stock)
        .await
        .context("nothing was imported")?;
    let sellable = check_rates(&database, &config.options).await;
    database.close().await?;
    print_line(&format!(
        "{} created, {} updated, {} unchanged",
        report.created, report.updated, report.unchanged
    ));
    for held in &report.held {
        print_line(&format!(
            "{}: the file says {}, but open checkouts hold {}: the stock is set to {}",
            held.sku, held.asked, held.held, held.held
        ));
    }
    if report.stock_differs > 0 {
        print_line(&format!(
            "{} in the file {} from the stock here, which stays as it is: use --stock to set it",
            count(report.stock_differs, "stock", "stocks"),
            if report.stock_differs == 1 {
                "differs"
            } else {
                "differ"
            }
        ));
    }
    sellable.context("the products are here, but cannot be sold with these SHIPPING_RATES")
}
