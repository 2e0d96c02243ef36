use std::time::Duration;

use serde_json::{Value, json};
use stripe_sandbox::Options;

use crate::bench::{Bench, CARD, changed, eventually};

/// A sandbox whose banks respond only when the clock is moved forward.
async fn slow_bank() -> Bench {
    Bench::with(Options {
        async_payment_delay: Duration::from_secs(3600),
        ..Options::default()
    })
    .await
}

/// Pays a session of €12.50 with this card; returns its payment intent.
async fn paid_with(bench: &Bench, number: &str) -> String {
    let id = bench.session().await;
    let paid = bench
        .confirm(&id, &changed(&CARD, &[("card[number]", number)]))
        .await;
    assert_eq!(paid.status, 200, "{}", paid.text);
    paid.json()["payment_intent"].as_str().unwrap().to_owned()
}

async fn disputes(bench: &Bench, query: &str) -> Vec<Value> {
    bench.get(&format!("/v1/disputes?{query}")).await.json()["data"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn two_cards_are_disputed_after_the_payment() {
    let bench = slow_bank().await;
    for (number, reason) in [
        ("4000000000000259", "fraudulent"),
        ("4000000000002685", "product_not_received"),
    ] {
        let intent = paid_with(&bench, number).await;
        let query = format!("payment_intent={intent}");
        assert!(disputes(&bench, &query).await.is_empty());
        bench.advance_clock(3601).await;
        let dispute = eventually(|| async { disputes(&bench, &query).await.pop() }).await;
        assert_eq!(
            (&dispute["object"], &dispute["reason"], &dispute["status"]),
            (&json!("dispute"), &json!(reason), &json!("needs_response"))
        );
        assert_eq!(dispute["amount"], 1250);
        assert_eq!(dispute["is_charge_refundable"], false);
        assert_eq!(dispute["balance_transactions"][0]["amount"], -1250);
        let charge = dispute["charge"].as_str().unwrap();
        let charge = bench.get(&format!("/v1/charges/{charge}")).await.json();
        assert_eq!(charge["disputed"], true);
        let id = dispute["id"].as_str().unwrap();
        assert_eq!(
            bench.get(&format!("/v1/disputes/{id}")).await.json(),
            dispute
        );
    }
    let types = bench.event_types().await;
    let dispute_events: Vec<&String> = types
        .iter()
        .filter(|kind| kind.starts_with("charge.dispute."))
        .collect();
    assert_eq!(
        dispute_events,
        [
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn"
        ]
    );
}

#[tokio::test]
async fn disputed_money_cannot_be_refunded() {
    let bench = slow_bank().await;
    let intent = paid_with(&bench, "4000000000000259").await;
    bench.advance_clock(3601).await;
    eventually(|| async { disputes(&bench, "").await.pop() }).await;
    let refused = bench
        .post("/v1/refunds", &[("payment_intent", &intent)])
        .await;
    assert_eq!(
        refused.error(),
        (400, "charge_disputed".into(), String::new())
    );
}

#[tokio::test]
async fn what_was_refunded_in_full_is_not_disputed() {
    let bench = slow_bank().await;
    let intent = paid_with(&bench, "4000000000000259").await;
    bench
        .post("/v1/refunds", &[("payment_intent", &intent)])
        .await;
    let other = paid_with(&bench, "4000000000002685").await;
    bench
        .post(
            "/v1/refunds",
            &[("payment_intent", &other), ("amount", "250")],
        )
        .await;
    bench.advance_clock(3601).await;
    let dispute = eventually(|| async { disputes(&bench, "").await.pop() }).await;
    assert_eq!(
        (&dispute["payment_intent"], &dispute["amount"]),
        (&json!(other), &json!(1000))
    );
    assert_eq!(disputes(&bench, "").await.len(), 1);
}

#[tokio::test]
async fn disputes_are_listed_by_charge_and_expanded() {
    let bench = slow_bank().await;
    let intents = [
        paid_with(&bench, "4000000000000259").await,
        paid_with(&bench, "4000000000000259").await,
    ];
    bench.advance_clock(3601).await;
    eventually(|| async { (disputes(&bench, "").await.len() == 2).then_some(()) }).await;
    let expanded = disputes(
        &bench,
        "expand[]=data.charge&expand[]=data.payment_intent&limit=1",
    )
    .await
    .remove(0);
    assert_eq!(expanded["charge"]["disputed"], true);
    assert_eq!(expanded["payment_intent"]["id"], json!(intents[1]));
    let charge = expanded["charge"]["id"].as_str().unwrap();
    assert_eq!(disputes(&bench, &format!("charge={charge}")).await.len(), 1);
    assert!(disputes(&bench, "charge=ch_x").await.is_empty());
    assert_eq!(
        bench.get("/v1/disputes/du_x").await.error(),
        (404, "resource_missing".into(), "dispute".into())
    );
}

#[tokio::test]
async fn a_charge_is_booked_a_little_after_the_payment() {
    let bench = Bench::start().await;
    let intent = paid_with(&bench, "4242424242424242").await;
    let path = format!(
        "/v1/payment_intents/{intent}\
         ?expand[]=latest_charge&expand[]=latest_charge.balance_transaction"
    );
    assert_eq!(
        bench.get(&path).await.json()["latest_charge"]["balance_transaction"],
        json!(null)
    );
    bench.advance_clock(5).await;
    let updated = eventually(|| async {
        bench.get("/v1/events?type=charge.updated").await.json()["data"]
            .get(0)
            .cloned()
    })
    .await;
    let booking = updated["data"]["object"]["balance_transaction"].clone();
    let id = booking.as_str().unwrap();
    let booking = bench
        .get(&format!("/v1/balance_transactions/{id}"))
        .await
        .json();
    assert_eq!(
        (&booking["amount"], &booking["net"], &booking["type"]),
        (&json!(1250), &json!(1250), &json!("charge"))
    );
    let charge = &bench.get(&path).await.json()["latest_charge"];
    assert_eq!(charge["balance_transaction"], booking);
    assert_eq!(booking["source"], charge["id"]);
    let refund = bench
        .post(
            "/v1/refunds",
            &[
                ("payment_intent", &intent),
                ("amount", "300"),
                ("expand[]", "balance_transaction"),
            ],
        )
        .await
        .json();
    assert_eq!(refund["balance_transaction"]["amount"], -300);
    assert_eq!(refund["balance_transaction"]["source"], refund["id"]);
    let taken = refund["balance_transaction"]["id"].as_str().unwrap();
    assert_eq!(
        bench
            .get(&format!("/v1/balance_transactions/{taken}"))
            .await
            .json(),
        refund["balance_transaction"]
    );
    let charge = bench
        .get(&format!(
            "/v1/charges/{}?expand[]=refunds&expand[]=balance_transaction",
            charge["id"].as_str().unwrap()
        ))
        .await
        .json();
    assert_eq!(charge["refunds"]["data"][0]["id"], refund["id"]);
    for unknown in ["txn_x", "txn_", "x"] {
        let path = format!("/v1/balance_transactions/{unknown}");
        assert_eq!(bench.get(&path).await.error().0, 404);
    }
}

#[tokio::test]
async fn there_is_one_account() {
    let bench = Bench::start().await;
    let account = bench.get("/v1/account").await.json();
    assert_eq!(account["object"], "account");
    assert_eq!(account["charges_enabled"], true);
    let id = account["id"].as_str().unwrap();
    assert_eq!(
        bench.get(&format!("/v1/accounts/{id}")).await.json(),
        account
    );
    assert_eq!(bench.get("/v1/accounts/acct_x").await.error().0, 404);
    assert_eq!(bench.post("/v1/account", &[]).await.status, 404);
}
