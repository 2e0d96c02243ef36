//! What waits for the owner.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use shop::catalog::scarcity::MAX_INDEXED;
use shop::doctor::Trouble;
use shop::entity::{outbox, stripe_event};
use shop::first_steps::Step;
use shop::inbox::EventState;
use shop::orders::refund::RequestState;
use shop::outbox::TaskState;
use shop::stored_settings;
use shop::today::{Today, today};

use crate::shipments::shipped_session;
use crate::test_app::{TestApp, event};
use crate::till_binary::Till;

async fn waiting(app: &TestApp) -> Today {
    app.shop.live.read(&app.shop.database).await.unwrap();
    today(&app.shop).await.unwrap()
}

/// A paid order. Returns its number.
async fn ordered(app: &TestApp, chosen: &[(&str, u32)]) -> String {
    let checkout = app.begin(chosen).await;
    app.deliver_session("checkout.session.completed", &shipped_session(&checkout))
        .await;
    let orders = app.orders_as_created().await;
    orders.last().unwrap().number.clone()
}

#[tokio::test]
async fn a_new_shop_has_only_its_stock_to_look_after() {
    let app = TestApp::without_webhooks().await;
    app.execute("UPDATE variant SET stock = 40 WHERE stock IS NOT NULL")
        .await;
    let today = waiting(&app).await;
    assert!(today.is_empty(), "{today:?}");
}

