use serde_json::json;

use crate::bench::{Bench, Receiver, SESSION};

const CREATE: &str = "/v1/checkout/sessions";

async fn statuses(plan: serde_json::Value) -> Vec<u16> {
    let bench = Bench::start().await;
    assert_eq!(bench.post_json("/_sandbox/faults", plan).await.status, 200);
    let mut statuses = Vec::new();
    for _ in 0..30 {
        statuses.push(bench.post(CREATE, &SESSION).await.status);
    }
    statuses
}

#[tokio::test]
async fn the_same_seed_answers_the_same_errors() {
    let plan = json!({ "seed": 5, "api_error": 0.5 });
    let first = statuses(plan.clone()).await;
    assert_eq!(first, statuses(plan).await);
    for status in [200, 409, 429, 500] {
        assert!(first.contains(&status), "{status} in {first:?}");
    }
    assert_ne!(
        first,
        statuses(json!({ "seed": 6, "api_error": 0.5 })).await
    );
}

#[tokio::test]
async fn an_error_on_purpose_executes_nothing_and_is_not_kept() {
    let bench = Bench::start().await;
    bench
        .post_json("/_sandbox/faults", json!({ "api_error": 1 }))
        .await;
    let refused = bench.post_keyed(CREATE, "key-1", &SESSION).await;
    assert!(refused.status >= 400);
    assert!(refused.header("request-id").starts_with("req_"));
    assert_eq!(
        bench.post_json("/_sandbox/faults", json!({})).await.status,
        200
    );
    let created = bench.post_keyed(CREATE, "key-1", &SESSION).await;
    assert_eq!(
        (created.status, created.header("idempotent-replayed")),
        (200, "")
    );
    assert_eq!(
        bench.get(CREATE).await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_lost_answer_was_executed_and_is_given_to_who_asks_again() {
    let bench = Bench::start().await;
    bench
        .post_json("/_sandbox/faults", json!({ "lose_answer": 1 }))
        .await;
    let request = bench
        .client
        .post(bench.url(CREATE))
        .bearer_auth("sk_test_sandbox")
        .header("Idempotency-Key", "k");
    assert!(request.form(&SESSION).send().await.is_err());
    bench.post_json("/_sandbox/faults", json!({})).await;
    let again = bench.post_keyed(CREATE, "k", &SESSION).await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (200, "true")
    );
    assert_eq!(
        bench.get(CREATE).await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn paying_is_not_disturbed_by_faults_of_the_api() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    bench
        .post_json(
            "/_sandbox/faults",
            json!({ "api_error": 1, "lose_answer": 1 }),
        )
        .await;
    bench.pay(&id).await;
}

#[tokio::test]
async fn a_duplicated_event_comes_twice() {
    let receiver = Receiver::start().await;
    let bench = Bench::sending_to(&receiver).await;
    bench
        .post_json(
            "/_sandbox/faults",
            json!({ "duplicate": 1, "reorder": 1, "delay_ms": [0, 20] }),
        )
        .await;
    bench.pay(&bench.session().await).await;
    let twice = receiver.wait_for("checkout.session.completed", 2).await;
    assert_eq!(twice[0].event()["id"], twice[1].event()["id"]);
    assert_eq!(twice[0].body, twice[1].body);
}

#[tokio::test]
async fn a_dropped_event_is_never_sent_but_can_be_pulled() {
    let receiver = Receiver::start().await;
    let bench = Bench::sending_to(&receiver).await;
    bench
        .post_json("/_sandbox/faults", json!({ "drop": 1 }))
        .await;
    let dropped = bench.session().await;
    bench.pay(&dropped).await;
    crate::bench::eventually(|| async {
        let events = bench.get("/v1/events?delivery_success=false").await.json();
        let events = events["data"].as_array().unwrap();
        events
            .iter()
            .all(|event| event["pending_webhooks"] == 0)
            .then_some(events.len())
            .filter(|count| *count == 4)
    })
    .await;
    bench.post_json("/_sandbox/faults", json!({})).await;
    bench.pay(&bench.session().await).await;
    receiver.wait_for("checkout.session.completed", 1).await;
    assert!(
        receiver
            .received()
            .iter()
            .all(|received| !received.body.contains(&dropped))
    );
    assert_eq!(bench.ledger().await.len(), 2);
}

#[tokio::test]
async fn a_plan_that_makes_no_sense_is_refused() {
    let bench = Bench::start().await;
    for plan in [
        json!({ "drop": 2 }),
        json!({ "delay_ms": [5, 1] }),
        json!({ "dorp": 1 }),
        json!([]),
    ] {
        assert_eq!(
            bench
                .post_json("/_sandbox/faults", plan.clone())
                .await
                .status,
            400,
            "{plan}"
        );
    }
}
