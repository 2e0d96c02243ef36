//! `/notices/{name}`: the notice on the legal guarantee of conformity, as the owner's file has it.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use shop::Shop;
use shop::guarantee::NoticeFormat;
use tower::ServiceExt;
use tower_http::services::ServeFile;

/// The route.
pub const ROUTE: &str = "/notices/{name}";

/// A drawing has styles of its own, but may run and load nothing.
const SVG_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                          font-src data:; sandbox";

/// Serves a file that [`shop::guarantee`] knows, and no other one.
pub async fn serve(
    State(shop): State<Shop>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let current = shop.live.current();
    let Some(notice) = current.guarantee.named(&name) else {
        return (StatusCode::NOT_FOUND, "There is no such notice.").into_response();
    };
    let file = shop.live.notices_folder().join(notice.file_name());
    let mut response = match ServeFile::new(file).oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    if response.status().is_success() {
        let headers = response.headers_mut();
        let content_type = HeaderValue::from_static(notice.format.content_type());
        headers.insert(header::CONTENT_TYPE, content_type);
        // A new file has the same name.
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, no-cache"),
        );
        if notice.format == NoticeFormat::Svg {
            let policy = HeaderValue::from_static(SVG_POLICY);
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    response
}
