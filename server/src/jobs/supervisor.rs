//! Restarts jobs that panic, and detects jobs that make no progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shop::lease::Job;
use tokio::sync::watch;
use tokio::time::Instant;

/// The delay before a job that has panicked is restarted; it doubles with each further panic.
const MIN_RESTART_DELAY: Duration = Duration::from_secs(1);
/// The longest delay.
const MAX_RESTART_DELAY: Duration = Duration::from_secs(5 * 60);

/// Counts the completed runs of one job; cheap to clone.
#[derive(Clone, Debug)]
pub struct JobRuns(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    job: Job,
    overdue_timeout: Duration,
    started: Instant,
    completed: AtomicU64,
    /// When the last run was completed, in milliseconds since `started`; 0 if none was.
    last_ms: AtomicU64,
}

impl JobRuns {
    /// Starts counting. After `overdue_timeout` without a completed run the job is overdue: it
    /// should be a few times the job's interval, and longer than one run may take.
    #[must_use]
    pub fn new(job: Job, overdue_timeout: Duration) -> Self {
        Self(Arc::new(Inner {
            job,
            overdue_timeout,
            started: Instant::now(),
            completed: AtomicU64::new(0),
            last_ms: AtomicU64::new(0),
        }))
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> Job {
        self.0.job
    }

    /// Records a completed run: by this server, or of another one that is at work or was recently.
    pub fn complete(&self) {
        let since = self.0.started.elapsed().as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.0.last_ms.store(since, Ordering::Relaxed);
        self.0.completed.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of completed runs.
    #[must_use]
    pub fn completed(&self) -> u64 {
        self.0.completed.load(Ordering::Relaxed)
    }

    /// The time since the last completed run, if the job is overdue.
    #[must_use]
    pub fn overdue(&self) -> Option<Duration> {
        let last = Duration::from_millis(self.0.last_ms.load(Ordering::Relaxed));
        let idle = self.0.started.elapsed().saturating_sub(last);
        (idle > self.0.overdue_timeout).then_some(idle)
    }
}

/// Runs a job until it ends, and restarts it with a growing delay each time that it panics. A
/// completed run resets the delay.
///
/// The lease of a job that has panicked stays taken until it expires.
pub async fn supervise<J>(runs: JobRuns, mut stopping: watch::Receiver<bool>, job: impl Fn() -> J)
where
    J: Future<Output = ()> + Send + 'static,
{
    let supervised = runs.job();
    let name = supervised.as_ref();
    let mut panics = 0;
    loop {
        let completed = runs.completed();
        match tokio::spawn(job()).await {
            Ok(()) => return,
            // The runtime is shutting down.
            Err(error) if !error.is_panic() => return,
            Err(_) => {}
        }
        if runs.completed() > completed {
            panics = 0;
        }
        panics += 1;
        let delay = restart_delay(panics);
        tracing::error!(
            job = name,
            delay_s = delay.as_secs(),
            "the job {name} panicked; restarting it in {} s",
            delay.as_secs()
        );
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            // Also if the sender was dropped.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

/// The delay after this many panics without a completed run in between.
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
    async fn a_job_that_panics_is_restarted_until_it_ends_normally() {
        let runs = JobRuns::new(Job::Sweep, Duration::from_secs(60));
        let (_stop, stopping) = watch::channel(false);
        let starts = Arc::new(AtomicU64::new(0));
        let job = || {
            let starts = starts.clone();
            async move {
                assert!(starts.fetch_add(1, Ordering::SeqCst) > 0, "it panics");
            }
        };
        supervise(runs, stopping, job).await;
        assert_eq!(starts.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_server_that_stops_does_not_restart_a_job() {
        let runs = JobRuns::new(Job::Sweep, Duration::from_secs(60));
        let (stop, stopping) = watch::channel(false);
        let starts = Arc::new(AtomicU64::new(0));
        let job = || {
            let (starts, stop) = (starts.clone(), stop.clone());
            async move {
                starts.fetch_add(1, Ordering::SeqCst);
                stop.send_replace(true);
                panic!("it panics");
            }
        };
        supervise(runs, stopping, job).await;
        assert_eq!(starts.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_job_is_overdue_if_its_last_run_is_too_long_ago() {
        let slow = JobRuns::new(Job::Sweep, Duration::from_secs(3_600));
        let fast = JobRuns::new(Job::Sweep, Duration::ZERO);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(slow.overdue(), None);
        let idle = fast.overdue();
        assert!(idle >= Some(Duration::from_millis(20)), "{idle:?}");
        fast.complete();
        assert!(fast.overdue() < idle);
        assert_eq!(fast.completed(), 1);
    }
}
