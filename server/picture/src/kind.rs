//! What a file is, by its first bytes. Its name says nothing.

use image::ImageFormat;

use crate::error::PictureError;

/// The kinds of pictures that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Jpeg,
    Png,
    WebP,
    Gif,
}

impl Kind {
    pub(crate) fn format(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
            Self::WebP => ImageFormat::WebP,
            Self::Gif => ImageFormat::Gif,
        }
    }
}

const HEIC: &str = "is an HEIC picture, which not all browsers show: save it as JPEG";
const AVIF: &str = "is an AVIF picture, which not all browsers show: save it as JPEG";
const TIFF: &str = "is a TIFF or raw picture, which browsers do not show: save it as JPEG";
const JPEG_XL: &str = "is a JPEG XL picture, which not all browsers show: save it as JPEG";
const JPEG_2000: &str = "is a JPEG 2000 picture, which browsers do not show: save it as JPEG";
const SVG: &str = "is an SVG drawing, which may contain programs: save it as PNG";
const HTML: &str = "is a web page and not a picture: save the picture on it as a file of its own";
const VIDEO: &str = "is a video: save one picture of it as JPEG";
const POSTSCRIPT: &str = "is a PostScript drawing, which browsers do not show: save it as PNG";
const DOCUMENT: &str = "is a document or an archive: save the picture in it as a file of its own";
const UNKNOWN: &str = "is not a picture that can be read: save it as JPEG, PNG, WebP or GIF";

/// The first bytes of files that owners may take for pictures.
const OTHERS: [(&[u8], &str); 16] = [
    (b"%PDF", "is a PDF document: save its page as JPEG or PNG"),
    (b"%!PS", POSTSCRIPT),
    (b"\xC5\xD0\xD3\xC6", POSTSCRIPT),
    (b"8BPS", "is a Photoshop document: save it as JPEG or PNG"),
    (
        b"BM",
        "is a BMP picture, which is too large for the web: save it as PNG",
    ),
    (b"\0\0\x01\0", "is an icon: save it as PNG"),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"\xFF\x0A", JPEG_XL),
    (b"\0\0\0\x0CJXL ", JPEG_XL),
    (b"\0\0\0\x0CjP  ", JPEG_2000),
    (b"\x1A\x45\xDF\xA3", VIDEO),
    (b"PK\x03\x04", DOCUMENT),
    (b"\xD0\xCF\x11\xE0", DOCUMENT),
    (b"\x1F\x8B", DOCUMENT),
];

/// Recognizes a file.
///
/// # Errors
/// It is empty, or of a kind that is not accepted; the error names that kind if it is common.
pub(crate) fn recognize(bytes: &[u8]) -> Result<Kind, PictureError> {
    match bytes {
        [] => Err(PictureError::Empty),
        [0xFF, 0xD8, 0xFF, ..] => Ok(Kind::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Ok(Kind::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Kind::Gif),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Ok(Kind::WebP),
        _ => Err(PictureError::OtherKind(describe_other(bytes))),
    }
}

fn describe_other(bytes: &[u8]) -> &'static str {
    if bytes.get(4..8) == Some(b"ftyp".as_slice()) {
        return describe_media(bytes);
    }
    OTHERS
        .iter()
        .find(|(start, _)| bytes.starts_with(start))
        .map(|(_, description)| *description)
        .or_else(|| describe_markup(bytes))
        .unwrap_or(UNKNOWN)
}

/// Describes a file of the container that HEIC, AVIF and MP4 share, by the brands that it names.
fn describe_media(bytes: &[u8]) -> &'static str {
    let brands = bytes.get(8..bytes.len().min(64)).unwrap_or_default();
    let has = |names: &[&[u8; 4]]| {
        let mut each = brands.chunks_exact(4);
        each.any(|brand| names.iter().any(|name| brand == name.as_slice()))
    };
    if has(&[b"avif", b"avis"]) {
        AVIF
    } else if has(&[
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
    ]) {
        HEIC
    } else {
        VIDEO
    }
}

/// Describes text with tags, which may begin with a byte order mark, blanks and comments.
fn describe_markup(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let start = text.get(..text.len().min(4_096)).unwrap_or_default();
    let start = start.trim_ascii_start().to_ascii_lowercase();
    let has = |tag: &[u8]| start.windows(tag.len()).any(|window| window == tag);
    if !start.starts_with(b"<") {
        None
    } else if start.starts_with(b"<!doctype html") || has(b"<html") {
        Some(HTML)
    } else if has(b"<svg") {
        Some(SVG)
    } else {
        None
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        recognize(bytes).unwrap_err().to_string()
    }

    #[test]
    fn files_that_are_no_pictures_are_refused_with_what_they_are() {
        let files: [(&[u8], &str); 21] = [
            (b"", "is empty: choose the file again"),
            (
                b"%PDF-1.7\n",
                "is a PDF document: save its page as JPEG or PNG",
            ),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", HEIC),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf", HEIC),
            (b"\0\0\0\x1Cftypmif1\0\0\0\0mif1avifmiaf", AVIF),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", VIDEO),
            (b"\0\0\0\x18ftypmp42", VIDEO),
            (b"\0\0\0\x08ftyp", VIDEO),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", SVG),
            (
                b"\xEF\xBB\xBF \n<?xml version=\"1.0\"?><!-- x --><SVG/>",
                SVG,
            ),
            (b"<!DOCTYPE html><html><svg/></html>", HTML),
            (b"<html>", HTML),
            (b"<?xml version=\"1.0\"?><rss/>", UNKNOWN),
            (b"II*\0\x08\0\0\0", TIFF),
            (b"PK\x03\x04", DOCUMENT),
            (b"RIFF\0\0\0\0WAVE", UNKNOWN),
            (b"GIF88a", UNKNOWN),
            (b"\xFF\xD8", UNKNOWN),
            (b"\x89PNG\r\n", UNKNOWN),
            (b"\0", UNKNOWN),
            (b"cup.jpg", UNKNOWN),
        ];
        for (bytes, sentence) in files {
            assert_eq!(refusal(bytes), sentence, "{}", bytes.escape_ascii());
        }
    }
}
