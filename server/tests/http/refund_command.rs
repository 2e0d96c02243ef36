//! `till orders refund`: one refund for each command, and never more than is left.

use std::time::Duration;

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbBackend};
use serde_json::{Value, json};
use shop::entity::{checkout, refund_request};
use shop::orders::refund::RequestState;
use shop::outbox::queue::{self, RetryTarget};
use shop::outbox::work::work;

use crate::mails::{task, task_in};
use crate::test_app::{TestApp, eventually, owner};
use crate::test_database::backend;
use crate::till_binary::{CommandOutput, Till};

const COMPLETED: &str = "checkout.session.completed";

/// An order of a mug for €12.50, paid at Stripe, and its number.
async fn ordered(app: &TestApp) -> (checkout::Model, String) {
    ordered_units(app, 1).await
}

async fn ordered_units(app: &TestApp, units: u32) -> (checkout::Model, String) {
    let checkout = app.begin(&[("MUG", units)]).await;
    app.pay_by_card(&checkout).await;
    app.deliver(&app.event(COMPLETED).await).await;
    let orders = app.orders().await;
    let order = orders.iter().find(|order| order.checkout_id == checkout.id);
    (checkout, order.unwrap().number.clone())
}

fn refund(till: &Till, app: &TestApp, number: &str, options: &[&str]) -> CommandOutput {
    till.run_with(app, &[&["orders", "refund", number], options].concat())
}

/// The amounts of the refunds at Stripe, sorted.
async fn refunds_at_stripe(app: &TestApp) -> Vec<i64> {
    let refunds = app.stripe_get("/v1/refunds").await;
    let refunds = refunds["data"].as_array().unwrap().iter();
    let mut amounts: Vec<_> = refunds.map(|one| one["amount"].as_i64().unwrap()).collect();
    amounts.sort_unstable();
    amounts
}

/// Delivers all of Stripe's events about refunds.
async fn deliver_refunds(app: &TestApp) {
    for event in app.stripe_events_of(&["refund."]).await {
        assert_eq!(app.deliver(&event).await, 200);
    }
}

fn requests(till: &Till, app: &TestApp, number: &str) -> Value {
    let shown = till.run_with(app, &["orders", "show", number, "--json"]);
    shown.json()["refund_requests"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_and_then_the_rest_are_refunded_and_the_order_shows_both() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    let requested = refund(&till, &app, &number, &["--amount", "5.00"]);
    assert_eq!(requested.code, Some(0), "{requested:?}");
    assert!(
        requested.stdout.contains("the refund of €5.00 for order "),
        "{requested:?}"
    );
    let first = task_in(&app, &format!("refund:{}:1", checkout.id), "done").await;
    assert_eq!((first.attempts, first.error), (1, None));
    assert_eq!(refunds_at_stripe(&app).await, [500]);
    // Stripe's event has not arrived, and the refund already counts.
    let more = refund(&till, &app, &number, &["--amount", "7.51"]);
    assert_eq!(more.code, Some(1), "{more:?}");
    assert!(more.stdout.contains("only €7.50 of order"), "{more:?}");
    let rest = refund(&till, &app, &number, &["--json"]);
    assert_eq!(rest.code, Some(0), "{rest:?}");
    assert_eq!(rest.json()["refund_requests"][1]["amount"], 750);
    task_in(&app, &format!("refund:{}:2", checkout.id), "done").await;
    assert_eq!(refunds_at_stripe(&app).await, [500, 750]);
    let none = refund(&till, &app, &number, &[]);
    assert_eq!(none.code, Some(1), "{none:?}");
    assert!(
        none.stdout.contains("€12.50 is already being refunded"),
        "{none:?}"
    );
    deliver_refunds(&app).await;
    let none = refund(&till, &app, &number, &[]);
    assert!(
        none.stdout.contains("is already fully refunded"),
        "{none:?}"
    );

    let requested = requests(&till, &app, &number);
    let refunds = app.stripe_get("/v1/refunds").await;
    for request in requested.as_array().unwrap() {
        assert_eq!(request["state"], "made");
        assert_eq!(request["restock"], false);
        let id = request["refund"].as_str().unwrap();
        let made = refunds["data"].as_array().unwrap().iter();
        let made = made.into_iter().find(|refund| refund["id"] == id).unwrap();
        assert_eq!(made["amount"], request["amount"]);
    }
    let page = till.run_with(&app, &["orders", "show", &number]);
    assert!(page.stdout.contains("REQUESTED"), "{page:?}");
    // It is not a late payment.
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    assert!(!page.body.contains("too late"), "{}", page.body);
    // Sold units stay sold unless the owner says otherwise.
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_commands_at_once_one_refunds() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = till.command(&["orders", "refund", &number]);
            command
                .envs(app.environment())
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    let mut codes: Vec<_> = children
        .into_iter()
        .map(|mut child| child.wait().unwrap().code())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(1), Some(1), Some(1)]);
    task_in(&app, &format!("refund:{}:1", checkout.id), "done").await;
    assert_eq!(refunds_at_stripe(&app).await, [1_250]);
}

