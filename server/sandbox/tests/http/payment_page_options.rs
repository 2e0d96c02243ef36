//! The payment page of a session that collects addresses, codes and terms, used like by a browser
//! without JavaScript.

use serde_json::json;

use crate::bench::{Bench, Response, SESSION, changed};
use crate::shipping::SHIPPING;

/// All details that a page can collect, with shipping to Ulm.
const TYPED: [(&str, &str); 12] = [
    ("action", "pay"),
    ("email", "ada@example.org"),
    ("name", "Ada"),
    ("shipping_country", "DE"),
    ("shipping_line1", "Weg 1"),
    ("shipping_postal_code", "89073"),
    ("shipping_city", "Ulm"),
    ("billing_same", "true"),
    ("method", "card"),
    ("number", "4242 4242 4242 4242"),
    ("expiry", "12 / 40"),
    ("cvc", "987"),
];

async fn submit(bench: &Bench, id: &str, form: &[(&str, &str)]) -> Response {
    let url = bench.url(&format!("/c/pay/{id}"));
    bench.send(bench.client.post(url).form(form)).await
}

async fn show(bench: &Bench, id: &str) -> String {
    bench.get(&format!("/c/pay/{id}")).await.text
}

async fn shipped(bench: &Bench, changes: &[(&str, &str)]) -> String {
    let form = changed(&SESSION, &SHIPPING);
    bench.session_with(&changed(&form, changes)).await
}

#[tokio::test]
async fn a_simple_session_shows_only_the_basic_fields() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let page = show(&bench, &id).await;
    for absent in [
        "id=\"phone\"",
        "id=\"promotion_code\"",
        "id=\"shipping_country\"",
        "id=\"billing_country\"",
        "id=\"terms_of_service\"",
        "name=\"shipping_rate\"",
        "Update total",
        "Subtotal",
        "aria-hidden",
    ] {
        assert!(!page.contains(absent), "{absent}");
    }
}

#[tokio::test]
async fn the_page_shows_what_the_session_collects() {
    let bench = Bench::start().await;
    let id = shipped(
        &bench,
        &[
            ("phone_number_collection[enabled]", "true"),
            ("billing_address_collection", "required"),
            ("consent_collection[terms_of_service]", "required"),
            (
                "custom_text[terms_of_service_acceptance][message]",
                "I <b>agree</b>.",
            ),
            ("custom_text[submit][message]", "Before noon, sent today."),
            ("allow_promotion_codes", "true"),
            ("automatic_tax[enabled]", "true"),
            ("submit_type", "book"),
        ],
    )
    .await;
    let page = show(&bench, &id).await;
    for part in [
        "<label for=\"phone\">",
        "<legend>Shipping address</legend>",
        "<option value=\"AT\">Austria</option>",
        "<legend>Billing address</legend>",
        "<option value=\"BR\">Brazil</option>",
        "2–4 business days",
        "I &lt;b&gt;agree&lt;/b&gt;.",
        "Before noon, sent today.",
        "<label for=\"promotion_code\">",
        "Enter address to calculate",
        "Book for €17.40</button>",
        "Update total</button>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let choices = page
        .split("id=\"shipping_country\"")
        .nth(1)
        .and_then(|rest| rest.split("</select>").next())
        .unwrap();
    assert_eq!(
        choices.matches("<option").count(),
        3,
        "the two allowed ones, and none"
    );
    let default = page.find("class=\"default\"").unwrap();
    assert_eq!(page.find("<button").unwrap(), default - "<button ".len());
    assert_eq!(page.matches("<h1").count(), 1);
}

#[tokio::test]
async fn the_total_is_updated_before_it_is_paid() {
    let bench = Bench::start().await;
    let id = shipped(&bench, &[("automatic_tax[enabled]", "true")]).await;
    let session = bench.retrieve(&id).await;
    let express = session["shipping_options"][1]["shipping_rate"]
        .as_str()
        .unwrap();
    let form = changed(
        &TYPED,
        &[("shipping_rate", express), ("expected_amount", "1740")],
    );
    let asked = submit(&bench, &id, &changed(&form, &[("action", "update")])).await;
    assert_eq!(asked.status, 200);
    // 19 % on 12.50 and on 9.90: 2.38 and 1.88.
    assert!(
        asked
            .text
            .contains("role=\"status\">The total is now €26.66.")
    );
    assert!(asked.text.contains("Pay €26.66</button>"));
    assert!(asked.text.contains("value=\"Weg 1\"") && !asked.text.contains("value=\"987\""));
    let session = bench.retrieve(&id).await;
    assert_eq!(
        (
            &session["status"],
            &session["amount_total"],
            &session["automatic_tax"]["status"]
        ),
        (&json!("open"), &json!(2666), &json!("complete"))
    );
    let stale = submit(&bench, &id, &form).await;
    assert_eq!(stale.status, 400);
    assert!(stale.text.contains("The total has changed to €26.66"));
    let paid = submit(&bench, &id, &changed(&form, &[("expected_amount", "2666")])).await;
    assert_eq!(paid.status, 303, "{}", paid.text);
    let session = bench.retrieve(&id).await;
    assert_eq!(session["amount_total"], 2666);
    assert_eq!(session["shipping_cost"]["shipping_rate"], express);
    assert_eq!(
        session["collected_information"]["shipping_details"]["address"]["city"],
        "Ulm"
    );
    assert_eq!(bench.ledger().await[0]["amount"], 2666);
}

#[tokio::test]
async fn a_total_that_grows_while_paying_is_shown_and_not_charged() {
    let bench = Bench::start().await;
    let id = shipped(&bench, &[("automatic_tax[enabled]", "true")]).await;
    let form = changed(&TYPED, &[("expected_amount", "1740")]);
    let page = submit(&bench, &id, &form).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("The total has changed to €20.71"));
    assert!(
        page.text
            .contains("name=\"expected_amount\" value=\"2071\"")
    );
    assert!(bench.ledger().await.is_empty());
}

