//! What search engines, price comparisons and browsers read about the shop: sitemap, robots.txt,
//! product feeds, web manifest and speculation rules.

use axum::extract::{FromRef, State};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use shop::Shop;

mod atom;
mod merchant;
mod sitemap;
pub mod speculation;
mod xml;

/// The colour of the shop's icon, and of the page in the light scheme, as in the style sheet.
const DEFAULT_THEME_COLOR: &str = "#1f5c46";
const BACKGROUND_COLOR: &str = "#fbf9f4";

/// How long a copy may be used.
const CACHE_CONTROL: &str = "public, max-age=300";

/// The routes, by their patterns.
pub fn routes<S>() -> [(&'static str, MethodRouter<S>); 7]
where
    S: Clone + Send + Sync + 'static,
    Shop: FromRef<S>,
{
    [
        ("/robots.txt", get(robots)),
        ("/site.webmanifest", get(web_manifest)),
        ("/sitemap.xml", get(sitemap::index)),
        ("/sitemaps/{part}", get(sitemap::part)),
        ("/feeds/products.xml", get(merchant::feed)),
        ("/feeds/products.atom", get(atom::feed)),
        (speculation::ROUTE, get(speculation::rules)),
    ]
}

/// Keeps every response of a shop without a live key out of search engines.
pub fn noindex(router: axum::Router) -> axum::Router {
    router.layer(map_response(|mut response: Response| async move {
        let headers = response.headers_mut();
        let name = header::HeaderName::from_static("x-robots-tag");
        headers.insert(name, HeaderValue::from_static("noindex"));
        response
    }))
}

/// Pages that nobody may find say so themselves: a crawler that may not read them would not know.
async fn robots(State(shop): State<Shop>) -> Response {
    let origin = &shop.settings.public_url;
    let text = format!("User-agent: *\nAllow: /\n\nSitemap: {origin}/sitemap.xml\n");
    answer("text/plain; charset=utf-8", text.into_bytes())
}

async fn web_manifest(State(shop): State<Shop>) -> Response {
    let profile = shop.profile();
    let accent = profile.face.accent;
    let theme_color = accent.map(|accent| format!("#{}", accent.digits()));
    let manifest = json!({
        "id": "/",
        "name": profile.name,
        "short_name": profile.name,
        "lang": profile.languages.default_language().code(),
        "start_url": "/",
        "display": "browser",
        "theme_color": theme_color.as_deref().unwrap_or(DEFAULT_THEME_COLOR),
        "background_color": BACKGROUND_COLOR,
        "icons": [
            icon("/icon-192.png", "192x192", "any"),
            icon("/icon-512.png", "512x512", "any"),
            icon("/icon-maskable-512.png", "512x512", "maskable"),
            json!({ "src": "/favicon.svg", "sizes": "any", "type": "image/svg+xml" }),
        ],
    });
    answer(
        "application/manifest+json",
        manifest.to_string().into_bytes(),
    )
}

fn icon(src: &str, sizes: &str, purpose: &str) -> Value {
    json!({ "src": src, "sizes": sizes, "type": "image/png", "purpose": purpose })
}

fn answer(kind: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static(CACHE_CONTROL),
        ),
    ];
    (headers, body).into_response()
}

/// Answers with a document, or logs why there is none.
fn document(kind: &'static str, written: Result<Vec<u8>, Unwritten>) -> Response {
    match written {
        Ok(body) => answer(kind, body),
        Err(error) => {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "could not write a feed or sitemap"
            );
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Why a document could not be written.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    /// The products could not be read.
    #[error(transparent)]
    Catalog(#[from] shop::catalog::CatalogError),
    /// The XML could not be written.
    #[error("could not write XML")]
    Xml(#[from] std::io::Error),
}

/// The absolute address of a picture that may be a path of the shop.
fn absolute(shop: &Shop, address: &str) -> String {
    match address.starts_with('/') {
        true => format!("{}{address}", shop.settings.public_url),
        false => address.to_owned(),
    }
}
