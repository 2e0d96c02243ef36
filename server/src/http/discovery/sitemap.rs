//! The sitemap (<https://www.sitemaps.org/protocol.html>): an index, and parts with the pages.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use locale::{Languages, paths};
use shop::Shop;
use shop::catalog::details;
use time::OffsetDateTime;

use super::xml::Document;
use super::{Unwritten, document};

/// The most addresses that a part may have.
const MAX_ADDRESSES: u64 = 50_000;
const KIND: &str = "application/xml; charset=utf-8";
const NAMESPACE: (&str, &str) = ("xmlns", "http://www.sitemaps.org/schemas/sitemap/0.9");

/// `GET /sitemap.xml`
pub async fn index(State(shop): State<Shop>) -> Response {
    document(KIND, write_index(&shop).await)
}

async fn write_index(shop: &Shop) -> Result<Vec<u8>, Unwritten> {
    let pages = details::count(&shop.database).await? + 1;
    let mut xml = Document::new("sitemapindex", &[NAMESPACE])?;
    for part in 1..=pages.div_ceil(pages_of_part(languages(shop))) {
        xml.open("sitemap", &[])?;
        let address = format!("{}/sitemaps/{part}.xml", shop.settings.public_url);
        xml.text("loc", &address)?;
        xml.close("sitemap")?;
    }
    Ok(xml.finish("sitemapindex")?)
}

/// `GET /sitemaps/{part}`, such as `/sitemaps/1.xml`
pub async fn part(State(shop): State<Shop>, Path(part): Path<String>) -> Response {
    let number = part.strip_suffix(".xml").and_then(|part| part.parse().ok());
    let Some(number) = number.filter(|number: &u64| (1..=10_000).contains(number)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match write_part(&shop, number).await {
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Ok(Some(xml)) => document(KIND, Ok(xml)),
        Err(error) => document(KIND, Err(error)),
    }
}

/// `None` if there is no such part.
async fn write_part(shop: &Shop, number: u64) -> Result<Option<Vec<u8>>, Unwritten> {
    let size = pages_of_part(languages(shop));
    // The first page of all is that of the shop.
    let (offset, limit) = match number {
        1 => (0, size - 1),
        number => ((number - 1) * size - 1, size),
    };
    let products = details::slugs(&shop.database, offset, limit).await?;
    if products.is_empty() && number > 1 {
        return Ok(None);
    }
    let namespaces = [NAMESPACE, ("xmlns:xhtml", "http://www.w3.org/1999/xhtml")];
    let mut xml = Document::new("urlset", &namespaces)?;
    if number == 1 {
        page(&mut xml, shop, "/", None)?;
    }
    for (slug, changed) in products {
        page(&mut xml, shop, &format!("/products/{slug}"), Some(changed))?;
    }
    Ok(Some(xml.finish("urlset")?))
}

/// A page in each of the shop's languages, each of which names all of them.
fn page(
    xml: &mut Document,
    shop: &Shop,
    path: &str,
    changed: Option<OffsetDateTime>,
) -> std::io::Result<()> {
    let languages = languages(shop);
    let address = |language| {
        let path = paths::localized(path, language, languages);
        format!("{}{path}", shop.settings.public_url)
    };
    for language in languages.iter() {
        xml.open("url", &[])?;
        xml.text("loc", &address(language))?;
        if let Some(changed) = changed {
            xml.text("lastmod", &changed.date().to_string())?;
        }
        if languages.are_several() {
            for other in languages.iter() {
                let address = address(other);
                let attributes = [
                    ("rel", "alternate"),
                    ("hreflang", other.code()),
                    ("href", address.as_str()),
                ];
                xml.empty("xhtml:link", &attributes)?;
            }
        }
        xml.close("url")?;
    }
    Ok(())
}

fn languages(shop: &Shop) -> &Languages {
    &shop.settings.languages
}

/// How many pages one part names, each in every language.
fn pages_of_part(languages: &Languages) -> u64 {
    MAX_ADDRESSES / (languages.iter().count() as u64).max(1)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_at_most_50_000_addresses() {
        assert_eq!(pages_of_part(&"en".parse().unwrap()), 50_000);
        assert_eq!(pages_of_part(&"en,de,fr".parse().unwrap()), 16_666);
    }
}
