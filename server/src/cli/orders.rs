//! `till orders`

use std::process::ExitCode;

use clap::Subcommand;
use shop::database::Database;
use shop::entity::order;
use shop::money::{Currency, MinorUnit, Money};
use shop::orders::export::{self, ExportError, Period};
use shop::orders::overview::{self, Filter, OrderDetails, OrderSummary};
use shop::orders::refund::{self, RefundOutcome, RefundRequest};
use shop::orders::resolution::{ResolveOutcome, resolve};
use shop::orders::{self, address_lines};
use shop::time_zone::TimeZone;
use time::Date;

use super::answer::{
    count, is_closed, money, or_dash, print_error, print_json, print_line, print_table,
};
use super::operator;
use crate::application::open_existing;
use crate::config::Config;

/// What `till orders` understands.
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
    /// Give money back, all that is left or a part. A server that runs has Stripe do it within
    /// seconds.
    ///
    /// `till orders show` says what became of it. Exit code: 0, or 1 where nothing could be asked
    /// for.
    Refund(Refund),
    /// Write orders and refunds as a table (CSV) for a spreadsheet: a row for each product,
    /// discount, shipping, tax, refund and lost dispute, so that the sum of `amount` is what came in less what went back.
    ///
    /// Times are in the shop's time zone (`SHOP_TIME_ZONE`).
    Export(Export),
    /// Settle an order that needs attention, until something new happens to it: a dispute, a refund
    /// that fails.
    ///
    /// Exit code: 0, also where it was settled before, or 1 where it never needed attention.
    Resolve(Resolve),
}

#[derive(Debug, clap::Args)]
struct List {
    /// Only those that need attention: a flag, an inquiry or open dispute, a refund that failed, an adoption, unless that
    /// is resolved.
    #[arg(long)]
    flagged: bool,
    /// Only those that this names: a number, a part of a name or mail address, or Stripe's id of
    /// the session (`cs_…`) or payment (`pi_…`).
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
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
    /// The order's number, also without its dashes and prefix, and in small letters.
    number: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Refund {
    /// The order's number, also without its dashes and prefix, and in small letters.
    number: String,
    /// A part, as on the order: 12.50. Without it, all that is left.
    #[arg(long)]
    amount: Option<String>,
    /// Put everything of the order that came out of counted stock back, once the refund is made.
    #[arg(long)]
    restock: bool,
    /// Print JSON: the order with its refunds.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Export {
    /// The first day, such as 2026-11-01. Without it, from the first order on.
    #[arg(long, value_parser = day)]
    from: Option<Date>,
    /// The last day, which is included. Without it, to the last order.
    #[arg(long, value_parser = day)]
    to: Option<Date>,
}

/// A day of the calendar.
fn day(text: &str) -> Result<Date, String> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    Date::parse(text, format).map_err(|_| "not a day: write 2026-11-30".to_owned())
}

#[derive(Debug, clap::Args)]
struct Resolve {
    /// The order's number, also without its dashes and prefix, and in small letters.
    number: String,
    /// Why; kept with your name and the time.
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
            let numbers = &config.order_numbers;
            let orders = match &arguments.search {
                Some(text) => overview::search(&database, filter, text.trim(), numbers).await?,
                None => overview::list(&database, filter).await?,
            };
            if arguments.json {
                print_json(&orders)?;
            } else {
                print_list(&orders, &config.time_zone);
            }
        }
        Action::Show(arguments) => {
            let id = find(config, &database, &arguments.number).await?.id;
            let order = details(&database, id).await?;
            if arguments.json {
                print_json(&order)?;
            } else {
                print_order(&order, &config.time_zone);
            }
        }
        Action::Refund(arguments) => {
            code = refund(config, &database, &arguments).await?;
        }
        Action::Export(arguments) => export(config, &database, &arguments).await?,
        Action::Resolve(arguments) => {
            let order = find(config, &database, &arguments.number).await?;
            let by = operator::user();
            let outcome = resolve(&database, order.id, &by, &arguments.note).await?;
            let number = order.number;
            let words = match outcome {
                ResolveOutcome::Resolved(settled) => {
                    format!("order {number} is resolved: {}", settled.join("; "))
                }
                ResolveOutcome::AlreadyResolved => {
                    format!("order {number} is resolved already: nothing to do")
                }
                ResolveOutcome::NothingToResolve => {
                    code = ExitCode::from(1);
                    format!("order {number} needs no attention: nothing to resolve")
                }
            };
            if arguments.json {
                print_json(&details(&database, order.id).await?)?;
            } else {
                print_line(&words);
            }
        }
    }
    database.close().await?;
    Ok(code)
}

