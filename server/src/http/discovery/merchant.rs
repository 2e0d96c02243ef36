//! The products in Google Merchant's format, with an item for each variant
//! (<https://support.google.com/merchants/answer/7052112>), in each of the shop's languages.

use std::io;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use locale::{Language, paths};
use shop::Shop;
use shop::catalog::details::{self, Codes, FeedProduct};
use shop::checkout::options::Parcel;
use shop::delivery_time::{Days, DeliveryTime};
use till_core::money::Money;
use till_core::sale::Sale;
use till_core::unit_price::{Content, ContentUnit, ReferenceUnit};
use till_core::view::{VariantView, full_name};
use time::format_description::well_known::Rfc3339;

use super::xml::Document;
use super::{Unwritten, absolute, document};

/// The most characters of a title, a description and a brand.
const MAX_TITLE: usize = 150;
const MAX_DESCRIPTION: usize = 5_000;
const MAX_BRAND: usize = 70;
/// The most pictures beside the first.
const MAX_FURTHER_PICTURES: usize = 10;
/// The most shipping costs of an item. An owner who ships to more countries enters the costs at
/// Google for all items.
const MAX_SHIPPING: usize = 100;

/// `GET /feeds/products.xml`
pub async fn feed(State(shop): State<Shop>, Extension(language): Extension<Language>) -> Response {
    let written = write(&shop, language).await;
    document("application/rss+xml; charset=utf-8", written)
}

