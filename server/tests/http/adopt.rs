//! Payments that a restored database does not know: they are told apart from unrelated ones, and
//! become orders when the owner adopts them.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use shop::catalog::import::StockMode;
use shop::entity::{checkout, checkout_line, order_line, price_history, product, setting};
use shop::reconcile::{Adoption, Kind, Outcome, Report, Request, reconcile};

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{TestApp, client, event, long_retries, now, paid_session, session_id};
use crate::test_database::backend;
use crate::till_binary::{CommandOutput, Till};

const COMPLETED: &str = "checkout.session.completed";

/// Two pens for €5.00 each, of 40.
async fn paid(app: &TestApp) -> checkout::Model {
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    checkout
}

/// Resets the database to before the first sale.
pub async fn erase_sales(app: &TestApp) {
    app.execute(
        "DELETE FROM order_difference; DELETE FROM order_line; DELETE FROM refund; \
         DELETE FROM dispute; DELETE FROM \"order\"; DELETE FROM checkout_line; \
         DELETE FROM checkout; DELETE FROM outbox; DELETE FROM stripe_event; \
         DELETE FROM reconciliation; UPDATE variant SET held = 0; \
         UPDATE variant SET stock = 40 WHERE sku = 'PEN'",
    )
    .await;
}

/// A paid order that the database no longer has.
async fn forgotten_order(app: &TestApp) -> checkout::Model {
    let checkout = paid(app).await;
    app.deliver(&app.event(COMPLETED).await).await;
    assert_eq!(app.orders().await.len(), 1);
    erase_sales(app).await;
    checkout
}

async fn run_reconcile(app: &TestApp) -> Report {
    let request = Request {
        thorough: true,
        ..Request::default()
    };
    reconcile(&app.shop, &request).await.unwrap()
}

async fn adopt(app: &TestApp, adoption: Adoption) -> Report {
    let request = Request {
        thorough: true,
        adopt: Some(adoption),
        ..Request::default()
    };
    reconcile(&app.shop, &request).await.unwrap()
}

fn differences(report: &Report) -> Vec<(Kind, Outcome)> {
    let differences = report.differences.iter();
    differences.map(|one| (one.kind, one.outcome)).collect()
}

/// Runs the program against the shop's database.
fn run(app: &TestApp, arguments: &[&str]) -> CommandOutput {
    Till::new().run_with(app, arguments)
}

/// The lines without the amounts that are fetched from Stripe afterwards, at any time.
async fn lines(app: &TestApp) -> Vec<order_line::Model> {
    let lines = order_line::Entity::find().order_by_asc(order_line::Column::VariantId);
    let mut lines = lines.all(app.shop.database.reader()).await.unwrap();
    for line in &mut lines {
        (line.amount_discount, line.amount_tax, line.amount_total) = (None, None, None);
    }
    lines
}

// ---- The shop's id ----

