//! Periodic jobs.
//!
//! Every server runs every job, but each run holds the job's lease, so that only one server at a
//! time does the work.

use std::time::Duration;

use shop::lease::{Job, Lease};
use shop::{Shop, crash_points};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::JobIntervals;

mod inbox;
mod outbox;
mod prices;
mod prune;
mod reconcile;
mod supervisor;
mod sweeper;

pub use supervisor::{JobRuns, supervise};

/// The delay before a run is retried while the database does not answer.
const RETRY_DELAY: Duration = Duration::from_secs(3);
/// How long a run under way may take after the shutdown began.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// The runs of all jobs, for monitoring.
#[derive(Clone, Debug)]
pub struct AllJobRuns {
    sweeper: JobRuns,
    reconcile: JobRuns,
    outbox: JobRuns,
    inbox: JobRuns,
    prune: JobRuns,
    prices: JobRuns,
}

impl AllJobRuns {
    /// Starts counting.
    #[must_use]
    pub fn new(job_intervals: JobIntervals) -> Self {
        Self {
            sweeper: JobRuns::new(Job::Sweep, sweeper::OVERDUE_TIMEOUT),
            reconcile: JobRuns::new(Job::Reconcile, reconcile::overdue_timeout(job_intervals)),
            outbox: JobRuns::new(Job::Outbox, outbox::OVERDUE_TIMEOUT),
            inbox: JobRuns::new(Job::Inbox, inbox::OVERDUE_TIMEOUT),
            prune: JobRuns::new(Job::Prune, prune::OVERDUE_TIMEOUT),
            prices: JobRuns::new(Job::Prices, prices::OVERDUE_TIMEOUT),
        }
    }

    /// The jobs that have not completed a run for too long, and for how long.
    pub fn overdue(&self) -> impl Iterator<Item = (Job, Duration)> {
        let Self {
            sweeper,
            reconcile,
            outbox,
            inbox,
            prune,
            prices,
        } = self;
        [sweeper, reconcile, outbox, inbox, prune, prices]
            .into_iter()
            .filter_map(|runs| Some((runs.job(), runs.overdue()?)))
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// The work was done, or there was none.
    Completed,
    /// The next run has to do the work.
    Failed,
}

/// Starts the jobs; they end when `stopping` becomes true.
#[must_use]
pub fn spawn(
    shop: &Shop,
    job_intervals: JobIntervals,
    all: &AllJobRuns,
    stopping: &watch::Receiver<bool>,
) -> Vec<JoinHandle<()>> {
    vec![
        start(&all.sweeper, shop, stopping, sweeper::run),
        start(&all.reconcile, shop, stopping, move |shop, runs, stop| {
            reconcile::run(shop, job_intervals, runs, stop)
        }),
        start(&all.outbox, shop, stopping, outbox::run),
        start(&all.inbox, shop, stopping, inbox::run),
        start(&all.prune, shop, stopping, prune::run),
        start(&all.prices, shop, stopping, prices::run),
    ]
}

/// Starts one job, and restarts it if it panics.
fn start<J>(
    runs: &JobRuns,
    shop: &Shop,
    stopping: &watch::Receiver<bool>,
    job: impl Fn(Shop, JobRuns, watch::Receiver<bool>) -> J + Send + Sync + 'static,
) -> JoinHandle<()>
where
    J: Future<Output = ()> + Send + 'static,
{
    let (runs, shop, stopping) = (runs.clone(), shop.clone(), stopping.clone());
    tokio::spawn(async move {
        let job = || job(shop.clone(), runs.clone(), stopping.clone());
        supervise(runs.clone(), stopping.clone(), job).await;
    })
}

/// Runs a job repeatedly until the server stops. Each run holds the job's lease; while another
/// server holds it, nothing is done.
///
/// `interval` is the time from the end of one run to the start of the next. A run that loses its
/// lease, or outlasts the shutdown timeout, is dropped at its current await, so the work must be
/// safe to abort and repeat.
pub async fn repeat<W>(
    shop: Shop,
    runs: &JobRuns,
    interval: Duration,
    mut stopping: watch::Receiver<bool>,
    work: impl Fn(Shop) -> W + Send,
) where
    W: Future<Output = RunOutcome> + Send,
{
    let job = runs.job();
    loop {
        let mut pause = interval;
        match Lease::try_acquire(&shop.database, job).await {
            Ok(lease) => {
                shop.database.record_write(true);
                crash_points::panic_if_armed(job.as_ref(), &shop.settings.public_url);
                let outcome = match lease {
                    Some(lease) => {
                        run_under_lease(lease, job, work(shop.clone()), stopping.clone()).await
                    }
                    // Another server is at work.
                    None => RunOutcome::Completed,
                };
                if outcome == RunOutcome::Completed {
                    runs.complete();
                }
            }
            Err(error) => {
                shop.database.record_failed_write(&error);
                pause = RETRY_DELAY.min(interval);
                tracing::error!(
                    job = job.as_ref(),
                    error = shop::error_chain::with_causes(&error),
                    "could not start the job {}: the database does not answer",
                    job.as_ref()
                );
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Returns on shutdown, or if the sender was dropped.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

/// Does the work while renewing the lease.
async fn run_under_lease(
    lease: Lease,
    job: Job,
    work: impl Future<Output = RunOutcome> + Send,
    mut stopping: watch::Receiver<bool>,
) -> RunOutcome {
    let shutdown_timeout = async {
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(STOP_TIMEOUT).await;
    };
    let outcome = tokio::select! {
        done = lease.run_while_held(work) => if let Some(outcome) = done {
            outcome
        } else {
            tracing::error!(
                job = job.as_ref(),
                "the job {} lost its lease and was aborted",
                job.as_ref()
            );
            return RunOutcome::Failed;
        },
        () = shutdown_timeout => {
            tracing::warn!(
                job = job.as_ref(),
                "the job {} did not finish in time and was aborted",
                job.as_ref()
            );
            RunOutcome::Failed
        }
    };
    if let Err(error) = lease.release().await {
        tracing::warn!(
            job = job.as_ref(),
            error = shop::error_chain::with_causes(&error),
            "could not release the lease of the job {}; it expires automatically",
            job.as_ref()
        );
    }
    outcome
}
