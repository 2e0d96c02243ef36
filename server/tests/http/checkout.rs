//! `POST /api/checkout`: from the form to Stripe's page, or back to the form with the reason.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;
use shop::catalog::import::StockMode;
use shop::checkout::MAX_FORM_LINES;
use shop::entity::checkout;
use tokio::task::JoinSet;

use crate::test_app::{Form, PRODUCTS, Page, TestApp, assert_refused, paid_session, session_id};

/// Sends the forms concurrently.
async fn submit_at_once(app: &Arc<TestApp>, forms: impl IntoIterator<Item = Form>) -> Vec<Page> {
    let mut requests = JoinSet::new();
    for form in forms {
        let app = app.clone();
        requests.spawn(async move { app.submit(&form).await });
    }
    requests.join_all().await
}

#[tokio::test]
async fn a_form_leads_to_stripes_page_and_holds_the_units() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 2), ("MUG", 1)]).await;
    assert_eq!(checkout.state.as_ref(), "open");
    assert_eq!(checkout.amount_subtotal, 2 * 500 + 1250);
    assert_eq!(app.held_and_stock("PEN").await, (2, Some(40)));
    assert_eq!(app.held_and_stock("MUG").await, (1, Some(3)));
    let session = app.session(&checkout).await;
    assert_eq!(session["amount_total"], 2250);
    assert_eq!(session["currency"], "eur");
    assert_eq!(session["url"], checkout.stripe_url.unwrap());
}

#[tokio::test]
async fn stripe_gets_the_checkouts_id_and_the_return_urls_and_nothing_else() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let session = app.session(&checkout).await;
    let (origin, token) = (&app.origin, checkout.token.as_str());
    assert_eq!(session["client_reference_id"], checkout.id);
    let metadata = json!({ "checkout_id": checkout.id, "shop": app.shop.settings.identity.id });
    assert_eq!(session["metadata"], metadata);
    assert_eq!(session["success_url"], format!("{origin}/orders/{token}"));
    assert_eq!(
        session["cancel_url"],
        format!("{origin}/checkout/{token}/cancelled")
    );
    assert_eq!(session["expires_at"], checkout.expires_at.unix_timestamp());
    assert_ne!(checkout.id, checkout.token.as_str());
    let made = format!("{:08x}", checkout.created_at.unix_timestamp());
    assert!(checkout.id.starts_with(&made), "{}", checkout.id);
}

#[tokio::test]
async fn stripes_page_lists_the_products_with_their_names() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("MUG", 2)]).await;
    let path = format!("/v1/checkout/sessions/{}/line_items", session_id(&checkout));
    let line = &app.stripe_get(&path).await["data"][0];
    assert_eq!(line["description"], "Becher \"Möwe\" & <Söhne>");
    assert_eq!(
        (&line["quantity"], &line["amount_total"]),
        (&json!(2), &json!(2500))
    );
}

#[tokio::test]
async fn a_products_own_page_sells_it() {
    let app = TestApp::start().await;
    let form = app.form("/products/pen").await;
    let checkout = app.pay(&form).await;
    assert_eq!(checkout.amount_subtotal, 500);
}

#[tokio::test]
async fn a_form_without_a_selection_is_refused() {
    let app = TestApp::start().await;
    let (pen, mug) = (app.variant("PEN").await.id, app.variant("MUG").await.id);
    for nothing in ["", "0", " ", "000"] {
        let form = app
            .form("/")
            .await
            .choose(pen, nothing)
            .choose(mug, nothing);
        let page = app.refused(&form).await;
        assert_eq!(page.alert(), "Choose at least one product.", "{nothing:?}");
    }
    app.assert_nothing_begun().await;
}

#[tokio::test]
async fn an_invalid_quantity_is_refused_beside_its_product_and_everything_typed_stays() {
    let app = TestApp::start().await;
    let (pen, mug) = (app.variant("PEN").await.id, app.variant("MUG").await.id);
    for (typed, reason) in [
        ("-1", "Please enter a whole number, 0 or more."),
        ("1.5", "Please enter a whole number, 0 or more."),
        ("abc", "Please enter a whole number, 0 or more."),
        ("<b>\"'&", "Please enter a whole number, 0 or more."),
        ("6", "At most 5 per order."),
        ("99999", "At most 5 per order."),
        ("1000000000000", "At most 5 per order."),
    ] {
        let form = app.form("/").await.choose(pen, typed).choose(mug, "1");
        let page = app.refused(&form).await;
        assert_eq!(page.quantity_error(pen), reason, "{typed}");
        assert!(
            page.alert()
                .starts_with("Some quantities need your attention. Nothing was charged.")
        );
        assert_eq!(page.quantity(pen), typed);
        assert_eq!(page.quantity(mug), "1", "{typed}");
        assert_eq!(page.quantity_error(mug), "", "{typed}");
        assert!(page.has(&format!("#quantity-{pen}[aria-invalid=true]")));
        assert_ne!(page.form("/").attempt(), form.attempt());
    }
    app.assert_nothing_begun().await;
}

