//! `/orders/{token}` and what the page asks while it waits.

use serde_json::{Value, json};

use crate::test_app::{IBAN_FAILS, IBAN_SUCCEEDS, Page, TestApp, eventually, paid_session};
use shop::entity::checkout;

async fn order_page(app: &TestApp, checkout: &checkout::Model) -> Page {
    app.get(&format!("/orders/{}", checkout.token)).await
}

/// What the waiting page is told.
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
async fn an_order_is_being_confirmed_until_stripe_has_told_the_shop() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    let page = order_page(&app, &checkout).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.text("h1"), "Confirming your payment");
    assert!(page.body.contains("http-equiv=\"refresh\""));
    assert_eq!(status(&app, &checkout.token).await, json!("Confirming"));
    // The page reads; only events make orders.
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
    assert_eq!(page.text(".order-facts dd"), order.id.to_string());
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
    assert_eq!(
        status(&app, &checkout.token).await,
        json!({ "Paid": { "number": order.id } })
    );
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
    assert_eq!(order.payment_status, "paid");
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
        ["Discount−€1.00", "Shipping€4.90", "Total paid€13.90"]
    );
    assert_eq!(app.the_order().await.flag, None);
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
    assert_eq!(status(&app, &checkout.token).await, json!("Processing"));
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
async fn a_bank_debit_that_fails_makes_no_order_and_frees_the_pieces() {
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
    assert_eq!(status(&app, &checkout.token).await, json!("Failed"));
    assert!(app.orders().await.is_empty());
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
}

#[tokio::test]
async fn a_bank_debit_turns_paid_by_the_sandboxes_own_webhooks() {
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
    assert_eq!(status(&app, &checkout.token).await, json!("Expired"));
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
}

#[tokio::test]
async fn the_status_turns_while_the_page_is_open() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    assert_eq!(status(&app, &checkout.token).await, json!("Confirming"));
    app.pay_by_card(&checkout).await;
    let paid = async || status(&app, &checkout.token).await.get("Paid").cloned();
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
        // What differs from page to page on purpose.
        let policy = page.header("content-security-policy");
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap();
        bodies.push(page.body.replace(nonce, "").replace(token, ""));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
}

#[tokio::test]
async fn the_status_of_an_unknown_token_is_nothing() {
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
async fn order_pages_are_kept_by_nobody_and_found_by_no_search_engine() {
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
