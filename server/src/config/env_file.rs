//! The file `.env`: `NAME=value` lines, overridden by the environment.
//!
//! Not dotenvy: it always substitutes `$`, which passwords may hold, and it stops at an unquoted
//! space and silently drops all later lines, such as the Stripe keys. This parser drops nothing: an
//! ambiguous line is an error.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use shop::settings::{FromVariables, Variables};

use super::Config;

/// The settings in a `.env`.
#[derive(Clone, Default)]
pub struct EnvFile(pub(super) BTreeMap<String, String>);

/// Prints names only: values may be secrets.
impl fmt::Debug for EnvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why a `.env` cannot be used. The message never contains a value.
#[derive(Debug, thiserror::Error)]
pub enum EnvFileError {
    /// The file exists but could not be read.
    #[error("could not read {}", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// One of its lines is not a setting.
    #[error("{}, line {line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it, and how to fix it.
        reason: &'static str,
    },
}

impl EnvFile {
    /// Reads the file. A missing file sets nothing.
    ///
    /// # Errors
    /// [`EnvFileError`] if it exists and cannot be read or parsed.
    pub fn read(path: &Path) -> Result<Self, EnvFileError> {
        match std::fs::read(path) {
            Ok(bytes) => Self::parse(&bytes).map_err(|(line, reason)| EnvFileError::Line {
                path: path.to_owned(),
                line,
                reason,
            }),
            // A dangling symlink is an error, not a missing file.
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound
                    && path.symlink_metadata().is_err() =>
            {
                Ok(Self::default())
            }
            Err(error) => Err(EnvFileError::Unreadable(path.to_owned(), error)),
        }
    }

    /// Parses the file's bytes. An error is the line's number and what is wrong with it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, (usize, &'static str)> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut values = BTreeMap::new();
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let at_line = |reason| (index + 1, reason);
            let line = std::str::from_utf8(line).map_err(|_| at_line("the text is not UTF-8."))?;
            let Some((name, value)) = setting(line).map_err(at_line)? else {
                continue;
            };
            if values.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(at_line("this name is already set on an earlier line."));
            }
        }
        Ok(Self(values))
    }

    /// The names that Till does not know, in alphabetical order: mostly misspellings.
    pub fn unknown_names(&self) -> impl Iterator<Item = &str> {
        let settings = Config::documentation();
        let known = move |name: &&str| {
            // cargo-leptos has settings of its own.
            name.starts_with("LEPTOS_")
                || settings.iter().any(|setting| {
                    setting.names().any(|known| known == *name)
                        || name.strip_suffix("_FILE") == Some(setting.name)
                })
        };
        self.0
            .keys()
            .map(String::as_str)
            .filter(move |name| !known(name))
    }
}

pub(super) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Parses one line. `None` if it is empty or a comment.
fn setting(line: &str) -> Result<Option<(&str, &str)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if line.contains(|character: char| character.is_control() && character != '\t') {
        return Err("the line contains a control character.");
    }
    let line = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => line,
    };
    let Some((name, value)) = line.split_once('=') else {
        return Err("the line is neither NAME=value nor a comment that begins with #.");
    };
    let name = name.trim_end();
    if !is_name(name) {
        return Err("a name consists of letters, digits and underscores.");
    }
    value_of(value.trim()).map(|value| Some((name, value)))
}

/// Parses a value: everything to the line's end, or everything in quotes. Nothing is substituted.
fn value_of(value: &str) -> Result<&str, &'static str> {
    let quote = value
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    let Some(quote) = quote else {
        // `SHOP_NAME=Tea # and more`: some parsers read a comment, others a part of the name.
        if value.contains(" #") || value.contains("\t#") {
            return Err(
                "put the value into quotes if # belongs to it, or the comment on its own line.",
            );
        }
        return Ok(value);
    };
    let Some((inside, after)) = value[1..].split_once(quote) else {
        return Err("the value begins with a quote that is not closed.");
    };
    match after.trim_start() {
        "" => Ok(inside),
        comment if comment.starts_with('#') && comment.len() < after.len() => Ok(inside),
        _ => Err("something follows the closing quote: use the other kind of quotes."),
    }
}

/// The process' environment, with the file for variables that it does not set.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    file: EnvFile,
}

