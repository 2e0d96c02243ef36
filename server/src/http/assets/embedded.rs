//! The files for browsers inside of the binary, also compressed.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rust_embed::{Embed, EmbeddedFile};
use tower::ServiceExt;

use super::PKG;

/// What `scripts/build.mjs --release` has made. The build script checks that it is there.
#[derive(Embed)]
#[folder = "../target/site"]
struct Site;

/// The encodings in which files are stored besides, the smallest one first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The names of the files in a folder.
pub(super) fn names_in(folder: &str) -> Vec<String> {
    let names = Site::iter();
    names
        .filter_map(|path| {
            path.strip_prefix(folder)?
                .strip_prefix('/')
                .map(str::to_owned)
        })
        .collect()
}

/// Reads a file.
pub(super) fn read(path: &str) -> Option<Vec<u8>> {
    Site::get(path).map(|file| file.data.into_owned())
}

/// Serves a file of `pkg`. The request's path begins below that folder.
pub(super) async fn serve_pkg(request: Request) -> Response {
    let path = format!("{PKG}{}", request.uri().path());
    match answer(&path, &request) {
        Some(response) => response,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Serves a file at the top level, or passes the request on.
pub(super) async fn serve_or(request: Request, not_found: MethodRouter) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let is_compressed = ENCODINGS.iter().any(|(_, end)| path.ends_with(end));
    let response = (!path.contains('/') && !is_compressed)
        .then(|| answer(path, &request))
        .flatten();
    match response {
        Some(response) => response,
        None => match not_found.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
    }
}

/// Serves a picture of the demo. `None` if there is none of this name.
pub fn picture(name: &str, request: &Request) -> Option<Response> {
    answer(&format!("pictures/{name}"), request)
}

/// `None` if there is no such file, or if the request is neither `GET` nor `HEAD`.
fn answer(path: &str, request: &Request) -> Option<Response> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let file = Site::get(path)?;
    let mut headers = HeaderMap::new();
    let kind = HeaderValue::try_from(content_type(&file)).ok()?;
    headers.insert(header::CONTENT_TYPE, kind);
    let tag = HeaderValue::try_from(tag_of(&file)).ok()?;
    let is_known = request.headers().get(header::IF_NONE_MATCH) == Some(&tag);
    headers.insert(header::ETAG, tag);
    let accepted = request.headers().get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|accepted| accepted.to_str().ok());
    let mut stored = ENCODINGS
        .iter()
        .filter_map(|(encoding, end)| Some((*encoding, Site::get(&format!("{path}{end}"))?)))
        .peekable();
    if stored.peek().is_some() {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if is_known {
        return Some((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let accepted = accepted.unwrap_or_default();
    let data = match stored.find(|(encoding, _)| accepts(accepted, encoding)) {
        Some((encoding, compressed)) => {
            let encoding = HeaderValue::from_static(encoding);
            headers.insert(header::CONTENT_ENCODING, encoding);
            compressed.data
        }
        None => file.data,
    };
    let body = match data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    Some((headers, body).into_response())
}

/// Whether a client takes this encoding.
fn accepts(accepted: &str, encoding: &str) -> bool {
    let mut accepted = accepted.split(',').map(|accepted| accepted.trim());
    accepted.any(|accepted| accepted == encoding)
}

/// A tag by content. Weak, because the bytes differ by encoding.
fn tag_of(file: &EmbeddedFile) -> String {
    let digest = file.metadata.sha256_hash();
    let digest: String = digest
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("W/\"{digest}\"")
}

fn content_type(file: &EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    match kind.starts_with("text/") {
        true => format!("{kind}; charset=utf-8"),
        false => kind.to_owned(),
    }
}
