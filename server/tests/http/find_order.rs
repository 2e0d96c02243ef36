//! `/orders/find`: a shopper who has lost the link to an order gets it by email, and nobody learns
//! more.

use sea_orm::{EntityTrait, PaginatorTrait};
use shop::entity::{checkout, order_search};
use shop::mail::Route;
use shop::orders::OrderNumbers;
use tempfile::TempDir;
use till_core::limits::{LimitedAction, Limits};

use crate::mails::{mail, mails};
use crate::test_app::{Page, TestApp, eventually, paid_session};

const SHOPPER: &str = "198.51.100.7";

/// A shop whose emails are files in this folder.
async fn shop(limits: Limits) -> (TestApp, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.mail.route = Route::Folder(path);
        config.limits = limits;
        config.orders.numbers = OrderNumbers::with_prefix("TEA").unwrap();
    })
    .await;
    (app, folder)
}

async fn ordered(app: &TestApp) -> (checkout::Model, String) {
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.deliver_session("checkout.session.completed", &paid_session(&checkout))
        .await;
    (checkout, app.the_order().await.number)
}

async fn search(app: &TestApp, number: &str, email: &str) -> Page {
    let request = app
        .request("POST", "/orders/find")
        .header("accept", "text/html")
        .header("origin", &app.origin)
        .header("x-forwarded-for", SHOPPER)
        .form(&[("number", number), ("email", email)]);
    app.send(request).await
}

/// Waits until all searches are answered.
async fn wait_until_answered(app: &TestApp) {
    eventually("every search is answered", async || {
        let left = order_search::Entity::find();
        let left = left.count(app.shop.database.reader()).await.unwrap();
        (left == 0).then_some(())
    })
    .await;
}

fn without_what_was_typed(page: &Page, email: &str) -> String {
    page.body.replace(email, "")
}

#[tokio::test]
async fn order_number_and_email_bring_the_link_by_email() {
    let (app, folder) = shop(Limits::off()).await;
    let (checkout, number) = ordered(&app).await;
    mail(&folder, &format!("Your order {number} from Test Shop")).await;
    // As copied from an email, as typed, and without the shop's prefix.
    let (code, typed) = (number.replace("TEA-", ""), number.to_lowercase());
    for number in [&number, &typed, &code, &code.replace('-', " ")] {
        let page = search(&app, number, " Shopper@Example.com").await;
        assert_eq!(
            (page.status, page.text("h1")),
            (200, "Please check your email".to_owned())
        );
    }
    let link = mail(
        &folder,
        &format!("The link to your order {number} at Test Shop"),
    )
    .await;
    assert_eq!(link.to, "\"Ada Shopper\" <shopper@example.com>");
    let address = format!("{}/orders/{}", app.origin, checkout.token.as_str());
    for part in [&link.text, &link.html] {
        assert!(part.contains(&address), "{part}");
        assert!(part.contains("If that wasn’t you"), "{part}");
    }
    wait_until_answered(&app).await;
    // Sent once an hour, however often it is requested.
    assert_eq!(app.tasks().await.len(), 3);
}

