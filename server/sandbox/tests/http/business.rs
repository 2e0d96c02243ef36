//! What businesses are asked for, and what they get: custom fields, tax ids, invoices, and taxes by
//! rate.

use serde_json::{Value, json};

use crate::bench::{Bench, CARD, SESSION, changed};

const NOTE: [(&str, &str); 6] = [
    ("custom_fields[0][key]", "order_note"),
    ("custom_fields[0][label][type]", "custom"),
    ("custom_fields[0][label][custom]", "Note"),
    ("custom_fields[0][type]", "text"),
    ("custom_fields[0][optional]", "true"),
    ("custom_fields[0][text][maximum_length]", "20"),
];
const TAX_ID: (&str, &str) = ("tax_id_collection[enabled]", "true");
const INVOICE: (&str, &str) = ("invoice_creation[enabled]", "true");

#[tokio::test]
async fn a_custom_field_is_empty_until_the_shopper_fills_it_in() {
    let bench = Bench::start().await;
    let id = bench.session_with(&changed(&SESSION, &NOTE)).await;
    let field = |value: Value| {
        json!([{
            "key": "order_note", "label": { "custom": "Note", "type": "custom" },
            "optional": true, "type": "text",
            "text": {
                "default_value": null, "maximum_length": 20, "minimum_length": null, "value": value,
            },
        }])
    };
    assert_eq!(
        bench.retrieve(&id).await["custom_fields"],
        field(Value::Null)
    );
    let too_long = [("custom_fields[order_note]", "longer than twenty characters")];
    let refused = bench.confirm(&id, &changed(&CARD, &too_long)).await;
    assert_eq!(refused.error().2, "custom_fields[order_note]");
    let typed = [("custom_fields[order_note]", "Ring twice")];
    let paid = bench.confirm(&id, &changed(&CARD, &typed)).await.json();
    assert_eq!(paid["custom_fields"], field("Ring twice".into()));
}

#[tokio::test]
async fn a_field_that_is_not_optional_must_be_filled_in_and_others_are_unknown() {
    let bench = Bench::start().await;
    let required = changed(&NOTE, &[("custom_fields[0][optional]", "false")]);
    let id = bench.session_with(&changed(&SESSION, &required)).await;
    let missing = bench.confirm(&id, &CARD).await.error();
    let param = "custom_fields[order_note]".to_owned();
    assert_eq!(missing, (400, "parameter_missing".to_owned(), param));
    let other = [("custom_fields[size]", "L")];
    let unknown = bench.confirm(&id, &changed(&CARD, &other)).await;
    assert_eq!(unknown.error().2, "custom_fields[size]");
    for wrong in [
        ("custom_fields[0][type]", "dropdown"),
        ("custom_fields[0][key]", "a b"),
        ("custom_fields[0][text][maximum_length]", "256"),
    ] {
        let form = changed(&changed(&SESSION, &NOTE), &[wrong]);
        let refused = bench.post("/v1/checkout/sessions", &form).await;
        assert_eq!((refused.status, refused.error().2.as_str()), (400, wrong.0));
    }
}

#[tokio::test]
async fn a_company_and_its_tax_id_are_in_the_customers_details() {
    let bench = Bench::start().await;
    let id = bench.session_with(&changed(&SESSION, &[TAX_ID])).await;
    assert_eq!(
        bench.retrieve(&id).await["tax_id_collection"],
        json!({ "enabled": true, "required": "never" })
    );
    let typed = [
        ("business_name", "Tea Ltd"),
        ("tax_id[type]", "eu_vat"),
        ("tax_id[value]", "DE123456789"),
    ];
    let paid = bench.confirm(&id, &changed(&CARD, &typed)).await.json();
    let details = &paid["customer_details"];
    assert_eq!(details["business_name"], "Tea Ltd");
    assert_eq!(
        details["tax_ids"],
        json!([{ "type": "eu_vat", "value": "DE123456789" }])
    );
    assert_eq!(paid["collected_information"]["business_name"], "Tea Ltd");
    let plain = bench.session().await;
    let refused = bench.confirm(&plain, &changed(&CARD, &typed)).await;
    assert_eq!(
        (refused.status, refused.error().2.as_str()),
        (400, "tax_id")
    );
}

