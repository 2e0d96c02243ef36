//! A world to break: the sandbox, real `till serve` processes behind a load balancer, and one
//! shared database.
//!
//! The processes run the real program. They may be killed at any moment; the world keeps sending
//! requests, as shoppers and Stripe do.

#[cfg(feature = "crash-points")]
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;
use shop::catalog::import::StockMode;
use shop::database::Database;
use shop::entity::{checkout, variant};
use stripe_sandbox::{API_KEY, Options, Sandbox};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::fake_smtp::{FakeSmtp, Smtp};
use crate::test_app::{CARD, IBAN_FAILS, IBAN_SUCCEEDS, client, import_text};
use crate::test_database::TestDatabase;
use crate::till_binary::{LIMITS_OFF, SITE};

/// How long anything may take before the test gives up, on a busy machine, too: a killed worker's
/// lease alone lasts 30 seconds, and a long storm leaves thousands of emails to send.
fn max_wait() -> Duration {
    let sessions = setting("STORM_SESSIONS", 0).max(setting("OUTAGE_SESSIONS", 0));
    Duration::from_secs(600 + sessions as u64 / 50)
}

/// A number from the environment that sets the length or intensity of a storm.
pub fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

/// Polls until there is a value, for at most [`max_wait`].
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let polling = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(max_wait(), polling)
        .await
        .unwrap_or_else(|_| panic!("timed out waiting for: {what}"))
}

