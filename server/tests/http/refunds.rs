//! Refunds: partial, full, failed after all, and with events in any order.

use serde_json::{Value, json};
use shop::entity::{checkout, refund};
use till_core::refunds::RefundStatus;

use crate::test_app::{CARD, TestApp, event};

/// The event types that the inbox applies to a payment and its refunds.
const OURS: [&str; 4] = [
    "checkout.session.",
    "refund.",
    "charge.refund",
    "charge.dispute",
];

/// A paid session at Stripe whose event has not arrived.
async fn paid(app: &TestApp, card: &str) -> checkout::Model {
    let checkout = app.begin(&[("PEN", 2)]).await;
    assert_eq!(app.pay_with(card, &checkout).await, 200);
    checkout
}

async fn deliver_all(app: &TestApp, events: &[Value]) {
    for event in events {
        assert_eq!(app.deliver(event).await, 200);
    }
}

/// Amount, currency and status of each refund.
fn rows(refunds: &[refund::Model]) -> Vec<(i64, &str, RefundStatus)> {
    refunds
        .iter()
        .map(|row| (row.amount, row.currency.as_str(), row.status.clone()))
        .collect()
}

#[tokio::test]
async fn partial_refunds_are_rows_of_their_own_and_the_order_stays_as_it_was() {
    let app = TestApp::without_webhooks().await;
    let checkout = paid(&app, CARD).await;
    deliver_all(&app, &app.stripe_events_of(&OURS).await).await;
    let order = app.the_order().await;
    let created = app.orders_as_created().await;
    for amount in [300, 200] {
        app.at_stripe(&checkout, "refund", json!({ "amount": amount }))
            .await;
    }
    deliver_all(
        &app,
        &app.stripe_events_of(&["refund.", "charge.refunded"]).await,
    )
    .await;
    let refunds = app.refunds().await;
    assert_eq!(
        rows(&refunds),
        [
            (200, "eur", RefundStatus::Succeeded),
            (300, "eur", RefundStatus::Succeeded)
        ]
    );
    assert!(refunds.iter().all(|row| row.order_id == order.id));
    assert_eq!(app.orders_as_created().await, created);
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "paid");
    // Refunded units are not restocked automatically.
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
}

#[tokio::test]
async fn a_refund_made_in_the_dashboard_arrives_by_webhook() {
    let app = TestApp::start().await;
    let checkout = paid(&app, CARD).await;
    app.wait_for(&checkout, "paid").await;
    app.at_stripe(&checkout, "refund", json!({})).await;
    crate::test_app::eventually("the refund arrives", async || {
        (rows(&app.refunds().await) == [(1000, "eur", RefundStatus::Succeeded)]).then_some(())
    })
    .await;
    let tasks = app.tasks().await;
    let mails = tasks.iter().filter(|key| key.starts_with("mail:refunded:"));
    assert_eq!(mails.count(), 1, "{tasks:?}");
}

#[tokio::test]
async fn a_refund_that_fails_later_no_longer_counts_and_the_owner_is_notified() {
    let app = TestApp::without_webhooks().await;
    let checkout = paid(&app, "4000000000005126").await;
    app.at_stripe(&checkout, "refund", json!({})).await;
    app.event("refund.failed").await;
    let events = app.stripe_events_of(&OURS).await;
    deliver_all(&app, &events).await;
    assert_eq!(
        rows(&app.refunds().await),
        [(1000, "eur", RefundStatus::Failed)]
    );
    let id = app.refunds().await[0].id.clone();
    let tasks = app.tasks().await;
    assert!(tasks.contains(&format!("mail:refund_failed:{id}")));
    // A late event about its success does not change that.
    let mut echo = events
        .iter()
        .find(|event| event["type"] == "refund.created")
        .unwrap()
        .clone();
    assert_eq!(echo["data"]["object"]["status"], "succeeded");
    echo["id"] = "evt_echo".into();
    deliver_all(&app, &[echo]).await;
    assert_eq!(
        rows(&app.refunds().await),
        [(1000, "eur", RefundStatus::Failed)]
    );
    assert_eq!(app.tasks().await, tasks);
}

/// Delivers an event about a refund of the only order.
async fn deliver_refund(app: &TestApp, kind: &str, id: &str, amount: i64, status: &str) {
    let refund = json!({
        "id": id, "object": "refund", "amount": amount, "currency": "eur", "status": status,
        "payment_intent": app.the_order().await.stripe_payment_intent_id,
    });
    assert_eq!(app.deliver(&event(kind, &refund)).await, 200);
}

#[tokio::test]
async fn a_refund_that_is_cancelled_no_longer_counts_and_the_owner_is_notified() {
    let app = TestApp::without_webhooks().await;
    paid(&app, CARD).await;
    deliver_all(&app, &app.stripe_events_of(&OURS).await).await;
    deliver_refund(&app, "refund.created", "re_1", 300, "requires_action").await;
    let about = async || {
        let tasks = app.tasks().await.into_iter();
        tasks
            .filter(|key| key.ends_with(":re_1"))
            .collect::<Vec<_>>()
    };
    // Stripe asks the shopper to do something first: the shop's pages promise nothing.
    assert!(about().await.is_empty());
    deliver_refund(&app, "refund.updated", "re_1", 300, "pending").await;
    assert_eq!(about().await, ["mail:refunded:re_1"]);
    for _ in 0..2 {
        deliver_refund(&app, "refund.updated", "re_1", 300, "canceled").await;
        assert_eq!(
            about().await,
            ["mail:refund_failed:re_1", "mail:refunded:re_1"]
        );
    }
    assert_eq!(
        rows(&app.refunds().await),
        [(300, "eur", RefundStatus::Canceled)]
    );
}

