//! HTTP to Stripe over kept-alive connections.
//!
//! async-stripe builds the requests, but its client is not used: 1.0.0-rc.10 opens a connection for
//! each request (`pool_max_idle_per_host(0)`), hides the headers of responses, and parses errors
//! into types that fail on a new value.

use std::fmt::Write as _;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{
    AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use hyper::{Method, Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use secrecy::ExposeSecret;
use stripe_client_core::{IdempotencyKey, RequestBuilder, StripeMethod};

use super::clock::ClockOffset;
use super::{InvalidSettings, StripeSettings};

/// Stripe's URL.
const API_BASE: &str = "https://api.stripe.com";
/// An idle connection is closed after this time, before a firewall silently drops it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Between TCP keep-alive probes of an idle connection.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// The largest response body that is read; a page of a hundred events is much smaller.
const MAX_RESPONSE_BYTES: usize = 64 * 1024 * 1024;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const STRIPE_VERSION: HeaderName = HeaderName::from_static("stripe-version");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("stripe-should-retry");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// A pool of connections to Stripe; cheap to clone.
#[derive(Clone)]
pub(super) struct Connections {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    api_base: String,
    authorization: HeaderValue,
    timeout: Duration,
    pub(super) clock: ClockOffset,
}

/// The response of Stripe, or of a proxy on the way.
pub(super) struct Response {
    pub(super) status: u16,
    /// `Stripe-Should-Retry`: whether Stripe asks for a retry of the same request.
    pub(super) should_retry: Option<bool>,
    /// `Request-Id`, to find the request in Stripe's log.
    pub(super) request_id: Option<String>,
    pub(super) body: Bytes,
}

/// Why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoResponse {
    /// It took too long.
    #[error("timeout")]
    Timeout,
    /// No connection could be opened, or it broke.
    #[error("connection failed")]
    Connection,
}

impl Connections {
    /// Creates the pool; opens no connection yet.
    pub(super) fn new(
        settings: &StripeSettings,
        timeout: Duration,
    ) -> Result<Self, InvalidSettings> {
        let api_base = settings.api_base.as_deref().unwrap_or(API_BASE);
        let api_base = api_base.trim_end_matches('/').to_owned();
        let uri: Uri = api_base.parse().map_err(|_| InvalidSettings)?;
        if uri.scheme().is_none() || uri.authority().is_none() {
            return Err(InvalidSettings);
        }
        let bearer = format!("Bearer {}", settings.key.expose_secret());
        let mut authorization = HeaderValue::try_from(bearer).map_err(|_| InvalidSettings)?;
        authorization.set_sensitive(true);

        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE_INTERVAL));
        // HTTP/1.1 only: a connection that died unnoticed fails one request, whereas with HTTP/2
        // all requests would share it.
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Ok(Self {
            client,
            api_base,
            authorization,
            timeout,
            clock: ClockOffset::default(),
        })
    }

    /// Whether this is Stripe itself, and not another server that speaks for it.
    pub(super) fn is_stripe(&self) -> bool {
        self.api_base == API_BASE
    }

    /// Converts async-stripe's request to one that can be sent. `None` if an id in its path is
    /// invalid in a URL.
    pub(super) fn prepare(
        &self,
        built: RequestBuilder,
        key: Option<&IdempotencyKey>,
    ) -> Option<Request<Full<Bytes>>> {
        // Paths of API version 2 are complete.
        let version = if built.path.starts_with("/v2/") {
            ""
        } else {
            "/v1"
        };
        let mut uri = format!("{}{version}{}", self.api_base, built.path);
        if let Some(query) = &built.query {
            let _ = write!(uri, "?{query}");
        }
        let method = match built.method {
            StripeMethod::Get => Method::GET,
            StripeMethod::Post => Method::POST,
            StripeMethod::Delete => Method::DELETE,
        };
        let version = stripe_shared::version::VERSION;
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header(AUTHORIZATION, &self.authorization)
            .header(USER_AGENT, concat!("Till/", env!("CARGO_PKG_VERSION")))
            .header(STRIPE_VERSION, version.as_str());
        if let Some(key) = key {
            request = request.header(IDEMPOTENCY_KEY, key.as_str());
        }
        if built.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let body = Bytes::from(built.body.unwrap_or_default());
        request.body(Full::new(body)).ok()
    }

    /// Sends a request once and reads the whole response.
    pub(super) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response, NoResponse> {
        let sent = crate::clock::now().unix_timestamp();
        let response = async {
            let response = self.client.request(request).await.ok()?;
            let (head, body) = response.into_parts();
            let received = crate::clock::now().unix_timestamp();
            // A response without a request id is from a proxy, whose clock does not matter.
            if head.headers.contains_key(&REQUEST_ID)
                && let Some(date) = text(&head.headers, &DATE)
            {
                self.clock.record(sent, received, date);
            }
            let body = Limited::new(body, MAX_RESPONSE_BYTES)
                .collect()
                .await
                .ok()?;
            Some(Response {
                status: head.status.as_u16(),
                should_retry: text(&head.headers, &SHOULD_RETRY).and_then(|it| it.parse().ok()),
                request_id: text(&head.headers, &REQUEST_ID).map(str::to_owned),
                body: body.to_bytes(),
            })
        };
        match tokio::time::timeout(self.timeout, response).await {
            Ok(response) => response.ok_or(NoResponse::Connection),
            Err(_) => Err(NoResponse::Timeout),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
