//! Old data is deleted, and nothing that is still needed: events that arrive again afterwards find
//! all that they need.

use std::path::Path;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryOrder, Statement,
    TransactionTrait,
};
use serde_json::{Value, json};
use shop::entity::{checkout, checkout_line, outbox, stripe_event};
use shop::mail::Route;
use shop::outbox::queue::{self, RetryTarget};
use shop::outbox::work::work;
use shop::prune::{PruneReport, PruneSettings, prune, statements};
use shop::reconcile::{Request, reconcile};
use shop::settings::FromVariables;
use time::Duration;

use crate::mails::mails;
use crate::test_app::{IBAN_FAILS, IBAN_SUCCEEDS, TestApp, event, eventually, owner};
use crate::test_database::backend;
use crate::till_binary::Till;

const COMPLETED: &str = "checkout.session.completed";

/// Makes everything stored so far this many days older.
async fn age(app: &TestApp, days: i64) {
    let then = shop::clock::now() - Duration::days(days);
    let then = || Expr::value(then);
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    checkout::Entity::update_many()
        .col_expr(checkout::Column::CreatedAt, then())
        .col_expr(checkout::Column::ExpiresAt, then())
        .col_expr(checkout::Column::UpdatedAt, then())
        .exec(&transaction)
        .await
        .unwrap();
    stripe_event::Entity::update_many()
        .col_expr(stripe_event::Column::CreatedAt, then())
        .col_expr(stripe_event::Column::ReceivedAt, then())
        .exec(&transaction)
        .await
        .unwrap();
    outbox::Entity::update_many()
        .col_expr(outbox::Column::CreatedAt, then())
        .col_expr(outbox::Column::UpdatedAt, then())
        .exec(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

async fn tasks(app: &TestApp) -> Vec<outbox::Model> {
    let all = outbox::Entity::find().order_by_asc(outbox::Column::Id);
    all.all(app.shop.database.reader()).await.unwrap()
}

/// Waits until every task is done.
async fn all_done(app: &TestApp) {
    eventually("everything is sent", async || {
        work(&app.shop, || false).await.unwrap();
        let tasks = tasks(app).await;
        tasks
            .iter()
            .all(|task| task.state.as_ref() == "done")
            .then_some(())
    })
    .await;
}

async fn run(app: &TestApp) -> PruneReport {
    let settings = PruneSettings::read(&|_: &str| None).unwrap();
    prune(&app.shop.database, &settings, false).await.unwrap()
}

async fn deliver_all(app: &TestApp, events: &[Value]) {
    for event in events {
        assert_eq!(app.deliver(event).await, 200);
    }
}

async fn expired(app: &TestApp) -> checkout::Model {
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.at_stripe(&checkout, "expire", json!({})).await;
    checkout
}

/// An event that cannot be applied.
fn broken(checkout: &checkout::Model) -> Value {
    let session = json!({
        "id": checkout.stripe_session_id, "client_reference_id": checkout.id,
        "payment_status": "unknown",
    });
    event(COMPLETED, &session)
}

fn sent(folder: &Path) -> usize {
    mails(folder).len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_arrive_again_after_pruning_send_nothing_twice_and_change_no_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app =
        TestApp::without_webhooks_with(|config| config.mail.route = Route::Folder(path)).await;
    let paid = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&paid).await;
    app.at_stripe(&paid, "refund", json!({ "amount": 300 }))
        .await;
    expired(&app).await;
    let failing = app.begin(&[("PEN", 1)]).await;
    app.pay_by_sepa(&failing, IBAN_FAILS).await;
    app.event("checkout.session.async_payment_failed").await;
    let events = app.stripe_events().await;
    deliver_all(&app, &events).await;
    assert_eq!(app.deliver(&broken(&paid)).await, 200);
    app.wait_for(&failing, "failed").await;
    all_done(&app).await;

    let (order, refunds, ledger) = (
        app.the_order().await,
        app.refunds().await,
        app.stripe_get("/_sandbox/ledger").await,
    );
    let of_the_order = |tasks: Vec<outbox::Model>| -> Vec<_> {
        let tasks = tasks.into_iter().filter(|task| task.checkout_id == paid.id);
        tasks
            .map(|task| {
                (
                    task.id,
                    task.key,
                    task.kind,
                    task.state,
                    task.error,
                    task.created_at,
                )
            })
            .collect()
    };
    age(&app, 400).await;
    let kept = of_the_order(tasks(&app).await);
    assert!(kept.len() >= 2, "{kept:?}");
    let mails = sent(folder.path());

    let till = Till::new();
    // A picture that no product has.
    app.execute(
        "INSERT INTO picture_file (hash, format, width, height, bytes) \
         VALUES ('unused', 'webp', 1, 1, '')",
    )
    .await;
    // A count of failed sign-ins that has expired.
    app.execute(
        "INSERT INTO sign_in_failure (scope, \"key\", failures, expires_at) \
         VALUES ('address', '192.0.2.1', 1, '2026-01-01T00:00:00Z')",
    )
    .await;
    app.execute(
        "INSERT INTO audit_log (at, actor, action, subject_kind, subject)
         VALUES ('2020-01-01 00:00:00+00:00', 'ada', 'set_setting', 'setting', 'SHOP_NAME')",
    )
    .await;
    let would = till
        .run_with(&app, &["prune", "--dry-run", "--json"])
        .json();
    assert_eq!(app.checkouts().await.len(), 3);
    let did = till.run_with(&app, &["prune", "--json"]);
    assert_eq!(did.code, Some(0), "{did:?}");
    let did = did.json();
    for (name, count) in did.as_object().unwrap() {
        if name != "dry_run" {
            assert_eq!(&would[name], count, "{name}");
            assert_ne!(count, &json!(0), "{name}");
        }
    }
    let left = app.checkouts().await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].id, paid.id);
    let lines = checkout_line::Entity::find();
    let lines = lines.all(app.shop.database.reader()).await.unwrap();
    assert!(lines.iter().all(|line| line.checkout_id == paid.id));
    assert_eq!(of_the_order(tasks(&app).await), kept);
    assert!(tasks(&app).await.iter().all(|task| task.payload.is_empty()));

    // All events arrive again, and what was deleted is read from Stripe.
    for _ in 0..2 {
        deliver_all(&app, &events).await;
        work(&app.shop, || false).await.unwrap();
        let request = Request {
            thorough: true,
            ..Request::default()
        };
        let report = reconcile(&app.shop, &request).await.unwrap();
        assert_eq!(report.unrepaired, 0, "{report:?}");
    }
    let which = RetryTarget::One(format!("mail:paid:{}", paid.id));
    let again = queue::retry(&app.shop.database, &owner(), &which)
        .await
        .unwrap();
    assert!(again.is_empty(), "{again:?}");
    work(&app.shop, || false).await.unwrap();
    assert_eq!(app.the_order().await, order);
    assert_eq!(app.refunds().await, refunds);
    assert_eq!(app.stripe_get("/_sandbox/ledger").await, ledger);
    assert_eq!(of_the_order(tasks(&app).await), kept);
    assert_eq!(tasks(&app).await.len(), kept.len());
    assert_eq!(sent(folder.path()), mails);
    assert_eq!(app.held_and_stock("PEN").await.0, 0);
    assert!(run(&app).await.is_empty());
    let nothing = till.run_with(&app, &["prune"]);
    assert_eq!(
        (nothing.code, nothing.stdout.trim()),
        (Some(0), "nothing to prune")
    );
}

