use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::bench::{Bench, CARD, SESSION, changed};

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

#[tokio::test]
async fn a_created_session_is_open_unpaid_and_knows_its_total() {
    let bench = Bench::start().await;
    let session = bench.post("/v1/checkout/sessions", &SESSION).await.json();
    let id = session["id"].as_str().unwrap();
    assert!(id.starts_with("cs_test_a1") && id.len() == 66, "{id}");
    assert_eq!(session["status"], "open");
    assert_eq!(session["payment_status"], "unpaid");
    assert_eq!(session["amount_total"], 1250);
    assert_eq!(session["currency"], "eur");
    assert_eq!(session["payment_intent"], json!(null));
    assert_eq!(session["metadata"], json!({}));
    assert_eq!(
        session["payment_method_types"],
        json!(["card", "sepa_debit"])
    );
    assert_eq!(
        session["url"],
        format!("{}/c/pay/{id}", bench.sandbox.url())
    );
    assert_eq!(
        session["expires_at"].as_i64().unwrap() - session["created"].as_i64().unwrap(),
        86400
    );
    assert!(session.get("line_items").is_none());
    assert_eq!(bench.retrieve(id).await, session);
}

#[tokio::test]
async fn lines_and_metadata_come_back_as_they_were_sent() {
    let bench = Bench::start().await;
    let form = changed(
        &SESSION,
        &[
            ("metadata[checkout]", "abc"),
            ("line_items[1][price_data][currency]", "EUR"),
            ("line_items[1][price_data][unit_amount]", "100"),
            ("line_items[1][price_data][product_data][name]", "Löffel"),
            (
                "line_items[1][price_data][product_data][description]",
                "Silver",
            ),
            (
                "line_items[1][price_data][product_data][images][]",
                "https://shop.test/spoon.svg",
            ),
            (
                "line_items[1][price_data][product_data][metadata][sku]",
                "S-1",
            ),
            ("line_items[1][quantity]", "3"),
            ("expand[]", "line_items.data.price.product"),
        ],
    );
    let session = bench.post("/v1/checkout/sessions", &form).await.json();
    assert_eq!(session["metadata"], json!({ "checkout": "abc" }));
    let spoon = &session["line_items"]["data"][1];
    assert_eq!(spoon["description"], "Löffel");
    assert_eq!(spoon["amount_total"], 300);
    assert_eq!(spoon["price"]["unit_amount_decimal"], "100");
    assert_eq!(
        spoon["price"]["product"]["metadata"],
        json!({ "sku": "S-1" })
    );
    assert_eq!(
        spoon["price"]["product"]["images"],
        json!(["https://shop.test/spoon.svg"])
    );
}

#[tokio::test]
async fn line_items_are_listed_in_pages() {
    let bench = Bench::start().await;
    let names: Vec<[String; 4]> = (0..12)
        .map(|n| {
            let line = format!("line_items[{n}]");
            [
                format!("{line}[price_data][currency]"),
                format!("{line}[price_data][unit_amount]"),
                format!("{line}[price_data][product_data][name]"),
                format!("{line}[quantity]"),
            ]
        })
        .collect();
    let lines: Vec<(&str, &str)> = names
        .iter()
        .flat_map(|[c, a, n, q]| {
            [
                (c.as_str(), "eur"),
                (a.as_str(), "100"),
                (n.as_str(), n.as_str()),
                (q.as_str(), "1"),
            ]
        })
        .collect();
    let id = bench.session_with(&changed(&SESSION, &lines)).await;
    let url = format!("/v1/checkout/sessions/{id}/line_items");
    let first = bench.get(&url).await.json();
    assert_eq!(
        (first["data"].as_array().unwrap().len(), &first["has_more"]),
        (10, &json!(true))
    );
    assert_eq!(first["url"], url);
    let cursor = first["data"][9]["id"].as_str().unwrap();
    let second = bench
        .get(&format!("{url}?starting_after={cursor}"))
        .await
        .json();
    assert_eq!(
        (
            second["data"].as_array().unwrap().len(),
            &second["has_more"]
        ),
        (2, &json!(false))
    );
    assert_eq!(second["data"][1]["description"], names[11][2]);
    let back = bench
        .get(&format!("{url}?limit=3&ending_before={cursor}"))
        .await
        .json();
    assert_eq!(back["data"][2]["description"], names[8][2]);
    let expanded = bench
        .get(&format!("/v1/checkout/sessions/{id}?expand[]=line_items"))
        .await
        .json();
    assert_eq!(expanded["line_items"]["has_more"], true);
}

