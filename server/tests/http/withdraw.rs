//! `/withdraw`: a shopper withdraws from a contract in three steps. What is confirmed is stored and
//! acknowledged, whether or not there is such an order, and the answer never says which.

use std::sync::Arc;

use locale::Language;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::Value;
use shop::entity::{checkout, withdrawal};
use shop::law::{EuRules, Withdrawals};
use shop::mail::Route;
use shop::orders::OrderNumbers;
use shop::time_zone::TimeZone;
use shop::withdrawals::WithdrawalState;
use tempfile::TempDir;
use till_core::limits::{LimitedAction, Limits};

use crate::mails::{mail, mails};
use crate::test_app::{Form, Page, TestApp, eventually, paid_session};
use crate::till_binary::Till;

const SHOPPER: &str = "198.51.100.7";
const RECEIVED: &str = "We have received your withdrawal";

/// A shop whose emails are files in this folder.
async fn shop(limits: Limits) -> (TestApp, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.mail.route = Route::Folder(path);
        config.limits = limits;
        config.orders.numbers = OrderNumbers::with_prefix("TEA").unwrap();
        config.profile.time_zone = TimeZone::named("Europe/Berlin").unwrap();
    })
    .await;
    (app, folder)
}

async fn ordered(app: &TestApp) -> (checkout::Model, String) {
    let checkout = app.begin(&[("MUG", 2), ("PEN", 1)]).await;
    app.deliver_session("checkout.session.completed", &paid_session(&checkout))
        .await;
    (checkout, app.the_order().await.number)
}

async fn post(app: &TestApp, fields: &[(&str, &str)]) -> Page {
    let request = app
        .request("POST", "/withdraw")
        .header("accept", "text/html")
        .header("origin", &app.origin)
        .header("x-forwarded-for", SHOPPER)
        .form(fields);
    app.send(request).await
}

/// The fields of the page's form, with the button.
fn fields<'a>(form: &'a Form, step: &'a str) -> Vec<(&'a str, &'a str)> {
    let fields = form.fields().iter();
    let fields = fields.map(|(name, value)| (name.as_str(), value.as_str()));
    fields.chain([("step", step)]).collect()
}

const ATTEMPT: &str = "0123456789abcdef0123456789abcdef";

/// Confirms a withdrawal from a whole order.
async fn confirm(app: &TestApp, attempt: &str, contract: &str, email: &str) -> Page {
    let fields = [
        ("attempt", attempt),
        ("name", "Ada Shopper"),
        ("email", email),
        ("contract", contract),
        ("scope", "whole"),
        ("step", "confirm"),
    ];
    post(app, &fields).await
}

async fn withdrawals(app: &TestApp) -> Vec<withdrawal::Model> {
    withdrawal::Entity::find()
        .order_by_asc(withdrawal::Column::Id)
        .all(app.shop.database.reader())
        .await
        .unwrap()
}

/// Waits until an order was looked for, for each withdrawal.
async fn matched(app: &TestApp) -> Vec<withdrawal::Model> {
    eventually("every withdrawal is matched", async || {
        let rows = withdrawals(app).await;
        rows.iter()
            .all(|row| row.matched_at.is_some())
            .then_some(rows)
    })
    .await
}

/// The page without what differs each time.
fn without(page: &Page, different: &[&str]) -> String {
    different
        .iter()
        .fold(page.body.clone(), |body, text| body.replace(text, ""))
}

