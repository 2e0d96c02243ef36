//! `till orders`

use std::process::ExitCode;
use std::str::FromStr;

use clap::Subcommand;
use locale::Language;
use shop::database::Database;
use shop::entity::order;
use shop::orders::export::{self, ExportError, Period};
use shop::orders::fulfilment::Units;
use shop::orders::overview::{self, Filter, Line, OrderDetails, OrderSummary, TaxRow};
use shop::orders::refund::{self, AmountProblem, RefundOutcome, RefundPart, RefundRequest};
use shop::orders::resolve::{ResolveOutcome, resolve};
use shop::orders::shipments::ShipmentRowLine;
use shop::orders::{self, address_lines};
use shop::time_zone::TimeZone;
use till_core::money::CurrencyCode;
use time::Date;

use super::operator;
use super::output::{
    count, is_closed, money, or_dash, print_error, print_fields, print_json, print_line,
    print_table,
};
use crate::application::{load_profile, load_settings, open_existing};
use crate::config::Config;

mod notes;
mod ship;

/// Arguments of `till orders`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List orders: those that need attention first, then the newest.
    List(List),
    /// Show one order with everything that belongs to it.
    Show(Show),
    /// Refund an order, fully or in part. A running server has Stripe make the refund within
    /// seconds.
    ///
    /// `till orders show` shows its state. Exit code: 0, or 1 if no refund could be requested.
    Refund(Refund),
    /// Record that units of an order were sent: all that are left, or those of --line. Several
    /// orders: all that is left of each.
    ///
    /// Exit code: 0, or 1 if something was not recorded; the output says why.
    Ship(ship::Ship),
    /// Correct carrier and tracking number of a parcel. `till orders show` lists parcels.
    CorrectShipment(ship::Correct),
    /// Record that a parcel was not sent after all. Its units are to be shipped again. The buyer is
    /// not told.
    UndoShipment(ship::Undo),
    /// Write a note about an order. Its buyer does not see it.
    Note(notes::Note),
    /// Send an email about an order again. `till orders show` lists them.
    Resend(notes::Resend),
    /// Write orders and refunds as CSV for a spreadsheet: a row for each product, discount,
    /// shipping, tax, refund and lost dispute, so that the sum of `amount` is the income less
    /// refunds and lost disputes.
    ///
    /// Times are in the shop's time zone (`SHOP_TIME_ZONE`).
    Export(Export),
    /// Mark an order that needs attention as resolved, until something new happens to it: a
    /// dispute, a refund that fails.
    ///
    /// Exit code: 0, also if it was already resolved, or 1 if it never needed attention.
    Resolve(Resolve),
}

#[derive(Debug, clap::Args)]
struct List {
    /// Only orders that need attention: with a flag, an inquiry or open dispute, a failed refund or
    /// an adoption that is not resolved.
    #[arg(long)]
    flagged: bool,
    /// Only orders that match: a number, a part of a name or email address, or Stripe's id of the
    /// session (`cs_…`) or payment (`pi_…`).
    #[arg(
        long,
        value_name = "TEXT",
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    search: Option<String>,
    /// At most this many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    limit: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Show {
    /// The order number, also without dashes and prefix, and in lower case.
    number: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Refund {
    /// The order number, also without dashes and prefix, and in lower case.
    number: String,
    /// The amount to refund, such as 12.50. Default: everything that is not refunded yet.
    // A value with a minus is refused by our own sentence, not as an unknown option.
    #[arg(long, allow_hyphen_values = true)]
    amount: Option<String>,
    /// Refund what was paid for units of a line, such as MUG-1 or MUG-1=2. May be repeated.
    #[arg(long, value_name = "SKU[=UNITS]", conflicts_with = "amount")]
    line: Vec<SkuUnits>,
    /// Once the refund is made, return its units to stock: those of --line, or all that the order
    /// took from counted stock. What is not shipped of them is not to be shipped any more.
    #[arg(long)]
    restock: bool,
    /// The reason; stored with your name and the time.
    #[arg(long, value_parser = operator::note)]
    reason: Option<String>,
    /// Send the buyer no email about it.
    #[arg(long)]
    no_mail: bool,
    /// Print JSON: the order with its refunds.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Export {
    /// The first day, such as 2026-11-01. Default: from the first order.
    #[arg(long, value_parser = day)]
    from: Option<Date>,
    /// The last day, inclusive. Default: to the last order.
    #[arg(long, value_parser = day)]
    to: Option<Date>,
}

/// Parses a day.
pub(super) fn day(text: &str) -> Result<Date, String> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    Date::parse(text, format).map_err(|_| "not a day: write 2026-11-30".to_owned())
}

