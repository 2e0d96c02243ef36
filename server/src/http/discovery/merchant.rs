//! The products in Google Merchant's format, with an item for each variant
//! (<https://support.google.com/merchants/answer/7052112>).

use axum::extract::State;
use axum::response::Response;
use shop::Shop;
use shop::catalog::details::{self, FeedProduct};
use till_core::money::MinorUnit;
use till_core::view::{VariantView, full_name};

use super::xml::Document;
use super::{Unwritten, absolute, document};

/// The most characters of a title and of a description.
const MAX_TITLE: usize = 150;
const MAX_DESCRIPTION: usize = 5_000;
/// The most pictures beside the first.
const MAX_FURTHER_PICTURES: usize = 10;

/// `GET /feeds/products.xml`
pub async fn feed(State(shop): State<Shop>) -> Response {
    document("application/rss+xml; charset=utf-8", write(&shop).await)
}

async fn write(shop: &Shop) -> Result<Vec<u8>, Unwritten> {
    let namespace = ("xmlns:g", "http://base.google.com/ns/1.0");
    let mut xml = Document::new("rss", &[("version", "2.0"), namespace])?;
    xml.open("channel", &[])?;
    let profile = shop.profile();
    xml.text("title", &profile.name)?;
    xml.text("link", &shop.settings.public_url)?;
    xml.text("description", &profile.name)?;
    let language = shop.settings.languages.default_language();
    let mut after = None;
    loop {
        let (products, last) = details::feed_products(&shop.database, after, language).await?;
        for product in &products {
            for variant in &product.product.variants {
                item(&mut xml, shop, product, variant)?;
            }
        }
        match last {
            None => break,
            last => after = last,
        }
    }
    xml.close("channel")?;
    Ok(xml.finish("rss")?)
}

fn item(
    xml: &mut Document,
    shop: &Shop,
    feed: &FeedProduct,
    variant: &VariantView,
) -> std::io::Result<()> {
    let product = &feed.product;
    let Some(codes) = feed.codes.get(&variant.id) else {
        return Ok(());
    };
    let name = full_name(&product.name, &variant.name);
    let plain = shop::markdown::to_mail_text(&product.description, &shop.settings.public_url);
    let description = match plain.trim() {
        "" => name.as_str(),
        text => text,
    };
    let price = |amount: MinorUnit| {
        let currency = variant.price.currency;
        let code = currency.code().to_uppercase();
        format!("{} {code}", amount.of(currency).decimal())
    };
    xml.open("item", &[])?;
    xml.text("g:id", &codes.sku)?;
    xml.text("g:title", &beginning(&name, MAX_TITLE))?;
    xml.text("g:description", &beginning(description, MAX_DESCRIPTION))?;
    let address = format!("{}/products/{}", shop.settings.public_url, product.slug);
    xml.text("g:link", &address)?;
    let mut pictures = product.pictures.iter();
    if let Some(picture) = pictures.next() {
        xml.text("g:image_link", &absolute(shop, &picture.shared_address()))?;
    }
    for picture in pictures.take(MAX_FURTHER_PICTURES) {
        xml.text(
            "g:additional_image_link",
            &absolute(shop, &picture.shared_address()),
        )?;
    }
    let availability = match variant.available.sold_out() {
        true => "out_of_stock",
        false => "in_stock",
    };
    xml.text("g:availability", availability)?;
    match codes.regular_price {
        Some(regular) => {
            xml.text("g:price", &price(MinorUnit(regular)))?;
            xml.text("g:sale_price", &price(variant.price.amount))?;
        }
        None => xml.text("g:price", &price(variant.price.amount))?,
    }
    xml.text("g:condition", "new")?;
    if !feed.brand.is_empty() {
        xml.text("g:brand", &feed.brand)?;
    }
    if let Some(gtin) = &codes.gtin {
        xml.text("g:gtin", gtin)?;
    }
    if product.variants.len() > 1 {
        xml.text("g:item_group_id", &product.slug)?;
    }
    if !product.category.is_empty() {
        xml.text("g:product_type", &product.category)?;
    }
    xml.close("item")
}

fn beginning(text: &str, max_characters: usize) -> String {
    text.chars().take(max_characters).collect()
}
