//! The object of an event at the time of the event: in memory, or a reference into the journal
//! file.
//!
//! The events of a paid session take some ten kilobytes; under load they would fill the memory.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A JSON text that never changes.
#[derive(Debug, Clone)]
pub(crate) enum Snapshot {
    Memory(Box<str>),
    /// A JSON string, quotes included, that holds the text.
    Disk {
        file: Arc<File>,
        at: u64,
        length: usize,
    },
}

impl Snapshot {
    /// The text; `null` if it could not be read from disk.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Snapshot::Memory(text) => Cow::Borrowed(text),
            Snapshot::Disk { file, at, length } => match read(file, *at, *length) {
                Ok(text) => Cow::Owned(text),
                Err(error) => {
                    tracing::error!(
                        %error,
                        "could not read an event from the sandbox's state file"
                    );
                    Cow::Borrowed("null")
                }
            },
        }
    }
}

impl From<String> for Snapshot {
    fn from(text: String) -> Snapshot {
        Snapshot::Memory(text.into_boxed_str())
    }
}

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Snapshot, D::Error> {
        Ok(String::deserialize(deserializer)?.into())
    }
}

fn read(file: &File, at: u64, length: usize) -> io::Result<String> {
    let mut text = vec![0; length];
    read_exact_at(file, &mut text, at)?;
    Ok(serde_json::from_slice(&text)?)
}

/// Whether [`Snapshot::Disk`] is supported on this system.
pub(crate) const DISK_SUPPORTED: bool = cfg!(unix);

#[cfg(unix)]
fn read_exact_at(file: &File, text: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, text, at)
}

#[cfg(not(unix))]
fn read_exact_at(_file: &File, _text: &mut [u8], _at: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The byte ranges of the events' objects in a line of the journal, as JSON strings with their
/// quotes.
///
/// Quotes inside strings are escaped, so that the searched keys match only as keys.
pub(crate) fn object_ranges(line: &[u8]) -> Vec<Range<usize>> {
    let mut object_ranges = Vec::new();
    let mut from = 0;
    while let Some(event) = find(line, br#"{"event":{"#, from)
        && let Some(start) = find(line, br#""object":"#, event)
        && let Some(end) = string_end(line, start)
    {
        object_ranges.push(start..end);
        from = end;
    }
    object_ranges
}

/// The position after the first `name` at or after `from`.
fn find(line: &[u8], name: &[u8], from: usize) -> Option<usize> {
    line[from..]
        .windows(name.len())
        .position(|window| window == name)
        .map(|at| from + at + name.len())
}

/// The position after the JSON string that begins at `start`.
fn string_end(line: &[u8], start: usize) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in line.iter().enumerate().skip(start + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_are_found_whatever_text_they_contain() {
        let tricky =
            json!({ "name": r#"{"event":{"id":"x","object":"y\\"}}"#, "end": "\\" }).to_string();
        let line = json!([
            { "session": { "name": r#"{"event":{"object":"no"}}"# } },
            { "event": { "id": "evt_1", "object": tricky } },
            { "delivery": { "event": "evt_1" } },
            { "event": { "id": "evt_2", "object": "{}" } },
        ])
        .to_string();
        let found: Vec<String> = object_ranges(line.as_bytes())
            .into_iter()
            .map(|place| serde_json::from_str(&line[place]).unwrap())
            .collect();
        assert_eq!(found, [tricky, "{}".to_owned()]);
    }
}
