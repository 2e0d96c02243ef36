//! A pooler in front of PostgreSQL: in transaction mode it is refused, in session mode it works.
//! Uses Debian's pgbouncer and its own PostgreSQL, whichever database the other tests use. And how
//! an unreachable PostgreSQL is reported.

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
    /// Starts in front of this PostgreSQL, with these lines in its configuration.
    async fn in_front_of(postgres: &str, settings: &str) -> Self {
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
        let mut command = Command::new(pgbouncer_path());
        command
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if is_root() {
            // pgbouncer refuses to run as root; it runs as the folder's owner.
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

/// Debian installs it outside ordinary users' `PATH`.
fn pgbouncer_path() -> &'static str {
    let debian_path = "/usr/sbin/pgbouncer";
    if fs::exists(debian_path).unwrap_or(false) {
        debian_path
    } else {
        "pgbouncer"
    }
}

fn is_root() -> bool {
    run_id(&["-u"]) == 0
}

/// A numeric id of the user that PostgreSQL runs as.
fn id(which: &str) -> u32 {
    run_id(&[which, "postgres"])
}

fn run_id(arguments: &[&str]) -> u32 {
    let output = Command::new("id").args(arguments).output().unwrap();
    text(&output.stdout).trim().parse().unwrap()
}

const TAKES_THE_DRIVER: &str = "ignore_startup_parameters = extra_float_digits";

#[tokio::test]
async fn a_pooler_in_transaction_mode_is_refused_with_a_message() {
    let postgres = Postgres::start();
    for mode in ["transaction", "statement"] {
        let settings = format!("pool_mode = {mode}\n{TAKES_THE_DRIVER}");
        let pooler = Pooler::in_front_of(&postgres.url, &settings).await;
        let error = Database::open(&pooler.url).await.unwrap_err();
        let message = error.to_string();
        if mode == "transaction" {
            assert!(
                matches!(error, OpenError::SharedConnections(_)),
                "{message}"
            );
            assert!(message.contains("set pool_mode = session"), "{message}");
        }
        assert!(message.contains("127.0.0.1:"), "{message}");
    }
    let pooler = Pooler::in_front_of(&postgres.url, "pool_mode = transaction").await;
    let error = Database::open(&pooler.url).await.unwrap_err();
    assert!(error.to_string().contains(TAKES_THE_DRIVER), "{error}");
}

#[tokio::test]
async fn a_pooler_in_session_mode_works() {
    let postgres = Postgres::start();
    let settings = format!("pool_mode = session\n{TAKES_THE_DRIVER}");
    let pooler = Pooler::in_front_of(&postgres.url, &settings).await;
    for _ in 0..2 {
        let database = Database::open(&pooler.url).await.unwrap();
        migrate(&database).await.unwrap();
        database.ready().await.unwrap();
        let transaction = database.begin_write("test").await.unwrap();
        transaction.commit().await.unwrap();
        database.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_postgresql_that_is_unreachable_or_refuses_is_reported_in_one_sentence() {
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
    let message = list(&format!("postgres://till:secret@{address}/till"));
    let sentence = format!("could not reach PostgreSQL at {address}: Connection refused");
    assert!(message.contains(&sentence), "{message}");
    assert!(!message.contains("secret"), "{message}");

    let postgres = Postgres::start();
    let mut url = Url::parse(&postgres.url).unwrap();
    url.set_path("nowhere");
    let message = list(url.as_str());
    let sentence = "refused the connection: database \"nowhere\" does not exist";
    assert!(message.contains(sentence), "{message}");
}
