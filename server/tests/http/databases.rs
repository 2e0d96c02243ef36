//! What the shop needs from its database, and what it does while the database is failing. Runs on
//! SQLite and PostgreSQL.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, TransactionTrait,
};
use serde_json::{Value, json};
use server::application::migrate;
use shop::catalog::import::StockMode;
use shop::database::Database;
use shop::entity::{lease, product};
use shop::inbox::retry::retry_due;
use shop::lease::{Job, Lease};
use tokio::task::JoinSet;

use crate::test_app::{PRODUCTS, TestApp, assert_refused, event, eventually, paid_session};
use crate::test_database::{TestDatabase, backend};
use crate::till_binary::Till;

const COMPLETED: &str = "checkout.session.completed";

async fn run(database: &Database, sql: &str) {
    database
        .bare_writer()
        .execute_unprepared(sql)
        .await
        .unwrap();
}

// ---- Startup ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_servers_that_start_on_an_empty_database_each_finds_all_tables() {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::empty(folder.path());
    let mut starting = JoinSet::new();
    for _ in 0..8 {
        let url = database.url().to_owned();
        starting.spawn(async move {
            let database = Database::open(&url).await.unwrap();
            migrate(&database).await.unwrap();
            let products = product::Entity::find()
                .all(database.reader())
                .await
                .unwrap();
            database.close().await.unwrap();
            products.len()
        });
    }
    assert_eq!(starting.join_all().await, [0; 8]);
}

#[tokio::test]
async fn of_many_programs_that_start_on_an_empty_database_each_succeeds() {
    let till = Till::new();
    let starting: Vec<_> = (0..5)
        .map(|_| till.command(&["migrate"]).spawn().unwrap())
        .collect();
    for mut program in starting {
        assert!(program.wait().unwrap().success());
    }
}

/// How many connections of one server may write.
fn writers() -> usize {
    match backend() {
        DbBackend::Sqlite => 1,
        _ => 3,
    }
}

/// Waiting inside PostgreSQL for a product's row halved the number of orders per second.
#[tokio::test]
async fn writers_wait_outside_the_database_and_readers_do_not() {
    let app = TestApp::without_webhooks().await;
    assert_max_writers(&app.shop.database, writers()).await;
}

#[tokio::test]
async fn the_owner_sets_how_many_write_at_once() {
    let five = NonZeroU32::new(5).unwrap();
    let app = TestApp::without_webhooks_with(|config| config.storage.postgres_writers = five).await;
    let writers = match backend() {
        DbBackend::Sqlite => 1,
        _ => 5,
    };
    assert_max_writers(&app.shop.database, writers).await;
}

