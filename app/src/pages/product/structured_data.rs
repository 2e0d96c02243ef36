//! A product's page for search engines, in the words of <https://schema.org>, with what Google asks
//! for (<https://developers.google.com/search/docs/appearance/structured-data/merchant-listing>).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shop::Shop;
use shop::catalog::details::Details;
use shop::delivery_time::{Days, DeliveryTime};
use till_core::money::Currency;
use till_core::view::{Availability, ProductView, VariantView};
use time::format_description::well_known::Rfc3339;

use crate::head::{absolute, summary};
use crate::pages::structured_data::return_policy;

/// The product with its offers. `address` is that of the page.
pub fn product(shop: &Shop, product: &ProductView, details: &Details, address: &str) -> Value {
    let pictures: Vec<String> = product
        .pictures
        .iter()
        .map(|picture| absolute(&shop.settings.public_url, &picture.shared_address()))
        .collect();
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "url": address,
        "image": pictures,
        "offers": offers(shop, product, details, address),
    });
    let plain = shop::markdown::to_mail_text(&product.description, &shop.settings.public_url);
    let description = summary(&plain);
    if !description.is_empty() {
        data["description"] = description.into();
    }
    if !details.brand.is_empty() {
        data["brand"] = json!({ "@type": "Brand", "name": details.brand });
    }
    data
}

/// One offer, or a range of prices of one currency, or else each offer.
fn offers(shop: &Shop, product: &ProductView, details: &Details, address: &str) -> Value {
    let policy = return_policy(shop);
    let mut written = BTreeSet::new();
    let offers: Vec<Value> = product
        .variants
        .iter()
        .map(|variant| {
            let mut offer = offer(variant, details, address);
            if let Some(policy) = &policy {
                offer["hasMerchantReturnPolicy"] = once(policy.clone(), &mut written);
            }
            let rates = shipping(shop, variant.price.currency).into_iter();
            let rates: Vec<Value> = rates.map(|rate| once(rate, &mut written)).collect();
            if !rates.is_empty() {
                offer["shippingDetails"] = rates.into();
            }
            offer
        })
        .collect();
    let prices = product.variants.iter().map(|variant| variant.price);
    let (low, high) = (
        prices.clone().min_by_key(|price| price.amount),
        prices.clone().max_by_key(|price| price.amount),
    );
    let (Some(low), Some(high), [_, _, ..]) = (low, high, offers.as_slice()) else {
        return offers.into_iter().next().unwrap_or_default();
    };
    if prices.clone().any(|price| price.currency != low.currency) {
        return offers.into();
    }
    json!({
        "@type": "AggregateOffer",
        "lowPrice": low.decimal(),
        "highPrice": high.decimal(),
        "priceCurrency": low.currency.code().to_uppercase(),
        "offerCount": offers.len(),
        "offers": offers,
    })
}

fn offer(variant: &VariantView, details: &Details, address: &str) -> Value {
    let mut offer = json!({
        "@type": "Offer",
        "url": address,
        "price": variant.price.decimal(),
        "priceCurrency": variant.price.currency.code().to_uppercase(),
        "availability": availability(variant.available),
    });
    if !variant.name.is_empty() {
        offer["name"] = variant.name.clone().into();
    }
    if let Some(codes) = details.codes.get(&variant.id) {
        offer["sku"] = codes.sku.clone().into();
        if let Some(gtin) = &codes.gtin {
            offer["gtin"] = gtin.clone().into();
        }
        let ends = codes.sale.and_then(|sale| sale.ends);
        if let Some(ends) = ends.and_then(|ends| ends.format(&Rfc3339).ok()) {
            offer["priceValidUntil"] = ends.into();
        }
    }
    offer
}

/// The node, or a reference to it if it has been written before.
fn once(node: Value, written: &mut BTreeSet<String>) -> Value {
    let id = node["@id"].as_str().unwrap_or_default();
    match written.insert(id.to_owned()) {
        true => node,
        false => json!({ "@id": id }),
    }
}

/// The rates of shipping to all countries that the shop ships to, and how long it takes, as far as
/// the owner says.
fn shipping(shop: &Shop, currency: Currency) -> Vec<Value> {
    let settings = shop.owner_settings();
    let Some(shipping) = &settings.checkout.options.shipping else {
        return Vec::new();
    };
    let code = currency.code();
    let delivery_time = delivery_time(shop);
    let countries = shipping.countries.iter();
    let destinations: Vec<Value> = countries
        .map(|country| json!({ "@type": "DefinedRegion", "addressCountry": country.code() }))
        .collect();
    let rates = (1..).zip(shipping.choices());
    rates
        .map(|(number, (name, amount))| {
            let origin = &shop.settings.public_url;
            let mut rate = json!({
                "@type": "OfferShippingDetails",
                "@id": format!("{origin}/#shipping-{code}-{number}"),
                "shippingRate": {
                    "@type": "MonetaryAmount",
                    "value": amount.of(currency).decimal(),
                    "currency": code.to_uppercase(),
                },
                "shippingDestination": destinations,
            });
            if !name.is_empty() {
                rate["name"] = name.into();
            }
            if let Some(time) = &delivery_time {
                rate["deliveryTime"] = time.clone();
            }
            rate
        })
        .collect()
}

fn delivery_time(shop: &Shop) -> Option<Value> {
    let DeliveryTime { handling, transit } = shop.profile().delivery_time;
    let times = [("handlingTime", handling), ("transitTime", transit)];
    let mut data = json!({ "@type": "ShippingDeliveryTime" });
    for (property, days) in times {
        if let Some(Days { min, max }) = days {
            data[property] = json!({
                "@type": "QuantitativeValue",
                "minValue": min,
                "maxValue": max,
                "unitCode": "DAY",
            });
        }
    }
    handling.or(transit).map(|_| data)
}

fn availability(available: Availability) -> &'static str {
    match available.sold_out() {
        true => "https://schema.org/OutOfStock",
        false => "https://schema.org/InStock",
    }
}