#[tokio::test]
async fn a_promotion_code_is_applied_and_removed() {
    let bench = Bench::start().await;
    bench
        .post(
            "/v1/coupons",
            &[("id", "TEN"), ("percent_off", "10"), ("name", "Spring")],
        )
        .await;
    let code = [
        ("promotion[type]", "coupon"),
        ("promotion[coupon]", "TEN"),
        ("code", "TEN-NOW"),
    ];
    bench.post("/v1/promotion_codes", &code).await;
    let id = bench
        .session_with(&changed(&SESSION, &[("allow_promotion_codes", "true")]))
        .await;
    let apply = |code| changed(&TYPED, &[("action", "apply"), ("promotion_code", code)]);
    let unknown = submit(&bench, &id, &apply("nonsense")).await;
    assert_eq!(unknown.status, 400);
    assert!(
        unknown
            .text
            .contains("id=\"promotion_code-error\">This code is invalid.")
    );
    assert!(unknown.text.contains("value=\"nonsense\""));
    let applied = submit(&bench, &id, &apply("ten-now")).await;
    assert_eq!(applied.status, 200);
    for part in [
        "Spring (10% off)",
        "-€1.25",
        "Pay €11.25</button>",
        "Remove TEN-NOW",
    ] {
        assert!(applied.text.contains(part), "{part}");
    }
    assert!(!applied.text.contains("id=\"promotion_code\""));
    let removed = submit(&bench, &id, &changed(&TYPED, &[("action", "remove")])).await;
    assert!(removed.text.contains("Pay €12.50</button>"));
    assert_eq!(bench.retrieve(&id).await["discounts"], json!([]));

    // A code that was typed but not applied is applied when paying; the new total is shown first.
    let form = changed(
        &TYPED,
        &[("promotion_code", "TEN-NOW"), ("expected_amount", "1250")],
    );
    assert_eq!(submit(&bench, &id, &form).await.status, 400);
    let form = changed(&TYPED, &[("expected_amount", "1125")]);
    assert_eq!(submit(&bench, &id, &form).await.status, 303);
    assert_eq!(bench.ledger().await[0]["amount"], 1125);
}

