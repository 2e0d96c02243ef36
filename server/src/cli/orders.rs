//! `till orders`

use std::process::ExitCode;

use clap::Subcommand;
use shop::database::Database;
use shop::entity::order;
use shop::orders;
use shop::orders::overview::{self, Filter, OrderDetails, OrderSummary};
use shop::orders::resolution::{ResolveOutcome, resolve};
use shop::time_zone::TimeZone;

use super::answer::{money, or_dash, print_json, print_line, print_table};
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
    /// Settle an order that needs attention, until something new happens to it: a dispute, a refund
    /// that fails.
    ///
    /// Exit code: 0, or 1 where it needs no attention.
    Resolve(Resolve),
}

#[derive(Debug, clap::Args)]
struct List {
    /// Only those that need attention: a flag, an open dispute, a refund that failed, unless that
    /// is resolved.
    #[arg(long)]
    flagged: bool,
    /// At most so many.
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
            let orders = overview::list(&database, filter).await?;
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
        Action::Resolve(arguments) => {
            let order = find(config, &database, &arguments.number).await?;
            let by = operator::user();
            let outcome = resolve(&database, order.id, &by, &arguments.note).await?;
            let number = order.number;
            let words = match outcome {
                ResolveOutcome::Resolved => format!("order {number} is resolved"),
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
                money(order.amount_total, &order.currency),
                money(order.amount_refunded, &order.currency),
                or_dash(attention(order)),
            ]
        })
        .collect();
    print_table(
        ["ORDER", "PAID", "TOTAL", "REFUNDED", "NEEDS ATTENTION"],
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
    line("bill to", or_dash(order.customer.billing_address.as_ref()));
    line("ship to", or_dash(order.customer.shipping_name.as_ref()));
    line("address", or_dash(order.customer.shipping_address.as_ref()));
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
            line.product.to_string(),
            line.name.clone(),
            amount(line.unit_amount),
            line.quantity.to_string(),
            line.stock_taken.to_string(),
        ]
    });
    print_table(
        ["PRODUCT", "NAME", "PRICE", "PIECES", "FROM STOCK"],
        &lines.collect::<Vec<_>>(),
    );
    print_money_back(order, zone);
    print_traces(order, zone);
}

fn print_money_back(order: &OrderDetails, zone: &TimeZone) {
    let at = |time| zone.in_a_table(time);
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
