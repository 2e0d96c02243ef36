use std::time::Duration;

use serde_json::{Value, json};
use stripe_sandbox::Options;

use crate::bench::{Bench, CARD, changed, eventually};

/// Pays a session of €12.50 with this card; returns its payment intent and its charge.
async fn paid_with(bench: &Bench, number: &str) -> (String, String) {
    let id = bench.session().await;
    let paid = bench
        .confirm(&id, &changed(&CARD, &[("card[number]", number)]))
        .await;
    assert_eq!(paid.status, 200, "{}", paid.text);
    let intent = paid.json()["payment_intent"].as_str().unwrap().to_owned();
    let charge = bench
        .get(&format!("/v1/payment_intents/{intent}"))
        .await
        .json()["latest_charge"]
        .clone();
    (intent, charge.as_str().unwrap().to_owned())
}

async fn charge(bench: &Bench, id: &str) -> Value {
    bench.get(&format!("/v1/charges/{id}")).await.json()
}

/// A sandbox whose banks respond only when the clock is moved forward.
async fn slow_bank() -> Bench {
    Bench::with(Options {
        async_payment_delay: Duration::from_secs(3600),
        ..Options::default()
    })
    .await
}

async fn refund_status(bench: &Bench, id: &str, status: &str) -> Value {
    eventually(|| async {
        let refund = bench.get(&format!("/v1/refunds/{id}")).await.json();
        (refund["status"] == status).then_some(refund)
    })
    .await
}

#[tokio::test]
async fn a_refund_without_an_amount_is_a_full_refund() {
    let bench = Bench::start().await;
    let (intent, charge_id) = paid_with(&bench, "4242424242424242").await;
    let response = bench
        .post_keyed(
            "/v1/refunds",
            "refund-1",
            &[
                ("payment_intent", &intent),
                ("reason", "requested_by_customer"),
                ("metadata[order]", "7"),
            ],
        )
        .await;
    let refund = response.json();
    assert_eq!(response.status, 200, "{}", response.text);
    assert_eq!(
        (&refund["object"], &refund["amount"], &refund["status"]),
        (&json!("refund"), &json!(1250), &json!("succeeded"))
    );
    assert_eq!(
        (&refund["payment_intent"], &refund["charge"]),
        (&json!(intent), &json!(charge_id))
    );
    assert_eq!(refund["reason"], "requested_by_customer");
    assert_eq!(refund["metadata"], json!({ "order": "7" }));
    let id = refund["id"].as_str().unwrap();
    assert!(id.starts_with("re_"), "{id}");
    let refunded = charge(&bench, &charge_id).await;
    assert_eq!(
        (&refunded["amount_refunded"], &refunded["refunded"]),
        (&json!(1250), &json!(true))
    );
    assert_eq!(bench.ledger().await[0]["refunded"], 1250);
    let events = bench.get("/v1/events?limit=2").await.json();
    let [charge_refunded, refund_created] = [&events["data"][0], &events["data"][1]];
    assert_eq!(charge_refunded["type"], "charge.refunded");
    assert_eq!(charge_refunded["data"]["object"]["refunded"], true);
    assert_eq!(refund_created["type"], "refund.created");
    assert_eq!(refund_created["data"]["object"]["id"], id);
    assert_eq!(refund_created["request"]["idempotency_key"], "refund-1");
}

#[tokio::test]
async fn partial_refunds_add_up_and_never_exceed_the_payment() {
    let bench = Bench::start().await;
    let (_, id) = paid_with(&bench, "4242424242424242").await;
    let refund = async |amount: &str| {
        bench
            .post("/v1/refunds", &[("charge", &id), ("amount", amount)])
            .await
    };
    assert_eq!(refund("1000").await.json()["amount"], 1000);
    let partly = charge(&bench, &id).await;
    assert_eq!(
        (&partly["amount_refunded"], &partly["refunded"]),
        (&json!(1000), &json!(false))
    );
    let too_much = refund("251").await;
    assert_eq!(
        too_much.error(),
        (400, String::new(), "amount".into()),
        "{}",
        too_much.text
    );
    assert!(too_much.text.contains("greater than unrefunded amount"));
    assert_eq!(refund("250").await.status, 200);
    assert_eq!(charge(&bench, &id).await["refunded"], true);
    assert_eq!(
        refund("1").await.error(),
        (400, "charge_already_refunded".into(), String::new())
    );
    let running: Vec<Value> = bench.get("/v1/events?type=charge.refunded").await.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["data"]["object"]["amount_refunded"].clone())
        .collect();
    assert_eq!(running, [1250, 1000]);
    assert_eq!(bench.ledger().await[0]["refunded"], 1250);
}

