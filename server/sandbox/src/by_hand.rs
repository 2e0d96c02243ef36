//! What a tester does by hand to a session's payment. Each function is one transaction, and its events say that nobody
//! asked for it by the API.

use serde_json::Value;

use crate::api::charge_of_intent;
use crate::dispute::{self, Verdict};
use crate::error::ApiError;
use crate::payment::{Charge, Settlement};
use crate::refund::{self, RefundOrder};
use crate::server::App;
use crate::session;
use crate::store::Store;

/// Refunds a session's payment; `amount` in minor units, `None` is all that is left. The refund as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 when it is not paid or has less left.
pub(crate) fn refund(app: &App, session: &str, amount: Option<i64>) -> Result<Value, ApiError> {
    app.change(|tx| {
        let charge = charge_of_session(tx.store(), session)?.clone();
        let order = RefundOrder {
            amount,
            ..RefundOrder::default()
        };
        Ok(refund::create(tx, &charge, order, None)?.json())
    })
}

/// Opens a dispute about a session's payment, or an inquiry; `reason` as in [`dispute::REASONS`]. The dispute as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 when there is nothing to dispute or the reason is unknown.
pub(crate) fn open_dispute(
    app: &App,
    session: &str,
    reason: &str,
    inquiry: bool,
) -> Result<Value, ApiError> {
    app.change(|tx| {
        let charge = charge_of_session(tx.store(), session)?.clone();
        Ok(dispute::open(tx, &charge, reason, inquiry)?.json())
    })
}

/// Decides the open dispute about a session's payment for the shop. The dispute as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 when nothing is disputed.
pub(crate) fn win_dispute(app: &App, session: &str) -> Result<Value, ApiError> {
    close_dispute(app, session, Verdict::Won)
}

/// Decides the open dispute about a session's payment for the shopper. The dispute as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 when nothing is disputed.
pub(crate) fn lose_dispute(app: &App, session: &str) -> Result<Value, ApiError> {
    close_dispute(app, session, Verdict::Lost)
}

/// Ends an inquiry without a dispute. It as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 when there is no inquiry.
pub(crate) fn close_inquiry(app: &App, session: &str) -> Result<Value, ApiError> {
    close_dispute(app, session, Verdict::WarningClosed)
}

fn close_dispute(app: &App, session: &str, verdict: Verdict) -> Result<Value, ApiError> {
    app.change(|tx| {
        let charge = charge_of_session(tx.store(), session)?;
        let dispute = dispute::of_charge(tx.store(), charge)
            .ok_or_else(|| ApiError::invalid("This Checkout Session's payment is not disputed."))?
            .clone();
        Ok(dispute::close(tx, &dispute, verdict)?.json())
    })
}

/// The bank answers to a delayed payment now: the money has come, or not. The session as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 when no delayed payment is under way.
pub(crate) fn settle(app: &App, session: &str, succeeds: bool) -> Result<Value, ApiError> {
    app.change(|tx| {
        let intent = find_session(tx.store(), session)?
            .payment_intent
            .as_ref()
            .and_then(|id| tx.store().payment_intents.get(id))
            .filter(|intent| intent.settles.is_some());
        let Some(mut intent) = intent.cloned() else {
            return Err(ApiError::invalid(
                "This Checkout Session has no delayed payment under way.",
            ));
        };
        intent.settles = Some(Settlement {
            at_ms: tx.now_ms(),
            succeeds,
        });
        session::settle(tx, &intent);
        Ok(())
    })?;
    Ok(find_session(&app.store(), session)?.json(&app.origin))
}

fn find_session<'a>(
    store: &'a Store,
    session: &str,
) -> Result<&'a session::CheckoutSession, ApiError> {
    store
        .sessions
        .get(session)
        .ok_or_else(|| ApiError::no_such("checkout.session", session, "session"))
}

fn charge_of_session<'a>(store: &'a Store, session: &str) -> Result<&'a Charge, ApiError> {
    let intent = find_session(store, session)?.payment_intent.as_deref();
    let intent =
        intent.ok_or_else(|| ApiError::invalid("This Checkout Session has no payment."))?;
    charge_of_intent(store, intent)
}
