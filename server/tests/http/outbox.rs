//! Tasks run once, are retried when they fail, and end where the owner sees them.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter};
use serde_json::Value;
use server::config::RetryPolicy;
use shop::entity::{checkout, lease, outbox};
use shop::lease::{Job, Lease};
use shop::mail::Route;
use shop::mail::smtp::SmtpSettings;
use shop::outbox::queue::{self, RetryTarget};
use shop::outbox::work::{MAX_ATTEMPTS, work};
use shop::outbox::{TaskKind, TaskState};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::fake_smtp::{FakeSmtp, Smtp, certificate};
use crate::fake_stripe::{Answer, FakeStripe};
use crate::mails::{Mail, pay_too_late, task, task_in};
use crate::test_app::{TestApp, eventually, owner, paid_session};
use crate::test_database::backend;
use crate::till_binary::{Till, text};

const COMPLETED: &str = "checkout.session.completed";

async fn shop(smtp: &FakeSmtp) -> TestApp {
    let settings = SmtpSettings::parse(smtp.url()).unwrap();
    TestApp::without_webhooks_with(|config| config.mail.route = Route::Smtp(settings)).await
}

/// The mail server's host and port.
fn host_and_port(smtp: &FakeSmtp) -> &str {
    smtp.url().trim_start_matches("smtp://")
}

async fn buy(app: &TestApp) -> (checkout::Model, String) {
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    let key = format!("mail:paid:{}", checkout.id);
    (checkout, key)
}

/// Makes the task due now.
async fn make_due(app: &TestApp, key: &str) {
    let ago = shop::clock::now() - time::Duration::minutes(1);
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    outbox::Entity::update_many()
        .col_expr(outbox::Column::DueAt, Expr::value(ago))
        .filter(outbox::Column::Key.eq(key))
        .exec(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

/// Waits until the task has had this many attempts.
async fn task_after_attempts(app: &TestApp, key: &str, attempts: i32) -> outbox::Model {
    eventually(&format!("{key} was tried {attempts} times"), async || {
        work(&app.shop, || false).await.unwrap();
        let found = task(app, key).await;
        found.filter(|task| task.attempts == attempts)
    })
    .await
}

#[tokio::test]
async fn an_email_that_fails_temporarily_is_sent_after_a_delay() {
    let smtp = FakeSmtp::start(
        &[Smtp::RejectsRecipient("451 <shopper@example.com> later")],
        Smtp::Accepts,
    )
    .await;
    let app = shop(&smtp).await;
    let (_, key) = buy(&app).await;
    let failed = task_after_attempts(&app, &key, 1).await;
    assert_eq!(failed.state.as_ref(), "pending");
    assert_eq!(
        failed.error.as_deref(),
        Some(format!("the mail server {} answered 451", host_and_port(&smtp)).as_str())
    );
    let delay = failed.due_at - failed.updated_at;
    assert!(
        (time::Duration::seconds(14)..=time::Duration::seconds(30)).contains(&delay),
        "{delay}"
    );
    // Not before it is due.
    work(&app.shop, || false).await.unwrap();
    assert_eq!(task(&app, &key).await.unwrap().attempts, 1);
    make_due(&app, &key).await;
    let sent = task_after_attempts(&app, &key, 2).await;
    assert_eq!((sent.state.as_ref(), sent.error), ("done", None));
    let mails = smtp.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].0.contains("<shopper@example.com>"));
    assert!(Mail::read(mails[0].1.as_bytes()).text.contains("€5.00"));
}

#[tokio::test]
async fn an_email_that_is_refused_is_retried_and_blocks_no_other() {
    let smtp = FakeSmtp::start(&[Smtp::RejectsRecipient("550 no such user")], Smtp::Accepts).await;
    let app = shop(&smtp).await;
    let (_, refused) = buy(&app).await;
    let failed = task_after_attempts(&app, &refused, 1).await;
    assert_eq!(failed.state.as_ref(), "pending");
    let message = failed.error.unwrap();
    let begin = format!(
        "the mail server {} answered 550: it does not accept emails",
        host_and_port(&smtp)
    );
    assert!(message.starts_with(&begin), "{message}");
    let (_, other) = buy(&app).await;
    task_in(&app, &other, "done").await;
    make_due(&app, &refused).await;
    task_in(&app, &refused, "done").await;
    assert_eq!(smtp.mails().len(), 2);
}

