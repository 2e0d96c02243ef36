//! The program `till` as an owner starts it: configured only by its environment.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use sea_orm::DbBackend;
use shop::database::Database;
use tempfile::TempDir;
use tokio::runtime::Handle;

use crate::test_app::{TestApp, eventually};
use crate::test_database::{TestDatabase, backend};

/// A test is one client and buys more than the limits allow.
pub const LIMITS_OFF: [(&str, &str); 9] = [
    ("LIMIT_CHECKOUTS", "off"),
    ("LIMIT_OPEN_CHECKOUTS", "off"),
    ("LIMIT_HELD_SHARE", "off"),
    ("LIMIT_CHECKOUTS_SHOP", "off"),
    ("LIMIT_ORDER_SEARCHES", "off"),
    ("LIMIT_WITHDRAWALS", "off"),
    ("LIMIT_WITHDRAWAL_MAILS", "off"),
    ("LIMIT_PASSWORD_RESETS", "off"),
    ("LIMIT_PASSWORD_RESET_MAILS", "off"),
];

/// The site's files: the program does not start without them.
pub const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/site");

/// A folder in which the program runs, and its database.
pub struct Till {
    pub folder: TempDir,
    pub database: TestDatabase,
}

impl Till {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Its data folder: the program creates it.
        let database = TestDatabase::empty(&folder.path().join("data"));
        Self { folder, database }
    }

    /// The program with a clean environment. Every port is a free one.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_till"));
        command
            .args(arguments)
            // This folder has no `.env`.
            .current_dir(self.folder.path())
            .env_clear()
            .env("DATA_DIR", self.folder.path().join("data"))
            .env("LEPTOS_SITE_ROOT", SITE)
            .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
            .envs(LIMITS_OFF)
            .envs(self.database_url())
            .env("SANDBOX_ADDR", "127.0.0.1:0");
        command
    }

    /// SQLite is the program's default.
    fn database_url(&self) -> Option<(&'static str, &str)> {
        (backend() != DbBackend::Sqlite).then(|| ("DATABASE_URL", self.database.url()))
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs the program on a test's shop, beside the server that runs there. The server knows at
    /// once what has changed, which it would see at a request 250 ms after its last look.
    pub fn run_with(&self, app: &TestApp, arguments: &[&str]) -> CommandOutput {
        let output = self.run_unseen_by(app, arguments);
        let look = app.shop.live.read(&app.shop.database);
        // A test may have broken the database for the command.
        let _ = tokio::task::block_in_place(|| Handle::current().block_on(look));
        output
    }

    /// Like `run_with`, but the server has to notice on its own what has changed.
    pub fn run_unseen_by(&self, app: &TestApp, arguments: &[&str]) -> CommandOutput {
        let mut command = self.command(arguments);
        command.envs(app.environment());
        // Fails on a runtime of one thread: the server might wait there with a lock that the
        // program needs.
        let output = tokio::task::block_in_place(|| command.output()).unwrap();
        CommandOutput {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Imports a catalog into a migrated database. Returns stdout, or stderr if it failed.
    pub fn import(&self, file: &str, options: &[&str]) -> Result<String, String> {
        let path = self.folder.path().join("products.csv");
        std::fs::write(&path, file).unwrap();
        assert!(self.run(&["migrate"]).status.success());
        let arguments = [&["import", path.to_str().unwrap()], options].concat();
        let output = self.run(&arguments);
        if output.status.success() {
            Ok(text(&output.stdout).trim().to_owned())
        } else {
            Err(text(&output.stderr))
        }
    }

    /// The program's database.
    pub async fn database(&self) -> Database {
        Database::open(self.database.url()).await.unwrap()
    }

    /// Serves until the handle is dropped.
    pub async fn serve(&self, variables: &[(&str, &str)]) -> Serving {
        let mut command = self.command(&["serve", "--demo"]);
        command.envs(variables.iter().copied());
        self.serve_with(command).await
    }

    /// Runs this `till serve` command until the handle is dropped.
    pub async fn serve_with(&self, mut command: Command) -> Serving {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let log = Arc::new(Mutex::new(String::new()));
        let written = log.clone();
        // A thread, because reading the pipe blocks; it ends with the program.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let mut log = written.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut serving = Serving {
            child,
            log,
            origin: String::new(),
        };
        serving.origin = serving.logged_address("the shop is open at ").await;
        serving
    }
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub struct CommandOutput {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl CommandOutput {
    /// The output as JSON; nothing else may be printed.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// Printed bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A running `till serve`.
pub struct Serving {
    child: Child,
    log: Arc<Mutex<String>>,
    pub origin: String,
}

impl Serving {
    /// Everything logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits for the address that the log names after these words.
    pub async fn logged_address(&self, before: &str) -> String {
        eventually(&format!("the log says \"{before}…\""), async || {
            let log = self.log();
            let (_, rest) = log.split_once(before)?;
            let end = rest.find(['"', ' ', '\n'])?;
            Some(rest[..end].to_owned())
        })
        .await
    }

    /// Sends SIGTERM, as a service manager does.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        let mut kill = Command::new("kill");
        assert!(kill.args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits until it has ended.
    pub async fn exit_code(&mut self) -> Option<i32> {
        let child = &mut self.child;
        let ended = async || child.try_wait().unwrap();
        eventually("the program ends", ended).await.code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program that must refuse to start. Returns its stderr. A program that starts anyway is
/// killed at the test's deadline.
pub async fn refusal(command: &mut Command) -> String {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let code = {
        let child = &mut child;
        eventually("the program ends", async || child.try_wait().unwrap()).await
    };
    assert!(!code.success());
    let mut message = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut message)
        .unwrap();
    message
}
