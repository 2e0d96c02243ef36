//! The pages that show products.

use std::collections::BTreeSet;

use server::config::Payments;
use shop::catalog::import::StockMode;

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{PRODUCTS, Page, TestApp, import_text, long_retries};

fn names_below(page: &Page, category: usize) -> Vec<String> {
    page.texts(&format!("section[aria-labelledby=category-{category}] h3"))
}

#[tokio::test]
async fn products_are_listed_by_category_in_the_owners_order() {
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
    let board = app.variant("BOARD").await.id;
    assert!(page.has(&format!("#quantity-{board}[disabled]")));
    assert!(page.texts(".stock-hint").contains(&"Sold out".to_owned()));
    assert_eq!(page.form("/").field(&format!("quantity[{board}]")), None);
    let mug = app.variant("MUG").await.id;
    assert!(page.has(&format!("#quantity-{mug}:not([disabled])")));
}

#[tokio::test]
async fn fields_show_their_limit_before_the_form_is_sent() {
    let app = TestApp::start().await;
    let page = app.get("/").await;
    // Stock 3 below a limit of 10; a limit of 5 below stock 40; a limit of 20 and no stock.
    for (sku, most) in [("MUG", "3"), ("PEN", "5"), ("POSTER", "20")] {
        let field = format!("#quantity-{}", app.variant(sku).await.id);
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
    let pen = app.variant("PEN").await.id;
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
    let mug = app.variant("MUG").await.id;
    let form = page.form("/products/becher-moewe");
    assert_eq!(form.field(&format!("quantity[{mug}]")), Some("1"));
}

#[tokio::test]
async fn a_sold_out_products_page_has_no_form() {
    let app = TestApp::start().await;
    let page = app.get("/products/board").await;
    assert!(!page.has("main form"));
    assert_eq!(
        page.text(".buy-box"),
        "This product is sold out at the moment."
    );
}

#[tokio::test]
async fn a_product_whose_last_units_are_held_is_not_called_sold_out() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("MUG", 3)]).await;
    let mug = app.variant("MUG").await.id;
    let page = app.get("/").await;
    assert!(page.has(&format!("#quantity-{mug}[disabled]")));
    let hints = page.texts(".stock-hint");
    assert!(
        hints.contains(&"Reserved by another shopper. It may become available again.".to_owned()),
        "{hints:?}"
    );
    let page = app.get("/products/becher-moewe").await;
    assert!(!page.has("main form") || page.text(".buy-box").contains("become available again"));
    app.get(&format!("/checkout/{}/cancelled", checkout.token.as_str()))
        .await;
    assert!(
        app.get("/")
            .await
            .has(&format!("#quantity-{mug}:not([disabled])"))
    );
}

#[tokio::test]
async fn an_inactive_product_is_shown_nowhere() {
    let app = TestApp::start().await;
    assert!(!app.get("/").await.body.contains("Old Lamp"));
    assert_eq!(app.get("/products/lamp").await.status, 404);
}

#[tokio::test]
async fn unknown_pages_get_the_shops_own_404() {
    let app = TestApp::start().await;
    for path in [
        "/products/nothing",
        "/products/~1",
        "/nowhere",
        "/nowhere/at/all",
    ] {
        let page = app.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert_eq!(page.text("h1"), "Page not found", "{path}");
        assert_eq!(page.text(".site-name"), "Test Shop", "{path}");
    }
}