/// Forwards each connection to a server that is up.
struct Balancer {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Balancer {
    async fn start(servers: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let next = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(async move {
            loop {
                let Ok((mut shopper, _)) = listener.accept().await else {
                    continue;
                };
                let (servers, next) = (servers.clone(), next.clone());
                tokio::spawn(async move {
                    let first = next.fetch_add(1, Ordering::Relaxed);
                    for offset in 0..servers.len() {
                        let server = servers[(first + offset) % servers.len()];
                        if let Ok(mut server) = TcpStream::connect(server).await {
                            let _ = tokio::io::copy_bidirectional(&mut shopper, &mut server).await;
                            return;
                        }
                    }
                });
            }
        });
        Self { addr, task }
    }
}

/// One `till serve`.
struct Server {
    addr: SocketAddr,
    child: Mutex<Option<Child>>,
}

/// Everything together.
pub struct World {
    pub sandbox: Sandbox,
    /// The mail server. Not files: an email that is written twice is one file, and a duplicate
    /// would go unnoticed.
    pub smtp: FakeSmtp,
    pub database: Database,
    pub client: reqwest::Client,
    /// Unique to this world: while a server is dead, another test's may listen on its port, and
    /// must not accept its events.
    webhook_secret: String,
    database_url: String,
    _own_database: TestDatabase,
    balancer: Balancer,
    servers: Vec<Server>,
    data: TempDir,
}

impl World {
    /// Starts `servers` processes on an empty database with this catalog. `crash_at` names the
    /// point at which each of them is killed.
    pub async fn start(servers: usize, catalog: &str, crash_at: Option<&str>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let own_database = TestDatabase::empty(data.path());
        let database_url = own_database.url().to_owned();
        let addrs: Vec<SocketAddr> = (0..servers).map(|_| free_address()).collect();
        let balancer = Balancer::start(addrs.clone()).await;
        let options = Options {
            async_payment_delay: Duration::from_millis(200),
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let webhook_secret = format!("whsec_{}", hex::encode(rand_bytes()));
        sandbox.set_webhook(
            format!("http://{}/webhooks/stripe", balancer.addr),
            webhook_secret.clone(),
        );
        let smtp = FakeSmtp::start(&[], Smtp::Accepts).await;
        let servers = addrs
            .into_iter()
            .map(|addr| Server {
                addr,
                child: Mutex::new(None),
            })
            .collect();
        let database = Database::open(&database_url).await.unwrap();
        let world = Self {
            sandbox,
            smtp,
            database,
            client: client(),
            webhook_secret,
            database_url,
            _own_database: own_database,
            balancer,
            servers,
            data,
        };
        let migrated = world.till(&["migrate"], None).await;
        assert!(migrated.success());
        import_text(&world.database, catalog, StockMode::OnlyNew)
            .await
            .unwrap();
        for index in 0..world.servers.len() {
            world.serve(index, crash_at);
        }
        for index in 0..world.servers.len() {
            world.answers(index).await;
        }
        world
    }

    /// How many servers there are.
    pub fn servers(&self) -> usize {
        self.servers.len()
    }

    /// The URL at which shoppers and Stripe reach the shop.
    pub fn origin(&self) -> String {
        format!("http://{}", self.balancer.addr)
    }

    /// A command that uses the same shop.
    pub fn command(&self, arguments: &[&str], crash_at: Option<&str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_till"));
        command
            .args(arguments)
            .current_dir(self.data.path())
            .env_clear()
            .env("DATA_DIR", self.data.path().join("data"))
            .env("LEPTOS_SITE_ROOT", SITE)
            .env("DATABASE_URL", &self.database_url)
            .env("PUBLIC_URL", self.origin())
            .env("STRIPE_SECRET_KEY", API_KEY)
            .env("STRIPE_WEBHOOK_SECRET", &self.webhook_secret)
            .env("STRIPE_API_BASE", self.sandbox.url())
            .env("SMTP_URL", self.smtp.url())
            .env("MAIL_FROM", "shop@shop.example")
            .env("RUST_LOG", "error")
            .env("WITHDRAWALS", "on")
            .envs(LIMITS_OFF)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let kind = arguments.first().copied().unwrap_or_default();
        command.env("TILL_CRASH_RECORD", self.crash_record(kind));
        if let Some(point) = crash_at {
            command.env("TILL_CRASH_AT", point);
        }
        command
    }

    fn crash_record(&self, command: &str) -> PathBuf {
        self.data.path().join(format!("crash points of {command}"))
    }

    /// The crash points that processes with this command have reached.
    #[cfg(feature = "crash-points")]
    pub fn reached(&self, command: &str) -> BTreeSet<String> {
        let record = std::fs::read_to_string(self.crash_record(command)).unwrap();
        record.lines().map(str::to_owned).collect()
    }

    /// Runs a command until it ends.
    pub async fn till(&self, arguments: &[&str], crash_at: Option<&str>) -> ExitStatus {
        let mut child = self.command(arguments, crash_at).spawn().unwrap();
        until("the command ends", async || child.try_wait().unwrap()).await
    }

    /// Runs `till reconcile`. Returns its exit status and its report.
    pub async fn reconcile(&self) -> (ExitStatus, Value) {
        let mut command = self.command(&["reconcile", "--json"], None);
        command.stdout(Stdio::piped());
        // The report is read while the command runs, on a thread that may block.
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = tokio::time::timeout(max_wait(), output).await.unwrap();
        let output = output.unwrap();
        let report = serde_json::from_slice(&output.stdout).unwrap();
        (output.status, report)
    }

    /// Starts or restarts a server.
    pub fn serve(&self, index: usize, crash_at: Option<&str>) {
        let server = &self.servers[index];
        let mut command = self.command(&["serve"], crash_at);
        command.env("LEPTOS_SITE_ADDR", server.addr.to_string());
        let child = command.spawn().unwrap();
        *server.child.lock().unwrap() = Some(child);
    }

    /// Waits until a server answers, or has ended.
    pub async fn answers(&self, index: usize) {
        let url = format!("http://{}/livez", self.servers[index].addr);
        until("the server answers", async || {
            let answered = self.client.get(&url).send().await.is_ok();
            (answered || self.ended(index).is_some()).then_some(())
        })
        .await;
    }

    /// A server's exit status, if it has ended.
    pub fn ended(&self, index: usize) -> Option<ExitStatus> {
        let mut child = self.servers[index].child.lock().unwrap();
        child.as_mut()?.try_wait().unwrap()
    }

    /// Kills a server as a power cut does. Returns whether it was alive.
    pub fn kill(&self, index: usize) -> bool {
        let mut child = self.servers[index].child.lock().unwrap();
        let Some(child) = child.as_mut() else {
            return false;
        };
        let alive = child.try_wait().unwrap().is_none();
        let _ = child.kill();
        let _ = child.wait();
        alive
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for index in 0..self.servers.len() {
            self.kill(index);
        }
    }
}

/// An address that stays free while its server is dead. All other tests listen on 127.0.0.1, where
/// a dead server's port is soon taken; Linux has more loopback addresses.
fn free_address() -> SocketAddr {
    let host = if cfg!(target_os = "linux") {
        let [a, b, ..] = rand_bytes();
        Ipv4Addr::new(127, 77, a, b.clamp(1, 254))
    } else {
        Ipv4Addr::LOCALHOST
    };
    let listener = StdListener::bind((host, 0)).unwrap();
    listener.local_addr().unwrap()
}

fn rand_bytes() -> [u8; 16] {
    let token = shop::new_token::order_token().unwrap();
    let mut bytes = [0; 16];
    hex::decode_to_slice(token.as_str(), &mut bytes).unwrap();
    bytes
}

// ---- What shoppers do ----

/// The answer to a form.
#[derive(Debug, PartialEq, Eq)]
pub enum FormOutcome {
    /// A redirect to the payment page of this session.
    ToPay(String),
    /// A redirect to the order.
    ToOrder,
    /// The form again, with an error.
    Refused,
}

impl World {
    /// Sends the form once. `None` if the server died or failed: a shopper tries again.
    pub async fn try_begin(&self, attempt: &str, chosen: &[(i64, u32)]) -> Option<FormOutcome> {
        let mut fields = vec![("attempt".to_owned(), attempt.to_owned())];
        for (variant, units) in chosen {
            fields.push((format!("quantity[{variant}]"), units.to_string()));
        }
        let url = format!("{}/api/checkout", self.origin());
        let answer = self
            .client
            .post(url)
            .header("accept", "text/html")
            .header("referer", format!("{}/", self.origin()))
            .form(&fields)
            .send()
            .await
            .ok()?;
        if answer.status() == 422 {
            return Some(FormOutcome::Refused);
        }
        let location = answer.headers().get("location")?.to_str().ok()?.to_owned();
        if let Some((_, session)) = location.split_once("/c/pay/") {
            return Some(FormOutcome::ToPay(session.to_owned()));
        }
        assert!(location.contains("/orders/"), "{location}");
        Some(FormOutcome::ToOrder)
    }

