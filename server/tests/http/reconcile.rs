//! What no webhook delivered is found, and what disagrees with Stripe is reported.

use std::sync::Arc;

use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use shop::catalog::import::StockMode;
use shop::checkout::Form;
use shop::entity::{checkout, reconciliation};
use shop::lease::{Job, Lease};
use shop::reconcile::{Kind, Outcome, Report, Request, read_until, reconcile, reconcile_if_free};
use time::Duration;
use tokio::task::JoinSet;

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{TestApp, client, event, eventually, long_retries, paid_session, session_id};
use crate::till_binary::Till;

const COMPLETED: &str = "checkout.session.completed";

/// The request that `till reconcile` makes.
const FULL: Request = Request {
    since: None,
    dry_run: false,
    thorough: true,
    adopt: None,
};

async fn run(app: &TestApp) -> Report {
    reconcile(&app.shop, &FULL).await.unwrap()
}

async fn dry_run(app: &TestApp) -> Report {
    let request = Request {
        dry_run: true,
        ..FULL
    };
    reconcile(&app.shop, &request).await.unwrap()
}

/// The kind and outcome of each of the report's differences.
fn differences(report: &Report) -> Vec<(Kind, Outcome)> {
    let differences = report.differences.iter();
    differences.map(|one| (one.kind, one.outcome)).collect()
}

/// Asserts that another run finds nothing to do.
async fn assert_nothing_to_do(app: &TestApp) {
    let report = run(app).await;
    assert_eq!(report.events.missing, 0, "{report:?}");
    assert_eq!((report.unrepaired, differences(&report)), (0, vec![]));
}

/// A checkout that is paid at Stripe, without its webhook.
async fn paid_without_webhook(app: &TestApp) -> checkout::Model {
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    checkout
}

/// A paid order.
async fn ordered(app: &TestApp) -> checkout::Model {
    let checkout = paid_without_webhook(app).await;
    assert_eq!(app.deliver(&app.event(COMPLETED).await).await, 200);
    checkout
}

/// Moves the cursor past all events, including the overlap, but not so far that it looks written by
/// a wrong clock.
async fn move_cursor_past_all_events(app: &TestApp) {
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    reconciliation::Entity::update_many()
        .col_expr(
            reconciliation::Column::ReadUntil,
            Expr::value(shop::clock::now() + Duration::minutes(10)),
        )
        .exec(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

/// A form for one unit of a product, as the catalog page sends it.
fn form(product: i64) -> Form {
    Form {
        attempt: shop::new_token::attempt_token()
            .unwrap()
            .as_str()
            .to_owned(),
        quantity: [(product.to_string(), "1".to_owned())].into(),
        shown: [].into(),
        client: None,
        language: locale::Language::default(),
    }
}

// ---- Webhooks that never came ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_payments_without_webhooks_become_a_thousand_orders() {
    const PAYMENTS: usize = 1_000;
    let app = Arc::new(TestApp::without_webhooks().await);
    let products = "sku,slug,name,description,price,currency,stock,max_per_order,image,\
        category,position,active\n\
        PEN,pen,Green Pen,Writes.,500,EUR,100000,5,,Desk,30,true\n";
    app.import(products, StockMode::Set).await;
    let product = app.variant("PEN").await.id;
    let mut shoppers = JoinSet::new();
    for _ in 0..8 {
        let app = app.clone();
        shoppers.spawn(async move {
            for _ in 0..PAYMENTS / 8 {
                shop::checkout::begin(&app.shop, &form(product))
                    .await
                    .unwrap();
            }
        });
    }
    shoppers.join_all().await;
    let mut payments = JoinSet::new();
    for some in app.checkouts().await.chunks(PAYMENTS / 4) {
        let (app, some) = (app.clone(), some.to_vec());
        payments.spawn(async move {
            for checkout in some {
                app.pay_by_card(&checkout).await;
            }
        });
    }
    payments.join_all().await;
    assert!(app.orders().await.is_empty());

    let report = run(&app).await;
    assert_eq!(report.payments_found, PAYMENTS);
    assert_eq!(report.sessions.ours, PAYMENTS);
    assert_eq!((report.unrepaired, differences(&report)), (0, vec![]));
    let orders = app.orders_as_created().await;
    assert_eq!(orders.len(), PAYMENTS);
    assert!(orders.iter().all(|order| order.flag.is_none()));
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(99_000)));
    let tasks = app.tasks().await;

    assert_nothing_to_do(&app).await;
    assert_eq!(app.orders_as_created().await, orders);
    assert_eq!(app.tasks().await, tasks);
}

