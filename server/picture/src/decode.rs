//! From a file to pixels.

use std::io::Cursor;

use image::error::ImageError;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use crate::error::PictureError;
use crate::header::Header;
use crate::kind::Kind;
use crate::{DECODING_MEMORY, MAX_SIDE};

/// What a PNG's decoder may take besides the pixels: for its chunks, which are at most as large as
/// the file, and for its colour profile, which is compressed.
const PNG_CHUNK_MEMORY: u64 = 64_000_000;
/// The largest colour profile that is used. Those of cameras and screens have a few kilobytes.
const MAX_PROFILE_BYTES: usize = 4_000_000;

/// The pixels of a file, and what the file says about them.
pub(crate) struct Decoded {
    pub(crate) pixels: DynamicImage,
    /// How the pixels have to be turned.
    pub(crate) orientation: Orientation,
    /// The ICC profile of their colours.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Decodes a file, or the first frame of an animation. The header is checked.
///
/// # Errors
/// The file is damaged or of a rare kind, or its decoder takes too much memory.
pub(crate) fn decode(kind: Kind, bytes: &[u8], header: Header) -> Result<Decoded, PictureError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), kind.format());
    reader.limits(limits(kind));
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    if decoder.dimensions() != (header.width, header.height) {
        return Err(PictureError::Damaged);
    }
    let orientation = orientation(&mut decoder);
    // A profile that cannot be read is left out: most of the colours are right without it.
    let profile = decoder
        .icc_profile()
        .ok()
        .flatten()
        .filter(|profile| profile.len() <= MAX_PROFILE_BYTES);
    let pixels = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    Ok(Decoded {
        pixels,
        orientation,
        profile,
    })
}

/// The decoders' own limits. They cannot replace the check of the header: those of JPEG and WebP
/// ignore the memory, and none counts the pixels that are returned.
fn limits(kind: Kind) -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(match kind {
        Kind::Png => PNG_CHUNK_MEMORY,
        // For the first frame, which may be larger than the screen: its share of what is counted
        // for each pixel.
        Kind::Gif => DECODING_MEMORY / 9 * 4,
        Kind::Jpeg | Kind::WebP => DECODING_MEMORY,
    });
    limits
}

/// Some programs write the EXIF data of a WebP with the prefix that only JPEG has.
fn orientation(decoder: &mut impl ImageDecoder) -> Orientation {
    decoder
        .exif_metadata()
        .ok()
        .flatten()
        .and_then(|exif| {
            let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(&exif);
            Orientation::from_exif_chunk(exif)
        })
        .unwrap_or(Orientation::NoTransforms)
}

/// Limits are among the damages: a decoder reaches them only if it disagrees with the header.
fn refusal(error: &ImageError) -> PictureError {
    match error {
        ImageError::Unsupported(_) => PictureError::RareEncoding,
        ImageError::IoError(_) => PictureError::Incomplete,
        _ => PictureError::Damaged,
    }
}
