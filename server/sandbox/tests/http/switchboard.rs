//! The switchboard, as a page and as JSON.

use serde_json::json;

use crate::bench::{Bench, Receiver, Response, SESSION, changed, eventually};

impl Bench {
    async fn page(&self, path: &str) -> Response {
        self.send(
            self.client
                .get(self.url(path))
                .header("Accept", "text/html"),
        )
        .await
    }

    /// Submits a form of the switchboard as a browser does.
    async fn submit(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let request = self
            .client
            .post(self.url(path))
            .header("Accept", "text/html,application/xhtml+xml")
            .header("Sec-Fetch-Site", "same-origin")
            .form(form);
        self.send(request).await
    }

    async fn act(&self, session: &str, action: &str, body: serde_json::Value) -> Response {
        self.post_json(&format!("/_sandbox/sessions/{session}/{action}"), body)
            .await
    }

    /// The available actions of a session.
    async fn actions(&self, session: &str) -> serde_json::Value {
        let shown = self.get(&format!("/_sandbox/sessions/{session}")).await;
        shown.json()["actions"].clone()
    }
}

#[tokio::test]
async fn a_session_is_paid_declined_expired_and_refunded_manually() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    assert_eq!(
        bench.actions(&id).await,
        json!(["pay", "decline", "pay_later", "expire"])
    );

    assert_eq!(bench.act(&id, "decline", json!({})).await.status, 200);
    assert_eq!(bench.retrieve(&id).await["status"], "open");
    assert!(
        bench
            .event_types()
            .await
            .contains(&"payment_intent.payment_failed".to_owned())
    );

    let paid = bench.act(&id, "pay", json!({})).await;
    assert_eq!(paid.json()["session"]["payment_status"], "paid");
    assert_eq!(paid.json()["actions"], json!(["refund", "dispute"]));
    assert_eq!(bench.ledger().await[0]["session"], id);

    let partly = bench.act(&id, "refund", json!({ "amount": 250 })).await;
    assert_eq!(partly.json()["charge"]["amount_refunded"], 250);
    let too_much = bench.act(&id, "refund", json!({ "amount": 1001 })).await;
    assert_eq!(too_much.status, 400);
    let fully = bench.act(&id, "refund", json!({})).await;
    assert_eq!(fully.json()["charge"]["refunded"], true);
    assert_eq!(fully.json()["actions"], json!([]));
    assert_eq!(bench.ledger().await[0]["refunded"], 1250);

    let other = bench.session().await;
    let expired = bench.act(&other, "expire", json!({})).await;
    assert_eq!(expired.json()["session"]["status"], "expired");
    assert_eq!(bench.act(&other, "pay", json!({})).await.status, 400);
}

#[tokio::test]
async fn a_delayed_payment_succeeds_or_fails_manually() {
    let bench = Bench::with(stripe_sandbox::Options {
        // The payment does not get its result automatically.
        async_payment_delay: std::time::Duration::from_secs(86_400),
        ..stripe_sandbox::Options::default()
    })
    .await;
    for (succeeds, payment_status, event) in [
        (true, "paid", "checkout.session.async_payment_succeeded"),
        (false, "unpaid", "checkout.session.async_payment_failed"),
    ] {
        let id = bench.session().await;
        let begun = bench.act(&id, "pay_later", json!({})).await;
        assert_eq!(begun.json()["session"]["payment_status"], "unpaid");
        assert_eq!(begun.json()["actions"], json!(["settle"]));
        let settled = bench
            .act(&id, "settle", json!({ "succeeds": succeeds }))
            .await;
        assert_eq!(settled.json()["session"]["payment_status"], payment_status);
        assert_eq!(bench.event_types().await.last().unwrap(), event);
        assert_eq!(bench.act(&id, "settle", json!({})).await.status, 400);
    }
}

