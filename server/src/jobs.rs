//! What the server does without being asked.

use shop::Shop;
use tokio::sync::watch;
use tokio::task::JoinHandle;

mod outbox;
mod sweeper;

/// Starts the jobs; they end when `stopping` turns true.
#[must_use]
pub fn spawn(shop: &Shop, stopping: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(sweeper::run(shop.clone(), stopping.clone())),
        tokio::spawn(outbox::run(shop.clone(), stopping.clone())),
    ]
}
