//! `till events`, and events that cannot be applied at once.

use serde_json::{Value, json};
use shop::entity::checkout;
use shop::inbox::EventState;
use shop::inbox::retry::{retry, retry_all, retry_due};

use crate::test_app::{TestApp, event, owner, paid_session};
use crate::till_binary::Till;

const COMPLETED: &str = "checkout.session.completed";

/// Delivers an event that cannot be applied.
async fn poison(app: &TestApp, checkout: &checkout::Model) -> String {
    let mut session = paid_session(checkout);
    session["payment_status"] = "unheard_of".into();
    let stored = app.deliver_session(COMPLETED, &session).await;
    assert_eq!((stored.state.as_ref(), stored.attempts), ("failed", 1));
    stored.id
}

/// Fixes what was wrong with an event.
async fn fix(app: &TestApp, id: &str) {
    app.execute(&format!(
        "UPDATE stripe_event SET payload = replace(payload, 'unheard_of', 'paid') WHERE id = '{id}'"
    ))
    .await;
}

/// Makes every event due now.
async fn make_due(app: &TestApp) {
    app.execute(
        "UPDATE stripe_event SET due_at = '2026-01-01 00:00:00+00:00' WHERE due_at IS NOT NULL",
    )
    .await;
}

fn refund(payment_intent: &str) -> Value {
    json!({
        "id": format!("re_of_{payment_intent}"), "object": "refund", "amount": 300,
        "currency": "eur",
        "status": "succeeded", "payment_intent": payment_intent,
    })
}

async fn state(app: &TestApp, id: &str) -> String {
    app.stored_event(id).await.unwrap().state.to_string()
}

// ---- Failed, and retried ----

#[tokio::test]
async fn a_poison_event_blocks_no_other_and_ends_up_dead() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let poison = poison(&app, &checkout).await;
    let other = app.begin(&[("MUG", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&other)).await;
    assert_eq!(app.the_order().await.checkout_id, other.id);
    // Not before its delay has passed.
    retry_due(&app.shop).await.unwrap();
    assert_eq!(app.stored_event(&poison).await.unwrap().attempts, 1);
    let mut delays = Vec::new();
    for attempt in 2..=9 {
        make_due(&app).await;
        assert_eq!(retry_due(&app.shop).await.unwrap().failed, 1);
        let stored = app.stored_event(&poison).await.unwrap();
        let expected = if attempt == 9 { "dead" } else { "failed" };
        assert_eq!(
            (stored.attempts, stored.state.as_ref()),
            (attempt, expected)
        );
        delays.extend(
            stored
                .due_at
                .map(|due| (due - shop::clock::now()).whole_minutes()),
        );
    }
    // Each at most a minute shorter than configured, because time passes.
    let chosen = [5, 30, 120, 360, 720, 1440, 2880];
    assert_eq!(delays.len(), chosen.len());
    for (delay, chosen) in delays.into_iter().zip(chosen) {
        assert!((chosen - 1..=chosen).contains(&delay), "{delay} {chosen}");
    }
    make_due(&app).await;
    assert_eq!(retry_due(&app.shop).await.unwrap().failed, 0);
    assert_eq!(app.orders().await.len(), 1);
}

#[tokio::test]
async fn a_fixed_event_is_applied_by_the_next_attempt() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let (first, second) = (poison(&app, &checkout).await, poison(&app, &checkout).await);
    fix(&app, &second).await;
    make_due(&app).await;
    let retried = retry_due(&app.shop).await.unwrap();
    assert_eq!((retried.handled, retried.failed), (1, 1));
    assert_eq!(state(&app, &first).await, "failed");
    assert_eq!(state(&app, &second).await, "applied");
    assert_eq!(app.the_order().await.checkout_id, checkout.id);
}

// ---- Waiting ----

#[tokio::test]
async fn a_refund_that_overtakes_its_order_is_applied_with_it() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let paid = paid_session(&checkout);
    let refund = event(
        "refund.created",
        &refund(paid["payment_intent"].as_str().unwrap()),
    );
    assert_eq!(app.deliver(&refund).await, 200);
    let id = refund["id"].as_str().unwrap();
    assert_eq!(state(&app, id).await, "pending");
    app.deliver_session(COMPLETED, &paid).await;
    assert_eq!(state(&app, id).await, "applied");
    assert_eq!(app.refunds().await[0].order_id, app.the_order().await.id);
}

#[tokio::test]
async fn a_refund_that_came_while_its_order_was_being_written_is_applied_by_the_next_attempt() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let paid = paid_session(&checkout);
    let refund = event(
        "refund.created",
        &refund(paid["payment_intent"].as_str().unwrap()),
    );
    assert_eq!(app.deliver(&refund).await, 200);
    let id = refund["id"].as_str().unwrap();
    // As if neither transaction had seen the other: the order is stored, and the refund still
    // waits.
    app.execute("UPDATE stripe_event SET waits_for = 'pi_hidden'")
        .await;
    app.deliver_session(COMPLETED, &paid).await;
    let intent = paid["payment_intent"].as_str().unwrap();
    app.execute(&format!(
        "UPDATE stripe_event SET waits_for = '{intent}' WHERE waits_for = 'pi_hidden'"
    ))
    .await;
    assert_eq!(state(&app, id).await, "pending");
    assert_eq!(retry_due(&app.shop).await.unwrap().handled, 1);
    assert_eq!(state(&app, id).await, "applied");
    assert_eq!(app.refunds().await.len(), 1);
}

