//! `POST` to a page that lists products: its buttons for another order or page send the form, so
//! that what was typed is in the response and never in a URL.

use app::api::TypedQuantities;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::response::Response;
use http::{HeaderMap, Uri};
use locale::Language;

use super::checkout_form::SentForm;
use super::pages::{Pages, no_store};

/// Responds with the page, and with what was typed in it.
pub async fn show(
    State(pages): State<Pages>,
    Extension(language): Extension<Language>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let page = uri.path_and_query().map_or("/", |page| page.as_str());
    let typed = TypedQuantities(SentForm::read(&body).typed);
    no_store(pages.render(&headers, page, language, typed).await)
}
