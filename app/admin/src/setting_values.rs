//! How settings are shown in fields: as people write them, and not as they are stored.

use locale::Language;
use shop::country::Country;
use shop::face::SHOP_LOGO;
use shop::settings_list::SettingRow;
use shop::stripe::checkout_options::{NOTHING_SHIPPED, SHIPPING_COUNTRIES, SHIPPING_RATES};

/// The setting of the accent colour.
const SHOP_ACCENT_COLOR: &str = "SHOP_ACCENT_COLOR";
/// The setting of the country that the shop is run from.
const SHOP_COUNTRY: &str = "SHOP_COUNTRY";

/// How a setting is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A field of one line.
    Line,
    /// A field of several lines.
    Lines,
    /// One of several words.
    Choice,
    /// One of all countries.
    Country,
    /// A colour.
    Color,
    /// The table of shipping rates.
    Rates,
    /// A picture, which has a form of its own.
    Logo,
}

/// How a setting is edited.
pub(crate) fn shape_of(row: &SettingRow) -> Shape {
    match row.name.as_str() {
        SHOP_LOGO => Shape::Logo,
        SHOP_ACCENT_COLOR => Shape::Color,
        SHOP_COUNTRY => Shape::Country,
        SHIPPING_RATES => Shape::Rates,
        name if separator(name).is_some() => Shape::Lines,
        _ if !row.choices.is_empty() => Shape::Choice,
        _ => Shape::Line,
    }
}

/// What divides the parts of a setting where it is stored, if a field shows one on each line.
fn separator(name: &str) -> Option<char> {
    match name {
        "SHOP_ADDRESS" => Some(';'),
        "SHOP_LINKS" => Some(','),
        _ => None,
    }
}

/// The word that a box beside the field stands for: with it, the field does not count.
pub(crate) fn word_of_box(name: &str) -> Option<&'static str> {
    match name {
        SHIPPING_COUNTRIES => Some(NOTHING_SHIPPED),
        "KEEP_AUDIT_DAYS" => Some("off"),
        name if name.starts_with("PRUNE_") => Some("off"),
        _ => None,
    }
}

/// What a field shows of a stored value. Empty if a box says it.
pub(crate) fn shown(name: &str, stored: &str) -> String {
    if word_of_box(name) == Some(stored) {
        return String::new();
    }
    match separator(name) {
        Some(separator) => parts(stored, separator).join("\n"),
        None => stored.to_owned(),
    }
}

/// The value to store of what a field says, and whether the box beside it is ticked.
pub(crate) fn stored(name: &str, typed: &str, is_ticked: bool, language: Language) -> String {
    match (word_of_box(name), separator(name)) {
        (Some(word), _) if is_ticked => word.to_owned(),
        (_, Some(separator)) => parts(typed, separator).join(&format!("{separator} ")),
        _ if name == SHIPPING_COUNTRIES => codes(typed, language),
        _ => typed.trim().to_owned(),
    }
}

/// Whether a field still says what was shown of this stored value.
pub(crate) fn is_untouched(name: &str, was: &str, now: &str, language: Language) -> bool {
    let is_ticked = word_of_box(name) == Some(was);
    stored(name, &shown(name, was), is_ticked, language) == now
}

fn parts(text: &str, separator: char) -> Vec<&str> {
    let parts = text.split([separator, '\n', '\r']).map(str::trim);
    parts.filter(|part| !part.is_empty()).collect()
}

/// Countries by their codes. Those whose names were typed, in the language of the page or in
/// English, are replaced by their codes; what is neither stays.
fn codes(typed: &str, language: Language) -> String {
    let code = |part: &str| match country(part, language) {
        Some(country) => country.code().to_owned(),
        None => part.to_owned(),
    };
    let codes: Vec<_> = parts(typed, ',').into_iter().map(code).collect();
    codes.join(",")
}

/// The country with this code or name.
fn country(typed: &str, language: Language) -> Option<Country> {
    let by_code = typed.parse().ok();
    by_code.or_else(|| {
        let is_typed = |name: &str| name.to_lowercase() == typed.to_lowercase();
        let mut all = Country::all();
        all.find(|country| is_typed(name_in(*country, language)) || is_typed(country.name()))
    })
}

fn name_in(country: Country, language: Language) -> &'static str {
    let name = language.country(country.code());
    name.unwrap_or(country.name())
}

/// The names of the countries in a stored value, as far as it names some.
pub(crate) fn country_names(stored: &str, language: Language) -> Vec<&'static str> {
    let codes = parts(stored, ',').into_iter();
    let countries = codes.filter_map(|code| code.parse().ok());
    countries
        .map(|country| name_in(country, language))
        .collect()
}

/// The first part of a list of countries that names none.
pub(crate) fn unknown_country(typed: &str) -> Option<&str> {
    let parts = parts(typed, ',').into_iter();
    parts
        .into_iter()
        .find(|part| part.parse::<Country>().is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(code: &str) -> Language {
        Language::all()
            .find(|language| language.code() == code)
            .unwrap_or_default()
    }

    #[test]
    fn an_address_has_one_line_below_the_other() {
        let english = Language::default();
        let lines = shown("SHOP_ADDRESS", "Pens & Paper; 1 High Street;; London");
        assert_eq!(lines, "Pens & Paper\n1 High Street\nLondon");
        let typed = "Pens & Paper\r\n 1 High Street \r\n\r\nLondon\r\n";
        let value = stored("SHOP_ADDRESS", typed, false, english);
        assert_eq!(value, "Pens & Paper; 1 High Street; London");
        let was = "Pens & Paper;1 High Street;London";
        assert!(is_untouched("SHOP_ADDRESS", was, &value, english));
        assert!(!is_untouched("SHOP_ADDRESS", "", &value, english));
        assert_eq!(shown("SHOP_NAME", "A; B"), "A; B");
    }

    #[test]
    fn a_box_stands_for_a_word() {
        let english = Language::default();
        assert_eq!(shown("PRUNE_CHECKOUTS_DAYS", "off"), "");
        assert_eq!(shown("PRUNE_CHECKOUTS_DAYS", "90"), "90");
        assert_eq!(stored("PRUNE_CHECKOUTS_DAYS", "90", true, english), "off");
        assert_eq!(stored("PRUNE_CHECKOUTS_DAYS", " 90 ", false, english), "90");
        assert_eq!(stored("SHOP_NAME", "Off", true, english), "Off");
        let none = stored(SHIPPING_COUNTRIES, "", true, english);
        assert_eq!(none, "none");
        assert!(is_untouched(SHIPPING_COUNTRIES, "none", &none, english));
        assert!(!is_untouched(SHIPPING_COUNTRIES, "none", "", english));
    }

    #[test]
    fn countries_may_be_typed_as_codes_or_names() {
        let german = language("de");
        let typed = "de, Österreich,France\r\nAtlantis";
        let value = stored(SHIPPING_COUNTRIES, typed, false, german);
        assert_eq!(value, "DE,AT,FR,Atlantis");
        assert_eq!(unknown_country(&value), Some("Atlantis"));
        assert_eq!(unknown_country("DE,AT"), None);
        assert_eq!(
            country_names("DE, AT", german),
            ["Deutschland", "Österreich"]
        );
        assert!(country_names("none", german).is_empty());
        assert!(is_untouched(SHIPPING_COUNTRIES, "de, at", "DE,AT", german));
    }
}
