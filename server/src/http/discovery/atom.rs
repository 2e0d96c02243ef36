//! The products as an Atom feed (RFC 4287), for feed readers.

use axum::extract::State;
use axum::response::Response;
use shop::Shop;
use shop::catalog::details;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::xml::Document;
use super::{Unwritten, document};

/// `GET /feeds/products.atom`
pub async fn feed(State(shop): State<Shop>) -> Response {
    document("application/atom+xml; charset=utf-8", write(&shop).await)
}

async fn write(shop: &Shop) -> Result<Vec<u8>, Unwritten> {
    let origin = &shop.settings.public_url;
    let language = shop.settings.languages.default_language();
    let mut entries = Vec::new();
    let mut after = None;
    let mut newest = OffsetDateTime::UNIX_EPOCH;
    loop {
        let (products, last) = details::feed_products(&shop.database, after, language).await?;
        for found in products {
            newest = newest.max(found.updated_at);
            let product = found.product;
            entries.push((
                product.slug,
                product.name,
                product.description,
                found.updated_at,
            ));
        }
        match last {
            None => break,
            last => after = last,
        }
    }
    let mut xml = Document::new("feed", &[("xmlns", "http://www.w3.org/2005/Atom")])?;
    let address = format!("{origin}/feeds/products.atom");
    xml.text("id", &address)?;
    let profile = shop.profile();
    xml.text("title", &profile.name)?;
    xml.text("updated", &timestamp(newest))?;
    xml.empty("link", &[("rel", "self"), ("href", address.as_str())])?;
    xml.empty("link", &[("href", origin.as_str())])?;
    xml.open("author", &[])?;
    xml.text("name", &profile.name)?;
    xml.close("author")?;
    for (slug, name, description, updated_at) in entries {
        let address = format!("{origin}/products/{slug}");
        xml.open("entry", &[])?;
        xml.text("id", &address)?;
        xml.text("title", &name)?;
        xml.empty("link", &[("href", address.as_str())])?;
        xml.text("updated", &timestamp(updated_at))?;
        xml.text(
            "summary",
            &shop::markdown::to_mail_text(&description, origin),
        )?;
        xml.close("entry")?;
    }
    Ok(xml.finish("feed")?)
}

fn timestamp(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}
