//! The owner's admin: who makes a request, and the responses to its forms.
//!
//! The server functions are routed here, and not by Leptos, so that each passes the same checks:
//! the network, the form's origin, and the size. Its right it checks itself (`admin::access`).

use std::net::IpAddr;
use std::sync::Arc;

use admin::access::Denied;
use admin::decision::{Decision, DecisionSlot, Problem, unreadable};
use admin::held::{HeldForm, Reason};
use admin::sent::SentForm;
use admin::{AdminApp, is_page_of_admin, shell};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRef, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, get, on};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list, handle_server_fns_with_context};
use locale::{Language, negotiation};
use shop::Shop;
use shop::admin::{
    DeviceToken, SessionToken, SignedIn, Visit, device_cookie, session_cookie, signed_in,
};
use tower_http::limit::RequestBodyLimitLayer;
use url::form_urlencoded;

use super::app_state::AppState;
use super::assets::IMMUTABLE;
use super::client::ClientAddress;
use super::pages::{Pages, no_store};

mod export;
mod form;

/// The maximum size of a form of the admin, in bytes.
pub const MAX_ADMIN_FORM_BYTES: usize = 1024 * 1024;
/// The maximum size of a form of the admin with files, in bytes.
pub const MAX_UPLOAD_BYTES: usize = 32 * 1024 * 1024;
/// The maximum number of fields of a form that are shown again.
const MAX_FIELDS: usize = 5_000;

/// The server functions of the admin: methods and paths.
pub fn functions() -> impl Iterator<Item = (Method, &'static str)> {
    let all = leptos::server_fn::axum::server_fn_paths();
    all.filter(|(path, _)| path.starts_with(admin::API))
        .map(|(path, method)| (method, path))
}

/// The routes of the admin's pages and files.
pub fn pages() -> impl Iterator<Item = String> {
    let pages = generate_route_list(AdminApp).into_iter();
    let files = [admin::assets::STYLE_SHEET_PATH, admin::assets::SCRIPT_PATH];
    let tables = [
        export::ORDERS,
        export::PRODUCTS,
        export::SAMPLE,
        export::AUDIT,
    ];
    pages
        .map(|page| page.path().to_owned())
        .chain(files.map(ToOwned::to_owned))
        .chain(tables.map(ToOwned::to_owned))
        .chain([OTHERS.to_owned()])
}

/// The page that shows recovery codes, which only a form leads to.
const RECOVERY_CODES: &str = "/admin/account/recovery-codes";

/// Every other path below `/admin`.
const OTHERS: &str = "/admin/{*path}";

/// The admin's routes, with their middleware.
pub fn router(state: &AppState) -> Router {
    let router = Router::new()
        .leptos_routes_with_handler(generate_route_list(AdminApp), show)
        .route(export::ORDERS, get(export::orders))
        .route(export::PRODUCTS, get(export::products))
        .route(export::SAMPLE, get(export::sample))
        .route(export::AUDIT, get(export::audit_log))
        .route(OTHERS, get(show))
        .layer(without_body());
    let (uploads, forms): (Vec<_>, Vec<_>) = functions().partition(|(_, path)| takes_files(path));
    let router = forms.into_iter().fold(router, with_function);
    let uploads = uploads.into_iter().fold(Router::new(), with_function);
    let uploads = uploads.layer(from_fn_with_state(state.clone(), identify));
    // These are the same for everybody.
    let files = Router::new()
        .route(admin::assets::STYLE_SHEET_PATH, get(style_sheet))
        .route(admin::assets::SCRIPT_PATH, get(script))
        .layer(without_body());
    router
        .layer(from_fn_with_state(state.clone(), identify))
        .merge(uploads)
        .merge(files)
        .with_state(state.clone())
}

/// For what reads no body. Forms answer one above their limit with a page instead.
fn without_body() -> RequestBodyLimitLayer {
    RequestBodyLimitLayer::new(MAX_ADMIN_FORM_BYTES)
}

fn with_function(
    router: Router<AppState>,
    (method, path): (Method, &'static str),
) -> Router<AppState> {
    let filter = MethodFilter::try_from(method).unwrap_or(MethodFilter::POST);
    router.route(path, on(filter, receive))
}

/// Whether a server function takes files.
pub fn takes_files(path: &str) -> bool {
    admin::uploads::PATHS.contains(&path)
}

async fn style_sheet() -> Response {
    file("text/css; charset=utf-8", admin::assets::STYLE_SHEET)
}

async fn script() -> Response {
    file("text/javascript; charset=utf-8", admin::assets::SCRIPT)
}

/// A file whose address changes with its content.
fn file(kind: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, IMMUTABLE),
    ];
    (headers, content).into_response()
}

