//! What people call an order, and by which clocks they read its date.

use std::collections::BTreeSet;

use futures::future::join_all;
use migration::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;
use serde_json::Value;
use server::application::migrate;
use shop::database::Database;
use shop::entity::checkout;
use shop::mail::Route;
use shop::orders::OrderNumbers;
use shop::time_zone::TimeZone;

use crate::mails::mail;
use crate::test_app::{TestApp, event, paid_session};
use crate::test_database::TestDatabase;
use crate::till_binary::{Answer, Till, text};

const COMPLETED: &str = "checkout.session.completed";

async fn ordered(app: &TestApp) -> checkout::Model {
    let checkout = app.begin(&[("POSTER", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    checkout
}

async fn numbers(app: &TestApp) -> Vec<String> {
    let orders = app.orders().await;
    orders.into_iter().map(|order| order.number).collect()
}

/// Runs the program on a test's shop, with further variables.
fn run(till: &Till, app: &TestApp, variables: &[(&str, &str)], arguments: &[&str]) -> Answer {
    let mut command = till.command(arguments);
    command
        .envs(app.environment())
        .envs(variables.iter().copied());
    let output = command.output().unwrap();
    Answer {
        code: output.status.code(),
        said: text(&output.stdout),
        log: text(&output.stderr),
    }
}

// ---- The number ----

#[tokio::test]
async fn an_order_has_a_number_that_tells_nothing_of_other_orders() {
    let app = TestApp::without_webhooks().await;
    let checkout = ordered(&app).await;
    ordered(&app).await;
    let orders = app.orders().await;
    for order in &orders {
        let parts: Vec<&str> = order.number.split('-').collect();
        assert_eq!(parts.len(), 2, "{}", order.number);
        assert!(parts.iter().all(|part| part.len() == 4), "{}", order.number);
        assert!(!order.number.contains(['0', '1', 'I', 'L', 'O', 'U']));
    }
    // The last group is random: one pair of 810,000 has the same one.
    assert_ne!(orders[0].number[4..], orders[1].number[4..]);
    let page = app.get(&format!("/orders/{}", checkout.token)).await;
    assert_eq!(page.text(".order-facts dd"), orders[0].number);
}

#[tokio::test]
async fn a_prefix_stands_before_the_number_on_the_page_and_in_the_mail() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.order_numbers = OrderNumbers::with_prefix("tea").unwrap();
        config.mail.route = Route::Folder(path);
    })
    .await;
    let checkout = ordered(&app).await;
    let number = app.the_order().await.number;
    assert!(number.starts_with("TEA-") && number.len() == 13, "{number}");
    let page = app.get(&format!("/orders/{}", checkout.token)).await;
    assert_eq!(page.text(".order-facts dd"), number);
    mail(&folder, &format!("Your order {number} at Test Shop")).await;
}

/// With two characters to choose from, forty orders draw the same number again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_is_taken_loses_no_order() {
    const ORDERS: usize = 40;
    let app = TestApp::without_webhooks_with(|config| {
        config.order_numbers = OrderNumbers::of_characters(b"AB");
    })
    .await;
    let mut events = Vec::new();
    for _ in 0..ORDERS {
        let checkout = app.begin(&[("POSTER", 1)]).await;
        events.push(event(COMPLETED, &paid_session(&checkout)));
    }
    let answers = join_all(events.iter().map(|event| app.deliver(event))).await;
    assert_eq!(answers, [200; ORDERS]);
    let events = app.stored_events().await;
    assert!(events.iter().all(|event| event.state == "applied"));
    let numbers: BTreeSet<String> = numbers(&app).await.into_iter().collect();
    assert_eq!(numbers.len(), ORDERS);
}

