//! Automatic tax, from the sandbox's own table: 19 % in Germany, none in Brazil.

use serde_json::json;

use crate::bench::{Bench, CARD, SESSION, changed};
use crate::shipping::{SHIPPING, ULM};

const TAXED: (&str, &str) = ("automatic_tax[enabled]", "true");
const BEHAVIOR: &str = "line_items[0][price_data][tax_behavior]";
const BILLING: [(&str, &str); 4] = [
    ("billing[address][line1]", "Weg 1"),
    ("billing[address][postal_code]", "89073"),
    ("billing[address][city]", "Ulm"),
    ("billing[address][country]", "DE"),
];

#[tokio::test]
async fn tax_is_known_when_the_address_is() {
    let bench = Bench::start().await;
    let id = bench.session_with(&changed(&SESSION, &[TAXED])).await;
    let open = bench.retrieve(&id).await;
    assert_eq!(open["automatic_tax"]["status"], "requires_location_inputs");
    assert_eq!(
        (&open["amount_total"], &open["total_details"]["amount_tax"]),
        (&json!(1250), &json!(0))
    );
    assert_eq!(
        bench.confirm(&id, &CARD).await.error(),
        (
            400,
            "parameter_missing".into(),
            "billing[address][country]".into()
        )
    );
    let form = [CARD.as_slice(), &BILLING].concat();
    let stale = changed(&form, &[("expected_amount", "1250")]);
    assert_eq!(
        bench.confirm(&id, &stale).await.error().2,
        "expected_amount"
    );
    let paid = bench
        .confirm(&id, &changed(&form, &[("expected_amount", "1488")]))
        .await
        .json();
    assert_eq!(paid["automatic_tax"]["status"], "complete");
    // 19 % of 1250 is 237.5.
    assert_eq!(
        (&paid["amount_total"], &paid["total_details"]["amount_tax"]),
        (&json!(1488), &json!(238))
    );
    assert_eq!(paid["customer_details"]["address"]["city"], "Ulm");
    assert_eq!(bench.ledger().await[0]["amount"], 1488);
    let url = format!("/v1/checkout/sessions/{id}/line_items");
    let line = &bench.get(&url).await.json()["data"][0];
    assert_eq!(
        (&line["amount_tax"], &line["amount_total"]),
        (&json!(238), &json!(1488))
    );
}

#[tokio::test]
async fn included_tax_does_not_change_the_total() {
    let bench = Bench::start().await;
    let id = bench
        .session_with(&changed(&SESSION, &[TAXED, (BEHAVIOR, "inclusive")]))
        .await;
    let form = [CARD.as_slice(), &BILLING].concat();
    let paid = bench
        .confirm(&id, &changed(&form, &[("expected_amount", "1250")]))
        .await
        .json();
    assert_eq!(
        (
            &paid["amount_subtotal"],
            &paid["amount_total"],
            &paid["total_details"]["amount_tax"]
        ),
        (&json!(1250), &json!(1250), &json!(200))
    );
    let url = format!("/v1/checkout/sessions/{id}/line_items");
    assert_eq!(
        bench.get(&url).await.json()["data"][0]["price"]["tax_behavior"],
        "inclusive"
    );
}

#[tokio::test]
async fn tax_follows_the_shipping_address_and_is_on_shipping_too() {
    let bench = Bench::start().await;
    let shipping = changed(&SESSION, &SHIPPING);
    let id = bench.session_with(&changed(&shipping, &[TAXED])).await;
    let form = [CARD.as_slice(), &ULM].concat();
    let paid = bench.confirm(&id, &form).await.json();
    assert_eq!(paid["shipping_cost"]["amount_tax"], 93);
    assert_eq!(paid["shipping_cost"]["amount_total"], 583);
    assert_eq!(
        paid["total_details"],
        json!({ "amount_discount": 0, "amount_shipping": 490, "amount_tax": 331 })
    );
    assert_eq!(paid["amount_total"], 1250 + 490 + 331);
}

#[tokio::test]
async fn some_countries_and_some_products_are_not_taxed() {
    let bench = Bench::start().await;
    let code = "line_items[0][price_data][product_data][tax_code]";
    let form = [CARD.as_slice(), &BILLING].concat();
    for (changes, country) in [
        (&[TAXED, (BEHAVIOR, "exclusive")][..], "BR"),
        (&[TAXED, (code, "txcd_00000000")], "DE"),
        (&[("automatic_tax[enabled]", "false")], "DE"),
    ] {
        let id = bench.session_with(&changed(&SESSION, changes)).await;
        let paid = bench
            .confirm(
                &id,
                &changed(&form, &[("billing[address][country]", country)]),
            )
            .await
            .json();
        assert_eq!(
            (&paid["amount_total"], &paid["total_details"]["amount_tax"]),
            (&json!(1250), &json!(0)),
            "{changes:?}"
        );
    }
}
