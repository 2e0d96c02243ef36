//! Compares with Stripe every few minutes, and soon after the start: whatever came while no server ran is found then.

use std::collections::HashSet;
use std::time::Duration;

use shop::lease::LASTS;
use shop::reconcile::{
    self, Difference, Kind, Outcome, ReconcileError, Report, Request, reconcile_if_free,
};
use shop::{Shop, crash_points};
use tokio::sync::watch;

use super::Rounds;
use crate::config::Rhythm;

/// Without a completed round for this long, something is wrong. Once a day one compares all
/// sessions of a month, and takes longer.
pub(super) fn overdue_after(rhythm: Rhythm) -> Duration {
    rhythm.first + rhythm.every * 6
}

pub(super) async fn run(
    shop: Shop,
    rhythm: Rhythm,
    rounds: Rounds,
    mut stopping: watch::Receiver<bool>,
) {
    let mut told = HashSet::new();
    let mut pause = rhythm.first;
    // Right after its start a server cannot know what it has missed. Later, one of several does it for all.
    let mut lately = Duration::ZERO;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Also where the sender is gone.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        crash_points::panic_if_armed(rounds.job().as_str(), &shop.settings.public_url);
        let run = tokio::select! {
            run = once(&shop, lately) => run,
            // The lease ends by itself, and what was under way is undone.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        };
        pause = rhythm.every;
        lately = rhythm.every / 2;
        if run.is_ok() {
            rounds.complete();
        }
        match run {
            Ok(Turn::Done(report)) => tell(&report, &mut told),
            Ok(Turn::DoneLately) => {}
            // It may belong to a server that is no more.
            Ok(Turn::Taken) => pause = pause.min(LASTS),
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the comparison with Stripe failed; the next one begins where this one did"
            ),
        }
    }
}

/// What a turn came to.
enum Turn {
    Done(Box<Report>),
    /// Another server did it a moment ago.
    DoneLately,
    /// Another server is at it.
    Taken,
}

async fn once(shop: &Shop, lately: Duration) -> Result<Turn, ReconcileError> {
    let done = reconcile::read_until(&shop.database).await?;
    let now = shop::clock::now();
    // One in the future was noted by a clock that was wrong.
    if done.is_some_and(|done| (now - lately < done) && done <= now) {
        return Ok(Turn::DoneLately);
    }
    let report = reconcile_if_free(shop, &Request::default()).await?;
    Ok(report.map_or(Turn::Taken, |report| Turn::Done(Box::new(report))))
}

/// Logs what was done, and each difference that remains once.
fn tell(report: &Report, told: &mut HashSet<(Kind, String)>) {
    if report.events.missing > 0 {
        tracing::info!(
            missing = report.events.missing,
            payments = report.payments_found,
            "read from Stripe what no webhook had brought: events {}, payments {}",
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
        if *outcome == Outcome::Remains && told.insert((*kind, session.clone())) {
            tracing::error!(
                session,
                checkout,
                order,
                "money and orders disagree: {} (session {session}); see `till reconcile`",
                kind.words()
            );
        }
    }
}
