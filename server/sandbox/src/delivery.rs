//! Delivers events to webhook endpoints: signed, queued in the order of the events, and retried
//! until an endpoint accepts them or the retry schedule ends.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::app::App;
use crate::clock::system_ms;
use crate::delivery_attempts::Outcome;
use crate::delivery_queue::{Queue, Work};
use crate::endpoint::EndpointStatus;
use crate::event::{DeliveryState, Event};
use crate::store::DeliveryKey;

/// The retry schedule: delays between attempts, in milliseconds. Stripe retries for up to three
/// days; this schedule ends after about a quarter of an hour.
const RETRY_DELAYS_MS: [u64; 18] = [
    500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000,
    60_000, 60_000, 60_000, 60_000, 60_000, 60_000,
];
/// An attempt fails if the endpoint has not responded by then.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// Limit for concurrent requests to one endpoint.
const MAX_CONCURRENT_ATTEMPTS: usize = 32;
const USER_AGENT: &str = "Stripe/1.0 (+https://stripe.com/docs/webhooks)";

/// Sends webhooks.
pub(crate) type WebhookClient = Client<HttpConnector, Full<Bytes>>;

/// One request to a webhook endpoint.
#[derive(Debug)]
struct WebhookRequest {
    url: String,
    /// The active secrets; the payload is signed with each of them.
    secrets: Vec<String>,
    payload: String,
}

/// Why an event cannot be sent to its endpoint now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EndpointUnavailable {
    /// The endpoint is disabled or deleted.
    Inactive,
    /// The endpoint is not known (yet): the sandbox was started without it.
    Unknown,
}

/// One delivery, with everything that an attempt needs.
#[derive(Clone)]
struct DeliveryTask {
    app: Arc<App>,
    client: WebhookClient,
    /// Limits concurrent requests per endpoint, so that one that hangs does not delay the others.
    slots: Arc<Semaphore>,
    key: DeliveryKey,
}

/// Works on the queue until the sandbox stops. Unfinished deliveries stay pending in the journal.
pub(crate) async fn run(app: Arc<App>, client: WebhookClient, mut queue: Queue) {
    let mut slots: HashMap<String, Arc<Semaphore>> = HashMap::new();
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            work = queue.next() => {
                let Some(work) = work else { return };
                let (Work::Deliver(key) | Work::Resend(key)) = &work;
                let slots = slots
                    .entry(key.endpoint.clone())
                    .or_insert_with(|| Arc::new(Semaphore::new(MAX_CONCURRENT_ATTEMPTS)));
                let task = DeliveryTask {
                    app: app.clone(),
                    client: client.clone(),
                    slots: slots.clone(),
                    key: key.clone(),
                };
                match work {
                    Work::Deliver(_) => task.start(&mut running),
                    Work::Resend(_) => {
                        running.spawn(async move { task.resend().await });
                    }
                }
            }
            Some(_) = running.join_next() => {}
        }
    }
}

impl DeliveryTask {
    fn start(self, running: &mut JoinSet<()>) {
        let event = &self.key.event;
        // Drawn here, in the order of the queue, so that a seed always gives the same faults.
        let faults = self.app.faults().draw_delivery();
        if faults.drop {
            tracing::info!(
                event,
                "dropped the delivery of event {event} because of a fault"
            );
            let attempts = self.attempts();
            self.app.record_attempt(&self.key, None, Outcome::Dropped);
            self.record(DeliveryState::Failed, attempts);
            return;
        }
        if let Some(after) = faults.duplicate_after {
            let task = self.clone();
            running.spawn(async move {
                tokio::time::sleep(after).await;
                // A duplicate does not change the state of the delivery.
                let _ = task.attempt().await;
            });
        }
        running.spawn(async move {
            tokio::time::sleep(faults.delay).await;
            self.until_delivered().await;
        });
    }

    async fn until_delivered(&self) {
        let event = &self.key.event;
        loop {
            let accepted = match self.attempt().await {
                Ok(accepted) => accepted,
                Err(EndpointUnavailable::Inactive) => {
                    return self.record(DeliveryState::Failed, self.attempts());
                }
                Err(EndpointUnavailable::Unknown) => return,
            };
            let attempts = self.attempts() + 1;
            let retry_delay = RETRY_DELAYS_MS.get(attempts - 1);
            match (accepted, retry_delay) {
                (true, _) => return self.record(DeliveryState::Delivered, attempts),
                (false, Some(wait)) => {
                    self.record(DeliveryState::Pending, attempts);
                    tokio::time::sleep(Duration::from_millis(*wait)).await;
                }
                (false, None) => {
                    self.record(DeliveryState::Failed, attempts);
                    tracing::warn!(
                        event,
                        attempts,
                        "gave up on event {event} after {attempts} attempts"
                    );
                    return;
                }
            }
        }
    }

    /// Attempts once, as a manual resend. Automatic attempts continue; a failed delivery counts as
    /// delivered if the endpoint accepts it now.
    async fn resend(&self) {
        if let (Ok(true), Some((DeliveryState::Failed, attempts))) =
            (self.attempt().await, self.app.delivery_progress(&self.key))
        {
            self.record(DeliveryState::Delivered, attempts + 1);
        }
    }

    fn attempts(&self) -> usize {
        self.app
            .delivery_progress(&self.key)
            .map_or(0, |(_, attempts)| attempts)
    }

    fn record(&self, state: DeliveryState, attempts: usize) {
        self.app.record_delivery(&self.key, state, attempts);
        self.app.deliveries.notify_attempted();
    }