#[tokio::test]
async fn refunds_without_webhooks_are_found() {
    let app = TestApp::without_webhooks().await;
    let checkout = ordered(&app).await;
    app.at_stripe(&checkout, "refund", json!({ "amount": 400 }))
        .await;
    let report = run(&app).await;
    assert_eq!((report.unrepaired, differences(&report)), (0, vec![]));
    let refunds = app.refunds().await;
    assert_eq!((refunds.len(), refunds[0].amount), (1, 400));
    assert_nothing_to_do(&app).await;
    assert_eq!(app.refunds().await, refunds);
}

/// As in a backup taken between the two transactions: the event is stored, so Stripe's list does
/// not help.
#[tokio::test]
async fn a_refund_that_waits_although_its_order_exists_is_applied() {
    let app = TestApp::without_webhooks().await;
    let checkout = paid_without_webhook(&app).await;
    let completed = app.event(COMPLETED).await;
    app.at_stripe(&checkout, "refund", json!({ "amount": 400 }))
        .await;
    for event in app.stripe_events_of(&["refund."]).await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    let intent = completed["data"]["object"]["payment_intent"].as_str();
    app.execute("UPDATE stripe_event SET waits_for = 'pi_hidden' WHERE type LIKE 'refund.%'")
        .await;
    assert_eq!(app.deliver(&completed).await, 200);
    app.execute(&format!(
        "UPDATE stripe_event SET waits_for = '{}' WHERE waits_for = 'pi_hidden'",
        intent.unwrap()
    ))
    .await;
    assert!(app.refunds().await.is_empty());
    let report = run(&app).await;
    assert_eq!((report.unrepaired, differences(&report)), (0, vec![]));
    assert_eq!(app.refunds().await[0].amount, 400);
    assert_nothing_to_do(&app).await;
}

#[tokio::test]
async fn a_late_webhook_changes_nothing_more() {
    let app = TestApp::without_webhooks().await;
    paid_without_webhook(&app).await;
    run(&app).await;
    let orders = app.orders_as_created().await;
    for event in app.stripe_events().await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    assert_eq!((app.orders_as_created().await, orders.len()), (orders, 1));
    assert_nothing_to_do(&app).await;
}

#[tokio::test]
async fn the_server_reconciles_automatically() {
    let app = TestApp::without_webhooks_but_reconciling().await;
    let checkout = paid_without_webhook(&app).await;
    app.wait_for(&checkout, "paid").await;
    assert_eq!(app.the_order().await.checkout_id, checkout.id);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_or_applied_blocks_no_other() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let (first, last) = (
        app.begin(&[("PEN", 1)]).await,
        app.begin(&[("PEN", 1)]).await,
    );
    let mut poison = event(COMPLETED, &paid_session(&first));
    poison["data"]["object"]["payment_status"] = "unheard_of".into();
    fake.set_events(&[
        event(COMPLETED, &paid_session(&first)),
        poison,
        json!({ "id": "evt_without_type" }),
        event(COMPLETED, &paid_session(&last)),
    ]);
    let report = reconcile(&app.shop, &Request::default()).await.unwrap();
    assert_eq!(app.orders().await.len(), 2);
    assert_eq!((report.events.applied, report.events.failed), (2, 1));
    assert_eq!(report.events.not_stored, 1);
    assert!(report.unrepaired > 0);
    assert!(report.notes[0].contains("1 event could not be applied"));
}

