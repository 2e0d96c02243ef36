//! Why a file is refused.

use crate::MAX_SIDE;

/// Why a file does not become a picture.
///
/// `Display` writes the predicate of one sentence about the file, which says what its owner can do:
/// "is empty: choose the file again". The caller puts the file's name before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The file has no bytes.
    #[error("is empty: choose the file again")]
    Empty,
    /// The file has more than [`MAX_BYTES`](crate::MAX_BYTES).
    // Its size is not said: no more of a file is read than shows that it is too large.
    #[error(
        "is larger than {} MB: make it smaller, 2,000 pixels wide are enough",
        crate::MAX_BYTES / 1_000_000
    )]
    TooManyBytes,
    /// Its content is of another kind than JPEG, PNG, WebP and GIF. The text is a predicate.
    #[error("{0}")]
    OtherKind(&'static str),
    /// A side is longer than [`MAX_SIDE`].
    #[error(
        "has {width} × {height} pixels, but no side may have more than {MAX_SIDE}: make it \
         smaller, 2,000 pixels wide are enough"
    )]
    TooLong {
        /// Pixels from left to right, as stored.
        width: u32,
        /// Pixels from top to bottom, as stored.
        height: u32,
    },
    /// More pixels than [`MAX_PIXELS`](crate::MAX_PIXELS), or than pictures of its kind may have so
    /// that decoding takes no more than its share of memory.
    #[error(
        "has {megapixels} megapixels, but one of its kind may have at most {most}: make it \
         smaller, 2,000 pixels wide are enough"
    )]
    TooManyPixels {
        /// Its number of pixels in millions, rounded up.
        megapixels: u64,
        /// The number of pixels in millions that is allowed.
        most: u64,
    },
    /// A WebP with lossless data of more than 1 MB. Its tables of codes can take many hundred times
    /// as much memory, and nothing else limits their number.
    #[error("is a lossless WebP of more than 1 MB: save it as JPEG or PNG")]
    TooManyLosslessBytes,
    /// The file ends before its picture does, or has less data than its size needs.
    #[error("is not complete: copy or download it again")]
    Incomplete,
    /// The file contradicts itself or its format.
    #[error(
        "is damaged and cannot be read: open it in a picture program, and save it there as a new \
         JPEG"
    )]
    Damaged,
    /// A part of its format that is rare, such as JPEG with arithmetic coding.
    #[error(
        "is stored in a rare way that cannot be read here: open it in a picture program, and save \
         it there as a new JPEG"
    )]
    RareEncoding,
    /// Decoding, resizing or encoding failed for a reason that is not the file's, such as memory.
    #[error("could not be converted: try again, or save it as a new JPEG")]
    ConversionFailed,
}
