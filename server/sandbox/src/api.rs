//! Stripe's API under `/v1/` and `/v2/`: the routes, and what all endpoints share.

mod account;
mod balance_transactions;
mod charges;
mod checkout_sessions;
mod coupons;
mod disputes;
mod event_destinations;
mod events;
mod invoices;
mod list;
mod payment_intents;
mod payment_pages;
mod promotion_codes;
mod refunds;
mod webhook_endpoints;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use crate::account::AccountState;
use crate::app::App;
use crate::clock::http_date;
use crate::connection::Connection;
use crate::error::{ApiError, ErrorType};
use crate::event::{API_VERSION, EventRequest};
use crate::faults::{CallFault, add_extra_fields};
use crate::form::{self, Fields, Params};
use crate::idempotency::{SavedBody, SavedResponse};
use crate::ids;
use crate::objects::session::CheckoutSession;
use crate::store::{Store, Transaction};

pub(crate) use checkout_sessions::find as find_session;
pub(crate) use payment_pages::{Confirmation, Instrument, confirm_session};
pub(crate) use refunds::charge_of_intent;
pub(crate) use webhook_endpoints::find as find_endpoint;

/// More than a session with 100 line items needs.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Of an idempotency key, in characters.
const MAX_KEY_LENGTH: usize = 255;
const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// One request to an endpoint.
#[derive(Debug)]
pub(crate) struct Call {
    /// The id in the path; empty if there is none.
    pub(crate) id: String,
    pub(crate) params: Params,
    /// Seconds since 1970.
    pub(crate) now: i64,
    pub(crate) origin: String,
    /// The state of the account.
    pub(crate) account: AccountState,
    /// The request that events of this call name as their cause.
    pub(crate) request: EventRequest,
}

impl Call {
    /// The parameters, for reading one by one.
    pub(crate) fn fields(&self) -> Fields {
        Fields::of_request(self.params.clone())
    }
}

/// What an endpoint that writes returns.
#[derive(Debug)]
pub(crate) struct Reply {
    body: Value,
    /// What to save for the idempotency key; `None` saves the text of `body`.
    saved: Option<SavedBody>,
}

impl Reply {
    pub(crate) fn new(body: Value) -> Reply {
        Reply { body, saved: None }
    }

    /// A session that was just created: it can be rendered again, so its text is not saved.
    pub(crate) fn created_session(body: Value, id: String, expand: Vec<String>) -> Reply {
        Reply {
            body,
            saved: Some(SavedBody::CreatedSession { id, expand }),
        }
    }
}

