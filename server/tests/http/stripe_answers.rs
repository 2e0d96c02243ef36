//! Unexpected answers from Stripe: fields are missing, null or of another type, values are new. The
//! shop keeps selling and releasing, and treats nothing as paid or expired without knowing it.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use server::config::RetryPolicy;
use shop::checkout::sweep;
use shop::entity::checkout;
use shop::lease::{Job, Lease};
use shop::reconcile::{Request, reconcile};

use crate::fake_smtp::certificate;
use crate::fake_stripe::{Answer, FakeStripe};
use crate::mails::{pay_too_late, task_in};
use crate::test_app::{TestApp, assert_refused, paid_session};

const COMPLETED: &str = "checkout.session.completed";

/// Three attempts, with timeouts that a busy machine does not reach.
const LONG_TIMEOUTS: RetryPolicy = RetryPolicy {
    attempt_timeout: Duration::from_secs(20),
    max_attempts: 3,
    delay: Duration::from_millis(5),
    total_timeout: Duration::from_secs(60),
};
/// One attempt with a short timeout.
const SHORT_TIMEOUTS: RetryPolicy = RetryPolicy {
    attempt_timeout: Duration::from_millis(300),
    max_attempts: 1,
    delay: Duration::from_millis(5),
    total_timeout: Duration::from_secs(60),
};

async fn start(retry_policy: RetryPolicy) -> (TestApp, FakeStripe) {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), retry_policy).await;
    (app, fake)
}

fn cancelled(checkout: &checkout::Model) -> String {
    format!("/checkout/{}/cancelled", checkout.token.as_str())
}

/// Makes the checkout expired since five minutes, and not checked for a while.
async fn set_expired(app: &TestApp, checkout: &checkout::Model) {
    let ago = |minutes| shop::clock::now() - time::Duration::minutes(minutes);
    app.update_checkout(checkout, |row| {
        row.col_expr(checkout::Column::ExpiresAt, Expr::value(ago(5)))
            .col_expr(checkout::Column::UpdatedAt, Expr::value(ago(40)))
    })
    .await;
}

/// Expired checkouts of one pen each, oldest first.
async fn expired(app: &TestApp, number: usize) -> Vec<checkout::Model> {
    let mut checkouts = Vec::new();
    for _ in 0..number {
        checkouts.push(app.begin(&[("PEN", 1)]).await);
    }
    for (age, checkout) in checkouts.iter().rev().enumerate() {
        let age =
            time::Duration::minutes(40) + time::Duration::seconds(i64::try_from(age).unwrap());
        set_expired(app, checkout).await;
        let updated = shop::clock::now() - age;
        app.update_checkout(checkout, |row| {
            row.col_expr(checkout::Column::UpdatedAt, Expr::value(updated))
        })
        .await;
    }
    checkouts
}

async fn states(app: &TestApp, checkouts: &[checkout::Model]) -> Vec<String> {
    let mut states = Vec::new();
    for checkout in checkouts {
        states.push(app.reload(checkout).await.state.to_string());
    }
    states
}

/// Buys and cancels, and expects both to work with answers edited like this.
async fn assert_sells_and_releases(edit: fn(&mut Value)) {
    let (app, fake) = start(LONG_TIMEOUTS).await;
    fake.answer(Answer::Edited(edit));
    let checkout = app.begin(&[("PEN", 2)]).await;
    assert_eq!(checkout.state.as_ref(), "open");
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
    assert_eq!(fake.session_creations().len(), 1);
    app.get(&cancelled(&checkout)).await;
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "cancelled");
    assert_eq!(app.held_and_stock("PEN").await.0, 0);
    assert_eq!(fake.sessions()[0]["status"], "expired");
}

// ---- Create and expire ----

#[tokio::test]
async fn fields_that_the_shop_does_not_need_may_be_missing() {
    assert_sells_and_releases(|session| {
        let kept = ["id", "url", "status"];
        let fields = session.as_object_mut().unwrap();
        fields.retain(|name, _| kept.contains(&name.as_str()));
    })
    .await;
}

