//! Addresses as mails and people write them: with the end of a sentence behind them.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::Method;

/// Pages whose addresses are sent around. No slug and no token ends with what is cut off.
const SENT_AROUND: [&str; 3] = ["/orders/", "/products/", "/checkout/"];
/// What mail programs take for a part of an address, and what people type behind one.
const CUT_OFF: [char; 11] = ['/', '.', ',', ';', ':', '!', ')', ']', '>', '"', '\''];
/// The same as browsers encode it.
const CUT_OFF_ENCODED: [&str; 6] = ["%22", "%27", "%3E", "%3e", "%5D", "%5d"];

/// Leads an address with a dot or a slash behind it to the page that is meant.
pub async fn cut(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match meant(request.uri().path()).filter(|_| reads) {
        Some(path) => {
            let query = request.uri().query();
            let query = query.map_or_else(String::new, |query| format!("?{query}"));
            Redirect::permanent(&format!("{path}{query}")).into_response()
        }
        None => next.run(request).await,
    }
}

/// The path that is meant, where it is another one.
fn meant(path: &str) -> Option<&str> {
    let named = SENT_AROUND
        .iter()
        .find_map(|begin| path.strip_prefix(begin))?;
    let kept = without_end(named);
    let cut = named.len() - kept.len();
    (cut > 0 && !kept.is_empty()).then(|| &path[..path.len() - cut])
}

fn without_end(mut text: &str) -> &str {
    loop {
        let cut = text.trim_end_matches(CUT_OFF);
        let shorter = CUT_OFF_ENCODED.iter().find_map(|end| cut.strip_suffix(end));
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
    fn what_stands_behind_an_address_is_cut_off() {
        assert_eq!(meant("/orders/0123."), Some("/orders/0123"));
        assert_eq!(meant("/orders/0123/"), Some("/orders/0123"));
        assert_eq!(
            meant("/checkout/0123/cancelled/).,"),
            Some("/checkout/0123/cancelled")
        );
        assert_eq!(meant("/products/pen"), None);
        assert_eq!(meant("/favicon.svg/"), None);
        // Never to another host.
        assert_eq!(meant("//evil.example/orders/."), None);
        assert_eq!(meant("/orders/0123%3E)."), Some("/orders/0123"));
        assert_eq!(meant("/orders//"), None);
    }
}