async fn assert_max_writers(database: &Database, writers: usize) {
    let mut writing = Vec::new();
    for _ in 0..writers {
        writing.push(database.begin_write("test").await.unwrap());
    }
    let next = database.begin_write("test");
    tokio::pin!(next);
    let soon = Duration::from_millis(500);
    assert!(tokio::time::timeout(soon, &mut next).await.is_err());
    assert_eq!(query(database.reader(), "SELECT 'read'").await, "read");
    writing.pop().unwrap().commit().await.unwrap();
    next.await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn every_connection_has_its_settings() {
    let app = TestApp::without_webhooks().await;
    let mut database = app.shop.database.clone();
    if backend() == DbBackend::Postgres {
        // It must override a default that confirms before writing.
        let name = query(database.reader(), "SELECT current_database()::text").await;
        let off = format!("ALTER DATABASE {name} SET synchronous_commit = off");
        run(&database, &off).await;
        database = Database::open(app.database_url()).await.unwrap();
    }
    for (pool, at_once, writes) in [
        (database.reader(), 4, false),
        (database.bare_writer(), writers(), true),
    ] {
        // Hold them at the same time, so that each is another connection.
        let mut held = Vec::new();
        for _ in 0..at_once {
            held.push(pool.begin().await.unwrap());
        }
        for connection in &held {
            if backend() == DbBackend::Sqlite {
                assert_eq!(query(connection, "PRAGMA journal_mode").await, "wal");
                assert_eq!(query(connection, "PRAGMA synchronous").await, "2");
                assert_eq!(query(connection, "PRAGMA foreign_keys").await, "1");
                let cache = query(connection, "PRAGMA cache_size").await;
                assert_eq!(cache == "-65536", writes, "{cache}");
            } else {
                assert_eq!(query(connection, "SHOW synchronous_commit").await, "on");
                assert_eq!(query(connection, "SHOW random_page_cost").await, "1");
                let isolation = query(connection, "SHOW transaction_isolation").await;
                assert_eq!(isolation, "read committed");
            }
        }
    }
}

/// Only `begin_write` and `begin_with_lock` start write transactions, `begin_snapshot` read ones:
/// SQLite must know from the start that a transaction writes.
#[test]
fn one_place_begins_write_transactions() {
    fn scan(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                scan(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let source = source.split("\nmod tests").next().unwrap();
                let lines = source.lines().filter(|line| {
                    line.contains(".begin_with_options(")
                        || line.contains(".begin_with_config(")
                        || (line.contains(".begin()") && !line.contains("transaction.begin()"))
                        // Writes outside a transaction, or over reading connections.
                        || (line.contains(".bare_writer()") && !line.contains("fn "))
                        || (line.contains(".exec") && line.contains("reader"))
                });
                found.extend(lines.map(|line| format!("{}: {}", path.display(), line.trim())));
            }
        }
    }
    let mut found = Vec::new();
    let server = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for sources in ["src", "shop/src"] {
        scan(&server.join(sources), &mut found);
    }
    // One statement alone, which is its own transaction and may be lost.
    let note = "catalog_change.rs: note(database.bare_writer()).await";
    found.retain(|line| !line.ends_with(note));
    assert_eq!(found.len(), 2, "{found:#?}");
    let here = |line: &String| line.contains("database.rs");
    assert!(found.iter().all(here), "{found:#?}");
}

/// The first column of the first row.
async fn query(connection: &impl ConnectionTrait, sql: &str) -> String {
    let statement = sea_orm::Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index::<String>(0)
        .or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string()))
        .or_else(|_| row.try_get_by_index::<i32>(0).map(|n| n.to_string()))
        .unwrap()
}

/// An old shop has a million rows per table: queries for one order must not read them all.
#[tokio::test]
async fn what_belongs_to_one_checkout_or_order_is_found_by_an_index() {
    let app = TestApp::without_webhooks().await;
    let connection = app.shop.database.reader().begin().await.unwrap();
    let by_index = match backend() {
        DbBackend::Sqlite => "SEARCH",
        _ => {
            // Tables this small are read faster without an index. And the plan must be good for any
            // value, like that of a prepared statement.
            connection
                .execute_unprepared(
                    "SET LOCAL enable_seqscan = off; \
                     SET LOCAL plan_cache_mode = force_generic_plan",
                )
                .await
                .unwrap();
            "Index"
        }
    };
    for (table, column) in [
        ("checkout", "id"),
        ("checkout", "attempt"),
        ("checkout", "token"),
        ("checkout_line", "checkout_id"),
        ("order", "checkout_id"),
        ("order", "number"),
        ("order", "stripe_session_id"),
        ("order", "stripe_payment_intent_id"),
        ("order_line", "order_id"),
        ("refund", "order_id"),
        ("dispute", "order_id"),
        ("order_resolution", "order_id"),
        ("order_difference", "order_id"),
        ("outbox", "checkout_id"),
        ("outbox", "key"),
        ("stripe_event", "id"),
        ("stripe_event", "checkout_id"),
        ("stripe_event", "waits_for"),
        ("stripe_event", "due_at"),
        ("stripe_event", "state"),
        ("stripe_event", "source"),
        ("withdrawal", "submission"),
        ("withdrawal", "order_id"),
        ("withdrawal", "matched_at"),
        ("withdrawal", "state"),
        ("picture", "product_id"),
        ("picture", "hash"),
        ("picture_file", "hash"),
    ] {
        let (compared, value) = match column {
            "order_id" | "product_id" => ("=", "1"),
            "due_at" | "matched_at" => ("<=", "'2026-01-01 00:00:00+00:00'"),
            _ => ("=", "'x'"),
        };
        let select = format!("SELECT * FROM \"{table}\" WHERE {column} {compared}");
        let explain = match backend() {
            DbBackend::Sqlite => format!("EXPLAIN QUERY PLAN {select} ?"),
            _ => {
                let name = format!("look_{table}_{column}");
                let prepare = format!("PREPARE {name} AS {select} $1");
                connection.execute_unprepared(&prepare).await.unwrap();
                format!("EXPLAIN EXECUTE {name}({value})")
            }
        };
        let rows = sea_orm::Statement::from_string(connection.get_database_backend(), explain);
        let rows = connection.query_all_raw(rows).await.unwrap();
        let detail = if backend() == DbBackend::Sqlite { 3 } else { 0 };
        let plan: Vec<String> = rows
            .iter()
            .map(|row| row.try_get_by_index(detail).unwrap())
            .collect();
        let plan = plan.join("; ");
        assert!(plan.contains(by_index), "{table}.{column}: {plan}");
    }
}

