//! What search engines, feeds and browsers read about the shop.

use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;
use server::config::Payments;
use shop::catalog::import::StockMode;

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{TestApp, long_retries};

/// A product that would take over every place that does not escape it.
pub const HOSTILE: &str = "</script><img src=x onerror=alert(1)>";
const HOSTILE_CELL: &str = "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;";

/// A shop with the usual products and the hostile one.
pub async fn hostile_shop(languages: &str) -> TestApp {
    let languages = Arc::new(languages.parse().unwrap());
    let app = TestApp::start_with(|config| config.profile.languages = languages).await;
    let file = format!(
        "slug,name,name_de,description,category,brand,sku,price,currency,gtin,sale_price\n\
         evil,{HOSTILE_CELL},Böse,{HOSTILE_CELL},Desk,{HOSTILE_CELL},EVIL,900,EUR,4006381333931,\
         700\n"
    );
    app.import(&file, StockMode::Set).await;
    app
}

/// The texts of all elements with this name. Fails if the document is not well-formed.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let (mut found, mut inside) = (Vec::new(), false);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) if start.name().0 == name => {
                found.push(String::new());
                inside = true;
            }
            Event::End(end) if end.name().0 == name => inside = false,
            Event::Text(text) if inside => {
                found.last_mut().unwrap().push_str(&text);
            }
            Event::GeneralRef(entity) if inside => {
                let character = match &*entity {
                    "lt" => '<',
                    "gt" => '>',
                    "amp" => '&',
                    "quot" => '"',
                    "apos" => '\'',
                    other => panic!("{other:?}"),
                };
                found.last_mut().unwrap().push(character);
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_sitemap_names_every_page_in_each_language() {
    let app = hostile_shop("en,de").await;
    let index = app.get("/sitemap.xml").await;
    assert_eq!(
        index.header("content-type"),
        "application/xml; charset=utf-8"
    );
    assert_eq!(index.header("cache-control"), "public, max-age=300");
    let origin = &app.shop.settings.public_url;
    assert_eq!(
        texts(&index.body, "loc"),
        [format!("{origin}/sitemaps/1.xml")]
    );
    let part = app.get("/sitemaps/1.xml").await;
    let pages = texts(&part.body, "loc");
    for page in ["/", "/de", "/products/evil", "/de/products/evil"] {
        assert!(
            pages.contains(&format!("{origin}{page}")),
            "{page}: {pages:?}"
        );
    }
    // Seven products are on sale, besides the hostile one, and there is the first page.
    assert_eq!(pages.len(), 2 * 9);
    let alternate = format!("hreflang=\"de\" href=\"{origin}/de/products/evil\"");
    assert!(part.body.contains(&alternate), "{}", part.body);
    assert!(!part.body.contains("lamp"));
    for none in ["/sitemaps/2.xml", "/sitemaps/0.xml", "/sitemaps/x"] {
        assert_eq!(app.get(none).await.status, 404, "{none}");
    }
}

#[tokio::test]
async fn the_feed_for_merchants_has_an_item_for_each_variant() {
    let app = hostile_shop("en").await;
    let feed = app.get("/feeds/products.xml").await;
    assert_eq!(
        feed.header("content-type"),
        "application/rss+xml; charset=utf-8"
    );
    let texts = |name| texts(&feed.body, name);
    assert_eq!(texts("g:id").len(), 8);
    let at = texts("g:id").iter().position(|id| id == "EVIL").unwrap();
    assert_eq!(texts("g:title")[at], HOSTILE);
    let origin = &app.shop.settings.public_url;
    assert_eq!(texts("g:link")[at], format!("{origin}/products/evil"));
    assert_eq!(texts("g:price")[at], "9.00 EUR");
    assert_eq!(texts("g:sale_price"), ["7.00 EUR"]);
    assert_eq!(texts("g:gtin"), ["4006381333931"]);
    assert_eq!(texts("g:brand"), [HOSTILE]);
    let board = texts("g:id").iter().position(|id| id == "BOARD").unwrap();
    assert_eq!(texts("g:availability")[board], "out_of_stock");
    assert_eq!(texts("g:availability")[at], "in_stock");
    let picture = format!("{origin}/pictures/oak-board.svg");
    assert!(texts("g:image_link").contains(&picture));
}

#[tokio::test]
async fn feed_readers_get_each_product_once() {
    let app = hostile_shop("en").await;
    let feed = app.get("/feeds/products.atom").await;
    assert_eq!(
        feed.header("content-type"),
        "application/atom+xml; charset=utf-8"
    );
    assert_eq!(texts(&feed.body, "entry").len(), 8);
    assert!(texts(&feed.body, "title").contains(&HOSTILE.to_owned()));
    assert_eq!(texts(&feed.body, "updated").len(), 9);
}

#[tokio::test]
async fn without_a_live_key_nothing_is_indexed_and_crawlers_may_read_that() {
    let app = hostile_shop("en,de").await;
    for path in [
        "/",
        "/de/products/evil",
        "/robots.txt",
        "/nowhere",
        "/sitemap.xml",
    ] {
        assert_eq!(
            app.get(path).await.header("x-robots-tag"),
            "noindex",
            "{path}"
        );
    }
    let robots = app.get("/robots.txt").await;
    let origin = &app.shop.settings.public_url;
    assert_eq!(
        robots.body,
        format!("User-agent: *\nAllow: /\n\nSitemap: {origin}/sitemap.xml\n")
    );
}

#[tokio::test]
async fn the_web_manifest_names_the_shop() {
    let app = hostile_shop("de,en").await;
    let manifest = app.get("/site.webmanifest").await;
    assert_eq!(manifest.header("content-type"), "application/manifest+json");
    let manifest: Value = serde_json::from_str(&manifest.body).unwrap();
    assert_eq!(manifest["name"], app.shop.profile().name);
    assert_eq!(manifest["lang"], "de");
}

#[tokio::test]
async fn with_a_live_key_products_are_found_and_searches_and_orders_are_not() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe_and(Some(fake.url()), long_retries(), |config| {
        if let Payments::Stripe(stripe) = &mut config.payments {
            stripe.livemode = true;
        }
    })
    .await;
    for (path, robots) in [
        ("/", ""),
        ("/products/pen", ""),
        ("/categories/desk", ""),
        ("/sitemap.xml", ""),
        ("/search?q=pen", "noindex, follow"),
        ("/categories/desk?sort=price", "noindex, follow"),
        ("/categories/desk?in_stock=1", "noindex, follow"),
        ("/orders/find", "noindex"),
        ("/withdraw", "noindex"),
    ] {
        let page = app.get(path).await;
        assert_eq!(
            (page.status, page.header("x-robots-tag")),
            (200, robots),
            "{path}"
        );
    }
}
