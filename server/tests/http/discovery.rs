//! What search engines, feeds and browsers read about the shop.

use std::sync::Arc;

use locale::Language;
use quick_xml::Reader;
use quick_xml::events::Event;
use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::Value;
use server::config::Payments;
use shop::catalog::import::StockMode;
use shop::entity::price_history;
use shop::policy::{Policy, PolicySlug, save};
use shop::stripe::checkout_options::Shipping;
use time::OffsetDateTime;

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
    // Seven products are on sale, besides the hostile one, in two categories; and the first page.
    assert_eq!(pages.len(), 2 * 11);
    assert!(pages.contains(&format!("{origin}/de/categories/kitchen")));
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
    assert_eq!(texts("g:price")[at], "7.00 EUR");
    assert_eq!(texts("g:gtin"), ["4006381333931"]);
    // The seven others have none.
    assert_eq!(texts("g:identifier_exists"), ["no"; 7]);
    let with_gtin = item(&feed.body, "EVIL");
    assert!(!with_gtin.contains("identifier_exists"), "{with_gtin}");
    assert!(!feed.body.contains("g:mpn"), "{}", feed.body);
    assert_eq!(texts("g:brand"), [HOSTILE]);
    let board = texts("g:id").iter().position(|id| id == "BOARD").unwrap();
    assert_eq!(texts("g:availability")[board], "out_of_stock");
    assert_eq!(texts("g:availability")[at], "in_stock");
    let picture = format!("{origin}/pictures/oak-board.svg");
    assert!(texts("g:image_link").contains(&picture));
}

/// A product in two sizes, and a sale of one of them.
const COFFEE: &str = "slug,name,name_de,variant,description,description_de,sku,price,currency,\
    content_amount,content_unit\n\
    coffee,Coffee,Kaffee,250 g,Roasted.,Geröstet.,C,2000,EUR,250,g\n\
    coffee,Coffee,Kaffee,1 kg,Roasted.,Geröstet.,C2,7000,EUR,1,kg\n";
const SALE: &str =
    "sku,sale_price,sale_from,sale_until,currency\nC,1500,2026-01-01,2099-12-31,EUR\n";

#[tokio::test]
async fn a_reduced_price_is_compared_as_on_the_page_and_has_its_period() {
    let languages = Arc::new("en,de".parse().unwrap());
    let app = TestApp::start_with(|config| {
        config.profile.languages = languages;
        config.checkout.options.shipping = Some(Shipping {
            countries: vec!["DE".parse().unwrap(), "AT".parse().unwrap()],
            rates: vec!["Standard:490".parse().unwrap()],
        });
    })
    .await;
    app.import(COFFEE, StockMode::Set).await;
    cost_the_same_for_years(&app).await;
    app.import(SALE, StockMode::Set).await;
    let origin = &app.shop.settings.public_url;
    let feed = app.get("/de/feeds/products.xml").await;
    let [first, second] = ["C", "C2"].map(|sku| item(&feed.body, sku));
    let page = app.get("/products/coffee").await;
    assert!(
        page.text("main").contains("€20.00"),
        "{}",
        page.text("main")
    );
    for part in [
        "<g:title>Kaffee, 250 g</g:title>",
        "<g:description>Geröstet.</g:description>",
        &format!("<g:link>{origin}/de/products/coffee</g:link>"),
        "<g:price>20.00 EUR</g:price><g:sale_price>15.00 EUR</g:sale_price>",
        "<g:sale_price_effective_date>2026-01-01T00:00:00Z/2100-01-01T00:00:00Z<",
        "<g:unit_pricing_measure>250 g</g:unit_pricing_measure>",
        "<g:unit_pricing_base_measure>1 kg</g:unit_pricing_base_measure>",
        "<g:item_group_id>coffee</g:item_group_id>",
        "<g:shipping><g:country>DE</g:country><g:service>Standard</g:service>\
         <g:price>4.90 EUR</g:price></g:shipping><g:shipping><g:country>AT<",
    ] {
        assert!(first.contains(part), "{part}: {first}");
    }
    // The price is the unit price.
    assert!(second.contains("<g:unit_pricing_measure>1 kg<"), "{second}");
    assert!(
        !second.contains("base_measure") && !second.contains("sale"),
        "{second}"
    );
}

