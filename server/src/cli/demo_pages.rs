//! The policies of the demo shop, embedded like its products. Each says that it is an example.

use locale::Language;
use shop::policy::{Policy, PolicySlug};

macro_rules! page {
    ($language:literal, $slug:ident, $file:literal) => {
        (
            $language,
            PolicySlug::$slug,
            include_str!(concat!("../../demo/pages/", $language, "/", $file, ".md")),
        )
    };
}

const PAGES: [(&str, PolicySlug, &str); 12] = [
    page!("en", Imprint, "imprint"),
    page!("en", Terms, "terms"),
    page!("en", Privacy, "privacy"),
    page!("en", Withdrawal, "withdrawal"),
    page!("en", Shipping, "shipping"),
    page!("en", Accessibility, "accessibility"),
    page!("de", Imprint, "imprint"),
    page!("de", Terms, "terms"),
    page!("de", Privacy, "privacy"),
    page!("de", Withdrawal, "withdrawal"),
    page!("de", Shipping, "shipping"),
    page!("de", Accessibility, "accessibility"),
];

/// All of them.
pub(super) fn demo_pages() -> anyhow::Result<Vec<Policy>> {
    let pages = PAGES.iter().map(|(language, slug, text)| {
        let language: Language = language.parse()?;
        Ok(Policy::parse(*slug, language, text)?)
    });
    pages.collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use shop::policy::PLACEHOLDERS;

    use super::*;

    #[test]
    fn every_page_of_the_demo_says_that_it_is_an_example() {
        let pages = demo_pages().unwrap();
        assert_eq!(pages.len(), PAGES.len());
        for page in pages {
            let mark = match page.language.code() {
                "de" => "> **Beispiel.**",
                _ => "> **Example.**",
            };
            assert!(page.markdown.starts_with(mark), "{page:?}");
            // So that `till doctor` finds it.
            assert!(PLACEHOLDERS.contains(&mark), "{mark}");
        }
    }
}
