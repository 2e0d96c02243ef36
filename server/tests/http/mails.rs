//! The emails to shopper and owner, read as files and with an independent parser.

use std::path::Path;

use mailparse::MailHeaderMap;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shop::LatePayment;
use shop::checkout::options::Shipping;
use shop::contact::{Contact, ContactLink};
use shop::entity::{checkout, outbox};
use shop::lease::{Job, Lease};
use shop::mail::Route;
use shop::orders::Flag;
use tempfile::TempDir;

use crate::test_app::{TestApp, event, eventually, paid_session};

const COMPLETED: &str = "checkout.session.completed";

/// An email as a mail program sees it.
#[derive(Clone, Debug)]
pub struct Mail {
    pub from: String,
    pub to: String,
    pub subject: String,
    pub message_id: String,
    pub automatic: String,
    pub date: i64,
    pub text: String,
    pub html: String,
}

impl Mail {
    pub fn read(bytes: &[u8]) -> Self {
        let mail = mailparse::parse_mail(bytes).unwrap();
        let header = |name: &str| {
            assert_eq!(mail.headers.get_all_values(name).len(), 1, "{name}");
            mail.headers.get_first_value(name).unwrap()
        };
        assert_eq!(mail.ctype.mimetype, "multipart/alternative");
        let [text, html] = mail.subparts.as_slice() else {
            panic!("two parts: {mail:?}");
        };
        assert_eq!(text.ctype.mimetype, "text/plain");
        assert_eq!(html.ctype.mimetype, "text/html");
        Self {
            from: header("From"),
            to: header("To"),
            subject: header("Subject"),
            message_id: header("Message-ID"),
            automatic: header("Auto-Submitted"),
            date: mailparse::dateparse(&header("Date")).unwrap(),
            text: text.get_body().unwrap().replace("\r\n", "\n"),
            html: html.get_body().unwrap(),
        }
    }
}

/// All emails in the folder.
pub fn mails(folder: &Path) -> Vec<Mail> {
    let Ok(files) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .map(|path| Mail::read(&std::fs::read(path).unwrap()))
        .collect()
}

/// Waits for the email with this subject.
pub async fn mail(folder: &TempDir, subject: &str) -> Mail {
    eventually(&format!("the mail \"{subject}\""), async || {
        let mut all = mails(folder.path()).into_iter();
        all.find(|mail| mail.subject.contains(subject))
    })
    .await
}

/// A shop whose emails are files in this folder; the test delivers the webhooks.
async fn shop(late_payment: LatePayment) -> (TestApp, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.mail.route = Route::Folder(path);
        config.checkout.late_payment = late_payment;
    })
    .await;
    (app, folder)
}

pub async fn task(app: &TestApp, key: &str) -> Option<outbox::Model> {
    let found = outbox::Entity::find().filter(outbox::Column::Key.eq(key));
    found.one(app.shop.database.reader()).await.unwrap()
}

/// Waits until the task is in this state.
pub async fn task_in(app: &TestApp, key: &str, state: &str) -> outbox::Model {
    eventually(&format!("{key} is {state}"), async || {
        task(app, key)
            .await
            .filter(|task| task.state.as_ref() == state)
    })
    .await
}

fn unpaid(checkout: &checkout::Model) -> Value {
    let mut session = paid_session(checkout);
    session["payment_status"] = "unpaid".into();
    session
}

/// A checkout for units that others have bought before it is paid.
pub async fn pay_too_late(app: &TestApp) -> checkout::Model {
    let late = app.begin(&[("MUG", 2)]).await;
    app.deliver_session("checkout.session.expired", &unpaid(&late))
        .await;
    let other = app.begin(&[("MUG", 2)]).await;
    app.deliver_session(COMPLETED, &paid_session(&other)).await;
    late
}

