//! Limits per client, and for all clients together.
//!
//! The tests connect over loopback, which is a trusted proxy: the header names the client.

use std::collections::BTreeMap;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use server::config::{Config, RetryPolicy};
use shop::catalog::import::StockMode;
use shop::entity::{checkout, product, rate_limit, variant};
use shop::limits::delete_expired;
use till_core::lifecycle::CheckoutState;
use till_core::limits::{LimitedAction, Limits};
use tokio::task::JoinSet;

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{
    Form, IBAN_FAILS, Page, TestApp, assert_refused, client, eventually, long_retries,
};
use crate::till_binary::Till;

const SHOPPER: &str = "198.51.100.7";
const OTHER: &str = "198.51.100.8";

const MANY_STARTED: &str = "Many orders were started from your connection";
const MANY_UNPAID: &str = "There are already several unpaid orders from your internet connection.";
const BUSY: &str = "The shop is very busy right now.";

/// Only this rate, nothing else.
fn rate(action: LimitedAction, rate: &str) -> Limits {
    let mut limits = Limits::off();
    limits.rates.insert(action, rate.parse().unwrap());
    limits
}

fn checkouts(times: &str) -> Limits {
    rate(LimitedAction::Checkout, times)
}

async fn shop_with(limits: Limits) -> TestApp {
    TestApp::without_webhooks_with(|config| config.limits = limits).await
}

/// A form for one product, with its own attempt token.
fn order(product: i64, quantity: i64) -> Vec<(String, String)> {
    vec![
        (
            "attempt".to_owned(),
            shop::new_token::attempt_token()
                .unwrap()
                .as_str()
                .to_owned(),
        ),
        (format!("quantity[{product}]"), quantity.to_string()),
    ]
}

/// Sends a form as this client. Returns the payment page's URL, or the page that refuses it.
async fn send(
    app: &TestApp,
    client: Option<&str>,
    fields: &[(String, String)],
) -> Result<String, Page> {
    let mut request = app
        .request("POST", "/api/checkout")
        .header("accept", "text/html")
        .header("origin", &app.origin)
        .header("referer", format!("{}/", app.origin))
        .form(fields);
    if let Some(client) = client {
        request = request.header("x-forwarded-for", client);
    }
    let answer = app.send(request).await;
    let location = answer.header("location").to_owned();
    if location.contains("/c/pay/") {
        return Ok(location);
    }
    assert_refused(&answer);
    Err(answer)
}

/// Sends a form that must lead to Stripe's page. Returns its URL.
async fn paid_at(app: &TestApp, client: Option<&str>, fields: &[(String, String)]) -> String {
    send(app, client, fields)
        .await
        .unwrap_or_else(|page| panic!("{}", page.alert()))
}

/// Sends a form that must lead to Stripe's page. Returns its checkout.
async fn pay(app: &TestApp, client: &str, fields: &[(String, String)]) -> checkout::Model {
    let url = paid_at(app, Some(client), fields).await;
    let all = app.checkouts().await;
    let found = all
        .into_iter()
        .find(|checkout| checkout.stripe_url.as_ref() == Some(&url));
    found.unwrap()
}

/// Sends a form that must be refused. Returns the sentence shown.
async fn refused(app: &TestApp, client: &str, fields: &[(String, String)]) -> String {
    send(app, Some(client), fields).await.unwrap_err().alert()
}

async fn counts(app: &TestApp) -> BTreeMap<(String, String), i64> {
    let all = rate_limit::Entity::find()
        .all(app.shop.database.reader())
        .await
        .unwrap();
    all.into_iter()
        .map(|row| ((row.action.as_ref().to_owned(), row.client), row.count))
        .collect()
}

fn count(action: &str, client: &str, times: i64) -> ((String, String), i64) {
    ((action.to_owned(), client.to_owned()), times)
}

// ---- Rates ----

