//! No card number is stored or logged, whatever is typed into which field.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use stripe_sandbox::{Options, Webhook};

use crate::bench::{Bench, CARD, Receiver, changed};

/// Numbers that are listed, declined, well-formed but unknown, and mistyped.
const NUMBERS: [&str; 4] = [
    "4242424242424242",
    "4000000000000002",
    "4111111111111111",
    "4242424242424241",
];
const IBAN: &str = "AT611904300234573201";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

// A single thread, so that this test's subscriber sees everything that the sandbox logs.
#[tokio::test(flavor = "current_thread")]
async fn no_number_of_a_card_or_an_account_is_logged_stored_or_sent() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.journal");
    let receiver = Receiver::start().await;
    let bench = Bench::with(Options {
        state: Some(state.clone()),
        webhook: Some(Webhook {
            url: receiver.url(),
            secret: "whsec_not_for_a_log".to_owned(),
        }),
        ..Options::default()
    })
    .await;

    let mut responses = String::new();
    for number in NUMBERS {
        let id = bench.session().await;
        let card = changed(&CARD, &[("card[number]", number)]);
        let keyed = bench
            .post_keyed(&format!("/v1/payment_pages/{id}/confirm"), &id, &card)
            .await;
        responses += &keyed.text;
        let typed = [
            ("email", "ada@example.org"),
            ("name", "Ada"),
            ("method", "card"),
            ("number", number),
            ("expiry", number),
            ("cvc", "123"),
        ];
        let open = bench.session().await;
        let page = bench.post(&format!("/c/pay/{open}"), &typed).await;
        assert_ne!(page.status, 303);
        let shown = page.text.split("<details").next().unwrap();
        assert!(!shown.contains(number), "{number} is shown again");
    }
    let id = bench.session().await;
    let debit = [
        ("email", "ada@example.org"),
        ("name", "Ada"),
        ("sepa_debit[iban]", IBAN),
    ];
    responses += &bench.confirm(&id, &debit).await.text;
    receiver.wait_for("checkout.session.completed", 2).await;
    for received in receiver.received() {
        responses += &received.body;
    }
    bench.sandbox.stop().await;

    let (log, journal) = (log.text(), std::fs::read_to_string(&state).unwrap());
    assert!(log.contains("/v1/payment_pages/"), "the log was captured");
    assert!(journal.contains(&id));
    for (place, text) in [
        ("log", &log),
        ("journal", &journal),
        ("responses", &responses),
    ] {
        for number in NUMBERS.iter().chain([&IBAN]) {
            assert!(!text.contains(number), "{number} is in the {place}");
        }
        assert!(!text.contains("whsec_not_for_a_log"), "{place}");
    }
    assert!(!log.contains("ada@example.org") && !log.contains("sk_test_"));
}

#[tokio::test]
async fn a_card_outside_the_list_is_not_charged() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let card = changed(&CARD, &[("card[number]", "4111111111111111")]);
    assert_eq!(bench.confirm(&id, &card).await.status, 402);
    assert_eq!(bench.ledger().await, Vec::<serde_json::Value>::new());
    assert_eq!(bench.retrieve(&id).await["payment_status"], "unpaid");
}