#[tokio::test]
async fn a_manual_payment_has_all_details_that_the_session_collects() {
    let bench = Bench::start().await;
    let form = changed(
        &SESSION,
        &[
            ("shipping_address_collection[allowed_countries][0]", "AT"),
            ("phone_number_collection[enabled]", "true"),
            ("billing_address_collection", "required"),
            ("consent_collection[terms_of_service]", "required"),
        ],
    );
    let id = bench.session_with(&form).await;
    let paid = bench.act(&id, "pay", json!({})).await;
    assert_eq!(paid.status, 200, "{}", paid.text);
    let session = bench.retrieve(&id).await;
    assert_eq!(session["payment_status"], "paid");
    let shipping = &session["collected_information"]["shipping_details"];
    assert_eq!(shipping["address"]["country"], "AT");
}

#[tokio::test]
async fn a_dispute_is_opened_and_closed_manually() {
    let bench = Bench::start().await;
    for (action, status) in [("win", "won"), ("lose", "lost")] {
        let id = bench.session().await;
        bench.pay(&id).await;
        assert_eq!(bench.act(&id, action, json!({})).await.status, 400);
        let disputed = bench
            .act(&id, "dispute", json!({ "reason": "duplicate" }))
            .await
            .json();
        assert_eq!(disputed["dispute"]["reason"], "duplicate");
        let offered = disputed["actions"].as_array().unwrap();
        assert!(offered.contains(&json!("win")) && !offered.contains(&json!("dispute")));
        let decided = bench.act(&id, action, json!({})).await.json();
        assert_eq!(decided["dispute"]["status"], status);
        let closed = bench.event_types().await;
        assert!(closed.contains(&"charge.dispute.closed".to_owned()));
    }
    let id = bench.session().await;
    bench.pay(&id).await;
    let inquiry = bench
        .submit(
            &format!("/_sandbox/sessions/{id}/dispute"),
            &[("inquiry", "true")],
        )
        .await;
    assert_eq!(inquiry.status, 303);
    let closed = bench.act(&id, "close_inquiry", json!({})).await.json();
    assert_eq!(closed["dispute"]["status"], "warning_closed");
    let odd = bench.act(&id, "dispute", json!({ "reason": "x" })).await;
    assert_eq!(odd.status, 400);
}

#[tokio::test]
async fn unknown_actions_parameters_and_objects_are_rejected() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    assert_eq!(bench.act(&id, "explode", json!({})).await.status, 404);
    assert_eq!(
        bench.act("cs_test_x", "pay", json!({})).await.error(),
        (404, "resource_missing".into(), "session".into())
    );
    let unknown = bench.act(&id, "expire", json!({ "why": "x" })).await;
    assert_eq!(
        unknown.error(),
        (400, "parameter_unknown".into(), "why".into())
    );
    let typed = bench.act(&id, "refund", json!({ "amount": 1.5 })).await;
    assert_eq!(typed.error().2, "amount");
    for path in [
        "/_sandbox/sessions/cs_test_x",
        "/_sandbox/events/evt_x",
        "/_sandbox/nothing",
    ] {
        assert_eq!(bench.get(path).await.status, 404, "{path}");
    }
    assert_eq!(bench.retrieve(&id).await["status"], "open");
}

#[tokio::test]
async fn other_sites_can_neither_post_nor_use_another_host_name() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let url = bench.url(&format!("/_sandbox/sessions/{id}/pay"));
    let post = || bench.client.post(&url);
    let foreign = [
        post().header("Sec-Fetch-Site", "cross-site").body(""),
        post()
            .header("Sec-Fetch-Site", "same-site")
            .form(&[("a", "b")]),
        post().header("Origin", "http://evil.example").body(""),
        post().header("Origin", "null").json(&json!({})),
        post().header("Host", "evil.example").json(&json!({})),
    ];
    for request in foreign {
        assert_eq!(bench.send(request).await.status, 403);
    }
    // Content types that a page may send without a CORS preflight are not read as JSON.
    let plain = post().header("Content-Type", "text/plain").body("{}");
    assert_eq!(bench.send(plain).await.status, 415);
    let faults = bench.client.post(bench.url("/_sandbox/faults"));
    let faults = faults
        .header("Content-Type", "text/plain")
        .body("{\"drop\":1}");
    assert_eq!(bench.send(faults).await.status, 415);
    assert_eq!(bench.retrieve(&id).await["status"], "open");

    let renamed = bench.client.get(bench.url("/_sandbox/ledger"));
    let renamed = renamed.header("Host", "evil.example");
    assert_eq!(bench.send(renamed).await.status, 403);
    let own = post().header("Origin", bench.sandbox.url()).body("");
    assert_eq!(bench.send(own).await.status, 200);
}

