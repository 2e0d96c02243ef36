use std::io::Write;
use std::path::Path;
use std::time::Duration;

use stripe_sandbox::{JournalError, Options, Sandbox, StartError};

use crate::bench::{Bench, CARD, Receiver, SESSION, changed, eventually};

fn stored_in(state: &Path) -> Options {
    Options {
        state: Some(state.to_owned()),
        public_url: Some("http://pay.test/".to_owned()),
        async_payment_delay: Duration::from_millis(300),
        ..Options::default()
    }
}

#[tokio::test]
async fn sessions_payments_answers_and_events_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("deep/sandbox.journal");
    let bench = Bench::with(stored_in(&state)).await;
    let first = bench
        .post_keyed("/v1/checkout/sessions", "key-1", &SESSION)
        .await;
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let open = bench.session().await;
    bench.pay(&id).await;
    let (session, ledger, events) = (
        bench.retrieve(&id).await,
        bench.ledger().await,
        bench.get("/v1/events").await,
    );
    bench.sandbox.stop().await;

    let bench = Bench::with(stored_in(&state)).await;
    assert_eq!(bench.retrieve(&id).await, session);
    assert_eq!(bench.ledger().await, ledger);
    assert_eq!(bench.get("/v1/events").await.text, events.text);
    let replayed = bench
        .post_keyed("/v1/checkout/sessions", "key-1", &SESSION)
        .await;
    assert_eq!(
        (replayed.header("idempotent-replayed"), &replayed.text),
        ("true", &first.text)
    );
    bench.pay(&open).await;
    assert_eq!(bench.ledger().await.len(), 2);
}

#[tokio::test]
async fn a_delivery_that_was_pending_is_made_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.journal");
    let refusing = Receiver::responding_with(&[500; 100]).await;
    let bench = Bench::with(Options {
        webhook: Some(refusing.webhook()),
        ..stored_in(&state)
    })
    .await;
    let id = bench.session().await;
    bench.pay(&id).await;
    refusing.wait_for("checkout.session.completed", 1).await;
    bench.sandbox.stop().await;

    let receiver = Receiver::start().await;
    let bench = Bench::with(Options {
        webhook: Some(receiver.webhook()),
        ..stored_in(&state)
    })
    .await;
    let received = receiver.wait_for("checkout.session.completed", 1).await;
    assert_eq!(received[0].event()["data"]["object"]["id"], id);
    eventually(|| async {
        let undelivered = bench.get("/v1/events?delivery_success=false").await.json();
        undelivered["data"]
            .as_array()
            .unwrap()
            .is_empty()
            .then_some(())
    })
    .await;
    bench.sandbox.stop().await;

    let quiet = Receiver::start().await;
    let bench = Bench::with(Options {
        webhook: Some(quiet.webhook()),
        ..stored_in(&state)
    })
    .await;
    let other = bench.session().await;
    bench.pay(&other).await;
    quiet.wait_for("checkout.session.completed", 1).await;
    assert!(
        quiet
            .received()
            .iter()
            .all(|received| !received.body.contains(&id)),
        "delivered events stay delivered"
    );
}

#[tokio::test]
async fn a_direct_debit_and_an_expiry_continue_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.journal");
    let bench = Bench::with(stored_in(&state)).await;
    let id = bench.session().await;
    let open = bench.session().await;
    let iban = [
        ("email", "ada@example.org"),
        ("sepa_debit[iban]", "AT611904300234573201"),
    ];
    assert_eq!(bench.confirm(&id, &iban).await.status, 200);
    bench.sandbox.stop().await;

    let bench = Bench::with(stored_in(&state)).await;
    eventually(|| async { (bench.retrieve(&id).await["payment_status"] == "paid").then_some(()) })
        .await;
    bench.advance_clock(86_401).await;
    eventually(|| async { (bench.retrieve(&open).await["status"] == "expired").then_some(()) })
        .await;
}

#[tokio::test]
async fn an_incomplete_last_line_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.journal");
    let bench = Bench::with(stored_in(&state)).await;
    let id = bench.session().await;
    bench.sandbox.stop().await;
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(&state)
        .unwrap();
    file.write_all(b"[{\"session\":{\"id\":\"cs_te").unwrap();
    drop(file);

    for _ in 0..2 {
        let bench = Bench::with(stored_in(&state)).await;
        assert_eq!(bench.retrieve(&id).await["status"], "open");
        bench.session().await;
        bench.sandbox.stop().await;
    }
}

#[tokio::test]
async fn a_damaged_line_and_a_file_in_use_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.journal");
    std::fs::write(&state, "[]\nnonsense\n[]\n").unwrap();
    let damaged = Sandbox::start(stored_in(&state)).await.unwrap_err();
    assert!(
        matches!(
            damaged,
            StartError::State(JournalError::Damaged { line: 2, .. })
        ),
        "{damaged}"
    );

    std::fs::write(&state, "").unwrap();
    let _holder = Bench::with(stored_in(&state)).await;
    let in_use = Sandbox::start(stored_in(&state)).await.unwrap_err();
    assert!(
        matches!(in_use, StartError::State(JournalError::InUse(_))),
        "{in_use}"
    );
}

#[tokio::test]
async fn no_card_number_reaches_the_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.journal");
    let bench = Bench::with(stored_in(&state)).await;
    let id = bench.session().await;
    bench.pay(&id).await;
    assert!(bench.session().await.starts_with("cs_test_"));
    bench.sandbox.stop().await;
    let journal = std::fs::read_to_string(&state).unwrap();
    assert!(journal.contains(&id) && !journal.contains("4242424242424242"));
}

#[tokio::test]
async fn refunds_disputes_and_scheduled_actions_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.journal");
    let slow = || Options {
        async_payment_delay: Duration::from_secs(3600),
        ..stored_in(&state)
    };
    let bench = Bench::with(slow()).await;
    let mut intents = Vec::new();
    for number in ["4000000000007726", "4000000000000259"] {
        let id = bench.session().await;
        let card = changed(&CARD, &[("card[number]", number)]);
        let paid = bench.confirm(&id, &card).await.json();
        intents.push(paid["payment_intent"].as_str().unwrap().to_owned());
    }
    let refund = bench
        .post("/v1/refunds", &[("payment_intent", &intents[0])])
        .await
        .json();
    bench.sandbox.stop().await;

    let bench = Bench::with(slow()).await;
    assert_eq!(bench.get("/v1/refunds").await.json()["data"][0], refund);
    bench.advance_clock(3601).await;
    let dispute = eventually(|| async {
        bench.get("/v1/disputes").await.json()["data"]
            .get(0)
            .cloned()
    })
    .await;
    let refund = eventually(|| async {
        let refund = bench.get("/v1/refunds").await.json()["data"][0].clone();
        (refund["status"] == "succeeded").then_some(refund)
    })
    .await;
    let count = bench.event_types().await.len();
    bench.sandbox.stop().await;

    let bench = Bench::with(slow()).await;
    bench.advance_clock(7200).await;
    assert_eq!(bench.get("/v1/refunds").await.json()["data"][0], refund);
    assert_eq!(bench.get("/v1/disputes").await.json()["data"][0], dispute);
    assert_eq!(bench.ledger().await[0]["refunded"], 1250);
    assert_eq!(
        bench.event_types().await.len(),
        count,
        "nothing happens twice"
    );
}