#[tokio::test]
async fn after_its_last_attempt_a_task_is_dead() {
    let smtp = FakeSmtp::start(&[], Smtp::RejectsRecipient("450 later")).await;
    let app = shop(&smtp).await;
    let (_, key) = buy(&app).await;
    let tries = i32::try_from(MAX_ATTEMPTS).unwrap();
    for attempt in 1..tries {
        assert_eq!(
            task_after_attempts(&app, &key, attempt)
                .await
                .state
                .as_ref(),
            "pending"
        );
        make_due(&app, &key).await;
    }
    assert_eq!(
        task_after_attempts(&app, &key, tries).await.state.as_ref(),
        "dead"
    );
    make_due(&app, &key).await;
    work(&app.shop, || false).await.unwrap();
    assert_eq!(task(&app, &key).await.unwrap().attempts, tries);
    // The owner retries it, with all its attempts.
    let again = queue::retry(&app.shop.database, &owner(), &RetryTarget::Dead).await;
    assert_eq!(again.unwrap().len(), 1);
    assert_eq!(
        task_after_attempts(&app, &key, 1).await.state.as_ref(),
        "pending"
    );
    // The same with a task that waits for its next attempt: it is due now.
    let again = queue::retry(&app.shop.database, &owner(), &RetryTarget::One(key.clone())).await;
    assert_eq!(again.unwrap().len(), 1);
    task_after_attempts(&app, &key, 2).await;
}

#[tokio::test]
async fn an_email_that_was_sent_cannot_be_sent_again() {
    let smtp = FakeSmtp::start(&[], Smtp::Accepts).await;
    let app = shop(&smtp).await;
    let (_, key) = buy(&app).await;
    task_in(&app, &key, "done").await;
    let again = queue::retry(&app.shop.database, &owner(), &RetryTarget::One(key)).await;
    assert!(again.unwrap().is_empty());
}

/// A server that has confirmed an email has it, however the connection ends.
#[tokio::test]
async fn an_email_is_sent_once_when_the_server_does_not_answer_quit() {
    let smtp = FakeSmtp::start(&[], Smtp::HangsAtQuit).await;
    let app = shop(&smtp).await;
    let (_, key) = buy(&app).await;
    let sent = task_in(&app, &key, "done").await;
    assert_eq!((sent.attempts, sent.error), (1, None));
    assert_eq!(smtp.mails().len(), 1);
}

