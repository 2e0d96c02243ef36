//! Stripe is down, slow, or answers nonsense: the shopper reads one sentence, and nothing is
//! charged or held.

use std::time::Duration;

use serde_json::json;
use server::config::RetryPolicy;

use crate::fake_stripe::{Answer, DEVELOPER_MESSAGE, FakeStripe};
use crate::test_app::{Form, TestApp, assert_refused};

const SENTENCE: &str = "Payment is not available right now. Nothing was charged.";

/// Three attempts with short timeouts.
const SHORT_TIMEOUTS: RetryPolicy = RetryPolicy {
    attempt_timeout: Duration::from_millis(300),
    max_attempts: 3,
    delay: Duration::from_millis(5),
    total_timeout: Duration::from_secs(60),
};
/// Three attempts, with timeouts that a busy machine does not reach.
const LONG_TIMEOUTS: RetryPolicy = RetryPolicy {
    attempt_timeout: Duration::from_secs(20),
    ..SHORT_TIMEOUTS
};

async fn two_pens(app: &TestApp) -> Form {
    let pen = app.variant("PEN").await.id;
    app.form("/").await.choose(pen, "2")
}

/// Asserts that the form comes back with the sentence and its quantities, and that the checkout is
/// refused and holds nothing.
async fn assert_sent_back(app: &TestApp) {
    assert_sent_back_with(app, SENTENCE).await;
}

async fn assert_sent_back_with(app: &TestApp, sentence: &str) {
    let form = two_pens(app).await;
    let page = app.refused(&form).await;
    assert!(page.alert().starts_with(sentence), "{}", page.alert());
    assert!(!page.body.contains(DEVELOPER_MESSAGE));
    assert_eq!(page.quantity(app.variant("PEN").await.id), "2");
    let checkouts = app.checkouts().await;
    assert_eq!(checkouts.len(), 1);
    assert_eq!(checkouts[0].state.as_ref(), "refused");
    assert_eq!(checkouts[0].stripe_session_id, None);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
    assert!(
        !checkouts[0]
            .error
            .as_deref()
            .unwrap()
            .contains(DEVELOPER_MESSAGE)
    );
}

/// Asserts for a temporary failure: three attempts with the same key, then the sentence.
async fn assert_retried_and_sent_back(trouble: Answer, retry_policy: RetryPolicy) {
    let fake = FakeStripe::start(&[], trouble).await;
    let app = TestApp::with_stripe(Some(fake.url()), retry_policy).await;
    assert_sent_back(&app).await;
    let calls = fake.session_creations();
    assert_eq!(calls.len(), 3);
    let key = Some(app.checkouts().await.remove(0).id);
    assert!(
        calls.iter().all(|call| call.idempotency_key == key),
        "{calls:?}"
    );
}

#[tokio::test]
async fn server_errors_are_tried_three_times() {
    assert_retried_and_sent_back(Answer::Error(500), LONG_TIMEOUTS).await;
    assert_retried_and_sent_back(Answer::Error(503), LONG_TIMEOUTS).await;
}

#[tokio::test]
async fn too_many_requests_are_tried_three_times() {
    assert_retried_and_sent_back(Answer::Error(429), LONG_TIMEOUTS).await;
}

#[tokio::test]
async fn a_key_in_use_is_tried_three_times() {
    assert_retried_and_sent_back(Answer::Error(409), LONG_TIMEOUTS).await;
}

#[tokio::test]
async fn an_html_error_page_is_tried_three_times() {
    assert_retried_and_sent_back(Answer::Garbage, LONG_TIMEOUTS).await;
}

#[tokio::test]
async fn timeouts_are_tried_three_times() {
    assert_retried_and_sent_back(Answer::Hangs, SHORT_TIMEOUTS).await;
}

/// However long one attempt may take and however many there are, the shopper waits for one total
/// timeout.
#[tokio::test]
async fn all_calls_for_one_shopper_together_have_a_limit() {
    let fake = FakeStripe::start(&[], Answer::Hangs).await;
    let retry_policy = RetryPolicy {
        attempt_timeout: Duration::from_secs(3_600),
        total_timeout: Duration::from_millis(500),
        ..LONG_TIMEOUTS
    };
    let app = TestApp::with_stripe(Some(fake.url()), retry_policy).await;
    assert_sent_back(&app).await;
    assert_eq!(fake.session_creations().len(), 1);
    // A changed selection does not wait twice, for the end of the earlier session and for its own;
    // nor does a visit to the page of a cancelled payment.
    fake.answer(Answer::Works);
    let form = two_pens(&app).await;
    let checkout = app.pay(&form).await;
    fake.answer(Answer::Hangs);
    let pen = app.variant("PEN").await.id;
    let page = app.refused(&form.choose(pen, "3")).await;
    assert!(page.alert().contains("earlier payment"), "{}", page.alert());
    let page = app
        .get(&format!("/checkout/{}/cancelled", checkout.token.as_str()))
        .await;
    assert_eq!(page.text("h1"), "We couldn’t confirm your payment");
}