#[tokio::test]
async fn unknown_values_cause_no_failure() {
    let app = TestApp::without_webhooks().await;
    app.set_faults(json!({ "extra_fields": 1.0 })).await;
    paid_without_webhook(&app).await;
    let report = run(&app).await;
    assert_eq!((report.unrepaired, app.orders().await.len()), (0, 1));
}

// ---- The cursor ----

#[tokio::test]
async fn events_before_the_cursor_are_read_again_only_within_the_overlap() {
    let app = TestApp::without_webhooks().await;
    ordered(&app).await;
    let first = run(&app).await;
    let again = run(&app).await;
    let now = shop::clock::now();
    assert!(again.events_since <= now - Duration::minutes(10));
    assert!(again.events_since > now - Duration::minutes(11));
    assert!(first.events_since < now);
}

#[tokio::test]
async fn a_cursor_older_than_what_stripe_keeps_is_reported() {
    let app = TestApp::without_webhooks().await;
    paid_without_webhook(&app).await;
    run(&app).await;
    app.execute("UPDATE reconciliation SET read_until = '2020-01-01 00:00:00+00:00'")
        .await;
    let report = run(&app).await;
    let age = shop::clock::now() - report.events_since;
    assert!(age >= Duration::days(30) && age < Duration::days(31));
    assert!(report.notes[0].contains("30 days"), "{:?}", report.notes);
    // The next run starts where this one did.
    assert!(
        run(&app)
            .await
            .notes
            .iter()
            .all(|note| !note.contains("30 days"))
    );
}

#[tokio::test]
async fn a_cursor_written_by_a_wrong_clock_hides_nothing() {
    let app = TestApp::without_webhooks().await;
    ordered(&app).await;
    run(&app).await;
    let checkout = paid_without_webhook(&app).await;
    app.execute("UPDATE reconciliation SET read_until = '2999-01-01 00:00:00+00:00'")
        .await;
    // As the server's job does it, not only the owner's command.
    reconcile(&app.shop, &Request::default()).await.unwrap();
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "paid");
    let cursor = read_until(&app.shop.database).await.unwrap().unwrap();
    assert!(cursor <= shop::clock::now());
}

/// Nor does the server skip a run that seems to be done in the future.
#[tokio::test]
async fn a_server_reconciles_although_a_wrong_clock_says_that_it_did() {
    let app = TestApp::without_webhooks_but_reconciling().await;
    eventually("a first time", async || {
        read_until(&app.shop.database).await.unwrap()
    })
    .await;
    app.execute("UPDATE reconciliation SET read_until = '2999-01-01 00:00:00+00:00'")
        .await;
    let checkout = paid_without_webhook(&app).await;
    app.wait_for(&checkout, "paid").await;
}

#[tokio::test]
async fn a_lease_taken_by_a_wrong_clock_blocks_nobody() {
    let app = TestApp::without_webhooks().await;
    let database = &app.shop.database;
    let held = Lease::try_acquire(database, Job::Reconcile).await.unwrap();
    assert!(held.is_some());
    app.execute("UPDATE lease SET expires_at = '2999-01-01 00:00:00+00:00'")
        .await;
    let held_lease = Lease::try_acquire(database, Job::Reconcile).await.unwrap();
    assert!(held_lease.is_some());
}

#[tokio::test]
async fn the_cursor_stays_before_an_event_that_could_not_be_stored() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    reconcile(&app.shop, &Request::default()).await.unwrap();
    let long_ago = time::macros::datetime!(2026-01-01 00:00 UTC);
    app.execute(
        "UPDATE reconciliation SET read_until = '2026-01-01 00:00:00+00:00' WHERE name = 'events'",
    )
    .await;
    let cursor = async || read_until(&app.shop.database).await.unwrap().unwrap();
    fake.set_events(&[
        event(COMPLETED, &paid_session(&checkout)),
        json!({ "id": "evt_without_type" }),
    ]);
    for _ in 0..2 {
        let report = reconcile(&app.shop, &Request::default()).await.unwrap();
        assert_eq!(report.events.not_stored, 1);
        assert_eq!(cursor().await, long_ago);
    }
    assert_eq!(app.the_order().await.checkout_id, checkout.id);
    fake.set_events(&[]);
    reconcile(&app.shop, &Request::default()).await.unwrap();
    assert!(cursor().await > long_ago);
}

