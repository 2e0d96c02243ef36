//! The policies that a confirmed order repeats on a durable medium: the terms, and the right of
//! withdrawal with its form (Directive 2011/83/EU, Article 8(7)).

use sea_orm::DbErr;

use super::one_line;
use super::templates::PolicyText;
use crate::Shop;
use crate::markdown;
use crate::policy::{self, PolicySlug};

/// Reads these policies in the language with this code, or in the shop's default language. Those
/// that the shop does not have are left out.
pub(super) async fn of_order(shop: &Shop, language: &str) -> Result<Vec<PolicyText>, DbErr> {
    let languages = &shop.settings.languages;
    let default = languages.default_language();
    let wanted = [languages.named(language).unwrap_or(default), default];
    let public_url = &shop.settings.public_url;
    let mut texts = Vec::new();
    for slug in [PolicySlug::Terms, PolicySlug::Withdrawal] {
        let Some(found) = policy::find(&shop.database, slug, &wanted).await? else {
            continue;
        };
        texts.push(PolicyText {
            language: found.language.code(),
            title: one_line(&found.title),
            text: markdown::to_mail_text(&found.markdown, public_url),
            html: markdown::to_mail_html(&found.markdown, public_url),
        });
    }
    Ok(texts)
}
