//! A shop for one test: the same [`Application`] as `till serve` runs, on a free port, with its own
//! database.
//!
//! ```ignore
//! let app = TestApp::start().await;
//! let checkout = app.begin(&[("PEN", 2)]).await;
//! ```
//!
//! Its products are those of `products.csv`; tests name them by their SKU. Tests use the shop like
//! a browser: forms are read from the page that shows them, and redirects are not followed.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::HeaderMap;
use scraper::{ElementRef, Html, Selector};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use server::application::Application;
use server::config::{Config, JobIntervals, Payments, RetryPolicy};
use sha2::Sha256;
use shop::Shop;
use shop::audit::Actor;
use shop::catalog::import::{ImportError, ImportOptions, ImportReport, StockMode, import};
use shop::database::Database;
use shop::entity::{checkout, dispute, order, outbox, refund, stripe_event, variant};
use shop::law::Withdrawals;
use shop::mail::{MailAddress, MailSettings, Route};
use shop::stripe::StripeSettings;
use shop::time_zone::TimeZone;
use stripe_sandbox::Sandbox;
use tempfile::TempDir;
use till_core::limits::Limits;

use crate::test_database::TestDatabase;

/// The catalog of every test.
pub const PRODUCTS: &str = include_str!("products.csv");
/// What tests wait for takes milliseconds, but up to this long on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(20);
/// A card that is always accepted.
pub const CARD: &str = "4242424242424242";
/// A bank account whose payment succeeds after a while.
pub const IBAN_SUCCEEDS: &str = "AT611904300234573201";
/// A bank account whose payment fails after a while.
pub const IBAN_FAILS: &str = "IT60X0542811101000000123456";

/// Polls until there is a value, for at most [`DEADLINE`].
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let polling = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(DEADLINE, polling)
        .await
        .unwrap_or_else(|_| panic!("timed out waiting for: {what}"))
}

/// A client that follows no redirect.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

/// A running shop.
pub struct TestApp {
    /// Its base URL, without a trailing slash.
    pub origin: String,
    /// The shop behind the pages.
    pub shop: Shop,
    client: reqwest::Client,
    stripe: String,
    webhook_secret: &'static str,
    /// The sandbox, if it does not run inside the shop.
    _sandbox: Option<Sandbox>,
    _data: TempDir,
    /// Dropped last, when nothing uses it any more.
    database: TestDatabase,
}