#[tokio::test]
async fn fields_that_the_shop_does_not_need_may_be_null() {
    assert_sells_and_releases(|session| {
        let kept = ["id", "url", "status"];
        for (name, value) in session.as_object_mut().unwrap() {
            if !kept.contains(&name.as_str()) {
                *value = Value::Null;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn values_may_be_new_and_of_another_type() {
    assert_sells_and_releases(|session| {
        session["mode"] = "auction".into();
        session["payment_status"] = json!({ "kind": "pledged" });
        session["automatic_tax"] = json!({ "enabled": "perhaps", "status": "new" });
        session["payment_method_types"] = "all".into();
        session["custom_fields"] = Value::Null;
        session["created"] = "2026-11-28T00:00:00Z".into();
        session["brand_new"] = json!([{ "deep": [1.5, null] }]);
    })
    .await;
}

/// A successful request to expire it is enough.
#[tokio::test]
async fn a_session_is_released_although_its_status_is_missing() {
    assert_sells_and_releases(|session| {
        session.as_object_mut().unwrap().remove("status");
    })
    .await;
}

#[tokio::test]
async fn a_session_is_sold_although_its_status_is_new() {
    let (app, fake) = start(LONG_TIMEOUTS).await;
    fake.answer(Answer::Edited(|session| {
        session["status"] = "warming_up".into();
    }));
    let checkout = app.begin(&[("PEN", 2)]).await;
    assert_eq!(checkout.state.as_ref(), "open");
    assert_eq!(fake.session_creations().len(), 1);
}

#[tokio::test]
async fn the_missing_url_of_a_new_session_is_fetched() {
    let no_url = Answer::Edited(|session| session["url"] = Value::Null);
    let fake = FakeStripe::start(&[no_url], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), LONG_TIMEOUTS).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    assert_eq!(
        checkout.stripe_url.as_deref(),
        fake.sessions()[0]["url"].as_str()
    );
    assert_eq!(fake.session_creations().len(), 1);
}

#[tokio::test]
async fn a_session_without_a_url_holds_nothing_and_the_next_click_starts_again() {
    let (app, fake) = start(LONG_TIMEOUTS).await;
    fake.answer(Answer::Edited(|session| {
        session.as_object_mut().unwrap().remove("url");
    }));
    let form = app.form("/").await;
    let form = form.choose(app.variant("PEN").await.id, "2");
    assert_refused(&app.submit(&form).await);
    assert_eq!(app.checkouts().await.remove(0).state.as_ref(), "refused");
    assert_eq!(app.held_and_stock("PEN").await.0, 0);
    fake.answer(Answer::Works);
    assert_eq!(app.pay(&form).await.state.as_ref(), "open");
}

// ---- A status that decides nothing ----

/// Neither expiring nor fetching the session shows whether it can still be paid: its units stay
/// held.
async fn assert_held_until_status_is_known(edit: fn(&mut Value)) {
    let (app, fake) = start(LONG_TIMEOUTS).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    fake.answer(Answer::Edited(edit));
    let page = app.get(&cancelled(&checkout)).await;
    assert_eq!(page.text("h1"), "We couldn’t confirm your payment");
    set_expired(&app, &checkout).await;
    sweep(&app.shop).await.unwrap();
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
    assert!(app.orders().await.is_empty());

    fake.answer(Answer::Works);
    set_expired(&app, &checkout).await;
    sweep(&app.shop).await.unwrap();
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "expired");
    assert_eq!(app.held_and_stock("PEN").await.0, 0);
}

#[tokio::test]
async fn a_session_whose_status_is_new_is_neither_paid_nor_free() {
    assert_held_until_status_is_known(|session| session["status"] = "paused".into()).await;
}

#[tokio::test]
async fn an_answer_about_another_session_releases_nothing() {
    assert_held_until_status_is_known(|session| session["id"] = "cs_test_other".into()).await;
}

#[tokio::test]
async fn an_empty_answer_releases_nothing() {
    assert_held_until_status_is_known(|session| *session = json!({})).await;
}

/// A proxy answers 404: that says nothing about the session.
#[tokio::test]
async fn a_404_that_is_not_stripes_releases_nothing() {
    for body in ["<h1>Not Found</h1>", r#"{"error":"not found"}"#, ""] {
        let (app, fake) = start(LONG_TIMEOUTS).await;
        let checkout = app.begin(&[("PEN", 2)]).await;
        set_expired(&app, &checkout).await;
        fake.answer(Answer::Body(404, body));
        sweep(&app.shop).await.unwrap();
        assert_eq!(app.reload(&checkout).await.state.as_ref(), "open", "{body}");
        assert_eq!(app.held_and_stock("PEN").await.0, 2, "{body}");
    }
}

// ---- Errors ----

/// An error with a new type and code, and with an object that lacks fields it used to have.
const NEW_ERROR: &str = r#"{"error":{"type":"weather_error","code":"too_cloudy",
    "message":"The owner's card 4242","param":["a"],"payment_intent":{"id":"pi_1"},"source":7}}"#;

#[tokio::test]
async fn an_error_of_a_new_type_is_a_refusal_and_its_message_is_not_stored() {
    let (app, fake) = start(LONG_TIMEOUTS).await;
    fake.answer(Answer::Body(400, NEW_ERROR));
    let form = app.form("/").await;
    let form = form.choose(app.variant("PEN").await.id, "2");
    let page = app.refused(&form).await;
    assert!(!page.body.contains("4242"));
    let checkout = app.checkouts().await.remove(0);
    assert_eq!(
        (checkout.state.as_ref(), checkout.error.as_deref()),
        (
            "refused",
            Some("Stripe refused: 400 weather_error too_cloudy")
        )
    );
    assert_eq!(fake.session_creations().len(), 1);
    assert_eq!(app.held_and_stock("PEN").await.0, 0);
}

#[tokio::test]
async fn a_session_that_stripe_does_not_know_has_ended_whatever_else_the_error_says() {
    let (app, fake) = start(LONG_TIMEOUTS).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    set_expired(&app, &checkout).await;
    fake.answer(Answer::Body(404, NEW_ERROR));
    sweep(&app.shop).await.unwrap();
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "expired");
    assert_eq!(app.held_and_stock("PEN").await.0, 0);
}

