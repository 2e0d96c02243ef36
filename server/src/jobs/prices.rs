//! Writes the rows of the price history for sales that have begun or ended.

use std::time::Duration;

use shop::Shop;
use shop::catalog::price_changes::record_due;
use tokio::sync::watch;

use super::{JobRuns, RunOutcome};

/// From the end of one run to the start of the next. The rows have the exact instants in any case.
const INTERVAL: Duration = Duration::from_secs(60);

/// After this time without a completed run, the job is overdue.
pub(super) const OVERDUE_TIMEOUT: Duration = Duration::from_secs(10 * 60);

pub(super) async fn run(shop: Shop, runs: JobRuns, stopping: watch::Receiver<bool>) {
    super::repeat(shop, &runs, INTERVAL, stopping, run_once).await;
}

async fn run_once(shop: Shop) -> RunOutcome {
    match record_due(&shop.database).await {
        Ok(rows) => {
            if rows > 0 {
                tracing::info!(rows, "sales began or ended: {rows} prices have changed");
            }
            RunOutcome::Completed
        }
        Err(error) => {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "could not write the price history; the next run tries again"
            );
            RunOutcome::Failed
        }
    }
}
