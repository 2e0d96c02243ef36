//! `till prune`
//!
//! Ends with 0 when it did its work, also where there was nothing to do, and with 1 where it could
//! not.

use shop::prune::{PruneReport, prune};

use super::answer::{print_json, print_line};
use crate::application::open_existing;
use crate::config::Config;

/// What `till prune` understands.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Delete nothing, and say what would be deleted.
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
        "checkout that ended without money",
        "checkouts that ended without money",
        done,
    );
    line(
        report.checkout_events,
        "event about them",
        "events about them",
        done,
    );
    line(
        report.checkout_tasks,
        "outbox task about them",
        "outbox tasks about them",
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
        "failed event, or one that has no order,",
        "failed events, or such that have no order,",
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
