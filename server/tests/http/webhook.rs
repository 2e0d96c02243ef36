//! `POST /webhooks/stripe`: which requests are accepted, and what they cause.

use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use shop::LatePayment;
use shop::entity::checkout;
use shop::inbox::{EventState, ReceiveOutcome, receive, signature};
use shop::orders::Flag;
use stripe_sandbox::{API_KEY, Options, Sandbox};
use stripe_webhook::Webhook;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::fake_stripe::{Answer, Endpoint, FakeStripe};
use crate::test_app::{
    TestApp, WEBHOOK_SECRET, client, event, eventually, long_retries, now, paid_session, sign,
};
use crate::till_binary::Till;

const COMPLETED: &str = "checkout.session.completed";
const SUCCEEDED: &str = "checkout.session.async_payment_succeeded";
const FAILED: &str = "checkout.session.async_payment_failed";
const EXPIRED: &str = "checkout.session.expired";

/// The session while a delayed payment is processing.
fn unpaid_session(checkout: &checkout::Model) -> Value {
    let mut session = paid_session(checkout);
    session["payment_status"] = "unpaid".into();
    session
}

/// An open checkout for two pens, and an event that pays it.
async fn paid_event(app: &TestApp) -> (checkout::Model, Value) {
    let checkout = app.begin(&[("PEN", 2)]).await;
    let event = event(COMPLETED, &paid_session(&checkout));
    (checkout, event)
}

// ---- Signatures ----

#[tokio::test]
async fn requests_without_a_valid_signature_are_refused_and_leave_nothing() {
    let app = TestApp::without_webhooks().await;
    let (checkout, event) = paid_event(&app).await;
    let body = event.to_string();
    let signed = |secret, time| sign(secret, time, body.as_bytes());
    let unsigned = app.request("POST", "/webhooks/stripe").body(body.clone());
    assert_eq!(app.send(unsigned).await.status, 400);
    for signature in [
        String::new(),
        "garbage".to_owned(),
        format!("t={}", now()),
        signed("whsec_of_somebody_else", now()),
        signed("", now()),
        signed(WEBHOOK_SECRET, now() - 301),
        // Not 301 ahead: a second may pass before the shop reads its clock. Unit tests cover the
        // exact limit.
        signed(WEBHOOK_SECRET, now() + 310),
        signed(WEBHOOK_SECRET, now()).replace("v1=", "v0="),
        sign(
            WEBHOOK_SECRET,
            now(),
            body.replace("paid", "Paid").as_bytes(),
        ),
    ] {
        assert_eq!(
            app.post_webhook(body.clone(), &signature).await,
            400,
            "{signature}"
        );
    }
    assert!(app.stored_events().await.is_empty());
    assert!(app.orders().await.is_empty());
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
}

#[tokio::test]
async fn a_body_of_which_one_byte_changed_is_refused() {
    let app = TestApp::without_webhooks().await;
    let (_, event) = paid_event(&app).await;
    let body = event.to_string();
    let signature = sign(WEBHOOK_SECRET, now(), body.as_bytes());
    for position in [0, body.len() / 2, body.len() - 1] {
        let mut changed = body.clone().into_bytes();
        changed[position] ^= 1;
        assert_eq!(app.post_webhook(changed, &signature).await, 400);
    }
    assert!(app.stored_events().await.is_empty());
    assert_eq!(app.post_webhook(body, &signature).await, 200);
}

#[tokio::test]
async fn signatures_may_be_five_minutes_off_in_either_direction() {
    let app = TestApp::without_webhooks().await;
    for time in [now() - 290, now() + 300] {
        let body = event("some.type", &json!({})).to_string();
        let signature = sign(WEBHOOK_SECRET, time, body.as_bytes());
        assert_eq!(app.post_webhook(body, &signature).await, 200);
    }
}

#[tokio::test]
async fn while_a_secret_is_rolled_both_are_accepted() {
    let app = TestApp::without_webhooks().await;
    for secret in ["whsec_being_rolled", WEBHOOK_SECRET] {
        let body = event("some.type", &json!({})).to_string();
        let both = format!(
            "{},v1={},v0=noise",
            sign(secret, now(), body.as_bytes()),
            "00".repeat(32)
        );
        assert_eq!(app.post_webhook(body, &both).await, 200, "{secret}");
    }
}

