//! What an owner looks up on the command line: orders by a name, products that run out, an export
//! of everything; and how every command handles output that nobody reads.

use std::io::Read;
use std::process::Stdio;

use serde_json::{Value, json};
use shop::entity::checkout;

use crate::test_app::{TestApp, event, paid_session, session_id};
use crate::till_binary::{CommandOutput, Till, text};

const COMPLETED: &str = "checkout.session.completed";

/// An order of this shopper, paid at this time (Unix seconds). Returns its number.
async fn buy(app: &TestApp, sku: &str, name: &str, mail: &str, at: i64) -> String {
    let checkout = app.begin(&[(sku, 1)]).await;
    let mut session = paid_session(&checkout);
    session["customer_details"] = json!({ "name": name, "email": mail });
    deliver_at(app, &session, at).await;
    number(app, &checkout).await
}

async fn deliver_at(app: &TestApp, session: &Value, at: i64) {
    let mut paid = event(COMPLETED, session);
    paid["created"] = at.into();
    assert_eq!(app.deliver(&paid).await, 200);
}

async fn number(app: &TestApp, checkout: &checkout::Model) -> String {
    let orders = app.orders().await;
    let order = orders.iter().find(|order| order.checkout_id == checkout.id);
    order.unwrap().number.clone()
}

/// Noon on 1 November 2026, UTC.
const NOVEMBER: i64 = 1_793_534_400;

// ---- Orders ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_found_by_number_name_email_session_and_payment() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let ada = buy(&app, "PEN", "Ada Möwe", "ada@shopper.example", NOVEMBER).await;
    let bo = buy(&app, "PEN", "Bo_Lee", "bo@shopper.example", NOVEMBER).await;
    let orders = app.orders().await;
    let order = orders.iter().find(|order| order.number == ada).unwrap();
    let payment = order.stripe_payment_intent_id.clone().unwrap();
    let typed = ada.to_lowercase().replace('-', "");
    for text in [
        ada.as_str(),
        &typed,
        "ada",
        "ADA MÖWE",
        "möwe",
        "Ada@Shopper",
        &order.stripe_session_id,
        &payment,
    ] {
        let found = till.run_with(&app, &["orders", "list", "--search", text, "--json"]);
        assert_eq!(found.code, Some(0), "{found:?}");
        let found = found.json();
        let numbers: Vec<_> = found.as_array().unwrap().iter().collect();
        assert_eq!(numbers.len(), 1, "{text}: {found}");
        assert_eq!(numbers[0]["number"], ada.as_str(), "{text}");
        assert_eq!(numbers[0]["customer_email"], "ada@shopper.example");
    }
    // LIKE's wildcards are ordinary characters here.
    for (text, count) in [
        ("shopper.example", 2),
        ("_", 1),
        ("%", 0),
        ("o_l", 1),
        ("a_a", 0),
        ("\\", 0),
        ("nobody", 0),
        (&payment[..6], 0),
    ] {
        let found = till.run_with(&app, &["orders", "list", "--search", text, "--json"]);
        assert_eq!(found.json().as_array().unwrap().len(), count, "{text}");
    }
    let flagged = ["orders", "list", "--search", "bo", "--flagged", "--json"];
    assert_eq!(till.run_with(&app, &flagged).json(), json!([]));
    let table = till.run_with(&app, &["orders", "list"]).stdout;
    for words in [bo.as_str(), "Ada Möwe", "ada@shopper.example", "NAME"] {
        assert!(table.contains(words), "{words} in {table}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_shown_with_article_numbers_and_an_address_to_write_on_a_parcel() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let checkout = app.begin(&[("MUG", 2)]).await;
    let mut session = paid_session(&checkout);
    session["collected_information"]["shipping_details"] = json!({
        "name": "Ada Shopper",
        "address": {
            "line1": "Marktplatz 3", "line2": null, "postal_code": "10115", "city": "Berlin",
            "country": "DE",
        },
    });
    deliver_at(&app, &session, NOVEMBER).await;
    let number = number(&app, &checkout).await;
    let shown = till.run_with(&app, &["orders", "show", &number]).stdout;
    let address = concat!(
        "ship to    Ada Shopper\n",
        "           Marktplatz 3\n",
        "           10115 Berlin\n",
        "           Germany\n",
    );
    assert!(shown.contains(address), "{shown}");
    assert!(!shown.contains("line1"), "{shown}");
    assert!(shown.contains("SKU") && shown.contains("MUG "), "{shown}");
    let shown = till
        .run_with(&app, &["orders", "show", &number, "--json"])
        .json();
    assert_eq!(shown["lines"][0]["sku"], "MUG");
    assert_eq!(shown["customer"]["shipping_address"]["city"], "Berlin");
}

// ---- Products ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn products_are_listed_with_what_is_left_of_them() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    app.begin(&[("MUG", 2)]).await;
    let list = |options: &[&str]| {
        let arguments = [&["products", "list", "--json"], options].concat();
        let listed = till.run_with(&app, &arguments);
        assert_eq!(listed.code, Some(0), "{listed:?}");
        listed.json()
    };
    let all = list(&[]);
    assert_eq!(all.as_array().unwrap().len(), 8);
    assert_eq!(all[0]["sku"], "MUG");
    let mug = &all[0];
    assert_eq!(
        (&mug["stock"], &mug["held"], &mug["left"]),
        (&json!(3), &json!(2), &json!(1))
    );
    let skus = |listed: &Value| {
        let listed = listed.as_array().unwrap().iter();
        let skus = listed.map(|one| one["sku"].as_str().unwrap().to_owned());
        skus.collect::<Vec<_>>()
    };
    assert_eq!(skus(&list(&["--low"])), ["BOARD", "MUG", "LAMP"]);
    assert_eq!(skus(&list(&["--low", "0"])), ["BOARD"]);
    let table = till.run_with(&app, &["products", "list", "--low"]).stdout;
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(table.contains("€12.50"), "{table}");
}