#[tokio::test]
async fn a_request_is_retried_where_stripe_says_so() {
    let script = [Answer::ShouldRetry(400, true)];
    let fake = FakeStripe::start(&script, Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), LONG_TIMEOUTS).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    assert_eq!(checkout.state.as_ref(), "open");
    let keys = fake
        .session_creations()
        .into_iter()
        .map(|call| call.idempotency_key);
    assert_eq!(keys.collect::<Vec<_>>(), vec![Some(checkout.id); 2]);
}

#[tokio::test]
async fn a_request_is_not_retried_where_stripe_says_so() {
    for status in [500, 429, 409] {
        let (app, fake) = start(LONG_TIMEOUTS).await;
        fake.answer(Answer::ShouldRetry(status, false));
        let form = app.form("/").await;
        let form = form.choose(app.variant("PEN").await.id, "2");
        assert_refused(&app.submit(&form).await);
        assert_eq!(fake.session_creations().len(), 1, "{status}");
    }
}

// ---- Refunds ----

/// Requests one refund, with the answer edited or replaced. Returns its task.
async fn refunded(answer: Answer) -> (TestApp, FakeStripe, shop::entity::outbox::Model) {
    let (app, fake) = start(LONG_TIMEOUTS).await;
    let late = pay_too_late(&app).await;
    fake.answer(answer);
    app.deliver_session(COMPLETED, &paid_session(&late)).await;
    let task = task_in(&app, &format!("refund:{}", late.id), "done").await;
    (app, fake, task)
}

#[tokio::test]
async fn a_refund_is_made_although_its_answer_lacks_fields_and_has_unknown_ones() {
    let edit = |refund: &mut Value| {
        *refund = json!({ "id": "re_1", "status": "in_the_mail", "amount": null, "new": {} });
    };
    let (_app, fake, task) = refunded(Answer::Edited(edit)).await;
    assert_eq!((task.attempts, task.error), (1, None));
    assert_eq!(fake.refunds().len(), 1);
}

