//! The sitemap (<https://www.sitemaps.org/protocol.html>): an index, and parts with the pages.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use locale::{Language, Languages, paths};
use shop::Shop;
use shop::catalog::{details, listing};
use shop::policy::PolicySlug;
use strum::IntoEnumIterator;
use time::OffsetDateTime;

use super::xml::Document;
use super::{Unwritten, document};

/// The most addresses that a part may have.
const MAX_ADDRESSES: usize = 50_000;
const KIND: &str = "application/xml; charset=utf-8";
const NAMESPACE: (&str, &str) = ("xmlns", "http://www.sitemaps.org/schemas/sitemap/0.9");

/// A page that search engines should know.
struct Page {
    /// Its path without a language's prefix.
    path: String,
    /// When it changed last, if that is known.
    changed: Option<OffsetDateTime>,
    /// The languages that it is written in.
    languages: Vec<Language>,
}

/// `GET /sitemap.xml`
pub async fn index(State(shop): State<Shop>) -> Response {
    document(KIND, write_index(&shop).await)
}

async fn write_index(shop: &Shop) -> Result<Vec<u8>, Unwritten> {
    let products = details::count(&shop.database).await?;
    let products = usize::try_from(products).unwrap_or(usize::MAX);
    let pages = products.saturating_add(pages_before_products(shop).await?.len());
    let mut xml = Document::new("sitemapindex", &[NAMESPACE])?;
    for part in 1..=pages.div_ceil(pages_of_part(&shop.settings.languages)) {
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
    let Some(number) = number.filter(|number: &usize| (1..=10_000).contains(number)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match write_part(&shop, number).await {
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Ok(Some(xml)) => document(KIND, Ok(xml)),
        Err(error) => document(KIND, Err(error)),
    }
}

/// `None` if there is no such part.
async fn write_part(shop: &Shop, number: usize) -> Result<Option<Vec<u8>>, Unwritten> {
    let size = pages_of_part(&shop.settings.languages);
    let skipped = (number - 1) * size;
    let before = pages_before_products(shop).await?;
    let offset = skipped.saturating_sub(before.len());
    let mut pages: Vec<Page> = before.into_iter().skip(skipped).take(size).collect();
    let limit = size - pages.len();
    let products = details::slugs(&shop.database, offset as u64, limit as u64).await?;
    let all: Vec<Language> = shop.settings.languages.iter().collect();
    pages.extend(products.into_iter().map(|(slug, changed)| Page {
        path: format!("/products/{slug}"),
        changed: Some(changed),
        languages: all.clone(),
    }));
    if pages.is_empty() {
        return Ok(None);
    }
    let namespaces = [NAMESPACE, ("xmlns:xhtml", "http://www.w3.org/1999/xhtml")];
    let mut xml = Document::new("urlset", &namespaces)?;
    for page in pages {
        write_page(&mut xml, shop, &page)?;
    }
    Ok(Some(xml.finish("urlset")?))
}

/// The front page, categories with products, and policies.
async fn pages_before_products(shop: &Shop) -> Result<Vec<Page>, Unwritten> {
    let all: Vec<Language> = shop.settings.languages.iter().collect();
    let mut pages = vec![Page {
        path: "/".to_owned(),
        changed: None,
        languages: all.clone(),
    }];
    for category in listing::categories(shop.database.reader()).await? {
        pages.push(Page {
            path: format!("/categories/{}", category.slug),
            changed: None,
            languages: all.clone(),
        });
    }
    let current = shop.live.current();
    for slug in PolicySlug::iter() {
        let versions = current.policies.iter().filter(|policy| policy.slug == slug);
        pages.push(Page {
            path: format!("/pages/{slug}"),
            changed: versions.map(|policy| policy.updated_at).max(),
            languages: current.languages_of(slug),
        });
    }
    if current.profile.law.eu_rules_apply() {
        pages.push(Page {
            path: "/pages/guarantee".to_owned(),
            changed: None,
            languages: current.languages_of_guarantee(),
        });
    }
    pages.retain(|page| !page.languages.is_empty());
    Ok(pages)
}

/// A page in each of its languages, each of which names all of them.
fn write_page(xml: &mut Document, shop: &Shop, page: &Page) -> std::io::Result<()> {
    let address = |language| {
        let path = paths::localized(&page.path, language, &shop.settings.languages);
        format!("{}{path}", shop.settings.public_url)
    };
    for language in &page.languages {
        xml.open("url", &[])?;
        xml.text("loc", &address(*language))?;
        if let Some(changed) = page.changed {
            xml.text("lastmod", &changed.date().to_string())?;
        }
        if page.languages.len() > 1 {
            for other in &page.languages {
                let address = address(*other);
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

/// How many pages one part names, each in every language.
fn pages_of_part(languages: &Languages) -> usize {
    MAX_ADDRESSES / languages.iter().count().max(1)
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
