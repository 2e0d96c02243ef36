//! `till backup`, `till restore` and `till copy`: the shop is the same afterwards, whichever
//! database it came from, and nothing is written where a shop already is.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};
use serde_json::json;
use server::application::migrate;
use shop::catalog::import::Stock;
use shop::database::Database;
use shop::database::copy::{copy, table_names};
use shop::database::tables::{STEPS, TABLES};
use shop::entity::{
    checkout, checkout_line, dispute, lease, order, order_difference, order_line, order_resolution,
    order_resolution_item, outbox, product, rate_limit, reconciliation, refund, setting,
    stripe_event,
};
use shop::money_back::RefundStatus;

use crate::test_app::{IBAN_SUCCEEDS, TestApp, event, eventually};
use crate::test_database::{TestDatabase, backend};
use crate::till_binary::{Answer, Till, text};

const COMPLETED: &str = "checkout.session.completed";

/// Runs the program on its own database, with another shop's Stripe.
fn run(till: &Till, app: &TestApp, arguments: &[&str]) -> Answer {
    let mut command = till.command(arguments);
    let output = command
        .envs(app.environment())
        .env("DATABASE_URL", till.database.url())
        .output()
        .unwrap();
    Answer {
        code: output.status.code(),
        said: text(&output.stdout),
        log: text(&output.stderr),
    }
}

/// Runs the program on its own, still empty database. There is no sandbox.
fn alone(till: &Till, arguments: &[&str]) -> Answer {
    let mut command = till.command(arguments);
    let output = command
        .env("DATABASE_URL", till.database.url())
        .output()
        .unwrap();
    Answer {
        code: output.status.code(),
        said: text(&output.stdout),
        log: text(&output.stderr),
    }
}

fn succeeded(answer: &Answer) {
    assert_eq!(answer.code, Some(0), "{answer:?}");
}

/// Backs a shop up into a file of this folder.
fn back_up(app: &TestApp, folder: &Path) -> PathBuf {
    let file = folder.join("backup.db");
    let arguments = ["backup", file.to_str().unwrap(), "--replace"];
    succeeded(&Till::new().beside(app, &arguments));
    file
}

/// Every row of every table but the leases, by table, as SeaORM reads it.
async fn rows(database: &Database) -> BTreeMap<&'static str, Vec<String>> {
    let snapshot = database.begin_snapshot().await.unwrap();
    let mut rows = BTreeMap::new();
    macro_rules! read {
        ($($entity:ident),+) => {
            $(
                let all = $entity::Entity::find().all(&snapshot).await.unwrap();
                let mut all: Vec<String> = all.iter().map(|row| format!("{row:?}")).collect();
                all.sort();
                rows.insert(stringify!($entity), all);
            )+
        };
    }
    read!(
        setting,
        product,
        checkout,
        checkout_line,
        order,
        order_line,
        refund,
        dispute,
        order_resolution,
        order_resolution_item,
        order_difference,
        stripe_event,
        outbox,
        reconciliation,
        rate_limit
    );
    snapshot.rollback().await.unwrap();
    rows
}

/// Both have the same rows. What differs is named, not printed: it may be long.
fn assert_same(
    found: &BTreeMap<&'static str, Vec<String>>,
    expected: &BTreeMap<&'static str, Vec<String>>,
) {
    for (table, rows) in expected {
        let found = &found[table];
        assert_eq!(found.len(), rows.len(), "rows of {table}");
        let differs = found.iter().zip(rows).find(|(one, other)| one != other);
        assert_eq!(differs, None, "{table}");
    }
}

async fn rows_at(url: &str) -> BTreeMap<&'static str, Vec<String>> {
    let database = Database::open(url).await.unwrap();
    let rows = rows(&database).await;
    database.close().await.unwrap();
    rows
}

fn sqlite_at(file: &Path) -> String {
    format!("sqlite://{}?mode=rwc", file.display())
}

