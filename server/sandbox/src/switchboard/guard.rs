//! Protects the switchboard, which has no authentication, against requests from other sites in the
//! same browser.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use url::{Host, Url};

use crate::app::App;
use crate::error::{ApiError, ErrorType};

/// Rejects what another site in the same browser could send: requests with a foreign `Host` (DNS
/// rebinding), and cross-origin posts.
pub(super) async fn reject_cross_origin(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let rejection = if !has_local_host(headers, &app.origin) {
        Some("The Host header does not name this machine.")
    } else if *request.method() == Method::POST && !is_same_origin(headers) {
        Some("Cross-origin requests are not allowed.")
    } else {
        None
    };
    match rejection {
        None => next.run(request).await,
        Some(message) => {
            let error = ApiError::new(StatusCode::FORBIDDEN, ErrorType::InvalidRequest, message);
            super::error_response(&app, headers, &error)
        }
    }
}

fn has_local_host(headers: &HeaderMap, origin: &str) -> bool {
    // HTTP/1.1 clients always send it.
    let Some(authority) = header_value(headers, header::HOST.as_str()) else {
        return false;
    };
    let Ok(url) = Url::parse(&format!("http://{authority}/")) else {
        return false;
    };
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(name)) => {
            let own = Url::parse(origin).ok();
            name == "localhost" || own.as_ref().and_then(Url::host_str) == Some(name)
        }
        None => false,
    }
}

/// Browsers send the origin of a post, and pages cannot suppress it; other clients do not send it.
fn is_same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = header_value(headers, "sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match header_value(headers, "origin") {
        None => true,
        Some(origin) => {
            let host = header_value(headers, "host").unwrap_or_default();
            origin
                .split_once("://")
                .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
        }
    }
}

/// A header's value; one that is not valid text counts as empty, not as absent.
pub(super) fn header_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                header::HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        pairs.collect()
    }

    #[test]
    fn only_local_hosts_are_accepted() {
        for host in [
            "127.0.0.1:12111",
            "localhost:1",
            "[::1]:80",
            "127.9.9.9",
            "pay.test:8443",
        ] {
            assert!(
                has_local_host(&headers(&[("host", host)]), "https://pay.test"),
                "{host}"
            );
        }
        for host in [
            "evil.example",
            "192.0.2.1:12111",
            "127.0.0.1.evil.example",
            "",
            "localhost.evil.example",
        ] {
            assert!(
                !has_local_host(&headers(&[("host", host)]), "http://127.0.0.1:12111"),
                "{host}"
            );
        }
        assert!(!has_local_host(&headers(&[]), "http://127.0.0.1:12111"));
    }

    #[test]
    fn cross_origin_posts_are_recognized_by_the_browsers_headers() {
        let host = ("host", "127.0.0.1:12111");
        for own in [
            vec![host],
            vec![host, ("sec-fetch-site", "same-origin")],
            vec![host, ("origin", "http://127.0.0.1:12111")],
        ] {
            assert!(is_same_origin(&headers(&own)), "{own:?}");
        }
        for foreign in [
            vec![host, ("sec-fetch-site", "cross-site")],
            vec![host, ("sec-fetch-site", "same-site")],
            vec![host, ("origin", "http://127.0.0.1:3000")],
            vec![host, ("origin", "null")],
        ] {
            assert!(!is_same_origin(&headers(&foreign)), "{foreign:?}");
        }
    }
}
