//! Response headers and status that pages set.

use std::sync::LazyLock;

use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

/// Whether this process was started by `cargo leptos watch`.
static IS_WATCHED: LazyLock<bool> = LazyLock::new(|| std::env::var_os("LEPTOS_WATCH").is_some());

/// How browsers may cache a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CachePolicy {
    /// A page with a form: it may stay in the browser's back/forward cache, but is never shared,
    /// because it carries an attempt token.
    Revalidate,
    /// A page behind a token, or one that must not be shown again from a cache.
    NoStore,
}

/// Sets `Cache-Control`.
pub fn cache_control(policy: CachePolicy) {
    let value = match policy {
        CachePolicy::Revalidate => "private, no-cache",
        CachePolicy::NoStore => "no-store",
    };
    set(header::CACHE_CONTROL, value);
}

/// Sets `Content-Security-Policy`: the page may load the shop's files. Its forms may lead to the
/// shop and to the origins of its payment pages: Chromium applies `form-action` to redirects too.
pub fn content_security_policy() {
    let (Some(response), Some(shop)) = (
        use_context::<ResponseOptions>(),
        use_context::<shop::Shop>(),
    ) else {
        return;
    };
    // `cargo leptos watch` reloads the page by an inline script, over a WebSocket.
    let (script, connect) = match *IS_WATCHED {
        true => (" 'unsafe-inline'", " ws:"),
        false => ("", ""),
    };
    let payment = shop.payment_origins.all().join(" ");
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{script}; style-src 'self'; \
         img-src 'self'; manifest-src 'self'; connect-src 'self'{connect}; \
         form-action 'self' {payment}; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Sets `Content-Security-Policy` of a page without a payment form: the page may load the shop's
/// files, and its forms may lead to the shop.
pub fn own_files_only() {
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
}

/// Keeps the page out of search engines.
pub fn noindex() {
    set(header::HeaderName::from_static("x-robots-tag"), "noindex");
}

/// Keeps a list in a certain order, or of what was searched for, out of search engines, which may
/// still follow its links to products.
pub fn noindex_list() {
    let value = "noindex, follow";
    set(header::HeaderName::from_static("x-robots-tag"), value);
}

/// Sets the response's status.
pub fn status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

/// Redirects permanently to this path: browsers and search engines remember it.
pub fn redirect_permanently(path: &str) {
    redirect_with(StatusCode::PERMANENT_REDIRECT, path);
}

/// Redirects to this path for now.
pub fn redirect(path: &str) {
    redirect_with(StatusCode::SEE_OTHER, path);
}

fn redirect_with(status: StatusCode, path: &str) {
    let (Some(response), Ok(path)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::try_from(path),
    ) else {
        return;
    };
    response.insert_header(header::LOCATION, path);
    response.set_status(status);
}

fn set(name: header::HeaderName, value: &'static str) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(name, HeaderValue::from_static(value));
    }
}
