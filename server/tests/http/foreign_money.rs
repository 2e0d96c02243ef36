//! Refunds and disputes in another currency than the order's, and with unknown statuses.

use serde_json::{Value, json};
use shop::entity::checkout;
use shop::mail::Route;
use shop::orders::overview::{Filter, list};
use tempfile::TempDir;

use crate::mails::mail;
use crate::test_app::{TestApp, event, now};
use crate::till_binary::Till;

/// A shop whose emails are files in this folder, with one paid order of €10.00.
async fn ordered() -> (TestApp, TempDir, checkout::Model) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.mail.route = Route::Folder(path);
    })
    .await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    let paid = app.event("checkout.session.completed").await;
    assert_eq!(app.deliver(&paid).await, 200);
    (app, folder, checkout)
}

/// Delivers all events about refunds and disputes. Returns their states.
async fn deliver(app: &TestApp) -> Vec<String> {
    let mut states = Vec::new();
    for event in app.stripe_events_of(&["charge.dispute.", "refund."]).await {
        assert_eq!(app.deliver(&event).await, 200);
        let stored = app.stored_event(event["id"].as_str().unwrap()).await;
        states.push(stored.unwrap().state.to_string());
    }
    states
}

async fn attention(app: &TestApp) -> Vec<String> {
    let filter = Filter {
        flagged: false,
        limit: 10,
    };
    let orders = list(&app.shop.database, filter).await.unwrap();
    let reasons = orders.into_iter().flat_map(|order| order.attention);
    reasons.map(|reason| reason.words).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_amount_is_shown_in_its_own_currency() {
    let (app, folder, checkout) = ordered().await;
    let refund = json!({ "amount": 500, "told_amount": 150_000, "told_currency": "jpy" });
    app.at_stripe(&checkout, "refund", refund).await;
    let dispute = json!({ "told_amount": 1_500, "told_currency": "usd" });
    app.at_stripe(&checkout, "dispute", dispute).await;
    assert!(deliver(&app).await.iter().all(|state| state == "applied"));

    let disputed = mail(&folder, "payment disputed").await;
    assert!(
        disputed.text.contains("disputed $15.00 of order"),
        "{}",
        disputed.text
    );
    let refunded = mail(&folder, "Your refund from Test Shop: ¥150,000").await;
    assert!(
        refunded
            .text
            .contains("We’ve refunded ¥150,000 for your order"),
        "{}",
        refunded.text
    );

    // No sum mixes currencies; each row is shown on its own.
    let till = Till::new();
    let number = app.the_order().await.number;
    let shown = till
        .run_with(&app, &["orders", "show", &number, "--json"])
        .json();
    assert_eq!(shown["amount_refunded"], 0);
    assert_eq!(shown["refunds"][0]["amount"], 150_000);
    assert_eq!(shown["refunds"][0]["currency"], "jpy");
    let table = till.run_with(&app, &["orders", "show", &number]).stdout;
    for amount in ["¥150,000", "$15.00", "refunded   €0.00"] {
        assert!(table.contains(amount), "{amount} in {table}");
    }
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    let sums = page.texts("tfoot tr");
    assert_eq!(sums, ["Total paid€10.00", "Refunded−¥150,000"]);
    assert_eq!(page.text("h1"), "Your bank has questioned this payment");
}

#[tokio::test]
async fn an_unknown_currency_is_shown_in_minor_units() {
    let (app, folder, checkout) = ordered().await;
    let dispute = json!({ "told_amount": 1_500, "told_currency": "isk" });
    app.at_stripe(&checkout, "dispute", dispute).await;
    let mut events = app.stripe_events_of(&["charge.dispute.created"]).await;
    events[0]["data"]["object"]["currency"] = "xyz".into();
    assert_eq!(app.deliver(&events[0]).await, 200);
    let mail = mail(&folder, "payment disputed").await;
    assert!(
        mail.text.contains("1500 minor units of XYZ"),
        "{}",
        mail.text
    );
}

#[tokio::test]
async fn a_refund_in_another_currency_does_not_replace_a_failed_one() {
    let (app, _folder, _) = ordered().await;
    let failed = refund_of(&app, "re_1", "eur", "failed").await;
    assert_eq!(app.deliver(&failed).await, 200);
    assert_eq!(attention(&app).await, ["refund re_1 came back"]);
    let other = refund_of(&app, "re_2", "jpy", "succeeded").await;
    assert_eq!(app.deliver(&other).await, 200);
    assert_eq!(attention(&app).await, ["refund re_1 came back"]);
    let same = refund_of(&app, "re_3", "eur", "succeeded").await;
    assert_eq!(app.deliver(&same).await, 200);
    assert!(attention(&app).await.is_empty());
}

async fn refund_of(app: &TestApp, id: &str, currency: &str, status: &str) -> Value {
    let order = app.the_order().await;
    event(
        "refund.updated",
        &json!({
            "id": id, "object": "refund", "amount": 500, "currency": currency, "status": status,
            "payment_intent": order.stripe_payment_intent_id, "created": now(),
        }),
    )
}

/// Endpoints of two API versions report the same refund in two currencies.
#[tokio::test]
async fn amounts_reported_in_two_currencies_are_stored_in_the_orders_currency() {
    for first in [0, 1] {
        let (app, _folder, _) = ordered().await;
        let mut events = [
            refund_of(&app, "re_1", "eur", "succeeded").await,
            refund_of(&app, "re_1", "usd", "succeeded").await,
        ];
        events[1]["data"]["object"]["amount"] = 566.into();
        events.rotate_left(first);
        for event in &events {
            assert_eq!(app.deliver(event).await, 200);
        }
        let refund = app.refunds().await.remove(0);
        assert_eq!((refund.amount, refund.currency.as_str()), (500, "eur"));
    }
}

// ---- Unknown values ----

#[tokio::test]
async fn a_dispute_that_an_old_version_calls_charge_refunded_has_ended() {
    let (app, folder, checkout) = ordered().await;
    app.at_stripe(&checkout, "dispute", json!({})).await;
    app.at_stripe(
        &checkout,
        "lose",
        json!({ "told_status": "charge_refunded" }),
    )
    .await;
    assert!(deliver(&app).await.iter().all(|state| state == "applied"));
    assert_eq!(
        app.the_dispute().await.status.to_string(),
        "charge_refunded"
    );
    assert!(attention(&app).await.is_empty());
    let mail = mail(&folder, "a dispute has ended").await;
    assert!(
        mail.text.contains("ended because the payment was refunded"),
        "{}",
        mail.text
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispute_in_an_unknown_state_is_shown_as_it_is_and_can_be_resolved() {
    let (app, folder, checkout) = ordered().await;
    app.at_stripe(
        &checkout,
        "dispute",
        json!({ "told_status": "in_arbitration" }),
    )
    .await;
    assert!(deliver(&app).await.iter().all(|state| state == "applied"));
    let dispute = app.the_dispute().await;
    assert_eq!(dispute.status.to_string(), "in_arbitration");
    let words = format!("dispute {}: in arbitration (fraudulent)", dispute.id);
    assert_eq!(attention(&app).await, [words]);
    let mail = mail(&folder, "payment disputed").await;
    assert!(mail.text.contains("“in_arbitration”"), "{}", mail.text);
    // It needs attention until the owner resolves it.
    let flagged = Filter {
        flagged: true,
        limit: 10,
    };
    assert_eq!(list(&app.shop.database, flagged).await.unwrap().len(), 1);
    let number = app.the_order().await.number;
    let till = Till::new();
    let resolved = till.run_with(&app, &["orders", "resolve", &number, "--note", "seen"]);
    assert_eq!(resolved.code, Some(0), "{resolved:?}");
    assert!(list(&app.shop.database, flagged).await.unwrap().is_empty());
    // A final status still counts.
    app.at_stripe(&checkout, "win", json!({})).await;
    assert!(deliver(&app).await.iter().all(|state| state == "applied"));
    assert_eq!(app.the_dispute().await.status.to_string(), "won");
}

/// The same events in every order.
#[tokio::test]
async fn events_with_unknown_statuses_converge_in_any_order() {
    let statuses = ["needs_response", "in_arbitration", "in_appeal"];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let (app, _folder, _) = ordered().await;
        let intent = app.the_order().await.stripe_payment_intent_id;
        for at in order {
            let dispute = json!({
                "id": "dp_1", "object": "dispute", "amount": 1000, "currency": "eur",
                "status": statuses[at], "payment_intent": intent,
            });
            let mut event = event("charge.dispute.updated", &dispute);
            event["created"] = (1_790_000_000 + i64::try_from(at).unwrap()).into();
            assert_eq!(app.deliver(&event).await, 200);
        }
        assert_eq!(
            app.the_dispute().await.status.to_string(),
            "in_appeal",
            "{order:?}"
        );
    }
}

#[tokio::test]
async fn a_refund_in_an_unknown_state_counts_until_an_event_says_otherwise() {
    let (app, _folder, checkout) = ordered().await;
    app.at_stripe(
        &checkout,
        "refund",
        json!({ "amount": 400, "told_status": "in_clearing" }),
    )
    .await;
    assert!(deliver(&app).await.iter().all(|state| state == "applied"));
    let refund = app.refunds().await.remove(0);
    assert_eq!(refund.status.to_string(), "in_clearing");
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    let sums = page.texts("tfoot tr");
    assert_eq!(sums, ["Total paid€10.00", "Refund on its way−€4.00"]);
    assert!(attention(&app).await.is_empty());
    // Agrees with Stripe, which counts it, too.
    let thorough = shop::reconcile::Request {
        thorough: true,
        ..shop::reconcile::Request::default()
    };
    let report = shop::reconcile::reconcile(&app.shop, &thorough)
        .await
        .unwrap();
    assert_eq!(report.differences, []);
    let mut failed = event(
        "refund.failed",
        &json!({ "id": refund.id, "object": "refund" }),
    );
    failed["data"]["object"] = json!({
        "id": refund.id, "object": "refund", "amount": 400, "currency": "eur", "status": "failed",
        "payment_intent": app.the_order().await.stripe_payment_intent_id,
    });
    assert_eq!(app.deliver(&failed).await, 200);
    assert_eq!(app.refunds().await.remove(0).status.to_string(), "failed");
}
