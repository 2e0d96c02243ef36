//! The admin's audit log, and its pages of failed events and tasks.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use shop::entity::{outbox, product, stripe_event};
use shop::inbox::EventState;
use shop::outbox::{TaskKind, TaskState};
use shop::stored_settings;
use till_core::admin::Role;

use crate::admin_sign_in::{Browser, PASSWORD, user};
use crate::test_app::{TestApp, owner, paid_session};

async fn browser(app: &TestApp, role: Role) -> Browser<'_> {
    let mail = format!("{role}@shop.example");
    user(app, &mail, role).await;
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in(&mail, PASSWORD).await.status, 303);
    browser
}

async fn set(app: &TestApp, value: &str) {
    let (database, base) = (&app.shop.database, app.shop.live.base());
    stored_settings::set(database, base, &owner(), "SHOP_PHONE", value)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_log_is_filtered_read_on_and_exported() {
    let app = TestApp::without_webhooks().await;
    for number in 0..60 {
        set(&app, &format!("+44 20 {number}")).await;
    }
    let mut manager = browser(&app, Role::Manager).await;
    let page = manager.get("/admin/audit?action=set_setting").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.texts("tbody tr").len(), 50);
    assert!(
        page.texts("tbody tr")[0].contains("+44 20 59"),
        "{}",
        page.body
    );
    let older = page.attribute(".actions a", "href").unwrap();
    let page = manager.get(&older).await;
    assert_eq!(page.texts("tbody tr").len(), 10);
    assert!(
        page.texts("tbody tr")[9].contains("+44 20 0"),
        "{}",
        page.body
    );
    let page = manager
        .get("/admin/audit?by=ada&kind=setting&from=2000-01-01&to=2000-01-02")
        .await;
    assert!(page.texts("tbody tr").is_empty());
    assert!(page.body.contains("There are no such entries"));
    // Nonsense is left out, and what was typed stays.
    let page = manager
        .get("/admin/audit?action=dance&after=x&subject=%3Cb%3E")
        .await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(
        page.attribute("input[name=subject]", "value").unwrap(),
        "<b>"
    );

    let table = manager.get("/admin/audit/export?action=set_setting").await;
    assert_eq!(table.status, 200);
    assert!(table.header("content-type").starts_with("text/csv"));
    assert_eq!(table.header("cache-control"), "no-store");
    assert_eq!(table.body.lines().count(), 61);
    // A formula would compute.
    assert!(table.body.contains(",'+44 20 1,"), "{}", table.body);
    let mut staff = browser(&app, Role::Staff).await;
    for path in ["/admin/audit", "/admin/audit/export"] {
        assert_eq!(staff.get(path).await.status, 403, "{path}");
    }
    let signed_out = app.get("/admin/audit/export?by=ada").await;
    assert_eq!(signed_out.status, 303);
    let next = "/admin/sign-in?next=%2Fadmin%2Faudit%2Fexport%3Fby%3Dada";
    assert_eq!(signed_out.header("location"), next);
}

#[tokio::test]
async fn the_log_is_in_words_with_links_to_what_it_names() {
    let app = TestApp::without_webhooks().await;
    set(&app, "+44 20 1").await;
    let mut manager = browser(&app, Role::Manager).await;
    let mut owner = browser(&app, Role::Owner).await;
    let id: i64 = product::Entity::find()
        .filter(product::Column::Slug.eq("pen"))
        .one(app.shop.database.reader())
        .await
        .unwrap()
        .unwrap()
        .id;
    for (kind, subject, action) in [
        ("product", "pen", "take_product_off_sale"),
        ("variant", "PEN", "change_stock"),
        ("product", "gone", "update_product"),
        ("policy", "imprint (en)", "save_policy"),
        ("withdrawal", "7", "accept_withdrawal"),
        ("order", "TEA-1", "ship_order"),
        ("task", "mail:paid:co_1", "retry_task"),
    ] {
        app.execute(&format!(
            "INSERT INTO audit_log (at, actor, action, subject_kind, subject, after)
             VALUES ('2026-01-01 00:00:00+00:00', 'ada', '{action}', '{kind}', '{subject}',
                '{{\"state\": \"accepted\"}}')"
        ))
        .await;
    }
    let page = owner.get("/admin/audit").await;
    for address in [
        format!("/admin/products/{id}"),
        format!("/admin/products/{id}/stock"),
        "/admin/settings/policies/imprint/en".to_owned(),
        "/admin/withdrawals/7".to_owned(),
        "/admin/orders/TEA-1".to_owned(),
        "/admin/settings/contact".to_owned(),
    ] {
        let link = format!("tbody a[href='{address}']");
        assert!(page.has(&link), "{address}: {}", page.body);
    }
    let rows = page.texts("tbody tr");
    let row = |words: &str| rows.iter().find(|row| row.contains(words)).unwrap();
    assert!(row("gone").contains("Product changed"));
    assert!(row("Withdrawal accepted").contains("Status: Accepted"));
    // A user's page is for owners.
    let user = "tbody a[href^='/admin/users/']";
    assert!(page.has(user), "{}", page.body);
    let page = manager.get("/admin/audit").await;
    assert!(!page.has(user), "{}", page.body);

    app.execute("UPDATE admin_user SET language = 'de'").await;
    let page = manager.get("/admin/audit").await;
    let rows = page.texts("tbody tr");
    for words in [
        "Einstellung geändert",
        "Widerruf angenommen",
        "Status: Angenommen",
        "Produkt aus dem Verkauf genommen",
        "Angemeldet",
    ] {
        assert!(rows.iter().any(|row| row.contains(words)), "{words}");
    }
    assert!(!page.body.contains("set setting"), "{}", page.body);
    let options = page.texts("select[name=action] option");
    assert!(options.iter().any(|option| option == "Paket verschickt"));
    let kinds = page.texts("select[name=kind] option");
    assert!(kinds.iter().any(|kind| kind == "Bestellung"), "{kinds:?}");
}