#[tokio::test]
async fn three_steps_lead_from_the_footer_to_the_acknowledgement() {
    let (app, folder) = shop(Limits::off()).await;
    let (checkout, number) = ordered(&app).await;
    let home = app.get("/").await;
    assert!(home.has(".site-footer a[href='/withdraw']"));
    let page = app.get(&format!("/withdraw?order={number}")).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-robots-tag"), "noindex");
    assert_eq!(page.attribute("#contract", "value").unwrap(), number);
    let form = page.form("/withdraw");
    let form = form
        .with("name", "Ada <b>Shopper</b>")
        .with("email", " Shopper@example.com")
        .with("contract", &number.to_lowercase())
        .with("scope", "whole");

    let page = post(&app, &fields(&form, "review")).await;
    assert_eq!(
        (page.status, page.text("h1").as_str()),
        (200, "Please check your withdrawal")
    );
    assert_eq!(page.header("cache-control"), "no-store");
    let stated = page.text("dl.stated");
    for fact in [
        "Ada <b>Shopper</b>",
        "Shopper@example.com",
        "The whole order",
    ] {
        assert!(stated.contains(fact), "{fact} in {stated}");
    }
    assert_eq!(
        page.text("form button[value='confirm']"),
        "Confirm withdrawal"
    );
    assert!(withdrawals(&app).await.is_empty());

    let form = page.form("/withdraw");
    let page = post(&app, &fields(&form, "confirm")).await;
    assert_eq!((page.status, page.text("h1").as_str()), (200, RECEIVED));
    let [row] = &matched(&app).await[..] else {
        panic!()
    };
    let order = app.the_order().await;
    assert_eq!(row.order_id, Some(order.id));
    assert_eq!(row.state, WithdrawalState::Received);
    let time = app
        .shop
        .profile()
        .time_zone
        .format_seconds(row.received_at, Language::default());
    assert!(time.ends_with(" CET") || time.ends_with(" CEST"), "{time}");
    assert!(page.text("dl.stated").contains(&time));

    let receipt = mail(&folder, RECEIVED).await;
    assert!(receipt.to.contains("Shopper@example.com"), "{}", receipt.to);
    for part in [&receipt.text, &receipt.html] {
        for fact in [time.as_str(), "Shopper@example.com", &number.to_lowercase()] {
            assert!(part.contains(fact), "{fact} in {part}");
        }
    }
    assert!(receipt.text.contains("Name: Ada <b>Shopper</b>\n"));
    assert!(!receipt.html.contains("<b>Shopper"));
    let owner = mail(&folder, &format!("Withdrawal from order {number}")).await;
    assert_eq!(owner.to, "owner@shop.example");
    assert!(owner.text.contains(&time) && !owner.text.contains("till "));
    let page = format!("{}/admin/withdrawals/{}\n", app.origin, row.id);
    assert!(owner.text.contains(&page), "{}", owner.text);

    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    assert!(page.text("main").contains("Withdrawal received on "));
}

#[tokio::test]
async fn from_the_page_of_an_order_its_lines_can_be_chosen() {
    let (app, folder) = shop(Limits::off()).await;
    let (checkout, number) = ordered(&app).await;
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    let form = page.form("/withdraw");
    let page = post(&app, &fields(&form, "form")).await;
    assert_eq!(page.status, 200);
    assert!(page.text("main form").contains(&number));
    assert_eq!(page.texts("fieldset label").len(), 2);
    assert!(!page.has("input[name='line']:not([checked])"));
    // The page says nothing about the shopper that its link does not open.
    assert!(!page.body.contains("shopper@example.com"));
    let (mug, pen) = (app.variant("MUG").await.id, app.variant("PEN").await.id);
    let token = form.field("token").unwrap();
    let (mug_field, pen_field) = (mug.to_string(), pen.to_string());
    let mut typed = vec![
        ("attempt", ATTEMPT),
        ("token", token),
        ("name", "Eve"),
        // Another address than that of the payment.
        ("email", "eve@example.com"),
        ("step", "review"),
    ];
    let none = post(&app, &typed).await;
    assert_eq!(none.status, 422);
    assert!(
        none.text(".invalid-feedback")
            .contains("at least one product")
    );
    typed.push(("line", &pen_field));
    let review = post(&app, &typed).await;
    assert!(
        review.text("dl.stated").contains("1 × "),
        "{}",
        review.text("dl.stated")
    );
    let form = review.form("/withdraw");
    assert_eq!(
        post(&app, &fields(&form, "confirm")).await.text("h1"),
        RECEIVED
    );
    let [row] = &withdrawals(&app).await[..] else {
        panic!()
    };
    assert_eq!(row.order_id, Some(app.the_order().await.id));
    let lines: Value = serde_json::from_str(row.lines.as_deref().unwrap()).unwrap();
    assert_eq!(lines[0]["variant"], pen);
    assert_eq!(lines.as_array().unwrap().len(), 1);
    let receipt = mail(&folder, RECEIVED).await;
    assert!(receipt.text.contains("    1 × "), "{}", receipt.text);
    // All lines are the whole order.
    typed.push(("line", &mug_field));
    assert!(
        post(&app, &typed)
            .await
            .text("dl.stated")
            .contains("The whole order")
    );
}

