//! Abandoned checkouts are ended, and their units can be bought by others.

use sea_orm::sea_query::Expr;
use shop::checkout::sweep;
use shop::entity::checkout;
use shop::lease::{Job, Lease};
use time::{Duration, OffsetDateTime};

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{TestApp, long_retries, paid_session};

fn ago(minutes: i64) -> OffsetDateTime {
    shop::clock::now() - Duration::minutes(minutes)
}

/// A checkout whose process died before Stripe answered.
async fn left_creating(app: &TestApp, minutes_ago: i64) -> checkout::Model {
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.update_checkout(&checkout, |row| {
        row.col_expr(checkout::Column::State, Expr::value("creating"))
            .col_expr(
                checkout::Column::StripeSessionId,
                Expr::value(Option::<String>::None),
            )
            .col_expr(
                checkout::Column::StripeUrl,
                Expr::value(Option::<String>::None),
            )
            .col_expr(checkout::Column::CreatedAt, Expr::value(ago(minutes_ago)))
    })
    .await;
    checkout
}

/// Makes the checkout expired since five minutes.
async fn set_expired(app: &TestApp, checkout: &checkout::Model) {
    app.update_checkout(checkout, |row| {
        row.col_expr(checkout::Column::ExpiresAt, Expr::value(ago(5)))
            .col_expr(checkout::Column::UpdatedAt, Expr::value(ago(40)))
    })
    .await;
}

#[tokio::test]
async fn a_checkout_whose_process_died_is_refused_after_two_minutes() {
    let app = TestApp::without_webhooks().await;
    let checkout = left_creating(&app, 3).await;
    sweep(&app.shop).await.unwrap();
    let swept = app.reload(&checkout).await;
    assert_eq!((swept.state.as_ref(), swept.attempt), ("refused", None));
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
}

#[tokio::test]
async fn a_checkout_that_was_begun_just_now_is_left_alone() {
    let app = TestApp::without_webhooks().await;
    let checkout = left_creating(&app, 1).await;
    let open = app.begin(&[("MUG", 1)]).await;
    sweep(&app.shop).await.unwrap();
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "creating");
    assert_eq!(app.reload(&open).await.state.as_ref(), "open");
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
}

#[tokio::test]
async fn a_checkout_whose_process_died_is_finished_by_the_same_form_with_the_same_key() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let form = app.form("/").await.choose(app.variant("PEN").await.id, "2");
    let checkout = app.pay(&form).await;
    app.update_checkout(&checkout, |row| {
        row.col_expr(checkout::Column::State, Expr::value("creating"))
            .col_expr(
                checkout::Column::StripeSessionId,
                Expr::value(Option::<String>::None),
            )
            .col_expr(
                checkout::Column::StripeUrl,
                Expr::value(Option::<String>::None),
            )
    })
    .await;
    let finished = app.pay(&form).await;
    assert_eq!(
        (finished.id, finished.state.as_ref()),
        (checkout.id, "open")
    );
    assert_eq!(finished.stripe_session_id, checkout.stripe_session_id);
    let calls = fake.session_creations();
    assert_eq!((calls.len(), fake.sessions().len()), (2, 1));
    assert_eq!(calls[0].fields, calls[1].fields);
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
}

#[tokio::test]
async fn an_expired_open_checkout_is_ended_at_stripe_and_here() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    set_expired(&app, &checkout).await;
    sweep(&app.shop).await.unwrap();
    let swept = app.reload(&checkout).await;
    assert_eq!((swept.state.as_ref(), swept.attempt), ("expired", None));
    assert_eq!(app.session(&checkout).await["status"], "expired");
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
}

#[tokio::test]
async fn a_session_that_turns_out_to_be_paid_is_left_for_its_event() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    set_expired(&app, &checkout).await;
    sweep(&app.shop).await.unwrap();
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
    assert!(app.orders().await.is_empty());

    app.deliver(&app.event("checkout.session.completed").await)
        .await;
    assert_eq!(app.the_order().await.flag, None);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
}

#[tokio::test]
async fn while_stripe_does_not_answer_an_expired_checkout_keeps_its_units() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    set_expired(&app, &checkout).await;
    fake.answer(Answer::Error(500));
    sweep(&app.shop).await.unwrap();
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
    // Checked again a minute later.
    fake.answer(Answer::Works);
    set_expired(&app, &checkout).await;
    sweep(&app.shop).await.unwrap();
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "expired");
    assert_eq!(app.held_and_stock("PEN").await.0, 0);
}

