//! Renders pages, also as responses to forms: with what was typed, or with the result.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use app::shell;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use leptos::IntoView;
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos_axum::handle_response_inner;
use locale::Language;
use shop::Shop;
use ui::provide_language;

use super::assets::Assets;
use super::storable::storable_address;

/// A page in parts.
type Stream = Pin<Box<dyn futures::Stream<Item = String> + Send>>;

/// Renders pages, also those of forms that were sent.
#[derive(Clone, Debug)]
pub struct Pages {
    /// The shop.
    pub shop: Shop,
    /// Files for browsers.
    pub assets: Assets,
}

impl Pages {
    /// Provides what every page needs as context.
    pub(super) fn provide_context(&self) {
        provide_context(self.shop.clone());
        provide_context(Arc::clone(&self.assets.files));
        provide_language(&self.shop);
    }

    /// Renders the document around every page.
    pub(super) fn document(&self) -> impl IntoView + use<> {
        shell(LeptosOptions::clone(&self.assets.options))
    }

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
        self.respond(request, move || provide_context(sent.clone()))
            .await
    }

    /// Responds to a request with its page. `context` provides more than every page needs.
    pub(super) async fn respond(
        &self,
        request: Request,
        context: impl Fn() + Clone + Send + 'static,
    ) -> Response {
        let document = self.clone();
        self.respond_with(request, context, move || document.document())
            .await
    }

    /// Responds to a request with a part of a page.
    pub(super) async fn respond_with<V: IntoView + 'static>(
        &self,
        request: Request,
        context: impl Fn() + Clone + Send + 'static,
        view: impl FnOnce() -> V + Send + 'static,
    ) -> Response {
        let pages = self.clone();
        let context = move || {
            pages.provide_context();
            context();
        };
        handle_response_inner(context, view, request, whole).await
    }
}

/// Renders a page completely. What Leptos would send after it is for hydrating more than islands.
fn whole<V: IntoView + 'static>(
    page: V,
    _: Box<dyn FnOnce() -> Stream + Send>,
    _: bool,
) -> Pin<Box<dyn Future<Output = Stream> + Send>> {
    Box::pin(async move {
        let page: String = page.to_html_stream_in_order().collect().await;
        Box::pin(stream::once(ready(page))) as Stream
    })
}

/// Marks a response as not to be stored.
pub(super) fn no_store(mut response: Response) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, no_store);
    response
}