/// Finds out who makes a request, and adds it to the request's extensions.
async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientAddress>();
    let address = address.map_or(IpAddr::from([0, 0, 0, 0]), |ClientAddress(address)| {
        *address
    });
    if !state.admin_networks.allows(address) {
        // As if there were no admin.
        return no_store(StatusCode::NOT_FOUND.into_response());
    }
    let shop = &state.shop;
    let secure = shop.settings.public_url.starts_with("https://");
    let headers = request.headers();
    let device = cookie(headers, device_cookie(secure)).and_then(|value| value.parse().ok());
    let token = cookie(headers, session_cookie(secure));
    let token = token.and_then(|value| value.parse::<SessionToken>().ok());
    let agent = headers.get(header::USER_AGENT);
    let user_agent = agent.and_then(|agent| agent.to_str().ok());
    let visit = Visit {
        address,
        user_agent: user_agent.map(ToOwned::to_owned),
        device: device as Option<DeviceToken>,
    };
    let mut language = preferred(headers, shop);
    if let Some(token) = token {
        match signed_in(&shop.database, &token).await {
            Ok(Some(user)) => {
                language = user.language;
                request.extensions_mut().insert(user);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(
                    error = shop::error_chain::with_causes(&error),
                    "could not read a session of the admin"
                );
                return no_store(StatusCode::SERVICE_UNAVAILABLE.into_response());
            }
        }
        request.extensions_mut().insert(token);
    }
    request.extensions_mut().insert(visit);
    request.extensions_mut().insert(language);
    no_store(next.run(request).await)
}

/// The value of a cookie.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut cookies = cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='));
    cookies.find_map(|(found, value)| (found == name).then_some(value))
}

/// The language for somebody who is not signed in: of those that the admin is written in, the one
/// that the browser prefers, or else the shop's.
fn preferred(headers: &HeaderMap, shop: &Shop) -> Language {
    let languages = admin::languages();
    let accepted = headers.get(header::ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|accepted| accepted.to_str().ok());
    let accepted = accepted.and_then(|accepted| negotiation::negotiate(accepted, &languages));
    accepted.unwrap_or_else(|| admin::nearest(shop.settings.languages.default_language()))
}

/// Answers the request of a page.
async fn show(State(pages): State<Pages>, request: Request) -> Response {
    pages.respond_with(request, || {}, shell).await
}

/// Answers a form: runs its server function, and responds as that decides.
async fn receive(State(state): State<AppState>, request: Request) -> Response {
    let pages = Pages::from_ref(&state);
    let (mut parts, body) = request.into_parts();
    let length = parts.headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > max_bytes(&parts)) {
        return hold(&pages, parts, Vec::new(), Reason::TooLarge).await;
    }
    if !is_own(&parts.headers, &state.shop.settings.public_url) {
        return hold(&pages, parts, Vec::new(), Reason::OtherWebsite).await;
    }
    let Ok(body) = to_bytes(body, max_bytes(&parts)).await else {
        return hold(&pages, parts, Vec::new(), Reason::TooLarge).await;
    };
    let (fields, uploads) = form::read(&parts.headers, body).await;
    parts.extensions.insert(uploads);
    let sent = clone_of(&parts);
    let slot = DecisionSlot::default();
    let response = run(&pages, parts, &fields, slot.clone()).await;
    let decision = match slot.decision() {
        Some(decision) => decision,
        // It panicked.
        None if response.status().is_server_error() => return response,
        // Its arguments could not be read.
        None => Decision::Again {
            problems: vec![unreadable_in(&sent)],
            retry_after: None,
        },
    };
    respond(&pages, sent, fields, decision).await
}

/// The maximum size of this form, in bytes. Only who is signed in may send files.
fn max_bytes(parts: &Parts) -> usize {
    let is_signed_in = parts.extensions.get::<SignedIn>().is_some();
    match is_signed_in && takes_files(parts.uri.path()) {
        true => MAX_UPLOAD_BYTES,
        false => MAX_ADMIN_FORM_BYTES,
    }
}

fn unreadable_in(parts: &Parts) -> Problem {
    let language = parts.extensions.get::<Language>().copied();
    unreadable(language.unwrap_or_default())
}

/// Runs the server function.
async fn run(
    pages: &Pages,
    mut parts: Parts,
    fields: &[(String, String)],
    slot: DecisionSlot,
) -> Response {
    parts.extensions.insert(slot);
    // To a client that does not accept HTML, Leptos reports an unreadable form as a server error.
    let html = HeaderValue::from_static("text/html");
    parts.headers.insert(header::ACCEPT, html);
    parts.headers.remove(header::CONTENT_LENGTH);
    // Without NUL, which PostgreSQL does not store.
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let pages = pages.clone();
    let request = Request::from_parts(parts, Body::from(Bytes::from(body)));
    handle_server_fns_with_context(move || pages.provide_context(), request)
        .await
        .into_response()
}

