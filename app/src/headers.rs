//! What a page says about itself in its answer.

use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

/// Who may keep a page, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// A page with a form: the browser keeps it for its back button, nobody shares it, because it carries an attempt token.
    ForBack,
    /// A page behind a token: nobody keeps it.
    Never,
}

/// Sets `Cache-Control`.
pub fn keep(keep: Keep) {
    let value = match keep {
        Keep::ForBack => "private, no-cache",
        Keep::Never => "no-store",
    };
    set(header::CACHE_CONTROL, value);
}

/// Says what the page may load, run and lead to: its own files, the inline script that carries this answer's nonce, and for
/// its form the page on which this shop's sessions are paid. Chromium applies `form-action` to the redirect as well.
pub fn content_security_policy() {
    let (Some(response), Some(shop)) = (
        use_context::<ResponseOptions>(),
        use_context::<shop::Shop>(),
    ) else {
        return;
    };
    let nonce = leptos::nonce::use_nonce()
        .map(|nonce| format!(" 'nonce-{nonce}'"))
        .unwrap_or_default();
    // `cargo leptos watch` tells the page over a socket when to load again.
    let connect = if std::env::var_os("LEPTOS_WATCH").is_some() {
        "'self' ws:"
    } else {
        "'self'"
    };
    let payment = shop.payment_origins.all().join(" ");
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{nonce}; style-src 'self'; img-src 'self' https:; \
         connect-src {connect}; form-action 'self' {payment}; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Keeps the page out of search engines.
pub fn unlisted() {
    set(header::HeaderName::from_static("x-robots-tag"), "noindex");
}

/// Sets the status of the answer.
pub fn status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

fn set(name: header::HeaderName, value: &'static str) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(name, HeaderValue::from_static(value));
    }
}