impl TestApp {
    /// A shop without a key: the sandbox runs inside it and sends its webhooks.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same with a changed configuration.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let payments = Payments::Sandbox {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        };
        Self::build(payments, None, long_retries(), change).await
    }

    /// A shop that gets no webhook unless the test delivers it. A separate sandbox is its Stripe.
    pub async fn without_webhooks() -> Self {
        Self::without_webhooks_with(|_| {}).await
    }

    /// The same with a changed configuration.
    pub async fn without_webhooks_with(change: impl FnOnce(&mut Config)) -> Self {
        let options = stripe_sandbox::Options {
            async_payment_delay: Duration::from_millis(50),
            ..stripe_sandbox::Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let payments = stripe_payments(Some(sandbox.url()));
        Self::build(payments, Some(sandbox), long_retries(), change).await
    }

    /// A shop with a key. Its Stripe is at `api_base`, or is the real one if `None`.
    pub async fn with_stripe(api_base: Option<&str>, retry_policy: RetryPolicy) -> Self {
        Self::with_stripe_and(api_base, retry_policy, |_| {}).await
    }

    /// The same with a changed configuration.
    pub async fn with_stripe_and(
        api_base: Option<&str>,
        retry_policy: RetryPolicy,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let payments = stripe_payments(api_base.map(str::to_owned));
        Self::build(payments, None, retry_policy, change).await
    }

    /// A shop that gets no webhooks, but reconciles all the time.
    pub async fn without_webhooks_but_reconciling() -> Self {
        let sandbox = Sandbox::start(stripe_sandbox::Options::default())
            .await
            .unwrap();
        let payments = stripe_payments(Some(sandbox.url()));
        Self::build(payments, Some(sandbox), long_retries(), |config| {
            config.job_intervals = JobIntervals {
                first_delay: Duration::from_millis(50),
                interval: Duration::from_millis(200),
            };
        })
        .await
    }

    /// As [`TestApp::without_webhooks`], with the database at this URL.
    pub async fn without_webhooks_at(database_url: &str) -> Self {
        let sandbox = Sandbox::start(stripe_sandbox::Options::default())
            .await
            .unwrap();
        let payments = stripe_payments(Some(sandbox.url()));
        let on_that_database =
            |config: &mut Config| config.storage.database_url = Some(database_url.into());
        Self::build(payments, Some(sandbox), long_retries(), on_that_database).await
    }

    async fn build(
        payments: Payments,
        sandbox: Option<Sandbox>,
        retry_policy: RetryPolicy,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let data = tempfile::tempdir().unwrap();
        let (stripe, webhook_secret) = match &payments {
            Payments::Sandbox { .. } => (None, stripe_sandbox::WEBHOOK_SECRET),
            Payments::Stripe(stripe) => {
                let api_base = stripe.api_base.clone().unwrap_or_default();
                (Some(api_base), WEBHOOK_SECRET)
            }
        };
        let database = TestDatabase::migrated(data.path());
        let mut config = config(data.path(), &database, payments, retry_policy);
        change(&mut config);
        let application = Application::build(config).await.unwrap();
        let shop = application.shop().clone();
        let stripe = stripe.unwrap_or_else(|| application.sandbox().unwrap().url());
        let origin = format!("http://{}", application.addr());
        import_text(&shop.database, PRODUCTS, StockMode::OnlyNew)
            .await
            .unwrap();
        // It stops with the test's runtime.
        tokio::spawn(application.run_until(std::future::pending()));
        Self {
            origin,
            shop,
            client: client(),
            stripe,
            webhook_secret,
            _sandbox: sandbox,
            _data: data,
            database,
        }
    }
}

/// Longer than a shopper would wait, so that a busy machine causes no refusals. For every test that
/// is not about these limits.
pub fn long_retries() -> RetryPolicy {
    RetryPolicy {
        total_timeout: Duration::from_secs(60),
        ..RetryPolicy::default()
    }
}

/// The webhook endpoint's secret, where the test delivers the events.
pub const WEBHOOK_SECRET: &str = "whsec_test";

fn stripe_payments(api_base: Option<String>) -> Payments {
    Payments::Stripe(StripeSettings {
        key: "sk_test_of_the_tests".into(),
        webhook_secrets: vec!["whsec_being_rolled".into(), WEBHOOK_SECRET.into()],
        api_base,
        checkout_origin: None,
        livemode: false,
    })
}

/// The folder that pictures are served from.
pub fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../style/assets")
}

fn config(
    data: &Path,
    database: &TestDatabase,
    payments: Payments,
    retry_policy: RetryPolicy,
) -> Config {
    let mut config = Config::read(&|_: &str| None).unwrap();
    config.storage.data_dir = data.to_owned();
    config.storage.database_url = Some(database.url().into());
    config.site.addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.site.root = assets();
    config.profile.name = "Test Shop".to_owned();
    // Tests about the law turn it off.
    config.profile.law.withdrawals = Withdrawals::On;
    config.payments = payments;
    config.mail = mail(data);
    // Tests about limits turn them on.
    config.limits = Limits::off();
    config.retry_policy = retry_policy;
    // Tests about reconciliation turn it on.
    config.job_intervals = JobIntervals {
        first_delay: Duration::from_secs(24 * 3_600),
        interval: Duration::from_secs(24 * 3_600),
    };
    config
}

/// Someone who changes things in a test.
pub fn owner() -> Actor {
    Actor::on_command_line("ada")
}

/// No mail server: emails are files.
fn mail(data: &Path) -> MailSettings {
    let shop: MailAddress = "shop@shop.example".parse().unwrap();
    MailSettings {
        route: Route::Folder(data.join("mail")),
        from: Some(shop),
        owner: Some("owner@shop.example".parse().unwrap()),
        // Tests about these emails turn them on.
        new_orders: false,
    }
}

