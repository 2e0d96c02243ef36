//! All routes and their middleware.

use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::api::CHOICE_PATH;
use axum::Router;
use axum::body::HttpBody;
use axum::extract::{DefaultBodyLimit, FromRef, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, get, on, post};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use leptos_axum::{LeptosRoutes, generate_route_list, handle_server_fns_with_context};
use shop::checkout::MAX_FORM_BYTES;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::{ConfigError, CsrfLayer};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::ResponseBodyTimeoutLayer;
use tower_http::trace::{DefaultOnResponse, OnResponse, TraceLayer};
use tracing::Level;

use super::app_state::AppState;
use super::discovery::speculation;
use super::page_cache;
use super::pages::Pages;
use super::pictures;
use super::webhook::WebhookLog;
use super::{
    address, admin, checkout_form, choice, deadline, discovery, explanation, find_order, health,
    language, listing_form, notices, request_id, theme, webhook, withdraw,
};
/// How long browsers cache pictures before they revalidate them.
const PICTURE_CACHE_CONTROL: &str = "public, max-age=3600";
/// The route of a product's picture.
const PICTURE_ROUTE: &str = "/pictures/{name}";

/// Routes for machines: health checks and webhooks.
fn machine_routes() -> [(Method, &'static str, MethodRouter<AppState>); 4] {
    let webhook = || post(webhook::receive).layer(DefaultBodyLimit::max(webhook::MAX_BODY_BYTES));
    [
        (Method::GET, health::LIVEZ_PATH, get(health::livez)),
        (Method::GET, health::READYZ_PATH, get(health::readyz)),
        (Method::POST, webhook::PATH, webhook()),
        (Method::POST, "/webhooks/stripe/", webhook()),
    ]
}

/// The shop's server functions. Leptos would register all of them, also those of the admin.
fn functions() -> impl Iterator<Item = (Method, &'static str)> {
    let all = leptos::server_fn::axum::server_fn_paths();
    all.filter(|(path, _)| !path.starts_with(::admin::API))
        .map(|(path, method)| (method, path))
}

/// Every route: for machines, pages, server functions and files, by their patterns. A test checks
/// the limits of each.
#[must_use]
pub fn routes() -> Vec<(Method, String)> {
    let machine_routes = machine_routes().map(|(method, path, _)| (method, path.to_owned()));
    // Pages only handle GET.
    let pages = generate_route_list(App)
        .into_iter()
        .map(|page| (Method::GET, page.path().to_owned()));
    let functions = functions().chain(admin::functions());
    let functions = functions.map(|(method, path)| (method, path.to_owned()));
    let admin = admin::pages().map(|path| (Method::GET, path));
    let files = [
        "/pkg/{file}",
        PICTURE_ROUTE,
        language::SWITCH_ROUTE,
        notices::ROUTE,
        theme::ROUTE,
        "/{file}",
    ]
    .map(|path| (Method::GET, path.to_owned()));
    let discovered =
        discovery::routes::<AppState>().map(|(path, _)| (Method::GET, path.to_owned()));
    let forms = [find_order::PATH, withdraw::PATH, CHOICE_PATH]
        .into_iter()
        .chain(checkout_form::LISTS)
        .map(|path| (Method::POST, path.to_owned()));
    let mut routes: Vec<_> = machine_routes
        .into_iter()
        .chain(pages)
        .chain(functions)
        .chain(admin)
        .chain(files)
        .chain(discovered)
        .chain(forms)
        .collect();
    routes.sort_by(|one, other| (&one.1, one.0.as_str()).cmp(&(&other.1, other.0.as_str())));
    routes
}

/// Builds the router.
///
/// # Errors
/// If the public URL is not an origin.
pub fn router(state: AppState) -> Result<Router, ConfigError> {
    let answering = Answering {
        webhooks: WebhookLog::new(&state.shop.settings.public_url),
        timeout: state.timeouts.request,
    };
    let pages = pages(&state)?;
    let machine_routes = machine_routes()
        .into_iter()
        .fold(Router::new(), |router, (_, path, handler)| {
            router.route(path, handler)
        })
        .with_state(state.clone());
    // Pages have a smaller limit of their own, and respond to a form above it with a page.
    let router = machine_routes
        .nest("/pkg", state.assets.pkg())
        .layer(RequestBodyLimitLayer::new(webhook::MAX_BODY_BYTES))
        .merge(pages)
        .merge(admin::router(&state));
    #[cfg(feature = "crash-points")]
    let router = router.layer(from_fn(reach_crash_point));
    // One stack: each layer that is added to a router alone costs every request some allocations,
    // and each function as a layer a copy of everything inside.
    let router = router.layer(
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::new(request_id::HEADER, MakeRequestUuid))
            .layer(
                TraceLayer::new_for_http()
                    .make_span_with(span)
                    .on_request(())
                    .on_response(log_response),
            )
            .layer(PropagateRequestIdLayer::new(request_id::HEADER))
            .layer(ResponseBodyTimeoutLayer::new(state.timeouts.stall))
            .layer(from_fn_with_state(answering, answer))
            .layer(CatchPanicLayer::custom(explanation::of_panic)),
    );
    Ok(router)
}

