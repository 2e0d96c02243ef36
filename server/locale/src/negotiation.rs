//! Which of the shop's languages a browser asks for.
//!
//! `Accept-Language` is defined in RFC 9110, section 12.5.4, and how its ranges match languages in
//! RFC 4647. `fluent-langneg` ignores the weights.

use crate::language::{Language, Languages};

/// Ranges after these are ignored. Browsers send a handful.
const MAX_RANGES: usize = 100;

/// One range of the header: `de-CH;q=0.8`.
struct Range<'a> {
    tag: &'a str,
    /// In thousandths; zero excludes the language.
    weight: u16,
}

/// Returns the language that the header `Accept-Language` prefers, or `None` if it accepts none of
/// them. What is malformed in it is ignored.
#[must_use]
pub fn negotiate(header: &str, languages: &Languages) -> Option<Language> {
    let ranges: Vec<Range<'_>> = header
        .split(',')
        .take(MAX_RANGES)
        .filter_map(parse_range)
        .collect();
    let mut best: Option<(Language, Preference)> = None;
    for language in languages.iter() {
        let preference = preference(language, &ranges);
        if let Some(preference) = preference
            && best.is_none_or(|(_, best)| preference.is_above(best))
        {
            best = Some((language, preference));
        }
    }
    best.map(|(language, _)| language)
}

/// How much a language is wanted.
#[derive(Clone, Copy)]
struct Preference {
    weight: u16,
    /// Of two ranges with the same weight, the first one is preferred.
    position: usize,
}

impl Preference {
    fn is_above(self, other: Self) -> bool {
        (self.weight, other.position) > (other.weight, self.position)
    }
}

/// Returns the preference by the best range that matches the language, or by `*` if none does.
fn preference(language: Language, ranges: &[Range<'_>]) -> Option<Preference> {
    let best_of = |matches: &dyn Fn(&str) -> bool| {
        let matching = ranges.iter().enumerate();
        let matching = matching.filter(|(_, range)| matches(range.tag));
        let preferences = matching.map(|(position, range)| Preference {
            weight: range.weight,
            position,
        });
        preferences.reduce(|best, other| if other.is_above(best) { other } else { best })
    };
    best_of(&|tag| matches(tag, language.code()))
        .or_else(|| best_of(&|tag| tag == "*"))
        .filter(|preference| preference.weight > 0)
}

/// Whether the range is the language, a region of it (`de-CH` for `de`), or more general (`pt` for
/// `pt-BR`).
fn matches(range: &str, code: &str) -> bool {
    let (shorter, longer) = if range.len() < code.len() {
        (range, code)
    } else {
        (code, range)
    };
    let (range, code) = (longer.as_bytes(), shorter.as_bytes());
    let begins = range
        .get(..code.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(code));
    begins && matches!(range.get(code.len()), None | Some(b'-'))
}

fn parse_range(range: &str) -> Option<Range<'_>> {
    let (tag, parameter) = match range.split_once(';') {
        Some((tag, parameter)) => (tag, Some(parameter)),
        None => (range, None),
    };
    let tag = tag.trim();
    let is_tag = !tag.is_empty()
        && tag
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_tag && tag != "*" {
        return None;
    }
    let weight = parameter.map_or(Some(1000), parse_weight)?;
    Some(Range { tag, weight })
}

