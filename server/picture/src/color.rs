//! Colour profiles.

use image::DynamicImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Converts the colours of RGB pixels with 8 bits to sRGB, which browsers assume where there is no
/// profile.
///
/// Profiles for grey and CMYK are not used: the decoder has made RGB of these already. A profile
/// that cannot be used leaves the colours as they are.
pub(crate) fn convert_to_srgb(pixels: &mut DynamicImage, profile: &[u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else {
        return;
    };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let (layout, samples) = match pixels {
        DynamicImage::ImageRgb8(pixels) => (Layout::Rgb, pixels.as_mut()),
        DynamicImage::ImageRgba8(pixels) => (Layout::Rgba, pixels.as_mut()),
        _ => return,
    };
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, options) else {
        return;
    };
    let mut converted = vec![0; samples.len()];
    if transform.transform(samples, &mut converted).is_ok() {
        samples.copy_from_slice(&converted);
    }
}
