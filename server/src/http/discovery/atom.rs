//! The products as an Atom feed (RFC 4287), for feed readers, in each of the shop's languages.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use locale::{Language, paths};
use shop::Shop;
use shop::catalog::details;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::xml::Document;
use super::{Unwritten, document};

/// `GET /feeds/products.atom`
pub async fn feed(State(shop): State<Shop>, Extension(language): Extension<Language>) -> Response {
    let written = write(&shop, language).await;
    document("application/atom+xml; charset=utf-8", written)
}

async fn write(shop: &Shop, language: Language) -> Result<Vec<u8>, Unwritten> {
    let origin = &shop.settings.public_url;
    let address = |path: &str| {
        let path = paths::localized(path, language, &shop.settings.languages);
        format!("{origin}{path}")
    };
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
    let namespace = ("xmlns", "http://www.w3.org/2005/Atom");
    let mut xml = Document::new("feed", &[namespace, ("xml:lang", language.code())])?;
    let own = address("/feeds/products.atom");
    xml.text("id", &own)?;
    let profile = shop.profile();
    xml.text("title", &profile.name)?;
    xml.text("updated", &timestamp(newest))?;
    xml.empty("link", &[("rel", "self"), ("href", own.as_str())])?;
    xml.empty("link", &[("href", address("/").as_str())])?;
    xml.open("author", &[])?;
    xml.text("name", &profile.name)?;
    xml.close("author")?;
    for (slug, name, description, updated_at) in entries {
        let page = address(&format!("/products/{slug}"));
        xml.open("entry", &[])?;
        xml.text("id", &page)?;
        xml.text("title", &name)?;
        xml.empty("link", &[("href", page.as_str())])?;
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
