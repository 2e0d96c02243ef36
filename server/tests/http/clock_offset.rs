//! This server's clock differs from Stripe's.

use serde_json::json;
use stripe_sandbox::Sandbox;

use crate::serving::Visitor;
use crate::test_app::{TestApp, WEBHOOK_SECRET, client, eventually, now, sign};
use crate::till_binary::Till;

/// The warnings that `/readyz` prints below `ok`.
async fn warnings(app: &TestApp) -> String {
    let ready = app.get("/readyz").await;
    assert_eq!(ready.status, 200);
    ready.body.strip_prefix("ok").unwrap().to_owned()
}

/// Calls Stripe once, so that its clock is known.
async fn call_stripe(app: &TestApp) {
    app.shop.stripe.account().await.unwrap();
}

#[tokio::test]
async fn a_clock_that_is_behind_is_reported_and_the_next_shopper_can_pay() {
    let app = TestApp::without_webhooks().await;
    app.advance_stripe_clock(360).await;
    // Stripe's clock is unknown yet: 35 minutes from here are 29 from there.
    let pen = app.variant("PEN").await.id;
    let form = app.form("/").await.choose(pen, "1");
    let page = app.refused(&form).await;
    let alert = page.alert();
    assert!(
        alert.starts_with("This shop cannot take payments"),
        "{alert}"
    );
    let warning = warnings(&app).await;
    assert!(warning.contains("expires_at"), "{warning}");
    let named = warning.matches("seconds behind Stripe's").count();
    // Once as its own warning, and once in the log and the owner's email about the refusal.
    assert_eq!(named, 2, "{warning}");

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
        call_stripe(&app).await;
        assert_eq!(warnings(&app).await, "", "{skew}");
    }
    for (skew, side) in [(40, "behind"), (-40, "ahead of")] {
        app.set_faults(json!({ "date_skew": skew })).await;
        call_stripe(&app).await;
        let warning = warnings(&app).await;
        assert!(
            warning.contains(&format!("seconds {side} Stripe's")),
            "{warning}"
        );
    }
    app.set_faults(json!({})).await;
    call_stripe(&app).await;
    assert_eq!(warnings(&app).await, "");
}

#[tokio::test]
async fn a_hold_lasts_as_configured_while_the_clock_is_right() {
    let app = TestApp::without_webhooks().await;
    call_stripe(&app).await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let hold = checkout.expires_at - checkout.created_at;
    assert_eq!(hold, time::Duration::minutes(35));
}

#[tokio::test]
async fn startup_and_a_signature_out_of_tolerance_report_the_clock() {
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
            ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET),
            ("STRIPE_API_BASE", &url),
        ])
        .await;
    assert!(serving.log().contains("seconds ahead of Stripe's"));
    // The server reconciles seconds after startup, and knows the offset by then.
    let visitor = Visitor::of(&serving);
    eventually("the server knows Stripe's clock", async || {
        let ready = visitor.page("/readyz").await;
        ready.body.contains("ahead of Stripe's").then_some(())
    })
    .await;
    let body = "{}";
    let late = sign(WEBHOOK_SECRET, now() - 400, body.as_bytes());
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
