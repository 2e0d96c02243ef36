use serde_json::json;

use crate::bench::{Bench, CARD, Receiver, changed, eventually};

#[tokio::test]
async fn a_card_payment_has_its_events_in_order() {
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
    let response = bench
        .post_keyed(&format!("/v1/checkout/sessions/{id}/expire"), "key-9", &[])
        .await;
    let event = bench.get("/v1/events").await.json()["data"][0].clone();
    assert_eq!(
        event["request"],
        json!({ "id": response.header("request-id"), "idempotency_key": "key-9" })
    );
}

#[tokio::test]
async fn events_are_filtered_by_type_time_and_delivery() {
    let receiver = Receiver::responding_with(&[500, 500, 500, 500]).await;
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
    let newest = bench.get("/v1/events?limit=1").await.json()["data"][0].clone();
    let path = format!("/v1/events/{}", newest["id"].as_str().unwrap());
    assert_eq!(bench.get(&path).await.json(), newest);
    bench.advance_clock(31 * 86_400).await;
    assert!(bench.event_types().await.is_empty());
    assert_eq!(bench.get(&path).await.error().0, 404);
}

#[tokio::test]
async fn events_are_listed_in_pages_both_ways() {
    let bench = Bench::start().await;
    for _ in 0..3 {
        bench.pay(&bench.session().await).await;
    }
    let page = async |query: &str| {
        let page = bench.get(&format!("/v1/events?{query}")).await.json();
        let ids: Vec<String> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["id"].as_str().unwrap().to_owned())
            .collect();
        (ids, page["has_more"] == true)
    };
    let of_charges = "type=charge.succeeded";
    let (all, more) = page(of_charges).await;
    assert_eq!((all.len(), more), (3, false));
    let (first, more) = page(&format!("{of_charges}&limit=2")).await;
    assert_eq!((&first[..], more), (&all[..2], true));
    let (rest, more) = page(&format!("{of_charges}&limit=2&starting_after={}", first[1])).await;
    assert_eq!((&rest[..], more), (&all[2..], false));
    let (back, more) = page(&format!("{of_charges}&limit=1&ending_before={}", all[2])).await;
    assert_eq!((&back[..], more), (&all[1..2], true));
    // The cursor need not match the filter.
    let (newest, _) = page("limit=1").await;
    let (again, _) = page(&format!("{of_charges}&starting_after={}", newest[0])).await;
    assert_eq!(again, all);
    let unknown = bench.get("/v1/events?starting_after=evt_x").await;
    assert_eq!(
        unknown.error(),
        (400, "resource_missing".into(), "starting_after".into())
    );
}

#[tokio::test]
async fn a_payment_that_is_booked_refunded_and_disputed_has_its_events_in_order() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let path = format!("/_sandbox/sessions/{id}");
    let step = async |action: &str, body: serde_json::Value, events: usize| {
        let done = bench.post_json(&format!("{path}/{action}"), body).await;
        assert_eq!(done.status, 200, "{}", done.text);
        bench.advance_clock(60).await;
        eventually(|| async { (bench.event_types().await.len() == events).then_some(()) }).await;
    };
    step("pay", json!({}), 5).await;
    step("refund", json!({ "amount": 250 }), 8).await;
    step("dispute", json!({ "inquiry": true }), 9).await;
    step("close_inquiry", json!({}), 10).await;
    step("dispute", json!({ "reason": "duplicate" }), 12).await;
    step("win", json!({}), 15).await;
    step("refund", json!({}), 18).await;
    assert_eq!(
        bench.event_types().await,
        [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
            "charge.updated",
            "refund.created",
            "charge.refunded",
            "refund.updated",
            "charge.dispute.created",
            "charge.dispute.closed",
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.updated",
            "charge.dispute.closed",
            "charge.dispute.funds_reinstated",
            "refund.created",
            "charge.refunded",
            "refund.updated",
        ]
    );
    assert_eq!(bench.ledger().await[0]["refunded"], 1250);
    let disputes = bench.get("/v1/disputes").await.json();
    let [won, inquiry] = [&disputes["data"][0], &disputes["data"][1]];
    assert_eq!(
        (&won["status"], &won["amount"], &won["reason"]),
        (&json!("won"), &json!(1000), &json!("duplicate"))
    );
    let moved: Vec<&serde_json::Value> = won["balance_transactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|booking| &booking["amount"])
        .collect();
    assert_eq!(moved, [-1000, 1000]);
    assert_eq!(
        (&inquiry["status"], &inquiry["balance_transactions"]),
        (&json!("warning_closed"), &json!([]))
    );
}

#[tokio::test]
async fn a_lost_dispute_keeps_the_money_and_is_closed() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    bench.pay(&id).await;
    let path = format!("/_sandbox/sessions/{id}");
    let act = async |action: &str| {
        let response = bench
            .post_json(&format!("{path}/{action}"), json!({}))
            .await;
        response.status
    };
    assert_eq!(act("win").await, 400, "there is no dispute");
    assert_eq!(act("dispute").await, 200);
    assert_eq!(act("dispute").await, 400, "there is one already");
    assert_eq!(act("close_inquiry").await, 400, "it is none");
    assert_eq!(act("lose").await, 200);
    assert_eq!(act("win").await, 400, "it is over");
    assert_eq!(act("refund").await, 400, "the money is gone");
    let dispute = bench.get("/v1/disputes").await.json()["data"][0].clone();
    assert_eq!(dispute["status"], "lost");
    let closed = bench
        .get("/v1/events?type=charge.dispute.closed")
        .await
        .json();
    assert_eq!(closed["data"][0]["data"]["object"], dispute);
    let reinstated = bench
        .get("/v1/events?type=charge.dispute.funds_reinstated")
        .await
        .json();
    assert_eq!(reinstated["data"], json!([]));
}
