//! Stripe is down, slow, or talks nonsense: the shopper hears one sentence, and nothing is charged or kept.

use std::time::Duration;

use serde_json::json;
use server::config::Patience;

use crate::fake_stripe::{Answer, FakeStripe, INTERNAL_WORDS};
use crate::test_app::{Form, TestApp, assert_refused};

const SENTENCE: &str = "Payment is not available right now. Nothing was charged.";

/// Three tries, each soon given up.
const IMPATIENT: Patience = Patience {
    timeout: Duration::from_millis(300),
    tries: 3,
    pause: Duration::from_millis(5),
    total: Duration::from_secs(60),
};
/// Three tries that a busy machine does not time out.
const PATIENT: Patience = Patience {
    timeout: Duration::from_secs(20),
    ..IMPATIENT
};

async fn two_pens(app: &TestApp) -> Form {
    let pen = app.product("PEN").await.id;
    app.form("/").await.choose(pen, "2")
}

/// The form comes back with the sentence and its quantities; the checkout is refused and holds nothing.
async fn assert_sent_back(app: &TestApp) {
    let form = two_pens(app).await;
    let page = app.refused(&form).await;
    assert!(page.alert().starts_with(SENTENCE), "{}", page.alert());
    assert!(!page.body.contains(INTERNAL_WORDS));
    assert_eq!(page.quantity(app.product("PEN").await.id), "2");
    let checkouts = app.checkouts().await;
    assert_eq!(checkouts.len(), 1);
    assert_eq!(checkouts[0].state, "refused");
    assert_eq!(checkouts[0].stripe_session_id, None);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
    assert!(
        !checkouts[0]
            .error
            .as_deref()
            .unwrap()
            .contains(INTERNAL_WORDS)
    );
}

/// Trouble that may pass: three tries with the same key, then the sentence.
async fn assert_tried_and_sent_back(trouble: Answer, patience: Patience) {
    let fake = FakeStripe::start(&[], trouble).await;
    let app = TestApp::with_stripe(Some(fake.url()), patience).await;
    assert_sent_back(&app).await;
    let calls = fake.creations();
    assert_eq!(calls.len(), 3);
    let key = Some(app.checkouts().await.remove(0).id);
    assert!(
        calls.iter().all(|call| call.idempotency_key == key),
        "{calls:?}"
    );
}

#[tokio::test]
async fn stripes_own_trouble_is_tried_three_times() {
    assert_tried_and_sent_back(Answer::Error(500), PATIENT).await;
    assert_tried_and_sent_back(Answer::Error(503), PATIENT).await;
}

#[tokio::test]
async fn too_many_requests_are_tried_three_times() {
    assert_tried_and_sent_back(Answer::Error(429), PATIENT).await;
}

#[tokio::test]
async fn a_key_in_use_is_tried_three_times() {
    assert_tried_and_sent_back(Answer::Error(409), PATIENT).await;
}

#[tokio::test]
async fn a_page_of_something_in_between_is_tried_three_times() {
    assert_tried_and_sent_back(Answer::Garbage, PATIENT).await;
}

#[tokio::test]
async fn silence_is_tried_three_times() {
    assert_tried_and_sent_back(Answer::Hangs, IMPATIENT).await;
}

/// However long one try may take and however many there are: the shopper waits for all together.
#[tokio::test]
async fn all_calls_for_one_shopper_together_have_a_limit() {
    let fake = FakeStripe::start(&[], Answer::Hangs).await;
    let patience = Patience {
        timeout: Duration::from_secs(3_600),
        total: Duration::from_millis(500),
        ..PATIENT
    };
    let app = TestApp::with_stripe(Some(fake.url()), patience).await;
    assert_sent_back(&app).await;
    assert_eq!(fake.creations().len(), 1);
    // Neither does a changed choice wait for the end of the session before and then once more for
    // its own, nor a visit to the page of a cancelled payment.
    fake.answer(Answer::Works);
    let form = two_pens(&app).await;
    let checkout = app.pay(&form).await;
    fake.answer(Answer::Hangs);
    let pen = app.product("PEN").await.id;
    let page = app.refused(&form.choose(pen, "3")).await;
    assert!(page.alert().contains("earlier payment"), "{}", page.alert());
    let page = app
        .get(&format!("/checkout/{}/cancelled", checkout.token))
        .await;
    assert_eq!(page.text("h1"), "We are checking your payment");
}

