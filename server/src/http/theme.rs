//! `/theme.css?color=1f5c46`: the style sheet of the shop's accent colour.
//!
//! It depends on its address alone, so that browsers can keep it, and servers that have not read a
//! new colour yet answer correctly too.

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use till_core::accent::Accent;

/// The route.
pub const ROUTE: &str = "/theme.css";

/// The colour as six digits.
#[derive(Debug, Deserialize)]
pub struct Parameters {
    color: Option<String>,
}

/// Serves the style sheet.
pub async fn serve(Query(Parameters { color }): Query<Parameters>) -> Response {
    let accent = color.map(|color| format!("#{color}").parse::<Accent>());
    let Some(Ok(accent)) = accent else {
        return (StatusCode::NOT_FOUND, "There is no such style sheet.").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, accent.style_sheet()).into_response()
}
