//! Resizing.

use fast_image_resize::pixels::{U8x3, U8x4};
use fast_image_resize::{
    FilterType, IntoImageView, IntoImageViewMut, MulDiv, PixelTrait, ResizeAlg, ResizeOptions,
    Resizer,
};
use image::{ColorType, DynamicImage};

use crate::error::PictureError;
use crate::size::Size;

/// Resizes a picture that is not needed any more, which may be large: transparent colours are
/// prepared in place instead of in a copy.
///
/// # Errors
/// The pixels are neither RGB nor RGBA with 8 bits.
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
        let mut view = pixels
            .image_view_mut::<U8x4>()
            .ok_or(PictureError::ConversionFailed)?;
        alpha
            .multiply_alpha_inplace_typed(&mut view)
            .map_err(|_| PictureError::ConversionFailed)?;
    }
    let mut resized = run(&pixels, size, false)?;
    if has_alpha {
        let mut view = resized
            .image_view_mut::<U8x4>()
            .ok_or(PictureError::ConversionFailed)?;
        alpha
            .divide_alpha_inplace_typed(&mut view)
            .map_err(|_| PictureError::ConversionFailed)?;
    }
    Ok(resized)
}

/// Resizes a picture.
///
/// # Errors
/// The pixels are neither RGB nor RGBA with 8 bits.
pub(crate) fn resize(pixels: &DynamicImage, size: Size) -> Result<DynamicImage, PictureError> {
    run(pixels, size, true)
}

fn run(pixels: &DynamicImage, size: Size, use_alpha: bool) -> Result<DynamicImage, PictureError> {
    match pixels.color() {
        ColorType::Rgb8 => run_typed::<U8x3>(pixels, size, use_alpha),
        ColorType::Rgba8 => run_typed::<U8x4>(pixels, size, use_alpha),
        _ => Err(PictureError::ConversionFailed),
    }
}

/// For one kind of pixels: the code for all 13 takes two megabytes.
fn run_typed<P: PixelTrait>(
    pixels: &DynamicImage,
    size: Size,
    use_alpha: bool,
) -> Result<DynamicImage, PictureError> {
    let mut resized = DynamicImage::new(size.width, size.height, pixels.color());
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(use_alpha);
    let source = pixels
        .image_view::<P>()
        .ok_or(PictureError::ConversionFailed)?;
    let mut target = resized
        .image_view_mut::<P>()
        .ok_or(PictureError::ConversionFailed)?;
    Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .map_err(|_| PictureError::ConversionFailed)?;
    drop(target);
    Ok(resized)
}
