//! What search engines, price comparisons and browsers read about the shop: sitemap, robots.txt,
//! product feeds, web manifest and speculation rules.

use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::{HeaderValue, StatusCode, header};
use locale::Language;
use serde_json::{Value, json};
use shop::{Shop, clock};

mod atom;
mod merchant;
mod sitemap;
pub mod speculation;
mod xml;

/// The colour of the shop's icon, and of the page in the light scheme, as in the style sheet.
const DEFAULT_THEME_COLOR: &str = "#1f5c46";
const BACKGROUND_COLOR: &str = "#fbf9f4";

/// For how long `security.txt` says that it is up to date. RFC 9116 recommends less than a year.
const SECURITY_TXT_AGE: time::Duration = time::Duration::days(180);
/// How long a copy may be used.
const CACHE_CONTROL: &str = "public, max-age=300";

/// The routes, by their patterns.
pub fn routes<S>() -> [(&'static str, MethodRouter<S>); 8]
where
    S: Clone + Send + Sync + 'static,
    Shop: FromRef<S>,
{
    [
        ("/robots.txt", get(robots)),
        ("/.well-known/security.txt", get(security_txt)),
        ("/site.webmanifest", get(web_manifest)),
        ("/sitemap.xml", get(sitemap::index)),
        ("/sitemaps/{part}", get(sitemap::part)),
        ("/feeds/products.xml", get(merchant::feed)),
        ("/feeds/products.atom", get(atom::feed)),
        (speculation::ROUTE, get(speculation::rules)),
    ]
}

/// Pages that nobody may find say so themselves: a crawler that may not read them would not know.
async fn robots(State(shop): State<Shop>) -> Response {
    let origin = &shop.settings.public_url;
    let text = format!("User-agent: *\nAllow: /\n\nSitemap: {origin}/sitemap.xml\n");
    answer("text/plain; charset=utf-8", text.into_bytes())
}

/// Whom to tell of a weakness (RFC 9116): the shop's email address. Nothing if it has none.
async fn security_txt(State(shop): State<Shop>) -> Response {
    let profile = shop.profile();
    let Some(email) = &profile.contact.email else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let origin = &shop.settings.public_url;
    let expires = clock::rfc3339(clock::now() + SECURITY_TXT_AGE);
    let languages: Vec<&str> = profile.languages.iter().map(Language::code).collect();
    let text = format!(
        "Contact: mailto:{email}\nExpires: {expires}\nPreferred-Languages: {}\n\
         Canonical: {origin}/.well-known/security.txt\n",
        languages.join(", ")
    );
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
