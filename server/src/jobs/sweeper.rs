//! Ends abandoned checkouts every few seconds.

use std::time::Duration;

use shop::Shop;
use shop::checkout::sweep;
use shop::limits;
use tokio::sync::watch;

use super::{JobRuns, RunOutcome};

/// From the end of one sweep to the start of the next.
const INTERVAL: Duration = Duration::from_secs(15);

/// After this time without a completed run, the job is overdue.
pub(super) const OVERDUE_TIMEOUT: Duration = Duration::from_secs(5 * 60);

pub(super) async fn run(shop: Shop, runs: JobRuns, stopping: watch::Receiver<bool>) {
    super::repeat(shop, &runs, INTERVAL, stopping, run_once).await;
}

async fn run_once(shop: Shop) -> RunOutcome {
    let outcome = match sweep(&shop).await {
        Ok(swept) if swept.refused + swept.expired > 0 => {
            tracing::info!(
                swept.refused,
                swept.expired,
                "swept {} stale and {} expired checkouts",
                swept.refused,
                swept.expired
            );
            RunOutcome::Completed
        }
        Ok(_) => RunOutcome::Completed,
        Err(error) => {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "a sweep failed; the next one tries again"
            );
            RunOutcome::Failed
        }
    };
    if let Err(error) = limits::delete_expired(&shop.database).await {
        tracing::error!(
            error = shop::error_chain::with_causes(&error),
            "could not delete expired counts; the next sweep tries again"
        );
    }
    outcome
}
