//! What the server does without being asked.
//!
//! Every server runs every job, but each job is done under its lease, so that one server at a time does it.

use std::time::Duration;

use shop::lease::{Job, Lease};
use shop::prune::PruneSettings;
use shop::{Shop, crash_points};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Rhythm;

mod inbox;
mod outbox;
mod prune;
mod reconcile;
mod supervisor;
mod sweeper;

pub use supervisor::{Rounds, supervise};

/// While the database does not answer, it is asked this often.
const AGAIN_AFTER: Duration = Duration::from_secs(3);
/// Once the server is to stop, a job at work has this long.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// The rounds of every job, for whoever watches over the server.
#[derive(Clone, Debug)]
pub struct AllRounds {
    sweeper: Rounds,
    reconcile: Rounds,
    outbox: Rounds,
    inbox: Rounds,
    prune: Rounds,
}

impl AllRounds {
    /// Begins to count.
    #[must_use]
    pub fn new(rhythm: Rhythm) -> Self {
        Self {
            sweeper: Rounds::new(Job::Sweep, sweeper::OVERDUE_AFTER),
            reconcile: Rounds::new(Job::Reconcile, reconcile::overdue_after(rhythm)),
            outbox: Rounds::new(Job::Outbox, outbox::OVERDUE_AFTER),
            inbox: Rounds::new(Job::Inbox, inbox::OVERDUE_AFTER),
            prune: Rounds::new(Job::Prune, prune::OVERDUE_AFTER),
        }
    }

    /// Each job that has completed no round for too long, and for how long.
    pub fn overdue(&self) -> impl Iterator<Item = (Job, Duration)> {
        let Self {
            sweeper,
            reconcile,
            outbox,
            inbox,
            prune,
        } = self;
        [sweeper, reconcile, outbox, inbox, prune]
            .into_iter()
            .filter_map(|rounds| Some((rounds.job(), rounds.overdue()?)))
    }
}

/// What became of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundOutcome {
    /// Everything was done, or there was nothing to do.
    Completed,
    /// The next one has to do it.
    Failed,
}

/// Starts the jobs; they end when `stopping` turns true.
#[must_use]
pub fn spawn(
    shop: &Shop,
    rhythm: Rhythm,
    settings: PruneSettings,
    all: &AllRounds,
    stopping: &watch::Receiver<bool>,
) -> Vec<JoinHandle<()>> {
    vec![
        start(&all.sweeper, shop, stopping, sweeper::run),
        start(&all.reconcile, shop, stopping, move |shop, rounds, stop| {
            reconcile::run(shop, rhythm, rounds, stop)
        }),
        start(&all.outbox, shop, stopping, outbox::run),
        start(&all.inbox, shop, stopping, inbox::run),
        start(&all.prune, shop, stopping, move |shop, rounds, stop| {
            prune::run(shop, settings, rounds, stop)
        }),
    ]
}

/// Starts one job, and starts it again where it panics.
fn start<J>(
    rounds: &Rounds,
    shop: &Shop,
    stopping: &watch::Receiver<bool>,
    job: impl Fn(Shop, Rounds, watch::Receiver<bool>) -> J + Send + Sync + 'static,
) -> JoinHandle<()>
where
    J: Future<Output = ()> + Send + 'static,
{
    let (rounds, shop, stopping) = (rounds.clone(), shop.clone(), stopping.clone());
    tokio::spawn(async move {
        let job = || job(shop.clone(), rounds.clone(), stopping.clone());
        supervise(rounds.clone(), stopping.clone(), job).await;
    })
}

/// Does a job again and again until the server stops, each time under its lease, and not at all while another holds that.
///
/// `every` is the time from the end of one turn to the beginning of the next. A turn that loses its lease, or outlives the
/// server, is dropped where it waits, so the work must be safe to be cut off and done again.
pub async fn repeat<W>(
    shop: Shop,
    rounds: &Rounds,
    every: Duration,
    mut stopping: watch::Receiver<bool>,
    work: impl Fn(Shop) -> W + Send,
) where
    W: Future<Output = RoundOutcome> + Send,
{
    let job = rounds.job();
    loop {
        let mut pause = every;
        match Lease::take(&shop.database, job).await {
            Ok(lease) => {
                shop.database.note_write(true);
                crash_points::panic_if_armed(job.as_str(), &shop.settings.public_url);
                let outcome = match lease {
                    Some(lease) => turn(lease, job, work(shop.clone()), stopping.clone()).await,
                    // Another server does it.
                    None => RoundOutcome::Completed,
                };
                if outcome == RoundOutcome::Completed {
                    rounds.complete();
                }
            }
            Err(error) => {
                shop.database.note_failed_write(&error);
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
    work: impl Future<Output = RoundOutcome> + Send,
    mut stopping: watch::Receiver<bool>,
) -> RoundOutcome {
    let over = async {
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    let outcome = tokio::select! {
        done = lease.under(work) => if let Some(outcome) = done {
            outcome
        } else {
            tracing::error!(job = job.as_str(), "the job {} lost its lease and was stopped", job.as_str());
            return RoundOutcome::Failed;
        },
        () = over => {
            tracing::warn!(job = job.as_str(), "the job {} did not end in time and was cut off", job.as_str());
            RoundOutcome::Failed
        }
    };
    if let Err(error) = lease.release().await {
        tracing::warn!(
            job = job.as_str(),
            error = &error as &dyn std::error::Error,
            "the lease of the job {} was not given back and ends by itself",
            job.as_str()
        );
    }
    outcome
}
