//! Order numbers, and the time zone of an order's date.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::Value;
use shop::entity::checkout;
use shop::mail::Route;
use shop::orders::OrderNumbers;
use shop::time_zone::TimeZone;

use crate::mails::mail;
use crate::test_app::{TestApp, event, paid_session};
use crate::till_binary::{CommandOutput, Till, text};

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

/// Runs the program on a test's shop, with these further variables.
fn run(
    till: &Till,
    app: &TestApp,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> CommandOutput {
    let mut command = till.command(arguments);
    command
        .envs(app.environment())
        .envs(variables.iter().copied());
    let output = command.output().unwrap();
    CommandOutput {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

// ---- The number ----

#[tokio::test]
async fn an_order_number_reveals_nothing_about_other_orders() {
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
    // The last group is random: one pair in 810,000 has the same one.
    assert_ne!(orders[0].number[4..], orders[1].number[4..]);
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    assert_eq!(page.text(".order-facts dd"), orders[0].number);
}

#[tokio::test]
async fn a_prefix_precedes_the_number_on_the_page_and_in_the_email() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.orders.numbers = OrderNumbers::with_prefix("tea").unwrap();
        config.mail.route = Route::Folder(path);
    })
    .await;
    let checkout = ordered(&app).await;
    let number = app.the_order().await.number;
    assert!(number.starts_with("TEA-") && number.len() == 13, "{number}");
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    assert_eq!(page.text(".order-facts dd"), number);
    mail(&folder, &format!("Your order {number} from Test Shop")).await;
}

/// With an alphabet of two characters, forty orders draw taken numbers again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_is_taken_loses_no_order() {
    const ORDERS: usize = 40;
    let app = TestApp::without_webhooks_with(|config| {
        config.orders.numbers = OrderNumbers::of_characters(b"AB");
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
    assert!(events.iter().all(|event| event.state.as_ref() == "applied"));
    let numbers: BTreeSet<String> = numbers(&app).await.into_iter().collect();
    assert_eq!(numbers.len(), ORDERS);
}

/// Stripe sends the event again, and a number may be free by then.
#[tokio::test]
async fn when_no_number_is_free_the_event_is_retried() {
    let app = TestApp::without_webhooks_with(|config| {
        config.orders.numbers = OrderNumbers::of_characters(b"A");
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
    // Also in a shop that used to have the prefix.
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
        let shown = till.run_with(&app, &["orders", "show", missing]);
        let found = missing == "K7QM_3XPA%";
        assert_eq!(shown.code, Some(if found { 0 } else { 2 }), "{missing}");
        assert_eq!(
            shown.stderr.contains("there is no order"),
            !found,
            "{shown:?}"
        );
    }
    ordered(&app).await;
    app.execute("UPDATE \"order\" SET number = 'POT-K7QM-3XPA' WHERE number <> 'TEA-K7QM-3XPA'")
        .await;
    let both = till.run_with(&app, &["orders", "show", "k7qm3xpa"]);
    assert_eq!(both.code, Some(2), "{both:?}");
    assert!(
        both.stderr.contains("TEA-K7QM-3XPA, POT-K7QM-3XPA"),
        "{both:?}"
    );
    let one = till.run_with(&app, &["orders", "show", "potk7qm3xpa", "--json"]);
    assert_eq!(one.json()["number"], "POT-K7QM-3XPA");
}

// ---- Its date ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dates_are_in_the_shops_time_zone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.profile.time_zone = TimeZone::named("Europe/Berlin").unwrap();
        config.mail.route = Route::Folder(path);
    })
    .await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut paid = event(COMPLETED, &paid_session(&checkout));
    // 2026-11-28: half an hour before midnight in London, half an hour after it in Berlin.
    paid["created"] = 1_795_908_600.into();
    assert_eq!(app.deliver(&paid).await, 200);
    let number = app.the_order().await.number;
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    assert_eq!(page.text(".order-facts time"), "29 November 2026");
    let machine = page.attribute(".order-facts time", "datetime");
    assert_eq!(machine.as_deref(), Some("2026-11-29"));
    let mail = mail(&folder, &format!("Your order {number} from Test Shop")).await;
    for part in [&mail.text, &mail.html] {
        let title = format!("Order {number}, 29 November 2026 at 00:30 CET");
        assert!(part.contains(&title), "{part}");
    }

    let till = Till::new();
    let berlin = [("SHOP_TIME_ZONE", "Europe/Berlin")];
    for arguments in [&["orders", "list"][..], &["orders", "show", &number]] {
        let table = run(&till, &app, &berlin, arguments);
        assert!(
            table.stdout.contains("2026-11-29 00:30:00 CET"),
            "{table:?}"
        );
        // Without the setting, UTC.
        let table = run(&till, &app, &[], arguments);
        assert!(
            table.stdout.contains("2026-11-28 23:30:00 UTC"),
            "{table:?}"
        );
    }
    let json: Value = run(&till, &app, &berlin, &["orders", "list", "--json"]).json();
    assert_eq!(json[0]["paid_at"], "2026-11-28T23:30:00Z");
    assert_eq!(json[0]["number"], number.as_str());
    let events = run(&till, &app, &berlin, &["events", "list"]);
    assert!(events.stdout.contains(" CET") || events.stdout.contains(" CEST"));
    assert!(events.stdout.contains(&number), "{events:?}");

    let atlantis = [("SHOP_TIME_ZONE", "Europe/Atlantis")];
    let refused = run(&till, &app, &atlantis, &["orders", "list"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("SHOP_TIME_ZONE must be a name"),
        "{refused:?}"
    );
}