#[tokio::test]
async fn a_body_above_256_kib_is_not_read() {
    let app = TestApp::without_webhooks().await;
    let event = event("some.type", &json!({})).to_string();
    let at_limit = format!("{event}{}", " ".repeat(256 * 1024 - event.len()));
    assert_eq!(app.post_signed(&format!("{at_limit} ")).await, 413);
    assert!(app.stored_events().await.is_empty());
    assert_eq!(app.post_signed(&at_limit).await, 200);
}

#[tokio::test]
async fn half_an_emoji_in_a_name_is_stored_as_the_replacement_character() {
    let app = TestApp::without_webhooks().await;
    let (_, event) = paid_event(&app).await;
    let body = event.to_string().replace("Ada Shopper", "Ada \\ud83d");
    assert!(body.contains("\\ud83d"));
    assert_eq!(app.post_signed(&body).await, 200);
    let order = app.the_order().await;
    assert_eq!(order.customer_name.as_deref(), Some("Ada \u{fffd}"));
    let stored = app.stored_event(event["id"].as_str().unwrap()).await;
    assert_eq!(stored.unwrap().state.as_ref(), "applied");
    // Sent again, it is the same event.
    assert_eq!(app.post_signed(&body).await, 200);
    assert_eq!(app.orders().await.len(), 1);
}

#[tokio::test]
async fn a_name_that_is_not_unicode_is_still_stored() {
    let app = TestApp::without_webhooks().await;
    let (_, event) = paid_event(&app).await;
    let body = event.to_string().replace("Ada Shopper", "Ada \u{1}");
    let body: Vec<u8> = body
        .bytes()
        .map(|byte| if byte == 1 { 0xff } else { byte })
        .collect();
    let signature = sign(WEBHOOK_SECRET, now(), &body);
    assert_eq!(app.post_webhook(body, &signature).await, 200);
    let name = app.the_order().await.customer_name;
    assert_eq!(name.as_deref(), Some("Ada \u{fffd}"));
}

/// Sends a request as it is, and returns what comes back until the connection is closed.
async fn exchange(app: &TestApp, request: &[u8]) -> String {
    let addr = app.origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_proxy_may_send_an_event_in_pieces_or_ask_before_it_sends() {
    let app = TestApp::without_webhooks().await;
    for (what, header, chunked) in [
        ("chunked", "transfer-encoding: chunked\r\n", true),
        ("asked before", "expect: 100-continue\r\n", false),
    ] {
        let (_, event) = paid_event(&app).await;
        let body = event.to_string();
        let signature = sign(WEBHOOK_SECRET, now(), body.as_bytes());
        let sent = match chunked {
            true => {
                let (first, rest) = body.split_at(body.len() / 2);
                let piece = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
                format!("{}{}0\r\n\r\n", piece(first), piece(rest))
            }
            false => body.clone(),
        };
        let length = match chunked {
            true => String::new(),
            false => format!("content-length: {}\r\n", body.len()),
        };
        let request = format!(
            "POST /webhooks/stripe HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\
             stripe-signature: {signature}\r\n{header}{length}\r\n{sent}"
        );
        let answer = exchange(&app, request.as_bytes()).await;
        assert!(answer.contains("HTTP/1.1 200 "), "{what}: {answer}");
    }
    assert_eq!(app.orders().await.len(), 2);
}

#[tokio::test]
async fn a_compressed_event_is_refused_because_its_signature_is_over_other_bytes() {
    let app = TestApp::without_webhooks().await;
    let (_, event) = paid_event(&app).await;
    let body = event.to_string();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_bytes()).unwrap();
    let request = app
        .request("POST", "/webhooks/stripe")
        .header("content-encoding", "gzip")
        .header(
            "stripe-signature",
            sign(WEBHOOK_SECRET, now(), body.as_bytes()),
        )
        .body(encoder.finish().unwrap());
    assert_eq!(app.send(request).await.status, 400);
    assert!(app.orders().await.is_empty());
}