#[tokio::test]
async fn pages_with_a_form_may_be_cached_by_the_browser_but_by_nothing_shared() {
    let app = TestApp::start().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let cancelled = format!("/checkout/{}/cancelled", checkout.token.as_str());
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
async fn every_page_without_a_live_key_says_that_no_real_payment_is_taken() {
    let sandboxed = TestApp::start().await;
    let with_a_test_key = TestApp::without_webhooks().await;
    for app in [sandboxed, with_a_test_key] {
        for path in ["/", "/products/pen", "/nowhere"] {
            let banner = app.get(path).await.text(".sandbox-banner");
            assert_eq!(banner, "Test shop: no real payment is taken.");
        }
    }
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let live = TestApp::with_stripe_and(Some(fake.url()), long_retries(), |config| {
        if let Payments::Stripe(stripe) = &mut config.payments {
            stripe.livemode = true;
        }
    })
    .await;
    assert!(!live.get("/").await.has(".sandbox-banner"));
}

#[tokio::test]
async fn a_catalog_without_products_says_so() {
    let app = TestApp::start().await;
    app.import(&PRODUCTS.replace(",true", ",false"), StockMode::OnlyNew)
        .await;
    let page = app.get("/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.text("main")
            .contains("There is nothing for sale at the moment.")
    );
}

/// This many similar products, as CSV lines.
fn many_products(count: usize) -> String {
    let mut file = PRODUCTS.lines().next().unwrap().to_owned() + "\n";
    for number in 1..=count {
        let long = "Words. ".repeat(1_000);
        file += &format!(
            "M{number},m-{number},Thing {number},{long},{number},EUR,,9,,Things,{number},true\n"
        );
    }
    file
}

#[tokio::test]
async fn a_large_catalog_has_pages_and_everything_on_each_can_be_bought() {
    let app = TestApp::start().await;
    app.import(&many_products(100), StockMode::OnlyNew).await;
    // The usual ones and a hundred more: three pages of 48.
    let on_sale = PRODUCTS
        .lines()
        .filter(|line| line.ends_with(",true"))
        .count()
        + 100;
    let mut names = Vec::new();
    for (path, links) in [
        ("/", vec!["/?page=2"]),
        ("/?page=2", vec!["/", "/?page=3"]),
        ("/?page=3", vec!["/?page=2"]),
    ] {
        let page = app.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        let found = page.texts("h3");
        assert!(found.len() <= 48, "{path}");
        // Long descriptions are on the product's own page.
        assert!(page.body.len() < 250_000, "{path}: {}", page.body.len());
        names.extend(found);
        let mut targets = Vec::new();
        for rel in ["prev", "next"] {
            let link = format!(".page-links a[rel={rel}]");
            if page.has(&link) {
                targets.push(page.attribute(&link, "href").unwrap());
            }
        }
        assert_eq!(targets, links, "{path}");
    }
    assert_eq!(names.len(), on_sale);
    let last = app.variant("M100").await.id;
    let form = app.form("/?page=3").await.choose(last, "2");
    assert_eq!(form.field("from"), Some("/?page=3"));
    // A refused form is shown on its own page of the catalog.
    let page = app.refused(&form.clone().choose(last, "10")).await;
    assert_eq!(page.quantity_error(last), "At most 9 per order.");
    assert_eq!(page.text(".page-links span"), "Page 3 of 3");
    assert_eq!(app.pay(&form).await.amount_subtotal, 200);
    for path in [
        "/?page=4",
        "/?page=0",
        "/?page=-1",
        "/?page=x",
        "/?page=99999999999999999999",
    ] {
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_returned_form_keeps_quantities_from_another_page_of_the_catalog() {
    let app = TestApp::start().await;
    app.import(&many_products(100), StockMode::OnlyNew).await;
    let (first, last) = (app.variant("M1").await.id, app.variant("M100").await.id);
    let form = app.form("/").await.choose(first, "99").choose(last, "3");
    let page = app.refused(&form).await;
    assert_eq!(page.quantity(last), "3");
    assert_eq!(page.text("#selection"), "Your selection");
    // The page after a cancelled checkout keeps the whole selection, too.
    let checkout = app.pay(&page.form("/").choose(first, "9")).await;
    let page = app
        .get(&format!("/checkout/{}/cancelled", checkout.token.as_str()))
        .await;
    assert_eq!(
        (page.quantity(first), page.quantity(last)),
        ("9".to_owned(), "3".to_owned())
    );
}

/// Only possible by an edit of the table.
#[tokio::test]
async fn a_product_in_an_unknown_currency_does_not_take_the_others_off_sale() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/").await.choose(pen, "1");
    app.execute("UPDATE variant SET currency = 'xyz' WHERE sku = 'PEN'")
        .await;
    let page = app.get("/").await;
    assert_eq!(page.status, 200);
    assert!(!page.has(&format!("#quantity-{pen}")));
    let mug = app.variant("MUG").await.id;
    assert!(page.has(&format!("#quantity-{mug}")));
    assert_eq!(app.get("/products/pen").await.status, 410);
    let page = app.refused(&form).await;
    assert!(page.alert().contains("no longer"), "{}", page.alert());
    assert_eq!(app.begin(&[("MUG", 1)]).await.amount_subtotal, 1250);
}

#[tokio::test]
async fn whatever_can_be_imported_can_be_sold() {
    let app = TestApp::start().await;
    let header = PRODUCTS.lines().next().unwrap().to_owned();
    let file = |price: &str| format!("{header}\nDEAR,dear,Dear,,{price},EUR,,1,,Desk,1,true\n");
    let refused = import_text(&app.shop.database, &file("100000000"), StockMode::OnlyNew).await;
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("99999999"), "{message}");
    app.import(&file("99999999"), StockMode::OnlyNew).await;
    assert_eq!(app.begin(&[("DEAR", 1)]).await.amount_subtotal, 99_999_999);
}

#[tokio::test]
async fn a_shop_with_one_category_shows_no_list_of_one() {
    let app = TestApp::start().await;
    assert!(app.get("/").await.has(".category-links"));
    app.execute(
        "UPDATE product SET active = FALSE WHERE category_id IS NULL OR category_id <> (SELECT \
         MIN(category_id) FROM product WHERE active)",
    )
    .await;
    let page = app.get("/").await;
    assert!(page.has(".product"));
    assert!(!page.has(".category-links"));
}

#[tokio::test]
async fn an_empty_shop_is_one_calm_page() {
    let app = TestApp::start().await;
    app.execute("UPDATE product SET active = FALSE").await;
    let page = app.get("/").await;
    assert_eq!(page.text("h1"), "Test Shop");
    // One sentence, and nothing to choose or to pay.
    assert_eq!(page.texts("main .lead").len(), 1);
    assert!(
        page.text("main .lead")
            .starts_with("There is nothing for sale")
    );
    assert!(!page.has("main form") && !page.has(".pay-bar") && !page.has(".category-links"));
}
