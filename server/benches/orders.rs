//! Rates of webhooks that become durable orders, and of forms that become sessions: `make bench`.
//!
//! Every rate is compared with bare SQL on the same machine in the same minute: the same rows, in
//! the same number of transactions, with the same durability. PostgreSQL is measured if
//! `TEST_POSTGRES_URL` is set. `cargo bench -p server --bench orders -- SQLite` measures SQLite
//! only, and `BENCH_ORDERS` and `BENCH_ROUNDS` make it shorter. With
//! `TEST_POSTGRES_SETTINGS=default`, `scripts/with-postgres` starts PostgreSQL with Debian's
//! settings.
#![expect(
    clippy::unwrap_used,
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a benchmark prints, and a panic is how it fails"
)]

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;
use sha2::{Digest, Sha256};
use shop::database::Database;
use stripe_sandbox::{API_KEY, Options, Sandbox, WEBHOOK_SECRET};

/// Webhooks or transactions per round. Compared rounds alternate quickly, because a shared disk can
/// be half as fast half a minute later.
///
/// A round takes longer than the outbox worker's interval, so that every round includes emails.
const ROUND_SIZE: usize = 3_000;
const ROUNDS: usize = 15;
/// Concurrent requests.
const CONCURRENCY: usize = 16;
/// Webhooks per second while latency is measured.
const STEADY_RATE: u64 = 300;
const STEADY_SECONDS: u64 = 20;
const STEADY_ROUNDS: usize = 3;
/// Checkouts begun per round.
const BEGIN_ROUND_SIZE: usize = 1_000;
const BEGIN_ROUNDS: usize = 7;

/// Target: webhook rate over that of bare SQL.
const MIN_RATIO: f64 = 0.5;
/// Target: response time at the 99th percentile, in milliseconds.
const MAX_P99_MS: f64 = 20.0;
/// Target: webhook rate with many orders over that with none.
const MIN_RATIO_WITH_MANY: f64 = 0.9;

/// The percentile of sorted values.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[sorted.len() * percent / 100]
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> ExitCode {
    // `cargo test --benches` passes `--test`: it only checks that the benchmark builds.
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let targets_met = runtime.block_on(async {
        let many = from_env("BENCH_ORDERS", 1_000_000);
        // In the build folder, because the temporary folder may be in memory.
        let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let disk = Disk::at(env!("CARGO_TARGET_TMPDIR").into());
        let postgres_disk = Disk::at(std::env::temp_dir());
        let file = |name| format!("sqlite://{}/{name}.db?mode=rwc", data.path().display());
        let mut targets_met = true;
        if wanted("SQLite") {
            targets_met &= measure("SQLite", [file("none"), file("many")], many, disk).await;
        }
        match std::env::var("TEST_POSTGRES_URL") {
            _ if !wanted("PostgreSQL") => {}
            Ok(server) => {
                let urls = [
                    create_database(&server, "none").await,
                    create_database(&server, "many").await,
                ];
                let settings = std::env::var("TEST_POSTGRES_SETTINGS");
                let name = match settings.as_deref() {
                    Ok("default") => "PostgreSQL, default settings",
                    _ => "PostgreSQL",
                };
                targets_met &= measure(name, urls, many, postgres_disk).await;
            }
            Err(_) => println!("PostgreSQL: not measured, TEST_POSTGRES_URL is not set"),
        }
        targets_met
    });
    ExitCode::from(u8::from(!targets_met))
}

/// The value of a variable that makes a measurement shorter, or the default.
fn from_env(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |n| n.parse().unwrap())
}

/// Whether the arguments name this database or none.
fn wanted(name: &str) -> bool {
    let mut named = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'));
    let first = named.next();
    first.is_none_or(|first| first == name || named.any(|other| other == name))
}

/// Creates an empty database on the server, and returns its URL.
async fn create_database(server: &str, suffix: &str) -> String {
    let name = format!("till_bench_{suffix}_{}", std::process::id());
    let connection = sea_orm::Database::connect(server).await.unwrap();
    connection
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(&name);
    url.to_string()
}

