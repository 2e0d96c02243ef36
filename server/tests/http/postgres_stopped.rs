//! A PostgreSQL that is stopped and started again, as when its machine restarts: never a false 200,
//! and everything works afterwards. It is a separate one, whichever database the other tests use.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::StreamExt;

use crate::test_app::{TestApp, event, eventually, paid_session};

const COMPLETED: &str = "checkout.session.completed";

async fn readyz(app: &TestApp) -> u16 {
    app.get("/readyz").await.status
}

/// A PostgreSQL that no other test uses.
pub struct Postgres {
    child: Child,
    pub url: String,
    control: String,
}

impl Postgres {
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/with-postgres");
        let mut child = Command::new(script)
            // The script ends, and PostgreSQL with it, when this test closes its pipe or dies.
            .args([
                "sh",
                "-c",
                "echo \"$TEST_POSTGRES_URL\"; echo \"$TEST_POSTGRES_CONTROL\"; exec cat",
            ])
            .env_remove("TEST_POSTGRES_URL")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = || lines.next().expect("PostgreSQL is there").unwrap();
        let (url, control) = (line(), line());
        Self {
            child,
            url,
            control,
        }
    }

    fn control(&self, what: &str) {
        assert!(
            Command::new(&self.control)
                .arg(what)
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Killed during many deliveries: what was answered 200 is stored, and the rest was not answered
/// 200.
#[tokio::test]
async fn what_was_confirmed_before_postgresql_was_killed_is_there_afterwards() {
    const PAYMENTS: usize = 200;
    let postgres = Postgres::start();
    let app = TestApp::without_webhooks_at(&postgres.url).await;
    let mut events = Vec::new();
    for _ in 0..PAYMENTS {
        let checkout = app.begin(&[("POSTER", 1)]).await;
        events.push(event(COMPLETED, &paid_session(&checkout)));
    }
    let (delivered, killed) = (AtomicUsize::new(0), AtomicBool::new(false));
    // Each refusal is slow, so a few after the kill are enough.
    let until_killed = events
        .iter()
        .take_while(|_| !killed.load(Ordering::Relaxed));
    let deliveries = futures::stream::iter(until_killed)
        .map(async |event| {
            let status = app.deliver(event).await;
            delivered.fetch_add(1, Ordering::Relaxed);
            (event["id"].as_str().unwrap(), status)
        })
        .buffer_unordered(16)
        .collect::<Vec<_>>();
    let kill = async {
        while delivered.load(Ordering::Relaxed) < 10 {
            tokio::task::yield_now().await;
        }
        let control = postgres.control.clone();
        let kill = move || Command::new(control).arg("kill").status().unwrap();
        let ended = tokio::task::spawn_blocking(kill).await.unwrap();
        assert!(ended.success());
        killed.store(true, Ordering::Relaxed);
    };
    let (answers, ()) = tokio::join!(deliveries, kill);
    postgres.control("start");
    eventually("the server is ready again", async || {
        (readyz(&app).await == 200).then_some(())
    })
    .await;
    for (id, status) in &answers {
        let stored = app.stored_event(id).await;
        match status {
            200 => assert_eq!(stored.expect("it was confirmed").state.as_ref(), "applied"),
            // Written without an answer, or not written.
            503 => assert!(stored.is_none_or(|event| event.state.as_ref() == "applied")),
            other => panic!("{other}"),
        }
    }
    let confirmed = answers.iter().filter(|(_, status)| *status == 200).count();
    assert!(confirmed >= 10 && confirmed < answers.len(), "{confirmed}");
    for event in &events {
        assert_eq!(app.deliver(event).await, 200);
    }
    assert_eq!(app.orders().await.len(), PAYMENTS);
    assert_eq!(app.stored_events().await.len(), PAYMENTS);
}

#[tokio::test]
async fn while_postgresql_is_stopped_nothing_is_confirmed_and_afterwards_everything_works() {
    let postgres = Postgres::start();
    let app = TestApp::without_webhooks_at(&postgres.url).await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let form = app.form("/").await.choose(app.variant("PEN").await.id, "1");
    let paid = event(COMPLETED, &paid_session(&checkout));
    let first = event(
        COMPLETED,
        &serde_json::json!({ "id": "cs_test_of_somebody_else" }),
    );
    assert_eq!(app.deliver(&first).await, 200);
    postgres.control("stop");
    let (delivered, page, status) =
        tokio::join!(app.deliver(&paid), app.submit(&form), readyz(&app));
    assert_eq!((delivered, status), (503, 503));
    assert!(
        !page.header("location").contains("/c/pay/"),
        "{:?}",
        page.headers
    );
    postgres.control("start");
    eventually("the server is ready again", async || {
        (readyz(&app).await == 200 || app.deliver(&paid).await == 200).then_some(())
    })
    .await;
    assert_eq!(app.deliver(&paid).await, 200);
    assert_eq!(readyz(&app).await, 200);
    assert_eq!(app.stored_events().await.len(), 2);
    assert_eq!(app.the_order().await.checkout_id, checkout.id);
    assert_eq!(app.checkouts().await.len(), 1);
    app.pay(&form).await;
}
