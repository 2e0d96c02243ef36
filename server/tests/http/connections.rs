//! Connections and requests that are slow, large, or too many. Over sockets, because clients mend
//! what is sent.

use std::process::Command;
use std::time::Duration;

use server::config::{Config, Patience, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{DEADLINE, TestApp, eventually};
use crate::till_binary::Till;

async fn connect(app: &TestApp) -> TcpStream {
    let addr = app.origin.trim_start_matches("http://");
    TcpStream::connect(addr).await.unwrap()
}

/// Everything that comes until the server closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut bytes)).await;
    // A connection may also be reset.
    let _ = read.expect("the server closes the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What one request on a connection of its own is answered.
async fn answer(app: &TestApp, request: &str) -> String {
    let mut stream = connect(app).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

/// A request whose head has this many bytes.
fn head_of(bytes: usize) -> String {
    let begin = "GET /livez HTTP/1.1\r\nhost: shop\r\nconnection: close\r\nx-filler: ";
    let end = "\r\n\r\n";
    let filler = "x".repeat(bytes - begin.len() - end.len());
    format!("{begin}{filler}{end}")
}

fn timeouts(change: impl FnOnce(&mut Timeouts)) -> impl FnOnce(&mut Config) {
    move |config| change(&mut config.serving.timeouts)
}

// ---- Too large ----

#[tokio::test]
async fn the_head_of_a_request_has_at_most_16_kib() {
    let app = TestApp::without_webhooks().await;
    let most = 16 * 1024;
    let taken = answer(&app, &head_of(most)).await;
    assert!(taken.starts_with("HTTP/1.1 200 "), "{taken}");
    for larger in [most + 1, most + 1_000, 400_000] {
        let mut stream = connect(&app).await;
        // The server may close before all of it is written.
        let _ = stream.write_all(head_of(larger).as_bytes()).await;
        let refused = rest(&mut stream).await;
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
    let refused = rest(&mut stream).await;
    assert!(
        refused.starts_with("HTTP/1.1 431 ") || refused.is_empty(),
        "{refused}"
    );
    // As many as fit are refused for what they are.
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

/// A method may have any name.
#[tokio::test]
async fn a_stranger_does_not_write_into_the_log() {
    let till = Till::new();
    let serving = till.serve(&[("RUST_LOG", "debug")]).await;
    let addr = serving.origin.trim_start_matches("http://").to_owned();
    let (method, id) = ("M".repeat(5_000), "i".repeat(5_000));
    let mut stream = TcpStream::connect(&addr).await.unwrap();
    let head = format!(
        "{method} /livez HTTP/1.1\r\nhost: shop\r\nconnection: close\r\nx-request-id: {id}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let said = rest(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 405 "), "{said}");
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
async fn a_head_that_does_not_come_ends_the_connection() {
    let soon = timeouts(|timeouts| timeouts.head = Duration::from_millis(300));
    let app = TestApp::without_webhooks_with(soon).await;
    let mut idle = connect(&app).await;
    assert_eq!(rest(&mut idle).await, "");
    let mut slow = connect(&app).await;
    slow.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    assert_eq!(rest(&mut slow).await, "");
}

/// The time for a body used to begin anew with each part of it.
#[tokio::test]
async fn a_body_that_comes_in_drops_is_cut_off_with_a_sentence() {
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
        let dripping = tokio::spawn(async move {
            while write.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let mut bytes = Vec::new();
        let _ = tokio::time::timeout(DEADLINE, read.read_to_end(&mut bytes))
            .await
            .expect("the server closes the connection");
        let said = String::from_utf8_lossy(&bytes);
        assert!(said.starts_with("HTTP/1.1 408 "), "{route}: {said}");
        assert!(
            said.ends_with("The request took too long to arrive."),
            "{route}: {said}"
        );
        drop(read);
        dripping.await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_does_not_begin_in_time_is_a_504_with_a_sentence() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let patience = Patience {
        timeout: Duration::from_secs(60),
        total: Duration::from_secs(60),
        ..Patience::default()
    };
    let app = TestApp::with_stripe_and(
        Some(fake.url()),
        patience,
        timeouts(|timeouts| timeouts.request = Duration::from_secs(2)),
    )
    .await;
    let pen = app.product("PEN").await.id;
    let form = app.form("/").await.choose(pen, "1");
    fake.answer(Answer::Held);
    let late = app.submit(&form).await;
    assert_eq!(late.status, 504);
    assert_eq!(
        late.body,
        "The shop could not answer in time. Please try again in a few minutes."
    );
    assert_eq!(late.header("cache-control"), "no-store");
    // What was begun is finished all the same.
    fake.release();
    let checkout = app.checkout_of(&form).await;
    app.wait_for(&checkout, "open").await;
}

#[tokio::test]
async fn an_answer_that_nobody_reads_ends() {
    const LENGTH: u64 = 64 * 1024 * 1024;
    let site = tempfile::tempdir().unwrap();
    // More than the sockets keep; a file of zeros takes no room.
    let file = std::fs::File::create(site.path().join("large.bin")).unwrap();
    file.set_len(LENGTH).unwrap();
    let app = TestApp::without_webhooks_with(|config| {
        config.site_root = site.path().to_owned();
        config.serving.max_connections = 1;
        config.serving.timeouts.stall = Duration::from_millis(500);
    })
    .await;
    let mut stream = connect(&app).await;
    stream
        .write_all(b"GET /large.bin HTTP/1.1\r\nhost: shop\r\n\r\n")
        .await
        .unwrap();
    // Its connection is the only one that may be open: another is taken once it has ended.
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

const ASK: &str = "GET /livez HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n";

async fn is_taken(app: &TestApp) -> bool {
    let mut stream = connect(app).await;
    // It may be closed already.
    let _ = stream.write_all(ASK.as_bytes()).await;
    rest(&mut stream).await.starts_with("HTTP/1.1 200 ")
}

/// Opens connections that the server has taken: each has been answered once.
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
async fn so_many_connections_are_open_and_the_next_is_told() {
    let app = TestApp::without_webhooks_with(|config| config.serving.max_connections = 3).await;
    let mut open = open(&app, 3).await;
    let mut next = connect(&app).await;
    let told = rest(&mut next).await;
    assert!(told.starts_with("HTTP/1.1 503 "), "{told}");
    assert!(told.contains("retry-after: 10\r\n"), "{told}");
    assert!(
        told.ends_with("Too many connections are open. Please try again in a while"),
        "{told}"
    );
    open.pop();
    eventually("there is room again", async || {
        is_taken(&app).await.then_some(())
    })
    .await;
}

/// Without a file that can still be opened, not even the database can.
#[tokio::test]
async fn no_more_connections_are_taken_than_the_system_allows_files() {
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
    let serving = till.serve_by(shell).await;
    let log = serving.log();
    assert!(
        log.contains("MAX_CONNECTIONS is 10000")
            && log.contains("only 300 open files: 44 connections are taken"),
        "{log}"
    );
    let addr = serving.origin.trim_start_matches("http://");
    let mut all = Vec::new();
    for _ in 0..50 {
        all.push(TcpStream::connect(addr).await.unwrap());
    }
    let told = rest(all.last_mut().unwrap()).await;
    assert!(told.starts_with("HTTP/1.1 503 "), "{told}");
}

#[tokio::test]
async fn one_client_has_so_many_connections_and_a_trusted_proxy_any_number() {
    let two = |config: &mut Config| config.serving.max_connections_per_client = Some(2);
    let behind = TestApp::without_webhooks_with(two).await;
    let many = open(&behind, 5).await;
    assert!(is_taken(&behind).await);
    drop(many);
    let direct = TestApp::without_webhooks_with(|config| {
        two(config);
        config.serving.trusted_proxies = Vec::new();
    })
    .await;
    let mut all = open(&direct, 2).await;
    assert!(!is_taken(&direct).await);
    all.pop();
    eventually("there is room again", async || {
        is_taken(&direct).await.then_some(())
    })
    .await;
}
