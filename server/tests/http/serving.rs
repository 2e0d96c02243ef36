//! The server itself: health, headers, allowed origins, startup and shutdown.

use std::collections::BTreeSet;
use std::sync::Arc;

use sea_orm::DbBackend;
use serde_json::{Value, json};
use server::config::Payments;
use stripe_sandbox::Sandbox;

use shop::contact::{Contact, ContactLink};

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{
    CARD, Form, Page, TestApp, client, event, eventually, long_retries, paid_session, sign,
};
use crate::test_database::backend;
use crate::till_binary::{Serving, Till, refusal};

#[tokio::test]
async fn livez_and_readyz_report_health() {
    let app = TestApp::start().await;
    for path in ["/livez", "/readyz"] {
        let answer = app.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_that_is_logged_has_a_request_id_of_its_own() {
    let app = TestApp::start().await;
    let mut ids = BTreeSet::new();
    for path in [
        "/orders/find",
        "/readyz",
        "/nowhere",
        "/webhooks/stripe",
        "/favicon.svg",
        "/orders/find",
    ] {
        let answer = app.get(path).await;
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert!(
            ids.insert(answer.header("x-request-id").to_owned()),
            "{path}"
        );
    }
    // These leave no line that an id could lead to.
    app.get("/").await;
    for path in ["/", "/livez"] {
        assert_eq!(app.get(path).await.header("x-request-id"), "", "{path}");
    }
    // A proxy's id is kept.
    let request = app
        .request("GET", "/readyz")
        .header("x-request-id", "from-the-proxy");
    assert_eq!(
        app.send(request).await.header("x-request-id"),
        "from-the-proxy"
    );
}

#[tokio::test]
async fn a_clients_request_id_is_used_only_if_it_is_short_and_plain() {
    let app = TestApp::start().await;
    let longest = "a1-".repeat(21) + "z";
    for taken in ["a", "0AZaz-9", &longest] {
        let request = app.request("GET", "/readyz").header("x-request-id", taken);
        assert_eq!(app.send(request).await.header("x-request-id"), taken);
    }
    let too_long = format!("{longest}z");
    for refused in ["", "two words", "a_b", "{\"x\":1}", "\u{fc}", &too_long] {
        let request = app
            .request("GET", "/readyz")
            .header("x-request-id", refused);
        let answer = app.send(request).await;
        let ids: Vec<_> = answer.headers.get_all("x-request-id").iter().collect();
        assert_eq!(ids.len(), 1, "{refused}");
        assert_eq!(answer.header("x-request-id").len(), 36, "{refused}");
    }
    // With two, it is unclear which one is meant.
    let request = app
        .request("GET", "/readyz")
        .header("x-request-id", "one")
        .header("x-request-id", "two");
    let answer = app.send(request).await;
    assert_eq!(answer.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect_browsers() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/products/pen",
        "/orders/short",
        "/nowhere",
        "/livez",
        "/favicon.svg",
        "/pkg/nothing.js",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        let permissions = answer.header("permissions-policy");
        assert!(permissions.contains("geolocation=()") && permissions.contains("usb=()"));
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(
            answer.header("referrer-policy"),
            "strict-origin-when-cross-origin",
            "{path}"
        );
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
    }
}

fn policy_of(page: &Page, directive: &str) -> String {
    let policy = page.header("content-security-policy");
    let found = policy
        .split(';')
        .map(str::trim)
        .find(|part| part.starts_with(directive));
    found.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn only_scripts_that_are_files_of_the_shop_run() {
    let app = TestApp::start().await;
    for path in ["/", "/products/pen", "/search?q=pen", "/orders/find"] {
        let page = app.get(path).await;
        let scripts = policy_of(&page, "script-src");
        assert_eq!(scripts, "script-src 'self' 'wasm-unsafe-eval'", "{path}");
        // Browsers never run data.
        let data = ":not([type='application/ld+json'])";
        assert!(!page.has(&format!("script:not([src]){data}")), "{path}");
        assert!(!page.has("[style]") && !page.has("[onclick]"), "{path}");
    }
}

#[tokio::test]
async fn only_pages_with_an_island_load_the_module() {
    let app = TestApp::start().await;
    for (path, has_island) in [
        ("/", true),
        ("/products/pen", true),
        ("/search?q=pen", true),
        ("/search?q=nothing", false),
        ("/orders/find", false),
        ("/nowhere", false),
    ] {
        let page = app.get(path).await;
        assert_eq!(page.has("leptos-island"), has_island, "{path}");
        assert_eq!(
            page.texts("script[data-module]").len(),
            usize::from(has_island),
            "{path}"
        );
        assert!(!page.has("link[href*='wasm']"), "{path}");
    }
}

/// The rules of Mozilla's HTTP Observatory, as far as they are about headers: its score begins at
/// 100, and none of these takes anything off.
#[tokio::test]
async fn every_page_behind_https_has_no_negative_row_in_the_observatory() {
    let app = TestApp::start_with(|config| {
        config.site.public_url = Some("https://shop.example".to_owned());
        config.profile.languages = Arc::new("en,de".parse().unwrap());
    })
    .await;
    for path in [
        "/",
        "/products/pen",
        "/categories/desk",
        "/search?q=pen",
        "/orders/find",
        "/withdraw",
        "/orders/0123456789abcdef0123456789abcdef",
        "/nowhere",
        "/de/products/pen",
    ] {
        let page = app.get(path).await;
        let policy = page.header("content-security-policy");
        let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
        for wanted in [
            "default-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "img-src 'self'",
            "style-src 'self'",
            "script-src 'self' 'wasm-unsafe-eval'",
        ] {
            assert!(
                directives.contains(&wanted),
                "{path}: {wanted} is not in {policy}"
            );
        }
        assert!(policy.contains("form-action 'self'"), "{path}");
        for unsafe_word in ["'unsafe-", "data:", "https:;", "http:;", "*", "'nonce-"] {
            assert!(!policy.contains(unsafe_word), "{path}: {policy}");
        }
        // Six months at least.
        let transport = page.header("strict-transport-security");
        let seconds: u64 = transport.trim_start_matches("max-age=").parse().unwrap();
        assert!(seconds >= 15_768_000, "{path}");
        assert_eq!(page.header("access-control-allow-origin"), "", "{path}");
        // Scripts are the shop's own, so they need no hash.
        assert!(
            !page.has("script[src^='http'], script[src^='//']"),
            "{path}"
        );
    }
    let switch = app.get("/language/de?to=/").await;
    let cookie = switch.header("set-cookie");
    assert!(
        cookie.contains("; Secure")
            && cookie.contains("; HttpOnly")
            && cookie.contains("; SameSite=")
    );
}

#[tokio::test]
async fn pictures_may_be_shown_by_emails_and_other_websites() {
    let app = TestApp::start().await;
    let picture = app.get("/pictures/fountain-pen.svg").await;
    assert_eq!(picture.status, 200);
    assert_eq!(
        picture.header("cross-origin-resource-policy"),
        "cross-origin"
    );
}

#[tokio::test]
async fn security_txt_names_the_shops_address_for_reports() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/.well-known/security.txt").await.status, 404);
    let app = TestApp::start_with(|config| {
        config.profile.contact.email = Some("owner@shop.example".to_owned());
    })
    .await;
    let file = app.get("/.well-known/security.txt").await;
    assert_eq!(file.header("content-type"), "text/plain; charset=utf-8");
    assert!(
        file.body
            .starts_with("Contact: mailto:owner@shop.example\nExpires: 20"),
        "{}",
        file.body
    );
}

#[tokio::test]
async fn forms_may_lead_to_the_payment_page_of_this_configuration_and_nowhere_else() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let payment = url::Url::parse(&checkout.stripe_url.unwrap()).unwrap();
    let origin = payment.origin().ascii_serialization();
    assert_eq!(
        policy_of(&app.get("/").await, "form-action"),
        format!("form-action 'self' {origin}")
    );
    let with_stripe = TestApp::with_stripe(None, long_retries()).await;
    assert_eq!(
        policy_of(&with_stripe.get("/").await, "form-action"),
        "form-action 'self' https://checkout.stripe.com"
    );
    let own_domain = TestApp::with_stripe_and(None, long_retries(), |config| {
        if let Payments::Stripe(stripe) = &mut config.payments {
            stripe.checkout_origin = Some("https://pay.shop.example".to_owned());
        }
    })
    .await;
    assert_eq!(
        policy_of(&own_domain.get("/").await, "form-action"),
        "form-action 'self' https://checkout.stripe.com https://pay.shop.example"
    );
}

#[tokio::test]
async fn a_form_from_another_site_is_refused() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    let fields = [
        (
            "attempt".to_owned(),
            app.form("/").await.attempt().to_owned(),
        ),
        (format!("quantity[{pen}]"), "1".to_owned()),
    ];
    let post = || {
        app.request("POST", "/api/checkout")
            .header("accept", "text/html")
            .form(&fields)
    };
    for request in [
        post().header("sec-fetch-site", "cross-site"),
        post().header("sec-fetch-site", "same-site"),
        post().header("origin", "https://evil.example"),
        post().header("origin", "null"),
    ] {
        assert_eq!(app.send(request).await.status, 403);
    }
    app.assert_nothing_begun().await;
    let same_origin = post()
        .header("origin", &app.origin)
        .header("sec-fetch-site", "same-origin");
    assert!(app.send(same_origin).await.location().contains("/c/pay/"));
}