/// Measures two shops alternately, one that begins without orders and one with `many`. Returns
/// whether all targets are met.
async fn measure(name: &str, urls: [String; 2], many: usize, disk: Disk) -> bool {
    let shop = Shop::start(&urls[0]).await;
    let full = Shop::start(&urls[1]).await;
    full.fill(many).await;
    disk.wait_until_idle().await;
    let mut next = 0;
    // The first number of a range of unused ones.
    let mut first = |count| {
        next += count;
        next - count
    };
    // Neither shop sends emails while the other one is measured, and the disk has the same time to
    // become idle before each measurement.
    let rest = async || {
        shop.wait_for_outbox().await;
        full.wait_for_outbox().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    };
    // Warm-up, not counted.
    for shop in [&shop, &full] {
        shop.webhooks(first(ROUND_SIZE)).await;
    }
    let mut rounds = Vec::new();
    for round in 0..from_env("BENCH_ROUNDS", ROUNDS) {
        rest().await;
        let bare = shop.bare(first(ROUND_SIZE)).await;
        let mut rates = [0.0; 2];
        // Alternately; each is first in every other round.
        for n in [round % 2, 1 - round % 2] {
            rest().await;
            rates[n] = [&shop, &full][n].webhooks(first(ROUND_SIZE)).await;
        }
        let [webhooks, with_many] = rates;
        println!("{name}: bare {bare:.0}/s, webhooks {webhooks:.0}/s, with many {with_many:.0}/s");
        rounds.push([bare, webhooks, with_many]);
    }
    let median_of = |value: &dyn Fn(&[f64; 3]) -> f64| median(rounds.iter().map(value).collect());
    let ratio = median_of(&|[bare, webhooks, _]| webhooks / bare);
    let ratio_with_many = median_of(&|[_, webhooks, with_many]| with_many / webhooks);
    // So that latency does not include writes left over from the rounds at full speed.
    rest().await;
    shop.checkpoint().await;
    full.checkpoint().await;
    disk.wait_until_idle().await;
    // Of all rounds together: a median of the rounds would hide a round with a pause.
    let mut times = Vec::new();
    for _ in 0..STEADY_ROUNDS {
        rest().await;
        let round = shop
            .steady(first((STEADY_RATE * STEADY_SECONDS) as usize))
            .await;
        let (p50, p99) = (percentile(&round, 50), percentile(&round, 99));
        println!("{name}: at {STEADY_RATE}/s p50 {p50:.1} ms, p99 {p99:.1} ms");
        times.extend(round);
    }
    times.sort_by(f64::total_cmp);
    let (p50, p99) = (percentile(&times, 50), percentile(&times, 99));
    rest().await;
    let (mut begins, mut holds) = (Vec::new(), Vec::new());
    for _ in 0..BEGIN_ROUNDS {
        holds.push(shop.bare_holds(first(BEGIN_ROUND_SIZE)).await);
        begins.push(shop.begin_checkouts(first(BEGIN_ROUND_SIZE)).await);
    }
    let begins_ratio = median(begins.iter().zip(&holds).map(|(a, b)| a / b).collect());
    let (begins, holds) = (median(begins), median(holds));
    let targets = [
        ratio >= MIN_RATIO,
        p99 < MAX_P99_MS,
        ratio_with_many >= MIN_RATIO_WITH_MANY,
    ];
    println!("| {name} | figure | target |\n|---|---|---|");
    println!(
        "| webhooks to durable orders | {:.0}/s | |",
        median_of(&|round| round[1])
    );
    println!(
        "| the same rows by bare SQL | {:.0}/s | |",
        median_of(&|round| round[0])
    );
    println!("| webhooks over bare SQL | {ratio:.2} | at least {MIN_RATIO} |");
    println!(
        "| response time at {STEADY_RATE} webhooks per second, p50 / p99 | \
         {p50:.1} ms / {p99:.1} ms | p99 below {MAX_P99_MS} ms |"
    );
    println!(
        "| webhooks with {many} orders over none | {ratio_with_many:.2} | \
         at least {MIN_RATIO_WITH_MANY} |"
    );
    println!("| checkouts begun, with the sandbox | {begins:.0}/s | |");
    println!("| their two transactions by bare SQL | {holds:.0}/s | |");
    println!("| checkouts begun over bare SQL | {begins_ratio:.2} | |");
    let targets_met = targets.iter().all(|met| *met);
    if !targets_met {
        println!("{name}: not all targets are met");
    }
    targets_met
}

