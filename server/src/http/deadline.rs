//! How long a request may take, from its head to the beginning of its answer.
//!
//! tower-http's timeouts for bodies begin anew with each frame, so that a slow client could go on
//! for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use hyper::body::{Frame, SizeHint};

const TOO_SLOW_A_REQUEST: &str = "The request took too long to arrive.";
const TOO_SLOW_AN_ANSWER: &str =
    "The shop could not answer in time. Please try again in a few minutes.";

/// Answers 408 where the request has not arrived in time, and 504 where its answer has not begun.
/// The handler is dropped where it waits, and with a request that has not arrived its connection is
/// closed.
pub async fn enforce(State(timeout): State<Duration>, request: Request, next: Next) -> Response {
    let arrived = hyper::body::Body::is_end_stream(request.body());
    let arrived = Arc::new(AtomicBool::new(arrived));
    let request = request.map(|body| {
        Body::new(Watched {
            body,
            arrived: arrived.clone(),
        })
    });
    if let Ok(answer) = tokio::time::timeout(timeout, next.run(request)).await {
        return answer;
    }
    let no_store = (header::CACHE_CONTROL, "no-store");
    if arrived.load(Ordering::Relaxed) {
        (StatusCode::GATEWAY_TIMEOUT, [no_store], TOO_SLOW_AN_ANSWER).into_response()
    } else {
        let close = (header::CONNECTION, "close");
        (
            StatusCode::REQUEST_TIMEOUT,
            [no_store, close],
            TOO_SLOW_A_REQUEST,
        )
            .into_response()
    }
}

/// A body that notes whether it has arrived.
#[derive(Debug)]
struct Watched {
    body: Body,
    arrived: Arc<AtomicBool>,
}

impl hyper::body::Body for Watched {
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
