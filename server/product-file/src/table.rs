//! Rows and cells of a CSV file, with the line numbers that an editor shows.
//!
//! The crate `csv` counts lines by their line feeds: one too low after `\r\n`, and not at all in
//! files with `\r` alone. It also joins a quoted cell with the text behind it.

use std::io::{self, BufRead};

/// The largest row, in bytes. A larger one has a quotation mark that is never closed.
const MAX_ROW_BYTES: usize = 1024 * 1024;

/// A row of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line of its first character, from 1.
    pub(crate) line: u64,
    text: String,
    /// The end of each cell within `text`.
    ends: Vec<u32>,
}

impl Row {
    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The cell at this index without blanks around it.
    pub(crate) fn cell(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = match index {
            0 => 0,
            _ => self.ends[index - 1],
        };
        self.text.get(start as usize..end as usize).map(str::trim)
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.cell(index))
    }

    /// Whether it consists of separators and blanks.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.chars().all(char::is_whitespace)
    }
}

/// What follows in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A row, perhaps an empty one.
    Row(Row),
    /// A row that cannot be divided into cells.
    Malformed(Malformed),
    /// The file's end.
    End,
}

/// Why a row cannot be divided into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// There is text after the closing quotation mark of the cell at this index.
    AfterQuote { line: u64, cell: usize },
    /// The quotation mark that opens in this line is not closed. Nothing after it was read.
    Unclosed { line: u64, quote: u64 },
    /// The row is larger than the limit. Nothing after it was read.
    TooLarge { line: u64 },
}

/// Reads rows.
pub(crate) struct Rows<R> {
    input: R,
    delimiter: u8,
    /// The line of the next byte.
    line: u64,
    /// Whether the last byte was a carriage return, so that a line feed belongs to it.
    after_return: bool,
    done: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Plain,
    Quoted,
    /// After a quotation mark within a quoted cell: its end, or the first of two.
    Closed,
    /// After a quoted cell and a blank.
    Ended,
}

impl<R: BufRead> Rows<R> {
    /// Reads rows from a text in UTF-8.
    pub(crate) fn new(input: R, delimiter: u8) -> Self {
        Self {
            input,
            delimiter,
            line: 1,
            after_return: false,
            done: false,
        }
    }

    /// The next byte with every line break as one line feed.
    fn byte(&mut self) -> io::Result<Option<u8>> {
        loop {
            let Some(byte) = self.input.fill_buf()?.first().copied() else {
                return Ok(None);
            };
            self.input.consume(1);
            let belongs = self.after_return && byte == b'\n';
            self.after_return = byte == b'\r';
            if !belongs {
                return Ok(Some(if byte == b'\r' { b'\n' } else { byte }));
            }
        }
    }

    pub(crate) fn next(&mut self) -> io::Result<Next> {
        if self.done {
            return Ok(Next::End);
        }
        let mut row = Partial::new(self.line);
        let mut any = false;
        while let Some(byte) = self.byte()? {
            any = true;
            if row.text.len() >= MAX_ROW_BYTES || row.ends.len() >= MAX_ROW_BYTES {
                self.done = true;
                return Ok(Next::Malformed(row.too_large()));
            }
            if byte == b'\n' {
                self.line += 1;
                if row.state != State::Quoted {
                    return row.finish();
                }
            }
            row.push(byte, self.delimiter, self.line);
        }
        self.done = true;
        match any {
            true => row.finish(),
            false => Ok(Next::End),
        }
    }
}

/// A row whose end has not been read.
struct Partial {
    line: u64,
    text: Vec<u8>,
    ends: Vec<u32>,
    state: State,
    /// Where the current cell begins within `text`.
    cell_start: usize,
    /// The line of the last opening quotation mark.
    quote: u64,
    /// The first cell with text after its closing quotation mark.
    after_quote: Option<usize>,
}

impl Partial {
    fn new(line: u64) -> Self {
        Self {
            line,
            text: Vec::new(),
            ends: Vec::new(),
            state: State::CellStart,
            cell_start: 0,
            quote: line,
            after_quote: None,
        }
    }

    /// Adds a byte of this line.
    fn push(&mut self, byte: u8, delimiter: u8, line: u64) {
        let is_blank = byte == b' ' || byte == b'\t';
        match self.state {
            State::Quoted if byte == b'"' => self.state = State::Closed,
            State::Quoted => self.text.push(byte),
            State::Closed if byte == b'"' => {
                self.text.push(byte);
                self.state = State::Quoted;
            }
            _ if byte == delimiter => {
                self.ends.push(end_of(&self.text));
                self.cell_start = self.text.len();
                self.state = State::CellStart;
            }
            State::CellStart if byte == b'"' => {
                // Blanks before the quotation mark are none of the cell's.
                self.text.truncate(self.cell_start);
                self.quote = line;
                self.state = State::Quoted;
            }
            State::CellStart if is_blank => self.text.push(byte),
            State::Closed | State::Ended if is_blank => self.state = State::Ended,
            State::Closed | State::Ended => {
                self.after_quote.get_or_insert(self.ends.len());
                self.text.push(byte);
                self.state = State::Plain;
            }
            State::CellStart | State::Plain => {
                self.text.push(byte);
                self.state = State::Plain;
            }
        }
    }

