//! What a product's page says beside its form.

use serde_json::Value;
use shop::catalog::import::StockMode;
use shop::checkout::options::Shipping;
use shop::face::Face;
use shop::policy::{Policy, PolicySlug};
use shop::profile::PriceTax;
use shop::settings::FromVariables;

use crate::discovery::{HOSTILE, hostile_shop};
use crate::test_app::{Page, TestApp, eventually, owner};

const FILE: &str = "slug,name,name_de,description,description_de,category,sku,price,currency,\
    manufacturer_name,manufacturer_address,manufacturer_contact,responsible_person,safety\n\
    knife,Knife,Messer,**Sharp**,Sehr *scharf*,Desk,KNIFE,900,EUR,Maker Ltd,1 Road,\
    hello@maker.example,EU Person,Keep away from children\n";

/// The data for search engines, by its type.
pub fn data(page: &Page, kind: &str) -> Value {
    let all = page.texts("script[type='application/ld+json']");
    let mut all = all
        .iter()
        .map(|text| serde_json::from_str::<Value>(text).unwrap());
    all.find(|data| data["@type"] == kind).unwrap()
}

#[tokio::test]
async fn texts_of_a_language_replace_the_products_own() {
    let app = hostile_shop("en,de,fr").await;
    app.import(FILE, StockMode::Set).await;
    let heading = async |path: &str| app.get(path).await.text("h1");
    assert_eq!(heading("/products/knife").await, "Knife");
    assert_eq!(heading("/de/products/knife").await, "Messer");
    assert_eq!(heading("/fr/products/knife").await, "Knife");
    let german = app.get("/de/products/knife").await;
    assert_eq!(german.text(".product-description em"), "scharf");
    assert!(app.get("/de").await.body.contains("Messer"));
    // An empty cell takes the text back, and a missing column does not.
    app.import("sku,name_de,safety\nKNIFE,,\n", StockMode::Set)
        .await;
    let german = app.get("/de/products/knife").await;
    assert_eq!(german.text("h1"), "Knife");
    assert_eq!(german.text(".product-description em"), "scharf");
    assert!(!german.body.contains("Keep away"));
}

#[tokio::test]
async fn manufacturer_and_safety_are_on_the_page() {
    let app = hostile_shop("en").await;
    app.import(FILE, StockMode::Set).await;
    let page = app.get("/products/knife").await;
    assert_eq!(page.text(".product-description strong"), "Sharp");
    assert_eq!(
        page.texts(".product-safety dd span"),
        [
            "Maker Ltd",
            "1 Road",
            "hello@maker.example",
            "EU Person",
            "Keep away from children"
        ]
    );
    assert!(!app.get("/products/pen").await.has(".product-safety"));
}

#[tokio::test]
async fn the_page_leads_to_its_category_and_to_other_products_of_it() {
    let app = hostile_shop("en,de").await;
    let page = app.get("/de/products/pen").await;
    assert_eq!(
        page.attribute(".breadcrumbs a.back-link", "href").unwrap(),
        "/de"
    );
    assert_eq!(page.texts(".breadcrumbs li").last().unwrap(), "Green Pen");
    let related = page.texts(".related-products li a span");
    assert_eq!(related.len(), 4, "{related:?}");
    assert!(!related.contains(&"Green Pen".to_owned()));
    // It is not on sale.
    assert!(!related.contains(&"Old Lamp".to_owned()));
    assert!(!page.has(".related-products input"));
}