#[tokio::test]
async fn sessions_and_payments_carry_the_id_of_the_shop() {
    let app = TestApp::without_webhooks().await;
    let first = paid(&app).await;
    let id = app.shop.settings.identity.id.as_str().to_owned();
    assert_eq!(id.len(), 32);
    let session = app.session(&first).await;
    let expected = json!({ "checkout_id": first.id, "shop": id });
    assert_eq!(session["metadata"], expected);
    let intent = session["payment_intent"].as_str().unwrap();
    let intent = app
        .stripe_get(&format!("/v1/payment_intents/{intent}"))
        .await;
    assert_eq!(intent["metadata"], expected);

    // Another server on the same database is the same shop.
    let other = TestApp::without_webhooks_at(app.database_url()).await;
    assert_eq!(other.shop.settings.identity, app.shop.settings.identity);
    // On PostgreSQL all test databases are copies of one template.
    if backend() == sea_orm::DbBackend::Sqlite {
        let stranger = TestApp::without_webhooks().await;
        assert_ne!(stranger.shop.settings.identity.id.as_str(), id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_its_shop_id_is_refused_with_a_message() {
    let app = TestApp::without_webhooks().await;
    app.execute("DELETE FROM setting").await;
    let answer = run(&app, &["reconcile"]);
    assert_eq!(answer.code, Some(2), "{answer:?}");
    assert!(answer.stderr.contains("shop_id"), "{answer:?}");
}

// ---- Reported ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_missing_from_the_database_is_reported_with_amount_email_and_date() {
    let app = TestApp::without_webhooks().await;
    let checkout = forgotten_order(&app).await;
    for _ in 0..2 {
        let report = run_reconcile(&app).await;
        assert_eq!(
            differences(&report),
            [(Kind::PaidWithoutOrder, Outcome::Remains)]
        );
        assert_eq!((report.unrepaired, report.sessions.ours), (1, 1));
        let difference = &report.differences[0];
        assert!(difference.forgotten);
        assert_eq!(difference.session, session_id(&checkout));
        assert_eq!(difference.checkout, checkout.id);
        assert_eq!(difference.at_stripe.as_ref().unwrap().amount, 1000);
        assert_eq!(difference.email.as_deref(), Some("shopper@example.com"));
        let age = shop::clock::now() - difference.paid_at.unwrap();
        assert!(age.whole_minutes() < 5, "{age}");
        assert!(report.notes.iter().any(|note| note.contains("--adopt")));
    }
    // The event is not applied to this database, and says why.
    let events = app.stored_events().await;
    assert_eq!(events[0].state.as_ref(), "ignored");
    assert!(
        events[0]
            .error
            .as_ref()
            .unwrap()
            .contains("missing from its database")
    );

    let answer = run(&app, &["reconcile"]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    for part in ["€10.00", "shopper@example.com", session_id(&checkout)] {
        assert!(answer.stdout.contains(part), "{part}: {answer:?}");
    }
    let json = run(&app, &["reconcile", "--json"]).json();
    let difference = &json["differences"][0];
    assert_eq!(difference["kind"], "paid_without_order");
    assert_eq!(difference["forgotten"], true);
    assert_eq!(difference["email"], "shopper@example.com");
    assert!(difference["paid_at"].as_str().unwrap().ends_with('Z'));
    assert!(app.orders().await.is_empty());
}

/// The server finds it too, even if the restored database has no checkout at all.
#[tokio::test]
async fn the_server_finds_a_missing_payment_when_it_reconciles_daily() {
    let app = TestApp::without_webhooks().await;
    forgotten_order(&app).await;
    let report = reconcile(&app.shop, &Request::default()).await.unwrap();
    assert_eq!(
        differences(&report),
        [(Kind::PaidWithoutOrder, Outcome::Remains)]
    );
}

#[tokio::test]
async fn an_unpaid_session_is_no_difference() {
    let app = TestApp::without_webhooks().await;
    app.begin(&[("PEN", 1)]).await;
    let expired = app.begin(&[("PEN", 1)]).await;
    app.at_stripe(&expired, "expire", json!({})).await;
    erase_sales(&app).await;
    let report = adopt(&app, Adoption::default()).await;
    assert_eq!((report.unrepaired, differences(&report)), (0, vec![]));
    assert!(app.checkouts().await.is_empty());
}

// ---- Adopted ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_adopted_order_has_what_stripe_has_and_needs_attention() {
    let app = TestApp::without_webhooks().await;
    let checkout = forgotten_order(&app).await;
    let dry = run(&app, &["reconcile", "--adopt", "--dry-run", "--json"]);
    assert_eq!(dry.code, Some(1), "{dry:?}");
    assert_eq!(dry.json()["differences"][0]["outcome"], "would_be_adopted");
    assert!(app.checkouts().await.is_empty());

    let answer = run(&app, &["reconcile", "--adopt", "--json"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let order = app.the_order().await;
    let difference = &answer.json()["differences"][0];
    assert_eq!(difference["outcome"], "adopted");
    assert_eq!(difference["order"], order.number.as_str());

    assert_eq!(order.stripe_session_id, session_id(&checkout));
    assert_eq!((order.amount_total, order.currency.as_str()), (1000, "eur"));
    assert_eq!(order.customer_email.as_deref(), Some("shopper@example.com"));
    assert_eq!(order.customer_name.as_deref(), Some("Ada Shopper"));
    assert_eq!(order.flag, None);
    assert!(order.adopted_at.is_some());
    let pen = app.variant("PEN").await;
    let line = order_line::Model {
        order_id: order.id,
        variant_id: pen.id,
        sku: pen.sku.clone(),
        product_name: "Green Pen".to_owned(),
        variant_name: String::new(),
        unit_amount: 500,
        quantity: 2,
        stock_taken: 2,
        restocked: 0,
        cancelled: 0,
        amount_discount: None,
        amount_tax: None,
        amount_total: None,
    };
    assert_eq!(lines(&app).await, [line]);
    // The restored stock was from before the sale.
    assert_eq!((pen.held, pen.stock), (0, Some(38)));
    // The shopper has already been emailed.
    let details = format!("fetch_payment_details:{}", checkout.id);
    assert_eq!(app.tasks().await, [details]);

    // The checkout is as before, and the shopper's link opens the order.
    let now = app.reload(&checkout).await;
    assert_eq!((now.state.as_ref(), now.attempt), ("paid", None));
    assert_eq!((&now.token, &now.shop), (&checkout.token, &checkout.shop));
    assert_eq!(now.public_url, checkout.public_url);
    let session = app.session(&checkout).await;
    assert_eq!(now.created_at.unix_timestamp(), session["created"]);
    assert_eq!(now.expires_at, checkout.expires_at);
    let page = app.get(&format!("/orders/{}", now.token.as_str())).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&order.number), "{}", page.body);

    let listed = run(&app, &["orders", "list", "--flagged", "--json"]).json();
    assert_eq!(listed[0]["attention"][0]["reason"], "adopted");
    let shown = run(&app, &["orders", "show", &order.number]);
    assert!(shown.stdout.contains("adopted"), "{shown:?}");
    let note = ["orders", "resolve", &order.number, "--note", "looked at"];
    assert_eq!(run(&app, &note).code, Some(0));
    let listed = run(&app, &["orders", "list", "--flagged", "--json"]).json();
    assert_eq!(listed, json!([]));
}

#[tokio::test]
async fn adopting_again_and_later_events_change_nothing() {
    let app = TestApp::without_webhooks().await;
    let checkout = forgotten_order(&app).await;
    adopt(&app, Adoption::default()).await;
    let order = app.the_order().await;
    let settled = async || {
        (
            app.orders_as_created().await,
            lines(&app).await,
            app.held_and_stock("PEN").await,
            app.tasks().await,
            app.reload(&checkout).await,
        )
    };
    let before = settled().await;
    let again = adopt(&app, Adoption::default()).await;
    assert_eq!((again.unrepaired, differences(&again)), (0, vec![]));
    for event in app.stripe_events().await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    let session = app.session(&checkout).await;
    let late = event("checkout.session.async_payment_succeeded", &session);
    assert_eq!(app.deliver(&late).await, 200);
    let expired = event("checkout.session.expired", &session);
    assert_eq!(app.deliver(&expired).await, 200);
    assert_eq!(settled().await, before);
    assert_eq!(app.the_order().await.number, order.number);
}

#[tokio::test]
async fn refunds_of_a_missing_payment_are_stored_when_it_is_adopted() {
    let app = TestApp::without_webhooks().await;
    let checkout = forgotten_order(&app).await;
    app.at_stripe(&checkout, "refund", json!({ "amount": 300 }))
        .await;
    app.at_stripe(&checkout, "dispute", json!({})).await;
    run_reconcile(&app).await;
    assert!(app.refunds().await.is_empty());
    let report = adopt(&app, Adoption::default()).await;
    assert_eq!(
        differences(&report),
        [(Kind::PaidWithoutOrder, Outcome::Adopted)]
    );
    assert_eq!(app.refunds().await[0].amount, 300);
    assert_eq!(app.the_dispute().await.order_id, app.the_order().await.id);
    let after = run_reconcile(&app).await;
    assert_eq!((after.unrepaired, differences(&after)), (0, vec![]));
}

#[tokio::test]
async fn adoption_can_send_the_email_and_leave_the_stock_unchanged() {
    let app = TestApp::without_webhooks().await;
    let checkout = forgotten_order(&app).await;
    let adoption = Adoption {
        mail: true,
        keep_stock: true,
        ..Adoption::default()
    };
    adopt(&app, adoption).await;
    let expected = ["fetch_payment_details", "mail:paid"];
    let expected = expected.map(|task| format!("{task}:{}", checkout.id));
    assert_eq!(app.tasks().await, expected);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
    assert_eq!(lines(&app).await[0].stock_taken, 0);
}

#[tokio::test]
async fn units_sold_to_others_since_are_reported_and_not_taken_from_them() {
    let app = TestApp::without_webhooks().await;
    forgotten_order(&app).await;
    app.execute("UPDATE variant SET stock = 1 WHERE sku = 'PEN'")
        .await;
    let report = adopt(&app, Adoption::default()).await;
    let number = app.the_order().await.number;
    let note = format!("order {number}: not in stock any more: 1 × \"Green Pen\"");
    assert!(report.notes.contains(&note), "{:?}", report.notes);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(0)));
    assert_eq!(lines(&app).await[0].stock_taken, 1);
}

