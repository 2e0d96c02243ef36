//! `/orders/{token}`, and the status that its page polls.

use serde_json::{Value, json};

use shop::LatePayment;
use shop::checkout::options::Shipping;
use shop::entity::checkout;
use shop::mail::Route;
use shop::mail::smtp::SmtpSettings;

use crate::fake_smtp::{FakeSmtp, Smtp};
use crate::test_app::{
    IBAN_FAILS, IBAN_SUCCEEDS, Page, TestApp, event, eventually, now, paid_session,
};

async fn order_page(app: &TestApp, checkout: &checkout::Model) -> Page {
    app.get(&format!("/orders/{}", checkout.token.as_str()))
        .await
}

/// The status that the waiting page polls.
async fn status(app: &TestApp, token: &str) -> Value {
    let request = app
        .request("POST", "/api/order-status")
        .header("origin", &app.origin)
        .form(&[("token", token)]);
    let answer = app.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn an_order_is_being_confirmed_until_its_event_arrives() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.text("h1"), "Confirming your payment");
    assert!(page.body.contains("http-equiv=\"refresh\""));
    assert_eq!(
        status(&app, checkout.token.as_str()).await,
        json!("Confirming")
    );
    // The page only reads; orders are created by events.
    assert!(app.orders().await.is_empty());
}

#[tokio::test]
async fn a_paid_order_shows_its_number_its_lines_and_its_total() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 2), ("MUG", 1)]).await;
    app.pay_by_card(&checkout).await;
    app.wait_for(&checkout, "paid").await;
    let order = app.the_order().await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "Thank you, your order is paid");
    assert_eq!(page.text(".order-facts dd"), order.number);
    // For a printed page, whose reader has no address bar.
    let address = format!(
        "{}/orders/{}",
        app.shop.settings.public_url,
        checkout.token.as_str()
    );
    assert_eq!(page.text(".order-facts .printed dd"), address);
    assert_eq!(
        page.texts(".order-lines tbody td, .order-lines tbody th"),
        [
            "Green Pen",
            "€5.00",
            "2",
            "€10.00",
            "Becher \"Möwe\" & <Söhne>",
            "€12.50",
            "1",
            "€12.50"
        ]
    );
    assert_eq!(
        page.text(".order-lines tfoot tr:last-child"),
        "Total paid€22.50"
    );
    assert!(page.has(".next-steps li"));
    assert!(!page.body.contains("http-equiv=\"refresh\""));
    assert_eq!(status(&app, checkout.token.as_str()).await, json!("Paid"));
}

#[tokio::test]
async fn the_order_keeps_who_paid_and_what_stripe_confirmed() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    app.wait_for(&checkout, "paid").await;
    let order = app.the_order().await;
    assert_eq!(order.stripe_session_id, checkout.stripe_session_id.unwrap());
    assert!(order.stripe_payment_intent_id.unwrap().starts_with("pi_"));
    assert_eq!((order.amount_total, order.currency.as_str()), (1000, "eur"));
    assert_eq!(order.payment_status.to_string(), "paid");
    assert_eq!(order.customer_email.as_deref(), Some("shopper@example.com"));
    assert_eq!(order.flag, None);
}

#[tokio::test]
async fn discounts_shipping_and_tax_are_shown_where_there_are_any() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut session = paid_session(&checkout);
    session["total_details"] =
        json!({ "amount_discount": 100, "amount_shipping": 490, "amount_tax": 0 });
    session["amount_total"] = 1390.into();
    app.deliver_session("checkout.session.completed", &session)
        .await;
    let sums = order_page(&app, &checkout)
        .await
        .texts(".order-lines tfoot tr");
    assert_eq!(
        sums,
        [
            "Subtotal€10.00",
            "Discount−€1.00",
            "Shipping€4.90",
            "Total paid€13.90"
        ]
    );
    assert_eq!(app.the_order().await.flag, None);
}

/// An event about a refund of a checkout's payment.
async fn deliver_refund(
    app: &TestApp,
    checkout: &checkout::Model,
    id: &str,
    (amount, status): (i64, &str),
) {
    let refund = json!({
        "id": id, "object": "refund", "amount": amount, "currency": "eur", "status": status,
        "payment_intent": format!("pi_test_{}", checkout.id), "created": now(),
    });
    assert_eq!(app.deliver(&event("refund.updated", &refund)).await, 200);
}

