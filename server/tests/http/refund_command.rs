//! `till orders refund`: money goes back once for each command, and never more than is left.

use std::time::Duration;

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbBackend};
use serde_json::{Value, json};
use shop::entity::{checkout, refund_request};
use shop::outbox::queue::{self, Which};
use shop::outbox::work::work;

use crate::mails::{task, task_in};
use crate::test_app::{TestApp, eventually};
use crate::test_database::backend;
use crate::till_binary::{Answer, Till};

const COMPLETED: &str = "checkout.session.completed";

/// A mug for €12.50 that is paid at Stripe and ordered here, and the order's number.
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

fn refund(till: &Till, app: &TestApp, number: &str, options: &[&str]) -> Answer {
    till.beside(app, &[&["orders", "refund", number], options].concat())
}

/// Amounts of the refunds at Stripe, in the order of their size.
async fn at_stripe(app: &TestApp) -> Vec<i64> {
    let refunds = app.stripe_get("/v1/refunds").await;
    let refunds = refunds["data"].as_array().unwrap().iter();
    let mut amounts: Vec<_> = refunds.map(|one| one["amount"].as_i64().unwrap()).collect();
    amounts.sort_unstable();
    amounts
}

/// Everything that Stripe tells of refunds.
async fn deliver_refunds(app: &TestApp) {
    for event in app.stripe_events_of(&["refund."]).await {
        assert_eq!(app.deliver(&event).await, 200);
    }
}

fn requests(till: &Till, app: &TestApp, number: &str) -> Value {
    let shown = till.beside(app, &["orders", "show", number, "--json"]);
    shown.json()["refund_requests"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_and_then_the_rest_go_back_and_the_order_shows_both() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    let asked = refund(&till, &app, &number, &["--amount", "5.00"]);
    assert_eq!(asked.code, Some(0), "{asked:?}");
    assert!(
        asked.said.contains("the refund of €5.00 for order "),
        "{asked:?}"
    );
    let first = task_in(&app, &format!("refund:{}:1", checkout.id), "done").await;
    assert_eq!((first.attempts, first.error), (1, None));
    assert_eq!(at_stripe(&app).await, [500]);
    // Stripe's event is not here yet, and the money counts all the same.
    let more = refund(&till, &app, &number, &["--amount", "7.51"]);
    assert_eq!(more.code, Some(1), "{more:?}");
    assert!(more.said.contains("only €7.50 of order"), "{more:?}");
    let rest = refund(&till, &app, &number, &["--json"]);
    assert_eq!(rest.code, Some(0), "{rest:?}");
    assert_eq!(rest.json()["refund_requests"][1]["amount"], 750);
    task_in(&app, &format!("refund:{}:2", checkout.id), "done").await;
    assert_eq!(at_stripe(&app).await, [500, 750]);
    let none = refund(&till, &app, &number, &[]);
    assert_eq!(none.code, Some(1), "{none:?}");
    assert!(none.said.contains("€12.50 is on its way back"), "{none:?}");
    deliver_refunds(&app).await;
    let none = refund(&till, &app, &number, &[]);
    assert!(none.said.contains("is fully refunded already"), "{none:?}");

    let asked = requests(&till, &app, &number);
    let refunds = app.stripe_get("/v1/refunds").await;
    for request in asked.as_array().unwrap() {
        assert_eq!(request["state"], "made");
        assert_eq!(request["restock"], false);
        let id = request["refund"].as_str().unwrap();
        let made = refunds["data"].as_array().unwrap().iter();
        let made = made.into_iter().find(|refund| refund["id"] == id).unwrap();
        assert_eq!(made["amount"], request["amount"]);
    }
    let page = till.beside(&app, &["orders", "show", &number]);
    assert!(page.said.contains("ASKED FOR"), "{page:?}");
    // It is no payment that came too late.
    let page = app.get(&format!("/orders/{}", checkout.token)).await;
    assert!(!page.body.contains("too late"), "{}", page.body);
    // Units that were sold stay sold unless the owner says otherwise.
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_commands_at_once_one_gets_the_money() {
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
    assert_eq!(at_stripe(&app).await, [1_250]);
}

/// The dashboard was quicker, and its event is not here yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_dashboard_has_given_back_is_not_given_back_again() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    let dashboard = json!({ "amount": 1_000 });
    app.at_stripe(&checkout, "refund", dashboard).await;
    let asked = refund(&till, &app, &number, &["--restock"]);
    assert_eq!(asked.code, Some(0), "{asked:?}");
    let key = format!("refund:{}:1", checkout.id);
    task_in(&app, &key, "dead").await;
    assert_eq!(at_stripe(&app).await, [1_000]);
    let request = requests(&till, &app, &number)[0].clone();
    assert_eq!(request["state"], "refused", "{request}");
    assert!(request["error"].as_str().unwrap().starts_with("400 "));
    // Nothing went back, so nothing is put back; and the owner is told.
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(2)));
    let told = format!("mail:refund_refused:{}:request:1:0", checkout.id);
    task_in(&app, &told, "done").await;
    // Asked again it is the same no. The money of a refused refund can be asked for anew.
    let again = queue::retry(&app.shop.database, &Which::One(key.clone())).await;
    assert_eq!(again.unwrap().len(), 1);
    let told = format!("mail:refund_refused:{}:request:1:1", checkout.id);
    task_in(&app, &told, "done").await;
    deliver_refunds(&app).await;
    let rest = refund(&till, &app, &number, &["--restock"]);
    assert!(
        rest.said.contains("the refund of €2.50 for order "),
        "{rest:?}"
    );
    assert!(rest.said.contains("puts 1 unit back"), "{rest:?}");
    task_in(&app, &format!("refund:{}:2", checkout.id), "done").await;
    assert_eq!(at_stripe(&app).await, [250, 1_000]);
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(3)));
    // The refused one is not asked again beside its successor, not even by name.
    for which in [Which::Dead, Which::One(key)] {
        let again = queue::retry(&app.shop.database, &which).await.unwrap();
        assert!(again.is_empty(), "{again:?}");
    }
}