/// A paid order whose event and tasks have failed.
async fn failed(app: &TestApp) -> String {
    let checkout = app.begin(&[("PEN", 1)]).await;
    let event = app
        .deliver_session("checkout.session.completed", &paid_session(&checkout))
        .await;
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    stripe_event::Entity::update_many()
        .col_expr(stripe_event::Column::State, Expr::value(EventState::Dead))
        .col_expr(
            stripe_event::Column::Error,
            Expr::value("a row was malformed"),
        )
        .exec(&transaction)
        .await
        .unwrap();
    outbox::Entity::update_many()
        .col_expr(outbox::Column::State, Expr::value(TaskState::Dead))
        .filter(outbox::Column::Kind.eq(TaskKind::Mail))
        .exec(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    event.id
}

#[tokio::test]
async fn failed_events_are_applied_again_or_dismissed() {
    let app = TestApp::without_webhooks().await;
    let id = failed(&app).await;
    let mut manager = browser(&app, Role::Manager).await;
    let page = manager.get("/admin/events").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(
        page.text("article").contains("a row was malformed"),
        "{}",
        page.body
    );
    assert_eq!(page.text("article h2"), "Checkout finished");
    let mut staff = browser(&app, Role::Staff).await;
    assert_eq!(staff.get("/admin/events").await.status, 403);
    let fields = [("event", id.as_str())];
    let refused = staff.post("replay-event", "/admin/events", &fields).await;
    assert_eq!(refused.status, 403);
    let without_note = manager
        .post("dismiss-event", "/admin/events", &fields)
        .await;
    assert_eq!(without_note.status, 422, "{}", without_note.body);
    let noted = [("event", id.as_str()), ("note", "A test.")];
    let dismissed = manager.post("dismiss-event", "/admin/events", &noted).await;
    assert_eq!(
        dismissed.header("location"),
        "/admin/events?done=event-dismissed"
    );
    let page = manager.get("/admin/events").await;
    assert!(
        page.body.contains("All events are processed"),
        "{}",
        page.body
    );
    let again = manager.post("dismiss-event", "/admin/events", &noted).await;
    assert_eq!(again.header("location"), "/admin/events?done=nothing-to-do");
    let replayed = manager.post("replay-event", "/admin/events", &fields).await;
    assert_eq!(
        replayed.header("location"),
        "/admin/events?done=event-applied"
    );
    let log = manager.get("/admin/audit?kind=event").await;
    assert_eq!(log.texts("tbody tr").len(), 2, "{}", log.body);
    let nothing = [("event", "evt_nothing")];
    let nothing = manager
        .post("replay-event", "/admin/events", &nothing)
        .await;
    assert_eq!(
        nothing.header("location"),
        "/admin/events?done=nothing-to-do"
    );
}

#[tokio::test]
async fn failed_tasks_run_again() {
    let app = TestApp::without_webhooks().await;
    failed(&app).await;
    let mut manager = browser(&app, Role::Manager).await;
    let page = manager.get("/admin/outbox").await;
    assert_eq!(page.texts("article h2")[0], "Email: Order confirmation");
    let task = page.attribute("input[name=task]", "value").unwrap();
    let fields = [("task", task.as_str())];
    let retried = manager.post("retry-task", "/admin/outbox", &fields).await;
    assert_eq!(
        retried.header("location"),
        "/admin/outbox?done=task-retried"
    );
    let row = outbox::Entity::find_by_id(task.parse::<i64>().unwrap())
        .one(app.shop.database.reader())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.state, TaskState::Pending);
    let nothing = [("task", "999999")];
    let nothing = manager.post("retry-task", "/admin/outbox", &nothing).await;
    assert_eq!(
        nothing.header("location"),
        "/admin/outbox?done=nothing-to-do"
    );
    let mut staff = browser(&app, Role::Staff).await;
    let refused = staff.post("retry-task", "/admin/outbox", &fields).await;
    assert_eq!(refused.status, 403);
}