/// Stripe includes only ten lines in a session; the rest must be listed.
#[tokio::test]
async fn every_line_of_a_long_order_is_adopted() {
    const LINES: usize = 30;
    let app = TestApp::without_webhooks().await;
    let mut catalog = "sku,slug,name,description,price,currency,stock,max_per_order,image,\
                       category,position,active\n"
        .to_owned();
    for number in 1..=LINES {
        catalog.push_str(&format!(
            "P{number},p{number},Print {number},x,{},EUR,9,5,,Prints,{number},true\n",
            100 + number
        ));
    }
    app.import(&catalog, StockMode::Set).await;
    let skus: Vec<String> = (1..=LINES).map(|number| format!("P{number}")).collect();
    let mut form = app.form("/").await;
    for sku in &skus {
        form = form.choose(app.variant(sku).await.id, "2");
    }
    let checkout = app.pay(&form).await;
    app.pay_by_card(&checkout).await;
    let quoted = checkout_line::Entity::find();
    let quoted = quoted.all(app.shop.database.reader()).await.unwrap();
    erase_sales(&app).await;
    let report = adopt(&app, Adoption::default()).await;
    assert_eq!(
        differences(&report),
        [(Kind::PaidWithoutOrder, Outcome::Adopted)]
    );
    let mut adopted = checkout_line::Entity::find()
        .all(app.shop.database.reader())
        .await
        .unwrap();
    assert_eq!(adopted.len(), LINES);
    adopted.sort_by_key(|line| line.variant_id);
    let mut quoted = quoted;
    quoted.sort_by_key(|line| line.variant_id);
    assert_eq!(adopted, quoted);
    assert_eq!(lines(&app).await.len(), LINES);
    assert_eq!(app.held_and_stock("P7").await, (0, Some(7)));
}