/// Makes the response of a decision.
async fn respond(
    pages: &Pages,
    sent: Parts,
    fields: Vec<(String, String)>,
    decision: Decision,
) -> Response {
    match decision {
        Decision::Continue { to, cookies } => redirect(&to, &cookies),
        Decision::ShowCodes { codes, cookies } => {
            let mut response = render(pages, sent, RECOVERY_CODES, codes).await;
            set_cookies(&mut response, &cookies);
            response
        }
        Decision::Again {
            problems,
            retry_after,
        } => again(pages, sent, fields, problems, retry_after).await,
        Decision::Ask { fields: further } => {
            let mut fields = fields;
            fields.retain(|(name, _)| further.iter().all(|(one, _)| one != name));
            fields.splice(0..0, further);
            again(pages, sent, fields, Vec::new(), None).await
        }
        Decision::Denied(Denied::Forbidden(_)) => {
            hold(pages, sent, Vec::new(), Reason::Forbidden).await
        }
        Decision::Denied(denied) => hold(pages, sent, fields, Reason::Denied(denied)).await,
        Decision::Unavailable => hold(pages, sent, fields, Reason::Unavailable).await,
    }
}

fn redirect(to: &str, cookies: &[String]) -> Response {
    let Ok(to) = HeaderValue::try_from(to) else {
        tracing::error!("the address of a page of the admin is not a valid header value");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    set_cookies(&mut response, cookies);
    response
}

fn set_cookies(response: &mut Response, cookies: &[String]) {
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

/// Shows the form's page again, with what is wrong and what was typed.
async fn again(
    pages: &Pages,
    sent: Parts,
    mut fields: Vec<(String, String)>,
    problems: Vec<Problem>,
    retry_after: Option<u32>,
) -> Response {
    let from = fields.iter().find(|(name, _)| name == "from");
    let from = from.map(|(_, from)| from.clone());
    let page = from.filter(|from| is_page_of_admin(from));
    fields.truncate(MAX_FIELDS);
    let is_right = problems.is_empty();
    let form = Arc::new(SentForm {
        action: sent.uri.path().to_owned(),
        problems,
        fields,
        ..SentForm::default()
    });
    let page = page.unwrap_or_else(|| admin::ROOT.to_owned());
    let mut response = render(pages, sent, &page, form).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = match retry_after {
            Some(_) => StatusCode::TOO_MANY_REQUESTS,
            // A preview, or a question.
            None if is_right => StatusCode::OK,
            None => StatusCode::UNPROCESSABLE_ENTITY,
        };
    }
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// Shows a page that holds the form, so that it can be sent again.
async fn hold(
    pages: &Pages,
    sent: Parts,
    mut fields: Vec<(String, String)>,
    reason: Reason,
) -> Response {
    fields.truncate(MAX_FIELDS);
    let form = HeldForm {
        action: sent.uri.path().to_owned(),
        fields,
        reason,
    };
    let mut response = render(pages, sent, admin::ROOT, Arc::new(form)).await;
    *response.status_mut() = reason.status();
    response
}

/// Renders a page of the admin as a `GET` would, with `context`.
async fn render<T: Clone + Send + Sync + 'static>(
    pages: &Pages,
    mut sent: Parts,
    page: &str,
    context: T,
) -> Response {
    let Ok(uri) = page.parse() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    sent.uri = uri;
    sent.method = Method::GET;
    for name in [
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::TRANSFER_ENCODING,
    ] {
        sent.headers.remove(name);
    }
    let request = Request::from_parts(sent, Body::empty());
    let provide = move || provide_context(context.clone());
    pages.respond_with(request, provide, shell).await
}

/// A copy of what a page needs to know about a request.
fn clone_of(parts: &Parts) -> Parts {
    let (mut copy, ()) = http::Request::new(()).into_parts();
    copy.method = parts.method.clone();
    copy.uri = parts.uri.clone();
    copy.headers = parts.headers.clone();
    copy.extensions = parts.extensions.clone();
    copy
}

/// Whether a form was sent from a page of the shop. A request that does not say so is refused: all
/// browsers of the last years do.
fn is_own(headers: &HeaderMap, public_url: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = headers.get(header::ORIGIN);
    origin.is_some_and(|origin| origin.as_bytes() == public_url.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = of.iter().map(|(name, value)| {
            let name = header::HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn a_form_says_that_it_is_the_shops_own() {
        let own =
            |of: &[(&'static str, &'static str)]| is_own(&headers(of), "https://shop.example");
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(own(&[("origin", "https://shop.example")]));
        assert!(!own(&[]));
        assert!(!own(&[("origin", "null")]));
        assert!(!own(&[("origin", "https://shop.example.evil.example")]));
        assert!(!own(&[("referer", "https://shop.example/admin")]));
        for site in ["cross-site", "same-site", "none"] {
            let origin = ("origin", "https://shop.example");
            assert!(!own(&[("sec-fetch-site", site), origin]), "{site}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = headers(&[("cookie", "a=1; till-session=x; b=till-session=y")]);
        assert_eq!(cookie(&headers, "till-session"), Some("x"));
        assert_eq!(cookie(&headers, "session"), None);
    }
}
