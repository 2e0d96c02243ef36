//! A database for one test: a file of SQLite, or with `TEST_DATABASE=postgres` a database of its own at the PostgreSQL that
//! `TEST_POSTGRES_URL` names (`scripts/with-postgres` starts one). All tests run on both.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::DbBackend;
use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use server::application::migrate;
use shop::database::Database;

/// Where the database of a test is.
pub struct TestDatabase {
    url: String,
    /// What is dropped with it.
    name: Option<String>,
}

/// The kind of database that this run of the tests is about.
pub fn backend() -> DbBackend {
    match std::env::var("TEST_DATABASE").as_deref() {
        Err(_) | Ok("" | "sqlite") => DbBackend::Sqlite,
        Ok("postgres") => DbBackend::Postgres,
        Ok(other) => panic!("TEST_DATABASE must be sqlite or postgres, not {other}"),
    }
}

impl TestDatabase {
    /// An empty one. SQLite's file lies in this folder.
    pub fn empty(folder: &Path) -> Self {
        Self::new(folder, None)
    }

    /// One with all tables. SQLite's file is made by whoever opens it.
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

    /// Its address, as `DATABASE_URL` has it.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // Dropping one makes PostgreSQL write all others to disk, which takes longer than most tests. A PostgreSQL that is
        // thrown away itself needs no tidying up.
        let thrown_away = std::env::var_os("TEST_POSTGRES_CONTROL").is_some();
        if let Some(name) = self.name.as_ref().filter(|_| !thrown_away) {
            administer(&[format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")]);
        }
    }
}

/// A database with all tables, from which those of the tests are copied.
fn template() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let name = format!("till_template_{}", std::process::id());
        create(&name, None);
        let url = url_of(&name);
        on_a_thread(async move {
            let database = Database::open(&url).await.unwrap();
            migrate(&database).await.unwrap();
            // Nobody may be connected to what is copied.
            database.close().await.unwrap();
        });
        name
    })
}

fn create(name: &str, template: Option<&str>) {
    let template = template.map_or_else(String::new, |template| format!(" TEMPLATE {template}"));
    administer(&[
        // Another run may have left it at a PostgreSQL that outlives the tests.
        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        format!("CREATE DATABASE {name}{template}"),
    ]);
}

/// The PostgreSQL of the tests. Without one the tests fail: they are not skipped.
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

/// Runs statements as the one who owns the server.
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

/// A test's own runtime cannot be waited for where a database is made and dropped.
fn on_a_thread(work: impl Future<Output = ()> + Send + 'static) {
    let thread = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(work);
    });
    thread.join().unwrap();
}
