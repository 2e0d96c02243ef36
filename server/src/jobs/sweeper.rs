//! Ends checkouts that were left lying, every few seconds.

use std::time::Duration;

use shop::Shop;
use shop::checkout::sweep;
use shop::lease::Job;
use shop::limits;
use tokio::sync::watch;

/// From the end of one sweep to the beginning of the next.
const EVERY: Duration = Duration::from_secs(15);

pub(super) async fn run(shop: Shop, stopping: watch::Receiver<bool>) {
    super::repeat(shop, Job::Sweep, EVERY, stopping, one).await;
}

async fn one(shop: Shop) {
    match sweep(&shop).await {
        Ok(swept) if swept.refused + swept.expired > 0 => {
            tracing::info!(
                swept.refused,
                swept.expired,
                "swept {} stale and {} expired checkouts",
                swept.refused,
                swept.expired
            );
        }
        Ok(_) => {}
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "a sweep failed; the next one tries again"
        ),
    }
    if let Err(error) = limits::delete_expired(&shop.database).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "expired counts could not be deleted; the next sweep tries again"
        );
    }
}
