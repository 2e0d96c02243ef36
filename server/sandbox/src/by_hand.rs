//! What a tester does by hand to a session's payment. Each function is one transaction, and its events say that nobody
//! asked for it by the API.

use serde_json::{Value, json};

use crate::api::{charge_of_intent, find_endpoint, find_session};
use crate::dispute::{self, Verdict};
use crate::endpoint::{EndpointStatus, MAXIMUM_OVERLAP};
use crate::error::ApiError;
use crate::payment::{Charge, Settlement};
use crate::refund::{self, RefundOrder};
use crate::server::App;
use crate::session;
use crate::store::{Errand, Store};
use crate::told::Told;

/// Refunds a session's payment; `amount` in minor units, `None` is all that is left. The refund as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 when it is not paid or has less left.
pub(crate) fn refund(
    app: &App,
    session: &str,
    amount: Option<i64>,
    told: Told,
) -> Result<Value, ApiError> {
    app.change(|tx| {
        let charge = charge_of_session(tx.store(), session)?.clone();
        let order = RefundOrder {
            amount,
            told,
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
    told: Told,
) -> Result<Value, ApiError> {
    app.change(|tx| {
        let charge = charge_of_session(tx.store(), session)?.clone();
        Ok(dispute::open(tx, &charge, reason, inquiry, told)?.json())
    })
}

/// Decides the open dispute about a session's payment for the shop. The dispute as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 when nothing is disputed.
pub(crate) fn win_dispute(
    app: &App,
    session: &str,
    status: Option<String>,
) -> Result<Value, ApiError> {
    close_dispute(app, session, Verdict::Won, status)
}

/// Decides the open dispute about a session's payment for the shopper. The dispute as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 when nothing is disputed.
pub(crate) fn lose_dispute(
    app: &App,
    session: &str,
    status: Option<String>,
) -> Result<Value, ApiError> {
    close_dispute(app, session, Verdict::Lost, status)
}

/// Ends an inquiry without a dispute. It as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 when there is no inquiry.
pub(crate) fn close_inquiry(app: &App, session: &str) -> Result<Value, ApiError> {
    close_dispute(app, session, Verdict::WarningClosed, None)
}

fn close_dispute(
    app: &App,
    session: &str,
    verdict: Verdict,
    status: Option<String>,
) -> Result<Value, ApiError> {
    app.change(|tx| {
        let charge = charge_of_session(tx.store(), session)?;
        let dispute = dispute::of_charge(tx.store(), charge)
            .ok_or_else(|| ApiError::invalid("This Checkout Session's payment is not disputed."))?
            .clone();
        Ok(dispute::close(tx, &dispute, verdict, status)?.json())
    })
}

/// Sends an event once more: to one endpoint, or to all that it was meant for, and if there were none, to all that are
/// enabled. Automatic attempts go on.
///
/// # Errors
/// 404 for an unknown event or endpoint.
pub(crate) fn resend(app: &App, event: &str, endpoint: Option<&str>) -> Result<(), ApiError> {
    let store = app.store();
    let known = store
        .events
        .get(event)
        .ok_or_else(|| ApiError::no_such("event", event, "id"))?;
    let endpoints: Vec<&str> = match endpoint {
        Some(endpoint) => vec![&find_endpoint(&store, endpoint)?.id],
        None if known.deliveries.is_empty() => {
            let enabled = store.endpoints.iter();
            enabled
                .filter(|endpoint| endpoint.status == EndpointStatus::Enabled)
                .map(|endpoint| endpoint.id.as_str())
                .collect()
        }
        None => {
            let deliveries = known.deliveries.iter();
            deliveries
                .map(|delivery| delivery.endpoint.as_str())
                .collect()
        }
    };
    for endpoint in endpoints {
        app.deliveries.resend(Errand {
            event: event.to_owned(),
            endpoint: endpoint.to_owned(),
        });
    }
    Ok(())
}

/// Gives an endpoint a new secret; the old one signs as well for `overlap` seconds of the sandbox's clock. The endpoint
/// as JSON, with its new secret.
///
/// # Errors
/// 404 for an unknown endpoint, 400 for more than a day.
pub(crate) fn roll_secret(app: &App, endpoint: &str, overlap: i64) -> Result<Value, ApiError> {
    if !(0..=MAXIMUM_OVERLAP).contains(&overlap) {
        return Err(ApiError::invalid(format!(
            "expires_in must be between 0 and {MAXIMUM_OVERLAP} seconds"
        ))
        .param("expires_in"));
    }
    app.change(|tx| {
        let mut endpoint = find_endpoint(tx.store(), endpoint)?.clone();
        endpoint.roll_secret(tx.now(), overlap);
        let mut json = endpoint.json();
        json["secret"] = json!(endpoint.secret);
        tx.save_endpoint(endpoint);
        Ok(json)
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

fn charge_of_session<'a>(store: &'a Store, session: &str) -> Result<&'a Charge, ApiError> {
    let intent = find_session(store, session)?.payment_intent.as_deref();
    let intent =
        intent.ok_or_else(|| ApiError::invalid("This Checkout Session has no payment."))?;
    charge_of_intent(store, intent)
}
