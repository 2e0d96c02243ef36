//! Prices and other numbers as people and spreadsheets write them.

use till_core::money::{Currency, MinorUnit, Money};

use crate::problem::quoted;

/// The largest price of one unit, in minor units: the maximum total of a checkout.
pub const MAX_PRICE: i64 = 99_999_999;

/// Who has written an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// A person or a spreadsheet.
    Person,
    /// A shop or one of our forms, which write a currency's decimals in full, behind a point.
    Shop,
}

/// Signs of currencies beside their codes and those of [`Currency`]'s own format.
const SIGNS: &[(&str, &[&str])] = &[
    ("fr", &["chf"]),
    ("sfr", &["chf"]),
    ("kr", &["sek", "nok", "dkk", "isk"]),
    ("zł", &["pln"]),
    ("kč", &["czk"]),
    ("ft", &["huf"]),
    ("lei", &["ron"]),
    ("₫", &["vnd"]),
    ("₺", &["try"]),
    ("฿", &["thb"]),
    ("rm", &["myr"]),
    ("円", &["jpy"]),
    ("원", &["krw"]),
];

/// Parses an amount in units of the currency: `12.50`, `12,50`, `1.234,50`, `€12.50`, `12 EUR`.
///
/// # Errors
/// A predicate about the cell that says how to write it. `1,250` is refused, because it may mean
/// 1250 or 1.25, unless the currency has no decimals.
pub(crate) fn decimal(cell: &str, currency: Currency, writer: Writer) -> Result<Money, String> {
    let example = example(currency);
    let not_an_amount = || {
        format!(
            "must be an amount in {}, such as {}, not {}",
            code(currency),
            example.decimal(),
            quoted(cell)
        )
    };
    if is_power(cell) {
        return Err(format!(
            "is {}, which a spreadsheet has shortened: format the column as a number and write it \
             again",
            quoted(cell)
        ));
    }
    let number = without_sign(cell, currency)?.ok_or_else(not_an_amount)?;
    if number.starts_with(['-', '−']) {
        return Err(format!("must not be below zero, but is {}", quoted(cell)));
    }
    let number = number.strip_prefix('+').unwrap_or(&number);
    let decimals = usize::from(currency.decimals());
    let (whole, fraction) = match read(number) {
        Reading::Unknown => return Err(not_an_amount()),
        Reading::Certain { whole, fraction } => (whole, fraction),
        Reading::Either { whole, fraction } => {
            let by_point = number.contains('.');
            match decimals {
                0 => (whole + &fraction, String::new()),
                3 if writer == Writer::Shop && by_point => (whole, fraction),
                _ => {
                    let grouped = format!("{whole}{fraction}");
                    return Err(format!(
                        "is {}, which may mean {grouped} or {whole}.{fraction}: write {grouped}.{} \
                         or {whole}.{}",
                        quoted(cell),
                        "0".repeat(decimals),
                        &fraction[..2]
                    ));
                }
            }
        }
    };
    let kept = fraction.trim_end_matches('0');
    if kept.len() > decimals {
        return Err(format!(
            "has more decimals than {}: write it like {}, not {}",
            code(currency),
            example.decimal(),
            quoted(cell)
        ));
    }
    let digits = format!("{whole}{kept:0<decimals$}");
    let amount = digits.parse().map_err(|_| {
        let largest = MinorUnit(MAX_PRICE).of(currency);
        format!("must be at most {largest}, not {}", quoted(cell))
    })?;
    Ok(MinorUnit(amount).of(currency))
}

/// An amount in this currency, to show how one is written: `12.50`.
pub(crate) fn example(currency: Currency) -> Money {
    let example = 1250 * 10_i64.pow(u32::from(currency.decimals())) / 100;
    MinorUnit(example - example % currency.step()).of(currency)
}

/// Whether what is refused as no amount is one that may mean two: `1,250`.
pub(crate) fn is_ambiguous(cell: &str, currency: Currency) -> bool {
    let number = without_sign(cell, currency).ok().flatten();
    let reading = number.map(|number| read(number.trim_start_matches(['+', '-', '−'])));
    currency.decimals() > 0 && matches!(reading, Some(Reading::Either { .. }))
}

