//! Which pages browsers load in advance, by speculation rules
//! (<https://html.spec.whatwg.org/multipage/speculative-loading.html>).

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderValue, header};
use serde_json::{Value, json};
use shop::Shop;

use super::answer;

/// Where the rules are.
pub const ROUTE: &str = "/speculation-rules.json";
/// The header of pages that names the rules. A string of a structured header (RFC 9651).
pub const HEADER: &str = "speculation-rules";
const HEADER_VALUE: HeaderValue = HeaderValue::from_static("\"/speculation-rules.json\"");

/// The pages that browsers may load when a pointer rests on a link to them. Loading one changes
/// nothing. Pages of orders and checkouts, and the switch of languages, are not among them.
const PAGES: [&str; 2] = ["/products/*", "/categories/*"];

/// `GET /speculation-rules.json`
pub async fn rules(State(shop): State<Shop>) -> Response {
    answer(
        "application/speculationrules+json",
        write(&shop).to_string().into_bytes(),
    )
}

fn write(shop: &Shop) -> Value {
    let languages = &shop.settings.languages;
    let patterns: Vec<String> = languages
        .iter()
        .flat_map(|language| {
            let prefix = locale::paths::prefix(language, languages);
            PAGES.map(|page| format!("{prefix}{page}"))
        })
        .collect();
    // Prefetched, not prerendered: a page that nobody opens runs no script and counts no visit.
    json!({
        "prefetch": [{
            "where": { "href_matches": patterns },
            "eagerness": "moderate",
        }],
    })
}

/// The value of the header of a response, if it is a page.
pub fn header_of(response: &Response<Body>) -> Option<HeaderValue> {
    let kind = response.headers().get(header::CONTENT_TYPE)?;
    kind.as_bytes()
        .starts_with(b"text/html")
        .then_some(HEADER_VALUE)
}