/// Asks for a refund, and says what became of that.
async fn refund(
    config: &Config,
    database: &Database,
    arguments: &Refund,
) -> anyhow::Result<ExitCode> {
    let order = find(config, database, &arguments.number).await?;
    let (number, currency) = (&order.number, order.currency.as_str());
    let amount = match &arguments.amount {
        Some(typed) => Some(typed_amount(typed, currency)?),
        None => None,
    };
    let request = RefundRequest {
        order: order.id,
        amount,
        restock: arguments.restock,
        by: operator::user(),
    };
    let outcome = refund::ask(database, &request).await?;
    let back_in_stock = |units: i64| {
        let units = usize::try_from(units).unwrap_or_default();
        count(units, "unit", "units")
    };
    let (is_done, words) = match outcome {
        RefundOutcome::Asked { amount, units: 0 } => (
            true,
            format!(
                "the refund of {} for order {number} is requested. The server that runs has \
                 Stripe make it within seconds; till orders show {number} says when it is done",
                money(amount, currency)
            ),
        ),
        RefundOutcome::Asked { amount, units } => (
            true,
            format!(
                "the refund of {} for order {number} is requested. The server that runs has \
                 Stripe make it within seconds, and then puts {} back into stock; till orders \
                 show {number} says when it is done",
                money(amount, currency),
                back_in_stock(units)
            ),
        ),
        RefundOutcome::OnlyRestocked { units } => (
            true,
            format!(
                "order {number} was fully refunded already; {} put back into stock",
                back_in_stock(units)
            ),
        ),
        RefundOutcome::NothingLeft { under_way: 0 } => {
            (false, format!("order {number} is fully refunded already"))
        }
        RefundOutcome::NothingLeft { under_way } => (
            false,
            format!(
                "nothing of order {number} is left to refund: {} is on its way back",
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
        RefundOutcome::NothingToRestock => (
            false,
            format!(
                "no units of order {number} can go back into stock: they were not counted, or are \
                 back already. For a refund alone, leave out --restock"
            ),
        ),
        RefundOutcome::Disputed => (
            false,
            format!(
                "the bank has taken the money of order {number} in a dispute: a refund would give \
                 it away twice. Answer the dispute in Stripe's dashboard"
            ),
        ),
        RefundOutcome::DisputeLost => (
            false,
            format!(
                "the bank has given money of order {number} back to the shopper in a dispute that \
                 was lost: Stripe refunds no such payment"
            ),
        ),
        RefundOutcome::NothingPaid => (
            false,
            format!("nothing was paid for order {number}, so there is nothing to refund"),
        ),
        RefundOutcome::Unknown => anyhow::bail!("the order is gone"),
    };
    if arguments.json {
        print_json(&details(database, order.id).await?)?;
        if !is_done {
            print_error(&words);
        }
    } else {
        print_line(&words);
    }
    Ok(ExitCode::from(u8::from(!is_done)))
}

/// An amount above zero, in minor units.
fn typed_amount(typed: &str, currency: &str) -> anyhow::Result<i64> {
    let Ok(known) = currency.parse::<Currency>() else {
        anyhow::bail!(
            "the order is in {currency}, whose amounts the shop cannot read: leave out --amount"
        );
    };
    let amount = Money::from_decimal(typed.trim(), known).filter(|money| money.amount.0 > 0);
    let example = MinorUnit(1250).of(known).decimal();
    let amount = amount.ok_or_else(|| {
        anyhow::anyhow!(
            "--amount must be an amount in {currency} such as {example}, not \"{typed}\""
        )
    })?;
    if amount.amount.0 % known.step() != 0 {
        anyhow::bail!("--amount must be a multiple of {}", {
            MinorUnit(known.step()).of(known).decimal()
        });
    }
    Ok(amount.amount.0)
}

/// Writes the table to the answer.
async fn export(config: &Config, database: &Database, arguments: &Export) -> anyhow::Result<()> {
    let zone = &config.time_zone;
    let begin = |day: Option<Date>| {
        let begin = |day: Date| {
            let begin = zone.beginning_of(day);
            begin.ok_or_else(|| anyhow::anyhow!("{day} is not a day that can be exported"))
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
        // Whoever reads has seen enough.
        Err(ExportError::Write(error)) if is_closed(&error) => Ok(()),
        other => Ok(other?),
    }
}

/// The one order of this number.
async fn find(config: &Config, database: &Database, number: &str) -> anyhow::Result<order::Model> {
    let mut found = orders::find(database, number, &config.order_numbers).await?;
    if found.len() > 1 {
        let numbers: Vec<_> = found.into_iter().map(|order| order.number).collect();
        anyhow::bail!(
            "{number} is the number of several orders: {}. Say it with its prefix",
            numbers.join(", ")
        );
    }
    found
        .pop()
        .ok_or_else(|| anyhow::anyhow!("there is no order {number}"))
}

async fn details(database: &Database, id: i64) -> anyhow::Result<OrderDetails> {
    let order = overview::show(database, id).await?;
    order.ok_or_else(|| anyhow::anyhow!("the order is gone"))
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
                zone.in_a_table(order.paid_at),
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
            "MAIL",
            "TOTAL",
            "REFUNDED",
            "NEEDS ATTENTION",
        ],
        &rows,
    );
}

fn print_order(order: &OrderDetails, zone: &TimeZone) {
    let at = |time| zone.in_a_table(time);
    let summary = &order.summary;
    let amount = |amount| money(amount, &summary.currency);
    let line = |name: &str, value: String| print_line(&format!("{name:<10} {value}"));
    line("order", summary.number.clone());
    line("attention", or_dash(attention(summary)));
    for resolution in &order.resolutions {
        let when = at(resolution.at);
        let note = &resolution.note;
        line("resolved", format!("{when} by {}: {note}", resolution.by));
    }
    line("paid", at(summary.paid_at));
    if let Some(adopted_at) = order.adopted_at {
        line("adopted", at(adopted_at));
    }
    line("customer", or_dash(order.customer.name.as_ref()));
    line("mail", or_dash(order.customer.email.as_ref()));
    line("phone", or_dash(order.customer.phone.as_ref()));
    let customer = &order.customer;
    print_address("bill to", None, customer.billing_address.as_ref());
    let name = customer.shipping_name.as_ref();
    print_address("ship to", name, customer.shipping_address.as_ref());
    line("ship by", or_dash(order.shipping_method.as_ref()));
    line("subtotal", amount(order.amount_subtotal));
    line("discount", amount(order.amount_discount));
    line("shipping", amount(order.amount_shipping));
    line("tax", amount(order.amount_tax));
    line("total", amount(summary.amount_total));
    line("refunded", amount(summary.amount_refunded));
    line("session", order.stripe_session.clone());
    line("payment", or_dash(order.stripe_payment_intent.as_ref()));
    line("checkout", order.checkout.clone());
    print_line("");
    let lines = order.lines.iter().map(|line| {
        [
            or_dash(line.sku.as_ref()),
            line.name.clone(),
            amount(line.unit_amount),
            line.quantity.to_string(),
            line.stock_taken.to_string(),
            line.restocked.to_string(),
        ]
    });
    print_table(
        ["SKU", "NAME", "PRICE", "UNITS", "FROM STOCK", "PUT BACK"],
        &lines.collect::<Vec<_>>(),
    );
    print_money_back(order, zone);
    print_traces(order, zone);
}

/// An address as on a parcel, a line below the other.
fn print_address(what: &str, name: Option<&String>, address: Option<&serde_json::Value>) {
    let address = address.map(ToString::to_string).unwrap_or_default();
    let mut lines = address_lines(name, &address);
    if lines.is_empty() {
        lines.push(or_dash(name));
    }
    for (index, line) in lines.iter().enumerate() {
        let what = if index == 0 { what } else { "" };
        print_line(&format!("{what:<10} {line}"));
    }
}

fn print_requests(order: &OrderDetails, zone: &TimeZone) {
    if order.refund_requests.is_empty() {
        return;
    }
    print_line("");
    let rows = order.refund_requests.iter().map(|request| {
        [
            money(request.amount, &order.summary.currency),
            request.state.clone(),
            or_dash(request.refund.as_ref()),
            if request.restock { "yes" } else { "no" }.to_owned(),
            request.by.clone(),
            zone.in_a_table(request.at),
            or_dash(request.error.as_ref()),
        ]
    });
    print_table(
        [
            "ASKED FOR",
            "STATE",
            "REFUND",
            "RESTOCK",
            "BY",
            "WHEN",
            "WHY",
        ],
        &rows.collect::<Vec<_>>(),
    );
}

fn print_money_back(order: &OrderDetails, zone: &TimeZone) {
    let at = |time| zone.in_a_table(time);
    print_requests(order, zone);
    if !order.refunds.is_empty() {
        print_line("");
        let rows = order.refunds.iter().map(|refund| {
            [
                refund.id.clone(),
                money(refund.amount, &refund.currency),
                refund.status.clone(),
                at(refund.created_at),
            ]
        });
        print_table(
            ["REFUND", "AMOUNT", "STATUS", "MADE"],
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
                dispute.status.clone(),
                or_dash(dispute.reason.as_ref()),
                funds.to_owned(),
                at(dispute.created_at),
            ]
        });
        print_table(
            ["DISPUTE", "AMOUNT", "STATUS", "REASON", "FUNDS", "MADE"],
            &rows.collect::<Vec<_>>(),
        );
    }
}

fn print_traces(order: &OrderDetails, zone: &TimeZone) {
    let at = |time| zone.in_a_table(time);
    print_line("");
    let events = order.events.iter().map(|event| {
        [
            event.id.clone(),
            event.r#type.clone(),
            event.state.clone(),
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
                task.state.clone(),
                task.attempts.to_string(),
                or_dash(task.error.as_ref()),
            ]
        });
        print_table(
            ["OUTBOX", "TASK", "STATE", "TRIES", "WHY"],
            &tasks.collect::<Vec<_>>(),
        );
    }
}
