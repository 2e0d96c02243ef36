//! Resizing.

use fast_image_resize::{FilterType, MulDiv, ResizeAlg, ResizeOptions, Resizer};
use image::DynamicImage;

use crate::error::PictureError;
use crate::size::Size;

/// Resizes a picture that is not needed any more, which may be large: transparent colours are
/// prepared in place instead of in a copy.
///
/// # Errors
/// The resizer does not know the pixels.
pub(crate) fn resize_owned(
    mut pixels: DynamicImage,
    size: Size,
) -> Result<DynamicImage, PictureError> {
    if (pixels.width(), pixels.height()) == (size.width, size.height) {
        return Ok(pixels);
    }
    let has_alpha = pixels.color().has_alpha();
    let alpha = MulDiv::new();
    if has_alpha {
        alpha
            .multiply_alpha_inplace(&mut pixels)
            .map_err(|_| PictureError::ConversionFailed)?;
    }
    let mut resized = run(&pixels, size, false)?;
    if has_alpha {
        alpha
            .divide_alpha_inplace(&mut resized)
            .map_err(|_| PictureError::ConversionFailed)?;
    }
    Ok(resized)
}

/// Resizes a picture.
///
/// # Errors
/// The resizer does not know the pixels.
pub(crate) fn resize(pixels: &DynamicImage, size: Size) -> Result<DynamicImage, PictureError> {
    run(pixels, size, true)
}

fn run(pixels: &DynamicImage, size: Size, use_alpha: bool) -> Result<DynamicImage, PictureError> {
    let mut resized = DynamicImage::new(size.width, size.height, pixels.color());
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(use_alpha);
    Resizer::new()
        .resize(pixels, &mut resized, &options)
        .map_err(|_| PictureError::ConversionFailed)?;
    Ok(resized)
}
