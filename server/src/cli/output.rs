//! What commands print: aligned columns for people, JSON for scripts.

use std::io::{ErrorKind, Write};

use serde::Serialize;

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
pub(super) fn count(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// Prints rows below their headings, each column as wide as its widest cell.
pub(super) fn print_table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) {
    let mut widths = headings.map(width);
    for row in rows {
        for (max, cell) in widths.iter_mut().zip(row) {
            *max = (*max).max(width(cell));
        }
    }
    let print = |cells: [&str; N]| {
        let mut line = String::new();
        for (cell, max) in cells.iter().zip(widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(max - width(cell) + 2));
        }
        print_line(line.trim_end());
    };
    print(headings);
    for row in rows {
        print(row.each_ref().map(String::as_str));
    }
}

fn width(cell: &str) -> usize {
    cell.chars().count()
}

/// Replaces control characters: text from elsewhere must not control the terminal.
fn plain(text: &str) -> String {
    text.replace(|character: char| character.is_control(), " ")
}

/// Formats an amount; in minor units if the currency is unknown.
pub(super) fn money(amount: i64, currency: &str) -> String {
    till_core::money::format_amount(amount, currency)
}

/// The value, or a dash.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}
