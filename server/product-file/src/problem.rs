//! What is wrong with a file, as sentences for the shop's owner.

use std::fmt;
use std::sync::Arc;

/// The number of problems that are described; further ones are only counted.
pub const MAX_PROBLEMS: usize = 50;
/// The number of characters of a cell that a message repeats.
const MAX_SHOWN_CHARACTERS: usize = 60;

/// A row of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file's name as it was given.
    pub file: Arc<str>,
    /// The row's first line as an editor numbers it, from 1.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file, self.line)
    }
}

/// One problem that keeps the file from being imported. `Display` writes it as one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}{}: {reason}", column.as_ref().map(|column| format!(", column {column}"))
    .unwrap_or_default())]
pub struct Problem {
    /// The row.
    pub place: Place,
    /// The column's name as the file spells it, unless the problem is the whole row's.
    pub column: Option<String>,
    /// What is wrong and what to do, as the predicate of a sentence about the cell.
    pub reason: String,
}

/// The problems of all files: the first [`MAX_PROBLEMS`], and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    first: Vec<Problem>,
    count: u64,
}

impl Problems {
    /// Adds a problem, or counts it if there are too many.
    pub fn add(&mut self, problem: Problem) {
        self.count += 1;
        if self.first.len() < MAX_PROBLEMS {
            self.first.push(problem);
        }
    }

    /// Sorts the problems by their rows.
    pub(crate) fn sort(&mut self) {
        self.first.sort_by(|one, other| one.place.cmp(&other.place));
    }

    /// The first problems, at most [`MAX_PROBLEMS`].
    #[must_use]
    pub fn first(&self) -> &[Problem] {
        &self.first
    }

    /// The number of all problems.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// One problem a line, and the number of those that are not described.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.first.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))?;
        match self.count - lines.len() as u64 {
            0 => Ok(()),
            1 => f.write_str("\nand 1 more problem"),
            more => write!(f, "\nand {more} more problems"),
        }
    }
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system or the disk failed.
    #[error("could not read {file}")]
    Unreadable {
        /// The file's name.
        file: Arc<str>,
        /// The cause.
        source: std::io::Error,
    },
    /// There is nothing in it.
    #[error("{file} is empty")]
    Empty {
        /// The file's name.
        file: Arc<str>,
    },
    /// It is a workbook, a picture, an archive…
    #[error("{file} is {what}, not a CSV file: open it in a spreadsheet and save it as CSV UTF-8")]
    NotCsv {
        /// The file's name.
        file: Arc<str>,
        /// What it is.
        what: &'static str,
    },
    /// Some letters are in UTF-8 and others are not, so some would be wrong however it is read.
    #[error(
        "{file}, line {line}: has letters that are not UTF-8, but the rest of the file is UTF-8: \
         correct the line, and save the file as UTF-8"
    )]
    MixedEncoding {
        /// The file's name.
        file: Arc<str>,
        /// The first line that is not UTF-8.
        line: u64,
    },
    /// Another program wrote into the file while it was read.
    #[error("{file} was changed while it was being read: import it again")]
    Changed {
        /// The file's name.
        file: Arc<str>,
    },
}

/// A cell as a message repeats it: in quotation marks, shortened, and without control characters,
/// which would reach the owner's terminal.
pub(crate) fn quoted(cell: &str) -> String {
    let mut shown = String::from("\"");
    for (index, character) in cell.chars().enumerate() {
        if index == MAX_SHOWN_CHARACTERS {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown.push('"');
    shown
}

/// A number with its noun: `1 row`, `3 rows`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