type Read = fn(&Call, &Store) -> Result<Value, ApiError>;
type Write = fn(&Call, &mut Transaction<'_>) -> Result<Reply, ApiError>;

enum Endpoint {
    Read(Read),
    Write(Write),
    /// Called on the shopper's behalf: needs no secret key, gets no faults.
    Shopper(Write),
}

/// Finds the endpoint for a method and a path, and the id in the path (empty if there is none).
fn endpoint<'p>(method: &Method, path: &'p str) -> Option<(Endpoint, &'p str)> {
    use Endpoint::{Read, Shopper, Write};
    let segments: Vec<&str> = path
        .strip_prefix("/v1/")
        .unwrap_or(path)
        .split('/')
        .collect();
    let found = match (method.as_str(), segments.as_slice()) {
        ("POST", ["checkout", "sessions"]) => (Write(checkout_sessions::create), ""),
        ("GET", ["checkout", "sessions"]) => (Read(checkout_sessions::list), ""),
        ("GET", ["checkout", "sessions", id]) => (Read(checkout_sessions::retrieve), *id),
        ("POST", ["checkout", "sessions", id, "expire"]) => (Write(checkout_sessions::expire), *id),
        ("GET", ["checkout", "sessions", id, "line_items"]) => {
            (Read(checkout_sessions::line_items), *id)
        }
        ("POST", ["payment_pages", id, "confirm"]) => (Shopper(payment_pages::confirm), *id),
        ("GET", ["payment_intents", id]) => (Read(payment_intents::retrieve), *id),
        ("GET", ["charges", id]) => (Read(charges::retrieve), *id),
        ("POST", ["refunds"]) => (Write(refunds::create), ""),
        ("GET", ["refunds"]) => (Read(refunds::list), ""),
        ("GET", ["refunds", id]) => (Read(refunds::retrieve), *id),
        ("GET", ["disputes"]) => (Read(disputes::list), ""),
        ("GET", ["disputes", id]) => (Read(disputes::retrieve), *id),
        ("GET", ["invoices", id]) => (Read(invoices::retrieve), *id),
        ("GET", ["balance_transactions", id]) => (Read(balance_transactions::retrieve), *id),
        ("GET", ["account"]) => (Read(account::retrieve), ""),
        ("GET", ["accounts", id]) => (Read(account::retrieve_by_id), *id),
        ("POST", ["webhook_endpoints"]) => (Write(webhook_endpoints::create), ""),
        ("GET", ["webhook_endpoints"]) => (Read(webhook_endpoints::list), ""),
        ("GET", ["webhook_endpoints", id]) => (Read(webhook_endpoints::retrieve), *id),
        ("POST", ["webhook_endpoints", id]) => (Write(webhook_endpoints::update), *id),
        ("DELETE", ["webhook_endpoints", id]) => (Write(webhook_endpoints::delete), *id),
        ("POST", ["coupons"]) => (Write(coupons::create), ""),
        ("GET", ["coupons"]) => (Read(coupons::list), ""),
        ("GET", ["coupons", id]) => (Read(coupons::retrieve), *id),
        ("POST", ["promotion_codes"]) => (Write(promotion_codes::create), ""),
        ("GET", ["promotion_codes"]) => (Read(promotion_codes::list), ""),
        ("GET", ["promotion_codes", id]) => (Read(promotion_codes::retrieve), *id),
        ("POST", ["promotion_codes", id]) => (Write(promotion_codes::update), *id),
        ("GET", ["events"]) => (Read(events::list), ""),
        ("GET", ["events", id]) => (Read(events::retrieve), *id),
        ("POST", ["", "v2", "core", "event_destinations"]) => {
            (Write(event_destinations::create), "")
        }
        ("GET", ["", "v2", "core", "event_destinations"]) => (Read(event_destinations::list), ""),
        ("GET", ["", "v2", "core", "event_destinations", id]) => {
            (Read(event_destinations::retrieve), *id)
        }
        ("DELETE", ["", "v2", "core", "event_destinations", id]) => {
            (Write(event_destinations::delete), *id)
        }
        _ => return None,
    };
    Some(found)
}

/// A response, before the headers that every response has.
#[derive(Debug)]
struct ApiResponse {
    status: StatusCode,
    body: String,
    replayed: bool,
    should_retry: Option<bool>,
    /// The `Allow` header of a response to OPTIONS.
    allow: Option<String>,
    /// An error page of a proxy, without Stripe's headers.
    by_proxy: bool,
}

impl ApiResponse {
    fn new(status: StatusCode, body: &Value) -> ApiResponse {
        let body = serde_json::to_string_pretty(body).unwrap_or_default();
        ApiResponse {
            status,
            body,
            replayed: false,
            should_retry: None,
            allow: None,
            by_proxy: false,
        }
    }

    /// Adds the fields of the fault `extra_fields`. The response saved for the idempotency key does
    /// not get them: faults are drawn for each response.
    fn with_extra_fields(mut self, wanted: bool) -> ApiResponse {
        if wanted && let Ok(mut body) = serde_json::from_str(&self.body) {
            add_extra_fields(&mut body);
            self.body = serde_json::to_string_pretty(&body).unwrap_or_default();
        }
        self
    }
}

/// Handles a request under `/v1/` or `/v2/`.
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response {
    let request_id = ids::request_id();
    let (parts, body) = request.into_parts();
    let outcome = dispatch(&app, &connection, &parts, body, &request_id).await;
    let response = outcome.unwrap_or_else(|error| error_response(&app, &error, &request_id));
    tracing::info!(
        method = %parts.method,
        path = parts.uri.path(),
        status = response.status.as_u16(),
        request_id,
        "Stripe sandbox: {} {}",
        parts.method,
        parts.uri.path(),
    );
    into_http_response(response, &parts.headers, &request_id, &app)
}

/// Handles a path that Stripe's API does not have.
pub(crate) async fn unrecognized(State(app): State<Arc<App>>, request: Request) -> Response {
    let request_id = ids::request_id();
    let error = unrecognized_url(request.method(), request.uri().path());
    into_http_response(
        error_response(&app, &error, &request_id),
        request.headers(),
        &request_id,
        &app,
    )
}

