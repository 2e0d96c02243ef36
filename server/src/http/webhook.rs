//! `POST /webhooks/stripe`

use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use shop::inbox::{self, InboxError, signature};

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
        tracing::warn!(%reason, "a webhook was refused: {reason}");
        return (
            StatusCode::BAD_REQUEST,
            "the signature does not prove that this comes from Stripe",
        );
    }
    let Ok(text) = std::str::from_utf8(&body) else {
        return (StatusCode::BAD_REQUEST, "not an event");
    };
    match inbox::receive(&state.shop, text).await {
        Ok(_) => {
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
