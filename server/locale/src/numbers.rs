//! Numbers as CLDR writes them.

use std::sync::LazyLock;

use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_locale_core::Locale;

use crate::language::Language;

/// By [`Language::index`]. `None` if there is no data, which a test excludes.
static FORMATTERS: LazyLock<Vec<Option<DecimalFormatter>>> =
    LazyLock::new(|| Language::all().map(formatter).collect());

fn formatter(language: Language) -> Option<DecimalFormatter> {
    let locale: Locale = language.code().parse().ok()?;
    DecimalFormatter::try_new(locale.into(), Default::default()).ok()
}

/// Writes a number with all its decimals: `1.234,50` in German.
pub(crate) fn format(number: &Decimal, language: Language) -> String {
    match FORMATTERS.get(language.index()) {
        Some(Some(formatter)) => formatter.format(number).to_string(),
        _ => number.to_string(),
    }
}

impl Language {
    /// Writes a number of things: `1,234` in English, `1.234` in German.
    #[must_use]
    pub fn number(self, number: u64) -> String {
        format(&number.into(), self)
    }

    /// Writes a decimal number that is given with a point, such as `8.875`: `8,875` in German.
    /// Anything else is returned as it is.
    #[must_use]
    pub fn decimal(self, number: &str) -> String {
        match number.parse::<Decimal>() {
            Ok(parsed) => format(&parsed, self),
            Err(_) => number.to_owned(),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_number_keeps_its_decimals() {
        let german: Language = "de".parse().unwrap();
        assert_eq!(german.decimal("8.875"), "8,875");
        assert_eq!(german.decimal("19"), "19");
        assert_eq!(german.decimal("free"), "free");
    }

    #[test]
    fn every_language_has_data() {
        for language in Language::all() {
            let formatter = formatter(language);
            assert!(formatter.is_some(), "{language}");
        }
    }

    /// Separators of CLDR 48.2.0: cldr-numbers-full, `main/*/numbers.json`,
    /// `symbols-numberSystem-latn`; pattern `#,##0.###`, `minimumGroupingDigits` 1.
    #[test]
    fn numbers_are_written_as_cldr_defines() {
        for (code, group, minus) in [("en", ",", "-"), ("de", ".", "-"), ("fr", "\u{202f}", "-")] {
            let language: Language = code.parse().unwrap();
            assert_eq!(language.number(0), "0");
            assert_eq!(language.number(999), "999");
            assert_eq!(language.number(1234), format!("1{group}234"));
            let millions = format!("1{group}234{group}567");
            assert_eq!(language.number(1_234_567), millions);
            let negative = format(&Decimal::from(-1234), language);
            assert_eq!(negative, format!("{minus}1{group}234"));
        }
    }

    #[test]
    fn the_largest_number_has_all_its_digits() {
        let english: Language = "en".parse().unwrap();
        assert_eq!(english.number(u64::MAX), "18,446,744,073,709,551,615");
    }
}
