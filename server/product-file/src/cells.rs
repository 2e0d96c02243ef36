//! Columns by their names, and the rules for single cells.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use time::{Date, Month};

use crate::price;
use crate::problem::{Place, Problem, Problems, quoted};
use crate::product::Given;
use crate::table::Row;
use crate::text;

/// The names of a file's columns.
#[derive(Debug, Default)]
pub(crate) struct Header {
    /// As the file spells them.
    names: Vec<String>,
    /// The index of each column that is read, by the name that its format gives it.
    indexes: HashMap<String, usize>,
}

impl Header {
    /// Reads the names. `column_of` returns a format's own name of a column that it reads. Also
    /// returns the names that appear twice.
    pub(crate) fn new(
        row: &Row,
        column_of: impl Fn(&str) -> Option<String>,
    ) -> (Self, Vec<String>) {
        let mut header = Self::default();
        let mut doubled = Vec::new();
        for (index, name) in row.cells().enumerate() {
            let name = name.trim_start_matches('\u{feff}').trim();
            header.names.push(name.to_owned());
            if let Some(column) = column_of(name) {
                match header.indexes.entry(column) {
                    Entry::Occupied(_) => doubled.push(name.to_owned()),
                    Entry::Vacant(free) => {
                        free.insert(index);
                    }
                }
            }
        }
        (header, doubled)
    }

    pub(crate) fn has(&self, column: &str) -> bool {
        self.indexes.contains_key(column)
    }

    /// The number of columns up to the last one with a name.
    pub(crate) fn len(&self) -> usize {
        let last = self.names.iter().rposition(|name| !name.is_empty());
        last.map_or(0, |last| last + 1)
    }

    /// The names of columns that are not read.
    pub(crate) fn unread(&self) -> Vec<String> {
        let read: Vec<_> = self.indexes.values().collect();
        let unread = self.names.iter().enumerate();
        let unread = unread.filter(|(index, name)| !name.is_empty() && !read.contains(&index));
        unread.map(|(_, name)| name.clone()).collect()
    }

    /// A column's name as the file spells it.
    pub(crate) fn spelled<'a>(&'a self, column: &'a str) -> &'a str {
        let index = self.indexes.get(column);
        index.map_or(column, |index| &self.names[*index])
    }

    /// Why this row does not fit, as a predicate about it.
    pub(crate) fn misfit(&self, row: &Row, may_be_short: bool) -> Option<String> {
        let columns = self.len();
        let filled = row.cells().enumerate().filter(|(_, cell)| !cell.is_empty());
        let cells = filled.last().map_or(0, |(index, _)| index + 1);
        if row.len() < columns && !may_be_short {
            return Some(format!(
                "has {} cells, but the header names {columns} columns: text with a line break \
                 needs quotation marks, and an empty cell its separator",
                row.len()
            ));
        }
        if cells > columns {
            return Some(format!(
                "has {cells} cells, but the header names {columns} columns: text with the \
                 separator in it needs quotation marks"
            ));
        }
        let nameless = |index: &usize| self.names.get(*index).is_some_and(String::is_empty);
        let filled = |index: &usize| row.cell(*index).is_some_and(|cell| !cell.is_empty());
        let column = (0..columns).filter(nameless).find(filled)?;
        Some(format!(
            "has a cell in column {}, whose name is missing in the header",
            column + 1
        ))
    }
}

/// A row with its header.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    pub(crate) place: Place,
    pub(crate) header: Arc<Header>,
    pub(crate) row: Row,
}

impl Cells {
    /// The cell of this column. `None` if the file has no such column.
    pub(crate) fn get(&self, column: &str) -> Option<&str> {
        let index = *self.header.indexes.get(column)?;
        Some(self.row.cell(index).unwrap_or_default())
    }

    /// The cell of this column, empty if the file has no such column.
    pub(crate) fn text(&self, column: &str) -> &str {
        self.get(column).unwrap_or_default()
    }

    /// The problem that this cell has.
    pub(crate) fn problem(&self, column: &str, reason: impl Into<String>) -> Problem {
        Problem {
            place: self.place.clone(),
            column: Some(self.header.spelled(column).to_owned()),
            reason: reason.into(),
        }
    }

