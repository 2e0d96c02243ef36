//! Every route of the shop.

use std::sync::Arc;
use std::time::Duration;

use app::{App, shell};
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRef, MatchedPath};
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use shop::Shop;
use shop::secret::Secret;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::{ConfigError, CsrfLayer};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;

use super::assets::Assets;
use super::{health, security_headers, webhook};

/// The largest form that is read, in bytes: room for a hundred products many times over.
const FORM_LIMIT: usize = 64 * 1024;
/// A client that sends nothing for this long is cut off.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a browser keeps a picture before it asks whether there is a newer one.
const PICTURE_CACHING: &str = "public, max-age=3600";

/// What handlers need.
#[derive(Clone, Debug, FromRef)]
pub struct AppState {
    /// The domain.
    pub shop: Shop,
    /// Secrets that may sign a webhook.
    pub webhook_secrets: Arc<[Secret]>,
    /// Files for the browser.
    pub assets: Assets,
    /// Turns true when the server is to stop.
    pub stopping: watch::Receiver<bool>,
    /// Whether requests are welcome.
    pub readiness: health::Readiness,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.assets.options.clone()
    }
}

/// Puts the routes together.
///
/// # Errors
/// Where the public URL is no origin.
pub fn router(state: AppState) -> Result<Router, ConfigError> {
    let https = state.shop.settings.public_url.starts_with("https://");
    let pages = pages(&state)?;
    let machines = Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route(
            "/webhooks/stripe",
            post(webhook::receive).layer(DefaultBodyLimit::max(webhook::BODY_LIMIT)),
        )
        .with_state(state.clone());
    let pkg = format!("/{}", state.assets.options.site_pkg_dir);
    let router = Router::new()
        .merge(machines)
        .nest(&pkg, state.assets.pkg())
        .merge(pages);
    let request_id = HeaderName::from_static("x-request-id");
    let router = router
        .layer(CatchPanicLayer::new())
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(DefaultOnResponse::new().level(Level::INFO)),
        )
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid));
    Ok(security_headers::add(router, https))
}

/// Pages and server functions: what browsers see, with what protects browsers.
fn pages(state: &AppState) -> Result<Router, ConfigError> {
    let shop = state.shop.clone();
    let context = move || provide_context(shop.clone());
    let options = state.assets.options.clone();
    let document = move || shell(options.clone());
    let routes = generate_route_list(App);
    // What is no page may be a file, and what is no file gets the page that says so.
    let not_found = get(render_app_async_with_context(
        context.clone(),
        document.clone(),
    ));
    let files = ServeDir::new(&*state.assets.options.site_root)
        .append_index_html_on_directories(false)
        .call_fallback_on_method_not_allowed(true)
        .fallback(not_found);
    // Stripe's page leads back here from another site; that is a plain GET. A form from elsewhere is refused.
    let csrf = CsrfLayer::new().add_trusted_origin(&state.shop.settings.public_url)?;
    Ok(Router::new()
        .leptos_routes_with_context(state, routes, context, document)
        .fallback_service(files)
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            caching,
        ))
        .layer(CompressionLayer::new())
        .layer(RequestBodyLimitLayer::new(FORM_LIMIT))
        .layer(csrf)
        .with_state(state.clone()))
}

/// Pages say for themselves who may keep them. Pictures may be kept; everything else, answers to forms above all, may not.
fn caching(response: &Response<Body>) -> Option<HeaderValue> {
    let kind = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let picture = kind.starts_with("image/") || response.status() == StatusCode::NOT_MODIFIED;
    Some(HeaderValue::from_static(if picture {
        PICTURE_CACHING
    } else {
        "no-store"
    }))
}

/// The span of a request. It names the route, never the address: that may hold an order's token.
fn span(request: &Request<Body>) -> tracing::Span {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)", MatchedPath::as_str);
    let id = request
        .headers()
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), route, id)
}
