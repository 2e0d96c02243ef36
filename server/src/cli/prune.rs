//! `till prune`
//!
//! Exit code: 0 on success, also if there was nothing to delete, 1 for errors.

use shop::prune::{PruneReport, prune};

use super::output::{print_json, print_line, print_rows};
use crate::application::{load_settings, open_existing};
use crate::config::Config;

/// Arguments of `till prune`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Delete nothing, and print what would be deleted.
    #[arg(long)]
    dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    let database = open_existing(config).await?;
    let settings = load_settings(config, &database).await?.prune;
    let report = prune(&database, &settings, arguments.dry_run).await?;
    database.close().await?;
    if arguments.json {
        return print_json(&report);
    }
    print(&report);
    Ok(())
}

fn print(report: &PruneReport) {
    if report.is_empty() {
        return print_line("nothing to prune");
    }
    let row = |count: u64, one: &str, more: &str, done: &str| {
        let words = match (count, report.dry_run) {
            (1, true) => format!("{one} would be {done}"),
            (1, false) => format!("{one} was {done}"),
            (_, true) => format!("{more} would be {done}"),
            (_, false) => format!("{more} were {done}"),
        };
        [count.to_string(), words]
    };
    print_rows(&[
        row(
            report.checkouts,
            "checkout that ended without a payment",
            "checkouts that ended without a payment",
            "deleted",
        ),
        row(
            report.checkout_events,
            "event of these checkouts",
            "events of these checkouts",
            "deleted",
        ),
        row(
            report.checkout_tasks,
            "outbox task of these checkouts",
            "outbox tasks of these checkouts",
            "deleted",
        ),
        row(
            report.ignored_events,
            "ignored event",
            "ignored events",
            "deleted",
        ),
        row(
            report.failed_events,
            "failed event, or event without an order,",
            "failed events, or events without an order,",
            "deleted",
        ),
        row(
            report.payloads,
            "payload of an outbox task",
            "payloads of outbox tasks",
            "emptied",
        ),
        row(
            report.pictures,
            "picture that no product has any more",
            "pictures that no product has any more",
            "deleted",
        ),
        row(
            report.admin,
            "expired session, link, device or count of the admin",
            "expired sessions, links, devices and counts of the admin",
            "deleted",
        ),
        row(
            report.audit,
            "entry of the audit log",
            "entries of the audit log",
            "deleted",
        ),
    ]);
}
