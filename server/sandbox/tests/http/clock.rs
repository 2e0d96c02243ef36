//! Scheduled actions follow the sandbox's clock, which tests move forward.

use std::time::Duration;

use stripe_sandbox::Options;

use crate::bench::{Bench, CARD, changed, eventually};

/// A sandbox whose banks take a day to respond.
async fn slow_banks() -> Bench {
    Bench::with(Options {
        async_payment_delay: Duration::from_secs(86_400),
        ..Options::default()
    })
    .await
}

#[tokio::test]
async fn a_session_expires_when_the_clock_is_moved() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    bench.advance_clock(23 * 60 * 60).await;
    let later = bench.session().await;
    assert_eq!(bench.retrieve(&id).await["status"], "open");
    bench.advance_clock(2 * 60 * 60).await;
    eventually(|| async { (bench.retrieve(&id).await["status"] == "expired").then_some(()) }).await;
    assert_eq!(bench.retrieve(&later).await["status"], "open");
    assert_eq!(bench.event_types().await, ["checkout.session.expired"]);
}

#[tokio::test]
async fn a_delayed_payment_has_its_result_when_the_clock_is_moved() {
    let bench = slow_banks().await;
    let id = bench.session().await;
    let form = [
        ("email", "ada@example.org"),
        ("name", "Ada"),
        ("sepa_debit[iban]", "AT611904300234573201"),
    ];
    assert_eq!(bench.confirm(&id, &form).await.status, 200);
    bench.advance_clock(86_000).await;
    assert_eq!(bench.retrieve(&id).await["payment_status"], "unpaid");
    bench.advance_clock(500).await;
    eventually(|| async { (bench.retrieve(&id).await["payment_status"] == "paid").then_some(()) })
        .await;
}

#[tokio::test]
async fn a_pending_refund_gets_its_result_when_the_clock_is_moved() {
    let bench = slow_banks().await;
    let id = bench.session().await;
    let card = changed(&CARD, &[("card[number]", "4000000000007726")]);
    assert_eq!(bench.confirm(&id, &card).await.status, 200);
    let intent = bench.retrieve(&id).await["payment_intent"].clone();
    let refund = bench
        .post(
            "/v1/refunds",
            &[("payment_intent", intent.as_str().unwrap())],
        )
        .await
        .json();
    assert_eq!(refund["status"], "pending");
    let path = format!("/v1/refunds/{}", refund["id"].as_str().unwrap());
    bench.advance_clock(86_500).await;
    eventually(|| async { (bench.get(&path).await.json()["status"] == "succeeded").then_some(()) })
        .await;
}

#[tokio::test]
async fn an_expired_session_accepts_no_payment_and_no_change() {
    let bench = Bench::start().await;
    let (paid, approved, shown) = (
        bench.session().await,
        bench.session().await,
        bench.session().await,
    );
    let asks = changed(&CARD, &[("card[number]", "4000002760003184")]);
    assert_eq!(bench.confirm(&approved, &asks).await.status, 200);
    bench.advance_clock(25 * 60 * 60).await;
    let refused = bench.confirm(&paid, &CARD).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("has a status of `expired`"));
    let path = format!("/c/pay/{approved}/authenticate");
    assert_eq!(
        bench.post(&path, &[("answer", "approve")]).await.status,
        410
    );
    let page = format!("/c/pay/{shown}");
    assert_eq!(bench.post(&page, &[("action", "update")]).await.status, 410);
    assert_eq!(bench.ledger().await.len(), 0);
    let ends = |types: Vec<String>| {
        let expired = types
            .iter()
            .filter(|kind| *kind == "checkout.session.expired");
        (expired.count() == 3).then_some(())
    };
    eventually(|| async { ends(bench.event_types().await) }).await;
}
