//! Tries failed events again, and applies those that waited for their order.

use std::time::Duration;

use shop::Shop;
use shop::inbox::retry::retry_due;
use tokio::sync::watch;

use super::{RoundOutcome, Rounds};

/// From the end of one round to the beginning of the next.
const EVERY: Duration = Duration::from_secs(15);

/// Without a completed round for this long, something is wrong.
pub(super) const OVERDUE_AFTER: Duration = Duration::from_secs(5 * 60);

pub(super) async fn run(shop: Shop, rounds: Rounds, stopping: watch::Receiver<bool>) {
    super::repeat(shop, &rounds, EVERY, stopping, one).await;
}

async fn one(shop: Shop) -> RoundOutcome {
    match retry_due(&shop).await {
        Ok(retried) if retried.settled + retried.failed > 0 => {
            tracing::info!(
                retried.settled,
                retried.failed,
                "tried events again: {} are settled, {} failed again",
                retried.settled,
                retried.failed
            );
            RoundOutcome::Completed
        }
        Ok(_) => RoundOutcome::Completed,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "events could not be tried again; the next round does"
            );
            RoundOutcome::Failed
        }
    }
}
