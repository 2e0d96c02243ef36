//! `/v1/coupons`, and coupons in `discounts` of a session.

use serde_json::json;

use crate::bench::{Bench, SESSION, changed};

const QUARTER: [(&str, &str); 3] = [
    ("id", "QUARTER"),
    ("percent_off", "25.5"),
    ("name", "A quarter"),
];
const FIVE: [(&str, &str); 3] = [("id", "FIVE"), ("amount_off", "500"), ("currency", "eur")];

#[tokio::test]
async fn coupons_are_created_retrieved_and_listed() {
    let bench = Bench::start().await;
    let quarter = bench.post("/v1/coupons", &QUARTER).await.json();
    assert_eq!(
        (
            &quarter["percent_off"],
            &quarter["amount_off"],
            &quarter["duration"]
        ),
        (&json!(25.5), &json!(null), &json!("once"))
    );
    let five = bench.post("/v1/coupons", &FIVE).await.json();
    assert_eq!(
        (&five["percent_off"], &five["amount_off"], &five["currency"]),
        (&json!(null), &json!(500), &json!("eur"))
    );
    let unnamed = bench
        .post("/v1/coupons", &[("percent_off", "100")])
        .await
        .json();
    assert_eq!(unnamed["id"].as_str().unwrap().len(), 8);
    assert_eq!(bench.get("/v1/coupons/QUARTER").await.json(), quarter);
    assert_eq!(bench.get("/v1/coupons/NONE").await.error().0, 404);
    let listed = bench.get("/v1/coupons?limit=2").await.json();
    assert_eq!(listed["data"], json!([unnamed, five]));
    assert_eq!(listed["has_more"], true);
}

#[tokio::test]
async fn an_invalid_coupon_is_rejected() {
    let bench = Bench::start().await;
    bench.post("/v1/coupons", &QUARTER).await;
    for (form, param) in [
        (&[("id", "X")][..], ""),
        (&[("percent_off", "101")], "percent_off"),
        (&[("percent_off", "0")], "percent_off"),
        (&[("percent_off", "5"), ("amount_off", "5")], "amount_off"),
        (&[("amount_off", "5")], "currency"),
        (&[("amount_off", "5"), ("currency", "xyz")], "currency"),
        (&[("amount_off", "5"), ("currency", "kwd")], "amount_off"),
        (&[("amount_off", "0"), ("currency", "eur")], "amount_off"),
        (
            &[("percent_off", "5"), ("duration", "repeating")],
            "duration_in_months",
        ),
        (
            &[("percent_off", "5"), ("max_redemptions", "0")],
            "max_redemptions",
        ),
        (&[("percent_off", "5"), ("redeem_by", "1000")], "redeem_by"),
        (&[("percent_off", "5"), ("id", "a/b")], "id"),
        (&[("percent_off", "5"), ("id", "QUARTER")], "id"),
        (&[("percent_off", "5"), ("wings", "2")], "wings"),
    ] {
        let refused = bench.post("/v1/coupons", form).await;
        assert_eq!(
            (refused.status, refused.error().2.as_str()),
            (400, param),
            "{form:?}"
        );
    }
}

#[tokio::test]
async fn a_discount_is_spread_over_the_lines() {
    let bench = Bench::start().await;
    bench.post("/v1/coupons", &QUARTER).await;
    let form = changed(
        &SESSION,
        &[
            ("line_items[1][price_data][currency]", "eur"),
            ("line_items[1][price_data][unit_amount]", "333"),
            ("line_items[1][price_data][product_data][name]", "Spoon"),
            ("line_items[1][quantity]", "1"),
            ("discounts[0][coupon]", "QUARTER"),
            ("expand[]", "line_items"),
        ],
    );
    let session = bench.post("/v1/checkout/sessions", &form).await.json();
    // 25.5 % of 1583 is 403.665.
    assert_eq!(session["amount_subtotal"], 1583);
    assert_eq!(session["amount_total"], 1583 - 404);
    assert_eq!(session["total_details"]["amount_discount"], 404);
    assert_eq!(
        session["discounts"],
        json!([{ "coupon": "QUARTER", "promotion_code": null }])
    );
    let lines = &session["line_items"]["data"];
    assert_eq!(
        (&lines[0]["amount_discount"], &lines[0]["amount_total"]),
        (&json!(319), &json!(931))
    );
    assert_eq!(
        (&lines[1]["amount_discount"], &lines[1]["amount_total"]),
        (&json!(85), &json!(248))
    );
    let id = session["id"].as_str().unwrap();
    let listed = bench
        .get(&format!("/v1/checkout/sessions/{id}/line_items"))
        .await
        .json();
    assert_eq!(listed["data"], *lines);
    bench.pay(id).await;
    assert_eq!(bench.ledger().await[0]["amount"], 1179);
    assert_eq!(
        bench.get("/v1/coupons/QUARTER").await.json()["times_redeemed"],
        1
    );
}

