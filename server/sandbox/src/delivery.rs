//! Delivers events to the webhook: signed, in the order of the ledger, retried until they are accepted.

pub(crate) mod attempts;

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use self::attempts::Outcome;
use crate::Webhook;
use crate::clock::system_ms;
use crate::event::DeliveryState;
use crate::server::App;

/// Waits between the attempts, in milliseconds. The real schedule takes three days; this one a quarter of an hour.
const RETRY_AFTER_MS: [u64; 18] = [
    500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000,
    60_000, 60_000, 60_000, 60_000, 60_000, 60_000,
];
/// An endpoint that has not answered by then has failed.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// Calls to the webhook at the same time.
const CONCURRENT_ATTEMPTS: usize = 32;
const USER_AGENT: &str = "Stripe/1.0 (+https://stripe.com/docs/webhooks)";

/// The way into the delivery, and the news of ended attempts.
#[derive(Debug)]
pub(crate) struct Deliveries {
    queue: mpsc::UnboundedSender<String>,
    attempted: watch::Sender<()>,
}

impl Deliveries {
    /// With the queue that [`run`] works on.
    pub(crate) fn new() -> (Deliveries, mpsc::UnboundedReceiver<String>) {
        let (queue, work) = mpsc::unbounded_channel();
        (
            Deliveries {
                queue,
                attempted: watch::Sender::new(()),
            },
            work,
        )
    }

    /// Hands over an event for delivery. Without a running sandbox nobody takes it, and it stays pending.
    pub(crate) fn enqueue(&self, event: String) {
        let _ = self.queue.send(event);
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

/// Takes events from the queue until the sandbox stops. What is unfinished then stays pending in the journal.
pub(crate) async fn run(
    app: Arc<App>,
    client: reqwest::Client,
    mut work: mpsc::UnboundedReceiver<String>,
) {
    let slots = Arc::new(Semaphore::new(CONCURRENT_ATTEMPTS));
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            event = work.recv() => {
                let Some(event) = event else { return };
                start(&mut running, &app, &client, &slots, event);
            }
            Some(_) = running.join_next() => {}
        }
    }
}

fn start(
    running: &mut JoinSet<()>,
    app: &Arc<App>,
    client: &reqwest::Client,
    slots: &Arc<Semaphore>,
    event: String,
) {
    // Drawn here, in the order of the queue, so that a seed gives the same faults each time.
    let faults = app.faults().draw_delivery();
    if faults.drop {
        tracing::info!(event, "a fault drops the delivery of event {event}");
        let attempts = app.delivery_attempts(&event);
        app.record_delivery(&event, DeliveryState::Failed, attempts);
        app.note_attempt(&event, None, Outcome::Dropped);
        app.deliveries.attempted.send_replace(());
        return;
    }
    if let Some(after) = faults.duplicate_after {
        let (app, client, slots, event) =
            (app.clone(), client.clone(), slots.clone(), event.clone());
        running.spawn(async move {
            tokio::time::sleep(after).await;
            if let Some((webhook, payload)) = app.outgoing(&event) {
                attempt(&app, &client, &slots, &webhook, &payload, &event).await;
            }
        });
    }
    let (app, client, slots) = (app.clone(), client.clone(), slots.clone());
    running.spawn(async move {
        tokio::time::sleep(faults.delay).await;
        until_delivered(&app, &client, &slots, &event).await;
    });
}

async fn until_delivered(app: &App, client: &reqwest::Client, slots: &Semaphore, event: &str) {
    // Without a webhook the event waits for one to be set.
    while let Some((webhook, payload)) = app.outgoing(event) {
        let accepted = attempt(app, client, slots, &webhook, &payload, event).await;
        let attempts = app.delivery_attempts(event) + 1;
        let retry_after = RETRY_AFTER_MS.get(attempts - 1);
        let state = match (accepted, retry_after) {
            (true, _) => DeliveryState::Delivered,
            (false, Some(_)) => DeliveryState::Pending,
            (false, None) => DeliveryState::Failed,
        };
        app.record_delivery(event, state, attempts);
        app.deliveries.attempted.send_replace(());
        match (state, retry_after) {
            (DeliveryState::Pending, Some(wait)) => {
                tokio::time::sleep(Duration::from_millis(*wait)).await;
            }
            (DeliveryState::Failed, _) => {
                tracing::warn!(
                    event,
                    attempts,
                    "event {event} was refused {attempts} times and is given up"
                );
                return;
            }
            _ => return,
        }
    }
}

/// Sends the event once; whether the endpoint accepted it. Only 2xx counts: a redirect is not followed.
async fn attempt(
    app: &App,
    client: &reqwest::Client,
    slots: &Semaphore,
    webhook: &Webhook,
    payload: &str,
    event: &str,
) -> bool {
    let Ok(_slot) = slots.acquire().await else {
        return false;
    };
    let time = system_ms() / 1000 + app.faults().plan().timestamp_skew;
    let sent = client
        .post(&webhook.url)
        .header("Content-Type", "application/json; charset=utf-8")
        .header(
            "Stripe-Signature",
            signature(&webhook.secret, time, payload),
        )
        .body(payload.to_owned())
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
            app.note_attempt(event, Some(webhook), Outcome::Answered(status.as_u16()));
            status.is_success()
        }
        Err(error) => {
            let error = error.without_url();
            tracing::info!(event, %error, "the webhook did not answer event {event}");
            app.note_attempt(event, Some(webhook), Outcome::Unanswered(reason(&error)));
            false
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

/// The `Stripe-Signature` header: HMAC-SHA256 of `{time}.{payload}` under the whole secret.
fn signature(secret: &str, time: i64, payload: &str) -> String {
    // HMAC takes keys of every length; the other arm is never reached.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{time}.").as_bytes());
    mac.update(payload.as_bytes());
    format!("t={time},v1={}", hex::encode(mac.finalize().into_bytes()))
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
    fn the_signature_covers_the_time_and_the_payload() {
        // Computed with `printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test`.
        assert_eq!(
            signature("whsec_test", 1_700_000_000, "{}"),
            "t=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91"
        );
    }
}
