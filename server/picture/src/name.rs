//! The key of a picture, and the names of its files.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::WIDTHS;

/// Part of every key. To be raised when the same original becomes other bytes: other widths or
/// qualities, or a library that encodes differently.
const ENCODING: &[u8] = b"till picture 1\0";

/// The key of a picture: a SHA-256 of the original's bytes and the version of their conversion.
///
/// The same original has the same key, before it is converted, so a shop that already has the key
/// need not convert it again. After a change of the conversion it has another key, and with that
/// other addresses: what browsers and proxies keep as immutable is never replaced by other bytes.
///
/// `Display` writes 64 lower-case hexadecimal digits, and `FromStr` reads only these.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The key of an original.
    #[must_use]
    pub fn of(original: &[u8]) -> Self {
        Self(
            Sha256::new()
                .chain_update(ENCODING)
                .chain_update(original)
                .finalize()
                .into(),
        )
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

/// A text is not the canonical name of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no name of a picture")]
pub struct InvalidName;

impl FromStr for ContentHash {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(InvalidName);
        }
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).map_err(|_| InvalidName)?;
        Ok(Self(hash))
    }
}

/// The name of a file of a picture: `{hash}-{width}.webp`, or `{hash}.jpg` for the only JPEG.
///
/// `Display` writes the name, and `FromStr` reads only names that `Display` writes: no upper case,
/// no leading zero, no sign, no width above the largest of [`WIDTHS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileName {
    /// A WebP file.
    WebP {
        /// The picture.
        hash: ContentHash,
        /// The file's width in pixels.
        width: u32,
    },
    /// The JPEG.
    Jpeg {
        /// The picture.
        hash: ContentHash,
    },
}

impl FileName {
    /// The picture's key.
    #[must_use]
    pub fn hash(self) -> ContentHash {
        match self {
            Self::WebP { hash, .. } | Self::Jpeg { hash } => hash,
        }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WebP { hash, width } => write!(f, "{hash}-{width}.webp"),
            Self::Jpeg { hash } => write!(f, "{hash}.jpg"),
        }
    }
}

impl FromStr for FileName {
    type Err = InvalidName;

    fn from_str(name: &str) -> Result<Self, InvalidName> {
        if let Some(hash) = name.strip_suffix(".jpg") {
            return Ok(Self::Jpeg {
                hash: hash.parse()?,
            });
        }
        let (hash, width) = name
            .strip_suffix(".webp")
            .and_then(|stem| stem.split_once('-'))
            .ok_or(InvalidName)?;
        Ok(Self::WebP {
            hash: hash.parse()?,
            width: parse_width(width)?,
        })
    }
}

fn parse_width(text: &str) -> Result<u32, InvalidName> {
    let is_canonical = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    let width = text.parse().map_err(|_| InvalidName)?;
    let is_allowed = WIDTHS.last().is_some_and(|last| width <= *last);
    (is_canonical && is_allowed)
        .then_some(width)
        .ok_or(InvalidName)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn the_same_original_has_the_same_key() {
        assert_eq!(ContentHash::of(b"cup"), ContentHash::of(b"cup"));
        assert_ne!(ContentHash::of(b"cup"), ContentHash::of(b"cups"));
        // Not the plain SHA-256, so that a change of the conversion changes every key.
        assert_ne!(
            ContentHash::of(b"").to_string(),
            hex::encode(Sha256::digest(b""))
        );
    }

    #[test]
    fn names_of_files_can_be_read_again() {
        let hash: ContentHash = HASH.parse().unwrap();
        for (file, name) in [
            (
                FileName::WebP { hash, width: 640 },
                format!("{HASH}-640.webp"),
            ),
            (FileName::WebP { hash, width: 1 }, format!("{HASH}-1.webp")),
            (
                FileName::WebP { hash, width: 1_600 },
                format!("{HASH}-1600.webp"),
            ),
            (FileName::Jpeg { hash }, format!("{HASH}.jpg")),
        ] {
            assert_eq!(file.to_string(), name);
            assert_eq!(name.parse(), Ok(file));
            assert_eq!(file.hash(), hash);
        }
    }

    #[test]
    fn other_names_are_refused() {
        let upper = HASH.to_uppercase();
        for name in [
            String::new(),
            HASH.to_owned(),
            format!("{HASH}.webp"),
            format!("{HASH}-.webp"),
            format!("{HASH}-0.webp"),
            format!("{HASH}-0640.webp"),
            format!("{HASH}-+640.webp"),
            format!("{HASH}--640.webp"),
            format!("{HASH}-640 .webp"),
            format!("{HASH}-٦٤٠.webp"),
            format!("{HASH}-1601.webp"),
            format!("{HASH}-4294967936.webp"),
            format!("{HASH}-99999999999999999999.webp"),
            format!("{HASH}-640.WEBP"),
            format!("{HASH}-640.webp.jpg"),
            format!("{HASH}-640.jpg"),
            format!("{HASH}.jpeg"),
            format!(" {HASH}.jpg"),
            format!("{upper}-640.webp"),
            format!("{upper}.jpg"),
            format!("{HASH}0-640.webp"),
            format!("{}-640.webp", &HASH[1..]),
            format!("../{HASH}-640.webp"),
        ] {
            assert_eq!(name.parse::<FileName>(), Err(InvalidName), "{name}");
        }
    }

    proptest! {
        #[test]
        fn only_names_that_are_written_are_read(
            name in "[0-9a-fA-F]{62,66}(-[+0-9]{0,5})?\\.(webp|jpg|jpeg)"
        ) {
            if let Ok(file) = name.parse::<FileName>() {
                prop_assert_eq!(file.to_string(), name);
            }
        }
    }
}