/// A refund was made in the dashboard, and its event has not arrived.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_made_in_the_dashboard_is_not_made_again() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    let dashboard = json!({ "amount": 1_000 });
    app.at_stripe(&checkout, "refund", dashboard).await;
    let requested = refund(&till, &app, &number, &["--restock"]);
    assert_eq!(requested.code, Some(0), "{requested:?}");
    let key = format!("refund:{}:1", checkout.id);
    task_in(&app, &key, "dead").await;
    assert_eq!(refunds_at_stripe(&app).await, [1_000]);
    let request = requests(&till, &app, &number)[0].clone();
    assert_eq!(request["state"], "refused", "{request}");
    assert!(request["error"].as_str().unwrap().starts_with("400 "));
    // Nothing was refunded, so nothing is restocked; and the owner is notified.
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(2)));
    let mail_key = format!("mail:refund_refused:{}:request:1:0", checkout.id);
    task_in(&app, &mail_key, "done").await;
    // The same request is refused again. The amount of a refused refund can be refunded by a new
    // request.
    let again = queue::retry(&app.shop.database, &owner(), &RetryTarget::One(key.clone())).await;
    assert_eq!(again.unwrap().len(), 1);
    let mail_key = format!("mail:refund_refused:{}:request:1:1", checkout.id);
    task_in(&app, &mail_key, "done").await;
    deliver_refunds(&app).await;
    let rest = refund(&till, &app, &number, &["--restock"]);
    assert!(
        rest.stdout.contains("the refund of €2.50 for order "),
        "{rest:?}"
    );
    assert!(rest.stdout.contains("returns 1 unit to stock"), "{rest:?}");
    task_in(&app, &format!("refund:{}:2", checkout.id), "done").await;
    assert_eq!(refunds_at_stripe(&app).await, [250, 1_000]);
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(3)));
    // The refused request is not retried beside its successor, not even by its key.
    for which in [RetryTarget::Dead, RetryTarget::One(key)] {
        let again = queue::retry(&app.shop.database, &owner(), &which)
            .await
            .unwrap();
        assert!(again.is_empty(), "{again:?}");
    }
}

