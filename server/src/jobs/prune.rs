//! Deletes data that is no longer needed, once a day.

use std::time::Duration;

use shop::Shop;
use shop::prune::prune_now;
use tokio::sync::watch;

use super::{JobRuns, RunOutcome};

/// From the end of one run to the start of the next.
const INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// From the server's start to the first run: a server that has just started has more urgent work.
const FIRST_DELAY: Duration = Duration::from_secs(10 * 60);
/// After this time without a completed run, the job is overdue.
pub(super) const OVERDUE_TIMEOUT: Duration = INTERVAL.saturating_mul(3);

pub(super) async fn run(shop: Shop, runs: JobRuns, mut stopping: watch::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(FIRST_DELAY) => {}
        // Also if the sender was dropped.
        _ = stopping.wait_for(|stopping| *stopping) => return,
    }
    super::repeat(shop, &runs, INTERVAL, stopping, run_once).await;
}

async fn run_once(shop: Shop) -> RunOutcome {
    shop.live.refresh(&shop.database).await;
    match prune_now(&shop.database, &shop.owner_settings().prune).await {
        Ok(pruned) => {
            if !pruned.is_empty() {
                tracing::info!(
                    pruned.checkouts,
                    pruned.checkout_events,
                    pruned.checkout_tasks,
                    pruned.ignored_events,
                    pruned.failed_events,
                    pruned.payloads,
                    pruned.audit,
                    "pruned: checkouts {}, events {}",
                    pruned.checkouts,
                    pruned.checkout_events + pruned.ignored_events + pruned.failed_events
                );
            }
            RunOutcome::Completed
        }
        Err(error) => {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "pruning failed; the next run continues"
            );
            RunOutcome::Failed
        }
    }
}
