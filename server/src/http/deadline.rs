//! The timeout of a request, from its head to the start of its response.
//!
//! tower-http's timeouts for bodies restart with each frame, so that a slow client could go on
//! forever.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use hyper::body::{Frame, SizeHint};

const REQUEST_TIMEOUT_MESSAGE: &str = "The request took too long to arrive.";
const RESPONSE_TIMEOUT_MESSAGE: &str =
    "The shop could not answer in time. Please try again in a few minutes.";

/// Responds with 408 if the request has not arrived in time, and with 504 if its response has not
/// begun. The handler is dropped at its current await, and the connection of a request that has not
/// arrived is closed.
pub async fn within(timeout: Duration, request: Request, next: Next) -> Response {
    let arrived = hyper::body::Body::is_end_stream(request.body());
    let arrived = Arc::new(AtomicBool::new(arrived));
    let request = request.map(|body| {
        if arrived.load(Ordering::Relaxed) {
            return body;
        }
        Body::new(TrackedBody {
            body,
            arrived: arrived.clone(),
        })
    });
    if let Ok(response) = tokio::time::timeout(timeout, next.run(request)).await {
        return response;
    }
    let no_store = (header::CACHE_CONTROL, "no-store");
    if arrived.load(Ordering::Relaxed) {
        (
            StatusCode::GATEWAY_TIMEOUT,
            [no_store],
            RESPONSE_TIMEOUT_MESSAGE,
        )
            .into_response()
    } else {
        let close = (header::CONNECTION, "close");
        (
            StatusCode::REQUEST_TIMEOUT,
            [no_store, close],
            REQUEST_TIMEOUT_MESSAGE,
        )
            .into_response()
    }
}

/// A body that records whether it has arrived completely.
#[derive(Debug)]
struct TrackedBody {
    body: Body,
    arrived: Arc<AtomicBool>,
}

impl hyper::body::Body for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.arrived.store(true, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