/// The disk of a database.
struct Disk {
    folder: PathBuf,
    /// Milliseconds to sync 8 KiB before anything was measured.
    idle_ms: f64,
}

impl Disk {
    fn at(folder: PathBuf) -> Self {
        let idle_ms = Self::sync_ms(&folder);
        Self { folder, idle_ms }
    }

    /// Milliseconds to sync 8 KiB: the median of several writes.
    fn sync_ms(folder: &Path) -> f64 {
        let mut file = tempfile::tempfile_in(folder).unwrap();
        let page = [7; 8192];
        let write = |_| {
            let begin = Instant::now();
            file.write_all(&page).unwrap();
            file.sync_data().unwrap();
            begin.elapsed().as_secs_f64() * 1_000.0
        };
        median((0..100).map(write).collect())
    }

    /// Waits until pending writes are done: until syncs are nearly as fast as before, three times
    /// in a row. Gives up after three minutes.
    async fn wait_until_idle(&self) {
        let begin = Instant::now();
        assert!(Command::new("sync").status().unwrap().success());
        let (mut fast, mut last) = (0, self.idle_ms);
        while fast < 3 && begin.elapsed() < Duration::from_secs(180) {
            tokio::time::sleep(Duration::from_secs(2)).await;
            last = Self::sync_ms(&self.folder);
            fast = if last <= self.idle_ms * 1.25 {
                fast + 1
            } else {
                0
            };
        }
        println!(
            "the disk synced 8 KiB in {:.2} ms at first, and in {last:.2} ms after {:.0} s{}",
            self.idle_ms,
            begin.elapsed().as_secs_f64(),
            if fast < 3 { ", not idle yet" } else { "" }
        );
    }
}