#[tokio::test]
async fn a_trailing_slash_loses_no_event() {
    let app = TestApp::without_webhooks().await;
    let (_, event) = paid_event(&app).await;
    let body = event.to_string();
    let post = |path: &str| {
        let signature = sign(WEBHOOK_SECRET, now(), body.as_bytes());
        let request = app.request("POST", path);
        request
            .header("stripe-signature", signature)
            .body(body.clone())
    };
    for path in [
        "/webhooks",
        "/webhooks/",
        "/webhooks/strip",
        "/webhooks/stripe/x",
    ] {
        let answer = app.send(post(path)).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("/webhooks/stripe"), "{}", answer.body);
    }
    assert!(app.orders().await.is_empty());
    assert_eq!(app.send(post("/webhooks/stripe/")).await.status, 200);
    assert_eq!(app.orders().await.len(), 1);
}

#[tokio::test]
async fn requests_refused_below_webhooks_are_logged_with_the_right_address() {
    let till = Till::new();
    let serving = till.serve(&[]).await;
    let post = async |path: &str, body: String| {
        let url = format!("{}{path}", serving.origin);
        let sent = client().post(url).body(body).send().await.unwrap();
        sent.status().as_u16()
    };
    let logged = async |line: &str| {
        eventually(line, async || serving.log().contains(line).then_some(())).await;
    };
    assert_eq!(post("/webhooks/stripes", String::new()).await, 404);
    let right = format!(
        "Stripe must send events to {}/webhooks/stripe",
        serving.origin
    );
    logged(&right).await;
    // At most one line a second is logged.
    eventually("its line is due", async || {
        assert_eq!(post("/webhooks/stripe", "x".repeat(300_000)).await, 413);
        serving.log().contains("the response was 413").then_some(())
    })
    .await;
    // A valid signature, and a body that is no event.
    let signed = || {
        let signature = sign(stripe_sandbox::WEBHOOK_SECRET, now(), b"null");
        let url = format!("{}/webhooks/stripe", serving.origin);
        let request = client().post(url).header("stripe-signature", signature);
        request.body("null").send()
    };
    eventually("its line is due", async || {
        assert_eq!(signed().await.unwrap().status(), 400);
        let log = serving.log();
        log.contains("a webhook was refused: not an event")
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_signed_body_that_is_no_event_is_a_400() {
    let app = TestApp::without_webhooks().await;
    for body in [
        "",
        "not JSON",
        "[]",
        "{}",
        "{\"id\":\"evt_1\"}",
        "{\"id\":7,\"type\":\"x\"}",
    ] {
        assert_eq!(app.post_signed(body).await, 400, "{body}");
    }
    let signature = sign(WEBHOOK_SECRET, now(), b"\xff\xfe");
    assert_eq!(app.post_webhook(&b"\xff\xfe"[..], &signature).await, 400);
    assert!(app.stored_events().await.is_empty());
}

#[tokio::test]
async fn only_a_post_is_a_webhook() {
    let app = TestApp::without_webhooks().await;
    assert_eq!(app.get("/webhooks/stripe").await.status, 405);
}

#[tokio::test]
async fn sandbox_webhooks_are_accepted_by_the_shop_and_by_stripes_own_library() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let (endpoint, url) = Endpoint::start().await;
    sandbox.set_webhook(url, WEBHOOK_SECRET);
    let expires_at = (now() + 3_600).to_string();
    let session = [
        ("mode", "payment"),
        ("success_url", "https://shop.example/done"),
        ("expires_at", &expires_at),
        ("line_items[0][price_data][currency]", "eur"),
        ("line_items[0][price_data][unit_amount]", "1250"),
        (
            "line_items[0][price_data][product_data][name]",
            "Möwe & Söhne",
        ),
        ("line_items[0][quantity]", "1"),
    ];
    let create = client().post(format!("{}/v1/checkout/sessions", sandbox.url()));
    let created = create
        .bearer_auth(API_KEY)
        .form(&session)
        .send()
        .await
        .unwrap();
    let created: Value = created.json().await.unwrap();
    let id = created["id"].as_str().unwrap().to_owned();
    let confirm = client().post(format!("{}/v1/payment_pages/{id}/confirm", sandbox.url()));
    let card = [
        ("email", "shopper@example.com"),
        ("card[number]", "4242424242424242"),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2040"),
        ("card[cvc]", "123"),
    ];
    assert_eq!(
        confirm
            .bearer_auth(API_KEY)
            .form(&card)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let (signature, body) = endpoint
        .delivery("\"type\": \"checkout.session.completed\"")
        .await;

    // Its generated types need about half a megabyte of stack in a debug build.
    let on_large_stack = std::thread::Builder::new().stack_size(8 * 1024 * 1024);
    let validator = on_large_stack.spawn(move || {
        let ours = |body: &str, signature: &str, secret: &str| {
            signature::verify(&[secret.into()], signature, body.as_bytes(), now()).is_ok()
        };
        let is_valid_by_library = |body: &str, signature: &str, secret: &str| {
            Webhook::construct_event(body, signature, secret).is_ok()
        };
        let old = sign(WEBHOOK_SECRET, now() - 400, body.as_bytes());
        let changed = body.replace("1250", "1251");
        let verdicts = [
            (body.as_str(), signature.as_str(), WEBHOOK_SECRET, true),
            (&changed, &signature, WEBHOOK_SECRET, false),
            (&body, &signature, "whsec_of_somebody_else", false),
            (&body, &old, WEBHOOK_SECRET, false),
            (&body, "garbage", WEBHOOK_SECRET, false),
        ];
        for (body, signature, secret, valid) in verdicts {
            assert_eq!(ours(body, signature, secret), valid, "ours: {signature}");
            assert_eq!(
                is_valid_by_library(body, signature, secret),
                valid,
                "stripe's library: {signature}"
            );
        }
    });
    validator.unwrap().join().unwrap();
    sandbox.stop().await;
}

// ---- Duplicates ----

#[tokio::test]
async fn the_same_event_a_hundred_times_makes_one_row_and_one_order() {
    let app = TestApp::without_webhooks().await;
    let (checkout, event) = paid_event(&app).await;
    for _ in 0..100 {
        assert_eq!(app.deliver(&event).await, 200);
    }
    assert_eq!(app.stored_events().await.len(), 1);
    assert_eq!(app.the_order().await.checkout_id, checkout.id);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_event_a_hundred_times_at_the_same_moment_makes_one_row_and_one_order() {
    let app = Arc::new(TestApp::without_webhooks().await);
    let (_, event) = paid_event(&app).await;
    let mut deliveries = JoinSet::new();
    for _ in 0..100 {
        let (app, event) = (app.clone(), event.clone());
        deliveries.spawn(async move { app.deliver(&event).await });
    }
    assert_eq!(deliveries.join_all().await, [200; 100]);
    assert_eq!(app.stored_events().await.len(), 1);
    assert_eq!(app.the_order().await.amount_total, 1000);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_events_for_one_payment_make_one_order() {
    let app = Arc::new(TestApp::without_webhooks().await);
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut deliveries = JoinSet::new();
    for kind in [COMPLETED, SUCCEEDED, COMPLETED, SUCCEEDED] {
        let (app, event) = (app.clone(), event(kind, &paid_session(&checkout)));
        deliveries.spawn(async move { app.deliver(&event).await });
    }
    assert_eq!(deliveries.join_all().await, [200; 4]);
    let events = app.stored_events().await;
    assert!(
        events.iter().all(|event| event.state.as_ref() == "applied"),
        "{events:?}"
    );
    assert_eq!((events.len(), app.orders().await.len()), (4, 1));
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
}

#[tokio::test]
async fn an_applied_event_is_stored_byte_for_byte_with_its_checkout() {
    let app = TestApp::without_webhooks().await;
    let (checkout, event) = paid_event(&app).await;
    let body = format!(" {event:#}\n");
    assert_eq!(app.post_signed(&body).await, 200);
    let stored = app
        .stored_event(event["id"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(stored.payload, body);
    assert_eq!(stored.state.as_ref(), "applied");
    assert_eq!(stored.checkout_id, Some(checkout.id));
}

// ---- What creates an order ----

#[tokio::test]
async fn completed_is_not_yet_paid() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.deliver_session(COMPLETED, &unpaid_session(&checkout))
        .await;
    assert!(app.orders().await.is_empty());
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "processing");
    assert_eq!(app.held_and_stock("PEN").await, (2, Some(40)));
    app.deliver_session(SUCCEEDED, &paid_session(&checkout))
        .await;
    assert_eq!(app.the_order().await.amount_total, 1000);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
}

#[tokio::test]
async fn an_order_for_which_nothing_was_due_is_an_order() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut session = paid_session(&checkout);
    session["payment_status"] = "no_payment_required".into();
    session["payment_intent"] = Value::Null;
    session["amount_total"] = 0.into();
    session["total_details"]["amount_discount"] = 1000.into();
    app.deliver_session(COMPLETED, &session).await;
    let order = app.the_order().await;
    assert_eq!(
        (
            order.amount_total,
            order.stripe_payment_intent_id,
            order.flag
        ),
        (0, None, None)
    );
}

#[tokio::test]
async fn the_success_of_a_delayed_payment_may_overtake_its_completion() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.deliver_session(SUCCEEDED, &paid_session(&checkout))
        .await;
    app.deliver_session(COMPLETED, &unpaid_session(&checkout))
        .await;
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "paid");
    assert_eq!(app.the_order().await.flag, None);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
}

#[tokio::test]
async fn nothing_that_comes_late_undoes_a_paid_order() {
    let app = TestApp::without_webhooks().await;
    let (checkout, event) = paid_event(&app).await;
    app.deliver(&event).await;
    let created = app.orders_as_created().await;
    for kind in [FAILED, EXPIRED, COMPLETED] {
        app.deliver_session(kind, &unpaid_session(&checkout)).await;
    }
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "paid");
    assert_eq!(app.orders_as_created().await, created);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
}

#[tokio::test]
async fn stock_is_taken_once_and_uncounted_stock_stays_uncounted() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2), ("POSTER", 7), ("MUG", 3)]).await;
    assert_eq!(app.held_and_stock("POSTER").await, (7, None));
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    app.deliver_session(EXPIRED, &unpaid_session(&checkout))
        .await;
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
    assert_eq!(app.held_and_stock("POSTER").await, (0, None));
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(0)));
    assert!(app.get("/").await.has(&format!(
        "#quantity-{}[disabled]",
        app.variant("MUG").await.id
    )));
}

