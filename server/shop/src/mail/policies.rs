//! The policies that a confirmed order repeats on a durable medium: the terms, and the right of
//! withdrawal with its form (Directive 2011/83/EU, Article 8(7)).

use locale::{Language, paths};
use sea_orm::DbErr;

use super::one_line;
use super::shopper_templates::PolicyText;
use crate::Shop;
use crate::contact::ContactLink;
use crate::markdown;
use crate::policy::{self, PolicySlug};

/// Links to all policies in this language, or else in the shop's default language; without those
/// that the shop's own links lead to.
pub(super) fn links(shop: &Shop, language: Language) -> Vec<ContactLink> {
    let languages = &shop.settings.languages;
    let (current, public_url) = (shop.live.current(), &shop.settings.public_url);
    let policies = current.policies_in(&[language, languages.default_language()]);
    let own = &current.profile.contact.links;
    let links = policies.into_iter().filter_map(|policy| {
        let path = format!("/pages/{}", policy.slug);
        let url = format!("{public_url}{path}");
        let is_linked = own.iter().any(|link| link.url == path || link.url == url);
        (!is_linked).then(|| ContactLink {
            label: one_line(&policy.title),
            url: format!(
                "{public_url}{}",
                paths::localized(&path, language, languages)
            ),
        })
    });
    links.collect()
}

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