#[derive(Debug, clap::Args)]
struct Resolve {
    /// The order number, also without dashes and prefix, and in lower case.
    number: String,
    /// The reason; stored with your name and the time.
    #[arg(long, value_parser = operator::note)]
    note: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let database = open_existing(config).await?;
    let mut code = ExitCode::SUCCESS;
    match arguments.action {
        Action::List(arguments) => {
            let filter = Filter {
                flagged: arguments.flagged,
                limit: arguments.limit,
            };
            let numbers = &load_settings(config, &database).await?.orders.numbers;
            let orders = match &arguments.search {
                Some(text) => overview::search(&database, filter, text.trim(), numbers).await?,
                None => overview::list(&database, filter).await?,
            };
            if arguments.json {
                print_json(&orders)?;
            } else {
                print_list(&orders, &load_profile(config, &database).await?.time_zone);
            }
        }
        Action::Show(arguments) => {
            let id = find(config, &database, &arguments.number).await?.id;
            let order = details(&database, id).await?;
            if arguments.json {
                print_json(&order)?;
            } else {
                print_order(&order, &load_profile(config, &database).await?.time_zone);
            }
        }
        Action::Refund(arguments) => {
            code = refund(config, &database, &arguments).await?;
        }
        Action::Ship(arguments) => code = ship::ship(config, &database, &arguments).await?,
        Action::CorrectShipment(arguments) => {
            code = ship::correct(config, &database, &arguments).await?;
        }
        Action::UndoShipment(arguments) => {
            code = ship::undo(config, &database, &arguments).await?;
        }
        Action::Note(arguments) => notes::write(config, &database, &arguments).await?,
        Action::Resend(arguments) => {
            code = notes::resend(config, &database, &arguments).await?;
        }
        Action::Export(arguments) => export(config, &database, &arguments).await?,
        Action::Resolve(arguments) => {
            let order = find(config, &database, &arguments.number).await?;
            let actor = operator::actor();
            let outcome = resolve(&database, order.id, &arguments.note, None, &actor).await?;
            let number = order.number;
            let message = match outcome {
                ResolveOutcome::Resolved(reasons) => {
                    format!("order {number} is resolved: {}", reasons.join("; "))
                }
                ResolveOutcome::AlreadyResolved => {
                    format!("order {number} is already resolved: nothing to do")
                }
                // Without the reasons of a form, none can have changed.
                ResolveOutcome::NothingToResolve | ResolveOutcome::Changed(_) => {
                    code = ExitCode::from(1);
                    format!("order {number} does not need attention: nothing to resolve")
                }
            };
            if arguments.json {
                print_json(&details(&database, order.id).await?)?;
            } else {
                print_line(&message);
            }
        }
    }
    database.close().await?;
    Ok(code)
}

