//! `till orders resolve` and `till events dismiss`: what the owner has resolved stays resolved
//! until something new happens.

use serde_json::{Value, json};
use shop::entity::checkout;
use shop::inbox::retry::{retry_all, retry_due};
use shop::orders::Flag;
use shop::orders::overview::{Filter, list, show};

use crate::test_app::{TestApp, event, owner, paid_session};
use crate::till_binary::{CommandOutput, Till, text};

const COMPLETED: &str = "checkout.session.completed";

/// Runs the program as Ada.
fn run(till: &Till, app: &TestApp, arguments: &[&str]) -> CommandOutput {
    let mut command = till.command(arguments);
    command.envs(app.environment()).env("USER", "ada");
    let output = command.output().unwrap();
    CommandOutput {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

fn resolve(till: &Till, app: &TestApp, number: &str, note: &str) -> CommandOutput {
    run(till, app, &["orders", "resolve", number, "--note", note])
}

/// The reasons why the only order needs attention. The list, which queries the database, and the
/// order itself must agree.
async fn reasons(app: &TestApp) -> Vec<String> {
    let order = app.the_order().await;
    let filter = |flagged| Filter { flagged, limit: 9 };
    let database = &app.shop.database;
    let flagged = list(database, filter(true)).await.unwrap();
    let listed = list(database, filter(false)).await.unwrap();
    let shown = show(database, order.id).await.unwrap().unwrap();
    assert_eq!(listed, std::slice::from_ref(&shown.summary));
    assert_eq!(flagged.is_empty(), shown.summary.attention.is_empty());
    let attention = shown.summary.attention.into_iter();
    attention.map(|reason| reason.reason).collect()
}

async fn deliver_dispute(app: &TestApp, checkout: &checkout::Model, id: &str, status: &str) {
    let dispute = json!({
        "id": id, "amount": 500, "currency": "eur", "status": status, "reason": "fraudulent",
        "payment_intent": paid_session(checkout)["payment_intent"],
        // Older than any resolution: what counts is what was known then.
        "created": 1_700_000_000,
    });
    let dispute_event = event("charge.dispute.updated", &dispute);
    assert_eq!(app.deliver(&dispute_event).await, 200);
}

async fn deliver_refund(app: &TestApp, checkout: &checkout::Model, id: &str, status: &str) {
    let refund = json!({
        "id": id, "amount": 100, "currency": "eur", "status": status, "created": 1_700_000_000,
        "payment_intent": paid_session(checkout)["payment_intent"],
    });
    assert_eq!(app.deliver(&event("refund.updated", &refund)).await, 200);
}

async fn flagged(app: &TestApp) -> checkout::Model {
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut wrong = paid_session(&checkout);
    wrong["amount_total"] = 400.into();
    app.deliver_session(COMPLETED, &wrong).await;
    checkout
}

// ---- Orders ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resolved_order_needs_no_attention_and_says_who_resolved_it_and_why() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    flagged(&app).await;
    assert_eq!(reasons(&app).await, ["total_differs"]);
    let number = app.the_order().await.number;
    let typed = number.to_lowercase().replace('-', "");
    let resolved = resolve(&till, &app, &typed, " written to the\nshopper ");
    assert_eq!(resolved.code, Some(0), "{resolved:?}");
    let reason = "the total is not subtotal − discount + shipping + tax";
    let words = format!("order {number} is resolved: {reason}\n");
    assert_eq!(resolved.stdout, words);
    assert_eq!(reasons(&app).await, [""; 0]);
    let listed = run(&till, &app, &["orders", "list", "--flagged", "--json"]);
    assert_eq!(listed.json(), json!([]));
    // The facts stay in the order.
    let order = app.the_order().await;
    assert_eq!(order.flag, Some(Flag::TotalDiffers));

    let shown = run(&till, &app, &["orders", "show", &number, "--json"]).json();
    assert_eq!(shown["attention"], json!([]));
    assert_eq!(shown["resolutions"][0]["by"], "ada");
    assert_eq!(shown["resolutions"][0]["note"], "written to the shopper");
    let at = shown["resolutions"][0]["at"].as_str().unwrap();
    assert!(at.ends_with('Z'), "{at}");
    let page = run(&till, &app, &["orders", "show", &number]);
    assert!(
        page.stdout.contains("by ada: written to the shopper"),
        "{page:?}"
    );

    let again = resolve(&till, &app, &number, "a second time");
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(
        again.stdout.contains("already resolved: nothing to do"),
        "{again:?}"
    );
    let shown = run(&till, &app, &["orders", "show", &number, "--json"]).json();
    assert_eq!(shown["resolutions"].as_array().unwrap().len(), 1);
    for (number, note) in [("K7QM-3XPA", "why"), (number.as_str(), " ")] {
        let refused = resolve(&till, &app, number, note);
        assert_eq!(refused.code, Some(2), "{refused:?}");
    }
    let without_note = run(&till, &app, &["orders", "resolve", &number]);
    assert_eq!(without_note.code, Some(2), "{without_note:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn something_new_needs_attention_again_and_nothing_else_does() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let checkout = flagged(&app).await;
    deliver_dispute(&app, &checkout, "dp_1", "needs_response").await;
    deliver_refund(&app, &checkout, "re_1", "failed").await;
    deliver_refund(&app, &checkout, "re_2", "succeeded").await;
    let number = app.the_order().await.number;
    let resolve = async || {
        let resolved = resolve(&till, &app, &number, "settled");
        assert_eq!(resolved.code, Some(0), "{resolved:?}");
        assert_eq!(reasons(&app).await, [""; 0]);
    };
    assert_eq!(reasons(&app).await.len(), 3);
    resolve().await;
    // The bank reviews the owner's evidence: nothing new.
    deliver_dispute(&app, &checkout, "dp_1", "under_review").await;
    deliver_refund(&app, &checkout, "re_1", "failed").await;
    assert_eq!(reasons(&app).await, [""; 0]);
    // Created before the resolution by Stripe's clock, and delivered after it.
    deliver_dispute(&app, &checkout, "dp_2", "warning_needs_response").await;
    assert_eq!(reasons(&app).await, ["disputed"]);
    resolve().await;
    deliver_dispute(&app, &checkout, "dp_2", "needs_response").await;
    assert_eq!(reasons(&app).await, ["disputed"]);
    resolve().await;
    deliver_refund(&app, &checkout, "re_2", "failed").await;
    assert_eq!(reasons(&app).await, ["refund_failed"]);
    resolve().await;
    deliver_refund(&app, &checkout, "re_3", "canceled").await;
    assert_eq!(reasons(&app).await, ["refund_failed"]);
}

// ---- Differences ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_difference_of_a_resolved_order_does_not_count_until_it_changes() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    // The event says paid, and Stripe does not know the session.
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    let reconcile = || run(&till, &app, &["reconcile", "--json"]);
    let remaining = reconcile();
    assert_eq!(remaining.code, Some(1), "{remaining:?}");
    let difference = remaining.json()["differences"][0].clone();
    assert_eq!(difference["kind"], "order_without_payment");
    let number = app.the_order().await.number;
    assert_eq!(difference["order"], number.as_str());
    assert!(difference.get("order_id").is_none());

    // The order itself needs no attention: it is resolved for the difference alone.
    assert_eq!(reasons(&app).await, [""; 0]);
    let resolved = resolve(&till, &app, &number, "a test of ours");
    assert_eq!(resolved.code, Some(0), "{resolved:?}");
    let resolved = reconcile();
    assert_eq!(resolved.code, Some(0), "{resolved:?}");
    assert_eq!(resolved.json()["unrepaired"], 0);
    assert_eq!(resolved.json()["differences"][0]["outcome"], "resolved");
    let dry = run(&till, &app, &["reconcile", "--dry-run"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(dry.stdout.contains("resolved"), "{dry:?}");
    let again = resolve(&till, &app, &number, "a test of ours");
    assert_eq!(again.code, Some(0), "{again:?}");

    app.execute("UPDATE \"order\" SET amount_total = 1").await;
    let other = reconcile();
    assert_eq!(other.code, Some(1), "{other:?}");
    assert_eq!(other.json()["differences"][0]["outcome"], "remains");
    let resolved = resolve(&till, &app, &number, "and another one");
    assert_eq!(resolved.code, Some(0), "{resolved:?}");
    assert_eq!(reconcile().code, Some(0));
}

// ---- Events ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dismissed_event_counts_nowhere_and_can_be_shown_and_replayed() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut session = paid_session(&checkout);
    session["payment_status"] = "unheard_of".into();
    let id = app.deliver_session(COMPLETED, &session).await.id;
    app.execute("UPDATE stripe_event SET state = 'dead', attempts = 9, due_at = NULL")
        .await;
    let reconcile = || run(&till, &app, &["reconcile", "--json"]);
    let before = reconcile();
    assert_eq!(before.code, Some(1), "{before:?}");
    assert_eq!(before.json()["events_unapplied"], 1);

    let dismiss = |id: &str| {
        let note = ["--note", "a test of Stripe's"];
        run(
            &till,
            &app,
            &[&["events", "dismiss", id], &note[..]].concat(),
        )
    };
    let dismissed = dismiss(&id);
    assert_eq!(dismissed.code, Some(0), "{dismissed:?}");
    assert_eq!(dismissed.stdout, format!("{id} is dismissed\n"));
    let after = reconcile();
    assert_eq!(after.code, Some(0), "{after:?}");
    assert_eq!(after.json()["events_unapplied"], 0);

    let listed = |state: &str| -> Value {
        run(&till, &app, &["events", "list", "--state", state, "--json"]).json()
    };
    for state in ["failed", "dead"] {
        assert_eq!(listed(state), json!([]));
    }
    assert_eq!(listed("dismissed")[0]["id"], id.as_str());
    let shown = run(&till, &app, &["events", "show", &id, "--json"]).json();
    assert_eq!(shown["state"], "dismissed");
    assert_eq!(shown["dismissal"]["by"], "ada");
    assert_eq!(shown["dismissal"]["note"], "a test of Stripe's");
    assert!(shown["dismissal"]["at"].as_str().unwrap().ends_with('Z'));
    assert!(shown["error"].as_str().unwrap().contains("payment_status"));
    let page = run(&till, &app, &["events", "show", &id]);
    assert!(
        page.stdout.contains(" by ada") && page.stdout.contains("a test of Stripe's"),
        "{page:?}"
    );

    // Neither the job nor `--failed` retries it.
    assert_eq!(retry_due(&app.shop).await.unwrap().failed, 0);
    assert_eq!(retry_all(&app.shop, &owner()).await.unwrap().failed, 0);
    let again = dismiss(&id);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.stdout.contains("already"), "{again:?}");

    let replay = || run(&till, &app, &["events", "replay", &id, "--json"]);
    assert_eq!(replay().code, Some(1));
    assert_eq!(reconcile().code, Some(0));
    app.execute("UPDATE stripe_event SET payload = replace(payload, 'unheard_of', 'paid')")
        .await;
    let replayed = replay();
    assert_eq!(
        (replayed.code, &replayed.json()["state"]),
        (Some(0), &json!("applied"))
    );
    let stored = app.stored_event(&id).await.unwrap();
    assert_eq!(
        (
            stored.dismissed_at,
            stored.dismissed_by,
            stored.dismissed_note
        ),
        (None, None, None)
    );

    let refused = dismiss(&id);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused
            .stderr
            .contains("is applied and cannot be dismissed: it was applied completely"),
        "{refused:?}"
    );
    let missing = dismiss("evt_missing");
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(missing.stderr.contains("there is no event evt_missing"));
}