#[tokio::test]
async fn the_answer_is_the_same_whether_or_not_there_is_such_an_order() {
    let (app, folder) = shop(Limits::off()).await;
    let (_, number) = ordered(&app).await;
    let mut bodies = Vec::new();
    let cases = [
        (number.as_str(), "shopper@example.com", true),
        (number.as_str(), "eve@example.com", false),
        ("TEA-2222-2222", "shopper@example.com", false),
        ("Two mugs, on Monday", "shopper@example.com", false),
        ("'; DROP TABLE withdrawal; --", "x@y.example", false),
    ];
    for (contract, email, _) in cases {
        let page = confirm(&app, ATTEMPT, contract, email).await;
        assert_eq!(page.status, 200, "{contract}");
        let time = page.attribute("dl.stated time", "datetime").unwrap();
        let shown = page.text("dl.stated time");
        let escaped = contract.replace('\'', "&#x27;");
        bodies.push(without(&page, &[contract, &escaped, email, &time, &shown]));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
    let rows = matched(&app).await;
    let found: Vec<_> = rows.iter().map(|row| row.order_id.is_some()).collect();
    assert_eq!(found, cases.map(|(_, _, found)| found));
    // What is not matched is stored and reported all the same.
    let owner = mail(&folder, "Withdrawal without a known order").await;
    assert!(
        owner
            .text
            .contains("No order has this number and email address")
    );
    eventually("all emails are sent", async || {
        let mails = mails(folder.path());
        let sent = mails
            .iter()
            .filter(|mail| mail.subject.contains("ithdrawal"));
        (sent.count() == 2 * cases.len()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_double_click_stores_once_and_a_changed_form_again() {
    let (app, _folder) = shop(Limits::off()).await;
    let send = || confirm(&app, ATTEMPT, "TEA-2222-2222", "ada@example.com");
    let (one, other) = tokio::join!(send(), send());
    let later = send().await;
    for page in [&one, &other, &later] {
        assert_eq!((page.status, page.text("h1").as_str()), (200, RECEIVED));
        assert_eq!(page.text("dl.stated time"), one.text("dl.stated time"));
    }
    assert_eq!(withdrawals(&app).await.len(), 1);
    assert_eq!(app.tasks().await.len(), 2);
    confirm(&app, ATTEMPT, "TEA-3333-3333", "ada@example.com").await;
    assert_eq!(withdrawals(&app).await.len(), 2);
    // No statement is lost because of its form's token.
    confirm(&app, "x", "TEA-3333-3333", "ada@example.com").await;
    assert_eq!(withdrawals(&app).await.len(), 3);
}

#[tokio::test]
async fn the_fourth_acknowledgement_in_a_day_is_not_emailed_but_the_withdrawal_is_stored() {
    let mut limits = Limits::off();
    let mails = LimitedAction::WithdrawalMail;
    limits.rates.insert(mails, mails.default_rate());
    let (app, _folder) = shop(limits).await;
    for (contract, email) in [
        ("one", "ada@example.com"),
        ("two", "Ada@Example.com"),
        ("three", "ada@example.com"),
        ("four", "ADA@example.com"),
        ("five", "eve@example.com"),
    ] {
        let page = confirm(&app, ATTEMPT, contract, email).await;
        assert_eq!((page.status, page.text("h1").as_str()), (200, RECEIVED));
        assert!(page.text("dl.stated").contains(contract));
    }
    let rows = withdrawals(&app).await;
    let tasks = app.tasks().await;
    let acknowledged: Vec<_> = rows
        .iter()
        .map(|row| {
            let at = row.received_at.unix_timestamp();
            let has = |name: &str| tasks.contains(&format!("mail:{name}:{}:{at}", row.id));
            assert!(has("new_withdrawal"), "{tasks:?}");
            has("withdrawal_received")
        })
        .collect();
    assert_eq!(acknowledged, [true, true, true, false, true]);
}

#[tokio::test]
async fn withdrawals_are_limited_per_client_and_nothing_typed_is_lost() {
    let mut limits = Limits::off();
    let rate = "2/1h".parse().unwrap();
    limits.rates.insert(LimitedAction::Withdraw, rate);
    let (app, _folder) = shop(limits).await;
    for contract in ["one", "two", "two"] {
        assert_eq!(
            confirm(&app, ATTEMPT, contract, "a@b.example").await.status,
            200
        );
    }
    let page = confirm(&app, ATTEMPT, "three", "a@b.example").await;
    assert_eq!(page.status, 429);
    let seconds: u64 = page.header("retry-after").parse().unwrap();
    assert!((1..=3_600).contains(&seconds));
    assert!(
        page.alert().starts_with("There were many withdrawals"),
        "{}",
        page.alert()
    );
    assert_eq!(page.form("/withdraw").field("contract"), Some("three"));
    assert_eq!(withdrawals(&app).await.len(), 2);
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays() {
    let (app, _folder) = shop(Limits::off()).await;
    let page = post(&app, &[("step", "confirm")]).await;
    assert_eq!(page.status, 422);
    assert!(page.alert().contains("Nothing has been sent yet"));
    assert_eq!(page.texts(".invalid-feedback").len(), 3);
    let long = "x".repeat(300);
    let typed = [
        ("name", "<script>alert(1)</script>"),
        ("email", "ada"),
        ("contract", long.as_str()),
        ("scope", "part"),
        ("items", ""),
        ("step", "review"),
    ];
    let page = post(&app, &typed).await;
    assert_eq!(page.status, 422);
    let problems: Vec<_> = ["contract", "items", "name", "email"]
        .map(|name| {
            let input = format!("#{name}");
            let (invalid, described) = ("aria-invalid", "aria-describedby");
            let is_name = name == "name";
            assert_eq!(page.attribute(&input, invalid).is_none(), is_name, "{name}");
            assert_eq!(
                page.attribute(&input, described).is_none(),
                is_name,
                "{name}"
            );
            page.texts(&format!("#{name}-problem")).join("")
        })
        .to_vec();
    assert_eq!(
        problems,
        [
            "Please use at most 200 characters.",
            "Please say which products you withdraw from.",
            "",
            "Please enter an email address such as name@example.com."
        ]
    );
    assert_eq!(page.attribute("#name", "value").unwrap(), typed[0].1);
    assert_eq!(page.attribute("#email", "value").unwrap(), "ada");
    assert_eq!(page.attribute("#contract", "value").unwrap(), long);
    assert!(page.has("input[value='part'][checked]"));
    assert!(!page.body.contains("<script>alert"));
    assert!(withdrawals(&app).await.is_empty());
}

#[tokio::test]
async fn another_website_cannot_withdraw_on_behalf_of_its_visitor() {
    let (app, _folder) = shop(Limits::off()).await;
    let request = app
        .request("POST", "/withdraw")
        .header("accept", "text/html")
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .form(&[
            ("step", "confirm"),
            ("name", "Ada"),
            ("email", "a@b.example"),
        ]);
    let page = app.send(request).await;
    assert_eq!(page.status, 403);
    assert!(page.alert().contains("another website"), "{}", page.alert());
    assert!(withdrawals(&app).await.is_empty());
}

#[tokio::test]
async fn a_shop_may_offer_no_withdrawals() {
    let app =
        TestApp::without_webhooks_with(|config| config.profile.law.withdrawals = Withdrawals::Off)
            .await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    app.deliver_session("checkout.session.completed", &paid_session(&checkout))
        .await;
    assert_eq!(app.get("/withdraw").await.status, 404);
    assert_eq!(
        confirm(&app, ATTEMPT, "one", "a@b.example").await.status,
        404
    );
    assert!(withdrawals(&app).await.is_empty());
    for path in ["/", &format!("/orders/{}", checkout.token.as_str())] {
        assert!(!app.get(path).await.body.contains("/withdraw"), "{path}");
    }
}

#[tokio::test]
async fn withdrawals_follow_the_law_of_the_shops_country() {
    for (country, rules, offered) in [
        (None, EuRules::Auto, false),
        (Some("CH"), EuRules::Auto, false),
        (Some("CH"), EuRules::On, true),
        (Some("DE"), EuRules::Auto, true),
        (Some("DE"), EuRules::Off, false),
    ] {
        let app = TestApp::without_webhooks_with(|config| {
            let law = &mut config.profile.law;
            law.withdrawals = Withdrawals::Auto;
            law.country = country.map(|code| code.parse().unwrap());
            law.eu_rules = rules;
        })
        .await;
        let is_linked = app.get("/").await.has("footer a[href='/withdraw']");
        assert_eq!(is_linked, offered, "{country:?} {rules:?}");
        let expected = if offered { 200 } else { 404 };
        assert_eq!(app.get("/withdraw").await.status, expected);
    }
}

#[tokio::test]
async fn a_country_that_is_stored_while_the_shop_runs_brings_the_withdrawal_function() {
    let app = TestApp::without_webhooks_with(|config| {
        config.profile.law.withdrawals = Withdrawals::Auto;
    })
    .await;
    assert_eq!(app.get("/withdraw").await.status, 404);
    app.execute(
        "INSERT INTO setting (name, value, updated_at) VALUES
         ('SHOP_COUNTRY', 'AT', '2026-01-01 00:00:00+00:00')",
    )
    .await;
    eventually("the form", async || {
        Some(app.get("/withdraw").await).filter(|page| page.status == 200)
    })
    .await;
}

#[tokio::test]
async fn a_paid_email_links_to_the_form() {
    let (app, folder) = shop(Limits::off()).await;
    let (_, number) = ordered(&app).await;
    let paid = mail(&folder, &format!("Your order {number}")).await;
    let link = format!("{}/withdraw?order={number}", app.origin);
    for part in [&paid.text, &paid.html] {
        assert!(part.contains(&link), "{part}");
        assert!(part.contains("Withdraw from contract here"), "{part}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_lists_shows_and_decides_withdrawals() {
    let (app, _folder) = shop(Limits::off()).await;
    let (_, number) = ordered(&app).await;
    confirm(&app, ATTEMPT, &number, "shopper@example.com").await;
    confirm(&app, ATTEMPT, "two \u{1b}[31m mugs", "eve@example.com").await;
    matched(&app).await;
    let till = Till::new();
    let listed = till.run_with(&app, &["withdrawals", "list"]);
    assert_eq!(listed.code, Some(0));
    let listed = listed.stdout;
    let rows: Vec<&str> = listed.lines().collect();
    assert!(
        rows[0].starts_with("WITHDRAWAL  STATE     RECEIVED"),
        "{listed}"
    );
    assert!(
        rows[1].starts_with("2 ") && rows[1].contains("–"),
        "{listed}"
    );
    assert!(
        rows[2].starts_with("1 ") && rows[2].contains(&number),
        "{listed}"
    );
    assert!(!listed.contains('\u{1b}'));

    let accepted = till.run_with(&app, &["withdrawals", "accept", "1"]);
    assert_eq!(accepted.code, Some(0));
    let said = accepted.stdout;
    assert!(said.starts_with("withdrawal 1 is accepted."), "{said}");
    assert!(
        said.contains(&format!("till orders refund {number}")),
        "{said}"
    );
    assert!(app.refunds().await.is_empty());
    let again = till.run_with(&app, &["withdrawals", "accept", "1"]);
    assert!(again.stdout.contains("already accepted"));
    let late = [
        "withdrawals",
        "refuse",
        "2",
        "--reason",
        "too late",
        "--json",
    ];
    let refused = till.run_with(&app, &late).json();
    assert_eq!(refused["state"], "refused");
    assert_eq!(refused["reason"], "too late");

    let shown = till.run_with(&app, &["withdrawals", "show", "2"]).stdout;
    assert!(shown.contains("about       the whole order"), "{shown}");
    assert!(shown.contains("reason      too late"), "{shown}");
    let undecided = till.run_with(&app, &["withdrawals", "list", "--undecided", "--json"]);
    assert_eq!(undecided.stdout.trim(), "[]");
    let order = till.run_with(&app, &["orders", "show", &number]).stdout;
    assert!(
        order.contains("the whole order (accepted, number 1)"),
        "{order}"
    );
    let unknown = till.run_with(&app, &["withdrawals", "show", "9"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("there is no withdrawal 9"));
}

/// The words are those of the Directive, of § 356a BGB and of article D. 221-5.
#[tokio::test]
async fn link_and_button_have_the_words_of_the_law_in_each_language() {
    let app = TestApp::without_webhooks_with(|config| {
        config.profile.languages = Arc::new("en,de,fr".parse().unwrap());
    })
    .await;
    for (prefix, link, button) in [
        ("", "Withdraw from contract here", "Confirm withdrawal"),
        ("/de", "Vertrag widerrufen", "Widerruf bestätigen"),
        (
            "/fr",
            "Renoncer au contrat ici",
            "Confirmer la rétractation",
        ),
    ] {
        let path = format!("{prefix}/withdraw");
        let page = app.get(&path).await;
        let anchor = format!(".site-footer a[href='{path}']");
        assert_eq!(page.text(&anchor), link);
        assert_eq!(page.attribute("main form", "action").unwrap(), path);
        let typed = [
            ("attempt", ATTEMPT),
            ("name", "Ada"),
            ("email", "ada@example.com"),
            ("contract", link),
        ];
        let post = async |step| {
            let fields = [&typed[..], &[("step", step)]].concat();
            let request = app.request("POST", &path).header("origin", &app.origin);
            app.send(request.form(&fields)).await
        };
        let review = post("review").await;
        assert_eq!(review.text("button[value='confirm']"), button);
        assert_eq!(post("confirm").await.status, 200);
    }
    let rows = withdrawals(&app).await;
    let languages: Vec<_> = rows.iter().map(|row| row.language.as_str()).collect();
    assert_eq!(languages, ["en", "de", "fr"]);
}
