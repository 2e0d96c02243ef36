//! Turns the picture that a shop's owner uploads into the files that the shop stores and serves.
//!
//! No database, no network and no files: [`convert`] takes bytes and returns bytes.
//!
//! # What is accepted
//!
//! JPEG, PNG, WebP and GIF, recognized by their content. Of an animation, the first frame. Anything
//! else is a [`PictureError`], whose text tells the owner what to do.
//!
//! # What becomes of it
//!
//! - It is turned upright as its EXIF data says.
//! - Its colours are converted from its RGB profile to sRGB. Profiles for grey and CMYK are not
//!   used, so that the colours of a CMYK picture are only roughly right.
//! - All metadata is left out: EXIF with places and times, XMP, comments and the profile.
//! - Samples of 16 bits become 8, grey and palettes become RGB.
//! - It is never enlarged. A picture between two of the [`WIDTHS`] also gets a file of its own
//!   width, and a very tall one has no file of more than [`MAX_FILE_PIXELS`].
//! - Transparency is kept in WebP; in the JPEG, it is white.
//! - A WebP file of at most [`CARD_WIDTH`] takes the best quality with which it has no more than
//!   [`MAX_CARD_BYTES`]. There is a lowest quality, so a few have more: [`File::is_over_limit`].
//!
//! The same bytes become the same files, if the same program runs on the same kind of processor:
//! converted colours may differ by rounding on another one.
//!
//! # Keys
//!
//! [`ContentHash::of`] is the key of an original, known before the conversion. Its files never
//! change: a shop keeps those that it has stored first, all of them from one conversion, and does
//! not replace them. A program that converts differently uses other keys.
//!
//! # How to run it
//!
//! [`convert`] computes for a tenth of a second up to some seconds, so it runs in a blocking task
//! (`tokio::task::spawn_blocking`), at most two at once (a `tokio::sync::Semaphore`, acquired
//! before the bytes are read).
//!
//! Each takes up to about 350 MB: at most [`DECODING_MEMORY`] for decoding, which is checked before
//! it begins, and the file twice. A photo of 12 megapixels takes 60 MB. Only a lossless WebP that
//! was made to harm can take more, up to about 700 MB: lossless data of more than 1 MB is refused.
//!
//! A decoder that panics is caught ([`PictureError::Damaged`]); the panic's message still goes to
//! the panic hook.

mod color;
mod decode;
mod encode;
mod error;
mod header;
mod kind;
mod name;
mod resize;
mod size;

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::DynamicImage;
use image::metadata::Orientation;

pub use error::PictureError;
pub use name::{ContentHash, FileName, InvalidName};

use crate::size::Size;

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 20_000_000;
/// The largest number of pixels. Kinds that take much memory may have fewer.
pub const MAX_PIXELS: u64 = 50_000_000;
/// The longest side, in pixels.
pub const MAX_SIDE: u32 = 12_000;
/// The memory that decoding takes at most, in bytes.
pub const DECODING_MEMORY: u64 = 300_000_000;
/// The widths of WebP files, in pixels.
pub const WIDTHS: [u32; 4] = [320, 640, 960, 1600];
/// The largest number of pixels of a WebP file, which only very tall pictures reach.
pub const MAX_FILE_PIXELS: u64 = 8_000_000;
/// The largest width that is shown on a card, in pixels.
pub const CARD_WIDTH: u32 = 640;
/// The bytes that a file for a card may have.
pub const MAX_CARD_BYTES: usize = 60_000;
/// The longest side of the JPEG, in pixels.
pub const MAX_JPEG_SIDE: u32 = 1_200;

/// A converted picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The key of the original.
    pub hash: ContentHash,
    /// The width of the upright original, in pixels.
    pub width: u32,
    /// The height of the upright original, in pixels.
    pub height: u32,
    /// WebP files for pages, by ascending width: at least one.
    pub webp: Vec<File>,
    /// For emails, feeds and others that may not know WebP.
    pub jpeg: File,
}

/// A picture in one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// The whole file.
    pub bytes: Vec<u8>,
}