#[tokio::test]
async fn a_line_without_a_catalog_product_gets_one_that_is_not_on_sale() {
    let app = TestApp::without_webhooks().await;
    let mut sessions = Vec::new();
    for _ in 0..2 {
        sessions.push(paid(&app).await);
    }
    erase_sales(&app).await;
    app.execute(
        "UPDATE product SET name = 'Blue Pen' WHERE slug = 'pen'; \
         UPDATE variant SET sku = 'BLUE' WHERE sku = 'PEN'",
    )
    .await;
    let report = adopt(&app, Adoption::default()).await;
    assert_eq!(
        differences(&report),
        [(Kind::PaidWithoutOrder, Outcome::Adopted); 2]
    );
    assert!(report.notes.iter().any(|note| note.contains("Green Pen")));
    let placeholder = product::Entity::find().filter(product::Column::Name.eq("Green Pen"));
    let placeholder = placeholder.all(app.shop.database.reader()).await.unwrap();
    // One placeholder for both orders, which nobody can buy.
    assert_eq!(placeholder.len(), 1);
    assert!(!placeholder[0].active && placeholder[0].slug.starts_with("adopted-"));
    assert!(!app.get("/").await.body.contains("Green Pen"));
    let lines = lines(&app).await;
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.sku == placeholder[0].slug));
    assert_eq!(lines[0].variant_id, lines[1].variant_id);
    assert!(lines.iter().all(|line| line.quantity == 2));
    assert_eq!(app.held_and_stock("BLUE").await, (0, Some(40)));
    let prices = price_history::Entity::find()
        .filter(price_history::Column::VariantId.eq(lines[0].variant_id))
        .all(app.shop.database.reader())
        .await
        .unwrap();
    let prices: Vec<i64> = prices.iter().map(|price| price.amount).collect();
    assert_eq!(prices, [500]);
}

