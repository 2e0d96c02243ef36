//! A pooler before PostgreSQL: one that lends a connection for each transaction is refused, one
//! that lends it for as long as the client stays works. With Debian's pgbouncer before a PostgreSQL
//! of its own, whichever database the run of the tests is about. And a PostgreSQL that cannot be
//! reached is told in a sentence.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use server::application::migrate;
use shop::database::{Database, OpenError};
use tempfile::TempDir;
use url::Url;

use crate::postgres_stopped::Postgres;
use crate::test_app::eventually;
use crate::till_binary::{Till, text};

/// A running pgbouncer.
struct Pooler {
    process: Child,
    url: String,
    _folder: TempDir,
}

impl Pooler {
    /// Before this PostgreSQL, with these lines in its settings.
    async fn before(postgres: &str, settings: &str) -> Self {
        let postgres = Url::parse(postgres).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let path = folder.path().display();
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={} user={}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npidfile = {path}/pid\nlogfile = {path}/log\n{settings}\n",
            postgres.port().unwrap(),
            postgres.username(),
        );
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, config).unwrap();
        let mut command = Command::new(program());
        command
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if is_root() {
            // It refuses to run as root; whoever owns the folder runs it.
            let (user, group) = (id("-u"), id("-g"));
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).unwrap();
            command.uid(user).gid(group);
        }
        let process = command
            .spawn()
            .expect("pgbouncer is missing: `scripts/setup tests` installs it");
        eventually("pgbouncer listens", async || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        })
        .await;
        let database = postgres.path();
        Self {
            process,
            url: format!("postgres://till@127.0.0.1:{port}{database}"),
            _folder: folder,
        }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Debian keeps it out of the PATH of ordinary users.
fn program() -> &'static str {
    let usual = "/usr/sbin/pgbouncer";
    if fs::exists(usual).unwrap_or(false) {
        usual
    } else {
        "pgbouncer"
    }
}

fn is_root() -> bool {
    run_id(&["-u"]) == 0
}

/// A number of the user that PostgreSQL runs as.
fn id(which: &str) -> u32 {
    run_id(&[which, "postgres"])
}

fn run_id(arguments: &[&str]) -> u32 {
    let output = Command::new("id").args(arguments).output().unwrap();
    text(&output.stdout).trim().parse().unwrap()
}

const TAKES_THE_DRIVER: &str = "ignore_startup_parameters = extra_float_digits";

#[tokio::test]
async fn a_pooler_that_lends_connections_for_a_transaction_is_refused_with_a_sentence() {
    let postgres = Postgres::start();
    for mode in ["transaction", "statement"] {
        let settings = format!("pool_mode = {mode}\n{TAKES_THE_DRIVER}");
        let pooler = Pooler::before(&postgres.url, &settings).await;
        let error = Database::open(&pooler.url).await.unwrap_err();
        let said = error.to_string();
        if mode == "transaction" {
            assert!(matches!(error, OpenError::SharedConnections(_)), "{said}");
            assert!(said.contains("set pool_mode = session"), "{said}");
        }
        assert!(said.contains("127.0.0.1:"), "{said}");
    }
    let pooler = Pooler::before(&postgres.url, "pool_mode = transaction").await;
    let error = Database::open(&pooler.url).await.unwrap_err();
    assert!(error.to_string().contains(TAKES_THE_DRIVER), "{error}");
}

#[tokio::test]
async fn a_pooler_that_lends_connections_for_a_session_works() {
    let postgres = Postgres::start();
    let settings = format!("pool_mode = session\n{TAKES_THE_DRIVER}");
    let pooler = Pooler::before(&postgres.url, &settings).await;
    for _ in 0..2 {
        let database = Database::open(&pooler.url).await.unwrap();
        migrate(&database).await.unwrap();
        database.ready().await.unwrap();
        let transaction = database.begin_write().await.unwrap();
        transaction.commit().await.unwrap();
        database.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_postgresql_that_is_not_there_or_takes_nobody_is_told_in_a_sentence() {
    let till = Till::new();
    let list = |url: &str| {
        let mut command = till.command(&["orders", "list"]);
        let output = command.env("DATABASE_URL", url).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr)
    };
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let said = list(&format!("postgres://till:secret@{address}/till"));
    let sentence = format!("PostgreSQL at {address} cannot be reached: Connection refused");
    assert!(said.contains(&sentence), "{said}");
    assert!(!said.contains("secret"), "{said}");

    let postgres = Postgres::start();
    let mut url = Url::parse(&postgres.url).unwrap();
    url.set_path("nowhere");
    let said = list(url.as_str());
    let sentence = "refuses the connection: database \"nowhere\" does not exist";
    assert!(said.contains(sentence), "{said}");
}