/// Requests a refund and prints the outcome.
async fn refund(
    config: &Config,
    database: &Database,
    arguments: &Refund,
) -> anyhow::Result<ExitCode> {
    let order = find(config, database, &arguments.number).await?;
    let (number, currency) = (&order.number, &order.currency);
    let part = match (&arguments.amount, arguments.line.is_empty()) {
        (Some(typed), _) => RefundPart::Amount(parse_amount(typed, currency)?),
        (None, true) => RefundPart::Rest,
        (None, false) => {
            let order = details(database, order.id).await?;
            RefundPart::Lines(units_of(&order, &arguments.line, |line| {
                line.quantity.saturating_sub(line.refunded)
            })?)
        }
    };
    let request = RefundRequest {
        confirmed: None,
        order: order.id,
        part,
        restock: arguments.restock,
        reason: arguments.reason.clone(),
        notify: !arguments.no_mail,
        seen: None,
        form: None,
    };
    let outcome = refund::request_refund(database, &request, &operator::actor()).await?;
    let count_units = |units: i64| count(units, "unit", "units");
    let (is_done, message) = match outcome {
        RefundOutcome::Requested { amount, units: 0 } => (
            true,
            format!(
                "the refund of {} for order {number} is requested. The running server has Stripe \
                 make it within seconds; till orders show {number} says when it is done",
                money(amount, currency)
            ),
        ),
        RefundOutcome::Requested { amount, units } => (
            true,
            format!(
                "the refund of {} for order {number} is requested. The running server has Stripe \
                 make it within seconds, and then returns {} to stock; till orders show {number} \
                 says when it is done",
                money(amount, currency),
                count_units(units)
            ),
        ),
        RefundOutcome::OnlyRestocked { units } => (
            true,
            format!(
                "order {number} was already fully refunded; {} returned to stock",
                count_units(units)
            ),
        ),
        RefundOutcome::NothingLeft { under_way: 0 } => {
            (false, format!("order {number} is already fully refunded"))
        }
        RefundOutcome::NothingLeft { under_way } => (
            false,
            format!(
                "nothing of order {number} is left to refund: {} is already being refunded",
                money(under_way, currency)
            ),
        ),
        RefundOutcome::MoreThanLeft { left } => (
            false,
            format!(
                "only {} of order {number} can still be refunded, so no refund was requested",
                money(left, currency)
            ),
        ),
        RefundOutcome::NoUnits | RefundOutcome::UnknownLine => {
            (false, format!("no units of order {number} were chosen"))
        }
        RefundOutcome::MoreUnitsThanLeft { sku, left } => (
            false,
            format!(
                "only {} of {sku} in order {number} can still be refunded, so no refund was \
                 requested",
                count_units(left)
            ),
        ),
        RefundOutcome::AmountsUnknown => (
            false,
            format!(
                "what was paid for each line of order {number} is not known: Stripe has not stated \
                 it yet, or the order was paid in another currency. Try again in a minute, or \
                 refund an amount with --amount"
            ),
        ),
        RefundOutcome::WorthNothing => (
            false,
            format!("nothing was paid for these units of order {number}"),
        ),
        // Neither happens without a form.
        RefundOutcome::AlreadyRequested { .. } | RefundOutcome::Changed { .. } => (
            false,
            format!("order {number} has changed: nothing was done"),
        ),
        RefundOutcome::NothingToRestock => (
            false,
            format!(
                "no units of order {number} can be returned to stock: their stock is not counted, \
                 or they are already back. For a refund alone, leave out --restock"
            ),
        ),
        RefundOutcome::Disputed => (
            false,
            format!(
                "the bank has withdrawn the payment of order {number} in a dispute: with a refund, \
                 you would pay twice. Respond to the dispute in Stripe's dashboard"
            ),
        ),
        RefundOutcome::DisputeLost => (
            false,
            format!(
                "a dispute about order {number} was lost and the bank has paid the shopper: Stripe \
                 does not refund such a payment"
            ),
        ),
        RefundOutcome::NothingPaid => (
            false,
            format!("nothing was paid for order {number}, so there is nothing to refund"),
        ),
        RefundOutcome::UnknownOrder => anyhow::bail!("the order no longer exists"),
    };
    if arguments.json {
        print_json(&details(database, order.id).await?)?;
        if !is_done {
            print_error(&message);
        }
    } else {
        print_line(&message);
    }
    Ok(ExitCode::from(u8::from(!is_done)))
}

/// Units of a line, by its SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SkuUnits {
    sku: String,
    /// `None`: all that are left.
    units: Option<i64>,
}

impl FromStr for SkuUnits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (sku, units) = match text.rsplit_once('=') {
            None => (text, None),
            Some((sku, units)) => {
                let units = units.parse().ok().filter(|units| *units > 0_i64);
                let units = units.ok_or("write a number of units after the =, such as MUG-1=2");
                (sku, Some(units?))
            }
        };
        Ok(Self {
            sku: sku.to_owned(),
            units,
        })
    }
}

/// Finds the lines of these units. `left` are the units of a line that are meant without a number.
fn units_of(
    order: &OrderDetails,
    chosen: &[SkuUnits],
    left: impl Fn(&Line) -> i64,
) -> anyhow::Result<Vec<Units>> {
    let number = &order.summary.number;
    let units = |chosen: &SkuUnits| {
        let sku = &chosen.sku;
        let line = order.lines.iter().find(|line| line.sku == *sku);
        let line = line.ok_or_else(|| anyhow::anyhow!("order {number} has no line {sku}"))?;
        Ok(Units {
            variant: line.variant,
            quantity: chosen.units.unwrap_or_else(|| left(line)),
        })
    };
    chosen.iter().map(units).collect()
}

