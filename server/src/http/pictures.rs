//! `/pictures/{name}`: the owner's own pictures from `DATA_DIR/pictures`, and those of the demo.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path as InPath, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use tower::ServiceExt;
use tower_http::services::ServeFile;

/// What is a picture, by the end of its name. Nothing else is served, whatever lies there.
const TYPES: [(&str, &str); 7] = [
    ("webp", "image/webp"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("avif", "image/avif"),
    ("svg", "image/svg+xml"),
];
/// The longest name that file systems take, in bytes.
const MAX_NAME: usize = 255;

/// Where pictures are; cheap to clone.
#[derive(Clone, Debug)]
pub struct Pictures(Arc<[PathBuf; 2]>);

impl Pictures {
    /// Those in `DATA_DIR`, which no update touches, come before those that Till brings along.
    #[must_use]
    pub fn new(data_dir: &Path, site_root: &Path) -> Self {
        Self(Arc::new(
            [data_dir, site_root].map(|folder| folder.join("pictures")),
        ))
    }

    /// The file of a picture. `None` where there is none of this name: a folder is none, and
    /// neither is what a link in the folder leads to outside it.
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

/// Serves one picture by its name.
pub async fn serve(
    State(pictures): State<Pictures>,
    InPath(name): InPath<String>,
    request: Request,
) -> Response {
    let none = || (StatusCode::NOT_FOUND, "There is no such picture.").into_response();
    let Some(kind) = kind(&name) else {
        return none();
    };
    let Some(file) = pictures.find(&name).await else {
        return none();
    };
    let mut response = match ServeFile::new(file).oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    if response.status().is_success() {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    response
}

/// The content type of a picture, by its name. `None` where it is no picture, or no plain name.
fn kind(name: &str) -> Option<&'static str> {
    let plain = name.len() <= MAX_NAME
        && !name.starts_with('.')
        && !name.contains(|character: char| "/\\".contains(character) || character.is_control());
    let (_, end) = name.rsplit_once('.').filter(|_| plain)?;
    let known = TYPES
        .iter()
        .find(|(known, _)| end.eq_ignore_ascii_case(known));
    known.map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_plain_name_with_a_known_end() {
        assert_eq!(kind("mug.webp"), Some("image/webp"));
        assert_eq!(kind("Becher Möwe.JPG"), Some("image/jpeg"));
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
            assert_eq!(kind(name), None, "{name}");
        }
    }
}