    fn too_large(&self) -> Malformed {
        match self.state {
            State::Quoted => self.unclosed(),
            _ => Malformed::TooLarge { line: self.line },
        }
    }

    fn unclosed(&self) -> Malformed {
        Malformed::Unclosed {
            line: self.line,
            quote: self.quote,
        }
    }

    fn finish(mut self) -> io::Result<Next> {
        if self.state == State::Quoted {
            return Ok(Next::Malformed(self.unclosed()));
        }
        if let Some(cell) = self.after_quote {
            let line = self.line;
            return Ok(Next::Malformed(Malformed::AfterQuote { line, cell }));
        }
        self.ends.push(end_of(&self.text));
        // Cells end at ASCII characters, so they are as valid as the input.
        let text = String::from_utf8(self.text)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Ok(Next::Row(Row {
            line: self.line,
            text,
            ends: self.ends,
        }))
    }
}

/// [`MAX_ROW_BYTES`] is far below the largest `u32`.
fn end_of(text: &[u8]) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// The delimiter that a file's first line declares (`sep=;`), as Excel writes and reads it.
pub(crate) fn declared_delimiter(head: &str) -> Option<u8> {
    let line = head.split(['\r', '\n']).next().unwrap_or_default();
    let line = line.trim_matches('"');
    let declared = line.get(..4)?.eq_ignore_ascii_case("sep=");
    match line.as_bytes().get(4..) {
        Some([b'\t']) if declared => Some(b'\t'),
        Some([delimiter]) if declared && delimiter.is_ascii_punctuation() => Some(*delimiter),
        _ => None,
    }
}

/// The delimiter with which most of the header's names are known.
pub(crate) fn guess_delimiter(head: &str, is_known: impl Fn(&str) -> bool) -> u8 {
    let mut best = (b',', (0, 0));
    for delimiter in [b',', b';', b'\t'] {
        let mut rows = Rows::new(head.as_bytes(), delimiter);
        let header = loop {
            match rows.next() {
                Ok(Next::Row(row)) if row.is_empty() => {}
                Ok(Next::Row(row)) => break row,
                _ => break Row::default(),
            }
        };
        let known = header.cells().filter(|name| is_known(name)).count();
        if known > 0 && (known, header.len()) > best.1 {
            best = (delimiter, (known, header.len()));
        }
    }
    best.0
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        let mut rows = Rows::new(text.as_bytes(), b',');
        let mut found = Vec::new();
        loop {
            match rows.next().unwrap() {
                Next::Row(row) => {
                    found.push((row.line, row.cells().map(str::to_owned).collect()));
                }
                Next::Malformed(malformed) => found.push((0, vec![format!("{malformed:?}")])),
                Next::End => return found,
            }
        }
    }

    #[test]
    fn lines_are_counted_as_an_editor_does_whatever_ends_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "1,\"x", "y\"", "2, z ", ""].join(end);
            let cells = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
            assert_eq!(
                rows(&text),
                [
                    (1, cells(["a", "b"])),
                    (2, vec![String::new()]),
                    (3, cells(["1", "x\ny"])),
                    (5, cells(["2", "z"])),
                ]
            );
        }
    }

    #[test]
    fn quotation_marks_hold_commas_and_quotation_marks() {
        let row = |text| rows(text).remove(0).1.join("|");
        assert_eq!(
            row("\"a,\"\"b\"\"\", \"c\" ,5\" pipe,"),
            "a,\"b\"|c|5\" pipe|"
        );
        assert_eq!(row("\"\",x"), "|x");
        assert_eq!(row("a"), "a");
    }

    #[test]
    fn a_row_that_cannot_be_divided_is_named() {
        assert_eq!(
            rows("a,b\n1,\"x\"y\n2,z")[1..],
            [
                (0, vec!["AfterQuote { line: 2, cell: 1 }".to_owned()]),
                (3, vec!["2".to_owned(), "z".to_owned()])
            ]
        );
        assert_eq!(
            rows("a,b\n1,\nx,\"y\nz\n")[2].1,
            ["Unclosed { line: 3, quote: 3 }"]
        );
        let large = "x".repeat(MAX_ROW_BYTES + 1);
        assert_eq!(rows(&large)[0].1, ["TooLarge { line: 1 }"]);
    }

    #[test]
    fn the_delimiter_is_declared_or_the_one_that_makes_names() {
        assert_eq!(declared_delimiter("sep=;\r\nsku;name"), Some(b';'));
        assert_eq!(declared_delimiter("\"SEP=|\"\nsku|name"), Some(b'|'));
        for none in ["", "sep", "sep=", "sep=;;", "sku,sep=;", "sep=é", "sep=a"] {
            assert_eq!(declared_delimiter(none), None, "{none}");
        }
        let known = |name: &str| ["sku", "name"].contains(&name);
        assert_eq!(guess_delimiter("sku;name\n1;a,b,c", known), b';');
        assert_eq!(guess_delimiter("\n\nsku\tname\n", known), b'\t');
        assert_eq!(guess_delimiter("x;y;sku,name\n", known), b',');
        assert_eq!(guess_delimiter("sku\n", known), b',');
        assert_eq!(guess_delimiter("", known), b',');
    }
}