#[tokio::test]
async fn sessions_are_listed_newest_first_and_filtered() {
    let bench = Bench::start().await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(bench.session().await);
    }
    bench.pay(&ids[1]).await;
    let all = bench.get("/v1/checkout/sessions?limit=3").await.json();
    let listed: Vec<&str> = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| session["id"].as_str().unwrap())
        .collect();
    assert_eq!(listed, [&ids[3], &ids[2], &ids[1]]);
    assert_eq!(all["has_more"], true);
    let rest = bench
        .get(&format!("/v1/checkout/sessions?starting_after={}", ids[1]))
        .await
        .json();
    assert_eq!(rest["data"][0]["id"], ids[0]);
    let complete = bench
        .get("/v1/checkout/sessions?status=complete&expand[]=data.payment_intent")
        .await
        .json();
    assert_eq!(complete["data"].as_array().unwrap().len(), 1);
    let intent = complete["data"][0]["payment_intent"]["id"]
        .as_str()
        .unwrap();
    let of_intent = bench
        .get(&format!("/v1/checkout/sessions?payment_intent={intent}"))
        .await
        .json();
    assert_eq!(of_intent["data"][0]["id"], ids[1]);
    assert_eq!(
        bench.get("/v1/checkout/sessions?limit=101").await.error().2,
        "limit"
    );
    let unknown = bench
        .get("/v1/checkout/sessions?starting_after=cs_test_x")
        .await;
    assert_eq!(
        unknown.error(),
        (400, "resource_missing".into(), "starting_after".into())
    );
}

#[tokio::test]
async fn an_invalid_creation_names_its_parameter() {
    let bench = Bench::start().await;
    let (soon, late) = ((now() + 1700).to_string(), (now() + 90_000).to_string());
    // Changes to a valid request, with the code and param of the error.
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: &[Case<'_>] = &[
        (&[("foo", "1")], "parameter_unknown", "foo"),
        (
            &[("payment_method_types[]", "card")],
            "parameter_unknown",
            "payment_method_types",
        ),
        (
            &[("line_items[0][foo]", "1")],
            "parameter_unknown",
            "line_items[0][foo]",
        ),
        (
            &[("line_items[0][price_data][product_data][tax]", "1")],
            "parameter_unknown",
            "line_items[0][price_data][product_data][tax]",
        ),
        (&[("success_url", "")], "parameter_missing", "success_url"),
        (&[("mode", "")], "parameter_missing", "mode"),
        (&[("mode", "subscription")], "", "mode"),
        (&[("ui_mode", "embedded")], "", "ui_mode"),
        (&[("success_url", "shop")], "url_invalid", "success_url"),
        (
            &[("cancel_url", "javascript:alert(1)")],
            "url_invalid",
            "cancel_url",
        ),
        (
            &[("customer_email", "nobody")],
            "email_invalid",
            "customer_email",
        ),
        (
            &[("line_items[0][quantity]", "")],
            "parameter_missing",
            "line_items[0][quantity]",
        ),
        (
            &[("line_items[0][quantity]", "0")],
            "parameter_invalid_integer",
            "line_items[0][quantity]",
        ),
        (
            &[("line_items[0][quantity]", "1000000")],
            "parameter_invalid_integer",
            "line_items[0][quantity]",
        ),
        (
            &[("line_items[0][quantity]", "1.5")],
            "parameter_invalid_integer",
            "line_items[0][quantity]",
        ),
        (
            &[("line_items[0][price_data][currency]", "xyz")],
            "",
            "line_items[0][price_data][currency]",
        ),
        (
            &[("line_items[0][price_data][unit_amount]", "-1")],
            "parameter_invalid_integer",
            "line_items[0][price_data][unit_amount]",
        ),
        (
            &[("line_items[0][price_data][unit_amount]", "")],
            "parameter_missing",
            "line_items[0][price_data][unit_amount]",
        ),
        (
            &[("line_items[0][price_data][product_data][name]", "")],
            "parameter_missing",
            "line_items[0][price_data][product_data]",
        ),
        (
            &[("line_items[0][price_data][unit_amount]", "1")],
            "amount_too_small",
            "",
        ),
        (
            &[("line_items[0][price_data][unit_amount]", "999999999999")],
            "amount_too_large",
            "",
        ),
        (&[("expires_at", &soon)], "", "expires_at"),
        (&[("expires_at", &late)], "", "expires_at"),
        (
            &[("allowed_payment_method_types[]", "klarna")],
            "",
            "allowed_payment_method_types",
        ),
        (&[("locale", "tlh")], "", "locale"),
        (&[("expand[]", "customer.orders")], "", "expand"),
    ];
    for (changes, code, param) in cases {
        let refused = bench
            .post("/v1/checkout/sessions", &changed(&SESSION, changes))
            .await;
        assert_eq!(
            refused.error(),
            (400, (*code).into(), (*param).into()),
            "{changes:?} {}",
            refused.text
        );
        assert_eq!(refused.json()["error"]["type"], "invalid_request_error");
    }
    let no_lines: Vec<_> = SESSION
        .iter()
        .filter(|(name, _)| !name.starts_with("line_items"))
        .copied()
        .collect();
    let refused = bench.post("/v1/checkout/sessions", &no_lines).await;
    assert_eq!(
        refused.json()["error"]["message"],
        "Missing required param: line_items."
    );
    assert_eq!(
        bench.get("/v1/checkout/sessions").await.json()["data"],
        json!([])
    );
}

