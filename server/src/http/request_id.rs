//! `x-request-id`: connects a response with its log lines.

use axum::extract::Request;
use http::HeaderName;

/// The header's name.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Long enough for a UUID and for the ids of common proxies.
const MAX_LENGTH: usize = 64;

/// Removes an id that is too long or has other characters: it would be written into every log line.
/// The request then gets a new id.
pub fn remove_unusable(request: &mut Request) {
    let mut ids = request.headers().get_all(HEADER).iter();
    let usable = match (ids.next(), ids.next()) {
        (Some(id), None) => is_usable(id.as_bytes()),
        (_, more) => more.is_none(),
    };
    if !usable {
        request.headers_mut().remove(HEADER);
    }
}

fn is_usable(id: &[u8]) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}