#[tokio::test]
async fn the_answer_is_always_the_same_and_only_the_orders_shopper_gets_an_email() {
    let (app, folder) = shop(Limits::off()).await;
    let (_, number) = ordered(&app).await;
    mail(&folder, "Your order").await;
    let mut bodies = Vec::new();
    for (number, email) in [
        (number.as_str(), "shopper@example.com"),
        (number.as_str(), "eve@example.com"),
        ("TEA-2222-2222", "shopper@example.com"),
        ("%", "shopper@example.com"),
        ("'; DROP TABLE orders; --", "x@y"),
    ] {
        let page = search(&app, number, email).await;
        assert_eq!(page.status, 200, "{number} {email}");
        assert_eq!(page.header("cache-control"), "no-store");
        bodies.push(without_what_was_typed(&page, email));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
    wait_until_answered(&app).await;
    mail(&folder, "The link to your order").await;
    assert_eq!(mails(folder.path()).len(), 2);
}

/// The database stores only a digest of a search's email address, and deletes it within seconds.
#[tokio::test]
async fn a_search_leaves_no_address_behind() {
    let (app, _folder) = shop(Limits::off()).await;
    search(&app, "TEA-2222-2222", "eve@example.com").await;
    let found = order_search::Entity::find().one(app.shop.database.reader());
    if let Some(search) = found.await.unwrap() {
        assert_eq!(search.number, "TEA22222222");
        assert_eq!(search.email_digest.len(), 64);
        assert!(!format!("{search:?}").contains("eve"));
    }
    wait_until_answered(&app).await;
    assert!(app.tasks().await.is_empty());
}

#[tokio::test]
async fn missing_fields_are_asked_for_and_what_was_typed_stays() {
    let (app, _folder) = shop(Limits::off()).await;
    for (number, email) in [("", "a@b.example"), ("K7QM-3XPA", ""), ("K7QM-3XPA", "ada")] {
        let page = search(&app, number, email).await;
        assert_eq!(page.status, 422, "{number} {email}");
        assert!(page.alert().contains("your order number and email address"));
        assert_eq!(
            page.attribute("#number", "value").unwrap_or_default(),
            number
        );
        assert_eq!(page.attribute("#email", "value").unwrap_or_default(), email);
    }
    let left = order_search::Entity::find();
    assert_eq!(left.count(app.shop.database.reader()).await.unwrap(), 0);
}

#[tokio::test]
async fn searches_are_limited_per_client() {
    let mut limits = Limits::off();
    let rate = "3/1h".parse().unwrap();
    limits.rates.insert(LimitedAction::FindOrder, rate);
    let (app, _folder) = shop(limits).await;
    for _ in 0..3 {
        let page = search(&app, "K7QM-3XPA", "eve@example.com").await;
        assert_eq!(page.status, 200);
    }
    let page = search(&app, "K7QM-3XPA", "eve@example.com").await;
    assert_eq!(page.status, 429);
    let seconds: u64 = page.header("retry-after").parse().unwrap();
    assert!((1..=3_600).contains(&seconds));
    assert!(
        page.alert().starts_with("There were many order searches"),
        "{}",
        page.alert()
    );
    // Other clients are not affected, and neither are checkouts.
    let other = app
        .request("POST", "/orders/find")
        .header("origin", &app.origin)
        .header("x-forwarded-for", "198.51.100.8")
        .form(&[("number", "K7QM-3XPA"), ("email", "eve@example.com")]);
    assert_eq!(app.send(other).await.status, 200);
    app.begin(&[("PEN", 1)]).await;
}

#[tokio::test]
async fn the_pages_where_it_is_needed_link_to_the_search() {
    let (app, _folder) = shop(Limits::off()).await;
    for path in ["/", "/products/pen", "/orders/find"] {
        let page = app.get(path).await;
        assert!(page.has(".site-footer a[href='/orders/find']"), "{path}");
    }
    let page = app.get("/orders/0123456789abcdef0123456789abcdef").await;
    assert_eq!(page.status, 404);
    assert!(page.has("main a[href='/orders/find']"));
    let form = app.get("/orders/find").await;
    assert_eq!(form.header("x-robots-tag"), "noindex");
    assert_eq!(
        form.attribute("main form", "action").unwrap(),
        "/orders/find"
    );
    assert_eq!(form.attribute("main form", "method").unwrap(), "post");
}

/// It could find out whether its visitor has bought here, by sending them an email.
#[tokio::test]
async fn another_website_cannot_search_on_behalf_of_its_visitor() {
    let (app, _folder) = shop(Limits::off()).await;
    let request = app
        .request("POST", "/orders/find")
        .header("accept", "text/html")
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .form(&[("number", "K7QM-3XPA"), ("email", "eve@example.com")]);
    let page = app.send(request).await;
    assert_eq!(page.status, 403);
    assert!(page.alert().contains("another website"), "{}", page.alert());
    let left = order_search::Entity::find();
    assert_eq!(left.count(app.shop.database.reader()).await.unwrap(), 0);
}
