//! Ends checkouts that were left lying, every few seconds.

use std::time::Duration;

use shop::Shop;
use shop::checkout::sweep;
use tokio::sync::watch;

/// From the end of one sweep to the beginning of the next.
const EVERY: Duration = Duration::from_secs(15);

pub(super) async fn run(shop: Shop, mut stopping: watch::Receiver<bool>) {
    loop {
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
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            // Also where the sender is gone.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}
