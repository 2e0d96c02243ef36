//! Payments that a shopper's bank calls into question.

use serde_json::{Value, json};
use shop::entity::{checkout, dispute};

use crate::test_app::{TestApp, event, eventually};

const DISPUTES: [&str; 1] = ["charge.dispute."];

/// A paid order.
async fn ordered(app: &TestApp) -> checkout::Model {
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    let paid = app.event("checkout.session.completed").await;
    assert_eq!(app.deliver(&paid).await, 200);
    checkout
}

async fn deliver_all(app: &TestApp, events: &[Value]) {
    for event in events {
        assert_eq!(app.deliver(event).await, 200);
    }
}

fn row(row: &dispute::Model) -> (i64, &str, Option<&str>, bool, bool) {
    (
        row.amount,
        &row.status,
        row.reason.as_deref(),
        row.funds_withdrawn,
        row.funds_reinstated,
    )
}

/// The outbox's keys about disputes, without their id.
async fn told(app: &TestApp) -> Vec<String> {
    let tasks = app.tasks().await;
    let about = tasks
        .iter()
        .filter(|key| key.starts_with("mail:dispute") || key.starts_with("mail:inquiry"));
    about
        .map(|key| {
            let parts: Vec<_> = key.split(':').collect();
            [&parts[1..2], &parts[3..]].concat().join(" ")
        })
        .collect()
}

/// Delivers an event about the one dispute, as Stripe's network of banks may have it go.
async fn tell(app: &TestApp, kind: &str, status: &str) {
    let dispute = json!({
        "id": "dp_1", "object": "dispute", "amount": 1000, "currency": "eur", "status": status, "reason": "fraudulent",
        "payment_intent": app.the_order().await.stripe_payment_intent_id,
    });
    assert_eq!(app.deliver(&event(kind, &dispute)).await, 200);
}

#[tokio::test]
async fn the_owner_is_told_when_an_inquiry_becomes_a_dispute_and_of_each_end() {
    let app = TestApp::without_webhooks().await;
    ordered(&app).await;
    tell(&app, "charge.dispute.created", "warning_needs_response").await;
    tell(&app, "charge.dispute.updated", "warning_under_review").await;
    assert_eq!(told(&app).await, ["inquiry"]);
    tell(&app, "charge.dispute.closed", "warning_closed").await;
    tell(&app, "charge.dispute.updated", "needs_response").await;
    tell(&app, "charge.dispute.funds_withdrawn", "needs_response").await;
    tell(&app, "charge.dispute.updated", "under_review").await;
    let so_far = ["dispute_closed warning_closed", "disputed", "inquiry"];
    assert_eq!(told(&app).await, so_far);
    tell(&app, "charge.dispute.closed", "lost").await;
    // What was told before comes once more, and moves nothing back.
    for status in ["warning_needs_response", "warning_closed", "needs_response"] {
        tell(&app, "charge.dispute.updated", status).await;
    }
    assert_eq!(
        told(&app).await,
        [
            "dispute_closed lost",
            "dispute_closed warning_closed",
            "disputed",
            "inquiry"
        ]
    );
    let dispute = app.the_dispute().await;
    assert_eq!(
        row(&dispute),
        (1000, "lost", Some("fraudulent"), true, false)
    );
}

#[tokio::test]
async fn a_dispute_is_a_row_and_the_order_stays_as_it_was() {
    let app = TestApp::without_webhooks().await;
    let checkout = ordered(&app).await;
    let order = app.the_order().await;
    app.at_stripe(
        &checkout,
        "dispute",
        json!({ "reason": "product_not_received" }),
    )
    .await;
    deliver_all(&app, &app.stripe_events_of(&DISPUTES).await).await;
    let dispute = app.the_dispute().await;
    assert_eq!(
        row(&dispute),
        (
            1000,
            "needs_response",
            Some("product_not_received"),
            true,
            false
        )
    );
    assert_eq!(dispute.order_id, order.id);
    assert_eq!(app.the_order().await, order);
    assert!(app.refunds().await.is_empty());
    assert_eq!(told(&app).await, ["disputed"]);
}