/// What [`answer`] needs.
#[derive(Clone, Debug)]
struct Answering {
    webhooks: WebhookLog,
    timeout: Duration,
}

/// Answers in time, with a sentence in every answer and its length, and logs refused webhooks.
async fn answer(
    State(Answering { webhooks, timeout }): State<Answering>,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().clone();
    let is_webhook = webhook::is_sent_to(&request);
    if is_webhook && let Some(refused) = webhooks.refuse_unknown(request.uri().path()) {
        return refused;
    }
    let response = deadline::within(timeout, request, next).await;
    let mut response = explanation::added(&method, response);
    // The timeout for a client that does not read hides the length.
    let length = response.body().size_hint().exact();
    if let Some(length) = length.filter(|length| *length > 0 && method != Method::HEAD) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    if is_webhook {
        webhooks.log_refused(&response);
    }
    response
}

/// Reaches the crash point before the response to a form or to a webhook is sent.
#[cfg(feature = "crash-points")]
async fn reach_crash_point(route: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let writes = *request.method() == Method::POST;
    let response = next.run(request).await;
    if let Some(route) = route.filter(|_| writes) {
        shop::crash_points::reach("answer", route.as_str());
    }
    response
}

/// Pages, server functions and files, with the middleware that browsers need.
fn pages(state: &AppState) -> Result<Router, ConfigError> {
    let all = Pages::from_ref(state);
    let (pages, functions) = (all.clone(), all.clone());
    let render = move |request| {
        let pages = pages.clone();
        async move { pages.respond(request, || {}).await }
    };
    // Other paths may be files, and those that are not get the page for 404.
    let files = state.assets.files_or(get(render.clone()));
    // Stripe's page sends shoppers back with a plain GET. A form from another site is rejected.
    let other_website = all.clone();
    let csrf = CsrfLayer::new().add_trusted_origin(&state.shop.settings.public_url)?;
    let discovered = discovery::routes::<AppState>()
        .into_iter()
        .fold(Router::new(), |router, (path, handler)| {
            router.route(path, handler)
        });
    let router = Router::new().leptos_routes_with_handler(generate_route_list(App), render);
    let router = self::functions().fold(router, |router, (method, path)| {
        let functions = functions.clone();
        let run = move |request| {
            let functions = functions.clone();
            async move {
                let context = move || functions.provide_context();
                handle_server_fns_with_context(context, request).await
            }
        };
        let filter = MethodFilter::try_from(method).unwrap_or(MethodFilter::POST);
        router.route(path, on(filter, run))
    });
    let router = checkout_form::LISTS
        .into_iter()
        .fold(router, |router, path| {
            router.route(path, post(listing_form::show))
        });
    Ok(router
        .route(find_order::PATH, post(find_order::receive))
        .route(CHOICE_PATH, post(choice::receive))
        .route(withdraw::PATH, post(withdraw::receive))
        .route(language::SWITCH_ROUTE, get(language::switch))
        .route(PICTURE_ROUTE, get(pictures::serve).layer(shared()))
        .route(notices::ROUTE, get(notices::serve))
        .route(theme::ROUTE, get(theme::serve))
        .merge(discovered)
        .fallback_service(files)
        .layer(RequestBodyLimitLayer::new(MAX_FORM_BYTES))
        .layer(from_fn_with_state(all, checkout_form::answer))
        .layer(from_fn(address::redirect_trimmed))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            cache_control,
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static(speculation::HEADER),
            speculation::header_of,
        ))
        .layer(csrf)
        .layer(from_fn_with_state(
            other_website,
            checkout_form::answer_other_website,
        ))
        .layer(from_fn_with_state(
            Arc::clone(&state.page_cache),
            page_cache::answer,
        ))
        // Kept pages are compressed already.
        .layer(CompressionLayer::new())
        .with_state(state.clone()))
}

/// Lets other websites show a picture: emails, shared links and price comparisons do.
fn shared() -> SetResponseHeaderLayer<HeaderValue> {
    let name = HeaderName::from_static("cross-origin-resource-policy");
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static("cross-origin"))
}

/// The default caching: pictures may be cached, other responses, such as those to forms, may not.
/// Pages set their own policy.
fn cache_control(response: &Response) -> Option<HeaderValue> {
    let kind = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let picture = kind.starts_with("image/") || response.status() == StatusCode::NOT_MODIFIED;
    Some(HeaderValue::from_static(if picture {
        PICTURE_CACHE_CONTROL
    } else {
        "no-store"
    }))
}

/// Logs a response. Health checks come all the time, so those that find nothing are for developers.
fn log_response<B>(response: &http::Response<B>, latency: Duration, span: &tracing::Span) {
    let level = match response.extensions().get::<health::Healthy>() {
        Some(_) => Level::DEBUG,
        None => Level::INFO,
    };
    DefaultOnResponse::new()
        .level(level)
        .on_response(response, latency, span);
}

/// The method for the log. Unknown ones are not logged: a client can make them arbitrarily long.
fn method(request: &Request) -> &'static str {
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

/// The span of a request. It has the route, never the path, which may contain an order's token.
fn span(request: &Request) -> tracing::Span {
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