#[tokio::test]
async fn checkouts_are_limited_per_client_and_others_are_not_affected() {
    let app = shop_with(checkouts("3/1h")).await;
    let pen = app.variant("PEN").await.id;
    for _ in 0..3 {
        pay(&app, SHOPPER, &order(pen, 1)).await;
    }
    for _ in 0..3 {
        let page = send(&app, Some(SHOPPER), &order(pen, 2)).await.unwrap_err();
        assert_eq!(page.status, 429);
        assert!(page.alert().starts_with(MANY_STARTED), "{}", page.alert());
        assert_eq!(page.quantity(pen), "2");
    }
    pay(&app, OTHER, &order(pen, 1)).await;
    assert_eq!(app.checkouts().await.len(), 4);
    assert_eq!(app.held_and_stock("PEN").await.0, 4);
    // A refused form is not counted.
    let expected = [count("checkout", SHOPPER, 3), count("checkout", OTHER, 1)];
    assert_eq!(counts(&app).await, expected.into());
}

#[tokio::test]
async fn forms_that_hold_nothing_and_do_not_call_stripe_do_not_count() {
    let app = shop_with(checkouts("1/1h")).await;
    let pen = app.variant("PEN").await.id;
    let board = app.variant("BOARD").await.id;
    for fields in [order(pen, 6), order(pen, 0), order(board, 1), Vec::new()] {
        let alert = refused(&app, SHOPPER, &fields).await;
        assert!(!alert.starts_with(MANY_STARTED), "{alert}");
    }
    assert!(counts(&app).await.is_empty());
    pay(&app, SHOPPER, &order(pen, 1)).await;
    assert!(
        refused(&app, SHOPPER, &order(pen, 1))
            .await
            .starts_with(MANY_STARTED)
    );
}

#[tokio::test]
async fn after_its_period_a_client_may_begin_again() {
    let app = shop_with(checkouts("1/1s")).await;
    let pen = app.variant("PEN").await.id;
    pay(&app, SHOPPER, &order(pen, 1)).await;
    eventually("the period ends", async || {
        send(&app, Some(SHOPPER), &order(pen, 1)).await.ok()
    })
    .await;
    assert_eq!(app.checkouts().await.len(), 2);
}

#[tokio::test]
async fn a_changed_form_counts_and_the_same_one_sent_twice_does_not() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe_and(Some(fake.url()), long_retries(), |config| {
        config.limits = checkouts("2/1h");
    })
    .await;
    let pen = app.variant("PEN").await.id;
    let mut fields = order(pen, 1);
    let mut url = paid_at(&app, Some(SHOPPER), &fields).await;
    for _ in 0..5 {
        let again = paid_at(&app, Some(SHOPPER), &fields).await;
        assert_eq!(again, url);
    }
    // Changed, its session is ended and another one created.
    fields[1].1 = "2".to_owned();
    url = paid_at(&app, Some(SHOPPER), &fields).await;
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
    let calls = fake.calls().len();
    for quantity in ["3", "4"] {
        let mut changed = fields.clone();
        changed[1].1 = quantity.to_owned();
        let alert = refused(&app, SHOPPER, &changed).await;
        assert!(alert.starts_with(MANY_STARTED), "{alert}");
    }
    // Stripe got no request, and the last session is unchanged.
    assert_eq!(fake.calls().len(), calls);
    assert_eq!(paid_at(&app, Some(SHOPPER), &fields).await, url);
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
}