/// The rows below the lines.
async fn sums(app: &TestApp, checkout: &checkout::Model) -> Vec<String> {
    order_page(app, checkout)
        .await
        .texts(".order-lines tfoot tr")
}

#[tokio::test]
async fn completed_and_pending_refunds_are_shown_under_the_total() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.deliver_session("checkout.session.completed", &paid_session(&checkout))
        .await;
    assert_eq!(sums(&app, &checkout).await, ["Total paid€10.00"]);
    deliver_refund(&app, &checkout, "re_1", (150, "succeeded")).await;
    deliver_refund(&app, &checkout, "re_2", (100, "succeeded")).await;
    deliver_refund(&app, &checkout, "re_3", (300, "pending")).await;
    deliver_refund(&app, &checkout, "re_4", (400, "succeeded")).await;
    deliver_refund(&app, &checkout, "re_4", (400, "failed")).await;
    deliver_refund(&app, &checkout, "re_5", (50, "canceled")).await;
    assert_eq!(
        sums(&app, &checkout).await,
        [
            "Total paid€10.00",
            "Refunded−€2.50",
            "Refund on its way−€3.00"
        ]
    );
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "Thank you, your order is paid");
}

#[tokio::test]
async fn a_fully_refunded_order_says_so() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.deliver_session("checkout.session.completed", &paid_session(&checkout))
        .await;
    deliver_refund(&app, &checkout, "re_1", (400, "succeeded")).await;
    deliver_refund(&app, &checkout, "re_2", (600, "pending")).await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "Your refund is on its way");
    deliver_refund(&app, &checkout, "re_2", (600, "succeeded")).await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "Your order has been refunded");
    assert!(page.text(".next-steps").contains("five to ten days"));
    assert!(!page.body.contains("We pack your order"));
    assert_eq!(
        sums(&app, &checkout).await,
        ["Total paid€10.00", "Refunded−€10.00"]
    );
    // The bank returns the refund: the order is paid again, and the owner is notified.
    deliver_refund(&app, &checkout, "re_2", (600, "failed")).await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "Thank you, your order is paid");
}

/// A checkout that expired, and whose units are gone when its payment arrives.
async fn paid_too_late(late_payment: LatePayment) -> (TestApp, checkout::Model) {
    let app =
        TestApp::without_webhooks_with(|config| config.checkout.late_payment = late_payment).await;
    let checkout = app.begin(&[("MUG", 2)]).await;
    let mut expired = paid_session(&checkout);
    (expired["status"], expired["payment_status"]) = ("expired".into(), "unpaid".into());
    app.deliver_session("checkout.session.expired", &expired)
        .await;
    let other = app.begin(&[("MUG", 2)]).await;
    for paid in [&other, &checkout] {
        app.deliver_session("checkout.session.completed", &paid_session(paid))
            .await;
    }
    (app, checkout)
}

#[tokio::test]
async fn a_payment_that_came_too_late_says_that_it_is_refunded() {
    let (app, checkout) = paid_too_late(LatePayment::Refund).await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "Your payment arrived too late");
    assert!(
        page.text(".order-status")
            .contains("We’re refunding you in full")
    );
    assert!(!page.body.contains("We pack your order"));
    deliver_refund(&app, &checkout, "re_1", (2500, "succeeded")).await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "Your payment arrived too late");
    assert!(
        page.text(".order-status")
            .contains("We’ve refunded you in full")
    );
    assert_eq!(
        sums(&app, &checkout).await,
        ["Total paid€25.00", "Refunded−€25.00"]
    );
}

#[tokio::test]
async fn an_accepted_late_payment_says_that_something_is_missing() {
    let (app, checkout) = paid_too_late(LatePayment::Accept).await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(
        page.text("h1"),
        "Your order is paid, but something is missing"
    );
    assert_eq!(sums(&app, &checkout).await, ["Total paid€25.00"]);
}

/// An event about a dispute of a checkout's payment.
async fn deliver_dispute(app: &TestApp, checkout: &checkout::Model, kind: &str, status: &str) {
    let dispute = json!({
        "id": "dp_1", "object": "dispute", "amount": 1000, "currency": "eur", "status": status,
        "reason": "fraudulent", "payment_intent": format!("pi_test_{}", checkout.id),
        "created": now(),
    });
    let delivered = event(kind, &dispute);
    assert_eq!(app.deliver(&delivered).await, 200);
    let stored = app.stored_event(delivered["id"].as_str().unwrap()).await;
    assert_eq!(stored.unwrap().state.as_ref(), "applied");
}

