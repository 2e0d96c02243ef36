//! What a file declares before its pixels, read without decoding anything.
//!
//! Decoders reserve memory for what a file declares, and some of them tolerate a file that ends
//! early. So the size is checked here first, and that the file is whole.

use crate::error::PictureError;
use crate::kind::Kind;
use crate::{DECODING_MEMORY, MAX_PIXELS, MAX_SIDE};

mod jpeg;
mod webp;

/// The size that a file declares, as stored: not yet turned upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The memory that decoding takes at most, in bytes for each pixel.
    pub(crate) bytes_per_pixel: u64,
}

impl Header {
    /// Returns the header if its size is allowed.
    ///
    /// # Errors
    /// The size is zero, or over a limit.
    fn checked(self) -> Result<Self, PictureError> {
        let Self {
            width,
            height,
            bytes_per_pixel,
        } = self;
        if width == 0 || height == 0 {
            return Err(PictureError::Damaged);
        }
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(PictureError::TooLong { width, height });
        }
        let pixels = u64::from(width) * u64::from(height);
        let most = MAX_PIXELS.min(DECODING_MEMORY / bytes_per_pixel);
        if pixels > most {
            return Err(PictureError::TooManyPixels {
                megapixels: pixels.div_ceil(1_000_000),
                most: most / 1_000_000,
            });
        }
        Ok(self)
    }
}

/// Reads the header, and checks the size and that the file does not end early.
///
/// # Errors
/// The file has no such header, ends too early, or is over a limit.
pub(crate) fn read(kind: Kind, bytes: &[u8]) -> Result<Header, PictureError> {
    match kind {
        Kind::Jpeg => jpeg::read(bytes),
        Kind::Png => read_png(bytes),
        Kind::WebP => webp::read(bytes),
        Kind::Gif => read_gif(bytes),
    }
}

/// A PNG is a signature and chunks: length, type, data and checksum. The first one is `IHDR`.
fn read_png(bytes: &[u8]) -> Result<Header, PictureError> {
    let width = big_endian_u32(bytes, 16)?;
    let height = big_endian_u32(bytes, 20)?;
    let depth = *bytes.get(24).ok_or(PictureError::Incomplete)?;
    if bytes.get(12..16) != Some(b"IHDR".as_slice()) {
        return Err(PictureError::Damaged);
    }
    // With alpha; those with 16 bits are there with 8 bits too for a moment.
    let bytes_per_pixel = if depth == 16 { 12 } else { 4 };
    let header = Header {
        width,
        height,
        bytes_per_pixel,
    }
    .checked()?;
    let mut at = 8;
    loop {
        let length =
            usize::try_from(big_endian_u32(bytes, at)?).map_err(|_| PictureError::Damaged)?;
        let chunk = bytes.get(at + 4..at + 8).ok_or(PictureError::Incomplete)?;
        let end = at.saturating_add(12).saturating_add(length);
        if end > bytes.len() {
            return Err(PictureError::Incomplete);
        }
        if chunk == b"IEND" {
            return Ok(header);
        }
        at = end;
    }
}

/// A GIF's screen. That the first frame is whole, only decoding shows.
fn read_gif(bytes: &[u8]) -> Result<Header, PictureError> {
    let header = Header {
        width: u32::from(little_endian_u16(bytes, 6)?),
        height: u32::from(little_endian_u16(bytes, 8)?),
        // The screen and the first frame in RGBA, and the frame's indexes.
        bytes_per_pixel: 9,
    };
    header.checked()
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], PictureError> {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .copied()
        .ok_or(PictureError::Incomplete)
}

fn big_endian_u32(bytes: &[u8], at: usize) -> Result<u32, PictureError> {
    array(bytes, at).map(u32::from_be_bytes)
}

fn big_endian_u16(bytes: &[u8], at: usize) -> Result<u16, PictureError> {
    array(bytes, at).map(u16::from_be_bytes)
}

fn little_endian_u32(bytes: &[u8], at: usize) -> Result<u32, PictureError> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn little_endian_u16(bytes: &[u8], at: usize) -> Result<u16, PictureError> {
    array(bytes, at).map(u16::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(width: u32, height: u32, bytes_per_pixel: u64) -> Result<(), String> {
        let header = Header {
            width,
            height,
            bytes_per_pixel,
        };
        header
            .checked()
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_size_is_refused_if_a_side_or_the_whole_is_too_large() {
        assert_eq!(check(12_000, 4_166, 3), Ok(()));
        assert_eq!(
            check(12_001, 1, 3),
            Err(
                "has 12001 × 1 pixels, but no side may have more than 12000: make it smaller, \
                 2,000 pixels wide are enough"
                    .to_owned()
            )
        );
        assert_eq!(
            check(8_000, 6_251, 3),
            Err(
                "has 51 megapixels, but one of its kind may have at most 50: make it smaller, \
                 2,000 pixels wide are enough"
                    .to_owned()
            )
        );
        assert_eq!(
            check(u32::MAX, u32::MAX, 3).map_err(|sentence| sentence.contains("4294967295")),
            Err(true)
        );
        assert!(check(0, 5, 3).is_err());
    }

    #[test]
    fn a_kind_that_takes_much_memory_may_have_fewer_pixels() {
        assert_eq!(check(6_000, 5_000, 9), Ok(()));
        assert_eq!(
            check(6_000, 6_000, 9),
            Err(
                "has 36 megapixels, but one of its kind may have at most 33: make it smaller, \
                 2,000 pixels wide are enough"
                    .to_owned()
            )
        );
    }
}
