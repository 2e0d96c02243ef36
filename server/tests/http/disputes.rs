//! Payments that a shopper's bank disputes.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use shop::entity::{checkout, dispute, outbox};
use shop::lease::{Job, Lease};
use shop::mail::Route;
use shop::orders::overview::{Filter, list};
use shop::outbox::queue::{self, RetryTarget};
use till_core::refunds::{Certainty, DisputeStatus};

use crate::mails::{mails, task, task_in};
use crate::test_app::{TestApp, event, eventually, owner};

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

fn row(row: &dispute::Model) -> (i64, &DisputeStatus, Option<&str>, bool, bool) {
    (
        row.amount,
        &row.status,
        row.reason.as_deref(),
        row.funds_withdrawn,
        row.funds_reinstated,
    )
}

/// The outbox keys about disputes, without their id.
async fn dispute_tasks(app: &TestApp) -> Vec<String> {
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

/// Delivers an event about the one dispute, created at Stripe in this second.
async fn deliver_dispute_at(app: &TestApp, id: &str, second: i64, status: &str) {
    let dispute = json!({
        "id": id, "object": "dispute", "amount": 1000, "currency": "eur", "status": status,
        "reason": "fraudulent",
        "payment_intent": app.the_order().await.stripe_payment_intent_id,
    });
    let mut event = event("charge.dispute.closed", &dispute);
    event["created"] = second.into();
    assert_eq!(app.deliver(&event).await, 200);
}

/// Delivers an event about the one dispute.
async fn deliver_dispute(app: &TestApp, kind: &str, status: &str) {
    let dispute = json!({
        "id": "dp_1", "object": "dispute", "amount": 1000, "currency": "eur", "status": status,
        "reason": "fraudulent",
        "payment_intent": app.the_order().await.stripe_payment_intent_id,
    });
    assert_eq!(app.deliver(&event(kind, &dispute)).await, 200);
}

#[tokio::test]
async fn the_owner_is_notified_when_an_inquiry_becomes_a_dispute_and_of_each_end() {
    let app = TestApp::without_webhooks().await;
    ordered(&app).await;
    deliver_dispute(&app, "charge.dispute.created", "warning_needs_response").await;
    deliver_dispute(&app, "charge.dispute.updated", "warning_under_review").await;
    assert_eq!(dispute_tasks(&app).await, ["inquiry"]);
    deliver_dispute(&app, "charge.dispute.closed", "warning_closed").await;
    deliver_dispute(&app, "charge.dispute.updated", "needs_response").await;
    deliver_dispute(&app, "charge.dispute.funds_withdrawn", "needs_response").await;
    deliver_dispute(&app, "charge.dispute.updated", "under_review").await;
    let so_far = ["dispute_closed warning_closed", "disputed", "inquiry"];
    assert_eq!(dispute_tasks(&app).await, so_far);
    deliver_dispute(&app, "charge.dispute.closed", "lost").await;
    // Earlier events arrive again, and change nothing back.
    for status in ["warning_needs_response", "warning_closed", "needs_response"] {
        deliver_dispute(&app, "charge.dispute.updated", status).await;
    }
    assert_eq!(
        dispute_tasks(&app).await,
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
        (1000, &DisputeStatus::Lost, Some("fraudulent"), true, false)
    );
}

#[tokio::test]
async fn a_dispute_is_a_row_and_the_order_stays_as_it_was() {
    let app = TestApp::without_webhooks().await;
    let checkout = ordered(&app).await;
    let order = app.the_order().await;
    let created = app.orders_as_created().await;
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
            &DisputeStatus::NeedsResponse,
            Some("product_not_received"),
            true,
            false
        )
    );
    assert_eq!(dispute.order_id, order.id);
    assert_eq!(app.orders_as_created().await, created);
    assert!(app.refunds().await.is_empty());
    assert_eq!(dispute_tasks(&app).await, ["disputed"]);
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
        (1000, &DisputeStatus::Won, Some("fraudulent"), true, true)
    );
    assert_eq!(
        dispute_tasks(&app).await,
        ["dispute_closed won", "disputed"]
    );
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
        (1000, &DisputeStatus::Lost, Some("fraudulent"), true, false)
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
        (
            1000,
            &DisputeStatus::WarningClosed,
            Some("fraudulent"),
            false,
            false
        )
    );
}

