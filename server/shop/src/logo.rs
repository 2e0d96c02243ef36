//! The shop's logo: a stored picture ([`crate::pictures`]) in place of its name above every page.
//!
//! The setting names the picture and its size, so that pages need not ask the database for it.

use std::fmt;
use std::str::FromStr;

use ::picture::FileName;

/// A logo, by a WebP file of a stored picture.
///
/// `Display` writes `{hash}-{width}x{height}`, and `FromStr` reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    pub(crate) hash: String,
    /// The file's width in pixels.
    pub width: u32,
    /// The file's height in pixels.
    pub height: u32,
}

impl Logo {
    /// The path of the WebP file that pages show.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/pictures/{}-{}.webp", self.hash, self.width)
    }

    /// The path of the JPEG file, for emails and for those who read structured data.
    #[must_use]
    pub fn jpeg_path(&self) -> String {
        format!("/pictures/{}.jpg", self.hash)
    }
}

impl fmt::Display for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}x{}", self.hash, self.width, self.height)
    }
}

/// A text is not the name of a logo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no name of a logo")]
pub struct InvalidLogo;

impl FromStr for Logo {
    type Err = InvalidLogo;

    fn from_str(text: &str) -> Result<Self, InvalidLogo> {
        let (file, height) = text.rsplit_once('x').ok_or(InvalidLogo)?;
        let name: FileName = format!("{file}.webp").parse().map_err(|_| InvalidLogo)?;
        let FileName::WebP { hash, width } = name else {
            return Err(InvalidLogo);
        };
        let logo = Self {
            hash: hash.to_string(),
            width,
            height: height.parse().map_err(|_| InvalidLogo)?,
        };
        // Nothing but the canonical name: no sign, no zero.
        match logo.height > 0 && logo.to_string() == text {
            true => Ok(logo),
            false => Err(InvalidLogo),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_named_by_picture_and_size() {
        let hash = "9f".repeat(32);
        let text = format!("{hash}-320x80");
        let logo: Logo = text.parse().unwrap();
        assert_eq!((logo.width, logo.height), (320, 80));
        assert_eq!(logo.to_string(), text);
        assert_eq!(logo.path(), format!("/pictures/{hash}-320.webp"));
        assert_eq!(logo.jpeg_path(), format!("/pictures/{hash}.jpg"));
        for end in [
            "",
            "-320",
            "-320x0",
            "-320x080",
            "-320x+80",
            "-x80",
            "-99999x80",
        ] {
            assert_eq!(
                format!("{hash}{end}").parse::<Logo>(),
                Err(InvalidLogo),
                "{end}"
            );
        }
        assert_eq!("../x-320x80".parse::<Logo>(), Err(InvalidLogo));
    }
}
