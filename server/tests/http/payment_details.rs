//! What Stripe's events do not state of a payment is fetched after its order, and stays away while
//! Stripe has trouble; the order does not wait for it.

use sea_orm::EntityTrait;
use serde_json::{Value, json};
use shop::checkout::options::{AutomaticTax, Options, Shipping};
use shop::entity::{checkout, order_line, order_tax, outbox};
use shop::outbox::work::work;

use crate::fake_stripe::{Answer, FakeStripe};
use crate::mails::{task, task_in};
use crate::test_app::{CARD, TestApp, card, eventually, long_retries, paid_session};
use crate::till_binary::Till;

const COMPLETED: &str = "checkout.session.completed";
const WAITING: &str = "waiting for Stripe's fee";

/// What a company in Berlin types on Stripe's page.
const COMPANY: [(&str, &str); 9] = [
    ("shipping[name]", "Ada Shopper"),
    ("shipping[address][line1]", "Marktplatz 3"),
    ("shipping[address][postal_code]", "10115"),
    ("shipping[address][city]", "Berlin"),
    ("shipping[address][country]", "DE"),
    ("business_name", "Tea <Ltd>"),
    ("tax_id[type]", "eu_vat"),
    ("tax_id[value]", "DE123456789"),
    ("custom_fields[order_note]", "Please ring twice"),
];

fn options() -> Options {
    Options {
        automatic_tax: Some(AutomaticTax::Inclusive),
        invoices: true,
        tax_ids: true,
        order_note: true,
        shipping: Some(Shipping {
            countries: vec!["DE".parse().unwrap()],
            rates: vec!["Standard:490".parse().unwrap()],
        }),
        ..Options::default()
    }
}

fn key(checkout: &checkout::Model) -> String {
    format!("fetch_payment_details:{}", checkout.id)
}

/// Makes every task due, and waits until this one has the outcome.
async fn run_until(
    app: &TestApp,
    key: &str,
    is_it: impl Fn(&outbox::Model) -> bool,
) -> outbox::Model {
    eventually(key, async || {
        app.execute("UPDATE outbox SET due_at = '2026-01-01 00:00:00+00:00'")
            .await;
        work(&app.shop, || false).await.unwrap();
        task(app, key).await.filter(&is_it)
    })
    .await
}

/// A shop whose Stripe is the fake, and a paid order without tax.
async fn paid_at(fake: &FakeStripe) -> (TestApp, checkout::Model) {
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    (app, checkout)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_gets_a_receipt_with_its_taxes_note_and_invoice() {
    let app = TestApp::start_with(|config| config.checkout.options = options()).await;
    let checkout = app.begin(&[("PEN", 2), ("MUG", 1)]).await;
    let typed = [&card(CARD)[..], &COMPANY].concat();
    assert_eq!(app.confirm(&checkout, &typed).await, 200);
    app.wait_for(&checkout, "paid").await;
    // What the event states is there at once.
    let order = app.the_order().await;
    assert_eq!(order.business_name.as_deref(), Some("Tea <Ltd>"));
    assert_eq!(order.customer_note.as_deref(), Some("Please ring twice"));
    let tax_ids = order.tax_ids.as_deref();
    assert_eq!(
        tax_ids,
        Some(r#"[{"type":"eu_vat","value":"DE123456789"}]"#)
    );
    assert!(
        order
            .stripe_invoice_id
            .is_some_and(|id| id.starts_with("in_"))
    );
    run_until(&app, &key(&checkout), |task| task.attempts > 0).await;

    let address = format!("/orders/{}", checkout.token.as_str());
    let page = app.get(&address).await;
    let rows = page.texts(".order-lines tfoot tr");
    assert!(
        rows.iter().any(|row| row.starts_with("VAT 19% (included)")),
        "{rows:?}"
    );
    let text = page.text("main");
    for expected in [
        "Tea <Ltd>",
        "DE123456789",
        "Please ring twice",
        "Shipping (Standard)",
    ] {
        assert!(text.contains(expected), "{expected} is missing in {text}");
    }
    let invoice = page.attribute("main a[rel=noreferrer]", "href").unwrap();
    assert!(invoice.contains("/c/invoice/in_"), "{invoice}");

    let lines = order_line::Entity::find()
        .all(app.shop.database.reader())
        .await;
    let order = app.the_order().await;
    let mut tax = 0;
    let mut total = order.amount_shipping;
    for line in lines.unwrap() {
        assert_eq!(line.amount_discount, Some(0));
        tax += line.amount_tax.unwrap();
        total += line.amount_total.unwrap();
    }
    assert_eq!(total, order.amount_total);
    assert!(tax > 0 && tax <= order.amount_tax);

    let till = Till::new();
    let shown = till.run_with(&app, &["orders", "show", &order.number]);
    for expected in [
        "Tea <Ltd>",
        "DE123456789",
        "Please ring twice",
        "VAT 19% (included)",
    ] {
        assert!(shown.stdout.contains(expected), "{expected}: {shown:?}");
    }
    let table = till.run_with(&app, &["orders", "export"]);
    let header = table.stdout.lines().next().unwrap();
    assert!(header.ends_with(",company,tax_id,note,invoice"), "{header}");
    assert!(
        table
            .stdout
            .contains(",Tea <Ltd>,DE123456789,Please ring twice,http"),
        "{table:?}"
    );
    assert!(table.stdout.contains(",tax,,VAT 19%,"), "{table:?}");
}

#[tokio::test]
async fn the_fee_is_fetched_once_stripe_knows_it() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&checkout).await;
    app.wait_for(&checkout, "paid").await;
    let key = key(&checkout);
    let first = run_until(&app, &key, |task| task.attempts > 0).await;
    if first.state.as_ref() == "pending" {
        assert_eq!(first.error.as_deref(), Some(WAITING));
    }
    app.advance_stripe_clock(10).await;
    let done = run_until(&app, &key, |task| task.state.as_ref() == "done").await;
    assert_eq!(done.error, None);
    let order = app.the_order().await;
    // The sandbox charges none.
    assert_eq!(order.stripe_fee, Some(0));
    assert_eq!(order.stripe_net, Some(order.amount_total));
}

