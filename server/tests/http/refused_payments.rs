//! Stripe refuses every session for a reason that only the owner can fix.

use serde_json::{Value, json};
use shop::checkout::options::AutomaticTax;
use shop::mail::Route;
use stripe_sandbox::Sandbox;
use tempfile::TempDir;

use crate::fake_stripe::{Answer, FakeStripe};
use crate::mails::{mail, mails};
use crate::serving::Visitor;
use crate::test_app::{Page, TestApp, client, eventually, long_retries};
use crate::till_binary::Till;

const SENTENCE: &str = "This shop cannot take payments at the moment. Nothing was charged.";
const NO_NAME: &str = "In order to use Checkout, you must set an account or business name";

/// A shop whose emails are files in this folder.
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
    let pen = app.variant("PEN").await.id;
    let form = app.form("/").await.choose(pen, "1");
    app.refused(&form).await
}

/// The keys of the emails in the outbox.
async fn queued_mails(app: &TestApp) -> Vec<String> {
    let mut keys = app.tasks().await;
    keys.retain(|key| key.starts_with("mail:payments_refused:"));
    keys
}

/// Makes the last email this many minutes old.
async fn age_last_mail(app: &TestApp, minutes: i64) {
    let then = shop::clock::now() - time::Duration::minutes(minutes);
    let then = shop::clock::rfc3339(then);
    app.execute(&format!("UPDATE stripe_fact SET mailed_at = '{then}'"))
        .await;
}

#[tokio::test]
async fn the_shopper_reads_a_true_sentence_and_the_owner_stripes_reason() {
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
            .contains("warning: Stripe refused to start a payment")
    );
    assert!(ready.body.contains(NO_NAME), "{}", ready.body);

    // The next payment that begins ends the warning.
    app.set_account(json!({})).await;
    app.begin(&[("PEN", 1)]).await;
    assert_eq!(app.get("/readyz").await.body, "ok");
    assert_eq!(mails(folder.path()).len(), 1);
}

#[tokio::test]
async fn every_reason_that_only_the_owner_can_fix_is_treated_as_one() {
    for (account, message) in [
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
            "must convert to at least €0.50. VND 5,000 converts to approximately €0.17 \
             (request req_",
        ),
        (json!({ "forbidden": ["/v1/checkout"] }), "permissions"),
    ] {
        let app = TestApp::without_webhooks_with(|config| {
            config.checkout.options.terms_of_service = true;
            config.checkout.options.automatic_tax = Some(AutomaticTax::Exclusive);
        })
        .await;
        app.execute("UPDATE variant SET currency = 'vnd', price = 5000 WHERE sku = 'PEN'")
            .await;
        app.set_account(account.clone()).await;
        let page = refused(&app).await;
        assert!(
            page.alert().starts_with(SENTENCE),
            "{account}: {}",
            page.alert()
        );
        let ready = app.get("/readyz").await.body;
        assert!(ready.contains(message), "{account}: {ready}");
    }
}

#[tokio::test]
async fn the_owner_gets_one_email_an_hour_from_all_servers_together() {
    let (app, _folder) = shop().await;
    let other = TestApp::without_webhooks_at(app.database_url()).await;
    for app in [&app, &other] {
        app.set_account(json!({ "has_name": false })).await;
    }
    let all = (0..8).map(|turn| refused(if turn % 2 == 0 { &app } else { &other }));
    futures::future::join_all(all).await;
    assert_eq!(queued_mails(&app).await.len(), 1);
    // An email's key contains its second: wait so that the next email gets another one.
    app.execute("UPDATE outbox SET key = 'mail:payments_refused:1'")
        .await;
    age_last_mail(&app, 59).await;
    refused(&app).await;
    assert_eq!(queued_mails(&app).await.len(), 1);
    age_last_mail(&app, 60).await;
    let all = (0..8).map(|turn| refused(if turn % 2 == 0 { &app } else { &other }));
    futures::future::join_all(all).await;
    assert_eq!(queued_mails(&app).await.len(), 2);
}

#[tokio::test]
async fn temporary_trouble_sends_the_owner_nothing() {
    let fake = FakeStripe::start(&[], Answer::Error(500)).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let page = refused(&app).await;
    assert!(
        page.alert()
            .starts_with("Payment is not available right now.")
    );
    assert!(queued_mails(&app).await.is_empty());
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
        let line = log
            .lines()
            .find(|line| line.contains("could not create a session"));
        line.map(str::to_owned)
    })
    .await;
    let line: Value = serde_json::from_str(&line).unwrap();
    let message = "You cannot collect consent to your terms of service";
    for field in ["message", "stripe_message"] {
        assert!(line[field].as_str().unwrap().contains(message), "{line}");
    }
    assert_eq!(line["param"], "consent_collection[terms_of_service]");
    let request = line["stripe_request"].as_str().unwrap();
    assert!(request.starts_with("req_"), "{line}");
}
