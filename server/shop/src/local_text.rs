//! A text of the owner that each language may have its own of.

use std::collections::BTreeMap;

use locale::Language;

/// A text of the owner: one for all languages, and others for single ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalText {
    /// In the shop's default language.
    everywhere: Option<String>,
    by_language: BTreeMap<Language, String>,
}

impl LocalText {
    /// A text without others for single languages.
    #[must_use]
    pub fn everywhere(text: String) -> Self {
        Self {
            everywhere: Some(text),
            by_language: BTreeMap::new(),
        }
    }

    /// Replaces the text of one language, or the one for all, by that of `other` for all.
    pub(crate) fn add(&mut self, language: Option<Language>, other: Self) {
        let Some(text) = other.everywhere else {
            return;
        };
        match language {
            Some(language) => {
                self.by_language.insert(language, text);
            }
            None => self.everywhere = Some(text),
        }
    }

    /// The text in a language, else the one for all languages or in the default language. Also
    /// returns the language that it is written in.
    #[must_use]
    pub fn get(&self, language: Language, default: Language) -> Option<(&str, Language)> {
        let own = |language| Some((self.by_language.get(&language)?.as_str(), language));
        let everywhere = || Some((self.everywhere.as_deref()?, default));
        own(language).or_else(everywhere).or_else(|| own(default))
    }
}
