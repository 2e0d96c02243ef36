//! The options of a session: returned as sent, collected from the shopper, or rejected.

use serde_json::json;

use crate::bench::{Bench, CARD, SESSION, changed};

const OPTIONS: [(&str, &str); 12] = [
    ("phone_number_collection[enabled]", "true"),
    ("billing_address_collection", "required"),
    ("consent_collection[terms_of_service]", "required"),
    ("custom_text[submit][message]", "Thank you!"),
    ("custom_text[shipping_address][message]", "No boxes."),
    (
        "custom_text[terms_of_service_acceptance][message]",
        "Our terms are short.",
    ),
    ("custom_text[after_submit][message]", "See you."),
    ("submit_type", "book"),
    ("customer_creation", "always"),
    ("locale", "de"),
    ("payment_intent_data[description]", "Order 1"),
    ("allow_promotion_codes", "false"),
];

const ANSWERS: [(&str, &str); 8] = [
    ("name", "Ada"),
    ("phone", "+49 731 12345"),
    ("terms_of_service", "true"),
    ("billing[address][line1]", "Weg 1"),
    ("billing[address][line2]", "Hinterhaus"),
    ("billing[address][postal_code]", "89073"),
    ("billing[address][city]", "Ulm"),
    ("billing[address][country]", "DE"),
];

#[tokio::test]
async fn every_option_comes_back_as_it_was_sent() {
    let bench = Bench::start().await;
    let id = bench.session_with(&changed(&SESSION, &OPTIONS)).await;
    let session = bench.retrieve(&id).await;
    assert_eq!(
        session["phone_number_collection"],
        json!({ "enabled": true })
    );
    assert_eq!(session["billing_address_collection"], "required");
    assert_eq!(
        session["consent_collection"]["terms_of_service"],
        "required"
    );
    assert_eq!(session["consent"]["terms_of_service"], json!(null));
    assert_eq!(
        session["custom_text"]["submit"],
        json!({ "message": "Thank you!" })
    );
    assert_eq!(
        session["custom_text"]["after_submit"]["message"],
        "See you."
    );
    assert_eq!(
        (
            &session["submit_type"],
            &session["customer_creation"],
            &session["customer"]
        ),
        (&json!("book"), &json!("always"), &json!(null))
    );
    assert_eq!(
        (&session["locale"], &session["allow_promotion_codes"]),
        (&json!("de"), &json!(false))
    );
}

#[tokio::test]
async fn a_decimal_amount_is_accepted_if_it_is_whole() {
    let bench = Bench::start().await;
    let (whole, decimal) = (
        "line_items[0][price_data][unit_amount]",
        "line_items[0][price_data][unit_amount_decimal]",
    );
    for (amounts, total) in [
        (&[(whole, ""), (decimal, "625")][..], Some(1250)),
        (&[(whole, ""), (decimal, "625.00")], Some(1250)),
        (&[(whole, ""), (decimal, "625.5")], None),
        (&[(whole, ""), (decimal, "-625")], None),
        (&[(decimal, "625")], None),
    ] {
        let created = bench
            .post("/v1/checkout/sessions", &changed(&SESSION, amounts))
            .await;
        assert_eq!(
            created.json()["amount_total"].as_i64(),
            total,
            "{amounts:?}"
        );
        assert_eq!(created.status == 200, total.is_some());
    }
}