/// However many there are: what the owner's list is filtered by is found without the others, and no
/// sale of a variant of which many are left touches an index.
#[tokio::test]
async fn what_the_list_of_products_is_filtered_by_is_found_by_an_index() {
    let app = TestApp::without_webhooks().await;
    let connection = app.shop.database.begin_write("test").await.unwrap();
    if backend() == DbBackend::Postgres {
        // Tables this small are read faster without an index.
        connection
            .execute_unprepared("SET LOCAL enable_seqscan = off")
            .await
            .unwrap();
    }
    for (select, index) in [
        (
            "SELECT id FROM variant WHERE few_left <= 3 ORDER BY few_left, id LIMIT 101",
            "variant_few_left",
        ),
        (
            "SELECT product_id FROM variant WHERE few_left <= 3 AND few_left >= 1 LIMIT 1001",
            "variant_few_left",
        ),
        (
            "SELECT id FROM product WHERE active = FALSE ORDER BY position, id LIMIT 26",
            "product_off_sale",
        ),
        (
            "SELECT id FROM product WHERE category_id = 1 ORDER BY position, id LIMIT 26",
            "product_category",
        ),
        (
            "SELECT product_id FROM variant WHERE active AND sale_price < price",
            "variant_reduced",
        ),
    ] {
        let (explain, column) = match backend() {
            DbBackend::Sqlite => (format!("EXPLAIN QUERY PLAN {select}"), 3),
            _ => (format!("EXPLAIN {select}"), 0),
        };
        let rows = sea_orm::Statement::from_string(connection.get_database_backend(), explain);
        let rows = connection.query_all_raw(rows).await.unwrap();
        let plan: Vec<String> = rows
            .iter()
            .map(|row| row.try_get_by_index(column).unwrap())
            .collect();
        let plan = plan.join("; ");
        assert!(plan.contains(index), "{select}: {plan}");
        assert!(
            !plan.contains("TEMP B-TREE FOR ORDER BY"),
            "{select}: {plan}"
        );
    }
    // The index has nothing of a variant of which many are left.
    let left = async |sku: &str| {
        let select = format!("SELECT few_left FROM variant WHERE sku = '{sku}'");
        let select = sea_orm::Statement::from_string(connection.get_database_backend(), select);
        let row = connection.query_one_raw(select).await.unwrap().unwrap();
        row.try_get_by_index::<Option<i64>>(0).unwrap()
    };
    for (sku, few_left) in [
        ("MUG", Some(3)),
        ("BOARD", Some(0)),
        ("STICKER", Some(100)),
        // Not counted, and not on sale.
        ("POSTER", None),
        ("LAMP", None),
    ] {
        assert_eq!(left(sku).await, few_left, "{sku}");
    }
    for (change, few_left) in [
        ("stock = 1000", None),
        ("held = 899", None),
        ("held = 990", Some(10)),
    ] {
        let update = format!("UPDATE variant SET {change} WHERE sku = 'MUG'");
        connection.execute_unprepared(&update).await.unwrap();
        assert_eq!(left("MUG").await, few_left, "{change}");
    }
}

