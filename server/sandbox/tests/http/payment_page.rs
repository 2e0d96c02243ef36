//! The payment page, used like by a browser without JavaScript.

use serde_json::json;

use crate::bench::{Bench, Receiver, Response, SESSION, changed};

const TYPED: [(&str, &str); 7] = [
    ("expected_amount", "1250"),
    ("email", "ada@example.org"),
    ("name", "Ada \"<i>\""),
    ("method", "card"),
    ("number", "4242 4242 4242 4242"),
    ("expiry", "12 / 40"),
    ("cvc", "987"),
];

async fn submit(bench: &Bench, id: &str, form: &[(&str, &str)]) -> Response {
    bench
        .send(
            bench
                .client
                .post(bench.url(&format!("/c/pay/{id}")))
                .form(form),
        )
        .await
}

#[tokio::test]
async fn the_page_shows_the_lines_the_total_and_that_it_is_a_sandbox() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let page = bench.get(&format!("/c/pay/{id}")).await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    assert_eq!(page.header("cache-control"), "no-store");
    for part in [
        "<strong>Sandbox</strong> — no real payment is taken",
        "Tea &amp; &lt;b&gt;&quot;Cups&quot;&lt;/b&gt;",
        "2 × €6.25",
        "Pay €12.50</button>",
        "href=\"http://shop.test/cancelled\"",
        "4242 4242 4242 4242",
        "AT61 1904 3002 3457 3201",
        "<label for=\"number\">",
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    assert!(!page.text.contains("<script"));
    assert_eq!(page.text.matches("<h1").count(), 1);
    assert!(
        bench
            .get("/c/sandbox.css")
            .await
            .text
            .contains(":focus-visible")
    );
}

#[tokio::test]
async fn a_known_email_address_is_not_requested_again() {
    let bench = Bench::start().await;
    let id = bench
        .session_with(&changed(
            &SESSION,
            &[("customer_email", "known@example.org")],
        ))
        .await;
    let page = bench.get(&format!("/c/pay/{id}")).await;
    assert!(page.text.contains("known@example.org") && !page.text.contains("id=\"email\""));
    assert_eq!(
        submit(&bench, &id, &changed(&TYPED, &[("email", "")]))
            .await
            .status,
        303
    );
}

#[tokio::test]
async fn paying_redirects_to_the_shop_after_it_has_received_the_event() {
    let receiver = Receiver::start().await;
    let bench = Bench::sending_to(&receiver).await;
    let id = bench.session().await;
    let paid = submit(&bench, &id, &TYPED).await;
    assert_eq!(
        (paid.status, paid.header("location")),
        (
            303,
            format!("http://shop.test/done?session_id={id}").as_str()
        )
    );
    let completed = receiver
        .received()
        .into_iter()
        .filter(|received| received.is("checkout.session.completed"))
        .count();
    assert_eq!(completed, 1);
    let twice = submit(&bench, &id, &TYPED).await;
    assert_eq!(
        (twice.status, twice.header("location")),
        (303, paid.header("location")),
        "a second click leads there too"
    );
    assert_eq!(bench.ledger().await.len(), 1);
}

#[tokio::test]
async fn an_encoded_placeholder_is_replaced_too() {
    let bench = Bench::start().await;
    let url = "http://shop.test/ü?id=%7BCHECKOUT_SESSION_ID%7D";
    let id = bench
        .session_with(&changed(&SESSION, &[("success_url", url)]))
        .await;
    assert_eq!(
        submit(&bench, &id, &TYPED).await.header("location"),
        format!("http://shop.test/%C3%BC?id={id}")
    );
}

#[tokio::test]
async fn a_declined_card_shows_its_reason_and_keeps_the_typed_values() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let declined = submit(
        &bench,
        &id,
        &changed(&TYPED, &[("number", "4000 0000 0000 9995")]),
    )
    .await;
    assert_eq!(declined.status, 402);
    assert!(
        declined
            .text
            .contains("role=\"alert\">Your card has insufficient funds. Nothing was paid.")
    );
    assert!(declined.text.contains("value=\"ada@example.org\""));
    assert!(
        declined
            .text
            .contains("value=\"Ada &quot;&lt;i&gt;&quot;\"")
    );
    assert!(declined.text.contains("value=\"12 / 40\""));
    assert!(!declined.text.contains("value=\"4000") && !declined.text.contains("value=\"987"));
    assert_eq!(submit(&bench, &id, &TYPED).await.status, 303);
}