#[tokio::test]
async fn a_disputed_order_promises_nothing_until_the_bank_has_decided_for_the_shop() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.deliver_session("checkout.session.completed", &paid_session(&checkout))
        .await;
    let before = order_page(&app, &checkout).await.text("main");
    deliver_dispute(&app, &checkout, "charge.dispute.created", "needs_response").await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "Your bank has questioned this payment");
    assert!(!page.has(".next-steps"));
    assert!(!page.body.contains("fraudulent"));
    deliver_dispute(&app, &checkout, "charge.dispute.closed", "won").await;
    assert_eq!(order_page(&app, &checkout).await.text("main"), before);
}

#[tokio::test]
async fn an_order_whose_dispute_is_lost_says_that_the_bank_has_taken_the_payment_back() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.deliver_session("checkout.session.completed", &paid_session(&checkout))
        .await;
    deliver_dispute(&app, &checkout, "charge.dispute.closed", "lost").await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "Your bank has reversed this payment");
    assert!(!page.has(".next-steps"));
}

#[tokio::test]
async fn only_orders_with_shipping_say_that_they_will_be_sent() {
    let (app, posted) = (
        TestApp::without_webhooks().await,
        TestApp::without_webhooks_with(|config| {
            config.checkout.options.shipping = Some(Shipping {
                countries: vec!["DE".parse().unwrap()],
                rates: Vec::new(),
            });
        })
        .await,
    );
    for (app, ships) in [(&app, false), (&posted, true)] {
        let checkout = app.begin(&[("PEN", 2)]).await;
        app.deliver_session("checkout.session.completed", &paid_session(&checkout))
            .await;
        let page = order_page(app, &checkout).await;
        let next = page.texts(".next-steps li");
        let message =
            next.contains(&"We’ll send your order to the address you gave us.".to_owned());
        assert_eq!(message, ships, "{next:?}");
        // Till does not track what happens to an order from here.
        for promise in ["We pack", "where your order stands", "on its way"] {
            assert!(!page.body.contains(promise), "{promise}");
        }
    }
}

#[tokio::test]
async fn a_paid_order_says_that_an_email_comes_where_emails_are_sent() {
    let smtp = FakeSmtp::start(&[], Smtp::Accepts).await;
    let settings = SmtpSettings::parse(smtp.url()).unwrap();
    let languages = std::sync::Arc::new("en,de".parse().unwrap());
    let sending = TestApp::without_webhooks_with(|config| {
        config.mail.route = Route::Smtp(settings);
        config.profile.languages = languages;
    })
    .await;
    for (app, sends) in [
        (&sending, true),
        (&TestApp::without_webhooks().await, false),
    ] {
        let checkout = app.begin(&[("PEN", 2)]).await;
        app.pay_by_card(&checkout).await;
        assert!(!order_page(app, &checkout).await.body.contains("by email"));
        app.deliver_session("checkout.session.completed", &paid_session(&checkout))
            .await;
        let page = order_page(app, &checkout).await;
        let said = "You’ll get a confirmation by email, at the address you gave with your order.";
        let next = page.texts(".next-steps li");
        assert_eq!(next.contains(&said.to_owned()), sends, "{next:?}");
        // Whoever has the link sees the page.
        let order = app.the_order().await;
        assert!(!page.body.contains(&order.customer_email.unwrap()));
        if sends {
            let path = format!("/de/orders/{}", checkout.token.as_str());
            let german = app.get(&path).await.texts(".next-steps li");
            assert!(
                german[0].contains("eine Bestätigung per E-Mail"),
                "{german:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_bank_debit_is_processing_until_the_bank_has_paid() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_sepa(&checkout, IBAN_SUCCEEDS).await;
    app.deliver(&app.event("checkout.session.completed").await)
        .await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "Your bank is processing the payment");
    assert!(page.body.contains("http-equiv=\"refresh\""));
    assert_eq!(
        status(&app, checkout.token.as_str()).await,
        json!("Processing")
    );
    assert!(app.orders().await.is_empty());
    assert_eq!(app.held_and_stock("PEN").await, (2, Some(40)));

    app.deliver(&app.event("checkout.session.async_payment_succeeded").await)
        .await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "Thank you, your order is paid");
    assert_eq!(app.the_order().await.amount_total, 1000);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
}

#[tokio::test]
async fn a_bank_debit_that_fails_makes_no_order_and_releases_the_units() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_sepa(&checkout, IBAN_FAILS).await;
    app.deliver(&app.event("checkout.session.completed").await)
        .await;
    app.deliver(&app.event("checkout.session.async_payment_failed").await)
        .await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "The payment did not go through");
    assert_eq!(page.text(".actions a"), "Choose again");
    assert_eq!(status(&app, checkout.token.as_str()).await, json!("Failed"));
    assert!(app.orders().await.is_empty());
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
}

