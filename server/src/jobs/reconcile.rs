//! Reconciles with Stripe every few minutes, and soon after the start to find what happened while
//! no server was running.

use std::collections::HashSet;
use std::time::Duration;

use shop::lease::LEASE_TTL;
use shop::reconcile::{
    self, Difference, Kind, Outcome, ReconcileError, Report, Request, reconcile_if_free,
};
use shop::{Shop, crash_points};
use tokio::sync::watch;

use super::JobRuns;
use crate::config::JobIntervals;

/// After this time without a completed run, the job is overdue. Long, because once a day a run
/// compares all sessions of a month.
pub(super) fn overdue_timeout(job_intervals: JobIntervals) -> Duration {
    job_intervals.first_delay + job_intervals.interval * 6
}

pub(super) async fn run(
    shop: Shop,
    job_intervals: JobIntervals,
    runs: JobRuns,
    mut stopping: watch::Receiver<bool>,
) {
    let mut logged = HashSet::new();
    let mut pause = job_intervals.first_delay;
    // Right after its start, a server cannot know what was missed. Later, a recent run of another
    // server is enough.
    let mut max_age = Duration::ZERO;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Also if the sender was dropped.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        crash_points::panic_if_armed(runs.job().as_ref(), &shop.settings.public_url);
        let run = tokio::select! {
            run = run_once(&shop, max_age) => run,
            // The lease expires automatically, and open transactions are rolled back.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        };
        pause = job_intervals.interval;
        max_age = job_intervals.interval / 2;
        if run.is_ok() {
            runs.complete();
        }
        match run {
            Ok(ReconcileRun::Done(report)) => log_report(&report, &mut logged),
            Ok(ReconcileRun::DoneRecently) => {}
            // The lease may belong to a server that was killed.
            Ok(ReconcileRun::LeaseTaken) => pause = pause.min(LEASE_TTL),
            Err(error) => tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "reconciling with Stripe failed; the next run starts from the same point"
            ),
        }
    }
}

/// How a run ended.
enum ReconcileRun {
    Done(Box<Report>),
    /// Another server did it recently.
    DoneRecently,
    /// Another server holds the lease.
    LeaseTaken,
}

async fn run_once(shop: &Shop, max_age: Duration) -> Result<ReconcileRun, ReconcileError> {
    let done = reconcile::read_until(&shop.database).await?;
    let now = shop::clock::now();
    // A time in the future was written by a wrong clock.
    if done.is_some_and(|done| (now - max_age < done) && done <= now) {
        return Ok(ReconcileRun::DoneRecently);
    }
    let report = reconcile_if_free(shop, &Request::default()).await?;
    Ok(report.map_or(ReconcileRun::LeaseTaken, |report| {
        ReconcileRun::Done(Box::new(report))
    }))
}

/// Logs what was done, and each remaining difference only once.
fn log_report(report: &Report, logged: &mut HashSet<(Kind, String)>) {
    if report.events.missing > 0 {
        tracing::info!(
            missing = report.events.missing,
            payments = report.payments_found,
            "fetched from Stripe what no webhook had delivered: events {}, payments {}",
            report.events.missing,
            report.payments_found
        );
    }
    for Difference {
        kind,
        outcome,
        session,
        checkout,
        order,
        ..
    } in &report.differences
    {
        if *outcome == Outcome::Remains && logged.insert((*kind, session.clone())) {
            tracing::error!(
                session,
                checkout,
                order,
                "payments and orders disagree: {} (session {session}); see `till reconcile`",
                kind.words()
            );
        }
    }
}
