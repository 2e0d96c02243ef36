//! Jobs and their leases: one server at a time, and another one after a crash.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, QuerySelect};
use server::jobs::repeat;
use shop::Shop;
use shop::database::Database;
use shop::entity::lease;
use shop::lease::{Job, Lease};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::test_app::{TestApp, eventually};
use crate::test_database::TestDatabase;

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
            }
        }
    };
    let every = Duration::from_millis(5);
    let servers: Vec<_> = (0..3)
        .map(|_| {
            tokio::spawn(repeat(
                shop.clone(),
                Job::Reconcile,
                every,
                stopping.clone(),
                work.clone(),
            ))
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