    /// Pays a session. Returns the status of the answer.
    pub async fn pay(&self, session: &str, instrument: Instrument) -> u16 {
        let mut fields = vec![("email", "shopper@example.com"), ("name", "Ada Shopper")];
        match instrument {
            Instrument::Card => fields.extend([
                ("card[number]", CARD),
                ("card[exp_month]", "12"),
                ("card[exp_year]", "2040"),
                ("card[cvc]", "123"),
            ]),
            Instrument::SepaSucceeds => fields.push(("sepa_debit[iban]", IBAN_SUCCEEDS)),
            Instrument::SepaFails => fields.push(("sepa_debit[iban]", IBAN_FAILS)),
        }
        let path = format!("/v1/payment_pages/{session}/confirm");
        self.stripe_post(&path, &fields).await.0
    }

    /// Posts to the sandbox.
    pub async fn stripe_post(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let request = self.client.post(format!("{}{path}", self.sandbox.url()));
        let Ok(answer) = request.bearer_auth(API_KEY).form(fields).send().await else {
            // The sandbox has cut the connection on purpose.
            return (599, Value::Null);
        };
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// The same with an idempotency key. `None` if the answer is lost.
    pub async fn stripe_post_once(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        key: &str,
    ) -> Option<u16> {
        let request = self.client.post(format!("{}{path}", self.sandbox.url()));
        let request = request.bearer_auth(API_KEY).header("idempotency-key", key);
        Some(request.form(fields).send().await.ok()?.status().as_u16())
    }

    /// Fetches an object from the sandbox. `None` if that fails.
    pub async fn try_stripe_get(&self, path: &str) -> Option<Value> {
        let request = self.client.get(format!("{}{path}", self.sandbox.url()));
        let answer = request.bearer_auth(API_KEY).send().await.ok()?;
        if answer.status() != 200 {
            return None;
        }
        answer.json().await.ok()
    }

    /// Fetches an object from the sandbox.
    pub async fn stripe_get(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}{path}", self.sandbox.url()));
        let answer = request.bearer_auth(API_KEY).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// Sets the faults of the sandbox from now on.
    pub async fn set_faults(&self, faults: &Value) {
        let url = format!("{}/_sandbox/faults", self.sandbox.url());
        let answer = self.client.post(url).json(faults).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// Advances Stripe's clock.
    pub async fn advance_clock(&self, time: Duration) {
        let url = format!("{}/_sandbox/clock", self.sandbox.url());
        let advance = serde_json::json!({ "advance": time.as_secs() });
        let answer = self.client.post(url).json(&advance).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// The sandbox's ledger: what was actually paid and refunded.
    pub async fn ledger(&self) -> Vec<Value> {
        let url = format!("{}/_sandbox/ledger", self.sandbox.url());
        let answer = self.client.get(url).send().await.unwrap();
        let ledger: Value = answer.json().await.unwrap();
        ledger["payments"].as_array().unwrap().clone()
    }

    /// The variant with this SKU.
    pub async fn variant(&self, sku: &str) -> variant::Model {
        let found = variant::Entity::find().filter(variant::Column::Sku.eq(sku));
        found.one(self.database.reader()).await.unwrap().unwrap()
    }

    /// The checkout of a session.
    pub async fn checkout(&self, session: &str) -> Option<checkout::Model> {
        checkout::Entity::find()
            .filter(checkout::Column::StripeSessionId.eq(session))
            .one(self.database.reader())
            .await
            .unwrap()
    }
}

/// How a shopper pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instrument {
    Card,
    SepaSucceeds,
    SepaFails,
}

/// An attempt token for a form, as a page would carry it.
pub fn attempt(seed: &str, number: usize) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("{seed} {number}"));
    hex::encode(&digest[..16])
}