#[tokio::test]
async fn a_line_is_found_by_its_sku_and_keeps_the_name_it_was_sold_by() {
    let app = TestApp::without_webhooks().await;
    forgotten_order(&app).await;
    // Another product has the name now.
    app.execute(
        "UPDATE product SET name = 'Blue Pen' WHERE slug = 'pen'; \
         UPDATE product SET name = 'Green Pen' WHERE slug = 'poster'",
    )
    .await;
    adopt(&app, Adoption::default()).await;
    let lines = lines(&app).await;
    assert_eq!(lines[0].variant_id, app.variant("PEN").await.id);
    assert_eq!(
        (&*lines[0].product_name, &*lines[0].variant_name),
        ("Green Pen", "")
    );
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
}

/// Product and variant may each have a name of 250 characters.
#[tokio::test]
async fn a_line_with_a_long_name_is_found_by_all_of_it() {
    let app = TestApp::without_webhooks().await;
    // With the variant's name, as long as Stripe takes.
    let name = "x".repeat(250 - ", Large".len());
    let file = format!(
        "sku,slug,name,description,variant,price,currency,stock,max_per_order,image,category,\
         position,active\n\
         L-1,long,{name},x,Small,700,EUR,9,5,,Desk,1,true\n\
         L-2,long,,,Large,700,EUR,9,5,,,,\n"
    );
    app.import(&file, StockMode::Set).await;
    let checkout = app.begin(&[("L-2", 2)]).await;
    app.pay_by_card(&checkout).await;
    erase_sales(&app).await;
    app.execute("UPDATE variant SET sku = 'LARGE' WHERE sku = 'L-2'")
        .await;
    adopt(&app, Adoption::default()).await;
    let lines = lines(&app).await;
    assert_eq!(lines[0].variant_id, app.variant("LARGE").await.id);
    assert_eq!(
        (&*lines[0].product_name, &*lines[0].variant_name),
        (&*name, "Large")
    );
}

#[tokio::test]
async fn of_two_products_with_one_name_the_one_with_the_paid_price_is_used() {
    let app = TestApp::without_webhooks().await;
    let same_name = "sku,slug,name,description,price,currency,stock,max_per_order,image,\
        category,position,active\n\
        AAA,aaa,Green Pen,Another.,700,EUR,9,5,,Desk,1,true\n";
    app.import(same_name, StockMode::Set).await;
    let checkout = app.begin(&[("AAA", 2)]).await;
    app.pay_by_card(&checkout).await;
    erase_sales(&app).await;
    // Its SKU has changed, so only names and prices are left to go by.
    app.execute("UPDATE variant SET sku = 'BBB' WHERE sku = 'AAA'")
        .await;
    adopt(&app, Adoption::default()).await;
    // The other product is older, and comes first in every list.
    let same_name = app.variant("BBB").await;
    assert!(same_name.id > app.variant("PEN").await.id);
    assert_eq!(lines(&app).await[0].variant_id, same_name.id);
}

/// A restricted key may read sessions and not products, whose metadata has the SKU.
#[tokio::test]
async fn a_key_that_may_not_read_products_is_enough_to_adopt_by_name() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut session = paid_session(&checkout);
    session["created"] = now().into();
    session["metadata"] = json!({ "shop": app.shop.settings.identity.id.as_str() });
    let line = json!({
        "id": "li_1", "object": "item", "description": "Green Pen", "quantity": 2,
        "price": { "unit_amount": 500, "product": "prod_1" },
    });
    let list = |object: &Value| -> &'static str {
        let list = json!({ "object": "list", "data": [object], "has_more": false });
        list.to_string().leak()
    };
    fake.answer_matching("data.price.product", Answer::Error(403));
    fake.answer_matching("/line_items", Answer::Body(200, list(&line)));
    let alone = session.to_string().leak();
    fake.answer_matching(session_id(&checkout), Answer::Body(200, alone));
    fake.answer_matching("/checkout/sessions", Answer::Body(200, list(&session)));
    erase_sales(&app).await;
    let report = adopt(&app, Adoption::default()).await;
    assert_eq!(
        differences(&report),
        [(Kind::PaidWithoutOrder, Outcome::Adopted)],
        "{:?}",
        report.notes
    );
    assert_eq!(lines(&app).await[0].variant_id, app.variant("PEN").await.id);
}

// ---- Other shops ----