#[tokio::test]
async fn a_definite_no_is_not_tried_again() {
    for status in [400, 401, 403] {
        let fake = FakeStripe::start(&[], Answer::Error(status)).await;
        let app = TestApp::with_stripe(Some(fake.url()), PATIENT).await;
        assert_sent_back(&app).await;
        assert_eq!(fake.creations().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_stripe_that_is_not_there_is_the_same_to_a_shopper() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let app = TestApp::with_stripe(Some(&url), PATIENT).await;
    assert_sent_back(&app).await;
}

#[tokio::test]
async fn a_session_whose_answers_are_all_lost_is_seen_by_nobody() {
    let fake = FakeStripe::start(&[], Answer::Lost).await;
    let app = TestApp::with_stripe(Some(fake.url()), PATIENT).await;
    assert_sent_back(&app).await;
    // Executed once, however often it was asked for; and the row of its checkout is there.
    assert_eq!(fake.sessions().len(), 1);
    let id = app.checkouts().await.remove(0).id;
    assert_eq!(fake.sessions()[0]["client_reference_id"], id);
}

#[tokio::test]
async fn trouble_that_passes_costs_nothing_but_time() {
    let script = [Answer::Error(500), Answer::Error(429)];
    let fake = FakeStripe::start(&script, Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), PATIENT).await;
    let checkout = app.begin(&[("PEN", 2), ("MUG", 1)]).await;
    assert_eq!(checkout.state, "open");
    let calls = fake.creations();
    assert_eq!(calls.len(), 3);
    for call in &calls {
        assert_eq!(call.idempotency_key.as_deref(), Some(checkout.id.as_str()));
        // Every parameter, in whatever order: Stripe refuses another request under the same key.
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
    let app = TestApp::with_stripe(Some(fake.url()), PATIENT).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    assert_eq!((fake.creations().len(), fake.sessions().len()), (2, 1));
    assert_eq!(
        fake.sessions()[0]["id"],
        checkout.stripe_session_id.unwrap()
    );
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_asked_for_again() {
    let script = [Answer::Slow(Duration::from_secs(5))];
    let fake = FakeStripe::start(&script, Answer::Works).await;
    let patience = Patience {
        timeout: Duration::from_secs(1),
        ..IMPATIENT
    };
    let app = TestApp::with_stripe(Some(fake.url()), patience).await;
    app.begin(&[("PEN", 2)]).await;
    assert_eq!(fake.sessions().len(), 1);
}

#[tokio::test]
async fn the_form_that_came_back_begins_anew_with_a_new_key() {
    let fake = FakeStripe::start(&[], Answer::Error(500)).await;
    let app = TestApp::with_stripe(Some(fake.url()), PATIENT).await;
    let form = two_pens(&app).await;
    let page = app.refused(&form).await;
    fake.answer(Answer::Works);
    let checkout = app.pay(&page.form("/")).await;
    let keys: Vec<_> = fake
        .creations()
        .into_iter()
        .map(|call| call.idempotency_key)
        .collect();
    assert_ne!(keys.first(), keys.last());
    assert_eq!(keys.last(), Some(&Some(checkout.id)));
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
    // The old page, sent again from the browser's memory, does as well.
    app.pay(&form).await;
}

#[tokio::test]
async fn while_stripe_is_silent_changed_quantities_do_not_make_a_second_session() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), PATIENT).await;
    let form = two_pens(&app).await;
    let checkout = app.pay(&form).await;
    fake.answer(Answer::Error(500));
    let page = app
        .refused(&form.choose(app.product("PEN").await.id, "3"))
        .await;
    // It may have been paid: nobody says that nothing was charged.
    let said = page.alert();
    assert!(
        said.starts_with("We could not reach the payment provider"),
        "{said}"
    );
    assert!(!said.contains("charged"), "{said}");
    let order = page.attribute("[role=alert] a", "href").unwrap();
    assert_eq!(order, format!("/orders/{}", checkout.token));
    assert!(
        !page.body.contains("Nothing was charged. Your"),
        "{}",
        page.body
    );
    let pen = app.product("PEN").await.id;
    assert_eq!(page.quantity(pen), "3");
    let path = format!("/checkout/{}/cancelled", checkout.token);
    assert_eq!(
        page.form(&path).attempt(),
        checkout.attempt.as_deref().unwrap()
    );
    // It can still be paid, so its pieces stay held.
    assert_eq!(app.reload(&checkout).await.state, "open");
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
    assert_eq!(fake.creations().len(), 1);
}