/// Moves the beginning of the price history back.
async fn cost_the_same_for_years(app: &TestApp) {
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    let since = Expr::value(OffsetDateTime::UNIX_EPOCH);
    price_history::Entity::update_many()
        .col_expr(price_history::Column::Since, since)
        .exec(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

/// The item of a variant.
fn item(feed: &str, sku: &str) -> String {
    let mut items = feed.split("<item>").skip(1);
    let id = format!("<g:id>{sku}</g:id>");
    items.find(|item| item.starts_with(&id)).unwrap().to_owned()
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
async fn feeds_are_in_each_language_and_pages_lead_to_their_own() {
    let app = hostile_shop("en,de").await;
    let origin = &app.shop.settings.public_url;
    let page = app.get("/de").await;
    let atom = page.attribute("link[type='application/atom+xml']", "href");
    assert_eq!(atom.as_deref(), Some("/de/feeds/products.atom"));
    for (prefix, language, name) in [("", "en", HOSTILE), ("/de", "de", "Böse")] {
        let atom = app.get(&format!("{prefix}/feeds/products.atom")).await;
        assert!(
            atom.body.contains(&format!("xml:lang=\"{language}\"")),
            "{}",
            atom.body
        );
        assert!(texts(&atom.body, "title").contains(&name.to_owned()));
        let ids = texts(&atom.body, "id");
        assert!(
            ids.contains(&format!("{origin}{prefix}/feeds/products.atom")),
            "{ids:?}"
        );
        assert!(
            ids.contains(&format!("{origin}{prefix}/products/evil")),
            "{ids:?}"
        );
        let merchant = app.get(&format!("{prefix}/feeds/products.xml")).await;
        assert_eq!(texts(&merchant.body, "language"), [language]);
        assert!(texts(&merchant.body, "g:title").contains(&name.to_owned()));
        let links = texts(&merchant.body, "g:link");
        assert!(
            links.contains(&format!("{origin}{prefix}/products/evil")),
            "{links:?}"
        );
    }
    let own = app.get("/en/feeds/products.atom").await;
    assert_eq!(
        (own.status, own.header("location")),
        (308, "/feeds/products.atom")
    );
    assert_eq!(app.get("/fr/feeds/products.atom").await.status, 404);
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
    assert_eq!(manifest["theme_color"], "#1f5c46");
    let icons = manifest["icons"].as_array().unwrap();
    let purposes: Vec<_> = icons.iter().map(|icon| icon["purpose"].as_str()).collect();
    assert!(purposes.contains(&Some("maskable")), "{purposes:?}");
    for icon in icons {
        let icon_file = app.get(icon["src"].as_str().unwrap()).await;
        assert_eq!(
            (icon_file.status, icon_file.header("content-type")),
            (200, icon["type"].as_str().unwrap())
        );
    }
    let page = app.get("/").await;
    for rel in ["icon", "apple-touch-icon"] {
        let address = page
            .attribute(&format!("link[rel='{rel}']"), "href")
            .unwrap();
        assert_eq!(app.get(&address).await.header("content-type"), "image/png");
    }
}

#[tokio::test]
async fn a_part_of_the_sitemap_ends_at_50_000_addresses() {
    let app = hostile_shop("en,de,fr").await;
    // With three languages, a part has 16,666 pages.
    add_copies_of_the_pen(&app, 16_700).await;
    let origin = &app.shop.settings.public_url;
    let index = app.get("/sitemap.xml").await;
    let parts = texts(&index.body, "loc");
    assert_eq!(
        parts,
        [1, 2].map(|part| format!("{origin}/sitemaps/{part}.xml"))
    );
    let mut addresses = std::collections::BTreeSet::new();
    let mut sizes = Vec::new();
    for part in 1..=2 {
        let part = app.get(&format!("/sitemaps/{part}.xml")).await;
        // The protocol's limit, uncompressed.
        assert!(part.body.len() < 50 * 1024 * 1024, "{}", part.body.len());
        let found = texts(&part.body, "loc");
        sizes.push(found.len());
        addresses.extend(found);
    }
    assert_eq!(sizes[0], 3 * 16_666);
    // None is missing and none is there twice.
    let pages = 16_700 + 8 + 3;
    assert_eq!(
        (addresses.len(), sizes[0] + sizes[1]),
        (3 * pages, 3 * pages)
    );
    assert_eq!(app.get("/sitemaps/3.xml").await.status, 404);
}

/// Puts as many products on sale, without the work of an import.
async fn add_copies_of_the_pen(app: &TestApp, count: u32) {
    let numbers = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < \
         {count})"
    );
    let products = format!(
        "INSERT INTO product (slug, name, description, position, active, created_at, updated_at) \
         {numbers} SELECT 'copy-' || n, name, description, 1000 + n, active, created_at, \
         updated_at FROM product, numbers WHERE slug = 'pen'"
    );
    let variants = "INSERT INTO variant (product_id, position, sku, name, price, currency, \
         max_per_order, price_recorded_until, active, created_at, updated_at) SELECT copy.id, 1, \
         copy.slug, '', pen.price, pen.currency, pen.max_per_order, pen.price_recorded_until, \
         pen.active, pen.created_at, pen.updated_at FROM product AS copy, variant AS pen WHERE \
         copy.slug LIKE 'copy-%' AND pen.sku = 'PEN'";
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    transaction.execute_unprepared(&products).await.unwrap();
    transaction.execute_unprepared(variants).await.unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn the_sitemap_has_policies_in_the_languages_they_are_written_in() {
    let app = hostile_shop("en,de").await;
    let origin = &app.shop.settings.public_url;
    for (slug, language) in [
        (PolicySlug::Terms, "en"),
        (PolicySlug::Terms, "de"),
        (PolicySlug::Imprint, "de"),
    ] {
        let policy = Policy::parse(slug, language.parse().unwrap(), "# Title\n\nText.").unwrap();
        save(&app.shop.database, &crate::test_app::owner(), &[policy])
            .await
            .unwrap();
    }
    app.shop.live.read(&app.shop.database).await.unwrap();
    let part = app.get("/sitemaps/1.xml").await;
    let all = texts(&part.body, "loc");
    let policies: Vec<_> = all.iter().filter(|page| page.contains("/pages/")).collect();
    let expected = ["/de/pages/imprint", "/pages/terms", "/de/pages/terms"];
    assert_eq!(
        policies,
        expected
            .map(|path| format!("{origin}{path}"))
            .iter()
            .collect::<Vec<_>>()
    );
    let english = app.get("/pages/terms").await;
    assert!(english.has("link[hreflang='de']"));
    let imprint = app.get("/de/pages/imprint").await;
    assert!(imprint.has("link[rel='canonical']") && !imprint.has("link[hreflang='en']"));
}

#[tokio::test]
async fn browsers_may_load_products_and_categories_in_advance_and_nothing_else() {
    let app = hostile_shop("en,de").await;
    for (path, value) in [
        ("/", "\"/speculation-rules.json\""),
        ("/de/products/pen", "\"/speculation-rules.json\""),
        ("/nowhere", "\"/speculation-rules.json\""),
        ("/sitemap.xml", ""),
        ("/favicon.svg", ""),
        ("/theme.css?color=1f5c46", ""),
    ] {
        assert_eq!(
            app.get(path).await.header("speculation-rules"),
            value,
            "{path}"
        );
    }
    let rules = app.get("/speculation-rules.json").await;
    assert_eq!(
        rules.header("content-type"),
        "application/speculationrules+json"
    );
    let patterns = [
        "/products/*",
        "/categories/*",
        "/de/products/*",
        "/de/categories/*",
    ];
    assert_eq!(
        serde_json::from_str::<Value>(&rules.body).unwrap(),
        serde_json::json!({
            "prefetch": [{ "where": { "href_matches": patterns }, "eagerness": "moderate" }],
        })
    );
}

#[tokio::test]
async fn with_a_live_key_products_are_found_and_searches_and_orders_are_not() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe_and(Some(fake.url()), long_retries(), |config| {
        if let Payments::Stripe(stripe) = &mut config.payments {
            stripe.livemode = true;
        }
        config.profile.languages = Arc::new("en,de".parse().unwrap());
    })
    .await;
    let terms = Policy::parse(
        PolicySlug::Terms,
        Language::default(),
        "# Terms\n\nPay first.",
    );
    save(
        &app.shop.database,
        &crate::test_app::owner(),
        &[terms.unwrap()],
    )
    .await
    .unwrap();
    for (path, robots) in [
        ("/", ""),
        ("/products/pen", ""),
        ("/categories/desk", ""),
        ("/sitemap.xml", ""),
        ("/search?q=pen", "noindex, follow"),
        ("/categories/desk?sort=price", "noindex, follow"),
        ("/categories/desk?in_stock=1", "noindex, follow"),
        ("/search", "noindex, follow"),
        ("/de/search?q=pen&page=1", "noindex, follow"),
        (
            "/de/categories/desk?sort=newest&in_stock=1",
            "noindex, follow",
        ),
        ("/de/categories/desk?sort=unknown", ""),
        ("/pages/terms", ""),
        ("/de/pages/terms", ""),
        ("/feeds/products.xml", ""),
        ("/orders/find", "noindex"),
        ("/de/orders/find", "noindex"),
        ("/withdraw", "noindex"),
        ("/de/withdraw", "noindex"),
    ] {
        let page = app.get(path).await;
        assert_eq!(
            (page.status, page.header("x-robots-tag")),
            (200, robots),
            "{path}"
        );
    }
    let checkout = app.begin(&[("PEN", 1)]).await;
    for path in [
        format!("/orders/{}", checkout.token.as_str()),
        format!("/de/orders/{}", checkout.token.as_str()),
        format!("/checkout/{}/cancelled", checkout.token.as_str()),
        "/orders/0123456789abcdef0123456789abcdef".to_owned(),
        "/language/de?to=/".to_owned(),
    ] {
        assert_eq!(
            app.get(&path).await.header("x-robots-tag"),
            "noindex",
            "{path}"
        );
    }
    let robots = app.get("/robots.txt").await;
    assert!(!robots.body.contains("Disallow"), "{}", robots.body);
}