/// Stripe sends the event again, and by then a number may be free.
#[tokio::test]
async fn where_no_number_is_free_the_event_comes_again() {
    let app = TestApp::without_webhooks_with(|config| {
        config.order_numbers = OrderNumbers::of_characters(b"A");
    })
    .await;
    ordered(&app).await;
    assert_eq!(numbers(&app).await, ["AAAA-AAAA"]);
    let checkout = app.begin(&[("POSTER", 1)]).await;
    let paid = event(COMPLETED, &paid_session(&checkout));
    assert_eq!(app.deliver(&paid).await, 503);
    assert_eq!(app.stored_event(paid["id"].as_str().unwrap()).await, None);
    app.execute("UPDATE \"order\" SET number = 'ABCD-EFGH'")
        .await;
    assert_eq!(app.deliver(&paid).await, 200);
    assert_eq!(numbers(&app).await, ["ABCD-EFGH", "AAAA-AAAA"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_found_however_its_number_is_typed() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    ordered(&app).await;
    app.execute("UPDATE \"order\" SET number = 'TEA-K7QM-3XPA'")
        .await;
    let tea = [("ORDER_PREFIX", "TEA")];
    // Also in a shop that had the prefix once.
    for variables in [&tea[..], &[], &[("ORDER_PREFIX", "POT")]] {
        for typed in [
            "TEA-K7QM-3XPA",
            "tea-k7qm-3xpa",
            "teak7qm3xpa",
            "K7QM-3XPA",
            "k7qm3xpa",
            " k7qm 3xpa ",
        ] {
            let shown = run(&till, &app, variables, &["orders", "show", typed, "--json"]);
            assert_eq!(shown.code, Some(0), "{typed}: {shown:?}");
            assert_eq!(shown.json()["number"], "TEA-K7QM-3XPA");
        }
    }
    for missing in ["K7QM-3XPB", "3XPA", "1", "", "%", "K7QM_3XPA%"] {
        let shown = till.beside(&app, &["orders", "show", missing]);
        let found = missing == "K7QM_3XPA%";
        assert_eq!(shown.code, Some(if found { 0 } else { 2 }), "{missing}");
        assert_eq!(shown.log.contains("there is no order"), !found, "{shown:?}");
    }
    ordered(&app).await;
    app.execute("UPDATE \"order\" SET number = 'POT-K7QM-3XPA' WHERE number <> 'TEA-K7QM-3XPA'")
        .await;
    let both = till.beside(&app, &["orders", "show", "k7qm3xpa"]);
    assert_eq!(both.code, Some(2), "{both:?}");
    assert!(
        both.log.contains("TEA-K7QM-3XPA, POT-K7QM-3XPA"),
        "{both:?}"
    );
    let one = till.beside(&app, &["orders", "show", "potk7qm3xpa", "--json"]);
    assert_eq!(one.json()["number"], "POT-K7QM-3XPA");
}

/// Mails that were sent with the old numbers stay true.
#[tokio::test]
async fn orders_from_before_keep_their_old_number() {
    let folder = tempfile::tempdir().unwrap();
    let place = TestDatabase::empty(folder.path());
    let database = Database::open(place.url()).await.unwrap();
    let steps = Migrator::migrations();
    let step = |at: usize| steps[at].name().ends_with("_order_number");
    let before = (0..steps.len()).find(|at| step(*at)).unwrap();
    let writer = database.bare_writer();
    Migrator::up(writer, Some(u32::try_from(before).unwrap()))
        .await
        .unwrap();
    let time = "'2026-01-01 00:00:00+00:00'";
    let insert = |id: &str, column: &str, number: &str| {
        format!(
            "INSERT INTO checkout (id, token, state, currency, amount_subtotal, public_url, expires_at, created_at, updated_at) \
             VALUES ('{id}', 'token of {id}', 'paid', 'eur', 500, 'http://x', {time}, {time}, {time}); \
             INSERT INTO \"order\" (checkout_id, stripe_session_id, currency, amount_subtotal, amount_discount, amount_shipping, \
             amount_tax, amount_total, payment_status, paid_at, created_at{column}) \
             VALUES ('{id}', 'cs_{id}', 'eur', 500, 0, 0, 0, 500, 'paid', {time}, {time}{number})"
        )
    };
    for id in ["first", "second"] {
        writer
            .execute_unprepared(&insert(id, "", ""))
            .await
            .unwrap();
    }
    migrate(&database).await.unwrap();
    let found = async |typed: &str| {
        let found = shop::orders::find(&database, typed, &OrderNumbers::default()).await;
        found.unwrap().pop().map(|order| order.checkout_id)
    };
    assert_eq!(found("1").await.as_deref(), Some("first"));
    assert_eq!(found("2").await.as_deref(), Some("second"));
    // Nothing writes an order without a number, or one with another's.
    for (column, number) in [
        ("", ""),
        (", number", ", ''"),
        (", number", ", NULL"),
        (", number", ", '1'"),
    ] {
        let third = insert("third", column, number);
        let transaction = database.begin_write().await.unwrap();
        let refused = transaction.execute_unprepared(&third).await;
        assert!(refused.is_err(), "{column} {number}");
        let _ = transaction.rollback().await;
    }
    writer
        .execute_unprepared(&insert("third", ", number", ", 'K7QM-3XPA'"))
        .await
        .unwrap();
    assert_eq!(found("k7qm3xpa").await.as_deref(), Some("third"));
}

// ---- Its date ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dates_are_those_of_the_shops_clocks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.time_zone = TimeZone::named("Europe/Berlin").unwrap();
        config.mail.route = Route::Folder(path);
    })
    .await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut paid = event(COMPLETED, &paid_session(&checkout));
    // 2026-11-28, half an hour before midnight in London, half an hour after it in Berlin.
    paid["created"] = 1_795_908_600.into();
    assert_eq!(app.deliver(&paid).await, 200);
    let number = app.the_order().await.number;
    let page = app.get(&format!("/orders/{}", checkout.token)).await;
    assert_eq!(page.text(".order-facts time"), "29 November 2026");
    let machine = page.attribute(".order-facts time", "datetime");
    assert_eq!(machine.as_deref(), Some("2026-11-29"));
    let mail = mail(&folder, &format!("Your order {number} at Test Shop")).await;
    for part in [&mail.text, &mail.html] {
        let title = format!("Order {number}, 29 November 2026, 00:30 CET");
        assert!(part.contains(&title), "{part}");
    }

    let till = Till::new();
    let berlin = [("SHOP_TIME_ZONE", "Europe/Berlin")];
    for arguments in [&["orders", "list"][..], &["orders", "show", &number]] {
        let table = run(&till, &app, &berlin, arguments);
        assert!(table.said.contains("2026-11-29 00:30:00 CET"), "{table:?}");
        // Without the setting, UTC.
        let table = run(&till, &app, &[], arguments);
        assert!(table.said.contains("2026-11-28 23:30:00 UTC"), "{table:?}");
    }
    let json: Value = run(&till, &app, &berlin, &["orders", "list", "--json"]).json();
    assert_eq!(json[0]["paid_at"], "2026-11-28T23:30:00Z");
    assert_eq!(json[0]["number"], number.as_str());
    let events = run(&till, &app, &berlin, &["events", "list"]);
    assert!(events.said.contains(" CET") || events.said.contains(" CEST"));
    assert!(events.said.contains(&number), "{events:?}");

    let atlantis = [("SHOP_TIME_ZONE", "Europe/Atlantis")];
    let refused = run(&till, &app, &atlantis, &["orders", "list"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.log.contains("SHOP_TIME_ZONE must be a name"),
        "{refused:?}"
    );
}
