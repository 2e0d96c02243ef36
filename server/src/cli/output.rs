//! What commands print: aligned columns for people, JSON for scripts.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use comfy_table::{Table, presets};
use serde::Serialize;
use till_core::money::{CurrencyCode, format_amount};

/// Spaces before and after a cell: columns are two spaces apart.
const PADDING: (u16, u16) = (0, 2);

/// Prints a value as JSON: with stable field names, amounts in minor units, times in RFC 3339.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints one line.
pub(super) fn print_line(line: &str) {
    print(&plain(line));
}

/// Prints to stdout. If its reader has closed it (`| head`), the command goes on without output and
/// without an error.
fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    if let Err(error) = written
        && !is_closed(&error)
    {
        print_error(&format!("could not write to stdout: {error}"));
    }
}

/// Whether the reader has closed the pipe.
pub(super) fn is_closed(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

/// Prints to stderr what is not part of the output.
pub(super) fn print_error(line: &str) {
    // If stderr cannot be written to, there is nowhere to report it.
    let _ = writeln!(std::io::stderr(), "till: {line}");
}

/// A number with its noun: `1 event`, `2 events`.
pub(super) fn count<N: Display + PartialEq + From<u8>>(number: N, one: &str, more: &str) -> String {
    let noun = if number == N::from(1) { one } else { more };
    format!("{number} {noun}")
}

/// Prints rows below their headings.
pub(super) fn print_table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) {
    print(&columns(Some(headings), rows));
}

/// Prints rows without headings. Prints nothing if there are none.
pub(super) fn print_rows<const N: usize>(rows: &[[String; N]]) {
    if !rows.is_empty() {
        print(&columns(None, rows));
    }
}

/// Prints names and their values, one pair a line.
pub(super) fn print_fields(fields: &[(&str, String)]) {
    let rows = fields
        .iter()
        .map(|(name, value)| [(*name).to_owned(), value.clone()]);
    print_rows(&rows.collect::<Vec<_>>());
}

/// Aligns cells in columns, each as wide as its widest cell. One row is one line, however long, so
/// that scripts can read it.
fn columns<const N: usize>(headings: Option<[&str; N]>, rows: &[[String; N]]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if let Some(headings) = headings {
        table.set_header(headings);
    }
    table.add_rows(
        rows.iter()
            .map(|row| row.each_ref().map(|cell| plain(cell))),
    );
    for column in table.column_iter_mut() {
        column.set_padding(PADDING);
    }
    table.trim_fmt()
}

/// Replaces control characters: text from elsewhere must not control the terminal.
fn plain(text: &str) -> String {
    text.replace(|character: char| character.is_control(), " ")
}

/// Formats an amount; in minor units if the currency is unknown.
pub(super) fn money(amount: i64, currency: &CurrencyCode) -> String {
    format_amount(amount, currency)
}

/// The value, or a dash.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells<const N: usize>(row: [&str; N]) -> [String; N] {
        row.map(str::to_owned)
    }

    #[test]
    fn columns_are_two_spaces_apart_and_lines_end_with_their_last_cell() {
        let rows = [
            cells(["PEN", "€5.00", "–"]),
            cells(["BOARD", "", "on sale"]),
        ];
        assert_eq!(
            columns(Some(["SKU", "PRICE", "NOTE"]), &rows),
            "SKU    PRICE  NOTE\nPEN    €5.00  –\nBOARD         on sale"
        );
        assert_eq!(columns(Some(["SKU", "PRICE"]), &[]), "SKU  PRICE");
        assert_eq!(
            columns(None, &[cells(["id", "1"]), cells(["state", ""])]),
            "id     1\nstate"
        );
    }

    #[test]
    fn a_row_is_one_line_however_long_and_whatever_is_in_it() {
        let long = "word ".repeat(200);
        let rows = [cells([&long, "a\nb\u{1b}[31m\tc"])];
        let printed = columns(None, &rows);
        assert_eq!(printed.lines().count(), 1);
        assert!(printed.ends_with("a b [31m c"), "{printed}");
    }

    #[test]
    fn wide_and_combining_characters_take_the_columns_that_a_terminal_gives_them() {
        let rows = [
            cells(["茶碗", "1"]),
            cells(["tea 🍵", "2"]),
            cells(["e\u{301}te\u{301}", "3"]),
        ];
        assert_eq!(
            columns(None, &rows),
            "茶碗    1\ntea 🍵  2\ne\u{301}te\u{301}     3"
        );
    }

    #[test]
    fn one_has_a_singular() {
        assert_eq!(count(1_u64, "row", "rows"), "1 row");
        assert_eq!(count(0_usize, "row", "rows"), "0 rows");
        assert_eq!(count(2_i32, "row", "rows"), "2 rows");
    }
}