#[tokio::test]
async fn a_definite_refusal_is_not_retried() {
    for status in [400, 401, 403] {
        let fake = FakeStripe::start(&[], Answer::Error(status)).await;
        let app = TestApp::with_stripe(Some(fake.url()), LONG_TIMEOUTS).await;
        let sentence = "This shop cannot take payments at the moment. Nothing was charged.";
        assert_sent_back_with(&app, sentence).await;
        assert_eq!(fake.session_creations().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn an_unreachable_stripe_is_the_same_to_a_shopper() {
    let unused_port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", unused_port.local_addr().unwrap());
    drop(unused_port);
    let app = TestApp::with_stripe(Some(&url), LONG_TIMEOUTS).await;
    assert_sent_back(&app).await;
}

#[tokio::test]
async fn a_session_whose_answers_are_all_lost_is_shown_to_nobody() {
    let fake = FakeStripe::start(&[], Answer::Lost).await;
    let app = TestApp::with_stripe(Some(fake.url()), LONG_TIMEOUTS).await;
    assert_sent_back(&app).await;
    // Executed once, however many attempts; and its checkout's row exists.
    assert_eq!(fake.sessions().len(), 1);
    let id = app.checkouts().await.remove(0).id;
    assert_eq!(fake.sessions()[0]["client_reference_id"], id);
}

#[tokio::test]
async fn temporary_trouble_costs_only_time() {
    let script = [Answer::Error(500), Answer::Error(429)];
    let fake = FakeStripe::start(&script, Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), LONG_TIMEOUTS).await;
    let checkout = app.begin(&[("PEN", 2), ("MUG", 1)]).await;
    assert_eq!(checkout.state.as_ref(), "open");
    let calls = fake.session_creations();
    assert_eq!(calls.len(), 3);
    for call in &calls {
        assert_eq!(call.idempotency_key.as_deref(), Some(checkout.id.as_str()));
        // All parameters, in any order: Stripe refuses a different request with the same key.
        assert_eq!(call.fields, calls[0].fields);
    }
    assert_eq!(
        calls[0].fields["line_items[0][price_data][unit_amount]"],
        "500"
    );
    assert_eq!(
        calls[0].fields["payment_intent_data[metadata][checkout_id]"],
        checkout.id
    );
    assert_eq!(fake.sessions().len(), 1);
}

#[tokio::test]
async fn after_a_lost_answer_the_same_session_is_found_again() {
    let fake = FakeStripe::start(&[Answer::Lost], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), LONG_TIMEOUTS).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    assert_eq!(
        (fake.session_creations().len(), fake.sessions().len()),
        (2, 1)
    );
    assert_eq!(
        fake.sessions()[0]["id"],
        checkout.stripe_session_id.unwrap()
    );
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_requested_again() {
    let script = [Answer::Slow(Duration::from_secs(5))];
    let fake = FakeStripe::start(&script, Answer::Works).await;
    let retry_policy = RetryPolicy {
        attempt_timeout: Duration::from_secs(1),
        ..SHORT_TIMEOUTS
    };
    let app = TestApp::with_stripe(Some(fake.url()), retry_policy).await;
    app.begin(&[("PEN", 2)]).await;
    assert_eq!(fake.sessions().len(), 1);
}

#[tokio::test]
async fn a_returned_form_starts_again_with_a_new_key() {
    let fake = FakeStripe::start(&[], Answer::Error(500)).await;
    let app = TestApp::with_stripe(Some(fake.url()), LONG_TIMEOUTS).await;
    let form = two_pens(&app).await;
    let page = app.refused(&form).await;
    fake.answer(Answer::Works);
    let checkout = app.pay(&page.form("/")).await;
    let keys: Vec<_> = fake
        .session_creations()
        .into_iter()
        .map(|call| call.idempotency_key)
        .collect();
    assert_ne!(keys.first(), keys.last());
    assert_eq!(keys.last(), Some(&Some(checkout.id)));
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
    // The old page, sent again from the browser's cache, works, too.
    app.pay(&form).await;
}

#[tokio::test]
async fn while_stripe_does_not_answer_changed_quantities_create_no_second_session() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), LONG_TIMEOUTS).await;
    let form = two_pens(&app).await;
    let checkout = app.pay(&form).await;
    fake.answer(Answer::Error(500));
    let page = app
        .refused(&form.choose(app.variant("PEN").await.id, "3"))
        .await;
    // It may have been paid, so the page must not say that nothing was charged.
    let message = page.alert();
    assert!(
        message.starts_with("We could not reach the payment provider"),
        "{message}"
    );
    assert!(!message.contains("charged"), "{message}");
    let order = page.attribute("[role=alert] a", "href").unwrap();
    assert_eq!(order, format!("/orders/{}", checkout.token.as_str()));
    assert!(
        !page.body.contains("Nothing was charged. Your"),
        "{}",
        page.body
    );
    let pen = app.variant("PEN").await.id;
    assert_eq!(page.quantity(pen), "3");
    let path = format!("/checkout/{}/cancelled", checkout.token.as_str());
    assert_eq!(
        page.form(&path).attempt(),
        checkout.attempt.as_ref().unwrap().as_str()
    );
    // It can still be paid, so its units stay held.
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
    assert_eq!(fake.session_creations().len(), 1);
}

