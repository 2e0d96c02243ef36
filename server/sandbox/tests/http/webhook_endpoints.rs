use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use stripe_sandbox::{API_KEY, Options};
use tokio::sync::Semaphore;

use crate::bench::{Bench, Received, Receiver, Response, eventually};

const ENDPOINTS: &str = "/v1/webhook_endpoints";

async fn create(bench: &Bench, url: &str, events: &[&str]) -> Value {
    let mut form = vec![("url", url)];
    form.extend(events.iter().map(|event| ("enabled_events[]", *event)));
    let created = bench.post(ENDPOINTS, &form).await;
    assert_eq!(created.status, 200, "{}", created.text);
    created.json()
}

async fn delete(bench: &Bench, id: &str) -> Response {
    let request = bench
        .client
        .delete(bench.url(&format!("{ENDPOINTS}/{id}")))
        .bearer_auth(API_KEY);
    bench.send(request).await
}

async fn expire_a_session(bench: &Bench) -> String {
    let id = bench.session().await;
    let path = format!("/v1/checkout/sessions/{id}/expire");
    assert_eq!(bench.post(&path, &[]).await.status, 200);
    id
}

/// The `v1` signatures of a delivery, in order.
fn signatures(received: &Received) -> Vec<String> {
    let header = received.headers["stripe-signature"].to_str().unwrap();
    header
        .split(',')
        .filter_map(|part| part.strip_prefix("v1="))
        .map(str::to_owned)
        .collect()
}

