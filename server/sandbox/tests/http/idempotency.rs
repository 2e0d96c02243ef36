use crate::bench::{Bench, SESSION, changed};
use serde_json::json;

const CREATE: &str = "/v1/checkout/sessions";

#[tokio::test]
async fn a_repeated_key_replays_the_first_response() {
    let bench = Bench::start().await;
    let form = changed(
        &SESSION,
        &[
            ("expand[]", "line_items"),
            ("metadata[a]", "1"),
            ("metadata[b]", "2"),
        ],
    );
    let first = bench.post_keyed(CREATE, "key-1", &form).await;
    assert_eq!(first.header("idempotency-key"), "key-1");
    assert_eq!(first.header("idempotent-replayed"), "");
    bench.pay(first.json()["id"].as_str().unwrap()).await;
    let mut other_order = form.clone();
    other_order.reverse();
    let second = bench.post_keyed(CREATE, "key-1", &other_order).await;
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(second.text, first.text);
    assert_eq!(
        bench.get(CREATE).await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_key_cannot_be_used_for_another_request() {
    let bench = Bench::start().await;
    let id = bench.post_keyed(CREATE, "key-1", &SESSION).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = changed(&SESSION, &[("line_items[0][quantity]", "3")]);
    for refused in [
        bench.post_keyed(CREATE, "key-1", &other).await,
        bench
            .post_keyed(&format!("{CREATE}/{id}/expire"), "key-1", &[])
            .await,
    ] {
        assert_eq!(refused.status, 400);
        let error = &refused.json()["error"];
        assert_eq!(error["type"], "idempotency_error");
        assert!(
            error["message"].as_str().unwrap().starts_with(
                "Keys for idempotent requests can only be used with the same parameters"
            )
        );
    }
    assert_eq!(bench.retrieve(&id).await["status"], "open");
}

#[tokio::test]
async fn failed_validation_is_not_stored() {
    let bench = Bench::start().await;
    assert_eq!(
        bench
            .post_keyed(CREATE, "key-1", &changed(&SESSION, &[("foo", "1")]))
            .await
            .status,
        400
    );
    assert_eq!(
        bench.post_keyed(CREATE, "key-1", &SESSION).await.status,
        200
    );
}

#[tokio::test]
async fn an_error_from_execution_is_stored() {
    let bench = Bench::start().await;
    let url = format!("{CREATE}/{}/expire", bench.session().await);
    assert_eq!(bench.post_keyed(&url, "one", &[]).await.status, 200);
    assert_eq!(bench.post_keyed(&url, "two", &[]).await.status, 400);
    let again = bench.post_keyed(&url, "two", &[]).await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (400, "true")
    );
    let first = bench.post_keyed(&url, "one", &[]).await;
    assert_eq!(
        (first.status, first.header("idempotent-replayed")),
        (200, "true")
    );
}

#[tokio::test]
async fn a_500_from_execution_is_stored() {
    let bench = Bench::start().await;
    bench
        .post_json("/_sandbox/faults", json!({ "error_kept": 1 }))
        .await;
    let failed = bench.post_keyed(CREATE, "key-1", &SESSION).await;
    assert_eq!(
        (failed.status, failed.header("idempotent-replayed")),
        (500, "")
    );
    bench.post_json("/_sandbox/faults", json!({})).await;
    let again = bench.post_keyed(CREATE, "key-1", &SESSION).await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (500, "true")
    );
    assert_eq!(again.text, failed.text);
    assert_eq!(bench.get(CREATE).await.json()["data"], json!([]));
    assert_eq!(bench.post_keyed(CREATE, "2", &SESSION).await.status, 200);
}

#[tokio::test]
async fn a_response_is_stored_for_a_day_and_then_the_key_is_new() {
    let bench = Bench::start().await;
    let first = bench.post_keyed(CREATE, "key-1", &SESSION).await;
    bench.advance_clock(23 * 60 * 60).await;
    let same = bench.post_keyed(CREATE, "key-1", &SESSION).await;
    assert_eq!(same.json()["id"], first.json()["id"]);
    bench.advance_clock(2 * 60 * 60).await;
    let other = bench.post_keyed(CREATE, "key-1", &SESSION).await;
    assert_eq!(
        (other.status, other.header("idempotent-replayed")),
        (200, "")
    );
    assert_ne!(other.json()["id"], first.json()["id"]);
}

#[tokio::test]
async fn a_key_matches_the_parameters_not_their_encoding() {
    let bench = Bench::start().await;
    let send = |body: &'static str| {
        let request = bench
            .client
            .post(bench.url(CREATE))
            .bearer_auth("sk_test_sandbox")
            .header("Idempotency-Key", "k")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);
        bench.send(request)
    };
    let first = send(
        "mode=payment&success_url=https://s.test/&line_items[0][quantity]=1\
         &line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]=500\
         &line_items[0][price_data][product_data][name]=A+b&expand[]=line_items",
    )
    .await;
    assert_eq!(first.status, 200, "{}", first.text);
    let again = send(
        "expand%5B0%5D=line_items\
         &line_items%5B0%5D%5Bprice_data%5D%5Bproduct_data%5D%5Bname%5D=%41%20b\
         &line_items[0][price_data][unit_amount]=500&line_items[0][price_data][currency]=eur\
         &line_items[0][quantity]=1&success_url=https%3A%2F%2Fs.test%2F&mode=payment",
    )
    .await;
    assert_eq!(
        again.header("idempotent-replayed"),
        "true",
        "{}",
        again.text
    );
    assert_eq!(again.text, first.text);
}

#[tokio::test]
async fn a_key_in_use_is_rejected_until_its_response_is_ready() {
    let bench = Bench::start().await;
    bench
        .post_json("/_sandbox/faults", json!({ "api_delay_ms": [300, 300] }))
        .await;
    let requests = (0..5).map(|_| bench.post_keyed(CREATE, "key-1", &SESSION));
    let responses = join_all(requests).await;
    let created = responses
        .iter()
        .filter(|response| response.status == 200)
        .count();
    let busy: Vec<_> = responses
        .iter()
        .filter(|response| response.status == 409)
        .collect();
    assert_eq!((created, busy.len()), (1, 4));
    assert_eq!(busy[0].json()["error"]["code"], "idempotency_key_in_use");
    bench.post_json("/_sandbox/faults", json!({})).await;
    assert_eq!(
        bench
            .post_keyed(CREATE, "key-1", &SESSION)
            .await
            .header("idempotent-replayed"),
        "true"
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
async fn many_requests_at_once_with_one_key_make_one_session() {
    let bench = Bench::start().await;
    let responses = join_all((0..50).map(|_| bench.post_keyed(CREATE, "key-1", &SESSION))).await;
    assert!(
        responses
            .iter()
            .all(|response| response.status == 200 || response.status == 409)
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
async fn keys_of_more_than_255_characters_are_refused() {
    let bench = Bench::start().await;
    assert_eq!(
        bench
            .post_keyed(CREATE, &"k".repeat(255), &SESSION)
            .await
            .status,
        200
    );
    assert_eq!(
        bench
            .post_keyed(CREATE, &"k".repeat(256), &SESSION)
            .await
            .status,
        400
    );
}

/// Runs the futures concurrently.
async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in running.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if outputs.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    outputs.into_iter().flatten().collect()
}