    /// Sends the event once and returns whether the endpoint accepted it. Only a 2xx status counts;
    /// redirects are not followed.
    async fn attempt(&self) -> Result<bool, EndpointUnavailable> {
        let event = &self.key.event;
        // The semaphore is never closed. The request is built after the wait: a waiting task holds
        // no payload, and the endpoint may have changed meanwhile.
        let _slot = self.slots.acquire().await;
        let request = webhook_request(&self.app, &self.key)?;
        let time = system_ms() / 1000 + self.app.faults().plan().timestamp_skew;
        let signature = signature(&request.secrets, time, &request.payload);
        let sent = send(&self.client, &request.url, &signature, request.payload);
        let outcome = match tokio::time::timeout(ATTEMPT_TIMEOUT, sent).await {
            Ok(Ok(status)) => {
                tracing::debug!(
                    event,
                    status = status.as_u16(),
                    "the webhook endpoint responded to event {event}"
                );
                Outcome::Answered(status.as_u16())
            }
            failed => {
                let reason = match &failed {
                    Ok(Err(SendError::Client(error))) if error.is_connect() => "could not connect",
                    Ok(_) => "connection closed before a response",
                    Err(_) => "timed out",
                };
                tracing::info!(
                    event,
                    reason,
                    "no response from the webhook endpoint to event {event}"
                );
                Outcome::Unanswered(reason)
            }
        };
        let accepted = matches!(outcome, Outcome::Answered(200..=299));
        self.app
            .record_attempt(&self.key, Some(&request.url), outcome);
        Ok(accepted)
    }
}

/// Builds the webhook request for a delivery.
///
/// # Errors
/// If the endpoint is not enabled or not known.
fn webhook_request(app: &App, key: &DeliveryKey) -> Result<WebhookRequest, EndpointUnavailable> {
    let store = app.store();
    let (Some(endpoint), Some(event)) = (
        store.endpoints.get(&key.endpoint),
        store.events.get(&key.event),
    ) else {
        return Err(EndpointUnavailable::Unknown);
    };
    if endpoint.status != EndpointStatus::Enabled {
        return Err(EndpointUnavailable::Inactive);
    }
    let (event, version, thin) = (event.clone(), endpoint.api_version.clone(), endpoint.thin);
    let (url, secrets) = (
        endpoint.url.clone(),
        endpoint.active_secrets(app.clock.now()),
    );
    // Render the payload without holding the lock.
    drop(store);
    Ok(WebhookRequest {
        url,
        secrets,
        payload: match thin {
            true => event.thin_payload(),
            false => event.payload(version.as_deref()),
        },
    })
}

/// Why there was no response.
#[derive(Debug, thiserror::Error)]
enum SendError {
    /// The endpoint's URL is none.
    #[error(transparent)]
    Request(#[from] hyper::http::Error),
    /// The endpoint could not be reached, or closed the connection.
    #[error(transparent)]
    Client(#[from] hyper_util::client::legacy::Error),
    /// It closed the connection in its response.
    #[error(transparent)]
    Body(#[from] hyper::Error),
}

/// Sends a payload once. Redirects are not followed.
async fn send(
    client: &WebhookClient,
    url: &str,
    signature: &str,
    payload: String,
) -> Result<StatusCode, SendError> {
    let request = Request::post(url)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::USER_AGENT, USER_AGENT)
        .header("Stripe-Signature", signature)
        .body(Full::from(payload))?;
    let response = client.request(request).await?;
    let status = response.status();
    // Read the whole body, so that the connection can be reused.
    response.into_body().collect().await?;
    Ok(status)
}

/// The `Stripe-Signature` header: one `v1` for each secret, the HMAC-SHA256 of `{time}.{payload}`
/// with the whole secret as its key. `v0` is a fake signature, as in Stripe's test mode; receivers
/// must ignore it.
fn signature(secrets: &[String], time: i64, payload: &str) -> String {
    let mut header = format!("t={time}");
    for secret in secrets {
        // HMAC accepts keys of any length: this never fails.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
            continue;
        };
        mac.update(format!("{time}.").as_bytes());
        mac.update(payload.as_bytes());
        header.push_str(",v1=");
        header.push_str(&hex::encode(mac.finalize().into_bytes()));
    }
    header.push_str(",v0=");
    header.push_str(&hex::encode(Sha256::digest(format!("{time}{payload}"))));
    header
}

/// Waits until the event was attempted once at each of its endpoints, for at most `timeout`.
pub(crate) async fn wait_for_first_attempt(app: &App, event: &str, timeout: Duration) {
    let mut attempted = app.deliveries.subscribe();
    let ended = async {
        while app
            .store()
            .events
            .get(event)
            .is_some_and(Event::awaits_first_attempt)
        {
            if attempted.changed().await.is_err() {
                break;
            }
        }
    };
    if tokio::time::timeout(timeout, ended).await.is_err() {
        tracing::info!(
            event,
            "no response from the webhook endpoint to event {event} yet; \
             redirecting the shopper"
        );
    }
}

/// The HTTP client for webhooks. It ignores proxy settings of the environment.
pub(crate) fn webhook_client() -> WebhookClient {
    Client::builder(TokioExecutor::new()).build_http()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_covers_the_time_and_the_payload_under_each_secret() {
        let secrets = ["whsec_test", "whsec_old"].map(str::to_owned);
        let header = signature(&secrets, 1_700_000_000, "{}");
        let parts: Vec<&str> = header.split(',').collect();
        // Computed with `printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test`.
        assert_eq!(
            parts[..2],
            [
                "t=1700000000",
                "v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91"
            ]
        );
        assert!(parts[2].starts_with("v1=") && parts[2] != parts[1]);
        assert!(parts[3].starts_with("v0=") && parts[3].len() == 67);
        assert_eq!(parts.len(), 4);
    }
}