/// Parses `q=0.8` as thousandths: 0 to 1 with at most three decimals.
fn parse_weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim();
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chosen(header: &str, languages: &str) -> Option<&'static str> {
        negotiate(header, &languages.parse().unwrap()).map(Language::code)
    }

    #[test]
    fn the_language_with_the_highest_weight_is_chosen() {
        assert_eq!(chosen("de", "en,de"), Some("de"));
        assert_eq!(chosen("de;q=0.8, en;q=0.9", "en,de"), Some("en"));
        assert_eq!(chosen("en;q=0.8, de;q=0.801", "en,de"), Some("de"));
        assert_eq!(chosen("en-US,en;q=0.9,de;q=0.8", "de,en"), Some("en"));
        // What Chrome sends for a German browser.
        let chrome = "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7";
        assert_eq!(chosen(chrome, "en,de"), Some("de"));
        assert_eq!(chosen(chrome, "en,fr"), Some("en"));
    }

    #[test]
    fn of_equal_weights_the_first_in_the_header_is_chosen() {
        assert_eq!(chosen("fr, de, en", "en,de,fr"), Some("fr"));
        assert_eq!(chosen("it, de;q=0.5, en;q=0.5", "en,de"), Some("de"));
    }

    #[test]
    fn a_region_counts_as_its_language() {
        assert_eq!(chosen("de-CH", "en,de"), Some("de"));
        assert_eq!(chosen("DE-at-1996", "en,de"), Some("de"));
        assert_eq!(chosen("fr-CA;q=0.9, en;q=0.3", "en,fr"), Some("fr"));
        // Another language whose code begins with the same letters.
        assert_eq!(chosen("den, frr", "en,de,fr"), None);
    }

    #[test]
    fn a_star_is_any_language_that_is_not_named() {
        assert_eq!(chosen("*", "de,en"), Some("de"));
        assert_eq!(chosen("de;q=0, *", "de,en"), Some("en"));
        assert_eq!(chosen("en;q=0.5, *;q=0.8", "en,de"), Some("de"));
        assert_eq!(chosen("*;q=0", "en,de"), None);
    }

    #[test]
    fn no_language_is_chosen_if_none_is_accepted() {
        for header in ["", "it", "it, es;q=0.5", "de;q=0", "de;q=0.0, en;q=0.000"] {
            assert_eq!(chosen(header, "en,de"), None, "{header}");
        }
    }

    #[test]
    fn malformed_ranges_are_ignored() {
        for range in [
            "de;q=2",
            "de;q=1.001",
            "de;q=0.1234",
            "de;q=-1",
            "de;q=",
            "de;q",
            "de;x=1",
            "de;q=NaN",
            "d\u{e9}",
            "de en",
            ";;;",
            "de_DE",
            "\0",
        ] {
            assert_eq!(chosen(range, "de"), None, "{range}");
            assert_eq!(chosen(&format!("{range}, en"), "de,en"), Some("en"));
        }
        assert_eq!(chosen(" de ; Q = 0.5 ,en;q=0.1", "en,de"), Some("de"));
    }

    #[test]
    fn a_long_header_is_read_up_to_a_limit() {
        let long = "xx;q=0.9,".repeat(1200);
        assert!(long.len() > 10_000);
        assert_eq!(chosen(&format!("{long}de"), "en,de"), None);
        assert_eq!(chosen(&format!("de,{long}"), "en,de"), Some("de"));
        assert_eq!(chosen(&"d".repeat(10_000), "en,de"), None);
    }

    proptest! {
        #[test]
        fn any_header_chooses_one_of_the_languages_or_none(header in ".{0,200}") {
            let languages: Languages = "en,de".parse().unwrap();
            if let Some(language) = negotiate(&header, &languages) {
                prop_assert!(languages.iter().any(|known| known == language));
            }
        }

        #[test]
        fn ranges_in_any_order_choose_the_highest_weight(
            english in 1u16..=1000,
            german in 1u16..=1000,
        ) {
            prop_assume!(english != german);
            let weight = |weight: u16| match weight {
                1000 => "1".to_owned(),
                weight => format!("0.{weight:03}"),
            };
            let english_range = format!("en;q={}", weight(english));
            let german_range = format!("de-AT;q={}", weight(german));
            let expected = if english > german { "en" } else { "de" };
            for header in [
                format!("{english_range},{german_range}"),
                format!("{german_range}, {english_range}"),
            ] {
                prop_assert_eq!(chosen(&header, "de,en"), Some(expected));
            }
        }
    }
}
