//! Deletes once a day what nobody needs any more.

use std::time::Duration;

use shop::Shop;
use shop::prune::{PruneSettings, prune_now};
use tokio::sync::watch;

use super::{RoundOutcome, Rounds};

/// From the end of one round to the beginning of the next.
const INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// From the start of the server to the first round: whoever has just started has other things to
/// do.
const FIRST_DELAY: Duration = Duration::from_secs(10 * 60);
/// Without a completed round for this long, something is wrong.
pub(super) const OVERDUE_AFTER: Duration = INTERVAL.saturating_mul(3);

pub(super) async fn run(
    shop: Shop,
    settings: PruneSettings,
    rounds: Rounds,
    mut stopping: watch::Receiver<bool>,
) {
    tokio::select! {
        () = tokio::time::sleep(FIRST_DELAY) => {}
        // Also where the sender is gone.
        _ = stopping.wait_for(|stopping| *stopping) => return,
    }
    super::repeat(shop, &rounds, INTERVAL, stopping, |shop| {
        one(shop, settings)
    })
    .await;
}

async fn one(shop: Shop, settings: PruneSettings) -> RoundOutcome {
    match prune_now(&shop.database, &settings).await {
        Ok(pruned) => {
            if !pruned.is_empty() {
                tracing::info!(
                    pruned.checkouts,
                    pruned.checkout_events,
                    pruned.checkout_tasks,
                    pruned.ignored_events,
                    pruned.failed_events,
                    pruned.payloads,
                    "pruned: checkouts {}, events {}",
                    pruned.checkouts,
                    pruned.checkout_events + pruned.ignored_events + pruned.failed_events
                );
            }
            RoundOutcome::Completed
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "pruning failed; the next round goes on"
            );
            RoundOutcome::Failed
        }
    }
}