#[tokio::test]
async fn the_return_from_stripes_page_and_webhooks_are_accepted_from_any_origin() {
    let app = TestApp::start().await;
    let return_visit = app
        .request("GET", "/")
        .header("sec-fetch-site", "cross-site")
        .header("referer", "https://checkout.stripe.com/");
    assert_eq!(app.send(return_visit).await.status, 200);
    let body = event("some.type", &json!({})).to_string();
    let webhook = app
        .request("POST", "/webhooks/stripe")
        .header("origin", "https://stripe.com")
        .header("sec-fetch-site", "cross-site")
        .header(
            "stripe-signature",
            sign(
                stripe_sandbox::WEBHOOK_SECRET,
                crate::test_app::now(),
                body.as_bytes(),
            ),
        )
        .body(body);
    assert_eq!(app.send(webhook).await.status, 200);
}

#[tokio::test]
async fn pictures_may_be_cached_and_files_outside_the_site_are_not_served() {
    let app = TestApp::start().await;
    let picture = app.get("/pictures/fountain-pen.svg").await;
    assert_eq!(
        (picture.status, picture.header("content-type")),
        (200, "image/svg+xml")
    );
    assert_eq!(picture.header("cache-control"), "public, max-age=3600");
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/package.json",
        "/..%2fpackage.json",
        "/pictures/../../package.json",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("bootstrap\""), "{path}");
    }
}