#[tokio::test]
async fn the_closing_event_may_arrive_before_the_opening_one_and_before_the_order() {
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
        (1000, &DisputeStatus::Won, Some("fraudulent"), true, true)
    );
    let stored = app.stored_events().await;
    assert!(
        stored.iter().all(|event| event.state.as_ref() == "applied"),
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
    for earlier in &events {
        let kind = earlier["type"].as_str().unwrap();
        let mut again = event(kind, &earlier["data"]["object"]);
        again["created"] = earlier["created"].clone();
        deliver_all(&app, &[again]).await;
    }
    assert_eq!(app.the_dispute().await, dispute);
    assert_eq!(app.tasks().await, tasks);
}

/// An arbitrary time, in Unix seconds.
const SECOND: i64 = 1_790_000_000;

#[tokio::test]
async fn of_two_decisions_the_later_one_counts_whichever_arrives_first() {
    for (first, then) in [("won", "lost"), ("lost", "won"), ("won", "prevented")] {
        for reversed in [false, true] {
            let app = TestApp::without_webhooks().await;
            ordered(&app).await;
            let mut decisions = [(SECOND, first), (SECOND + 1, then)];
            if reversed {
                decisions.reverse();
            }
            for (second, status) in decisions {
                deliver_dispute_at(&app, "dp_1", second, status).await;
            }
            // An event that is no decision changes none, however late it arrives.
            deliver_dispute_at(&app, "dp_1", SECOND + 9, "under_review").await;
            let dispute = app.the_dispute().await;
            assert_eq!(
                dispute.status.to_string(),
                then,
                "{first}, {then}, reversed: {reversed}"
            );
            assert_eq!(dispute.status_at.unix_timestamp(), SECOND + 1);
        }
    }
}

#[tokio::test]
async fn the_owner_is_notified_each_time_a_bank_reverses_its_decision() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app =
        TestApp::without_webhooks_with(|config| config.mail.route = Route::Folder(path)).await;
    ordered(&app).await;
    let email_about = |subject: &str| {
        let mut mails = mails(folder.path()).into_iter();
        mails.find(|mail| mail.subject.contains(subject))
    };
    deliver_dispute_at(&app, "dp_1", SECOND, "won").await;
    assert_eq!(dispute_tasks(&app).await, ["dispute_closed won"]);
    eventually("the owner is notified", async || {
        email_about("a dispute has ended")
    })
    .await;
    deliver_dispute_at(&app, "dp_1", SECOND + 10, "lost").await;
    let mail = eventually("the owner is notified", async || {
        email_about("decided again")
    })
    .await;
    assert!(mail.text.contains("the money is gone"), "{}", mail.text);
    deliver_dispute_at(&app, "dp_1", SECOND + 20, "won").await;
    // The same decision again, and a late event about an earlier one.
    deliver_dispute_at(&app, "dp_1", SECOND + 30, "won").await;
    deliver_dispute_at(&app, "dp_1", SECOND + 11, "lost").await;
    let mut expected = [
        "dispute_closed won".to_owned(),
        format!("dispute_closed lost {}", SECOND + 10),
        format!("dispute_closed won {}", SECOND + 20),
    ];
    expected.sort();
    let mut dispute_tasks = dispute_tasks(&app).await;
    dispute_tasks.sort();
    assert_eq!(dispute_tasks, expected);
}

#[tokio::test]
async fn an_email_about_a_decision_reversed_meanwhile_is_not_sent() {
    let app = TestApp::without_webhooks().await;
    ordered(&app).await;
    // No email is sent meanwhile.
    let lease = Lease::acquire(&app.shop.database, Job::Outbox)
        .await
        .unwrap();
    deliver_dispute_at(&app, "dp_1", SECOND, "won").await;
    deliver_dispute_at(&app, "dp_1", SECOND + 10, "lost").await;
    lease.release().await.unwrap();
    let first = task_in(&app, "mail:dispute_closed:dp_1:won", "done").await;
    assert_eq!(
        first.error.as_deref(),
        Some("superseded by another decision")
    );
    let then = format!("mail:dispute_closed:dp_1:lost:{}", SECOND + 10);
    let then = task_in(&app, &then, "done").await;
    assert_eq!(then.error.as_deref(), Some(shop::outbox::WRITTEN_TO_FILE));
}

