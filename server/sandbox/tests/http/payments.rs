//! `POST /v1/payment_pages/{session}/confirm`, the ledger, payment intents and charges.

use std::time::Duration;

use serde_json::{Value, json};
use stripe_sandbox::Options;

use crate::bench::{Bench, CARD, SESSION, changed, eventually};

async fn confirm_card(bench: &Bench, session: &str, number: &str) -> crate::bench::Response {
    bench
        .confirm(session, &changed(&CARD, &[("card[number]", number)]))
        .await
}

#[tokio::test]
async fn cards_that_succeed_complete_the_session() {
    let bench = Bench::start().await;
    for (number, cvc) in [
        ("4242 4242 4242 4242", "123"),
        ("5555555555554444", "123"),
        ("378282246310005", "1234"),
    ] {
        let id = bench.session().await;
        let form = changed(
            &CARD,
            &[
                ("card[number]", number),
                ("card[cvc]", cvc),
                ("name", "Ada"),
            ],
        );
        let paid = bench.confirm(&id, &form).await.json();
        assert_eq!(
            (&paid["status"], &paid["payment_status"]),
            (&json!("complete"), &json!("paid")),
            "{number}"
        );
        assert_eq!(paid["url"], json!(null));
        assert_eq!(paid["customer_details"]["email"], "ada@example.org");
        assert_eq!(paid["customer_details"]["name"], "Ada");
        assert_eq!(bench.retrieve(&id).await, paid);
    }
}

#[tokio::test]
async fn declined_cards_leave_the_session_open_and_say_why() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    for (number, code, decline_code) in [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000009987", "card_declined", "lost_card"),
        ("4000000000000069", "expired_card", "expired_card"),
        ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
        ("4000000000000119", "processing_error", "processing_error"),
    ] {
        let declined = confirm_card(&bench, &id, number).await;
        let error = &declined.json()["error"];
        assert_eq!(
            (declined.status, &error["type"]),
            (402, &json!("card_error")),
            "{number}"
        );
        assert_eq!(
            (&error["code"], &error["decline_code"]),
            (&json!(code), &json!(decline_code))
        );
        assert_eq!(
            bench
                .get(&format!(
                    "/v1/charges/{}",
                    error["charge"].as_str().unwrap()
                ))
                .await
                .json()["status"],
            "failed"
        );
    }
    assert_eq!(bench.retrieve(&id).await["status"], "open");
    assert!(bench.ledger().await.is_empty());
    bench.pay(&id).await;
    let intents = bench
        .get("/v1/events?type=payment_intent.created")
        .await
        .json();
    assert_eq!(
        intents["data"].as_array().unwrap().len(),
        1,
        "one payment intent for all attempts"
    );
}

#[tokio::test]
async fn an_invalid_card_is_rejected_and_not_attempted() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    for (name, value, code) in [
        ("card[number]", "4242424242424241", "incorrect_number"),
        ("card[number]", "4111111111111111", "card_declined"),
        ("card[number]", "", "invalid_number"),
        ("card[exp_month]", "13", "invalid_expiry_month"),
        ("card[exp_year]", "2020", "invalid_expiry_year"),
        ("card[cvc]", "12", "invalid_cvc"),
    ] {
        let refused = bench.confirm(&id, &changed(&CARD, &[(name, value)])).await;
        assert_eq!(
            (refused.status, refused.error().1),
            (402, code.to_owned()),
            "{name}={value}"
        );
    }
    assert_eq!(
        bench
            .confirm(&id, &changed(&CARD, &[("email", "")]))
            .await
            .error(),
        (400, "parameter_missing".into(), "email".into())
    );
    assert_eq!(
        bench
            .confirm(&id, &changed(&CARD, &[("card[pin]", "1")]))
            .await
            .error()
            .1,
        "parameter_unknown"
    );
    assert!(bench.event_types().await.is_empty());
}

#[tokio::test]
async fn an_amount_other_than_the_expected_one_is_not_charged() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let refused = bench
        .confirm(&id, &changed(&CARD, &[("expected_amount", "1249")]))
        .await;
    assert_eq!(
        refused.error(),
        (400, String::new(), "expected_amount".into())
    );
    assert_eq!(
        bench
            .confirm(&id, &changed(&CARD, &[("expected_amount", "1250")]))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_session_is_paid_once() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    bench.pay(&id).await;
    let again = bench.confirm(&id, &CARD).await;
    assert_eq!(again.status, 400);
    assert!(
        again
            .text
            .contains("can be paid. This Checkout Session has a status of `complete`.")
    );
    assert_eq!(bench.ledger().await.len(), 1);
    assert_eq!(
        bench.confirm("cs_test_x", &CARD).await.error(),
        (404, "resource_missing".into(), "session".into())
    );
}

#[tokio::test]
async fn the_ledger_shows_what_was_paid() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    bench.session().await;
    bench.pay(&id).await;
    let intent = bench.retrieve(&id).await["payment_intent"].clone();
    assert_eq!(
        bench.ledger().await,
        [json!({
            "session": id, "client_reference_id": "checkout-1", "payment_intent": intent,
            "amount": 1250, "currency": "eur", "refunded": 0,
        })]
    );
}