/// Longer than half a minute, so that the lease must be renewed meanwhile.
#[tokio::test]
async fn an_email_is_sent_once_when_the_server_scans_it_for_long() {
    let smtp = FakeSmtp::start(&[], Smtp::SlowAfterData).await;
    let app = shop(&smtp).await;
    let (_, key) = buy(&app).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(180);
    while task(&app, &key).await.unwrap().state.as_ref() != "done" {
        assert!(tokio::time::Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(task(&app, &key).await.unwrap().attempts, 1);
    assert_eq!(smtp.mails().len(), 1);
}

#[tokio::test]
async fn an_email_goes_over_tls_and_the_password_too() {
    for at_once in [true, false] {
        let (authority, acceptor) = certificate();
        let smtp = FakeSmtp::start_tls(acceptor, at_once).await;
        let settings = SmtpSettings::parse(smtp.url()).unwrap();
        let settings = settings
            .with_root_certificate(authority.as_bytes())
            .unwrap();
        let app =
            TestApp::without_webhooks_with(|config| config.mail.route = Route::Smtp(settings))
                .await;
        let (_, key) = buy(&app).await;
        task_in(&app, &key, "done").await;
        assert_eq!(smtp.mails().len(), 1);
        // User and password.
        let login = "AUTH PLAIN AHVzZXIAcGFzcy93b3Jk";
        assert!(
            smtp.lines().iter().any(|line| line == login),
            "{:?}",
            smtp.lines()
        );
        let clear = smtp.clear_lines();
        assert!(
            clear
                .iter()
                .all(|line| line.starts_with("EHLO") || line == "STARTTLS"),
            "{clear:?}"
        );
        assert_eq!(clear.is_empty(), at_once);
    }
}

#[tokio::test]
async fn a_mail_server_with_an_untrusted_certificate_gets_nothing() {
    for at_once in [true, false] {
        let (_, acceptor) = certificate();
        let (of_another, _) = certificate();
        let smtp = FakeSmtp::start_tls(acceptor, at_once).await;
        let settings = SmtpSettings::parse(smtp.url()).unwrap();
        let settings = settings
            .with_root_certificate(of_another.as_bytes())
            .unwrap();
        let app =
            TestApp::without_webhooks_with(|config| config.mail.route = Route::Smtp(settings))
                .await;
        let (_, key) = buy(&app).await;
        let failed = task_after_attempts(&app, &key, 1).await;
        assert_eq!(failed.state.as_ref(), "pending");
        let message = failed.error.unwrap();
        let begin = "no secure connection to the mail server localhost:";
        assert!(message.starts_with(begin), "{message}");
        assert!(
            message.contains(": invalid peer certificate: "),
            "{message}"
        );
        assert!(smtp.mails().is_empty());
        assert!(!smtp.lines().iter().any(|line| line.starts_with("AUTH")));
    }
}

#[tokio::test]
async fn an_email_whose_acceptance_was_lost_is_sent_again_as_the_same_email() {
    let smtp = FakeSmtp::start(&[Smtp::ClosesAfterData], Smtp::Accepts).await;
    let app = shop(&smtp).await;
    let (_, key) = buy(&app).await;
    assert_eq!(
        task_after_attempts(&app, &key, 1).await.state.as_ref(),
        "pending"
    );
    make_due(&app, &key).await;
    task_after_attempts(&app, &key, 2).await;
    let ids: Vec<_> = smtp
        .mails()
        .iter()
        .map(|(_, mail)| Mail::read(mail.as_bytes()).message_id)
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

/// Waits until the refund of a late payment is made.
async fn refunded(app: &TestApp, late: &checkout::Model) {
    let refund = format!("refund:{}", late.id);
    // The worker may still wait for an earlier email: it times out after twelve seconds, and
    // refunds come first.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(90);
    while task(app, &refund).await.unwrap().state.as_ref() != "done" {
        assert!(tokio::time::Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn an_unresponsive_mail_server_blocks_no_refund() {
    let smtp = FakeSmtp::start(&[], Smtp::Hangs).await;
    let app = shop(&smtp).await;
    let late = pay_too_late(&app).await;
    app.pay_by_card(&late).await;
    app.deliver(&app.event(COMPLETED).await).await;
    refunded(&app, &late).await;
    assert!(smtp.mails().is_empty());
}

/// Twenty emails of four seconds each could be one batch.
#[tokio::test]
async fn many_emails_to_a_slow_server_block_no_refund() {
    let smtp = FakeSmtp::start(&[], Smtp::Slow).await;
    let app = shop(&smtp).await;
    let late = pay_too_late(&app).await;
    // While the test holds the lease, all emails wait for the same run.
    let lease = Lease::acquire(&app.shop.database, Job::Outbox)
        .await
        .unwrap();
    let mails = 12;
    for _ in 0..mails {
        buy(&app).await;
    }
    lease.release().await.unwrap();
    eventually("the first mails are sent", async || {
        (smtp.mails().len() >= 2).then_some(())
    })
    .await;
    app.pay_by_card(&late).await;
    app.deliver(&app.event(COMPLETED).await).await;
    refunded(&app, &late).await;
    let sent = smtp.mails().len();
    assert!(sent < mails, "{sent} of {mails} mails went first");
}

#[tokio::test]
async fn concurrent_workers_send_an_email_once() {
    let smtp = FakeSmtp::start(&[], Smtp::Accepts).await;
    let app = shop(&smtp).await;
    for _ in 0..5 {
        buy(&app).await;
    }
    for _ in 0..10 {
        let (a, b) = tokio::join!(work(&app.shop, || false), work(&app.shop, || false));
        a.unwrap();
        b.unwrap();
    }
    eventually("all are sent", async || {
        (smtp.mails().len() >= 5).then_some(())
    })
    .await;
    work(&app.shop, || false).await.unwrap();
    let mut ids: Vec<_> = smtp
        .mails()
        .iter()
        .map(|(_, mail)| Mail::read(mail.as_bytes()).message_id)
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), smtp.mails().len()), (5, 5));
}

/// What was sent but not marked as done would be sent again.
#[tokio::test]
async fn an_email_is_sent_once_although_the_database_refuses_the_first_update() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let smtp = FakeSmtp::start(&[], Smtp::Accepts).await;
    let app = shop(&smtp).await;
    let (refuse, take) = if backend() == DbBackend::Sqlite {
        (
            // SQLite has one writer: the test's statement comes before the worker's next attempt.
            "CREATE TRIGGER refuse BEFORE UPDATE ON outbox \
             BEGIN SELECT RAISE(ABORT, 'refused'); END",
            "DROP TRIGGER refuse",
        )
    } else {
        (
            // A sequence also counts what is rolled back: exactly one update is refused.
            "CREATE SEQUENCE refused; \
             CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('refused') = 1 THEN RAISE EXCEPTION 'refused' USING ERRCODE = '53100'; \
             END IF; RETURN NULL; END $$; \
             CREATE TRIGGER refuse BEFORE UPDATE ON outbox \
             FOR EACH STATEMENT EXECUTE FUNCTION refuse()",
            "SELECT 1",
        )
    };
    app.execute(refuse).await;
    let (_, key) = buy(&app).await;
    eventually("an update is refused", async || {
        let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
        log.contains("could not save the outcome of outbox task")
            .then_some(())
    })
    .await;
    app.execute(take).await;
    let noted = task_in(&app, &key, "done").await;
    assert_eq!(noted.attempts, 1);
    work(&app.shop, || false).await.unwrap();
    assert_eq!(smtp.mails().len(), 1);
}

#[tokio::test]
async fn a_worker_that_has_lost_its_lease_stops() {
    let smtp = FakeSmtp::start(&[Smtp::Slow], Smtp::Accepts).await;
    let app = shop(&smtp).await;
    // While the test holds the lease, both emails wait for the same run.
    let lease = Lease::acquire(&app.shop.database, Job::Outbox)
        .await
        .unwrap();
    let (_, first) = buy(&app).await;
    let (_, second) = buy(&app).await;
    // Otherwise their details are fetched first, and the lease may be lost before the email.
    app.execute("UPDATE outbox SET state = 'done' WHERE kind = 'fetch_payment_details'")
        .await;
    lease.release().await.unwrap();
    // A worker now waits for the slow server; meanwhile another takes its lease.
    eventually("a worker is sending", async || {
        let held = lease::Entity::find_by_id(Job::Outbox);
        let held = held.one(app.shop.database.reader()).await.unwrap();
        let transaction = app.shop.database.begin_write("test").await.unwrap();
        let stolen = lease::Entity::update_many()
            .col_expr(lease::Column::Holder, Expr::value("another"))
            .col_expr(
                lease::Column::ExpiresAt,
                Expr::value(shop::clock::now() + Duration::from_secs(600)),
            )
            .filter(lease::Column::Name.eq("outbox"))
            .exec(&transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        (held.is_some() && stolen.rows_affected == 1).then_some(())
    })
    .await;
    task_in(&app, &first, "done").await;
    // Long enough for the next email, if the worker were still running.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(task(&app, &second).await.unwrap().attempts, 0);
    assert_eq!(smtp.mails().len(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_starttls_gets_nothing_where_it_is_required() {
    let smtp = FakeSmtp::start(&[], Smtp::Accepts).await;
    let url = format!("{}?tls=required", smtp.url());
    let settings = SmtpSettings::parse(&url).unwrap();
    let app =
        TestApp::without_webhooks_with(|config| config.mail.route = Route::Smtp(settings)).await;
    let (_, key) = buy(&app).await;
    let failed = task_after_attempts(&app, &key, 1).await;
    assert_eq!(failed.state.as_ref(), "pending");
    assert!(smtp.mails().is_empty());
    let lines = smtp.lines();
    assert!(!lines.is_empty());
    assert!(
        !lines.iter().any(|line| line.starts_with("MAIL")),
        "{lines:?}"
    );
}

async fn shop_with_late_payment(fake: &FakeStripe) -> (TestApp, String) {
    let retry_policy = RetryPolicy {
        delay: Duration::from_millis(1),
        ..RetryPolicy::default()
    };
    let app = TestApp::with_stripe(Some(fake.url()), retry_policy).await;
    let late = pay_too_late(&app).await;
    app.deliver_session(COMPLETED, &paid_session(&late)).await;
    (app, late.id)
}

#[tokio::test]
async fn a_refund_of_unknown_outcome_is_retried_with_the_same_key() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let retry_policy = RetryPolicy {
        delay: Duration::from_millis(1),
        ..RetryPolicy::default()
    };
    let app = TestApp::with_stripe(Some(fake.url()), retry_policy).await;
    let late = pay_too_late(&app).await;
    fake.answer(Answer::Lost);
    app.deliver_session(COMPLETED, &paid_session(&late)).await;
    let key = format!("refund:{}", late.id);
    let failed = task_after_attempts(&app, &key, 1).await;
    assert_eq!(failed.state.as_ref(), "pending");
    fake.answer(Answer::Works);
    make_due(&app, &key).await;
    assert_eq!(
        task_after_attempts(&app, &key, 2).await.state.as_ref(),
        "done"
    );
    let calls = fake.refunds();
    assert_eq!(calls.len(), 4, "three tries and one");
    for call in &calls {
        let expected = format!("refund-{}", late.id);
        assert_eq!(call.idempotency_key.as_deref(), Some(expected.as_str()));
        assert_eq!(call.fields, calls[0].fields);
        assert_eq!(
            call.fields["payment_intent"],
            format!("pi_test_{}", late.id)
        );
        assert!(!call.fields.contains_key("amount"));
    }
}

#[tokio::test]
async fn a_refused_refund_is_dead_and_listed_and_the_owner_can_retry_it() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let (app, id) = {
        let retry_policy = RetryPolicy::default();
        let app = TestApp::with_stripe(Some(fake.url()), retry_policy).await;
        let late = pay_too_late(&app).await;
        fake.answer(Answer::Error(400));
        app.deliver_session(COMPLETED, &paid_session(&late)).await;
        (app, late.id)
    };
    let key = format!("refund:{id}");
    let dead = task_in(&app, &key, "dead").await;
    assert!(dead.error.unwrap().starts_with("400 "));
    let listed = queue::list(&app.shop.database, &[shop::outbox::TaskState::Dead], 10).await;
    assert!(listed.unwrap().iter().any(|task| task.key == key));
    task_in(&app, &format!("mail:refund_refused:{id}"), "done").await;
    fake.answer(Answer::Works);
    let again = queue::retry(&app.shop.database, &owner(), &RetryTarget::One(key.clone())).await;
    assert_eq!(again.unwrap().len(), 1);
    task_in(&app, &key, "done").await;
    let keys: Vec<_> = fake
        .refunds()
        .into_iter()
        .filter_map(|call| call.idempotency_key)
        .collect();
    assert_eq!(keys, [format!("refund-{id}"), format!("refund-{id}-1")]);
}

#[tokio::test]
async fn a_refund_is_requested_once_when_stripe_answers() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let (app, id) = shop_with_late_payment(&fake).await;
    task_in(&app, &format!("refund:{id}"), "done").await;
    work(&app.shop, || false).await.unwrap();
    assert_eq!(fake.refunds().len(), 1);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_address_and_no_name_reach_the_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("info,server=trace,shop=trace"))
        .with_writer(log.clone())
        .finish();
    // The test and its server share one thread.
    let _guard = tracing::subscriber::set_default(subscriber);
    let smtp = FakeSmtp::start(
        &[Smtp::RejectsRecipient(
            "451 <shopper@example.com> Ada Shopper is asleep",
        )],
        Smtp::RejectsRecipient("550 <shopper@example.com> Ada Shopper is unknown"),
    )
    .await;
    let app = shop(&smtp).await;
    let (_, key) = buy(&app).await;
    let tries = i32::try_from(MAX_ATTEMPTS).unwrap();
    for attempt in 1..tries {
        assert_eq!(
            task_after_attempts(&app, &key, attempt)
                .await
                .state
                .as_ref(),
            "pending"
        );
        make_due(&app, &key).await;
    }
    task_in(&app, &key, "dead").await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("is dead and needs the owner's attention"),
        "{log}"
    );
    assert!(log.contains("failed and will be retried"), "{log}");
    for personal in ["shopper@example.com", "Ada", "owner@shop.example"] {
        assert!(!log.contains(personal), "{personal} in {log}");
    }
}

#[tokio::test]
async fn the_command_lists_tasks_and_makes_them_due() {
    let till = Till::new();
    assert!(till.run(&["migrate"]).status.success());
    let database = till.database().await;
    let now = shop::clock::now();
    let transaction = database.begin_write("test").await.unwrap();
    for (key, state) in [
        ("mail:paid:a", TaskState::Dead),
        ("mail:paid:b", TaskState::Done),
        ("mail:paid:c", TaskState::Pending),
    ] {
        let row = outbox::ActiveModel {
            id: sea_orm::NotSet,
            key: sea_orm::Set(key.to_owned()),
            kind: sea_orm::Set(TaskKind::Mail),
            checkout_id: sea_orm::Set("a".to_owned()),
            payload: sea_orm::Set(r#"{"task":"mail","mail":{"about":"paid"}}"#.to_owned()),
            state: sea_orm::Set(state),
            attempts: sea_orm::Set(3),
            error: sea_orm::Set(Some("for a reason".to_owned())),
            due_at: sea_orm::Set(now),
            created_at: sea_orm::Set(now),
            updated_at: sea_orm::Set(now),
        };
        outbox::Entity::insert(row)
            .exec(&transaction)
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    database.close().await.unwrap();

    let keys = |arguments: &[&str]| {
        let output = till.run(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let tasks: Value = serde_json::from_slice(&output.stdout).unwrap();
        let tasks = tasks.as_array().unwrap().iter();
        let key = |task: &Value| {
            format!(
                "{} {}",
                task["key"].as_str().unwrap(),
                task["state"].as_str().unwrap()
            )
        };
        tasks.map(key).collect::<Vec<_>>()
    };
    let (a_dead, c) = ("mail:paid:a dead", "mail:paid:c pending");
    assert_eq!(keys(&["outbox", "list", "--json"]), [a_dead, c]);
    assert_eq!(
        keys(&["outbox", "list", "--json", "--state", "done"]),
        ["mail:paid:b done"]
    );
    let table = text(&till.run(&["outbox", "list"]).stdout);
    assert!(
        table.contains("mail:paid:a") && table.contains("for a reason"),
        "{table}"
    );
    assert_eq!(
        keys(&["outbox", "retry", "--dead", "--json"]),
        ["mail:paid:a pending"]
    );
    for (arguments, code) in [
        (&["outbox", "retry", "--dead"][..], 1),
        (&["outbox", "retry", "mail:paid:b"], 1),
        (&["outbox", "retry", "mail:paid:c"], 0),
        (&["outbox", "retry"], 2),
        (&["outbox", "retry", "--dead", "1"], 2),
    ] {
        assert_eq!(
            till.run(arguments).status.code(),
            Some(code),
            "{arguments:?}"
        );
    }
}
