//! Files that are refused: of other kinds, incomplete, damaged, too large, and made to harm.

use picture::{MAX_BYTES, convert};

use crate::support::*;

const INCOMPLETE: &str = "is not complete: copy or download it again";
const DAMAGED: &str = "is damaged and cannot be read: open it in a picture program, and save it \
                       there as a new JPEG";
const RARE: &str = "is stored in a rare way that cannot be read here: open it in a picture \
                    program, and save it there as a new JPEG";

#[test]
fn the_content_says_what_a_file_is() {
    assert_eq!(refusal(b""), "is empty: choose the file again");
    assert_eq!(
        refusal(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        "is an HEIC picture, which not all browsers show: save it as JPEG"
    );
    assert_eq!(
        refusal(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        "is an SVG drawing, which may contain programs: save it as PNG"
    );
    assert_eq!(
        refusal(b"<!DOCTYPE html><title>Not found</title>"),
        "is a web page and not a picture: save the picture on it as a file of its own"
    );
    assert_eq!(
        refusal(b"%PDF-1.7"),
        "is a PDF document: save its page as JPEG or PNG"
    );
    assert_eq!(
        refusal(b"cup"),
        "is not a picture that can be read: save it as JPEG, PNG, WebP or GIF"
    );
}

#[test]
fn a_file_that_only_begins_like_a_picture_is_refused() {
    let text = b"<script>alert(1)</script>".repeat(8);
    for (start, sentence) in [
        (b"\xFF\xD8\xFF\xE0\0\x04ab".as_slice(), INCOMPLETE),
        (b"\x89PNG\r\n\x1A\n", DAMAGED),
        (b"GIF89a", &too_long(29_500, 29_283)),
        (b"RIFF\x20\0\0\0WEBP", DAMAGED),
    ] {
        assert_eq!(refusal(start), INCOMPLETE, "{}", start.escape_ascii());
        assert_eq!(
            refusal(&[start, &text].concat()),
            sentence,
            "{}",
            start.escape_ascii()
        );
    }
}

#[test]
fn a_file_that_ends_early_is_refused() {
    let pixels = photo(64, 48, 40);
    for file in [
        jpeg(&pixels),
        png(&pixels),
        lossless_webp(&pixels),
        lossy_webp(&pixels),
    ] {
        let whole = converted(&file);
        for length in (0..file.len()).step_by(7).chain([file.len() - 1]) {
            let refused = convert(&file[..length]);
            assert!(refused.is_err(), "{length} of {}: {whole:?}", file.len());
        }
        assert_eq!(refusal(&file[..file.len() / 2]), INCOMPLETE);
    }
    // What follows the first frame of a GIF does not matter, not even its end.
    let file = gif(&pixels);
    let whole = converted(&file);
    for length in (0..file.len()).step_by(7).chain([file.len() - 1]) {
        if let Ok(picture) = convert(&file[..length]) {
            assert_eq!(picture.webp, whole.webp);
            assert!(length > file.len() - 8, "{length} of {}", file.len());
        }
    }
}

#[test]
fn what_follows_the_end_of_a_picture_does_not_matter() {
    let pixels = photo(64, 48, 40);
    for file in [
        jpeg(&pixels),
        png(&pixels),
        gif(&pixels),
        lossless_webp(&pixels),
    ] {
        let longer = [file.as_slice(), b"trailing"].concat();
        assert_eq!(converted(&longer).webp, converted(&file).webp);
    }
}

#[test]
fn a_file_of_too_many_bytes_is_refused_before_it_is_looked_at() {
    let mut file = jpeg(&quarters(64, 48));
    file.resize(MAX_BYTES, 0);
    assert!(convert(&file).is_ok());
    file.push(0);
    assert_eq!(
        refusal(&file),
        "is larger than 20 MB: make it smaller, 2,000 pixels wide are enough"
    );
}

fn too_long(width: u32, height: u32) -> String {
    format!(
        "has {width} × {height} pixels, but no side may have more than 12000: make it smaller, \
         2,000 pixels wide are enough"
    )
}

fn too_many(megapixels: u32, most: u32) -> String {
    format!(
        "has {megapixels} megapixels, but one of its kind may have at most {most}: make it \
         smaller, 2,000 pixels wide are enough"
    )
}

/// A tiny JPEG that declares another size.
fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
    let mut file = flat_jpeg(8, 8, &[128, 128, 128], None);
    let frame = file
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    file
}

#[test]
fn a_tiny_jpeg_that_declares_a_huge_picture_is_refused() {
    assert_eq!(refusal(&jpeg_of(65_535, 65_535)), too_long(65_535, 65_535));
    assert_eq!(refusal(&jpeg_of(12_000, 12_000)), too_many(144, 50));
    // A size that is allowed, but the data cannot be enough for it.
    assert_eq!(refusal(&jpeg_of(7_000, 7_000)), INCOMPLETE);
    assert_eq!(refusal(&jpeg_of(8, 0)), DAMAGED);
}

#[test]
fn a_progressive_jpeg_may_have_fewer_pixels() {
    let mut file = flat_jpeg(6_000, 6_000, &[128, 128, 128], None);
    let frame = file
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    file[frame + 1] = 0xC2;
    assert_eq!(refusal(&file), too_many(36, 33));
}

#[test]
fn a_tiny_png_that_declares_a_huge_picture_is_refused() {
    let row = png_chunk(b"IDAT", &zlib(&[0; 64]));
    let png = |width, height, depth, color| {
        png_of(width, height, depth, color, std::slice::from_ref(&row))
    };
    let most = 0x7FFF_FFFF;
    assert_eq!(refusal(&png(most, most, 16, 6)), too_long(most, most));
    assert_eq!(refusal(&png(u32::MAX, 1, 8, 6)), too_long(u32::MAX, 1));
    assert_eq!(refusal(&png(12_000, 12_000, 1, 0)), too_many(144, 50));
    assert_eq!(refusal(&png(7_000, 7_000, 16, 6)), too_many(49, 25));
    // A size that is allowed, but not enough rows.
    assert!([INCOMPLETE, DAMAGED].contains(&refusal(&png(2_000, 2_000, 1, 0)).as_str()));
    assert_eq!(refusal(&png(0, 5, 8, 6)), DAMAGED);
}

#[test]
fn a_chunk_that_declares_more_than_the_file_has_is_refused() {
    let mut file = png(&quarters(8, 8));
    file.splice(33..33, [0xFF, 0xFF, 0xFF, 0xFF, b't', b'E', b'X', b't']);
    assert_eq!(refusal(&file), INCOMPLETE);
}

#[test]
fn a_tiny_gif_that_declares_a_huge_picture_is_refused() {
    let screen = |file: &mut Vec<u8>, width: u16, height: u16| {
        file[6..8].copy_from_slice(&width.to_le_bytes());
        file[8..10].copy_from_slice(&height.to_le_bytes());
    };
    let mut file = gif(&quarters(8, 8));
    screen(&mut file, 65_535, 65_535);
    assert_eq!(refusal(&file), too_long(65_535, 65_535));
    screen(&mut file, 7_000, 7_000);
    assert_eq!(refusal(&file), too_many(49, 33));
    screen(&mut file, 0, 8);
    assert_eq!(refusal(&file), DAMAGED);

    // A small screen with a huge frame.
    let mut file = gif(&quarters(8, 8));
    let frame = file
        .windows(9)
        .position(|part| part == b",\0\0\0\0\x08\0\x08\0")
        .unwrap();
    file[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
    assert_eq!(refusal(&file), DAMAGED);
}

#[test]
fn a_tiny_webp_that_declares_a_huge_picture_is_refused() {
    let lossless = |width: u32, height: u32| {
        let size = ((width - 1) | ((height - 1) << 14)).to_le_bytes();
        webp_of(&[webp_chunk(
            b"VP8L",
            &[&[0x2F], size.as_slice(), &[0; 16]].concat(),
        )])
    };
    assert_eq!(refusal(&lossless(16_384, 16_384)), too_long(16_384, 16_384));
    assert_eq!(refusal(&lossless(7_000, 7_000)), too_many(49, 37));

    let mut file = lossy_webp(&quarters(8, 8));
    file[26..30].copy_from_slice(&[0xFF, 0x3F, 0xFF, 0x3F]);
    assert_eq!(refusal(&file), too_long(16_383, 16_383));

    let canvas = |flags, width, height| {
        webp_of(&[
            webp_canvas(flags, width, height),
            webp_chunks(&lossy_webp(&quarters(8, 8))),
        ])
    };
    assert_eq!(
        refusal(&canvas(0, 1 << 24, 1 << 24)),
        too_long(1 << 24, 1 << 24)
    );
    assert_eq!(refusal(&canvas(0, 6_000, 6_000)), too_many(36, 27));
    assert_eq!(refusal(&canvas(0b10, 5_000, 5_000)), too_many(25, 20));
}

#[test]
fn a_webp_with_a_frame_larger_than_its_canvas_is_refused() {
    // Its decoder would reserve 400 MB for the frame.
    let mut frame = webp_chunks(&lossy_webp(&quarters(8, 8)));
    frame[14..18].copy_from_slice(&[0xFF, 0x3F, 0xFF, 0x3F]);
    assert_eq!(
        refusal(&webp_of(&[webp_canvas(0, 8, 8), frame.clone()])),
        DAMAGED
    );

    let animation = webp_of(&[
        webp_canvas(0b10, 8, 8),
        webp_chunk(b"ANIM", &[0; 6]),
        webp_chunk(
            b"ANMF",
            &[&[0; 6], [7, 0, 0, 7, 0, 0].as_slice(), &[0; 4], &frame].concat(),
        ),
    ]);
    assert_eq!(refusal(&animation), DAMAGED);
}

#[test]
fn a_webp_with_much_lossless_data_is_refused() {
    // Such data makes tables that take many hundred times its size, even for a tiny picture.
    let sentence = "is a lossless WebP of more than 1 MB: save it as JPEG or PNG";
    let file = lossless_webp(&photo(1_000, 1_000, 255));
    assert!(file.len() > 1_000_000, "{}", file.len());
    assert_eq!(refusal(&file), sentence);
    assert!(convert(&lossless_webp(&photo(640, 640, 255))).is_ok());

    let pixels = webp_chunks(&lossy_webp(&quarters(8, 8)));
    let alpha = |length| {
        let mut data = vec![1];
        data.resize(length, 0);
        webp_of(&[
            webp_canvas(0b1_0000, 8, 8),
            webp_chunk(b"ALPH", &data),
            pixels.clone(),
        ])
    };
    assert_eq!(refusal(&alpha(1_000_001)), sentence);
    assert_ne!(refusal(&alpha(1_000_000)), sentence);
}

#[test]
fn rare_kinds_of_jpeg_are_refused() {
    let with_frame = |marker| {
        let mut file = flat_jpeg(8, 8, &[128], None);
        let frame = file
            .windows(2)
            .position(|pair| pair == [0xFF, 0xC0])
            .unwrap();
        file[frame + 1] = marker;
        file
    };
    assert!(convert(&with_frame(0xC0)).is_ok());
    for lossless_or_arithmetic in [0xC3, 0xC9, 0xCA] {
        assert_eq!(refusal(&with_frame(lossless_or_arithmetic)), RARE);
    }
    let mut file = with_frame(0xC1);
    let frame = file
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC1])
        .unwrap();
    file[frame + 4] = 12;
    assert_eq!(refusal(&file), RARE);
}