#[tokio::test]
async fn a_later_start_does_not_move_the_cursor_past_unread_events() {
    let app = TestApp::without_webhooks().await;
    let checkout = paid_without_webhook(&app).await;
    // It was begun and paid hours ago, and no event has arrived since.
    let long_ago = shop::clock::now() - Duration::hours(5);
    app.update_checkout(&checkout, |row| {
        use sea_orm::sea_query::Expr;
        row.col_expr(checkout::Column::CreatedAt, Expr::value(long_ago))
    })
    .await;
    let request = Request {
        since: Some(shop::clock::now() + Duration::hours(1)),
        ..FULL
    };
    let report = reconcile(&app.shop, &request).await.unwrap();
    assert_eq!((report.events.read, app.orders().await.len()), (0, 0));
    run(&app).await;
    assert_eq!(app.orders().await.len(), 1);
}

// ---- Differences ----

#[tokio::test]
async fn unrelated_sessions_on_the_same_account_do_not_count() {
    let app = TestApp::without_webhooks().await;
    ordered(&app).await;
    for reference in ["", "0123456789abcdef0123456789abcdef", "their order 7"] {
        let id = session_of_another_shop(&app, reference).await;
        app.pay_session(&id).await;
    }
    let report = run(&app).await;
    assert_eq!((report.sessions.read, report.sessions.ours), (4, 1));
    assert_eq!((report.unrepaired, differences(&report)), (0, vec![]));
    assert_eq!((report.events.ignored, report.payments_found), (3, 0));
    assert_eq!(app.orders().await.len(), 1);
}

