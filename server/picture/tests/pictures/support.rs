//! Files as cameras, programs and attackers make them.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use moxcms::ColorProfile;
use picture::{File, Picture, convert};
use proptest::test_runner::Config as ProptestConfig;

pub const RED: [u8; 3] = [220, 30, 30];
pub const GREEN: [u8; 3] = [30, 200, 30];
pub const BLUE: [u8; 3] = [30, 30, 220];
pub const WHITE: [u8; 3] = [255, 255, 255];

/// How often a property is tried. A failure says how to repeat it, so no file keeps it.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

/// Four quarters: red and green above blue and white.
pub fn quarters(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => WHITE,
        })
    })
    .into()
}

/// One colour.
pub fn flat(width: u32, height: u32, [red, green, blue, alpha]: [u8; 4]) -> DynamicImage {
    RgbaImage::from_pixel(width, height, Rgba([red, green, blue, alpha])).into()
}

/// Shapes and grain like a photo's, always the same.
pub fn photo(width: u32, height: u32, grain: u32) -> DynamicImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 16) % (grain + 1);
        let sample = |value: u32| u8::try_from((value + noise) % 256).unwrap();
        let disc = u32::from((x / 40 + y / 30) % 2 == 0) * 60;
        Rgb([
            sample(x * 120 / width + disc),
            sample(y * 120 / height),
            sample(disc + 40),
        ])
    })
    .into()
}

pub fn encoded(pixels: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let pixels = match format {
        ImageFormat::Jpeg => pixels.to_rgb8().into(),
        _ => pixels.clone(),
    };
    pixels.write_to(&mut file, format).unwrap();
    file.into_inner()
}

pub fn jpeg(pixels: &DynamicImage) -> Vec<u8> {
    encoded(pixels, ImageFormat::Jpeg)
}

pub fn png(pixels: &DynamicImage) -> Vec<u8> {
    encoded(pixels, ImageFormat::Png)
}

pub fn gif(pixels: &DynamicImage) -> Vec<u8> {
    encoded(&pixels.to_rgba8().into(), ImageFormat::Gif)
}

pub fn lossless_webp(pixels: &DynamicImage) -> Vec<u8> {
    encoded(pixels, ImageFormat::WebP)
}

pub fn lossy_webp(pixels: &DynamicImage) -> Vec<u8> {
    let pixels = pixels.to_rgba8();
    webp::Encoder::from_rgba(&pixels, pixels.width(), pixels.height())
        .encode(90.0)
        .to_vec()
}

/// EXIF data as in a JPEG, without its prefix: an orientation, and a place that must not leak.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut data = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    data.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    data.extend(b"SECRET-PLACE");
    data
}

/// A JPEG with a segment after its first marker.
pub fn with_segment(jpeg: &[u8], marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, data, &jpeg[2..]].concat()
}

pub fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    with_segment(
        jpeg,
        0xE1,
        &[b"Exif\0\0".as_slice(), &exif(orientation)].concat(),
    )
}

pub fn with_profile(jpeg: &[u8], profile: &ColorProfile) -> Vec<u8> {
    let profile = profile.encode().unwrap();
    with_segment(
        jpeg,
        0xE2,
        &[b"ICC_PROFILE\0\x01\x01".as_slice(), &profile].concat(),
    )
}