#[tokio::test]
async fn the_order_is_there_at_once_while_stripe_has_trouble_and_its_details_follow() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    fake.answer_matching("breakdown", Answer::Error(500));
    let (app, checkout) = paid_at(&fake).await;
    let key = key(&checkout);
    let failed = run_until(&app, &key, |task| task.attempts > 0).await;
    assert_eq!(failed.state.as_ref(), "pending");
    assert!(failed.error.unwrap().contains("500"));
    let address = format!("/orders/{}", checkout.token.as_str());
    let page = app.get(&address).await;
    assert_eq!(page.text("h1"), "Thank you, your order is paid");
    task_in(&app, &format!("mail:paid:{}", checkout.id), "done").await;
    // Taxes that do not add up to what was paid are stored, but not shown.
    fake.clear_matching_answers();
    fake.answer_matching("breakdown", Answer::Edited(add_details));
    let done = run_until(&app, &key, |task| task.state.as_ref() == "done").await;
    assert_eq!(done.error, None);
    let taxes = order_tax::Entity::find()
        .all(app.shop.database.reader())
        .await
        .unwrap();
    assert_eq!(taxes.len(), 1);
    let tax = &taxes[0];
    assert_eq!(
        (tax.name.as_str(), tax.percentage.as_deref()),
        ("VAT", Some("8.875"))
    );
    assert_eq!(
        (tax.inclusive, tax.amount, tax.taxable_amount),
        (true, 399, Some(3601))
    );
    let page = app.get(&address).await;
    assert!(!page.text("main").contains("VAT"));
    let order = app.the_order().await;
    assert_eq!((order.stripe_fee, order.stripe_net), (Some(39), Some(961)));
}

fn add_details(session: &mut Value) {
    session["total_details"] = json!({ "breakdown": { "taxes": [{
        "amount": 399, "taxable_amount": 3601,
        "rate": { "display_name": "VAT", "percentage": 8.875, "inclusive": true },
    }] } });
    session["payment_intent"] = json!({ "latest_charge": { "balance_transaction":
        { "fee": 39, "net": 961, "currency": "eur" } } });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_stripe_does_not_know_is_a_dead_task_that_the_owner_sees() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    fake.answer_matching("breakdown", Answer::Error(404));
    let (app, checkout) = paid_at(&fake).await;
    run_until(&app, &key(&checkout), |task| task.state.as_ref() == "dead").await;
    let listed = Till::new().run_with(&app, &["outbox", "list"]);
    assert!(
        listed.stdout.contains("Stripe does not know the session"),
        "{listed:?}"
    );
    assert_eq!(app.orders().await.len(), 1);
}

#[tokio::test]
async fn a_key_that_may_not_read_payments_still_gets_the_taxes() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    fake.answer_matching("balance_transaction", Answer::Error(403));
    fake.answer_matching("breakdown", Answer::Edited(add_details));
    let (app, checkout) = paid_at(&fake).await;
    run_until(&app, &key(&checkout), |task| task.state.as_ref() == "done").await;
    let taxes = order_tax::Entity::find()
        .all(app.shop.database.reader())
        .await;
    assert_eq!(taxes.unwrap().len(), 1);
}