/// A currency's code as people write it.
pub(crate) fn code(currency: Currency) -> String {
    currency.code().to_ascii_uppercase()
}

/// Removes the currency's code or sign from either end. `None` if something else is there.
fn without_sign(cell: &str, currency: Currency) -> Result<Option<String>, String> {
    let is_part = |c: char| c.is_ascii_digit() || "+-−.,'’".contains(c) || is_blank(c);
    // A sign such as "Fr." ends with a point, so only digits delimit the number.
    let Some(start) = cell.find(|c: char| c.is_ascii_digit()) else {
        return Ok(None);
    };
    let end = cell.rfind(|c: char| c.is_ascii_digit()).unwrap_or(start) + 1;
    let (before, number, after) = (&cell[..start], &cell[start..end], &cell[end..]);
    if !number.chars().all(is_part) {
        return Ok(None);
    }
    let sign = |c: char| "+-−".contains(c);
    let numeric_sign: String = before.chars().filter(|c| sign(*c)).collect();
    if numeric_sign.chars().count() > 1 {
        return Ok(None);
    }
    let before = before.replace(sign, "");
    for mark in [before.as_str(), after] {
        let mark = mark.trim().to_lowercase();
        let mark = mark.strip_suffix('.').unwrap_or(&mark);
        if mark.is_empty() && !cell.contains("..") {
            continue;
        }
        if marks(currency).iter().any(|own| own == mark) {
            continue;
        }
        let mut others = Currency::all().filter(|other| marks(*other).iter().any(|m| m == mark));
        if let Some(other) = others.next() {
            // A sign such as "$" is that of several currencies.
            let not = match others.next() {
                None => format!(", not {}", code(other)),
                Some(_) => String::new(),
            };
            return Err(format!(
                "is {}, but the row's currency is {}{not}",
                quoted(cell),
                code(currency),
            ));
        }
        return Ok(None);
    }
    // A point alone after or before the digits is no sign: ".50", "12."
    if before.trim() == "." || after.trim() == "." {
        return Ok(None);
    }
    Ok(Some(format!("{numeric_sign}{number}")))
}

/// What may stand beside an amount in this currency, in lower case.
fn marks(currency: Currency) -> Vec<String> {
    let pattern = currency.pattern().to_string();
    let symbol = pattern.split('0').next().unwrap_or_default().trim();
    let mut marks = vec![currency.code().to_owned(), symbol.to_lowercase()];
    // "A$" is "$" in Australia.
    if symbol.ends_with('$') {
        marks.push("$".to_owned());
    }
    let signs = SIGNS
        .iter()
        .filter(|(_, codes)| codes.contains(&currency.code()));
    marks.extend(signs.map(|(sign, _)| (*sign).to_owned()));
    marks
}

/// What digits and separators may mean. The digits are as written, without separators.
#[derive(Debug, PartialEq, Eq)]
enum Reading {
    Unknown,
    Certain {
        whole: String,
        fraction: String,
    },
    /// The one separator is followed by three digits: it is a decimal point, or it groups digits.
    Either {
        whole: String,
        fraction: String,
    },
}

fn read(number: &str) -> Reading {
    let spaced: String = number
        .chars()
        .map(|c| {
            if is_blank(c) || c == '\'' || c == '’' {
                ' '
            } else {
                c
            }
        })
        .collect();
    let mut readings = Vec::new();
    for point in ['.', ','] {
        let Some((whole, fraction)) = spaced.split_once(point) else {
            continue;
        };
        if fraction.is_empty() || !is_digits(fraction) {
            continue;
        }
        for group in [None, Some(' '), Some('.'), Some(',')] {
            if group != Some(point)
                && let Some(whole) = ungrouped(whole, group)
            {
                readings.push((whole, fraction.to_owned()));
            }
        }
    }
    for group in [None, Some(' '), Some('.'), Some(',')] {
        if let Some(whole) = ungrouped(&spaced, group) {
            readings.push((whole, String::new()));
        }
    }
    match readings.as_slice() {
        [(whole, fraction)] => Reading::Certain {
            whole: whole.clone(),
            fraction: fraction.clone(),
        },
        // Only the number with one separator has two readings, and the first has the decimals.
        [(whole, fraction), _] => Reading::Either {
            whole: whole.clone(),
            fraction: fraction.clone(),
        },
        _ => Reading::Unknown,
    }
}

