//! Redirects URLs with trailing punctuation, as in links copied from emails and sentences.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::Method;

/// Paths of pages whose links are shared. Slugs and tokens never end with a trimmed character.
const LINKED_PATHS: [&str; 4] = ["/orders/", "/products/", "/categories/", "/checkout/"];
/// Characters that email programs include in a link by mistake, or that people type after one.
const TRAILING_CHARS: [char; 11] = ['/', '.', ',', ';', ':', '!', ')', ']', '>', '"', '\''];
/// The same as browsers encode them.
const TRAILING_CHARS_ENCODED: [&str; 6] = ["%22", "%27", "%3E", "%3e", "%5D", "%5d"];

/// Redirects a path with trailing punctuation or slashes to the page without them.
pub async fn redirect_trimmed(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match trimmed_path(request.uri().path()).filter(|_| reads) {
        Some(path) => {
            let query = request.uri().query();
            let query = query.map_or_else(String::new, |query| format!("?{query}"));
            Redirect::permanent(&format!("{path}{query}")).into_response()
        }
        None => next.run(request).await,
    }
}

/// The path without trailing characters. `None` if there are none.
fn trimmed_path(path: &str) -> Option<&str> {
    let named = LINKED_PATHS
        .iter()
        .find_map(|begin| path.strip_prefix(begin))?;
    let kept = trim_trailing(named);
    let cut = named.len() - kept.len();
    (cut > 0 && !kept.is_empty()).then(|| &path[..path.len() - cut])
}

fn trim_trailing(mut text: &str) -> &str {
    loop {
        let cut = text.trim_end_matches(TRAILING_CHARS);
        let shorter = TRAILING_CHARS_ENCODED
            .iter()
            .find_map(|end| cut.strip_suffix(end));
        match shorter {
            Some(shorter) => text = shorter,
            None => return cut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_characters_are_trimmed() {
        assert_eq!(trimmed_path("/orders/0123."), Some("/orders/0123"));
        assert_eq!(trimmed_path("/orders/0123/"), Some("/orders/0123"));
        assert_eq!(
            trimmed_path("/checkout/0123/cancelled/).,"),
            Some("/checkout/0123/cancelled")
        );
        assert_eq!(trimmed_path("/products/pen"), None);
        assert_eq!(trimmed_path("/favicon.svg/"), None);
        // Never to another host.
        assert_eq!(trimmed_path("//evil.example/orders/."), None);
        assert_eq!(trimmed_path("/orders/0123%3E)."), Some("/orders/0123"));
        assert_eq!(trimmed_path("/orders//"), None);
    }
}