/// Parses the amount of a refund. Returns minor units.
fn parse_amount(typed: &str, currency: &CurrencyCode) -> anyhow::Result<i64> {
    let code = currency.to_string().to_ascii_uppercase();
    refund::parse_amount(typed, currency).map_err(|problem| match problem {
        AmountProblem::UnknownCurrency => anyhow::anyhow!(
            "the order is in {code}, which the shop does not know: leave out --amount"
        ),
        AmountProblem::NotAnAmount { example } => anyhow::anyhow!(
            "--amount must be an amount above zero in {code}, with all its decimals, such as \
             {example}, not \"{typed}\""
        ),
        AmountProblem::NotAStep { step } => {
            anyhow::anyhow!("--amount must be a multiple of {step}")
        }
    })
}

/// Writes the table to stdout.
async fn export(config: &Config, database: &Database, arguments: &Export) -> anyhow::Result<()> {
    let zone = &load_profile(config, database).await?.time_zone;
    let begin = |day: Option<Date>| {
        let begin = |day: Date| {
            let begin = zone.start_of_day(day);
            begin.ok_or_else(|| anyhow::anyhow!("{day} is out of range"))
        };
        day.map(begin).transpose()
    };
    if let (Some(from), Some(to)) = (arguments.from, arguments.to)
        && from > to
    {
        anyhow::bail!("--from {from} is after --to {to}");
    }
    let after = arguments.to.and_then(Date::next_day);
    let period = Period {
        from: begin(arguments.from)?,
        until: begin(after)?,
    };
    let out = std::io::BufWriter::new(std::io::stdout());
    match export::export(database, period, zone, out).await {
        // The reader has closed the pipe.
        Err(ExportError::Write(error)) if is_closed(&error) => Ok(()),
        other => Ok(other?),
    }
}

/// Finds the one order with this number.
async fn find(config: &Config, database: &Database, number: &str) -> anyhow::Result<order::Model> {
    let numbers = load_settings(config, database).await?.orders.numbers;
    let mut found = orders::find(database, number, &numbers).await?;
    if found.len() > 1 {
        let numbers: Vec<_> = found.into_iter().map(|order| order.number).collect();
        anyhow::bail!(
            "{number} is the number of several orders: {}. Add the prefix",
            numbers.join(", ")
        );
    }
    found
        .pop()
        .ok_or_else(|| anyhow::anyhow!("there is no order {number}"))
}

async fn details(database: &Database, id: i64) -> anyhow::Result<OrderDetails> {
    let order = overview::show(database, id).await?;
    order.ok_or_else(|| anyhow::anyhow!("the order no longer exists"))
}

fn attention(order: &OrderSummary) -> Option<String> {
    let words: Vec<_> = order
        .attention
        .iter()
        .map(|reason| reason.words.as_str())
        .collect();
    (!words.is_empty()).then(|| words.join("; "))
}

fn print_list(orders: &[OrderSummary], zone: &TimeZone) {
    let rows: Vec<_> = orders
        .iter()
        .map(|order| {
            [
                order.number.clone(),
                zone.format_table(order.paid_at),
                or_dash(order.customer_name.as_ref()),
                or_dash(order.customer_email.as_ref()),
                money(order.amount_total, &order.currency),
                money(order.amount_refunded, &order.currency),
                or_dash(attention(order)),
            ]
        })
        .collect();
    print_table(
        [
            "ORDER",
            "PAID",
            "NAME",
            "EMAIL",
            "TOTAL",
            "REFUNDED",
            "NEEDS ATTENTION",
        ],
        &rows,
    );
}