// ---- What a browser does ----

/// A response of the shop.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// The text of an element, with white space collapsed.
fn text_of(element: ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Page {
    pub async fn read(response: reqwest::Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    /// A header's value; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The target of a redirect.
    pub fn location(&self) -> &str {
        assert_eq!(self.status, 302, "{}", self.body);
        self.header("location")
    }

    /// The texts of all elements that the selector matches.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let document = Html::parse_document(&self.body);
        document
            .select(&Selector::parse(selector).unwrap())
            .map(text_of)
            .collect()
    }

    /// The text of the first element that the selector matches.
    pub fn text(&self, selector: &str) -> String {
        self.texts(selector)
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no {selector} in {}", self.body))
    }

    pub fn has(&self, selector: &str) -> bool {
        !self.texts(selector).is_empty()
    }

    /// An attribute of the first element that the selector matches.
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let document = Html::parse_document(&self.body);
        let found = document.select(&Selector::parse(selector).unwrap()).next();
        let element = found.unwrap_or_else(|| panic!("no {selector} in {}", self.body));
        element.attr(name).map(str::to_owned)
    }

    /// The value of a product's quantity field.
    pub fn quantity(&self, product: i64) -> String {
        self.attribute(&format!("#quantity-{product}"), "value")
            .unwrap_or_default()
    }

    /// The error beside a product's quantity field.
    pub fn quantity_error(&self, product: i64) -> String {
        self.text(&format!("#quantity-{product}-error"))
    }

    /// The error about the form as a whole.
    pub fn alert(&self) -> String {
        self.text("[role=alert]")
    }

    /// The form in the page's main part as the browser would send it; `path` is the page's own
    /// path.
    pub fn form(&self, path: &str) -> Form {
        let document = Html::parse_document(&self.body);
        let form = Selector::parse("main form").unwrap();
        let input = Selector::parse("input[name]:not([disabled])").unwrap();
        let form = document.select(&form).next().expect("a form");
        assert_eq!(form.attr("method"), Some("post"));
        let field = |field: ElementRef<'_>| {
            let value = field.attr("value").unwrap_or_default();
            (field.attr("name").unwrap().to_owned(), value.to_owned())
        };
        Form {
            page: path.to_owned(),
            action: form.attr("action").unwrap().to_owned(),
            fields: form.select(&input).map(field).collect(),
        }
    }
}

/// Asserts that a form was refused: no redirect, and not cached.
pub fn assert_refused(answer: &Page) {
    assert!(
        [413, 422, 429].contains(&answer.status),
        "not refused: {} {}",
        answer.status,
        answer.header("location")
    );
    assert_eq!(answer.header("location"), "");
    assert_eq!(answer.header("cache-control"), "no-store");
    let limited = answer.status == 429;
    assert_eq!(answer.headers.contains_key("retry-after"), limited);
}

/// A filled form. Sent twice, it is the same attempt.
#[derive(Clone, Debug)]
pub struct Form {
    page: String,
    action: String,
    fields: Vec<(String, String)>,
}

impl Form {
    /// Enters a quantity, even for a product that the form does not offer.
    pub fn choose(self, product: i64, quantity: &str) -> Self {
        self.with(&format!("quantity[{product}]"), quantity)
    }

    /// Sets a field, even one that the page does not have.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => value.clone_into(&mut field.1),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(known, _)| known == name);
        field.map(|(_, value)| value.as_str())
    }

    /// All fields that are sent.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The attempt token.
    pub fn attempt(&self) -> &str {
        self.field("attempt").unwrap()
    }
}

