//! The languages that there are, and those that a shop has chosen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a folder of `app/locales` contains.
pub(crate) struct LanguageData {
    /// The folder's name.
    pub(crate) code: &'static str,
    /// The locale whose dates and times are used, such as `en-GB`.
    pub(crate) dates_locale: &'static str,
    /// CLDR's pattern of amounts, with `¤` for the currency's symbol.
    pub(crate) standard: &'static str,
    /// The pattern if a letter of the symbol is next to the number.
    pub(crate) alpha_next_to_number: &'static str,
    /// The currencies with a symbol other than their code: lower-case codes and symbols.
    pub(crate) symbols: &'static [(&'static str, &'static str)],
    /// Codes and names of the countries that a shop can deliver to.
    pub(crate) countries: &'static [(&'static str, &'static str)],
    /// The Fluent files.
    pub(crate) sources: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// A language that the shop's own texts are written in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(u8);

/// The text is not the code of a language that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown language")]
pub struct UnknownLanguage;

impl Language {
    /// All languages, sorted by code.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).take(LANGUAGES.len()).map(Self)
    }

    /// The code, such as `de`: the value of `lang`, `hreflang` and Stripe's `locale`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.data().code
    }

    /// The language of a message that is not translated.
    pub(crate) fn source() -> Self {
        Self(SOURCE_LANGUAGE)
    }

    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    pub(crate) fn data(self) -> &'static LanguageData {
        &LANGUAGES[self.index()]
    }
}

/// The language of a message that is not translated.
impl Default for Language {
    fn default() -> Self {
        Self::source()
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Parses a code exactly as [`Language::code`] spells it.
impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(code: &str) -> Result<Self, UnknownLanguage> {
        Self::all()
            .find(|language| language.code() == code)
            .ok_or(UnknownLanguage)
    }
}

impl TryFrom<String> for Language {
    type Error = UnknownLanguage;

    fn try_from(code: String) -> Result<Self, UnknownLanguage> {
        code.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.code().to_owned()
    }
}

/// The languages of a shop: at least one, none twice, the default first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Languages {
    default: Language,
    others: Vec<Language>,
}

/// Why a list of languages is invalid, as the end of a sentence about the setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLanguages {
    /// The list is empty, or has an empty entry.
    #[error("must name languages, separated by commas and the default first, such as en,de")]
    Empty,
    /// A code is of no language that there is.
    #[error("must name languages of {}, not \"{unknown}\"", all_codes())]
    Unknown {
        /// As it was written.
        unknown: String,
    },
    /// A language is named twice.
    #[error("must name each language once, not {0} twice")]
    Duplicate(Language),
}

fn all_codes() -> String {
    let codes: Vec<&str> = Language::all().map(Language::code).collect();
    codes.join(", ")
}

impl Languages {
    /// The language of pages without a prefix.
    #[must_use]
    pub fn default_language(&self) -> Language {
        self.default
    }

    /// All languages, the default first.
    pub fn iter(&self) -> impl Iterator<Item = Language> {
        std::iter::once(self.default).chain(self.others.iter().copied())
    }

    /// The language with this code, if it is one of the shop's.
    #[must_use]
    pub fn named(&self, code: &str) -> Option<Language> {
        self.iter().find(|language| language.code() == code)
    }

    /// Whether there is a choice.
    #[must_use]
    pub fn are_several(&self) -> bool {
        !self.others.is_empty()
    }
}

/// A single language, without a choice.
impl From<Language> for Languages {
    fn from(language: Language) -> Self {
        Self {
            default: language,
            others: Vec::new(),
        }
    }
}

/// Parses a list such as `en,de`.
impl FromStr for Languages {
    type Err = InvalidLanguages;

    fn from_str(list: &str) -> Result<Self, InvalidLanguages> {
        let mut codes = list.split(',').map(parse_code);
        let mut languages = Self::from(codes.next().unwrap_or(Err(InvalidLanguages::Empty))?);
        for language in codes {
            let language = language?;
            if languages.iter().any(|known| known == language) {
                return Err(InvalidLanguages::Duplicate(language));
            }
            languages.others.push(language);
        }
        Ok(languages)
    }
}

fn parse_code(code: &str) -> Result<Language, InvalidLanguages> {
    match code.trim() {
        "" => Err(InvalidLanguages::Empty),
        code => code
            .parse()
            .map_err(|UnknownLanguage| InvalidLanguages::Unknown {
                unknown: code.to_owned(),
            }),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_language_of_the_list_is_the_default() {
        let languages: Languages = "de, en".parse().unwrap();
        assert_eq!(languages.default_language().code(), "de");
        let codes: Vec<&str> = languages.iter().map(Language::code).collect();
        assert_eq!(codes, ["de", "en"]);
        assert!(languages.are_several());
        assert_eq!(languages.named("en"), "en".parse().ok());
        assert_eq!(languages.named("fr"), None);
        assert!(!"fr".parse::<Languages>().unwrap().are_several());
    }

    #[test]
    fn an_invalid_list_is_refused_with_a_sentence() {
        let refusal = |list: &str| list.parse::<Languages>().unwrap_err().to_string();
        let names_some = "must name languages, separated by commas and the default first, such \
                          as en,de";
        for empty in ["", " ", ",", "en,", "en,,de"] {
            assert_eq!(refusal(empty), names_some, "{empty}");
        }
        assert_eq!(
            refusal("en,de,en"),
            "must name each language once, not en twice"
        );
        for unknown in ["xx", "EN", "en-GB", "en;de", "english", "../en"] {
            let sentence = format!("must name languages of {}, not \"{unknown}\"", all_codes());
            assert_eq!(refusal(unknown), sentence);
        }
    }

    #[test]
    fn a_language_is_stored_as_its_code() {
        let german: Language = "de".parse().unwrap();
        assert_eq!(serde_json::to_string(&german).unwrap(), r#""de""#);
        assert_eq!(serde_json::from_str::<Language>(r#""de""#).unwrap(), german);
        assert!(serde_json::from_str::<Language>(r#""xx""#).is_err());
    }

    proptest! {
        #[test]
        fn any_list_is_parsed_or_refused(list in ".{0,40}") {
            if let Ok(languages) = list.parse::<Languages>() {
                prop_assert!(languages.iter().count() <= Language::all().count());
            }
        }
    }
}
