//! Ends checkouts that were left lying, every few seconds.

use std::time::Duration;

use shop::Shop;
use shop::checkout::sweep;
use shop::limits;
use tokio::sync::watch;

use super::{RoundOutcome, Rounds};

/// From the end of one sweep to the beginning of the next.
const EVERY: Duration = Duration::from_secs(15);

/// Without a completed round for this long, something is wrong.
pub(super) const OVERDUE_AFTER: Duration = Duration::from_secs(5 * 60);

pub(super) async fn run(shop: Shop, rounds: Rounds, stopping: watch::Receiver<bool>) {
    super::repeat(shop, &rounds, EVERY, stopping, one).await;
}

async fn one(shop: Shop) -> RoundOutcome {
    let outcome = match sweep(&shop).await {
        Ok(swept) if swept.refused + swept.expired > 0 => {
            tracing::info!(
                swept.refused,
                swept.expired,
                "swept {} stale and {} expired checkouts",
                swept.refused,
                swept.expired
            );
            RoundOutcome::Completed
        }
        Ok(_) => RoundOutcome::Completed,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a sweep failed; the next one tries again"
            );
            RoundOutcome::Failed
        }
    };
    if let Err(error) = limits::delete_expired(&shop.database).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "expired counts could not be deleted; the next sweep tries again"
        );
    }
    outcome
}
