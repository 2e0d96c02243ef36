use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use stripe_sandbox::WEBHOOK_SECRET;

use crate::bench::{Bench, Receiver, eventually};

#[tokio::test]
async fn deliveries_are_signed_and_pretty_printed() {
    let receiver = Receiver::start().await;
    let bench = Bench::sending_to(&receiver).await;
    let id = bench.session().await;
    bench.pay(&id).await;
    let received = receiver
        .wait_for("checkout.session.completed", 1)
        .await
        .remove(0);
    let signature = received.headers["stripe-signature"].to_str().unwrap();
    let (time, v1) = signature
        .strip_prefix("t=")
        .unwrap()
        .split_once(",v1=")
        .unwrap();
    let (v1, v0) = v1.split_once(",v0=").unwrap();
    assert!(v0 != v1 && v0.len() == 64, "noise");
    let mut mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).unwrap();
    mac.update(format!("{time}.{}", received.body).as_bytes());
    mac.verify_slice(&hex::decode(v1).unwrap()).unwrap();
    assert_eq!(
        received.headers["user-agent"],
        "Stripe/1.0 (+https://stripe.com/docs/webhooks)"
    );
    assert!(
        received.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("application/json")
    );
    assert!(received.body.starts_with("{\n  \""));
    assert_eq!(received.event()["pending_webhooks"], 1);
    assert_eq!(received.event()["data"]["object"]["id"], id);
}

#[tokio::test]
async fn an_accepted_event_is_delivered_once() {
    let receiver = Receiver::start().await;
    let bench = Bench::sending_to(&receiver).await;
    bench.pay(&bench.session().await).await;
    eventually(|| async {
        let undelivered = bench.get("/v1/events?delivery_success=false").await.json();
        undelivered["data"]
            .as_array()
            .unwrap()
            .is_empty()
            .then_some(())
    })
    .await;
    let received = receiver.received();
    let ids: std::collections::HashSet<String> = received
        .iter()
        .map(|received| received.event()["id"].to_string())
        .collect();
    assert_eq!(ids.len(), received.len());
    assert!(received.len() >= 4);
}

#[tokio::test]
async fn a_failed_delivery_is_retried_with_the_same_body_and_a_new_signature() {
    let receiver = Receiver::responding_with(&[500, 302, 404, 503, 500, 500]).await;
    let bench = Bench::sending_to(&receiver).await;
    let id = bench.session().await;
    bench
        .post(&format!("/v1/checkout/sessions/{id}/expire"), &[])
        .await;
    let attempts = receiver.wait_for("checkout.session.expired", 3).await;
    assert_eq!(attempts[0].body, attempts[2].body);
    assert_ne!(
        attempts[0].headers["stripe-signature"],
        attempts[2].headers["stripe-signature"]
    );
    let event = bench.get("/v1/events").await.json()["data"][0].clone();
    assert_eq!(event["pending_webhooks"], 1);
}

#[tokio::test]
async fn the_ledger_is_written_before_the_event_is_sent() {
    let receiver = Receiver::start().await;
    let bench = Bench::sending_to(&receiver).await;
    let id = bench.session().await;
    bench.pay(&id).await;
    receiver.wait_for("payment_intent.created", 1).await;
    assert_eq!(bench.ledger().await[0]["session"], id);
}

#[tokio::test]
async fn a_webhook_that_is_set_later_gets_only_later_events() {
    let bench = Bench::start().await;
    bench.pay(&bench.session().await).await;
    assert_eq!(
        bench.get("/v1/events").await.json()["data"][0]["pending_webhooks"],
        0
    );
    let receiver = Receiver::start().await;
    bench.sandbox.set_webhook(receiver.url(), WEBHOOK_SECRET);
    let id = bench.session().await;
    bench.pay(&id).await;
    let received = receiver.wait_for("checkout.session.completed", 1).await;
    assert_eq!(received[0].event()["data"]["object"]["id"], id);
    let types = receiver.received();
    assert_eq!(
        types
            .iter()
            .filter(|received| received.is("charge.succeeded"))
            .count(),
        1
    );
}
