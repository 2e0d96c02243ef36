//! The language of a request: the prefix of its path, or the visitor's choice.
//!
//! The prefix is removed before the request is routed, so that the routes are the same in every
//! language. Handlers and pages find the language in the request's extensions.

use std::borrow::Cow;

use axum::extract::{Path, RawQuery, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use locale::paths::{self, Prefix};
use locale::{Language, Languages, negotiation};
use shop::Shop;
use url::form_urlencoded;

/// The route that changes the visitor's language.
pub const SWITCH_ROUTE: &str = "/language/{code}";

/// The cookie with the code of the chosen language.
const COOKIE: &str = "language";
/// How long browsers keep the cookie, in seconds: a year.
const COOKIE_SECONDS: u32 = 365 * 24 * 60 * 60;

/// First segments of paths that are the same for all languages, and have no prefix.
const WITHOUT_LANGUAGE: [&str; 11] = [
    ".well-known",
    "admin",
    "api",
    "language",
    "livez",
    "notices",
    "pictures",
    "pkg",
    "readyz",
    "sitemaps",
    "webhooks",
];

/// How the language of a request was found.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// Whether the visitor's preferences were asked.
    is_negotiated: bool,
}

impl Visit {
    /// Says in a response's headers what it depends on, beside the address.
    pub fn add_vary(self, headers: &mut HeaderMap) {
        if self.is_negotiated {
            vary(headers);
        }
    }
}

/// Finds the language of a request and removes the prefix.
///
/// # Errors
/// The response, if the visitor is sent to another address.
#[expect(clippy::result_large_err, reason = "it is returned at once")]
pub fn identify(request: &mut Request, languages: &Languages) -> Result<Visit, Response> {
    let language = match paths::split(request.uri().path(), languages) {
        Prefix::None => languages.default_language(),
        // Not a page: nothing is there.
        Prefix::Language(_, rest) | Prefix::DefaultsOwn(rest) if !is_page(rest) => {
            languages.default_language()
        }
        Prefix::DefaultsOwn(rest) => {
            let target = with_query(rest, request.uri().query());
            return Err(redirect(StatusCode::PERMANENT_REDIRECT, &target));
        }
        Prefix::Language(language, rest) => {
            let uri = with_query(rest, request.uri().query()).parse::<Uri>();
            let Ok(uri) = uri else {
                return Err(StatusCode::BAD_REQUEST.into_response());
            };
            *request.uri_mut() = uri;
            request.extensions_mut().insert(language);
            return Ok(Visit {
                is_negotiated: false,
            });
        }
    };
    let is_negotiated = languages.are_several() && is_entrance(request);
    if is_negotiated && let Some(preferred) = preferred(request.headers(), languages) {
        let page = paths::localized("/", preferred, languages);
        let page = with_query(&page, request.uri().query());
        let mut response = redirect(StatusCode::FOUND, &page);
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        vary(headers);
        return Err(response);
    }
    request.extensions_mut().insert(language);
    Ok(Visit { is_negotiated })
}

/// Whether a path may be that of a page, and not that of a file or of something for machines.
fn is_page(path: &str) -> bool {
    let segment = path.split('/').nth(1).unwrap_or_default();
    let is_file = segment.contains('.') && path.split('/').nth(2).is_none();
    !WITHOUT_LANGUAGE.contains(&segment) && !is_file
}

/// Whether this is the page at which visitors come in without having chosen a language.
fn is_entrance(request: &Request) -> bool {
    request.uri().path() == "/" && matches!(*request.method(), Method::GET | Method::HEAD)
}

/// The language that a visitor without a cookie prefers, unless it is the default one.
fn preferred(headers: &HeaderMap, languages: &Languages) -> Option<Language> {
    if has_cookie(headers) {
        return None;
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let language = negotiation::negotiate(accepted, languages)?;
    (language != languages.default_language()).then_some(language)
}

fn has_cookie(headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut cookies = cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'));
    cookies.any(|cookie| {
        let name = cookie.split_once('=').map(|(name, _)| name.trim());
        name == Some(COOKIE)
    })
}

/// Says what the response depends on, beside the address.
fn vary(headers: &mut HeaderMap) {
    let value = HeaderValue::from_static("accept-language, cookie");
    headers.append(header::VARY, value);
}

fn with_query(path: &str, query: Option<&str>) -> String {
    match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    }
}

fn redirect(status: StatusCode, target: &str) -> Response {
    match HeaderValue::try_from(target) {
        Ok(target) => (status, [(header::LOCATION, target)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Remembers the language that the visitor has chosen, and leads to the same page in it: that of
/// the parameter `to`, one of the shop's own paths, with or without a prefix.
pub async fn switch(
    State(shop): State<Shop>,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let languages = &shop.settings.languages;
    let Some(language) = languages.named(&code) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let query = query.unwrap_or_default();
    let to = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "to");
    let to = to.map_or(Cow::Borrowed("/"), |(_, to)| to);
    let Some(target) = paths::switched(&to, language, languages) else {
        let sentence = "This link does not lead to a page of this shop.";
        return (StatusCode::BAD_REQUEST, sentence).into_response();
    };
    let secure = match shop.settings.public_url.starts_with("https://") {
        true => "; Secure",
        false => "",
    };
    let cookie = format!(
        "{COOKIE}={language}; Path=/; Max-Age={COOKIE_SECONDS}; SameSite=Lax; HttpOnly{secure}"
    );
    let mut response = redirect(StatusCode::SEE_OTHER, &target);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let noindex = HeaderValue::from_static("noindex");
    headers.insert(header::HeaderName::from_static("x-robots-tag"), noindex);
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        headers.insert(header::SET_COOKIE, cookie);
    }
    response
}