/// A session created by another shop on the same account.
async fn session_of_another_shop(app: &TestApp, reference: &str) -> String {
    let session = [
        ("mode", "payment"),
        ("success_url", "https://other.example/done"),
        ("client_reference_id", reference),
        ("line_items[0][price_data][currency]", "eur"),
        ("line_items[0][price_data][unit_amount]", "1250"),
        ("line_items[0][price_data][product_data][name]", "Theirs"),
        ("line_items[0][quantity]", "1"),
    ];
    let set: Vec<_> = session
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let request = client().post(format!("{}/v1/checkout/sessions", app.stripe_url()));
    let answer = request
        .bearer_auth(stripe_sandbox::API_KEY)
        .form(&set)
        .send()
        .await
        .unwrap();
    let session: Value = answer.json().await.unwrap();
    session["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_payment_whose_event_lies_before_the_cursor_is_found_by_its_session() {
    let app = TestApp::without_webhooks().await;
    ordered(&app).await;
    run(&app).await;
    let checkout = paid_without_webhook(&app).await;
    app.at_stripe(&checkout, "refund", json!({ "amount": 100 }))
        .await;
    move_cursor_past_all_events(&app).await;
    let report = run(&app).await;
    assert_eq!(
        differences(&report),
        [(Kind::PaidWithoutOrder, Outcome::Repaired)],
        "{report:?}"
    );
    assert_eq!(report.unrepaired, 0);
    assert_eq!(
        (app.orders().await.len(), app.refunds().await.len()),
        (2, 1)
    );
    assert_nothing_to_do(&app).await;
}

#[tokio::test]
async fn a_payment_without_an_order_is_reported_until_it_is_fixed() {
    let app = TestApp::without_webhooks().await;
    let checkout = paid_without_webhook(&app).await;
    let id = app.event(COMPLETED).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    run(&app).await;
    // The order was lost, and its event counts as applied.
    app.execute("DELETE FROM order_line; DELETE FROM \"order\"")
        .await;
    for _ in 0..2 {
        let report = run(&app).await;
        assert_eq!(
            differences(&report),
            [(Kind::PaidWithoutOrder, Outcome::Remains)]
        );
        assert_eq!(report.unrepaired, 1);
        let difference = &report.differences[0];
        assert_eq!(difference.session, session_id(&checkout));
        assert_eq!(difference.checkout, checkout.id);
        assert_eq!((&difference.order, &difference.here), (&None, &None));
        assert_eq!(difference.at_stripe.as_ref().unwrap().amount, 1000);
    }
    assert!(app.stored_event(&id).await.is_some());
}

#[tokio::test]
async fn an_order_that_is_not_paid_at_stripe_is_reported() {
    let app = TestApp::without_webhooks().await;
    let open = app.begin(&[("PEN", 2)]).await;
    app.deliver_session(COMPLETED, &paid_session(&open)).await;
    let unknown = ordered(&app).await;
    set_session_id(&app, &unknown, "cs_test_unknown").await;
    let report = run(&app).await;
    assert_eq!(
        differences(&report),
        [(Kind::OrderWithoutPayment, Outcome::Remains); 2]
    );
    let sessions: Vec<_> = report.differences.iter().map(|one| &one.session).collect();
    assert_eq!(sessions, [session_id(&open), "cs_test_unknown"]);
    assert_eq!(report.unrepaired, 2);
}

/// Gives the checkout and its order another session id than Stripe has.
async fn set_session_id(app: &TestApp, checkout: &checkout::Model, session: &str) {
    let id = &checkout.id;
    app.execute(&format!(
        "UPDATE checkout SET stripe_session_id = '{session}' WHERE id = '{id}'; \
         UPDATE \"order\" SET stripe_session_id = '{session}' WHERE checkout_id = '{id}'"
    ))
    .await;
}

/// Its session may be in no list that was read, because it was created later.
#[tokio::test]
async fn an_order_whose_checkout_began_during_the_comparison_waits_for_the_next_one() {
    let app = TestApp::without_webhooks().await;
    let young = ordered(&app).await;
    set_session_id(&app, &young, "cs_test_unlisted").await;
    let began = async |at| {
        app.update_checkout(&young, |update| {
            update.col_expr(checkout::Column::CreatedAt, Expr::value(at))
        })
        .await;
    };
    began(shop::clock::now() + Duration::minutes(1)).await;
    assert_eq!(differences(&run(&app).await), []);
    began(shop::clock::now() - Duration::minutes(1)).await;
    assert_eq!(
        differences(&run(&app).await),
        [(Kind::OrderWithoutPayment, Outcome::Remains)]
    );
}

#[tokio::test]
async fn amounts_that_differ_are_reported() {
    for (field, value) in [("amount_total", json!(900)), ("currency", json!("usd"))] {
        let app = TestApp::without_webhooks().await;
        let checkout = paid_without_webhook(&app).await;
        let mut wrong = app.event(COMPLETED).await;
        wrong["id"] = "evt_wrong".into();
        wrong["data"]["object"][field] = value;
        assert_eq!(app.deliver(&wrong).await, 200);
        let report = run(&app).await;
        assert_eq!(
            differences(&report),
            [(Kind::AmountDiffers, Outcome::Remains)],
            "{field}"
        );
        let difference = &report.differences[0];
        assert_eq!(difference.order, Some(app.the_order().await.number));
        assert_eq!(difference.session, session_id(&checkout));
        assert_ne!(difference.here, difference.at_stripe);
    }
}

#[tokio::test]
async fn refunds_that_differ_are_reported() {
    let app = TestApp::without_webhooks().await;
    ordered(&app).await;
    let order = app.the_order().await;
    let refund = json!({
        "id": "re_of_nobody", "object": "refund", "amount": 300, "currency": "eur",
        "status": "succeeded",
        "payment_intent": order.stripe_payment_intent_id,
    });
    assert_eq!(app.deliver(&event("refund.created", &refund)).await, 200);
    let report = run(&app).await;
    assert_eq!(
        differences(&report),
        [(Kind::RefundsDiffer, Outcome::Remains)]
    );
    let difference = &report.differences[0];
    assert_eq!(difference.here.as_ref().unwrap().amount, 300);
    assert_eq!(difference.at_stripe.as_ref().unwrap().amount, 0);
}

#[tokio::test]
async fn a_refund_whose_event_lies_before_the_cursor_is_found_by_its_session() {
    let app = TestApp::without_webhooks().await;
    let checkout = ordered(&app).await;
    run(&app).await;
    app.at_stripe(&checkout, "refund", json!({ "amount": 400 }))
        .await;
    move_cursor_past_all_events(&app).await;
    let cursors = async || {
        let rows = reconciliation::Entity::find();
        rows.all(app.shop.database.reader()).await.unwrap()
    };
    let before = cursors().await;
    let dry = dry_run(&app).await;
    assert_eq!(
        differences(&dry),
        [(Kind::RefundsDiffer, Outcome::WouldBeRepaired)]
    );
    assert_eq!(dry.unrepaired, 1);
    assert_eq!(cursors().await, before);
    assert!(app.refunds().await.is_empty());
    let report = run(&app).await;
    assert_eq!(
        differences(&report),
        [(Kind::RefundsDiffer, Outcome::Repaired)]
    );
    assert_eq!(report.unrepaired, 0);
    assert_eq!(app.refunds().await[0].amount, 400);
    assert_nothing_to_do(&app).await;
}

#[tokio::test]
async fn a_failed_event_counts_as_unrepaired_until_it_is_applied() {
    let app = TestApp::without_webhooks().await;
    ordered(&app).await;
    let dispute = json!({ "id": "dp_1", "amount": "1", "currency": "eur", "status": "won",
        "payment_intent": app.the_order().await.stripe_payment_intent_id });
    assert_eq!(
        app.deliver(&event("charge.dispute.created", &dispute))
            .await,
        200
    );
    for state in ["failed", "dead"] {
        app.execute(&format!(
            "UPDATE stripe_event SET state = '{state}' WHERE type LIKE 'charge.dispute.%'"
        ))
        .await;
        let report = run(&app).await;
        assert_eq!(
            (report.unrepaired, differences(&report)),
            (1, vec![]),
            "{state}"
        );
    }
}

/// From a test in a live shop, or from before it went live.
#[tokio::test]
async fn orders_and_events_of_the_other_mode_are_not_compared() {
    let app = TestApp::without_webhooks().await;
    let other = ordered(&app).await;
    set_session_id(&app, &other, "cs_live_1").await;
    let dispute = json!({ "id": "dp_1", "amount": "1", "currency": "eur", "status": "won",
        "payment_intent": app.the_order().await.stripe_payment_intent_id });
    let kind = "charge.dispute.created";
    assert_eq!(app.deliver(&event(kind, &dispute)).await, 200);
    let unrepaired = async || {
        let report = run(&app).await;
        (report.unrepaired, differences(&report))
    };
    assert_eq!(unrepaired().await, (1, vec![]));
    app.execute("UPDATE stripe_event SET livemode = true WHERE type LIKE 'charge.dispute.%'")
        .await;
    assert_eq!(unrepaired().await, (0, vec![]));
    // The same order, if it were of this mode.
    set_session_id(&app, &other, "cs_test_1").await;
    let remaining = (Kind::OrderWithoutPayment, Outcome::Remains);
    assert_eq!(unrepaired().await, (1, vec![remaining]));
}

#[tokio::test]
async fn a_refund_that_failed_later_does_not_differ() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    assert_eq!(app.pay_with("4000000000005126", &checkout).await, 200);
    app.deliver(&app.event(COMPLETED).await).await;
    app.at_stripe(&checkout, "refund", json!({})).await;
    app.event("refund.failed").await;
    let report = run(&app).await;
    assert_eq!((report.unrepaired, differences(&report)), (0, vec![]));
    assert_eq!(app.refunds().await[0].status.to_string(), "failed");
}