#[tokio::test]
async fn an_expired_session_releases_its_units_once() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.begin(&[("PEN", 1)]).await;
    for _ in 0..3 {
        app.deliver_session(EXPIRED, &unpaid_session(&checkout))
            .await;
    }
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "expired");
    assert_eq!(app.held_and_stock("PEN").await, (1, Some(40)));
}

#[tokio::test]
async fn an_event_may_come_before_stripes_answer_to_the_shop() {
    let fake = FakeStripe::start(&[Answer::Held], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let form = app.form("/").await.choose(app.variant("PEN").await.id, "2");
    let webhook = async {
        fake.wait_for_creation().await;
        let checkout = app.checkout_of(&form).await;
        assert_eq!(
            (checkout.state.as_ref(), &checkout.stripe_session_id),
            ("creating", &None)
        );
        let stored = app
            .deliver_session(COMPLETED, &paid_session(&checkout))
            .await;
        assert_eq!(stored.state.as_ref(), "applied");
        fake.release();
        checkout
    };
    let (answer, checkout) = tokio::join!(app.submit(&form), webhook);
    assert_eq!(
        answer.location(),
        format!("/orders/{}", checkout.token.as_str())
    );
    let order = app.the_order().await;
    assert_eq!(order.checkout_id, checkout.id);
    assert_eq!(
        app.reload(&checkout).await.stripe_session_id,
        Some(order.stripe_session_id)
    );
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
}

// ---- Payments that differ from the quote ----

async fn flag_of(change: impl FnOnce(&mut Value)) -> Option<Flag> {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut session = paid_session(&checkout);
    change(&mut session);
    assert_eq!(
        app.deliver_session(COMPLETED, &session)
            .await
            .state
            .as_ref(),
        "applied"
    );
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    assert_eq!(page.text("h1"), "Thank you, your order is paid");
    app.the_order().await.flag
}

#[tokio::test]
async fn an_amount_other_than_quoted_makes_a_flagged_order() {
    let flag = flag_of(|session| {
        (session["amount_subtotal"], session["amount_total"]) = (999.into(), 999.into());
    });
    assert_eq!(flag.await, Some(Flag::SubtotalDiffers));
    let flag = flag_of(|session| session["amount_total"] = 1.into());
    assert_eq!(flag.await, Some(Flag::TotalDiffers));
}

#[tokio::test]
async fn a_currency_other_than_quoted_makes_a_flagged_order() {
    // The second is a currency that the shop itself cannot sell in: a payment is still stored.
    for currency in ["usd", "php"] {
        let flag = flag_of(|session| session["currency"] = currency.into());
        assert_eq!(flag.await, Some(Flag::CurrencyDiffers));
    }
}

#[tokio::test]
async fn a_paid_session_without_amounts_is_stored_as_failed_and_changes_nothing() {
    let app = TestApp::without_webhooks().await;
    for (field, value) in [
        ("amount_total", Value::Null),
        ("currency", Value::Null),
        ("currency", "euros".into()),
    ] {
        let checkout = app.begin(&[("PEN", 2)]).await;
        let mut session = paid_session(&checkout);
        session[field] = value;
        let stored = app.deliver_session(COMPLETED, &session).await;
        assert_eq!(stored.state.as_ref(), "failed");
        assert!(stored.error.is_some());
        assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
    }
    assert!(app.orders().await.is_empty());
    assert_eq!(app.held_and_stock("PEN").await, (6, Some(40)));
}

#[tokio::test]
async fn one_failed_event_does_not_block_the_next() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut broken = paid_session(&checkout);
    broken["amount_subtotal"] = "many".into();
    assert_eq!(
        app.deliver_session(COMPLETED, &broken).await.state.as_ref(),
        "failed"
    );
    assert_eq!(
        app.deliver_session(COMPLETED, &paid_session(&checkout))
            .await
            .state
            .as_ref(),
        "applied"
    );
    assert_eq!(app.orders().await.len(), 1);
}

