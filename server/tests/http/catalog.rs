//! The pages that show products.

use std::collections::BTreeSet;

use shop::catalog::import::Stock;

use crate::test_app::{PRODUCTS, Page, TestApp};

fn names_below(page: &Page, category: usize) -> Vec<String> {
    page.texts(&format!("section[aria-labelledby=category-{category}] h3"))
}

#[tokio::test]
async fn products_stand_in_the_owners_order_under_their_categories() {
    let app = TestApp::start().await;
    let page = app.get("/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.texts("h2"), ["Kitchen", "Desk"]);
    assert_eq!(
        names_below(&page, 0),
        ["Becher \"Möwe\" & <Söhne>", "Oak Board"]
    );
    assert_eq!(
        names_below(&page, 1),
        [
            "Green Pen",
            "Printed Poster",
            "Map of Dollars",
            "Sticker",
            "Piano"
        ]
    );
}

#[tokio::test]
async fn prices_are_shown_with_their_currency() {
    let app = TestApp::start().await;
    let prices = app.get("/").await.texts(".price");
    assert_eq!(
        prices,
        [
            "€12.50",
            "€54.00",
            "€5.00",
            "€9.00",
            "$15.00",
            "€0.10",
            "€600,000.00"
        ]
    );
}

#[tokio::test]
async fn a_sold_out_product_cannot_be_chosen() {
    let app = TestApp::start().await;
    let page = app.get("/").await;
    let board = app.product("BOARD").await.id;
    assert!(page.has(&format!("#quantity-{board}[disabled]")));
    assert!(page.texts(".stock-hint").contains(&"Sold out".to_owned()));
    assert_eq!(page.form("/").field(&format!("quantity[{board}]")), None);
    let mug = app.product("MUG").await.id;
    assert!(page.has(&format!("#quantity-{mug}:not([disabled])")));
}

#[tokio::test]
async fn fields_tell_their_limit_before_the_form_is_sent() {
    let app = TestApp::start().await;
    let page = app.get("/").await;
    // Stock 3 below a limit of 10; a limit of 5 below stock 40; a limit of 20 and no stock.
    for (sku, most) in [("MUG", "3"), ("PEN", "5"), ("POSTER", "20")] {
        let field = format!("#quantity-{}", app.product(sku).await.id);
        assert_eq!(
            page.attribute(&field, "max").as_deref(),
            Some(most),
            "{sku}"
        );
        assert_eq!(page.attribute(&field, "min").as_deref(), Some("0"), "{sku}");
    }
}

#[tokio::test]
async fn every_field_has_a_label_that_names_its_product() {
    let app = TestApp::start().await;
    let pen = app.product("PEN").await.id;
    let label = app
        .get("/")
        .await
        .text(&format!("label[for=quantity-{pen}]"));
    assert_eq!(label, "Quantity: Green Pen");
}

#[tokio::test]
async fn umlauts_quotes_and_ampersands_are_escaped_exactly_once() {
    let app = TestApp::start().await;
    for path in ["/", "/products/becher-moewe"] {
        let body = app.get(path).await.body;
        assert!(!body.contains("<Söhne>"), "{path}");
        assert!(
            !body.contains("&amp;amp;") && !body.contains("&amp;lt;"),
            "{path}"
        );
    }
    let page = app.get("/products/becher-moewe").await;
    assert_eq!(page.text("h1"), "Becher \"Möwe\" & <Söhne>");
    assert_eq!(page.text("title"), "Becher \"Möwe\" & <Söhne> · Test Shop");
}

#[tokio::test]
async fn a_product_page_shows_the_product_with_a_form_of_its_own() {
    let app = TestApp::start().await;
    let page = app.get("/products/becher-moewe").await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.texts(".product-description p"),
        ["First paragraph.", "Second paragraph, \"quoted\" & done."]
    );
    assert_eq!(page.text(".price"), "€12.50");
    let mug = app.product("MUG").await.id;
    let form = page.form("/products/becher-moewe");
    assert_eq!(form.field(&format!("quantity[{mug}]")), Some("1"));
}

#[tokio::test]
async fn a_sold_out_products_page_has_no_form() {
    let app = TestApp::start().await;
    let page = app.get("/products/board").await;
    assert!(!page.has("form"));
    assert_eq!(
        page.text(".buy-box"),
        "This product is sold out at the moment."
    );
}

#[tokio::test]
async fn an_inactive_product_is_shown_nowhere() {
    let app = TestApp::start().await;
    assert!(!app.get("/").await.body.contains("Old Lamp"));
    assert_eq!(app.get("/products/lamp").await.status, 404);
}

#[tokio::test]
async fn what_does_not_exist_gets_the_shops_own_404() {
    let app = TestApp::start().await;
    for path in [
        "/products/nothing",
        "/products/~1",
        "/nowhere",
        "/nowhere/at/all",
    ] {
        let page = app.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert_eq!(page.text("h1"), "There is no such page", "{path}");
        assert_eq!(page.text(".site-name"), "Test Shop", "{path}");
    }
}

#[tokio::test]
async fn pages_with_a_form_may_be_kept_by_the_browser_but_shared_with_nobody() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let cancelled = format!("/checkout/{}/cancelled", checkout.token);
    for path in ["/", "/products/pen", &cancelled] {
        let page = app.get(path).await;
        assert_eq!(page.header("cache-control"), "private, no-cache", "{path}");
    }
}

#[tokio::test]
async fn no_two_page_loads_share_an_attempt_token() {
    let app = TestApp::start().await;
    let mut attempts = BTreeSet::new();
    for path in ["/", "/products/pen"].repeat(5) {
        let form = app.form(path).await;
        assert_eq!(form.attempt().len(), 32);
        assert!(attempts.insert(form.attempt().to_owned()));
    }
}

#[tokio::test]
async fn only_a_shop_without_a_key_says_that_no_real_payment_is_taken() {
    let sandboxed = TestApp::start().await;
    for path in ["/", "/products/pen", "/nowhere"] {
        let banner = sandboxed.get(path).await.text(".sandbox-banner");
        assert_eq!(banner, "Test shop: no real payment is taken.");
    }
    let with_key = TestApp::without_webhooks().await;
    assert!(!with_key.get("/").await.has(".sandbox-banner"));
}

#[tokio::test]
async fn a_shelf_without_products_says_so() {
    let app = TestApp::start().await;
    app.import(&PRODUCTS.replace(",true", ",false"), Stock::OnlyNew)
        .await;
    let page = app.get("/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.text("main")
            .contains("There is nothing for sale at the moment.")
    );
}
