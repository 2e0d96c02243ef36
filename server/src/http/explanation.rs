//! Adds a sentence to responses of middleware and libraries that consist of a status alone, or of
//! words for developers.

use std::any::Any;

use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};

/// Adds a sentence to an empty redirect or error response, and replaces one about a body that is
/// too large. `method` is the request's.
pub fn added(method: &Method, response: Response) -> Response {
    // The response to HEAD has no body, whatever its headers say.
    let is_head = *method == Method::HEAD;
    let is_empty = response.body().size_hint().exact() == Some(0);
    // The limit of bodies says "length limit exceeded"; the shop's own answer is a page.
    let is_technical = response.status() == StatusCode::PAYLOAD_TOO_LARGE && !is_html(&response);
    match sentence(response.status(), response.headers().get(header::LOCATION)) {
        Some(sentence) if (is_empty || is_technical) && !is_head => {
            let (mut head, _) = response.into_parts();
            head.headers.remove(header::CONTENT_LENGTH);
            let plain = HeaderValue::from_static("text/plain; charset=utf-8");
            head.headers.insert(header::CONTENT_TYPE, plain);
            Response::from_parts(head, Body::from(sentence))
        }
        _ => response,
    }
}

fn is_html(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Responds to a request whose handler has panicked, and logs the panic. [`added`] adds the
/// sentence.
pub fn of_panic(cause: Box<dyn Any + Send>) -> Response {
    let cause = match (cause.downcast_ref::<String>(), cause.downcast_ref::<&str>()) {
        (Some(cause), _) => cause.as_str(),
        (None, Some(cause)) => cause,
        (None, None) => "without a message",
    };
    tracing::error!("a request panicked: {cause}");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn sentence(status: StatusCode, location: Option<&HeaderValue>) -> Option<String> {
    if status.is_redirection() {
        let location = location?.to_str().ok()?;
        return Some(format!("Please continue to {location}\n"));
    }
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let sentence = match status {
        StatusCode::FORBIDDEN => "This request came from another website and was not accepted.",
        StatusCode::NOT_FOUND => "There is nothing at this address.",
        StatusCode::METHOD_NOT_ALLOWED => "This address does not accept this kind of request.",
        StatusCode::REQUEST_TIMEOUT => "The request took too long to arrive.",
        StatusCode::PAYLOAD_TOO_LARGE => "The request is too large.",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "This address does not accept this kind of content.",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests. Please try again later.",
        status if status.is_client_error() => "The shop cannot read this request.",
        _ => "The shop has a problem right now. Please try again in a few minutes.",
    };
    Some(format!("{sentence}\n"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use axum::Router;
    use axum::extract::Request;
    use axum::middleware::map_response;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    #[test]
    fn every_status_without_a_body_gets_a_sentence() {
        let statuses = (400..=599).filter_map(|status| StatusCode::from_u16(status).ok());
        let said: String = statuses
            .filter(|status| status.canonical_reason().is_some())
            .filter_map(|status| Some(format!("{status}: {}", sentence(status, None)?)))
            .collect();
        insta::assert_snapshot!(said);
        let there = HeaderValue::from_static("/orders/find");
        assert_eq!(
            sentence(StatusCode::FOUND, Some(&there)).as_deref(),
            Some("Please continue to /orders/find\n")
        );
        assert_eq!(sentence(StatusCode::OK, None), None);
    }

    async fn panics() -> StatusCode {
        panic!("hidden")
    }

    #[tokio::test]
    async fn a_panic_is_answered_with_a_sentence() {
        let router = Router::new()
            .route("/", get(panics))
            .layer(CatchPanicLayer::custom(of_panic))
            .layer(map_response(async |response| added(&Method::GET, response)));
        let request = Request::get("/").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(
            body,
            "The shop has a problem right now. Please try again in a few minutes.\n"
        );
    }
}