#[tokio::test]
async fn deliveries_are_listed_with_their_responses_and_resent() {
    let receiver = Receiver::responding_with(&[500]).await;
    let bench = Bench::sending_to(&receiver).await;
    let id = bench.session().await;
    bench.act(&id, "expire", json!({})).await;
    receiver.wait_for("checkout.session.expired", 2).await;
    let attempts = eventually(|| async {
        let listed = bench.get("/_sandbox/deliveries").await.json();
        let attempts = listed["data"].as_array().unwrap().clone();
        (attempts.len() == 2).then_some(attempts)
    })
    .await;
    assert_eq!(
        (&attempts[0]["status"], &attempts[1]["status"]),
        (&json!(200), &json!(500))
    );
    assert_eq!(attempts[0]["url"], receiver.url());
    let event = attempts[0]["event"].as_str().unwrap();

    let resent = bench
        .post_json(&format!("/_sandbox/events/{event}/resend"), json!({}))
        .await;
    assert_eq!(resent.status, 200);
    let thrice = receiver.wait_for("checkout.session.expired", 3).await;
    assert_eq!(thrice[2].event()["id"], event);
    let shown = eventually(|| async {
        let shown = bench.get(&format!("/_sandbox/events/{event}")).await.json();
        (shown["attempts"].as_array().unwrap().len() == 3).then_some(shown)
    })
    .await;
    assert_eq!(shown["deliveries"][0]["state"], "delivered");
    let page = bench.page(&format!("/_sandbox/events/{event}")).await.text;
    assert!(page.contains("<td>500</td>") && page.contains("<td>200</td>"));
}

#[tokio::test]
async fn an_unreachable_endpoint_has_an_error_instead_of_a_status() {
    let bench = Bench::start().await;
    // Nothing listens on this port: it was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    bench
        .sandbox
        .set_webhook(format!("http://{port}/"), "whsec_x");
    bench.act(&bench.session().await, "expire", json!({})).await;
    let attempt = eventually(|| async {
        let listed = bench.get("/_sandbox/deliveries").await.json();
        listed["data"].as_array().unwrap().first().cloned()
    })
    .await;
    assert_eq!(
        (&attempt["status"], &attempt["error"]),
        (&json!(null), &json!("could not connect"))
    );
}