#[tokio::test]
async fn a_bank_debit_becomes_paid_by_the_sandboxs_own_webhooks() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("POSTER", 1)]).await;
    app.pay_by_sepa(&checkout, IBAN_SUCCEEDS).await;
    app.wait_for(&checkout, "processing").await;
    app.wait_for(&checkout, "paid").await;
    assert_eq!(app.the_order().await.amount_total, 900);
}

#[tokio::test]
async fn an_expired_checkout_says_that_nothing_was_charged() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut session = paid_session(&checkout);
    (session["status"], session["payment_status"]) = ("expired".into(), "unpaid".into());
    app.deliver_session("checkout.session.expired", &session)
        .await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.text("h1"), "This checkout has ended");
    assert!(page.text(".order-status").contains("Nothing was charged."));
    assert_eq!(
        status(&app, checkout.token.as_str()).await,
        json!("Expired")
    );
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
}

#[tokio::test]
async fn the_status_changes_while_the_page_is_open() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    assert_eq!(
        status(&app, checkout.token.as_str()).await,
        json!("Confirming")
    );
    app.pay_by_card(&checkout).await;
    let paid =
        async || (status(&app, checkout.token.as_str()).await == json!("Paid")).then_some(());
    eventually("the status turns paid", paid).await;
}

#[tokio::test]
async fn an_unknown_and_a_malformed_token_get_the_same_answer() {
    let app = TestApp::start().await;
    let mut bodies = Vec::new();
    let zeros = "0".repeat(32);
    for token in [
        "0123456789abcdef0123456789abcdef",
        &zeros,
        "short",
        "0123456789ABCDEF0123456789ABCDEF",
    ] {
        let page = app.get(&format!("/orders/{token}")).await;
        assert_eq!(page.status, 404, "{token}");
        assert_eq!(page.header("cache-control"), "no-store");
        bodies.push(page.body.replace(token, ""));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
}

#[tokio::test]
async fn an_unknown_token_has_no_status() {
    let app = TestApp::start().await;
    assert_eq!(
        status(&app, "0123456789abcdef0123456789abcdef").await,
        Value::Null
    );
    let request = app
        .request("POST", "/api/order-status")
        .form(&[("token", "short")]);
    let answer = app.send(request).await;
    assert_ne!(answer.status, 200);
    assert!(!answer.body.contains("token"), "{}", answer.body);
}

#[tokio::test]
async fn order_pages_are_neither_cached_nor_indexed() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-robots-tag"), "noindex");
    app.pay_by_card(&checkout).await;
    app.wait_for(&checkout, "paid").await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-robots-tag"), "noindex");
}

#[tokio::test]
async fn an_order_page_shows_nothing_of_the_shopper_or_of_stripe() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.pay_by_card(&checkout).await;
    app.wait_for(&checkout, "paid").await;
    let body = order_page(&app, &checkout).await.body;
    for private in [
        "shopper@example.com",
        "Ada Shopper",
        "cs_test_",
        "pi_",
        &checkout.id,
    ] {
        assert!(!body.contains(private), "{private}");
    }
}

#[tokio::test]
async fn a_declined_card_leaves_the_session_open_for_another_try() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    assert_eq!(app.pay_with("4000000000000002", &checkout).await, 402);
    assert_eq!(
        order_page(&app, &checkout).await.text("h1"),
        "Confirming your payment"
    );
    assert_eq!(app.held_and_stock("PEN").await, (1, Some(40)));
    app.pay_by_card(&checkout).await;
    app.wait_for(&checkout, "paid").await;
    assert_eq!(app.orders().await.len(), 1);
}
