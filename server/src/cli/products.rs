//! `till products`

use std::process::ExitCode;

use clap::Subcommand;
use shop::audit::Actor;
use shop::catalog::editing::{self, ArchiveOutcome};
use shop::catalog::stock::{self, HistoryRow, StockChange, StockOutcome};
use shop::catalog::{self, VariantSummary};
use shop::database::Database;
use shop::time_zone::TimeZone;

use super::operator;
use super::output::{count, money, or_dash, print_error, print_json, print_line, print_table};
use crate::application::open_existing;
use crate::config::Config;

/// Arguments of `till products`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the variants of all products with their prices and stock.
    List(List),
    /// Change the stock of a variant, never below what unpaid checkouts hold.
    Stock(Stock),
    /// Show what people changed about the stock of a variant, the newest first. Sales are not in
    /// it.
    History(History),
    /// Take a product off sale with all its variants. Open checkouts can still be paid.
    Archive(Product),
    /// Put a product on sale again, with the variants that were on sale before.
    Restore(Product),
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

#[derive(Debug, clap::Args)]
pub(super) struct Stock {
    /// The variant's SKU.
    sku: String,
    #[command(flatten)]
    change: Change,
    /// Why, for the history.
    #[arg(long, value_parser = operator::note)]
    note: Option<String>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Change {
    /// This many units were delivered.
    #[arg(long, value_name = "UNITS")]
    received: Option<u32>,
    /// This many units are there, held ones included. Stock that was not counted is from now on.
    #[arg(long, value_name = "UNITS")]
    counted: Option<u32>,
    /// This many units are broken or lost.
    #[arg(long, value_name = "UNITS")]
    damaged: Option<u32>,
    /// This many units were sent back.
    #[arg(long, value_name = "UNITS")]
    returned: Option<u32>,
    /// The stock is no longer counted.
    #[arg(long)]
    uncounted: bool,
}

impl Change {
    fn stock(&self) -> StockChange {
        let units = |units: u32| i64::from(units);
        if let Some(received) = self.received {
            return StockChange::Received(units(received));
        }
        if let Some(damaged) = self.damaged {
            return StockChange::Damaged(units(damaged));
        }
        if let Some(returned) = self.returned {
            return StockChange::Returned(units(returned));
        }
        match self.counted {
            Some(counted) => StockChange::Counted {
                units: units(counted),
                shown: None,
            },
            None => StockChange::Uncounted,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct History {
    /// The variant's SKU.
    sku: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Product {
    /// The SKU of one of its variants.
    sku: String,
}

/// The number of rows of a history that are printed.
const MAX_HISTORY: u64 = 1000;

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let database = open_existing(config).await?;
    let code = match command {
        Command::List(arguments) => list(&database, &arguments).await?,
        Command::Stock(arguments) => change_stock(&database, &arguments).await?,
        Command::History(arguments) => {
            history(&database, &arguments, &config.profile.time_zone).await?
        }
        Command::Archive(product) => set_on_sale(&database, &product.sku, false).await?,
        Command::Restore(product) => set_on_sale(&database, &product.sku, true).await?,
    };
    database.close().await?;
    Ok(code)
}

fn actor() -> Actor {
    Actor::on_command_line(operator::user())
}

async fn list(database: &Database, arguments: &List) -> anyhow::Result<ExitCode> {
    let variants = catalog::list(database, arguments.low.map(i64::from)).await?;
    if arguments.json {
        print_json(&variants)?;
        return Ok(ExitCode::SUCCESS);
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
    Ok(ExitCode::SUCCESS)
}

async fn find(database: &Database, sku: &str) -> anyhow::Result<i64> {
    let found = stock::variant_with_sku(database, sku).await?;
    found.ok_or_else(|| {
        anyhow::anyhow!("no variant has the SKU \"{sku}\": `till products list` shows them")
    })
}

async fn change_stock(database: &Database, arguments: &Stock) -> anyhow::Result<ExitCode> {
    let sku = &arguments.sku;
    let variant = find(database, sku).await?;
    let note = arguments.note.as_deref().unwrap_or_default();
    let change = arguments.change.stock();
    let outcome = stock::change(database, variant, change, note, None, &actor()).await?;
    let stock = |stock: Option<i64>| match stock {
        Some(units) => format!("the stock of {sku} is {units}"),
        None => format!("the stock of {sku} is not counted"),
    };
    let problem = match outcome {
        StockOutcome::Changed { stock: now } => {
            print_line(&stock(now));
            return Ok(ExitCode::SUCCESS);
        }
        // No form is sent here.
        StockOutcome::AlreadyChanged => return Ok(ExitCode::SUCCESS),
        StockOutcome::Unchanged { stock: now } => {
            print_line(&format!("{} already", stock(now)));
            return Ok(ExitCode::SUCCESS);
        }
        StockOutcome::BelowHeld { stock, held } => format!(
            "unpaid checkouts hold {} of {sku}, and {stock} are there: nothing was changed",
            count(held, "unit", "units")
        ),
        StockOutcome::NotCounted => format!(
            "the stock of {sku} is not counted, so nothing was changed: begin with --counted"
        ),
        StockOutcome::ChangedMeanwhile { .. } => {
            format!("the stock of {sku} was changed meanwhile: nothing was changed, try again")
        }
        StockOutcome::InvalidUnits => {
            "the number of units must be from 1 to 1,000,000,000: nothing was changed".to_owned()
        }
        StockOutcome::NotFound => format!("no variant has the SKU \"{sku}\" any more"),
    };
    print_error(&problem);
    Ok(ExitCode::FAILURE)
}

async fn history(
    database: &Database,
    arguments: &History,
    zone: &TimeZone,
) -> anyhow::Result<ExitCode> {
    let variant = find(database, &arguments.sku).await?;
    let rows = stock::history(database, &[variant], None, MAX_HISTORY).await?;
    if arguments.json {
        print_json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |row: &HistoryRow| {
        [
            zone.format_table(row.at),
            or_dash(row.difference.map(|units| format!("{units:+}"))),
            or_dash(row.stock_after),
            row.reason.to_string(),
            row.actor.clone(),
            row.note.clone(),
        ]
    };
    print_table(
        ["TIME", "DIFFERENCE", "STOCK", "REASON", "BY", "NOTE"],
        &rows.iter().map(row).collect::<Vec<_>>(),
    );
    Ok(ExitCode::SUCCESS)
}

async fn set_on_sale(database: &Database, sku: &str, on_sale: bool) -> anyhow::Result<ExitCode> {
    find(database, sku).await?;
    let product = stock::product_with_sku(database, sku)
        .await?
        .unwrap_or_default();
    let outcome = match on_sale {
        true => editing::put_on_sale(database, product, &actor()).await?,
        false => editing::take_off_sale(database, product, &actor()).await?,
    };
    let state = if on_sale { "on sale" } else { "off sale" };
    match outcome {
        ArchiveOutcome::Done => print_line(&format!("the product of {sku} is {state}")),
        ArchiveOutcome::Unchanged => {
            print_line(&format!("the product of {sku} is {state} already"));
        }
        ArchiveOutcome::NotFound => {
            print_error(&format!("the product of {sku} was removed meanwhile"));
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
