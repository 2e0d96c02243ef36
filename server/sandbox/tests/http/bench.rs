//! The test bench: a sandbox, an HTTP client and a webhook endpoint.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use stripe_sandbox::{API_KEY, Options, Sandbox, WEBHOOK_SECRET, Webhook};

/// How long a test waits before it fails. Generous: nothing is asserted about speed.
const WAIT_TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) const CARD: [(&str, &str); 5] = [
    ("email", "ada@example.org"),
    ("card[number]", "4242424242424242"),
    ("card[exp_month]", "12"),
    ("card[exp_year]", "2040"),
    ("card[cvc]", "123"),
];

/// A session with one line of €12.50.
pub(crate) const SESSION: [(&str, &str); 8] = [
    ("mode", "payment"),
    (
        "success_url",
        "http://shop.test/done?session_id={CHECKOUT_SESSION_ID}",
    ),
    ("cancel_url", "http://shop.test/cancelled"),
    ("client_reference_id", "checkout-1"),
    ("line_items[0][price_data][currency]", "eur"),
    ("line_items[0][price_data][unit_amount]", "625"),
    (
        "line_items[0][price_data][product_data][name]",
        "Tea & <b>\"Cups\"</b>",
    ),
    ("line_items[0][quantity]", "2"),
];

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The status, `code` and `param` of an error response.
    pub(crate) fn error(&self) -> (u16, String, String) {
        let error = &self.json()["error"];
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        (self.status, text("code"), text("param"))
    }
}

pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: reqwest::Client,
}

impl Bench {
    pub(crate) async fn start() -> Bench {
        Bench::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Bench {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Bench {
            sandbox: Sandbox::start(options).await.unwrap(),
            client,
        }
    }

    /// A sandbox whose events go to `receiver`.
    pub(crate) async fn sending_to(receiver: &Receiver) -> Bench {
        Bench::with(Options {
            webhook: Some(receiver.webhook()),
            ..Options::default()
        })
        .await
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Response {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Response {
            status,
            headers,
            text: response.text().await.unwrap(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.url())
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(self.client.get(self.url(path)).bearer_auth(API_KEY))
            .await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.send(
            self.client
                .post(self.url(path))
                .bearer_auth(API_KEY)
                .form(form),
        )
        .await
    }

    pub(crate) async fn post_keyed(
        &self,
        path: &str,
        key: &str,
        form: &[(&str, &str)],
    ) -> Response {
        let request = self
            .client
            .post(self.url(path))
            .bearer_auth(API_KEY)
            .header("Idempotency-Key", key)
            .form(form);
        self.send(request).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: Value) -> Response {
        self.send(self.client.post(self.url(path)).json(&body))
            .await
    }

    /// Creates a session of €12.50; returns its id.
    pub(crate) async fn session(&self) -> String {
        self.session_with(&SESSION).await
    }

    pub(crate) async fn session_with(&self, form: &[(&str, &str)]) -> String {
        let created = self.post("/v1/checkout/sessions", form).await;
        assert_eq!(created.status, 200, "{}", created.text);
        created.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn retrieve(&self, session: &str) -> Value {
        self.get(&format!("/v1/checkout/sessions/{session}"))
            .await
            .json()
    }

    pub(crate) async fn confirm(&self, session: &str, form: &[(&str, &str)]) -> Response {
        self.post(&format!("/v1/payment_pages/{session}/confirm"), form)
            .await
    }

    pub(crate) async fn pay(&self, session: &str) {
        let paid = self.confirm(session, &CARD).await;
        assert_eq!(paid.status, 200, "{}", paid.text);
    }

    pub(crate) async fn ledger(&self) -> Vec<Value> {
        self.get("/_sandbox/ledger").await.json()["payments"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// The types of all events, oldest first.
    pub(crate) async fn event_types(&self) -> Vec<String> {
        let events = self.get("/v1/events?limit=100").await.json();
        let newest_first = events["data"].as_array().unwrap().iter().rev();
        newest_first
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) async fn advance_clock(&self, seconds: u32) {
        assert_eq!(
            self.post_json("/_sandbox/clock", serde_json::json!({ "advance": seconds }))
                .await
                .status,
            200
        );
    }
}

/// `form` with values replaced or added; an empty value removes the field.
pub(crate) fn changed<'a>(
    form: &[(&'a str, &'a str)],
    changes: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let kept = form
        .iter()
        .filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    kept.chain(changes.iter().filter(|(_, value)| !value.is_empty()))
        .copied()
        .collect()
}

/// Polls until the result is `Some`.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(mut poll: impl FnMut() -> F) -> T {
    let found = async {
        loop {
            if let Some(found) = poll().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(WAIT_TIMEOUT, found).await.unwrap()
}

#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn is(&self, kind: &str) -> bool {
        self.event()["type"] == kind
    }
}

#[derive(Debug, Default)]
struct Inbox {
    received: Mutex<Vec<Received>>,
    /// Statuses of the next responses; 200 when the list is empty.
    statuses: Mutex<VecDeque<u16>>,
}

/// A shop's webhook endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    addr: SocketAddr,
    inbox: Arc<Inbox>,
}

impl Receiver {
    pub(crate) async fn start() -> Receiver {
        Receiver::responding_with(&[]).await
    }

    pub(crate) async fn responding_with(statuses: &[u16]) -> Receiver {
        let inbox = Arc::new(Inbox {
            statuses: Mutex::new(statuses.iter().copied().collect()),
            ..Inbox::default()
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/webhook", post(receive))
            .with_state(inbox.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Receiver { addr, inbox }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/webhook", self.addr)
    }

    pub(crate) fn webhook(&self) -> Webhook {
        Webhook {
            url: self.url(),
            secret: WEBHOOK_SECRET.to_owned(),
        }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.inbox.received.lock().unwrap().clone()
    }

    /// Waits until `count` deliveries of this type have arrived.
    pub(crate) async fn wait_for(&self, kind: &str, count: usize) -> Vec<Received> {
        eventually(|| async {
            let found: Vec<Received> = self
                .received()
                .into_iter()
                .filter(|received| received.is(kind))
                .collect();
            (found.len() >= count).then_some(found)
        })
        .await
    }
}

async fn receive(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body = String::from_utf8(body.to_vec()).unwrap();
    inbox
        .received
        .lock()
        .unwrap()
        .push(Received { headers, body });
    let status = inbox.statuses.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}
