//! Webhooks in unexpected shapes: thin events, and old versions of Stripe's API.

use serde_json::{Value, json};
use shop::mail::Route;
use shop::orders::Flag;
use shop::reconcile::{Request, reconcile};

use crate::mails::{mail, mails};
use crate::test_app::{CARD, TestApp, card, client, event, eventually, now, paid_session, sign};
use crate::till_binary::Till;

const COMPLETED: &str = "checkout.session.completed";

/// The thin event that Stripe sends about a session.
fn thin(session: &str) -> Value {
    json!({
        "id": "evt_test_thin", "object": "v2.core.event", "type": "v1.checkout.session.completed",
        "created": "2026-11-28T10:00:00.000Z", "livemode": false, "context": null, "reason": null,
        "related_object": {
            "id": session, "type": "checkout.session",
            "url": format!("/v1/checkout/sessions/{session}"),
        },
    })
}

#[tokio::test]
async fn a_thin_event_is_reported_and_does_not_count_as_a_working_webhook() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.mail.route = Route::Folder(path);
    })
    .await;
    // A payment was found by reconciliation, and no webhook has arrived.
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.pay_by_card(&checkout).await;
    let thorough = Request {
        thorough: true,
        ..Request::default()
    };
    reconcile(&app.shop, &thorough).await.unwrap();
    let warning_text = "warning: payments had to be fetched from Stripe";
    assert!(app.get("/readyz").await.body.contains(warning_text));
    let before = app.stored_events().await.len();

    for _ in 0..3 {
        assert_eq!(app.deliver(&thin("cs_test_1")).await, 200);
    }
    assert_eq!(app.stored_events().await.len(), before);
    let ready = app.get("/readyz").await.body;
    assert!(ready.contains(warning_text), "{ready}");
    assert!(ready.contains("v2.core.event"), "{ready}");
    assert!(ready.contains("snapshot"), "{ready}");
    let mail = mail(&folder, "webhooks that it cannot use").await;
    assert_eq!(mail.to, "owner@shop.example");
    assert!(mail.text.contains("/webhooks/stripe"), "{}", mail.text);
    assert!(mail.text.contains("snapshot"), "{}", mail.text);

    // Reported once a day.
    let warning_emails = |keys: Vec<String>| {
        let about = keys
            .iter()
            .filter(|key| key.starts_with("mail:unusable_events:"));
        about.count()
    };
    assert_eq!(warning_emails(app.tasks().await), 1);
    for (hours, mails) in [(23, 1), (24, 2)] {
        let then = shop::clock::now() - time::Duration::hours(hours);
        let then = shop::clock::rfc3339(then);
        app.execute(&format!("UPDATE stripe_fact SET mailed_at = '{then}'"))
            .await;
        app.execute(
            "UPDATE outbox SET key = 'mail:unusable_events:1' WHERE key LIKE 'mail:unusable%'",
        )
        .await;
        assert_eq!(app.deliver(&thin("cs_test_1")).await, 200);
        let tasks = app.tasks().await;
        assert_eq!(
            warning_emails(tasks.clone()),
            mails,
            "after {hours} hours: {tasks:?}"
        );
    }
    assert!(mails(folder.path()).len() >= 2);

    // A snapshot event ends the warning.
    let paid = event("charge.succeeded", &json!({ "id": "ch_1" }));
    app.execute("UPDATE reconciliation SET silent_since = '2026-01-01 00:00:00+00:00'")
        .await;
    assert_eq!(app.deliver(&paid).await, 200);
    assert!(!app.get("/readyz").await.body.contains(warning_text));
}

#[tokio::test]
async fn an_event_without_its_object_is_reported_too() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    for object in [Value::Null, json!("cs_test_1"), json!([])] {
        let event = event(COMPLETED, &object);
        assert_eq!(app.deliver(&event).await, 200);
        let id = event["id"].as_str().unwrap();
        assert!(app.stored_event(id).await.is_none(), "{object}");
    }
    let ready = app.get("/readyz").await.body;
    assert!(ready.contains("an event without its object"), "{ready}");
    // Of an event type that is not needed, nothing is missed.
    let unneeded = event("customer.created", &Value::Null);
    assert_eq!(app.deliver(&unneeded).await, 200);
    assert!(
        app.stored_event(unneeded["id"].as_str().unwrap())
            .await
            .is_some()
    );
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
}

// ---- Adaptive Pricing ----

/// A session of €10.00 as API versions before 2025-03-31 show it to a shopper who pays in
/// dollars.
fn in_dollars(session: &mut Value, source_subtotal: i64) {
    session["currency"] = "usd".into();
    session["amount_subtotal"] = 1133.into();
    session["amount_total"] = 1133.into();
    session["currency_conversion"] = json!({
        "amount_subtotal": source_subtotal, "amount_total": source_subtotal,
        "fx_rate": "1.1328", "source_currency": "eur",
    });
}

