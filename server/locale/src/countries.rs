//! Names of countries as CLDR defines them.

use crate::language::Language;

impl Language {
    /// The name of the country with this ISO 3166-1 alpha-2 code in upper case, if a shop can
    /// deliver to it: `Germany`, `Deutschland`.
    #[must_use]
    pub fn country(self, code: &str) -> Option<&'static str> {
        let mut countries = self.data().countries.iter();
        let country = countries.find(|(known, _)| *known == code);
        country.map(|(_, name)| *name)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_country_has_a_name_in_every_language() {
        let name = |code: &str, country: &str| code.parse::<Language>().unwrap().country(country);
        assert_eq!(name("en", "DE"), Some("Germany"));
        assert_eq!(name("de", "DE"), Some("Deutschland"));
        assert_eq!(name("fr", "DE"), Some("Allemagne"));
        for language in Language::all() {
            let english = Language::source().data().countries.iter();
            for (code, _) in english {
                let name = language.country(code).unwrap_or_default();
                assert!(!name.is_empty(), "{language}: {code}");
            }
            for unknown in ["", "de", "XX", "DEU"] {
                assert_eq!(language.country(unknown), None);
            }
        }
    }
}