#[tokio::test]
async fn an_unrelated_refund_is_ignored_once_it_has_waited_long_enough() {
    let app = TestApp::without_webhooks().await;
    let theirs = event("refund.created", &refund("pi_theirs"));
    assert_eq!(app.deliver(&theirs).await, 200);
    let id = theirs["id"].as_str().unwrap();
    retry_due(&app.shop).await.unwrap();
    assert_eq!(state(&app, id).await, "pending");
    make_due(&app).await;
    retry_due(&app.shop).await.unwrap();
    let stored = app.stored_event(id).await.unwrap();
    assert_eq!(stored.state.as_ref(), "ignored");
    assert!(stored.error.unwrap().contains("unrelated"));
    // A manual replay does not change that.
    assert_eq!(
        retry(&app.shop, &owner(), id).await.unwrap(),
        Some(EventState::Ignored)
    );
    assert_eq!(state(&app, id).await, "ignored");
}

/// The payment's event was dead for long, and the owner has refunded meanwhile.
#[tokio::test]
async fn a_refund_that_has_waited_too_long_is_applied_when_its_order_arrives() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let paid = poison(&app, &checkout).await;
    let intent = paid_session(&checkout)["payment_intent"].clone();
    let refund = event("refund.created", &refund(intent.as_str().unwrap()));
    assert_eq!(app.deliver(&refund).await, 200);
    let id = refund["id"].as_str().unwrap();
    make_due(&app).await;
    retry_due(&app.shop).await.unwrap();
    assert_eq!(state(&app, id).await, "ignored");
    fix(&app, &paid).await;
    retry(&app.shop, &owner(), &paid).await.unwrap();
    assert_eq!(state(&app, id).await, "applied");
    let refunds = app.refunds().await;
    assert_eq!((refunds.len(), refunds[0].amount), (1, 300));
    assert_eq!(refunds[0].order_id, app.the_order().await.id);
}

#[tokio::test]
async fn a_refund_that_cannot_be_applied_blocks_neither_its_order_nor_other_waiting_events() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let paid = paid_session(&checkout);
    let intent = paid["payment_intent"].as_str().unwrap();
    let mut bad = refund(intent);
    // A CHECK constraint: on PostgreSQL a violation aborts the transaction.
    bad["amount"] = (-1).into();
    bad["id"] = "re_bad".into();
    let (bad, good) = (
        event("refund.created", &bad),
        event("refund.created", &refund(intent)),
    );
    for event in [&bad, &good] {
        assert_eq!(app.deliver(event).await, 200);
    }
    let stored = app.deliver_session(COMPLETED, &paid).await;
    assert_eq!(stored.state.as_ref(), "applied");
    assert_eq!(state(&app, bad["id"].as_str().unwrap()).await, "failed");
    assert_eq!(state(&app, good["id"].as_str().unwrap()).await, "applied");
    assert_eq!(app.refunds().await.len(), 1);
}

// ---- Manual replay ----

#[tokio::test]
async fn a_manual_replay_uses_up_no_attempt() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let id = poison(&app, &checkout).await;
    let before = app.stored_event(&id).await.unwrap();
    for _ in 0..10 {
        assert_eq!(
            retry(&app.shop, &owner(), &id).await.unwrap(),
            Some(EventState::Failed)
        );
        retry_all(&app.shop, &owner()).await.unwrap();
    }
    assert_eq!(app.stored_event(&id).await.unwrap(), before);
}

/// An event that waited and now fails still has all its attempts.
#[tokio::test]
async fn a_waiting_event_that_fails_in_a_manual_replay_is_retried_automatically() {
    for given_up in [false, true] {
        let app = TestApp::without_webhooks().await;
        let theirs = event("refund.created", &refund("pi_theirs"));
        assert_eq!(app.deliver(&theirs).await, 200);
        let id = theirs["id"].as_str().unwrap();
        if given_up {
            make_due(&app).await;
            retry_due(&app.shop).await.unwrap();
        }
        let mut live = app.shop.clone();
        live.settings_mut().livemode = true;
        assert_eq!(
            retry(&live, &owner(), id).await.unwrap(),
            Some(EventState::Failed)
        );
        let stored = app.stored_event(id).await.unwrap();
        assert_eq!(stored.attempts, 1);
        let delay = stored.due_at.unwrap() - shop::clock::now();
        assert!(delay <= time::Duration::minutes(1), "{delay}");
        // With the right key again, it waits again.
        assert_eq!(
            retry(&app.shop, &owner(), id).await.unwrap(),
            Some(EventState::Pending)
        );
        let stored = app.stored_event(id).await.unwrap();
        let wait = stored.due_at.unwrap() - shop::clock::now();
        assert!(wait > time::Duration::days(6), "{wait}");
    }
}