#[tokio::test]
async fn a_refund_made_before_is_recognised_by_the_error_code_alone() {
    let error = r#"{"error":{"type":"new_error","code":"charge_already_refunded","charge":{},
        "payment_intent":{"id":"pi_1","status":"strange"}}}"#;
    let (_app, fake, task) = refunded(Answer::Body(400, error)).await;
    assert_eq!(task.error.as_deref(), Some("already refunded"));
    assert_eq!(fake.refunds().len(), 1);
}

// ---- One failure stops none of the others ----

#[tokio::test]
async fn a_failing_refund_does_not_block_the_next_one() {
    let (app, fake) = start(LONG_TIMEOUTS).await;
    // Everything is due before the worker starts.
    let lease = Lease::acquire(&app.shop.database, Job::Outbox)
        .await
        .unwrap();
    let create = async || {
        let late = [
            app.begin(&[("MUG", 1)]).await,
            app.begin(&[("MUG", 1)]).await,
        ];
        for checkout in &late {
            let mut session = paid_session(checkout);
            session["payment_status"] = "unpaid".into();
            app.deliver_session("checkout.session.expired", &session)
                .await;
        }
        let other = app.begin(&[("MUG", 3)]).await;
        app.deliver_session(COMPLETED, &paid_session(&other)).await;
        for checkout in &late {
            app.deliver_session(COMPLETED, &paid_session(checkout))
                .await;
        }
        late
    };
    let [first, second] = lease.run_while_held(create()).await.unwrap();
    fake.answer_matching(&format!("pi_test_{}", first.id), Answer::Error(500));
    lease.release().await.unwrap();
    let refund = task_in(&app, &format!("refund:{}", second.id), "done").await;
    let mail = task_in(&app, &format!("mail:paid_late:{}", second.id), "done").await;
    // In the same run: refunds come before emails in each.
    assert!(refund.updated_at <= mail.updated_at);
    let failed = task_in(&app, &format!("refund:{}", first.id), "pending").await;
    assert_eq!(failed.attempts, 1);
}

#[tokio::test]
async fn checkouts_whose_sessions_fail_do_not_stop_the_sweep() {
    let (app, fake) = start(LONG_TIMEOUTS).await;
    let all = expired(&app, 6).await;
    let troubles = [
        Answer::Error(500),
        Answer::Body(200, "<html>"),
        Answer::Error(400),
        Answer::Edited(|session| session["status"] = "paused".into()),
        Answer::Body(404, ""),
    ];
    for (checkout, trouble) in all.iter().zip(troubles) {
        let session = checkout.stripe_session_id.as_deref().unwrap();
        fake.answer_matching(session, trouble);
    }
    let swept = sweep(&app.shop).await.unwrap();
    assert_eq!(swept.expired, 1);
    let mut expected = vec!["open"; 5];
    expected.push("expired");
    assert_eq!(states(&app, &all).await, expected);
    assert_eq!(app.held_and_stock("PEN").await.0, 5);

    // They are checked again later, and have ended by then.
    fake.clear_matching_answers();
    for checkout in &all[..5] {
        set_expired(&app, checkout).await;
    }
    assert_eq!(sweep(&app.shop).await.unwrap().expired, 5);
    assert_eq!(app.held_and_stock("PEN").await.0, 0);
}

#[tokio::test]
async fn after_three_timeouts_a_sweep_stops_and_the_next_one_takes_the_others() {
    let (app, fake) = start(SHORT_TIMEOUTS).await;
    let all = expired(&app, 5).await;
    for checkout in &all[..3] {
        let session = checkout.stripe_session_id.as_deref().unwrap();
        fake.answer_matching(session, Answer::Hangs);
    }
    let before = fake.calls().len();
    assert_eq!(sweep(&app.shop).await.unwrap().expired, 0);
    assert_eq!(fake.calls().len() - before, 3);
    assert_eq!(sweep(&app.shop).await.unwrap().expired, 2);
    assert_eq!(
        states(&app, &all).await,
        ["open", "open", "open", "expired", "expired"]
    );
}

