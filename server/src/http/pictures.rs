//! `/pictures/{name}`: stored pictures from the database, the owner's files in
//! `DATA_DIR/pictures`, and the demo's pictures.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path as UrlPath, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use shop::Shop;
use shop::pictures::FileName;
use tower::ServiceExt;
use tower_http::services::ServeFile;

/// The content types by file extension. Other files are not served.
const CONTENT_TYPES: [(&str, &str); 7] = [
    ("webp", "image/webp"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("avif", "image/avif"),
    ("svg", "image/svg+xml"),
];
/// The caching of files that never change: a year, as long as caches keep anything.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// The longest name that file systems take, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// Where pictures are; cheap to clone.
#[derive(Clone, Debug)]
pub struct Pictures(Arc<[PathBuf]>);

impl Pictures {
    /// Pictures in `DATA_DIR`, which updates do not touch, take precedence over those of the demo.
    #[must_use]
    pub fn new(data_dir: &Path, site_root: &Path) -> Self {
        // A release contains those of the demo.
        let folders: &[&Path] = match cfg!(feature = "embed") {
            true => &[data_dir],
            false => &[data_dir, site_root],
        };
        Self(
            folders
                .iter()
                .map(|folder| folder.join("pictures"))
                .collect(),
        )
    }

    /// Finds a picture's file. `None` if it does not exist, is a folder, or is a link to a file
    /// outside the folder.
    async fn find(&self, name: &str) -> Option<PathBuf> {
        for folder in &*self.0 {
            let Ok(folder) = tokio::fs::canonicalize(folder).await else {
                continue;
            };
            let Ok(file) = tokio::fs::canonicalize(folder.join(name)).await else {
                continue;
            };
            let is_file = tokio::fs::metadata(&file)
                .await
                .is_ok_and(|found| found.is_file());
            if is_file && file.starts_with(&folder) {
                return Some(file);
            }
        }
        None
    }
}

/// Serves one picture.
pub async fn serve(
    State(shop): State<Shop>,
    State(pictures): State<Pictures>,
    UrlPath(name): UrlPath<String>,
    request: Request,
) -> Response {
    if let Ok(name) = name.parse() {
        return serve_stored(&shop, name, request.headers()).await;
    }
    let Some(content_type) = content_type(&name) else {
        return not_found();
    };
    let Some(file) = pictures.find(&name).await else {
        #[cfg(feature = "embed")]
        if let Some(picture) = super::assets::embedded::picture(&name, &request) {
            return picture;
        }
        return not_found();
    };
    let mut response = match ServeFile::new(file).oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    if response.status().is_success() {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is no such picture.").into_response()
}

/// Serves a file of a stored picture. Its name contains a hash of its content, so that it never
/// changes.
async fn serve_stored(shop: &Shop, name: FileName, headers: &HeaderMap) -> Response {
    let content_type = match name {
        FileName::WebP { .. } => "image/webp",
        FileName::Jpeg { .. } => "image/jpeg",
    };
    let tag = format!("\"{name}\"");
    let immutable = [
        (header::CACHE_CONTROL, IMMUTABLE.to_owned()),
        (header::ETAG, tag.clone()),
    ];
    if has_tag(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, immutable).into_response();
    }
    match shop::pictures::file(&shop.database, name).await {
        Ok(Some(bytes)) => {
            (immutable, [(header::CONTENT_TYPE, content_type)], bytes).into_response()
        }
        Ok(None) => not_found(),
        Err(error) => {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "could not read a picture"
            );
            let retry = [(header::RETRY_AFTER, "5")];
            let sentence = "The picture could not be read. Please try again.";
            (StatusCode::SERVICE_UNAVAILABLE, retry, sentence).into_response()
        }
    }
}

/// Whether the client has the file with this entity tag. A proxy may have marked it as weak.
fn has_tag(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|tags| tags.to_str().ok())
        .flat_map(|tags| tags.split(','))
        .any(|known| known.trim().trim_start_matches("W/") == tag)
}

/// The content type of a picture, by its name. `None` if it is not a plain name or not a picture.
fn content_type(name: &str) -> Option<&'static str> {
    let plain = name.len() <= MAX_NAME_BYTES
        && !name.starts_with('.')
        && !name.contains(|character: char| "/\\".contains(character) || character.is_control());
    let (_, end) = name.rsplit_once('.').filter(|_| plain)?;
    let known = CONTENT_TYPES
        .iter()
        .find(|(known, _)| end.eq_ignore_ascii_case(known));
    known.map(|(_, content_type)| *content_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_plain_name_with_a_known_extension() {
        assert_eq!(content_type("mug.webp"), Some("image/webp"));
        assert_eq!(content_type("Becher Möwe.JPG"), Some("image/jpeg"));
        for name in [
            "",
            "mug",
            "mug.html",
            "mug.svg.html",
            ".mug.svg",
            "../mug.svg",
            "a/mug.svg",
            "a\\mug.svg",
            "mug\0.svg",
        ] {
            assert_eq!(content_type(name), None, "{name}");
        }
    }
}