#[tokio::test]
async fn more_than_the_stock_is_refused_with_what_is_left() {
    let app = TestApp::start().await;
    let (board, mug) = (app.variant("BOARD").await.id, app.variant("MUG").await.id);
    let form = app.form("/").await.choose(mug, "4");
    assert_eq!(app.refused(&form).await.quantity_error(mug), "Only 3 left.");
    // The page disables the field of a sold-out product, but may have been loaded before that.
    let form = app.form("/").await.choose(board, "1");
    assert_eq!(app.refused(&form).await.quantity_error(board), "Sold out.");
    app.assert_nothing_begun().await;
}

#[tokio::test]
async fn units_that_others_hold_are_not_available() {
    let app = TestApp::start().await;
    app.begin(&[("MUG", 2)]).await;
    let mug = app.variant("MUG").await.id;
    let form = app.form("/").await.choose(mug, "2");
    assert_eq!(app.refused(&form).await.quantity_error(mug), "Only 1 left.");
    assert_eq!(app.held_and_stock("MUG").await, (2, Some(3)));
}

#[tokio::test]
async fn unknown_and_inactive_products_are_refused_and_the_others_keep_their_quantity() {
    let app = TestApp::start().await;
    let (pen, lamp) = (app.variant("PEN").await.id, app.variant("LAMP").await.id);
    for stranger in [lamp, 999_999] {
        let form = app.form("/").await.choose(stranger, "1").choose(pen, "2");
        let page = app.refused(&form).await;
        assert!(
            page.alert()
                .contains("An item you selected is no longer available."),
            "{}",
            page.alert()
        );
        assert_eq!(page.quantity(pen), "2");
    }
    let form = app.form("/").await.with("quantity[pen]", "1");
    assert!(
        app.refused(&form)
            .await
            .alert()
            .starts_with("Something was wrong with your order form.")
    );
    app.assert_nothing_begun().await;
}

#[tokio::test]
async fn unavailable_products_are_named_and_no_longer_in_the_form() {
    let app = TestApp::start().await;
    let (pen, mug) = (app.variant("PEN").await.id, app.variant("MUG").await.id);
    let form = app.form("/").await.choose(pen, "1").choose(mug, "2");
    app.import(
        &PRODUCTS
            .replace(",Desk,30,true", ",Desk,30,false")
            .replace("1250,EUR,3,", "1250,EUR,0,"),
        StockMode::Set,
    )
    .await;
    let page = app.refused(&form).await;
    assert!(
        page.alert()
            .starts_with("Some of what you chose is no longer available. Nothing was charged."),
        "{}",
        page.alert()
    );
    assert_eq!(
        page.texts("[role=alert] li"),
        [
            "Becher \"Möwe\" & <Söhne>: Sold out.",
            "Green Pen: This is no longer sold."
        ]
    );
    // Neither is sent again, nor counted in the page's total.
    let again = page.form("/");
    for product in [pen, mug] {
        assert_eq!(again.field(&format!("quantity[{product}]")), None);
    }
    assert_eq!(page.quantity(mug), "");
    let page = app.refused(&again).await;
    assert_eq!(page.alert(), "Choose at least one product.");
    app.assert_nothing_begun().await;
}

#[tokio::test]
async fn a_product_taken_off_sale_while_its_page_is_open_is_reported_there() {
    let app = TestApp::start().await;
    let form = app.form("/products/pen").await;
    app.import(
        &PRODUCTS.replace(",Desk,30,true", ",Desk,30,false"),
        StockMode::OnlyNew,
    )
    .await;
    let page = app.refused(&form).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.text("h1"), "Green Pen");
    assert!(
        page.alert().contains("Nothing was charged."),
        "{}",
        page.alert()
    );
    assert_eq!(
        page.text("[role=alert] li"),
        "Green Pen: This is no longer sold."
    );
    assert_eq!(page.text(".lead"), "This product is no longer for sale.");
    // By its link, too, and not to crawlers.
    let page = app.get("/products/pen").await;
    assert_eq!(
        (page.status, page.text("h1")),
        (410, "Green Pen".to_owned())
    );
    assert!(!page.has("main form") && !page.body.contains("€5.00"));
    app.assert_nothing_begun().await;
}

/// A product that the owner has not published yet must not be revealed by guessing ids.
#[tokio::test]
async fn the_name_of_a_product_never_on_sale_is_not_revealed() {
    let app = TestApp::start().await;
    let lamp = app.variant("LAMP").await.id;
    assert_eq!(app.get("/products/lamp").await.status, 404);
    for from in ["/", "/products/lamp"] {
        let form = app.form("/").await.choose(lamp, "1").with("from", from);
        let page = app.refused(&form).await;
        assert!(!page.body.contains("Old Lamp"), "{from}");
        assert_eq!(
            page.texts("[role=alert] li"),
            ["An item you selected is no longer available."]
        );
    }
}