#[tokio::test]
async fn a_dispute_that_is_won_brings_the_funds_back() {
    let app = TestApp::without_webhooks().await;
    let checkout = ordered(&app).await;
    app.at_stripe(&checkout, "dispute", json!({})).await;
    app.at_stripe(&checkout, "win", json!({})).await;
    deliver_all(&app, &app.stripe_events_of(&DISPUTES).await).await;
    assert_eq!(
        row(&app.the_dispute().await),
        (1000, "won", Some("fraudulent"), true, true)
    );
    assert_eq!(told(&app).await, ["dispute_closed won", "disputed"]);
}

#[tokio::test]
async fn a_dispute_that_is_lost_keeps_the_funds_away() {
    let app = TestApp::without_webhooks().await;
    let checkout = ordered(&app).await;
    app.at_stripe(&checkout, "dispute", json!({})).await;
    app.at_stripe(&checkout, "lose", json!({})).await;
    deliver_all(&app, &app.stripe_events_of(&DISPUTES).await).await;
    assert_eq!(
        row(&app.the_dispute().await),
        (1000, "lost", Some("fraudulent"), true, false)
    );
}

#[tokio::test]
async fn an_inquiry_moves_no_money() {
    let app = TestApp::without_webhooks().await;
    let checkout = ordered(&app).await;
    app.at_stripe(&checkout, "dispute", json!({ "inquiry": true }))
        .await;
    app.at_stripe(&checkout, "close_inquiry", json!({})).await;
    deliver_all(&app, &app.stripe_events_of(&DISPUTES).await).await;
    let dispute = app.the_dispute().await;
    assert_eq!(
        row(&dispute),
        (1000, "warning_closed", Some("fraudulent"), false, false)
    );
}

#[tokio::test]
async fn the_end_may_be_told_before_the_beginning_and_before_the_order() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    app.at_stripe(&checkout, "dispute", json!({})).await;
    app.at_stripe(&checkout, "win", json!({})).await;
    let mut events = app
        .stripe_events_of(&["checkout.session.", "charge.dispute."])
        .await;
    events.reverse();
    deliver_all(&app, &events).await;
    deliver_all(&app, &events).await;
    assert_eq!(
        row(&app.the_dispute().await),
        (1000, "won", Some("fraudulent"), true, true)
    );
    let stored = app.stored_events().await;
    assert!(
        stored.iter().all(|event| event.state == "applied"),
        "{stored:?}"
    );
    assert_eq!(app.the_order().await.flag, None);
}

#[tokio::test]
async fn two_events_for_one_dispute_change_nothing_twice() {
    let app = TestApp::without_webhooks().await;
    let checkout = ordered(&app).await;
    app.at_stripe(&checkout, "dispute", json!({})).await;
    app.at_stripe(&checkout, "win", json!({})).await;
    let events = app.stripe_events_of(&DISPUTES).await;
    deliver_all(&app, &events).await;
    let (dispute, tasks) = (app.the_dispute().await, app.tasks().await);
    for told in &events {
        let again = event(told["type"].as_str().unwrap(), &told["data"]["object"]);
        deliver_all(&app, &[again]).await;
    }
    assert_eq!(app.the_dispute().await, dispute);
    assert_eq!(app.tasks().await, tasks);
}

#[tokio::test]
async fn a_dispute_arrives_by_webhook() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    app.wait_for(&checkout, "paid").await;
    app.at_stripe(&checkout, "dispute", json!({})).await;
    app.at_stripe(&checkout, "lose", json!({})).await;
    eventually("the dispute is lost here, too", async || {
        let all = app.stored_events().await;
        let closed = all
            .iter()
            .any(|event| event.r#type == "charge.dispute.closed" && event.state == "applied");
        closed.then_some(())
    })
    .await;
    assert_eq!(app.the_dispute().await.status, "lost");
}