#[tokio::test]
async fn a_missing_value_is_shown_at_its_field() {
    let bench = Bench::start().await;
    let id = shipped(
        &bench,
        &[
            ("phone_number_collection[enabled]", "true"),
            ("billing_address_collection", "required"),
            ("consent_collection[terms_of_service]", "required"),
        ],
    )
    .await;
    let full = changed(
        &TYPED,
        &[
            ("phone", "0731 12345"),
            ("terms_of_service", "true"),
            ("expected_amount", "1740"),
        ],
    );
    for (field, value, message) in [
        ("phone", "", "Enter your phone number."),
        ("phone", "call me", "Your phone number is invalid."),
        ("name", "", "Enter your name."),
        ("shipping_country", "", "Enter the country."),
        ("shipping_line1", "", "Enter the street and house number."),
        ("shipping_postal_code", "", "Enter the postal code."),
        ("shipping_city", "", "Enter the town or city."),
        (
            "terms_of_service",
            "",
            "Accept the terms of service to continue.",
        ),
    ] {
        let page = submit(&bench, &id, &changed(&full, &[(field, value)])).await;
        assert_eq!(page.status, 400, "{field}");
        assert!(
            page.text
                .contains(&format!("id=\"{field}-error\">{message}"))
                && page.text.contains(&format!("<a href=\"#{field}\">")),
            "{field}={value}"
        );
    }
    let elsewhere = submit(&bench, &id, &changed(&full, &[("billing_same", "")])).await;
    assert!(elsewhere.text.contains("id=\"billing_country-error\""));
    let billing = [
        ("billing_same", ""),
        ("billing_country", "BR"),
        ("billing_line1", "Rua 2"),
        ("billing_postal_code", "01000"),
        ("billing_city", "São Paulo"),
    ];
    assert_eq!(
        submit(&bench, &id, &changed(&full, &billing)).await.status,
        303
    );
    let session = bench.retrieve(&id).await;
    assert_eq!(session["customer_details"]["address"]["city"], "São Paulo");
    assert_eq!(session["customer_details"]["phone"], "0731 12345");
    assert_eq!(session["consent"]["terms_of_service"], "accepted");
    assert_eq!(
        session["collected_information"]["shipping_details"]["name"],
        "Ada"
    );
}

#[tokio::test]
async fn the_same_billing_address_is_copied() {
    let bench = Bench::start().await;
    let id = shipped(&bench, &[("billing_address_collection", "required")]).await;
    let form = changed(&TYPED, &[("expected_amount", "1740")]);
    assert_eq!(submit(&bench, &id, &form).await.status, 303);
    assert_eq!(
        bench.retrieve(&id).await["customer_details"]["address"]["city"],
        "Ulm"
    );
}

#[tokio::test]
async fn a_3ds_card_leads_to_the_bank_and_back() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let form = changed(
        &TYPED,
        &[
            ("number", "4000 0027 6000 3184"),
            ("expected_amount", "1250"),
        ],
    );
    let asked = submit(&bench, &id, &form).await;
    let place = bench.url(&format!("/c/pay/{id}/authenticate"));
    assert_eq!(
        (asked.status, asked.header("location")),
        (303, place.as_str())
    );
    let path = format!("/c/pay/{id}/authenticate");
    let bank = bench.get(&path).await.text;
    assert!(bank.contains("You are paying €12.50 to shop.test with the card ending in 3184"));
    assert!(bank.contains("<strong>Sandbox</strong>"));
    assert!(
        show(&bench, &id)
            .await
            .contains("value=\"ada@example.org\""),
        "the way back keeps what was typed"
    );
    let answer = |value: &'static str| {
        let request = bench.client.post(place.clone()).form(&[("answer", value)]);
        bench.send(request)
    };
    assert_eq!(answer("maybe").await.status, 400);
    let failed = answer("fail").await;
    assert!(failed.text.contains(&format!("action=\"../{id}\"")));
    assert_eq!(bench.get(&path).await.status, 303, "nothing waits any more");
    submit(&bench, &id, &form).await;
    assert_eq!(answer("approve").await.status, 303);
    assert!(bench.get(&path).await.text.contains("This is already paid"));
}