// ---- Late payments ----

#[tokio::test]
async fn a_payment_after_expiry_takes_units_that_are_still_in_stock() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("MUG", 2)]).await;
    app.deliver_session(EXPIRED, &unpaid_session(&checkout))
        .await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    assert_eq!(app.the_order().await.flag, None);
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(1)));
}

#[tokio::test]
async fn a_payment_after_expiry_for_units_sold_since_is_flagged_as_oversold() {
    let app = TestApp::without_webhooks().await;
    let late = app.begin(&[("MUG", 2)]).await;
    app.deliver_session(EXPIRED, &unpaid_session(&late)).await;
    let other = app.begin(&[("MUG", 2)]).await;
    app.deliver_session(COMPLETED, &paid_session(&late)).await;
    assert_eq!(app.the_order().await.flag, Some(Flag::Oversold));
    // The other shopper's hold is untouched.
    assert_eq!(app.held_and_stock("MUG").await, (2, Some(3)));
    app.deliver_session(COMPLETED, &paid_session(&other)).await;
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(1)));
    assert_eq!(app.orders().await[1].flag, None);
}

/// All units of an order or none: the available ones must not be taken while others are missing.
#[tokio::test]
async fn a_payment_after_expiry_takes_nothing_where_one_of_two_products_is_gone() {
    for late_payment in [LatePayment::Refund, LatePayment::Accept] {
        let app =
            TestApp::without_webhooks_with(|config| config.checkout.late_payment = late_payment)
                .await;
        let late = app.begin(&[("PEN", 1), ("MUG", 2)]).await;
        app.deliver_session(EXPIRED, &unpaid_session(&late)).await;
        let other = app.begin(&[("MUG", 2)]).await;
        app.deliver_session(COMPLETED, &paid_session(&other)).await;
        app.deliver_session(COMPLETED, &paid_session(&late)).await;
        let order = &app.orders().await[1];
        assert_eq!(order.flag, Some(Flag::Oversold));
        let refund = app.tasks().await.contains(&format!("refund:{}", late.id));
        let left = (
            app.held_and_stock("PEN").await,
            app.held_and_stock("MUG").await,
        );
        match late_payment {
            LatePayment::Refund => {
                assert!(refund);
                assert_eq!(left, ((0, Some(40)), (0, Some(1))));
            }
            LatePayment::Accept => {
                assert!(!refund);
                assert_eq!(left, ((0, Some(39)), (0, Some(0))));
            }
        }
    }
}

