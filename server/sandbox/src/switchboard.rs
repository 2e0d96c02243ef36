//! The switchboard, `/_sandbox`: shows the sandbox's state and controls it, for developers and for
//! tests.
//!
//! | path | what |
//! |---|---|
//! | `GET /_sandbox` | the latest sessions, events and deliveries, the faults and the clock |
//! | `GET /_sandbox/sessions`, `/events`, `/deliveries` | lists, newest first; see below |
//! | `GET /_sandbox/sessions/{id}`, `/events/{id}` | one of them, with the related objects |
//! | `POST /_sandbox/sessions/{id}/{action}` | see [`actions::Action`] |
//! | `POST /_sandbox/events/{id}/resend` | resends the event, to one `endpoint` or to all |
//! | `POST /_sandbox/webhook_endpoints/{id}/roll_secret` | makes a new secret; see below |
//! | `GET`, `POST /_sandbox/faults` | the [`crate::faults::FaultPlan`]; `{}` clears it |
//! | `GET`, `POST /_sandbox/account` | the [`crate::account::AccountState`]; `{}` resets it |
//! | `GET`, `POST /_sandbox/clock` | the time; `{"advance": seconds}` moves the clock forward |
//! | `GET /_sandbox/ledger` | the payments and refunds that were really made |
//!
//! Lists take `limit` (25 by default, at most 100) and `starting_after`. After `roll_secret` the
//! old secret stays active for `expires_in` seconds, a day by default. The clock is reset at the
//! next start.
//!
//! Clients that accept `text/html` get pages, others get JSON. A `POST` takes a form, or a JSON
//! object with the same names. There is no authentication; [`guard`] rejects requests from other
//! sites in the same browser.

mod actions;
mod guard;
mod html;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::api::find_session;
use crate::app::App;
use crate::dispute;
use crate::endpoint::MAX_SECRET_OVERLAP;
use crate::error::ApiError;
use crate::event::Event;
use crate::faults::{FaultPlan, Faults};
use crate::form::{self, Fields};
use crate::ledger;
use crate::manual;
use crate::objects::dispute::Dispute;
use crate::objects::payment::Charge;
use crate::objects::refund::Refund;
use crate::objects::session::CheckoutSession;
use crate::store::Store;

use actions::{Action, PostBody};

const STYLESHEET: &str = include_str!("switchboard/switchboard.css");
/// The pages need only their stylesheet and their own forms.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; \
     form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";
/// The length of a list if `limit` is unset.
const DEFAULT_ROWS: usize = 25;
/// The largest `limit` of a list.
const MAX_ROWS: i64 = 100;
/// The length of each list on the overview.
const OVERVIEW_ROWS: usize = 10;

/// Everything below `/_sandbox`, behind the [`guard`].
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/_sandbox", get(overview))
        .route("/_sandbox/", get(overview))
        .route("/_sandbox/switchboard.css", get(stylesheet))
        .route("/_sandbox/sessions", get(sessions))
        .route("/_sandbox/sessions/{id}", get(session))
        .route("/_sandbox/sessions/{id}/{action}", post(act))
        .route("/_sandbox/events", get(events))
        .route("/_sandbox/events/{id}", get(event))
        .route("/_sandbox/events/{id}/resend", post(resend))
        .route("/_sandbox/deliveries", get(deliveries))
        .route(
            "/_sandbox/webhook_endpoints/{id}/roll_secret",
            post(roll_secret),
        )
        .route("/_sandbox/faults", get(faults).post(set_faults))
        .route("/_sandbox/account", get(account).post(set_account))
        .route("/_sandbox/clock", get(clock).post(advance_clock))
        .route("/_sandbox/ledger", get(ledger))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            guard::reject_cross_origin,
        ))
}

fn wants_html(headers: &HeaderMap) -> bool {
    guard::header_value(headers, "accept").is_some_and(|accept| accept.contains("text/html"))
}

