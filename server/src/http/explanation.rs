//! Adds a sentence to responses of middleware and libraries that consist of a status alone.

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode, header};

/// Adds a sentence to an empty redirect or error response.
pub async fn add(request: Request, next: Next) -> Response {
    // The response to HEAD has no body, whatever its headers say.
    let is_head = *request.method() == Method::HEAD;
    let response = next.run(request).await;
    let is_empty = response.body().size_hint().exact() == Some(0);
    match sentence(response.status(), response.headers().get(header::LOCATION)) {
        Some(sentence) if is_empty && !is_head => {
            let (mut head, _) = response.into_parts();
            head.headers.remove(header::CONTENT_LENGTH);
            let plain = HeaderValue::from_static("text/plain; charset=utf-8");
            head.headers.insert(header::CONTENT_TYPE, plain);
            Response::from_parts(head, Body::from(sentence))
        }
        _ => response,
    }
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