/// API versions before 2022-11-15 report refunds only in the charge.
#[tokio::test]
async fn refunds_listed_in_a_charge_are_stored() {
    let app = TestApp::without_webhooks().await;
    let checkout = paid(&app, CARD).await;
    deliver_all(&app, &app.stripe_events_of(&OURS).await).await;
    let intent = app.the_order().await.stripe_payment_intent_id;
    let refund = json!({
        "id": "re_old", "object": "refund", "amount": 250, "currency": "eur", "status": "succeeded",
        "payment_intent": intent,
    });
    let mut charge = json!({
        "id": "ch_1", "object": "charge", "amount_refunded": 250, "payment_intent": intent,
        "metadata": { "checkout_id": checkout.id }, "refunds": { "data": [refund] },
    });
    for _ in 0..2 {
        deliver_all(&app, &[event("charge.refunded", &charge)]).await;
        assert_eq!(
            rows(&app.refunds().await),
            [(250, "eur", RefundStatus::Succeeded)]
        );
    }
    // Without the shop's metadata the charge is unrelated.
    charge["metadata"] = json!({});
    charge["refunds"]["data"][0]["id"] = "re_theirs".into();
    let theirs = event("charge.refunded", &charge);
    deliver_all(&app, std::slice::from_ref(&theirs)).await;
    let stored = app.stored_event(theirs["id"].as_str().unwrap()).await;
    assert_eq!(stored.unwrap().state.as_ref(), "ignored");
    assert_eq!(app.refunds().await.len(), 1);
}

#[tokio::test]
async fn whatever_the_order_of_events_and_however_often_they_come_the_rows_are_the_same() {
    let app = TestApp::without_webhooks().await;
    let checkout = paid(&app, "4000000000007726").await;
    for amount in [300, 200] {
        app.at_stripe(&checkout, "refund", json!({ "amount": amount }))
            .await;
    }
    crate::test_app::eventually("the bank answers to both", async || {
        let updates = app.stripe_events_of(&["refund.updated"]).await;
        (updates.len() >= 2).then_some(())
    })
    .await;
    let mut events = app.stripe_events_of(&OURS).await;
    // Refunds first, the payment last, everything twice.
    events.reverse();
    deliver_all(&app, &events).await;
    deliver_all(&app, &events).await;
    let refunds = app.refunds().await;
    assert_eq!(
        rows(&refunds),
        [
            (200, "eur", RefundStatus::Succeeded),
            (300, "eur", RefundStatus::Succeeded)
        ]
    );
    let order = app.the_order().await;
    assert_eq!((order.amount_total, order.flag), (1000, None));
    let stored = app.stored_events().await;
    assert_eq!(stored.len(), events.len());
    assert!(
        stored.iter().all(|event| event.state.as_ref() == "applied"),
        "{stored:?}"
    );
    let tasks = app.tasks().await;
    let count = |start: &str| tasks.iter().filter(|key| key.starts_with(start)).count();
    assert_eq!((count("mail:refunded:"), count("mail:paid:")), (2, 1));
}

#[tokio::test]
async fn two_events_for_one_refund_change_nothing_twice() {
    let app = TestApp::without_webhooks().await;
    let checkout = paid(&app, CARD).await;
    app.at_stripe(&checkout, "refund", json!({ "amount": 400 }))
        .await;
    deliver_all(&app, &app.stripe_events_of(&OURS).await).await;
    let (refunds, tasks) = (app.refunds().await, app.tasks().await);
    let created = app.event("refund.created").await;
    for kind in ["refund.created", "refund.updated", "charge.refund.updated"] {
        let again = event(kind, &created["data"]["object"]);
        deliver_all(&app, &[again]).await;
    }
    assert_eq!(app.refunds().await, refunds);
    assert_eq!(app.tasks().await, tasks);
}

#[tokio::test]
async fn a_refund_of_a_payment_that_is_not_ours_waits_and_changes_nothing() {
    let app = TestApp::without_webhooks().await;
    let theirs = json!({
        "id": "re_theirs", "object": "refund", "amount": 100, "currency": "eur",
        "status": "succeeded",
        "payment_intent": "pi_theirs",
    });
    let event = event("refund.created", &theirs);
    deliver_all(&app, std::slice::from_ref(&event)).await;
    let stored = app.stored_event(event["id"].as_str().unwrap()).await;
    let stored = stored.unwrap();
    assert_eq!(stored.state.as_ref(), "pending");
    assert_eq!(stored.waits_for.as_deref(), Some("pi_theirs"));
    assert!(app.refunds().await.is_empty());
}

#[tokio::test]
async fn a_refund_event_that_cannot_be_read_is_stored_as_failed() {
    let app = TestApp::without_webhooks().await;
    let checkout = paid(&app, CARD).await;
    deliver_all(&app, &app.stripe_events_of(&OURS).await).await;
    let intent = app.the_order().await.stripe_payment_intent_id;
    for (name, value) in [("currency", json!(null)), ("amount", json!("12"))] {
        let mut refund = json!({
            "id": "re_odd", "amount": 100, "currency": "eur", "status": "succeeded",
            "payment_intent": intent,
        });
        refund[name] = value;
        let event = event("refund.updated", &refund);
        deliver_all(&app, std::slice::from_ref(&event)).await;
        let stored = app.stored_event(event["id"].as_str().unwrap()).await;
        assert_eq!(stored.unwrap().state.as_ref(), "failed", "{name}");
    }
    assert!(app.refunds().await.is_empty());
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "paid");
}