#[tokio::test]
async fn a_paid_session_has_its_invoice() {
    let bench = Bench::start().await;
    let id = bench.session_with(&changed(&SESSION, &[INVOICE])).await;
    let open = bench.retrieve(&id).await;
    assert_eq!(
        (&open["invoice"], &open["invoice_creation"]["enabled"]),
        (&Value::Null, &json!(true))
    );
    bench.pay(&id).await;
    let paid = bench.retrieve(&id).await;
    let invoice = paid["invoice"].as_str().unwrap();
    let found = bench.get(&format!("/v1/invoices/{invoice}")).await.json();
    assert_eq!(
        (&found["status"], &found["amount_paid"]),
        (&json!("paid"), &json!(1250))
    );
    let expanded = bench
        .get(&format!("/v1/checkout/sessions/{id}?expand[]=invoice"))
        .await
        .json();
    assert_eq!(expanded["invoice"], found);
    let page = found["hosted_invoice_url"].as_str().unwrap();
    let page = bench.get(&page[page.find("/c/").unwrap()..]).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Tea &amp; &lt;b&gt;"), "{}", page.text);
    let pdf = found["invoice_pdf"].as_str().unwrap();
    assert!(pdf.ends_with("/pdf"), "{pdf}");
    assert_eq!(bench.get("/v1/invoices/in_unknown").await.status, 404);
}

#[tokio::test]
async fn the_page_asks_for_company_tax_id_and_note() {
    let bench = Bench::start().await;
    let form = changed(&changed(&SESSION, &NOTE), &[TAX_ID]);
    let id = bench.session_with(&form).await;
    let page = bench.get(&format!("/c/pay/{id}")).await.text;
    for name in ["business_name", "tax_id", "custom_fields[order_note]"] {
        assert!(page.contains(&format!("name=\"{name}\"")), "{name}: {page}");
    }
    let typed = [
        ("email", "ada@example.org"),
        ("name", "Ada"),
        ("number", "4242424242424242"),
        ("expiry", "12/40"),
        ("cvc", "123"),
        ("business_name", "Tea Ltd"),
        ("tax_id", "GB123456789"),
        ("custom_fields[order_note]", "Ring twice"),
        ("expected_amount", "1250"),
    ];
    bench.post(&format!("/c/pay/{id}"), &typed).await;
    let paid = bench.retrieve(&id).await;
    assert_eq!(paid["payment_status"], "paid");
    assert_eq!(paid["custom_fields"][0]["text"]["value"], "Ring twice");
    let tax_ids = json!([{ "type": "gb_vat", "value": "GB123456789" }]);
    assert_eq!(paid["customer_details"]["tax_ids"], tax_ids);
}

#[tokio::test]
async fn taxes_by_rate_and_discounts_are_in_the_breakdown_only_when_it_is_expanded() {
    let bench = Bench::start().await;
    bench
        .post(
            "/v1/coupons",
            &[("id", "HALF"), ("percent_off", "50"), ("duration", "once")],
        )
        .await;
    let taxed = [
        ("automatic_tax[enabled]", "true"),
        ("line_items[0][price_data][tax_behavior]", "inclusive"),
        ("discounts[0][coupon]", "HALF"),
    ];
    let id = bench.session_with(&changed(&SESSION, &taxed)).await;
    let billing = [
        ("billing[address][line1]", "Weg 1"),
        ("billing[address][postal_code]", "89073"),
        ("billing[address][city]", "Ulm"),
        ("billing[address][country]", "DE"),
    ];
    let paid = bench.confirm(&id, &changed(&CARD, &billing)).await;
    assert_eq!(paid.status, 200);
    let plain = bench.retrieve(&id).await;
    assert_eq!(plain["total_details"].get("breakdown"), None);
    let path = format!("/v1/checkout/sessions/{id}?expand[]=total_details.breakdown");
    let expanded = bench.get(&path).await.json();
    let breakdown = &expanded["total_details"]["breakdown"];
    let tax = &breakdown["taxes"][0];
    // 19 % are in 6.25.
    assert_eq!(
        (&tax["amount"], &tax["taxable_amount"]),
        (&json!(100), &json!(525))
    );
    assert_eq!(tax["rate"]["percentage"], 19.0);
    assert_eq!(
        (
            &tax["rate"]["display_name"],
            &tax["rate"]["inclusive"],
            &tax["rate"]["jurisdiction"]
        ),
        (&json!("VAT"), &json!(true), &json!("Germany"))
    );
    let discount = &breakdown["discounts"][0];
    assert_eq!(discount["amount"], 625);
    assert_eq!(
        discount["discount"]["source"],
        json!({ "coupon": "HALF", "type": "coupon" })
    );
}

#[tokio::test]
async fn a_sessions_payment_has_its_balance_transaction_once_it_is_booked() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    bench.pay(&id).await;
    bench.advance_clock(5).await;
    let path = format!(
        "/v1/checkout/sessions/{id}?expand[]=payment_intent.latest_charge.balance_transaction"
    );
    let booked = crate::bench::eventually(async || {
        let session = bench.get(&path).await.json();
        let booked = &session["payment_intent"]["latest_charge"]["balance_transaction"];
        booked.is_object().then(|| booked.clone())
    })
    .await;
    assert_eq!(
        (&booked["amount"], &booked["net"]),
        (&json!(1250), &json!(1250))
    );
}