/// `GET /_sandbox`
async fn overview(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let store = app.store();
    let newest = PageQuery {
        limit: OVERVIEW_ROWS,
        starting_after: None,
    };
    let sessions = newest.sessions(&store).unwrap_or_default();
    let events = newest.events(&store).unwrap_or_default();
    drop(store);
    let deliveries = newest.deliveries(&app).unwrap_or_default();
    let faults = app.faults().plan().clone();
    if wants_html(&headers) {
        let notice = notice(uri.query());
        let (now, ahead) = (app.clock.now(), app.clock.ahead());
        return page(
            StatusCode::OK,
            html::overview(&sessions, &events, &deliveries, &faults, now, ahead, notice),
        );
    }
    json_response(&json!({
        "sessions": sessions.json(),
        "events": events.json(),
        "deliveries": deliveries.json(),
        "faults": faults,
        "clock": clock_json(&app),
    }))
}

/// The query of a list: which page of it.
struct PageQuery {
    limit: usize,
    starting_after: Option<String>,
}

/// One page of a list, and whether there are more rows.
#[derive(Default)]
struct ListPage {
    rows: Vec<Value>,
    has_more: bool,
}

impl ListPage {
    fn json(&self) -> Value {
        json!({ "object": "list", "data": self.rows, "has_more": self.has_more })
    }
}

impl PageQuery {
    fn from_query(query: Option<&str>) -> Result<PageQuery, ApiError> {
        let mut fields = Fields::of_request(form::parse(query.unwrap_or_default().as_bytes())?);
        let limit = fields.integer("limit")?;
        let starting_after = fields.text("starting_after")?;
        fields.finish()?;
        if limit.is_some_and(|limit| !(1..=MAX_ROWS).contains(&limit)) {
            return Err(
                ApiError::invalid(format!("limit must be between 1 and {MAX_ROWS}."))
                    .param("limit"),
            );
        }
        Ok(PageQuery {
            limit: limit
                .and_then(|limit| usize::try_from(limit).ok())
                .unwrap_or(DEFAULT_ROWS),
            starting_after,
        })
    }

    fn paginate<T>(
        &self,
        older: Option<impl Iterator<Item = T>>,
        row: impl Fn(T) -> Value,
    ) -> Result<ListPage, ApiError> {
        let unknown = || ApiError::invalid("There is no such row.").param("starting_after");
        let mut rows: Vec<Value> = older
            .ok_or_else(unknown)?
            .take(self.limit + 1)
            .map(row)
            .collect();
        let has_more = rows.len() > self.limit;
        rows.truncate(self.limit);
        Ok(ListPage { rows, has_more })
    }

    fn sessions(&self, store: &Store) -> Result<ListPage, ApiError> {
        let older = store.sessions.older_than(self.starting_after.as_deref());
        self.paginate(older, session_row)
    }

    fn events(&self, store: &Store) -> Result<ListPage, ApiError> {
        let older = store.events.older_than(self.starting_after.as_deref());
        self.paginate(older, event_row)
    }

    fn deliveries(&self, app: &App) -> Result<ListPage, ApiError> {
        let attempts = app.attempts();
        let older = attempts.older_than(self.starting_after.as_deref());
        self.paginate(older, |attempt| json!(attempt))
    }
}

fn session_row(session: &CheckoutSession) -> Value {
    json!({
        "id": session.id,
        "created": session.created,
        "expires_at": session.expires_at,
        "status": session.status,
        "payment_status": session.payment_status,
        "amount_total": session.total(),
        "currency": session.currency.code(),
        "client_reference_id": session.client_reference_id,
        "payment_intent": session.payment_intent,
    })
}

fn event_row(event: &Event) -> Value {
    let object: Value = event.object_json();
    json!({
        "id": event.id,
        "created": event.created,
        "type": event.kind.name(),
        "object": object["id"],
        "deliveries": event.deliveries,
    })
}

/// `GET /_sandbox/sessions`
async fn sessions(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let listed = PageQuery::from_query(uri.query()).and_then(|query| query.sessions(&app.store()));
    list_response(&app, &headers, listed, html::sessions)
}

/// `GET /_sandbox/events`
async fn events(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let listed = PageQuery::from_query(uri.query()).and_then(|query| query.events(&app.store()));
    list_response(&app, &headers, listed, html::events)
}

/// `GET /_sandbox/deliveries`
async fn deliveries(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let listed = PageQuery::from_query(uri.query()).and_then(|query| query.deliveries(&app));
    list_response(&app, &headers, listed, html::deliveries)
}

