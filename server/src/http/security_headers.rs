//! Security headers of every response, unless it has set its own.

use axum::Router;
use http::{HeaderName, HeaderValue};
use tower_http::set_header::SetResponseHeaderLayer;

/// A year, in seconds.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// Adds the headers. Pages set their own Content-Security-Policy, with a nonce for their scripts;
/// nothing else may load anything.
pub fn add(router: Router, https: bool) -> Router {
    let fixed = [
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
        ("cross-origin-opener-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
        // The CSRF check needs the origin, and a refused form needs the path to return to.
        ("referrer-policy", "strict-origin-when-cross-origin"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ];
    let https = https.then_some(("strict-transport-security", STRICT_TRANSPORT_SECURITY));
    fixed
        .into_iter()
        .chain(https)
        .fold(router, |router, (name, value)| {
            router.layer(SetResponseHeaderLayer::if_not_present(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            ))
        })
}
