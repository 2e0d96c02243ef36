//! Jobs and their leases: one server at a time, and another after a crash.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, EntityTrait, QuerySelect, Statement,
};
use server::jobs::{JobRuns, RunOutcome, repeat};
use shop::database::Database;
use shop::entity::lease;
use shop::lease::{Job, Lease};
use shop::{Shop, ShopParts};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::test_app::{TestApp, eventually};
use crate::test_database::{TestDatabase, backend};

/// A database that no server uses.
async fn idle_database() -> (Database, TestDatabase, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let test_database = TestDatabase::migrated(folder.path());
    let database = Database::open(test_database.url()).await.unwrap();
    server::application::migrate(&database).await.unwrap();
    (database, test_database, folder)
}

/// Moves the lease's end, as if time had passed or its holder had died.
async fn set_lease_end(database: &Database, in_seconds: i64) {
    let transaction = database.begin_write("test").await.unwrap();
    let ends = shop::clock::now() + time::Duration::seconds(in_seconds);
    lease::Entity::update_many()
        .col_expr(lease::Column::ExpiresAt, Expr::value(ends))
        .exec(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

async fn lease_end(database: &Database) -> time::OffsetDateTime {
    let ends = lease::Entity::find()
        .select_only()
        .column(lease::Column::ExpiresAt);
    ends.into_tuple()
        .one(database.reader())
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn a_renewed_lease_lasts_and_an_expired_one_can_be_taken() {
    let (database, _test_database, _folder) = idle_database().await;
    let first = Lease::try_acquire(&database, Job::Sweep)
        .await
        .unwrap()
        .unwrap();
    set_lease_end(&database, 2).await;
    assert!(first.renew().await.unwrap());
    assert!(lease_end(&database).await > shop::clock::now() + time::Duration::seconds(20));
    set_lease_end(&database, -1).await;
    let second = Lease::try_acquire(&database, Job::Sweep)
        .await
        .unwrap()
        .unwrap();
    // The first holder wakes up: it can neither renew nor release the lease.
    assert!(!first.renew().await.unwrap());
    first.release().await.unwrap();
    assert!(second.renew().await.unwrap());
    assert!(
        Lease::try_acquire(&database, Job::Sweep)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_at_a_time_runs_a_job_and_none_while_another_holds_its_lease() {
    let app = TestApp::without_webhooks().await;
    let (database, _test_database, _folder) = idle_database().await;
    // Taken by a server that has died since.
    let dead = Lease::try_acquire(&database, Job::Reconcile)
        .await
        .unwrap()
        .unwrap();
    let shop = Shop::new(ShopParts {
        database: database.clone(),
        ..ShopParts::clone(&app.shop)
    });
    let (stop, stopping) = watch::channel(false);
    let (working, max_running, run_count) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
    );
    let work = {
        let (working, max_running, run_count) =
            (working.clone(), max_running.clone(), run_count.clone());
        move |_: Shop| {
            let (working, max_running, run_count) =
                (working.clone(), max_running.clone(), run_count.clone());
            async move {
                max_running.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                working.fetch_sub(1, Ordering::SeqCst);
                run_count.fetch_add(1, Ordering::SeqCst);
                RunOutcome::Completed
            }
        }
    };
    let interval = Duration::from_millis(5);
    let servers: Vec<_> = (0..3)
        .map(|_| {
            let (shop, stopping, work) = (shop.clone(), stopping.clone(), work.clone());
            tokio::spawn(async move {
                let runs = JobRuns::new(Job::Reconcile, Duration::from_secs(60));
                repeat(shop, &runs, interval, stopping, work).await;
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        run_count.load(Ordering::SeqCst),
        0,
        "another holds the lease"
    );
    set_lease_end(&database, -1).await;
    eventually("the job is done", async || {
        (run_count.load(Ordering::SeqCst) >= 10).then_some(())
    })
    .await;
    stop.send_replace(true);
    for server in servers {
        server.await.unwrap();
    }
    assert_eq!(max_running.load(Ordering::SeqCst), 1);
    assert!(!dead.renew().await.unwrap());
    assert!(
        Lease::try_acquire(&database, Job::Reconcile)
            .await
            .unwrap()
            .is_some(),
        "it was released"
    );
}

/// A payment at Stripe whose webhook never arrived.
#[cfg(feature = "crash-points")]
async fn paid_without_webhook(app: &TestApp) -> shop::entity::checkout::Model {
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.pay_by_card(&checkout).await;
    checkout
}

#[cfg(feature = "crash-points")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_panics_is_named_by_readyz_and_runs_again() {
    use shop::crash_points::arm_panic;

    let app = TestApp::without_webhooks_but_reconciling().await;
    let first = paid_without_webhook(&app).await;
    app.wait_for(&first, "paid").await;
    arm_panic("reconcile", &app.origin, true);
    let warned = "warning: the job reconcile has not completed a run for";
    let ready = eventually("the server says which job does not run", async || {
        let ready = app.get("/readyz").await;
        ready.body.contains(warned).then_some(ready)
    })
    .await;
    assert_eq!(ready.status, 200);
    assert!(ready.body.starts_with("ok\n"), "{}", ready.body);
    // The other jobs keep running, and so does the shop.
    let second = paid_without_webhook(&app).await;
    assert_eq!(app.reload(&second).await.state.as_ref(), "open");
    arm_panic("reconcile", &app.origin, false);
    app.wait_for(&second, "paid").await;
    eventually("the warning is gone", async || {
        let ready = app.get("/readyz").await;
        (!ready.body.contains(warned)).then_some(())
    })
    .await;
}

#[cfg(feature = "crash-points")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_one_job_of_one_server_stops_nothing_else() {
    use shop::crash_points::arm_panic;
    use shop::mail::Route;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app =
        TestApp::without_webhooks_with(|config| config.mail.route = Route::Folder(path)).await;
    arm_panic("outbox", &app.origin, true);
    let checkout = paid_without_webhook(&app).await;
    let paid = app.event("checkout.session.completed").await;
    assert_eq!(app.deliver(&paid).await, 200);
    assert_eq!(app.get("/readyz").await.status, 200);
    // Long enough for more than one panic.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(crate::mails::mails(folder.path()).is_empty());
    arm_panic("outbox", &app.origin, false);
    let key = format!("mail:paid:{}", checkout.id);
    crate::mails::task_in(&app, &key, "done").await;
    assert_eq!(crate::mails::mails(folder.path()).len(), 1);
}

/// Load balancers poll often, and a shop at full load must not lose all its servers for that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_all_writers_are_busy_every_server_is_ready() {
    let app = TestApp::without_webhooks().await;
    // Three writers for PostgreSQL, one for SQLite.
    let mut busy = Vec::new();
    while let Ok(writer) = tokio::time::timeout(
        Duration::from_millis(300),
        app.shop.database.begin_write("test"),
    )
    .await
    {
        busy.push(writer.unwrap());
    }
    assert!(!busy.is_empty());
    let asking = (0..200).map(|_| app.get("/readyz"));
    for ready in futures::future::join_all(asking).await {
        assert_eq!((ready.status, ready.body.as_str()), (200, "ok"));
    }
    // They were busy the whole time.
    let next = app.shop.database.begin_write("test");
    assert!(
        tokio::time::timeout(Duration::from_millis(300), next)
            .await
            .is_err()
    );
}

/// As on a standby, or a database made read-only.
#[tokio::test]
async fn a_database_that_takes_no_writes_is_not_ready() {
    let app = TestApp::without_webhooks().await;
    // A handle that no job writes with.
    let database = Database::open(app.database_url()).await.unwrap();
    database.ready().await.unwrap();
    // A job that timed out waiting for a writer says nothing about that.
    database.record_failed_write(&DbErr::ConnectionAcquire(ConnAcquireErr::Timeout));
    database.ready().await.unwrap();
    if backend() == DbBackend::Sqlite {
        // SQLite cannot be queried for it; the last write shows it, and a job writes every few
        // seconds.
        database.record_write(false);
        assert!(database.ready().await.is_err());
        database.record_write(true);
        return database.ready().await.unwrap();
    }
    let name = Statement::from_string(backend(), "SELECT current_database()::text");
    let name = database.reader().query_one_raw(name).await.unwrap();
    let name: String = name.unwrap().try_get_by_index(0).unwrap();
    app.execute(&format!(
        "ALTER DATABASE {name} SET default_transaction_read_only = on"
    ))
    .await;
    let read_only = Database::open(app.database_url()).await.unwrap();
    let error = read_only.ready().await.unwrap_err().to_string();
    assert!(error.contains("accepts no writes"), "{error}");
}
