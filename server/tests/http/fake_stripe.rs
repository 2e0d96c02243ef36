//! A Stripe that misbehaves on command, and records its requests.
//!
//! The sandbox has faults, too, but draws them at random; here a test says which call fails how.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::test_app::{eventually, now};

/// Stripe writes this for developers: shoppers must not read it.
pub const DEVELOPER_MESSAGE: &str = "You did not provide an API key of the dashboard";

/// How a call is answered.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// As Stripe would answer.
    Works,
    /// An error with this status; not executed.
    Error(u16),
    /// An HTML page, as from a proxy; not executed.
    Garbage,
    /// No answer; not executed.
    Hangs,
    /// Executed, then the connection is cut.
    Lost,
    /// Executed at once, answered after this delay.
    Slow(Duration),
    /// Executed and answered once [`FakeStripe::release`] is called.
    Held,
    /// Executed, and the answer's JSON is changed on the way.
    Edited(fn(&mut Value)),
    /// This status and body, which need not look like Stripe's; not executed.
    Body(u16, &'static str),
    /// An error with this status and `Stripe-Should-Retry`; not executed.
    ShouldRetry(u16, bool),
}

/// One request as received.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub path: String,
    /// As sent, percent-encoded; empty if there is none.
    pub query: String,
    pub idempotency_key: Option<String>,
    pub fields: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Inner {
    calls: Mutex<Vec<Call>>,
    /// Answers to the next calls, in order.
    script: Mutex<VecDeque<Answer>>,
    /// The answer to all calls after those.
    default_answer: Mutex<Answer>,
    /// Answers to calls whose path, query or parameters contain this text. They come before all
    /// others.
    matching: Mutex<Vec<(String, Answer)>>,
    connections: Arc<AtomicUsize>,
    /// By id, in the order of their creation.
    sessions: Mutex<BTreeMap<String, Value>>,
    /// The list of events, newest first.
    events: Mutex<Vec<Value>>,
    released: watch::Sender<bool>,
    url: String,
}

/// A running fake. It stops with the test's runtime.
#[derive(Clone, Debug)]
pub struct FakeStripe(Arc<Inner>);

impl FakeStripe {
    /// Answers the first calls as in `script`, and all others with `default_answer`.
    pub async fn start(script: &[Answer], default_answer: Answer) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self(Arc::new(Inner {
            calls: Mutex::default(),
            script: Mutex::new(script.iter().copied().collect()),
            default_answer: Mutex::new(default_answer),
            matching: Mutex::default(),
            connections: Arc::default(),
            sessions: Mutex::default(),
            events: Mutex::default(),
            released: watch::Sender::new(false),
            url: format!("http://{}", listener.local_addr().unwrap()),
        }));
        let router = Router::new().fallback(handle).with_state(fake.clone());
        let connections = Arc::clone(&fake.0.connections);
        let listener = listener.tap_io(move |_| {
            connections.fetch_add(1, Ordering::Relaxed);
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// From now on every call gets this answer.
    pub fn answer(&self, answer: Answer) {
        lock(&self.0.script).clear();
        *lock(&self.0.default_answer) = answer;
    }

    /// From now on calls whose path, query or parameters contain `text` get this answer.
    pub fn answer_matching(&self, text: &str, answer: Answer) {
        lock(&self.0.matching).push((text.to_owned(), answer));
    }

    /// Forgets all answers for matching calls.
    pub fn clear_matching_answers(&self) {
        lock(&self.0.matching).clear();
    }

    /// Number of connections opened so far.
    pub fn connections(&self) -> usize {
        self.0.connections.load(Ordering::Relaxed)
    }

    /// Replaces the list of events, newest first.
    pub fn set_events(&self, events: &[Value]) {
        *lock(&self.0.events) = events.to_vec();
    }

    /// Lets the held calls continue.
    pub fn release(&self) {
        self.0.released.send_replace(true);
    }

    /// Every request so far.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.0.calls).clone()
    }

    /// Requests to create a session.
    pub fn session_creations(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.path == "/v1/checkout/sessions" && call.method == "POST");
        calls
    }