#[tokio::test]
async fn an_invalid_refund_is_rejected_and_changes_nothing() {
    let bench = Bench::start().await;
    let (intent, id) = paid_with(&bench, "4242424242424242").await;
    let refund = async |form: &[(&str, &str)]| bench.post("/v1/refunds", form).await.error();
    assert_eq!(refund(&[]).await.1, "parameter_missing");
    assert_eq!(
        refund(&[("charge", &id), ("payment_intent", &intent)])
            .await
            .1,
        "parameters_exclusive"
    );
    for amount in ["0", "-1", "x"] {
        assert_eq!(
            refund(&[("charge", &id), ("amount", amount)]).await,
            (400, "parameter_invalid_integer".into(), "amount".into())
        );
    }
    assert_eq!(
        refund(&[("charge", &id), ("reason", "boredom")]).await.2,
        "reason"
    );
    assert_eq!(
        refund(&[("charge", &id), ("colour", "red")]).await.1,
        "parameter_unknown"
    );
    assert_eq!(
        refund(&[("charge", "ch_x")]).await,
        (404, "resource_missing".into(), "charge".into())
    );
    assert_eq!(
        refund(&[("payment_intent", "pi_x")]).await,
        (404, "resource_missing".into(), "payment_intent".into())
    );
    assert_eq!(bench.ledger().await[0]["refunded"], 0);
    assert_eq!(bench.get("/v1/refunds").await.json()["data"], json!([]));
}