fn list_response(
    app: &App,
    headers: &HeaderMap,
    listed: Result<ListPage, ApiError>,
    html: fn(&ListPage) -> String,
) -> Response {
    match listed {
        Err(error) => error_response(app, headers, &error),
        Ok(listed) if wants_html(headers) => page(StatusCode::OK, html(&listed)),
        Ok(listed) => json_response(&listed.json()),
    }
}

/// `GET /_sandbox/sessions/{id}`
async fn session(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    match session_json(&app, &id) {
        Err(error) => error_response(&app, &headers, &error),
        Ok(shown) if wants_html(&headers) => {
            page(StatusCode::OK, html::session(&shown, notice(uri.query())))
        }
        Ok(shown) => json_response(&shown),
    }
}

/// A session with the objects of its payment, and the available actions.
fn session_json(app: &App, id: &str) -> Result<Value, ApiError> {
    let store = app.store();
    let session = find_session(&store, id)?;
    let intent = session
        .payment_intent
        .as_ref()
        .and_then(|id| store.payment_intents.get(id));
    let charge = intent
        .and_then(|intent| intent.latest_charge.as_ref())
        .and_then(|id| store.charges.get(id));
    let dispute = charge.and_then(|charge| dispute::of_charge(&store, charge));
    let refunds: Vec<Value> = store
        .refunds
        .iter()
        .filter(|refund| charge.is_some_and(|charge| charge.id == refund.charge))
        .map(Refund::json)
        .collect();
    Ok(json!({
        "session": session.json(&app.origin),
        "payment_intent": intent.map(|intent| intent.json(None)),
        "charge": charge.map(Charge::json),
        "refunds": refunds,
        "dispute": dispute.map(Dispute::json),
        "actions": Action::available(session, intent, charge, dispute),
    }))
}

