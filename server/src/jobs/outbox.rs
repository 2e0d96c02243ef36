//! Does outbox tasks, such as emails and refunds, within seconds.

use std::time::Duration;

use shop::orders::search;
use shop::outbox::work::work;
use shop::withdrawals;
use shop::{Shop, crash_points};
use tokio::sync::watch;

use super::JobRuns;

/// From the end of one run to the start of the next, unless there is more to do. A run without work
/// is one read query.
const INTERVAL: Duration = Duration::from_secs(2);

/// After this time without a completed run, the job is overdue.
pub(super) const OVERDUE_TIMEOUT: Duration = Duration::from_secs(5 * 60);

pub(super) async fn run(shop: Shop, runs: JobRuns, mut stopping: watch::Receiver<bool>) {
    loop {
        crash_points::panic_if_armed(runs.job().as_ref(), &shop.settings.public_url);
        if let Err(error) = search::send_order_links(&shop).await {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "could not send requested order links; the next run tries again"
            );
        }
        // Before the owner's emails about them are composed.
        if let Err(error) = withdrawals::match_orders(&shop).await {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "could not look for the orders of withdrawals; the next run tries again"
            );
        }
        let ending = stopping.clone();
        let worked = work(&shop, || *ending.borrow()).await;
        let pause = match &worked {
            Ok(worked) if worked.more => Duration::ZERO,
            _ => INTERVAL,
        };
        match worked {
            Ok(_) => runs.complete(),
            Err(error) => tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "a run of the outbox failed; the next one tries again"
            ),
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Also if the sender was dropped.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}