#[tokio::test]
async fn a_paid_order_is_confirmed_in_text_and_html() {
    let (app, folder) = shop(LatePayment::Refund).await;
    let checkout = app.begin(&[("MUG", 2), ("PEN", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    let order = app.the_order().await;
    let mail = mail(
        &folder,
        &format!("Your order {} from Test Shop", order.number),
    )
    .await;
    assert_eq!(mail.from, "\"Test Shop\" <shop@shop.example>");
    assert_eq!(mail.to, "\"Ada Shopper\" <shopper@example.com>");
    assert_eq!(mail.automatic, "auto-generated");
    assert!((crate::test_app::now() - mail.date).abs() < 3_600);
    let digest = hex::encode(Sha256::digest(format!("mail:paid:{}", checkout.id)));
    assert_eq!(mail.message_id, format!("<{digest}@127.0.0.1>"));
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap();
    let file = file.unwrap().file_name().into_string().unwrap();
    let end = format!(
        " Your order {} from Test Shop {}.eml",
        order.number,
        &digest[..12]
    );
    assert!(file.ends_with(&end), "{file}");
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("Hello Ada Shopper,"), "{part}");
        assert!(part.contains(&format!("your order {} is confirmed", order.number)));
        assert!(part.contains(&format!(
            "{}/orders/{}",
            app.origin,
            checkout.token.as_str()
        )));
        for amount in ["€25.00", "€5.00", "€30.00"] {
            assert!(part.contains(amount), "{amount} in {part}");
        }
    }
    assert!(mail.text.contains("2 × Becher \"Möwe\" & <Söhne>: €25.00"));
    assert!(mail.html.contains("&#60;Söhne&#62;"), "{}", mail.html);
    assert!(!mail.html.contains("<Söhne>"));
    // Sent once, however often the event arrives.
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    assert_eq!(mails(folder.path()).len(), 1);
}

#[tokio::test]
async fn an_email_ends_with_the_owners_contact_and_promises_only_what_is_true() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.mail.route = Route::Folder(path);
        config.profile.contact = Contact {
            address: vec!["1 High Street".to_owned()],
            email: Some("hello@shop.example".to_owned()),
            phone: Some("+44 20 12".to_owned()),
            links: vec![ContactLink {
                label: "Terms".to_owned(),
                url: "/pages/terms".to_owned(),
            }],
        };
    })
    .await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    let mail = mail(&folder, "Your order").await;
    let footer = format!(
        "-- \nTest Shop\n1 High Street\nhello@shop.example\n+44 20 12\nTerms: {}/pages/terms",
        app.origin
    );
    assert!(mail.text.trim_end().ends_with(&footer), "{}", mail.text);
    for part in [
        "1 High Street",
        "mailto:hello@shop.example",
        "tel:+442012",
        "Terms</a>",
    ] {
        assert!(mail.html.contains(part), "{part} in {}", mail.html);
    }
    // This shop asks for no address, and Till does not track shipments.
    for promise in ["prepare", "at any time", "send it"] {
        assert!(!mail.text.contains(promise), "{}", mail.text);
    }
}

#[tokio::test]
async fn the_shopper_is_emailed_when_a_delayed_payment_starts_and_when_it_fails() {
    let (app, folder) = shop(LatePayment::Refund).await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.deliver_session(COMPLETED, &unpaid(&checkout)).await;
    let under_way = mail(&folder, "Your payment to Test Shop is being processed").await;
    assert!(under_way.to.contains("shopper@example.com"));
    assert!(under_way.text.contains("please don’t pay again"));
    assert!(under_way.html.contains("please don’t pay again"));
    app.deliver_session("checkout.session.async_payment_failed", &unpaid(&checkout))
        .await;
    let failed = mail(&folder, "Your payment to Test Shop did not go through").await;
    assert!(failed.text.contains("Nothing was charged"));
    assert!(failed.html.contains("Nothing was charged"));
}

