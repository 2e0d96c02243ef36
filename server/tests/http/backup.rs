//! `till backup`, `till restore` and `till copy`: the data is the same afterwards, whichever
//! database it came from, and an existing shop is never overwritten.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, Statement};
use serde_json::json;
use server::application::migrate;
use shop::catalog::import::StockMode;
use shop::database::Database;
use shop::database::copy::{copy, table_names};
use shop::database::tables::{MIGRATIONS_TABLE, TABLES};
use shop::entity::{
    checkout, checkout_line, dispute, lease, order, order_difference, order_line, order_resolution,
    order_resolution_item, order_tax, outbox, product, rate_limit, reconciliation, refund, setting,
    stripe_event, withdrawal,
};
use shop::reconcile::Kind;
use shop::withdrawals::{self, Part, Submission, submit};

use crate::test_app::{IBAN_SUCCEEDS, TestApp, event, eventually};
use crate::test_database::{TestDatabase, backend};
use crate::till_binary::{CommandOutput, Till, text};

const COMPLETED: &str = "checkout.session.completed";

/// Runs the program on its own database, with `app`'s Stripe.
fn run(till: &Till, app: &TestApp, arguments: &[&str]) -> CommandOutput {
    let mut command = till.command(arguments);
    let output = command
        .envs(app.environment())
        .env("DATABASE_URL", till.database.url())
        .output()
        .unwrap();
    CommandOutput {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// Runs the program on its own database, without a Stripe.
fn run_without_stripe(till: &Till, arguments: &[&str]) -> CommandOutput {
    let mut command = till.command(arguments);
    let output = command
        .env("DATABASE_URL", till.database.url())
        .output()
        .unwrap();
    CommandOutput {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

fn assert_succeeded(answer: &CommandOutput) {
    assert_eq!(answer.code, Some(0), "{answer:?}");
}

/// Backs the shop up to a file in this folder.
fn back_up(app: &TestApp, folder: &Path) -> PathBuf {
    let file = folder.join("backup.db");
    let arguments = ["backup", file.to_str().unwrap(), "--replace"];
    assert_succeeded(&Till::new().run_with(app, &arguments));
    file
}

/// All rows of all tables except the leases, by table, as SeaORM reads them.
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
        order_tax,
        refund,
        dispute,
        order_resolution,
        order_resolution_item,
        order_difference,
        withdrawal,
        stripe_event,
        outbox,
        reconciliation,
        rate_limit
    );
    snapshot.rollback().await.unwrap();
    rows
}

/// Asserts that both have the same rows. Names what differs without printing it: it may be long.
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

async fn query_number(database: &Database, sql: &str) -> i64 {
    let backend = database.reader().get_database_backend();
    let statement = Statement::from_string(backend, sql);
    let row = database.reader().query_one_raw(statement).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

async fn execute(database: &Database, sql: &str) {
    let transaction = database.begin_write("test").await.unwrap();
    transaction.execute_unprepared(sql).await.unwrap();
    transaction.commit().await.unwrap();
}

/// Afterwards no job writes any more.
async fn wait_until_all_sent(app: &TestApp) {
    eventually("everything is sent", async || {
        let tasks = outbox::Entity::find().all(app.shop.database.reader());
        let tasks = tasks.await.unwrap();
        tasks
            .iter()
            .all(|task| task.state.as_ref() == "done")
            .then_some(())
    })
    .await;
}

/// A shop with at least one row in every table: orders in two currencies, refunds, waiting and
/// failed events, and what its owner has resolved.
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
    let statement = withdrawals::Statement {
        name: "Zoë <b>".to_owned(),
        email: "zoe@example.com".to_owned(),
        contract: "½ mug".to_owned(),
        part: Part::Described("the \"handle\"".to_owned()),
    };
    let submission = Submission {
        statement: &statement,
        attempt: "",
        order: app.orders().await.first().map(|order| order.id),
        language: "de",
        client: None,
    };
    let received = submit(&app.shop, &submission).await.unwrap();
    assert_eq!(received.unwrap().statement, statement);
    // With characters that a careless copy would damage.
    let dispute = json!({ "id": "dp_1", "amount": 1, "currency": "eur", "status": "unheard_of",
        "payment_intent": "x", "note": "Ünïcödé \" \\ \\u0000 \n 🫖" });
    assert_eq!(
        app.deliver(&event("charge.dispute.created", &dispute))
            .await,
        200
    );
    let waits = json!({ "id": "re_9", "amount": 1, "currency": "eur", "status": "succeeded",
        "payment_intent": "pi_unknown" });
    assert_eq!(app.deliver(&event("refund.created", &waits)).await, 200);
    app.execute(
        "UPDATE checkout SET client = 'c', client_network = 'n' WHERE state = 'open'; \
         INSERT INTO rate_limit (action, client, count, expires_at) \
         VALUES ('checkout', 'c', 9007199254740993, '2999-01-01T00:00:00Z');",
    )
    .await;
    let reconciled = Till::new().run_with(&app, &["reconcile"]);
    assert_eq!(reconciled.code, Some(0), "{reconciled:?}");
    for order in app.orders().await {
        let resolve = [
            "orders",
            "resolve",
            &order.number,
            "--note",
            "it's \"settled\"",
        ];
        Till::new().run_with(&app, &resolve);
    }
    let difference = order_difference::Model {
        stripe_session_id: "cs_1".to_owned(),
        kind: Kind::AmountDiffers,
        order_id: app.orders().await[0].id,
        amounts: "1 eur here, none at Stripe".to_owned(),
        found_at: shop::clock::now(),
        resolution_id: None,
    };
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    let difference: order_difference::ActiveModel = difference.into();
    let difference = sea_orm::ActiveModelTrait::reset_all(difference);
    order_difference::Entity::insert(difference)
        .exec_without_returning(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    wait_until_all_sent(&app).await;
    // Only now: what is fetched about a payment replaces its taxes.
    app.execute(
        "INSERT INTO order_tax (order_id, position, name, percentage, inclusive, amount) \
         SELECT min(id), 0, 'VAT', '8.875', true, 9007199254740993 FROM \"order\"",
    )
    .await;
    for (table, rows) in rows(&app.shop.database).await {
        assert!(!rows.is_empty(), "no row of {table}");
    }
    app
}

// ---- What is copied ----

/// A new table must be added to the list, or every backup would lack it.
#[tokio::test]
async fn the_table_list_has_every_table_after_those_it_references() {
    let app = TestApp::without_webhooks().await;
    let reader = app.shop.database.reader();
    let mut names = table_names(reader).await.unwrap();
    names.retain(|name| name != MIGRATIONS_TABLE);
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
async fn a_backup_is_one_file_with_every_row_and_restores_unchanged() {
    let app = shop_with_everything().await;
    let folder = tempfile::tempdir().unwrap();
    // A running server holds a lease.
    app.execute(
        "INSERT INTO lease (name, holder, expires_at) VALUES ('x', 'y', '2999-01-01T00:00:00Z')",
    )
    .await;
    let expected = rows(&app.shop.database).await;
    let file = folder.path().join("backup.db");
    let answer = Till::new().run_with(&app, &["backup", file.to_str().unwrap()]);
    assert_succeeded(&answer);
    assert!(
        answer.stdout.contains("is complete and checked"),
        "{answer:?}"
    );
    assert!(answer.stdout.contains("2 orders, €"), "{answer:?}");
    assert!(
        answer.stdout.contains("1 order, $15.00 in all"),
        "{answer:?}"
    );
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let mode = file.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let bytes = std::fs::read(&file).unwrap();

    let restored = Till::new();
    let answer = run_without_stripe(&restored, &["restore", file.to_str().unwrap()]);
    assert_succeeded(&answer);
    assert!(
        answer.stdout.contains("till reconcile --adopt"),
        "{answer:?}"
    );
    assert!(!answer.stdout.contains("was not written by"), "{answer:?}");
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
    // The restored shop keeps its identity.
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
    let answer = till.run_with(&app, &["copy", "--to", &file]);
    assert_succeeded(&answer);
    assert!(answer.stdout.contains("The copy is complete"), "{answer:?}");
    assert_same(&rows_at(&file).await, &expected);

    let moved_back = TestDatabase::empty(folder.path());
    let mut command = till.command(&["copy", "--to", moved_back.url()]);
    let output = command.env("DATABASE_URL", &file).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_same(&rows_at(moved_back.url()).await, &expected);
    // The source is unchanged, and a second copy is refused because the target is not empty.
    assert_same(&rows(&app.shop.database).await, &expected);
    let again = till.run_with(&app, &["copy", "--to", moved_back.url()]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stderr.contains("is not empty"), "{again:?}");
}

/// `COPY_ORDERS` sets how many; a long run takes 100000.
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
        "WITH RECURSIVE series(n) AS \
         (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {orders})"
    );
    let insert = |table: &str, columns: &str, values: &str| {
        format!("INSERT INTO \"{table}\" ({columns}) {series} SELECT {values} FROM series")
    };
    let pen = app.variant("PEN").await.id;
    for statement in [
        insert(
            "checkout",
            "id, token, state, currency, amount_subtotal, public_url, stripe_session_id, options, \
             expires_at, created_at, updated_at",
            &format!(
                "{text}, {text}, 'paid', 'eur', n, 'https://shop.example', 'cs_' || n, '{{}}', \
                 {time}, {time}, {time}"
            ),
        ),
        insert(
            "checkout_line",
            "checkout_id, variant_id, sku, product_name, variant_name, unit_amount, quantity",
            &format!("{text}, {pen}, 'PEN', 'Green Pen', '', n, 1"),
        ),
        insert(
            "order",
            "number, checkout_id, stripe_session_id, stripe_payment_intent_id, currency, \
             amount_subtotal, amount_discount, amount_shipping, amount_tax, amount_total, \
             payment_status, customer_email, paid_at, created_at",
            &format!(
                "'N' || n, {text}, 'cs_' || n, 'pi_' || n, 'eur', n, 0, 0, 0, n, 'paid', 'ada' || \
                 n || '@example.org', {time}, {time}"
            ),
        ),
        format!(
            "INSERT INTO order_line \
             (order_id, variant_id, sku, product_name, variant_name, unit_amount, quantity, \
             stock_taken) \
             SELECT id, {pen}, 'PEN', 'Green Pen', '', amount_total, 1, 1 FROM \"order\""
        ),
        insert(
            "stripe_event",
            "id, type, livemode, payload, state, checkout_id, created_at, received_at, attempts, \
             source",
            &format!(
                "'evt_' || n, '{COMPLETED}', false, '{{\"id\": \"évt\", \"n\": ' || n || '}}', \
                 'applied', {text}, {time}, {time}, 0, 'webhook'"
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
    let started = std::time::Instant::now();
    assert_succeeded(&Till::new().run_with(&app, &["copy", "--to", &file]));
    println!("{orders} orders copied in {:?}", started.elapsed());
    let moved_back = TestDatabase::empty(folder.path());
    let started = std::time::Instant::now();
    let till = Till::new();
    let mut command = till.command(&["copy", "--to", moved_back.url()]);
    let output = command.env("DATABASE_URL", &file).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        crate::till_binary::text(&output.stderr)
    );
    println!("{orders} orders copied back in {:?}", started.elapsed());
    let expected = rows(&app.shop.database).await;
    assert_eq!(expected["order"].len(), orders);
    assert_same(&rows_at(&file).await, &expected);
    assert_same(&rows_at(moved_back.url()).await, &expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_database_reuses_no_id() {
    let app = TestApp::without_webhooks().await;
    let task = |key: &str| {
        format!(
            "INSERT INTO outbox (key, kind, checkout_id, payload, state, due_at, created_at, \
             updated_at) \
             VALUES ('{key}', 'mail', 'x', '', 'done', '2026-01-01T00:00:00Z', \
             '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')"
        )
    };
    for key in ["1", "2", "3"] {
        app.execute(&task(key)).await;
    }
    let last = query_number(&app.shop.database, "SELECT max(id) FROM outbox").await;
    app.execute("DELETE FROM outbox WHERE key <> '1'").await;
    let folder = tempfile::tempdir().unwrap();
    let file = back_up(&app, folder.path());
    let restored = Till::new();
    assert_succeeded(&run_without_stripe(
        &restored,
        &["restore", file.to_str().unwrap()],
    ));
    let database = restored.database().await;
    execute(&database, &task("4")).await;
    let next = query_number(&database, "SELECT max(id) FROM outbox").await;
    assert_eq!(next, last + 1);
    // Both for a table that is empty and for one that had rows.
    execute(
        &database,
        "INSERT INTO product (slug, name, description, position, active, created_at, updated_at) \
         VALUES ('new', 'New', '', 1, true, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')",
    )
    .await;
    let product = query_number(&database, "SELECT id FROM product WHERE slug = 'new'").await;
    let known = query_number(&app.shop.database, "SELECT max(id) FROM product").await;
    assert_eq!(product, known + 1);
}

#[tokio::test]
async fn unknown_tables_and_columns_are_reported_and_never_dropped_silently() {
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
async fn the_copy_is_a_snapshot_although_the_shop_keeps_selling() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::without_webhooks().await;
    let target = Database::open(&sqlite_at(&folder.path().join("copy.db")))
        .await
        .unwrap();
    migrate(&target).await.unwrap();
    let before = rows(&app.shop.database).await;
    // While one table is read, another connection writes to a table already read and to one not yet
    // read.
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

// ---- Under load, then reconciled ----

/// Asserts that a database's orders match the payments in the sandbox's ledger.
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
            .filter(|refund| refund.status.counts());
        let refunded: i64 = refunded.map(|refund| refund.amount).sum();
        assert_eq!(payment["refunded"], refunded, "{session}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_taken_under_load_restored_and_reconciled_equals_the_ledger() {
    const STOCK: i64 = 100_000;
    let app = Arc::new(TestApp::start().await);
    let products = format!(
        "sku,slug,name,description,price,currency,stock,max_per_order,image,\
         category,position,active\n\
         PEN,pen,Green Pen,Writes.,500,EUR,{STOCK},5,,Desk,30,true\n"
    );
    app.import(&products, StockMode::Set).await;
    let stop = Arc::new(AtomicBool::new(false));
    let shoppers: Vec<_> = (0..4)
        .map(|shopper| {
            let (app, stop) = (app.clone(), stop.clone());
            tokio::spawn(async move {
                let mut after = 0;
                // A few more, so that each shopper has bought after the backup.
                while after < 3 {
                    after += usize::from(stop.load(Ordering::Relaxed));
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
    stop.store(true, Ordering::Relaxed);
    for shopper in shoppers {
        shopper.await.unwrap();
    }
    // Wait for the last events of the old database, so that none is in flight.
    eventually("every payment has its order", async || {
        let ledger = app.stripe_get("/_sandbox/ledger").await;
        let paid = ledger["payments"].as_array().unwrap().len();
        (app.orders().await.len() == paid).then_some(())
    })
    .await;

    let restored = Till::new();
    assert_succeeded(&run_without_stripe(
        &restored,
        &["restore", file.to_str().unwrap()],
    ));
    let database = restored.database().await;
    let in_backup = query_number(&database, "SELECT count(*) FROM \"order\"").await;
    let in_all = app.orders().await.len();
    assert!(in_backup > 0 && in_backup < i64::try_from(in_all).unwrap());

    let report = run(&restored, &app, &["reconcile", "--json"]);
    assert_eq!(report.code, Some(1), "{report:?}");
    let adopted = run(&restored, &app, &["reconcile", "--adopt", "--json"]);
    assert_eq!(adopted.code, Some(0), "{adopted:?}");
    let adopted = run(&restored, &app, &["reconcile", "--adopt", "--json"]);
    assert_eq!(adopted.code, Some(0), "{adopted:?}");
    assert_eq!(adopted.json()["differences"], json!([]));
    assert_equals_ledger(&app, &database).await;

    // Each unit was sold once: none is still held, none was lost.
    let taken = query_number(
        &database,
        "SELECT CAST(sum(stock_taken) AS BIGINT) FROM order_line",
    )
    .await;
    let pen = query_number(&database, "SELECT stock FROM variant WHERE sku = 'PEN'").await;
    assert_eq!(pen, STOCK - taken);
    assert_eq!(app.held_and_stock("PEN").await.1, Some(pen));
    // Adopted orders have new numbers; the others keep theirs.
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

fn assert_refused(answer: &CommandOutput, message: &str) {
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(answer.stderr.contains(message), "{message}: {answer:?}");
    assert_eq!(answer.stdout, "", "{answer:?}");
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
async fn an_existing_file_is_overwritten_only_with_replace() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::without_webhooks().await;
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "my notes").unwrap();
    let name = file.to_str().unwrap();
    let till = Till::new();
    assert_refused(&till.run_with(&app, &["backup", name]), "already exists");
    assert_eq!(std::fs::read(&file).unwrap(), b"my notes");
    assert_succeeded(&till.run_with(&app, &["backup", name, "--replace"]));
    assert!(
        std::fs::read(&file)
            .unwrap()
            .starts_with(b"SQLite format 3\0")
    );
    let nowhere = folder.path().join("nowhere/backup.db");
    let nowhere = till.run_with(&app, &["backup", nowhere.to_str().unwrap()]);
    assert_refused(&nowhere, "nowhere");
    if backend() == DbBackend::Sqlite {
        let url = app.database_url();
        let own = url
            .trim_start_matches("sqlite://")
            .trim_end_matches("?mode=rwc");
        let own = till.run_with(&app, &["backup", own, "--replace"]);
        assert_refused(&own, "is a file of the database itself");
        let log = format!(
            "{}-wal",
            app.database_url()
                .trim_start_matches("sqlite://")
                .trim_end_matches("?mode=rwc")
        );
        let log = till.run_with(&app, &["backup", &log, "--replace"]);
        assert_refused(&log, "is a file of the database itself");
        assert_eq!(app.variant("PEN").await.stock, Some(40));
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_leaves_a_database_that_is_not_empty_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let file = small_backup(folder.path()).await;
    let file = file.to_str().unwrap();
    let till = Till::new();
    till.import(crate::test_app::PRODUCTS, &[]).unwrap();
    let before = rows_at(till.database.url()).await;
    assert_refused(
        &run_without_stripe(&till, &["restore", file]),
        "is not empty",
    );
    assert_same(&rows_at(till.database.url()).await, &before);

    // A database that was only migrated counts as empty.
    let empty = Till::new();
    assert_succeeded(&run_without_stripe(&empty, &["migrate"]));
    assert_succeeded(&run_without_stripe(&empty, &["restore", file]));
    assert_refused(
        &run_without_stripe(&empty, &["restore", file]),
        "is not empty",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_leaves_a_database_in_use_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let file = small_backup(folder.path()).await;
    let file = file.to_str().unwrap();
    let till = Till::new();
    assert_succeeded(&run_without_stripe(&till, &["migrate"]));
    let open = till.database().await;
    assert_refused(&run_without_stripe(&till, &["restore", file]), "in use");
    let expires = shop::clock::now() + time::Duration::seconds(20);
    execute(
        &open,
        &format!(
            "INSERT INTO lease (name, holder, expires_at) VALUES ('sweep', 'x', '{}')",
            shop::clock::rfc3339(expires)
        ),
    )
    .await;
    open.close().await.unwrap();
    assert_refused(
        &run_without_stripe(&till, &["restore", file]),
        "in use: a server uses it",
    );
    let open = till.database().await;
    execute(
        &open,
        "UPDATE lease SET expires_at = '2026-01-01T00:00:00Z'",
    )
    .await;
    open.close().await.unwrap();
    assert_succeeded(&run_without_stripe(&till, &["restore", file]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_refuses_the_database_of_a_running_shop() {
    let folder = tempfile::tempdir().unwrap();
    let file = small_backup(folder.path()).await;
    let app = TestApp::without_webhooks().await;
    let before = rows(&app.shop.database).await;
    let answer = Till::new().run_with(&app, &["restore", file.to_str().unwrap()]);
    assert_refused(&answer, "Stop the shop first");
    assert_same(&rows(&app.shop.database).await, &before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_an_older_version_is_migrated_and_one_of_a_newer_version_refused() {
    let folder = tempfile::tempdir().unwrap();
    let older = folder.path().join("older.db");
    let database = Database::open(&sqlite_at(&older)).await.unwrap();
    // One migration is missing.
    let before = u32::try_from(Migrator::migrations().len()).unwrap() - 1;
    Migrator::up(database.bare_writer(), Some(before))
        .await
        .unwrap();
    let time = "'2026-01-01 00:00:00+00:00'";
    execute(
        &database,
        &format!(
            "INSERT INTO checkout (id, token, state, currency, amount_subtotal, public_url, \
             options, expires_at, created_at, updated_at) \
             VALUES ('a', 'a', 'paid', 'eur', 500, 'http://x', '{{}}', {time}, {time}, {time}); \
             INSERT INTO \"order\" (id, number, checkout_id, stripe_session_id, currency, \
             amount_subtotal, amount_discount, amount_shipping, amount_tax, amount_total, \
             payment_status, paid_at, created_at) \
             VALUES (7, 'K7QM-3XPA', 'a', 'cs_1', 'eur', 500, 0, 0, 0, 500, 'paid', {time}, {time})"
        ),
    )
    .await;
    database.close().await.unwrap();
    let till = Till::new();
    let bytes = std::fs::read(&older).unwrap();
    assert_succeeded(&run_without_stripe(
        &till,
        &["restore", older.to_str().unwrap()],
    ));
    assert!(std::fs::read(&older).unwrap() == bytes);
    let restored = till.database().await;
    let orders = order::Entity::find().all(restored.reader()).await.unwrap();
    assert_eq!((orders.len(), orders[0].number.as_str()), (1, "K7QM-3XPA"));
    assert_eq!(
        orders[0].paid_at,
        time::macros::datetime!(2026-01-01 00:00 UTC)
    );
    assert!(shop::identity::load_identity(&restored).await.is_ok());
    // The migration that was missing has been applied.
    let searches = shop::entity::order_search::Entity::find()
        .count(restored.reader())
        .await
        .unwrap();
    assert_eq!(searches, 0);

    let newer = small_backup(folder.path()).await;
    let database = Database::open(&sqlite_at(&newer)).await.unwrap();
    execute(
        &database,
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000001_future', 1)",
    )
    .await;
    database.close().await.unwrap();
    let till = Till::new();
    let answer = run_without_stripe(&till, &["restore", newer.to_str().unwrap()]);
    assert_refused(&answer, "belongs to a newer version of Till");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_no_backup_or_is_damaged_is_refused_with_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let file = small_backup(folder.path()).await;
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(path("text"), "sku,slug\n".repeat(100)).unwrap();
    std::fs::write(path("short"), "x").unwrap();
    std::fs::write(path("cut"), &bytes[..bytes.len() / 2]).unwrap();
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8192].fill(0xff);
    std::fs::write(path("spoilt"), &damaged).unwrap();
    let other = Database::open(&sqlite_at(&folder.path().join("other")))
        .await
        .unwrap();
    execute(&other, "CREATE TABLE other (x INTEGER)").await;
    other.close().await.unwrap();
    let till = Till::new();
    for (name, message) in [
        ("missing", "No such file"),
        ("text", "is not a SQLite file"),
        ("short", "is not a SQLite file"),
        ("cut", "cut is damaged"),
        ("spoilt", "spoilt is damaged"),
        ("other", "none of its tables"),
    ] {
        assert_refused(
            &run_without_stripe(&till, &["restore", &path(name)]),
            message,
        );
    }
    assert_succeeded(&run_without_stripe(
        &till,
        &["restore", file.to_str().unwrap()],
    ));
}

/// SQLite's main file lacks what is still in its WAL.
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
    wait_until_all_sent(&app).await;
    std::fs::copy(own, &file).unwrap();
    let restored = Till::new();
    let answer = run_without_stripe(&restored, &["restore", name]);
    // How much has reached the file depends on how much was written.
    assert!(
        answer.stdout.contains("was not written by") || answer.stderr.contains("none of its"),
        "{answer:?}"
    );
    // With the WAL beside it nothing is missing.
    std::fs::copy(format!("{own}-wal"), folder.path().join("till.db-wal")).unwrap();
    let restored = Till::new();
    let answer = run_without_stripe(&restored, &["restore", name]);
    assert_succeeded(&answer);
    assert!(!answer.stdout.contains("was not written by"), "{answer:?}");
    let database = restored.database().await;
    assert_same(&rows(&database).await, &rows(&app.shop.database).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_appears_in_no_output() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let secret = "postgres://till:verysecret@127.0.0.1:1/till";
    let answer = till.run_with(&app, &["copy", "--to", secret]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(!answer.stderr.contains("verysecret"), "{answer:?}");
    for no_address in [
        "mysql://till:verysecret@x/y",
        "postgres://a:verysecret/c@d:e",
    ] {
        let answer = till.run_with(&app, &["copy", "--to", no_address]);
        assert_refused(&answer, "--to ");
        assert!(!answer.stderr.contains("verysecret"), "{answer:?}");
    }
}