#[tokio::test]
async fn a_session_in_the_shoppers_currency_is_an_order_in_the_shops() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut session = paid_session(&checkout);
    in_dollars(&mut session, 1000);
    let event = app.deliver_session(COMPLETED, &session).await;
    assert_eq!(event.state.as_ref(), "applied", "{event:?}");
    let order = app.the_order().await;
    assert_eq!(order.flag, None);
    assert_eq!((order.currency.as_str(), order.amount_total), ("eur", 1000));
    assert_eq!(order.amount_subtotal, 1000);
}

#[tokio::test]
async fn parts_of_a_converted_total_add_up_and_a_wrong_sum_is_still_seen() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut session = paid_session(&checkout);
    in_dollars(&mut session, 1000);
    // €10.00 − €0.33 + €4.90 = €14.57, and each of them in dollars.
    session["total_details"] =
        json!({ "amount_discount": 37, "amount_shipping": 555, "amount_tax": 0 });
    session["amount_total"] = (1133 - 37 + 555).into();
    session["currency_conversion"]["amount_total"] = 1457.into();
    app.deliver_session(COMPLETED, &session).await;
    let order = app.the_order().await;
    assert_eq!(order.flag, None, "{order:?}");
    assert_eq!(order.amount_total, 1457);
    assert_eq!(
        order.amount_subtotal - order.amount_discount + order.amount_shipping + order.amount_tax,
        1457
    );
    assert_eq!(order.amount_discount, 33);

    // A total that does not add up in dollars, or that differs from the quote, is flagged.
    for (change, flag) in [
        ("total", Flag::TotalDiffers),
        ("subtotal", Flag::SubtotalDiffers),
    ] {
        let app = TestApp::without_webhooks().await;
        let checkout = app.begin(&[("PEN", 2)]).await;
        let mut session = paid_session(&checkout);
        in_dollars(&mut session, 1000);
        match change {
            "total" => session["total_details"]["amount_shipping"] = 1.into(),
            _ => session["currency_conversion"]["amount_subtotal"] = 999.into(),
        }
        app.deliver_session(COMPLETED, &session).await;
        let order = app.the_order().await;
        assert_eq!(order.flag, Some(flag), "{order:?}");
    }
}

#[tokio::test]
async fn a_session_with_presentment_details_is_accepted_as_it_is() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut session = paid_session(&checkout);
    session["presentment_details"] =
        json!({ "presentment_amount": 1133, "presentment_currency": "usd" });
    app.deliver_session(COMPLETED, &session).await;
    let order = app.the_order().await;
    assert_eq!((order.flag, order.amount_total), (None, 1000));
}

#[tokio::test]
async fn a_shopper_abroad_pays_the_quoted_price() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let session = app.session(&checkout).await;
    assert_eq!(session["adaptive_pricing"]["enabled"], false);
    // Where an account has Adaptive Pricing on, this email address makes Stripe show US prices.
    let mut typed = card(CARD).to_vec();
    typed.push(("email", "ada+location_US@example.com"));
    assert_eq!(app.confirm(&checkout, &typed).await, 200);
    let paid = app.event(COMPLETED).await;
    let object = &paid["data"]["object"];
    assert_eq!(object["currency"], "eur");
    assert!(object.get("presentment_details").is_none(), "{object}");
    assert_eq!(app.deliver(&paid).await, 200);
    assert_eq!(app.the_order().await.flag, None);
}

// ---- Versions ----

#[tokio::test]
async fn another_api_version_is_logged_once() {
    let till = Till::new();
    let serving = till.serve(&[]).await;
    let post = async |id: &str, version: &str| {
        let body = json!({
            "id": id, "object": "event", "type": "customer.created", "created": now(),
            "livemode": false, "api_version": version, "data": { "object": { "id": "cus_1" } },
        })
        .to_string();
        let signature = sign(stripe_sandbox::WEBHOOK_SECRET, now(), body.as_bytes());
        let post = client().post(format!("{}/webhooks/stripe", serving.origin));
        let post = post.header("stripe-signature", signature).body(body);
        assert_eq!(post.send().await.unwrap().status(), 200);
    };
    post("evt_1", "2026-09-30.endive").await;
    post("evt_2", "2020-08-27").await;
    post("evt_3", "2020-08-27").await;
    post("evt_4", "2026-09-30.endive").await;
    let log = eventually("the last event is stored", async || {
        let log = serving.log();
        log.contains("event evt_4 is").then_some(log)
    })
    .await;
    let about = |version: &str| {
        let message = format!("webhook events use version {version}");
        log.lines().filter(|line| line.contains(&message)).count()
    };
    assert_eq!(about("2020-08-27"), 1, "{log}");
    assert_eq!(about("2026-09-30.endive"), 0, "{log}");
}
