//! A database for one test: an SQLite file, or with `TEST_DATABASE=postgres` its own database on
//! the PostgreSQL at `TEST_POSTGRES_URL` (`scripts/with-postgres` starts one). All tests run on
//! both.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use sea_orm::DbBackend;
use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use server::application::migrate;
use shop::database::Database;

/// A test's database, dropped with this value.
pub struct TestDatabase {
    url: String,
    /// The PostgreSQL database to drop.
    name: Option<String>,
}

/// The database of this test run.
pub fn backend() -> DbBackend {
    match std::env::var("TEST_DATABASE").as_deref() {
        Err(_) | Ok("" | "sqlite") => DbBackend::Sqlite,
        Ok("postgres") => DbBackend::Postgres,
        Ok(other) => panic!("TEST_DATABASE must be sqlite or postgres, not {other}"),
    }
}

impl TestDatabase {
    /// An empty one. The SQLite file is in this folder.
    pub fn empty(folder: &Path) -> Self {
        Self::new(folder, None)
    }

    /// One with all tables. The SQLite file is created when it is opened.
    pub fn migrated(folder: &Path) -> Self {
        match backend() {
            DbBackend::Postgres => Self::new(folder, Some(template())),
            _ => Self::new(folder, None),
        }
    }

    fn new(folder: &Path, template: Option<&str>) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        if backend() == DbBackend::Sqlite {
            let url = format!("sqlite://{}/till.db?mode=rwc", folder.display());
            return Self { url, name: None };
        }
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("till_test_{}_{count}", std::process::id());
        create(&name, template);
        Self {
            url: url_of(&name),
            name: Some(name),
        }
    }

    /// Its URL, as in `DATABASE_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            drop_later(name);
        }
    }
}

/// Drops a database, together with others: at the first `DROP DATABASE` PostgreSQL flushes all
/// databases, which takes longer than most tests, and the next ones find nothing left to flush.
/// Without this the databases of all tests take several gigabytes.
fn drop_later(name: String) {
    const MAX_UNUSED: usize = 50;
    static UNUSED: Mutex<Vec<String>> = Mutex::new(Vec::new());

    // The last databases of a temporary PostgreSQL go with it. Others are dropped at once, because
    // nothing else would.
    let is_temporary = std::env::var_os("TEST_POSTGRES_CONTROL").is_some();
    let mut unused = UNUSED.lock().unwrap_or_else(PoisonError::into_inner);
    unused.push(name);
    if is_temporary && unused.len() < MAX_UNUSED {
        return;
    }
    let statements: Vec<_> = unused
        .drain(..)
        .map(|name| format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        .collect();
    drop(unused);
    administer(&statements);
}

/// The database with all tables that the tests' databases are copied from.
fn template() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let name = format!("till_template_{}", std::process::id());
        create(&name, None);
        let url = url_of(&name);
        on_a_thread(async move {
            let database = Database::open(&url).await.unwrap();
            migrate(&database).await.unwrap();
            // The template of a copy must have no connections.
            database.close().await.unwrap();
        });
        name
    })
}

fn create(name: &str, template: Option<&str>) {
    let template = template.map_or_else(String::new, |template| format!(" TEMPLATE {template}"));
    administer(&[
        // Another run may have left it on a PostgreSQL that outlives the tests.
        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        format!("CREATE DATABASE {name}{template}"),
    ]);
}

/// The URL of the tests' PostgreSQL. Without one the tests fail: they are not skipped.
pub fn server_url() -> String {
    std::env::var("TEST_POSTGRES_URL").expect(
        "TEST_POSTGRES_URL is not set: run the tests by `scripts/with-postgres cargo test …`",
    )
}

fn url_of(database: &str) -> String {
    let mut url = url::Url::parse(&server_url()).expect("TEST_POSTGRES_URL is an address");
    url.set_path(database);
    url.into()
}

/// Runs statements as the server's administrator.
fn administer(statements: &[String]) {
    let statements = statements.to_vec();
    on_a_thread(async move {
        let mut connection = PgConnection::connect(&server_url()).await.unwrap();
        for statement in statements {
            connection.execute(AssertSqlSafe(statement)).await.unwrap();
        }
        connection.close().await.unwrap();
    });
}

/// A database is created and dropped where the test's own runtime cannot be awaited.
fn on_a_thread(work: impl Future<Output = ()> + Send + 'static) {
    let thread = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(work);
    });
    thread.join().unwrap();
}
