//! How a command answers: aligned columns for people, JSON for scripts.

use std::io::{ErrorKind, Write};

use serde::Serialize;

/// Prints a value as JSON. Field names are stable, amounts are in minor units, times are RFC 3339.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints one line.
pub(super) fn print_line(line: &str) {
    print(&plain(line));
}

/// Prints to the answer. Whoever reads it may have seen enough (`| head`): the command goes on and
/// ends as it would have, and says nothing of that.
fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    if let Err(error) = written
        && !is_closed(&error)
    {
        print_error(&format!("the answer could not be written: {error}"));
    }
}

/// Whether nobody reads any more.
pub(super) fn is_closed(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

/// Says where a person looks for it what is not part of the answer.
pub(super) fn print_error(line: &str) {
    // Where not even this can be written, there is nobody to be told.
    let _ = writeln!(std::io::stderr(), "till: {line}");
}

/// A number of things: `1 event`, `2 events`.
pub(super) fn count(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// Prints rows below their headings, each column as wide as it needs to be.
pub(super) fn print_table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) {
    let mut widths = headings.map(width);
    for row in rows {
        for (most, cell) in widths.iter_mut().zip(row) {
            *most = (*most).max(width(cell));
        }
    }
    let print = |cells: [&str; N]| {
        let mut line = String::new();
        for (cell, most) in cells.iter().zip(widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(most - width(cell) + 2));
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

/// Text from elsewhere must not steer the terminal.
fn plain(text: &str) -> String {
    text.replace(|character: char| character.is_control(), " ")
}

/// An amount for a person; one in a currency that the shop does not know in minor units.
pub(super) fn money(amount: i64, currency: &str) -> String {
    shop::money::written(amount, currency)
}

/// What is there, or a dash.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}