/// A payment of another Till on the same Stripe account, or of this one before its database was
/// lost. Also returns that shop's id.
async fn payment_of_another_shop(app: &TestApp) -> (checkout::Model, String) {
    let checkout = forgotten_order(app).await;
    let former_id = app.shop.settings.identity.id.as_str().to_owned();
    app.execute("UPDATE setting SET value = '00112233445566778899aabbccddeeff'")
        .await;
    (checkout, former_id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_of_another_shop_are_adopted_only_by_its_id() {
    let app = TestApp::without_webhooks().await;
    let (checkout, former_id) = payment_of_another_shop(&app).await;
    for arguments in [&["reconcile"][..], &["reconcile", "--adopt"]] {
        let answer = run(&app, arguments);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        assert!(
            answer.stdout.contains("payments and orders agree"),
            "{answer:?}"
        );
        assert!(answer.stdout.contains(&format!("--shop {former_id}")));
        assert!(app.checkouts().await.is_empty());
    }
    for bad in [
        &["reconcile", "--shop", &former_id][..],
        &["reconcile", "--mail"],
    ] {
        assert_eq!(run(&app, bad).code, Some(2), "{bad:?}");
    }
    let wrong = run(&app, &["reconcile", "--adopt", "--shop", "x"]);
    assert!(wrong.stderr.contains("32 hexadecimal digits"), "{wrong:?}");

    let answer = run(&app, &["reconcile", "--adopt", "--shop", &former_id]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(
        app.the_order().await.stripe_session_id,
        session_id(&checkout)
    );
    let stored_id = setting::Entity::find();
    let stored_id = stored_id
        .one(app.shop.database.reader())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored_id.value, "00112233445566778899aabbccddeeff");
    let after = run(&app, &["reconcile", "--json"]);
    assert_eq!(after.code, Some(0), "{after:?}");
    assert_eq!(after.json()["differences"], json!([]));
    assert_eq!(after.json()["notes"], json!([]));
}

/// A session that copies the shop's id is not adopted if the shop already has its order, or if it
/// carries no checkout id.
#[tokio::test]
async fn a_session_that_only_claims_to_be_ours_is_not_adopted() {
    let app = TestApp::without_webhooks().await;
    let checkout = paid(&app).await;
    app.deliver(&app.event(COMPLETED).await).await;
    let id = app.shop.settings.identity.id.as_str();
    for reference in [checkout.id.as_str(), "their order 7"] {
        let form = [
            ("mode", "payment"),
            ("success_url", "https://other.example/done"),
            ("client_reference_id", reference),
            ("metadata[shop]", id),
            ("line_items[0][price_data][currency]", "eur"),
            ("line_items[0][price_data][unit_amount]", "1250"),
            ("line_items[0][price_data][product_data][name]", "Theirs"),
            ("line_items[0][quantity]", "1"),
        ];
        let session = app.stripe_post("/v1/checkout/sessions", &form).await;
        app.pay_session(session["id"].as_str().unwrap()).await;
    }
    let report = adopt(&app, Adoption::default()).await;
    assert_eq!((report.unrepaired, differences(&report)), (0, vec![]));
    assert_eq!(
        app.the_order().await.stripe_session_id,
        session_id(&checkout)
    );
}

/// Checkouts from before shops had ids send none, so that a retry is the same request.
#[tokio::test]
async fn a_session_without_a_shop_id_is_unrelated() {
    let app = TestApp::without_webhooks().await;
    let form = [
        ("mode", "payment"),
        ("success_url", "https://other.example/done"),
        ("client_reference_id", "0123456789abcdef0123456789abcdef"),
        ("line_items[0][price_data][currency]", "eur"),
        ("line_items[0][price_data][unit_amount]", "1250"),
        ("line_items[0][price_data][product_data][name]", "Theirs"),
        ("line_items[0][quantity]", "1"),
    ];
    let url = format!("{}/v1/checkout/sessions", app.stripe_url());
    let request = client().post(url).bearer_auth(stripe_sandbox::API_KEY);
    let session: Value = request
        .form(&form)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    app.pay_session(session["id"].as_str().unwrap()).await;
    let report = adopt(&app, Adoption::default()).await;
    assert_eq!((report.unrepaired, differences(&report)), (0, vec![]));
    assert_eq!(report.sessions.ours, 0);
}