#[tokio::test]
async fn two_currencies_in_one_session_are_refused() {
    let bench = Bench::start().await;
    let form = changed(
        &SESSION,
        &[
            ("line_items[1][price_data][currency]", "usd"),
            ("line_items[1][price_data][unit_amount]", "100"),
            ("line_items[1][price_data][product_data][name]", "Spoon"),
            ("line_items[1][quantity]", "1"),
        ],
    );
    assert_eq!(
        bench.post("/v1/checkout/sessions", &form).await.error(),
        (400, String::new(), "line_items".into())
    );
}

#[tokio::test]
async fn a_session_may_expire_after_half_an_hour_at_the_earliest() {
    let bench = Bench::start().await;
    let expires_at = (now() + 1860).to_string();
    let id = bench
        .session_with(&changed(&SESSION, &[("expires_at", &expires_at)]))
        .await;
    assert_eq!(
        bench.retrieve(&id).await["expires_at"].to_string(),
        expires_at
    );
}

#[tokio::test]
async fn an_open_session_is_expired_once() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let url = format!("/v1/checkout/sessions/{id}/expire");
    let expired = bench.post(&url, &[]).await.json();
    assert_eq!(
        (&expired["status"], &expired["url"]),
        (&json!("expired"), &json!(null))
    );
    let again = bench.post(&url, &[]).await;
    assert_eq!(again.status, 400);
    assert_eq!(
        again.json()["error"]["message"],
        "Only Checkout Sessions with a status in [\"open\"] can be expired. \
         This Checkout Session has a status of `expired`."
    );
    assert_eq!(bench.event_types().await, ["checkout.session.expired"]);
    assert_eq!(bench.confirm(&id, &CARD).await.status, 400);
}

#[tokio::test]
async fn a_paid_session_cannot_be_expired() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    bench.pay(&id).await;
    let refused = bench
        .post(&format!("/v1/checkout/sessions/{id}/expire"), &[])
        .await;
    assert_eq!(refused.status, 400);
    assert!(
        refused
            .text
            .contains("This Checkout Session has a status of `complete`.")
    );
}

#[tokio::test]
async fn a_session_expires_at_its_expiry_time() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let paid = bench.session().await;
    bench.pay(&paid).await;
    bench.advance_clock(86_401).await;
    crate::bench::eventually(|| async {
        (bench.retrieve(&id).await["status"] == "expired").then_some(())
    })
    .await;
    let event = bench
        .get("/v1/events?type=checkout.session.expired")
        .await
        .json();
    assert_eq!(event["data"].as_array().unwrap().len(), 1);
    assert_eq!(event["data"][0]["data"]["object"]["id"], id);
    assert_eq!(event["data"][0]["request"], json!(null));
    assert_eq!(bench.retrieve(&paid).await["status"], "complete");
}

#[tokio::test]
async fn yen_have_no_decimals_and_dinars_three() {
    let bench = Bench::start().await;
    let form = |currency, amount| {
        changed(
            &SESSION,
            &[
                ("line_items[0][price_data][currency]", currency),
                ("line_items[0][price_data][unit_amount]", amount),
            ],
        )
    };
    let yen = bench.session_with(&form("jpy", "500")).await;
    assert!(
        bench
            .get(&format!("/c/pay/{yen}"))
            .await
            .text
            .contains("Pay ¥1,000")
    );
    assert_eq!(
        bench
            .post("/v1/checkout/sessions", &form("kwd", "1235"))
            .await
            .status,
        400
    );
    let dinars = bench.session_with(&form("kwd", "1230")).await;
    assert!(
        bench
            .get(&format!("/c/pay/{dinars}"))
            .await
            .text
            .contains("Pay KWD 2.460")
    );
}