impl TestApp {
    /// A request to the shop, without the headers that a browser adds.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().unwrap();
        self.client
            .request(method, format!("{}{path}", self.origin))
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        Page::read(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Page {
        let request = self.request("GET", path).header("accept", "text/html");
        self.send(request).await
    }

    /// The form of a freshly loaded page.
    pub async fn form(&self, path: &str) -> Form {
        self.get(path).await.form(path)
    }

    /// Sends a form like a browser without JavaScript. Does not follow the redirect.
    pub async fn submit(&self, form: &Form) -> Page {
        let request = self
            .request("POST", &form.action)
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .header("origin", &self.origin)
            .header("referer", format!("{}{}", self.origin, form.page))
            .header("sec-fetch-site", "same-origin")
            .form(&form.fields);
        self.send(request).await
    }

    /// Sends a form that must be refused. Returns its page.
    pub async fn refused(&self, form: &Form) -> Page {
        let answer = self.submit(form).await;
        assert_refused(&answer);
        answer
    }

    /// Chooses products by SKU on the catalog page and continues to Stripe's page.
    pub async fn begin(&self, chosen: &[(&str, u32)]) -> checkout::Model {
        let mut form = self.form("/").await;
        for (sku, quantity) in chosen {
            form = form.choose(self.variant(sku).await.id, &quantity.to_string());
        }
        self.pay(&form).await
    }

    /// Sends a form that must lead to Stripe's page.
    pub async fn pay(&self, form: &Form) -> checkout::Model {
        let answer = self.submit(form).await;
        let location = answer.location().to_owned();
        let checkout = self.checkout_of(form).await;
        assert_eq!(Some(location), checkout.stripe_url);
        checkout
    }
}

// ---- Stripe ----

impl TestApp {
    /// Fetches an object from the sandbox.
    pub async fn stripe_get(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}{path}", self.stripe));
        let response = request
            .bearer_auth(stripe_sandbox::API_KEY)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    /// The base URL of Stripe's API.
    pub fn stripe_url(&self) -> &str {
        &self.stripe
    }

    /// Posts to the sandbox, as the owner does in Stripe's dashboard.
    pub async fn stripe_post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let request = self.client.post(format!("{}{path}", self.stripe));
        let response = request
            .bearer_auth(stripe_sandbox::API_KEY)
            .form(form)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    /// Every session at the sandbox.
    pub async fn sessions(&self) -> Vec<Value> {
        let list = self.stripe_get("/v1/checkout/sessions?limit=100").await;
        list["data"].as_array().unwrap().clone()
    }

    /// The database's URL.
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// The session of a checkout.
    pub async fn session(&self, checkout: &checkout::Model) -> Value {
        let id = session_id(checkout);
        self.stripe_get(&format!("/v1/checkout/sessions/{id}"))
            .await
    }

    /// Waits for the sandbox's newest event of this type.
    pub async fn event(&self, kind: &str) -> Value {
        eventually(kind, async || {
            let list = self.stripe_get(&format!("/v1/events?type={kind}")).await;
            list["data"].get(0).cloned()
        })
        .await
    }

    /// Pays a session with a card, whoever created it.
    pub async fn pay_session(&self, id: &str) {
        assert_eq!(self.confirm_session(id, &card(CARD)).await, 200);
    }

    /// The shopper fills in Stripe's page, besides name and email address. Returns Stripe's status.
    pub async fn confirm(&self, checkout: &checkout::Model, typed: &[(&str, &str)]) -> u16 {
        self.confirm_session(session_id(checkout), typed).await
    }

    async fn confirm_session(&self, id: &str, typed: &[(&str, &str)]) -> u16 {
        let url = format!("{}/v1/payment_pages/{id}/confirm", self.stripe);
        let defaults = [("email", "shopper@example.com"), ("name", "Ada Shopper")];
        let is_overridden = |name: &str| typed.iter().any(|(known, _)| *known == name);
        let defaults = defaults
            .into_iter()
            .filter(|(name, _)| !is_overridden(name));
        let form: Vec<_> = defaults.chain(typed.iter().copied()).collect();
        let request = self
            .client
            .post(url)
            .bearer_auth(stripe_sandbox::API_KEY)
            .form(&form);
        request.send().await.unwrap().status().as_u16()
    }

    /// The shopper tries to pay with this card. Returns Stripe's status.
    pub async fn pay_with(&self, number: &str, checkout: &checkout::Model) -> u16 {
        self.confirm(checkout, &card(number)).await
    }

    /// The shopper pays with a card on Stripe's page.
    pub async fn pay_by_card(&self, checkout: &checkout::Model) {
        assert_eq!(self.pay_with(CARD, checkout).await, 200);
    }

