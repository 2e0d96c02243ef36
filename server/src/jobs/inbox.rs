//! Tries failed events again, and applies those that waited for their order.

use std::time::Duration;

use shop::Shop;
use shop::inbox::retry::retry_due;
use shop::lease::Job;
use tokio::sync::watch;

/// From the end of one round to the beginning of the next.
const EVERY: Duration = Duration::from_secs(15);

pub(super) async fn run(shop: Shop, stopping: watch::Receiver<bool>) {
    super::repeat(shop, Job::Inbox, EVERY, stopping, one).await;
}

async fn one(shop: Shop) {
    match retry_due(&shop).await {
        Ok(retried) if retried.settled + retried.failed > 0 => {
            tracing::info!(
                retried.settled,
                retried.failed,
                "tried events again: {} are settled, {} failed again",
                retried.settled,
                retried.failed
            );
        }
        Ok(_) => {}
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "events could not be tried again; the next round does"
        ),
    }
}