#[tokio::test]
async fn a_task_without_payload_never_runs_again() {
    let app = TestApp::without_webhooks().await;
    let paid = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&paid).await;
    deliver_all(&app, &app.stripe_events().await).await;
    all_done(&app).await;
    age(&app, 91).await;
    assert_eq!(run(&app).await.payloads, 2);
    // As if by some mistake.
    app.execute("UPDATE outbox SET state = 'pending'").await;
    let task = eventually("the task is given up", async || {
        work(&app.shop, || false).await.unwrap();
        let task = tasks(&app).await.remove(0);
        (task.state.as_ref() != "pending").then_some(task)
    })
    .await;
    assert_eq!(task.state.as_ref(), "dead");
    assert!(task.error.unwrap().contains("pruned"));
}

#[tokio::test]
async fn rows_that_are_younger_or_may_still_be_needed_stay() {
    let app = TestApp::without_webhooks().await;
    // An ended checkout, one that holds stock, and one with an order.
    let ended = expired(&app).await;
    deliver_all(&app, &app.stripe_events().await).await;
    let paid = app.begin(&[("PEN", 1)]).await;
    app.pay_by_card(&paid).await;
    deliver_all(&app, &app.stripe_events().await).await;
    let open = app.begin(&[("PEN", 1)]).await;
    app.pay_by_sepa(&open, IBAN_SUCCEEDS).await;
    deliver_all(&app, &[app.event(COMPLETED).await]).await;
    all_done(&app).await;
    // An unrelated event, and one that waited for its order and would still be applied if that
    // arrived.
    let foreign = event("customer.created", &json!({ "id": "cus_1" }));
    let refund = json!({
        "id": "re_1", "amount": 1, "currency": "eur", "status": "succeeded",
        "payment_intent": "pi_unknown",
    });
    let refund = event("refund.created", &refund);
    let broken = broken(&ended);
    deliver_all(&app, &[foreign.clone(), refund.clone(), broken.clone()]).await;
    app.execute("UPDATE stripe_event SET state = 'ignored' WHERE waits_for IS NOT NULL")
        .await;
    let id = |event: &Value| event["id"].as_str().unwrap().to_owned();
    let is_there = async |event: &Value| app.stored_event(&id(event)).await.is_some();

    age(&app, 34).await;
    assert!(run(&app).await.is_empty());
    age(&app, 36).await;
    let first = run(&app).await;
    assert!(first.ignored_events >= 1, "{first:?}");
    let others = PruneReport {
        ignored_events: 0,
        ..first
    };
    assert!(others.is_empty(), "{first:?}");
    assert!(!is_there(&foreign).await);
    age(&app, 89).await;
    assert!(run(&app).await.is_empty());
    age(&app, 91).await;
    let second = run(&app).await;
    assert_eq!(
        (second.checkouts, second.failed_events),
        (1, 0),
        "{second:?}"
    );
    assert_eq!(
        second.payloads, 3,
        "the email and the details of the order, and the email of the one that is under way"
    );
    assert!(is_there(&refund).await && is_there(&broken).await);
    age(&app, 366).await;
    assert_eq!(run(&app).await.failed_events, 2);
    assert!(!is_there(&refund).await && !is_there(&broken).await);

    age(&app, 4_000).await;
    assert!(run(&app).await.is_empty());
    let mut left: Vec<String> = app
        .checkouts()
        .await
        .into_iter()
        .map(|row| row.id)
        .collect();
    left.sort();
    let mut expected = [open.id.clone(), paid.id.clone()];
    expected.sort();
    assert_eq!(left, expected);
    assert_eq!(app.reload(&open).await.state.as_ref(), "processing");
    assert_eq!(app.held_and_stock("PEN").await.0, 1);
    // An order keeps everything that Stripe sent.
    let stored = app.stored_events().await;
    let of_the_order: Vec<_> = stored
        .iter()
        .filter(|event| event.checkout_id.as_ref() == Some(&paid.id))
        .collect();
    assert!(of_the_order.iter().all(|event| event.payload.len() > 100));
    assert!(!of_the_order.is_empty());
}

