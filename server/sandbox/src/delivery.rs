//! Delivers events to the webhook endpoints: signed, in the order of the ledger, retried until they are accepted.

pub(crate) mod attempts;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use self::attempts::Outcome;
use crate::clock::system_ms;
use crate::event::DeliveryState;
use crate::server::App;
use crate::store::Errand;

/// Waits between the attempts, in milliseconds. The real schedule takes three days; this one a quarter of an hour.
const RETRY_AFTER_MS: [u64; 18] = [
    500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000,
    60_000, 60_000, 60_000, 60_000, 60_000, 60_000,
];
/// An endpoint that has not answered by then has failed.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// Calls to one endpoint at the same time.
const CONCURRENT_ATTEMPTS: usize = 32;
const USER_AGENT: &str = "Stripe/1.0 (+https://stripe.com/docs/webhooks)";

/// What is sent.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) url: String,
    /// Each signs.
    pub(crate) secrets: Vec<String>,
    pub(crate) payload: String,
}

/// Why an event cannot be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsendable {
    /// The endpoint is disabled or deleted.
    EndpointOff,
    /// The endpoint is not known yet: the sandbox was started without it.
    EndpointUnknown,
}

/// An entry of the queue.
#[derive(Debug)]
enum Work {
    /// Until it is accepted or given up.
    Deliver(Errand),
    /// Once, by hand: without faults, and beside the automatic attempts.
    Resend(Errand),
}

/// The way into the delivery, and the news of ended attempts.
#[derive(Debug)]
pub(crate) struct Deliveries {
    queue: mpsc::UnboundedSender<Work>,
    attempted: watch::Sender<()>,
}

/// The queue's other end.
#[derive(Debug)]
pub(crate) struct Queue(mpsc::UnboundedReceiver<Work>);

impl Deliveries {
    /// With the queue that [`run`] works on.
    pub(crate) fn new() -> (Deliveries, Queue) {
        let (queue, work) = mpsc::unbounded_channel();
        let deliveries = Deliveries {
            queue,
            attempted: watch::Sender::new(()),
        };
        (deliveries, Queue(work))
    }

    /// Hands over an event for delivery. Without a running sandbox nobody takes it, and it stays pending.
    pub(crate) fn enqueue(&self, errand: Errand) {
        let _ = self.queue.send(Work::Deliver(errand));
    }

    /// Sends an event once more, whatever has become of it.
    pub(crate) fn resend(&self, errand: Errand) {
        let _ = self.queue.send(Work::Resend(errand));
    }

    /// Waits until the first attempt to deliver the event has ended, but not longer than `limit`.
    pub(crate) async fn first_attempt(&self, app: &App, event: &str, limit: Duration) {
        let mut attempted = self.attempted.subscribe();
        let ended = async {
            while app
                .store()
                .events
                .get(event)
                .is_some_and(crate::event::Event::awaits_first_attempt)
            {
                if attempted.changed().await.is_err() {
                    break;
                }
            }
        };
        if tokio::time::timeout(limit, ended).await.is_err() {
            tracing::info!(
                event,
                "the webhook has not answered event {event} yet, the shopper goes on"
            );
        }
    }
}

/// What every delivery needs.
#[derive(Clone)]
struct Courier {
    app: Arc<App>,
    client: reqwest::Client,
    /// Calls to this endpoint at the same time: one that hangs does not hold up the others.
    slots: Arc<Semaphore>,
    errand: Errand,
}

/// Takes events from the queue until the sandbox stops. What is unfinished then stays pending in the journal.
pub(crate) async fn run(app: Arc<App>, client: reqwest::Client, mut queue: Queue) {
    let mut slots: HashMap<String, Arc<Semaphore>> = HashMap::new();
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            work = queue.0.recv() => {
                let Some(work) = work else { return };
                let (Work::Deliver(errand) | Work::Resend(errand)) = &work;
                let slots = slots
                    .entry(errand.endpoint.clone())
                    .or_insert_with(|| Arc::new(Semaphore::new(CONCURRENT_ATTEMPTS)));
                let courier = Courier {
                    app: app.clone(),
                    client: client.clone(),
                    slots: slots.clone(),
                    errand: errand.clone(),
                };
                match work {
                    Work::Deliver(_) => courier.start(&mut running),
                    Work::Resend(_) => {
                        running.spawn(async move { courier.resend().await });
                    }
                }
            }
            Some(_) = running.join_next() => {}
        }
    }
}

