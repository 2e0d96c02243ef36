//! Retries failed events, and applies those that were waiting for their order.

use std::time::Duration;

use shop::Shop;
use shop::inbox::retry::retry_due;
use tokio::sync::watch;

use super::{JobRuns, RunOutcome};

/// From the end of one run to the start of the next.
const INTERVAL: Duration = Duration::from_secs(15);

/// After this time without a completed run, the job is overdue.
pub(super) const OVERDUE_TIMEOUT: Duration = Duration::from_secs(5 * 60);

pub(super) async fn run(shop: Shop, runs: JobRuns, stopping: watch::Receiver<bool>) {
    super::repeat(shop, &runs, INTERVAL, stopping, run_once).await;
}

async fn run_once(shop: Shop) -> RunOutcome {
    match retry_due(&shop).await {
        Ok(report) if report.handled + report.failed > 0 => {
            tracing::info!(
                report.handled,
                report.failed,
                "retried events: {} were applied or ignored, {} failed again",
                report.handled,
                report.failed
            );
            RunOutcome::Completed
        }
        Ok(_) => RunOutcome::Completed,
        Err(error) => {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "could not retry events; the next run tries again"
            );
            RunOutcome::Failed
        }
    }
}