// ---- The export for a spreadsheet ----

/// The rows of a table, by column name.
fn rows(answer: &CommandOutput) -> Vec<Value> {
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let table = answer.stdout.strip_prefix('\u{feff}').unwrap();
    let mut lines = table.lines().map(fields);
    let names = lines.next().unwrap();
    lines
        .map(|cells| {
            assert_eq!(cells.len(), names.len(), "{cells:?}");
            let cells = cells.into_iter().map(Value::String);
            Value::Object(names.iter().cloned().zip(cells).collect())
        })
        .collect()
}

/// The fields of a line of CSV.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let field = fields.last_mut().unwrap();
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields
}

/// A column's sum in cents.
fn sum(rows: &[Value]) -> i64 {
    let amount = |row: &Value| row["amount"].as_str().unwrap().replace('.', "");
    rows.iter()
        .map(|row| amount(row).parse::<i64>().unwrap())
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_holds_each_amount_of_a_period_and_adds_up() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let early = buy(
        &app,
        "PEN",
        "Early",
        "early@shopper.example",
        NOVEMBER - 14 * 3_600,
    )
    .await;
    let checkout = app.begin(&[("MUG", 2), ("PEN", 1)]).await;
    let mut session = paid_session(&checkout);
    session["customer_details"]["name"] = "=HYPERLINK(\"http://x.example\")".into();
    session["total_details"] =
        json!({ "amount_discount": 100, "amount_shipping": 490, "amount_tax": 57 });
    session["amount_total"] = 3_447.into();
    deliver_at(&app, &session, NOVEMBER).await;
    let order = number(&app, &checkout).await;
    for (id, status, created) in [
        ("re_1", "succeeded", NOVEMBER + 60),
        ("re_2", "failed", NOVEMBER + 120),
        ("re_3", "succeeded", NOVEMBER + 40 * 86_400),
    ] {
        let refund = json!({
            "id": id, "amount": 300, "currency": "eur", "status": status, "created": created,
            "payment_intent": session["payment_intent"],
        });
        assert_eq!(app.deliver(&event("refund.updated", &refund)).await, 200);
    }
    let dispute = json!({
        "id": "dp_1", "object": "dispute", "amount": 200, "currency": "eur", "status": "lost",
        "payment_intent": session["payment_intent"],
    });
    let mut lost = event("charge.dispute.closed", &dispute);
    lost["created"] = (NOVEMBER + 86_400).into();
    assert_eq!(app.deliver(&lost).await, 200);
    let export = |options: &[&str]| {
        let mut command = till.command(&[&["orders", "export"], options].concat());
        command
            .envs(app.environment())
            .env("SHOP_TIME_ZONE", "Europe/Berlin");
        let output = command.output().unwrap();
        CommandOutput {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    };
    let november = rows(&export(&["--from", "2026-11-01", "--to", "2026-11-30"]));
    let kinds: Vec<_> = november
        .iter()
        .map(|row| row["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "product", "product", "discount", "shipping", "tax", "refund", "dispute"
        ]
    );
    assert_eq!(sum(&november), 3_447 - 300 - 200);
    let mug = november.iter().find(|row| row["sku"] == "MUG").unwrap();
    assert_eq!(mug["order"], order.as_str());
    assert_eq!(mug["description"], "Becher \"Möwe\" & <Söhne>");
    let numbers = (&mug["quantity"], &mug["unit_price"], &mug["amount"]);
    assert_eq!(numbers, (&json!("2"), &json!("12.50"), &json!("25.00")));
    // In the shop's time zone.
    assert_eq!(mug["time"], "2026-11-01 13:00:00");
    assert_eq!(mug["currency"], "EUR");
    assert_eq!(mug["session"], session_id(&checkout));
    assert_eq!(mug["customer"], "'=HYPERLINK(\"http://x.example\")");
    let refund = &november[november.len() - 2];
    assert_eq!(
        (&refund["amount"], &refund["description"]),
        (&json!("-3.00"), &json!("re_1"))
    );
    assert_eq!(november[2]["amount"], "-1.00");
    // 22:00 UTC is still October in Berlin: its last hour.
    let october = rows(&export(&["--to", "2026-10-31"]));
    let numbers: Vec<_> = october
        .iter()
        .map(|row| row["order"].as_str().unwrap())
        .collect();
    assert_eq!(numbers, [early]);
    assert_eq!(october[0]["time"], "2026-10-31 23:00:00");
    assert_eq!(sum(&rows(&export(&[]))), 500 + 3_447 - 600 - 200);
    for bad in [
        &["--from", "yesterday"][..],
        &["--from", "2026-11-02", "--to", "2026-11-01"],
    ] {
        assert_eq!(export(bad).code, Some(2), "{bad:?}");
    }
}

// ---- Output that nobody reads ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_whose_output_is_not_read_to_the_end_exits_quietly() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    app.begin(&[("MUG", 2)]).await;
    buy(&app, "PEN", "Ada", "ada@shopper.example", NOVEMBER).await;
    app.execute("UPDATE outbox SET state = 'dead'").await;
    for arguments in [
        &["orders", "list"][..],
        &["orders", "list", "--json"],
        &["orders", "export"],
        &["products", "list"],
        &["events", "list", "--json"],
        &["outbox", "list"],
        &["outbox", "list", "--json"],
        &["prune", "--dry-run"],
        &["reconcile", "--dry-run"],
    ] {
        let mut command = till.command(arguments);
        command
            .envs(app.environment())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // As `head` does once it has enough.
        drop(child.stdout.take());
        let mut message = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut message)
            .unwrap();
        let code = child.wait().unwrap().code();
        assert!(!message.contains("panicked"), "{arguments:?}: {message}");
        // One payment is unknown at Stripe, and `reconcile` still reports it.
        let expected = i32::from(arguments[0] == "reconcile");
        assert_eq!(code, Some(expected), "{arguments:?}: {message}");
    }
}