#[tokio::test]
async fn the_sentence_above_the_form_is_about_what_is_wrong() {
    let app = TestApp::start().await;
    let (pen, mug, map) = (
        app.variant("PEN").await.id,
        app.variant("MUG").await.id,
        app.variant("DOLLAR").await.id,
    );
    let form = app.form("/").await.choose(pen, "1").choose(map, "1");
    assert!(
        app.refused(&form)
            .await
            .alert()
            .starts_with("Products in different currencies cannot be paid together. Nothing was")
    );
    let form = app.form("/").await.choose(pen, "1");
    app.import(
        &PRODUCTS.replace("Writes.,500", "Writes.,550"),
        StockMode::OnlyNew,
    )
    .await;
    assert!(
        app.refused(&form)
            .await
            .alert()
            .starts_with("Prices have changed since you opened this page. Nothing was charged.")
    );
    assert!(
        app.refused(&form.choose(mug, "99"))
            .await
            .alert()
            .starts_with("Some of your selection needs your attention. Nothing was charged.")
    );
}

#[tokio::test]
async fn two_currencies_are_refused_beside_the_second() {
    let app = TestApp::start().await;
    let (pen, map) = (app.variant("PEN").await.id, app.variant("DOLLAR").await.id);
    let form = app.form("/").await.choose(pen, "1").choose(map, "1");
    let page = app.refused(&form).await;
    assert_eq!(
        page.quantity_error(map),
        "This is sold in another currency. Please order it separately."
    );
    assert_eq!(
        (page.quantity(pen), page.quantity(map)),
        ("1".to_owned(), "1".to_owned())
    );
    app.assert_nothing_begun().await;
    assert_eq!(app.begin(&[("DOLLAR", 1)]).await.currency.code(), "usd");
}

#[tokio::test]
async fn totals_that_cannot_be_charged_are_refused() {
    let app = TestApp::start().await;
    let (sticker, piano) = (
        app.variant("STICKER").await.id,
        app.variant("PIANO").await.id,
    );
    let form = app.form("/").await.choose(sticker, "4");
    assert!(
        app.refused(&form)
            .await
            .alert()
            .starts_with("The minimum order is €0.50.")
    );
    let form = app.form("/").await.choose(piano, "2");
    assert!(
        app.refused(&form)
            .await
            .alert()
            .starts_with("This order is too large to pay for in one go.")
    );
    app.assert_nothing_begun().await;
    assert_eq!(app.begin(&[("STICKER", 5)]).await.amount_subtotal, 50);
}

#[tokio::test]
async fn more_than_a_hundred_products_are_refused() {
    let app = TestApp::start().await;
    let mut form = app.form("/").await;
    for product in 1..=101 {
        form = form.choose(product, "1");
    }
    assert!(
        app.refused(&form)
            .await
            .alert()
            .starts_with("One order can hold at most 100 different items.")
    );
    app.assert_nothing_begun().await;
}

#[tokio::test]
async fn a_form_without_a_valid_attempt_token_is_out_of_date() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    for attempt in ["", "x", "0123456789ABCDEF0123456789ABCDEF"] {
        let form = app
            .form("/")
            .await
            .choose(pen, "1")
            .with("attempt", attempt);
        let page = app.refused(&form).await;
        assert!(
            page.alert().starts_with("This page is out of date."),
            "{attempt}"
        );
        assert_eq!(page.quantity(pen), "1");
    }
    app.assert_nothing_begun().await;
}

#[tokio::test]
async fn a_refused_form_is_answered_with_the_page_it_was_on_and_with_no_other() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/products/pen").await.choose(pen, "77");
    assert_eq!(form.field("from"), Some("/products/pen"));
    let page = app.refused(&form).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.text("h1"), "Green Pen");
    assert_eq!(page.quantity_error(pen), "At most 5 per order.");
    let script = "script[src='/page-address.js']";
    assert_eq!(
        page.attribute(script, "data-address").unwrap(),
        "/products/pen"
    );
    // Any other page that a form names leads to the catalog, and never off-site.
    for from in [
        "https://evil.example/login",
        "//evil.example",
        "/orders/0123456789abcdef0123456789abcdef",
        "/api/checkout",
        "/products/no-longer-there",
        "/products/<b>",
        "",
    ] {
        let page = app.refused(&form.clone().with("from", from)).await;
        assert_eq!(page.text("h1"), "Test Shop", "{from}");
        assert_eq!(page.quantity(pen), "77", "{from}");
    }
    // The Referer, which Leptos would follow, is ignored.
    let request = app
        .request("POST", "/api/checkout")
        .header("accept", "text/html")
        .header("referer", "https://evil.example/login")
        .form(&[("attempt", form.attempt())]);
    assert_eq!(app.send(request).await.status, 422);
}

