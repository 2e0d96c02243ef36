//! `POST /webhooks/stripe`

use axum::body::Bytes;
use std::borrow::Cow;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::extract::{OriginalUri, State};
use http::{HeaderMap, StatusCode};
use shop::inbox::signature::SignatureError;
use shop::inbox::{self, InboxError, Received, signature};

use super::router::AppState;

/// The largest body that is read, in bytes. Stripe's events stay far below it.
pub const BODY_LIMIT: usize = 256 * 1024;

/// Receives an event: 200 once it is durable, 400 where it is not Stripe's, 503 where it should come again.
pub async fn receive(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let header = headers
        .get("stripe-signature")
        .and_then(|header| header.to_str().ok())
        .unwrap_or_default();
    let now = shop::clock::now().unix_timestamp();
    if let Err(reason) = signature::verify(&state.webhook_secrets, header, &body, now) {
        // Of a signature that is out of time, our clock may be the cause.
        let clock = state
            .shop
            .stripe
            .clock_warning()
            .filter(|_| reason == SignatureError::OutOfTime)
            .map_or(Cow::Borrowed(""), |clock| format!(" ({clock})").into());
        tracing::warn!(%reason, "a webhook was refused: {reason}{clock}");
        return (
            StatusCode::BAD_REQUEST,
            "the signature does not prove that this comes from Stripe",
        );
    }
    let Ok(text) = std::str::from_utf8(&body) else {
        return (StatusCode::BAD_REQUEST, "not an event");
    };
    match inbox::receive(&state.shop, text).await {
        Ok(Received::Unusable) => {
            state.shop.database.note_write(true);
            // Sent again, it would be the same.
            (
                StatusCode::OK,
                "this shop cannot use events of this shape: it needs those of the payload style snapshot",
            )
        }
        Ok(Received::Settled(_) | Received::Duplicate) => {
            state.shop.database.note_write(true);
            (StatusCode::OK, "received")
        }
        Err(InboxError::NotAnEvent) => (StatusCode::BAD_REQUEST, "not an event"),
        Err(error @ InboxError::Unavailable(_)) => {
            state.shop.database.note_write(false);
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "an event could not be stored; Stripe will send it again"
            );
            (StatusCode::SERVICE_UNAVAILABLE, "please send it again")
        }
    }
}

/// A line in the log for each second, at most: whoever posts here may be anybody.
static LOGGED_AT: AtomicI64 = AtomicI64::new(0);

/// `POST /webhooks` and below, where nothing is received: the owner has mistyped the address.
pub async fn elsewhere(
    State(state): State<AppState>,
    OriginalUri(uri): OriginalUri,
    _body: Bytes,
) -> (StatusCode, String) {
    let now = shop::clock::now().unix_timestamp();
    let right = format!("{}/webhooks/stripe", state.shop.settings.public_url);
    if LOGGED_AT.swap(now, Ordering::Relaxed) != now {
        let path: String = uri.path().chars().take(80).collect();
        tracing::warn!(
            "a webhook came to {path}, where nothing is received; its address is {right}"
        );
    }
    (
        StatusCode::NOT_FOUND,
        format!("nothing is received here; webhooks are received at {right}"),
    )
}