#[tokio::test]
async fn nobody_is_told_to_wait_for_a_payment_that_has_arrived() {
    let (app, folder) = shop(LatePayment::Refund).await;
    // While the test holds the lease, no worker runs between the two events.
    let lease = Lease::acquire(&app.shop.database, Job::Outbox)
        .await
        .unwrap();
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.deliver_session(COMPLETED, &unpaid(&checkout)).await;
    app.deliver_session(
        "checkout.session.async_payment_succeeded",
        &paid_session(&checkout),
    )
    .await;
    lease.release().await.unwrap();
    let waited = task_in(&app, &format!("mail:processing:{}", checkout.id), "done").await;
    assert_eq!(waited.error.as_deref(), Some("has since been paid"));
    mail(&folder, "Your order").await;
    assert_eq!(mails(folder.path()).len(), 1);
}

#[tokio::test]
async fn a_late_payment_is_refunded_once_and_both_sides_are_notified() {
    let (app, folder) = shop(LatePayment::Refund).await;
    let late = pay_too_late(&app).await;
    // Its session is still open at Stripe, so the shopper can pay.
    app.pay_by_card(&late).await;
    app.deliver(&app.event(COMPLETED).await).await;
    let late = app.reload(&late).await;
    assert_eq!(late.state.as_ref(), "paid");
    let refund_task = task_in(&app, &format!("refund:{}", late.id), "done").await;
    assert_eq!((refund_task.attempts, refund_task.error), (1, None));
    let refunds = app.stripe_get("/v1/refunds").await;
    let refunds = refunds["data"].as_array().unwrap();
    assert_eq!(refunds.len(), 1);
    assert_eq!(refunds[0]["amount"], 2_500);
    assert_eq!(refunds[0]["metadata"]["checkout_id"], json!(late.id));
    app.deliver(&app.event("refund.created").await).await;
    let received = mail(&folder, "Your refund from Test Shop: €25.00").await;
    assert!(received.text.contains("in full (€25.00)"));
    let apology = mail(&folder, "About your order").await;
    assert!(
        apology
            .text
            .contains("We’re refunding you in full (€25.00)")
    );
    let owner = mail(&folder, "paid too late, and oversold").await;
    assert_eq!(owner.to, "owner@shop.example");
    assert!(owner.text.contains("refunded automatically"));
    assert!(!owner.text.contains("shopper@example.com"));
    let flagged = app
        .orders()
        .await
        .into_iter()
        .find(|order| order.flag.is_some());
    assert_eq!(flagged.unwrap().flag, Some(Flag::Oversold));
    // A second run finds nothing to do.
    shop::outbox::work::work(&app.shop, || false).await.unwrap();
    let refunds = app.stripe_get("/v1/refunds").await;
    assert_eq!(refunds["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_accepted_late_payment_is_kept_and_the_email_says_so() {
    let (app, folder) = shop(LatePayment::Accept).await;
    let late = pay_too_late(&app).await;
    app.deliver_session(COMPLETED, &paid_session(&late)).await;
    let apology = mail(&folder, "About your order").await;
    assert!(
        apology.text.contains("We’ve kept your order"),
        "{}",
        apology.text
    );
    let owner = mail(&folder, "paid too late, and oversold").await;
    assert!(owner.text.contains("The payment is kept"));
    assert_eq!(task(&app, &format!("refund:{}", late.id)).await, None);
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(0)));
}

