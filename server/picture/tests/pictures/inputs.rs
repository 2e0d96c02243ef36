//! Every kind of file that is accepted.

use image::metadata::Orientation;
use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageEncoder as _, ImageFormat, Luma, LumaA};
use moxcms::ColorProfile;
use picture::Picture;

use crate::support::*;

/// Checks that a picture has the four colours of `quarters`.
#[track_caller]
fn assert_quarters(picture: &Picture) {
    for file in picture.webp.iter().chain([&picture.jpeg]) {
        for (found, expected) in corners(file).iter().zip([RED, GREEN, BLUE, WHITE]) {
            assert_close(&found[..3], &expected, 24);
            assert_eq!(found[3], 255);
        }
    }
}

#[track_caller]
fn assert_flat(picture: &Picture, expected: [u8; 3], tolerance: u8) {
    for file in picture.webp.iter().chain([&picture.jpeg]) {
        assert_close(&color_at(file, 50, 50)[..3], &expected, tolerance);
    }
}

#[test]
fn every_kind_becomes_webp_and_jpeg() {
    let pixels = quarters(400, 300);
    for file in [
        jpeg(&pixels),
        png(&pixels),
        gif(&pixels),
        lossless_webp(&pixels),
    ] {
        let picture = converted(&file);
        assert_eq!((picture.width, picture.height), (400, 300));
        assert_quarters(&picture);
        for file in &picture.webp {
            assert_eq!(image::guess_format(&file.bytes).unwrap(), ImageFormat::WebP);
        }
        assert_eq!(
            image::guess_format(&picture.jpeg.bytes).unwrap(),
            ImageFormat::Jpeg
        );
    }
    assert_quarters(&converted(&lossy_webp(&pixels)));
}

#[test]
fn only_the_first_frame_of_an_animation_is_used() {
    let frames = [[200, 0, 0, 255], [0, 0, 200, 255]].map(|color| flat(64, 48, color).to_rgba8());
    let mut file = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut file);
    encoder
        .encode_frames(frames.iter().cloned().map(image::Frame::new))
        .unwrap();
    drop(encoder);
    assert_flat(&converted(&file), [200, 0, 0], 6);

    let config = webp::WebPConfig::new().unwrap();
    let mut encoder = webp::AnimEncoder::new(64, 48, &config);
    for (time, frame) in frames.iter().enumerate() {
        let time = i32::try_from(time).unwrap() * 100;
        encoder.add_frame(webp::AnimFrame::from_rgba(frame, 64, 48, time));
    }
    assert_flat(&converted(&encoder.encode()), [200, 0, 0], 12);
}

