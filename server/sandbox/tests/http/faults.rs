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
async fn the_same_seed_gives_the_same_errors() {
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
async fn an_injected_error_executes_nothing_and_is_not_stored() {
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
async fn a_request_whose_response_was_lost_is_executed_and_replayed_on_retry() {
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
async fn api_faults_do_not_affect_the_payment_page() {
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
            .filter(|count| *count >= 4)
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
async fn an_invalid_plan_is_rejected() {
    let bench = Bench::start().await;
    for plan in [
        json!({ "drop": 2 }),
        json!({ "delay_ms": [5, 1] }),
        json!({ "dorp": 1 }),
        json!({ "hang": -1 }),
        json!({ "api_error_status": [418] }),
        json!({ "should_retry": "true" }),
        json!({ "timestamp_skew": 1e300 }),
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

#[tokio::test]
async fn errors_have_the_statuses_and_the_retry_header_that_were_asked_for() {
    let bench = Bench::start().await;
    for (status, should_retry, header, code) in [
        (409, json!(true), "true", "lock_timeout"),
        (429, json!(false), "false", "rate_limit"),
        (500, json!(null), "", ""),
    ] {
        bench
            .post_json(
                "/_sandbox/faults",
                json!({
                    "api_error": 1,
                    "api_error_status": [status],
                    "should_retry": should_retry,
                }),
            )
            .await;
        for _ in 0..5 {
            let refused = bench.get("/v1/events").await;
            assert_eq!(refused.error(), (status, code.into(), String::new()));
            assert_eq!(refused.header("stripe-should-retry"), header);
        }
    }
}

#[tokio::test]
async fn a_request_that_hangs_is_not_executed_and_leaves_its_key_free() {
    let bench = Bench::start().await;
    bench
        .post_json("/_sandbox/faults", json!({ "hang": 1 }))
        .await;
    let request = bench
        .client
        .post(bench.url(CREATE))
        .bearer_auth("sk_test_sandbox")
        .header("Idempotency-Key", "k")
        .form(&SESSION)
        .timeout(std::time::Duration::from_millis(300));
    assert!(request.send().await.unwrap_err().is_timeout());
    bench.post_json("/_sandbox/faults", json!({})).await;
    assert_eq!(bench.get(CREATE).await.json()["data"], json!([]));
    let created = bench.post_keyed(CREATE, "k", &SESSION).await;
    assert_eq!(
        (created.status, created.header("idempotent-replayed")),
        (200, "")
    );
}

#[tokio::test]
async fn a_proxys_502_is_no_json_and_executes_nothing() {
    let bench = Bench::start().await;
    bench
        .post_json("/_sandbox/faults", json!({ "bad_gateway": 1 }))
        .await;
    let page = bench.post_keyed(CREATE, "k", &SESSION).await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (502, "text/html")
    );
    assert!(page.text.starts_with("<html>"));
    assert_eq!(page.header("request-id"), "");
    bench.post_json("/_sandbox/faults", json!({})).await;
    assert_eq!(bench.get(CREATE).await.json()["data"], json!([]));
}

#[tokio::test]
async fn the_shopper_may_come_back_before_the_event() {
    let receiver = Receiver::start().await;
    let bench = Bench::sending_to(&receiver).await;
    // Without the fault the page would wait these eight seconds: its timeout is ten.
    bench
        .post_json(
            "/_sandbox/faults",
            json!({ "redirect_first": 1, "delay_ms": [8000, 8000] }),
        )
        .await;
    let id = bench.session().await;
    let form = [
        ("email", "ada@example.org"),
        ("method", "card"),
        ("number", "4242 4242 4242 4242"),
        ("expiry", "12 / 40"),
        ("cvc", "123"),
    ];
    let back = bench.post(&format!("/c/pay/{id}"), &form).await;
    assert_eq!(back.status, 303, "{}", back.text);
    assert!(receiver.received().is_empty());
    assert_eq!(bench.ledger().await.len(), 1);
}

#[tokio::test]
async fn events_of_an_unknown_type_come_between_the_others() {
    let receiver = Receiver::start().await;
    let bench = Bench::sending_to(&receiver).await;
    bench
        .post_json("/_sandbox/faults", json!({ "unknown_event": 1 }))
        .await;
    bench.pay(&bench.session().await).await;
    let unheard_of = receiver.wait_for("sandbox.unheard_of", 4).await;
    let id = unheard_of[0].event()["id"].as_str().unwrap().to_owned();
    assert_eq!(bench.get(&format!("/v1/events/{id}")).await.status, 200);
    receiver.wait_for("checkout.session.completed", 1).await;
}

#[tokio::test]
async fn objects_have_undocumented_fields_and_values() {
    let receiver = Receiver::start().await;
    let bench = Bench::sending_to(&receiver).await;
    let plain = bench.retrieve(&bench.session().await).await;
    assert!(plain["sandbox_extra"].is_null());
    bench
        .post_json("/_sandbox/faults", json!({ "extra_fields": 1 }))
        .await;
    let created = bench.post_keyed(CREATE, "k", &SESSION).await.json();
    assert!(created["sandbox_extra"].is_object(), "{created}");
    assert_eq!(created["customer_creation"], "sandbox_unheard_of");
    assert_eq!(created["status"], "open");
    bench.pay(created["id"].as_str().unwrap()).await;
    let completed = receiver.wait_for("checkout.session.completed", 1).await;
    let event = completed[0].event();
    assert!(event["sandbox_extra"].is_object());
    assert!(event["data"]["object"]["sandbox_extra"].is_object());
    // The response stored for the key is without the fault.
    bench.post_json("/_sandbox/faults", json!({})).await;
    let again = bench.post_keyed(CREATE, "k", &SESSION).await.json();
    assert!(again["sandbox_extra"].is_null());
}

#[tokio::test]
async fn events_may_name_another_api_version() {
    let receiver = Receiver::start().await;
    let bench = Bench::sending_to(&receiver).await;
    bench
        .post_json("/_sandbox/faults", json!({ "api_version": "2020-08-27" }))
        .await;
    bench.pay(&bench.session().await).await;
    let completed = receiver.wait_for("checkout.session.completed", 1).await;
    assert_eq!(completed[0].event()["api_version"], "2020-08-27");
    bench.post_json("/_sandbox/faults", json!({})).await;
    bench.pay(&bench.session().await).await;
    let completed = receiver.wait_for("checkout.session.completed", 2).await;
    assert_eq!(completed[1].event()["api_version"], "2026-09-30.endive");
}

#[tokio::test]
async fn signatures_may_be_off_in_time() {
    let receiver = Receiver::start().await;
    let bench = Bench::sending_to(&receiver).await;
    bench
        .post_json("/_sandbox/faults", json!({ "timestamp_skew": -86_400 }))
        .await;
    bench.pay(&bench.session().await).await;
    let completed = receiver.wait_for("checkout.session.completed", 1).await;
    let header = completed[0].headers["stripe-signature"].to_str().unwrap();
    let time = header.split(',').next().unwrap();
    let signed: i64 = time.strip_prefix("t=").unwrap().parse().unwrap();
    let created = completed[0].event()["created"].as_i64().unwrap();
    // A day, minus the time between the event and its delivery.
    assert!(
        (80_000..=86_400).contains(&(created - signed)),
        "{created} {signed}"
    );
}

#[tokio::test]
async fn the_current_plan_is_shown_and_cleared() {
    let bench = Bench::start().await;
    let plan = json!({ "seed": 3, "drop": 0.5, "should_retry": null });
    bench.post_json("/_sandbox/faults", plan).await;
    let shown = bench.get("/_sandbox/faults").await.json();
    assert_eq!(
        (&shown["seed"], &shown["drop"], &shown["duplicate"]),
        (&json!(3), &json!(0.5), &json!(0.0))
    );
    assert!(shown["should_retry"].is_null() && shown.get("should_retry").is_some());
    bench.post_json("/_sandbox/faults", json!({})).await;
    let shown = bench.get("/_sandbox/faults").await.json();
    assert_eq!(
        (&shown["drop"], shown.get("should_retry")),
        (&json!(0.0), None)
    );
}