#[tokio::test]
async fn a_fixed_dead_event_is_applied_once_by_manual_replays() {
    for all_of_them in [true, false] {
        let app = TestApp::without_webhooks().await;
        let checkout = app.begin(&[("PEN", 1)]).await;
        let id = poison(&app, &checkout).await;
        app.execute("UPDATE stripe_event SET state = 'dead', attempts = 9, due_at = NULL")
            .await;
        assert_eq!(
            retry(&app.shop, &owner(), &id).await.unwrap(),
            Some(EventState::Dead)
        );
        fix(&app, &id).await;
        if all_of_them {
            let by = owner();
            let (a, b) = tokio::join!(retry_all(&app.shop, &by), retry_all(&app.shop, &by));
            // Both may have read it; one of them has applied it.
            assert_eq!(a.unwrap().handled + b.unwrap().handled, 1);
        } else {
            let by = owner();
            let (a, b) = tokio::join!(retry(&app.shop, &by, &id), retry(&app.shop, &by, &id));
            let mut states = [a.unwrap(), b.unwrap()];
            states.sort_by_key(Option::is_some);
            assert_eq!(states, [None, Some(EventState::Applied)]);
        }
        assert_eq!(state(&app, &id).await, "applied");
        assert_eq!(app.the_order().await.checkout_id, checkout.id);
        assert_eq!(app.held_and_stock("PEN").await, (0, Some(39)));
    }
}

#[tokio::test]
async fn replaying_all_that_failed_is_safe_to_repeat() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let (bad, good) = (poison(&app, &checkout).await, poison(&app, &checkout).await);
    fix(&app, &good).await;
    let retried = retry_all(&app.shop, &owner()).await.unwrap();
    assert_eq!((retried.handled, retried.failed), (1, 1));
    let created = app.orders_as_created().await;
    let retried = retry_all(&app.shop, &owner()).await.unwrap();
    assert_eq!((retried.handled, retried.failed), (0, 1));
    assert_eq!(app.orders_as_created().await, created);
    assert_eq!(state(&app, &bad).await, "failed");
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(39)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_lists_shows_and_replays() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let failed = poison(&app, &checkout).await;
    let other = app.begin(&[("MUG", 1)]).await;
    let applied = app
        .deliver_session(COMPLETED, &paid_session(&other))
        .await
        .id;
    let till = Till::new();

    let listed = till.run_with(&app, &["events", "list", "--json"]).json();
    let mut ids: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    let mut all = [failed.as_str(), applied.as_str()];
    all.sort_unstable();
    assert_eq!(ids, all);
    let failed_only = ["events", "list", "--state", "failed", "--json"];
    let listed = till.run_with(&app, &failed_only).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["id"], failed.as_str());
    assert_eq!(listed[0]["attempts"], 1);
    let other_type = ["events", "list", "--type", "charge.refunded", "--json"];
    assert_eq!(till.run_with(&app, &other_type).json(), json!([]));
    let table = till.run_with(&app, &["events", "list", "--limit", "1"]);
    assert_eq!(table.stdout.lines().count(), 2, "{table:?}");
    assert_eq!(
        till.run_with(&app, &["events", "list", "--state", "odd"])
            .code,
        Some(2)
    );

    let shown = till
        .run_with(&app, &["events", "show", &applied, "--json"])
        .json();
    assert_eq!(shown["state"], "applied");
    assert_eq!(shown["order"], app.the_order().await.number.as_str());
    assert_eq!(shown["checkout"], other.id.as_str());
    assert_eq!(shown.get("payload"), None);
    // Personal data is printed only on request.
    let plain = till.run_with(&app, &["events", "show", &applied]);
    assert!(!plain.stdout.contains("shopper@example.com"));
    let with_payload = ["events", "show", &applied, "--payload", "--json"];
    let with_payload = till.run_with(&app, &with_payload).json();
    let customer = &with_payload["payload"]["data"]["object"]["customer_details"];
    assert_eq!(customer["email"], "shopper@example.com");
    let missing = till.run_with(&app, &["events", "show", "evt_missing"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("there is no event evt_missing"));

    let again = till.run_with(&app, &["events", "replay", &failed, "--json"]);
    assert_eq!(
        (again.code, &again.json()["state"]),
        (Some(1), &json!("failed"))
    );
    assert_eq!(
        till.run_with(&app, &["events", "replay", "--failed"]).code,
        Some(1)
    );
    fix(&app, &failed).await;
    for replayed in [true, false] {
        let answer = till.run_with(&app, &["events", "replay", &failed, "--json"]);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        assert_eq!(answer.json()["replayed"], replayed);
        assert_eq!(answer.json()["state"], "applied");
    }
    let all = till.run_with(&app, &["events", "replay", "--failed", "--json"]);
    assert_eq!(
        (all.code, all.json()),
        (Some(0), json!({ "settled": 0, "failed": 0 }))
    );
    assert_eq!(app.orders().await.len(), 2);
    // One of the two is required.
    assert_eq!(till.run_with(&app, &["events", "replay"]).code, Some(2));
}
