//! Manual actions of a tester. Each function that changes a payment is one transaction; its events
//! name no API request.

use serde_json::{Value, json};

use crate::api::{charge_of_intent, find_endpoint, find_session};
use crate::app::App;
use crate::dispute::{self, Verdict};
use crate::endpoint::{EndpointStatus, MAX_SECRET_OVERLAP};
use crate::error::ApiError;
use crate::objects::payment::{Charge, Settlement};
use crate::overrides::Overrides;
use crate::refund::{self, RefundParams};
use crate::session;
use crate::store::{DeliveryKey, Store};

/// Refunds a session's payment. `amount` is in minor units; `None` refunds what is left. Returns
/// the refund as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 if it is not paid or if less than `amount` is left.
pub(crate) fn refund(
    app: &App,
    session: &str,
    amount: Option<i64>,
    overrides: Overrides,
) -> Result<Value, ApiError> {
    app.change(|tx| {
        let charge = charge_of_session(tx.store(), session)?.clone();
        let params = RefundParams {
            amount,
            overrides,
            ..RefundParams::default()
        };
        Ok(refund::create(tx, &charge, params, None)?.json())
    })
}

/// Opens a dispute or an inquiry about a session's payment. `reason` is one of
/// [`dispute::REASONS`]. Returns the dispute as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 if there is nothing to dispute or the reason is unknown.
pub(crate) fn open_dispute(
    app: &App,
    session: &str,
    reason: &str,
    inquiry: bool,
    overrides: Overrides,
) -> Result<Value, ApiError> {
    app.change(|tx| {
        let charge = charge_of_session(tx.store(), session)?.clone();
        Ok(dispute::open(tx, &charge, reason, inquiry, overrides)?.json())
    })
}

/// Closes the open dispute about a session's payment as won by the shop. Returns the dispute as
/// JSON.
///
/// # Errors
/// 404 for an unknown session, 400 if nothing is disputed.
pub(crate) fn win_dispute(
    app: &App,
    session: &str,
    status: Option<String>,
) -> Result<Value, ApiError> {
    close_dispute(app, session, Verdict::Won, status)
}

/// Closes the open dispute about a session's payment as lost by the shop. Returns the dispute as
/// JSON.
///
/// # Errors
/// 404 for an unknown session, 400 if nothing is disputed.
pub(crate) fn lose_dispute(
    app: &App,
    session: &str,
    status: Option<String>,
) -> Result<Value, ApiError> {
    close_dispute(app, session, Verdict::Lost, status)
}

/// Closes an inquiry without a dispute. Returns the inquiry as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 if there is no inquiry.
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

/// Resends an event: to one endpoint, or to all endpoints it was sent to, or if there are none, to
/// all enabled endpoints. Automatic attempts continue.
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
        app.deliveries.resend(DeliveryKey {
            event: event.to_owned(),
            endpoint: endpoint.to_owned(),
        });
    }
    Ok(())
}

/// Rolls an endpoint's secret; the old one stays active for `overlap` seconds of the sandbox's
/// clock. Returns the endpoint as JSON, with its new secret.
///
/// # Errors
/// 404 for an unknown endpoint, 400 if `overlap` is negative or more than a day.
pub(crate) fn roll_secret(app: &App, endpoint: &str, overlap: i64) -> Result<Value, ApiError> {
    if !(0..=MAX_SECRET_OVERLAP).contains(&overlap) {
        return Err(ApiError::invalid(format!(
            "expires_in must be between 0 and {MAX_SECRET_OVERLAP} seconds"
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

/// Makes a delayed payment succeed or fail now. Returns the session as JSON.
///
/// # Errors
/// 404 for an unknown session, 400 if it has no delayed payment in progress.
pub(crate) fn finish_delayed_payment(
    app: &App,
    session: &str,
    succeeds: bool,
) -> Result<Value, ApiError> {
    app.change(|tx| {
        let intent = find_session(tx.store(), session)?
            .payment_intent
            .as_ref()
            .and_then(|id| tx.store().payment_intents.get(id))
            .filter(|intent| intent.settlement.is_some());
        let Some(mut intent) = intent.cloned() else {
            return Err(ApiError::invalid(
                "This Checkout Session has no delayed payment in progress.",
            ));
        };
        intent.settlement = Some(Settlement {
            at_ms: tx.now_ms(),
            succeeds,
        });
        session::settle_delayed_payment(tx, &intent);
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
