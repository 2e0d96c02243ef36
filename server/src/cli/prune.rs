//! `till prune`
//!
//! Exit code: 0 on success, also if there was nothing to delete, 1 for errors.

use shop::prune::{PruneReport, prune};

use super::output::{print_json, print_line};
use crate::application::open_existing;
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
    let report = prune(&database, &config.prune, arguments.dry_run).await?;
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
    let done = if report.dry_run {
        "would be deleted"
    } else {
        "deleted"
    };
    let line = |count: u64, one: &str, more: &str, done: &str| {
        let what = if count == 1 { one } else { more };
        print_line(&format!("{count:>8}  {what} {done}"));
    };
    line(
        report.checkouts,
        "checkout that ended without a payment",
        "checkouts that ended without a payment",
        done,
    );
    line(
        report.checkout_events,
        "event of these checkouts",
        "events of these checkouts",
        done,
    );
    line(
        report.checkout_tasks,
        "outbox task of these checkouts",
        "outbox tasks of these checkouts",
        done,
    );
    line(
        report.ignored_events,
        "ignored event",
        "ignored events",
        done,
    );
    line(
        report.failed_events,
        "failed event, or event without an order,",
        "failed events, or events without an order,",
        done,
    );
    let emptied = if report.dry_run {
        "would be emptied"
    } else {
        "emptied"
    };
    line(
        report.payloads,
        "payload of an outbox task",
        "payloads of outbox tasks",
        emptied,
    );
}