#[tokio::test]
async fn a_refusal_claimed_in_a_link_is_ignored() {
    let app = TestApp::start().await;
    let plain = app.get("/").await;
    let forged = "/?__path=%2Fapi%2Fcheckout\
                  &__err=eyJyZWZ1c2FsIjoiTm90aGluZ0Nob3NlbiIsInR5cGVkIjp7IjEiOiI5In19";
    let page = app.get(forged).await;
    assert_eq!(page.status, 200);
    assert!(!page.has("[role=alert]"));
    // Every field is unchanged.
    let fields = |page: &Page| {
        let mut fields = page.form("/").fields().to_vec();
        fields.retain(|(name, _)| name != "attempt");
        fields
    };
    assert_eq!(fields(&page), fields(&plain));
}

#[tokio::test]
async fn a_hundred_refused_lines_come_back_in_the_answer_all_of_them_and_in_order() {
    let app = TestApp::start().await;
    let row = |number: usize, price: u32| {
        format!("S{number},s-{number},Thing {number},,{price},EUR,,9,,Things,{number},true\n")
    };
    let header = PRODUCTS.lines().next().unwrap().to_owned() + "\n";
    let catalog = |price| header.clone() + &(1..=100).map(|n| row(n, price)).collect::<String>();
    app.import(&catalog(500), StockMode::OnlyNew).await;
    let mut form = app.form("/").await;
    let mut ids = Vec::new();
    for number in 1..=100 {
        let id = app.variant(&format!("S{number}")).await.id;
        form = form
            .choose(id, "2")
            .with(&format!("shown[{id}]"), "500:eur");
        ids.push(id);
    }
    app.import(&catalog(550), StockMode::OnlyNew).await;
    let page = app.refused(&form).await;
    assert_eq!(page.status, 422);
    let listed = page.texts("[role=alert] li");
    assert_eq!(listed.len(), 100);
    for id in &ids {
        assert_eq!(page.quantity(*id), "2");
        assert!(
            page.quantity_error(*id)
                .starts_with("The price has changed from €5.00 to €5.50.")
        );
    }
    let expected: Vec<String> = (1..=100).map(|n| format!("Thing {n}")).collect();
    let mut names: Vec<&str> = listed
        .iter()
        .map(|item| item.split(':').next().unwrap())
        .collect();
    // Lines from other pages come first, then this page's; each in the owner's order.
    let number = |name: &&str| name["Thing ".len()..].parse::<u32>().unwrap();
    let split = names
        .windows(2)
        .filter(|pair| number(&pair[0]) > number(&pair[1]))
        .count();
    assert!(split <= 1, "{names:?}");
    names.sort_by_key(number);
    assert_eq!(names, expected);
    // None of the lines is in a header: proxies allow only 4 to 8 KiB.
    let headers: usize = page
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    assert!(headers < 2_048, "{headers}");
    // Sent again as returned, it can be paid.
    assert_eq!(
        app.pay(&page.form("/")).await.amount_subtotal,
        100 * 2 * 550
    );
}

#[tokio::test]
async fn a_changed_currency_is_a_changed_price() {
    let app = TestApp::start().await;
    let mug = app.variant("MUG").await.id;
    let form = app.form("/").await.choose(mug, "1");
    assert_eq!(form.field(&format!("shown[{mug}]")), Some("1250:eur"));
    app.import(
        &PRODUCTS.replace(",1250,EUR,", ",1250,JPY,"),
        StockMode::OnlyNew,
    )
    .await;
    let page = app.refused(&form).await;
    assert_eq!(
        page.quantity_error(mug),
        "The price has changed from €12.50 to ¥1,250. Please check it and try again."
    );
    app.assert_nothing_begun().await;
    assert_eq!(app.pay(&page.form("/")).await.currency.code(), "jpy");
    // The open session is not reused in the old currency.
    let form = page.form("/").with(&format!("shown[{mug}]"), "1250:eur");
    let page = app.refused(&form).await;
    assert!(
        page.quantity_error(mug)
            .starts_with("The price has changed from €12.50")
    );
}

#[tokio::test]
async fn a_price_without_its_currency_is_asked_for_again() {
    let app = TestApp::start().await;
    let mug = app.variant("MUG").await.id;
    for shown in ["1250", "1250:", "1250:xyz", "€12.50", "12.50:eur"] {
        let form = app.form("/").await.choose(mug, "1");
        let page = app
            .refused(&form.with(&format!("shown[{mug}]"), shown))
            .await;
        assert!(
            page.alert().starts_with("This page is out of date."),
            "{shown}"
        );
    }
    app.assert_nothing_begun().await;
}

#[tokio::test]
async fn a_link_begins_no_checkout() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    let attempt = app.form("/").await.attempt().to_owned();
    let path = format!("/api/checkout?attempt={attempt}&quantity%5B{pen}%5D=1");
    let answer = app.get(&path).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    app.assert_nothing_begun().await;
}