#[tokio::test]
async fn what_a_session_collects_is_required_and_stored() {
    let bench = Bench::start().await;
    let id = bench.session_with(&changed(&SESSION, &OPTIONS)).await;
    let full = [CARD.as_slice(), &ANSWERS].concat();
    for missing in [
        "phone",
        "terms_of_service",
        "billing[address][line1]",
        "billing[address][postal_code]",
        "billing[address][city]",
        "billing[address][country]",
    ] {
        let refused = bench.confirm(&id, &changed(&full, &[(missing, "")])).await;
        assert_eq!(
            refused.error(),
            (400, "parameter_missing".into(), missing.into())
        );
    }
    let refused = bench
        .confirm(&id, &changed(&full, &[("phone", "call me")]))
        .await;
    assert_eq!(refused.error(), (400, String::new(), "phone".into()));
    assert!(bench.event_types().await.is_empty());

    let paid = bench.confirm(&id, &full).await.json();
    assert_eq!(paid["consent"]["terms_of_service"], "accepted");
    let customer = &paid["customer_details"];
    assert_eq!(
        (&customer["phone"], &customer["name"]),
        (&json!("+49 731 12345"), &json!("Ada"))
    );
    assert_eq!(
        customer["address"],
        json!({
            "line1": "Weg 1", "line2": "Hinterhaus", "postal_code": "89073",
            "city": "Ulm", "state": null, "country": "DE",
        })
    );
    let url = format!("/v1/checkout/sessions/{id}?expand[]=payment_intent.latest_charge");
    let intent = &bench.get(&url).await.json()["payment_intent"];
    assert_eq!(intent["description"], "Order 1");
    let billing = &intent["latest_charge"]["billing_details"];
    assert_eq!(
        (&billing["phone"], &billing["address"]["city"]),
        (&json!("+49 731 12345"), &json!("Ulm"))
    );
}

#[tokio::test]
async fn invalid_options_are_rejected() {
    let bench = Bench::start().await;
    let long = "x".repeat(1201);
    for (name, value, code, param) in [
        (
            "payment_method_types[0]",
            "card",
            "parameter_unknown",
            "payment_method_types",
        ),
        (
            "automatic_tax[enabled]",
            "maybe",
            "",
            "automatic_tax[enabled]",
        ),
        (
            "automatic_tax[liability]",
            "1",
            "parameter_unknown",
            "automatic_tax[liability]",
        ),
        (
            "phone_number_collection[on]",
            "1",
            "parameter_unknown",
            "phone_number_collection[on]",
        ),
        (
            "billing_address_collection",
            "never",
            "",
            "billing_address_collection",
        ),
        (
            "consent_collection[terms_of_service]",
            "maybe",
            "",
            "consent_collection[terms_of_service]",
        ),
        (
            "custom_text[submit][message]",
            &long,
            "",
            "custom_text[submit][message]",
        ),
        (
            "custom_text[footer][message]",
            "x",
            "parameter_unknown",
            "custom_text[footer]",
        ),
        ("submit_type", "steal", "", "submit_type"),
        ("customer_creation", "never", "", "customer_creation"),
        (
            "line_items[0][price_data][tax_behavior]",
            "none",
            "",
            "line_items[0][price_data][tax_behavior]",
        ),
        ("allow_promotion_codes", "1", "", "allow_promotion_codes"),
    ] {
        let refused = bench
            .post(
                "/v1/checkout/sessions",
                &changed(&SESSION, &[(name, value)]),
            )
            .await;
        let (status, got, named) = refused.error();
        assert_eq!(
            (status, got.as_str()),
            (400, code),
            "{name}={value} {}",
            refused.text
        );
        assert!(
            named.ends_with(param.rsplit('[').next().unwrap_or(param)),
            "{name} {named}"
        );
    }
}

#[tokio::test]
async fn a_replayed_creation_shows_the_session_as_it_was() {
    let bench = Bench::start().await;
    bench
        .post("/v1/coupons", &[("id", "TEN"), ("percent_off", "10")])
        .await;
    let code = [
        ("promotion[type]", "coupon"),
        ("promotion[coupon]", "TEN"),
        ("code", "TEN"),
    ];
    bench.post("/v1/promotion_codes", &code).await;
    let form = changed(&SESSION, &[("allow_promotion_codes", "true")]);
    let first = bench
        .post_keyed("/v1/checkout/sessions", "key-1", &form)
        .await;
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let paid = bench
        .confirm(&id, &changed(&CARD, &[("promotion_code", "TEN")]))
        .await;
    assert_eq!(paid.json()["amount_total"], 1125);
    let again = bench
        .post_keyed("/v1/checkout/sessions", "key-1", &form)
        .await;
    assert_eq!(again.text, first.text);
}