fn signed_with(received: &Received, secret: &Value) -> String {
    let header = received.headers["stripe-signature"].to_str().unwrap();
    let time = header.split(',').next().unwrap().trim_start_matches("t=");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_str().unwrap().as_bytes()).unwrap();
    mac.update(format!("{time}.{}", received.body).as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn an_endpoint_shows_its_secret_once_and_signs_with_it() {
    let bench = Bench::start().await;
    let receiver = Receiver::start().await;
    let created = bench
        .post(
            ENDPOINTS,
            &[
                ("url", receiver.url().as_str()),
                ("enabled_events[0]", "*"),
                ("description", "mine"),
                ("metadata[shop]", "1"),
            ],
        )
        .await
        .json();
    let secret = created["secret"].clone();
    assert!(secret.as_str().unwrap().starts_with("whsec_"));
    assert_eq!(
        (&created["object"], &created["status"], &created["url"]),
        (
            &json!("webhook_endpoint"),
            &json!("enabled"),
            &json!(receiver.url())
        )
    );
    let id = created["id"].as_str().unwrap();
    let mut without_secret = created.clone();
    without_secret.as_object_mut().unwrap().remove("secret");
    let path = format!("{ENDPOINTS}/{id}");
    assert_eq!(bench.get(&path).await.json(), without_secret);
    let listed = bench.get(ENDPOINTS).await.json();
    assert_eq!(listed["data"], json!([without_secret]));
    assert_eq!(listed["url"], ENDPOINTS);
    let session = expire_a_session(&bench).await;
    let received = receiver.wait_for("checkout.session.expired", 1).await;
    assert_eq!(received[0].event()["data"]["object"]["id"], session);
    assert_eq!(
        signatures(&received[0]),
        [signed_with(&received[0], &secret)]
    );
    assert!(
        received[0].headers["stripe-signature"]
            .to_str()
            .unwrap()
            .contains(",v0=")
    );
}

#[tokio::test]
async fn each_endpoint_gets_its_enabled_events() {
    let started_with = Receiver::start().await;
    let bench = Bench::sending_to(&started_with).await;
    let (money, nothing) = (Receiver::start().await, Receiver::start().await);
    create(
        &bench,
        &money.url(),
        &["charge.succeeded", "payment_intent.succeeded"],
    )
    .await;
    create(&bench, &nothing.url(), &["customer.created"]).await;
    let id = bench.session().await;
    bench.pay(&id).await;
    started_with.wait_for("checkout.session.completed", 1).await;
    eventually(|| async {
        let failed = bench.get("/v1/events?delivery_success=false").await.json();
        failed["data"].as_array().unwrap().is_empty().then_some(())
    })
    .await;
    let mut kinds: Vec<String> = money
        .received()
        .iter()
        .map(|received| received.event()["type"].as_str().unwrap().to_owned())
        .collect();
    kinds.sort();
    assert_eq!(kinds, ["charge.succeeded", "payment_intent.succeeded"]);
    assert!(nothing.received().is_empty());
    let twice = started_with.wait_for("charge.succeeded", 1).await;
    assert_eq!(twice[0].event()["pending_webhooks"], 2);
    let once = started_with.wait_for("checkout.session.completed", 1).await;
    assert_eq!(once[0].event()["pending_webhooks"], 1);
}

#[tokio::test]
async fn an_event_is_pending_for_each_endpoint_that_has_not_accepted_it() {
    let (good, bad) = (
        Receiver::start().await,
        Receiver::responding_with(&[500; 100]).await,
    );
    let bench = Bench::sending_to(&good).await;
    create(&bench, &bad.url(), &["*"]).await;
    expire_a_session(&bench).await;
    good.wait_for("checkout.session.expired", 1).await;
    bad.wait_for("checkout.session.expired", 2).await;
    eventually(|| async {
        let event = bench.get("/v1/events").await.json()["data"][0].clone();
        (event["pending_webhooks"] == 1).then_some(())
    })
    .await;
    let undelivered = bench.get("/v1/events?delivery_success=false").await.json();
    assert_eq!(undelivered["data"].as_array().unwrap().len(), 1);
    assert_eq!(good.received().len(), 1);
}

#[tokio::test]
async fn an_endpoint_is_changed_disabled_and_deleted() {
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    let bench = Bench::start().await;
    let id = create(&bench, &first.url(), &["checkout.session.completed"]).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("{ENDPOINTS}/{id}");
    let changed = bench
        .post(
            &path,
            &[
                ("url", second.url().as_str()),
                ("enabled_events[]", "checkout.session.expired"),
                ("description", "new"),
                ("metadata[a]", "1"),
                ("metadata[b]", "2"),
            ],
        )
        .await
        .json();
    assert_eq!(
        changed["enabled_events"],
        json!(["checkout.session.expired"])
    );
    assert!(changed.get("secret").is_none());
    let changed = bench
        .post(&path, &[("description", ""), ("metadata[a]", "")])
        .await
        .json();
    assert_eq!(
        (&changed["description"], &changed["metadata"]),
        (&json!(null), &json!({ "b": "2" }))
    );
    assert_eq!(changed["url"], second.url());
    expire_a_session(&bench).await;
    second.wait_for("checkout.session.expired", 1).await;

    let disabled = bench.post(&path, &[("disabled", "true")]).await.json();
    assert_eq!(disabled["status"], "disabled");
    expire_a_session(&bench).await;
    let newest = bench.get("/v1/events").await.json()["data"][0].clone();
    assert_eq!(newest["pending_webhooks"], 0);
    bench.post(&path, &[("disabled", "false")]).await;
    let third = expire_a_session(&bench).await;
    let received = second.wait_for("checkout.session.expired", 2).await;
    assert_eq!(received[1].event()["data"]["object"]["id"], third);

    let deleted = delete(&bench, &id).await;
    assert_eq!(
        deleted.json(),
        json!({ "id": id, "object": "webhook_endpoint", "deleted": true })
    );
    assert_eq!(bench.get(&path).await.error().0, 404);
    assert_eq!(bench.post(&path, &[]).await.error().0, 404);
    assert_eq!(delete(&bench, &id).await.error().0, 404);
    assert_eq!(bench.get(ENDPOINTS).await.json()["data"], json!([]));
    expire_a_session(&bench).await;
    let newest = bench.get("/v1/events").await.json()["data"][0].clone();
    assert_eq!(newest["pending_webhooks"], 0);
    assert!(first.received().is_empty());
}

#[tokio::test]
async fn a_disabled_endpoint_gets_no_further_attempts() {
    let receiver = Receiver::responding_with(&[500; 100]).await;
    let bench = Bench::start().await;
    let created = create(&bench, &receiver.url(), &["*"]).await;
    expire_a_session(&bench).await;
    receiver.wait_for("checkout.session.expired", 1).await;
    let path = format!("{ENDPOINTS}/{}", created["id"].as_str().unwrap());
    bench.post(&path, &[("disabled", "true")]).await;
    eventually(|| async {
        let event = bench.get("/v1/events").await.json()["data"][0].clone();
        (event["pending_webhooks"] == 0).then_some(())
    })
    .await;
    let undelivered = bench.get("/v1/events?delivery_success=false").await.json();
    assert_eq!(undelivered["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_invalid_endpoint_names_its_parameter() {
    let bench = Bench::start().await;
    let refused = async |form: &[(&str, &str)]| {
        let (status, code, param) = bench.post(ENDPOINTS, form).await.error();
        assert_eq!(status, 400);
        (code, param)
    };
    let url = ("url", "http://127.0.0.1:1/");
    assert_eq!(
        refused(&[("enabled_events[]", "*")]).await,
        ("parameter_missing".into(), "url".into())
    );
    assert_eq!(
        refused(&[url]).await,
        ("parameter_missing".into(), "enabled_events".into())
    );
    assert_eq!(
        refused(&[("url", "nonsense"), ("enabled_events[]", "*")]).await,
        ("url_invalid".into(), "url".into())
    );
    for odd in ["checkout.session.*", "Charge.succeeded", "charge", "*.*"] {
        assert_eq!(
            refused(&[url, ("enabled_events[]", odd)]).await.1,
            "enabled_events[0]"
        );
    }
    assert_eq!(
        refused(&[
            url,
            ("enabled_events[]", "charge.failed"),
            ("enabled_events[]", "*")
        ])
        .await
        .1,
        "enabled_events[1]"
    );
    assert_eq!(
        refused(&[url, ("enabled_events[]", "*"), ("api_version", "latest")])
            .await
            .1,
        "api_version"
    );
    assert_eq!(
        refused(&[url, ("enabled_events[]", "*"), ("secret", "whsec_mine")])
            .await
            .0,
        "parameter_unknown"
    );
    assert_eq!(bench.get(ENDPOINTS).await.json()["data"], json!([]));
}

#[tokio::test]
async fn an_account_has_at_most_sixteen_endpoints() {
    let bench = Bench::start().await;
    let mut last = Value::Null;
    for n in 0..16 {
        last = create(&bench, &format!("http://127.0.0.1:1/{n}"), &["*"]).await;
    }
    let form = [("url", "http://127.0.0.1:1/"), ("enabled_events[]", "*")];
    assert_eq!(bench.post(ENDPOINTS, &form).await.status, 400);
    delete(&bench, last["id"].as_str().unwrap()).await;
    assert_eq!(bench.post(ENDPOINTS, &form).await.status, 200);
    let page = bench.get(&format!("{ENDPOINTS}?limit=10")).await.json();
    assert_eq!(
        (page["data"].as_array().unwrap().len(), &page["has_more"]),
        (10, &json!(true))
    );
}

#[tokio::test]
async fn an_event_has_the_api_version_of_its_endpoint() {
    let (old, new) = (Receiver::start().await, Receiver::start().await);
    let bench = Bench::sending_to(&new).await;
    bench
        .post(
            ENDPOINTS,
            &[
                ("url", old.url().as_str()),
                ("enabled_events[]", "*"),
                ("api_version", "2024-06-20"),
            ],
        )
        .await;
    expire_a_session(&bench).await;
    let (old, new) = (
        old.wait_for("checkout.session.expired", 1).await[0].event(),
        new.wait_for("checkout.session.expired", 1).await[0].event(),
    );
    assert_eq!(old["api_version"], "2024-06-20");
    assert_eq!(new["api_version"], "2026-09-30.endive");
    assert_eq!(old["id"], new["id"]);
}

#[tokio::test]
async fn the_old_secret_stays_active_for_a_while_after_rolling() {
    let receiver = Receiver::start().await;
    let bench = Bench::start().await;
    let created = create(&bench, &receiver.url(), &["checkout.session.expired"]).await;
    let roll = format!(
        "/_sandbox/webhook_endpoints/{}/roll_secret",
        created["id"].as_str().unwrap()
    );
    let rolled = bench.post_json(&roll, json!({ "expires_in": 3600 })).await;
    assert_eq!(rolled.status, 200, "{}", rolled.text);
    let (old, new) = (&created["secret"], &rolled.json()["secret"]);
    assert_ne!(old, new);
    expire_a_session(&bench).await;
    let both = receiver
        .wait_for("checkout.session.expired", 1)
        .await
        .remove(0);
    assert_eq!(
        signatures(&both),
        [signed_with(&both, new), signed_with(&both, old)]
    );
    bench.advance_clock(3601).await;
    expire_a_session(&bench).await;
    let after = receiver
        .wait_for("checkout.session.expired", 2)
        .await
        .remove(1);
    assert_eq!(signatures(&after), [signed_with(&after, new)]);

    assert_eq!(
        bench
            .post_json(&roll, json!({ "expires_in": 86_401 }))
            .await
            .status,
        400
    );
    let unknown = "/_sandbox/webhook_endpoints/we_x/roll_secret";
    assert_eq!(bench.post_json(unknown, json!({})).await.status, 404);
}

#[tokio::test]
async fn an_event_is_resent_to_one_endpoint_or_to_all() {
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    let bench = Bench::sending_to(&first).await;
    create(&bench, &second.url(), &["*"]).await;
    bench
        .post_json("/_sandbox/faults", json!({ "drop": 1 }))
        .await;
    expire_a_session(&bench).await;
    let event = bench.get("/v1/events").await.json()["data"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    eventually(|| async {
        let event = bench.get(&format!("/v1/events/{event}")).await.json();
        (event["pending_webhooks"] == 0).then_some(())
    })
    .await;
    let resend = format!("/_sandbox/events/{event}/resend");
    let sent = bench
        .post_json(&resend, json!({ "endpoint": "we_sandbox" }))
        .await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    let resent = first.wait_for("checkout.session.expired", 1).await;
    assert_eq!(resent[0].event()["id"], json!(event));
    assert_eq!(
        bench
            .post_json(&resend, json!({ "endpoint": "we_x" }))
            .await
            .status,
        404
    );
    bench.post_json(&resend, json!({})).await;
    second.wait_for("checkout.session.expired", 1).await;
    first.wait_for("checkout.session.expired", 2).await;
    eventually(|| async {
        let delivered = bench.get("/v1/events?delivery_success=true").await.json();
        (delivered["data"].as_array().unwrap().len() == 1).then_some(())
    })
    .await;
    assert_eq!(
        bench
            .post_json("/_sandbox/events/evt_x/resend", json!({}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn endpoints_and_pending_deliveries_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let kept = || Options {
        state: Some(folder.path().join("sandbox.journal")),
        ..Options::default()
    };
    let receiver = Receiver::responding_with(&[500]).await;
    let bench = Bench::with(kept()).await;
    let created = create(&bench, &receiver.url(), &["*"]).await;
    let gone = create(&bench, &receiver.url(), &["*"]).await;
    delete(&bench, gone["id"].as_str().unwrap()).await;
    let listed = bench.get(ENDPOINTS).await.json();
    expire_a_session(&bench).await;
    receiver.wait_for("checkout.session.expired", 1).await;
    bench.sandbox.stop().await;

    let bench = Bench::with(kept()).await;
    assert_eq!(bench.get(ENDPOINTS).await.json(), listed);
    let received = receiver.wait_for("checkout.session.expired", 2).await;
    assert_eq!(
        signatures(&received[1]),
        [signed_with(&received[1], &created["secret"])]
    );
}

#[tokio::test]
async fn the_default_endpoint_is_listed_but_not_stored() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.journal");
    let kept = |receiver: Option<&Receiver>| Options {
        state: Some(state.clone()),
        webhook: receiver.map(Receiver::webhook),
        ..Options::default()
    };
    let receiver = Receiver::start().await;
    let bench = Bench::with(kept(Some(&receiver))).await;
    let listed = bench.get(ENDPOINTS).await.json();
    assert_eq!(listed["data"][0]["id"], "we_sandbox");
    assert_eq!(listed["data"][0]["url"], receiver.url());
    assert!(!listed.to_string().contains("whsec_"));
    bench.sandbox.stop().await;
    assert!(!std::fs::read_to_string(&state).unwrap().contains("whsec_"));

    let bench = Bench::with(kept(None)).await;
    assert_eq!(bench.get(ENDPOINTS).await.json()["data"], json!([]));
}

#[tokio::test]
async fn queued_deliveries_are_not_sent_to_a_deleted_endpoint() {
    let (arrived, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let (count, closed) = (arrived.clone(), gate.clone());
    let receive = move || async move {
        count.fetch_add(1, Ordering::SeqCst);
        let _opened = closed.acquire().await.unwrap();
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhook", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/webhook", axum::routing::post(receive));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let bench = Bench::start().await;
    let created = create(&bench, &url, &["checkout.session.expired"]).await;
    for _ in 0..40 {
        expire_a_session(&bench).await;
    }
    // As many as are sent to one endpoint concurrently.
    eventually(|| async { (arrived.load(Ordering::SeqCst) == 32).then_some(()) }).await;
    assert_eq!(
        delete(&bench, created["id"].as_str().unwrap()).await.status,
        200
    );
    gate.add_permits(32);
    eventually(|| async {
        let events = bench.get("/v1/events?limit=100").await.json();
        let mut events = events["data"].as_array().unwrap().iter();
        events
            .all(|event| event["pending_webhooks"] == 0)
            .then_some(())
    })
    .await;
    assert_eq!(arrived.load(Ordering::SeqCst), 32);
}

#[tokio::test]
async fn metadata_has_at_most_fifty_keys_after_several_updates() {
    let bench = Bench::start().await;
    let created = create(&bench, "http://127.0.0.1:9/webhook", &["*"]).await;
    let path = format!("{ENDPOINTS}/{}", created["id"].as_str().unwrap());
    let keys: Vec<String> = (0..51).map(|n| format!("metadata[k{n}]")).collect();
    let form: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "1")).collect();
    assert_eq!(bench.post(&path, &form[..50]).await.status, 200);
    assert_eq!(bench.post(&path, &form[..50]).await.status, 200);
    let refused = bench.post(&path, &form[50..]).await;
    assert_eq!(refused.error(), (400, String::new(), "metadata".into()));
    let swapped = [("metadata[k0]", ""), ("metadata[k50]", "1")];
    assert_eq!(bench.post(&path, &swapped).await.status, 200);
}
