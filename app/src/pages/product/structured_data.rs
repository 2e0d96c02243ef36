//! A product's page for search engines, in the words of <https://schema.org>.

use serde_json::{Value, json};
use shop::catalog::details::Details;
use till_core::view::{Availability, ProductView, VariantView};

use crate::pages::head::{absolute, summary};

/// The product with its offers. `origin` is the shop's, and `address` the page's.
pub fn product(product: &ProductView, details: &Details, origin: &str, address: &str) -> Value {
    let pictures: Vec<String> = product
        .pictures
        .iter()
        .map(|picture| absolute(origin, &picture.shared_address()))
        .collect();
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "url": address,
        "image": pictures,
        "offers": offers(product, details, address),
    });
    let description = summary(&product.description);
    if !description.is_empty() {
        data["description"] = description.into();
    }
    if !details.brand.is_empty() {
        data["brand"] = json!({ "@type": "Brand", "name": details.brand });
    }
    data
}

/// The way from the first page to the product, as pairs of names and addresses.
pub fn breadcrumbs(steps: &[(&str, String)]) -> Value {
    let items: Vec<Value> = (1..)
        .zip(steps)
        .map(|(position, (name, address))| {
            json!({
                "@type": "ListItem", "position": position, "name": name, "item": address,
            })
        })
        .collect();
    json!({
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": items,
    })
}

/// One offer, or a range of prices of one currency, or else each offer.
fn offers(product: &ProductView, details: &Details, address: &str) -> Value {
    let offers: Vec<Value> = product
        .variants
        .iter()
        .map(|variant| offer(variant, details, address))
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
    }
    offer
}

fn availability(available: Availability) -> &'static str {
    match available.sold_out() {
        true => "https://schema.org/OutOfStock",
        false => "https://schema.org/InStock",
    }
}