/// A plan is kept as long as its connection. A full scan of a small table would later also read
/// every dead version of the variants.
#[tokio::test]
async fn a_sale_finds_its_variant_by_an_index_although_the_catalog_is_small() {
    let till = Till::new();
    till.import(include_str!("../../demo/products.csv"), &[])
        .unwrap();
    let database = till.database().await;
    run(&database, "ANALYZE").await;
    let connection = database.bare_writer().begin().await.unwrap();
    let sale = "UPDATE variant SET held = held - 1, stock = stock - 1 WHERE id";
    let (explain, column, by_index) = match backend() {
        DbBackend::Sqlite => (format!("EXPLAIN QUERY PLAN {sale} = ?"), 3, "SEARCH"),
        _ => {
            let prepare = format!(
                "SET LOCAL plan_cache_mode = force_generic_plan; PREPARE sale AS {sale} = $1"
            );
            connection.execute_unprepared(&prepare).await.unwrap();
            ("EXPLAIN EXECUTE sale(1)".to_owned(), 0, "Index Scan")
        }
    };
    let rows = sea_orm::Statement::from_string(connection.get_database_backend(), explain);
    let rows = connection.query_all_raw(rows).await.unwrap();
    let plan: Vec<String> = rows
        .iter()
        .map(|row| row.try_get_by_index(column).unwrap())
        .collect();
    assert!(plan.join("; ").contains(by_index), "{plan:?}");
}

#[tokio::test]
async fn every_migration_can_be_reverted_and_applied_again() {
    let folder = tempfile::tempdir().unwrap();
    let test_database = TestDatabase::empty(folder.path());
    let database = Database::open(test_database.url()).await.unwrap();
    migrate(&database).await.unwrap();
    Migrator::down(database.bare_writer(), None).await.unwrap();
    assert!(
        database
            .bare_writer()
            .execute_unprepared("SELECT 1 FROM product")
            .await
            .is_err(),
        "the tables are gone"
    );
    migrate(&database).await.unwrap();
    assert_eq!(
        query(database.reader(), "SELECT count(*) FROM product").await,
        "0"
    );
}

/// Runs the statements in order.
async fn run_all(database: &Database, statements: &[&str]) {
    for sql in statements {
        run(database, sql).await;
    }
}

#[tokio::test]
async fn an_order_is_unique_and_what_refers_to_it_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    let database_file = TestDatabase::empty(folder.path());
    let database = Database::open(database_file.url()).await.unwrap();
    migrate(&database).await.unwrap();
    let time = "'2026-01-01 00:00:00+00:00'";
    let checkout = |id: &str| {
        format!(
            "INSERT INTO checkout (id, token, state, currency, amount_subtotal, public_url, \
             options, expires_at, created_at, updated_at) \
             VALUES ('{id}', 'token of {id}', 'paid', 'eur', 500, 'http://x', '{{}}', \
             {time}, {time}, {time})"
        )
    };
    let order = |of: &str, number: &str| {
        format!(
            "INSERT INTO \"order\" (number, checkout_id, stripe_session_id, currency, \
             amount_subtotal, amount_discount, amount_shipping, amount_tax, amount_total, \
             payment_status, flag, paid_at, created_at) \
             VALUES ({number}, '{of}', 'cs_{of}', 'eur', 500, 1, 2, 3, 504, \
             'paid', 'oversold', {time}, {time})"
        )
    };
    run_all(
        &database,
        &[
            &format!(
                "INSERT INTO product (slug, name, description, position, active, created_at, \
                 updated_at) VALUES ('pen', 'Pen', '', 1, true, {time}, {time})"
            ),
            &format!(
                "INSERT INTO variant (product_id, position, sku, name, price, currency, \
                 max_per_order, active, price_recorded_until, created_at, updated_at) \
                 VALUES (1, 1, 'PEN', '', 500, 'eur', 9, true, {time}, {time}, {time})"
            ),
            &checkout("first"),
            &checkout("deleted"),
            &checkout("next"),
            &order("first", "'A'"),
            &order("deleted", "'B'"),
            "DELETE FROM \"order\" WHERE checkout_id = 'deleted'",
            "INSERT INTO order_line (order_id, variant_id, sku, product_name, variant_name, \
             unit_amount, quantity) VALUES (1, 1, 'PEN', 'Pen', '', 500, 1)",
            &format!(
                "INSERT INTO refund (id, order_id, amount, currency, status, created_at, \
                 updated_at) VALUES ('re_1', 1, 500, 'eur', 'failed', {time}, {time})"
            ),
            &format!(
                "INSERT INTO dispute (id, order_id, amount, currency, status, status_at, \
                 certainty, created_at, updated_at) \
                 VALUES ('dp_1', 1, 500, 'eur', 'lost', {time}, 'reported', {time}, {time})"
            ),
            // An id is never given twice.
            &order("next", "'C'"),
        ],
    )
    .await;
    let id = "SELECT id FROM \"order\" WHERE checkout_id = 'next'";
    assert_eq!(query(database.reader(), id).await, "3");
    for refused in [
        &order("next", "'D'").replace("cs_next", "cs_other"),
        &order("deleted", "'D'").replace("cs_deleted", "cs_next"),
        &order("deleted", "'A'"),
        &order("deleted", "''"),
        &order("deleted", "NULL"),
        &order("unknown", "'D'"),
        "UPDATE order_line SET order_id = 9",
        "UPDATE refund SET order_id = 9",
        "UPDATE dispute SET order_id = 9",
        "UPDATE \"order\" SET flag = 'unheard of'",
        "DELETE FROM \"order\" WHERE id = 1",
    ] {
        let written = database.bare_writer().execute_unprepared(refused).await;
        assert!(written.is_err(), "{refused}");
    }
}