/// Each form ends the session of another and creates its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_race_of_changed_forms_calls_stripe_no_more_often_than_it_is_counted() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe_and(Some(fake.url()), long_retries(), |config| {
        config.limits = checkouts("3/1h");
    })
    .await;
    let app = std::sync::Arc::new(app);
    let fields = order(app.variant("PEN").await.id, 1);
    let mut sending = JoinSet::new();
    for turn in 0..20 {
        let (app, mut fields) = (app.clone(), fields.clone());
        fields[1].1 = (1 + turn % 5).to_string();
        sending.spawn(async move { send(&app, Some(SHOPPER), &fields).await.is_ok() });
    }
    sending.join_all().await;
    assert_eq!(counts(&app).await, [count("checkout", SHOPPER, 3)].into());
    // Each count allows one session created and one ended: two calls, where it had ended before.
    assert!(
        fake.session_creations().len() <= 3,
        "{:?}",
        fake.session_creations().len()
    );
    assert!(fake.calls().len() <= 9, "{:?}", fake.calls().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_count_together() {
    let one = std::sync::Arc::new(shop_with(checkouts("4/1h")).await);
    let same_database = |config: &mut Config| {
        config.storage.database_url = Some(one.database_url().into());
        config.limits = checkouts("4/1h");
    };
    let other =
        TestApp::with_stripe_and(Some(one.stripe_url()), long_retries(), same_database).await;
    let other = std::sync::Arc::new(other);
    let pen = one.variant("PEN").await.id;
    let mut sending = JoinSet::new();
    for turn in 0..16 {
        let app = if turn % 2 == 0 { &one } else { &other }.clone();
        sending.spawn(async move { send(&app, Some(SHOPPER), &order(pen, 1)).await.is_ok() });
    }
    let started = sending.join_all().await;
    assert_eq!(started.iter().filter(|started| **started).count(), 4);
    assert_eq!(
        counts(&one).await,
        [count("checkout", SHOPPER, 4)].into(),
        "counted once each"
    );
    for app in [&one, &other] {
        let alert = refused(app, SHOPPER, &order(pen, 1)).await;
        assert!(alert.starts_with(MANY_STARTED), "{alert}");
    }
    pay(&other, OTHER, &order(pen, 1)).await;
}

#[tokio::test]
async fn checkouts_are_limited_for_all_clients_together_and_refused_ones_do_not_count() {
    let mut limits = checkouts("5/1h");
    limits
        .rates
        .extend(rate(LimitedAction::CheckoutInShop, "2/1h").rates);
    let app = shop_with(limits).await;
    let pen = app.variant("PEN").await.id;
    pay(&app, SHOPPER, &order(pen, 1)).await;
    pay(&app, OTHER, &order(pen, 1)).await;
    let alert = refused(&app, "198.51.100.9", &order(pen, 1)).await;
    assert!(alert.starts_with(BUSY), "{alert}");
    let expected = [
        count("checkout", SHOPPER, 1),
        count("checkout", OTHER, 1),
        count("checkout_in_shop", "shop", 2),
    ];
    assert_eq!(counts(&app).await, expected.into());
}

#[tokio::test]
async fn counts_are_deleted_once_their_period_is_over() {
    let app = shop_with(checkouts("5/1h")).await;
    let pen = app.variant("PEN").await.id;
    pay(&app, SHOPPER, &order(pen, 1)).await;
    pay(&app, OTHER, &order(pen, 1)).await;
    let long_ago = time::OffsetDateTime::UNIX_EPOCH;
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    rate_limit::Entity::update_many()
        .col_expr(rate_limit::Column::ExpiresAt, Expr::value(long_ago))
        .filter(rate_limit::Column::Client.eq(SHOPPER))
        .exec(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(delete_expired(&app.shop.database).await.unwrap(), 1);
    assert_eq!(delete_expired(&app.shop.database).await.unwrap(), 0);
    assert_eq!(counts(&app).await, [count("checkout", OTHER, 1)].into());
}

// ---- Who is a client ----

#[tokio::test]
async fn behind_a_trusted_proxy_the_right_most_untrusted_address_counts() {
    let app = shop_with(checkouts("1/1h")).await;
    let pen = app.variant("PEN").await.id;
    pay(&app, SHOPPER, &order(pen, 1)).await;
    for same in [
        "203.0.113.1, 198.51.100.7",
        "198.51.100.7:4711, 127.0.0.1",
        "::ffff:198.51.100.7",
    ] {
        let alert = refused(&app, same, &order(pen, 1)).await;
        assert!(alert.starts_with(MANY_STARTED), "{same}: {alert}");
    }
    // Without the header, or with an invalid one, it is the proxy itself.
    paid_at(&app, None, &order(pen, 1)).await;
    for itself in ["127.0.0.1", "unknown", "198.51.100.9, _hidden"] {
        let alert = refused(&app, itself, &order(pen, 1)).await;
        assert!(alert.starts_with(MANY_STARTED), "{itself}: {alert}");
    }
}

#[tokio::test]
async fn an_ipv6_client_is_its_network_and_a_larger_one_may_do_ten_times_as_much() {
    let app = shop_with(checkouts("1/1h")).await;
    let pen = app.variant("PEN").await.id;
    pay(&app, "2001:db8:1:0::1", &order(pen, 1)).await;
    let alert = refused(&app, "2001:db8:1:0:ffff::2", &order(pen, 1)).await;
    assert!(alert.starts_with(MANY_STARTED), "{alert}");
    for network in 1..10 {
        pay(
            &app,
            &format!("[2001:db8:1:{network}::1]:443"),
            &order(pen, 1),
        )
        .await;
    }
    let alert = refused(&app, "2001:db8:1:a::1", &order(pen, 1)).await;
    assert!(alert.starts_with(MANY_STARTED), "{alert}");
    pay(&app, "2001:db8:2::1", &order(pen, 1)).await;
}

#[tokio::test]
async fn an_untrusted_peer_cannot_name_another_client_and_the_owner_is_warned() {
    let app = TestApp::without_webhooks_with(|config| {
        config.limits = checkouts("1/1h");
        config.serving.trusted_proxies = Vec::new();
    })
    .await;
    let pen = app.variant("PEN").await.id;
    assert_eq!(app.get("/readyz").await.body, "ok");
    pay(&app, SHOPPER, &order(pen, 1)).await;
    for other in [OTHER, "127.0.0.2", "2001:db8::1"] {
        let alert = refused(&app, other, &order(pen, 1)).await;
        assert!(alert.starts_with(MANY_STARTED), "{other}: {alert}");
    }
    let ready = app.get("/readyz").await;
    assert_eq!(ready.status, 200);
    assert!(
        ready.body.starts_with("ok\nwarning: X-Forwarded-For"),
        "{}",
        ready.body
    );
    assert!(ready.body.contains("TRUSTED_PROXIES"), "{}", ready.body);
    // Anyone can read and cause this, so the address is only in the log.
    assert!(!ready.body.contains("127.0.0.1"), "{}", ready.body);
}

#[tokio::test]
async fn with_the_sandbox_a_developer_is_not_limited_and_others_are() {
    let app = TestApp::start_with(|config| {
        config.limits = checkouts("5/1h");
        config.limits.open_checkouts = Some(1);
        config.limits.held_share = Some(1);
    })
    .await;
    let pen = app.variant("PEN").await.id;
    for _ in 0..4 {
        paid_at(&app, None, &order(pen, 5)).await;
    }
    pay(&app, SHOPPER, &order(pen, 1)).await;
    let alert = refused(&app, SHOPPER, &order(pen, 1)).await;
    assert!(alert.starts_with(MANY_UNPAID), "{alert}");
}

#[tokio::test]
async fn without_limits_one_client_may_do_anything() {
    let app = shop_with(Limits::off()).await;
    let pen = app.variant("PEN").await.id;
    for _ in 0..8 {
        pay(&app, SHOPPER, &order(pen, 5)).await;
    }
    assert_eq!(app.held_and_stock("PEN").await, (40, Some(40)));
    assert!(counts(&app).await.is_empty());
}

#[tokio::test]
async fn the_log_names_the_setting_once_however_often_a_client_is_refused() {
    let till = Till::new();
    let serving = till
        .serve(&[
            ("LIMIT_CHECKOUTS_SHOP", "1/1h"),
            ("LIMIT_CHECKOUTS", "5/1h"),
            ("TRUSTED_PROXIES", "127.0.0.1"),
        ])
        .await;
    let without_proxies = Till::new();
    let without_proxies = without_proxies.serve(&[("TRUSTED_PROXIES", "none")]).await;
    for number in 0..4 {
        for origin in [&serving.origin, &without_proxies.origin] {
            let post = client()
                .post(format!("{origin}/api/checkout"))
                .header("accept", "text/html")
                .header("x-forwarded-for", format!("198.51.100.{number}"))
                .form(&order(1, 1));
            post.send().await.unwrap();
        }
    }
    let lines = |log: String, what: &str| -> Vec<String> {
        log.lines()
            .filter(|line| line.contains(what))
            .map(str::to_owned)
            .collect()
    };
    let warning = eventually("the log says it", async || {
        let warning = lines(serving.log(), "LIMIT_CHECKOUTS_SHOP");
        (!warning.is_empty()).then_some(warning)
    })
    .await;
    assert_eq!(warning.len(), 1, "{warning:?}");
    assert!(warning[0].contains("\"level\":\"ERROR\""), "{warning:?}");
    let warning = eventually("the log says it", async || {
        let warning = lines(without_proxies.log(), "TRUSTED_PROXIES");
        (!warning.is_empty()).then_some(warning)
    })
    .await;
    assert_eq!(warning.len(), 1, "{warning:?}");
    assert!(
        warning[0].contains("127.0.0.1 sends X-Forwarded-For"),
        "{warning:?}"
    );
}

// ---- What is held ----

fn open_checkouts(max: u32) -> Limits {
    Limits {
        open_checkouts: Some(max),
        ..Limits::off()
    }
}

#[tokio::test]
async fn unpaid_checkouts_are_limited_in_every_state_that_holds_stock() {
    let app = shop_with(open_checkouts(2)).await;
    let pen = app.variant("PEN").await.id;
    let first = pay(&app, SHOPPER, &order(pen, 1)).await;
    let second = pay(&app, SHOPPER, &order(pen, 1)).await;
    for state in ["creating", "processing", "open"] {
        app.update_checkout(&first, |update| {
            update.col_expr(checkout::Column::State, Expr::value(state))
        })
        .await;
        let page = send(&app, Some(SHOPPER), &order(pen, 2)).await.unwrap_err();
        assert!(page.alert().starts_with(MANY_UNPAID), "{}", page.alert());
        assert_eq!(page.quantity(pen), "2");
    }
    pay(&app, OTHER, &order(pen, 1)).await;
    // The same form leads to the same session, and an ended one makes room.
    let cancelled = format!("/checkout/{}/cancelled", second.token.as_str());
    app.get(&cancelled).await;
    pay(&app, SHOPPER, &order(pen, 1)).await;
    let alert = refused(&app, SHOPPER, &order(pen, 1)).await;
    assert!(alert.starts_with(MANY_UNPAID), "{alert}");
}

#[tokio::test]
async fn a_paid_checkout_makes_room_and_its_client_is_forgotten() {
    let app = shop_with(open_checkouts(1)).await;
    let pen = app.variant("PEN").await.id;
    let paid = pay(&app, "2001:db8:1:2::3", &order(pen, 1)).await;
    assert_eq!(paid.client.as_deref(), Some("2001:db8:1:2::/64"));
    assert_eq!(paid.client_network.as_deref(), Some("2001:db8:1::/48"));
    app.pay_by_card(&paid).await;
    let session = app.session(&paid).await;
    app.deliver_session("checkout.session.completed", &session)
        .await;
    let cancelled = pay(&app, "2001:db8:1:2::3", &order(pen, 1)).await;
    app.get(&format!("/checkout/{}/cancelled", cancelled.token.as_str()))
        .await;
    for (checkout, state) in [
        (paid, CheckoutState::Paid),
        (cancelled, CheckoutState::Cancelled),
    ] {
        let checkout = app.reload(&checkout).await;
        assert_eq!(checkout.state, state);
        assert_eq!((checkout.client, checkout.client_network), (None, None));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkouts_that_begin_at_the_same_moment_are_limited_too() {
    let app = std::sync::Arc::new(shop_with(open_checkouts(3)).await);
    let pen = app.variant("PEN").await.id;
    let mut sending = JoinSet::new();
    for _ in 0..12 {
        let app = app.clone();
        sending.spawn(async move { send(&app, Some(SHOPPER), &order(pen, 1)).await.is_ok() });
    }
    let started = sending.join_all().await;
    assert_eq!(started.iter().filter(|started| **started).count(), 3);
    assert_eq!(app.held_and_stock("PEN").await.0, 3);
}

#[tokio::test]
async fn a_double_click_at_the_limit_leads_to_the_same_session() {
    let mut limits = open_checkouts(1);
    limits.rates = checkouts("1/1h").rates;
    let fake = FakeStripe::start(&[Answer::Held], Answer::Works).await;
    let app = TestApp::with_stripe_and(Some(fake.url()), long_retries(), |config| {
        config.limits = limits;
    })
    .await;
    let fields = order(app.variant("PEN").await.id, 1);
    let release = async {
        fake.wait_for_creation().await;
        fake.release();
    };
    let (first, second, third, ()) = tokio::join!(
        paid_at(&app, Some(SHOPPER), &fields),
        paid_at(&app, Some(SHOPPER), &fields),
        paid_at(&app, Some(SHOPPER), &fields),
        release
    );
    assert_eq!((&second, &third), (&first, &first));
    assert_eq!(fake.session_creations().len(), 1);
}

fn share(percent: u8) -> Limits {
    Limits {
        held_share: Some(percent),
        ..Limits::off()
    }
}

/// Units of a variant that one client may hold.
fn max_units(variant: &variant::Model) -> i64 {
    (variant.stock.unwrap() / 2).max(variant.max_per_order)
}

/// Buys a variant until one more unit is refused: with and without a new attempt token.
async fn grab(app: &TestApp, variant: &variant::Model) -> Vec<checkout::Model> {
    let mut started = Vec::new();
    let mut quantity = variant.max_per_order;
    while quantity > 0 {
        let fields = order(variant.id, quantity);
        assert!(send(app, Some(SHOPPER), &fields[1..]).await.is_err());
        match send(app, Some(SHOPPER), &fields).await {
            Ok(url) => started.push(url),
            Err(_) => quantity /= 2,
        }
        let now = app.variant(&variant.sku).await;
        assert!(now.held <= max_units(variant), "{}: {}", now.sku, now.held);
    }
    let mut all = app.checkouts().await;
    all.retain(|checkout| {
        started
            .iter()
            .any(|url| checkout.stripe_url.as_ref() == Some(url))
    });
    all
}

#[tokio::test]
async fn one_client_cannot_hold_more_than_its_share_of_any_demo_product() {
    let app = shop_with(share(50)).await;
    app.import(include_str!("../../demo/products.csv"), StockMode::Set)
        .await;
    let on_sale = product::Entity::find().filter(product::Column::Active.eq(true));
    let on_sale = on_sale.all(app.shop.database.reader()).await.unwrap();
    let variants = variant::Entity::find()
        .filter(variant::Column::ProductId.is_in(on_sale.iter().map(|product| product.id)))
        .filter(variant::Column::Stock.gt(0))
        .filter(variant::Column::Price.lt(100_000))
        .filter(variant::Column::Price.gt(50))
        // Direct debit is only available in euros.
        .filter(variant::Column::Currency.eq("eur"))
        .all(app.shop.database.reader())
        .await
        .unwrap();
    assert!(variants.len() >= 15, "{}", variants.len());
    for variant in variants {
        let started = grab(&app, &variant).await;
        let held = app.variant(&variant.sku).await.held;
        assert_eq!(
            held,
            max_units(&variant).min(variant.stock.unwrap()),
            "{}",
            variant.sku
        );
        // While the bank decides, the units stay held.
        let by_bank = &started[0];
        app.pay_by_sepa(by_bank, IBAN_FAILS).await;
        let session = app.session(by_bank).await;
        app.deliver_session("checkout.session.completed", &session)
            .await;
        assert_eq!(app.reload(by_bank).await.state.as_ref(), "processing");
        assert!(grab(&app, &variant).await.is_empty(), "{}", variant.sku);
        // What the bank has refused is available again, to this client and others.
        app.deliver_session("checkout.session.async_payment_failed", &session)
            .await;
        assert!(!grab(&app, &variant).await.is_empty(), "{}", variant.sku);
        assert_eq!(app.variant(&variant.sku).await.held, held);
    }
}

#[tokio::test]
async fn a_shopper_who_buys_the_last_units_is_not_refused() {
    let app = shop_with(share(1)).await;
    let mug = app.variant("MUG").await.id;
    pay(&app, SHOPPER, &order(mug, 3)).await;
    assert_eq!(app.held_and_stock("MUG").await, (3, Some(3)));
    // A product without counted stock cannot be blocked for others.
    let poster = app.variant("POSTER").await.id;
    for _ in 0..3 {
        pay(&app, SHOPPER, &order(poster, 20)).await;
    }
}

#[tokio::test]
async fn a_line_above_the_share_says_how_many_are_left_and_the_form_keeps_its_quantities() {
    let app = shop_with(share(20)).await;
    // A fifth of 40 is 8.
    let pen = app.variant("PEN").await.id;
    let first = pay(&app, SHOPPER, &order(pen, 5)).await;
    let page = send(&app, Some(SHOPPER), &order(pen, 4)).await.unwrap_err();
    assert_eq!(page.status, 429);
    assert_eq!(
        page.quantity_error(pen),
        "Only 3 more of these can be reserved until the other orders from your connection have \
         been paid for."
    );
    assert!(page.alert().contains("Nothing was charged."));
    assert_eq!(page.quantity(pen), "4");
    pay(&app, SHOPPER, &order(pen, 3)).await;
    let page = send(&app, Some(SHOPPER), &order(pen, 1)).await.unwrap_err();
    assert!(page.quantity_error(pen).starts_with("No more of these"));
    pay(&app, OTHER, &order(pen, 5)).await;
    // A changed form releases its own units first.
    let changed = |quantity: &str| {
        vec![
            ("attempt".to_owned(), first.attempt.clone().unwrap().into()),
            (format!("quantity[{pen}]"), quantity.to_owned()),
        ]
    };
    pay(&app, SHOPPER, &changed("4")).await;
    pay(&app, SHOPPER, &changed("5")).await;
}

// ---- Calls to Stripe ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn above_sixteen_calls_to_stripe_at_once_the_next_shopper_is_refused_quickly() {
    let fake = FakeStripe::start(&[Answer::Held; 16], Answer::Works).await;
    let retry_policy = RetryPolicy {
        attempt_timeout: std::time::Duration::from_secs(60),
        total_timeout: std::time::Duration::from_secs(60),
        ..RetryPolicy::default()
    };
    let app = TestApp::with_stripe(Some(fake.url()), retry_policy).await;
    let app = std::sync::Arc::new(app);
    let pen = app.variant("PEN").await.id;
    let mut sending = JoinSet::new();
    for _ in 0..17 {
        let app = app.clone();
        sending.spawn(async move { send(&app, None, &order(pen, 1)).await });
    }
    eventually("one of them is refused", async || {
        let all = app.checkouts().await;
        all.into_iter()
            .find(|checkout| checkout.state.as_ref() == "refused")
    })
    .await;
    // No request was sent for it, its unit is released, and jobs go on.
    assert_eq!(fake.session_creations().len(), 16);
    assert_eq!(app.held_and_stock("PEN").await.0, 16);
    let for_jobs = app.shop.stripe.for_jobs();
    assert!(for_jobs.session_status("cs_test_unknown").await.is_ok());
    fake.release();
    let (started, refused_forms): (Vec<_>, Vec<_>) = sending
        .join_all()
        .await
        .into_iter()
        .partition(Result::is_ok);
    assert_eq!((started.len(), refused_forms.len()), (16, 1));
    for page in refused_forms {
        let alert = page.unwrap_err().alert();
        assert!(
            alert.starts_with("Payment is not available right now."),
            "{alert}"
        );
    }
    paid_at(&app, None, &order(pen, 1)).await;
}

/// A request that waited ten seconds for the first one would call Stripe with the same key.
#[tokio::test]
async fn a_disconnected_client_waits_for_nothing_and_does_not_call_stripe() {
    let fake = FakeStripe::start(&[Answer::Held], Answer::Works).await;
    let retry_policy = RetryPolicy {
        attempt_timeout: std::time::Duration::from_secs(60),
        total_timeout: std::time::Duration::from_secs(60),
        ..RetryPolicy::default()
    };
    let app = TestApp::with_stripe(Some(fake.url()), retry_policy).await;
    let pen = app.variant("PEN").await.id;
    let form: Form = app.form("/").await.choose(pen, "1");
    let first = app.submit(&form);
    let second = async {
        fake.wait_for_creation().await;
        let hung_up = std::time::Duration::from_millis(500);
        assert!(
            tokio::time::timeout(hung_up, app.submit(&form))
                .await
                .is_err()
        );
        tokio::time::sleep(std::time::Duration::from_secs(11)).await;
        assert_eq!(fake.session_creations().len(), 1);
        fake.release();
    };
    let (first, ()) = tokio::join!(first, second);
    assert!(first.location().contains("/c/pay/"));
}

/// One checkout is enough to open that page any number of times.
#[tokio::test]
async fn visits_to_the_cancelled_page_count_where_they_call_stripe() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let limited = |config: &mut Config| config.limits = checkouts("3/1h");
    let app = TestApp::with_stripe_and(Some(fake.url()), long_retries(), limited).await;
    let app = std::sync::Arc::new(app);
    let pen = app.variant("PEN").await.id;
    let checkout = pay(&app, SHOPPER, &order(pen, 2)).await;
    let path = format!("/checkout/{}/cancelled", checkout.token.as_str());
    fake.answer(Answer::Error(500));
    let mut visits = JoinSet::new();
    for _ in 0..30 {
        let (app, path) = (app.clone(), path.clone());
        visits.spawn(async move {
            let visit = app.request("GET", &path).header("accept", "text/html");
            app.send(visit.header("x-forwarded-for", SHOPPER)).await
        });
    }
    for page in visits.join_all().await {
        assert_eq!(page.status, 200);
        // Without a call to Stripe it is unknown whether it was paid.
        assert!(
            page.text("main .alert[role=status]")
                .contains("whether your payment went through")
        );
        assert!(!page.body.contains("Nothing was charged. "));
        assert_eq!(page.quantity(pen), "2");
    }
    let expire_calls = fake.calls();
    let expire_calls = expire_calls
        .iter()
        .filter(|call| call.path.ends_with("/expire"));
    // Two of the three visits are left, each tried three times.
    assert!(expire_calls.count() <= 6, "{:?}", fake.calls().len());
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
}

/// On SQLite a writer locks the whole file.
#[tokio::test]
async fn deleting_old_counts_does_not_wait_for_locked_ones() {
    let app = shop_with(checkouts("9/1s")).await;
    let pen = app.variant("PEN").await.id;
    pay(&app, SHOPPER, &order(pen, 1)).await;
    pay(&app, OTHER, &order(pen, 1)).await;
    let past = shop::clock::now() - std::time::Duration::from_secs(60);
    let database = &app.shop.database;
    let aging = database.begin_write("test").await.unwrap();
    rate_limit::Entity::update_many()
        .col_expr(rate_limit::Column::ExpiresAt, Expr::value(past))
        .exec(&aging)
        .await
        .unwrap();
    aging.commit().await.unwrap();
    if database.reader().get_database_backend() != sea_orm::DbBackend::Postgres {
        assert_eq!(delete_expired(database).await.unwrap(), 2);
        return;
    }
    let writing = database.begin_write("test").await.unwrap();
    let locked = format!("SELECT 1 FROM rate_limit WHERE client = '{OTHER}' FOR UPDATE");
    writing.execute_unprepared(&locked).await.unwrap();
    // While the other row is locked: otherwise the two could deadlock.
    assert_eq!(delete_expired(database).await.unwrap(), 1);
    writing.rollback().await.unwrap();
    assert_eq!(delete_expired(database).await.unwrap(), 1);
}