async fn dispatch(
    app: &App,
    connection: &Connection,
    parts: &Parts,
    body: Body,
    request_id: &str,
) -> Result<ApiResponse, ApiError> {
    let path = parts.uri.path();
    if parts.method == Method::OPTIONS {
        return allowed_methods(path).ok_or_else(|| unrecognized_url(&parts.method, path));
    }
    // The server leaves the body out of a response to HEAD.
    let method = match parts.method {
        Method::HEAD => &Method::GET,
        _ => &parts.method,
    };
    let found = endpoint(method, path);
    if !matches!(found, Some((Endpoint::Shopper(_), _))) {
        authenticate(&parts.headers)?;
        app.account().authorize(path)?;
    }
    let (endpoint, id) = found.ok_or_else(|| unrecognized_url(&parts.method, path))?;
    let key = idempotency_key(&parts.method, &parts.headers)?;
    let body = to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            ErrorType::InvalidRequest,
            "The request's body is too large.",
        )
    })?;
    let call = Call {
        id: id.to_owned(),
        params: parameters(parts, &body)?,
        now: app.clock.now(),
        origin: app.origin.clone(),
        account: app.account().clone(),
        request: EventRequest {
            id: request_id.to_owned(),
            idempotency_key: key.clone(),
        },
    };
    match endpoint {
        Endpoint::Shopper(write) => execute(app, write, &call, parts, key.as_deref()),
        Endpoint::Read(read) => {
            let faults = app.faults().draw_call();
            wait(faults.delay).await;
            if let Some(fault) = faults.instead {
                return Ok(fault_response(app, fault, request_id).await);
            }
            let mut body = read(&call, &app.store())?;
            if faults.lose_answer {
                connection.cut().await;
            }
            if faults.extra_fields {
                add_extra_fields(&mut body);
            }
            Ok(ApiResponse::new(StatusCode::OK, &body))
        }
        Endpoint::Write(write) => {
            let faults = app.faults().draw_call();
            // A call that hangs never reached Stripe, so it does not lock its key.
            if faults.instead == Some(CallFault::Hang) {
                return Ok(fault_response(app, CallFault::Hang, request_id).await);
            }
            // Held until the response is ready: another request with the same key gets a 409.
            let guard = key
                .as_deref()
                .map(|key| app.keys_in_use.acquire(key))
                .transpose()?;
            wait(faults.delay).await;
            if let Some(fault) = faults.instead {
                return Ok(fault_response(app, fault, request_id).await);
            }
            let write = if faults.fails_midway {
                fail_midway
            } else {
                write
            };
            let response = execute(app, write, &call, parts, key.as_deref());
            drop(guard);
            if faults.lose_answer {
                connection.cut().await;
            }
            response.map(|response| response.with_extra_fields(faults.extra_fields))
        }
    }
}

/// Sleeps. A sleep of zero would last until the timer's next millisecond.
async fn wait(delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}

/// The response to OPTIONS. It has no CORS headers: secret keys do not belong in a browser.
fn allowed_methods(path: &str) -> Option<ApiResponse> {
    let known = [Method::GET, Method::POST, Method::DELETE]
        .into_iter()
        .filter(|method| endpoint(method, path).is_some());
    let mut names: Vec<String> = known.map(|method| method.to_string()).collect();
    if names.is_empty() {
        return None;
    }
    if names.iter().any(|name| name == "GET") {
        names.push("HEAD".to_owned());
    }
    names.push("OPTIONS".to_owned());
    Some(ApiResponse {
        body: String::new(),
        allow: Some(names.join(", ")),
        ..ApiResponse::new(StatusCode::NO_CONTENT, &Value::Null)
    })
}

/// Executes a write, or returns the response saved for its idempotency key. The response is saved
/// in the same transaction as the changes it reports.
fn execute(
    app: &App,
    write: Write,
    call: &Call,
    parts: &Parts,
    key: Option<&str>,
) -> Result<ApiResponse, ApiError> {
    let fingerprint = form::fingerprint(parts.method.as_str(), parts.uri.path(), &call.params);
    let written = app.transact(|tx| {
        if let Some(key) = key
            && let Some(saved) = tx
                .store()
                .saved_responses
                .find(key, &fingerprint, call.now)?
        {
            return Ok(replay(saved, tx.store(), &call.origin));
        }
        let (response, saved) = match write(call, tx) {
            Ok(reply) => (ApiResponse::new(StatusCode::OK, &reply.body), reply.saved),
            Err(error) if error.executed => (error_response(app, &error, &call.request.id), None),
            Err(error) => return Err(error),
        };
        if let Some(key) = key {
            tx.save_response(SavedResponse {
                key: key.to_owned(),
                fingerprint,
                created: call.now,
                status: response.status.as_u16(),
                body: saved.unwrap_or_else(|| SavedBody::Text(response.body.clone())),
            });
        }
        Ok(response)
    });
    written.unwrap_or_else(|error| Err(ApiError::state_file(&error)))
}

