//! What search engines read of pages as JSON-LD, and of which facts.

use std::sync::Arc;

use serde_json::{Value, json};
use server::config::Config;
use shop::delivery_time::DeliveryTime;
use shop::settings::FromVariables;
use shop::stripe::checkout_options::Shipping;

use crate::discovery::hostile_shop;
use crate::product_page::data;
use crate::test_app::TestApp;

/// The hash of a picture.
const LOGO: &str = "9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f";

async fn shop(change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::without_webhooks_with(change).await
}

fn ships(config: &mut Config, countries: &[&str], rates: &[&str]) {
    config.checkout.options.shipping = Some(Shipping {
        countries: countries.iter().map(|code| code.parse().unwrap()).collect(),
        rates: rates.iter().map(|rate| rate.parse().unwrap()).collect(),
    });
}

async fn offer(app: &TestApp) -> Value {
    data(&app.get("/products/pen").await, "Product")["offers"].clone()
}

#[tokio::test]
async fn the_front_page_says_who_runs_the_shop() {
    let app = shop(|config| {
        let contact = &mut config.profile.contact;
        contact.address = vec!["Pens Ltd".to_owned(), "1 High Street".to_owned()];
        contact.email = Some("hello@shop.example".to_owned());
        contact.phone = Some("+44 20 7946 0000".to_owned());
        config.profile.law.country = Some("GB".parse().unwrap());
        config.profile.face.logo = Some(format!("{LOGO}-320x80").parse().unwrap());
        config.profile.languages = Arc::new("en,de".parse().unwrap());
    })
    .await;
    let origin = app.shop.settings.public_url.clone();
    let organization = data(&app.get("/").await, "Organization");
    assert_eq!(
        organization,
        json!({
            "@context": "https://schema.org",
            "@type": "Organization",
            "@id": format!("{origin}/#shop"),
            "name": "Test Shop",
            "url": format!("{origin}/"),
            "logo": format!("{origin}/pictures/{LOGO}.jpg"),
            "email": "hello@shop.example",
            "telephone": "+44 20 7946 0000",
            "contactPoint": {
                "@type": "ContactPoint",
                "contactType": "customer service",
                "availableLanguage": ["en", "de"],
                "email": "hello@shop.example",
                "telephone": "+44 20 7946 0000",
            },
            "address": {
                "@type": "PostalAddress",
                "streetAddress": "Pens Ltd, 1 High Street",
                "addressCountry": "GB",
            },
        })
    );
}

#[tokio::test]
async fn what_the_owner_does_not_say_is_left_out() {
    let app = shop(|_| {}).await;
    let origin = app.shop.settings.public_url.clone();
    let organization = data(&app.get("/").await, "Organization");
    assert_eq!(
        organization,
        json!({
            "@context": "https://schema.org",
            "@type": "Organization",
            "@id": format!("{origin}/#shop"),
            "name": "Test Shop",
            "url": format!("{origin}/"),
        })
    );
    let offer = offer(&app).await;
    assert!(offer.get("shippingDetails").is_none(), "{offer}");
    assert!(offer.get("hasMerchantReturnPolicy").is_none(), "{offer}");
}

#[tokio::test]
async fn an_offer_says_what_shipping_costs_in_the_offers_currency() {
    let app = shop(|config| ships(config, &["DE", "AT"], &["Standard:490", "Express:990"])).await;
    let origin = app.shop.settings.public_url.clone();
    let offer = offer(&app).await;
    let regions = json!([
        { "@type": "DefinedRegion", "addressCountry": "DE" },
        { "@type": "DefinedRegion", "addressCountry": "AT" },
    ]);
    assert_eq!(
        offer["shippingDetails"][0],
        json!({
            "@type": "OfferShippingDetails",
            "@id": format!("{origin}/#shipping-eur-1"),
            "name": "Standard",
            "shippingRate": { "@type": "MonetaryAmount", "value": "4.90", "currency": "EUR" },
            "shippingDestination": regions,
        })
    );
    assert_eq!(offer["shippingDetails"][1]["shippingRate"]["value"], "9.90");
    let free = shop(|config| ships(config, &["DE"], &[])).await;
    let data = data(&free.get("/products/dollar-map").await, "Product");
    assert_eq!(
        data["offers"]["shippingDetails"][0]["shippingRate"],
        json!({ "@type": "MonetaryAmount", "value": "0.00", "currency": "USD" })
    );
}

#[tokio::test]
async fn an_offer_says_how_long_delivery_takes_if_the_owner_does() {
    let app = shop(|config| {
        ships(config, &["DE"], &["Standard:490"]);
        config.profile.delivery_time = delivery_time("0-1", "2-4");
        config.profile.languages = Arc::new("en,de".parse().unwrap());
    })
    .await;
    let days = |min: u32, max: u32| {
        json!({
            "@type": "QuantitativeValue", "minValue": min, "maxValue": max, "unitCode": "DAY",
        })
    };
    assert_eq!(
        offer(&app).await["shippingDetails"][0]["deliveryTime"],
        json!({
            "@type": "ShippingDeliveryTime",
            "handlingTime": days(0, 1),
            "transitTime": days(2, 4),
        })
    );
    let page = app.get("/products/pen").await;
    assert_eq!(
        page.texts(".offer-notes dd"),
        ["With you in 2 to 5 working days."]
    );
    let german = app.get("/de/products/pen").await;
    assert_eq!(
        german.texts(".offer-notes dd"),
        ["In 2 bis 5 Werktagen bei Ihnen."]
    );
    let feed = app.get("/feeds/products.xml").await.body;
    let times = "<g:price>4.90 EUR</g:price>\
        <g:min_handling_time>0</g:min_handling_time><g:max_handling_time>1</g:max_handling_time>\
        <g:min_transit_time>2</g:min_transit_time><g:max_transit_time>4</g:max_transit_time>\
        </g:shipping>";
    assert!(feed.contains(times), "{feed}");

    // One of the two is no sentence for shoppers.
    let app = shop(|config| {
        ships(config, &["DE"], &[]);
        config.profile.delivery_time = delivery_time("", "1");
    })
    .await;
    let time = offer(&app).await["shippingDetails"][0]["deliveryTime"].clone();
    assert_eq!(
        time,
        json!({ "@type": "ShippingDeliveryTime", "transitTime": days(1, 1) })
    );
    assert!(!app.get("/products/pen").await.has(".offer-notes"));
    // What is not shipped does not arrive.
    let app = shop(|config| config.profile.delivery_time = delivery_time("1", "1")).await;
    assert!(!app.get("/products/pen").await.has(".offer-notes"));
}

