//! Every route of the shop.

use std::sync::Arc;

use app::{App, shell};
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRef, MatchedPath};
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use axum::routing::{MethodRouter, get, post};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use shop::Shop;
use shop::checkout::MAX_FORM_BYTES;
use shop::secret::Secret;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::{ConfigError, CsrfLayer};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::ResponseBodyTimeoutLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;

use super::assets::Assets;
use super::checkout_form::{self, FormPages};
use super::client::{self, Clients};
use super::pictures::{self, Pictures};
use super::{
    address, deadline, explanation, find_order, health, request_id, security_headers, webhook,
};
use crate::config::Timeouts;

/// How long a browser keeps a picture before it asks whether there is a newer one.
const PICTURE_CACHING: &str = "public, max-age=3600";
/// A picture of a product.
const PICTURE: &str = "/pictures/{name}";

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
    /// Tells clients apart.
    pub clients: Clients,
    /// How long a client may take.
    pub timeouts: Timeouts,
    /// Pictures of products.
    pub pictures: Pictures,
    /// Whether requests are welcome.
    pub readiness: health::Readiness,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.assets.options.clone()
    }
}

/// What is neither a page nor a server function nor a file.
fn machines() -> [(Method, &'static str, MethodRouter<AppState>); 4] {
    let webhook = || post(webhook::receive).layer(DefaultBodyLimit::max(webhook::BODY_LIMIT));
    [
        (Method::GET, "/livez", get(health::livez)),
        (Method::GET, "/readyz", get(health::readyz)),
        (Method::POST, webhook::PATH, webhook()),
        (Method::POST, "/webhooks/stripe/", webhook()),
    ]
}

/// Every route: machines', pages', server functions', and files' by their patterns. A test asks
/// each for its limits.
#[must_use]
pub fn routes() -> Vec<(Method, String)> {
    let machines = machines().map(|(method, path, _)| (method, path.to_owned()));
    // A page is shown, and never changed by what is sent to it.
    let pages = generate_route_list(App)
        .into_iter()
        .map(|page| (Method::GET, page.path().to_owned()));
    let functions =
        leptos::server_fn::axum::server_fn_paths().map(|(path, method)| (method, path.to_owned()));
    let files = ["/pkg/{file}", PICTURE, "/{file}"].map(|path| (Method::GET, path.to_owned()));
    let forms = [(Method::POST, find_order::PATH.to_owned())];
    let mut routes: Vec<_> = machines
        .into_iter()
        .chain(pages)
        .chain(functions)
        .chain(files)
        .chain(forms)
        .collect();
    routes.sort_by(|one, other| (&one.1, one.0.as_str()).cmp(&(&other.1, other.0.as_str())));
    routes
}

/// Puts the routes together.
///
/// # Errors
/// Where the public URL is no origin.
pub fn router(state: AppState) -> Result<Router, ConfigError> {
    let https = state.shop.settings.public_url.starts_with("https://");
    let (clients, timeouts) = (state.clients.clone(), state.timeouts);
    let webhook_log = webhook::WebhookLog::new(&state.shop.settings.public_url);
    let pages = pages(&state)?;
    let machines = machines()
        .into_iter()
        .fold(Router::new(), |router, (_, path, handler)| {
            router.route(path, handler)
        })
        .with_state(state.clone());
    let pkg = format!("/{}", state.assets.options.site_pkg_dir);
    // Pages have a smaller limit of their own, and answer a form above it with a page.
    let router = machines
        .nest(&pkg, state.assets.pkg())
        .layer(RequestBodyLimitLayer::new(webhook::BODY_LIMIT))
        .merge(pages);
    let router = router
        .layer(from_fn(explanation::add))
        .layer(CatchPanicLayer::new())
        .layer(ResponseBodyTimeoutLayer::new(timeouts.stall))
        .layer(from_fn_with_state(timeouts.request, deadline::enforce))
        .layer(from_fn_with_state(webhook_log, webhook::watch))
        .layer(PropagateRequestIdLayer::new(request_id::HEADER))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(DefaultOnResponse::new().level(Level::INFO)),
        )
        .layer(SetRequestIdLayer::new(request_id::HEADER, MakeRequestUuid))
        .layer(map_request(request_id::remove_foreign))
        .layer(from_fn_with_state(clients, client::derive));
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
    let form_pages = FormPages {
        shop: state.shop.clone(),
        options: state.assets.options.clone(),
    };
    let other_website = form_pages.clone();
    let csrf = CsrfLayer::new().add_trusted_origin(&state.shop.settings.public_url)?;
    Ok(Router::new()
        .leptos_routes_with_context(state, routes, context, document)
        .route(find_order::PATH, post(find_order::receive))
        .route(PICTURE, get(pictures::serve))
        .fallback_service(files)
        .layer(RequestBodyLimitLayer::new(MAX_FORM_BYTES))
        .layer(from_fn_with_state(form_pages, checkout_form::answer))
        .layer(from_fn(address::cut))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            caching,
        ))
        .layer(CompressionLayer::new())
        .layer(csrf)
        .layer(from_fn_with_state(
            other_website,
            checkout_form::answer_other_website,
        ))
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

/// The method as the log names it. Others are as long as a stranger likes.
fn method(request: &Request<Body>) -> &'static str {
    match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "(other)",
    }
}

/// The span of a request. It names the route, never the address: that may hold an order's token.
fn span(request: &Request<Body>) -> tracing::Span {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)", MatchedPath::as_str);
    let id = request
        .headers()
        .get(request_id::HEADER)
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    tracing::info_span!("request", method = method(request), route, id)
}
