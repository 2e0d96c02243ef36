//! Runs what happens automatically: sessions expire, delayed payments and refunds succeed or fail,
//! balance transactions are created, test cards open disputes.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::dispute;
use crate::payment;
use crate::refund;
use crate::session;
use crate::store::ScheduledAction;

/// How often the scheduler checks the clock.
const TICK_INTERVAL: Duration = Duration::from_millis(100);
/// How many due actions are taken at a time, so that requests can run in between.
const MAX_BATCH: usize = 100;

/// Runs the scheduler until the sandbox stops.
pub(crate) async fn run(app: Arc<App>) {
    let mut tick = tokio::time::interval(TICK_INTERVAL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        loop {
            let due = app.store().take_due(app.clock.now_ms(), MAX_BATCH);
            let last = due.len() < MAX_BATCH;
            for action in due {
                run_scheduled(&app, action);
            }
            if last {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
}

fn run_scheduled(app: &App, action: ScheduledAction) {
    let written = app.transact(|tx| match action {
        ScheduledAction::Expiry { session } => {
            // If it was paid or expired in the meantime it is no longer open, and this does
            // nothing.
            if let Some(session) = tx.store().session_in_row(session).cloned() {
                let _ = session::expire(tx, &session, None);
            }
        }
        ScheduledAction::Settlement { payment_intent } => {
            if let Some(intent) = tx.store().payment_intent_in_row(payment_intent).cloned() {
                session::settle_delayed_payment(tx, &intent);
            }
        }
        ScheduledAction::BalanceTransaction { charge } => {
            if let Some(charge) = tx.store().charge_in_row(charge).cloned() {
                payment::add_balance_transaction(tx, &charge);
            }
        }
        ScheduledAction::OpenDispute { charge } => {
            if let Some(charge) = tx.store().charge_in_row(charge).cloned() {
                dispute::open_for_test_card(tx, &charge);
            }
        }
        ScheduledAction::RefundResponse { refund } => {
            if let Some(refund) = tx.store().refund_in_row(refund).cloned() {
                refund::receive_bank_response(tx, &refund);
            }
        }
    });
    if let Err(error) = written {
        tracing::error!(
            %error,
            "could not write the sandbox's state file; retrying after the next start"
        );
    }
}
