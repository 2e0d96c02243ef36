//! `till orders ship`, `correct-shipment` and `undo-shipment`

use std::process::ExitCode;

use shop::database::Database;
use shop::orders::shipments::{
    self, Correction, NewShipment, Parcel, ParcelProblem, ShipOutcome, ShipmentOutcome,
};

use super::super::operator;
use super::super::output::{count, print_json, print_line};
use super::{SkuUnits, details, find, units_of};
use crate::config::Config;

/// How a parcel travels.
#[derive(Debug, clap::Args)]
pub(super) struct Travel {
    /// The carrier: dhl, dpd, gls, hermes, ups, fedex, `post_at`, `post_ch`, `la_poste`,
    /// `royal_mail`, usps, or any other name.
    #[arg(long, default_value = "")]
    carrier: String,
    /// The number by which the carrier finds the parcel.
    #[arg(long, default_value = "")]
    tracking: String,
}

impl Travel {
    fn parcel(&self) -> Result<Parcel, ParcelProblem> {
        let number = &self.tracking;
        match Parcel::parse(&self.carrier, "", number) {
            Err(ParcelProblem::UnknownCarrier) => Parcel::parse("", &self.carrier, number),
            other => other,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Ship {
    /// The order numbers, also without dashes and prefix, and in lower case.
    #[arg(required = true)]
    numbers: Vec<String>,
    /// Units of a line, such as MUG-1 or MUG-1=2, of one order. May be repeated. Default:
    /// everything that is left.
    #[arg(long, value_name = "SKU[=UNITS]")]
    line: Vec<SkuUnits>,
    #[command(flatten)]
    travel: Travel,
    /// Send the buyer no email about it.
    #[arg(long)]
    no_mail: bool,
    /// Print JSON: the orders.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Correct {
    /// The order number, also without dashes and prefix, and in lower case.
    number: String,
    /// The parcel's number, from `till orders show`.
    shipment: i64,
    #[command(flatten)]
    travel: Travel,
    /// Send the buyer no email about it.
    #[arg(long)]
    no_mail: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Undo {
    /// The order number, also without dashes and prefix, and in lower case.
    number: String,
    /// The parcel's number, from `till orders show`.
    shipment: i64,
}

/// Records parcels, each order in its own transaction, and prints the outcomes.
pub(super) async fn ship(
    config: &Config,
    database: &Database,
    arguments: &Ship,
) -> anyhow::Result<ExitCode> {
    if arguments.numbers.len() > 1 && !arguments.line.is_empty() {
        anyhow::bail!("--line is for one order");
    }
    let parcel = arguments.travel.parcel()?;
    let mut orders = Vec::new();
    for number in &arguments.numbers {
        orders.push(find(config, database, number).await?);
    }
    let mut all_done = true;
    let mut printed = Vec::new();
    for order in orders {
        let lines = match arguments.line.is_empty() {
            true => None,
            false => {
                let order = details(database, order.id).await?;
                Some(units_of(&order, &arguments.line, |line| line.to_ship)?)
            }
        };
        let shipment = NewShipment {
            order: order.id,
            lines,
            parcel: parcel.clone(),
            notify: !arguments.no_mail,
            seen: None,
            form: None,
        };
        let outcome = shipments::ship(database, &shipment, &operator::actor()).await?;
        all_done &= matches!(outcome, ShipOutcome::Shipped { .. });
        if arguments.json {
            printed.push(details(database, order.id).await?);
        } else {
            print_line(&words(&order.number, &outcome));
        }
    }
    if arguments.json {
        print_json(&printed)?;
    }
    Ok(ExitCode::from(u8::from(!all_done)))
}

fn words(number: &str, outcome: &ShipOutcome) -> String {
    let units = |units: i64| count(units, "unit", "units");
    match outcome {
        ShipOutcome::Shipped {
            shipment,
            units: sent,
        } => format!(
            "order {number}: {} shipped, parcel {shipment}",
            units(*sent)
        ),
        ShipOutcome::MoreThanLeft { sku, left } => format!(
            "order {number}: only {} of {sku} left to ship, so nothing was recorded",
            units(*left)
        ),
        ShipOutcome::NothingLeft => format!("order {number}: nothing is left to ship"),
        ShipOutcome::NoUnits | ShipOutcome::UnknownLine => {
            format!("order {number}: no units were chosen")
        }
        ShipOutcome::AlreadyShipped | ShipOutcome::Changed | ShipOutcome::UnknownOrder => {
            format!("order {number} has changed: nothing was recorded")
        }
    }
}

/// Corrects a parcel and prints the outcome.
pub(super) async fn correct(
    config: &Config,
    database: &Database,
    arguments: &Correct,
) -> anyhow::Result<ExitCode> {
    let order = find(config, database, &arguments.number).await?;
    let correction = Correction {
        order: order.id,
        shipment: arguments.shipment,
        parcel: arguments.travel.parcel()?,
        notify: !arguments.no_mail,
        seen: None,
    };
    let outcome = shipments::correct(database, &correction, &operator::actor()).await?;
    Ok(report(
        arguments.shipment,
        &order.number,
        outcome,
        "corrected",
    ))
}

/// Undoes a parcel and prints the outcome.
pub(super) async fn undo(
    config: &Config,
    database: &Database,
    arguments: &Undo,
) -> anyhow::Result<ExitCode> {
    let order = find(config, database, &arguments.number).await?;
    let (id, actor) = (arguments.shipment, operator::actor());
    let outcome = shipments::undo(database, order.id, id, None, &actor).await?;
    Ok(report(id, &order.number, outcome, "undone"))
}

fn report(shipment: i64, number: &str, outcome: ShipmentOutcome, done: &str) -> ExitCode {
    let (code, message) = match outcome {
        ShipmentOutcome::Done => (0, format!("parcel {shipment} of order {number} is {done}")),
        ShipmentOutcome::Unchanged => (
            0,
            format!("parcel {shipment} of order {number} is already {done}: nothing to do"),
        ),
        ShipmentOutcome::Changed => (
            1,
            format!("parcel {shipment} of order {number} was undone: nothing was changed"),
        ),
        ShipmentOutcome::UnknownShipment => (1, format!("order {number} has no parcel {shipment}")),
    };
    print_line(&message);
    ExitCode::from(code)
}
