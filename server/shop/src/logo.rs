//! The shop's logo: a stored picture ([`crate::pictures`]) in place of its name above every page.
//!
//! The setting names the picture and its size, so that pages need not ask the database for it.

use std::fmt;
use std::str::FromStr;

use ::picture::FileName;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter};

use crate::entity::picture_file::{self, Format};

/// How many times as wide as high a logo may be.
pub const MAX_WIDTH_RATIO: u32 = 8;
/// How many times as high as wide a logo may be.
pub const MAX_HEIGHT_RATIO: u32 = 2;

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

    /// Whether the picture is stored, in this size.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn is_stored(&self, connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
        let files = picture_file::Entity::find()
            .filter(picture_file::Column::Hash.eq(&self.hash))
            .filter(picture_file::Column::Format.eq(Format::Webp))
            .filter(picture_file::Column::Width.eq(i64::from(self.width)))
            .filter(picture_file::Column::Height.eq(i64::from(self.height)));
        Ok(files.count(connection).await? > 0)
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

/// Why there is no such logo. `Display` writes a predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLogo {
    /// A text is not the name of a logo.
    #[error("is not the name of a logo")]
    Name,
    /// The picture has a shape that is not recognizable in the height of a line or two.
    #[error(
        "has {width} × {height} pixels, but a logo may be at most {MAX_WIDTH_RATIO} times as wide \
         as high, and {MAX_HEIGHT_RATIO} times as high as wide: crop it, or choose another one"
    )]
    Shape {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
}

/// Checks that a picture of this size, in pixels, can be a logo.
///
/// # Errors
/// [`InvalidLogo::Shape`]
pub(crate) fn check_shape(width: u32, height: u32) -> Result<(), InvalidLogo> {
    let fits = width <= height.saturating_mul(MAX_WIDTH_RATIO)
        && height <= width.saturating_mul(MAX_HEIGHT_RATIO);
    match fits {
        true => Ok(()),
        false => Err(InvalidLogo::Shape { width, height }),
    }
}

impl FromStr for Logo {
    type Err = InvalidLogo;

    fn from_str(text: &str) -> Result<Self, InvalidLogo> {
        let (file, height) = text.rsplit_once('x').ok_or(InvalidLogo::Name)?;
        let name: FileName = format!("{file}.webp")
            .parse()
            .map_err(|_| InvalidLogo::Name)?;
        let FileName::WebP { hash, width } = name else {
            return Err(InvalidLogo::Name);
        };
        let logo = Self {
            hash: hash.to_string(),
            width,
            height: height.parse().map_err(|_| InvalidLogo::Name)?,
        };
        // Nothing but the canonical name: no sign, no zero.
        if logo.height == 0 || logo.to_string() != text {
            return Err(InvalidLogo::Name);
        }
        check_shape(logo.width, logo.height)?;
        Ok(logo)
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
                Err(InvalidLogo::Name),
                "{end}"
            );
        }
        assert_eq!("../x-320x80".parse::<Logo>(), Err(InvalidLogo::Name));
    }
    #[test]
    fn a_logo_is_neither_a_line_nor_a_column() {
        let named = |size: &str| format!("{}-{size}", "9f".repeat(32)).parse::<Logo>();
        for size in ["320x40", "320x640", "320x320", "8x1", "1x2"] {
            assert_eq!(
                named(size).map(|logo| logo.to_string().len()),
                Ok(65 + size.len())
            );
        }
        for (width, height) in [(321, 40), (320, 641), (1_600, 1), (1, 3_000), (1, u32::MAX)] {
            let refused = named(&format!("{width}x{height}")).unwrap_err();
            assert_eq!(refused, InvalidLogo::Shape { width, height });
            assert_eq!(
                refused.to_string(),
                format!(
                    "has {width} × {height} pixels, but a logo may be at most 8 times as wide as \
                     high, and 2 times as high as wide: crop it, or choose another one"
                )
            );
        }
    }
}