// ---- Released only after a call to Stripe ----

#[tokio::test]
async fn expired_checkouts_are_ended_at_stripe_first() {
    let app = TestApp::without_webhooks().await;
    let unpaid = app.begin(&[("PEN", 1)]).await;
    let paid = paid_without_webhook(&app).await;
    app.execute(
        "UPDATE checkout SET expires_at = '2026-01-01 00:00:00+00:00', \
         updated_at = '2026-01-01 00:00:00+00:00'",
    )
    .await;
    let dry = dry_run(&app).await;
    assert_eq!(dry.checkouts_ended, 2);
    assert_eq!(app.session(&unpaid).await["status"], "open");
    let report = run(&app).await;
    assert_eq!(report.checkouts_ended, 1);
    assert_eq!(app.session(&unpaid).await["status"], "expired");
    assert_eq!(app.reload(&unpaid).await.state.as_ref(), "expired");
    assert_eq!(app.reload(&paid).await.state.as_ref(), "paid");
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
    assert_nothing_to_do(&app).await;
}

// ---- Dry runs ----

#[tokio::test]
async fn a_dry_run_changes_nothing_and_says_what_would_change() {
    let app = TestApp::without_webhooks().await;
    let checkout = paid_without_webhook(&app).await;
    for _ in 0..2 {
        let report = dry_run(&app).await;
        assert_eq!(report.events.missing, 1);
        assert_eq!(
            differences(&report),
            [(Kind::PaidWithoutOrder, Outcome::WouldBeRepaired)]
        );
        assert_eq!(report.unrepaired, 1);
        assert!(app.stored_events().await.is_empty());
        assert!(app.orders().await.is_empty());
        assert_eq!(app.reload(&checkout).await, checkout);
        let read = shop::reconcile::read_until(&app.shop.database).await;
        assert_eq!(read.unwrap(), None);
    }
}

