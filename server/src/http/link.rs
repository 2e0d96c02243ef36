//! Links as people pass them on: with a dot, a comma or a slash behind them.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::Method;

/// Pages whose links stand in mails and are copied from there.
const LINKED: [&str; 3] = ["/orders/", "/checkout/", "/products/"];
/// What mail programs and people put behind a link. None of it ends a token or the name of a page.
const BEHIND: [char; 12] = ['.', ',', ';', ':', '!', '?', ')', ']', '>', '"', '\'', '/'];

/// Leads from a link with something behind it to the page itself.
pub async fn find_again(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match trimmed(request.uri().path()).filter(|_| reads) {
        Some(path) => Redirect::permanent(path).into_response(),
        None => next.run(request).await,
    }
}

/// The path without what stands behind it. `None` where there is nothing, or nothing would be left.
fn trimmed(path: &str) -> Option<&str> {
    let rest = LINKED.iter().find_map(|page| path.strip_prefix(page))?;
    // A path of two slashes would lead to another host, and none of these begins so.
    let kept = without_end(rest);
    (kept.len() < rest.len() && !kept.is_empty())
        .then(|| &path[..path.len() - (rest.len() - kept.len())])
}

/// Browsers send some of these characters percent-encoded.
fn without_end(mut text: &str) -> &str {
    loop {
        let plain = text.trim_end_matches(BEHIND);
        let encoded = ["%22", "%27", "%3E", "%3e", "%5D", "%5d"];
        let shorter = encoded.iter().find_map(|end| plain.strip_suffix(end));
        match shorter {
            Some(shorter) => text = shorter,
            None => return plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_link_is_left_out() {
        for (path, found) in [
            ("/orders/0a1b.", "/orders/0a1b"),
            ("/orders/0a1b/", "/orders/0a1b"),
            ("/orders/0a1b%3E).", "/orders/0a1b"),
            ("/checkout/0a1b/cancelled/", "/checkout/0a1b/cancelled"),
            ("/products/tin-cup,", "/products/tin-cup"),
        ] {
            assert_eq!(trimmed(path), Some(found), "{path}");
        }
        for whole in ["/", "/orders/0a1b", "/orders/", "/orders/./", "/pkg/a.css/"] {
            assert_eq!(trimmed(whole), None, "{whole}");
        }
    }
}
