//! Pages that are kept as bytes: what is new in each answer, and how soon a change shows.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use app::FormAttempt;
use axum::body::{Body, Bytes, to_bytes};
use axum::middleware::from_fn_with_state;
use axum::{Extension, Router};
use flate2::read::GzDecoder;
use futures::future::join_all;
use server::http::page_cache::{self, PageCache};
use time::OffsetDateTime;
use tower::ServiceExt;

use crate::test_app::{CARD, PRODUCTS, Page, TestApp, eventually, paid_session};
use crate::till_binary::Till;

/// Within this time, a change shows on every server. Twice what is promised, for a busy machine.
const SOON: Duration = Duration::from_secs(1);

/// Changes the name of a product behind the shop's back. Only a new rendering shows it.
async fn rename_secretly(app: &TestApp, name: &str) {
    use sea_orm::ConnectionTrait;
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    let statement = format!("UPDATE product SET name = '{name}' WHERE slug = 'pen'");
    transaction.execute_unprepared(&statement).await.unwrap();
    transaction.commit().await.unwrap();
}

fn shows(page: &Page, name: &str) -> bool {
    page.texts("main h2, main h3, main h1")
        .iter()
        .any(|text| text.contains(name))
}

async fn gzip(app: &TestApp, path: &str) -> Vec<u8> {
    let request = app.request("GET", path).header("accept-encoding", "gzip");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let length = response.headers()["content-length"]
        .to_str()
        .unwrap()
        .to_owned();
    let bytes = response.bytes().await.unwrap().to_vec();
    assert_eq!(bytes.len().to_string(), length);
    bytes
}

/// What a program makes of these bytes.
fn inflated_by(program: &str, arguments: &[&str], bytes: &[u8]) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_page_is_rendered_once_and_every_answer_has_a_token_of_its_own() {
    let app = TestApp::without_webhooks().await;
    let first = app.get("/").await;
    rename_secretly(&app, "Changed").await;
    let second = app.get("/").await;
    assert!(shows(&second, "Green Pen"), "it was rendered anew");

    let tokens = [&first, &second].map(|page| page.form("/").attempt().to_owned());
    assert_ne!(tokens[0], tokens[1]);
    for (page, token) in [&first, &second].into_iter().zip(&tokens) {
        assert_eq!(page.body.matches(&**token).count(), 1);
    }
    let without = |page: &Page, token: &str| page.body.replace(token, "");
    assert_eq!(without(&first, &tokens[0]), without(&second, &tokens[1]));
    for page in [&first, &second] {
        let pen = app.variant("PEN").await.id;
        app.pay(&page.form("/").choose(pen, "1")).await;
    }
    assert_eq!(app.checkouts().await.len(), 2, "two tabs are two attempts");
}

#[tokio::test]
async fn compressed_pages_are_read_by_everything_and_have_one_token() {
    let app = TestApp::without_webhooks().await;
    app.get("/").await;
    let bytes = gzip(&app, "/").await;
    let mut text = String::new();
    GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
    let page = Page {
        status: 200,
        headers: reqwest::header::HeaderMap::default(),
        body: text.clone(),
    };
    let token = page.form("/").attempt().to_owned();
    assert_eq!(text.matches(&token).count(), 1);

    let python =
        "import gzip,sys;sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))";
    assert_eq!(inflated_by("python3", &["-c", python], &bytes), text);
    let node = "process.stdout.write(zlib.gunzipSync(fs.readFileSync(0)))";
    assert_eq!(inflated_by("node", &["-e", node], &bytes), text);
    let address = format!("{}/", app.origin);
    // Not on this thread, on which the shop answers.
    let fetching = tokio::task::spawn_blocking(move || {
        let options = [
            "--silent",
            "--fail",
            "--noproxy",
            "*",
            "--compressed",
            &address,
        ];
        Command::new("curl").args(options).output()
    });
    let fetched = fetching.await.unwrap().unwrap();
    let fetched = String::from_utf8(fetched.stdout).unwrap();
    let fetched_token = Page {
        body: fetched.clone(),
        ..page
    }
    .form("/")
    .attempt()
    .to_owned();
    assert_eq!(fetched.replace(&fetched_token, &token), text);

    let other = gzip(&app, "/").await;
    let mut other_text = String::new();
    GzDecoder::new(&*other)
        .read_to_string(&mut other_text)
        .unwrap();
    assert_ne!(other_text, text);
    assert_eq!(other.len(), bytes.len());
}

