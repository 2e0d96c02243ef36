//! The languages that the admin is written in.

use locale::{Language, Languages};

/// The codes of the languages that have files `admin*.ftl`, the default one first.
const CODES: &str = "en,de";

/// The languages that the admin is written in.
#[must_use]
pub fn languages() -> Languages {
    let languages = CODES.parse();
    languages.unwrap_or_else(|_| Language::default().into())
}

/// The language of the admin for readers of another one.
#[must_use]
pub fn nearest(language: Language) -> Language {
    let languages = languages();
    languages
        .named(language.code())
        .unwrap_or(languages.default_language())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_admin_is_in_english_and_german() {
        let codes: Vec<_> = languages().iter().map(Language::code).collect();
        assert_eq!(codes, ["en", "de"]);
        let french = Language::all().find(|language| language.code() == "fr");
        assert_eq!(french.map(nearest).map(Language::code), Some("en"));
    }
}
