//! `till doctor`

use serde_json::{Value, json};
use shop::policy::{self, Policy, PolicySlug};
use shop::stored_settings;

use crate::fake_smtp::{FakeSmtp, Smtp};
use crate::test_app::{TestApp, client, owner};
use crate::till_binary::{CommandOutput, Till, text};

/// Runs it against the shop, as an owner who has set `PUBLIC_URL`.
fn examine(app: &TestApp, more: &[(&str, &str)]) -> CommandOutput {
    let till = Till::new();
    let mut command = till.command(&["doctor", "--json"]);
    let output = command
        .envs(app.environment())
        .env("PUBLIC_URL", &app.origin)
        .envs(more.iter().copied())
        .output()
        .unwrap();
    CommandOutput {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// Every check's name, verdict and text.
fn findings(answer: &CommandOutput) -> Vec<(String, String, String)> {
    let findings = answer.json();
    let of = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings = findings.as_array().unwrap().iter();
    findings
        .map(|one| (of(one, "check"), of(one, "verdict"), of(one, "words")))
        .collect()
}

/// The text of a check's only finding, which must have this verdict.
fn fault(answer: &CommandOutput, check: &str, verdict: &str) -> String {
    let found = findings(answer);
    let mut of_check = found
        .iter()
        .filter(|one| one.0 == check && one.1 == verdict);
    let (_, _, text) = of_check
        .next()
        .unwrap_or_else(|| panic!("no {verdict} of {check} in {found:?}"));
    text.clone()
}

fn verdicts(answer: &CommandOutput) -> Vec<(String, String)> {
    let found = findings(answer).into_iter();
    found.map(|(check, verdict, _)| (check, verdict)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_shop_has_no_fault_and_nothing_is_left_behind() {
    let app = TestApp::start().await;
    let answer = examine(&app, &[]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let expected = [
        ("key", "ok"),
        ("account", "ok"),
        // One session in each currency of the catalog.
        ("payment", "ok"),
        ("payment", "ok"),
        ("webhook", "ok"),
        ("clock", "ok"),
        ("mail", "warning"),
        ("times", "ok"),
    ];
    let expected = expected.map(|(check, verdict)| (check.to_owned(), verdict.to_owned()));
    assert_eq!(verdicts(&answer), expected);
    let sessions = app.sessions().await;
    assert_eq!(sessions.len(), 2);
    assert!(
        sessions
            .iter()
            .all(|session| session["status"] == "expired")
    );
    assert!(app.checkouts().await.is_empty());
    assert!(!answer.stdout.contains("sk_test"), "{answer:?}");

    let till = Till::new();
    let message = till.run_with(&app, &["doctor"]).stdout;
    assert!(
        message.contains("ok       key      Stripe accepts the key"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_by_stripe_are_found_before_a_shopper_meets_them() {
    let app = TestApp::without_webhooks().await;
    let needs = [
        ("TERMS_OF_SERVICE", "required"),
        ("AUTOMATIC_TAX", "exclusive"),
    ];
    for (account, check, text) in [
        (
            json!({ "charges_enabled": false, "currently_due": ["external_account"] }),
            "account",
            "Stripe asks for: external_account",
        ),
        (json!({ "has_name": false }), "payment", "business name"),
        (
            json!({ "has_terms_url": false }),
            "payment",
            "Public details",
        ),
        (
            json!({ "has_head_office": false }),
            "payment",
            "Settings, Tax",
        ),
        (
            json!({ "forbidden": ["/v1/checkout"] }),
            "payment",
            "Allow the key to write Checkout Sessions",
        ),
        (
            json!({ "key_is_valid": false }),
            "key",
            "Stripe rejects STRIPE_SECRET_KEY",
        ),
    ] {
        app.set_account(account.clone()).await;
        let answer = examine(&app, &needs);
        assert_eq!(answer.code, Some(1), "{account}: {answer:?}");
        let message = fault(&answer, check, "fault");
        assert!(message.contains(text), "{account}: {message}");
        assert!(!message.contains(".."), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restricted_key_need_not_read_the_account_or_the_endpoints() {
    let app = TestApp::start().await;
    app.set_account(json!({ "forbidden": ["/v1/account", "/v1/webhook_endpoints"] }))
        .await;
    let answer = examine(&app, &[]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(fault(&answer, "key", "ok").contains("restricted"));
    assert!(fault(&answer, "webhook", "warning").contains("may not list"));
    assert!(fault(&answer, "payment", "ok").contains("can begin"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_the_webhook_endpoint_is_found() {
    let app = TestApp::without_webhooks().await;
    let url = format!("{}/webhooks/stripe", app.origin);
    let none = fault(&examine(&app, &[]), "webhook", "warning");
    assert!(none.contains("stripe listen"), "{none}");
    // A publicly reachable shop needs an endpoint.
    let public = [("PUBLIC_URL", "https://shop.example")];
    let answer = examine(&app, &public);
    assert_eq!(answer.code, Some(1));
    let message = fault(&answer, "webhook", "fault");
    assert!(message.contains("no endpoint is registered for https://shop.example/webhooks/stripe"));
    assert!(message.contains("none at all"), "{message}");

    let needed = [
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    ];
    let mut form: Vec<(String, &str)> = vec![("url".to_owned(), &url)];
    let names = needed.iter().enumerate();
    form.extend(names.map(|(at, name)| (format!("enabled_events[{at}]"), *name)));
    let few: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let partial = app.stripe_post("/v1/webhook_endpoints", &few[..3]).await;
    let message = fault(&examine(&app, &[]), "webhook", "fault");
    assert!(message.contains("does not get these events"), "{message}");
    assert!(message.contains("refund.failed") && !message.contains("session.completed"));

    let id = partial["id"].as_str().unwrap();
    app.stripe_post(&format!("/v1/webhook_endpoints/{id}"), &few[1..])
        .await;
    let message = fault(&examine(&app, &[]), "webhook", "ok");
    assert!(
        message.contains("with every event that is needed"),
        "{message}"
    );
    app.stripe_post(
        &format!("/v1/webhook_endpoints/{id}"),
        &[("disabled", "true")],
    )
    .await;
    let message = fault(&examine(&app, &[]), "webhook", "fault");
    assert!(message.contains("is disabled"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_of_another_version_works_and_is_reported() {
    let app = TestApp::without_webhooks().await;
    // With a trailing slash, where events are accepted, too.
    let url = format!("{}/webhooks/stripe/", app.origin);
    let version = ("api_version", "2024-06-20");
    let form = [("url", url.as_str()), ("enabled_events[0]", "*"), version];
    app.stripe_post("/v1/webhook_endpoints", &form).await;
    let message = fault(&examine(&app, &[]), "webhook", "warning");
    assert!(message.contains("in version 2024-06-20"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_for_thin_events_is_reported_as_one() {
    let app = TestApp::without_webhooks().await;
    let url = format!("{}/webhooks/stripe", app.origin);
    let destination = json!({
        "name": "shop", "type": "webhook_endpoint", "event_payload": "thin",
        "enabled_events": ["v1.checkout.session.completed"], "webhook_endpoint": { "url": url },
    });
    let post = client()
        .post(format!("{}/v2/core/event_destinations", app.stripe_url()))
        .bearer_auth(stripe_sandbox::API_KEY)
        .json(&destination);
    assert_eq!(post.send().await.unwrap().status(), 200);
    let answer = examine(&app, &[]);
    assert_eq!(answer.code, Some(1));
    let message = fault(&answer, "webhook", "fault");
    assert!(message.contains("thin events"), "{message}");
    assert!(message.contains("snapshot"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_and_the_mail_server_are_checked() {
    let app = TestApp::without_webhooks().await;
    app.set_faults(json!({ "date_skew": 300 })).await;
    let smtp = FakeSmtp::start(&[], Smtp::Accepts).await;
    let mail = [("SMTP_URL", smtp.url()), ("MAIL_FROM", "shop@shop.example")];
    let answer = examine(&app, &mail);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    let message = fault(&answer, "clock", "fault");
    assert!(message.contains("behind Stripe's"), "{message}");
    assert!(fault(&answer, "mail", "ok").contains("No email was sent"));
    app.set_faults(json!({})).await;
    // Nothing listens there.
    let unreachable = [("SMTP_URL", "smtp://127.0.0.1:9"), mail[1]];
    let answer = examine(&app, &unreachable);
    let message = fault(&answer, "mail", "fault");
    assert!(
        message.contains("no connection to the mail server 127.0.0.1:9: "),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreachable_stripe_is_a_finding_and_no_error() {
    let app = TestApp::without_webhooks().await;
    let answer = examine(&app, &[("STRIPE_API_BASE", "http://127.0.0.1:9")]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    let message = fault(&answer, "key", "fault");
    assert!(message.starts_with("Stripe cannot be reached"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_works_again_ends_the_warning() {
    let app = TestApp::start().await;
    app.set_account(json!({ "has_name": false })).await;
    let pen = app.variant("PEN").await.id;
    app.refused(&app.form("/").await.choose(pen, "1")).await;
    assert!(app.get("/readyz").await.body.contains("Stripe refused"));
    app.set_account(json!({})).await;
    assert_eq!(examine(&app, &[]).code, Some(0));
    assert_eq!(app.get("/readyz").await.body, "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_that_were_given_up_are_named_with_the_command_to_retry_them() {
    let app = TestApp::start().await;
    let insert = |id: u32| {
        format!(
            "INSERT INTO outbox (id, key, kind, checkout_id, payload, state, attempts, error, \
             due_at, created_at, updated_at) VALUES ({id}, 'test/{id}', 'mail', 'none', '{{}}', \
             'dead', 9, '550 no such user', '2026-01-01 00:00:00+00:00', \
             '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00')"
        )
    };
    app.execute(&insert(901)).await;
    let answer = examine(&app, &[]);
    assert_eq!(answer.code, Some(1));
    let said = fault(&answer, "tasks", "fault");
    assert!(said.contains("till outbox retry 901"), "{said}");
    assert!(said.contains("550 no such user"), "{said}");
    for id in 902..=911 {
        app.execute(&insert(id)).await;
    }
    let answer = examine(&app, &[]);
    let tasks = findings(&answer).into_iter().filter(|one| one.0 == "tasks");
    let words: Vec<_> = tasks.map(|(_, _, words)| words).collect();
    assert_eq!(words.len(), 11);
    assert!(words[10].contains("till outbox retry --dead"), "{words:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logo_that_is_not_stored_is_found() {
    let app = TestApp::without_webhooks().await;
    let logo = format!("{}-320x80", "9f".repeat(32));
    let answer = examine(&app, &[("SHOP_LOGO", &logo)]);
    let said = fault(&answer, "logo", "warning");
    assert!(
        said.starts_with(&format!(
            "SHOP_LOGO names a picture that is not stored ({logo})"
        )),
        "{said}"
    );
    assert!(!examine(&app, &[]).stdout.contains("SHOP_LOGO"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_is_still_an_example_is_found() {
    let app = TestApp::without_webhooks().await;
    let write = async |slug: PolicySlug, text: &str| {
        let policy = Policy::parse(slug, "en".parse().unwrap(), text).unwrap();
        policy::save(&app.shop.database, &owner(), &[policy])
            .await
            .unwrap();
    };
    let example = include_str!("../../demo/pages/en/terms.md");
    write(PolicySlug::Terms, example).await;
    // The sentence was deleted, and nothing else.
    let imprint = include_str!("../../demo/pages/en/imprint.md");
    let imprint = imprint.lines().filter(|line| !line.starts_with('>'));
    let imprint: String = imprint.map(|line| format!("{line}\n")).collect();
    write(PolicySlug::Imprint, &imprint).await;
    write(PolicySlug::Privacy, "# Privacy\n\nFor example, nothing.").await;
    let said = fault(&examine(&app, &[]), "policies", "warning");
    assert!(
        said.starts_with("text of the demo shop is still in: imprint (en), terms (en). "),
        "{said}"
    );
    for slug in [PolicySlug::Terms, PolicySlug::Imprint] {
        write(slug, "# Ours\n\nOur own words.").await;
    }
    let own = examine(&app, &[]);
    assert!(!own.stdout.contains("demo shop"), "{own:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_learns_that_times_are_in_utc_until_a_time_zone_is_set() {
    let app = TestApp::without_webhooks().await;
    let said = fault(&examine(&app, &[]), "times", "ok");
    assert!(said.contains("are in UTC: set SHOP_TIME_ZONE"), "{said}");
    for zone in ["Europe/Berlin", "UTC"] {
        let answer = examine(&app, &[("SHOP_TIME_ZONE", zone)]);
        assert!(!answer.stdout.contains("SHOP_TIME_ZONE"), "{answer:?}");
    }
    let database = &app.shop.database;
    stored_settings::set(
        database,
        app.shop.live.base(),
        &owner(),
        "SHOP_TIME_ZONE",
        "Europe/Paris",
    )
    .await
    .unwrap();
    let answer = examine(&app, &[]);
    assert!(!answer.stdout.contains("SHOP_TIME_ZONE"), "{answer:?}");
}