#[tokio::test]
async fn a_partial_refund_is_emailed_with_both_amounts() {
    let (app, folder) = shop(LatePayment::Refund).await;
    let checkout = app.begin(&[("MUG", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    let refund = json!({
        "id": "re_part", "object": "refund", "amount": 250, "currency": "eur",
        "status": "succeeded", "payment_intent": format!("pi_test_{}", checkout.id),
    });
    app.deliver(&event("refund.created", &refund)).await;
    let mail = mail(&folder, "Your refund from Test Shop: €2.50").await;
    assert!(mail.text.contains("€2.50 of the €12.50"), "{}", mail.text);
}

#[tokio::test]
async fn the_owner_is_notified_of_a_dispute_and_of_a_failed_refund() {
    let (app, folder) = shop(LatePayment::Refund).await;
    let checkout = app.begin(&[("MUG", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    let payment = format!("pi_test_{}", checkout.id);
    let dispute = json!({
        "id": "dp_1", "object": "dispute", "amount": 1_250, "currency": "eur", "charge": "ch_1",
        "status": "needs_response", "reason": "product_not_received", "payment_intent": payment,
    });
    app.deliver(&event("charge.dispute.created", &dispute))
        .await;
    let received = mail(&folder, "payment disputed").await;
    assert!(received.text.contains("€12.50") && received.text.contains("product not received"));
    let refund = json!({
        "id": "re_failed", "object": "refund", "amount": 300, "currency": "eur",
        "status": "failed", "payment_intent": payment,
    });
    app.deliver(&event("refund.failed", &refund)).await;
    let received = mail(&folder, "a refund has failed").await;
    assert!(received.text.contains("€3.00"), "{}", received.text);
    assert_eq!(received.to, "owner@shop.example");
}

#[tokio::test]
async fn the_owner_is_notified_of_an_inquiry_and_its_end_and_of_a_cancelled_refund() {
    let (app, folder) = shop(LatePayment::Refund).await;
    let checkout = app.begin(&[("MUG", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    let payment = format!("pi_test_{}", checkout.id);
    let dispute = |status: &str| {
        json!({
            "id": "dp_1", "object": "dispute", "amount": 1_250, "currency": "eur", "charge": "ch_1",
            "status": status, "reason": "general", "payment_intent": payment,
        })
    };
    let created = dispute("warning_needs_response");
    app.deliver(&event("charge.dispute.created", &created))
        .await;
    let received = mail(&folder, "the bank has opened an inquiry").await;
    for words in [
        "an inquiry about €12.50",
        "(reason given: general)",
        "No money has been withdrawn",
    ] {
        assert!(
            received.text.contains(words),
            "{words} in {}",
            received.text
        );
    }
    let closed = dispute("warning_closed");
    app.deliver(&event("charge.dispute.closed", &closed)).await;
    let received = mail(&folder, "a dispute has ended").await;
    let end = "ended as an inquiry: nothing was withdrawn";
    assert!(received.text.contains(end), "{}", received.text);
    let refund = json!({
        "id": "re_given_up", "object": "refund", "amount": 300, "currency": "eur",
        "status": "canceled", "payment_intent": payment,
    });
    app.deliver(&event("refund.updated", &refund)).await;
    let received = mail(&folder, "a refund was cancelled").await;
    for words in ["€3.00", "cancelled before it was sent", "refund it again"] {
        assert!(
            received.text.contains(words),
            "{words} in {}",
            received.text
        );
    }
    assert_eq!(received.to, "owner@shop.example");
}

#[tokio::test]
async fn the_owner_is_notified_of_a_payment_that_differs_and_whether_it_is_refunded() {
    let (app, folder) = shop(LatePayment::Refund).await;
    let differing = |checkout: &checkout::Model| {
        let mut session = paid_session(checkout);
        session["amount_total"] = 900.into();
        session
    };
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.deliver_session(COMPLETED, &differing(&checkout)).await;
    let number = app.the_order().await.number;
    let about = |number: &str| format!("Order {number}: the payment differs from the quote");
    let received = mail(&folder, &about(&number)).await;
    let words = "(the total is not subtotal − discount + shipping + tax)";
    assert!(received.text.contains(words), "{}", received.text);
    assert!(
        received.text.contains("The order was created all the same"),
        "{}",
        received.text
    );
    assert_eq!(received.to, "owner@shop.example");
    // The same, but late: its units are gone.
    let late = pay_too_late(&app).await;
    app.deliver_session(COMPLETED, &differing(&late)).await;
    let mut orders = app.orders().await.into_iter();
    let order = orders.find(|order| order.checkout_id == late.id).unwrap();
    let received = mail(&folder, &about(&order.number)).await;
    assert!(
        received.text.contains("is refunded automatically"),
        "{}",
        received.text
    );
}

#[tokio::test]
async fn without_an_address_no_email_is_sent_and_the_task_says_why() {
    let (app, folder) = shop(LatePayment::Refund).await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut session = paid_session(&checkout);
    session["customer_details"] = Value::Null;
    app.deliver_session(COMPLETED, &session).await;
    let done = task_in(&app, &format!("mail:paid:{}", checkout.id), "done").await;
    assert_eq!(done.error.as_deref(), Some("no email address"));
    assert!(mails(folder.path()).is_empty());
}

/// A shop that ships, and whose owner is notified of every order.
async fn shop_that_tells_its_owner(late_payment: LatePayment) -> (TestApp, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.mail.route = Route::Folder(path);
        config.mail.new_orders = true;
        config.checkout.late_payment = late_payment;
        config.checkout.options.shipping = Some(Shipping {
            countries: vec!["DE".parse().unwrap()],
            rates: ["Standard:490", "Express:990"]
                .map(|rate| rate.parse().unwrap())
                .to_vec(),
        });
    })
    .await;
    (app, folder)
}

/// A session that is paid in full, with the second shipping rate.
fn paid_express(checkout: &checkout::Model) -> Value {
    let mut session = paid_session(checkout);
    session["customer_details"]["phone"] = "+49 30 1".into();
    session["collected_information"]["shipping_details"] = json!({
        "name": "Bo Shopper",
        "address": {
            "line1": "Marktplatz 3", "postal_code": "10115", "city": "Berlin", "country": "DE",
        },
    });
    session["shipping_options"] = json!([
        { "shipping_rate": "shr_1", "shipping_amount": 490 },
        { "shipping_rate": "shr_2", "shipping_amount": 990 },
    ]);
    session["shipping_cost"] = json!({ "shipping_rate": "shr_2", "amount_subtotal": 990 });
    session["total_details"]["amount_shipping"] = 990.into();
    session["amount_total"] = (checkout.amount_subtotal + 990).into();
    session
}

#[tokio::test]
async fn the_owner_is_notified_of_a_new_order_with_all_that_is_needed_to_ship_it() {
    let (app, folder) = shop_that_tells_its_owner(LatePayment::Refund).await;
    let checkout = app.begin(&[("MUG", 2), ("PEN", 1)]).await;
    app.deliver_session(COMPLETED, &paid_express(&checkout))
        .await;
    let order = app.the_order().await;
    assert_eq!(order.shipping_method.as_deref(), Some("Express"));
    let received = mail(&folder, &format!("New order {}: €39.90", order.number)).await;
    assert_eq!(received.to, "owner@shop.example");
    for words in [
        "2 × Becher \"Möwe\" & <Söhne> (MUG): €25.00",
        "1 × Green Pen (PEN): €5.00",
        "Shipping (Express): €9.90",
        "Total: €39.90",
        "Ship to:\n  Bo Shopper\n  Marktplatz 3\n  10115 Berlin\n  Germany\n",
        "Shipping method:\n  Express\n",
        "Ordered by:\n  Ada Shopper\n  shopper@example.com\n  +49 30 1\n",
        &format!("{}/admin/orders/{}\n", app.origin, order.number),
    ] {
        assert!(
            received.text.contains(words),
            "{words} in {}",
            received.text
        );
    }
    for words in ["(MUG)", "Marktplatz 3<br>10115 Berlin", "Express"] {
        assert!(
            received.html.contains(words),
            "{words} in {}",
            received.html
        );
    }
    // The shopper's email names the shipping rate, too, but no article numbers.
    let confirmed = mail(&folder, "Your order").await;
    assert!(confirmed.text.contains("Shipping (Express): €9.90"));
    assert!(!confirmed.text.contains("(MUG)"), "{}", confirmed.text);
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    assert!(page.body.contains("Shipping (Express)"), "{}", page.body);
    // Sent once, however often the event arrives.
    app.deliver_session(COMPLETED, &paid_express(&checkout))
        .await;
    assert_eq!(mails(folder.path()).len(), 2);
}

#[tokio::test]
async fn a_refunded_order_is_not_announced_and_one_that_differs_is_to_be_checked() {
    let (app, folder) = shop_that_tells_its_owner(LatePayment::Refund).await;
    let late = pay_too_late(&app).await;
    app.deliver_session(COMPLETED, &paid_session(&late)).await;
    mail(&folder, "paid too late, and oversold").await;
    assert_eq!(
        task(&app, &format!("mail:new_order:{}", late.id)).await,
        None
    );
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut session = paid_session(&checkout);
    session["amount_total"] = 900.into();
    app.deliver_session(COMPLETED, &session).await;
    let key = format!("mail:new_order:{}", checkout.id);
    let sent = task_in(&app, &key, "done").await;
    assert_eq!(sent.error.as_deref(), Some(shop::outbox::WRITTEN_TO_FILE));
    let orders = app.orders().await;
    let order = orders.iter().find(|order| order.checkout_id == checkout.id);
    let received = mail(&folder, &format!("New order {}", order.unwrap().number)).await;
    let words = "Check it before you send anything: the total is not subtotal";
    assert!(received.text.contains(words), "{}", received.text);
    assert!(
        received
            .text
            .contains("Shoppers are not asked for an address"),
        "{}",
        received.text
    );
}

#[tokio::test]
async fn with_nothing_to_pay_no_email_speaks_of_a_payment() {
    let (app, folder) = shop_that_tells_its_owner(LatePayment::Refund).await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut session = paid_session(&checkout);
    session["payment_status"] = "no_payment_required".into();
    session["payment_intent"] = Value::Null;
    session["total_details"]["amount_discount"] = checkout.amount_subtotal.into();
    session["amount_total"] = 0.into();
    app.deliver_session(COMPLETED, &session).await;
    let number = app.the_order().await.number;
    let confirmed = mail(&folder, "Your order").await;
    let words = format!("Your order {number} is confirmed. There was nothing to pay.");
    assert!(confirmed.text.contains(&words), "{}", confirmed.text);
    let received = mail(&folder, &format!("New order {number}: €0.00")).await;
    let words = "There was nothing to pay. The items are below";
    assert!(received.text.contains(words), "{}", received.text);
}

#[tokio::test]
async fn new_order_emails_can_be_turned_off() {
    let (app, folder) = shop(LatePayment::Refund).await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    mail(&folder, "Your order").await;
    let expected = ["fetch_payment_details", "mail:paid"];
    let expected = expected.map(|task| format!("{task}:{}", checkout.id));
    assert_eq!(app.tasks().await, expected);
}

#[tokio::test]
async fn a_name_cannot_write_into_headers_or_html() {
    let (app, folder) = shop(LatePayment::Refund).await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut session = paid_session(&checkout);
    session["customer_details"]["name"] = "Ada\r\nBcc: all@example.com\r\n\r\n<b>".into();
    app.deliver_session(COMPLETED, &session).await;
    task_in(&app, &format!("mail:paid:{}", checkout.id), "done").await;
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap();
    let bytes = std::fs::read(file.unwrap().path()).unwrap();
    let parsed = mailparse::parse_mail(&bytes).unwrap();
    assert_eq!(parsed.headers.get_first_value("Bcc"), None);
    let mail = Mail::read(&bytes);
    assert!(mail.html.contains("&#60;b&#62;") && !mail.html.contains("<b>"));
    assert!(mail.text.contains("Hello Ada Bcc: all@example.com <b>,"));
}
