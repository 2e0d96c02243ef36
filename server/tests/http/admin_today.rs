//! The admin's first page.

use serde_json::json;
use till_core::admin::Role;

use crate::admin_sign_in::{Browser, PASSWORD, user};
use crate::shipments::shipped_session;
use crate::test_app::{TestApp, event};

async fn browser(app: &TestApp, role: Role) -> Browser<'_> {
    let mail = format!("{role}@shop.example");
    user(app, &mail, role).await;
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in(&mail, PASSWORD).await.status, 303);
    browser
}

#[tokio::test]
async fn today_shows_what_waits_each_with_a_link() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut session = shipped_session(&checkout);
    session["customer_details"]["name"] = json!("Ada </script><b>");
    app.deliver_session("checkout.session.completed", &session)
        .await;
    let order = app.the_order().await;
    let dispute = json!({
        "id": "dp_1", "object": "dispute", "amount": 1000, "currency": "eur",
        "status": "needs_response", "reason": "fraudulent",
        "payment_intent": order.stripe_payment_intent_id,
        "evidence_details": { "due_by": 1_800_000_000 },
    });
    let created = event("charge.dispute.created", &dispute);
    assert_eq!(app.deliver(&created).await, 200);
    let mut owner = browser(&app, Role::Owner).await;
    let page = owner.get("/admin").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let parts = page.texts(".today h2");
    for part in [
        "To ship 1",
        "Orders that need attention 1",
        "Disputes 1",
        "None available 1",
        "Low stock 1",
    ] {
        assert!(parts.iter().any(|one| one == part), "{part}: {parts:?}");
    }
    let link = format!(".today a[href='/admin/orders/{}']", order.number);
    assert!(page.has(&link), "{}", page.body);
    assert!(
        page.body.contains("2027-01-15"),
        "the deadline: {}",
        page.body
    );
    assert!(!page.body.contains("</script><b>"), "{}", page.body);
}

#[tokio::test]
async fn staff_sees_what_is_to_be_done_and_not_what_only_others_may_do() {
    let app = TestApp::without_webhooks().await;
    app.execute("UPDATE variant SET stock = 40 WHERE stock IS NOT NULL")
        .await;
    app.execute(
        "INSERT INTO stripe_event (id, type, livemode, payload, state, created_at, received_at,
            attempts, source)
         VALUES ('evt_1', 'charge.refunded', false, '{}', 'dead',
            '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00', 9, 'webhook')",
    )
    .await;
    let mut manager = browser(&app, Role::Manager).await;
    let page = manager.get("/admin").await;
    assert_eq!(
        page.texts(".today h2"),
        ["Failed events 1"],
        "{}",
        page.body
    );
    let mut staff = browser(&app, Role::Staff).await;
    let page = staff.get("/admin").await;
    assert!(page.texts(".today h2").is_empty(), "{}", page.body);
    assert!(!page.has(".admin-areas a[href='/admin/settings']"));
}

#[tokio::test]
async fn with_nothing_to_do_it_says_so_in_the_users_language() {
    let app = TestApp::without_webhooks().await;
    app.execute("UPDATE variant SET stock = 40 WHERE stock IS NOT NULL")
        .await;
    let mut owner = browser(&app, Role::Owner).await;
    let page = owner.get("/admin").await;
    assert!(page.body.contains("Nothing waits for you"), "{}", page.body);
    app.execute("UPDATE admin_user SET language = 'de'").await;
    let page = owner.get("/admin").await;
    assert!(page.body.contains("Nichts wartet auf Sie"), "{}", page.body);
}
