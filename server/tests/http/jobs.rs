//! Jobs and their leases: one server at a time, and another one after a crash.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, EntityTrait, QuerySelect, Statement,
};
use server::jobs::{RoundOutcome, Rounds, repeat};
use shop::Shop;
use shop::database::Database;
use shop::entity::{checkout, lease};
use shop::lease::{Job, Lease};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::test_app::{TestApp, eventually};
use crate::test_database::{TestDatabase, backend};

/// A database that no server works with.
async fn quiet_database() -> (Database, TestDatabase, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let place = TestDatabase::migrated(folder.path());
    let database = Database::open(place.url()).await.unwrap();
    server::application::migrate(&database).await.unwrap();
    (database, place, folder)
}

/// What time does, or a holder that has died.
async fn let_end(database: &Database, in_seconds: i64) {
    let transaction = database.begin_write().await.unwrap();
    let ends = shop::clock::now() + time::Duration::seconds(in_seconds);
    lease::Entity::update_many()
        .col_expr(lease::Column::ExpiresAt, Expr::value(ends))
        .exec(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

async fn ends_at(database: &Database) -> time::OffsetDateTime {
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
async fn a_lease_that_is_renewed_lasts_and_one_that_ended_is_somebody_elses() {
    let (database, _place, _folder) = quiet_database().await;
    let first = Lease::take(&database, Job::Sweep).await.unwrap().unwrap();
    let_end(&database, 2).await;
    assert!(first.renew().await.unwrap());
    assert!(ends_at(&database).await > shop::clock::now() + time::Duration::seconds(20));
    let_end(&database, -1).await;
    let second = Lease::take(&database, Job::Sweep).await.unwrap().unwrap();
    // The first one comes back from wherever it was: it can neither renew nor give back what is not its own.
    assert!(!first.renew().await.unwrap());
    first.release().await.unwrap();
    assert!(second.renew().await.unwrap());
    assert!(Lease::take(&database, Job::Sweep).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_servers_one_at_a_time_does_a_job_and_none_while_another_holds_its_lease() {
    let app = TestApp::without_webhooks().await;
    let (database, _place, _folder) = quiet_database().await;
    // Taken by a server that has died since.
    let dead = Lease::take(&database, Job::Reconcile)
        .await
        .unwrap()
        .unwrap();
    let shop = Shop {
        database: database.clone(),
        ..app.shop.clone()
    };
    let (stop, stopping) = watch::channel(false);
    let (working, most, turns) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
    );
    let work = {
        let (working, most, turns) = (working.clone(), most.clone(), turns.clone());
        move |_: Shop| {
            let (working, most, turns) = (working.clone(), most.clone(), turns.clone());
            async move {
                most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                working.fetch_sub(1, Ordering::SeqCst);
                turns.fetch_add(1, Ordering::SeqCst);
                RoundOutcome::Completed
            }
        }
    };
    let every = Duration::from_millis(5);
    let servers: Vec<_> = (0..3)
        .map(|_| {
            let (shop, stopping, work) = (shop.clone(), stopping.clone(), work.clone());
            tokio::spawn(async move {
                let rounds = Rounds::new(Job::Reconcile, Duration::from_secs(60));
                repeat(shop, &rounds, every, stopping, work).await;
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(turns.load(Ordering::SeqCst), 0, "another holds the lease");
    let_end(&database, -1).await;
    eventually("the job is done", async || {
        (turns.load(Ordering::SeqCst) >= 10).then_some(())
    })
    .await;
    stop.send_replace(true);
    for server in servers {
        server.await.unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 1);
    assert!(!dead.renew().await.unwrap());
    assert!(
        Lease::take(&database, Job::Reconcile)
            .await
            .unwrap()
            .is_some(),
        "it was given back"
    );
}

/// What Stripe knows of, and no webhook has brought.
async fn paid_unheard(app: &TestApp) -> checkout::Model {
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.pay_by_card(&checkout).await;
    checkout
}

#[cfg(feature = "crash-points")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_panics_is_named_by_readyz_and_goes_on_afterwards() {
    use shop::crash_points::arm_panic;

    let app = TestApp::without_webhooks_but_reconciling().await;
    let first = paid_unheard(&app).await;
    app.wait_for(&first, "paid").await;
    arm_panic("reconcile", &app.origin, true);
    let warned = "warning: the job reconcile has completed no round for";
    let ready = eventually("the server says which job does not run", async || {
        let ready = app.get("/readyz").await;
        ready.body.contains(warned).then_some(ready)
    })
    .await;
    assert_eq!(ready.status, 200);
    assert!(ready.body.starts_with("ok\n"), "{}", ready.body);
    // The others go on, and so does the shop.
    let second = paid_unheard(&app).await;
    assert_eq!(app.reload(&second).await.state, "open");
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
    let checkout = paid_unheard(&app).await;
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

/// Balancers ask often, and a shop that sells as much as it can must not lose all its servers for
/// that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_all_writers_are_busy_every_server_is_ready() {
    let app = TestApp::without_webhooks().await;
    // Three at PostgreSQL, and SQLite's only one.
    let mut busy = Vec::new();
    while let Ok(writer) =
        tokio::time::timeout(Duration::from_millis(300), app.shop.database.begin_write()).await
    {
        busy.push(writer.unwrap());
    }
    assert!(!busy.is_empty());
    let asking = (0..200).map(|_| app.get("/readyz"));
    for ready in futures::future::join_all(asking).await {
        assert_eq!((ready.status, ready.body.as_str()), (200, "ok"));
    }
    // They were busy all the time.
    let next = app.shop.database.begin_write();
    assert!(
        tokio::time::timeout(Duration::from_millis(300), next)
            .await
            .is_err()
    );
}

/// A standby, or a database that was made read-only.
#[tokio::test]
async fn a_database_that_takes_no_writes_is_not_ready() {
    let app = TestApp::without_webhooks().await;
    // A handle that no job writes by.
    let database = Database::open(app.database_url()).await.unwrap();
    database.ready().await.unwrap();
    // A job that had to wait too long for a writer says nothing about that.
    database.note_failed_write(&DbErr::ConnectionAcquire(ConnAcquireErr::Timeout));
    database.ready().await.unwrap();
    if backend() == DbBackend::Sqlite {
        // It cannot be asked; the last write tells, and a job writes every few seconds.
        database.note_write(false);
        assert!(database.ready().await.is_err());
        database.note_write(true);
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
    let said = read_only.ready().await.unwrap_err().to_string();
    assert!(said.contains("takes no writes"), "{said}");
}
