//! Connections and requests that are slow, large, or too many. Over raw sockets, because clients
//! correct what they send.

use std::process::Command;
use std::time::Duration;

use server::config::{Config, RetryPolicy, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{DEADLINE, TestApp, eventually};
use crate::till_binary::Till;

async fn connect(app: &TestApp) -> TcpStream {
    let addr = app.origin.trim_start_matches("http://");
    TcpStream::connect(addr).await.unwrap()
}

/// Reads until the server closes the connection.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut bytes)).await;
    // The connection may also be reset.
    let _ = read.expect("the server closes the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The answer to one request on its own connection.
pub async fn answer(app: &TestApp, request: &str) -> String {
    let mut stream = connect(app).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    read_to_end(&mut stream).await
}

/// A request whose head has this many bytes.
fn request_of(bytes: usize) -> String {
    let head_start = "GET /livez HTTP/1.1\r\nhost: shop\r\nconnection: close\r\nx-filler: ";
    let end = "\r\n\r\n";
    let filler = "x".repeat(bytes - head_start.len() - end.len());
    format!("{head_start}{filler}{end}")
}

fn timeouts(change: impl FnOnce(&mut Timeouts)) -> impl FnOnce(&mut Config) {
    move |config| change(&mut config.serving.timeouts)
}

// ---- Too large ----

#[tokio::test]
async fn the_head_of_a_request_has_at_most_16_kib() {
    let app = TestApp::without_webhooks().await;
    let most = 16 * 1024;
    let taken = answer(&app, &request_of(most)).await;
    assert!(taken.starts_with("HTTP/1.1 200 "), "{taken}");
    for larger in [most + 1, most + 1_000, 400_000] {
        let mut stream = connect(&app).await;
        // The server may close before everything is written.
        let _ = stream.write_all(request_of(larger).as_bytes()).await;
        let refused = read_to_end(&mut stream).await;
        assert!(
            refused.starts_with("HTTP/1.1 431 ") || (larger > 100_000 && refused.is_empty()),
            "{larger}: {refused}"
        );
    }
}

#[tokio::test]
async fn ten_thousand_signatures_are_too_large_a_head() {
    let app = TestApp::without_webhooks().await;
    let signatures = ",v1=00".repeat(10_000);
    let mut stream = connect(&app).await;
    let head = format!(
        "POST /webhooks/stripe HTTP/1.1\r\nhost: shop\r\ncontent-length: 2\r\nstripe-signature: \
         t=1{signatures}\r\n\r\n"
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let refused = read_to_end(&mut stream).await;
    assert!(
        refused.starts_with("HTTP/1.1 431 ") || refused.is_empty(),
        "{refused}"
    );
    // As many as fit in the head are refused as invalid signatures.
    let signatures = format!(",v1={}", "0".repeat(64)).repeat(200);
    let refused = answer(
        &app,
        &format!(
            "POST /webhooks/stripe HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: \
             2\r\nstripe-signature: t={}{signatures}\r\n\r\n{{}}",
            crate::test_app::now()
        ),
    )
    .await;
    assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
}

/// HTTP methods may have any name.
#[tokio::test]
async fn clients_cannot_write_long_strings_into_the_log() {
    let till = Till::new();
    let serving = till.serve(&[("RUST_LOG", "debug")]).await;
    let addr = serving.origin.trim_start_matches("http://").to_owned();
    let (method, id) = ("M".repeat(5_000), "i".repeat(5_000));
    let mut stream = TcpStream::connect(&addr).await.unwrap();
    let head = format!(
        "{method} /livez HTTP/1.1\r\nhost: shop\r\nconnection: close\r\nx-request-id: {id}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    let log = eventually("the request is logged", async || {
        let log = serving.log();
        log.contains("(other)").then_some(log)
    })
    .await;
    for long in ["MMMMMMMM", "iiiiiiii"] {
        assert!(!log.contains(long), "{long}");
    }
}

// ---- Too slow ----

#[tokio::test]
async fn a_request_head_that_does_not_arrive_ends_the_connection() {
    let soon = timeouts(|timeouts| timeouts.head = Duration::from_millis(300));
    let app = TestApp::without_webhooks_with(soon).await;
    let mut idle = connect(&app).await;
    assert_eq!(read_to_end(&mut idle).await, "");
    let mut slow = connect(&app).await;
    slow.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    assert_eq!(read_to_end(&mut slow).await, "");
}

/// The timeout for the body used to restart with each part.
#[tokio::test]
async fn a_body_that_trickles_in_times_out_with_a_message() {
    let soon = timeouts(|timeouts| timeouts.request = Duration::from_millis(700));
    let app = TestApp::without_webhooks_with(soon).await;
    for route in ["/webhooks/stripe", "/api/checkout"] {
        let mut stream = connect(&app).await;
        let head = format!(
            "POST {route} HTTP/1.1\r\nhost: shop\r\ncontent-type: \
             application/x-www-form-urlencoded\r\ncontent-length: 20000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let (mut read, mut write) = stream.into_split();
        let slow_writer = tokio::spawn(async move {
            while write.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let mut bytes = Vec::new();
        let _ = tokio::time::timeout(DEADLINE, read.read_to_end(&mut bytes))
            .await
            .expect("the server closes the connection");
        let answer = String::from_utf8_lossy(&bytes);
        assert!(answer.starts_with("HTTP/1.1 408 "), "{route}: {answer}");
        assert!(
            answer.ends_with("The request took too long to arrive."),
            "{route}: {answer}"
        );
        drop(read);
        slow_writer.await.unwrap();
    }
}

#[tokio::test]
async fn a_response_that_does_not_start_in_time_is_a_504_with_a_message() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let retry_policy = RetryPolicy {
        attempt_timeout: Duration::from_secs(60),
        total_timeout: Duration::from_secs(60),
        ..RetryPolicy::default()
    };
    let app = TestApp::with_stripe_and(
        Some(fake.url()),
        retry_policy,
        timeouts(|timeouts| timeouts.request = Duration::from_secs(2)),
    )
    .await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/").await.choose(pen, "1");
    fake.answer(Answer::Held);
    let late = app.submit(&form).await;
    assert_eq!(late.status, 504);
    assert_eq!(
        late.body,
        "The shop could not answer in time. Please try again in a few minutes."
    );
    assert_eq!(late.header("cache-control"), "no-store");
    // The work that was started is still finished.
    fake.release();
    let checkout = app.checkout_of(&form).await;
    app.wait_for(&checkout, "open").await;
}

#[tokio::test]
async fn a_response_that_nobody_reads_times_out() {
    const LENGTH: u64 = 64 * 1024 * 1024;
    let site = tempfile::tempdir().unwrap();
    // More than the sockets buffer; a sparse file takes no disk space.
    let file = std::fs::File::create(site.path().join("large.bin")).unwrap();
    file.set_len(LENGTH).unwrap();
    let app = TestApp::without_webhooks_with(|config| {
        config.site.root = site.path().to_owned();
        config.serving.max_connections = 1;
        config.serving.timeouts.stall = Duration::from_millis(500);
    })
    .await;
    let mut stream = connect(&app).await;
    stream
        .write_all(b"GET /large.bin HTTP/1.1\r\nhost: shop\r\n\r\n")
        .await
        .unwrap();
    // It has the only connection allowed: another one is accepted once it has ended.
    eventually("the connection has ended", async || {
        let other = answer(
            &app,
            "GET /livez HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n",
        );
        other.await.starts_with("HTTP/1.1 200 ").then_some(())
    })
    .await;
    let mut read = 0;
    let mut buffer = vec![0; 1024 * 1024];
    while let Ok(bytes) = stream.read(&mut buffer).await
        && bytes > 0
    {
        read += u64::try_from(bytes).unwrap();
    }
    assert!(read < LENGTH, "{read}");
}

// ---- Too many ----

const LIVEZ_REQUEST: &str = "GET /livez HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n";

async fn is_accepted(app: &TestApp) -> bool {
    let mut stream = connect(app).await;
    // It may already be closed.
    let _ = stream.write_all(LIVEZ_REQUEST.as_bytes()).await;
    read_to_end(&mut stream).await.starts_with("HTTP/1.1 200 ")
}

/// Opens connections that the server has accepted: each was answered once.
async fn open(app: &TestApp, count: usize) -> Vec<TcpStream> {
    let mut all = Vec::new();
    for _ in 0..count {
        let mut stream = connect(app).await;
        stream
            .write_all(b"GET /livez HTTP/1.1\r\nhost: shop\r\n\r\n")
            .await
            .unwrap();
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        all.push(stream);
    }
    all
}

#[tokio::test]
async fn above_the_connection_limit_the_next_client_gets_a_503() {
    let app = TestApp::without_webhooks_with(|config| config.serving.max_connections = 3).await;
    let mut open = open(&app, 3).await;
    let mut next = connect(&app).await;
    let refusal = read_to_end(&mut next).await;
    assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
    assert!(refusal.contains("retry-after: 10\r\n"), "{refusal}");
    assert!(
        refusal.ends_with("Too many connections are open. Please try again in a while"),
        "{refusal}"
    );
    open.pop();
    eventually("there is room again", async || {
        is_accepted(&app).await.then_some(())
    })
    .await;
}

/// Without free file descriptors, not even the database can be opened.
#[tokio::test]
async fn connections_are_limited_by_the_open_files_limit() {
    let till = Till::new();
    let command = till.command(&["serve"]);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -n 300 && exec \"$0\" serve"])
        .arg(command.get_program())
        .current_dir(till.folder.path())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    let serving = till.serve_with(shell).await;
    let log = serving.log();
    assert!(
        log.contains("MAX_CONNECTIONS is 10000")
            && log.contains("only 300 open files: at most 44 connections are accepted"),
        "{log}"
    );
    let addr = serving.origin.trim_start_matches("http://");
    let mut all = Vec::new();
    for _ in 0..50 {
        all.push(TcpStream::connect(addr).await.unwrap());
    }
    let refusal = read_to_end(all.last_mut().unwrap()).await;
    assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
}

#[tokio::test]
async fn connections_are_limited_per_client_but_not_for_a_trusted_proxy() {
    let two = |config: &mut Config| config.serving.max_connections_per_client = Some(2);
    let behind = TestApp::without_webhooks_with(two).await;
    let many = open(&behind, 5).await;
    assert!(is_accepted(&behind).await);
    drop(many);
    let direct = TestApp::without_webhooks_with(|config| {
        two(config);
        config.serving.trusted_proxies = Vec::new();
    })
    .await;
    let mut all = open(&direct, 2).await;
    assert!(!is_accepted(&direct).await);
    all.pop();
    eventually("there is room again", async || {
        is_accepted(&direct).await.then_some(())
    })
    .await;
}