async fn write(shop: &Shop, language: Language) -> Result<Vec<u8>, Unwritten> {
    let namespace = ("xmlns:g", "http://base.google.com/ns/1.0");
    let mut xml = Document::new("rss", &[("version", "2.0"), namespace])?;
    xml.open("channel", &[])?;
    let profile = shop.profile();
    xml.text("title", &profile.name)?;
    xml.text("link", &address(shop, language, "/"))?;
    xml.text("description", &profile.name)?;
    xml.text("language", language.code())?;
    let mut after = None;
    loop {
        let (products, last) = details::feed_products(&shop.database, after, language).await?;
        for product in &products {
            for variant in &product.product.variants {
                // Without codes, it was put on sale since the products were read.
                if let Some(codes) = product.codes.get(&variant.id) {
                    xml.open("item", &[])?;
                    item(&mut xml, shop, language, product, variant, codes)?;
                    xml.close("item")?;
                }
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
    language: Language,
    feed: &FeedProduct,
    variant: &VariantView,
    codes: &Codes,
) -> io::Result<()> {
    let product = &feed.product;
    let name = full_name(&product.name, &variant.name);
    let plain = shop::markdown::to_mail_text(&product.description, &shop.settings.public_url);
    let description = match plain.trim() {
        "" => name.as_str(),
        text => text,
    };
    xml.text("g:id", &codes.sku)?;
    xml.text("g:title", &beginning(&name, MAX_TITLE))?;
    xml.text("g:description", &beginning(description, MAX_DESCRIPTION))?;
    let page = address(shop, language, &format!("/products/{}", product.slug));
    xml.text("g:link", &page)?;
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
    prices(xml, variant, codes)?;
    xml.text("g:condition", "new")?;
    if !feed.brand.is_empty() {
        xml.text("g:brand", &beginning(&feed.brand, MAX_BRAND))?;
    }
    match &codes.gtin {
        Some(gtin) => xml.text("g:gtin", gtin)?,
        // Google wants a GTIN, or a brand with the manufacturer's part number, which the shop does
        // not know: an SKU is the owner's (<https://support.google.com/merchants/answer/6324478>).
        None => xml.text("g:identifier_exists", "no")?,
    }
    if product.variants.len() > 1 {
        xml.text("g:item_group_id", &product.slug)?;
    }
    if !product.category.is_empty() {
        xml.text("g:product_type", &product.category)?;
    }
    shipping(xml, shop, variant, codes)
}

/// The price, and what the law wants beside it. A price is called reduced only where the page does,
/// and compared with the same prior price.
fn prices(xml: &mut Document, variant: &VariantView, codes: &Codes) -> io::Result<()> {
    match variant.reduction {
        Some(reduction) => {
            xml.text("g:price", &amount(reduction.prior_price))?;
            xml.text("g:sale_price", &amount(variant.price))?;
            if let Some(period) = codes.sale.and_then(period) {
                xml.text("g:sale_price_effective_date", &period)?;
            }
        }
        None => xml.text("g:price", &amount(variant.price))?,
    }
    if let Some(content) = codes.content {
        xml.text("g:unit_pricing_measure", &measure(content))?;
    }
    if let Some(unit_price) = variant.unit_price {
        let base = format!("1 {}", reference(unit_price.unit));
        xml.text("g:unit_pricing_base_measure", &base)?;
    }
    Ok(())
}

/// When the sale begins and ends. `None` if one of them is not known.
fn period(sale: Sale) -> Option<String> {
    let begins = sale.begins?.format(&Rfc3339).ok()?;
    let ends = sale.ends?.format(&Rfc3339).ok()?;
    Some(format!("{begins}/{ends}"))
}

/// What each way of shipping one unit costs to each country, and how long it takes.
fn shipping(
    xml: &mut Document,
    shop: &Shop,
    variant: &VariantView,
    codes: &Codes,
) -> io::Result<()> {
    let settings = shop.owner_settings();
    let Some(shipping) = &settings.checkout.options.shipping else {
        return Ok(());
    };
    let shipping = shipping.for_parcel(Parcel {
        subtotal: variant.price.amount,
        grams: codes.weight_grams.unwrap_or(0),
    });
    let choices = shipping.choices();
    if shipping.countries.len() * choices.len() > MAX_SHIPPING {
        return Ok(());
    }
    for country in &shipping.countries {
        for (name, cost) in &choices {
            xml.open("g:shipping", &[])?;
            xml.text("g:country", country.code())?;
            if !name.is_empty() {
                xml.text("g:service", name)?;
            }
            xml.text("g:price", &amount(cost.of(variant.price.currency)))?;
            delivery_time(xml, shop.profile().delivery_time)?;
            xml.close("g:shipping")?;
        }
    }
    Ok(())
}

fn delivery_time(xml: &mut Document, time: DeliveryTime) -> io::Result<()> {
    if let Some(Days { min, max }) = time.handling {
        xml.text("g:min_handling_time", &min.to_string())?;
        xml.text("g:max_handling_time", &max.to_string())?;
    }
    if let Some(Days { min, max }) = time.transit {
        xml.text("g:min_transit_time", &min.to_string())?;
        xml.text("g:max_transit_time", &max.to_string())?;
    }
    Ok(())
}

fn address(shop: &Shop, language: Language, path: &str) -> String {
    let path = paths::localized(path, language, &shop.settings.languages);
    format!("{}{path}", shop.settings.public_url)
}

fn amount(money: Money) -> String {
    format!(
        "{} {}",
        money.decimal(),
        money.currency.code().to_uppercase()
    )
}

/// How much a unit contains, by Google's names of units: `750 ml`, `0.5 kg`.
fn measure(content: Content) -> String {
    let unit = match content.unit {
        ContentUnit::SquareMetre => "sqm",
        ContentUnit::CubicMetre => "cbm",
        ContentUnit::Item => "ct",
        other => other.symbol(),
    };
    let (whole, part) = (content.thousandths / 1000, content.thousandths % 1000);
    let number = match part {
        0 => whole.to_string(),
        part => format!("{whole}.{part:03}")
            .trim_end_matches('0')
            .to_owned(),
    };
    format!("{number} {unit}")
}

fn reference(unit: ReferenceUnit) -> &'static str {
    match unit {
        ReferenceUnit::Kilogram => "kg",
        ReferenceUnit::Litre => "l",
        ReferenceUnit::Metre => "m",
        ReferenceUnit::SquareMetre => "sqm",
        ReferenceUnit::CubicMetre => "cbm",
        ReferenceUnit::Item => "ct",
    }
}

fn beginning(text: &str, max_characters: usize) -> String {
    text.chars().take(max_characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_decimal_numbers_with_googles_units() {
        for (thousandths, unit, written) in [
            (750_000, ContentUnit::Millilitre, "750 ml"),
            (500, ContentUnit::Kilogram, "0.5 kg"),
            (1_005, ContentUnit::Litre, "1.005 l"),
            (2_000, ContentUnit::SquareMetre, "2 sqm"),
            (12_000, ContentUnit::Item, "12 ct"),
        ] {
            assert_eq!(measure(Content { thousandths, unit }), written);
        }
    }
}