/// Session ids are random, so each update writes to another place in their index.
#[tokio::test]
async fn a_payment_writes_the_id_of_its_session_once() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let refuse: &[&str] = match backend() {
        DbBackend::Sqlite => &[
            "CREATE TRIGGER written BEFORE UPDATE OF stripe_session_id ON checkout \
             BEGIN SELECT RAISE(ABORT, 'written again'); END",
        ],
        _ => &[
            "CREATE FUNCTION written_again() RETURNS trigger LANGUAGE plpgsql AS $$ \
             BEGIN RAISE EXCEPTION 'written again'; END $$",
            "CREATE TRIGGER written BEFORE UPDATE OF stripe_session_id ON checkout \
             FOR EACH STATEMENT EXECUTE FUNCTION written_again()",
        ],
    };
    run_all(&app.shop.database, refuse).await;
    let paid = event(COMPLETED, &paid_session(&checkout));
    assert_eq!(app.deliver(&paid).await, 200);
    assert_eq!(
        Some(app.the_order().await.stripe_session_id),
        checkout.stripe_session_id
    );
}

#[tokio::test]
async fn a_sqlite_without_durable_commits_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weak.db");
    // There is no WAL without shared memory, nor in memory.
    for (url, found) in [
        (
            format!("sqlite://{}?mode=rwc&vfs=unix-dotfile", file.display()),
            "delete",
        ),
        ("sqlite::memory:".to_owned(), "memory"),
    ] {
        let error = Database::open(&url).await.unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "SQLite runs with journal_mode = {found}, but the shop needs WAL: a confirmed \
                 payment must survive a power failure"
            )
        );
    }
}

#[tokio::test]
async fn a_connection_that_reads_cannot_write() {
    let app = TestApp::without_webhooks().await;
    let reader = app.shop.database.reader();
    let refused = reader.execute_unprepared("DELETE FROM product").await;
    let words = match backend() {
        DbBackend::Sqlite => "readonly",
        _ => "read-only",
    };
    assert!(refused.unwrap_err().to_string().contains(words));
}

// ---- Many at once ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_arrives_while_its_order_is_being_written_is_not_lost() {
    let app = Arc::new(TestApp::without_webhooks().await);
    let mut deliveries = JoinSet::new();
    for _ in 0..20 {
        let checkout = app.begin(&[("PEN", 1)]).await;
        let refund = json!({
            "id": format!("re_{}", checkout.id), "object": "refund", "amount": 100,
            "currency": "eur",
            "status": "succeeded", "payment_intent": format!("pi_test_{}", checkout.id),
            "created": 1_790_000_000,
        });
        for event in [
            event("checkout.session.completed", &paid_session(&checkout)),
            event("refund.created", &refund),
        ] {
            let app = app.clone();
            deliveries.spawn(async move { app.deliver(&event).await });
        }
    }
    assert_eq!(deliveries.join_all().await, [200; 40]);
    // On PostgreSQL the two transactions may not have seen each other; then the next run of the job
    // applies the refund.
    retry_due(&app.shop).await.unwrap();
    let events = app.stored_events().await;
    assert!(
        events.iter().all(|event| event.state.as_ref() == "applied"),
        "{events:?}"
    );
    assert_eq!((events.len(), app.orders().await.len()), (40, 20));
}