async fn ask(database: &Database, sql: &str) -> i64 {
    let backend = database.reader().get_database_backend();
    let statement = Statement::from_string(backend, sql);
    let row = database.reader().query_one_raw(statement).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

async fn execute(database: &Database, sql: &str) {
    let transaction = database.begin_write().await.unwrap();
    transaction.execute_unprepared(sql).await.unwrap();
    transaction.commit().await.unwrap();
}

/// From then on no job writes any more.
async fn everything_is_sent(app: &TestApp) {
    eventually("everything is sent", async || {
        let tasks = outbox::Entity::find().all(app.shop.database.reader());
        let tasks = tasks.await.unwrap();
        tasks.iter().all(|task| task.state == "done").then_some(())
    })
    .await;
}

/// A shop with a row of everything: orders in two currencies, money that went back, what waits,
/// what failed, and what its owner has settled.
async fn shop_with_everything() -> TestApp {
    let app = TestApp::without_webhooks().await;
    let paid = app.begin(&[("PEN", 2), ("MUG", 1)]).await;
    app.pay_by_card(&paid).await;
    let dollars = app.begin(&[("DOLLAR", 1)]).await;
    app.pay_by_card(&dollars).await;
    let delayed = app.begin(&[("PEN", 1)]).await;
    app.pay_by_sepa(&delayed, IBAN_SUCCEEDS).await;
    app.begin(&[("MUG", 1)]).await;
    app.at_stripe(&paid, "refund", json!({ "amount": 300 }))
        .await;
    app.at_stripe(&dollars, "dispute", json!({})).await;
    app.event("checkout.session.async_payment_succeeded").await;
    for event in app.stripe_events().await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    // In words that a copy could spoil.
    let odd = json!({ "id": "dp_1", "amount": 1, "currency": "eur", "status": "unheard_of",
        "payment_intent": "x", "note": "Ünïcödé \" \\ \\u0000 \n 🫖" });
    assert_eq!(
        app.deliver(&event("charge.dispute.created", &odd)).await,
        200
    );
    let waits = json!({ "id": "re_9", "amount": 1, "currency": "eur", "status": "succeeded",
        "payment_intent": "pi_unknown" });
    assert_eq!(app.deliver(&event("refund.created", &waits)).await, 200);
    app.execute(
        "UPDATE checkout SET client = 'c', client_network = 'n' WHERE state = 'open'; \
         INSERT INTO rate_limit (action, client, count, expires_at) \
         VALUES ('checkout', 'c', 9007199254740993, '2999-01-01T00:00:00Z')",
    )
    .await;
    let reconciled = Till::new().beside(&app, &["reconcile"]);
    assert_eq!(reconciled.code, Some(0), "{reconciled:?}");
    for order in app.orders().await {
        let resolve = [
            "orders",
            "resolve",
            &order.number,
            "--note",
            "it's \"settled\"",
        ];
        Till::new().beside(&app, &resolve);
    }
    let difference = order_difference::Model {
        stripe_session_id: "cs_1".to_owned(),
        kind: "amount_differs".to_owned(),
        order_id: app.orders().await[0].id,
        amounts: "1 eur here, none at Stripe".to_owned(),
        found_at: shop::clock::now(),
        resolution_id: None,
    };
    let transaction = app.shop.database.begin_write().await.unwrap();
    let difference: order_difference::ActiveModel = difference.into();
    let difference = sea_orm::ActiveModelTrait::reset_all(difference);
    order_difference::Entity::insert(difference)
        .exec_without_returning(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    everything_is_sent(&app).await;
    for (table, rows) in rows(&app.shop.database).await {
        assert!(!rows.is_empty(), "no row of {table}");
    }
    app
}

// ---- What is copied ----

/// Whoever adds a table adds it to the list, or it would be missing in every backup.
#[tokio::test]
async fn the_list_names_every_table_after_those_that_it_refers_to() {
    let app = TestApp::without_webhooks().await;
    let reader = app.shop.database.reader();
    let mut names = table_names(reader).await.unwrap();
    names.retain(|name| name != STEPS);
    let mut listed: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    listed.sort_unstable();
    assert_eq!(names, listed);
    let mut seen: Vec<&str> = Vec::new();
    for table in TABLES {
        let select = match backend() {
            DbBackend::Sqlite => format!(
                "SELECT \"table\" FROM pragma_foreign_key_list('{}')",
                table.name
            ),
            _ => format!(
                "SELECT relname::text FROM pg_constraint JOIN pg_class ON pg_class.oid = confrelid \
                 WHERE contype = 'f' AND conrelid = '\"{}\"'::regclass",
                table.name
            ),
        };
        let refers = reader
            .query_all_raw(Statement::from_string(backend(), select))
            .await
            .unwrap();
        for row in refers {
            let other: String = row.try_get_by_index(0).unwrap();
            assert!(
                seen.contains(&other.as_str()),
                "{} before {other}",
                table.name
            );
        }
        seen.push(table.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_one_file_with_every_row_and_comes_back_as_it_was() {
    let app = shop_with_everything().await;
    let folder = tempfile::tempdir().unwrap();
    // A server at work holds one.
    app.execute(
        "INSERT INTO lease (name, holder, expires_at) VALUES ('x', 'y', '2999-01-01T00:00:00Z')",
    )
    .await;
    let expected = rows(&app.shop.database).await;
    let file = folder.path().join("backup.db");
    let answer = Till::new().beside(&app, &["backup", file.to_str().unwrap()]);
    succeeded(&answer);
    assert!(
        answer.said.contains("is complete and checked"),
        "{answer:?}"
    );
    assert!(answer.said.contains("2 orders, €"), "{answer:?}");
    assert!(answer.said.contains("1 order, $15.00 in all"), "{answer:?}");
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let mode = file.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let bytes = std::fs::read(&file).unwrap();

    let restored = Till::new();
    let answer = alone(&restored, &["restore", file.to_str().unwrap()]);
    succeeded(&answer);
    assert!(answer.said.contains("till reconcile --adopt"), "{answer:?}");
    assert!(!answer.said.contains("not one of"), "{answer:?}");
    let database = restored.database().await;
    assert_same(&rows(&database).await, &expected);
    let leases = lease::Entity::find().all(database.reader()).await.unwrap();
    assert!(leases.is_empty(), "{leases:?}");
    // The file can be restored again.
    assert!(
        std::fs::read(&file).unwrap() == bytes,
        "the backup has changed"
    );
    let left = std::fs::read_dir(restored.folder.path().join("data")).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name());
    assert!(
        left.into_iter()
            .all(|name| !name.to_string_lossy().contains("restore"))
    );
    // And the shop goes on as itself.
    let reconciled = run(&restored, &app, &["reconcile", "--json"]);
    assert_eq!(reconciled.json()["differences"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_moves_to_another_database_and_back() {
    let app = shop_with_everything().await;
    let expected = rows(&app.shop.database).await;
    let folder = tempfile::tempdir().unwrap();
    let file = sqlite_at(&folder.path().join("moved.db"));
    let till = Till::new();
    let answer = till.beside(&app, &["copy", "--to", &file]);
    succeeded(&answer);
    assert!(answer.said.contains("The copy is complete"), "{answer:?}");
    assert_same(&rows_at(&file).await, &expected);

    let back = TestDatabase::empty(folder.path());
    let mut command = till.command(&["copy", "--to", back.url()]);
    let output = command.env("DATABASE_URL", &file).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_same(&rows_at(back.url()).await, &expected);
    // The old one is as it was, and a second copy has no place.
    assert_same(&rows(&app.shop.database).await, &expected);
    let again = till.beside(&app, &["copy", "--to", back.url()]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.log.contains("is not empty"), "{again:?}");
}

/// As many as a shop has after years: `COPY_ORDERS=100000` in a long run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_orders_are_copied_and_are_the_same() {
    let orders = std::env::var("COPY_ORDERS").map_or(2_000, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::without_webhooks().await;
    let time = "'2026-01-01T00:00:00Z'";
    let text = match backend() {
        DbBackend::Sqlite => "printf('%032d', n)",
        _ => "lpad(n::text, 32, '0')",
    };
    let series = format!(
        "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {orders})"
    );
    let insert = |table: &str, columns: &str, values: &str| {
        format!("INSERT INTO \"{table}\" ({columns}) {series} SELECT {values} FROM series")
    };
    let pen = app.product("PEN").await.id;
    for statement in [
        insert(
            "checkout",
            "id, token, state, currency, amount_subtotal, public_url, stripe_session_id, options, expires_at, created_at, updated_at",
            &format!(
                "{text}, {text}, 'paid', 'eur', n, 'https://shop.example', 'cs_' || n, '{{}}', {time}, {time}, {time}"
            ),
        ),
        insert(
            "checkout_line",
            "checkout_id, product_id, name, unit_amount, quantity",
            &format!("{text}, {pen}, 'Green Pen', n, 1"),
        ),
        insert(
            "order",
            "number, checkout_id, stripe_session_id, stripe_payment_intent_id, currency, amount_subtotal, amount_discount, amount_shipping, amount_tax, amount_total, payment_status, customer_email, paid_at, created_at",
            &format!(
                "'N' || n, {text}, 'cs_' || n, 'pi_' || n, 'eur', n, 0, 0, 0, n, 'paid', 'ada' || n || '@example.org', {time}, {time}"
            ),
        ),
        format!(
            "INSERT INTO order_line (order_id, product_id, name, unit_amount, quantity, stock_taken) \
             SELECT id, {pen}, 'Green Pen', amount_total, 1, 1 FROM \"order\""
        ),
        insert(
            "stripe_event",
            "id, type, livemode, payload, state, checkout_id, created_at, received_at, attempts, source",
            &format!(
                "'evt_' || n, '{COMPLETED}', false, '{{\"id\": \"évt\", \"n\": ' || n || '}}', 'applied', {text}, {time}, {time}, 0, 'webhook'"
            ),
        ),
        insert(
            "outbox",
            "key, kind, checkout_id, payload, state, attempts, due_at, created_at, updated_at",
            &format!("'mail:paid:' || n, 'mail', {text}, '', 'done', 1, {time}, {time}, {time}"),
        ),
    ] {
        app.execute(&statement).await;
    }
    let file = sqlite_at(&folder.path().join("moved.db"));
    let begun = std::time::Instant::now();
    succeeded(&Till::new().beside(&app, &["copy", "--to", &file]));
    println!("{orders} orders copied in {:?}", begun.elapsed());
    let back = TestDatabase::empty(folder.path());
    let begun = std::time::Instant::now();
    let till = Till::new();
    let mut command = till.command(&["copy", "--to", back.url()]);
    let output = command.env("DATABASE_URL", &file).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        crate::till_binary::text(&output.stderr)
    );
    println!("{orders} orders copied back in {:?}", begun.elapsed());
    let expected = rows(&app.shop.database).await;
    assert_eq!(expected["order"].len(), orders);
    assert_same(&rows_at(&file).await, &expected);
    assert_same(&rows_at(back.url()).await, &expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_number_is_given_twice_by_a_restored_database() {
    let app = TestApp::without_webhooks().await;
    let task = |key: &str| {
        format!(
            "INSERT INTO outbox (key, kind, checkout_id, payload, state, due_at, created_at, updated_at) \
             VALUES ('{key}', 'mail', 'x', '', 'done', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')"
        )
    };
    for key in ["1", "2", "3"] {
        app.execute(&task(key)).await;
    }
    let last = ask(&app.shop.database, "SELECT max(id) FROM outbox").await;
    app.execute("DELETE FROM outbox WHERE key <> '1'").await;
    let folder = tempfile::tempdir().unwrap();
    let file = back_up(&app, folder.path());
    let restored = Till::new();
    succeeded(&alone(&restored, &["restore", file.to_str().unwrap()]));
    let database = restored.database().await;
    execute(&database, &task("4")).await;
    let next = ask(&database, "SELECT max(id) FROM outbox").await;
    assert_eq!(next, last + 1);
    // Of a table that is empty, too, and of one that had rows.
    execute(
        &database,
        "INSERT INTO product (sku, slug, name, description, price, currency, max_per_order, image, category, position, active, created_at, updated_at) \
         VALUES ('new', 'new', 'New', '', 1, 'eur', 1, '', '', 1, true, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')",
    )
    .await;
    let product = ask(&database, "SELECT id FROM product WHERE sku = 'new'").await;
    let known = ask(&app.shop.database, "SELECT max(id) FROM product").await;
    assert_eq!(product, known + 1);
}

#[tokio::test]
async fn tables_and_columns_of_others_are_named_and_never_dropped_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::without_webhooks().await;
    let target = Database::open(&sqlite_at(&folder.path().join("copy.db")))
        .await
        .unwrap();
    migrate(&target).await.unwrap();
    app.execute("CREATE TABLE newsletter (id INTEGER)").await;
    app.execute("ALTER TABLE product ADD COLUMN colour TEXT")
        .await;
    let refused = copy(&app.shop.database, &target, |_, _| {}).await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("\"product\"") && refused.contains("\"colour\""),
        "{refused}"
    );
    app.execute("ALTER TABLE product DROP COLUMN colour").await;
    let report = copy(&app.shop.database, &target, |_, _| {}).await.unwrap();
    assert_eq!(report.foreign_tables, ["newsletter"]);
    let products = product::Entity::find().all(target.reader()).await.unwrap();
    assert_eq!(products.len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_copy_is_of_one_moment_although_the_shop_goes_on_selling() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::without_webhooks().await;
    let target = Database::open(&sqlite_at(&folder.path().join("copy.db")))
        .await
        .unwrap();
    migrate(&target).await.unwrap();
    let before = rows(&app.shop.database).await;
    // While one table is read, somebody writes to one that was read and to one that will be.
    let write = || {
        let write = async {
            app.execute("UPDATE product SET position = position + 1")
                .await;
            app.begin(&[("PEN", 1)]).await;
        };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(write));
    };
    copy(&app.shop.database, &target, |table, _| {
        if ["setting", "checkout", "rate_limit"].contains(&table) {
            write();
        }
    })
    .await
    .unwrap();
    assert_same(&rows(&target).await, &before);
    assert_ne!(rows(&app.shop.database).await, before);
}

// ---- Under load, and reconciled ----

/// What the sandbox was really paid against the orders of a database.
async fn assert_equals_ledger(app: &TestApp, database: &Database) {
    let ledger = app.stripe_get("/_sandbox/ledger").await;
    let payments = ledger["payments"].as_array().unwrap();
    let orders = order::Entity::find().all(database.reader()).await.unwrap();
    let refunds = refund::Entity::find().all(database.reader()).await.unwrap();
    assert_eq!(orders.len(), payments.len());
    for payment in payments {
        let session = payment["session"].as_str().unwrap();
        let order = orders
            .iter()
            .find(|order| order.stripe_session_id == session);
        let order = order.unwrap_or_else(|| panic!("{session} is paid and has no order"));
        assert_eq!(payment["amount"], order.amount_total);
        assert_eq!(payment["currency"], order.currency.as_str());
        let refunded = refunds
            .iter()
            .filter(|refund| refund.order_id == order.id)
            .filter(|refund| refund.status.parse::<RefundStatus>().unwrap().counts());
        let refunded: i64 = refunded.map(|refund| refund.amount).sum();
        assert_eq!(payment["refunded"], refunded, "{session}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_taken_under_load_restored_and_reconciled_equals_the_ledger() {
    const STOCK: i64 = 100_000;
    let app = Arc::new(TestApp::start().await);
    let plenty = format!(
        "sku,slug,name,description,price,currency,stock,max_per_order,image,category,position,active\n\
         PEN,pen,Green Pen,Writes.,500,EUR,{STOCK},5,,Desk,30,true\n"
    );
    app.import(&plenty, Stock::Set).await;
    let over = Arc::new(AtomicBool::new(false));
    let shoppers: Vec<_> = (0..4)
        .map(|shopper| {
            let (app, over) = (app.clone(), over.clone());
            tokio::spawn(async move {
                let mut after = 0;
                // Some more, so that each has bought after the backup.
                while after < 3 {
                    after += usize::from(over.load(Ordering::Relaxed));
                    let checkout = app.begin(&[("PEN", 1 + shopper % 3)]).await;
                    app.pay_by_card(&checkout).await;
                    if shopper == 0 {
                        app.at_stripe(&checkout, "refund", json!({ "amount": 100 }))
                            .await;
                    }
                }
            })
        })
        .collect();
    eventually("there are orders", async || {
        (app.orders().await.len() > 20).then_some(())
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (path, beside) = (folder.path().to_owned(), app.clone());
    let file = tokio::task::spawn_blocking(move || back_up(&beside, &path));
    let file = file.await.unwrap();
    over.store(true, Ordering::Relaxed);
    for shopper in shoppers {
        shopper.await.unwrap();
    }
    // The last events of the old database, so that nothing is still on its way.
    eventually("every payment has its order", async || {
        let ledger = app.stripe_get("/_sandbox/ledger").await;
        let paid = ledger["payments"].as_array().unwrap().len();
        (app.orders().await.len() == paid).then_some(())
    })
    .await;

    let restored = Till::new();
    succeeded(&alone(&restored, &["restore", file.to_str().unwrap()]));
    let database = restored.database().await;
    let in_backup = ask(&database, "SELECT count(*) FROM \"order\"").await;
    let in_all = app.orders().await.len();
    assert!(in_backup > 0 && in_backup < i64::try_from(in_all).unwrap());

    let told = run(&restored, &app, &["reconcile", "--json"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    let adopted = run(&restored, &app, &["reconcile", "--adopt", "--json"]);
    assert_eq!(adopted.code, Some(0), "{adopted:?}");
    let settled = run(&restored, &app, &["reconcile", "--adopt", "--json"]);
    assert_eq!(settled.code, Some(0), "{settled:?}");
    assert_eq!(settled.json()["differences"], json!([]));
    assert_equals_ledger(&app, &database).await;

    // Each unit was sold once: neither held nor forgotten.
    let taken = ask(
        &database,
        "SELECT CAST(sum(stock_taken) AS BIGINT) FROM order_line",
    )
    .await;
    let pen = ask(&database, "SELECT stock FROM product WHERE sku = 'PEN'").await;
    assert_eq!(pen, STOCK - taken);
    assert_eq!(app.held_and_stock("PEN").await.1, Some(pen));
    // The numbers of the orders that were adopted are new, and those of the others are the old ones.
    let old: BTreeMap<String, String> = app
        .orders()
        .await
        .into_iter()
        .map(|order| (order.stripe_session_id, order.number))
        .collect();
    let now = order::Entity::find().all(database.reader()).await.unwrap();
    for order in now {
        let same = old[&order.stripe_session_id] == order.number;
        if order.adopted_at.is_some() {
            assert!(!old.values().any(|number| *number == order.number));
        } else if order.created_at == order.paid_at {
            assert!(same || in_backup < i64::try_from(in_all).unwrap());
        }
    }
}

// ---- What is refused ----

fn refused(answer: &Answer, words: &str) {
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(answer.log.contains(words), "{words}: {answer:?}");
    assert_eq!(answer.said, "", "{answer:?}");
}

/// A backup of a small shop.
async fn small_backup(folder: &Path) -> PathBuf {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    app.deliver(&app.event(COMPLETED).await).await;
    back_up(&app, folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_there_is_not_overwritten_unless_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::without_webhooks().await;
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "my notes").unwrap();
    let name = file.to_str().unwrap();
    let till = Till::new();
    refused(&till.beside(&app, &["backup", name]), "is there already");
    assert_eq!(std::fs::read(&file).unwrap(), b"my notes");
    succeeded(&till.beside(&app, &["backup", name, "--replace"]));
    assert!(
        std::fs::read(&file)
            .unwrap()
            .starts_with(b"SQLite format 3\0")
    );
    let nowhere = folder.path().join("nowhere/backup.db");
    let nowhere = till.beside(&app, &["backup", nowhere.to_str().unwrap()]);
    refused(&nowhere, "nowhere");
    if backend() == DbBackend::Sqlite {
        let url = app.database_url();
        let own = url
            .trim_start_matches("sqlite://")
            .trim_end_matches("?mode=rwc");
        let own = till.beside(&app, &["backup", own, "--replace"]);
        refused(&own, "belongs to the database itself");
        let log = format!(
            "{}-wal",
            app.database_url()
                .trim_start_matches("sqlite://")
                .trim_end_matches("?mode=rwc")
        );
        let log = till.beside(&app, &["backup", &log, "--replace"]);
        refused(&log, "belongs to the database itself");
        assert_eq!(app.product("PEN").await.stock, Some(40));
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_holds_something_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = small_backup(folder.path()).await;
    let file = file.to_str().unwrap();
    let till = Till::new();
    till.import(crate::test_app::PRODUCTS, &[]).unwrap();
    let before = rows_at(till.database.url()).await;
    refused(&alone(&till, &["restore", file]), "is not empty");
    assert_same(&rows_at(till.database.url()).await, &before);

    // One whose tables were made, and nothing else, is as good as none.
    let empty = Till::new();
    succeeded(&alone(&empty, &["migrate"]));
    succeeded(&alone(&empty, &["restore", file]));
    refused(&alone(&empty, &["restore", file]), "is not empty");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_in_use_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = small_backup(folder.path()).await;
    let file = file.to_str().unwrap();
    let till = Till::new();
    succeeded(&alone(&till, &["migrate"]));
    let open = till.database().await;
    refused(&alone(&till, &["restore", file]), "in use");
    let expires = shop::clock::now() + time::Duration::seconds(20);
    execute(
        &open,
        &format!(
            "INSERT INTO lease (name, holder, expires_at) VALUES ('sweep', 'x', '{}')",
            shop::clock::written(expires)
        ),
    )
    .await;
    open.close().await.unwrap();
    refused(
        &alone(&till, &["restore", file]),
        "in use: a server works on it",
    );
    let open = till.database().await;
    execute(
        &open,
        "UPDATE lease SET expires_at = '2026-01-01T00:00:00Z'",
    )
    .await;
    open.close().await.unwrap();
    succeeded(&alone(&till, &["restore", file]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_shop_is_not_restored_into() {
    let folder = tempfile::tempdir().unwrap();
    let file = small_backup(folder.path()).await;
    let app = TestApp::without_webhooks().await;
    let before = rows(&app.shop.database).await;
    let answer = Till::new().beside(&app, &["restore", file.to_str().unwrap()]);
    refused(&answer, "Stop the shop first");
    assert_same(&rows(&app.shop.database).await, &before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_an_older_version_is_brought_up_to_date_and_one_of_a_newer_refused() {
    let folder = tempfile::tempdir().unwrap();
    let older = folder.path().join("older.db");
    let database = Database::open(&sqlite_at(&older)).await.unwrap();
    // Before orders had numbers, and the shop an id.
    Migrator::up(database.bare_writer(), Some(12))
        .await
        .unwrap();
    let time = "'2026-01-01 00:00:00+00:00'";
    execute(
        &database,
        &format!(
            "INSERT INTO checkout (id, token, state, currency, amount_subtotal, public_url, options, expires_at, created_at, updated_at) \
             VALUES ('a', 'a', 'paid', 'eur', 500, 'http://x', '{{}}', {time}, {time}, {time}); \
             INSERT INTO \"order\" (id, checkout_id, stripe_session_id, currency, amount_subtotal, amount_discount, amount_shipping, \
             amount_tax, amount_total, payment_status, paid_at, created_at) \
             VALUES (7, 'a', 'cs_1', 'eur', 500, 0, 0, 0, 500, 'paid', {time}, {time})"
        ),
    )
    .await;
    database.close().await.unwrap();
    let till = Till::new();
    let bytes = std::fs::read(&older).unwrap();
    succeeded(&alone(&till, &["restore", older.to_str().unwrap()]));
    assert!(std::fs::read(&older).unwrap() == bytes);
    let restored = till.database().await;
    let orders = order::Entity::find().all(restored.reader()).await.unwrap();
    assert_eq!((orders.len(), orders[0].number.as_str()), (1, "7"));
    assert_eq!(
        orders[0].paid_at,
        time::macros::datetime!(2026-01-01 00:00 UTC)
    );
    assert!(shop::identity::identity(&restored).await.is_ok());

    let newer = small_backup(folder.path()).await;
    let database = Database::open(&sqlite_at(&newer)).await.unwrap();
    execute(
        &database,
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000001_future', 1)",
    )
    .await;
    database.close().await.unwrap();
    let till = Till::new();
    let answer = alone(&till, &["restore", newer.to_str().unwrap()]);
    refused(&answer, "belongs to a newer version of Till");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_no_backup_or_damaged_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = small_backup(folder.path()).await;
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(path("text"), "sku,slug\n".repeat(100)).unwrap();
    std::fs::write(path("short"), "x").unwrap();
    std::fs::write(path("cut"), &bytes[..bytes.len() / 2]).unwrap();
    let mut spoilt = bytes.clone();
    let middle = spoilt.len() / 2;
    spoilt[middle..middle + 8192].fill(0xff);
    std::fs::write(path("spoilt"), &spoilt).unwrap();
    let other = Database::open(&sqlite_at(&folder.path().join("other")))
        .await
        .unwrap();
    execute(&other, "CREATE TABLE other (x INTEGER)").await;
    other.close().await.unwrap();
    let till = Till::new();
    for (name, words) in [
        ("missing", "No such file"),
        ("text", "is not a SQLite file"),
        ("short", "is not a SQLite file"),
        ("cut", "cut is damaged"),
        ("spoilt", "spoilt is damaged"),
        ("other", "none of its tables"),
    ] {
        refused(&alone(&till, &["restore", &path(name)]), words);
    }
    succeeded(&alone(&till, &["restore", file.to_str().unwrap()]));
}

/// SQLite's file alone lacks what is still in its log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_copied_from_a_running_shop_is_told_apart_from_a_backup() {
    if backend() != DbBackend::Sqlite {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    app.deliver(&app.event(COMPLETED).await).await;
    let url = app.database_url();
    let own = url
        .trim_start_matches("sqlite://")
        .trim_end_matches("?mode=rwc");
    let file = folder.path().join("till.db");
    let name = file.to_str().unwrap();
    everything_is_sent(&app).await;
    std::fs::copy(own, &file).unwrap();
    let restored = Till::new();
    let answer = alone(&restored, &["restore", name]);
    // Whether any table has reached the file depends on how much was written.
    assert!(
        answer.said.contains("not one of `till backup`") || answer.log.contains("none of its"),
        "{answer:?}"
    );
    // With the log beside it nothing is missing.
    std::fs::copy(format!("{own}-wal"), folder.path().join("till.db-wal")).unwrap();
    let restored = Till::new();
    let answer = alone(&restored, &["restore", name]);
    succeeded(&answer);
    assert!(!answer.said.contains("not one of"), "{answer:?}");
    let database = restored.database().await;
    assert_same(&rows(&database).await, &rows(&app.shop.database).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_not_repeated() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let secret = "postgres://till:verysecret@127.0.0.1:1/till";
    let answer = till.beside(&app, &["copy", "--to", secret]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(!answer.log.contains("verysecret"), "{answer:?}");
    for no_address in [
        "mysql://till:verysecret@x/y",
        "postgres://a:verysecret/c@d:e",
    ] {
        let answer = till.beside(&app, &["copy", "--to", no_address]);
        refused(&answer, "--to ");
        assert!(!answer.log.contains("verysecret"), "{answer:?}");
    }
}
