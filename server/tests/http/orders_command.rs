//! `till orders`

use serde_json::{Value, json};
use shop::entity::checkout;
use shop::orders::overview::{Filter, list, show};

use crate::test_app::{TestApp, event, paid_session};
use crate::till_binary::Till;

const COMPLETED: &str = "checkout.session.completed";

async fn ordered(app: &TestApp, sku: &str) -> checkout::Model {
    let checkout = app.begin(&[(sku, 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    checkout
}

async fn number(app: &TestApp, checkout: &checkout::Model) -> String {
    let orders = app.orders().await;
    let order = orders.iter().find(|order| order.checkout_id == checkout.id);
    order.unwrap().number.clone()
}

async fn deliver_refund(app: &TestApp, checkout: &checkout::Model, id: &str, status: &str) {
    let refund = json!({
        "id": id, "amount": 300, "currency": "eur", "status": status,
        "payment_intent": paid_session(checkout)["payment_intent"],
    });
    assert_eq!(app.deliver(&event("refund.updated", &refund)).await, 200);
}

async fn deliver_dispute(app: &TestApp, checkout: &checkout::Model, status: &str) {
    let dispute = json!({
        "id": "dp_1", "amount": 500, "currency": "eur", "status": status, "reason": "fraudulent",
        "payment_intent": paid_session(checkout)["payment_intent"],
    });
    let dispute_event = event("charge.dispute.updated", &dispute);
    assert_eq!(app.deliver(&dispute_event).await, 200);
}

/// Numbers of the listed orders, each with the reasons why it needs attention.
async fn listed(app: &TestApp, flagged: bool, limit: u64) -> Vec<(String, Vec<String>)> {
    let filter = Filter { flagged, limit };
    let orders = list(&app.shop.database, filter).await.unwrap();
    orders
        .into_iter()
        .map(|order| {
            let reasons = order.attention.into_iter().map(|reason| reason.reason);
            (order.number, reasons.collect())
        })
        .collect()
}

#[tokio::test]
async fn orders_that_need_attention_come_first() {
    let app = TestApp::without_webhooks().await;
    let flagged = app.begin(&[("PEN", 1)]).await;
    let mut wrong = paid_session(&flagged);
    wrong["amount_total"] = 1.into();
    app.deliver_session(COMPLETED, &wrong).await;
    let flagged = number(&app, &flagged).await;
    let disputed = ordered(&app, "PEN").await;
    let refund_failed = ordered(&app, "PEN").await;
    let unflagged = ordered(&app, "MUG").await;
    deliver_dispute(&app, &disputed, "needs_response").await;
    deliver_refund(&app, &refund_failed, "re_1", "failed").await;
    let (disputed, refund_failed) = (
        (disputed.clone(), number(&app, &disputed).await),
        (refund_failed.clone(), number(&app, &refund_failed).await),
    );
    let unflagged = number(&app, &unflagged).await;
    let because = |reason: &str| vec![reason.to_owned()];
    let flagged = [
        (refund_failed.1, because("refund_failed")),
        (disputed.1, because("disputed")),
        (flagged, because("total_differs")),
    ];
    assert_eq!(listed(&app, true, 50).await, flagged);
    let all = [&flagged[..], &[(unflagged, vec![])]].concat();
    assert_eq!(listed(&app, false, 50).await, all);
    assert_eq!(listed(&app, false, 2).await, flagged[..2]);

    // The dispute ends and the refund is made again: neither needs attention.
    deliver_dispute(&app, &disputed.0, "won").await;
    deliver_refund(&app, &refund_failed.0, "re_2", "succeeded").await;
    assert_eq!(listed(&app, true, 50).await, flagged[2..]);
}

/// Only a refund made after the failed one replaces it, and only up to its amount.
#[tokio::test]
async fn a_refund_that_failed_is_not_hidden_by_another_one() {
    let app = TestApp::without_webhooks().await;
    let checkout = ordered(&app, "MUG").await;
    let intent = paid_session(&checkout)["payment_intent"].clone();
    let deliver_refund_at = async |id: &str, amount: i64, status: &str, hour: i64| {
        let start = 1_790_000_000;
        let at = start + hour * 3_600;
        // Refunds with a second event were created earlier.
        let created = match id {
            "re_a" => 0,
            "re_b" => 1,
            "re_d" => 81,
            _ => hour,
        };
        let refund = json!({
            "id": id, "amount": amount, "currency": "eur", "status": status,
            "payment_intent": intent,
            "created": start + created * 3_600,
        });
        let mut refund_event = event("refund.updated", &refund);
        refund_event["created"] = at.into();
        assert_eq!(app.deliver(&refund_event).await, 200);
    };
    let number = number(&app, &checkout).await;
    let flagged = vec![(number.clone(), vec!["refund_failed".to_owned()])];
    deliver_refund_at("re_a", 300, "succeeded", 0).await;
    deliver_refund_at("re_b", 400, "succeeded", 1).await;
    assert_eq!(listed(&app, true, 50).await, []);
    // The first refund fails days later: the second was for something else.
    deliver_refund_at("re_a", 300, "failed", 72).await;
    assert_eq!(listed(&app, true, 50).await, flagged);
    deliver_refund_at("re_c", 100, "succeeded", 80).await;
    assert_eq!(listed(&app, true, 50).await, flagged);
    deliver_refund_at("re_d", 200, "pending", 81).await;
    assert_eq!(listed(&app, true, 50).await, []);
    // One refund does not replace two that failed.
    let again = async |status, hour| deliver_refund_at("re_b", 400, status, hour).await;
    again("failed", 85).await;
    deliver_refund_at("re_e", 300, "succeeded", 86).await;
    let because = |count| [(number.clone(), vec!["refund_failed".to_owned(); count])];
    assert_eq!(listed(&app, true, 50).await, because(2));
    deliver_refund_at("re_f", 100, "succeeded", 87).await;
    assert_eq!(listed(&app, true, 50).await, []);
    deliver_refund_at("re_d", 200, "canceled", 90).await;
    assert_eq!(listed(&app, true, 50).await, because(3));
}

#[tokio::test]
async fn only_refunds_that_count_are_summed() {
    let app = TestApp::without_webhooks().await;
    let checkout = ordered(&app, "MUG").await;
    for (id, status) in [
        ("re_1", "succeeded"),
        ("re_2", "pending"),
        ("re_3", "failed"),
        ("re_4", "canceled"),
    ] {
        deliver_refund(&app, &checkout, id, status).await;
    }
    let id = app.the_order().await.id;
    let order = show(&app.shop.database, id).await.unwrap().unwrap();
    assert_eq!(order.summary.amount_refunded, 600);
    assert_eq!(order.refunds.len(), 4);
    assert_eq!(show(&app.shop.database, 999).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_lists_and_shows() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    assert_eq!(
        till.run_with(&app, &["orders", "list", "--json"]).json(),
        json!([])
    );
    let checkout = ordered(&app, "MUG").await;
    deliver_refund(&app, &checkout, "re_1", "failed").await;
    deliver_dispute(&app, &checkout, "lost").await;
    let number = number(&app, &checkout).await;

    let listed = till.run_with(&app, &["orders", "list", "--flagged", "--json"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let listed = listed.json();
    assert_eq!(listed[0]["number"], number.as_str());
    assert_eq!(
        (&listed[0]["amount_total"], &listed[0]["currency"]),
        (&json!(1250), &json!("eur"))
    );
    assert_eq!(listed[0]["attention"][0]["reason"], "refund_failed");
    assert!(listed[0]["paid_at"].as_str().unwrap().ends_with('Z'));
    let table = till.run_with(&app, &["orders", "list"]);
    let lines: Vec<_> = table.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{table:?}");
    assert!(lines[0].starts_with("ORDER"));
    assert!(lines[1].contains("€12.50") && lines[1].contains("refund re_1 came back"));

    let shown: Value = till
        .run_with(&app, &["orders", "show", &number, "--json"])
        .json();
    assert_eq!(shown["customer"]["email"], "shopper@example.com");
    assert_eq!(shown["lines"][0]["quantity"], 1);
    assert_eq!(shown["refunds"][0]["status"], "failed");
    assert_eq!(shown["disputes"][0]["status"], "lost");
    let kinds: Vec<_> = shown["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["type"])
        .collect();
    assert!(
        kinds.contains(&&json!(COMPLETED)) && kinds.len() == 3,
        "{kinds:?}"
    );
    let keys: Vec<_> = shown["outbox"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| &task["key"])
        .collect();
    assert!(
        keys.contains(&&json!("mail:refund_failed:re_1")),
        "{keys:?}"
    );
    let page = till.run_with(&app, &["orders", "show", &number]);
    for expected in ["€12.50", "re_1", "dp_1", "Becher", "mail:paid:"] {
        assert!(
            page.stdout.contains(expected),
            "{expected} is missing in {page:?}"
        );
    }
    // The order's link is the shopper's alone.
    assert!(!page.stdout.contains(checkout.token.as_str()));
    let missing = till.run_with(&app, &["orders", "show", "999"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(2), ""));
    assert!(missing.stderr.contains("there is no order 999"));
}
