//! Refused forms and the page of a cancelled checkout show what was chosen first.

use scraper::{Html, Selector};
use shop::catalog::import::StockMode;

use crate::test_app::{Page, TestApp};

fn select(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

/// The names of what was chosen, in the part of the page before its products.
fn chosen(page: &Page) -> Vec<String> {
    page.texts("main form > .chosen li .variant-name")
}

/// Asserts that every variant has one field, among what was chosen, which can be paid.
fn assert_chosen_first(page: &Page, variants: &[i64]) {
    assert_eq!(page.text("main form > .chosen h2"), "Your selection");
    for variant in variants {
        let fields = format!("input[name='quantity[{variant}]']");
        assert_eq!(page.texts(&fields).len(), 1, "{variant}: {}", page.body);
        assert!(page.has(&format!(".chosen {fields}")), "{variant}");
        let shown = format!("input[name='shown[{variant}]']");
        assert!(page.texts(&shown).len() <= 1, "{variant}");
    }
    let document = Html::parse_document(&page.body);
    let form = document.select(&select("main form")).next().unwrap();
    let parts = select(".chosen, article, .pay-bar");
    let first = form.select(&parts).next().unwrap();
    assert_eq!(first.attr("class"), Some("chosen"));
    let pay = select("button.btn-primary[type=submit]");
    assert_eq!(form.select(&pay).count(), 1);
    assert!(
        page.texts(".chosen button[aria-label], .chosen input")
            .len()
            >= variants.len()
    );
}

#[tokio::test]
async fn whatever_page_is_refused_it_shows_all_that_was_chosen_first() {
    let app = TestApp::start().await;
    let id = async |sku: &str| app.variant(sku).await.id;
    let (pen, mug, poster) = (id("PEN").await, id("MUG").await, id("POSTER").await);
    // Enough for each of the pages.
    app.execute("UPDATE variant SET stock = 90 WHERE sku IN ('PEN', 'MUG')")
        .await;
    for path in [
        "/",
        "/categories/desk?sort=price",
        "/search?q=writes",
        "/products/pen",
        "/products/poster",
        "/products/board",
    ] {
        let form = app.get(path).await;
        let form = match form.has("main form") {
            true => form.form(path),
            // Sold out.
            false => app.form("/").await.with("from", path),
        };
        let form = form
            .choose(pen, "6")
            .choose(mug, "2")
            .choose(poster, "1")
            .with(&format!("shown[{mug}]"), "1200:eur");
        let page = app.refused(&form).await;
        assert_chosen_first(&page, &[pen, mug, poster]);
        assert_eq!(
            chosen(&page),
            ["Becher \"Möwe\" & <Söhne>", "Green Pen", "Printed Poster"],
            "{path}"
        );
        assert_eq!(page.quantity(pen), "6");
        assert_eq!(page.quantity_error(pen), "At most 5 per order.");
        assert_eq!(
            page.quantity_error(mug),
            "The price has changed from €12.00 to €12.50. Please check it and try again."
        );
        assert_eq!(page.quantity_error(poster), "");
        assert_eq!(
            page.texts(".chosen .line-amount"),
            [
                "2 × €12.50 = €25.00",
                "6 × €5.00 = €30.00",
                "1 × €9.00 = €9.00"
            ]
        );
        assert_eq!(
            page.attribute(".chosen .variant-name a", "href").unwrap(),
            "/products/becher-moewe"
        );
        let now = format!("input[name='shown[{mug}]']");
        assert_eq!(page.attribute(&now, "value").unwrap(), "1250:eur");
        // What is wrong is corrected in the same form, without a script.
        let checkout = app.pay(&page.form(path).choose(pen, "5")).await;
        assert_eq!(checkout.amount_subtotal, 5 * 500 + 2 * 1250 + 900);
    }
}

#[tokio::test]
async fn further_down_a_chosen_product_leads_to_its_field() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    for path in ["/", "/categories/desk", "/search?q=pen", "/products/pen"] {
        let page = app.refused(&app.form(path).await.choose(pen, "6")).await;
        let link = format!("main article a[href='#quantity-{pen}']");
        assert_eq!(page.text(&link), "In your selection above", "{path}");
        assert!(page.text("main article").contains("€"), "{path}");
    }
    // Of several variants, the others keep their fields.
    let file = "\
        sku,slug,name,description,variant,price,currency,stock,active\n\
        TEE-S,tee,Tee,x,S,900,EUR,5,true\nTEE-M,tee,,,M,900,EUR,5,true\n";
    app.import(file, StockMode::Set).await;
    let (small, medium) = (app.variant("TEE-S").await.id, app.variant("TEE-M").await.id);
    for path in ["/", "/products/tee"] {
        let page = app.refused(&app.form(path).await.choose(small, "9")).await;
        assert_chosen_first(&page, &[small]);
        assert_eq!(chosen(&page), ["Tee, S"]);
        let form = page.form(path).choose(small, "1").choose(medium, "1");
        assert!(page.has(&format!("article #quantity-{medium}")), "{path}");
        assert_eq!(app.pay(&form).await.amount_subtotal, 2 * 900);
    }
}

