//! What every request meets first: it is answered from memory if it can be, and routed otherwise.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use locale::Languages;
use tower::ServiceExt;
use tower_http::csrf::ConfigError;

use super::app_state::AppState;
use super::client::Clients;
use super::page_cache::PageCache;
use super::router;
use super::security_headers::SecurityHeaders;
use super::{health, language, request_id, storable};

/// Answers requests.
#[derive(Debug)]
pub struct Front {
    router: Router,
    page_cache: Arc<PageCache>,
    clients: Clients,
    languages: Arc<Languages>,
    security_headers: SecurityHeaders,
}

impl Front {
    /// Builds the routes.
    ///
    /// # Errors
    /// If the public URL is not an origin.
    pub fn new(state: AppState) -> Result<Self, ConfigError> {
        Ok(Self {
            page_cache: Arc::clone(&state.page_cache),
            clients: state.clients.clone(),
            languages: Arc::clone(&state.shop.settings.languages),
            security_headers: SecurityHeaders::of(&state.shop),
            router: router::router(state)?,
        })
    }

    /// Answers a request. Its path loses the language's prefix before it is routed, so that the
    /// routes are the same in every language.
    pub async fn answer(&self, mut request: Request) -> Response {
        if health::is_liveness_check(&request) {
            // The process runs, which needs nothing else.
            let mut alive = health::livez().await.into_response();
            self.security_headers.add_to(alive.headers_mut());
            return alive;
        }
        storable::replace_in_address(&mut request);
        let visit = match language::identify(&mut request, &self.languages) {
            Ok(visit) => visit,
            Err(mut redirect) => {
                self.security_headers.add_to(redirect.headers_mut());
                return redirect;
            }
        };
        // The page has all headers.
        if let Some(mut page) = self.page_cache.kept(&request) {
            visit.add_vary(page.headers_mut());
            return page;
        }
        self.clients.identify(&mut request);
        request_id::remove_unusable(&mut request);
        let mut response = self.route(request).await;
        visit.add_vary(response.headers_mut());
        self.security_headers.add_to(response.headers_mut());
        response
    }

    async fn route(&self, request: Request) -> Response {
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}