#[tokio::test]
async fn a_coupon_for_everything_leaves_nothing_to_pay() {
    let bench = Bench::start().await;
    bench
        .post("/v1/coupons", &[("id", "ALL"), ("percent_off", "100")])
        .await;
    let id = bench
        .session_with(&changed(&SESSION, &[("discounts[0][coupon]", "ALL")]))
        .await;
    assert_eq!(bench.retrieve(&id).await["payment_status"], "unpaid");
    let done = bench
        .confirm(&id, &[("email", "ada@example.org")])
        .await
        .json();
    assert_eq!(
        (
            &done["payment_status"],
            &done["payment_intent"],
            &done["amount_total"]
        ),
        (&json!("no_payment_required"), &json!(null), &json!(0))
    );
    assert_eq!(bench.event_types().await, ["checkout.session.completed"]);
}

#[tokio::test]
async fn a_coupon_that_cannot_be_redeemed_is_refused() {
    let bench = Bench::start().await;
    bench.post("/v1/coupons", &FIVE).await;
    bench
        .post(
            "/v1/coupons",
            &[
                ("id", "RARE"),
                ("percent_off", "10"),
                ("max_redemptions", "1"),
            ],
        )
        .await;
    bench
        .post("/v1/coupons", &[("id", "MOST"), ("percent_off", "99")])
        .await;
    let rare = bench
        .session_with(&changed(&SESSION, &[("discounts[][coupon]", "RARE")]))
        .await;
    bench.pay(&rare).await;
    assert_eq!(bench.get("/v1/coupons/RARE").await.json()["valid"], false);
    let dollars = ("line_items[0][price_data][currency]", "usd");
    for (changes, code, param) in [
        (
            &[("discounts[0][coupon]", "NONE")][..],
            "resource_missing",
            "discounts[0][coupon]",
        ),
        (
            &[("discounts[0][coupon]", "RARE")],
            "coupon_expired",
            "discounts[0][coupon]",
        ),
        (
            &[("discounts[0][coupon]", "FIVE"), dollars],
            "",
            "discounts[0][coupon]",
        ),
        (&[("discounts[0][coupon]", "MOST")], "amount_too_small", ""),
        (
            &[
                ("discounts[0][coupon]", "FIVE"),
                ("discounts[1][coupon]", "MOST"),
            ],
            "",
            "discounts",
        ),
        (
            &[
                ("discounts[0][coupon]", "FIVE"),
                ("discounts[0][promotion_code]", "promo_x"),
            ],
            "parameters_exclusive",
            "discounts[0][coupon]",
        ),
        (
            &[("discounts[0][promotion_code]", "promo_x")],
            "resource_missing",
            "discounts[0][promotion_code]",
        ),
        (
            &[
                ("discounts[0][coupon]", "FIVE"),
                ("allow_promotion_codes", "true"),
            ],
            "parameters_exclusive",
            "allow_promotion_codes",
        ),
    ] {
        let refused = bench
            .post("/v1/checkout/sessions", &changed(&SESSION, changes))
            .await;
        assert_eq!(
            refused.error(),
            (400, code.into(), param.into()),
            "{changes:?} {}",
            refused.text
        );
    }
}
