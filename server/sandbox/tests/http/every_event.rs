//! Triggers every event type that the sandbox sends; async-stripe can parse each of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use stripe_sandbox::WEBHOOK_SECRET;
use stripe_webhook::{EventObject, Webhook};

use crate::bench::{Bench, CARD, Received, Receiver, changed, eventually};

const TYPES: [&str; 23] = [
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.failed",
    "charge.pending",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "refund.created",
    "refund.failed",
    "refund.updated",
];

/// Debug builds need a larger stack to parse async-stripe's objects.
const STACK: usize = 8 * 1024 * 1024;

async fn pay_with(bench: &Bench, number: &str) -> String {
    let id = bench.session().await;
    let form = changed(&CARD, &[("card[number]", number)]);
    bench.confirm(&id, &form).await;
    id
}

async fn act(bench: &Bench, session: &str, action: &str) {
    let path = format!("/_sandbox/sessions/{session}/{action}");
    let done = bench.post_json(&path, json!({})).await;
    assert_eq!(done.status, 200, "{action}: {}", done.text);
}

/// Triggers every event type.
async fn trigger_every_event(bench: &Bench) {
    let expired = bench.session().await;
    act(bench, &expired, "expire").await;
    let cancelled = pay_with(bench, "4000002760003184").await;
    act(bench, &cancelled, "expire").await;
    let declined = pay_with(bench, "4000000000000002").await;
    act(bench, &declined, "pay").await;
    let disputed = pay_with(bench, "4242424242424242").await;
    act(bench, &disputed, "dispute").await;
    act(bench, &disputed, "win").await;
    let refunded = pay_with(bench, "4000000000005126").await;
    act(bench, &refunded, "refund").await;
    for iban in ["AT611904300234573201", "IT60X0542811101000000123456"] {
        let id = bench.session().await;
        let form = [("email", "ada@example.org"), ("sepa_debit[iban]", iban)];
        assert_eq!(bench.confirm(&id, &form).await.status, 200);
    }
    bench.advance_clock(60).await;
}

/// The first delivery of each type.
async fn deliveries(receiver: &Receiver) -> BTreeMap<String, Received> {
    let all_there = || async {
        let mut found = BTreeMap::new();
        for received in receiver.received() {
            let kind = received.event()["type"].as_str().unwrap().to_owned();
            found.entry(kind).or_insert(received);
        }
        (found.len() >= TYPES.len()).then_some(found)
    };
    eventually(all_there).await
}

fn assert_parsed(kind: &str, received: &Received) {
    let signature = received.headers["stripe-signature"].to_str().unwrap();
    let event = Webhook::construct_event(&received.body, signature, WEBHOOK_SECRET)
        .unwrap_or_else(|error| panic!("{kind}: {error}"));
    assert_eq!(event.type_.to_string(), kind);
    assert!(
        !matches!(event.data.object, EventObject::Unknown(_)),
        "{kind} is read as something unknown"
    );
    let refused = Webhook::construct_event(&received.body, signature, "whsec_other");
    assert!(refused.is_err(), "{kind} is taken with another secret");
}

#[tokio::test]
async fn async_stripe_constructs_every_event_that_is_sent() {
    let receiver = Receiver::start().await;
    let bench = Bench::sending_to(&receiver).await;
    trigger_every_event(&bench).await;
    let deliveries = deliveries(&receiver).await;
    let sent: BTreeSet<&str> = deliveries.keys().map(String::as_str).collect();
    assert_eq!(sent, BTreeSet::from(TYPES));
    let parsed = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || {
            for (kind, received) in &deliveries {
                assert_parsed(kind, received);
            }
        });
    parsed.unwrap().join().unwrap();
}

#[test]
fn no_type_of_event_is_forgotten_here() {
    // Fails for a variant that is never sent, or that this file does not trigger.
    let source = include_str!("../../src/event.rs");
    let named: BTreeSet<&str> = source
        .split("rename = \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|name| name.contains('.'))
        .collect();
    let mut known = BTreeSet::from(TYPES);
    // Sent only by the fault `unknown_event`.
    known.insert("sandbox.unheard_of");
    assert_eq!(named, known);
}