#[tokio::test]
async fn a_head_request_has_the_status_and_no_body() {
    let app = TestApp::start().await;
    for (path, status) in [("/", 200), ("/products/nothing", 404), ("/livez", 200)] {
        let answer = app.send(app.request("HEAD", path)).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (status, ""),
            "{path}"
        );
    }
}

// ---- The program ----

/// A client of a shop that runs as a program.
pub struct Visitor {
    origin: String,
    client: reqwest::Client,
}

impl Visitor {
    pub fn of(serving: &Serving) -> Self {
        Self {
            origin: serving.origin.clone(),
            client: client(),
        }
    }

    pub async fn page(&self, path: &str) -> Page {
        let response = self
            .client
            .get(format!("{}{path}", self.origin))
            .send()
            .await
            .unwrap();
        Page::read(response).await
    }

    /// Sends the product page's form unchanged: one unit.
    pub async fn buy(&self, slug: &str) -> (Form, Page) {
        let path = format!("/products/{slug}");
        let form = self.page(&path).await.form(&path);
        let post = self
            .client
            .post(format!("{}/api/checkout", self.origin))
            .header("accept", "text/html");
        let response = post.form(form.fields()).send().await.unwrap();
        (form, Page::read(response).await)
    }
}

#[tokio::test]
async fn a_request_under_way_is_finished_before_the_program_ends() {
    let fake = FakeStripe::start(&[Answer::Held], Answer::Works).await;
    let till = Till::new();
    let mut serving = till
        .serve(&[
            ("STRIPE_SECRET_KEY", "sk_test_x"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_x"),
            ("STRIPE_API_BASE", fake.url()),
            ("SANDBOX_ADDR", ""),
        ])
        .await;
    let visitor = Visitor::of(&serving);
    let stop = async {
        fake.wait_for_creation().await;
        serving.terminate();
        // It accepts no new connections once it has noticed.
        eventually("no new connections", async || {
            client()
                .get(format!("{}/livez", serving.origin))
                .send()
                .await
                .err()
        })
        .await;
        fake.release();
    };
    let ((_, answer), ()) = tokio::join!(visitor.buy("postcards"), stop);
    assert!(
        answer.location().starts_with(fake.url()),
        "{}",
        answer.location()
    );
    assert_eq!(serving.exit_code().await, Some(0));
}

#[tokio::test]
async fn a_second_server_on_the_same_address_says_so() {
    let till = Till::new();
    let serving = till.serve(&[]).await;
    let address = serving.origin.trim_start_matches("http://").to_owned();
    let other = Till::new();
    let message = refusal(other.command(&["serve"]).env("LEPTOS_SITE_ADDR", &address)).await;
    assert!(
        message.contains(&format!("could not listen on {address} (LEPTOS_SITE_ADDR)")),
        "{message}"
    );
    assert!(message.contains("another server"), "{message}");
}

#[tokio::test]
async fn a_dangerous_configuration_does_not_start_and_says_how_to_fix_it() {
    let key = ("STRIPE_SECRET_KEY", "sk_test_hidden");
    let live = ("STRIPE_SECRET_KEY", "sk_live_hidden");
    let secret = ("STRIPE_WEBHOOK_SECRET", "whsec_hidden");
    let public = ("PUBLIC_URL", "https://shop.example");
    let sandbox = ("SANDBOX_ADDR", "127.0.0.1:0");
    for (variables, sentence) in [
        (
            vec![key],
            "STRIPE_SECRET_KEY is set, but STRIPE_WEBHOOK_SECRET is not",
        ),
        (
            vec![key, ("STRIPE_WEBHOOK_SECRET", " , ")],
            "STRIPE_SECRET_KEY is set, but STRIPE_WEBHOOK_SECRET is not",
        ),
        (
            vec![("LEPTOS_SITE_ADDR", "0.0.0.0:0")],
            "STRIPE_SECRET_KEY is not set",
        ),
        (vec![secret], "STRIPE_SECRET_KEY is not"),
        (
            vec![live, secret, public, sandbox],
            "SANDBOX_ADDR is set, and STRIPE_SECRET_KEY takes real money",
        ),
        (
            vec![
                live,
                secret,
                public,
                ("STRIPE_API_BASE", "http://127.0.0.1:1"),
            ],
            "STRIPE_API_BASE is not Stripe's own address",
        ),
        (
            vec![live, secret, ("PUBLIC_URL", "http://shop.example")],
            "PUBLIC_URL must begin with https://",
        ),
        (
            vec![("SANDBOX_ADDR", "0.0.0.0:0")],
            "SANDBOX_ADDR must be a loopback address",
        ),
        (
            vec![("LEPTOS_SITE_ADDR", "nowhere")],
            "LEPTOS_SITE_ADDR must be an IP address",
        ),
        (
            vec![("DATABASE_URL", "mysql://u:hidden@h/d")],
            "DATABASE_URL must begin with sqlite: or postgres:",
        ),
    ] {
        let till = Till::new();
        let mut command = till.command(&["serve"]);
        // An empty variable counts as unset.
        command
            .env("SANDBOX_ADDR", "")
            .envs(variables.iter().copied());
        let message = refusal(&mut command).await;
        assert!(
            message.starts_with("till: ") && message.contains(sentence),
            "{variables:?}: {message}"
        );
        assert!(!message.contains("hidden"), "{message}");
    }
}

#[tokio::test]
async fn the_demo_shop_sells_and_its_log_contains_no_secrets() {
    for level in ["info", "debug"] {
        let till = Till::new();
        let serving = till.serve(&[("RUST_LOG", level)]).await;
        let visitor = Visitor::of(&serving);
        let (form, answer) = visitor.buy("postcards").await;
        let payment_page = answer.location().to_owned();
        let (stripe, session) = payment_page.split_once("/c/pay/").unwrap();

        let card = [
            ("email", "shopper@example.com"),
            ("name", "Ada Shopper"),
            ("card[number]", CARD),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "987"),
        ];
        let confirm = visitor
            .client
            .post(format!("{stripe}/v1/payment_pages/{session}/confirm"));
        let confirmed = confirm
            .bearer_auth(stripe_sandbox::API_KEY)
            .form(&card)
            .send()
            .await
            .unwrap();
        let confirmed: Value = confirmed.json().await.unwrap();
        let order = confirmed["success_url"].as_str().unwrap();
        let token = order.rsplit('/').next().unwrap().to_owned();
        let path = format!("/orders/{token}");
        eventually("the order is paid", async || {
            let heading = visitor.page(&path).await.text("h1");
            (heading == "Thank you, your order is paid").then_some(())
        })
        .await;
        visitor.page(&format!("/checkout/{token}/cancelled")).await;

        let log = serving.log();
        assert!(log.contains("is applied"), "{log}");
        assert!(
            log.contains("/orders/{token}") || log.contains("/orders/:token"),
            "{log}"
        );
        for secret in [
            "shopper@example.com",
            "Ada Shopper",
            &token,
            form.attempt(),
            CARD,
            stripe_sandbox::API_KEY,
            stripe_sandbox::WEBHOOK_SECRET,
        ] {
            let line = log.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret} at level {level}");
        }
        // A distinctive word: ports and times may well contain the same digits.
        let cvc = |line: &&str| {
            line.split(|letter: char| !letter.is_ascii_alphanumeric())
                .any(|word| word == "987")
        };
        assert_eq!(log.lines().find(cvc), None, "the CVC at level {level}");
    }
}