/// An order with a dispute that ended this way at Stripe. Returns the dispute's id.
async fn decided(app: &TestApp, end: &str) -> String {
    let checkout = ordered(app).await;
    app.at_stripe(&checkout, "dispute", json!({})).await;
    app.at_stripe(&checkout, end, json!({})).await;
    let closed = app.event("charge.dispute.closed").await;
    closed["data"]["object"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn stripe_decides_which_of_two_decisions_of_the_same_second_counts() {
    for (end, counts) in [("win", "won"), ("lose", "lost")] {
        for order in [["won", "lost"], ["lost", "won"]] {
            let app = TestApp::without_webhooks().await;
            let id = decided(&app, end).await;
            for status in order {
                deliver_dispute_at(&app, &id, SECOND, status).await;
            }
            let query_key = format!("dispute:{id}:{SECOND}");
            assert_eq!(task_in(&app, &query_key, "done").await.error, None);
            let settled = app.the_dispute().await;
            assert_eq!(settled.status.to_string(), counts, "{order:?}");
            assert_eq!(settled.certainty, Certainty::Confirmed);
            // Each event is delivered again.
            for status in order {
                deliver_dispute_at(&app, &id, SECOND, status).await;
            }
            assert_eq!(app.the_dispute().await, settled);
            // The owner's last email is what counts.
            let last = outbox::Entity::find()
                .filter(outbox::Column::Key.starts_with("mail:dispute_closed:"))
                .order_by_desc(outbox::Column::Id)
                .one(app.shop.database.reader())
                .await
                .unwrap();
            let last = last.unwrap().key;
            assert!(last.contains(&format!(":{counts}")), "{last}");
            // A later decision still counts.
            deliver_dispute_at(&app, &id, SECOND + 1, "prevented").await;
            assert_eq!(app.the_dispute().await.status.to_string(), "prevented");
        }
    }
}

#[tokio::test]
async fn an_order_needs_attention_until_stripe_has_answered() {
    let app = TestApp::without_webhooks().await;
    // Stripe has not decided yet.
    let checkout = ordered(&app).await;
    app.at_stripe(&checkout, "dispute", json!({})).await;
    let opened = app.event("charge.dispute.created").await;
    let id = opened["data"]["object"]["id"].as_str().unwrap();
    deliver_dispute_at(&app, id, SECOND, "won").await;
    let flagged = Filter {
        flagged: true,
        limit: 10,
    };
    let flagged = async || list(&app.shop.database, flagged).await.unwrap();
    assert!(flagged().await.is_empty());
    deliver_dispute_at(&app, id, SECOND, "lost").await;
    let attention = &flagged().await[0].attention;
    assert_eq!(attention.len(), 1, "{attention:?}");
    assert_eq!(attention[0].reason, "disputed");
    let key = format!("dispute:{id}:{SECOND}");
    let task = eventually("Stripe was asked", async || {
        let task = task(&app, &key).await.unwrap();
        (task.attempts > 0).then_some(task)
    })
    .await;
    assert_eq!(task.state.as_ref(), "pending");
    assert!(task.error.unwrap().contains("not decided"));
    app.at_stripe(&checkout, "lose", json!({})).await;
    let which = RetryTarget::One(key.clone());
    queue::retry(&app.shop.database, &owner(), &which)
        .await
        .unwrap();
    task_in(&app, &key, "done").await;
    assert_eq!(app.the_dispute().await.status.to_string(), "lost");
    assert!(flagged().await.is_empty());
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
        let closed = all.iter().any(|event| {
            event.r#type == "charge.dispute.closed" && event.state.as_ref() == "applied"
        });
        closed.then_some(())
    })
    .await;
    assert_eq!(app.the_dispute().await.status.to_string(), "lost");
}
