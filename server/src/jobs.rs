//! What the server does without being asked.
//!
//! Every server runs every job, but each job is done under its lease, so that one server at a time does it.

use std::time::Duration;

use shop::Shop;
use shop::lease::{Job, Lease};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Rhythm;

mod inbox;
mod outbox;
mod reconcile;
mod sweeper;

/// While the database does not answer, it is asked this often.
const AGAIN_AFTER: Duration = Duration::from_secs(3);
/// Once the server is to stop, a job at work has this long.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// Starts the jobs; they end when `stopping` turns true.
#[must_use]
pub fn spawn(shop: &Shop, rhythm: Rhythm, stopping: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(sweeper::run(shop.clone(), stopping.clone())),
        tokio::spawn(reconcile::run(shop.clone(), rhythm, stopping.clone())),
        tokio::spawn(outbox::run(shop.clone(), stopping.clone())),
        tokio::spawn(inbox::run(shop.clone(), stopping.clone())),
    ]
}

/// Does a job again and again until the server stops, each time under its lease, and not at all while another holds that.
///
/// `every` is the time from the end of one turn to the beginning of the next. A turn that loses its lease, or outlives the
/// server, is dropped where it waits, so the work must be safe to be cut off and done again.
pub async fn repeat<W>(
    shop: Shop,
    job: Job,
    every: Duration,
    mut stopping: watch::Receiver<bool>,
    work: impl Fn(Shop) -> W + Send,
) where
    W: Future<Output = ()> + Send,
{
    loop {
        let mut pause = every;
        match Lease::take(&shop.database, job).await {
            Ok(lease) => {
                shop.database.note_write(true);
                if let Some(lease) = lease {
                    turn(lease, job, work(shop.clone()), stopping.clone()).await;
                }
            }
            Err(error) => {
                shop.database.note_write(false);
                pause = AGAIN_AFTER.min(every);
                tracing::error!(
                    job = job.as_str(),
                    error = &error as &dyn std::error::Error,
                    "the job {} could not begin: the database does not answer",
                    job.as_str()
                );
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Also where the sender is gone.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

/// Works, and keeps the lease meanwhile.
async fn turn(
    lease: Lease,
    job: Job,
    work: impl Future<Output = ()> + Send,
    mut stopping: watch::Receiver<bool>,
) {
    let over = async {
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    tokio::select! {
        done = lease.under(work) => if done.is_none() {
            tracing::error!(job = job.as_str(), "the job {} lost its lease and was stopped", job.as_str());
            return;
        },
        () = over => {
            tracing::warn!(job = job.as_str(), "the job {} did not end in time and was cut off", job.as_str());
        }
    }
    if let Err(error) = lease.release().await {
        tracing::warn!(
            job = job.as_str(),
            error = &error as &dyn std::error::Error,
            "the lease of the job {} was not given back and ends by itself",
            job.as_str()
        );
    }
}