#[tokio::test]
async fn a_second_click_while_stripe_thinks_waits_for_the_first() {
    let fake = FakeStripe::start(&[Answer::Held], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), PATIENT).await;
    let form = two_pens(&app).await;
    let release = async {
        fake.creation().await;
        fake.release();
    };
    let (first, second, ()) = tokio::join!(app.submit(&form), app.submit(&form), release);
    assert_eq!(first.location(), second.location());
    assert_eq!((app.checkouts().await.len(), fake.sessions().len()), (1, 1));
}

/// The second click asks with the same key while the first request is still at work, and Stripe refuses that.
#[tokio::test]
async fn a_second_click_that_stripe_refuses_does_not_end_the_first() {
    let fake = FakeStripe::start(&[Answer::Held], Answer::Error(409)).await;
    let app = TestApp::with_stripe(Some(fake.url()), PATIENT).await;
    let form = two_pens(&app).await;
    let second = async {
        fake.creation().await;
        let page = app.submit(&form).await;
        fake.release();
        page
    };
    let (first, second) = tokio::join!(app.submit(&form), second);
    assert!(first.location().contains("/c/pay/"), "{first:?}");
    assert_refused(&second);
    // The first one may be paid by now, in another tab.
    let said = second.alert();
    assert!(
        said.starts_with("We could not reach the payment provider"),
        "{said}"
    );
    assert!(
        !second.body.contains("Nothing was charged. "),
        "{}",
        second.body
    );
    let checkout = app.checkout_of(&form).await;
    assert_eq!(checkout.state, "open");
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
}

#[tokio::test]
async fn a_sandbox_with_faults_ends_in_a_session_or_in_the_sentence() {
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
    let app = TestApp::with_stripe(Some(fake.url()), PATIENT).await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    fake.answer(Answer::Hangs);
    let before = fake.calls().len();
    for path in [
        "/".to_owned(),
        "/products/pen".to_owned(),
        format!("/orders/{}", checkout.token),
    ] {
        assert_eq!(app.get(&path).await.status, 200, "{path}");
    }
    assert_eq!(fake.calls().len(), before);
}

#[tokio::test]
async fn a_shopper_who_hangs_up_while_stripe_thinks_leaves_a_session_for_the_next_click() {
    let fake = FakeStripe::start(&[Answer::Held], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), PATIENT).await;
    let form = two_pens(&app).await;
    tokio::select! {
        _ = app.submit(&form) => panic!("Stripe has not answered yet"),
        _ = fake.creation() => {}
    }
    // The request is dropped here, and its connection with it: browsers do so at a second click.
    fake.release();
    let checkout = app.checkout_of(&form).await;
    let checkout = app.wait_for(&checkout, "open").await;
    let again = app.submit(&form).await;
    assert_eq!(Some(again.location()), checkout.stripe_url.as_deref());
    assert_eq!((fake.creations().len(), fake.sessions().len()), (1, 1));
}