/// The owner requests the refund again while the refused request is about to be retried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_request_is_not_retried_beside_a_pending_one() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    app.at_stripe(&checkout, "refund", json!({ "amount": 1_000 }))
        .await;
    refund(&till, &app, &number, &[]);
    let key = format!("refund:{}:1", checkout.id);
    task_in(&app, &key, "dead").await;
    let order = app.the_order().await.id;

    let asking = app.shop.database.begin_write("test").await.unwrap();
    let locked = format!("UPDATE \"order\" SET id = id WHERE id = {order}");
    asking.execute_unprepared(&locked).await.unwrap();
    let request = refund_request::ActiveModel {
        id: NotSet,
        order_id: Set(order),
        amount: Set(250),
        restock: Set(false),
        reason: Set(None),
        notify: Set(true),
        submission: Set(None),
        state: Set(RequestState::Asked),
        stripe_refund_id: Set(None),
        requested_by: Set("somebody".to_owned()),
        created_at: Set(shop::clock::now()),
    };
    request.insert(&asking).await.unwrap();
    let database = app.shop.database.clone();
    let retry =
        tokio::spawn(async move { queue::retry(&database, &owner(), &RetryTarget::Dead).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    asking.commit().await.unwrap();
    let again = retry.await.unwrap().unwrap();
    assert!(again.is_empty(), "{again:?}");
}

/// Amounts in two currencies cannot be added: then the requested amount counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_reported_in_another_currency_is_still_made() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    refund(&till, &app, &number, &["--amount", "5.00"]);
    task_in(&app, &format!("refund:{}:1", checkout.id), "done").await;
    for mut event in app.stripe_events_of(&["refund."]).await {
        event["data"]["object"]["currency"] = "usd".into();
        event["data"]["object"]["amount"] = 560.into();
        assert_eq!(app.deliver(&event).await, 200);
    }
    let more = refund(&till, &app, &number, &["--amount", "7.51"]);
    assert!(more.stdout.contains("only €7.50 of order"), "{more:?}");
    let rest = refund(&till, &app, &number, &[]);
    assert_eq!(rest.code, Some(0), "{rest:?}");
    task_in(&app, &format!("refund:{}:2", checkout.id), "done").await;
    for mut event in app.stripe_events_of(&["refund."]).await {
        event["data"]["object"]["currency"] = "usd".into();
        app.deliver(&event).await;
    }
    // No refund is pending any more.
    let none = refund(&till, &app, &number, &[]);
    assert!(
        none.stdout.contains("is already fully refunded"),
        "{none:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_a_request_with_an_old_number_is_another_request() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    refund(&till, &app, &number, &["--amount", "5.00"]);
    let key = format!("refund:{}:1", checkout.id);
    task_in(&app, &key, "done").await;
    // As in a backup from before it.
    for table in ["refund_request", "refund", "outbox"] {
        app.execute(&format!("DELETE FROM {table}")).await;
    }
    app.execute(match backend() {
        DbBackend::Sqlite => "DELETE FROM sqlite_sequence WHERE name = 'refund_request'",
        _ => "ALTER SEQUENCE refund_request_id_seq RESTART",
    })
    .await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let again = refund(&till, &app, &number, &["--amount", "5.00"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    task_in(&app, &key, "done").await;
    assert_eq!(refunds_at_stripe(&app).await, [500, 500]);
}

/// Stripe forgets an idempotency key after a day: then a part would be refunded twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_whose_answer_was_lost_is_made_once_even_a_day_later() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    app.set_faults(json!({ "seed": 1, "lose_answer": 1.0 }))
        .await;
    let requested = refund(&till, &app, &number, &["--amount", "5.00"]);
    assert_eq!(requested.code, Some(0), "{requested:?}");
    let key = format!("refund:{}:1", checkout.id);
    eventually("it was tried", async || {
        task(&app, &key).await.filter(|task| task.attempts == 1)
    })
    .await;
    app.set_faults(json!({})).await;
    let clock = reqwest::Client::builder().no_proxy().build().unwrap();
    let clock = clock.post(format!("{}/_sandbox/clock", app.stripe_url()));
    let day = clock.json(&json!({ "advance": 25 * 3_600 })).send().await;
    assert!(day.unwrap().status().is_success());
    app.execute("UPDATE outbox SET due_at = '2026-01-01 00:00:00+00:00' WHERE kind = 'refund'")
        .await;
    eventually("it is done", async || {
        work(&app.shop, || false).await.unwrap();
        task(&app, &key)
            .await
            .filter(|task| task.state.as_ref() == "done")
    })
    .await;
    assert_eq!(refunds_at_stripe(&app).await, [500]);
    let request = requests(&till, &app, &number)[0].clone();
    assert_eq!(request["state"], "made");
    let made = app.stripe_get("/v1/refunds").await["data"][0]["id"].clone();
    assert_eq!(request["refund"], made);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_are_restocked_once_and_after_the_refund() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered_units(&app, 2).await;
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(1)));
    let requested = refund(&till, &app, &number, &["--amount", "12.50", "--restock"]);
    assert!(
        requested.stdout.contains("returns 2 units to stock"),
        "{requested:?}"
    );
    task_in(&app, &format!("refund:{}:1", checkout.id), "done").await;
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(3)));
    let again = refund(&till, &app, &number, &["--restock"]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stdout.contains("leave out --restock"), "{again:?}");
    let shown = till.run_with(&app, &["orders", "show", &number, "--json"]);
    assert_eq!(shown.json()["lines"][0]["restocked"], 2);

    // Everything was refunded in the dashboard: only the stock is left to restore.
    let (other, number) = ordered(&app).await;
    app.at_stripe(&other, "refund", json!({})).await;
    deliver_refunds(&app).await;
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(2)));
    let shown = async || {
        let page = app.get("/products/becher-moewe").await;
        page.attribute(".stepper", "data-max").unwrap()
    };
    assert_eq!(shown().await, "2");
    let restocked = refund(&till, &app, &number, &["--restock"]);
    assert_eq!(restocked.code, Some(0), "{restocked:?}");
    assert_eq!(shown().await, "3");
    assert!(
        restocked.stdout.contains("1 unit returned to stock"),
        "{restocked:?}"
    );
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(3)));
    assert_eq!(requests(&till, &app, &number), json!([]));

    // Posters have no counted stock.
    let poster = app.begin(&[("POSTER", 1)]).await;
    app.pay_by_card(&poster).await;
    app.deliver(&app.event(COMPLETED).await).await;
    let orders = app.orders().await;
    let number = &orders.last().unwrap().number;
    let refused = refund(&till, &app, number, &["--restock"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn impossible_refunds_are_refused_with_a_message() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    // `5` could mean cents.
    for amount in [
        "5", "5.0", "5.000", "0.00", "-5.00", "5,000", "1e3", "€5.00", "",
    ] {
        let refused = refund(&till, &app, &number, &[&format!("--amount={amount}")]);
        assert_eq!(refused.code, Some(2), "{amount}: {refused:?}");
        assert!(
            refused.stderr.contains("such as 12.50"),
            "{amount}: {refused:?}"
        );
    }
    // Separated by a space, it must not be taken for an option.
    let negative = refund(&till, &app, &number, &["--amount", "-1.00"]);
    assert_eq!(
        negative.stderr,
        "till: --amount must be an amount above zero in EUR, with all its decimals, such as \
         12.50, not \"-1.00\"\n"
    );
    let unknown = refund(&till, &app, "K7QM-3XPA", &[]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    app.at_stripe(&checkout, "dispute", json!({ "reason": "fraudulent" }))
        .await;
    for event in app.stripe_events_of(&["charge.dispute."]).await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    let disputed = refund(&till, &app, &number, &[]);
    assert_eq!(disputed.code, Some(1), "{disputed:?}");
    assert!(
        disputed.stdout.contains("Respond to the dispute"),
        "{disputed:?}"
    );
    app.at_stripe(&checkout, "lose", json!({})).await;
    for event in app.stripe_events_of(&["charge.dispute."]).await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    let lost = refund(&till, &app, &number, &[]);
    assert_eq!(lost.code, Some(1), "{lost:?}");
    assert!(
        lost.stdout
            .contains("Stripe does not refund such a payment"),
        "{lost:?}"
    );
    assert_eq!(refunds_at_stripe(&app).await, [0; 0]);
}