impl Environment {
    /// The environment, overriding this file.
    #[must_use]
    pub fn above(file: EnvFile) -> Self {
        Self { file }
    }

    /// Logs a warning for each name in the file that Till does not know.
    pub fn warn_of_unknown_names(&self) {
        for name in self.file.unknown_names() {
            tracing::warn!(
                name,
                "{name} in .env is not a setting of Till and has no effect"
            );
        }
    }
}

impl Variables for Environment {
    /// A variable that is set in the environment, even if empty, overrides the file.
    fn get(&self, name: &str) -> Option<String> {
        match std::env::var(name) {
            Ok(value) => Some(value),
            // Not unset: an unreadable key must not start the sandbox. The replacement character
            // makes the setting invalid.
            Err(std::env::VarError::NotUnicode(value)) => {
                Some(value.to_string_lossy().into_owned())
            }
            Err(std::env::VarError::NotPresent) => self.file.0.get(name).cloned(),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn value(line: &str) -> String {
        let file = EnvFile::parse(line.as_bytes()).unwrap();
        assert_eq!(file.0.len(), 1, "{line}");
        file.0.into_values().next().unwrap()
    }

    fn reason(line: &str) -> &'static str {
        EnvFile::parse(line.as_bytes()).unwrap_err().1
    }

    #[test]
    fn a_value_is_everything_after_the_equals_sign() {
        for (line, expected) in [
            ("SHOP_NAME=Pens and Paper", "Pens and Paper"),
            ("SHOP_NAME = Pens ", "Pens"),
            ("export SHOP_NAME=Pens", "Pens"),
            ("  SHOP_NAME=Pens\r", "Pens"),
            ("P=pa$$word${HOME}`x`\\n", "pa$$word${HOME}`x`\\n"),
            ("P=a=b=c", "a=b=c"),
            ("P=a#b", "a#b"),
            ("P=#b", "#b"),
            ("P=", ""),
            ("P=\"\"", ""),
            ("P=\" two  spaces # here \"", " two  spaces # here "),
            ("P='it is \"quoted\"'", "it is \"quoted\""),
            ("P=\"x\" # a comment", "x"),
            ("P=It's", "It's"),
            ("P=Café ☕", "Café ☕"),
        ] {
            assert_eq!(value(line), expected, "{line}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for line in ["NAME", "=x", "A B=x", "1A=x", "A-B=x", "exportA B=x"] {
            assert!(EnvFile::parse(line.as_bytes()).is_err(), "{line}");
        }
        assert!(reason("A=b # c").contains("quotes"));
        assert!(reason("A=\"b").contains("not closed"));
        assert!(reason("A=\"b\"c\"").contains("follows"));
        assert!(reason("A=\"b\"#c").contains("follows"));
        assert!(reason("A=b\0c").contains("control"));
        assert!(reason("A=1\nA=2").contains("earlier line"));
    }

    #[test]
    fn an_error_names_file_and_line_and_no_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        assert!(EnvFile::read(&path).unwrap().0.is_empty());
        for (bytes, line) in [
            (&b"A=1\r\n# fine\r\nnonsense hidden\r\n"[..], 3),
            (b"\xef\xbb\xbfA=1\nB=\xff hidden\n", 2),
            (b"A=hidden\nA=hidden", 2),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let said = EnvFile::read(&path).unwrap_err().to_string();
            assert!(said.contains(&format!(".env, line {line}: ")), "{said}");
            assert!(!said.contains("hidden"), "{said}");
        }
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink("nowhere", &link).unwrap();
            let said = EnvFile::read(&link).unwrap_err().to_string();
            assert!(said.starts_with("could not read "), "{said}");
        }
        // A folder cannot be read as a file.
        let said = EnvFile::read(folder.path()).unwrap_err().to_string();
        assert!(said.starts_with("could not read "), "{said}");
    }

    #[test]
    fn misspelt_names_are_reported() {
        let file = EnvFile::parse(
            b"STRIPE_SECRETKEY=x\nSHOP_NAME=x\nSMTP_URL_FILE=x\nRUST_LOG=x\nLEPTOS_SITE_ADDR=x",
        )
        .unwrap();
        assert_eq!(
            file.unknown_names().collect::<Vec<_>>(),
            ["STRIPE_SECRETKEY"]
        );
    }
}
