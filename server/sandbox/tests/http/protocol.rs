//! API keys, headers and unknown paths.

use std::net::SocketAddr;

use stripe_sandbox::{API_KEY, Options, Sandbox, StartError};

use crate::bench::{Bench, SESSION};

#[tokio::test]
async fn only_loopback_is_listened_on() {
    for addr in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let options = Options {
            addr: addr.parse::<SocketAddr>().unwrap(),
            ..Options::default()
        };
        assert!(
            matches!(
                Sandbox::start(options).await,
                Err(StartError::NotLoopback(_))
            ),
            "{addr}"
        );
    }
}

#[tokio::test]
async fn test_keys_are_accepted_and_all_others_rejected() {
    let bench = Bench::start().await;
    let url = bench.url("/v1/events");
    let bearer = |key: &str| bench.client.get(&url).bearer_auth(key);
    assert_eq!(bench.send(bearer("sk_test_anything")).await.status, 200);
    assert_eq!(
        bench
            .send(bench.client.get(&url).basic_auth(API_KEY, Some("")))
            .await
            .status,
        200
    );
    assert_eq!(
        bench
            .send(bench.client.get(&url).basic_auth(API_KEY, None::<&str>))
            .await
            .status,
        200
    );
    assert_eq!(bench.send(bench.client.get(&url)).await.status, 401);
    for live in ["sk_live_0123456789", "rk_live_0123456789"] {
        let refused = bench.send(bearer(live)).await;
        assert_eq!(refused.status, 401);
        assert!(!refused.text.contains("0123456789"), "{}", refused.text);
    }
    let refused = bench.send(bearer("sk_nonsense_0123456789")).await;
    assert_eq!(
        refused.json()["error"]["message"],
        "Invalid API Key provided: sk_nonse**********6789"
    );
    assert_eq!(
        bench
            .client
            .post(bench.url("/v1/checkout/sessions"))
            .form(&SESSION)
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
}

#[tokio::test]
async fn every_response_has_stripes_headers() {
    let bench = Bench::start().await;
    for path in ["/v1/events", "/v1/events/evt_x", "/v1/nothing", "/nothing"] {
        let response = bench.get(path).await;
        assert!(response.header("request-id").starts_with("req_"), "{path}");
        assert_eq!(response.header("stripe-version"), "2026-09-30.endive");
        assert_eq!(response.header("content-type"), "application/json");
    }
    let pinned = bench
        .client
        .get(bench.url("/v1/events"))
        .bearer_auth(API_KEY)
        .header("Stripe-Version", "2026-10-28.endive");
    assert_eq!(
        bench.send(pinned).await.header("stripe-version"),
        "2026-10-28.endive"
    );
}

#[tokio::test]
async fn unknown_paths_and_methods_are_unrecognized() {
    let bench = Bench::start().await;
    let response = bench.post("/v1/x", &[]).await;
    assert_eq!(response.status, 404);
    assert!(
        response.json()["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("Unrecognized request URL (POST: /v1/x)")
    );
    let delete = bench
        .client
        .delete(bench.url("/v1/checkout/sessions"))
        .bearer_auth(API_KEY);
    assert_eq!(bench.send(delete).await.status, 404);
    assert_eq!(bench.get("/v1//v1/account").await.status, 404);
    let missing = bench.get("/v1/checkout/sessions/cs_test_x").await;
    assert_eq!(
        missing.error(),
        (404, "resource_missing".into(), "session".into())
    );
    assert_eq!(
        missing.json()["error"]["message"],
        "No such checkout.session: cs_test_x"
    );
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let bench = Bench::start().await;
    let name = "x".repeat(2_000_000);
    assert_eq!(
        bench
            .post("/v1/checkout/sessions", &[("a", &name)])
            .await
            .status,
        413
    );
}

#[tokio::test]
async fn head_responds_like_get_without_a_body_and_options_lists_the_methods() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let url = bench.url(&format!("/v1/checkout/sessions/{id}"));
    let head = bench
        .send(bench.client.head(&url).bearer_auth(API_KEY))
        .await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert!(head.header("request-id").starts_with("req_"));
    assert_eq!(bench.send(bench.client.head(&url)).await.status, 401);
    let options = |path: &str| {
        let url = bench.url(path);
        bench.send(bench.client.request(reqwest::Method::OPTIONS, url))
    };
    let known = options("/v1/checkout/sessions").await;
    assert_eq!(
        (known.status, known.header("allow")),
        (204, "GET, POST, HEAD, OPTIONS")
    );
    // No other origin may read a response.
    assert_eq!(known.header("access-control-allow-origin"), "");
    assert_eq!(options("/v1/nothing").await.status, 404);
}

#[tokio::test]
async fn a_missing_key_is_requested_and_a_wrong_one_is_shown_in_part() {
    let bench = Bench::start().await;
    let missing = bench.send(bench.client.get(bench.url("/v1/events"))).await;
    assert_eq!(
        (missing.status, missing.header("www-authenticate")),
        (401, "Basic realm=\"Stripe\"")
    );
    let message = missing.json()["error"]["message"].clone();
    assert!(
        message
            .as_str()
            .unwrap()
            .starts_with("You did not provide an API key.")
    );
    assert_eq!(missing.json()["error"]["type"], "invalid_request_error");
}