#[tokio::test]
async fn a_price_says_whether_it_includes_tax() {
    for (price_tax, said) in [
        (PriceTax::Included, "Incl. VAT"),
        (PriceTax::Added, "Plus tax"),
        (PriceTax::SmallBusiness, "No VAT (small business)"),
    ] {
        let app = TestApp::start_with(|config| config.profile.price_tax = price_tax).await;
        let page = app.get("/products/pen").await;
        assert_eq!(page.texts(".product-price + .price-note")[0], said);
        let sentence = "No VAT is charged, as the seller is a small business.";
        let is_small = price_tax == PriceTax::SmallBusiness;
        assert_eq!(page.body.contains(sentence), is_small);
        // Beside every price: on cards, related products, and the total.
        for path in ["/", "/search?q=pen"] {
            let page = app.get(path).await;
            let notes = page.texts(".product > .price-note");
            assert_eq!(notes.len(), page.texts(".product").len(), "{path}");
            assert!(notes.iter().all(|note| note == said), "{notes:?}");
            assert_eq!(page.texts(".pay-total .price-note"), [said]);
        }
        let related = page.texts(".related-products li .price-note");
        assert_eq!(related.len(), page.texts(".related-products li").len());
    }
    // Where the settings say nothing, pages say nothing.
    let app = TestApp::start().await;
    for path in ["/", "/products/pen"] {
        let page = app.get(path).await;
        assert!(
            !page.body.contains("VAT") && !page.has(".price-note"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_price_says_whether_delivery_is_added_and_links_to_what_the_shop_says_about_it() {
    for (rate, said) in [
        (490, "Incl. VAT, plus delivery"),
        (0, "Incl. VAT, free delivery"),
    ] {
        let app = TestApp::start_with(|config| {
            config.profile.price_tax = PriceTax::Included;
            config.checkout.options.shipping = Some(Shipping {
                countries: vec!["DE".parse().unwrap()],
                rates: vec![format!("Standard:{rate}").parse().unwrap()],
            });
        })
        .await;
        // Without such a page there is no link.
        let page = app.get("/").await;
        assert_eq!(page.texts(".product > .price-note")[0], said);
        assert!(!page.has(".price-note a"));
        let text = "# Delivery\n\nWithin three days.";
        let policy = Policy::parse(PolicySlug::Shipping, "en".parse().unwrap(), text).unwrap();
        shop::policy::save(&app.shop.database, &owner(), &[policy])
            .await
            .unwrap();
        let page = eventually("the link", async || {
            Some(app.get("/").await).filter(|page| page.has(".price-note a"))
        })
        .await;
        let link = page.attribute(".product > .price-note a", "href");
        assert_eq!(link.unwrap(), "/pages/shipping");
        assert!(app.get("/products/pen").await.has("h1 ~ .price-note a"));
    }
}

#[tokio::test]
async fn the_page_says_what_the_owner_says_about_delivery_and_returns() {
    let said = [
        ("DELIVERY_NOTE", "With you <b>soon</b>."),
        ("DELIVERY_NOTE_DE", "Bald bei Ihnen."),
        ("RETURN_NOTE", "30 days."),
    ];
    let app = TestApp::start_with(|config| {
        let config_of = |name: &str| {
            let known = said.iter().find(|(known, _)| *known == name);
            known.map(|(_, value)| (*value).to_owned())
        };
        config.profile.face = Face::read(&config_of).unwrap();
        config.profile.languages = std::sync::Arc::new("en,de".parse().unwrap());
    })
    .await;
    let page = app.get("/products/pen").await;
    assert_eq!(
        page.texts(".offer-notes dd"),
        ["With you <b>soon</b>.", "30 days."]
    );
    let german = app.get("/de/products/pen").await;
    assert_eq!(
        german.texts(".offer-notes dd"),
        ["Bald bei Ihnen.", "30 days."]
    );
    assert_eq!(german.texts(".offer-notes dt"), ["Lieferung", "Rückgabe"]);
    // The language of a text that is not in that of the page.
    let lang = german.attribute(".offer-notes dd:last-child span", "lang");
    assert_eq!(lang.as_deref(), Some("en"));
    let text = "# Right of withdrawal\n\nFourteen days.";
    let policy = Policy::parse(PolicySlug::Withdrawal, "en".parse().unwrap(), text).unwrap();
    shop::policy::save(&app.shop.database, &owner(), &[policy])
        .await
        .unwrap();
    let page = eventually("the link", async || {
        let page = app.get("/products/pen").await;
        page.has(".offer-notes a").then_some(page)
    })
    .await;
    let link = page.attribute(".offer-notes a", "href");
    assert_eq!(link.as_deref(), Some("/pages/withdrawal"));
}

#[tokio::test]
async fn search_engines_read_offer_and_place_of_a_product() {
    let app = hostile_shop("en,de").await;
    let origin = app.shop.settings.public_url.clone();
    let page = app.get("/de/products/pen").await;
    let address = format!("{origin}/de/products/pen");
    assert_eq!(
        page.attribute("link[rel='canonical']", "href").unwrap(),
        address
    );
    let english = page.attribute("link[hreflang='en']", "href").unwrap();
    assert_eq!(english, format!("{origin}/products/pen"));
    assert!(page.has("link[hreflang='x-default']"));
    let picture = page
        .attribute("meta[property='og:image']", "content")
        .unwrap();
    assert_eq!(picture, format!("{origin}/pictures/fountain-pen.svg"));
    let product = data(&page, "Product");
    assert_eq!(product["offers"]["@type"], "Offer");
    assert_eq!(product["offers"]["price"], "5.00");
    assert_eq!(product["offers"]["priceCurrency"], "EUR");
    assert_eq!(
        product["offers"]["availability"],
        "https://schema.org/InStock"
    );
    assert_eq!(product["offers"]["sku"], "PEN");
    let crumbs = data(&page, "BreadcrumbList");
    assert_eq!(crumbs["itemListElement"][2]["item"], address);
    let board = data(&app.get("/products/board").await, "Product");
    assert_eq!(
        board["offers"]["availability"],
        "https://schema.org/OutOfStock"
    );
}

#[tokio::test]
async fn a_hostile_name_stays_a_name_on_every_page() {
    let app = hostile_shop("en").await;
    for path in ["/", "/products/evil", "/products/pen"] {
        let page = app.get(path).await;
        assert!(page.has("h1"), "{path}");
        assert!(!page.has("img[onerror]"), "{path}: {}", page.body);
    }
    let page = app.get("/products/evil").await;
    assert_eq!(page.text("h1"), HOSTILE);
    assert_eq!(data(&page, "Product")["name"], HOSTILE);
    assert_eq!(
        page.attribute("meta[property='og:title']", "content")
            .unwrap(),
        HOSTILE
    );
    assert!(page.text("title").starts_with(HOSTILE));
}

#[tokio::test]
async fn an_export_has_the_texts_and_imports_into_the_same() {
    let exported = async |app: &TestApp| {
        let mut file = Vec::new();
        let database = &app.shop.database;
        shop::catalog::export::export(database, &mut file)
            .await
            .unwrap();
        String::from_utf8(file).unwrap()
    };
    let app = TestApp::start().await;
    assert!(!exported(&app).await.contains("name_de"));
    app.import(FILE, StockMode::Set).await;
    let file = exported(&app).await;
    assert!(
        file.contains(",position,name_de,description_de,manufacturer_name,"),
        "{file}"
    );
    assert!(
        file.contains(",Messer,Sehr *scharf*,Maker Ltd,1 Road,"),
        "{file}"
    );
    let report = app.import(&file, StockMode::Set).await;
    assert_eq!((report.created, report.updated), (0, 0));
    let other = TestApp::start().await;
    other.import(&file, StockMode::Set).await;
    assert_eq!(exported(&other).await, file);
}