/// The owner asks for the money anew while the refused request is about to be tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_request_is_not_asked_again_beside_one_that_is_being_made() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    app.at_stripe(&checkout, "refund", json!({ "amount": 1_000 }))
        .await;
    refund(&till, &app, &number, &[]);
    let key = format!("refund:{}:1", checkout.id);
    task_in(&app, &key, "dead").await;
    let order = app.the_order().await.id;

    let asking = app.shop.database.begin_write().await.unwrap();
    let locked = format!("UPDATE \"order\" SET id = id WHERE id = {order}");
    asking.execute_unprepared(&locked).await.unwrap();
    let request = refund_request::ActiveModel {
        id: NotSet,
        order_id: Set(order),
        amount: Set(250),
        restock: Set(false),
        state: Set("asked".to_owned()),
        stripe_refund_id: Set(None),
        requested_by: Set("somebody".to_owned()),
        created_at: Set(shop::clock::now()),
    };
    request.insert(&asking).await.unwrap();
    let database = app.shop.database.clone();
    let retry = tokio::spawn(async move { queue::retry(&database, &Which::Dead).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    asking.commit().await.unwrap();
    let again = retry.await.unwrap().unwrap();
    assert!(again.is_empty(), "{again:?}");
}

/// Amounts of two currencies have no sum: then what was asked for counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_is_told_in_another_currency_is_made_all_the_same() {
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
    assert!(more.said.contains("only €7.50 of order"), "{more:?}");
    let rest = refund(&till, &app, &number, &[]);
    assert_eq!(rest.code, Some(0), "{rest:?}");
    task_in(&app, &format!("refund:{}:2", checkout.id), "done").await;
    for mut event in app.stripe_events_of(&["refund."]).await {
        event["data"]["object"]["currency"] = "usd".into();
        app.deliver(&event).await;
    }
    // Nothing is on its way any more.
    let none = refund(&till, &app, &number, &[]);
    assert!(none.said.contains("is fully refunded already"), "{none:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_a_request_with_an_old_number_is_another_request() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    refund(&till, &app, &number, &["--amount", "5.00"]);
    let key = format!("refund:{}:1", checkout.id);
    task_in(&app, &key, "done").await;
    // As a backup from before knows it.
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
    assert_eq!(at_stripe(&app).await, [500, 500]);
}

/// Stripe forgets an idempotency key after a day: then a part would go back a second time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_whose_answer_was_lost_is_made_once_even_a_day_later() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    app.set_faults(json!({ "seed": 1, "lose_answer": 1.0 }))
        .await;
    let asked = refund(&till, &app, &number, &["--amount", "5.00"]);
    assert_eq!(asked.code, Some(0), "{asked:?}");
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
        task(&app, &key).await.filter(|task| task.state == "done")
    })
    .await;
    assert_eq!(at_stripe(&app).await, [500]);
    let request = requests(&till, &app, &number)[0].clone();
    assert_eq!(request["state"], "made");
    let made = app.stripe_get("/v1/refunds").await["data"][0]["id"].clone();
    assert_eq!(request["refund"], made);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_go_back_into_stock_once_and_after_the_money() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered_units(&app, 2).await;
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(1)));
    let asked = refund(&till, &app, &number, &["--amount", "12.50", "--restock"]);
    assert!(asked.said.contains("puts 2 units back"), "{asked:?}");
    task_in(&app, &format!("refund:{}:1", checkout.id), "done").await;
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(3)));
    let again = refund(&till, &app, &number, &["--restock"]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.said.contains("leave out --restock"), "{again:?}");
    let shown = till.beside(&app, &["orders", "show", &number, "--json"]);
    assert_eq!(shown.json()["lines"][0]["restocked"], 2);

    // All went back in the dashboard: only the stock is left to be put right.
    let (other, number) = ordered(&app).await;
    app.at_stripe(&other, "refund", json!({})).await;
    deliver_refunds(&app).await;
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(2)));
    let restocked = refund(&till, &app, &number, &["--restock"]);
    assert_eq!(restocked.code, Some(0), "{restocked:?}");
    assert!(restocked.said.contains("1 unit put back"), "{restocked:?}");
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(3)));
    assert_eq!(requests(&till, &app, &number), json!([]));

    // Nobody counts posters.
    let poster = app.begin(&[("POSTER", 1)]).await;
    app.pay_by_card(&poster).await;
    app.deliver(&app.event(COMPLETED).await).await;
    let orders = app.orders().await;
    let number = &orders.last().unwrap().number;
    let refused = refund(&till, &app, number, &["--restock"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_go_back_is_refused_in_a_sentence() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, number) = ordered(&app).await;
    // `5` may be meant as cents.
    for amount in [
        "5", "5.0", "5.000", "0.00", "-5.00", "5,00", "1e3", "€5.00", "",
    ] {
        let refused = refund(&till, &app, &number, &[&format!("--amount={amount}")]);
        assert_eq!(refused.code, Some(2), "{amount}: {refused:?}");
        assert!(
            refused.log.contains("such as 12.50"),
            "{amount}: {refused:?}"
        );
    }
    let unknown = refund(&till, &app, "K7QM-3XPA", &[]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    app.at_stripe(&checkout, "dispute", json!({ "reason": "fraudulent" }))
        .await;
    for event in app.stripe_events_of(&["charge.dispute."]).await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    let disputed = refund(&till, &app, &number, &[]);
    assert_eq!(disputed.code, Some(1), "{disputed:?}");
    assert!(disputed.said.contains("Answer the dispute"), "{disputed:?}");
    app.at_stripe(&checkout, "lose", json!({})).await;
    for event in app.stripe_events_of(&["charge.dispute."]).await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    let lost = refund(&till, &app, &number, &[]);
    assert_eq!(lost.code, Some(1), "{lost:?}");
    assert!(
        lost.said.contains("Stripe refunds no such payment"),
        "{lost:?}"
    );
    assert_eq!(at_stripe(&app).await, [0; 0]);
}
