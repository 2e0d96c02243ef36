//! `/v1/promotion_codes`, and codes that shoppers enter.

use serde_json::{Value, json};

use crate::bench::{Bench, CARD, SESSION, changed};

/// Creates a coupon of ten percent and its code `TEN-NOW`; returns the promotion code.
async fn ten_percent(bench: &Bench, changes: &[(&str, &str)]) -> Value {
    bench
        .post("/v1/coupons", &[("id", "TEN"), ("percent_off", "10")])
        .await;
    let form = [
        ("promotion[type]", "coupon"),
        ("promotion[coupon]", "TEN"),
        ("code", "TEN-NOW"),
    ];
    let created = bench
        .post("/v1/promotion_codes", &changed(&form, changes))
        .await;
    assert_eq!(created.status, 200, "{}", created.text);
    created.json()
}

async fn open_to_codes(bench: &Bench) -> String {
    bench
        .session_with(&changed(&SESSION, &[("allow_promotion_codes", "true")]))
        .await
}

#[tokio::test]
async fn codes_are_created_retrieved_listed_and_deactivated() {
    let bench = Bench::start().await;
    let code = ten_percent(&bench, &[("metadata[campaign]", "spring")]).await;
    assert_eq!(
        code["promotion"],
        json!({ "coupon": "TEN", "type": "coupon" })
    );
    assert_eq!(
        (&code["active"], &code["times_redeemed"]),
        (&json!(true), &json!(0))
    );
    assert_eq!(code["metadata"]["campaign"], "spring");
    let url = format!("/v1/promotion_codes/{}", code["id"].as_str().unwrap());
    assert_eq!(bench.get(&url).await.json(), code);
    let expanded = bench
        .get(&format!("{url}?expand[]=promotion.coupon"))
        .await
        .json();
    assert_eq!(expanded["promotion"]["coupon"]["percent_off"], json!(10.0));
    for (query, found) in [
        ("code=ten-now", 1),
        ("code=other", 0),
        ("coupon=TEN&active=true", 1),
        ("active=false", 0),
    ] {
        let listed = bench
            .get(&format!("/v1/promotion_codes?{query}"))
            .await
            .json();
        assert_eq!(listed["data"].as_array().unwrap().len(), found, "{query}");
    }
    assert_eq!(
        bench.post(&url, &[("active", "false")]).await.json()["active"],
        false
    );
    assert_eq!(bench.get(&url).await.json()["active"], false);
    assert_eq!(
        bench.get("/v1/promotion_codes/promo_x").await.error().0,
        404
    );
}

#[tokio::test]
async fn an_invalid_code_is_rejected() {
    let bench = Bench::start().await;
    ten_percent(&bench, &[]).await;
    let form = [("promotion[type]", "coupon"), ("promotion[coupon]", "TEN")];
    for (changes, param) in [
        (
            &[("promotion[type]", ""), ("promotion[coupon]", "")][..],
            "promotion",
        ),
        (&[("promotion[type]", "")], "promotion[type]"),
        (&[("promotion[coupon]", "")], "promotion[coupon]"),
        (&[("promotion[coupon]", "NONE")], "promotion[coupon]"),
        (&[("coupon", "TEN")], "coupon"),
        (&[("code", "ten-now")], "code"),
        (&[("code", "ten now")], "code"),
        (&[("expires_at", "1000")], "expires_at"),
        (
            &[("restrictions[minimum_amount]", "100")],
            "restrictions[minimum_amount_currency]",
        ),
    ] {
        let refused = bench
            .post("/v1/promotion_codes", &changed(&form, changes))
            .await;
        assert_eq!(
            (refused.status, refused.error().2.as_str()),
            (400, param),
            "{changes:?}"
        );
    }
}

#[tokio::test]
async fn an_entered_code_applies_its_discount() {
    let bench = Bench::start().await;
    let code = ten_percent(&bench, &[]).await;
    let id = open_to_codes(&bench).await;
    let form = changed(
        &CARD,
        &[("promotion_code", "ten-now"), ("expected_amount", "1125")],
    );
    let paid = bench.confirm(&id, &form).await.json();
    assert_eq!(
        (&paid["amount_subtotal"], &paid["amount_total"]),
        (&json!(1250), &json!(1125))
    );
    assert_eq!(
        paid["discounts"],
        json!([{ "coupon": null, "promotion_code": code["id"] }])
    );
    assert_eq!(bench.ledger().await[0]["amount"], 1125);
    let url = format!("/v1/promotion_codes/{}", code["id"].as_str().unwrap());
    assert_eq!(bench.get(&url).await.json()["times_redeemed"], 1);
    assert_eq!(
        bench.get("/v1/coupons/TEN").await.json()["times_redeemed"],
        1
    );
}