impl File {
    /// Whether this WebP is a file for cards that has more than [`MAX_CARD_BYTES`], although it has
    /// the lowest quality: a very tall picture, or one of noise.
    #[must_use]
    pub fn is_over_limit(&self) -> bool {
        self.width <= CARD_WIDTH && self.bytes.len() > MAX_CARD_BYTES
    }
}

/// Converts a picture. Blocks for up to some seconds; see the [module](self) for how to run it.
///
/// # Errors
/// The file is not accepted, or its conversion fails.
pub fn convert(original: &[u8]) -> Result<Picture, PictureError> {
    // The decoders are safe, but not free of panics for any input. Nothing outlives the closure.
    catch_unwind(AssertUnwindSafe(|| convert_unguarded(original)))
        .unwrap_or(Err(PictureError::Damaged))
}

fn convert_unguarded(original: &[u8]) -> Result<Picture, PictureError> {
    if original.len() > MAX_BYTES {
        return Err(PictureError::TooManyBytes);
    }
    let (full, pixels) = decode_upright(original)?;
    let mut webp = Vec::new();
    for size in size::of_webp(full) {
        webp.push(webp_file(&pixels, size)?);
    }
    let jpeg = jpeg_file(&pixels, full.of_jpeg())?;
    Ok(Picture {
        hash: ContentHash::of(original),
        width: full.width,
        height: full.height,
        webp,
        jpeg,
    })
}

/// Decodes a file. Returns the size of the upright original, and its pixels in RGB or RGBA with 8
/// bits, in the largest size that is needed.
fn decode_upright(original: &[u8]) -> Result<(Size, DynamicImage), PictureError> {
    let kind = kind::recognize(original)?;
    let header = header::read(kind, original)?;
    let decoded = decode::decode(kind, original, header)?;

    let stored = Size {
        width: header.width,
        height: header.height,
    };
    let is_turned = swaps_sides(decoded.orientation);
    let full = if is_turned {
        stored.transposed()
    } else {
        stored
    };
    let largest_width = size::of_webp(full).last().map_or(0, |size| size.width);
    let needed = full.with_width(largest_width.max(full.of_jpeg().width));

    // Made small first: the other steps cost less then.
    let stored = if is_turned {
        needed.transposed()
    } else {
        needed
    };
    let pixels = resize::resize_owned(rgb_with_8_bits(decoded.pixels), stored)?;
    let mut pixels = without_unused_alpha(pixels);
    if let Some(profile) = decoded.profile {
        color::convert_to_srgb(&mut pixels, &profile);
    }
    pixels.apply_orientation(decoded.orientation);
    Ok((full, pixels))
}

fn swaps_sides(orientation: Orientation) -> bool {
    match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => true,
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => false,
    }
}

/// Makes RGB or RGBA with 8 bits of any pixels.
fn rgb_with_8_bits(pixels: DynamicImage) -> DynamicImage {
    match pixels.color().has_alpha() {
        true => pixels.into_rgba8().into(),
        false => pixels.into_rgb8().into(),
    }
}

/// Makes RGB of RGBA without transparent pixels.
fn without_unused_alpha(pixels: DynamicImage) -> DynamicImage {
    match pixels {
        DynamicImage::ImageRgba8(rgba) if rgba.pixels().all(|pixel| pixel.0[3] == u8::MAX) => {
            DynamicImage::from(rgba).into_rgb8().into()
        }
        other => other,
    }
}

fn webp_file(pixels: &DynamicImage, size: Size) -> Result<File, PictureError> {
    let pixels = resize::resize(pixels, size)?;
    let bytes = match size.width <= CARD_WIDTH {
        true => encode::webp_within(&pixels, MAX_CARD_BYTES)?,
        false => encode::webp(&pixels)?,
    };
    Ok(File {
        width: size.width,
        height: size.height,
        bytes,
    })
}

fn jpeg_file(pixels: &DynamicImage, size: Size) -> Result<File, PictureError> {
    let bytes = encode::jpeg(resize::resize(pixels, size)?)?;
    Ok(File {
        width: size.width,
        height: size.height,
        bytes,
    })
}
