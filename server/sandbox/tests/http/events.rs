use serde_json::json;

use crate::bench::{Bench, CARD, Receiver, changed, eventually};

#[tokio::test]
async fn a_card_payment_tells_its_story_in_order() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    bench
        .confirm(
            &id,
            &changed(&CARD, &[("card[number]", "4000000000000002")]),
        )
        .await;
    bench.pay(&id).await;
    assert_eq!(
        bench.event_types().await,
        [
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
        ]
    );
}

#[tokio::test]
async fn an_event_is_a_snapshot_of_its_moment() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    bench.pay(&id).await;
    let events = bench.get("/v1/events?limit=100").await.json();
    let completed = &events["data"][0];
    assert_eq!(completed["object"], "event");
    assert_eq!(completed["api_version"], "2026-09-30.endive");
    assert_eq!(completed["livemode"], false);
    assert_eq!(completed["request"], json!(null), "the shopper caused it");
    assert_eq!(completed["data"]["object"], bench.retrieve(&id).await);
    let created = &events["data"][3]["data"]["object"];
    assert_eq!(
        (&created["object"], &created["status"]),
        (&json!("payment_intent"), &json!("requires_payment_method"))
    );
    let one = bench
        .get(&format!("/v1/events/{}", completed["id"].as_str().unwrap()))
        .await
        .json();
    assert_eq!(&one, completed);
    assert_eq!(bench.get("/v1/events/evt_x").await.error().0, 404);
}

#[tokio::test]
async fn an_expiry_by_the_api_names_the_request() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let answer = bench
        .post_keyed(&format!("/v1/checkout/sessions/{id}/expire"), "key-9", &[])
        .await;
    let event = bench.get("/v1/events").await.json()["data"][0].clone();
    assert_eq!(
        event["request"],
        json!({ "id": answer.header("request-id"), "idempotency_key": "key-9" })
    );
}

#[tokio::test]
async fn events_are_filtered_by_type_time_and_delivery() {
    let receiver = Receiver::answering(&[500, 500, 500, 500]).await;
    let bench = Bench::sending_to(&receiver).await;
    let id = bench.session().await;
    let before = bench.retrieve(&id).await["created"].as_i64().unwrap();
    bench.pay(&id).await;
    let count = async |query: &str| {
        bench.get(&format!("/v1/events?{query}")).await.json()["data"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(count("type=charge.succeeded").await, 1);
    assert_eq!(count("type=checkout.session.*").await, 1);
    assert_eq!(
        count("types[]=charge.succeeded&types[]=payment_intent.created").await,
        2
    );
    assert_eq!(count("types[0]=charge.succeeded").await, 1);
    assert_eq!(count(&format!("created[gte]={before}")).await, 4);
    assert_eq!(count(&format!("created[lt]={before}")).await, 0);
    assert_eq!(count(&format!("created={}", before - 1)).await, 0);
    assert_eq!(count("limit=2").await, 2);
    assert_eq!(
        count("delivery_success=false").await + count("delivery_success=true").await,
        4
    );
    eventually(|| async { (count("delivery_success=true").await == 4).then_some(()) }).await;
    assert_eq!(bench.get("/v1/events?type=a&types[]=b").await.status, 400);
    assert_eq!(
        bench.get("/v1/events?created[foo]=1").await.error().1,
        "parameter_unknown"
    );
}

#[tokio::test]
async fn events_older_than_30_days_are_gone() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    bench.pay(&id).await;
    bench.advance_clock(60).await;
    eventually(|| async { (bench.event_types().await.len() == 5).then_some(()) }).await;
    bench.advance_clock(31 * 86_400).await;
    assert!(bench.event_types().await.is_empty());
}
