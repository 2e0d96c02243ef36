//! The countries that Stripe ships to, by their ISO 3166 codes.

/// One on each line, ordered by name: the code, a space, the name.
const COUNTRIES: &str = include_str!("countries.txt");

/// Countries that have no postal codes, or where many addresses have none.
const WITHOUT_POSTAL_CODE: &str = "\
    AC AE AG AO AW BF BI BJ BO BQ BS BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GN GQ GY \
    HK IE JM KE KI KM KN LC LY ML MO MR MS MW NA NR NU PA PS QA RW SB SC SL SO SR SS ST SX SY TD \
    TG TK TL TO TT TV TZ UG VU WS YE ZW";

/// Codes and names, ordered by name.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    COUNTRIES.lines().filter_map(|line| line.split_once(' '))
}

/// A country's English name; `None` if Stripe does not ship to it.
pub(crate) fn name(code: &str) -> Option<&'static str> {
    all()
        .find(|(known, _)| *known == code)
        .map(|(_, name)| name)
}

/// Whether an address in this country must have a postal code.
pub(crate) fn has_postal_codes(code: &str) -> bool {
    !WITHOUT_POSTAL_CODE
        .split_ascii_whitespace()
        .any(|without| without == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_known_by_their_codes() {
        assert_eq!(name("DE"), Some("Germany"));
        assert_eq!(name("SC"), Some("Seychelles"));
        assert_eq!((name("de"), name("CU"), name("")), (None, None, None));
        assert_eq!(all().count(), 237);
    }

    #[test]
    fn some_countries_have_no_postal_codes() {
        assert!(has_postal_codes("DE") && !has_postal_codes("HK"));
    }
}
