//! `POST` to a page that lists products: its buttons for another order or page send the form, so
//! that what was typed is in the response and never in a URL.

use app::api::TypedQuantities;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::response::Response;
use http::{HeaderMap, Method, Uri};
use locale::Language;
use shop::Shop;

use super::assets::Assets;
use super::checkout_form::{SentForm, matches};
use super::form_pages::{FormPages, no_store};

/// The routes of the pages.
pub const ROUTES: [&str; 3] = ["/", "/categories/{slug}", "/search"];

/// Whether a request sends such a form.
pub fn is_sent(method: &Method, path: &str) -> bool {
    *method == Method::POST && ROUTES.iter().any(|route| matches(route, path))
}

/// Responds with the page, and with what was typed in it.
pub async fn show(
    State(shop): State<Shop>,
    State(assets): State<Assets>,
    Extension(language): Extension<Language>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let pages = FormPages {
        shop,
        options: assets.options,
    };
    let page = uri.path_and_query().map_or("/", |page| page.as_str());
    let typed = TypedQuantities(SentForm::read(&body).typed);
    no_store(pages.render(&headers, page, language, typed).await)
}