#[test]
fn a_picture_is_turned_upright_for_each_of_the_eight_orientations() {
    let pixels = quarters(96, 64);
    // What is seen in the corners, by its name in `quarters`: red, green, blue and white.
    let upright = [
        (1, [RED, GREEN, BLUE, WHITE]),
        (2, [GREEN, RED, WHITE, BLUE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (4, [BLUE, WHITE, RED, GREEN]),
        (5, [RED, BLUE, GREEN, WHITE]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (7, [WHITE, GREEN, BLUE, RED]),
        (8, [GREEN, WHITE, RED, BLUE]),
    ];
    for (orientation, expected) in upright {
        let picture = converted(&with_exif(&jpeg(&pixels), orientation));
        let size = if orientation < 5 { (96, 64) } else { (64, 96) };
        assert_eq!((picture.width, picture.height), size, "{orientation}");
        for file in picture.webp.iter().chain([&picture.jpeg]) {
            assert_eq!((file.width, file.height), size);
            for (found, expected) in corners(file).iter().zip(expected) {
                assert_close(&found[..3], &expected, 24);
            }
        }
    }
    // What means nothing changes nothing.
    for orientation in [0, 9, 255] {
        assert_quarters(&converted(&with_exif(&jpeg(&pixels), orientation)));
    }
}

#[test]
fn the_width_that_counts_is_that_of_the_upright_picture() {
    let turned = Orientation::Rotate90.to_exif();
    let picture = converted(&with_exif(&jpeg(&photo(1_000, 700, 8)), turned));
    assert_eq!((picture.width, picture.height), (700, 1_000));
    let sizes: Vec<_> = picture
        .webp
        .iter()
        .map(|file| (file.width, file.height))
        .collect();
    assert_eq!(sizes, [(320, 457), (640, 914)]);
    assert_eq!((picture.jpeg.width, picture.jpeg.height), (700, 1_000));
}

#[test]
fn orientations_of_png_and_webp_count_too() {
    let pixels = quarters(96, 64);
    let mut file = png(&pixels);
    file.splice(33..33, png_chunk(b"eXIf", &exif(3)));
    let upside_down = converted(&file);
    assert_close(&color_at(&upside_down.jpeg, 25, 25)[..3], &WHITE, 24);

    for prefix in [b"".as_slice(), b"Exif\0\0"] {
        let file = webp_of(&[
            webp_canvas(0b1000, 96, 64),
            webp_chunks(&lossless_webp(&pixels)),
            webp_chunk(b"EXIF", &[prefix, &exif(3)].concat()),
        ]);
        let upside_down = converted(&file);
        assert_close(&color_at(&upside_down.jpeg, 25, 25)[..3], &WHITE, 24);
    }
}

#[test]
fn no_metadata_is_left() {
    let pixels = quarters(96, 64);
    let mut file = with_profile(&with_exif(&jpeg(&pixels), 1), &ColorProfile::new_srgb());
    for (marker, data) in [
        (
            0xE1,
            b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRET-XMP".to_vec(),
        ),
        (0xED, b"Photoshop 3.0\08BIM\x04\x04SECRET-IPTC".to_vec()),
        (0xFE, b"SECRET-COMMENT".to_vec()),
    ] {
        file = with_segment(&file, marker, &data);
    }
    let picture = converted(&file);
    assert_quarters(&picture);
    for file in picture.webp.iter().chain([&picture.jpeg]) {
        for trace in ["SECRET", "Exif", "EXIF", "ICC", "XMP", "xmp", "8BIM"] {
            let has = file
                .bytes
                .windows(trace.len())
                .any(|part| part == trace.as_bytes());
            assert!(!has, "{trace}");
        }
    }
}

#[test]
fn colors_of_a_wide_profile_are_converted() {
    let pixels = flat(64, 48, [200, 100, 50, 255]);
    let wide = ColorProfile::new_display_p3();
    // By the primaries of both colour spaces.
    assert_flat(
        &converted(&with_profile(&jpeg(&pixels), &wide)),
        [216, 93, 31],
        5,
    );
    let mut file = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut file);
    encoder.set_icc_profile(wide.encode().unwrap()).unwrap();
    pixels.write_with_encoder(encoder).unwrap();
    assert_flat(&converted(&file), [216, 93, 31], 5);
    let file = webp_of(&[
        webp_canvas(0b10_0000, 64, 48),
        webp_chunk(b"ICCP", &wide.encode().unwrap()),
        webp_chunks(&lossless_webp(&pixels.to_rgb8().into())),
    ]);
    assert_flat(&converted(&file), [216, 93, 31], 5);
}

#[test]
fn a_profile_that_cannot_be_used_changes_nothing() {
    let pixels = jpeg(&flat(64, 48, [200, 100, 50, 255]));
    assert_flat(&converted(&pixels), [200, 100, 50], 5);
    let broken = with_segment(&pixels, 0xE2, b"ICC_PROFILE\0\x01\x01no profile");
    assert_flat(&converted(&broken), [200, 100, 50], 5);
    let grey = with_profile(&pixels, &ColorProfile::new_gray_with_gamma(1.0));
    assert_flat(&converted(&grey), [200, 100, 50], 5);
}

#[test]
fn grey_palettes_and_16_bits_become_rgb() {
    let grey = GrayImage::from_pixel(64, 48, Luma([90]));
    assert_flat(&converted(&png(&grey.clone().into())), [90, 90, 90], 4);
    assert_flat(&converted(&flat_jpeg(64, 48, &[90], None)), [90, 90, 90], 4);
    let grey = GrayAlphaImage::from_pixel(64, 48, LumaA([90, 255]));
    assert_flat(&converted(&png(&grey.into())), [90, 90, 90], 4);

    // Larger than needed, so that 16 bits are resized too.
    for pixels in [
        DynamicImage::from(flat(1_700, 8, [200, 100, 50, 255]).to_rgb16()),
        flat(1_700, 8, [200, 100, 50, 255]).to_rgba16().into(),
        flat(1_700, 8, [200, 100, 50, 255]).to_luma16().into(),
        flat(1_700, 8, [200, 100, 50, 255]).to_luma_alpha16().into(),
    ] {
        let expected = pixels.to_rgb8().get_pixel(0, 0).0;
        assert_flat(&converted(&png(&pixels)), expected, 5);
    }

    // Eight pixels in a row of one byte: seven red ones, and one that is transparent.
    let palette = png_chunk(b"PLTE", &[200, 0, 0, 0, 0, 0]);
    let alpha = png_chunk(b"tRNS", &[255, 0]);
    let row = png_chunk(b"IDAT", &zlib(&[0, 0b0000_0001]));
    let picture = converted(&png_of(8, 1, 1, 3, &[palette, alpha, row]));
    let pixels = decoded(&picture.webp[0]);
    assert_eq!(
        (pixels.get_pixel(0, 0).0[3], pixels.get_pixel(7, 0).0[3]),
        (255, 0)
    );
}

#[test]
fn jpegs_of_other_colors_than_ycbcr_become_rgb() {
    // Adobe stores ink inverted: no cyan, and all magenta and yellow.
    assert_flat(
        &converted(&flat_jpeg(64, 48, &[255, 0, 0, 255], Some(0))),
        [255, 0, 0],
        8,
    );
    assert_flat(
        &converted(&flat_jpeg(64, 48, &[255, 0, 0, 255], None)),
        [255, 0, 0],
        8,
    );
    // The same as brightness and differences of the inverted ink.
    assert_flat(
        &converted(&flat_jpeg(64, 48, &[179, 171, 1, 255], Some(2))),
        [255, 0, 0],
        8,
    );
    assert_flat(
        &converted(&flat_jpeg(64, 48, &[81, 90, 240], Some(1))),
        [238, 14, 14],
        12,
    );
}

#[test]
fn transparency_is_kept_in_webp_and_white_in_jpeg() {
    let mut pixels = flat(800, 600, [220, 30, 30, 255]).to_rgba8();
    for (x, _, pixel) in pixels.enumerate_pixels_mut() {
        if x < 400 {
            pixel.0 = [0, 0, 0, 0];
        }
    }
    for file in [
        png(&pixels.clone().into()),
        lossless_webp(&pixels.clone().into()),
    ] {
        let picture = converted(&file);
        for file in &picture.webp {
            assert_eq!(color_at(file, 25, 50)[3], 0);
            assert_close(&color_at(file, 75, 50), &[220, 30, 30, 255], 12);
        }
        assert_close(&color_at(&picture.jpeg, 25, 50)[..3], &WHITE, 2);
        assert_close(&color_at(&picture.jpeg, 75, 50)[..3], &[220, 30, 30], 12);
    }
    assert_eq!(
        color_at(&converted(&lossy_webp(&pixels.into())).webp[0], 25, 50)[3],
        0
    );
}

#[test]
fn what_is_transparent_does_not_darken_what_is_beside_it() {
    // Black under the transparent half must not mix into the other one, in any step.
    let mut pixels = flat(3_200, 40, [250, 250, 250, 255]).to_rgba8();
    for (x, _, pixel) in pixels.enumerate_pixels_mut() {
        if x < 1_601 {
            pixel.0 = [0, 0, 0, 0];
        }
    }
    let picture = converted(&png(&pixels.into()));
    for file in &picture.webp {
        for pixel in decoded(file).pixels().filter(|pixel| pixel.0[3] > 128) {
            assert!(pixel.0[0] > 225, "{pixel:?} in {}", file.width);
        }
    }
    assert!(
        decoded(&picture.jpeg)
            .pixels()
            .all(|pixel| pixel.0[0] > 225)
    );
}

#[test]
fn alpha_without_transparency_is_left_out() {
    let picture = converted(&png(&flat(64, 48, [200, 100, 50, 255])));
    assert!(
        !image::load_from_memory(&picture.webp[0].bytes)
            .unwrap()
            .color()
            .has_alpha()
    );
    assert_flat(&picture, [200, 100, 50], 5);
}