    /// Reads a cell. A cell that cannot be read is a problem, and counts as absent.
    pub(crate) fn read<T>(
        &self,
        problems: &mut Problems,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Given<T> {
        match self.get(column) {
            None => Given::Absent,
            Some("") => Given::Empty,
            Some(cell) => match parse(cell) {
                Ok(value) => Given::Value(value),
                Err(reason) => {
                    problems.add(self.problem(column, reason));
                    Given::Absent
                }
            },
        }
    }

    /// Another row, as seen from this one: `line 3`, or `other.csv, line 3`.
    pub(crate) fn mention(&self, other: &Place) -> String {
        if self.place.file == other.file {
            format!("line {}", other.line)
        } else {
            other.to_string()
        }
    }
}

/// Checks the length of a text in characters.
///
/// # Errors
/// A predicate about the cell, like those of all functions below.
pub(crate) fn limited(text: String, max: usize) -> Result<String, String> {
    let length = text.chars().count();
    match length {
        0 => Err("must not be empty".to_owned()),
        _ if length > max => Err(format!(
            "has {length} characters, but at most {max} are allowed"
        )),
        _ => Ok(text),
    }
}

/// A whole number in a range.
pub(crate) fn number(cell: &str, min: i64, max: i64) -> Result<i64, String> {
    match price::whole(text::unguard_code(cell)) {
        Some(number) if (min..=max).contains(&number) => Ok(number),
        _ => Err(format!(
            "must be a whole number from {min} to {max}, not {}",
            quoted(cell)
        )),
    }
}

/// True or false, also as spreadsheets write it in other languages.
pub(crate) fn boolean(cell: &str) -> Result<bool, String> {
    match cell.to_lowercase().as_str() {
        "true" | "yes" | "1" | "wahr" | "ja" | "vrai" | "oui" | "vero" | "verdadero" | "waar" => {
            Ok(true)
        }
        "false" | "no" | "0" | "falsch" | "nein" | "faux" | "non" | "falso" | "onwaar" => Ok(false),
        _ => Err(format!("must be true or false, not {}", quoted(cell))),
    }
}

/// A Global Trade Item Number. Its check digit tells a mistyped one.
pub(crate) fn gtin(cell: &str) -> Result<String, String> {
    let digits: String = text::unguard_code(cell)
        .chars()
        .filter(|character| ![' ', '-'].contains(character))
        .collect();
    if price::is_power(cell) {
        return Err(format!(
            "is {}, because a spreadsheet has shortened it: format the column as text and write \
             all digits",
            quoted(cell)
        ));
    }
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || ![8, 12, 13, 14].contains(&digits.len()) {
        return Err(format!(
            "must be a GTIN (EAN, UPC or ISBN) of 8, 12, 13 or 14 digits, not {}",
            quoted(cell)
        ));
    }
    // Every second digit from the right counts three times, and the sum is a multiple of ten.
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, digit)| u32::from(digit - b'0') * if index % 2 == 1 { 3 } else { 1 })
        .sum();
    match sum % 10 {
        0 => Ok(digits),
        _ => Err(format!("has a mistyped digit: {} is no GTIN", quoted(cell))),
    }
}

/// Stripe's tax code (<https://docs.stripe.com/tax/tax-codes>).
pub(crate) fn tax_code(cell: &str) -> Result<String, String> {
    let digits = cell.strip_prefix("txcd_").unwrap_or_default();
    if digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(cell.to_owned())
    } else {
        Err(format!(
            "must be one of Stripe's tax codes, such as txcd_99999999, not {}",
            quoted(cell)
        ))
    }
}

/// A day: `2026-11-28`. A time after it is left aside.
pub(crate) fn date(cell: &str) -> Result<Date, String> {
    let (day, time) = cell.split_once([' ', 'T']).unwrap_or((cell, "0"));
    let mut parts: Vec<_> = day.split('-').collect();
    // As German spreadsheets write it: 28.11.2026.
    if parts.len() == 1 {
        parts = day.split('.').rev().collect();
    }
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_time = |part: &str| {
        let is_part = |byte: u8| byte.is_ascii_digit() || b":.+-Z".contains(&byte);
        part.starts_with(|first: char| first.is_ascii_digit()) && part.bytes().all(is_part)
    };
    let parsed = match parts.as_slice() {
        [year, month, day] if year.len() == 4 && parts.iter().all(|part| is_number(part)) => {
            parse_date(year, month, day).filter(|date| date.year() > 0 && is_time(time))
        }
        _ => None,
    };
    parsed.ok_or_else(|| format!("must be a day such as 2026-11-28, not {}", quoted(cell)))
}

fn parse_date(year: &str, month: &str, day: &str) -> Option<Date> {
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_booleans_and_days_are_read() {
        assert_eq!(number("12.0", 0, 20), Ok(12));
        assert_eq!(
            number("-1", 0, 20),
            Err("must be a whole number from 0 to 20, not \"-1\"".to_owned())
        );
        for yes in ["TRUE", "Wahr", "yes", "1"] {
            assert_eq!(boolean(yes), Ok(true));
        }
        for no in ["FALSE", "FALSCH", "No", "0"] {
            assert_eq!(boolean(no), Ok(false));
        }
        assert_eq!(
            boolean("maybe"),
            Err("must be true or false, not \"maybe\"".to_owned())
        );
        let day = Date::from_calendar_date(2026, Month::November, 28);
        assert_eq!(date("2026-11-28 00:00:00").ok(), day.ok());
        assert_eq!(date("28.11.2026"), date("2026-11-28"));
        for bad in [
            "28.11.26",
            "11/28/2026",
            "2026-13-01",
            "2026-02-30",
            "26-1-1",
            "+026-01-01",
            "0000-01-01",
            "2026-11-28 soon",
            "2026-11-28T",
            "2026-11",
            "x",
        ] {
            assert!(date(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_gtin_has_a_correct_check_digit() {
        for (cell, digits) in [
            ("4006381333931", "4006381333931"),
            ("'4006381333931", "4006381333931"),
            ("978-3-16-148410-0", "9783161484100"),
            ("96385074", "96385074"),
            ("036000291452", "036000291452"),
        ] {
            assert_eq!(gtin(cell), Ok(digits.to_owned()));
        }
        assert_eq!(
            gtin("4006381333932"),
            Err("has a mistyped digit: \"4006381333932\" is no GTIN".to_owned())
        );
        assert!(gtin("4.00639E+12").is_err_and(|reason| reason.contains("has shortened it")));
        for bad in ["123", "ABC", "", "x'"] {
            assert!(gtin(bad).is_err(), "{bad}");
        }
        assert!(tax_code("txcd_99999999").is_ok());
        assert!(tax_code("PC040100").is_err());
    }
}