/// The fault `error_kept`: an error that is saved for the idempotency key.
fn fail_midway(_: &Call, _: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let message = "Injected fault: something went wrong; the same key gets this error again.";
    Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorType::Api, message).executed())
}

fn replay(saved: &SavedResponse, store: &Store, origin: &str) -> ApiResponse {
    let status = StatusCode::from_u16(saved.status).unwrap_or(StatusCode::OK);
    let response = match &saved.body {
        SavedBody::Text(text) => ApiResponse {
            body: text.clone(),
            ..ApiResponse::new(status, &Value::Null)
        },
        SavedBody::CreatedSession { id, expand } => {
            let session = store.sessions.get(id).map(CheckoutSession::as_created);
            let body =
                session.map(|session| checkout_sessions::render(&session, store, origin, expand));
            ApiResponse::new(status, &body.unwrap_or_default())
        }
    };
    ApiResponse {
        replayed: true,
        ..response
    }
}

/// Refuses everything but a test key, sent as a Bearer token or as the user name of Basic.
fn authenticate(headers: &HeaderMap) -> Result<(), ApiError> {
    let unauthorized = |message: String| {
        ApiError::new(StatusCode::UNAUTHORIZED, ErrorType::InvalidRequest, message)
    };
    let header = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let key = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim().to_owned(),
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("basic") => {
            let user = base64(token.trim())
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .unwrap_or_default();
            user.split(':').next().unwrap_or_default().to_owned()
        }
        _ => String::new(),
    };
    if key.is_empty() {
        return Err(unauthorized(
            "You did not provide an API key. You need to provide your API key in the \
             Authorization header, using Bearer auth (e.g. 'Authorization: Bearer \
             YOUR_SECRET_KEY')."
                .to_owned(),
        ));
    }
    if key.starts_with("sk_live_") || key.starts_with("rk_live_") {
        return Err(unauthorized(
            "This is a sandbox on your own machine: it takes no live key. Use sk_test_sandbox."
                .to_owned(),
        ));
    }
    if !key.starts_with("sk_test_") && !key.starts_with("rk_test_") {
        return Err(unauthorized(format!(
            "Invalid API Key provided: {}",
            masked(&key)
        )));
    }
    Ok(())
}

/// Replaces all but the first eight and the last four characters by `*`; all of a short key.
fn masked(key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    let visible = |at: usize| characters.len() > 16 && (at < 8 || at + 4 >= characters.len());
    characters
        .iter()
        .enumerate()
        .map(|(at, c)| if visible(at) { *c } else { '*' })
        .collect()
}

/// Decodes standard base64, padded or not; `None` for anything else.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xFFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

fn idempotency_key(method: &Method, headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(key) = headers
        .get("idempotency-key")
        .filter(|_| *method == Method::POST)
    else {
        return Ok(None);
    };
    let key = key
        .to_str()
        .map_err(|_| ApiError::invalid("Idempotency keys must be printable ASCII."))?;
    if key.len() > MAX_KEY_LENGTH {
        return Err(ApiError::invalid(format!(
            "Idempotency keys can be at most {MAX_KEY_LENGTH} characters long."
        )));
    }
    Ok(Some(key.to_owned()).filter(|key| !key.is_empty()))
}

/// The parameters of the query and the form body together. Version 2 of the API takes JSON.
fn parameters(parts: &Parts, body: &Bytes) -> Result<Params, ApiError> {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    if !parts.uri.path().starts_with("/v2/") || body.is_empty() {
        return form::parse(&[query, body].join(&b'&'));
    }
    let sent: Value = serde_json::from_slice(body)
        .map_err(|_| ApiError::invalid("The request's body is not JSON."))?;
    let mut pairs = Vec::new();
    flatten("", &sent, &mut pairs);
    let written = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    form::parse(&[query, written.as_bytes()].join(&b'&'))
}

/// Flattens JSON into the pairs of a form: `a[b][0]=c`.
fn flatten(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    let child = |key: &str| match name {
        "" => key.to_owned(),
        name => format!("{name}[{key}]"),
    };
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (key, value) in fields {
                flatten(&child(key), value, pairs);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                flatten(&child(&at.to_string()), value, pairs);
            }
        }
        Value::String(text) => pairs.push((name.to_owned(), text.clone())),
        other => pairs.push((name.to_owned(), other.to_string())),
    }
}