#[tokio::test]
async fn an_unknown_session_is_ended_too() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.update_checkout(&checkout, |row| {
        row.col_expr(
            checkout::Column::StripeSessionId,
            Expr::value("cs_test_of_another_account"),
        )
    })
    .await;
    set_expired(&app, &checkout).await;
    sweep(&app.shop).await.unwrap();
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "expired");
}

#[tokio::test]
async fn a_session_created_after_the_sweep_is_ended_and_nobody_is_sent_to_it() {
    let fake = FakeStripe::start(&[Answer::Held], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let form = app.form("/").await.choose(app.variant("PEN").await.id, "2");
    let sweep_meanwhile = async {
        fake.wait_for_creation().await;
        let checkout = app.checkout_of(&form).await;
        app.update_checkout(&checkout, |row| {
            row.col_expr(checkout::Column::CreatedAt, Expr::value(ago(3)))
        })
        .await;
        sweep(&app.shop).await.unwrap();
        fake.release();
    };
    let (page, ()) = tokio::join!(app.refused(&form), sweep_meanwhile);
    assert!(
        page.alert()
            .starts_with("Payment is not available right now.")
    );
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
    assert_eq!(fake.sessions()[0]["status"], "expired");
}

#[tokio::test]
async fn sweeping_twice_releases_nothing_twice() {
    let app = TestApp::without_webhooks().await;
    let other = app.begin(&[("PEN", 1)]).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    set_expired(&app, &checkout).await;
    let (one, two) = tokio::join!(sweep(&app.shop), sweep(&app.shop));
    one.unwrap();
    two.unwrap();
    sweep(&app.shop).await.unwrap();
    assert_eq!(app.reload(&other).await.state.as_ref(), "open");
    assert_eq!(app.held_and_stock("PEN").await, (1, Some(40)));
}

/// The server's jobs do nothing while another server holds their leases, and run once those are
/// released.
#[tokio::test]
async fn the_server_sweeps_and_retries_events_under_leases() {
    let app = TestApp::without_webhooks().await;
    let database = &app.shop.database;
    let sweeping = Lease::acquire(database, Job::Sweep).await.unwrap();
    let trying = Lease::acquire(database, Job::Inbox).await.unwrap();
    let left = left_creating(&app, 3).await;
    let paid = app.begin(&[("MUG", 1)]).await;
    let stored = app
        .deliver_session("checkout.session.completed", &paid_session(&paid))
        .await;
    app.execute(
        "UPDATE stripe_event SET state = 'failed', attempts = 1, \
         due_at = '2026-01-01 00:00:00+00:00'",
    )
    .await;
    // Longer than one interval.
    let turns = tokio::time::sleep(std::time::Duration::from_secs(17));
    assert_eq!(
        sweeping.run_while_held(trying.run_while_held(turns)).await,
        Some(Some(()))
    );
    assert_eq!(app.reload(&left).await.state.as_ref(), "creating");
    let event = async || app.stored_event(&stored.id).await.unwrap();
    assert_eq!(event().await.state.as_ref(), "failed");
    sweeping.release().await.unwrap();
    trying.release().await.unwrap();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(90);
    while event().await.state.as_ref() != "applied"
        || app.reload(&left).await.state.as_ref() != "refused"
    {
        assert!(tokio::time::Instant::now() < deadline);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(app.orders().await.len(), 1);
}

/// Compiled with the feature that lets a test make a step panic.
#[cfg(feature = "crash-points")]
#[tokio::test]
async fn a_checkout_that_makes_the_sweep_panic_stops_none_of_the_others() {
    use shop::crash_points::arm_panic;
    let app = TestApp::without_webhooks().await;
    let abandoned = left_creating(&app, 4).await;
    let panics = left_creating(&app, 3).await;
    let late = app.begin(&[("MUG", 1)]).await;
    let late_panics = app.begin(&[("MUG", 1)]).await;
    set_expired(&app, &late_panics).await;
    set_expired(&app, &late).await;
    for checkout in [&panics, &late_panics] {
        arm_panic("sweep of a checkout", &checkout.id, true);
    }
    sweep(&app.shop).await.unwrap();
    assert_eq!(app.reload(&panics).await.state.as_ref(), "creating");
    assert_eq!(app.reload(&abandoned).await.state.as_ref(), "refused");
    assert_eq!(app.reload(&late_panics).await.state.as_ref(), "open");
    assert_eq!(app.reload(&late).await.state.as_ref(), "expired");
    for checkout in [&panics, &late_panics] {
        arm_panic("sweep of a checkout", &checkout.id, false);
    }
}
