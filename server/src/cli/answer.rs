//! How a command answers: aligned columns for people, JSON for scripts.

use serde::Serialize;

/// Prints a value as JSON. Field names are stable, amounts are in minor units, times are RFC 3339.
#[expect(clippy::print_stdout, reason = "the answer of a command line tool")]
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints one line.
#[expect(clippy::print_stdout, reason = "the answer of a command line tool")]
pub(super) fn print_line(line: &str) {
    println!("{}", plain(line));
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