/// The rows of one product are damaged; its checkouts cannot be ended, all others can.
#[tokio::test]
async fn a_checkout_that_the_database_refuses_to_end_does_not_stop_the_sweep() {
    let (app, _fake) = start(LONG_TIMEOUTS).await;
    let broken = app.begin(&[("MUG", 1)]).await;
    let stale = app.begin(&[("MUG", 1)]).await;
    let others = expired(&app, 2).await;
    let other_stale = app.begin(&[("PEN", 1)]).await;
    set_expired(&app, &broken).await;
    for (checkout, minutes) in [(&stale, 9), (&other_stale, 8)] {
        let created = shop::clock::now() - time::Duration::minutes(minutes);
        app.update_checkout(checkout, |row| {
            row.col_expr(checkout::Column::State, Expr::value("creating"))
                .col_expr(checkout::Column::CreatedAt, Expr::value(created))
        })
        .await;
    }
    let earlier = shop::clock::now() - time::Duration::minutes(50);
    app.update_checkout(&broken, |row| {
        row.col_expr(checkout::Column::UpdatedAt, Expr::value(earlier))
    })
    .await;
    app.execute("UPDATE variant SET held = 0 WHERE sku = 'MUG'")
        .await;
    let swept = sweep(&app.shop).await.unwrap();
    assert_eq!((swept.refused, swept.expired), (1, 2));
    assert_eq!(states(&app, &others).await, ["expired", "expired"]);
    assert_eq!(app.reload(&other_stale).await.state.as_ref(), "refused");
    assert_eq!(app.reload(&broken).await.state.as_ref(), "open");
    assert_eq!(app.reload(&stale).await.state.as_ref(), "creating");
}

#[tokio::test]
async fn a_session_that_cannot_be_retrieved_does_not_stop_reconciliation() {
    for trouble in [Answer::Error(500), Answer::Body(200, "[]")] {
        let (app, fake) = start(LONG_TIMEOUTS).await;
        let mut sessions = Vec::new();
        for _ in 0..3 {
            let checkout = app.begin(&[("PEN", 1)]).await;
            app.deliver_session(COMPLETED, &paid_session(&checkout))
                .await;
            sessions.push(checkout.stripe_session_id.unwrap());
        }
        // The list says that none was paid; fetching one of them fails.
        fake.answer_matching(&sessions[1], trouble);
        let report = reconcile(&app.shop, &Request::default()).await.unwrap();
        assert_eq!(report.unrepaired, 3, "{trouble:?}");
    }
}

// ---- Connections ----

#[tokio::test]
async fn connections_to_stripe_are_kept_alive() {
    let (app, fake) = start(LONG_TIMEOUTS).await;
    for _ in 0..8 {
        app.begin(&[("PEN", 1)]).await;
    }
    assert_eq!(fake.session_creations().len(), 8);
    // One, or two if the next request started before the first connection was back in the pool.
    assert!(fake.connections() <= 2, "{}", fake.connections());
}

/// Also if the last answer was an error.
#[tokio::test]
async fn a_connection_outlives_an_error() {
    let (app, fake) = start(LONG_TIMEOUTS).await;
    fake.answer(Answer::Error(500));
    let form = app.form("/").await;
    let form = form.choose(app.variant("PEN").await.id, "2");
    for _ in 0..3 {
        assert_refused(&app.submit(&form).await);
    }
    assert_eq!(fake.session_creations().len(), 9);
    assert!(fake.connections() <= 2, "{}", fake.connections());
}

/// Only Stripe gets the key: the handshake fails if the certificate is not trusted.
#[tokio::test]
async fn a_stripe_with_an_untrusted_certificate_gets_no_request() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let (_, acceptor) = certificate();
    let (sender, mut outcomes) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let outcome = acceptor.accept(stream).await.map(|_| ());
            sender
                .send(outcome.map_err(|error| error.to_string()))
                .unwrap();
        }
    });
    let app = TestApp::with_stripe(Some(&url), LONG_TIMEOUTS).await;
    let form = app.form("/").await;
    let form = form.choose(app.variant("PEN").await.id, "2");
    assert_refused(&app.submit(&form).await);
    let refused = outcomes.recv().await.unwrap().unwrap_err();
    assert!(refused.contains("UnknownCA"), "{refused}");
    assert_eq!(app.held_and_stock("PEN").await.0, 0);
}
