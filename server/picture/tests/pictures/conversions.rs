//! What a picture becomes.

use picture::{ContentHash, File, MAX_CARD_BYTES, Picture};

use crate::support::*;

fn sizes(picture: &Picture) -> Vec<(u32, u32)> {
    picture
        .webp
        .iter()
        .map(|file| (file.width, file.height))
        .collect()
}

#[test]
fn a_large_picture_becomes_four_webp_files_and_a_jpeg() {
    let picture = converted(&jpeg(&photo(2_000, 1_500, 8)));
    assert_eq!((picture.width, picture.height), (2_000, 1_500));
    assert_eq!(
        sizes(&picture),
        [(320, 240), (640, 480), (960, 720), (1_600, 1_200)]
    );
    assert_eq!((picture.jpeg.width, picture.jpeg.height), (1_200, 900));
    for file in picture.webp.iter().chain([&picture.jpeg]) {
        decoded(file);
        assert!(!file.is_over_limit());
    }
}

#[test]
fn a_picture_is_never_enlarged() {
    let picture = converted(&png(&quarters(200, 150)));
    assert_eq!(sizes(&picture), [(200, 150)]);
    assert_eq!((picture.jpeg.width, picture.jpeg.height), (200, 150));
    let picture = converted(&png(&quarters(600, 450)));
    assert_eq!(sizes(&picture), [(320, 240), (600, 450)]);
    assert_eq!((picture.jpeg.width, picture.jpeg.height), (600, 450));
    let picture = converted(&png(&quarters(1, 1)));
    assert_eq!(sizes(&picture), [(1, 1)]);
    assert_eq!((picture.jpeg.width, picture.jpeg.height), (1, 1));
}

#[test]
fn extreme_shapes_have_no_side_of_zero() {
    let picture = converted(&png(&quarters(12_000, 2)));
    assert_eq!(sizes(&picture), [(320, 1), (640, 1), (960, 1), (1_600, 1)]);
    assert_eq!((picture.jpeg.width, picture.jpeg.height), (1_200, 1));
    let picture = converted(&png(&quarters(2, 12_000)));
    assert_eq!(sizes(&picture), [(2, 12_000)]);
    assert_eq!((picture.jpeg.width, picture.jpeg.height), (1, 1_200));
}

fn size_of(picture: &Picture, width: u32) -> &File {
    picture
        .webp
        .iter()
        .find(|file| file.width == width)
        .unwrap()
}

#[test]
fn files_for_cards_lose_quality_until_they_are_small_enough() {
    let calm = converted(&png(&photo(640, 480, 8)));
    assert!(size_of(&calm, 640).bytes.len() < MAX_CARD_BYTES / 2);

    let grainy = converted(&png(&photo(640, 480, 45)));
    let file = size_of(&grainy, 640);
    assert!(!file.is_over_limit());
    // As good as the limit allows.
    assert!(
        file.bytes.len() > MAX_CARD_BYTES * 9 / 10,
        "{}",
        file.bytes.len()
    );
    assert!(!size_of(&grainy, 320).is_over_limit());
}

#[test]
fn a_file_for_cards_that_cannot_be_small_enough_says_so() {
    let noise = converted(&png(&photo(640, 640, 255)));
    let file = size_of(&noise, 640);
    assert!(file.bytes.len() > MAX_CARD_BYTES);
    assert!(file.is_over_limit());
    // Larger files have no limit.
    let noise = converted(&png(&photo(960, 640, 255)));
    let file = size_of(&noise, 960);
    assert!(file.bytes.len() > MAX_CARD_BYTES);
    assert!(!file.is_over_limit());
}

#[test]
fn the_same_file_becomes_the_same_picture() {
    let file = jpeg(&photo(700, 500, 60));
    let picture = converted(&file);
    assert_eq!(picture.hash, ContentHash::of(&file));
    assert_eq!(picture, converted(&file));
}

/// What the conversion makes of the same pixels. Resizer and encoders compute with integers, so
/// that every processor of this kind agrees.
#[cfg(target_arch = "x86_64")]
#[test]
fn another_conversion_has_another_key() {
    use sha2::{Digest, Sha256};

    let mut digest = Sha256::new();
    let opaque = photo(1_700, 900, 30);
    let mut transparent = photo(700, 500, 30).to_rgba8();
    for (x, y, pixel) in transparent.enumerate_pixels_mut() {
        pixel.0[3] = u8::try_from((x + y) % 256).unwrap();
    }
    for file in [png(&opaque), png(&transparent.into())] {
        let picture = converted(&file);
        for file in picture.webp.iter().chain([&picture.jpeg]) {
            digest.update(&file.bytes);
        }
    }
    let found = hex::encode(digest.finalize());
    assert_eq!(
        found, "82dfbe854b852ef93b43f039ba3984f3a00cc3f906eca79eb24a921fbfbe893c",
        "the same original becomes other bytes: raise `ENCODING` in src/name.rs, and write this"
    );
}