#[tokio::test]
async fn a_key_that_stripe_does_not_know_stops_startup() {
    let sandbox = Sandbox::start(stripe_sandbox::Options::default())
        .await
        .unwrap();
    let url = sandbox.url();
    let account = client().post(format!("{url}/_sandbox/account"));
    let revoked = account.json(&json!({ "key_is_valid": false })).send().await;
    assert_eq!(revoked.unwrap().status(), 200);
    let till = Till::new();
    let mut command = till.command(&["serve"]);
    command.envs([
        ("SANDBOX_ADDR", ""),
        ("STRIPE_SECRET_KEY", "sk_test_of_the_tests"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_test"),
        ("STRIPE_API_BASE", &url),
    ]);
    let message = refusal(&mut command).await;
    let sentence = "Stripe rejects STRIPE_SECRET_KEY: ";
    assert!(message.contains(sentence), "{message}");
    assert!(!message.contains("of_the_tests"), "{message}");
    // Before anything was created.
    if backend() == DbBackend::Sqlite {
        assert!(!till.folder.path().join("data/till.db").exists());
    }
}

#[tokio::test]
async fn an_unreachable_stripe_is_a_warning_and_the_shop_starts() {
    let till = Till::new();
    let serving = till
        .serve(&[
            ("SANDBOX_ADDR", ""),
            ("STRIPE_SECRET_KEY", "sk_test_of_the_tests"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_test"),
            ("STRIPE_API_BASE", "http://127.0.0.1:9"),
        ])
        .await;
    let log = serving.log();
    assert!(log.contains("could not check the key"), "{log}");
    assert_eq!(Visitor::of(&serving).page("/").await.status, 200);
}

/// A checkout runs in its own task, which outlives a request whose client disconnects.
#[tokio::test]
async fn what_a_checkout_logs_carries_its_requests_id() {
    let fake = FakeStripe::start(&[], Answer::Error(400)).await;
    let till = Till::new();
    let serving = till
        .serve(&[
            ("SANDBOX_ADDR", ""),
            ("STRIPE_SECRET_KEY", "sk_test_of_the_tests"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_test"),
            ("STRIPE_API_BASE", fake.url()),
        ])
        .await;
    let visitor = Visitor::of(&serving);
    let (_, answer) = visitor.buy("postcards").await;
    assert_eq!(answer.status, 422);
    let id = answer.header("x-request-id").to_owned();
    assert!(!id.is_empty());
    let line = eventually("the refusal is logged", async || {
        let log = serving.log();
        let line = log
            .lines()
            .find(|line| line.contains("could not create a session"));
        line.map(str::to_owned)
    })
    .await;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["span"]["id"], id.as_str(), "{line}");
}

#[tokio::test]
async fn every_line_of_the_env_file_counts_or_ends_the_program() {
    let till = Till::new();
    let file = till.folder.path().join(".env");
    // The key after a value with spaces is read: without its secret the shop does not start.
    std::fs::write(
        &file,
        "SHOP_NAME=Pens and Paper\nSTRIPE_SECRET_KEY=sk_test_x\n",
    )
    .unwrap();
    let message = refusal(&mut till.command(&["serve"])).await;
    assert!(
        message.contains("STRIPE_WEBHOOK_SECRET is not"),
        "{message}"
    );
    for (text, place) in [
        ("SHOP_NAME=Tea\nPUBLIC_URL\n", ".env, line 2: "),
        ("SHOP_NAME=Tea # fine\n", ".env, line 1: "),
        ("SHOP_NAME=\"Tea\n", ".env, line 1: "),
    ] {
        std::fs::write(&file, text).unwrap();
        for command in [
            &["serve"][..],
            &["migrate"],
            &["orders", "list"],
            &["sandbox"],
        ] {
            let message = refusal(&mut till.command(command)).await;
            assert!(message.contains(place), "{command:?}: {message}");
        }
    }
    std::fs::write(&file, "SHOP_NAME=Pens and $Paper\nSHOP_NMAE=x\n").unwrap();
    let serving = till.serve(&[]).await;
    let page = Visitor::of(&serving).page("/").await;
    assert_eq!(page.text(".site-name"), "Pens and $Paper");
    assert!(
        serving
            .log()
            .contains("SHOP_NMAE in .env is not a setting of Till")
    );
    drop(serving);
    // The environment wins, even with an empty value.
    let serving = till.serve(&[("SHOP_NAME", "")]).await;
    let page = Visitor::of(&serving).page("/").await;
    assert_eq!(page.text(".site-name"), "Till");
}

#[tokio::test]
async fn a_public_address_without_a_key_does_not_start() {
    let till = Till::new();
    let mut serve = till.command(&["serve"]);
    let message = refusal(serve.env("PUBLIC_URL", "https://shop.example")).await;
    assert!(
        message.contains("STRIPE_SECRET_KEY is not set"),
        "{message}"
    );
}

/// As left by a key file in another encoding.
#[cfg(unix)]
#[tokio::test]
async fn a_key_that_is_not_text_does_not_make_the_shop_a_sandbox() {
    use std::os::unix::ffi::OsStrExt;
    let till = Till::new();
    let mut serve = till.command(&["serve"]);
    let key = std::ffi::OsStr::from_bytes(b"\xffsk_live_hidden");
    let message = refusal(serve.env("STRIPE_SECRET_KEY", key)).await;
    assert!(message.contains("STRIPE_SECRET_KEY"), "{message}");
    assert!(!message.contains("hidden"), "{message}");
}

#[tokio::test]
async fn every_answer_says_what_happened_whatever_the_client_accepts() {
    let app = TestApp::without_webhooks().await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/").await.choose(pen, "1");
    for accept in [None, Some("*/*"), Some("application/json")] {
        for (method, path, status) in [
            ("POST", "/products/pen", 405),
            ("DELETE", "/products/pen", 405),
            ("GET", "/webhooks/stripe", 405),
            ("GET", "/pkg/nothing.js", 404),
            ("GET", "/pictures/nothing.webp", 404),
            ("GET", "/nowhere", 404),
            ("GET", "/api/checkout", 303),
            ("POST", "/api/order-status", 422),
            ("POST", "/orders/find", 422),
            ("GET", "/orders/0123456789abcdef0123456789abcdef/", 308),
        ] {
            let mut request = app.request(method, path);
            if let Some(accept) = accept {
                request = request.header("accept", accept);
            }
            let answer = app.send(request).await;
            if path != "/api/order-status" {
                assert_eq!(answer.status, status, "{method} {path} {accept:?}");
            }
            assert!(
                answer.body.trim().len() > 10,
                "{method} {path} {accept:?}: {:?}",
                answer.body
            );
            assert_ne!(answer.header("content-type"), "", "{method} {path}");
        }
        let mut request = app.request("POST", "/api/checkout").form(form.fields());
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let answer = app.send(request).await;
        assert!(answer.location().contains("/c/pay/"), "{accept:?}");
        assert!(
            answer.body.starts_with("Please continue to http"),
            "{:?}",
            answer.body
        );
    }
    // Answers that never have a body stay without one.
    let head = app.send(app.request("HEAD", "/pkg/nothing.js")).await;
    assert_eq!((head.status, head.body.as_str()), (404, ""));
}

#[tokio::test]
async fn a_form_from_another_site_is_answered_with_the_shops_own_page() {
    let app = TestApp::without_webhooks().await;
    let request = app
        .request("POST", "/api/checkout")
        .header("accept", "text/html")
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .form(&[("attempt", "x")]);
    let page = app.send(request).await;
    assert_eq!(page.status, 403);
    assert_eq!(
        page.alert(),
        "That form came from another website, so we did not accept it. No payment was started."
    );
    assert!(page.has("main form"));
    app.assert_nothing_begun().await;
}

#[tokio::test]
async fn a_dot_or_a_slash_behind_a_link_still_finds_its_page() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let order = format!("/orders/{}", checkout.token.as_str());
    for behind in ["/", ".", ",", ").", "//", "./", ",/", "%3E"] {
        let answer = app.get(&format!("{order}{behind}")).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (308, order.as_str())
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let answer = app.get(&format!("{order}/?already")).await;
    assert_eq!(answer.header("location"), format!("{order}?already"));
    let answer = app.get("/products/pen/").await;
    assert_eq!(answer.header("location"), "/products/pen");
    // Only the exact address ends a session.
    let answer = app
        .get(&format!("/checkout/{}/cancelled.", checkout.token.as_str()))
        .await;
    assert_eq!(answer.status, 308);
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
    assert_eq!(app.get("/orders/.").await.status, 404);
    for path in ["//evil.example/", "/nowhere/", "/orders//evil.example/"] {
        let answer = app.get(path).await;
        let led = answer.header("location");
        assert!(
            !led.starts_with("//") && !led.contains("://"),
            "{path}: {led}"
        );
    }
}

#[tokio::test]
async fn a_shop_without_its_files_for_browsers_does_not_start() {
    let till = Till::new();
    let mut command = till.command(&["serve"]);
    command.env_remove("LEPTOS_SITE_ROOT");
    let message = refusal(&mut command).await;
    let folder = till.folder.path().join("target/site");
    assert!(message.contains(&folder.display().to_string()), "{message}");
    assert!(message.contains("LEPTOS_SITE_ROOT"), "{message}");
    // Half of the files is just as bad.
    std::fs::create_dir_all(folder.join("pkg")).unwrap();
    std::fs::write(folder.join("pkg/till.0a1b.css"), "").unwrap();
    let message = refusal(&mut command).await;
    assert!(message.contains("pkg/till.js is missing"), "{message}");
    // Other commands need no files.
    let mut command = till.command(&["migrate"]);
    command.env_remove("LEPTOS_SITE_ROOT");
    assert!(command.status().unwrap().success());
}

#[tokio::test]
async fn the_owners_contact_is_at_the_end_of_every_page() {
    let app = TestApp::without_webhooks_with(|config| {
        config.profile.contact = Contact {
            address: vec!["1 High Street".to_owned(), "London <W1>".to_owned()],
            email: Some("hello@shop.example".to_owned()),
            phone: Some("+44 (0)20 12".to_owned()),
            links: vec![ContactLink {
                label: "Terms".to_owned(),
                url: "/pages/terms".to_owned(),
            }],
        };
    })
    .await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.deliver_session("checkout.session.completed", &paid_session(&checkout))
        .await;
    let order = format!("/orders/{}", checkout.token.as_str());
    for path in [
        "/",
        "/products/pen",
        order.as_str(),
        "/nowhere",
        "/orders/find",
    ] {
        let page = app.get(path).await;
        assert_eq!(
            page.texts(".site-footer address span"),
            [
                "Test Shop",
                "1 High Street",
                "London <W1>",
                "hello@shop.example",
                "+44 (0)20 12"
            ],
            "{path}"
        );
        let link = |text: &str| page.attribute(&format!(".site-footer a[href^='{text}']"), "href");
        assert_eq!(link("mailto:").unwrap(), "mailto:hello@shop.example");
        assert_eq!(link("tel:").unwrap(), "tel:+442012");
        assert_eq!(link("/pages/terms").unwrap(), "/pages/terms");
    }
    let message = app.get(&order).await.text("main");
    assert!(
        message.contains("Please email hello@shop.example or call +44 (0)20 12. Please quote"),
        "{message}"
    );
    // Without a contact the page shows no empty box.
    let silent = TestApp::without_webhooks().await;
    assert!(!silent.get("/").await.has(".site-footer address"));
}