/// A sale of the same product waits for the earlier sale's commit: the shorter that takes, the more
/// orders per second.
#[tokio::test]
async fn the_order_is_written_before_waiting_for_its_variants_row() {
    let app = Arc::new(TestApp::without_webhooks().await);
    let checkout = app.begin(&[("PEN", 1)]).await;
    let other = Database::open(app.database_url()).await.unwrap();
    let seller = other.begin_write("test").await.unwrap();
    seller
        .execute_unprepared("UPDATE variant SET stock = stock WHERE sku = 'PEN'")
        .await
        .unwrap();
    let delivery = tokio::spawn({
        let app = app.clone();
        let paid = event("checkout.session.completed", &paid_session(&checkout));
        async move { app.deliver(&paid).await }
    });
    // SQLite locks the whole file.
    if backend() == DbBackend::Postgres {
        let waiting = "SELECT min(query) FROM pg_stat_activity JOIN pg_locks USING (pid) \
            WHERE wait_event_type = 'Lock' AND granted AND mode = 'RowExclusiveLock' \
            AND relation = '\"order\"'::regclass";
        let statement = eventually("a sale waits, its order being written", async || {
            let row = sea_orm::Statement::from_string(DbBackend::Postgres, waiting);
            let row = other.reader().query_one_raw(row).await.unwrap().unwrap();
            row.try_get_by_index::<Option<String>>(0).unwrap()
        })
        .await;
        assert!(statement.starts_with("UPDATE \"variant\""), "{statement}");
    }
    assert!(app.orders().await.is_empty());
    seller.commit().await.unwrap();
    assert_eq!(delivery.await.unwrap(), 200);
    assert_eq!(app.the_order().await.checkout_id, checkout.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_shoppers_who_want_the_last_seven_units_seven_get_one() {
    let app = Arc::new(TestApp::start().await);
    let products = "sku,slug,name,description,price,currency,stock,max_per_order,image,\
        category,position,active\n\
        MUG,mug,Mug,Holds tea.,1250,EUR,7,10,,Kitchen,10,true\n";
    app.import(products, StockMode::Set).await;
    let mug = app.variant("MUG").await.id;
    let form = app.form("/").await.choose(mug, "1");
    let mut shoppers = JoinSet::new();
    for number in 0..200 {
        let app = app.clone();
        let form = form.clone().with("attempt", &format!("{number:032x}"));
        shoppers.spawn(async move { app.submit(&form).await });
    }
    let answers = shoppers.join_all().await;
    let to_stripe = answers
        .iter()
        .filter(|answer| answer.header("location").contains("/c/pay/"))
        .count();
    assert_eq!(to_stripe, 7);
    assert_eq!(app.held_and_stock("MUG").await, (7, Some(7)));
    assert_eq!(app.sessions().await.len(), 7);
    for answer in answers {
        if !answer.header("location").contains("/c/pay/") {
            assert_refused(&answer);
            let reason = answer.quantity_error(mug);
            assert!(
                reason.starts_with("Reserved by another shopper."),
                "{reason}"
            );
            assert!(answer.alert().contains("Nothing was charged."));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_selections_in_any_order_do_not_deadlock() {
    let app = Arc::new(TestApp::start().await);
    app.import(
        &PRODUCTS
            .replace("EUR,3,10", "EUR,1000,10")
            .replace("EUR,40,5", "EUR,1000,5"),
        StockMode::Set,
    )
    .await;
    let (pen, mug) = (app.variant("PEN").await.id, app.variant("MUG").await.id);
    let form = app.form("/").await.choose(pen, "1").choose(mug, "1");
    let mut shoppers = JoinSet::new();
    for number in 0..60 {
        let app = app.clone();
        let form = form.clone().with("attempt", &format!("{number:032x}"));
        shoppers.spawn(async move {
            let checkout = app.pay(&form).await;
            app.pay_by_card(&checkout).await;
        });
    }
    shoppers.join_all().await;
    eventually("everybody has an order", async || {
        (app.orders().await.len() == 60).then_some(())
    })
    .await;
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(940)));
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(940)));
}

// ---- Leases ----

async fn age(app: &TestApp, job: Job) {
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    let past = shop::clock::now() - Duration::from_secs(5);
    lease::Entity::update_many()
        .col_expr(lease::Column::ExpiresAt, Expr::value(past))
        .filter(lease::Column::Name.eq(job))
        .exec(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_gets_a_lease_and_the_next_only_after_its_release() {
    let app = TestApp::without_webhooks().await;
    let database = &app.shop.database;
    let mut asking = JoinSet::new();
    for _ in 0..10 {
        let database = database.clone();
        asking.spawn(async move { Lease::try_acquire(&database, Job::Reconcile).await.unwrap() });
    }
    let mut held: Vec<Lease> = asking.join_all().await.into_iter().flatten().collect();
    assert_eq!(held.len(), 1);
    let lease = held.remove(0);
    assert!(lease.renew().await.unwrap());
    lease.release().await.unwrap();
    assert!(
        Lease::try_acquire(database, Job::Reconcile)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn a_lease_whose_holder_died_is_taken_over_and_the_dead_one_cannot_renew() {
    let app = TestApp::without_webhooks().await;
    let database = &app.shop.database;
    let dead = Lease::try_acquire(database, Job::Reconcile)
        .await
        .unwrap()
        .unwrap();
    assert!(
        Lease::try_acquire(database, Job::Reconcile)
            .await
            .unwrap()
            .is_none()
    );
    age(&app, Job::Reconcile).await;
    let successor = Lease::try_acquire(database, Job::Reconcile)
        .await
        .unwrap()
        .unwrap();
    assert!(!dead.renew().await.unwrap());
    dead.release().await.unwrap();
    assert!(
        successor.renew().await.unwrap(),
        "the dead one gave back what was not its own"
    );
}

// ---- Failures ----

/// Asserts what must hold during any failure: no false 200, nothing lost, and everything works
/// again afterwards. It lasts at least `duration`.
async fn assert_nothing_lost_while(
    app: &TestApp,
    duration: Duration,
    begin: impl AsyncFnOnce(),
    end: impl AsyncFnOnce(),
) {
    let checkout = app.begin(&[("PEN", 2)]).await;
    let form = app.form("/").await.choose(app.variant("MUG").await.id, "1");
    let mut session = paid_session(&checkout);
    // Large enough to need disk space of its own.
    session["metadata"] = json!({ "note": "x".repeat(100_000) });
    let paid = event(COMPLETED, &session);
    begin().await;
    let started = std::time::Instant::now();
    let webhook = app.deliver(&paid).await;
    assert!((500..600).contains(&webhook), "{webhook}");
    let ready = app.send(app.request("GET", "/readyz")).await;
    assert_eq!(ready.status, 503, "{ready:?}");
    let page = app.submit(&form).await;
    if page.header("location").contains("/c/pay/") {
        // There was space for this one: then it is stored.
        assert_eq!(app.checkout_of(&form).await.state.as_ref(), "open");
    } else {
        // The shopper reads so, on the form's page or on an error page.
        let reported = (500..600).contains(&page.status) || page.status == 422;
        assert!(reported, "{page:?}");
    }
    // However often it is sent meanwhile.
    while started.elapsed() < duration {
        let webhook = app.deliver(&paid).await;
        assert!((500..600).contains(&webhook), "{webhook}");
    }
    end().await;
    eventually("the event is accepted", async || {
        (app.deliver(&paid).await == 200).then_some(())
    })
    .await;
    assert_eq!(app.the_order().await.checkout_id, checkout.id);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
    eventually("the shop is ready again", async || {
        let ready = app.send(app.request("GET", "/readyz")).await;
        (ready.status == 200).then_some(())
    })
    .await;
    let answer = app.submit(&form).await;
    assert!(answer.location().contains("/c/pay/"), "{answer:?}");
}

/// Another connection holds the write lock for half a minute, longer than the shop's timeout.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_locked_nothing_is_reported_as_done() {
    let app = TestApp::without_webhooks().await;
    let other = Database::open(app.database_url()).await.unwrap();
    let held = tokio::sync::Mutex::new(None);
    assert_nothing_lost_while(
        &app,
        Duration::from_secs(30),
        async || {
            let transaction = other.begin_write("test").await.unwrap();
            if backend() == DbBackend::Postgres {
                let all =
                    "LOCK TABLE stripe_event, checkout, product, lease IN ACCESS EXCLUSIVE MODE";
                transaction.execute_unprepared(all).await.unwrap();
            }
            *held.lock().await = Some(transaction);
        },
        async || {
            let transaction = held.lock().await.take().unwrap();
            transaction.rollback().await.unwrap();
        },
    )
    .await;
}

/// The disk is full: SQLite may not grow, PostgreSQL raises the error.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_disk_is_full_nothing_is_reported_as_done() {
    let app = TestApp::without_webhooks().await;
    let database = &app.shop.database;
    let full = if backend() == DbBackend::Sqlite {
        vec!["PRAGMA max_page_count = 1".to_owned()]
    } else {
        let raise = "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                     RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; \
                     END $$";
        let on = |table: &str| {
            format!(
                "CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE ON {table} \
                 FOR EACH STATEMENT EXECUTE FUNCTION disk_full()"
            )
        };
        let tables = ["stripe_event", "checkout", "lease"].map(on);
        [vec![raise.to_owned()], tables.to_vec()].concat()
    };
    let again = if backend() == DbBackend::Sqlite {
        "PRAGMA max_page_count = 1000000"
    } else {
        "DROP FUNCTION disk_full CASCADE"
    };
    assert_nothing_lost_while(
        &app,
        Duration::from_secs(1),
        async || {
            for sql in &full {
                run(database, sql).await;
            }
        },
        async || run(database, again).await,
    )
    .await;
}

/// Events that would fail again are stored as failed and answered 200; temporary failures are not.
#[tokio::test]
async fn an_event_that_the_tables_refuse_permanently_is_stored_as_failed() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    // A session id longer than its column: PostgreSQL refuses it with an error of class 22. SQLite
    // has no lengths, and accepts it.
    let mut session: Value = paid_session(&checkout);
    session["payment_status"] = json!("paid");
    session["payment_intent"] = json!("pi_1");
    session["total_details"]["amount_tax"] = json!(0);
    session["currency"] = json!("e\u{0}r");
    let stored = app.deliver_session(COMPLETED, &session).await;
    assert_eq!(stored.state.as_ref(), "failed");
    assert!(stored.error.unwrap().contains("currency"));
    // A CHECK constraint: refunds are not negative.
    session["currency"] = json!("eur");
    app.deliver_session(COMPLETED, &session).await;
    let refund = json!({
        "id": "re_1", "amount": -1, "currency": "eur", "status": "succeeded",
        "payment_intent": "pi_1",
    });
    let refund = event("refund.created", &refund);
    assert_eq!(app.deliver(&refund).await, 200);
    let stored = app
        .stored_event(refund["id"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(stored.state.as_ref(), "failed");
    assert!(app.refunds().await.is_empty());
}

// ---- Connections ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_nobody_waits_for_any_more_ends() {
    let app = TestApp::without_webhooks().await;
    let database = &app.shop.database;
    for micros in (0..3_000).step_by(20) {
        let soon = Duration::from_micros(micros);
        let _ = tokio::time::timeout(soon, database.begin_snapshot()).await;
        let _ = tokio::time::timeout(soon, database.begin_write("test")).await;
    }
    for _ in 0..20 {
        let snapshot = database.begin_snapshot().await.unwrap();
        product::Entity::find().one(&snapshot).await.unwrap();
        let transaction = database.begin_write("test").await.unwrap();
        transaction.commit().await.unwrap();
    }
}

#[tokio::test]
async fn sqlite_is_compiled_as_the_shop_needs_it() {
    if backend() != DbBackend::Sqlite {
        return;
    }
    let app = TestApp::without_webhooks().await;
    let reader = app.shop.database.reader();
    let options = "SELECT compile_options FROM pragma_compile_options";
    let options = sea_orm::Statement::from_string(DbBackend::Sqlite, options);
    let options: Vec<String> = reader
        .query_all_raw(options)
        .await
        .unwrap()
        .iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect();
    let has = |option: &str| options.iter().any(|known| known == option);
    assert!(has("DEFAULT_MEMSTATUS=0"), "{options:?}");
    assert!(has("ENABLE_FTS5"), "{options:?}");
    for option in [
        "ENABLE_MEMORY_MANAGEMENT",
        "ENABLE_STAT4",
        "ENABLE_API_ARMOR",
    ] {
        assert!(!has(option), "{options:?}");
    }
}