#[tokio::test]
async fn only_what_the_address_says_is_kept() {
    let app = TestApp::without_webhooks().await;
    for path in [
        "/",
        "/products/pen",
        "/categories/desk",
        "/search?q=pen",
        "/feeds/products.atom",
    ] {
        app.get(path).await;
        rename_secretly(&app, "Changed").await;
        let kept = app.get(path).await;
        assert!(kept.body.contains("Green Pen"), "{path}");
        // A parameter that means nothing, and what others have typed.
        let separator = if path.contains('?') { '&' } else { '?' };
        let other = app.get(&format!("{path}{separator}x=1")).await;
        assert!(other.body.contains("Changed"), "{path}");
        rename_secretly(&app, "Green Pen").await;
        app.render_anew().await;
    }
    let form = app
        .form("/")
        .await
        .choose(app.variant("PEN").await.id, "99");
    let refused = app.refused(&form).await;
    assert!(refused.has("[role=alert]"));
    assert!(
        !app.get("/").await.has("[role=alert]"),
        "a page is never another shopper's"
    );
}

#[tokio::test]
async fn head_and_unchanged_pages_have_no_body() {
    let app = TestApp::without_webhooks().await;
    for path in ["/", "/feeds/products.xml"] {
        let whole = app.get(path).await;
        let head = app.send(app.request("HEAD", path)).await;
        assert_eq!((head.status, &*head.body), (200, ""));
        assert_eq!(
            head.header("content-length"),
            whole.body.len().to_string(),
            "{path}"
        );
        assert!(whole.header("vary").contains("accept-encoding"), "{path}");
    }
    let feed = app.get("/feeds/products.xml").await;
    let tag = feed.header("etag").to_owned();
    let known = app
        .request("GET", "/feeds/products.xml")
        .header("if-none-match", &tag);
    let unchanged = app.send(known).await;
    assert_eq!((unchanged.status, &*unchanged.body), (304, ""));
    assert_eq!(
        app.get("/").await.header("etag"),
        "",
        "each has its own token"
    );
}

#[tokio::test]
async fn a_sale_that_pages_show_is_seen_at_the_next_request_and_soon_by_other_servers() {
    let app = TestApp::without_webhooks().await;
    let other = TestApp::without_webhooks_at(app.database_url()).await;
    for server in [&app, &other] {
        assert!(server.get("/").await.body.contains("Only 3 left"));
    }
    let checkout = app.begin(&[("MUG", 1)]).await;
    assert!(app.get("/").await.body.contains("Only 2 left"), "held");
    let began = Instant::now();
    eventually("the other server to show it", async || {
        other
            .get("/")
            .await
            .body
            .contains("Only 2 left")
            .then_some(())
    })
    .await;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());

    app.pay_with(CARD, &checkout).await;
    let completed = "checkout.session.completed";
    app.deliver_session(completed, &paid_session(&checkout))
        .await;
    assert!(app.get("/").await.body.contains("Only 2 left"), "sold");

    // The last ones.
    app.begin(&[("MUG", 2)]).await;
    assert!(
        app.get("/products/becher-moewe")
            .await
            .body
            .contains("another shopper")
    );
}