    /// Requests to create a refund.
    pub fn refunds(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.path == "/v1/refunds");
        calls
    }

    /// Waits for the first request to create a session.
    pub async fn wait_for_creation(&self) -> Call {
        let first = async || self.session_creations().into_iter().next();
        eventually("Stripe is asked for a session", first).await
    }

    /// All sessions created here.
    pub fn sessions(&self) -> Vec<Value> {
        lock(&self.0.sessions).values().cloned().collect()
    }

    fn execute(&self, call: &Call) -> Response {
        let path: Vec<&str> = call.path.trim_start_matches("/v1/").split('/').collect();
        let mut sessions = lock(&self.0.sessions);
        match (call.method.as_str(), path.as_slice()) {
            ("POST", ["checkout", "sessions"]) => {
                let key = call.idempotency_key.as_deref().unwrap();
                let id = format!("cs_test_{key}");
                let new = session(&id, &call.fields, &self.0.url);
                ok(sessions.entry(id).or_insert(new))
            }
            ("GET", ["events"]) => ok(&list(&lock(&self.0.events))),
            ("GET", ["checkout", "sessions"]) => {
                ok(&list(&sessions.values().cloned().collect::<Vec<_>>()))
            }
            ("GET", ["checkout", "sessions", id]) => match sessions.get(*id) {
                Some(session) => ok(session),
                None => error(404),
            },
            ("POST", ["checkout", "sessions", id, "expire"]) => match sessions.get_mut(*id) {
                Some(session) if session["status"] == "open" => {
                    session["status"] = "expired".into();
                    session["url"] = Value::Null;
                    ok(session)
                }
                Some(_) => error(400),
                None => error(404),
            },
            ("POST", ["refunds"]) => ok(&json!({
                "id": "re_test_1",
                "object": "refund",
                "amount": 2_500,
                "created": now(),
                "currency": "eur",
                "status": "succeeded",
            })),
            _ => error(404),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

async fn handle(
    State(fake): State<FakeStripe>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let key = headers.get("idempotency-key");
    let call = Call {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        idempotency_key: key.map(|key| key.to_str().unwrap().to_owned()),
        fields: url::form_urlencoded::parse(&body).into_owned().collect(),
    };
    let is_special = lock(&fake.0.matching)
        .iter()
        .any(|(text, _)| call.mentions(text));
    // Every server fetches its account at startup: only tests about that are interested in it.
    if call.path == "/v1/account" && !is_special {
        return ok(&json!({ "id": "acct_test", "object": "account", "charges_enabled": true }));
    }
    lock(&fake.0.calls).push(call.clone());
    let matching = lock(&fake.0.matching)
        .iter()
        .find(|(text, _)| call.mentions(text))
        .map(|(_, answer)| *answer);
    let next = matching.or_else(|| lock(&fake.0.script).pop_front());
    let answer = next.unwrap_or_else(|| *lock(&fake.0.default_answer));
    match answer {
        Answer::Works => fake.execute(&call),
        Answer::Error(status) => error(status),
        Answer::Garbage => "<html><h1>502 Bad Gateway</h1></html>".into_response(),
        Answer::Hangs => std::future::pending().await,
        Answer::Lost => {
            fake.execute(&call);
            Body::new(BrokenBody).into_response()
        }
        Answer::Slow(delay) => {
            let response = fake.execute(&call);
            tokio::time::sleep(delay).await;
            response
        }
        Answer::Held => {
            let mut released = fake.0.released.subscribe();
            released.wait_for(|released| *released).await.unwrap();
            fake.execute(&call)
        }
        Answer::Edited(edit) => {
            let (head, body) = fake.execute(&call).into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let mut body = serde_json::from_slice(&body).unwrap();
            if head.status.is_success() {
                edit(&mut body);
            }
            (head.status, axum::Json(body)).into_response()
        }
        Answer::Body(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Answer::ShouldRetry(status, again) => {
            let header = [("stripe-should-retry", again.to_string())];
            (header, error(status)).into_response()
        }
    }
}

impl Call {
    fn mentions(&self, text: &str) -> bool {
        self.path.contains(text)
            || self.query.contains(text)
            || self.fields.values().any(|value| value.contains(text))
    }
}

fn list(objects: &[Value]) -> Value {
    json!({ "object": "list", "data": objects, "has_more": false, "url": "/v1/…" })
}

fn ok(object: &Value) -> Response {
    axum::Json(object).into_response()
}

fn error(status: u16) -> Response {
    let kind = if status < 500 {
        "invalid_request_error"
    } else {
        "api_error"
    };
    let body = json!({ "error": { "type": kind, "message": DEVELOPER_MESSAGE } });
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

/// A session with the fields that Stripe always sends.
fn session(id: &str, fields: &BTreeMap<String, String>, origin: &str) -> Value {
    json!({
        "id": id,
        "object": "checkout.session",
        "automatic_tax": { "enabled": false },
        "client_reference_id": fields.get("client_reference_id"),
        "created": now(),
        "custom_fields": [],
        "custom_text": {},
        "expires_at": now() + 2_100,
        "livemode": false,
        "mode": "payment",
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "url": format!("{origin}/c/pay/{id}"),
    })
}

/// A body that fails before its first byte.
struct BrokenBody;

impl hyper::body::Body for BrokenBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::Error::other("cut"))))
    }
}

/// A webhook endpoint that is no shop: records the signature and body of each delivery.
#[derive(Clone, Debug, Default)]
pub struct Endpoint(Arc<Mutex<Vec<(String, String)>>>);

impl Endpoint {
    /// Starts listening. Returns the endpoint and its URL.
    pub async fn start() -> (Self, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let endpoint = Self::default();
        let router = Router::new().fallback(record).with_state(endpoint.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (endpoint, url)
    }

    /// Waits for the first delivery that mentions this.
    pub async fn delivery(&self, text: &str) -> (String, String) {
        let find = async || {
            let deliveries = lock(&self.0);
            let mut found = deliveries.iter().filter(|(_, body)| body.contains(text));
            found.next().cloned()
        };
        eventually("a webhook is sent", find).await
    }
}

async fn record(
    State(endpoint): State<Endpoint>,
    headers: HeaderMap,
    body: String,
) -> Result<(), Infallible> {
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    lock(&endpoint.0).push((signature, body));
    Ok(())
}