#[tokio::test]
async fn an_event_of_an_order_stays_although_it_was_not_applied() {
    let app = TestApp::without_webhooks().await;
    let paid = app.begin(&[("PEN", 1)]).await;
    app.pay_by_card(&paid).await;
    deliver_all(&app, &app.stripe_events().await).await;
    let intent = app.the_order().await.stripe_payment_intent_id.unwrap();
    let foreign = [1, 2].map(|n| event("customer.created", &json!({ "id": format!("cus_{n}") })));
    deliver_all(&app, &foreign).await;
    let [one, other] = foreign.map(|event| event["id"].as_str().unwrap().to_owned());
    app.execute(&format!(
        "UPDATE stripe_event SET checkout_id = '{}' WHERE id = '{one}'",
        paid.id
    ))
    .await;
    app.execute(&format!(
        "UPDATE stripe_event SET waits_for = '{intent}' WHERE id = '{other}'"
    ))
    .await;
    age(&app, 4_000).await;
    let report = run(&app).await;
    assert_eq!((report.checkouts, report.failed_events), (0, 0));
    assert!(app.stored_event(&one).await.is_some());
    assert!(app.stored_event(&other).await.is_some());
}

#[tokio::test]
async fn a_dead_task_keeps_its_payload_and_a_checkout_with_a_pending_one_stays() {
    let app = TestApp::without_webhooks().await;
    let paid = app.begin(&[("PEN", 1)]).await;
    app.pay_by_card(&paid).await;
    let ended = expired(&app).await;
    deliver_all(&app, &app.stripe_events().await).await;
    all_done(&app).await;
    app.execute("UPDATE outbox SET state = 'dead'").await;
    app.execute(&format!(
        "INSERT INTO outbox (key, kind, checkout_id, payload, state, attempts, due_at, created_at, \
         updated_at) \
         VALUES ('mail:failed:{0}', 'mail', '{0}', '{{}}', 'pending', 0, \
         '2999-01-01 00:00:00+00:00', \
         '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00')",
        ended.id
    ))
    .await;
    age(&app, 400).await;
    let report = run(&app).await;
    assert_eq!((report.checkouts, report.payloads), (0, 0), "{report:?}");
    app.execute("UPDATE outbox SET state = 'done'").await;
    let report = run(&app).await;
    assert_eq!((report.checkouts, report.checkout_tasks), (1, 1));
    assert_eq!(report.payloads, 3);
}