/// The digits of a number that is grouped in threes by this character, or not at all.
fn ungrouped(number: &str, group: Option<char>) -> Option<String> {
    let Some(group) = group else {
        return is_digits(number).then(|| number.to_owned());
    };
    let (first, rest) = number.split_once(group)?;
    let first_fits = is_digits(first) && first.len() <= 3 && !first.starts_with('0');
    let mut groups = rest.split(group);
    if !first_fits || !groups.all(|digits| digits.len() == 3 && is_digits(digits)) {
        return None;
    }
    Some(number.replace(group, ""))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}')
}

/// Whether a spreadsheet has shortened a number: `1.25E+03`.
pub(crate) fn is_power(cell: &str) -> bool {
    let Some((number, power)) = cell.split_once(['E', 'e']) else {
        return false;
    };
    let digits = number.replace(['.', ','], "");
    is_digits(&digits) && is_digits(power.trim_start_matches(['+', '-']))
}

/// Parses a whole number: `1250`, `+5`, `1 250`, and `12.0` as programs write it.
pub(crate) fn whole(cell: &str) -> Option<i64> {
    let (negative, number) = match cell.strip_prefix(['-', '−']) {
        Some(number) => (true, number),
        None => (false, cell.strip_prefix('+').unwrap_or(cell)),
    };
    let number = match number.split_once(['.', ',']) {
        Some((whole, "0" | "00")) => whole,
        Some(_) => return None,
        None => number,
    };
    let spaced: String = number
        .chars()
        .map(|c| if is_blank(c) { ' ' } else { c })
        .collect();
    let digits = ungrouped(&spaced, None).or_else(|| ungrouped(&spaced, Some(' ')))?;
    let number: i64 = digits.parse().ok()?;
    Some(if negative { -number } else { number })
}

/// Parses a quantity with up to three decimals into thousandths: `0.75`, `0,75`, `300`, `1.250`.
/// A single separator is a decimal point, because programs write no groups in quantities.
pub(crate) fn thousandths(cell: &str) -> Option<i64> {
    let (whole, fraction) = cell.split_once(['.', ',']).unwrap_or((cell, ""));
    let kept = fraction.trim_end_matches('0');
    let fraction_fits = fraction.is_empty() || is_digits(fraction);
    if !is_digits(whole) || !fraction_fits || kept.len() > 3 {
        return None;
    }
    format!("{whole}{kept:0<3}").parse().ok()
}

/// Parses a weight in a unit of so many milligrams, and rounds it to grams.
pub(crate) fn grams(cell: &str, milligrams: i64) -> Option<i64> {
    let (whole, fraction) = cell.split_once(['.', ',']).unwrap_or((cell, "0"));
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let fraction: String = fraction.chars().take(6).collect();
    let millionths: i128 = format!("{whole}{fraction:0<6}").parse().ok()?;
    let grams = (millionths.checked_mul(i128::from(milligrams))? + 500_000_000) / 1_000_000_000;
    i64::try_from(grams).ok()
}

/// Parses a price in minor units, which is a whole number.
///
/// # Errors
/// A predicate about the cell, with the number to write if it is an amount in units.
pub(crate) fn minor(cell: &str, currency: Currency, column: &str) -> Result<Money, String> {
    let wanted = format!("must be a whole number of minor units from 1 to {MAX_PRICE}");
    // "1 250" may be an amount in units, and "1.250" too.
    let is_plain = !cell.contains(['.', ',']) && !cell.chars().any(is_blank);
    match whole(cell).filter(|_| is_plain) {
        Some(amount) if (1..=MAX_PRICE).contains(&amount) => Ok(MinorUnit(amount).of(currency)),
        Some(_) => Err(format!("{wanted}, not {}", quoted(cell))),
        None if is_power(cell) => Err(format!(
            "{wanted}, not {}: a spreadsheet has shortened it, so format the column as a number",
            quoted(cell)
        )),
        None => Err(match decimal(cell, currency, Writer::Person) {
            Ok(money) => {
                let units = money.amount.0;
                match whole(cell) {
                    // A program may have written minor units as "1250.0".
                    Some(minor) => format!(
                        "{wanted}, not {}: write {minor} for {}, or {units} for {money}",
                        quoted(cell),
                        MinorUnit(minor).of(currency)
                    ),
                    None => format!(
                        "{wanted}, not {}: write {units} for {money}, or name the column \
                         {column}_decimal",
                        quoted(cell)
                    ),
                }
            }
            Err(_) => format!(
                "{wanted}, not {}: {} is {}",
                quoted(cell),
                1250,
                MinorUnit(1250).of(currency)
            ),
        }),
    }
}