impl Courier {
    fn start(self, running: &mut JoinSet<()>) {
        let event = &self.errand.event;
        // Drawn here, in the order of the queue, so that a seed gives the same faults each time.
        let faults = self.app.faults().draw_delivery();
        if faults.drop {
            tracing::info!(event, "a fault drops the delivery of event {event}");
            let attempts = self.attempts();
            self.app.note_attempt(&self.errand, None, Outcome::Dropped);
            self.record(DeliveryState::Failed, attempts);
            return;
        }
        if let Some(after) = faults.duplicate_after {
            let courier = self.clone();
            running.spawn(async move {
                tokio::time::sleep(after).await;
                // The automatic attempts are what counts.
                let _ = courier.attempt().await;
            });
        }
        running.spawn(async move {
            tokio::time::sleep(faults.delay).await;
            self.until_delivered().await;
        });
    }

    async fn until_delivered(&self) {
        let event = &self.errand.event;
        loop {
            let accepted = match self.attempt().await {
                Ok(accepted) => accepted,
                Err(Unsendable::EndpointOff) => {
                    return self.record(DeliveryState::Failed, self.attempts());
                }
                Err(Unsendable::EndpointUnknown) => return,
            };
            let attempts = self.attempts() + 1;
            let retry_after = RETRY_AFTER_MS.get(attempts - 1);
            match (accepted, retry_after) {
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
                        "event {event} was refused {attempts} times and is given up"
                    );
                    return;
                }
            }
        }
    }

    /// Once more, by hand. The automatic attempts go on; one that was given up counts as delivered if it is accepted.
    async fn resend(&self) {
        if let (Ok(true), Some((DeliveryState::Failed, attempts))) = (
            self.attempt().await,
            self.app.delivery_progress(&self.errand),
        ) {
            self.record(DeliveryState::Delivered, attempts + 1);
        }
    }

    fn attempts(&self) -> usize {
        self.app
            .delivery_progress(&self.errand)
            .map_or(0, |(_, attempts)| attempts)
    }

    fn record(&self, state: DeliveryState, attempts: usize) {
        self.app.record_delivery(&self.errand, state, attempts);
        self.app.deliveries.attempted.send_replace(());
    }

    /// Sends the event once; whether the endpoint accepted it. Only 2xx counts: a redirect is not followed.
    async fn attempt(&self) -> Result<bool, Unsendable> {
        let event = &self.errand.event;
        // Never closed. What is sent is looked up when its turn has come: who waits holds no payload, and the endpoint
        // may be another one by then.
        let _slot = self.slots.acquire().await;
        let letter = self.app.outgoing(&self.errand)?;
        let time = system_ms() / 1000 + self.app.faults().plan().timestamp_skew;
        let sent = self
            .client
            .post(&letter.url)
            .header("Content-Type", "application/json; charset=utf-8")
            .header(
                "Stripe-Signature",
                signature(&letter.secrets, time, &letter.payload),
            )
            .body(letter.payload)
            .send()
            .await;
        match sent {
            Ok(answer) => {
                let status = answer.status();
                tracing::debug!(
                    event,
                    status = status.as_u16(),
                    "the webhook answered event {event}"
                );
                // Read to the end, so that the connection can be used again.
                let _ = answer.bytes().await;
                let outcome = Outcome::Answered(status.as_u16());
                self.app
                    .note_attempt(&self.errand, Some(&letter.url), outcome);
                Ok(status.is_success())
            }
            Err(error) => {
                let error = error.without_url();
                tracing::info!(event, %error, "the webhook did not answer event {event}");
                let outcome = Outcome::Unanswered(reason(&error));
                self.app
                    .note_attempt(&self.errand, Some(&letter.url), outcome);
                Ok(false)
            }
        }
    }
}

/// Why there was no answer, in words for the switchboard.
fn reason(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    }
}

/// The `Stripe-Signature` header: one `v1` for each secret, the HMAC-SHA256 of `{time}.{payload}` under the whole of it.
/// `v0` is noise, as in Stripe's test mode: whoever checks it has misunderstood.
fn signature(secrets: &[String], time: i64, payload: &str) -> String {
    let mut header = format!("t={time}");
    for secret in secrets {
        // HMAC takes keys of every length; the other arm is never reached.
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

/// The client that calls the webhook: directly, whatever proxy the environment names.
pub(crate) fn webhook_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(ATTEMPT_TIMEOUT)
        .user_agent(USER_AGENT)
        .build()
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
