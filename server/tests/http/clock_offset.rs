//! This server's clock and Stripe's do not agree.

use serde_json::json;
use stripe_sandbox::Sandbox;

use crate::serving::Visitor;
use crate::test_app::{SECRET, TestApp, client, eventually, now, sign};
use crate::till_binary::Till;

/// What `/readyz` says below its `ok`.
async fn warnings(app: &TestApp) -> String {
    let ready = app.get("/readyz").await;
    assert_eq!(ready.status, 200);
    ready.body.strip_prefix("ok").unwrap().to_owned()
}

/// Has Stripe answer once, so that its clock is known.
async fn ask_stripe(app: &TestApp) {
    app.shop.stripe.account().await.unwrap();
}

#[tokio::test]
async fn a_clock_that_is_behind_is_named_and_the_next_shopper_can_pay() {
    let app = TestApp::without_webhooks().await;
    app.advance_stripes_clock(360).await;
    // Nothing is known of Stripe's clock yet: 35 minutes from here are 29 from there.
    let pen = app.product("PEN").await.id;
    let form = app.form("/").await.choose(pen, "1");
    let page = app.refused(&form).await;
    let alert = page.alert();
    assert!(
        alert.starts_with("This shop cannot take payments"),
        "{alert}"
    );
    let said = warnings(&app).await;
    assert!(said.contains("expires_at"), "{said}");
    let named = said.matches("seconds behind Stripe's").count();
    // As a warning of its own, and in what the log and the owner's mail say of the refusal.
    assert_eq!(named, 2, "{said}");

    let checkout = app.begin(&[("PEN", 1)]).await;
    let session = app.session(&checkout).await;
    let least = session["created"].as_i64().unwrap() + 30 * 60;
    assert!(session["expires_at"].as_i64().unwrap() > least, "{session}");
    assert_eq!(
        session["expires_at"],
        checkout.expires_at.unix_timestamp(),
        "a retry must be the same request"
    );
}

#[tokio::test]
async fn half_a_minute_is_no_reason_to_warn() {
    let app = TestApp::without_webhooks().await;
    for skew in [0, 25, -25] {
        app.set_faults(json!({ "date_skew": skew })).await;
        ask_stripe(&app).await;
        assert_eq!(warnings(&app).await, "", "{skew}");
    }
    for (skew, side) in [(40, "behind"), (-40, "ahead of")] {
        app.set_faults(json!({ "date_skew": skew })).await;
        ask_stripe(&app).await;
        let said = warnings(&app).await;
        assert!(said.contains(&format!("seconds {side} Stripe's")), "{said}");
    }
    app.set_faults(json!({})).await;
    ask_stripe(&app).await;
    assert_eq!(warnings(&app).await, "");
}

#[tokio::test]
async fn a_hold_is_as_long_as_it_was_set_while_the_clock_is_right() {
    let app = TestApp::without_webhooks().await;
    ask_stripe(&app).await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let hold = checkout.expires_at - checkout.created_at;
    assert_eq!(hold, time::Duration::minutes(35));
}

#[tokio::test]
async fn the_start_and_a_signature_out_of_tolerance_name_the_clock() {
    let sandbox = Sandbox::start(stripe_sandbox::Options::default())
        .await
        .unwrap();
    let url = sandbox.url();
    let faults = client().post(format!("{url}/_sandbox/faults"));
    let set = faults.json(&json!({ "date_skew": -400 })).send().await;
    assert_eq!(set.unwrap().status(), 200);
    let till = Till::new();
    let serving = till
        .serve(&[
            ("SANDBOX_ADDR", ""),
            ("STRIPE_SECRET_KEY", "sk_test_of_the_tests"),
            ("STRIPE_WEBHOOK_SECRET", SECRET),
            ("STRIPE_API_BASE", &url),
        ])
        .await;
    assert!(serving.log().contains("seconds ahead of Stripe's"));
    // The server compares with Stripe seconds after its start, and knows by then.
    let visitor = Visitor::of(&serving);
    eventually("the server knows Stripe's clock", async || {
        let ready = visitor.page("/readyz").await;
        ready.body.contains("ahead of Stripe's").then_some(())
    })
    .await;
    let body = "{}";
    let late = sign(SECRET, now() - 400, body.as_bytes());
    let post = client().post(format!("{}/webhooks/stripe", serving.origin));
    let post = post.header("stripe-signature", late).body(body);
    assert_eq!(post.send().await.unwrap().status(), 400);
    let line = eventually("the refusal is logged", async || {
        let log = serving.log();
        let line = log
            .lines()
            .find(|line| line.contains("a webhook was refused"));
        line.map(str::to_owned)
    })
    .await;
    assert!(line.contains("seconds ahead of Stripe's"), "{line}");
}
