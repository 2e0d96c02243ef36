//! `x-request-id`: ties an answer to its lines in the log.

use axum::extract::Request;
use http::HeaderName;

/// The header's name.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Long enough for a UUID, and for what proxies make.
const MAX_LENGTH: usize = 64;

/// Removes an id that is not of our form: it would be written into every line of the log. The
/// request then gets one of ours.
pub async fn remove_foreign(mut request: Request) -> Request {
    let mut ids = request.headers().get_all(HEADER).iter();
    let usable = match (ids.next(), ids.next()) {
        (Some(id), None) => is_usable(id.as_bytes()),
        (_, more) => more.is_none(),
    };
    if !usable {
        request.headers_mut().remove(HEADER);
    }
    request
}

fn is_usable(id: &[u8]) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}
