//! The file `.env`: `NAME=value` lines beside the environment, which wins over them.
//!
//! A small reader of our own: dotenvy always substitutes `$`, which passwords hold, and it stops at
//! an unquoted space, so that every later line is dropped in silence, the Stripe keys too. Here
//! nothing is ever dropped: a line that could be read in two ways ends the program.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::Variables;

/// All settings, one comment each; also the list of the names that Till knows.
const EXAMPLE: &str = include_str!("../../../.env.example");

/// What a `.env` says.
#[derive(Clone, Default)]
pub struct EnvFile(BTreeMap<String, String>);

/// Names only: values may be secrets.
impl fmt::Debug for EnvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why a `.env` cannot be used. It says nothing of a value.
#[derive(Debug, thiserror::Error)]
pub enum EnvFileError {
    /// It is there, but cannot be read.
    #[error("{} could not be read", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// One of its lines is not a setting.
    #[error("{}, line {line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it, and how to fix it.
        reason: &'static str,
    },
}

impl EnvFile {
    /// Reads the file. Nothing is set where there is none.
    ///
    /// # Errors
    /// [`EnvFileError`] where it is there and cannot be read to its end.
    pub fn read(path: &Path) -> Result<Self, EnvFileError> {
        match std::fs::read(path) {
            Ok(bytes) => Self::parse(&bytes).map_err(|(line, reason)| EnvFileError::Line {
                path: path.to_owned(),
                line,
                reason,
            }),
            // A link that leads nowhere is not "no file": what it should lead to is missing.
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound
                    && path.symlink_metadata().is_err() =>
            {
                Ok(Self::default())
            }
            Err(error) => Err(EnvFileError::Unreadable(path.to_owned(), error)),
        }
    }

    /// Parses the file's bytes; an error is the number of the line and what is wrong there.
    fn parse(bytes: &[u8]) -> Result<Self, (usize, &'static str)> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut values = BTreeMap::new();
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let wrong = |reason| (index + 1, reason);
            let line = std::str::from_utf8(line).map_err(|_| wrong("the text is not UTF-8."))?;
            let Some((name, value)) = setting(line).map_err(wrong)? else {
                continue;
            };
            if values.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(wrong("this name is set on an earlier line already."));
            }
        }
        Ok(Self(values))
    }

    /// Names that Till does not know, in alphabetical order: mostly misspelt ones.
    pub fn unknown_names(&self) -> impl Iterator<Item = &str> {
        let known = |name: &&str| {
            name.starts_with("LEPTOS_")
                || documented().any(|documented| {
                    documented == *name || name.strip_suffix("_FILE") == Some(documented)
                })
        };
        self.0
            .keys()
            .map(String::as_str)
            .filter(move |name| !known(name))
    }
}

/// The names in `.env.example`.
fn documented() -> impl Iterator<Item = &'static str> {
    EXAMPLE
        .lines()
        .filter_map(|line| {
            line.strip_prefix('#')?
                .split_once('=')
                .map(|(name, _)| name)
        })
        .filter(|name| is_name(name))
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Reads one line. `None` where it is empty or a comment.
fn setting(line: &str) -> Result<Option<(&str, &str)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if line.contains(|character: char| character.is_control() && character != '\t') {
        return Err("it holds a control character.");
    }
    let line = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => line,
    };
    let Some((name, value)) = line.split_once('=') else {
        return Err("it is neither NAME=value nor a comment that begins with #.");
    };
    let name = name.trim_end();
    if !is_name(name) {
        return Err("a name has letters, digits and underscores only.");
    }
    value_of(value.trim()).map(|value| Some((name, value)))
}

/// A value: everything up to the line's end, or everything within quotes. Nothing is substituted.
fn value_of(value: &str) -> Result<&str, &'static str> {
    let quote = value
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    let Some(quote) = quote else {
        // `SHOP_NAME=Tea # and more`: a comment to some, part of the name to others.
        if value.contains(" #") || value.contains("\t#") {
            return Err(
                "put the value into quotes if # belongs to it, or the comment on a line of its own.",
            );
        }
        return Ok(value);
    };
    let Some((inside, after)) = value[1..].split_once(quote) else {
        return Err("its value begins with a quote that is not closed.");
    };
    match after.trim_start() {
        "" => Ok(inside),
        comment if comment.starts_with('#') && comment.len() < after.len() => Ok(inside),
        _ => Err("something follows the value's closing quote: use the other kind of quotes."),
    }
}

/// The process' environment, and below it the file.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    file: EnvFile,
}

impl Environment {
    /// The environment above this file.
    #[must_use]
    pub fn above(file: EnvFile) -> Self {
        Self { file }
    }

    /// Says of each name in the file that Till does not know that it has no effect.
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
    /// A variable that is set in the environment, even to nothing, wins over the file.
    fn get(&self, name: &str) -> Option<String> {
        match std::env::var(name) {
            Ok(value) => Some(value),
            // Not "unset": a key that cannot be read must not make the shop a sandbox. The setting
            // refuses the character that stands for what is not text.
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
    use crate::config::Config;

    fn value(line: &str) -> String {
        let file = EnvFile::parse(line.as_bytes()).unwrap();
        assert_eq!(file.0.len(), 1, "{line}");
        file.0.into_values().next().unwrap()
    }

    fn reason(line: &str) -> &'static str {
        EnvFile::parse(line.as_bytes()).unwrap_err().1
    }

    #[test]
    fn a_value_is_what_stands_behind_the_sign() {
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
            assert!(said.ends_with("could not be read"), "{said}");
        }
        // A folder of that name is there, and cannot be read.
        let said = EnvFile::read(folder.path()).unwrap_err().to_string();
        assert!(said.ends_with("could not be read"), "{said}");
    }

    #[test]
    fn the_example_changes_nothing_as_it_is_and_is_valid_with_every_line_filled_in() {
        let as_it_is = EnvFile::parse(EXAMPLE.as_bytes()).unwrap();
        assert!(as_it_is.0.is_empty());
        // Of several examples for one name the first counts; a secret is set once, without its file.
        let mut filled = String::new();
        let mut seen = std::collections::BTreeSet::new();
        for line in EXAMPLE.lines() {
            let setting = line.strip_prefix('#').and_then(|rest| rest.split_once('='));
            match setting.filter(|(name, _)| is_name(name)) {
                Some((name, _)) if name.ends_with("_FILE") || !seen.insert(name) => {}
                Some(("STRIPE_SECRET_KEY", _)) => filled += "STRIPE_SECRET_KEY=sk_test_x\n",
                Some(("STRIPE_WEBHOOK_SECRET", _)) => filled += "STRIPE_WEBHOOK_SECRET=whsec_x\n",
                Some((name, value)) => filled += &format!("{name}={value}\n"),
                None => filled += &format!("{line}\n"),
            }
        }
        let file = EnvFile::parse(filled.as_bytes()).unwrap();
        assert!(file.0.len() > 20, "{file:?}");
        assert_eq!(file.unknown_names().count(), 0);
        let config = Config::read(&|name: &str| file.0.get(name).cloned()).unwrap();
        assert_eq!(config.public_url.as_deref(), Some("https://shop.example"));
    }

    #[test]
    fn misspelt_names_are_told() {
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