fn delivery_time(handling: &str, transit: &str) -> DeliveryTime {
    let variables = |name: &str| {
        let value = match name {
            "HANDLING_DAYS" => handling,
            "TRANSIT_DAYS" => transit,
            _ => return None,
        };
        Some(value.to_owned())
    };
    DeliveryTime::read(&variables).unwrap()
}

#[tokio::test]
async fn withdrawal_is_a_return_policy_only_where_the_law_and_the_shop_give_it() {
    let country = |code: &str| Some(code.parse().unwrap());
    let app = shop(|config| {
        config.profile.law.country = country("DE");
        ships(config, &["DE", "CH", "FR"], &[]);
    })
    .await;
    let origin = app.shop.settings.public_url.clone();
    let policy = json!({
        "@type": "MerchantReturnPolicy",
        "@id": format!("{origin}/#returns"),
        "applicableCountry": ["DE", "FR"],
        "returnPolicyCategory": "https://schema.org/MerchantReturnFiniteReturnWindow",
        "merchantReturnDays": 14,
    });
    assert_eq!(offer(&app).await["hasMerchantReturnPolicy"], policy);
    let organization = data(&app.get("/").await, "Organization");
    assert_eq!(organization["hasMerchantReturnPolicy"], policy);
    let at_home = shop(|config| config.profile.law.country = country("AT")).await;
    let policy = offer(&at_home).await["hasMerchantReturnPolicy"].clone();
    assert_eq!(policy["applicableCountry"], json!(["AT"]));

    type Change = fn(&mut Config);
    let without: [Change; 4] = [
        |config| config.profile.law.country = None,
        |config| config.profile.law.country = Some("GB".parse().unwrap()),
        |config| config.profile.law.withdrawals = shop::law::Withdrawals::Off,
        |config| config.profile.law.eu_rules = shop::law::EuRules::Off,
    ];
    for change in without {
        let app = shop(|config| {
            config.profile.law.country = country("DE");
            change(config);
        })
        .await;
        let offer = offer(&app).await;
        assert!(offer.get("hasMerchantReturnPolicy").is_none(), "{offer}");
    }
}

#[tokio::test]
async fn variants_are_one_offer_of_several_and_say_conditions_once() {
    let app = shop(|config| {
        config.profile.law.country = Some("DE".parse().unwrap());
        ships(config, &["DE"], &["Standard:490"]);
    })
    .await;
    app.import(
        "slug,name,variant,sku,price,currency,stock\n\
         tea,Tea,100 g,T1,500,EUR,1\ntea,Tea,1 kg,T2,3000,EUR,0\n",
        shop::catalog::import::StockMode::Set,
    )
    .await;
    let offers = data(&app.get("/products/tea").await, "Product")["offers"].clone();
    assert_eq!(offers["@type"], "AggregateOffer");
    assert_eq!(
        (
            &offers["lowPrice"],
            &offers["highPrice"],
            &offers["offerCount"]
        ),
        (&json!("5.00"), &json!("30.00"), &json!(2))
    );
    let [first, second] = [&offers["offers"][0], &offers["offers"][1]];
    assert_eq!(first["availability"], "https://schema.org/InStock");
    assert_eq!(second["availability"], "https://schema.org/OutOfStock");
    for property in ["hasMerchantReturnPolicy", "shippingDetails"] {
        let of = |offer: &Value| match &offer[property] {
            Value::Array(all) => all[0].clone(),
            one => one.clone(),
        };
        assert!(of(first).get("@type").is_some(), "{first}");
        assert_eq!(of(second), json!({ "@id": of(first)["@id"] }));
    }
}

#[tokio::test]
async fn a_category_has_its_place_and_preview_and_other_views_of_it_have_none() {
    let app = hostile_shop("en,de").await;
    let origin = app.shop.settings.public_url.clone();
    let page = app.get("/de/categories/desk").await;
    let address = format!("{origin}/de/categories/desk");
    let crumbs = data(&page, "BreadcrumbList");
    assert_eq!(crumbs["itemListElement"][0]["item"], format!("{origin}/de"));
    assert_eq!(crumbs["itemListElement"][1]["item"], address);
    let canonical = page.attribute("link[rel='canonical']", "href");
    assert_eq!(canonical.as_deref(), Some(&*address));
    let description = page
        .attribute("meta[name='description']", "content")
        .unwrap();
    assert!(description.contains("Desk") && description.contains("Produkte"));
    let sorted = app.get("/categories/desk?sort=price").await;
    assert!(!sorted.has("link[rel='canonical']"));
}