#[tokio::test]
async fn a_second_click_while_stripe_thinks_waits_for_the_first() {
    let fake = FakeStripe::start(&[Answer::Held], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), LONG_TIMEOUTS).await;
    let form = two_pens(&app).await;
    let release = async {
        fake.wait_for_creation().await;
        fake.release();
    };
    let (first, second, ()) = tokio::join!(app.submit(&form), app.submit(&form), release);
    assert_eq!(first.location(), second.location());
    assert_eq!((app.checkouts().await.len(), fake.sessions().len()), (1, 1));
}

/// The second click uses the same key while the first request is still running, and Stripe refuses
/// that.
#[tokio::test]
async fn a_second_click_that_stripe_refuses_does_not_end_the_first() {
    let fake = FakeStripe::start(&[Answer::Held], Answer::Error(409)).await;
    let app = TestApp::with_stripe(Some(fake.url()), LONG_TIMEOUTS).await;
    let form = two_pens(&app).await;
    let second = async {
        fake.wait_for_creation().await;
        let page = app.submit(&form).await;
        fake.release();
        page
    };
    let (first, second) = tokio::join!(app.submit(&form), second);
    assert!(first.location().contains("/c/pay/"), "{first:?}");
    assert_refused(&second);
    // The first session may be paid by now, in another tab.
    let message = second.alert();
    assert!(
        message.starts_with("We could not reach the payment provider"),
        "{message}"
    );
    assert!(
        !second.body.contains("Nothing was charged. "),
        "{}",
        second.body
    );
    let checkout = app.checkout_of(&form).await;
    assert_eq!(checkout.state.as_ref(), "open");
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
}

#[tokio::test]
async fn a_sandbox_with_faults_leads_to_a_session_or_to_the_sentence() {
    let app = TestApp::start().await;
    app.set_faults(json!({ "lose_answer": 1.0 })).await;
    let form = two_pens(&app).await;
    assert!(app.refused(&form).await.alert().starts_with(SENTENCE));
    app.set_faults(json!({ "api_error": 1.0 })).await;
    assert!(app.refused(&form).await.alert().starts_with(SENTENCE));
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
    app.set_faults(json!({})).await;
    let checkout = app.pay(&form).await;
    assert_eq!(app.session(&checkout).await["status"], "open");
}

#[tokio::test]
async fn the_catalog_and_orders_need_no_stripe() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), LONG_TIMEOUTS).await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    fake.answer(Answer::Hangs);
    let before = fake.calls().len();
    for path in [
        "/".to_owned(),
        "/products/pen".to_owned(),
        format!("/orders/{}", checkout.token.as_str()),
    ] {
        assert_eq!(app.get(&path).await.status, 200, "{path}");
    }
    assert_eq!(fake.calls().len(), before);
}

#[tokio::test]
async fn a_shopper_who_hangs_up_while_stripe_thinks_leaves_a_session_for_the_next_click() {
    let fake = FakeStripe::start(&[Answer::Held], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), LONG_TIMEOUTS).await;
    let form = two_pens(&app).await;
    tokio::select! {
        _ = app.submit(&form) => panic!("Stripe has not answered yet"),
        _ = fake.wait_for_creation() => {}
    }
    // The client drops the request and its connection: browsers do so at a second click.
    fake.release();
    let checkout = app.checkout_of(&form).await;
    let checkout = app.wait_for(&checkout, "open").await;
    let again = app.submit(&form).await;
    assert_eq!(Some(again.location()), checkout.stripe_url.as_deref());
    assert_eq!(
        (fake.session_creations().len(), fake.sessions().len()),
        (1, 1)
    );
}