// ---- Events ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ignored_events_are_listed_only_on_request() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    buy(&app, "PEN", "Ada", "ada@shopper.example", NOVEMBER).await;
    let ignored = event(COMPLETED, &json!({ "id": "cs_theirs" }));
    assert_eq!(app.deliver(&ignored).await, 200);
    let count = |options: &[&str]| {
        let listed = till.run_with(&app, &[&["events", "list", "--json"], options].concat());
        listed.json().as_array().unwrap().len()
    };
    assert_eq!(count(&[]), 1);
    assert_eq!(count(&["--all"]), 2);
    assert_eq!(count(&["--state", "ignored"]), 1);
    let table = till.run_with(&app, &["events", "list"]).stdout;
    assert!(!table.contains("ignored"), "{table}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reconcile_does_not_report_success_while_an_event_is_unapplied() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut session = paid_session(&checkout);
    session["payment_status"] = "unheard_of".into();
    app.deliver_session(COMPLETED, &session).await;
    let compared = till.run_with(&app, &["reconcile"]);
    assert_eq!(compared.code, Some(1), "{compared:?}");
    assert!(!compared.stdout.contains("agree"), "{compared:?}");
    assert!(
        compared.stdout.contains("1 problem is left"),
        "{compared:?}"
    );
    assert!(
        compared.stdout.contains("1 event could not be applied"),
        "{compared:?}"
    );
    assert!(!compared.stdout.contains("1 events"), "{compared:?}");
}

