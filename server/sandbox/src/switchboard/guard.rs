//! Keeps out what other pages in the same browser could send: the switchboard asks for no secret.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use url::{Host, Url};

use crate::error::{ApiError, ErrorType};
use crate::server::App;

/// Refuses what a foreign page in the same browser could send: requests under a name that is not this machine's
/// (DNS rebinding), and posts from another origin.
pub(super) async fn refuse_foreign(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let refusal = if !names_this_machine(headers, &app.origin) {
        Some("The Host header does not name this machine.")
    } else if *request.method() == Method::POST && !is_own_post(headers) {
        Some("Another page may not post to the sandbox.")
    } else {
        None
    };
    match refusal {
        None => next.run(request).await,
        Some(message) => {
            let error = ApiError::new(StatusCode::FORBIDDEN, ErrorType::InvalidRequest, message);
            super::refuse(&app, headers, &error)
        }
    }
}

fn names_this_machine(headers: &HeaderMap, origin: &str) -> bool {
    // A client of HTTP/1.1 always sends one.
    let Some(authority) = text(headers, header::HOST.as_str()) else {
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

/// Browsers say where a post comes from; other programs do not, and no page can make them.
fn is_own_post(headers: &HeaderMap) -> bool {
    if let Some(site) = text(headers, "sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match text(headers, "origin") {
        None => true,
        Some(origin) => {
            let host = text(headers, "host").unwrap_or_default();
            origin
                .split_once("://")
                .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
        }
    }
}

/// A header; one that is no text counts as empty, not as absent.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
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
    fn only_this_machines_names_are_answered() {
        for host in [
            "127.0.0.1:12111",
            "localhost:1",
            "[::1]:80",
            "127.9.9.9",
            "pay.test:8443",
        ] {
            assert!(
                names_this_machine(&headers(&[("host", host)]), "https://pay.test"),
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
                !names_this_machine(&headers(&[("host", host)]), "http://127.0.0.1:12111"),
                "{host}"
            );
        }
        assert!(!names_this_machine(&headers(&[]), "http://127.0.0.1:12111"));
    }

    #[test]
    fn posts_of_other_pages_are_known_by_what_the_browser_says() {
        let host = ("host", "127.0.0.1:12111");
        for own in [
            vec![host],
            vec![host, ("sec-fetch-site", "same-origin")],
            vec![host, ("origin", "http://127.0.0.1:12111")],
        ] {
            assert!(is_own_post(&headers(&own)), "{own:?}");
        }
        for foreign in [
            vec![host, ("sec-fetch-site", "cross-site")],
            vec![host, ("sec-fetch-site", "same-site")],
            vec![host, ("origin", "http://127.0.0.1:3000")],
            vec![host, ("origin", "null")],
        ] {
            assert!(!is_own_post(&headers(&foreign)), "{foreign:?}");
        }
    }
}
