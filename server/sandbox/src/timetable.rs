//! What happens by itself: sessions expire, delayed payments come in or fail, banks answer to refunds.

use std::sync::Arc;
use std::time::Duration;

use crate::dispute;
use crate::payment;
use crate::refund;
use crate::server::App;
use crate::session;
use crate::store::Due;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(100);
/// So many at once under one lock; requests get their turn between.
const BATCH: usize = 100;

/// Runs until the sandbox stops.
pub(crate) async fn run(app: Arc<App>) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        loop {
            let due = app.store().take_due(app.clock.now_ms(), BATCH);
            let last = due.len() < BATCH;
            for what in due {
                happen(&app, what);
            }
            if last {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
}

fn happen(app: &App, due: Due) {
    let written = app.transact(|tx| match due {
        Due::Expiry { session } => {
            // Paid or expired by the API meanwhile: then it is not open, and nothing is left to do.
            if let Some(session) = tx.store().session_in_row(session).cloned() {
                let _ = session::expire(tx, &session, None);
            }
        }
        Due::Settlement { payment_intent } => {
            if let Some(intent) = tx.store().payment_intent_in_row(payment_intent).cloned() {
                session::settle(tx, &intent);
            }
        }
        Due::Booking { charge } => {
            if let Some(charge) = tx.store().charge_in_row(charge).cloned() {
                payment::book(tx, &charge);
            }
        }
        Due::Dispute { charge } => {
            if let Some(charge) = tx.store().charge_in_row(charge).cloned() {
                dispute::open_by_card(tx, &charge);
            }
        }
        Due::Refund { refund } => {
            if let Some(refund) = tx.store().refund_in_row(refund).cloned() {
                refund::bank_answered(tx, &refund);
            }
        }
    });
    if let Err(error) = written {
        tracing::error!(%error, "the sandbox's state file cannot be written; this is tried again after a restart");
    }
}