#[tokio::test]
async fn prices_that_a_browser_makes_up_have_no_effect() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    let of_product = |name: &str| format!("{name}[{pen}]");
    for name in [str::to_owned as fn(&str) -> String, |name| {
        format!("{name}[1]")
    }] {
        let mut form = app.form("/").await.choose(pen, "2");
        for (field, value) in [
            ("price", "1"),
            ("unit_amount", "1"),
            ("amount", "1"),
            ("currency", "jpy"),
        ] {
            form = form.with(&name(field), value);
        }
        let form = form
            .with("line_items[0][price_data][unit_amount]", "1")
            .with(&of_product("cost"), "1");
        let checkout = app.pay(&form).await;
        let session = app.session(&checkout).await;
        assert_eq!(
            (&session["amount_total"], &session["currency"]),
            (&json!(1000), &json!("eur"))
        );
    }
}

#[tokio::test]
async fn a_price_that_changed_since_the_page_was_shown_is_reported_and_then_charged() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/").await.choose(pen, "3");
    app.import(
        &PRODUCTS.replace("Writes.,500", "Writes.,550"),
        StockMode::OnlyNew,
    )
    .await;
    let page = app.refused(&form).await;
    assert_eq!(
        page.quantity_error(pen),
        "The price has changed from €5.00 to €5.50. Please check it and try again."
    );
    assert_eq!(page.quantity(pen), "3");
    app.assert_nothing_begun().await;
    let checkout = app.pay(&page.form("/")).await;
    assert_eq!(app.session(&checkout).await["amount_total"], 3 * 550);
}

#[tokio::test]
async fn quoted_prices_stay_when_the_price_changes_later() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.import(
        &PRODUCTS.replace("Green Pen,Writes.,500", "Blue Pen,Writes.,900"),
        StockMode::OnlyNew,
    )
    .await;
    app.pay_by_card(&checkout).await;
    app.wait_for(&checkout, "paid").await;
    let order = app.the_order().await;
    assert_eq!((order.amount_total, order.flag), (1000, None));
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    assert_eq!(page.text(".order-lines tbody th"), "Green Pen");
}

