//! `POST /webhooks/stripe`

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode};
use secrecy::SecretString;
use shop::Shop;
use shop::inbox::signature::SignatureError;
use shop::inbox::text::lossy_text;
use shop::inbox::{self, InboxError, ReceiveOutcome, signature};
use shop::limits::LogInterval;

/// The path of the webhook endpoint. With a trailing slash, it works as well.
pub const PATH: &str = "/webhooks/stripe";
/// How often refused requests are logged at most: anyone can send them.
const LOG_INTERVAL: Duration = Duration::from_secs(1);
/// A wrong path is logged up to this many characters.
const MAX_LOGGED_PATH_CHARS: usize = 100;

/// The largest body, in bytes. Stripe's events are far smaller.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Receives an event: 200 once it is stored, 400 if it is not from Stripe, 503 if Stripe should
/// send it again.
pub async fn receive(
    State(shop): State<Shop>,
    State(secrets): State<Arc<[SecretString]>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = headers
        .get("stripe-signature")
        .and_then(|header| header.to_str().ok())
        .unwrap_or_default();
    let now = shop::clock::now().unix_timestamp();
    if let Err(reason) = signature::verify(&secrets, header, &body, now) {
        // Our own clock may be why the timestamp is outside the tolerance.
        let clock = shop
            .stripe
            .clock_warning()
            .filter(|_| reason == SignatureError::OutsideTolerance)
            .map_or(Cow::Borrowed(""), |clock| format!(" ({clock})").into());
        return RefusalReason::response(
            format!("{reason}{clock}"),
            "the signature does not prove that this comes from Stripe",
        );
    }
    match inbox::receive(&shop, &lossy_text(&body)).await {
        Ok(ReceiveOutcome::Unusable) => {
            shop.database.record_write(true);
            // 200, because sending it again would not help.
            (
                StatusCode::OK,
                "this shop cannot use events of this shape: it needs the payload style snapshot",
            )
                .into_response()
        }
        Ok(ReceiveOutcome::Stored(_) | ReceiveOutcome::Duplicate) => {
            shop.database.record_write(true);
            (StatusCode::OK, "received").into_response()
        }
        Err(InboxError::NotAnEvent) => {
            RefusalReason::response("not an event".to_owned(), "not an event")
        }
        Err(error @ InboxError::Unavailable(_)) => {
            shop.database.record_write(false);
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "could not store an event; Stripe will send it again"
            );
            (StatusCode::SERVICE_UNAVAILABLE, "please send it again").into_response()
        }
    }
}

/// Why an event was refused; a response extension, for the log.
#[derive(Clone, Debug)]
struct RefusalReason(String);

impl RefusalReason {
    fn response(reason: String, body: &'static str) -> Response {
        let mut response = (StatusCode::BAD_REQUEST, body).into_response();
        response.extensions_mut().insert(Self(reason));
        response
    }
}

/// Logs refused requests under `/webhooks`; cheap to clone.
#[derive(Clone, Debug)]
pub struct WebhookLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    address: String,
    interval: LogInterval,
    /// Requests refused since the last log line.
    unlogged: AtomicU64,
}

impl WebhookLog {
    /// For the shop at this public URL.
    #[must_use]
    pub fn new(public_url: &str) -> Self {
        Self(Arc::new(Inner {
            address: format!("{public_url}{PATH}"),
            interval: LogInterval::new(LOG_INTERVAL),
            unlogged: AtomicU64::new(0),
        }))
    }

    /// Responds to a POST below `/webhooks` with an unknown path, and logs it: a webhook endpoint
    /// with a mistyped address would otherwise go unnoticed.
    pub fn refuse_unknown(&self, path: &str) -> Option<Response> {
        if path.trim_end_matches('/') == PATH {
            return None;
        }
        let address = &self.0.address;
        let path: String = path.chars().take(MAX_LOGGED_PATH_CHARS).collect();
        let reason = format!("{path} is not an endpoint; Stripe must send events to {address}");
        self.refused(StatusCode::NOT_FOUND, &reason);
        let body = format!("This is not an endpoint. Stripe must send events to {address}");
        Some((StatusCode::NOT_FOUND, body).into_response())
    }

    /// Logs the response to an event that was refused.
    pub fn log_refused(&self, response: &Response) {
        let status = response.status();
        match response.extensions().get::<RefusalReason>() {
            Some(RefusalReason(reason)) => self.refused(status, reason),
            // Our own errors are logged where they happen.
            None if status.is_success() || status == StatusCode::SERVICE_UNAVAILABLE => {}
            None => self.refused(status, &format!("the response was {status}")),
        }
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

/// Whether Stripe, or somebody else, sends something below `/webhooks`.
pub fn is_sent_to(request: &Request) -> bool {
    let path = request.uri().path();
    let below = path == "/webhooks" || path.starts_with("/webhooks/");
    below && *request.method() == Method::POST
}
