//! Reads a form of the admin: fields, and files if it has any.

use std::convert::Infallible;
use std::sync::Arc;

use admin::uploads::{Upload, Uploads};
use axum::body::Bytes;
use http::{HeaderMap, header};
use multer::{Field, Multipart};

use super::super::storable::form_fields;

/// The maximum number of parts of a form with files; the others are not read.
const MAX_PARTS: usize = 200;

/// Names and values of fields, in order.
type Fields = Vec<(String, String)>;

/// Reads a form. What cannot be read is left out, so that the server function finds it missing.
pub(super) async fn read(headers: &HeaderMap, body: Bytes) -> (Fields, Uploads) {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if let Ok(boundary) = multer::parse_boundary(kind) {
        return read_parts(boundary, body).await;
    }
    let fields = form_fields(&body)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    (fields, Uploads::default())
}

async fn read_parts(boundary: String, body: Bytes) -> (Fields, Uploads) {
    let body = futures::stream::once(async move { Ok::<_, Infallible>(body) });
    let mut parts = Multipart::new(body, boundary);
    let (mut fields, mut files) = (Fields::new(), Vec::new());
    for _ in 0..MAX_PARTS {
        let Ok(Some(part)) = parts.next_field().await else {
            break;
        };
        let Some(name) = part.name().map(ToOwned::to_owned) else {
            continue;
        };
        match part.file_name().map(ToOwned::to_owned) {
            Some(file) => {
                let bytes = part.bytes().await.unwrap_or_default();
                files.push(Upload {
                    field: name,
                    name: storable(&file),
                    bytes: bytes.to_vec(),
                });
            }
            None => fields.push((name, text(part).await)),
        }
    }
    (fields, Uploads(Arc::new(files)))
}

async fn text(part: Field<'_>) -> String {
    storable(&part.text().await.unwrap_or_default())
}

/// Without NUL, which PostgreSQL does not store.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_as(kind: &'static str, body: &'static str) -> (Fields, Vec<Upload>) {
        let headers = [(
            header::CONTENT_TYPE,
            kind.parse().unwrap_or_else(|_| unreachable!()),
        )];
        let headers = HeaderMap::from_iter(headers);
        let (fields, uploads) = read(&headers, Bytes::from_static(body.as_bytes())).await;
        (fields, uploads.0.to_vec())
    }

    #[tokio::test]
    async fn fields_and_files_are_told_apart() {
        let body = "--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1\0\r\n\
            --b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"x.png\"\r\n\
            content-type: image/png\r\n\r\n\u{1}2\r\n--b--\r\n";
        let (fields, files) = read_as("multipart/form-data; boundary=b", body).await;
        assert_eq!(fields, [("a".to_owned(), "1\u{fffd}".to_owned())]);
        assert_eq!((files.len(), files[0].name.as_str()), (1, "x.png"));
        assert_eq!(files[0].bytes, [1, b'2']);
        let (fields, files) = read_as("application/x-www-form-urlencoded", "a=1&b=").await;
        assert_eq!((fields.len(), files.len()), (2, 0));
    }

    #[tokio::test]
    async fn what_lies_about_its_parts_is_left_out() {
        for body in ["", "--b", "--c\r\n\r\n--c--", "--b\r\n\r\nx\r\n--b--\r\n"] {
            let (fields, files) = read_as("multipart/form-data; boundary=b", body).await;
            assert!(fields.is_empty() && files.is_empty(), "{body:?}");
        }
    }
}