#[tokio::test]
async fn a_code_may_be_applied_by_the_shop() {
    let bench = Bench::start().await;
    let code = ten_percent(&bench, &[]).await;
    let given = ("discounts[0][promotion_code]", code["id"].as_str().unwrap());
    let id = bench.session_with(&changed(&SESSION, &[given])).await;
    let session = bench.retrieve(&id).await;
    assert_eq!(session["amount_total"], 1125);
    assert_eq!(session["discounts"][0]["promotion_code"], code["id"]);
}

#[tokio::test]
async fn a_code_that_cannot_be_redeemed_changes_nothing() {
    let bench = Bench::start().await;
    ten_percent(&bench, &[("max_redemptions", "1")]).await;
    let large = [
        ("promotion[type]", "coupon"),
        ("promotion[coupon]", "TEN"),
        ("code", "LARGE"),
        ("restrictions[minimum_amount]", "1251"),
        ("restrictions[minimum_amount_currency]", "eur"),
    ];
    assert_eq!(bench.post("/v1/promotion_codes", &large).await.status, 200);
    let (id, other) = (open_to_codes(&bench).await, open_to_codes(&bench).await);
    for code in ["NONE", "LARGE"] {
        let refused = bench
            .confirm(&id, &changed(&CARD, &[("promotion_code", code)]))
            .await;
        assert_eq!(
            refused.error(),
            (400, String::new(), "promotion_code".into()),
            "{code}"
        );
    }
    let form = changed(&CARD, &[("promotion_code", "TEN-NOW")]);
    assert_eq!(bench.confirm(&other, &form).await.status, 200);
    assert_eq!(
        bench.confirm(&id, &form).await.error(),
        (400, String::new(), "promotion_code".into()),
        "it was for one order"
    );
    assert_eq!(bench.retrieve(&id).await["amount_total"], 1250);
    let closed = bench.session().await;
    assert_eq!(
        bench.confirm(&closed, &form).await.error().2,
        "promotion_code"
    );
    assert_eq!(bench.ledger().await.len(), 1);
}

#[tokio::test]
async fn a_declined_attempt_before_a_free_order_is_not_in_the_ledger() {
    let bench = Bench::start().await;
    let all = [("id", "ALL"), ("percent_off", "100")];
    assert_eq!(bench.post("/v1/coupons", &all).await.status, 200);
    let code = [
        ("promotion[type]", "coupon"),
        ("promotion[coupon]", "ALL"),
        ("code", "FREE"),
    ];
    assert_eq!(bench.post("/v1/promotion_codes", &code).await.status, 200);
    let id = open_to_codes(&bench).await;
    let declined = changed(&CARD, &[("card[number]", "4000000000000002")]);
    assert_eq!(bench.confirm(&id, &declined).await.status, 402);
    let free = [("email", "ada@example.org"), ("promotion_code", "FREE")];
    let paid = bench.confirm(&id, &free).await.json();
    assert_eq!(paid["payment_status"], "no_payment_required");
    assert_eq!(bench.ledger().await[0]["amount"], 0);
}

#[tokio::test]
async fn a_code_that_ran_out_during_3ds_is_not_redeemed() {
    let bench = Bench::start().await;
    ten_percent(&bench, &[("max_redemptions", "1")]).await;
    let (slow, quick) = (open_to_codes(&bench).await, open_to_codes(&bench).await);
    let coded = changed(&CARD, &[("promotion_code", "TEN-NOW")]);
    let asks = changed(&coded, &[("card[number]", "4000002760003184")]);
    assert_eq!(bench.confirm(&slow, &asks).await.status, 200);
    assert_eq!(bench.confirm(&quick, &coded).await.status, 200);
    let path = format!("/c/pay/{slow}/authenticate");
    let response = bench.post(&path, &[("answer", "approve")]).await;
    assert_eq!(response.status, 400);
    assert!(response.text.contains("no longer active"));
    assert_eq!(bench.retrieve(&slow).await["status"], "open");
    let code = bench.get("/v1/promotion_codes").await.json()["data"][0].clone();
    assert_eq!(code["times_redeemed"], 1);
    assert_eq!(bench.ledger().await.len(), 1);
}
