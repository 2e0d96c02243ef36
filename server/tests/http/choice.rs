//! What was chosen on other pages, and the pages that come back with it.

use till_core::limits::{LimitedAction, Limits, Rate};

use crate::test_app::{Page, TestApp};

async fn choice(app: &TestApp, fields: &[(String, String)]) -> Page {
    let request = app
        .request("POST", "/api/choice")
        .header("origin", &app.origin)
        .header("sec-fetch-site", "same-origin")
        .form(fields);
    app.send(request).await
}

fn quantity(variant: i64, typed: &str) -> (String, String) {
    (format!("quantity[{variant}]"), typed.to_owned())
}

#[tokio::test]
async fn a_page_gets_the_fields_of_what_was_chosen_on_others() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    let lamp = app.variant("LAMP").await.id;
    let fields = [
        quantity(pen, "2"),
        quantity(lamp, "1"),
        quantity(987_654, "1"),
    ];
    let lines = choice(&app, &fields).await;
    assert_eq!(lines.status, 200);
    assert_eq!(lines.quantity(pen), "2");
    assert_eq!(lines.text(".price"), "€5.00");
    let shown = format!("input[name='shown[{pen}]']");
    assert_eq!(lines.attribute(&shown, "value").unwrap(), "500:eur");
    assert!(lines.body.starts_with("<ul"), "{}", lines.body);
    assert_eq!(lines.header("cache-control"), "no-store");
    // Nothing is said about what was never on sale.
    let unknown = "An item you selected is no longer available.";
    assert_eq!(lines.texts("li[data-gone]"), [unknown]);
    assert_eq!(lines.text(".variant-name a"), "Green Pen");
    assert_eq!(lines.text(".line-amount"), "2 × €5.00 = €10.00");
    let german = [quantity(pen, "2"), ("language".to_owned(), "xx".to_owned())];
    assert_eq!(choice(&app, &german).await.status, 200);
}

#[tokio::test]
async fn what_is_no_longer_sold_is_named() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    let archive = "UPDATE variant SET active = false WHERE sku = 'PEN'";
    app.execute(archive).await;
    let lines = choice(&app, &[quantity(pen, "2")]).await;
    assert_eq!(lines.texts("li"), ["Green Pen: This is no longer sold."]);
    assert!(!lines.has("input"));
}

#[tokio::test]
async fn a_choice_is_limited_in_size_and_rate() {
    let app = TestApp::start().await;
    let fields = |count: i64| -> Vec<_> { (0..count).map(|id| quantity(id, "1")).collect() };
    assert_eq!(choice(&app, &fields(100)).await.status, 200);
    assert_eq!(choice(&app, &fields(101)).await.status, 413);
    let long = [("x".to_owned(), "x".repeat(9_000))];
    assert_eq!(choice(&app, &long).await.status, 413);
    assert_eq!(
        choice(&app, &[quantity(1, "</p><script>")]).await.status,
        200
    );

    let rate: Rate = "2/1h".parse().unwrap();
    let limits = Limits {
        rates: [(LimitedAction::Choice, rate)].into(),
        ..Limits::off()
    };
    let app = TestApp::without_webhooks_with(|config| config.limits = limits).await;
    for status in [200, 200, 429] {
        let answer = choice(&app, &fields(1)).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers.contains_key("retry-after"), status == 429);
    }
}

#[tokio::test]
async fn a_form_from_elsewhere_learns_nothing() {
    let app = TestApp::start().await;
    let request = app
        .request("POST", "/api/choice")
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(app.send(request).await.status, 403);
}

#[tokio::test]
async fn an_ended_checkout_is_chosen_again_with_its_quantities() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.stripe_post(
        &format!(
            "/v1/checkout/sessions/{}/expire",
            checkout.stripe_session_id.clone().unwrap()
        ),
        &[],
    )
    .await;
    let session = app.session(&checkout).await;
    app.deliver_session("checkout.session.expired", &session)
        .await;
    let order = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    assert_eq!(order.text("h1"), "This checkout has ended");
    let again = order.attribute(".actions a", "href").unwrap();
    let page = app.get(&again).await;
    let pen = app.variant("PEN").await.id;
    assert_eq!(page.quantity(pen), "2");
    assert!(page.has("form[data-filled]"));
}

#[tokio::test]
async fn the_page_of_a_paid_order_says_which_choice_is_bought() {
    let app = TestApp::without_webhooks().await;
    let form = app.form("/").await;
    let pen = app.variant("PEN").await.id;
    let checkout = app.pay(&form.clone().choose(pen, "1")).await;
    let path = format!("/orders/{}", checkout.token.as_str());
    let script = "script[src='/choice-paid.js']";
    assert!(!app.get(&path).await.has(script));
    app.pay_by_card(&checkout).await;
    let session = app.session(&checkout).await;
    app.deliver_session("checkout.session.completed", &session)
        .await;
    let paid = app.get(&path).await;
    assert_eq!(
        paid.attribute(script, "data-attempt").unwrap(),
        form.attempt()
    );
}