// ---- One at a time ----

#[tokio::test]
async fn a_second_run_waits_for_the_first() {
    let app = TestApp::without_webhooks().await;
    paid_without_webhook(&app).await;
    let lease = Lease::try_acquire(&app.shop.database, Job::Reconcile).await;
    let lease = lease.unwrap().unwrap();
    let free = reconcile_if_free(&app.shop, &FULL).await.unwrap();
    assert_eq!(free, None);
    let shop = app.shop.clone();
    let waiting = tokio::spawn(async move { reconcile(&shop, &FULL).await });
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert!(!waiting.is_finished());
    assert!(app.orders().await.is_empty());
    lease.release().await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().payments_found, 1);
    // It has released the lease.
    let free = reconcile_if_free(&app.shop, &FULL).await.unwrap();
    assert_eq!(free.unwrap().events.missing, 0);
}

// ---- Missing webhooks ----

#[tokio::test]
async fn payments_without_webhooks_are_a_warning_until_a_webhook_arrives() {
    let app = TestApp::without_webhooks().await;
    assert_eq!(app.get("/readyz").await.body, "ok");
    paid_without_webhook(&app).await;
    let report = run(&app).await;
    assert!(report.webhooks_silent_since.is_some());
    let note = report.notes.join("\n");
    assert!(note.contains("/webhooks/stripe"), "{note}");
    let ready = app.get("/readyz").await;
    assert_eq!(ready.status, 200);
    assert!(ready.body.contains("warning: payments had to be fetched"));
    // The warning stays when nothing more is found.
    assert!(run(&app).await.webhooks_silent_since.is_some());

    // Some time after the first payment, its own webhook arrives late.
    app.execute("UPDATE reconciliation SET silent_since = '2026-01-01 00:00:00+00:00'")
        .await;
    assert!(app.get("/readyz").await.body.contains("warning"));
    assert_eq!(app.deliver(&app.event(COMPLETED).await).await, 200);
    assert_eq!(app.get("/readyz").await.body, "ok");
    assert_eq!(run(&app).await.webhooks_silent_since, None);
}