/// Stripe's terms for an order are explained wherever the owner reads them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resolution_says_what_it_resolved_and_a_second_one_that_it_already_is() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut session = paid_session(&checkout);
    session["amount_total"] = 400.into();
    app.deliver_session(COMPLETED, &session).await;
    assert_eq!(till.run_with(&app, &["reconcile"]).code, Some(1));
    let number = number(&app, &checkout).await;
    let resolve = || till.run_with(&app, &["orders", "resolve", &number, "--note", "agreed"]);
    let resolved = resolve();
    assert_eq!(resolved.code, Some(0), "{resolved:?}");
    for words in [
        "the total is not subtotal − discount + shipping + tax",
        "order without payment",
        session_id(&checkout),
    ] {
        assert!(resolved.stdout.contains(words), "{words} in {resolved:?}");
    }
    let again = resolve();
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(
        again.stdout.contains("is already resolved: nothing to do"),
        "{again:?}"
    );
    // An order that never needed attention is not resolved by that.
    let unflagged = buy(&app, "PEN", "Ada", "ada@shopper.example", NOVEMBER).await;
    let none = till.run_with(&app, &["orders", "resolve", &unflagged, "--note", "x"]);
    assert_eq!(none.code, Some(1), "{none:?}");
}

// ---- Settings ----

#[tokio::test]
async fn a_log_filter_that_would_silence_everything_is_reported_and_has_no_effect() {
    for (filter, words) in [
        ("inof", "names neither a level nor a module"),
        ("shop=loud", "cannot be read"),
    ] {
        let till = Till::new();
        let mut command = till.command(&["migrate"]);
        let output = command.env("RUST_LOG", filter).output().unwrap();
        assert!(output.status.success());
        let log = text(&output.stdout);
        assert!(log.contains(&format!("RUST_LOG={filter} {words}")), "{log}");
        assert!(log.contains("the database is up to date"), "{log}");
    }
}

#[tokio::test]
async fn a_live_shop_without_a_shipping_setting_is_warned_at_startup() {
    // The address is in use, so startup fails before anything is fetched from Stripe.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let started = |countries: &str| {
        let till = Till::new();
        let mut command = till.command(&["serve"]);
        command
            .env("LEPTOS_SITE_ADDR", &address)
            .env("SANDBOX_ADDR", "")
            .env("STRIPE_SECRET_KEY", "sk_live_of_nobody")
            .env("STRIPE_WEBHOOK_SECRET", "whsec_of_nobody")
            .env("PUBLIC_URL", "https://shop.example")
            .env("SHIPPING_COUNTRIES", countries);
        let output = command.output().unwrap();
        assert!(!output.status.success());
        text(&output.stdout)
    };
    let warned = started("");
    assert!(warned.contains("SHIPPING_COUNTRIES is not set"), "{warned}");
    for decided in ["none", "DE,AT"] {
        let log = started(decided);
        assert!(!log.contains("SHIPPING_COUNTRIES"), "{log}");
    }
}
