//! The language of the page that is rendered.

use std::sync::Arc;

use leptos::prelude::*;
use locale::{Language, Languages, Texts, paths};
use shop::country::Country;

/// The languages of the shop, and that of the request. Provided as context of every page.
#[derive(Clone, Debug)]
struct PageLanguage {
    language: Language,
    languages: Arc<Languages>,
}

/// Provides the language of the request, which the server has found in its path, as context.
pub fn provide_language(shop: &shop::Shop) {
    let languages = &shop.settings.languages;
    let requested = use_context::<http::request::Parts>()
        .and_then(|parts| parts.extensions.get::<Language>().copied());
    provide_context(PageLanguage {
        language: requested.unwrap_or(languages.default_language()),
        languages: Arc::clone(languages),
    });
}

/// The language of the page.
pub fn language() -> Language {
    // Leptos renders `App` once without any context to list the routes.
    with_context(|page: &PageLanguage| page.language).unwrap_or_default()
}

/// The name of a country in the language of the page.
pub fn country_name(country: Country) -> &'static str {
    let name = language().country(country.code());
    name.unwrap_or(country.name())
}

/// The texts in the language of the page.
pub fn texts() -> Texts {
    Texts::of(language())
}

/// Returns the address of one of the shop's pages, such as `/products/mug`, in the language of this
/// page.
pub fn localized(path: &str) -> String {
    with_context(|page: &PageLanguage| paths::localized(path, page.language, &page.languages))
        .unwrap_or_else(|| path.to_owned())
}

/// Returns the address of one of the shop's pages in another of its languages.
pub fn localized_in(path: &str, language: Language) -> String {
    with_context(|page: &PageLanguage| paths::localized(path, language, &page.languages))
        .unwrap_or_else(|| path.to_owned())
}

/// The path of one of the shop's pages in each of these languages, with the language's code, and
/// that for other languages (`x-default`). Empty if there is only one.
pub fn alternates(path: &str, written: &[Language]) -> Vec<(&'static str, String)> {
    let Some(PageLanguage { languages, .. }) = use_context::<PageLanguage>() else {
        return Vec::new();
    };
    let [first, _, ..] = written else {
        return Vec::new();
    };
    let all = written.iter().map(|language| {
        let path = paths::localized(path, *language, &languages);
        (language.code(), path)
    });
    let other = paths::localized(path, *first, &languages);
    all.chain([("x-default", other)]).collect()
}

/// The shop's languages, and for each the address that switches this page to it. Empty if there is
/// only one.
pub fn switch() -> Vec<(Language, String)> {
    let (Some(page), Some(request)) = (
        use_context::<PageLanguage>(),
        use_context::<http::request::Parts>(),
    ) else {
        return Vec::new();
    };
    if !page.languages.are_several() {
        return Vec::new();
    }
    // Without the language's prefix, which the server has removed.
    let here = request
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let here = as_parameter(here);
    let languages = page.languages.iter();
    languages
        .map(|language| (language, format!("/language/{language}?to={here}")))
        .collect()
}

/// Encodes a path and query of a request, which is ASCII, as the value of a parameter.
fn as_parameter(address: &str) -> String {
    let mut encoded = String::with_capacity(address.len());
    for character in address.chars() {
        match character {
            '%' => encoded.push_str("%25"),
            '&' => encoded.push_str("%26"),
            '+' => encoded.push_str("%2B"),
            '?' => encoded.push_str("%3F"),
            other => encoded.push(other),
        }
    }
    encoded
}
