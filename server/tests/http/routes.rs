//! Every route has limits on size, time and rate, or is listed here with a reason.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use server::http::admin::{MAX_ADMIN_FORM_BYTES, MAX_UPLOAD_BYTES, takes_files};
use server::http::router::routes;
use strum::IntoEnumIterator;
use till_core::limits::LimitedAction;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::test_app::{DEADLINE, TestApp};

/// Routes with a rate limit; `limits.rs` tests them.
const LIMITED: [(&str, LimitedAction); 4] = [
    ("/api/choice", LimitedAction::Choice),
    ("/api/checkout", LimitedAction::Checkout),
    ("/orders/find", LimitedAction::FindOrder),
    ("/withdraw", LimitedAction::Withdraw),
];

/// Routes without a rate limit, and why.
const UNLIMITED: [(&str, &str); 25] = [
    ("/language/{code}", "reads nothing"),
    ("/", "reads the catalog"),
    (
        "/categories/{slug}",
        "reads the products of one category by an index",
    ),
    (
        "/search",
        "reads by an index, and a search has at most eight words",
    ),
    ("/products/{slug}", "reads one row by an index"),
    ("/orders/{token}", "reads one order by a token of 128 bits"),
    (
        "/checkout/{token}/cancelled",
        "needs a token of 128 bits, and asks Stripe for one session until it has ended; 16 calls \
         at once",
    ),
    (
        "/api/order-status",
        "reads one order by a token of 128 bits",
    ),
    (
        "/webhooks/stripe",
        "Stripe must not be refused; one MAC for each secret, and nothing is written without a \
         valid one",
    ),
    ("/webhooks/stripe/", "the same"),
    ("/pages/{slug}", "reads at most two rows by an index"),
    (
        "/notices/{name}",
        "reads a file that the owner has put there",
    ),
    ("/theme.css", "computes a few colours"),
    ("/pictures/{name}", "reads a file, or one row by its key"),
    ("/robots.txt", "reads nothing"),
    ("/.well-known/security.txt", "reads nothing"),
    ("/site.webmanifest", "reads nothing"),
    (
        "/sitemap.xml",
        "counts the products, and reads categories and policies",
    ),
    (
        "/sitemaps/{part}",
        "reads at most 50,000 short rows by an index",
    ),
    ("/feeds/products.xml", "reads the catalog in batches"),
    ("/feeds/products.atom", "reads the catalog in batches"),
    ("/speculation-rules.json", "reads nothing"),
    ("/livez", "does nothing"),
    ("/readyz", "asks the database once"),
    ("/{file}", "reads a file"),
];

/// Routes nested below another one.
const NESTED: [(&str, &str); 1] = [("/pkg/{file}", "reads a file")];

/// Whether a route is the admin's. These need a session, which `admin.rs` tests for each of them;
/// guessing passwords has limits of its own (`admin_sign_in.rs`).
fn is_of_admin(path: &str) -> bool {
    path.starts_with("/admin")
}

/// The maximum size of a body, in bytes.
fn max_body_bytes(path: &str) -> usize {
    match is_of_admin(path) {
        true if takes_files(path) => MAX_UPLOAD_BYTES,
        true => MAX_ADMIN_FORM_BYTES,
        false => 256 * 1024,
    }
}

/// A path that matches the pattern.
fn example(pattern: &str) -> String {
    pattern
        .split('/')
        .map(
            |part| match part.starts_with('{') || part.starts_with(':') {
                true => "x",
                false => part,
            },
        )
        .collect::<Vec<_>>()
        .join("/")
}

/// Sends a request head. Returns everything received until the connection is closed.
async fn answer(app: &TestApp, head: &str) -> String {
    let addr = app.origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut bytes)).await;
    let _ = read.unwrap_or_else(|_| panic!("the connection stays open: {head}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn head(method: &Method, pattern: &str, length: usize) -> String {
    let path = example(pattern);
    format!(
        "{method} {path} HTTP/1.1\r\nhost: shop\r\nsec-fetch-site: same-origin\r\ncontent-type: \
         application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn every_route_is_limited_by_rate_or_says_why_not() {
    // Server functions are registered once the router is built.
    let _app = TestApp::without_webhooks().await;
    let found: BTreeSet<_> = routes()
        .into_iter()
        .map(|(_, path)| path)
        .filter(|path| !is_of_admin(path))
        .collect();
    let listed: BTreeSet<_> = LIMITED
        .iter()
        .map(|(path, _)| *path)
        .chain(UNLIMITED.iter().chain(&NESTED).map(|(path, _)| *path))
        .map(str::to_owned)
        .collect();
    assert_eq!(found, listed);
    for (path, action) in LIMITED {
        assert!(LimitedAction::iter().any(|known| known == action), "{path}");
    }
}

#[tokio::test]
async fn every_form_and_server_function_refuses_other_websites() {
    let app = TestApp::without_webhooks().await;
    let mut forms = 0;
    for (method, path) in routes() {
        // Stripe's requests come from elsewhere, and are signed.
        if method != Method::POST || path.starts_with("/webhooks/") {
            continue;
        }
        forms += 1;
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let request = app.request("POST", &example(&path)).header(name, value);
            let answer = app.send(request.form(&[("x", "1")])).await;
            assert_eq!(answer.status, 403, "{path} with {name}: {value}");
        }
    }
    assert!(forms >= 8, "{forms}");
}

#[tokio::test]
async fn every_route_refuses_a_body_that_is_too_large() {
    let app = TestApp::without_webhooks().await;
    for (method, path) in routes() {
        let refused = answer(&app, &head(&method, &path, max_body_bytes(&path) + 1)).await;
        assert!(
            refused.starts_with("HTTP/1.1 413 "),
            "{method} {path}: {refused}"
        );
    }
}

#[tokio::test]
async fn every_route_ends_a_request_whose_body_does_not_come() {
    let app = TestApp::without_webhooks_with(|config| {
        config.serving.timeouts.request = Duration::from_secs(1);
    })
    .await;
    for (method, path) in routes() {
        let ended = answer(&app, &head(&method, &path, 100)).await;
        let reads = method == Method::POST;
        // A route that does not read the body answers without it.
        assert_eq!(
            ended.starts_with("HTTP/1.1 408 "),
            reads,
            "{method} {path}: {ended}"
        );
    }
}