#[tokio::test]
async fn a_payment_after_cancellation_or_failure_is_an_order_too() {
    let app = TestApp::without_webhooks().await;
    let cancelled = app.begin(&[("PEN", 1)]).await;
    app.get(&format!("/checkout/{}/cancelled", cancelled.token.as_str()))
        .await;
    let failed = app.begin(&[("PEN", 1)]).await;
    app.deliver_session(FAILED, &unpaid_session(&failed)).await;
    for checkout in [&cancelled, &failed] {
        app.deliver_session(SUCCEEDED, &paid_session(checkout))
            .await;
        assert_eq!(app.reload(checkout).await.state.as_ref(), "paid");
    }
    assert_eq!(app.orders().await.len(), 2);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
}

// ---- Unrelated events ----

#[tokio::test]
async fn unrelated_sessions_are_stored_as_ignored() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let stranger = |reference: Value| {
        let mut session = paid_session(&checkout);
        session["client_reference_id"] = reference;
        session
    };
    let mut other_session = paid_session(&checkout);
    other_session["id"] = "cs_test_another".into();
    for session in [
        stranger(Value::Null),
        stranger("cart-17".into()),
        stranger("0123456789abcdef0123456789abcdef".into()),
        stranger(checkout.token.as_str().into()),
        other_session,
    ] {
        let stored = app.deliver_session(COMPLETED, &session).await;
        assert_eq!(
            (stored.state.as_ref(), stored.checkout_id),
            ("ignored", None),
            "{session}"
        );
    }
    assert!(app.orders().await.is_empty());
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
}

