//! From pixels to files. None of them has metadata.

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, RgbImage, Rgba};
use webp::{Encoder, PixelLayout, WebPConfig};

use crate::error::PictureError;

/// The quality of WebP files without a limit, and the best of those with one, of 100.
const WEBP_QUALITY: u8 = 80;
/// The lowest quality that a limit may lead to. Below it, edges have visible blocks.
const MIN_WEBP_QUALITY: u8 = 40;
const JPEG_QUALITY: u8 = 82;

/// Encodes RGB or RGBA pixels as WebP.
///
/// # Errors
/// The encoder has not enough memory.
pub(crate) fn webp(pixels: &DynamicImage) -> Result<Vec<u8>, PictureError> {
    webp_with_quality(pixels, WEBP_QUALITY)
}

/// Encodes RGB or RGBA pixels as WebP, with the best quality that takes no more than so many bytes.
/// If even the lowest quality takes more, the file has more.
///
/// # Errors
/// The encoder has not enough memory.
pub(crate) fn webp_within(
    pixels: &DynamicImage,
    max_bytes: usize,
) -> Result<Vec<u8>, PictureError> {
    let best = webp_with_quality(pixels, WEBP_QUALITY)?;
    if best.len() <= max_bytes {
        return Ok(best);
    }
    let mut fitting = webp_with_quality(pixels, MIN_WEBP_QUALITY)?;
    if fitting.len() > max_bytes {
        return Ok(fitting);
    }
    // What fits, and what does not.
    let (mut low, mut high) = (MIN_WEBP_QUALITY, WEBP_QUALITY);
    while high - low > 1 {
        let middle = low.midpoint(high);
        let file = webp_with_quality(pixels, middle)?;
        if file.len() <= max_bytes {
            (fitting, low) = (file, middle);
        } else {
            high = middle;
        }
    }
    Ok(fitting)
}

fn webp_with_quality(pixels: &DynamicImage, quality: u8) -> Result<Vec<u8>, PictureError> {
    let layout = match pixels {
        DynamicImage::ImageRgb8(_) => PixelLayout::Rgb,
        DynamicImage::ImageRgba8(_) => PixelLayout::Rgba,
        _ => return Err(PictureError::ConversionFailed),
    };
    let mut config = WebPConfig::new().map_err(|()| PictureError::ConversionFailed)?;
    config.quality = f32::from(quality);
    let encoder = Encoder::new(pixels.as_bytes(), layout, pixels.width(), pixels.height());
    let file = encoder
        .encode_advanced(&config)
        .map_err(|_| PictureError::ConversionFailed)?;
    Ok(file.to_vec())
}

/// Encodes RGB or RGBA pixels as JPEG, on white.
///
/// # Errors
/// The encoder fails.
pub(crate) fn jpeg(pixels: DynamicImage) -> Result<Vec<u8>, PictureError> {
    let pixels = match pixels {
        DynamicImage::ImageRgba8(pixels) => {
            RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
                let Rgba([red, green, blue, alpha]) = *pixels.get_pixel(x, y);
                image::Rgb([red, green, blue].map(|sample| on_white(sample, alpha)))
            })
        }
        other => other.into_rgb8(),
    };
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY)
        .encode(
            &pixels,
            pixels.width(),
            pixels.height(),
            ExtendedColorType::Rgb8,
        )
        .map_err(|_| PictureError::ConversionFailed)?;
    Ok(file)
}

/// What a sample looks like on white.
fn on_white(sample: u8, alpha: u8) -> u8 {
    let (sample, alpha) = (u32::from(sample), u32::from(alpha));
    let mixed = (sample * alpha + 255 * (255 - alpha) + 127) / 255;
    u8::try_from(mixed).unwrap_or(u8::MAX)
}
