//! Shipping addresses and shipping options.

use serde_json::json;

use crate::bench::{Bench, CARD, SESSION, changed};

/// Standard for €4.90, Express for €9.90.
pub(crate) const SHIPPING: [(&str, &str); 13] = [
    ("shipping_address_collection[allowed_countries][0]", "DE"),
    ("shipping_address_collection[allowed_countries][1]", "AT"),
    (
        "shipping_options[0][shipping_rate_data][display_name]",
        "Standard",
    ),
    (
        "shipping_options[0][shipping_rate_data][type]",
        "fixed_amount",
    ),
    (
        "shipping_options[0][shipping_rate_data][fixed_amount][amount]",
        "490",
    ),
    (
        "shipping_options[0][shipping_rate_data][fixed_amount][currency]",
        "eur",
    ),
    (
        "shipping_options[0][shipping_rate_data][delivery_estimate][minimum][unit]",
        "business_day",
    ),
    (
        "shipping_options[0][shipping_rate_data][delivery_estimate][minimum][value]",
        "2",
    ),
    (
        "shipping_options[0][shipping_rate_data][delivery_estimate][maximum][unit]",
        "business_day",
    ),
    (
        "shipping_options[0][shipping_rate_data][delivery_estimate][maximum][value]",
        "4",
    ),
    (
        "shipping_options[1][shipping_rate_data][display_name]",
        "Express",
    ),
    (
        "shipping_options[1][shipping_rate_data][fixed_amount][amount]",
        "990",
    ),
    (
        "shipping_options[1][shipping_rate_data][fixed_amount][currency]",
        "eur",
    ),
];

pub(crate) const ULM: [(&str, &str); 5] = [
    ("shipping[name]", "Ada Lovelace"),
    ("shipping[address][line1]", "Weg 1"),
    ("shipping[address][postal_code]", "89073"),
    ("shipping[address][city]", "Ulm"),
    ("shipping[address][country]", "DE"),
];

#[tokio::test]
async fn the_first_option_is_the_default() {
    let bench = Bench::start().await;
    let id = bench.session_with(&changed(&SESSION, &SHIPPING)).await;
    let url = format!("/v1/checkout/sessions/{id}?expand[]=shipping_cost.shipping_rate");
    let session = bench.get(&url).await.json();
    assert_eq!(
        session["shipping_address_collection"],
        json!({ "allowed_countries": ["DE", "AT"] })
    );
    assert_eq!(
        (&session["amount_subtotal"], &session["amount_total"]),
        (&json!(1250), &json!(1740))
    );
    assert_eq!(session["total_details"]["amount_shipping"], 490);
    let rate = &session["shipping_cost"]["shipping_rate"];
    assert_eq!(rate["display_name"], "Standard");
    assert_eq!(
        rate["delivery_estimate"]["maximum"],
        json!({ "unit": "business_day", "value": 4 })
    );
    let express = session["shipping_options"][1]["shipping_rate"]
        .as_str()
        .unwrap();
    assert_eq!(session["shipping_options"][1]["shipping_amount"], 990);

    let form = changed(
        &[CARD.as_slice(), &ULM].concat(),
        &[("shipping[rate]", express)],
    );
    let stale = changed(&form, &[("expected_amount", "1740")]);
    assert_eq!(
        bench.confirm(&id, &stale).await.error().2,
        "expected_amount"
    );
    let paid = bench.confirm(&id, &form).await.json();
    assert_eq!(paid["amount_total"], 2240);
    assert_eq!(
        paid["shipping_cost"],
        json!({
            "amount_subtotal": 990,
            "amount_tax": 0,
            "amount_total": 990,
            "shipping_rate": express,
        })
    );
    assert_eq!(
        paid["collected_information"]["shipping_details"],
        json!({
            "name": "Ada Lovelace",
            "address": {
                "line1": "Weg 1", "line2": null, "postal_code": "89073",
                "city": "Ulm", "state": null, "country": "DE",
            },
        })
    );
    let intent = bench
        .get(&format!(
            "/v1/payment_intents/{}",
            paid["payment_intent"].as_str().unwrap()
        ))
        .await
        .json();
    assert_eq!(
        (&intent["amount"], &intent["shipping"]["name"]),
        (&json!(2240), &json!("Ada Lovelace"))
    );
}

#[tokio::test]
async fn a_missing_or_disallowed_address_is_rejected() {
    let bench = Bench::start().await;
    let id = bench.session_with(&changed(&SESSION, &SHIPPING)).await;
    let full = [CARD.as_slice(), &ULM].concat();
    for (name, value, code) in [
        ("shipping[name]", "", "parameter_missing"),
        ("shipping[address][line1]", "", "parameter_missing"),
        ("shipping[address][postal_code]", "", "parameter_missing"),
        ("shipping[address][city]", "", "parameter_missing"),
        ("shipping[address][country]", "", "parameter_missing"),
        ("shipping[address][country]", "FR", ""),
        ("shipping[rate]", "shr_x", ""),
        ("shipping[address][planet]", "Mars", "parameter_unknown"),
    ] {
        let refused = bench.confirm(&id, &changed(&full, &[(name, value)])).await;
        assert_eq!(
            refused.error(),
            (400, code.into(), name.into()),
            "{name}={value}"
        );
    }
    assert_eq!(
        bench.retrieve(&id).await["collected_information"],
        json!(null)
    );
    let plain = bench.session().await;
    assert_eq!(
        bench.confirm(&plain, &full).await.error(),
        (400, String::new(), "shipping[address]".into()),
        "this session collects no address"
    );
    assert!(bench.event_types().await.is_empty());
}

#[tokio::test]
async fn invalid_shipping_is_rejected() {
    let bench = Bench::start().await;
    let rate = "shipping_options[0][shipping_rate_data]";
    let name = |rest: &str| format!("{rate}{rest}");
    for (param, value, code) in [
        (
            "shipping_address_collection[allowed_countries][0]".to_owned(),
            "CU",
            "",
        ),
        (name("[display_name]"), "", "parameter_missing"),
        (name("[type]"), "calculated", ""),
        (name("[fixed_amount][amount]"), "", "parameter_missing"),
        (
            name("[fixed_amount][amount]"),
            "-1",
            "parameter_invalid_integer",
        ),
        (name("[fixed_amount][currency]"), "usd", ""),
        (name("[delivery_estimate][minimum][unit]"), "year", ""),
        (
            name("[delivery_estimate][minimum][value]"),
            "0",
            "parameter_invalid_integer",
        ),
        (name("[weight]"), "1", "parameter_unknown"),
        (
            "shipping_options[0][shipping_rate]".to_owned(),
            "shr_x",
            "resource_missing",
        ),
    ] {
        let form = changed(&SESSION, &SHIPPING);
        let refused = bench
            .post("/v1/checkout/sessions", &changed(&form, &[(&param, value)]))
            .await;
        let (status, got, named) = refused.error();
        assert_eq!(
            (status, got.as_str()),
            (400, code),
            "{param}={value} {}",
            refused.text
        );
        let list = param.strip_suffix("[0]").unwrap_or(&param);
        assert_eq!(named, list);
    }
}
