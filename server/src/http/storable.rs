//! Addresses and forms with what neither database nor file system can look up. Something else takes
//! its place before anything reads it, so that nothing is found, instead of an error.
//!
//! PostgreSQL fails a statement that has NUL in a text, and Linux the opening of a file with a name
//! above 255 bytes or a path above 4,096. A part of a path that is not UTF-8 names nothing.
//!
//! Leptos parses an address as browsers do, so that `/..`, `/%2e%2e` and `/x\..` would be the front
//! page. A browser sends none of them.

use std::borrow::Cow;

use axum::extract::Request;
use http::Uri;
use percent_encoding::{percent_decode, percent_decode_str};
use url::form_urlencoded;

/// U+FFFD, which also stands for bytes that are not UTF-8.
const REPLACEMENT: &str = "%EF%BF%BD";
/// Maximum length of a part of a path, in bytes: that of a file's name without the ending of a
/// compressed one. Slugs, tokens and names of files are shorter.
const MAX_SEGMENT_BYTES: usize = 250;
/// Maximum length of a path, in bytes. The site's folder comes before it.
const MAX_PATH_BYTES: usize = 2_000;

/// Replaces what cannot be looked up in the request's path and query.
pub fn replace_in_address(request: &mut Request) {
    let address = request.uri().path_and_query();
    let Some(Cow::Owned(address)) = address.map(|address| storable_address(address.as_str()))
    else {
        return;
    };
    let mut parts = request.uri().clone().into_parts();
    // Characters that are allowed took the place of others.
    parts.path_and_query = address.try_into().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}

/// An address as it may be read.
pub(super) fn storable_address(address: &str) -> Cow<'_, str> {
    let (path, query) = match address.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (address, None),
    };
    let readable = storable_path(path);
    let is_readable = matches!(readable, Cow::Borrowed(_));
    if is_readable && !query.is_some_and(|query| query.contains("%00")) {
        return address.into();
    }
    let mut address = readable.into_owned();
    if let Some(query) = query {
        address.push('?');
        address.push_str(&query.replace("%00", REPLACEMENT));
    }
    address.into()
}

fn storable_path(path: &str) -> Cow<'_, str> {
    if path.len() > MAX_PATH_BYTES {
        return format!("/{REPLACEMENT}").into();
    }
    let is_bad = |segment: &str| segment.len() > MAX_SEGMENT_BYTES || is_unreadable(segment);
    if !path.split('/').any(is_bad) {
        return path.into();
    }
    let segments = path.split('/').map(|segment| match is_bad(segment) {
        true => REPLACEMENT,
        false => segment,
    });
    segments.collect::<Vec<_>>().join("/").into()
}

/// Whether a part of a path has NUL after one decoding or two, as Leptos does, is not UTF-8, or
/// would lead to another path.
fn is_unreadable(segment: &str) -> bool {
    let once: Vec<u8> = percent_decode_str(segment).collect();
    let has_nul = once.contains(&0) || percent_decode(&once).any(|byte| byte == 0);
    let leads_elsewhere = segment.contains('\\') || once == b"." || once == b"..";
    has_nul || leads_elsewhere || str::from_utf8(&once).is_err()
}

/// The fields of a form, each name and value without NUL.
pub(super) fn form_fields(body: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(body).map(|(name, value)| (without_nul(name), without_nul(value)))
}

fn without_nul(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.contains('\0') {
        true => text.replace('\0', " ").into(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_what_cannot_be_looked_up_is_replaced() {
        let long = format!("/{}", "x".repeat(MAX_SEGMENT_BYTES));
        for usual in [
            "/",
            "/products/a%20b%250a%0a%2F?q=%01%ff%2500&page=100",
            "/a%252500",
            "/.well-known/.../a..?q=../%5c",
            "/search?q",
            "*",
            &long,
        ] {
            assert!(
                matches!(storable_address(usual), Cow::Borrowed(_)),
                "{usual}"
            );
        }
        for (bad, good) in [
            ("/%00?q=%00x", "/%EF%BF%BD?q=%EF%BF%BDx"),
            ("/products/a%00b", "/products/%EF%BF%BD"),
            ("/products/a%2500/b", "/products/%EF%BF%BD/b"),
            ("/a%%30%30?q=a", "/%EF%BF%BD?q=a"),
            ("/language/%ff", "/language/%EF%BF%BD"),
            ("/..?q=..", "/%EF%BF%BD?q=.."),
            ("/de/%2E%2e/.", "/de/%EF%BF%BD/%EF%BF%BD"),
            ("/a/.%2e/b", "/a/%EF%BF%BD/b"),
            ("/x\\..", "/%EF%BF%BD"),
            (&format!("{long}x?q"), "/%EF%BF%BD?q"),
            (&format!("{}?q", "/x".repeat(1_001)), "/%EF%BF%BD?q"),
        ] {
            assert_eq!(storable_address(bad), good, "{bad}");
        }
    }

    #[test]
    fn fields_of_a_form_have_no_nul() {
        let fields: Vec<_> = form_fields(b"a%00=b%00%00&c=%2500").collect();
        let expected = [("a ", "b  "), ("c", "%00")];
        assert_eq!(
            fields,
            expected.map(|(name, value)| (name.into(), value.into()))
        );
    }
}