#[tokio::test]
async fn an_unpaid_intent_has_nothing_to_refund() {
    let bench = slow_bank().await;
    let id = bench.session().await;
    let iban = [
        ("email", "ada@example.org"),
        ("sepa_debit[iban]", "AT611904300234573201"),
    ];
    let session = bench.confirm(&id, &iban).await.json();
    let intent = session["payment_intent"].as_str().unwrap();
    let refused = bench
        .post("/v1/refunds", &[("payment_intent", intent)])
        .await;
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("does not have a successful charge"));

    let declined = bench.session().await;
    let error = bench
        .confirm(
            &declined,
            &changed(&CARD, &[("card[number]", "4000000000000002")]),
        )
        .await
        .json();
    let failed = error["error"]["charge"].as_str().unwrap();
    assert_eq!(
        bench
            .post("/v1/refunds", &[("charge", failed)])
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_key_refunds_once() {
    let bench = Bench::start().await;
    let (intent, _) = paid_with(&bench, "4242424242424242").await;
    let form = [("payment_intent", intent.as_str()), ("amount", "500")];
    let first = bench.post_keyed("/v1/refunds", "r", &form).await;
    let again = bench.post_keyed("/v1/refunds", "r", &form).await;
    assert_eq!(
        (again.header("idempotent-replayed"), &again.text),
        ("true", &first.text)
    );
    assert_eq!(bench.ledger().await[0]["refunded"], 500);
}

#[tokio::test]
async fn a_refund_gets_the_banks_reference_later() {
    let bench = slow_bank().await;
    let (intent, _) = paid_with(&bench, "4242424242424242").await;
    let refund = bench
        .post("/v1/refunds", &[("payment_intent", &intent)])
        .await
        .json();
    let card = &refund["destination_details"]["card"];
    assert_eq!(card["reference_status"], "pending");
    bench.advance_clock(5).await;
    let updated = eventually(|| async {
        let events = bench.get("/v1/events?type=refund.updated").await.json();
        events["data"].get(0).cloned()
    })
    .await;
    let card = &updated["data"]["object"]["destination_details"]["card"];
    assert_eq!(card["reference_status"], "available");
    assert_eq!(updated["data"]["object"]["status"], "succeeded");
    assert_eq!(updated["request"], json!(null));
}

#[tokio::test]
async fn one_card_refunds_late() {
    let bench = slow_bank().await;
    let (intent, id) = paid_with(&bench, "4000000000007726").await;
    let refund = bench
        .post("/v1/refunds", &[("payment_intent", &intent)])
        .await
        .json();
    assert_eq!(
        (&refund["status"], &refund["balance_transaction"]),
        (&json!("pending"), &json!(null))
    );
    assert_eq!(charge(&bench, &id).await["amount_refunded"], 1250);
    bench.advance_clock(3601).await;
    let refund = refund_status(&bench, refund["id"].as_str().unwrap(), "succeeded").await;
    let updates = bench.get("/v1/events?type=refund.updated").await.json();
    assert_eq!(updates["data"].as_array().unwrap().len(), 1);
    assert_eq!(updates["data"][0]["data"]["object"], refund);
    assert_eq!(bench.ledger().await[0]["refunded"], 1250);
}

#[tokio::test]
async fn the_refund_of_one_card_fails_and_returns_the_money_to_the_charge() {
    let bench = slow_bank().await;
    let (intent, id) = paid_with(&bench, "4000000000005126").await;
    let refund = bench
        .post(
            "/v1/refunds",
            &[("payment_intent", &intent), ("amount", "1000")],
        )
        .await
        .json();
    assert_eq!(refund["status"], "succeeded");
    assert_eq!(bench.ledger().await[0]["refunded"], 1000);
    bench.advance_clock(3601).await;
    let refund = refund_status(&bench, refund["id"].as_str().unwrap(), "failed").await;
    assert_eq!(refund["failure_reason"], "expired_or_canceled_card");
    assert!(refund["failure_balance_transaction"].is_string());
    let failed = bench.get("/v1/events?type=refund.failed").await.json();
    assert_eq!(failed["data"][0]["data"]["object"], refund);
    assert_eq!(charge(&bench, &id).await["amount_refunded"], 0);
    assert_eq!(bench.ledger().await[0]["refunded"], 0);
    let again = bench.post("/v1/refunds", &[("charge", &id)]).await;
    assert_eq!(again.json()["amount"], 1250);
}

#[tokio::test]
async fn a_direct_debit_is_refunded_late() {
    let bench = slow_bank().await;
    let id = bench.session().await;
    let iban = [
        ("email", "ada@example.org"),
        ("sepa_debit[iban]", "AT611904300234573201"),
    ];
    let session = bench.confirm(&id, &iban).await.json();
    bench.advance_clock(3601).await;
    eventually(|| async { (bench.retrieve(&id).await["payment_status"] == "paid").then_some(()) })
        .await;
    let refund = bench
        .post(
            "/v1/refunds",
            &[(
                "payment_intent",
                session["payment_intent"].as_str().unwrap(),
            )],
        )
        .await
        .json();
    assert_eq!(refund["status"], "pending");
    bench.advance_clock(3601).await;
    refund_status(&bench, refund["id"].as_str().unwrap(), "succeeded").await;
}

#[tokio::test]
async fn refunds_are_listed_by_payment_by_charge_by_time_and_in_pages() {
    let bench = Bench::start().await;
    let (_, id) = paid_with(&bench, "4242424242424242").await;
    let (other, _) = paid_with(&bench, "5555555555554444").await;
    for amount in ["100", "200", "300"] {
        bench
            .post("/v1/refunds", &[("charge", &id), ("amount", amount)])
            .await;
    }
    bench
        .post("/v1/refunds", &[("payment_intent", &other)])
        .await;
    let amounts = async |query: &str| -> (Vec<Value>, Value) {
        let page = bench.get(&format!("/v1/refunds?{query}")).await.json();
        let data = page["data"].as_array().unwrap().iter();
        (
            data.map(|refund| refund["amount"].clone()).collect(),
            page["has_more"].clone(),
        )
    };
    assert_eq!(amounts("").await.0, [1250, 300, 200, 100]);
    assert_eq!(
        amounts(&format!("charge={id}&limit=2")).await,
        (vec![json!(300), json!(200)], json!(true))
    );
    assert_eq!(
        amounts(&format!("payment_intent={other}")).await,
        (vec![json!(1250)], json!(false))
    );
    assert_eq!(amounts("created[gt]=99999999999").await.0, [0; 0]);
    let newest = bench.get("/v1/refunds?limit=1").await.json()["data"][0].clone();
    let after = newest["id"].as_str().unwrap();
    assert_eq!(
        amounts(&format!("starting_after={after}&limit=1")).await,
        (vec![json!(300)], json!(true))
    );
    let expanded = bench
        .get("/v1/refunds?limit=1&expand[]=data.charge&expand[]=data.payment_intent")
        .await
        .json()["data"][0]
        .clone();
    assert_eq!(expanded["charge"]["object"], "charge");
    assert_eq!(expanded["payment_intent"]["id"], json!(other));
    assert_eq!(bench.get("/v1/refunds/re_x").await.error().0, 404);
    assert_eq!(
        bench.get(&format!("/v1/refunds/{after}")).await.json(),
        newest
    );
}