fn print_order(order: &OrderDetails, zone: &TimeZone) {
    let at = |time| zone.format_table(time);
    let summary = &order.summary;
    let amount = |amount| money(amount, &summary.currency);
    let mut fields = vec![
        ("order", summary.number.clone()),
        ("attention", or_dash(attention(summary))),
    ];
    for resolution in &order.resolutions {
        let when = at(resolution.at);
        let note = &resolution.note;
        fields.push(("resolved", format!("{when} by {}: {note}", resolution.by)));
    }
    for withdrawal in &order.withdrawals {
        let (when, state, part) = (
            at(withdrawal.received_at),
            withdrawal.state,
            withdrawal.part(),
        );
        let id = withdrawal.id;
        fields.push((
            "withdrawal",
            format!("{when}: {part} ({state}, number {id})"),
        ));
    }
    fields.push(("paid", at(summary.paid_at)));
    if let Some(adopted_at) = order.adopted_at {
        fields.push(("adopted", at(adopted_at)));
    }
    let customer = &order.customer;
    fields.extend([
        ("customer", or_dash(customer.name.as_ref())),
        ("email", or_dash(customer.email.as_ref())),
        ("phone", or_dash(customer.phone.as_ref())),
    ]);
    let known = |name, value: Option<&String>| value.map(|value| (name, value.clone()));
    fields.extend(known("company", customer.business_name.as_ref()));
    fields.extend(
        customer
            .tax_ids
            .iter()
            .map(|tax_id| ("tax id", tax_id.clone())),
    );
    fields.extend(known("note", customer.note.as_ref()));
    let billing = customer.billing_address.as_ref();
    fields.extend(address("bill to", None, billing));
    let name = customer.shipping_name.as_ref();
    let shipping = customer.shipping_address.as_ref();
    fields.extend(address("ship to", name, shipping));
    fields.extend([
        ("ship by", or_dash(order.shipping_method.as_ref())),
        ("delivery", order.fulfilment.to_string().replace('_', " ")),
        ("subtotal", amount(order.amount_subtotal)),
        ("discount", amount(order.amount_discount)),
        ("shipping", amount(order.amount_shipping)),
        ("tax", amount(order.amount_tax)),
    ]);
    fields.extend(
        order
            .taxes
            .iter()
            .map(|tax| ("", tax_words(tax, &summary.currency))),
    );
    fields.extend([
        ("total", amount(summary.amount_total)),
        ("refunded", amount(summary.amount_refunded)),
    ]);
    if let (Some(fee), Some(net), Some(currency)) = (
        order.stripe_fee,
        order.stripe_net,
        &order.stripe_fee_currency,
    ) {
        fields.push(("Stripe fee", money(fee, currency)));
        fields.push(("net", money(net, currency)));
    }
    fields.extend(known(
        "invoice",
        order.invoice_url.as_ref().or(order.stripe_invoice.as_ref()),
    ));
    fields.extend([
        ("session", order.stripe_session.clone()),
        ("payment", or_dash(order.stripe_payment_intent.as_ref())),
        ("checkout", order.checkout.clone()),
    ]);
    print_fields(&fields);
    print_line("");
    let lines = order.lines.iter().map(|line| {
        [
            line.sku.clone(),
            line.name.clone(),
            amount(line.unit_amount),
            line.quantity.to_string(),
            line.stock_taken.to_string(),
            line.restocked.to_string(),
            line.shipped.to_string(),
            line.to_ship.to_string(),
        ]
    });
    print_table(
        [
            "SKU",
            "NAME",
            "PRICE",
            "UNITS",
            "FROM STOCK",
            "RESTOCKED",
            "SHIPPED",
            "TO SHIP",
        ],
        &lines.collect::<Vec<_>>(),
    );
    print_shipments(order, zone);
    print_refunds(order, zone);
    print_notes(order, zone);
    print_events_and_tasks(order, zone);
}

fn print_shipments(order: &OrderDetails, zone: &TimeZone) {
    if order.shipments.is_empty() {
        return;
    }
    print_line("");
    let rows = order.shipments.iter().map(|shipment| {
        let line = |line: &ShipmentRowLine| format!("{} × {}", line.quantity, line.sku);
        let lines: Vec<_> = shipment.lines.iter().map(line).collect();
        [
            shipment.id.to_string(),
            zone.format_table(shipment.at),
            shipment.by.clone(),
            or_dash(shipment.carrier_name.as_ref()),
            or_dash(shipment.tracking_number.as_ref()),
            lines.join(", "),
            or_dash(shipment.undone_at.map(|at| zone.format_table(at))),
        ]
    });
    print_table(
        [
            "SHIPMENT", "SENT", "BY", "CARRIER", "TRACKING", "UNITS", "UNDONE",
        ],
        &rows.collect::<Vec<_>>(),
    );
}

fn print_notes(order: &OrderDetails, zone: &TimeZone) {
    if order.notes.is_empty() {
        return;
    }
    print_line("");
    let rows = order.notes.iter().map(|note| {
        [
            zone.format_table(note.at),
            note.by.clone(),
            note.text.clone(),
        ]
    });
    print_table(["NOTED", "BY", "NOTE"], &rows.collect::<Vec<_>>());
}

