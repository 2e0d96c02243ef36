//! The origin of the payment pages, where a custom domain is set up only in Stripe's dashboard.

use sea_orm::{EntityTrait, QueryOrder};
use serde_json::Value;
use server::config::Payments;
use shop::entity::payment_origin;

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{Form, Page, TestApp, long_retries};

const OWN: &str = "https://pay.shop.example";
const URL: &str = "https://pay.shop.example/c/pay/cs_1#fid";

fn at_own_domain(session: &mut Value) {
    session["url"] = URL.into();
}

async fn form(app: &TestApp) -> Form {
    app.form("/").await.choose(app.variant("PEN").await.id, "1")
}

/// The targets that a page's policy allows for its form.
fn form_action(page: &Page) -> String {
    let policy = page.header("content-security-policy");
    let mut parts = policy.split(';').map(str::trim);
    let found = parts.find(|part| part.starts_with("form-action"));
    found.unwrap_or_default().to_owned()
}

async fn stored_origins(app: &TestApp) -> Vec<String> {
    let all = payment_origin::Entity::find().order_by_asc(payment_origin::Column::Origin);
    let all = all.all(app.shop.database.reader()).await.unwrap();
    all.into_iter().map(|known| known.origin).collect()
}

#[tokio::test]
async fn the_first_shopper_follows_a_link_and_later_ones_are_redirected() {
    let fake = FakeStripe::start(&[], Answer::Edited(at_own_domain)).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let before = app.get("/").await;
    assert_eq!(
        form_action(&before),
        format!("form-action 'self' {}", fake.url())
    );
    let (first, kept) = (form(&app).await, form(&app).await);

    let page = app.submit(&first).await;
    assert_eq!(
        (page.status, page.text("h1")),
        (200, "One more step before you pay".to_owned())
    );
    assert_eq!(page.attribute("main a.btn-primary", "href").unwrap(), URL);
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(stored_origins(&app).await, [OWN]);

    let next = app.get("/").await;
    let expected = format!("form-action 'self' {} {OWN}", fake.url());
    assert_eq!(form_action(&next), expected);
    assert_eq!(app.submit(&form(&app).await).await.location(), URL);
    // A page loaded earlier has the old policy: its form would be blocked.
    let page = app.submit(&kept).await;
    assert_eq!(page.attribute("main a.btn-primary", "href").unwrap(), URL);
    assert_eq!(stored_origins(&app).await, [OWN]);
}

#[tokio::test]
async fn learned_origins_survive_a_restart() {
    let fake = FakeStripe::start(&[], Answer::Edited(at_own_domain)).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    app.submit(&form(&app).await).await;
    // As another server of the same shop does, or this one after a restart.
    let shop = app.shop.clone();
    let origins = shop::checkout::PaymentOrigins::new(vec!["https://a.example".to_owned()], true);
    origins.load(&shop.database).await.unwrap();
    assert_eq!(origins.all(), ["https://a.example", OWN]);
}

#[tokio::test]
async fn only_https_origins_are_learned_and_at_most_three() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    for edit in [
        (|session: &mut Value| session["url"] = "http://pay.shop.example/c".into())
            as fn(&mut Value),
        |session| session["url"] = "ftp://pay.shop.example/c".into(),
        |session| session["url"] = "https://a.shop.example/c".into(),
        |session| session["url"] = "https://b.shop.example:8443/c".into(),
        |session| session["url"] = "https://c.shop.example/c".into(),
        |session| session["url"] = "https://d.shop.example/c".into(),
    ] {
        fake.answer(Answer::Edited(edit));
        // Whatever is learned, the shopper reaches the payment page.
        let page = app.submit(&form(&app).await).await;
        assert!(page.has("main a.btn-primary"), "{}", page.body);
    }
    assert_eq!(
        stored_origins(&app).await,
        [
            "https://a.shop.example",
            "https://b.shop.example:8443",
            "https://c.shop.example"
        ]
    );
}

#[tokio::test]
async fn the_owners_setting_wins() {
    let fake = FakeStripe::start(&[], Answer::Edited(at_own_domain)).await;
    let set = |origin: &'static str| {
        move |config: &mut server::config::Config| {
            if let Payments::Stripe(stripe) = &mut config.payments {
                stripe.checkout_origin = Some(origin.to_owned());
            }
        }
    };
    let url = Some(fake.url());
    let app = TestApp::with_stripe_and(url, long_retries(), set(OWN)).await;
    assert_eq!(app.submit(&form(&app).await).await.location(), URL);
    assert!(stored_origins(&app).await.is_empty());
    // With a wrong setting nothing is learned, and shoppers follow the link.
    let wrong = set("https://old.shop.example");
    let app = TestApp::with_stripe_and(url, long_retries(), wrong).await;
    for _ in 0..2 {
        let page = app.submit(&form(&app).await).await;
        assert_eq!(page.attribute("main a.btn-primary", "href").unwrap(), URL);
    }
    assert!(stored_origins(&app).await.is_empty());
}

/// A form says which origins its page allows. A forged one affects nobody else: only Stripe's API
/// says where a session is paid.
#[tokio::test]
async fn origins_claimed_by_a_form_are_not_learned() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let claimed = form(&app).await.with("origins", "https://evil.example");
    let page = app.submit(&claimed).await;
    let href = page.attribute("main a.btn-primary", "href").unwrap();
    assert!(href.starts_with(fake.url()), "{href}");
    assert!(stored_origins(&app).await.is_empty());
    assert!(
        !app.get("/")
            .await
            .header("content-security-policy")
            .contains("evil")
    );
}
