//! Properties for any file: no panic, and what is accepted keeps every promise.
//!
//! `convert` turns a panic into a refusal, so these tests count panics by a hook.

use std::cell::Cell;
use std::panic;
use std::sync::Once;

use moxcms::ColorProfile;
use picture::{MAX_SIDE, WIDTHS, convert};
use proptest::prelude::*;

use crate::support::*;

thread_local! {
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

/// Converts a file, and checks what must be true of any.
fn check(file: &[u8]) -> Result<(), TestCaseError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |details| {
            PANICS.set(PANICS.get() + 1);
            report(details);
        }));
    });
    let before = PANICS.get();
    let outcome = convert(file);
    prop_assert_eq!(PANICS.get(), before, "a panic");
    match outcome {
        Err(error) => {
            let sentence = error.to_string();
            prop_assert!(
                sentence.contains(": ") && !sentence.ends_with('.'),
                "{}",
                sentence
            );
        }
        Ok(picture) => {
            prop_assert!(picture.width.max(picture.height) <= MAX_SIDE);
            prop_assert!(!picture.webp.is_empty());
            for each in picture.webp.iter().chain([&picture.jpeg]) {
                prop_assert!(each.width <= picture.width.min(WIDTHS[3]));
                prop_assert!(each.height <= picture.height);
                let pixels = image::load_from_memory(&each.bytes).unwrap();
                prop_assert_eq!((pixels.width(), pixels.height()), (each.width, each.height));
            }
        }
    }
    Ok(())
}

/// One valid file of each kind, small enough to be changed everywhere.
fn valid() -> Vec<Vec<u8>> {
    let pixels = photo(24, 18, 60);
    let mut transparent = pixels.to_rgba8();
    transparent.get_pixel_mut(3, 3).0[3] = 9;
    let transparent = transparent.into();
    vec![
        jpeg(&pixels),
        with_exif(&jpeg(&pixels), 6),
        with_profile(&jpeg(&pixels), &ColorProfile::new_display_p3()),
        flat_jpeg(24, 18, &[200, 10, 10, 90], Some(2)),
        png(&pixels),
        png(&pixels.to_rgba16().into()),
        gif(&pixels),
        lossless_webp(&pixels),
        lossy_webp(&pixels),
        lossy_webp(&transparent),
        webp_of(&[
            webp_canvas(0b11000, 24, 18),
            webp_chunks(&lossless_webp(&transparent)),
            webp_chunk(b"EXIF", &exif(6)),
        ]),
    ]
}

/// A file of each kind by its start, and anything after it.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    let starts: Vec<&[u8]> = vec![
        b"",
        b"\xFF\xD8\xFF",
        b"\xFF\xD8\xFF\xC0\0\x0B\x08\0\x10\0\x10\x01\x01\x11\0\xFF\xDA\0\x08\x01\x01\0\0\x3F\0",
        b"\x89PNG\r\n\x1A\n",
        b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\x10\0\0\0\x10",
        b"GIF89a",
        b"GIF89a\x10\0\x10\0\x80\0\0",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"RIFF\x10\0\0\0WEBPVP8L",
        b"RIFF\x10\0\0\0WEBPVP8X\x0A\0\0\0",
        b"\0\0\0\x18ftyp",
        b"<?xml",
    ];
    let start = proptest::sample::select(starts);
    let rest = proptest::collection::vec(any::<u8>(), 0..300);
    (start, rest).prop_map(|(start, rest)| [start, rest.as_slice()].concat())
}

/// A valid file with some bytes changed, and some left out or doubled.
fn changed() -> impl Strategy<Value = Vec<u8>> {
    let file = proptest::sample::select(valid());
    let bytes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    let parts = proptest::collection::vec(
        (any::<prop::sample::Index>(), 0..40_usize, any::<bool>()),
        0..2,
    );
    (file, bytes, parts).prop_map(|(mut file, bytes, parts)| {
        for (at, byte) in bytes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        for (at, length, doubled) in parts {
            let at = at.index(file.len());
            let end = file.len().min(at + length);
            let part = if doubled {
                file[at..end].repeat(2)
            } else {
                Vec::new()
            };
            file.splice(at..end, part);
        }
        file
    })
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn any_bytes_are_converted_or_refused(file in anything()) {
        check(&file)?;
    }

    #[test]
    fn any_change_of_a_valid_file_is_converted_or_refused(file in changed()) {
        check(&file)?;
    }
}

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn a_picture_of_any_size_is_converted(width in 1..800_u32, height in 1..800_u32) {
        check(&png(&photo(width, height, 8)))?;
    }
}