    /// The shopper pays by direct debit on Stripe's page.
    pub async fn pay_by_sepa(&self, checkout: &checkout::Model, iban: &str) {
        let iban = [("sepa_debit[iban]", iban)];
        let status = self.confirm(checkout, &iban).await;
        assert_eq!(status, 200);
    }

    /// An action of the owner or the shopper's bank on a session's payment, see the sandbox's
    /// switchboard.
    pub async fn at_stripe(&self, checkout: &checkout::Model, action: &str, details: Value) {
        let id = session_id(checkout);
        let url = format!("{}/_sandbox/sessions/{id}/{action}", self.stripe);
        let answer = self.client.post(url).json(&details).send().await.unwrap();
        let status = answer.status();
        assert_eq!(status, 200, "{}", answer.text().await.unwrap());
    }

    /// All events at the sandbox, in the order of their creation.
    pub async fn stripe_events(&self) -> Vec<Value> {
        let list = self.stripe_get("/v1/events?limit=100").await;
        assert_eq!(list["has_more"], false);
        let mut events = list["data"].as_array().unwrap().clone();
        events.reverse();
        events
    }

    /// All events whose type starts with one of these prefixes.
    pub async fn stripe_events_of(&self, kinds: &[&str]) -> Vec<Value> {
        let mut events = self.stripe_events().await;
        events.retain(|event| {
            let name = event["type"].as_str().unwrap();
            kinds.iter().any(|kind| name.starts_with(kind))
        });
        events
    }

    /// The environment in which the program `till` uses this shop's database and Stripe.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let database = ("DATABASE_URL", self.database.url().to_owned());
        if self.webhook_secret == stripe_sandbox::WEBHOOK_SECRET {
            let addr = self.stripe.trim_start_matches("http://").to_owned();
            return vec![database, ("SANDBOX_ADDR", addr)];
        }
        vec![
            database,
            ("SANDBOX_ADDR", String::new()),
            ("STRIPE_SECRET_KEY", "sk_test_of_the_tests".to_owned()),
            ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
            ("STRIPE_API_BASE", self.stripe.clone()),
        ]
    }

    /// Changes the account at the sandbox.
    pub async fn set_account(&self, account: Value) {
        let request = self
            .client
            .post(format!("{}/_sandbox/account", self.stripe));
        let status = request.json(&account).send().await.unwrap().status();
        assert_eq!(status, 200);
    }

    /// Advances the sandbox's clock.
    pub async fn advance_stripe_clock(&self, seconds: u32) {
        let request = self.client.post(format!("{}/_sandbox/clock", self.stripe));
        let request = request.json(&json!({ "advance": seconds }));
        assert_eq!(request.send().await.unwrap().status(), 200);
    }

    /// Sets the faults of the sandbox from now on.
    pub async fn set_faults(&self, faults: Value) {
        let request = self.client.post(format!("{}/_sandbox/faults", self.stripe));
        let status = request.json(&faults).send().await.unwrap().status();
        assert_eq!(status, 200);
    }
}

/// What a shopper enters to pay with this card.
pub fn card(number: &str) -> [(&str, &str); 4] {
    [
        ("card[number]", number),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2040"),
        ("card[cvc]", "123"),
    ]
}

/// The id of a checkout's session.
pub fn session_id(checkout: &checkout::Model) -> &str {
    checkout.stripe_session_id.as_deref().unwrap()
}

// ---- Webhooks ----