/// A JPEG of one colour, given by the samples of its components as they are stored.
///
/// `adobe` is the colour transform of Adobe's segment.
pub fn flat_jpeg(width: u16, height: u16, samples: &[u8], adobe: Option<u8>) -> Vec<u8> {
    let components = u8::try_from(samples.len()).unwrap();
    let mut file = vec![0xFF, 0xD8];
    let mut segment = |marker: u8, data: &[u8]| {
        let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
        file.extend([&[0xFF, marker], length.as_slice(), data].concat());
    };
    if let Some(transform) = adobe {
        segment(
            0xEE,
            &[b"Adobe\0d\0\0\0\0".as_slice(), &[transform]].concat(),
        );
    }
    segment(0xDB, &[[0].as_slice(), &[1; 64]].concat());
    let mut frame = vec![8];
    frame.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
    frame.push(components);
    frame.extend((1..=components).flat_map(|id| [id, 0x11, 0]));
    segment(0xC0, &frame);
    // Codes of four bits for the sizes of differences, and a single bit for the end of a block.
    let sizes: Vec<u8> = (0..12).collect();
    segment(
        0xC4,
        &[&[0x00, 0, 0, 0, 12], [0; 12].as_slice(), &sizes].concat(),
    );
    segment(0xC4, &[&[0x10, 1], [0; 15].as_slice(), &[0]].concat());
    let mut scan = vec![components];
    scan.extend((1..=components).flat_map(|id| [id, 0]));
    scan.extend([0, 63, 0]);
    segment(0xDA, &scan);

    let mut bits = Vec::new();
    let mut push = |value: u32, length: u32| {
        bits.extend((0..length).rev().map(|bit| value >> bit & 1 == 1));
    };
    let blocks = u32::from(width).div_ceil(8) * u32::from(height).div_ceil(8);
    for block in 0..blocks {
        for sample in samples {
            let difference = if block == 0 {
                8 * (i32::from(*sample) - 128)
            } else {
                0
            };
            let size = 32 - difference.unsigned_abs().leading_zeros();
            let magnitude = difference.unsigned_abs();
            push(size, 4);
            push(
                if difference < 0 {
                    !magnitude
                } else {
                    magnitude
                },
                size,
            );
            push(0, 1);
        }
    }
    for byte in bits.chunks(8) {
        let byte = (0..8).fold(0_u8, |all, bit| {
            all << 1 | u8::from(*byte.get(bit).unwrap_or(&true))
        });
        file.push(byte);
        if byte == 0xFF {
            file.push(0);
        }
    }
    file.extend([0xFF, 0xD9]);
    file
}

/// A chunk of a PNG.
pub fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut checksum = u32::MAX;
    for byte in kind.iter().chain(data) {
        checksum ^= u32::from(*byte);
        for _ in 0..8 {
            checksum = checksum >> 1 ^ (0xEDB8_8320 * (checksum & 1));
        }
    }
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, kind.as_slice(), data, &(!checksum).to_be_bytes()].concat()
}

/// A PNG of these chunks, with a header of its own and an end.
pub fn png_of(width: u32, height: u32, depth: u8, color: u8, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([depth, color, 0, 0, 0]);
    let start = b"\x89PNG\r\n\x1A\n".to_vec();
    [
        start,
        png_chunk(b"IHDR", &header),
        chunks.concat(),
        png_chunk(b"IEND", b""),
    ]
    .concat()
}

/// Up to 65,535 bytes as zlib stores them uncompressed.
pub fn zlib(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    let checksum = (high << 16 | low).to_be_bytes();
    let lengths = [length.to_le_bytes(), (!length).to_le_bytes()].concat();
    [&[0x78, 0x01, 0x01], lengths.as_slice(), data, &checksum].concat()
}

/// A chunk of a WebP.
pub fn webp_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    let padding = vec![0; data.len() % 2];
    [kind.as_slice(), &length, data, &padding].concat()
}

/// A WebP of these chunks.
pub fn webp_of(chunks: &[Vec<u8>]) -> Vec<u8> {
    webp_chunk(b"RIFF", &[b"WEBP".to_vec(), chunks.concat()].concat())
}

/// The first chunk of an extended WebP.
pub fn webp_canvas(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    webp_chunk(
        b"VP8X",
        &[vec![flags, 0, 0, 0], side(width), side(height)].concat(),
    )
}

/// The chunks of a simple WebP.
pub fn webp_chunks(file: &[u8]) -> Vec<u8> {
    file[12..].to_vec()
}

pub fn converted(file: &[u8]) -> Picture {
    convert(file).unwrap()
}

pub fn refusal(file: &[u8]) -> String {
    convert(file).unwrap_err().to_string()
}

pub fn decoded(file: &File) -> RgbaImage {
    let pixels = image::load_from_memory(&file.bytes).unwrap().into_rgba8();
    assert_eq!(pixels.dimensions(), (file.width, file.height));
    pixels
}

/// The colour at these percents from the left and the top.
pub fn color_at(file: &File, across: u32, down: u32) -> [u8; 4] {
    decoded(file)
        .get_pixel(file.width * across / 100, file.height * down / 100)
        .0
}

#[track_caller]
pub fn assert_close(found: &[u8], expected: &[u8], tolerance: u8) {
    let is_close = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(one, other)| one.abs_diff(*other) <= tolerance);
    assert!(is_close, "{found:?} is not {expected:?}");
}

/// The colours in the corners: left and right above, left and right below.
pub fn corners(file: &File) -> [[u8; 4]; 4] {
    [(25, 25), (75, 25), (25, 75), (75, 75)].map(|(across, down)| color_at(file, across, down))
}
