//! `/pictures/{name}`: the owner's pictures from `DATA_DIR/pictures`, and those of the demo.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path as UrlPath, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
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
/// The longest name that file systems take, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// Where pictures are; cheap to clone.
#[derive(Clone, Debug)]
pub struct Pictures(Arc<[PathBuf; 2]>);

impl Pictures {
    /// Pictures in `DATA_DIR`, which updates do not touch, take precedence over those of the demo.
    #[must_use]
    pub fn new(data_dir: &Path, site_root: &Path) -> Self {
        Self(Arc::new(
            [data_dir, site_root].map(|folder| folder.join("pictures")),
        ))
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
    State(pictures): State<Pictures>,
    UrlPath(name): UrlPath<String>,
    request: Request,
) -> Response {
    let not_found = || (StatusCode::NOT_FOUND, "There is no such picture.").into_response();
    let Some(content_type) = content_type(&name) else {
        return not_found();
    };
    let Some(file) = pictures.find(&name).await else {
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
