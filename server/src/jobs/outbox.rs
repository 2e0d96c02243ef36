//! Sends mails and refunds, seconds after their reason was written.

use std::time::Duration;

use shop::orders::search;
use shop::outbox::work::work;
use shop::{Shop, crash_points};
use tokio::sync::watch;

use super::Rounds;

/// From the end of one round to the beginning of the next, unless there is more to do. A round that finds nothing is one
/// reading query.
const EVERY: Duration = Duration::from_secs(2);

/// Without a completed round for this long, something is wrong.
pub(super) const OVERDUE_AFTER: Duration = Duration::from_secs(5 * 60);

pub(super) async fn run(shop: Shop, rounds: Rounds, mut stopping: watch::Receiver<bool>) {
    loop {
        crash_points::panic_if_armed(rounds.job().as_str(), &shop.settings.public_url);
        if let Err(error) = search::answer(&shop).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "searches for orders could not be answered; the next round tries again"
            );
        }
        let ending = stopping.clone();
        let worked = work(&shop, || *ending.borrow()).await;
        let pause = match &worked {
            Ok(worked) if worked.more => Duration::ZERO,
            _ => EVERY,
        };
        match worked {
            Ok(_) => rounds.complete(),
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "a round of the outbox failed; the next one tries again"
            ),
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Also where the sender is gone.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}