#[tokio::test]
async fn a_failed_event_that_is_dismissed_is_not_tried_again_by_the_job() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut session = paid_session(&checkout);
    session["payment_status"] = "unheard_of".into();
    let stored = app.deliver_session(COMPLETED, &session).await;
    assert_eq!(stored.state.as_ref(), "failed");
    app.execute("UPDATE stripe_event SET due_at = '2026-01-01 00:00:00+00:00'")
        .await;
    let database = &app.shop.database;
    shop::inbox::dismissal::dismiss(database, &stored.id, &owner(), "no")
        .await
        .unwrap();
    assert_eq!(retry_due(&app.shop).await.unwrap().failed, 0);
    let after = app.stored_event(&stored.id).await.unwrap();
    assert_eq!((after.attempts, after.state.as_ref()), (1, "failed"));
    // Waiting and ignored events cannot be dismissed.
    let refund = json!({
        "id": "re_1", "amount": 1, "currency": "eur", "status": "succeeded",
        "payment_intent": "pi_theirs",
    });
    let refund_event = event("refund.created", &refund);
    assert_eq!(app.deliver(&refund_event).await, 200);
    let by = owner();
    let outcome =
        shop::inbox::dismissal::dismiss(database, refund_event["id"].as_str().unwrap(), &by, "b");
    assert_eq!(
        outcome.await.unwrap(),
        shop::inbox::dismissal::DismissOutcome::NotFailed(shop::inbox::EventState::Pending)
    );
}