#[tokio::test]
async fn with_pruning_switched_off_everything_is_kept() {
    let app = TestApp::without_webhooks().await;
    expired(&app).await;
    deliver_all(&app, &app.stripe_events().await).await;
    let foreign = event("customer.created", &json!({ "id": "cus_1" }));
    deliver_all(&app, &[foreign]).await;
    age(&app, 4_000).await;
    let off = PruneSettings {
        checkouts_days: None,
        ignored_events_days: None,
        failed_events_days: None,
        payloads_days: None,
        audit_days: None,
    };
    let report = prune(&app.shop.database, &off, false).await.unwrap();
    assert!(report.is_empty(), "{report:?}");
    let till = Till::new();
    let mut command = till.command(&["prune", "--json"]);
    command
        .envs(app.environment())
        .env("PRUNE_CHECKOUTS_DAYS", "off");
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["checkouts"], 0);
    assert_ne!(report["ignored_events"], 0);
    let too_soon = till
        .command(&["prune"])
        .env("PRUNE_IGNORED_EVENTS_DAYS", "30")
        .output()
        .unwrap();
    assert!(!too_soon.status.success());
}

/// More than one batch, with many rows of the same second.
#[tokio::test]
async fn several_batches_are_deleted_and_shoppers_write_in_between() {
    let app = TestApp::without_webhooks().await;
    let rows: Vec<String> = (0..1_300)
        .map(|n| {
            let time = format!("'2020-01-01T00:00:{:02}Z'", n / 700);
            format!(
                "('evt_old_{n}', 'customer.created', false, '{{}}', 'ignored', {time}, {time}, 0, \
                 'webhook')"
            )
        })
        .collect();
    app.execute(&format!(
        "INSERT INTO stripe_event (id, type, livemode, payload, state, created_at, received_at, \
         attempts, source) VALUES {}",
        rows.join(", ")
    ))
    .await;
    let settings = PruneSettings::read(&|_: &str| None).unwrap();
    let dry = prune(&app.shop.database, &settings, true).await.unwrap();
    assert_eq!(dry.ignored_events, 1_300);
    let (report, checkout) = tokio::join!(run(&app), app.begin(&[("PEN", 1)]));
    assert_eq!(report.ignored_events, 1_300);
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
    let left = stripe_event::Entity::find();
    let left = left.count(app.shop.database.reader()).await.unwrap();
    assert_eq!(left, 0);
}

/// An old shop has a million rows that stay: no batch may read them all.
#[tokio::test]
async fn every_batch_finds_its_rows_by_an_index() {
    let app = TestApp::without_webhooks().await;
    let connection = app.shop.database.reader().begin().await.unwrap();
    let (explain, column) = match backend() {
        DbBackend::Sqlite => ("EXPLAIN QUERY PLAN", 3),
        _ => {
            // A table this small is read faster without an index.
            let off = "SET LOCAL enable_seqscan = off";
            connection.execute_unprepared(off).await.unwrap();
            ("EXPLAIN", 0)
        }
    };
    let plan = async |statement: &Statement| -> Vec<String> {
        let rows = Statement::from_string(backend(), format!("{explain} {statement}"));
        let rows = connection.query_all_raw(rows).await.unwrap();
        rows.iter()
            .map(|row| row.try_get_by_index(column).unwrap())
            .collect()
    };
    let (by_index, whole, time) = match backend() {
        DbBackend::Sqlite => ("SEARCH", "SCAN", "_at<"),
        _ => ("Index Cond", "Seq Scan", "_at <"),
    };
    let (batches, deletions) = statements(backend());
    assert_eq!((batches.len(), deletions.len()), (18, 4));
    for statement in &batches {
        let plan = plan(statement).await;
        // By time: nearly all rows have the same state.
        let bounded = |line: &String| line.contains(by_index) && line.contains(time);
        assert!(plan.iter().any(bounded), "{plan:?}");
        assert!(!plan.iter().any(|line| line.contains(whole)), "{plan:?}");
    }
    for statement in &deletions {
        let plan = plan(statement).await;
        assert!(plan.iter().any(|line| line.contains(by_index)), "{plan:?}");
        assert!(!plan.iter().any(|line| line.contains(whole)), "{plan:?}");
    }
}