#[tokio::test]
async fn orders_wait_to_be_shipped_the_oldest_first() {
    let app = TestApp::without_webhooks().await;
    let first = ordered(&app, &[("PEN", 1)]).await;
    let second = ordered(&app, &[("PEN", 2)]).await;
    let today = waiting(&app).await;
    assert_eq!((today.to_ship.count, today.to_ship.has_more), (2, false));
    let numbers: Vec<_> = today.to_ship.first.iter().map(|row| &row.number).collect();
    assert_eq!(numbers, [&first, &second]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_units_and_none_are_told_apart_by_the_setting() {
    let app = TestApp::without_webhooks().await;
    let today = waiting(&app).await;
    // The lamp is not on sale, and the poster is not counted.
    let skus = |today: &Today| {
        let low: Vec<_> = today
            .low_stock
            .first
            .iter()
            .map(|row| row.sku.clone())
            .collect();
        let out: Vec<_> = today
            .sold_out
            .first
            .iter()
            .map(|row| row.sku.clone())
            .collect();
        (low, out)
    };
    let named = |skus: &[&str]| skus.iter().map(|sku| (*sku).to_owned()).collect::<Vec<_>>();
    assert_eq!(skus(&today), (named(&["MUG"]), named(&["BOARD"])));
    assert_eq!(today.low_stock.first[0].left(), 3);
    // What is held cannot be bought.
    app.begin(&[("MUG", 2)]).await;
    let today = waiting(&app).await;
    assert_eq!(today.low_stock.first[0].left(), 1);
    for (typed, low) in [
        ("0", named(&[])),
        ("10", named(&["MUG", "DOLLAR", "PIANO"])),
    ] {
        let done = Till::new().run_with(&app, &["settings", "set", "LOW_STOCK", typed]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert_eq!(skus(&waiting(&app).await).0, low);
    }
}

#[tokio::test]
async fn disputes_wait_with_their_deadline_until_they_are_closed() {
    let app = TestApp::without_webhooks().await;
    let number = ordered(&app, &[("PEN", 2)]).await;
    let intent = app.the_order().await.stripe_payment_intent_id;
    let deliver = async |kind: &str, status: &str, due_by: Option<i64>| {
        let dispute = json!({
            "id": "dp_1", "object": "dispute", "amount": 1000, "currency": "eur",
            "status": status, "reason": "fraudulent", "payment_intent": intent,
            "evidence_details": { "due_by": due_by },
        });
        assert_eq!(app.deliver(&event(kind, &dispute)).await, 200);
    };
    let deadline = async || {
        let today = waiting(&app).await;
        let first = today.disputes.first.first().cloned();
        first.map(|row| (row.order.clone(), row.needs_response(), row.due_by))
    };
    let at = |seconds| Some(time::OffsetDateTime::from_unix_timestamp(seconds).unwrap());
    deliver(
        "charge.dispute.created",
        "needs_response",
        Some(1_800_000_000),
    )
    .await;
    assert_eq!(
        deadline().await,
        Some((number.clone(), true, at(1_800_000_000)))
    );
    // An earlier one that comes late, and an event that says nothing, change nothing.
    deliver(
        "charge.dispute.updated",
        "needs_response",
        Some(1_700_000_000),
    )
    .await;
    deliver("charge.dispute.funds_withdrawn", "needs_response", None).await;
    assert_eq!(
        deadline().await,
        Some((number.clone(), true, at(1_800_000_000)))
    );
    deliver(
        "charge.dispute.updated",
        "under_review",
        Some(1_900_000_000),
    )
    .await;
    assert_eq!(deadline().await, Some((number, false, at(1_900_000_000))));
    assert_eq!(waiting(&app).await.flagged.count, 1);
    deliver("charge.dispute.closed", "won", None).await;
    assert_eq!(deadline().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refunds_wait_until_stripe_has_made_them_and_stay_if_it_refuses() {
    let app = TestApp::without_webhooks().await;
    let number = ordered(&app, &[("PEN", 2)]).await;
    // Another server works on the outbox: this one would learn that Stripe does not know the
    // payment.
    app.execute("DELETE FROM lease WHERE name = 'outbox'").await;
    app.execute(
        "INSERT INTO lease (name, holder, expires_at)
         VALUES ('outbox', 'other', '2999-01-01 00:00:00+00:00')",
    )
    .await;
    let refund = |amount: &str| {
        let arguments = ["orders", "refund", &number, "--amount", amount];
        let done = Till::new().run_with(&app, &arguments);
        assert_eq!(done.code, Some(0), "{done:?}");
    };
    refund("1.00");
    let today = waiting(&app).await;
    let row = &today.refunds.first[0];
    assert_eq!((row.order.as_str(), row.amount), (&*number, 100));
    assert_eq!(row.state, RequestState::Asked);
    // Refused, until the owner asks again.
    app.execute("UPDATE refund_request SET state = 'refused'")
        .await;
    assert_eq!(
        waiting(&app).await.refunds.first[0].state,
        RequestState::Refused
    );
    refund("2.00");
    let today = waiting(&app).await;
    assert_eq!(
        (today.refunds.count, today.refunds.first[0].amount),
        (1, 200)
    );
    app.execute("UPDATE refund_request SET state = 'made' WHERE state = 'asked'")
        .await;
    assert!(waiting(&app).await.refunds.is_empty());
}

#[tokio::test]
async fn failed_events_and_tasks_wait_until_they_are_dismissed_or_done() {
    let app = TestApp::without_webhooks().await;
    let number = ordered(&app, &[("PEN", 1)]).await;
    assert!(waiting(&app).await.events.is_empty());
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    outbox::Entity::update_many()
        .col_expr(outbox::Column::State, Expr::value(TaskState::Dead))
        .col_expr(outbox::Column::Error, Expr::value("no such mailbox"))
        .filter(outbox::Column::Key.starts_with("mail:paid:"))
        .exec(&transaction)
        .await
        .unwrap();
    stripe_event::Entity::update_many()
        .col_expr(stripe_event::Column::State, Expr::value(EventState::Failed))
        .exec(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let today = waiting(&app).await;
    assert_eq!((today.tasks.count, today.events.count), (1, 1));
    let error = today.tasks.first[0].error.as_deref();
    assert_eq!(error, Some("no such mailbox"), "{number}");
    let event = &today.events.first[0];
    assert_eq!(event.r#type, "checkout.session.completed");
    let by = crate::test_app::owner();
    shop::inbox::dismissal::dismiss(&app.shop.database, &event.id, &by, "seen")
        .await
        .unwrap();
    assert!(waiting(&app).await.events.is_empty());
}

#[tokio::test]
async fn what_doctor_finds_without_the_network_is_there() {
    let app = TestApp::without_webhooks().await;
    assert!(waiting(&app).await.troubles.is_empty());
    let text = "# Imprint\n\nWrite to hello@shop.example.";
    let slug = shop::policy::PolicySlug::Imprint;
    let policy = shop::policy::Policy::parse(slug, "en".parse().unwrap(), text).unwrap();
    let by = crate::test_app::owner();
    shop::policy::save(&app.shop.database, &by, &[policy])
        .await
        .unwrap();
    assert_eq!(
        waiting(&app).await.troubles,
        [Trouble::ExampleTexts(vec![(slug, "en".to_owned())])]
    );
}

#[tokio::test]
async fn a_new_shop_has_first_steps_until_it_takes_a_real_payment() {
    let app = TestApp::without_webhooks().await;
    let done = |today: &Today| -> Vec<Step> {
        let steps = today.first_steps.iter().filter(|step| step.is_done);
        steps.map(|step| step.step).collect()
    };
    let today = waiting(&app).await;
    assert_eq!(today.first_steps.len(), 7, "{today:?}");
    assert_eq!(done(&today), [Step::Products]);
    app.execute("UPDATE product SET active = false").await;
    let (database, base) = (&app.shop.database, app.shop.live.base());
    let by = crate::test_app::owner();
    for (name, value) in [
        ("SHOP_ADDRESS", "Pens Ltd; London"),
        ("SHIPPING_COUNTRIES", "none"),
    ] {
        stored_settings::set(database, base, &by, name, value)
            .await
            .unwrap();
    }
    let (language, slug) = ("en".parse().unwrap(), shop::policy::PolicySlug::Imprint);
    let policy = |text| shop::policy::Policy::parse(slug, language, text).unwrap();
    let example = policy("# Imprint\n\nWrite to hello@shop.example.");
    shop::policy::save(database, &by, &[example]).await.unwrap();
    assert_eq!(
        done(&waiting(&app).await),
        [Step::Shipping, Step::Contact],
        "a policy of the demo shop is none"
    );
    let own = policy("# Imprint\n\nPens Ltd.");
    shop::policy::save(database, &by, &[own]).await.unwrap();
    assert_eq!(
        done(&waiting(&app).await),
        [Step::Shipping, Step::Contact, Step::Policies]
    );
    app.execute("UPDATE product SET active = true").await;
    ordered(&app, &[("PEN", 1)]).await;
    assert_eq!(waiting(&app).await.first_steps.len(), 7);
    let mut live = app.shop.clone();
    live.settings_mut().livemode = true;
    let live = shop::today::today(&live).await.unwrap();
    assert!(live.first_steps.is_empty());
}

#[tokio::test]
async fn few_units_are_found_as_far_as_the_index_has_them_and_beyond() {
    let app = TestApp::without_webhooks().await;
    let (database, base) = (&app.shop.database, app.shop.live.base());
    let by = crate::test_app::owner();
    for most in [MAX_INDEXED, MAX_INDEXED + 1] {
        app.execute(&format!(
            "UPDATE variant SET stock = {most} WHERE sku = 'PEN'"
        ))
        .await;
        let most = most.to_string();
        stored_settings::set(database, base, &by, "LOW_STOCK", &most)
            .await
            .unwrap();
        let low = waiting(&app).await.low_stock.first;
        assert!(low.iter().any(|row| row.sku == "PEN"), "{most}: {low:?}");
    }
}
