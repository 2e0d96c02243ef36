//! Stripe refuses every session for a reason that only the owner can do something about.

use serde_json::{Value, json};
use server::config::Patience;
use shop::checkout::options::AutomaticTax;
use shop::mail::Route;
use stripe_sandbox::Sandbox;
use tempfile::TempDir;

use crate::fake_stripe::{Answer, FakeStripe};
use crate::mails::{mail, mails};
use crate::serving::Visitor;
use crate::test_app::{Page, TestApp, client, eventually};
use crate::till_binary::Till;

const SENTENCE: &str = "This shop cannot take payments at the moment. Nothing was charged.";
const NO_NAME: &str = "In order to use Checkout, you must set an account or business name";

/// A shop whose mails are files in this folder.
async fn shop() -> (TestApp, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.mail.route = Route::Folder(path);
    })
    .await;
    (app, folder)
}

async fn refused(app: &TestApp) -> Page {
    let pen = app.product("PEN").await.id;
    let form = app.form("/").await.choose(pen, "1");
    app.refused(&form).await
}

/// The keys of the mails that were asked for.
async fn mails_asked_for(app: &TestApp) -> Vec<String> {
    let mut keys = app.tasks().await;
    keys.retain(|key| key.starts_with("mail:payments_refused:"));
    keys
}

/// The last mail was asked for so many minutes ago.
async fn age_last_mail(app: &TestApp, minutes: i64) {
    let then = shop::clock::now() - time::Duration::minutes(minutes);
    let then = shop::clock::written(then);
    app.execute(&format!("UPDATE stripe_fact SET mailed_at = '{then}'"))
        .await;
}

#[tokio::test]
async fn the_shopper_reads_what_is_true_and_the_owner_what_stripe_said() {
    let (app, folder) = shop().await;
    app.set_account(json!({ "has_name": false })).await;
    let page = refused(&app).await;
    assert_eq!(page.status, 422);
    assert!(page.alert().starts_with(SENTENCE), "{}", page.alert());
    assert!(!page.body.contains("business name"));
    assert_eq!(app.held_and_stock("PEN").await.0, 0);

    let mail = mail(&folder, "Test Shop cannot take payments").await;
    assert_eq!(mail.to, "owner@shop.example");
    assert!(mail.text.contains(NO_NAME), "{}", mail.text);
    assert!(mail.text.contains("(request req_"), "{}", mail.text);
    assert!(mail.text.contains("till doctor"), "{}", mail.text);

    let ready = app.get("/readyz").await;
    assert_eq!(ready.status, 200);
    assert!(
        ready
            .body
            .contains("warning: Stripe refused to begin a payment")
    );
    assert!(ready.body.contains(NO_NAME), "{}", ready.body);

    // It is over with the next payment that begins.
    app.set_account(json!({})).await;
    app.begin(&[("PEN", 1)]).await;
    assert_eq!(app.get("/readyz").await.body, "ok");
    assert_eq!(mails(folder.path()).len(), 1);
}

#[tokio::test]
async fn every_reason_that_is_the_owners_is_told_as_one() {
    for (account, said) in [
        (
            json!({ "charges_enabled": false }),
            "Your account cannot currently make charges",
        ),
        (
            json!({ "has_terms_url": false }),
            "unless a URL is set in the Stripe Dashboard",
        ),
        (
            json!({ "has_head_office": false }),
            "valid head office address",
        ),
        (
            json!({ "settlement_currency": "eur" }),
            "must convert to at least €0.50. VND 5,000 converts to approximately €0.17 (request req_",
        ),
        (json!({ "forbidden": ["/v1/checkout"] }), "permissions"),
    ] {
        let app = TestApp::without_webhooks_with(|config| {
            config.options.terms_of_service = true;
            config.options.automatic_tax = Some(AutomaticTax::Exclusive);
        })
        .await;
        app.execute("UPDATE product SET currency = 'vnd', price = 5000 WHERE sku = 'PEN'")
            .await;
        app.set_account(account.clone()).await;
        let page = refused(&app).await;
        assert!(
            page.alert().starts_with(SENTENCE),
            "{account}: {}",
            page.alert()
        );
        let ready = app.get("/readyz").await.body;
        assert!(ready.contains(said), "{account}: {ready}");
    }
}

#[tokio::test]
async fn the_owner_gets_one_mail_an_hour_from_all_servers_together() {
    let (app, _folder) = shop().await;
    let other = TestApp::without_webhooks_at(app.database_url()).await;
    for app in [&app, &other] {
        app.set_account(json!({ "has_name": false })).await;
    }
    let all = (0..8).map(|turn| refused(if turn % 2 == 0 { &app } else { &other }));
    futures::future::join_all(all).await;
    assert_eq!(mails_asked_for(&app).await.len(), 1);
    // The key of a mail is its second: this one's shall not be the next one's.
    app.execute("UPDATE outbox SET key = 'mail:payments_refused:1'")
        .await;
    age_last_mail(&app, 59).await;
    refused(&app).await;
    assert_eq!(mails_asked_for(&app).await.len(), 1);
    age_last_mail(&app, 60).await;
    let all = (0..8).map(|turn| refused(if turn % 2 == 0 { &app } else { &other }));
    futures::future::join_all(all).await;
    assert_eq!(mails_asked_for(&app).await.len(), 2);
}

#[tokio::test]
async fn trouble_that_passes_is_not_the_owners() {
    let fake = FakeStripe::start(&[], Answer::Error(500)).await;
    let app = TestApp::with_stripe(Some(fake.url()), Patience::default()).await;
    let page = refused(&app).await;
    assert!(
        page.alert()
            .starts_with("Payment is not available right now.")
    );
    assert!(mails_asked_for(&app).await.is_empty());
    assert_eq!(app.get("/readyz").await.body, "ok");
}

#[tokio::test]
async fn the_log_has_stripes_sentence_its_parameter_and_its_request() {
    let sandbox = Sandbox::start(stripe_sandbox::Options::default())
        .await
        .unwrap();
    let url = sandbox.url();
    let state = json!({ "has_terms_url": false });
    let set = client()
        .post(format!("{url}/_sandbox/account"))
        .json(&state);
    assert_eq!(set.send().await.unwrap().status(), 200);
    let till = Till::new();
    let serving = till
        .serve(&[
            ("SANDBOX_ADDR", ""),
            ("STRIPE_SECRET_KEY", "sk_test_of_the_tests"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_test"),
            ("STRIPE_API_BASE", &url),
            ("TERMS_OF_SERVICE", "required"),
        ])
        .await;
    let (_, answer) = Visitor::of(&serving).buy("postcards").await;
    assert_eq!(answer.status, 422);
    let line = eventually("the refusal is logged", async || {
        let log = serving.log();
        let line = log.lines().find(|line| line.contains("created no session"));
        line.map(str::to_owned)
    })
    .await;
    let line: Value = serde_json::from_str(&line).unwrap();
    let said = "You cannot collect consent to your terms of service";
    for field in ["message", "stripe_message"] {
        assert!(line[field].as_str().unwrap().contains(said), "{line}");
    }
    assert_eq!(line["param"], "consent_collection[terms_of_service]");
    let request = line["stripe_request"].as_str().unwrap();
    assert!(request.starts_with("req_"), "{line}");
}