#[tokio::test]
async fn a_sale_that_no_page_shows_renders_nothing_anew() {
    let app = TestApp::without_webhooks().await;
    app.get("/").await;
    let generation = app.shop.live.generation();
    app.begin(&[("PEN", 2), ("POSTER", 1)]).await;
    app.get("/").await;
    assert_eq!(app.shop.live.generation(), generation, "38 of 40 are left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_command_changes_shows_soon() {
    let app = TestApp::without_webhooks().await;
    let price = async || app.get("/products/pen").await.text(".product-price .price");
    assert_eq!(price().await, "€5.00");
    let till = Till::new();
    let file = till.folder.path().join("prices.csv");
    std::fs::write(&file, PRODUCTS.replace(",500,EUR,", ",650,EUR,")).unwrap();
    let form = app.form("/products/pen").await;
    let imported = till.run_unseen_by(&app, &["import", file.to_str().unwrap()]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    let began = Instant::now();
    eventually("the new price", async || {
        (price().await == "€6.50").then_some(())
    })
    .await;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());

    // A page from before never sells at the old price.
    let pen = app.variant("PEN").await.id;
    let refused = app.refused(&form.choose(pen, "1")).await;
    assert!(
        refused.quantity_error(pen).contains("€6.50"),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn a_page_that_is_not_kept_is_compressed_as_well() {
    let app = TestApp::without_webhooks().await;
    let request = app.request("GET", "/products/nothing");
    let response = request.header("accept-encoding", "gzip").send().await;
    let response = response.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn a_sale_begins_at_its_second_without_anybodys_doing() {
    let app = TestApp::without_webhooks().await;
    let begins = OffsetDateTime::now_utc() + time::Duration::seconds(3);
    let begins = begins.replace_nanosecond(0).unwrap();
    let (date, time) = (begins.date(), begins.time());
    let (hour, minute, second) = time.as_hms();
    let at = format!("{date} {hour:02}:{minute:02}:{second:02}+00:00");
    let sale = format!(
        "UPDATE variant SET sale_price = 400, sale_begins = '{at}', price_changes_at = '{at}' \
         WHERE sku = 'PEN'"
    );
    app.execute(&sale).await;
    let price = async || app.get("/products/pen").await.text(".product-price .price");
    let mut before = 0;
    while OffsetDateTime::now_utc() < begins - time::Duration::milliseconds(300) {
        assert_eq!(price().await, "€5.00");
        before += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(before > 0, "the machine is too slow for this test");
    while OffsetDateTime::now_utc() < begins {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(price().await, "€4.00");
}

#[tokio::test]
async fn a_change_that_nobody_noted_shows_after_ten_seconds() {
    let app = TestApp::without_webhooks().await;
    app.get("/").await;
    rename_secretly(&app, "Changed").await;
    tokio::time::sleep(Duration::from_millis(10_500)).await;
    assert!(shows(&app.get("/").await, "Changed"));
}

#[tokio::test]
async fn without_the_cache_every_request_renders_its_page() {
    let app = TestApp::without_webhooks_with(|config| config.serving.page_cache_mb = 0).await;
    app.get("/").await;
    rename_secretly(&app, "Changed").await;
    assert!(shows(&app.get("/").await, "Changed"));
}

/// The cache before a page of this many bytes that counts how often it is rendered.
fn counting(app: &TestApp, cache_bytes: u64, page_bytes: usize) -> (Router, Arc<AtomicUsize>) {
    let renderings = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&renderings);
    let render = move |attempt: Option<Extension<FormAttempt>>| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            // None if the page is not to be kept.
            let token = attempt.map(|Extension(FormAttempt(token))| token);
            token.unwrap_or_default() + &"x".repeat(page_bytes)
        }
    };
    let cache = Arc::new(PageCache::new(app.shop.clone(), cache_bytes));
    let language = app.shop.settings.languages.default_language();
    let router = Router::new()
        .fallback(render)
        .layer(from_fn_with_state(cache, page_cache::answer))
        .layer(Extension(language));
    (router, renderings)
}

async fn body_of(router: &Router, path: &str) -> Bytes {
    let request = http::Request::get(path).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    to_bytes(response.into_body(), usize::MAX).await.unwrap()
}

#[tokio::test]
async fn those_who_want_a_page_at_once_wait_for_one_rendering() {
    let app = TestApp::without_webhooks().await;
    let (router, renderings) = counting(&app, 1_000_000, 1_000);
    // Looks at the database, so that nothing changes meanwhile.
    body_of(&router, "/products/mug").await;
    assert_eq!(renderings.load(Ordering::SeqCst), 1);
    let visits = (0..20).map(|_| body_of(&router, "/products/pen"));
    let bodies: BTreeSet<_> = join_all(visits).await.into_iter().collect();
    assert_eq!(bodies.len(), 20, "each with a token of its own");
    assert_eq!(renderings.load(Ordering::SeqCst), 2, "one for each page");
}

#[tokio::test]
async fn kept_pages_take_no_more_than_the_limit() {
    let app = TestApp::without_webhooks().await;
    // Room for about seven.
    let (router, renderings) = counting(&app, 100_000, 10_000);
    let paths: Vec<_> = (0..50)
        .map(|number| format!("/products/p{number}"))
        .collect();
    for path in paths.iter().chain(&paths) {
        body_of(&router, path).await;
    }
    let renderings = renderings.load(Ordering::SeqCst);
    assert!((90..100).contains(&renderings), "{renderings} of 100");

    // One page never takes more than a quarter.
    let (router, renderings) = counting(&app, 100_000, 30_000);
    for _ in 0..2 {
        assert_eq!(body_of(&router, "/products/pen").await.len(), 30_000);
    }
    assert!(renderings.load(Ordering::SeqCst) >= 2);
}
