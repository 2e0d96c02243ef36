//! `POST /webhooks/stripe`

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode};
use shop::inbox::signature::SignatureError;
use shop::inbox::text::readable;
use shop::inbox::{self, InboxError, Received, signature};
use shop::limits::LogInterval;

use super::router::AppState;

/// Where Stripe sends its events. With a slash behind it, it is taken as well.
pub const PATH: &str = "/webhooks/stripe";
/// Requests that are refused are logged this often at most: anyone can send them.
const LOG_INTERVAL: Duration = Duration::from_secs(1);
/// Characters of a wrong address that are logged.
const MAX_LOGGED_PATH: usize = 100;

/// The largest body that is read, in bytes. Stripe's events stay far below it.
pub const BODY_LIMIT: usize = 256 * 1024;

/// Receives an event: 200 once it is durable, 400 where it is not Stripe's, 503 where it should come again.
pub async fn receive(State(state): State<AppState>, headers: HeaderMap, body: Bytes) -> Response {
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
        return Refused::answer(
            format!("{reason}{clock}"),
            "the signature does not prove that this comes from Stripe",
        );
    }
    match inbox::receive(&state.shop, &readable(&body)).await {
        Ok(Received::Unusable) => {
            state.shop.database.note_write(true);
            // Sent again, it would be the same.
            (
                StatusCode::OK,
                "this shop cannot use events of this shape: it needs those of the payload style snapshot",
            )
                .into_response()
        }
        Ok(Received::Settled(_) | Received::Duplicate) => {
            state.shop.database.note_write(true);
            (StatusCode::OK, "received").into_response()
        }
        Err(InboxError::NotAnEvent) => Refused::answer("not an event".to_owned(), "not an event"),
        Err(error @ InboxError::Unavailable(_)) => {
            state.shop.database.note_write(false);
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "an event could not be stored; Stripe will send it again"
            );
            (StatusCode::SERVICE_UNAVAILABLE, "please send it again").into_response()
        }
    }
}

/// Why an event was refused: travels with the answer, for the log.
#[derive(Clone, Debug)]
struct Refused(String);

impl Refused {
    fn answer(reason: String, sentence: &'static str) -> Response {
        let mut response = (StatusCode::BAD_REQUEST, sentence).into_response();
        response.extensions_mut().insert(Self(reason));
        response
    }
}

/// Logs what is refused under `/webhooks`; cheap to clone.
#[derive(Clone, Debug)]
pub struct WebhookLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    address: String,
    interval: LogInterval,
    /// Refused since the last line.
    unlogged: AtomicU64,
}

impl WebhookLog {
    /// For the shop at this public address.
    #[must_use]
    pub fn new(public_url: &str) -> Self {
        Self(Arc::new(Inner {
            address: format!("{public_url}{PATH}"),
            interval: LogInterval::new(LOG_INTERVAL),
            unlogged: AtomicU64::new(0),
        }))
    }

    fn refused(&self, status: StatusCode, reason: &str) {
        if !self.0.interval.is_due() {
            self.0.unlogged.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let unlogged = self.0.unlogged.swap(0, Ordering::Relaxed);
        tracing::warn!(
            reason,
            status = status.as_u16(),
            unlogged,
            "a webhook was refused: {reason}"
        );
    }
}

/// Logs every POST below `/webhooks` that is refused, and answers those that are sent to no address
/// of ours: a webhook endpoint with a mistyped address would otherwise go unnoticed.
pub async fn watch(State(log): State<WebhookLog>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let below = path == "/webhooks" || path.starts_with("/webhooks/");
    if !below || *request.method() != Method::POST {
        return next.run(request).await;
    }
    let address = &log.0.address;
    if path.trim_end_matches('/') != PATH {
        let path: String = path.chars().take(MAX_LOGGED_PATH).collect();
        let reason = format!("nothing is received at {path}; Stripe's events belong to {address}");
        log.refused(StatusCode::NOT_FOUND, &reason);
        let said = format!("Nothing is received here. Stripe's events belong to {address}");
        return (StatusCode::NOT_FOUND, said).into_response();
    }
    let response = next.run(request).await;
    let status = response.status();
    match response.extensions().get::<Refused>() {
        Some(Refused(reason)) => log.refused(status, reason),
        // Our own trouble has a line of its own.
        None if status.is_success() || status == StatusCode::SERVICE_UNAVAILABLE => {}
        None => log.refused(status, &format!("it was answered {status}")),
    }
    response
}