#[tokio::test]
async fn lists_come_in_pages() {
    let bench = Bench::start().await;
    let mut ids = Vec::new();
    for _ in 0..27 {
        ids.push(bench.session().await);
    }
    ids.reverse();
    let first = bench.get("/_sandbox/sessions").await.json();
    assert_eq!(first["data"].as_array().unwrap().len(), 25);
    assert_eq!(
        (&first["data"][0]["id"], &first["has_more"]),
        (&json!(ids[0]), &json!(true))
    );
    let rest = format!("/_sandbox/sessions?starting_after={}", ids[24]);
    let second = bench.get(&rest).await.json();
    assert_eq!(
        (&second["data"][1]["id"], &second["has_more"]),
        (&json!(ids[26]), &json!(false))
    );
    let page = bench.page("/_sandbox/sessions").await.text;
    assert!(page.contains(&format!("?starting_after={}", ids[24])));
    assert_eq!(
        bench.page("/_sandbox").await.text.matches("<tr>").count(),
        11
    );
    for bad in ["limit=0", "limit=101", "starting_after=cs_x", "foo=1"] {
        let response = bench.get(&format!("/_sandbox/sessions?{bad}")).await;
        assert_eq!(response.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn the_pages_work_without_scripts() {
    let bench = Bench::start().await;
    let id = bench
        .session_with(&changed(
            &SESSION,
            &[("client_reference_id", "<script>alert(1)</script>")],
        ))
        .await;
    let overview = bench.page("/_sandbox").await;
    assert_eq!(overview.status, 200);
    assert!(overview.text.contains(&format!("/_sandbox/sessions/{id}")));
    assert!(!overview.text.contains("<script"), "{}", overview.text);
    assert!(
        overview
            .header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    let page = bench.page(&format!("/_sandbox/sessions/{id}")).await.text;
    assert!(page.contains(&format!("action=\"/_sandbox/sessions/{id}/pay\"")));
    assert_eq!(page.matches("<h1").count(), 1);

    let paid = bench
        .submit(&format!("/_sandbox/sessions/{id}/pay"), &[])
        .await;
    assert_eq!(paid.status, 303);
    let after = bench.page(paid.header("location")).await.text;
    assert!(after.contains("The session is paid."));
    let refused = bench
        .submit(&format!("/_sandbox/sessions/{id}/pay"), &[])
        .await;
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("Request failed"));
    let refund = format!("/_sandbox/sessions/{id}/refund");
    assert_eq!(bench.submit(&refund, &[("amount", "50")]).await.status, 303);
    assert_eq!(bench.ledger().await[0]["refunded"], 50);
    assert_eq!(bench.submit(&refund, &[("amount", "")]).await.status, 303);
    assert_eq!(bench.ledger().await[0]["refunded"], 1250);
}

#[tokio::test]
async fn faults_and_the_clock_are_set_with_forms() {
    let bench = Bench::start().await;
    let form = [
        ("seed", "4"),
        ("drop", "0.25"),
        ("hang", ""),
        ("delay_ms_from", "5"),
        ("delay_ms_to", "10"),
        ("api_error_status", "409, 500"),
        ("api_version", "2020"),
        ("timestamp_skew", "-7"),
        ("should_retry", "none"),
    ];
    assert_eq!(bench.submit("/_sandbox/faults", &form).await.status, 303);
    let plan = bench.get("/_sandbox/faults").await.json();
    assert_eq!(
        (&plan["seed"], &plan["drop"], &plan["delay_ms"]),
        (&json!(4), &json!(0.25), &json!([5, 10]))
    );
    assert_eq!(
        (&plan["api_error_status"], &plan["api_version"]),
        (&json!([409, 500]), &json!("2020"))
    );
    assert_eq!(plan["timestamp_skew"], -7);
    assert!(plan.get("should_retry").unwrap().is_null());
    // The page shows the current plan, and its values can be submitted again.
    let page = bench.page("/_sandbox").await.text;
    assert!(page.contains("name=\"drop\" value=\"0.25\""), "{page}");
    let wrong = bench.submit("/_sandbox/faults", &[("drop", "often")]).await;
    assert_eq!(wrong.status, 400);
    assert_eq!(bench.submit("/_sandbox/faults", &[]).await.status, 303);
    assert_eq!(bench.get("/_sandbox/faults").await.json()["drop"], 0.0);

    let before = bench.get("/_sandbox/clock").await.json();
    assert_eq!(before["ahead"], 0);
    let moved = bench
        .submit("/_sandbox/clock", &[("advance", "3600")])
        .await;
    assert_eq!(moved.status, 303);
    let after = bench.get("/_sandbox/clock").await.json();
    assert_eq!(after["ahead"], 3600);
    assert!(after["now"].as_i64().unwrap() >= before["now"].as_i64().unwrap() + 3600);
    for bad in [
        json!({}),
        json!({ "advance": -1 }),
        json!({ "advance": 1, "x": 1 }),
    ] {
        let response = bench.post_json("/_sandbox/clock", bad).await;
        assert_eq!(response.status, 400);
    }
}
