//! The admin's first page.

use serde_json::json;
use shop::first_steps::first_steps;
use shop::policy::{self, Policy, PolicySlug};
use shop::stored_settings;
use till_core::admin::Role;

use crate::admin_sign_in::{Browser, PASSWORD, user};
use crate::shipments::shipped_session;
use crate::test_app::{TestApp, event, paid_session};

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
        ["First steps", "Failed events 1"],
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
    let mut staff = browser(&app, Role::Staff).await;
    let page = staff.get("/admin").await;
    assert!(page.body.contains("Nothing waits for you"), "{}", page.body);
    app.execute("UPDATE admin_user SET language = 'de'").await;
    let page = staff.get("/admin").await;
    assert!(page.body.contains("Nichts wartet auf Sie"), "{}", page.body);
}

#[tokio::test]
async fn a_new_shop_is_led_through_its_first_steps() {
    let app = TestApp::without_webhooks().await;
    let mut owner = browser(&app, Role::Owner).await;
    let page = owner.get("/admin").await;
    let done = page.texts(".first-steps .step-done");
    assert_eq!(done, ["✓Add a product (done)"]);
    let open = page.texts(".first-steps .step-open");
    assert_eq!(open.len(), 6, "{open:?}");
    assert!(page.has(".first-steps a[href='/admin/settings/shipping']"));
    assert!(!page.body.contains("Nothing waits for you"));
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.deliver_session("checkout.session.completed", &paid_session(&checkout))
        .await;
    // A test order is not the end of them, a real one is.
    assert!(owner.get("/admin").await.has(".first-steps"));
    let mut live = app.shop.clone();
    live.settings_mut().livemode = true;
    assert_eq!(first_steps(&live, &[]).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_to_be_checked_is_said_in_the_users_language_with_a_link() {
    let app = TestApp::without_webhooks().await;
    let by = crate::test_app::owner();
    let (database, base) = (&app.shop.database, app.shop.live.base());
    stored_settings::set(database, base, &by, "SHOP_COUNTRY", "DE")
        .await
        .unwrap();
    let text = "# Imprint\n\nWrite to hello@shop.example.";
    let policy = Policy::parse(PolicySlug::Imprint, "en".parse().unwrap(), text).unwrap();
    policy::save(database, &by, &[policy]).await.unwrap();
    let now = shop::clock::now().date();
    app.execute(&format!(
        "INSERT INTO stripe_fact (name, detail, seen_at)
         VALUES ('payments_refused', 'No such <b>account</b>', '{now} 23:59:59+00:00')"
    ))
    .await;
    let mut owner = browser(&app, Role::Owner).await;
    let page = owner.get("/admin").await;
    assert_eq!(page.text(".today h2"), "First steps");
    assert!(page.texts(".today h2").contains(&"Please check".to_owned()));
    app.execute("UPDATE admin_user SET language = 'de'").await;
    let page = owner.get("/admin").await;
    let said = page.texts(".today-rows li");
    let row = |words: &str| {
        let mut said = said.iter();
        said.any(|row| row.contains(words))
    };
    for words in [
        "Stripe hat eine Zahlung abgelehnt",
        "No such <b>account</b>",
        "ob die Mehrwertsteuer enthalten ist",
        "Rechtliche Seiten, die fehlen: AGB (en), Datenschutz (en)",
        "Der amtliche Hinweis zur gesetzlichen Gewährleistung fehlt",
        "Text des Demo-Shops steht: Impressum (en)",
    ] {
        assert!(row(words), "{words}: {said:?}");
    }
    assert!(page.has(".today-rows a[href='/admin/settings/tax']"));
    assert!(page.has(".today-rows a[href='/admin/settings/policies']"));
    let mut staff = browser(&app, Role::Staff).await;
    let page = staff.get("/admin").await;
    assert!(!page.has("a[href^='/admin/settings']"), "{}", page.body);
}

#[tokio::test]
async fn a_withdrawal_without_an_order_is_a_link_only_for_those_who_may_decide() {
    let app = TestApp::without_webhooks().await;
    app.execute(
        "INSERT INTO withdrawal (submission, language, name, email, contract, state, received_at)
         VALUES ('a', 'en', 'Ada', 'ada@shopper.example', 'A towel', 'received',
            '2026-11-01 00:00:00+00:00')",
    )
    .await;
    let link = "a[href^='/admin/withdrawals']";
    let mut staff = browser(&app, Role::Staff).await;
    let page = staff.get("/admin").await;
    assert!(page.text(".today-rows").contains("Ada"), "{}", page.body);
    assert!(!page.has(link), "{}", page.body);
    let mut manager = browser(&app, Role::Manager).await;
    let page = manager.get("/admin").await;
    assert!(page.has(&format!(".today-rows {link}")), "{}", page.body);
}

#[tokio::test]
async fn every_page_is_in_the_navigation_of_its_part() {
    let app = TestApp::without_webhooks().await;
    let mut manager = browser(&app, Role::Manager).await;
    for (part, page) in [
        ("/admin", "/admin/events"),
        ("/admin", "/admin/outbox"),
        ("/admin/orders", "/admin/withdrawals"),
        ("/admin/products", "/admin/categories"),
    ] {
        let shown = manager.get(part).await;
        let link = format!(".admin-area-pages a[href='{page}']");
        assert!(shown.has(&link), "{part}: {page}");
        assert!(!shown.has(&format!("{link}[aria-current]")), "{page}");
        let shown = manager.get(page).await;
        assert_eq!(shown.status, 200, "{page}");
        assert!(shown.has(&format!("{link}[aria-current=page]")), "{page}");
        let around = format!(".admin-areas a[href='{part}'][aria-current=true]");
        assert!(shown.has(&around), "{page}");
    }
    let mut staff = browser(&app, Role::Staff).await;
    assert!(!staff.get("/admin").await.has(".admin-area-pages"));
}