#[tokio::test]
async fn a_total_of_zero_needs_no_card() {
    let bench = Bench::start().await;
    let id = bench
        .session_with(&changed(
            &SESSION,
            &[("line_items[0][price_data][unit_amount]", "0")],
        ))
        .await;
    let paid = bench
        .confirm(&id, &[("email", "ada@example.org")])
        .await
        .json();
    assert_eq!(
        (&paid["payment_status"], &paid["payment_intent"]),
        (&json!("no_payment_required"), &json!(null))
    );
    assert_eq!(bench.event_types().await, ["checkout.session.completed"]);
    assert_eq!(bench.ledger().await[0]["amount"], 0);
}

#[tokio::test]
async fn metadata_for_the_payment_is_on_the_intent_and_the_charge_only() {
    let bench = Bench::start().await;
    let id = bench
        .session_with(&changed(
            &SESSION,
            &[("payment_intent_data[metadata][checkout]", "abc")],
        ))
        .await;
    bench.pay(&id).await;
    let session = bench
        .get(&format!(
            "/v1/checkout/sessions/{id}?expand[]=payment_intent.latest_charge"
        ))
        .await
        .json();
    assert_eq!(session["metadata"], json!({}));
    let intent = &session["payment_intent"];
    assert_eq!(intent["metadata"]["checkout"], "abc");
    assert_eq!(
        (&intent["status"], &intent["amount_received"]),
        (&json!("succeeded"), &json!(1250))
    );
    let charge = &intent["latest_charge"];
    assert_eq!(
        (&charge["paid"], &charge["metadata"]["checkout"]),
        (&json!(true), &json!("abc"))
    );
    assert_eq!(charge["payment_method_details"]["card"]["last4"], "4242");
    let alone = bench
        .get(&format!(
            "/v1/payment_intents/{}",
            intent["id"].as_str().unwrap()
        ))
        .await
        .json();
    assert_eq!(alone["latest_charge"], charge["id"]);
    assert_eq!(bench.get("/v1/payment_intents/pi_x").await.error().0, 404);
}

async fn sepa(iban: &str, delay: Duration) -> (Bench, String, Value) {
    let bench = Bench::with(Options {
        async_payment_delay: delay,
        ..Options::default()
    })
    .await;
    let id = bench.session().await;
    let response = bench
        .confirm(
            &id,
            &[("email", "ada@example.org"), ("sepa_debit[iban]", iban)],
        )
        .await;
    assert_eq!(response.status, 200, "{}", response.text);
    (bench, id, response.json())
}

#[tokio::test]
async fn a_direct_debit_is_complete_but_unpaid_until_the_bank_confirms_it() {
    let (bench, id, session) = sepa("AT61 1904 3002 3457 3201", Duration::from_secs(3600)).await;
    assert_eq!(
        (&session["status"], &session["payment_status"]),
        (&json!("complete"), &json!("unpaid"))
    );
    assert!(bench.ledger().await.is_empty());
    bench.advance_clock(3601).await;
    eventually(|| async { (bench.retrieve(&id).await["payment_status"] == "paid").then_some(()) })
        .await;
    assert_eq!(
        bench.event_types().await,
        [
            "payment_intent.created",
            "charge.pending",
            "payment_intent.processing",
            "checkout.session.completed",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.async_payment_succeeded",
        ]
    );
    assert_eq!(bench.ledger().await[0]["amount"], 1250);
}

#[tokio::test]
async fn a_direct_debit_that_fails_stays_unpaid() {
    let (bench, id, _) = sepa("IT60X0542811101000000123456", Duration::ZERO).await;
    eventually(|| async { (bench.event_types().await.len() == 7).then_some(()) }).await;
    assert_eq!(
        bench.event_types().await[4..],
        [
            "charge.failed",
            "payment_intent.payment_failed",
            "checkout.session.async_payment_failed"
        ]
    );
    let session = bench.retrieve(&id).await;
    assert_eq!(
        (&session["status"], &session["payment_status"]),
        (&json!("complete"), &json!("unpaid"))
    );
    assert!(bench.ledger().await.is_empty());
}

#[tokio::test]
async fn only_offered_methods_are_accepted() {
    let bench = Bench::start().await;
    let iban = [
        ("email", "ada@example.org"),
        ("sepa_debit[iban]", "AT611904300234573201"),
    ];
    let cards_only = bench
        .session_with(&changed(
            &SESSION,
            &[("allowed_payment_method_types[0]", "card")],
        ))
        .await;
    assert_eq!(
        bench.retrieve(&cards_only).await["payment_method_types"],
        json!(["card"])
    );
    assert_eq!(
        bench.confirm(&cards_only, &iban).await.error(),
        (400, String::new(), "sepa_debit".into())
    );
    let dollars = bench
        .session_with(&changed(
            &SESSION,
            &[("line_items[0][price_data][currency]", "usd")],
        ))
        .await;
    assert_eq!(bench.confirm(&dollars, &iban).await.status, 400);
}
