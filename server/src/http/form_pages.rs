//! Pages as responses to forms: the page of a form, with what was typed or the result.

use app::{provide_language, shell};
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos_axum::render_app_async_with_context;
use locale::Language;
use shop::Shop;

use super::storable::storable_address;

/// Renders the page of a form that was sent.
#[derive(Clone, Debug)]
pub struct FormPages {
    /// The shop.
    pub shop: Shop,
    /// Leptos' options.
    pub options: LeptosOptions,
}

impl FormPages {
    /// The language of a form that does not say its own.
    pub(super) fn default_language(&self) -> Language {
        self.shop.settings.languages.default_language()
    }

    /// Renders a page in a language as a `GET` would, with `sent` as context. `page` is its path
    /// without the language's prefix.
    pub(super) async fn render<T: Clone + Send + Sync + 'static>(
        &self,
        headers: &HeaderMap,
        page: &str,
        language: Language,
        sent: T,
    ) -> Response {
        let request = Request::get(&*storable_address(page)).body(Body::empty());
        let Ok(mut request) = request else {
            return StatusCode::NOT_FOUND.into_response();
        };
        request.extensions_mut().insert(language);
        *request.headers_mut() = headers.clone();
        for name in [
            header::CONTENT_LENGTH,
            header::CONTENT_TYPE,
            header::TRANSFER_ENCODING,
        ] {
            request.headers_mut().remove(name);
        }
        let (shop, options) = (self.shop.clone(), self.options.clone());
        let context = move || {
            provide_context(shop.clone());
            provide_language(&shop);
            provide_context(sent.clone());
        };
        let document = move || shell(options.clone());
        render_app_async_with_context(context, document)(request)
            .await
            .into_response()
    }
}

/// Marks a response as not to be stored.
pub(super) fn no_store(mut response: Response) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, no_store);
    response
}