#[tokio::test]
async fn an_invalid_field_is_linked_to_its_message() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    for (name, value, message) in [
        (
            "number",
            "4242424242424241",
            "Your card number is incorrect.",
        ),
        ("expiry", "13/40", "expiration month is invalid"),
        ("expiry", "", "expiration month is invalid"),
        ("cvc", "1", "security code is invalid"),
        ("email", "nobody", "email address is invalid"),
        ("email", "", "Enter your email address."),
    ] {
        let page = submit(&bench, &id, &changed(&TYPED, &[(name, value)])).await;
        assert!(page.status == 402 || page.status == 400, "{name}={value}");
        assert!(page.text.contains(message), "{name}={value}");
        assert!(
            page.text.contains(&format!("id=\"{name}-error\""))
                && page.text.contains("aria-invalid=\"true\"")
        );
    }
    let iban = submit(
        &bench,
        &id,
        &changed(&TYPED, &[("method", "sepa_debit"), ("iban", "DE1")]),
    )
    .await;
    assert!(
        iban.text.contains("id=\"iban-error\"")
            && iban.text.contains("value=\"sepa_debit\" checked")
    );
    assert!(!iban.text.contains("value=\"DE1\""));
}

#[tokio::test]
async fn a_direct_debit_redirects_before_it_is_paid() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let form = changed(
        &TYPED,
        &[
            ("method", "sepa_debit"),
            ("iban", "AT61 1904 3002 3457 3201"),
        ],
    );
    assert_eq!(submit(&bench, &id, &form).await.status, 303);
    assert_eq!(bench.retrieve(&id).await["payment_status"], "unpaid");
}

#[tokio::test]
async fn a_changed_total_is_shown_before_it_is_paid() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let page = submit(&bench, &id, &changed(&TYPED, &[("expected_amount", "1")])).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("The total has changed to"));
    assert_eq!(bench.retrieve(&id).await["status"], "open");
}

#[tokio::test]
async fn a_free_order_needs_no_card() {
    let bench = Bench::start().await;
    let id = bench
        .session_with(&changed(
            &SESSION,
            &[("line_items[0][price_data][unit_amount]", "0")],
        ))
        .await;
    assert!(
        !bench
            .get(&format!("/c/pay/{id}"))
            .await
            .text
            .contains("id=\"number\"")
    );
    assert_eq!(
        submit(
            &bench,
            &id,
            &[("email", "ada@example.org"), ("expected_amount", "0")]
        )
        .await
        .status,
        303
    );
    assert_eq!(
        bench.retrieve(&id).await["payment_status"],
        "no_payment_required"
    );
}

#[tokio::test]
async fn paid_expired_and_unknown_sessions_have_their_own_pages() {
    let bench = Bench::start().await;
    let (paid, expired) = (bench.session().await, bench.session().await);
    bench.pay(&paid).await;
    bench
        .post(&format!("/v1/checkout/sessions/{expired}/expire"), &[])
        .await;
    let page = bench.get(&format!("/c/pay/{paid}")).await;
    assert!(
        page.text.contains("This is already paid")
            && page.text.contains(&format!("session_id={paid}"))
    );
    for page in [
        bench.get(&format!("/c/pay/{expired}")).await,
        submit(&bench, &expired, &TYPED).await,
    ] {
        assert_eq!(page.status, 410);
        assert!(
            page.text.contains("This payment page has expired")
                && page.text.contains("http://shop.test/cancelled")
        );
    }
    assert_eq!(bench.get("/c/pay/cs_test_x").await.status, 404);
    assert_eq!(submit(&bench, "cs_test_x", &TYPED).await.status, 404);
    assert_eq!(
        bench
            .ledger()
            .await
            .iter()
            .map(|payment| payment["amount"].clone())
            .collect::<Vec<_>>(),
        [json!(1250)]
    );
}
