//! `/checkout/{token}/cancelled`: the shopper cancelled on Stripe's page.

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{TestApp, long_retries};
use shop::entity::checkout;

fn path(checkout: &checkout::Model) -> String {
    format!("/checkout/{}/cancelled", checkout.token.as_str())
}

#[tokio::test]
async fn cancelling_ends_the_session_releases_the_units_and_keeps_the_quantities() {
    // Stripe's `expired` event may come first, with the same effect.
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2), ("MUG", 3)]).await;
    let page = app.get(&path(&checkout)).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.text("h1"), "Payment cancelled");
    assert!(
        page.text("main .alert[role=status]")
            .starts_with("Nothing was charged.")
    );
    assert_eq!(page.quantity(app.variant("PEN").await.id), "2");
    assert_eq!(page.quantity(app.variant("MUG").await.id), "3");
    assert_eq!(app.session(&checkout).await["status"], "expired");
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "cancelled");
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(3)));
}

#[tokio::test]
async fn the_kept_form_begins_a_new_checkout() {
    let app = TestApp::start().await;
    let first = app.begin(&[("PEN", 2)]).await;
    let form = app.form(&path(&first)).await;
    let second = app.pay(&form).await;
    assert_ne!(first.id, second.id);
    assert_eq!(second.amount_subtotal, 1000);
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
}

#[tokio::test]
async fn a_second_visit_changes_nothing_more() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    for _ in 0..3 {
        let page = app.get(&path(&checkout)).await;
        assert_eq!(page.quantity(app.variant("PEN").await.id), "2");
    }
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
}

#[tokio::test]
async fn a_prefetch_and_a_head_request_change_nothing() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let get = || app.request("GET", &path(&checkout));
    for request in [
        get().header("sec-purpose", "prefetch"),
        get().header("sec-purpose", "prefetch;prerender"),
        get().header("purpose", "prefetch"),
        get().header("x-moz", "prefetch"),
        app.request("HEAD", &path(&checkout)),
    ] {
        assert_eq!(app.send(request).await.status, 200);
    }
    assert_eq!(app.session(&checkout).await["status"], "open");
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
}

#[tokio::test]
async fn a_shopper_who_has_paid_is_redirected_to_the_order() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    app.wait_for(&checkout, "paid").await;
    let page = app.get(&path(&checkout)).await;
    assert_eq!(
        page.location(),
        format!("/orders/{}", checkout.token.as_str())
    );
}

#[tokio::test]
async fn a_shopper_who_has_paid_is_redirected_even_before_the_event_arrives() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    let page = app.get(&path(&checkout)).await;
    assert_eq!(
        page.location(),
        format!("/orders/{}", checkout.token.as_str())
    );
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
}

#[tokio::test]
async fn unknown_tokens_are_404() {
    let app = TestApp::start().await;
    for token in ["0123456789abcdef0123456789abcdef", "short", "%00"] {
        let page = app.get(&format!("/checkout/{token}/cancelled")).await;
        assert_eq!(page.status, 404, "{token}");
        assert_eq!(page.text("h1"), "Page not found");
    }
}

#[tokio::test]
async fn while_stripe_does_not_answer_units_stay_held_and_the_next_click_ends_the_session_first() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    fake.answer(Answer::Error(500));
    let page = app.get(&path(&checkout)).await;
    assert_eq!(page.quantity(app.variant("PEN").await.id), "2");
    // Whether it was paid is unknown, so the page must not say that nothing was charged.
    assert_eq!(page.text("h1"), "We couldn’t confirm your payment");
    let message = page.text("main .alert[role=status]");
    assert!(
        message.contains("If it did, your order will appear"),
        "{message}"
    );
    assert!(!message.contains("charged"), "{message}");
    let order = page.attribute("main [role=status] a", "href").unwrap();
    assert_eq!(order, format!("/orders/{}", checkout.token.as_str()));
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
    let form = page.form(&path(&checkout));
    assert_eq!(
        Some(form.attempt()),
        checkout.attempt.as_ref().map(AsRef::as_ref)
    );

    fake.answer(Answer::Works);
    let second = app
        .pay(&form.choose(app.variant("PEN").await.id, "3"))
        .await;
    assert_ne!(second.id, checkout.id);
    assert_eq!(app.held_and_stock("PEN").await.0, 3);
    let open = fake
        .sessions()
        .iter()
        .filter(|session| session["status"] == "open")
        .count();
    assert_eq!(open, 1);
}

/// The payment succeeded, and Stripe became unreachable before its event arrived.
#[tokio::test]
async fn a_shopper_who_may_have_paid_is_not_told_that_nothing_was_charged() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    fake.answer(Answer::Error(500));
    let form = app.form(&path(&checkout)).await;
    let pen = app.variant("PEN").await.id;
    for page in [
        app.get(&path(&checkout)).await,
        app.refused(&form.clone().choose(pen, "3")).await,
        // Refused for a reason found before the earlier session is checked.
        app.refused(&form.clone().choose(pen, "0")).await,
        app.refused(&(1..=101).fold(form, |form, id| form.choose(id, "1")))
            .await,
    ] {
        assert!(
            !page.body.contains("Nothing was charged. "),
            "{}",
            page.alert()
        );
        assert!(
            !page.body.contains("Nothing was charged.<"),
            "{}",
            page.alert()
        );
    }
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
}