fn unrecognized_url(method: &Method, path: &str) -> ApiError {
    let message = format!(
        "Unrecognized request URL ({method}: {path}). The sandbox knows only a part of Stripe's \
         API; otherwise see https://stripe.com/docs."
    );
    ApiError {
        status: StatusCode::NOT_FOUND,
        ..ApiError::invalid(message)
    }
}

fn error_response(app: &App, error: &ApiError, request_id: &str) -> ApiResponse {
    ApiResponse::new(
        error.status,
        &error.body(&format!("{}/_sandbox?request={request_id}", app.origin)),
    )
}

async fn fault_response(app: &App, fault: CallFault, request_id: &str) -> ApiResponse {
    let (status, should_retry) = match fault {
        CallFault::Hang => return std::future::pending().await,
        CallFault::BadGateway => {
            return ApiResponse {
                body: BAD_GATEWAY.to_owned(),
                by_proxy: true,
                ..ApiResponse::new(StatusCode::BAD_GATEWAY, &Value::Null)
            };
        }
        CallFault::Error(status, should_retry) => (status, should_retry),
    };
    let (kind, code, message) = match status {
        StatusCode::CONFLICT => (
            ErrorType::InvalidRequest,
            Some("lock_timeout"),
            "Injected fault: this object is locked.",
        ),
        StatusCode::TOO_MANY_REQUESTS => (
            ErrorType::InvalidRequest,
            Some("rate_limit"),
            "Injected fault: too many requests.",
        ),
        _ => (
            ErrorType::Api,
            None,
            "Injected fault: something went wrong.",
        ),
    };
    let mut error = ApiError::new(status, kind, message);
    error.code = code;
    ApiResponse {
        should_retry,
        ..error_response(app, &error, request_id)
    }
}

fn into_http_response(
    api_response: ApiResponse,
    request: &HeaderMap,
    request_id: &str,
    app: &App,
) -> Response {
    let mut response = Response::new(Body::from(api_response.body));
    *response.status_mut() = api_response.status;
    let headers = response.headers_mut();
    if api_response.by_proxy {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        return response;
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let date = app.clock.now() + app.faults().plan().date_skew;
    if let Ok(date) = HeaderValue::from_str(&http_date(date)) {
        headers.insert(header::DATE, date);
    }
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store"),
    );
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("request-id", id);
    }
    let version = request.get("stripe-version").cloned();
    headers.insert(
        "stripe-version",
        version.unwrap_or(HeaderValue::from_static(API_VERSION)),
    );
    if let Some(key) = request.get("idempotency-key") {
        headers.insert("idempotency-key", key.clone());
    }
    if api_response.status == StatusCode::UNAUTHORIZED {
        let realm = HeaderValue::from_static("Basic realm=\"Stripe\"");
        headers.insert(header::WWW_AUTHENTICATE, realm);
    }
    if let Some(allow) = api_response
        .allow
        .and_then(|allow| HeaderValue::from_str(&allow).ok())
    {
        headers.insert(header::ALLOW, allow);
    }
    if api_response.replayed {
        headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    if let Some(should_retry) = api_response.should_retry {
        headers.insert(
            "stripe-should-retry",
            HeaderValue::from_static(if should_retry { "true" } else { "false" }),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(authorization: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(
            header::AUTHORIZATION,
            HeaderValue::from_static(authorization),
        )])
    }

    #[test]
    fn a_test_key_is_taken_as_bearer_and_as_the_user_of_basic() {
        assert!(authenticate(&headers("Bearer sk_test_sandbox")).is_ok());
        assert!(authenticate(&headers("Bearer rk_test_restricted")).is_ok());
        // base64 of `sk_test_sandbox:`
        assert!(authenticate(&headers("Basic c2tfdGVzdF9zYW5kYm94Og==")).is_ok());
    }

    #[test]
    fn every_other_key_is_refused() {
        for header in [
            "Bearer sk_live_x",
            "Bearer rk_live_x",
            "Bearer pk_test_x",
            "Bearer",
            "Bearer ",
            "Basic ====",
            "sk_test_x",
        ] {
            assert_eq!(
                authenticate(&headers(header)).map_err(|error| error.status),
                Err(StatusCode::UNAUTHORIZED),
                "{header}"
            );
        }
    }

    #[test]
    fn a_refused_key_is_shown_masked() {
        assert_eq!(
            masked("rk_test_0123456789abcdef"),
            "rk_test_************cdef"
        );
        assert_eq!(masked("short"), "*****");
    }
}
