//! The first chunk of a WebP file.

use super::{Header, array, little_endian_u16, little_endian_u32};
use crate::error::PictureError;

/// The bit of an animation in the flags of `VP8X`.
const ANIMATION: u8 = 0b10;
/// What every key frame of VP8 begins with, after its tag of three bytes.
const START_CODE: [u8; 3] = [0x9D, 0x01, 0x2A];

/// The largest size of lossless data.
const MAX_LOSSLESS_BYTES: usize = 1_000_000;

/// Reads the size, and checks that the file is as long as it says.
///
/// # Errors
/// The size is over a limit, the file is shorter than it says, or it would take too much memory:
///
/// - It has a frame that is larger than the picture. The decoder reserves memory for the frame
///   before it compares the two.
/// - It has much lossless data. A few bytes of that make a table of some kilobytes, and even a tiny
///   picture may have 65,536 times five of them.
pub(super) fn read(bytes: &[u8]) -> Result<Header, PictureError> {
    let declared = usize::try_from(little_endian_u32(bytes, 4)?).unwrap_or(usize::MAX);
    if declared > bytes.len() - 8 {
        return Err(PictureError::Incomplete);
    }
    let header = match &array(bytes, 12)? {
        b"VP8 " => Header {
            width: u32::from(little_endian_u16(bytes, 26)? & 0x3FFF),
            height: u32::from(little_endian_u16(bytes, 28)? & 0x3FFF),
            // One byte of brightness, half a byte of colour, and the pixels.
            bytes_per_pixel: 5,
        },
        b"VP8L" => {
            let packed = little_endian_u32(bytes, 21)?;
            Header {
                width: (packed & 0x3FFF) + 1,
                height: (packed >> 14 & 0x3FFF) + 1,
                // In RGBA, its transforms, and the pixels.
                bytes_per_pixel: 8,
            }
        }
        b"VP8X" => {
            let [flags] = array(bytes, 20)?;
            Header {
                width: little_endian_u24(bytes, 24)? + 1,
                height: little_endian_u24(bytes, 27)? + 1,
                // Alpha is decoded in RGBA; an animation has a canvas and a frame.
                bytes_per_pixel: if flags & ANIMATION == 0 { 11 } else { 15 },
            }
        }
        _ => return Err(PictureError::Damaged),
    }
    .checked()?;
    if has_larger_frame(bytes, header) {
        return Err(PictureError::Damaged);
    }
    if has_much_lossless_data(bytes) {
        return Err(PictureError::TooManyLosslessBytes);
    }
    Ok(header)
}

/// Looks for frames everywhere instead of following chunks as some decoder does.
fn has_larger_frame(bytes: &[u8], header: Header) -> bool {
    bytes.windows(18).any(|frame| {
        let side = |at| little_endian_u16(frame, at).map_or(0, |side| u32::from(side & 0x3FFF));
        frame.starts_with(b"VP8 ")
            && frame[11..14] == START_CODE
            && (side(14) > header.width || side(16) > header.height)
    })
}

/// Looks for lossless pixels and lossless transparency everywhere, too. Chunks are at even places.
fn has_much_lossless_data(bytes: &[u8]) -> bool {
    let places = (12..bytes.len().saturating_sub(8 + MAX_LOSSLESS_BYTES)).step_by(2);
    places.into_iter().any(|at| {
        let is_lossless = match (&bytes[at..at + 4], bytes[at + 8]) {
            (b"VP8L", signature) => signature == 0x2F,
            (b"ALPH", flags) => flags & 0b11 == 1,
            _ => false,
        };
        let length = little_endian_u32(bytes, at + 4).unwrap_or(u32::MAX);
        is_lossless && usize::try_from(length).unwrap_or(usize::MAX) > MAX_LOSSLESS_BYTES
    })
}

fn little_endian_u24(bytes: &[u8], at: usize) -> Result<u32, PictureError> {
    let [low, middle, high] = array(bytes, at)?;
    Ok(u32::from_le_bytes([low, middle, high, 0]))
}
