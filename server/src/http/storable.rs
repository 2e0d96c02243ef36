//! NUL in addresses and forms. PostgreSQL stores no text with it and fails the statement, so no
//! text of a request may have it: another character takes its place before anything reads it.

use std::borrow::Cow;

use axum::extract::Request;
use http::Uri;
use url::form_urlencoded;

/// NUL in an address. The digits of other escapes have two spellings, this one has not.
const NUL: &str = "%00";
/// U+FFFD, which also stands for bytes that are not UTF-8.
const REPLACEMENT: &str = "%EF%BF%BD";

/// Replaces NUL in the request's path and query.
pub async fn replace_in_address(mut request: Request) -> Request {
    let address = request.uri().path_and_query();
    let Some(Cow::Owned(address)) = address.map(|address| address_without_nul(address.as_str()))
    else {
        return request;
    };
    let mut parts = request.uri().clone().into_parts();
    // Characters that are allowed took the place of others.
    parts.path_and_query = address.try_into().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

/// An address as it may be read.
pub(super) fn address_without_nul(address: &str) -> Cow<'_, str> {
    match address.contains(NUL) {
        true => address.replace(NUL, REPLACEMENT).into(),
        false => address.into(),
    }
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
    fn nothing_but_nul_is_replaced() {
        let escaped = "/products/a%20b%2500%0a%2F?q=%01%ff";
        assert_eq!(address_without_nul(escaped), escaped);
        assert_eq!(
            address_without_nul("/%00?q=%00x"),
            "/%EF%BF%BD?q=%EF%BF%BDx"
        );
        let fields: Vec<_> = form_fields(b"a%00=b%00%00&c=%2500").collect();
        let expected = [("a ", "b  "), ("c", "%00")];
        assert_eq!(
            fields,
            expected.map(|(name, value)| (name.into(), value.into()))
        );
    }
}