#[tokio::test]
async fn a_live_event_is_not_applied_by_a_shop_with_a_test_key() {
    let app = TestApp::without_webhooks().await;
    let (checkout, mut event) = paid_event(&app).await;
    event["livemode"] = true.into();
    assert_eq!(app.deliver(&event).await, 200);
    let stored = app
        .stored_event(event["id"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(stored.state.as_ref(), "failed");
    assert!(app.orders().await.is_empty());
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
}

#[tokio::test]
async fn a_test_event_is_not_applied_by_a_shop_with_a_live_key() {
    let app = TestApp::without_webhooks().await;
    let (checkout, mut event) = paid_event(&app).await;
    let mut live = app.shop.clone();
    live.settings_mut().livemode = true;
    let outcome = receive(&live, &event.to_string()).await.unwrap();
    assert_eq!(outcome, ReceiveOutcome::Stored(EventState::Failed));
    assert!(app.orders().await.is_empty());
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
    event["id"] = "evt_live".into();
    event["livemode"] = true.into();
    let outcome = receive(&live, &event.to_string()).await.unwrap();
    assert_eq!(outcome, ReceiveOutcome::Stored(EventState::Applied));
    assert_eq!(app.the_order().await.checkout_id, checkout.id);
}

#[tokio::test]
async fn types_that_the_shop_does_not_need_are_stored_as_ignored() {
    let app = TestApp::without_webhooks().await;
    for kind in [
        "payment_intent.succeeded",
        "charge.updated",
        "future.thing.happened",
    ] {
        assert_eq!(
            app.deliver_session(kind, &json!({ "id": "x" }))
                .await
                .state
                .as_ref(),
            "ignored"
        );
    }
    // An `object` that is no object.
    assert_eq!(
        app.deliver_session("future.thing", &Value::Null)
            .await
            .state
            .as_ref(),
        "ignored"
    );
}

#[tokio::test]
async fn unknown_fields_and_values_are_accepted() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut session = paid_session(&checkout);
    for (field, value) in [
        ("status", json!("finished")),
        ("ui_mode", json!("telepathic")),
        ("payment_method_types", json!(["thought_transfer"])),
        (
            "payment_intent",
            json!({ "id": "pi_expanded", "status": "new" }),
        ),
        ("new_object", json!({ "deep": [1, { "deeper": null }] })),
        ("customer_details", Value::Null),
    ] {
        session[field] = value;
    }
    let mut event = event(COMPLETED, &session);
    event["context"] = "acct_1".into();
    event["api_version"] = "2031-01-01.unheard_of".into();
    assert_eq!(app.deliver(&event).await, 200);
    let order = app.the_order().await;
    assert_eq!(
        order.stripe_payment_intent_id.as_deref(),
        Some("pi_expanded")
    );
    assert_eq!((order.customer_email, order.flag), (None, None));
}

// ---- Addresses ----

#[tokio::test]
async fn a_webhook_at_another_address_gets_the_right_one() {
    let app = TestApp::without_webhooks().await;
    for path in [
        "/webhooks",
        "/webhooks/",
        "/webhooks/strip",
        "/webhooks/stripe/x",
    ] {
        let answer = app.send(app.request("POST", path).body("{}")).await;
        assert_eq!(answer.status, 404, "{path}");
        let right = format!("{}/webhooks/stripe", app.origin);
        assert!(answer.body.ends_with(&right), "{path}: {}", answer.body);
    }
}