struct Shop {
    database: Database,
    client: reqwest::Client,
    origin: String,
    server: Child,
    _sandbox: Sandbox,
    _data: tempfile::TempDir,
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Shop {
    async fn start(url: &str) -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        drop(listener);
        let server = Command::new(env!("CARGO_BIN_EXE_till"))
            .args(["serve", "--demo"])
            .current_dir(data.path())
            .env_clear()
            .env("DATA_DIR", data.path())
            .env("DATABASE_URL", url)
            .env("LEPTOS_SITE_ADDR", addr.to_string())
            .env(
                "LEPTOS_SITE_ROOT",
                concat!(env!("CARGO_MANIFEST_DIR"), "/tests/site"),
            )
            .env("STRIPE_SECRET_KEY", API_KEY)
            .env("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .env("STRIPE_API_BASE", sandbox.url())
            // One client buys more than the limits allow.
            .env("LIMIT_CHECKOUTS", "off")
            .env("LIMIT_OPEN_CHECKOUTS", "off")
            .env("LIMIT_HELD_SHARE", "off")
            .env("LIMIT_CHECKOUTS_SHOP", "off")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let origin = format!("http://{addr}");
        while client.get(format!("{origin}/livez")).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        Self {
            database: Database::open(url).await.unwrap(),
            client,
            origin,
            server,
            _sandbox: sandbox,
            _data: data,
        }
    }

    fn backend(&self) -> DbBackend {
        self.database.reader().get_database_backend()
    }

    async fn run(&self, sql: &str) {
        let transaction = self.database.begin_write("bench").await.unwrap();
        transaction.execute_unprepared(sql).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// Waits until the emails of earlier orders are sent: they would slow down the measurement.
    /// What still waits for Stripe's fee does not.
    async fn wait_for_outbox(&self) {
        loop {
            let pending = Statement::from_string(
                self.backend(),
                "SELECT count(*) FROM outbox WHERE state = 'pending' \
                 AND (kind <> 'fetch_payment_details' OR attempts = 0)",
            );
            let row = self.database.reader().query_one_raw(pending).await.unwrap();
            let pending: i64 = row.unwrap().try_get_by_index(0).unwrap();
            if pending == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Inserts open checkouts of two lines each, as they are while shoppers pay.
    async fn open_checkouts(&self, first: usize, count: usize) {
        self.wait_for_outbox().await;
        let times =
            "'2036-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00'";
        for chunk in (first..first + count).collect::<Vec<_>>().chunks(500) {
            let rows = |make: &dyn Fn(usize) -> String| {
                chunk.iter().map(|i| make(*i)).collect::<Vec<_>>().join(",")
            };
            let checkouts = rows(&|i| {
                let (id, session) = (checkout(i), session(i));
                let (token, attempt) = (random(i + 1_000_000_000), random(i + 4_000_000_000));
                format!(
                    "('{id}','{attempt}','{token}','open','eur',1500,'http://x','{session}',\
                     'http://x','{{}}',{times})"
                )
            });
            let lines = rows(&|i| {
                let id = checkout(i);
                format!("('{id}',1,'PEN','Pen','',500,1),('{id}',2,'MUG','Mug','',1000,1)")
            });
            self.run(&format!(
                "INSERT INTO checkout (id, attempt, token, state, currency, amount_subtotal, \
                 public_url, stripe_session_id, stripe_url, options, expires_at, created_at, \
                 updated_at) VALUES {checkouts};"
            ))
            .await;
            self.run(&format!(
                "INSERT INTO checkout_line (checkout_id, variant_id, sku, product_name, \
                 variant_name, unit_amount, quantity) VALUES {lines};"
            ))
            .await;
        }
        self.run(&format!(
            "UPDATE variant SET stock = COALESCE(stock, 0) + {count}, held = held + {count} WHERE \
             id IN (1, 2)"
        ))
        .await;
    }

    /// Orders per second by webhook, `CONCURRENCY` at a time.
    async fn webhooks(&self, first: usize) -> f64 {
        self.open_checkouts(first, ROUND_SIZE).await;
        let begin = Instant::now();
        futures::stream::iter(first..first + ROUND_SIZE)
            .map(|i| self.webhook(i))
            .buffer_unordered(CONCURRENCY)
            .collect::<()>()
            .await;
        ROUND_SIZE as f64 / begin.elapsed().as_secs_f64()
    }

    async fn webhook(&self, i: usize) {
        let body = serde_json::to_string_pretty(&event(i)).unwrap();
        let answer = self
            .client
            .post(format!("{}/webhooks/stripe", self.origin))
            .header("stripe-signature", sign(&body))
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// Response times in milliseconds at a steady rate, sorted.
    async fn steady(&self, first: usize) -> Vec<f64> {
        let count = (STEADY_RATE * STEADY_SECONDS) as usize;
        self.open_checkouts(first, count).await;
        let begin = tokio::time::Instant::now();
        let mut times: Vec<f64> = futures::stream::iter(0..count)
            .map(|i| async move {
                // Measured from the due time: a late start counts as waiting.
                let due = begin + Duration::from_micros(1_000_000 / STEADY_RATE * i as u64);
                tokio::time::sleep_until(due).await;
                self.webhook(first + i).await;
                due.elapsed().as_secs_f64() * 1_000.0
            })
            .buffer_unordered(1_000)
            .collect()
            .await;
        times.sort_by(f64::total_cmp);
        times
    }

    /// Forms per second that lead to a payment page.
    async fn begin_checkouts(&self, first: usize) -> f64 {
        self.wait_for_outbox().await;
        let begin = Instant::now();
        futures::stream::iter(first..first + BEGIN_ROUND_SIZE)
            .map(|i| async move {
                let attempt = random(i + 2_000_000_000);
                let answer = self
                    .client
                    .post(format!("{}/api/checkout", self.origin))
                    .header("accept", "text/html")
                    .form(&[("attempt", attempt.as_str()), ("quantity[3]", "1")])
                    .send()
                    .await
                    .unwrap();
                let location = answer.headers().get("location").unwrap().to_str().unwrap();
                assert!(location.contains("/c/pay/"), "{location}");
            })
            .buffer_unordered(CONCURRENCY)
            .collect::<()>()
            .await;
        BEGIN_ROUND_SIZE as f64 / begin.elapsed().as_secs_f64()
    }

    /// Inserts many paid orders, as a shop has after years.
    async fn fill(&self, count: usize) {
        // As long as later events. Other lengths leave gaps in pages that later events would fill;
        // in a real inbox they have long been filled.
        let length = serde_json::to_string_pretty(&event(0)).unwrap().len();
        // One order per 30 seconds, up to the first measured one; ids begin with the time, as those
        // of the measured ones do.
        let second = format!("({FIRST_SECOND} - ({count} + 1 - i) * 30)");
        // Stands for random values: evenly distributed and, because the factor is odd, unique.
        let spread = "(i * 2654435761) % 4294967296";
        let digit = |n: u32| {
            let value = format!("({second} - {STRIPE_EPOCH}) / {} % 62 + 1", 62_u64.pow(n));
            format!("substr('{BASE_62}', ({value})::int, 1)")
        };
        let stripe_time = (0..5).rev().map(digit).collect::<Vec<_>>().join(" || ");
        let (numbers, id, random, short, payload, stripe_time) = match self.backend() {
            DbBackend::Sqlite => (
                format!(
                    "WITH RECURSIVE n(i) AS \
                     (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
                ),
                format!("printf('%08x%08x%016x', {second}, {spread}, i)"),
                format!("printf('%08x%024x', {spread}, i)"),
                format!("printf('%08x', {spread})"),
                format!("printf('%0{length}d', i)"),
                stripe_time.replace("::int", ""),
            ),
            _ => (
                format!("WITH n(i) AS (SELECT generate_series(1, {count}::bigint))"),
                format!(
                    "lpad(to_hex({second}), 8, '0') || lpad(to_hex({spread}), 8, '0') \
                     || lpad(to_hex(i), 16, '0')"
                ),
                format!("lpad(to_hex({spread}), 8, '0') || lpad(to_hex(i), 24, '0')"),
                format!("lpad(to_hex({spread}), 8, '0')"),
                format!("lpad(i::text, {length}, '0')"),
                stripe_time,
            ),
        };
        let stripe = format!("'1' || {stripe_time} || '{STRIPE_ACCOUNT}' || {short}");
        let session = format!("'cs_test_' || {random} || {random}");
        let number = format!("substr({id}, 3, 3) || substr({id}, 9, 8)");
        let time = "'2025-01-01 00:00:00+00:00'";
        let lines = "(1, 'PEN', 'Pen', 500), (2, 'MUG', 'Mug', 1000)";
        for insert in [
            format!(
                "INSERT INTO checkout (id, attempt, token, state, currency, amount_subtotal, \
                 public_url, stripe_session_id, options, expires_at, created_at, updated_at) \
                 {numbers} SELECT {id}, {random}, {random}, 'paid', 'eur', 1500, 'http://x', \
                 {session}, '{{}}', {time}, {time}, {time} FROM n"
            ),
            format!(
                "INSERT INTO \"order\" (number, checkout_id, stripe_session_id, \
                 stripe_payment_intent_id, currency, amount_subtotal, amount_discount, \
                 amount_shipping, amount_tax, amount_total, payment_status, paid_at, created_at) \
                 {numbers} SELECT {number}, {id}, {session}, 'pi_' || {stripe}, 'eur', 1500, 0, 0, \
                 0, 1500, 'paid', {time}, {time} FROM n"
            ),
            format!(
                "INSERT INTO checkout_line (checkout_id, variant_id, sku, product_name, \
                 variant_name, unit_amount, quantity) {numbers}, \
                 l(variant, sku, name, price) AS (VALUES {lines}) \
                 SELECT {id}, variant, sku, name, '', price, 1 FROM n CROSS JOIN l \
                 ORDER BY i, variant"
            ),
            format!(
                "INSERT INTO order_line (order_id, variant_id, sku, product_name, variant_name, \
                 unit_amount, quantity, stock_taken) WITH l(variant, sku, name, price) AS (VALUES \
                 {lines}) SELECT id, variant, sku, name, '', price, 1, 1 FROM \"order\" \
                 CROSS JOIN l ORDER BY id, variant"
            ),
            format!(
                "INSERT INTO outbox (key, kind, checkout_id, payload, state, due_at, created_at, \
                 updated_at) {numbers} SELECT 'mail:paid:' || {id}, 'mail', {id}, \
                 '{{\"task\":\"mail\",\"mail\":{{\"about\":\"paid\"}}}}', 'done', {time}, {time}, \
                 {time} FROM n"
            ),
            format!(
                "INSERT INTO stripe_event (id, type, livemode, payload, state, checkout_id, \
                 source, created_at, received_at) {numbers} SELECT 'evt_' || {stripe}, \
                 'checkout.session.completed', false, {payload}, 'applied', {id}, 'webhook', \
                 {time}, {time} FROM n"
            ),
        ] {
            self.run(&insert).await;
        }
        // Otherwise autovacuum would run during the measurement.
        if self.backend() == DbBackend::Postgres {
            self.run_outside_transaction("VACUUM ANALYZE").await;
        }
        self.checkpoint().await;
    }

    /// Checkpoints the database, which would otherwise happen during a measurement.
    async fn checkpoint(&self) {
        self.run_outside_transaction(match self.backend() {
            DbBackend::Sqlite => "PRAGMA wal_checkpoint(TRUNCATE)",
            _ => "CHECKPOINT",
        })
        .await;
    }

    /// Runs a statement outside of a transaction.
    async fn run_outside_transaction(&self, sql: &str) {
        self.database
            .bare_writer()
            .execute_raw(Statement::from_string(self.backend(), sql))
            .await
            .unwrap();
    }
}

/// Creation time of the first measured checkout, in Unix seconds.
const FIRST_SECOND: u64 = 1_790_000_000;
/// After the prefix, Stripe's ids of events and payments begin with `1` or `3` and five digits of
/// base 62: the seconds since this one. This matches the examples in Stripe's OpenAPI description:
/// `price_1PgafmB7WZ01zgkW6dKueIc5` was created at 1721948530.
const STRIPE_EPOCH: u64 = 1_342_389_380;
/// Then follows the account, then eight random characters.
const STRIPE_ACCOUNT: &str = "B7WZ01zgkW";
const BASE_62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Creation time of this checkout in Unix seconds, at the steady rate.
fn second(i: usize) -> u64 {
    FIRST_SECOND + i as u64 / STEADY_RATE
}

fn random(i: usize) -> String {
    hex::encode(&Sha256::digest(i.to_le_bytes())[..16])
}

/// As `CheckoutId::generate` makes it.
fn checkout(i: usize) -> String {
    format!("{:08x}{}", second(i), &random(i)[8..])
}

/// A unique order number that begins with the time, as the shop's numbers do.
fn number(i: usize) -> String {
    let id = checkout(i);
    format!("{}{}", &id[2..5], &id[8..16])
}

/// The part of a Stripe id after `evt_` or `pi_`.
fn stripe_id(i: usize) -> String {
    let seconds = second(i) - STRIPE_EPOCH;
    let digit = |n: u32| BASE_62.as_bytes()[(seconds / 62_u64.pow(n) % 62) as usize] as char;
    let time: String = (0..5).rev().map(digit).collect();
    format!("1{time}{STRIPE_ACCOUNT}{}", &random(i)[..8])
}

/// Without a time, like Stripe's session ids.
fn session(i: usize) -> String {
    format!("cs_test_{}", hex::encode(Sha256::digest(i.to_le_bytes())))
}

fn event(i: usize) -> serde_json::Value {
    json!({
        "id": format!("evt_{}", stripe_id(i)),
        "object": "event",
        "api_version": shop::stripe::API_VERSION,
        "created": second(i),
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null },
        "type": "checkout.session.completed",
        "data": { "object": {
            "id": session(i), "object": "checkout.session", "client_reference_id": checkout(i),
            "status": "complete", "payment_status": "paid", "currency": "eur",
            "amount_subtotal": 1500, "amount_total": 1500,
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
            "payment_intent": format!("pi_{}", stripe_id(i)),
            "customer_details": { "email": "shopper@example.com", "name": "Ada Shopper" },
            "metadata": { "checkout_id": checkout(i) },
        } },
    })
}

fn sign(body: &str) -> String {
    let time = shop::clock::now().unix_timestamp();
    let mut mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).unwrap();
    mac.update(format!("{time}.{body}").as_bytes());
    format!("t={time},v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// Writes the rows of a webhook, and those of a form, with prepared statements only.
macro_rules! bare {
    ($order:ident, $hold:ident, $pool:ty, $begin:literal) => {
        async fn $order(pool: &$pool, i: usize) {
            use sea_orm::sqlx::{Executor, Row, query};
            let now = shop::clock::now();
            let mut connection = pool.acquire().await.unwrap();
            connection.execute($begin).await.unwrap();
            let (id, payload) = (checkout(i), serde_json::to_string_pretty(&event(i)).unwrap());
            query(
                "INSERT INTO stripe_event (id, type, livemode, payload, state, checkout_id, \
                 source, created_at, received_at) VALUES ($1, 'checkout.session.completed', false, \
                 $2, 'applied', $3, 'webhook', $4, $5)",
            )
                .bind(format!("evt_{}", stripe_id(i))).bind(payload).bind(&id).bind(now).bind(now)
                .execute(&mut *connection).await.unwrap();
            query("UPDATE checkout SET state = 'paid', updated_at = $1 WHERE id = $2")
                .bind(now).bind(&id)
                .execute(&mut *connection).await.unwrap();
            let order: i64 = query(
                "INSERT INTO \"order\" (number, checkout_id, stripe_session_id, \
                 stripe_payment_intent_id, currency, amount_subtotal, amount_discount, \
                 amount_shipping, amount_tax, amount_total, payment_status, customer_email, \
                 customer_name, paid_at, created_at) VALUES ($6, $1, $2, $3, 'eur', 1500, 0, 0, 0, \
                 1500, 'paid', 'shopper@example.com', 'Ada Shopper', $4, $5) RETURNING id",
            )
                .bind(&id).bind(session(i)).bind(format!("pi_{}", stripe_id(i)))
                .bind(now).bind(now).bind(number(i))
                .fetch_one(&mut *connection).await.unwrap().get(0);
            // The emails to the shopper and to the owner.
            query(
                "INSERT INTO outbox (key, kind, checkout_id, payload, state, due_at, created_at, \
                 updated_at) VALUES ($1, 'mail', $2, \
                 '{\"task\":\"mail\",\"mail\":{\"about\":\"paid\"}}', 'done', $3, $3, $3), ($4, \
                 'mail', $2, '{\"task\":\"mail\",\"mail\":{\"about\":\"new_order\"}}', 'done', $3, \
                 $3, $3)",
            )
                .bind(format!("mail:paid:{id}")).bind(&id).bind(now)
                .bind(format!("mail:new_order:{id}"))
                .execute(&mut *connection).await.unwrap();
            for variant in [1_i64, 2] {
                query("UPDATE variant SET held = held - 1, stock = stock - 1 WHERE id = $1")
                    .bind(variant).execute(&mut *connection).await.unwrap();
            }
            query(
                "INSERT INTO order_line (order_id, variant_id, sku, product_name, variant_name, \
                 unit_amount, quantity, stock_taken) VALUES ($1, 1, 'PEN', 'Pen', '', 500, 1, 1), \
                 ($2, 2, 'MUG', 'Mug', '', 1000, 1, 1)",
            )
                .bind(order).bind(order).execute(&mut *connection).await.unwrap();
            connection.execute("COMMIT").await.unwrap();
        }

        async fn $hold(pool: &$pool, i: usize) {
            use sea_orm::sqlx::{Executor, query};
            let now = shop::clock::now();
            let id = checkout(i);
            let mut connection = pool.acquire().await.unwrap();
            connection.execute($begin).await.unwrap();
            query(
                "INSERT INTO checkout (id, attempt, token, state, currency, amount_subtotal, \
                 public_url, options, expires_at, created_at, updated_at) VALUES ($1, $2, $3, \
                 'creating', 'eur', 500, 'http://x', '{}', $4, $5, $6)",
            )
                .bind(&id).bind(random(i)).bind(random(i + 1_000_000_000))
                .bind(now).bind(now).bind(now)
                .execute(&mut *connection).await.unwrap();
            query("UPDATE variant SET held = held + 1 WHERE id = 3")
                .execute(&mut *connection).await.unwrap();
            query(
                "INSERT INTO checkout_line (checkout_id, variant_id, sku, product_name, \
                 variant_name, unit_amount, quantity) VALUES ($1, 3, 'LAMP', 'Lamp', '', 500, 1)",
            )
                .bind(&id).execute(&mut *connection).await.unwrap();
            connection.execute("COMMIT").await.unwrap();
            connection.execute($begin).await.unwrap();
            query(
                "UPDATE checkout SET state = 'open', stripe_session_id = $1, stripe_url = \
                 'http://x', updated_at = $2 WHERE id = $3",
            )
                .bind(session(i)).bind(now).bind(&id)
                .execute(&mut *connection).await.unwrap();
            connection.execute("COMMIT").await.unwrap();
        }
    };
}

bare!(
    sqlite_order,
    sqlite_hold,
    sea_orm::sqlx::SqlitePool,
    "BEGIN IMMEDIATE"
);
bare!(
    postgres_order,
    postgres_hold,
    sea_orm::sqlx::PgPool,
    "BEGIN"
);

impl Shop {
    /// Orders per second by bare SQL, in the same order and with as many connections as the shop
    /// uses for writing.
    async fn bare(&self, first: usize) -> f64 {
        self.open_checkouts(first, ROUND_SIZE).await;
        let writer = self.database.bare_writer();
        let begin = Instant::now();
        match self.backend() {
            DbBackend::Sqlite => {
                let pool = writer.get_sqlite_connection_pool();
                for i in first..first + ROUND_SIZE {
                    sqlite_order(pool, i).await;
                }
            }
            _ => {
                let pool = Arc::new(writer.get_postgres_connection_pool().clone());
                futures::stream::iter(first..first + ROUND_SIZE)
                    .map(|i| {
                        let pool = pool.clone();
                        async move { postgres_order(&pool, i).await }
                    })
                    .buffer_unordered(CONCURRENCY)
                    .collect::<()>()
                    .await;
            }
        }
        ROUND_SIZE as f64 / begin.elapsed().as_secs_f64()
    }

    /// Checkouts per second by the bare SQL of their two transactions, without Stripe.
    async fn bare_holds(&self, first: usize) -> f64 {
        self.wait_for_outbox().await;
        self.run("UPDATE variant SET stock = NULL WHERE id = 3")
            .await;
        let writer = self.database.bare_writer();
        let begin = Instant::now();
        match self.backend() {
            DbBackend::Sqlite => {
                let pool = writer.get_sqlite_connection_pool();
                for i in first..first + BEGIN_ROUND_SIZE {
                    sqlite_hold(pool, i + 3_000_000_000).await;
                }
            }
            _ => {
                let pool = writer.get_postgres_connection_pool();
                futures::stream::iter(first..first + BEGIN_ROUND_SIZE)
                    .map(|i| postgres_hold(pool, i + 3_000_000_000))
                    .buffer_unordered(CONCURRENCY)
                    .collect::<()>()
                    .await;
            }
        }
        BEGIN_ROUND_SIZE as f64 / begin.elapsed().as_secs_f64()
    }
}