/// A `Stripe-Signature` header. `time` is Unix time in seconds.
pub fn sign(secret: &str, time: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time}.").as_bytes());
    mac.update(body);
    format!("t={time},v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// Unix time in seconds.
pub fn now() -> i64 {
    shop::clock::now().unix_timestamp()
}

/// An event as Stripe could send it, with its own id.
pub fn event(kind: &str, object: &Value) -> Value {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    json!({
        "id": format!("evt_test_{}", COUNT.fetch_add(1, Ordering::Relaxed)),
        "object": "event",
        "api_version": "2026-09-30.endive",
        "created": now(),
        "livemode": false,
        "pending_webhooks": 1,
        "request": null,
        "type": kind,
        "data": { "object": object },
    })
}

/// The checkout's session as an event shows it once it is paid exactly as quoted.
pub fn paid_session(checkout: &checkout::Model) -> Value {
    let made_up_id = || format!("cs_test_{}", checkout.id);
    let id = checkout
        .stripe_session_id
        .clone()
        .unwrap_or_else(made_up_id);
    json!({
        "id": id,
        "object": "checkout.session",
        "client_reference_id": checkout.id,
        "status": "complete",
        "payment_status": "paid",
        "currency": checkout.currency,
        "amount_subtotal": checkout.amount_subtotal,
        "amount_total": checkout.amount_subtotal,
        "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
        "payment_intent": format!("pi_test_{}", checkout.id),
        "customer_details": { "email": "shopper@example.com", "name": "Ada Shopper" },
    })
}

impl TestApp {
    /// Posts a body to the webhook with this `Stripe-Signature` header.
    pub async fn post_webhook(&self, body: impl Into<reqwest::Body>, signature: &str) -> u16 {
        let request = self
            .request("POST", "/webhooks/stripe")
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", signature)
            .body(body);
        request.send().await.unwrap().status().as_u16()
    }

    /// Posts a body with a valid signature.
    pub async fn post_signed(&self, body: &str) -> u16 {
        let signature = sign(self.webhook_secret, now(), body.as_bytes());
        self.post_webhook(body.to_owned(), &signature).await
    }

    /// Delivers an event as Stripe does: pretty-printed and with a new signature.
    pub async fn deliver(&self, event: &Value) -> u16 {
        self.post_signed(&serde_json::to_string_pretty(event).unwrap())
            .await
    }

    /// Delivers an event about a session, which must be accepted. Returns the stored event.
    pub async fn deliver_session(&self, kind: &str, session: &Value) -> stripe_event::Model {
        let event = event(kind, session);
        assert_eq!(self.deliver(&event).await, 200);
        self.stored_event(event["id"].as_str().unwrap())
            .await
            .unwrap()
    }
}

/// Imports the text of a file.
pub async fn import_text(
    database: &Database,
    file: &str,
    stock: StockMode,
) -> Result<ImportReport, ImportError> {
    let open = || {
        let file = std::io::Cursor::new(file.to_owned());
        Ok(vec![product_file::InputFile::new("products.csv", file)])
    };
    let options = ImportOptions::own(stock, TimeZone::default());
    import(database, open, options, |_, _| {}).await
}

// ---- Rows ----

impl TestApp {
    pub async fn variant(&self, sku: &str) -> variant::Model {
        let found = variant::Entity::find().filter(variant::Column::Sku.eq(sku));
        let found = found.one(self.shop.database.reader()).await.unwrap();
        found.unwrap()
    }

    /// Units that are held and, if stock is counted, units not yet sold.
    pub async fn held_and_stock(&self, sku: &str) -> (i64, Option<i64>) {
        let variant = self.variant(sku).await;
        (variant.held, variant.stock)
    }

    pub async fn checkouts(&self) -> Vec<checkout::Model> {
        let all = checkout::Entity::find();
        all.all(self.shop.database.reader()).await.unwrap()
    }

    /// The checkout as stored now.
    pub async fn reload(&self, checkout: &checkout::Model) -> checkout::Model {
        let found = checkout::Entity::find_by_id(&checkout.id);
        let found = found.one(self.shop.database.reader()).await.unwrap();
        found.unwrap()
    }

    /// The checkout that this form started.
    pub async fn checkout_of(&self, form: &Form) -> checkout::Model {
        let found = checkout::Entity::find().filter(checkout::Column::Attempt.eq(form.attempt()));
        let found = found.one(self.shop.database.reader()).await.unwrap();
        found.unwrap()
    }

    /// Waits until the checkout is in this state.
    pub async fn wait_for(&self, checkout: &checkout::Model, state: &str) -> checkout::Model {
        eventually(&format!("the checkout turns {state}"), async || {
            let now = self.reload(checkout).await;
            (now.state.as_ref() == state).then_some(now)
        })
        .await
    }

    pub async fn orders(&self) -> Vec<order::Model> {
        let all = order::Entity::find().order_by_asc(order::Column::Id);
        all.all(self.shop.database.reader()).await.unwrap()
    }

    /// The orders without what is fetched from Stripe afterwards, at any time, and without the
    /// marks of the owner's list.
    pub async fn orders_as_created(&self) -> Vec<order::Model> {
        let mut orders = self.orders().await;
        for order in &mut orders {
            order.invoice_url = None;
            (order.stripe_fee, order.stripe_net) = (None, None);
            order.stripe_fee_currency = None;
            order.payment_method = None;
            (order.payment_brand, order.payment_last4) = (None, None);
            (order.refunded, order.disputed, order.withdrawn) = (None, None, None);
        }
        orders
    }

    /// The only order.
    pub async fn the_order(&self) -> order::Model {
        let mut orders = self.orders().await;
        assert_eq!(orders.len(), 1, "{orders:?}");
        orders.remove(0)
    }

    pub async fn stored_event(&self, id: &str) -> Option<stripe_event::Model> {
        let found = stripe_event::Entity::find_by_id(id);
        found.one(self.shop.database.reader()).await.unwrap()
    }

    pub async fn stored_events(&self) -> Vec<stripe_event::Model> {
        let all = stripe_event::Entity::find();
        all.all(self.shop.database.reader()).await.unwrap()
    }

    /// All refunds, ordered by amount.
    pub async fn refunds(&self) -> Vec<refund::Model> {
        let all = refund::Entity::find().order_by_asc(refund::Column::Amount);
        all.all(self.shop.database.reader()).await.unwrap()
    }

    /// The only dispute.
    pub async fn the_dispute(&self) -> dispute::Model {
        let all = dispute::Entity::find();
        let mut all = all.all(self.shop.database.reader()).await.unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// The keys of all tasks, sorted.
    pub async fn tasks(&self) -> Vec<String> {
        let all = outbox::Entity::find().order_by_asc(outbox::Column::Key);
        let all = all.all(self.shop.database.reader()).await.unwrap();
        all.into_iter().map(|task| task.key).collect()
    }

    /// Runs a statement behind the shop's back.
    pub async fn execute(&self, statement: &str) {
        let transaction = self.shop.database.begin_write("test").await.unwrap();
        transaction.execute_unprepared(statement).await.unwrap();
        transaction.commit().await.unwrap();
        self.render_anew().await;
    }

    /// Makes the shop render all pages anew, after a change behind its back.
    pub async fn render_anew(&self) {
        let transaction = self.shop.database.begin_write("test").await.unwrap();
        transaction
            .execute_unprepared("UPDATE catalog_change SET version = version + 1")
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        self.shop.live.read(&self.shop.database).await.unwrap();
    }

    /// Changes rows behind the shop's back, mostly their times.
    pub async fn update_checkout(
        &self,
        checkout: &checkout::Model,
        change: impl FnOnce(
            sea_orm::UpdateMany<checkout::Entity>,
        ) -> sea_orm::UpdateMany<checkout::Entity>,
    ) {
        let update = checkout::Entity::update_many().filter(checkout::Column::Id.eq(&checkout.id));
        let transaction = self.shop.database.begin_write("test").await.unwrap();
        change(update).exec(&transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// Imports a catalog, as the owner does.
    pub async fn import(&self, file: &str, stock: StockMode) -> ImportReport {
        let report = import_text(&self.shop.database, file, stock).await.unwrap();
        // Without waiting until the server looks.
        self.shop.live.read(&self.shop.database).await.unwrap();
        report
    }

    /// Asserts that nothing was started: no row, nothing held, no session at the sandbox.
    pub async fn assert_nothing_begun(&self) {
        assert!(self.checkouts().await.is_empty());
        let held = variant::Entity::find().filter(variant::Column::Held.ne(0));
        let held = held.all(self.shop.database.reader()).await.unwrap();
        assert!(held.is_empty(), "{held:?}");
        assert!(self.sessions().await.is_empty());
    }
}
