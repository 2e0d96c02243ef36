//! Sends mails and refunds, seconds after their reason was written.

use std::time::Duration;

use shop::Shop;
use shop::outbox::work::work;
use tokio::sync::watch;

/// From the end of one round to the beginning of the next, unless there is more to do. A round that finds nothing is one
/// reading query.
const EVERY: Duration = Duration::from_secs(2);

pub(super) async fn run(shop: Shop, mut stopping: watch::Receiver<bool>) {
    loop {
        let ending = stopping.clone();
        let worked = work(&shop, || *ending.borrow()).await;
        let pause = match &worked {
            Ok(worked) if worked.more => Duration::ZERO,
            _ => EVERY,
        };
        if let Err(error) = worked {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a round of the outbox failed; the next one tries again"
            );
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Also where the sender is gone.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}
