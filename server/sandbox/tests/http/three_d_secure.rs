//! Cards that require 3-D Secure.

use serde_json::{Value, json};

use crate::bench::{Bench, CARD, Response, SESSION, changed};

const SUCCEEDS: (&str, &str) = ("card[number]", "4000002760003184");
const DECLINED: (&str, &str) = ("card[number]", "4000008400001629");

/// A session whose payment waits for 3-D Secure, and its payment intent.
async fn asked(bench: &Bench, card: (&str, &str)) -> (String, Value) {
    let id = bench.session().await;
    let session = bench.confirm(&id, &changed(&CARD, &[card])).await.json();
    assert_eq!(session["status"], "open");
    (id, session["payment_intent"].clone())
}

async fn answer(bench: &Bench, intent: &Value, answer: &str) -> Response {
    let url = intent["next_action"]["redirect_to_url"]["url"]
        .as_str()
        .unwrap();
    let request = bench.client.post(url).form(&[("answer", answer)]);
    bench.send(request).await
}

#[tokio::test]
async fn an_approved_payment_completes_the_session() {
    let bench = Bench::start().await;
    let (id, intent) = asked(&bench, SUCCEEDS).await;
    assert_eq!(
        (&intent["status"], &intent["next_action"]["type"]),
        (&json!("requires_action"), &json!("redirect_to_url"))
    );
    assert!(bench.ledger().await.is_empty());
    let back = answer(&bench, &intent, "approve").await;
    assert_eq!(
        (back.status, back.header("location")),
        (
            303,
            format!("http://shop.test/done?session_id={id}").as_str()
        )
    );
    assert_eq!(
        bench.event_types().await,
        [
            "payment_intent.created",
            "payment_intent.requires_action",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
        ]
    );
    let url = format!("/v1/checkout/sessions/{id}?expand[]=payment_intent.latest_charge");
    let session = bench.get(&url).await.json();
    assert_eq!(session["payment_status"], "paid");
    assert_eq!(session["payment_intent"]["next_action"], json!(null));
    let card = &session["payment_intent"]["latest_charge"]["payment_method_details"]["card"];
    assert_eq!(card["three_d_secure"]["result"], "authenticated");
    assert_eq!(bench.ledger().await.len(), 1);
    answer(&bench, &intent, "approve").await;
    assert_eq!(bench.ledger().await.len(), 1, "one answer, one payment");
}

#[tokio::test]
async fn a_payment_that_is_not_approved_leaves_the_session_open() {
    let bench = Bench::start().await;
    let (id, intent) = asked(&bench, SUCCEEDS).await;
    let page = answer(&bench, &intent, "fail").await;
    assert_eq!(page.status, 402);
    assert!(
        page.text
            .contains("unable to authenticate your payment method")
    );
    assert!(
        page.text.contains("value=\"ada@example.org\""),
        "what was typed stays"
    );
    let intent = bench
        .get(&format!(
            "/v1/payment_intents/{}",
            intent["id"].as_str().unwrap()
        ))
        .await
        .json();
    assert_eq!(intent["status"], "requires_payment_method");
    assert_eq!(
        intent["last_payment_error"]["code"],
        "payment_intent_authentication_failure"
    );
    assert_eq!(
        bench.event_types().await[2..],
        ["payment_intent.payment_failed"]
    );
    bench.pay(&id).await;
    assert_eq!(bench.ledger().await.len(), 1);
}

#[tokio::test]
async fn the_bank_may_decline_an_approved_payment() {
    let bench = Bench::start().await;
    let (id, intent) = asked(&bench, DECLINED).await;
    let page = answer(&bench, &intent, "approve").await;
    assert_eq!(page.status, 402);
    assert!(page.text.contains("Your card was declined."));
    assert_eq!(
        bench.event_types().await[2..],
        ["charge.failed", "payment_intent.payment_failed"]
    );
    assert_eq!(bench.retrieve(&id).await["status"], "open");
}

#[tokio::test]
async fn another_card_or_an_expiry_cancels_the_authentication() {
    let bench = Bench::start().await;
    let (id, intent) = asked(&bench, SUCCEEDS).await;
    bench.pay(&id).await;
    answer(&bench, &intent, "approve").await;
    assert_eq!(bench.ledger().await.len(), 1);

    let (id, intent) = asked(&bench, SUCCEEDS).await;
    bench
        .post(&format!("/v1/checkout/sessions/{id}/expire"), &[])
        .await;
    assert_eq!(answer(&bench, &intent, "approve").await.status, 410);
    let intent = bench
        .get(&format!(
            "/v1/payment_intents/{}",
            intent["id"].as_str().unwrap()
        ))
        .await
        .json();
    assert_eq!(
        (&intent["status"], &intent["cancellation_reason"]),
        (&json!("canceled"), &json!("expired"))
    );
    let types = bench.event_types().await;
    assert_eq!(
        types[types.len() - 2..],
        ["payment_intent.canceled", "checkout.session.expired"]
    );
}

#[tokio::test]
async fn a_pending_authentication_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = || stripe_sandbox::Options {
        state: Some(folder.path().join("sandbox.journal")),
        ..stripe_sandbox::Options::default()
    };
    let bench = Bench::with(options()).await;
    let id = bench
        .session_with(&changed(
            &SESSION,
            &[("phone_number_collection[enabled]", "true")],
        ))
        .await;
    let form = changed(&CARD, &[SUCCEEDS, ("phone", "+49 731 12345")]);
    assert_eq!(bench.confirm(&id, &form).await.status, 200);
    bench.sandbox.stop().await;

    let bench = Bench::with(options()).await;
    let url = bench.url(&format!("/c/pay/{id}/authenticate"));
    let request = bench.client.post(url).form(&[("answer", "approve")]);
    assert_eq!(bench.send(request).await.status, 303);
    let session = bench.retrieve(&id).await;
    assert_eq!(session["customer_details"]["phone"], "+49 731 12345");
}