/// `POST /_sandbox/sessions/{id}/{action}`
async fn act(
    State(app): State<Arc<App>>,
    Path((id, action)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let unknown = || ApiError {
        status: StatusCode::NOT_FOUND,
        ..ApiError::invalid(format!(
            "There is no such action. Available actions: {}.",
            Action::names()
        ))
    };
    let result = Action::from_name(&action)
        .ok_or_else(unknown)
        .and_then(|action| {
            action.execute(&app, &id, PostBody::read(&headers, &body)?)?;
            session_json(&app, &id)
        });
    match result {
        Err(error) => error_response(&app, &headers, &error),
        Ok(_) if wants_html(&headers) => {
            see_other(&format!("/_sandbox/sessions/{id}?done={action}"))
        }
        Ok(shown) => json_response(&shown),
    }
}

/// `GET /_sandbox/events/{id}`
async fn event(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    match event_json(&app, &id) {
        Err(error) => error_response(&app, &headers, &error),
        Ok(shown) if wants_html(&headers) => {
            page(StatusCode::OK, html::event(&shown, notice(uri.query())))
        }
        Ok(shown) => json_response(&shown),
    }
}

/// An event with the state of its deliveries and the logged attempts.
fn event_json(app: &App, id: &str) -> Result<Value, ApiError> {
    let attempts: Vec<Value> = app
        .attempts()
        .of_event(id)
        .map(|attempt| json!(attempt))
        .collect();
    let store = app.store();
    let event = store
        .events
        .get(id)
        .ok_or_else(|| ApiError::no_such("event", id, "id"))?;
    Ok(json!({ "event": event.json(), "deliveries": event.deliveries, "attempts": attempts }))
}

/// `POST /_sandbox/events/{id}/resend`
async fn resend(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let sent = PostBody::read(&headers, &body).and_then(|mut posted| {
        let endpoint = posted.text("endpoint")?;
        posted.finish()?;
        manual::resend(&app, &id, endpoint.as_deref())?;
        event_json(&app, &id)
    });
    match sent {
        Err(error) => error_response(&app, &headers, &error),
        Ok(_) if wants_html(&headers) => see_other(&format!("/_sandbox/events/{id}?done=resend")),
        Ok(shown) => json_response(&shown),
    }
}

/// `POST /_sandbox/webhook_endpoints/{id}/roll_secret`
async fn roll_secret(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let rolled = PostBody::read(&headers, &body).and_then(|mut posted| {
        let overlap = posted.integer("expires_in")?.unwrap_or(MAX_SECRET_OVERLAP);
        posted.finish()?;
        manual::roll_secret(&app, &id, overlap)
    });
    match rolled {
        Err(error) => error_response(&app, &headers, &error),
        Ok(endpoint) => json_response(&endpoint),
    }
}

/// `POST /_sandbox/faults`: sets the fault plan; `{}` or an empty form clears it.
async fn set_faults(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let plan = PostBody::read(&headers, &body).and_then(PostBody::fault_plan);
    match plan {
        Err(error) => error_response(&app, &headers, &error),
        Ok(plan) => {
            *app.faults() = Faults::from_plan(plan.clone());
            if wants_html(&headers) {
                return see_other("/_sandbox?done=faults#faults");
            }
            json_response(&json!(plan))
        }
    }
}

/// `GET /_sandbox/faults`: the current fault plan.
async fn faults(State(app): State<Arc<App>>) -> Response {
    let plan: FaultPlan = app.faults().plan().clone();
    json_response(&json!(plan))
}

/// `POST /_sandbox/account`: sets the state of the account until the sandbox stops.
async fn set_account(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let state = PostBody::read(&headers, &body).and_then(PostBody::account_state);
    match state {
        Err(error) => error_response(&app, &headers, &error),
        Ok(state) => {
            *app.account() = state.clone();
            json_response(&json!(state))
        }
    }
}

/// `GET /_sandbox/account`: the state of the account.
async fn account(State(app): State<Arc<App>>) -> Response {
    let state = app.account().clone();
    json_response(&json!(state))
}

/// `GET /_sandbox/ledger`
async fn ledger(State(app): State<Arc<App>>) -> Response {
    let ledger = ledger::json(&app.store());
    json_response(&ledger)
}

/// `GET /_sandbox/clock`
async fn clock(State(app): State<Arc<App>>) -> Response {
    json_response(&clock_json(&app))
}

fn clock_json(app: &App) -> Value {
    json!({ "now": app.clock.now(), "ahead": app.clock.ahead() })
}

/// `POST /_sandbox/clock`
async fn advance_clock(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let advance = PostBody::read(&headers, &body).and_then(|mut posted| {
        let advance = posted.integer("advance")?;
        posted.finish()?;
        advance
            .and_then(|seconds| u32::try_from(seconds).ok())
            .ok_or_else(|| {
                ApiError::invalid("advance must be a number of seconds, 0 or more.")
                    .param("advance")
            })
    });
    match advance {
        Err(error) => error_response(&app, &headers, &error),
        Ok(seconds) => {
            app.clock.advance(seconds);
            if wants_html(&headers) {
                return see_other("/_sandbox?done=clock#clock");
            }
            json_response(&clock_json(&app))
        }
    }
}

/// `GET /_sandbox/switchboard.css`
async fn stylesheet() -> Response {
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], STYLESHEET).into_response()
}

/// The notice for the action in `?done=`. Unknown values are ignored.
fn notice(query: Option<&str>) -> Option<&'static str> {
    let name = query?.strip_prefix("done=")?;
    match name {
        "faults" => Some("The faults are set."),
        "clock" => Some("The clock was moved forward."),
        "resend" => Some("The event is being resent."),
        name => Some(Action::from_name(name)?.notice()),
    }
}

fn json_response(body: &Value) -> Response {
    let text = serde_json::to_string_pretty(body).unwrap_or_default();
    let kind = HeaderValue::from_static("application/json");
    let mut response = ([(header::CONTENT_TYPE, kind)], text).into_response();
    set_security_headers(response.headers_mut());
    response
}

fn page(status: StatusCode, html: String) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    let mut response = (status, [(header::CONTENT_TYPE, kind)], html).into_response();
    set_security_headers(response.headers_mut());
    response
}

fn error_response(app: &App, headers: &HeaderMap, error: &ApiError) -> Response {
    if wants_html(headers) {
        return page(error.status, html::error(&error.message));
    }
    let body = error.body(&format!("{}/_sandbox", app.origin));
    let mut response = json_response(&body);
    *response.status_mut() = error.status;
    response
}

fn see_other(location: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    set_security_headers(response.headers_mut());
    response
}

fn set_security_headers(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        // Not `no-referrer`: browsers would then submit the page's own forms with `Origin: null`.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