#[tokio::test]
async fn a_webhook_within_fifteen_minutes_prevents_the_warning() {
    let app = TestApp::without_webhooks().await;
    app.deliver(&event("some.type", &json!({}))).await;
    for (minutes, silent) in [(14, false), (16, true)] {
        paid_without_webhook(&app).await;
        let then = shop::clock::now() - Duration::minutes(minutes);
        let then = shop::clock::rfc3339(then).replace('T', " ");
        app.execute(&format!("UPDATE stripe_event SET received_at = '{then}'"))
            .await;
        let report = run(&app).await;
        assert_eq!(report.payments_found, 1);
        assert_eq!(report.webhooks_silent_since.is_some(), silent, "{minutes}");
    }
}

// ---- `till reconcile` ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_repairs_beside_a_running_server_and_says_what_remains_by_its_exit_code() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let empty = till.run_with(&app, &["reconcile", "--json"]);
    assert_eq!(empty.code, Some(0), "{empty:?}");

    let checkout = paid_without_webhook(&app).await;
    let dry = till.run_with(&app, &["reconcile", "--dry-run", "--json"]);
    assert_eq!(dry.code, Some(1), "{dry:?}");
    assert_eq!(dry.json()["differences"][0]["kind"], "paid_without_order");
    assert_eq!(dry.json()["differences"][0]["outcome"], "would_be_repaired");
    assert!(app.orders().await.is_empty());

    let repaired = till.run_with(&app, &["reconcile", "--since", "24h", "--json"]);
    assert_eq!(repaired.code, Some(0), "{repaired:?}");
    let report = repaired.json();
    assert_eq!(report["payments_found"], 1);
    assert_eq!(report["unrepaired"], 0);
    assert_eq!(report["differences"], json!([]));
    assert!(report["events_since"].as_str().unwrap().ends_with('Z'));
    assert_eq!(app.the_order().await.checkout_id, checkout.id);
    // No webhook has ever arrived: that is an error in the log, not part of the output.
    let errors: Vec<_> = repaired
        .stderr
        .lines()
        .filter(|line| line.contains("\"level\":\"ERROR\""))
        .collect();
    assert!(errors.len() == 1 && errors[0].contains("no webhook has arrived since"));

    let unpaid = app.begin(&[("PEN", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&unpaid)).await;
    let remaining = till.run_with(&app, &["reconcile"]);
    assert_eq!(remaining.code, Some(1), "{remaining:?}");
    assert!(
        remaining
            .stdout
            .contains("an order, but not paid at Stripe")
    );
    assert!(remaining.stdout.contains(session_id(&unpaid)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_waits_for_a_server_that_is_reconciling() {
    let app = TestApp::without_webhooks().await;
    paid_without_webhook(&app).await;
    let lease = Lease::try_acquire(&app.shop.database, Job::Reconcile).await;
    let lease = lease.unwrap().unwrap();
    let till = Till::new();
    let mut command = till.command(&["reconcile", "--json"]);
    command
        .envs(app.environment())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(child.try_wait().unwrap(), None);
    assert!(app.orders().await.is_empty());
    lease.release().await.unwrap();
    let status = eventually("the command ends", async || child.try_wait().unwrap()).await;
    assert_eq!((status.code(), app.orders().await.len()), (Some(0), 1));
}

#[tokio::test]
async fn without_a_key_and_without_a_sandbox_the_command_says_what_to_do() {
    let till = Till::new();
    let mut command = till.command(&["reconcile"]);
    // Nothing listens on this port: it was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = port.local_addr().unwrap().to_string();
    drop(port);
    let output = command.env("SANDBOX_ADDR", addr).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("no sandbox answers"), "{message}");
    assert!(message.contains("till serve"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_talks_to_the_sandbox_of_the_running_server() {
    let app = TestApp::start().await;
    app.set_faults(json!({ "seed": 1, "drop": 1.0 })).await;
    paid_without_webhook(&app).await;
    let answer = Till::new().run_with(&app, &["reconcile", "--json"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(app.orders().await.len(), 1);
}