/// Checks what every price must be.
///
/// # Errors
/// A predicate about the cell.
pub(crate) fn check(money: Money, cell: &str) -> Result<Money, String> {
    let Money { amount, currency } = money;
    if !(1..=MAX_PRICE).contains(&amount.0) {
        return Err(format!(
            "must be from {} to {}, not {}",
            MinorUnit(1).of(currency),
            MinorUnit(MAX_PRICE).of(currency),
            quoted(cell)
        ));
    }
    let step = currency.step();
    if amount.0 % step != 0 {
        return Err(format!(
            "must be a multiple of {step} in {currency}: the smallest price is {}, and {} is \
             {money}",
            MinorUnit(step).of(currency),
            quoted(cell)
        ));
    }
    Ok(money)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    fn amount(cell: &str, code: &str) -> Result<i64, String> {
        decimal(cell, currency(code), Writer::Person).map(|money| money.amount.0)
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (cell, minor) in [
            ("12.50", 1250),
            ("12,50", 1250),
            ("12.5", 1250),
            ("12", 1200),
            ("0.99", 99),
            ("1.234,50", 123_450),
            ("1,234.50", 123_450),
            ("1 234,50", 123_450),
            ("1'234.50", 123_450),
            ("1\u{202f}250", 125_000),
            ("1.234.567", 123_456_700),
            ("€12.50", 1250),
            ("12,50 €", 1250),
            ("12.50 EUR", 1250),
            ("eur 12.50", 1250),
            ("+12.50", 1250),
            ("12.5000", 1250),
            ("0.500", 50),
            ("1250.000", 125_000),
        ] {
            assert_eq!(amount(cell, "eur"), Ok(minor), "{cell}");
        }
        assert_eq!(amount("Fr. 12.50", "chf"), Ok(1250));
        assert_eq!(amount("12,50 kr.", "dkk"), Ok(1250));
        assert_eq!(amount("$5", "aud"), Ok(500));
        assert_eq!(amount("1,250", "jpy"), Ok(1250));
        assert_eq!(amount("500.00", "jpy"), Ok(500));
        assert_eq!(amount("490", "isk"), Ok(49_000));
        assert_eq!(amount("1.25", "kwd"), Ok(1250));
        let shop = |cell| decimal(cell, currency("kwd"), Writer::Shop).map(|money| money.amount.0);
        assert_eq!(shop("1.250"), Ok(1250));
        assert!(shop("1,250").is_err());
    }

    #[test]
    fn what_may_mean_two_amounts_or_none_is_refused() {
        assert_eq!(
            amount("1,250", "eur").unwrap_err(),
            "is \"1,250\", which may mean 1250 or 1.250: write 1250.00 or 1.25"
        );
        assert_eq!(
            amount("1.250", "kwd").unwrap_err(),
            "is \"1.250\", which may mean 1250 or 1.250: write 1250.000 or 1.25"
        );
        assert_eq!(
            amount("12.505", "eur").unwrap_err(),
            "is \"12.505\", which may mean 12505 or 12.505: write 12505.00 or 12.50"
        );
        assert_eq!(
            amount("1.2505", "eur").unwrap_err(),
            "has more decimals than EUR: write it like 12.50, not \"1.2505\""
        );
        assert_eq!(
            amount("12.50", "jpy").unwrap_err(),
            "has more decimals than JPY: write it like 12, not \"12.50\""
        );
        assert_eq!(
            amount("12.50 USD", "eur").unwrap_err(),
            "is \"12.50 USD\", but the row's currency is EUR, not USD"
        );
        assert_eq!(
            amount("$12.50", "eur").unwrap_err(),
            "is \"$12.50\", but the row's currency is EUR"
        );
        assert_eq!(
            amount("-1", "eur").unwrap_err(),
            "must not be below zero, but is \"-1\""
        );
        assert!(
            amount("1.25E+03", "eur")
                .unwrap_err()
                .contains("has shortened")
        );
        for bad in [
            "",
            "abc",
            ".50",
            "12.",
            "1,2,3",
            "1,23,456.00",
            "12.50.00",
            "1 2",
            "12;50",
            "0,250,000",
            "12.50 €€",
            "--1",
            "1..2",
            "12 xyz",
        ] {
            let message = amount(bad, "eur").unwrap_err();
            assert_eq!(
                message,
                format!("must be an amount in EUR, such as 12.50, not \"{bad}\"")
            );
        }
    }

    #[test]
    fn a_price_in_minor_units_says_what_to_write() {
        let minor = |cell| minor(cell, currency("eur"), "price").map(|money| money.amount.0);
        for (cell, expected) in [("1250", 1250), ("+1250", 1250)] {
            assert_eq!(minor(cell), Ok(expected));
        }
        let wanted = "must be a whole number of minor units from 1 to 99999999, not";
        for (cell, rest) in [
            // A spreadsheet may have grouped an amount in units.
            (
                "1\u{202f}250",
                "\"1\u{202f}250\": write 1250 for €12.50, or 125000 for €1,250.00",
            ),
            (
                "12.50",
                "\"12.50\": write 1250 for €12.50, or name the column price_decimal",
            ),
            (
                "12,50",
                "\"12,50\": write 1250 for €12.50, or name the column price_decimal",
            ),
            (
                "1,250.00",
                "\"1,250.00\": write 125000 for €1,250.00, or name the column \
                          price_decimal",
            ),
            (
                "€12.50",
                "\"€12.50\": write 1250 for €12.50, or name the column price_decimal",
            ),
            ("12.00", "\"12.00\": write 12 for €0.12, or 1200 for €12.00"),
            (
                "1.25E+03",
                "\"1.25E+03\": a spreadsheet has shortened it, so format the column as a \
                          number",
            ),
            ("0", "\"0\""),
            ("100000000", "\"100000000\""),
            ("x", "\"x\": 1250 is €12.50"),
            ("1,250", "\"1,250\": 1250 is €12.50"),
        ] {
            assert_eq!(minor(cell).unwrap_err(), format!("{wanted} {rest}"));
        }
    }

    #[test]
    fn whole_numbers_are_read_as_programs_write_them() {
        for (cell, number) in [
            ("12", Some(12)),
            ("12.0", Some(12)),
            ("+5", Some(5)),
            ("-1", Some(-1)),
            ("1 250", Some(1250)),
            ("12.5", None),
            ("12.000", None),
            ("", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(whole(cell), number, "{cell}");
        }
        for (cell, number) in [
            ("0.75", Some(750)),
            ("0,75", Some(750)),
            ("300", Some(300_000)),
            ("1.2500", Some(1250)),
            ("0.0005", None),
            ("-1", None),
            ("", None),
            (".5", None),
        ] {
            assert_eq!(thousandths(cell), number, "{cell}");
        }
        for (cell, unit, weight) in [
            ("28", 1_000, Some(28)),
            ("453.59237", 1_000, Some(454)),
            ("0,25", 1_000_000, Some(250)),
            ("1", 453_592, Some(454)),
            ("0.0", 1_000, Some(0)),
            ("x", 1, None),
            ("-1", 1, None),
        ] {
            assert_eq!(grams(cell, unit), weight, "{cell}");
        }
    }

    #[test]
    fn prices_are_multiples_of_the_step_of_their_currency() {
        let check = |amount, code| check(MinorUnit(amount).of(currency(code)), "x");
        assert!(check(49_000, "isk").is_ok());
        assert!(
            check(1250, "isk")
                .unwrap_err()
                .starts_with("must be a multiple of 100 in isk")
        );
        assert!(
            check(1255, "kwd")
                .unwrap_err()
                .starts_with("must be a multiple of 10 in kwd")
        );
        assert!(
            check(0, "eur")
                .unwrap_err()
                .starts_with("must be from €0.01 to €999,999.99")
        );
    }
}