#[tokio::test]
async fn the_same_form_sent_again_leads_to_the_same_session() {
    let app = TestApp::start().await;
    let form = app.form("/").await.choose(app.variant("PEN").await.id, "2");
    let first = app.submit(&form).await.location().to_owned();
    assert_eq!(app.submit(&form).await.location(), first);
    assert_eq!(
        (app.checkouts().await.len(), app.sessions().await.len()),
        (1, 1)
    );
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_form_sent_twenty_times_at_the_same_moment_is_one_checkout() {
    let app = Arc::new(TestApp::start().await);
    // Stock for exactly one checkout: the second request must not find it gone.
    let form = app.form("/").await.choose(app.variant("MUG").await.id, "3");
    let answers = submit_at_once(&app, vec![form; 20]).await;
    let locations: BTreeSet<_> = answers.iter().map(Page::location).collect();
    let checkouts = app.checkouts().await;
    assert_eq!(checkouts.len(), 1);
    assert_eq!(
        locations,
        BTreeSet::from([checkouts[0].stripe_url.as_deref().unwrap()])
    );
    assert_eq!(app.sessions().await.len(), 1);
    assert_eq!(app.held_and_stock("MUG").await, (3, Some(3)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_shoppers_who_want_the_last_three_units_three_get_one_each() {
    let app = Arc::new(TestApp::start().await);
    let mug = app.variant("MUG").await.id;
    let mut forms = Vec::new();
    for _ in 0..20 {
        forms.push(app.form("/").await.choose(mug, "1"));
    }
    let answers = submit_at_once(&app, forms).await;
    let (to_stripe, back): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.header("location").contains("/c/pay/"));
    assert_eq!((to_stripe.len(), back.len()), (3, 17));
    for page in back {
        assert_refused(page);
        assert_eq!(
            page.quantity_error(mug),
            "Reserved by another shopper. It may become available again."
        );
        assert!(page.alert().starts_with(
            "Another shopper is paying for some of what you chose. Nothing was charged."
        ));
    }
    assert_eq!(app.held_and_stock("MUG").await, (3, Some(3)));
    assert_eq!(app.sessions().await.len(), 3);
}

#[tokio::test]
async fn changed_quantities_of_the_same_form_replace_the_earlier_session() {
    let app = TestApp::without_webhooks().await;
    let (pen, mug) = (app.variant("PEN").await.id, app.variant("MUG").await.id);
    let form = app.form("/").await.choose(pen, "2");
    let first = app.pay(&form).await;
    let second = app.pay(&form.choose(pen, "1").choose(mug, "1")).await;
    assert_ne!(first.id, second.id);
    assert_eq!(app.session(&first).await["status"], "expired");
    assert_eq!(app.session(&second).await["status"], "open");
    assert_eq!(app.reload(&first).await.state.as_ref(), "cancelled");
    assert_eq!(
        (
            app.held_and_stock("PEN").await.0,
            app.held_and_stock("MUG").await.0
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn units_that_the_shopper_already_holds_count_as_available_to_them() {
    let app = TestApp::start().await;
    let (pen, mug) = (app.variant("PEN").await.id, app.variant("MUG").await.id);
    let form = app.form("/").await.choose(mug, "3");
    app.pay(&form).await;
    app.pay(&form.choose(pen, "1")).await;
    assert_eq!(
        (
            app.held_and_stock("PEN").await.0,
            app.held_and_stock("MUG").await.0
        ),
        (1, 3)
    );
}

/// The checkout whose payment page is at this URL, paid.
async fn paid_at(app: &TestApp, url: &str) -> checkout::Model {
    let all = app.checkouts().await;
    let found = all
        .into_iter()
        .find(|checkout| checkout.stripe_url.as_deref() == Some(url));
    found.unwrap_or_else(|| panic!("no checkout is paid at {url}"))
}

/// A form for two pens, and its paid checkout.
async fn paid_form(app: &TestApp) -> (Form, checkout::Model) {
    let pen = app.variant("PEN").await.id;
    let form = app.form("/").await.choose(pen, "2");
    let checkout = app.pay(&form).await;
    app.pay_by_card(&checkout).await;
    (form, app.wait_for(&checkout, "paid").await)
}

#[tokio::test]
async fn a_selection_that_turns_out_to_be_paid_is_reported_and_the_other_one_is_offered() {
    let app = TestApp::without_webhooks().await;
    let (pen, mug) = (app.variant("PEN").await.id, app.variant("MUG").await.id);
    let form = app.form("/").await.choose(pen, "2");
    let checkout = app.pay(&form).await;
    app.pay_by_card(&checkout).await;
    // Its event has not arrived yet.
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "open");
    let form = form.choose(pen, "1").choose(mug, "2");
    let address = app.submit(&form).await.location().to_owned();
    let order = format!("/orders/{}", checkout.token.as_str());
    assert!(address.starts_with(&order), "{address}");
    assert_eq!(app.sessions().await.len(), 1);

    let page = app.get(&address).await;
    let message = page.text(".alert-info");
    assert!(
        message.starts_with(
            "This order had already been paid for when you changed your selection, so no new \
             payment was started."
        ),
        "{message}"
    );
    assert_eq!(
        page.texts(".alert-info li"),
        [
            "2 × Becher \"Möwe\" & <Söhne>, €12.50 each",
            "1 × Green Pen, €5.00 each"
        ]
    );
    assert_eq!(page.text(".alert-info button [data-idle]"), "Pay €30.00");
    // Scripts replace the address with the order's own, so that a reload does not repeat the
    // notice.
    let script = "script[src='/page-address.js']";
    assert_eq!(page.attribute(script, "data-address").unwrap(), order);
    assert!(!app.get(&order).await.has(".alert-info"));

    // The button there and the old form lead to the same checkout once the shop knows of the
    // payment.
    let paid = app.submit(&page.form(&address)).await.location().to_owned();
    let second = paid_at(&app, &paid).await;
    assert_eq!(second.amount_subtotal, 500 + 2 * 1250);
    app.deliver(&app.event("checkout.session.completed").await)
        .await;
    assert_eq!(app.reload(&checkout).await.state.as_ref(), "paid");
    assert_eq!(app.submit(&form).await.location(), paid);
    assert_eq!(app.sessions().await.len(), 2);
    assert_eq!(app.held_and_stock("MUG").await, (2, Some(3)));
}

#[tokio::test]
async fn a_form_that_was_paid_leads_to_its_order_which_says_so_and_offers_the_same_again() {
    let app = TestApp::start().await;
    let (form, checkout) = paid_form(&app).await;
    let order = format!("/orders/{}", checkout.token.as_str());
    let address = app.submit(&form).await.location().to_owned();
    assert_eq!(address, format!("{order}?already"));
    assert_eq!(
        (app.checkouts().await.len(), app.orders().await.len()),
        (1, 1)
    );
    let page = app.get(&address).await;
    assert_eq!(page.text("h1"), "Thank you, your order is paid");
    let message = page.text(".alert-info [role=status]");
    assert!(
        message.starts_with("You’ve already paid for this order, so no new"),
        "{message}"
    );
    assert_eq!(page.text(".alert-info button [data-idle]"), "Pay €10.00");
    let again = page.form(&address);
    let paid = app.submit(&again).await.location().to_owned();
    assert_eq!(app.submit(&again).await.location(), paid);
    assert_eq!(paid_at(&app, &paid).await.amount_subtotal, 1000);
    assert_eq!(app.checkouts().await.len(), 2);
    // A changed price is reported, as everywhere.
    let again = app.get(&address).await.form(&address);
    app.import(
        &PRODUCTS.replace("Writes.,500", "Writes.,550"),
        StockMode::OnlyNew,
    )
    .await;
    let page = app.refused(&again).await;
    assert_eq!(page.text("h1"), "Test Shop");
    assert_eq!(page.quantity(app.variant("PEN").await.id), "2");
}

#[tokio::test]
async fn another_selection_of_a_paid_form_is_bought_and_not_the_first_one_shown() {
    let app = TestApp::without_webhooks().await;
    let (pen, mug) = (app.variant("PEN").await.id, app.variant("MUG").await.id);
    let form = app.form("/").await.choose(pen, "2");
    let first = app.pay(&form).await;
    app.deliver_session("checkout.session.completed", &paid_session(&first))
        .await;
    let other = form.clone().choose(pen, "0").choose(mug, "3");
    let paid = app.submit(&other).await.location().to_owned();
    let second = paid_at(&app, &paid).await;
    assert_ne!(first.id, second.id);
    assert_eq!(app.session(&second).await["amount_total"], 3 * 1250);
    // Sent again, it is the same checkout.
    assert_eq!(app.submit(&other).await.location(), paid);
    // Changed again, that checkout is ended first: its units count as available to this shopper.
    let third = app
        .submit(&form.clone().choose(pen, "1").choose(mug, "2"))
        .await
        .location()
        .to_owned();
    assert_eq!(app.session(&second).await["status"], "expired");
    assert_eq!(app.reload(&second).await.state.as_ref(), "cancelled");
    assert_eq!(app.held_and_stock("MUG").await, (2, Some(3)));
    // Once paid, that selection leads to its own order, and the first one still to the first order.
    let third = paid_at(&app, &third).await;
    app.deliver_session("checkout.session.completed", &paid_session(&third))
        .await;
    let answer = app
        .submit(&form.clone().choose(pen, "1").choose(mug, "2"))
        .await;
    assert_eq!(
        answer.location(),
        format!("/orders/{}?already", third.token.as_str())
    );
    let answer = app.submit(&form).await;
    assert_eq!(
        answer.location(),
        format!("/orders/{}?already", first.token.as_str())
    );
    assert_eq!(app.orders().await.len(), 2);
}

#[tokio::test]
async fn another_selection_does_not_wait_for_a_delayed_payment() {
    let app = TestApp::without_webhooks().await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/").await.choose(pen, "2");
    let first = app.pay(&form).await;
    let mut session = paid_session(&first);
    session["payment_status"] = "unpaid".into();
    app.deliver_session("checkout.session.completed", &session)
        .await;
    assert_eq!(app.reload(&first).await.state.as_ref(), "processing");
    let answer = app.submit(&form).await;
    assert_eq!(
        answer.location(),
        format!("/orders/{}?already", first.token.as_str())
    );
    let page = app.get(answer.location()).await;
    assert_eq!(page.text("h1"), "Your bank is processing the payment");
    let message = page.text(".alert-info [role=status]");
    assert!(
        message.starts_with("Your payment for this order is already being processed, so no new"),
        "{message}"
    );
    assert!(page.has(".alert-info form"));
    let paid = app
        .submit(&form.choose(pen, "1"))
        .await
        .location()
        .to_owned();
    assert_eq!(paid_at(&app, &paid).await.amount_subtotal, 500);
    assert_eq!(app.reload(&first).await.state.as_ref(), "processing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_selection_of_a_paid_form_sent_twenty_times_at_once_is_one_checkout() {
    let app = Arc::new(TestApp::start().await);
    let mug = app.variant("MUG").await.id;
    let (form, _) = paid_form(&app).await;
    // Stock for exactly one checkout: the second request must not find it gone.
    let answers = submit_at_once(&app, vec![form.choose(mug, "3"); 20]).await;
    let locations: BTreeSet<_> = answers.iter().map(Page::location).collect();
    assert_eq!(locations.len(), 1, "{locations:?}");
    assert_eq!(app.checkouts().await.len(), 2);
    assert_eq!(app.sessions().await.len(), 2);
    assert_eq!(app.held_and_stock("MUG").await, (3, Some(3)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_selections_of_a_paid_form_sent_at_once_at_most_one_can_be_paid() {
    let app = Arc::new(TestApp::start().await);
    let (pen, mug) = (app.variant("PEN").await.id, app.variant("MUG").await.id);
    let (form, _) = paid_form(&app).await;
    let choices = ["1", "3", "4", "5", "6"];
    let choices = choices.map(|units| form.clone().choose(pen, units).choose(mug, "0"));
    submit_at_once(&app, choices.to_vec()).await;
    let states: Vec<_> = app.checkouts().await;
    let payable = states
        .iter()
        .filter(|one| matches!(one.state.as_ref(), "creating" | "open"));
    assert!(payable.count() <= 1, "{states:?}");
    let sessions = app.sessions().await;
    let open = sessions.iter().filter(|one| one["status"] == "open");
    assert!(open.count() <= 1, "{sessions:?}");
}

#[tokio::test]
async fn query_parameters_show_a_notice_on_paid_orders_only() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut session = paid_session(&checkout);
    (session["status"], session["payment_status"]) = ("expired".into(), "unpaid".into());
    app.deliver_session("checkout.session.expired", &session)
        .await;
    let pen = app.variant("PEN").await.id;
    for claim in ["already".to_owned(), format!("choice={pen}:1")] {
        let page = app
            .get(&format!("/orders/{}?{claim}", checkout.token.as_str()))
            .await;
        assert_eq!(page.text("h1"), "This checkout has ended");
        assert!(!page.has(".alert-info"), "{claim}");
    }
}

#[tokio::test]
async fn a_form_whose_checkout_has_ended_begins_a_new_one() {
    let app = TestApp::start().await;
    let form = app.form("/").await.choose(app.variant("PEN").await.id, "2");
    let first = app.pay(&form).await;
    app.get(&format!("/checkout/{}/cancelled", first.token.as_str()))
        .await;
    let second = app.pay(&form).await;
    assert_ne!(session_id(&first), session_id(&second));
    assert_eq!(app.held_and_stock("PEN").await.0, 2);
}

#[tokio::test]
async fn a_form_that_is_too_large_gets_a_page_with_a_sentence() {
    let app = TestApp::start().await;
    for size in [70_000, 300_000] {
        let form = app.form("/").await.with("note", &"x".repeat(size));
        let page = app.refused(&form).await;
        assert_eq!(page.status, 413);
        let message = page.alert();
        assert!(
            message.starts_with("That form is too large for us to read."),
            "{message}"
        );
    }
    // Without a `Content-Length`.
    let chunks = futures::stream::iter((0..70).map(|_| Ok::<_, std::io::Error>("x".repeat(1000))));
    let request = app
        .request("POST", "/api/checkout")
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(reqwest::Body::wrap_stream(chunks));
    assert_eq!(app.send(request).await.status, 413);
    app.assert_nothing_begun().await;
}

#[tokio::test]
async fn an_open_session_is_not_offered_at_another_price_than_the_form_shows() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/").await.choose(pen, "2");
    let first = app.pay(&form).await;
    app.import(
        &PRODUCTS.replace("Writes.,500", "Writes.,400"),
        StockMode::OnlyNew,
    )
    .await;
    // The same attempt on a page with the new price.
    let form = form.with(&format!("shown[{pen}]"), "400:eur");
    let second = app.pay(&form).await;
    assert_ne!(first.id, second.id);
    assert_eq!(app.session(&first).await["status"], "expired");
    assert_eq!(app.session(&second).await["amount_total"], 800);
}

#[tokio::test]
async fn a_correction_that_is_refused_does_not_leave_the_shoppers_own_units_held() {
    let app = TestApp::start().await;
    let mug = app.variant("MUG").await.id;
    let form = app.form("/").await.choose(mug, "3");
    app.pay(&form).await;
    let page = app.refused(&form.choose(mug, "4")).await;
    assert_eq!(page.quantity_error(mug), "Only 3 left.");
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(3)));
}

/// It is refused for its size, so its lines need not be rendered.
#[tokio::test]
async fn a_form_with_too_many_lines_shows_none_of_them() {
    let app = TestApp::start().await;
    let mut file = PRODUCTS.lines().next().unwrap().to_owned() + "\n";
    let count = MAX_FORM_LINES + 1;
    for number in 1..=count {
        file += &format!("M{number},m-{number},Thing {number},,500,EUR,,9,,Things,{number},true\n");
    }
    app.import(&file, StockMode::OnlyNew).await;
    let first = app.variant("M1").await.id;
    let mut form = app.form("/").await;
    for id in (first..).take(count) {
        form = form.choose(id, "1");
    }
    let page = app.refused(&form).await;
    assert!(
        page.alert()
            .starts_with("Something was wrong with your order form."),
        "{}",
        page.alert()
    );
    assert_eq!(page.texts("h3").len(), 48);
    assert_eq!(page.quantity(first), "");
    app.assert_nothing_begun().await;
}

#[tokio::test]
async fn an_unreadable_form_is_answered_with_its_page_whatever_the_client_accepts() {
    let app = TestApp::start().await;
    for body in [
        "quantity",
        "quantity[a][a]=1",
        "quantity=1",
        "attempt=1&attempt=2",
    ] {
        for accept in [None, Some("application/json"), Some("text/html")] {
            let mut request = app
                .request("POST", "/api/checkout")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body);
            if let Some(accept) = accept {
                request = request.header("accept", accept);
            }
            let page = app.send(request).await;
            assert_eq!(page.status, 422, "{body} {accept:?}: {}", page.body);
            assert!(page.has("main form"), "{body} {accept:?}");
        }
    }
}