/// One tax, such as `VAT 19% (included): €1.90`.
fn tax_words(tax: &TaxRow, currency: &CurrencyCode) -> String {
    let rate = tax.percentage.as_ref();
    let rate = rate.map(|rate| format!(" {rate}%")).unwrap_or_default();
    let included = if tax.inclusive { " (included)" } else { "" };
    format!(
        "{}{rate}{included}: {}",
        tax.name,
        money(tax.amount, currency)
    )
}

/// An address as on a parcel, with one line per part.
fn address<'a>(
    what: &'a str,
    name: Option<&String>,
    address: Option<&serde_json::Value>,
) -> Vec<(&'a str, String)> {
    let address = address.map(ToString::to_string).unwrap_or_default();
    let mut lines = address_lines(name, &address, Language::default());
    if lines.is_empty() {
        lines.push(or_dash(name));
    }
    let names = std::iter::once(what).chain(std::iter::repeat(""));
    names.zip(lines).collect()
}

fn print_refund_requests(order: &OrderDetails, zone: &TimeZone) {
    if order.refund_requests.is_empty() {
        return;
    }
    print_line("");
    let rows = order.refund_requests.iter().map(|request| {
        [
            money(request.amount, &order.summary.currency),
            request.state.to_string(),
            or_dash(request.refund.as_ref()),
            if request.restock { "yes" } else { "no" }.to_owned(),
            request.by.clone(),
            zone.format_table(request.at),
            or_dash(request.error.as_ref()),
        ]
    });
    print_table(
        [
            "REQUESTED",
            "STATE",
            "REFUND",
            "RESTOCK",
            "BY",
            "WHEN",
            "ERROR",
        ],
        &rows.collect::<Vec<_>>(),
    );
}

fn print_refunds(order: &OrderDetails, zone: &TimeZone) {
    let at = |time| zone.format_table(time);
    print_refund_requests(order, zone);
    if !order.refunds.is_empty() {
        print_line("");
        let rows = order.refunds.iter().map(|refund| {
            [
                refund.id.clone(),
                money(refund.amount, &refund.currency),
                refund.status.to_string(),
                at(refund.created_at),
            ]
        });
        print_table(
            ["REFUND", "AMOUNT", "STATUS", "CREATED"],
            &rows.collect::<Vec<_>>(),
        );
    }
    if !order.disputes.is_empty() {
        print_line("");
        let rows = order.disputes.iter().map(|dispute| {
            let funds = match (dispute.funds_withdrawn, dispute.funds_reinstated) {
                (_, true) => "reinstated",
                (true, false) => "withdrawn",
                (false, false) => "not moved",
            };
            [
                dispute.id.clone(),
                money(dispute.amount, &dispute.currency),
                dispute.status.to_string(),
                or_dash(dispute.reason.as_ref()),
                funds.to_owned(),
                at(dispute.created_at),
            ]
        });
        print_table(
            ["DISPUTE", "AMOUNT", "STATUS", "REASON", "FUNDS", "CREATED"],
            &rows.collect::<Vec<_>>(),
        );
    }
}

fn print_events_and_tasks(order: &OrderDetails, zone: &TimeZone) {
    let at = |time| zone.format_table(time);
    print_line("");
    let events = order.events.iter().map(|event| {
        [
            event.id.clone(),
            event.r#type.clone(),
            event.state.to_string(),
            at(event.received_at),
        ]
    });
    print_table(
        ["EVENT", "TYPE", "STATE", "RECEIVED"],
        &events.collect::<Vec<_>>(),
    );
    if !order.outbox.is_empty() {
        print_line("");
        let tasks = order.outbox.iter().map(|task| {
            [
                task.id.to_string(),
                task.key.clone(),
                task.state.to_string(),
                task.attempts.to_string(),
                or_dash(task.error.as_ref()),
            ]
        });
        print_table(
            ["OUTBOX", "TASK", "STATE", "ATTEMPTS", "ERROR"],
            &tasks.collect::<Vec<_>>(),
        );
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn an_amount_that_is_none_is_refused_with_an_example() {
        let refused = parse_amount("12,5", &"eur".parse().unwrap()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "--amount must be an amount above zero in EUR, with all its decimals, such as 12.50, \
             not \"12,5\""
        );
    }
}