#[tokio::test]
async fn a_cancelled_checkout_shows_what_was_chosen_first_and_what_became_of_it() {
    let app = TestApp::without_webhooks().await;
    let id = async |sku: &str| app.variant(sku).await.id;
    let (pen, mug, poster) = (id("PEN").await, id("MUG").await, id("POSTER").await);
    let checkout = app.begin(&[("PEN", 2), ("MUG", 1), ("POSTER", 3)]).await;
    let path = format!("/checkout/{}/cancelled", checkout.token.as_str());
    let page = app.get(&path).await;
    assert_chosen_first(&page, &[pen, mug, poster]);
    assert_eq!(page.quantity(poster), "3");
    assert!(!page.has("[role=alert]"));
    app.execute("UPDATE variant SET active = false WHERE sku = 'POSTER'")
        .await;
    app.execute("UPDATE variant SET stock = 0, held = 0 WHERE sku = 'MUG'")
        .await;
    let page = app.get(&path).await;
    assert_chosen_first(&page, &[pen, mug]);
    assert_eq!(
        page.texts(".chosen li[data-gone]"),
        ["Printed Poster: This is no longer sold."]
    );
    assert!(page.has(&format!(".chosen #quantity-{mug}[disabled]")));
    assert_eq!(
        page.text(".chosen .variant-sold-out .stock-hint"),
        "Sold out"
    );
    let again = app.pay(&page.form(&path)).await;
    assert_eq!(again.amount_subtotal, 2 * 500);
}

#[tokio::test]
async fn what_is_not_sold_any_more_is_named_and_the_rest_can_be_paid() {
    let app = TestApp::start().await;
    let (pen, mug) = (app.variant("PEN").await.id, app.variant("MUG").await.id);
    let form = app.form("/products/pen").await;
    let form = form.choose(pen, "1").choose(mug, "1").choose(987_654, "1");
    app.execute("UPDATE variant SET active = false WHERE sku = 'PEN'")
        .await;
    app.execute("UPDATE product SET active = false WHERE slug = 'pen'")
        .await;
    let page = app.refused(&form).await;
    assert_eq!(page.text("h1"), "Green Pen");
    assert_chosen_first(&page, &[mug]);
    assert_eq!(
        page.texts(".chosen li[data-gone]"),
        [
            "Green Pen: This is no longer sold.",
            "An item you selected is no longer available."
        ]
    );
    let checkout = app.pay(&page.form("/products/pen")).await;
    assert_eq!(checkout.amount_subtotal, 1250);
}

#[tokio::test]
async fn another_order_of_a_list_leaves_fields_where_they_are() {
    let app = TestApp::start().await;
    let (pen, mug) = (app.variant("PEN").await.id, app.variant("MUG").await.id);
    let form = app.form("/categories/desk").await;
    let request = app
        .request("POST", "/categories/desk?sort=name")
        .header("accept", "text/html")
        .header("origin", &app.origin)
        .header("sec-fetch-site", "same-origin")
        .form(form.choose(pen, "2").choose(mug, "1").fields());
    let page = app.send(request).await;
    assert_eq!(page.status, 200);
    assert_eq!(chosen(&page), ["Becher \"Möwe\" & <Söhne>"]);
    assert!(page.has(&format!("article #quantity-{pen}")));
    assert_eq!(page.quantity(pen), "2");
}

#[tokio::test]
async fn a_form_that_could_not_be_read_does_not_empty_the_tabs_choice() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    let filled = "main form[data-filled]";
    let nothing = app.refused(&app.form("/").await).await;
    assert!(nothing.has(filled));
    let refused = app.refused(&app.form("/").await.choose(pen, "6")).await;
    assert!(refused.has(filled));
    let too_large = app.form("/").await.with("x", &"x".repeat(1 << 20));
    let page = app.refused(&too_large).await;
    assert_eq!(page.status, 413);
    assert!(!page.has(filled));
}
