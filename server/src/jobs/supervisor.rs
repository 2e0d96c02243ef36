//! Keeps jobs going: one that panics begins again, and one that gets nowhere is seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shop::lease::Job;
use tokio::sync::watch;
use tokio::time::Instant;

/// Before a job that has panicked begins again; each further time it is twice as long.
const MIN_RESTART_DELAY: Duration = Duration::from_secs(1);
/// The longest.
const MAX_RESTART_DELAY: Duration = Duration::from_secs(5 * 60);

/// The rounds of one job; cheap to clone.
#[derive(Clone, Debug)]
pub struct Rounds(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    job: Job,
    overdue_after: Duration,
    begun: Instant,
    completed: AtomicU64,
    /// When the last one was completed, in milliseconds since the beginning; 0 where none was.
    last_ms: AtomicU64,
}

impl Rounds {
    /// Begins to count. A job without a completed round for so long is overdue: a few times its
    /// interval, and longer than one round may take.
    #[must_use]
    pub fn new(job: Job, overdue_after: Duration) -> Self {
        Self(Arc::new(Inner {
            job,
            overdue_after,
            begun: Instant::now(),
            completed: AtomicU64::new(0),
            last_ms: AtomicU64::new(0),
        }))
    }

    /// Whose rounds these are.
    #[must_use]
    pub fn job(&self) -> Job {
        self.0.job
    }

    /// A round was completed: by this server, or it saw that another one is at work or was a moment
    /// ago.
    pub fn complete(&self) {
        let since = self.0.begun.elapsed().as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.0.last_ms.store(since, Ordering::Relaxed);
        self.0.completed.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were completed.
    #[must_use]
    pub fn completed(&self) -> u64 {
        self.0.completed.load(Ordering::Relaxed)
    }

    /// For how long no round was completed, where that is too long.
    #[must_use]
    pub fn overdue(&self) -> Option<Duration> {
        let last = Duration::from_millis(self.0.last_ms.load(Ordering::Relaxed));
        let without = self.0.begun.elapsed().saturating_sub(last);
        (without > self.0.overdue_after).then_some(without)
    }
}

/// Runs a job until it ends, and again after a growing delay each time that it panics. The delay is
/// short again once the job has completed a round.
///
/// The lease of a job that has panicked ends with its time; until then the next round finds it
/// taken.
pub async fn supervise<J>(rounds: Rounds, mut stopping: watch::Receiver<bool>, job: impl Fn() -> J)
where
    J: Future<Output = ()> + Send + 'static,
{
    let name = rounds.job().as_str();
    let mut panics = 0;
    loop {
        let completed = rounds.completed();
        match tokio::spawn(job()).await {
            Ok(()) => return,
            // The runtime ends.
            Err(error) if !error.is_panic() => return,
            Err(_) => {}
        }
        if rounds.completed() > completed {
            panics = 0;
        }
        panics += 1;
        let delay = restart_delay(panics);
        tracing::error!(
            job = name,
            delay_s = delay.as_secs(),
            "the job {name} panicked and starts again in {} s",
            delay.as_secs()
        );
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            // Also where the sender is gone.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

/// After so many panics without a completed round between them.
fn restart_delay(panics: u32) -> Duration {
    let doublings = panics.saturating_sub(1).min(16);
    (MIN_RESTART_DELAY * 2_u32.pow(doublings)).min(MAX_RESTART_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_from_a_second_to_five_minutes() {
        let delays: Vec<u64> = (1..=11).map(|n| restart_delay(n).as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(restart_delay(u32::MAX), MAX_RESTART_DELAY);
    }

    #[tokio::test]
    async fn a_job_that_panics_begins_again_until_it_ends_in_order() {
        let rounds = Rounds::new(Job::Sweep, Duration::from_secs(60));
        let (_stop, stopping) = watch::channel(false);
        let turns = Arc::new(AtomicU64::new(0));
        let job = || {
            let turns = turns.clone();
            async move {
                assert!(turns.fetch_add(1, Ordering::SeqCst) > 0, "it panics");
            }
        };
        supervise(rounds, stopping, job).await;
        assert_eq!(turns.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_server_that_stops_does_not_start_a_job_again() {
        let rounds = Rounds::new(Job::Sweep, Duration::from_secs(60));
        let (stop, stopping) = watch::channel(false);
        let turns = Arc::new(AtomicU64::new(0));
        let job = || {
            let (turns, stop) = (turns.clone(), stop.clone());
            async move {
                turns.fetch_add(1, Ordering::SeqCst);
                stop.send_replace(true);
                panic!("it panics");
            }
        };
        supervise(rounds, stopping, job).await;
        assert_eq!(turns.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_job_is_overdue_where_its_last_round_is_too_long_ago() {
        let patient = Rounds::new(Job::Sweep, Duration::from_secs(3_600));
        let hasty = Rounds::new(Job::Sweep, Duration::ZERO);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(patient.overdue(), None);
        let without = hasty.overdue();
        assert!(without >= Some(Duration::from_millis(20)), "{without:?}");
        hasty.complete();
        assert!(hasty.overdue() < without);
        assert_eq!(hasty.completed(), 1);
    }
}
