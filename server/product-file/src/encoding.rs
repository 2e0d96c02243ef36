//! Which encoding a file has, and its text in UTF-8.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    CoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1257, WINDOWS_1258,
};

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Letters outside ASCII that a file must have to be read in an encoding that hardly any file has.
const MIN_LETTERS_OF_RARE_ENCODINGS: usize = 10;

/// What the bytes of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detected {
    /// Nothing.
    Empty,
    /// A format that is no text, with its name.
    NotText(&'static str),
    /// Mostly UTF-8, but not in this line.
    Mixed { line: u64 },
    /// Text in this encoding, after so many bytes of a byte order mark.
    Text {
        encoding: &'static Encoding,
        mark: u64,
    },
}

/// Finds the encoding by reading the whole file. Leaves its position anywhere.
pub(crate) fn detect(file: &mut (impl Read + Seek)) -> io::Result<Detected> {
    file.seek(SeekFrom::Start(0))?;
    let mut scan = Utf8Scan::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut length = read_full(file, &mut chunk)?;
    let mark = match by_first_bytes(&chunk[..length]) {
        // Marked as UTF-8, but a program may have added other text.
        Some(Detected::Text { encoding, mark }) if encoding == UTF_8 => mark,
        Some(known) => return Ok(known),
        None => 0,
    };
    while length > 0 {
        scan.read(&chunk[..length]);
        length = read_full(file, &mut chunk)?;
    }
    let decided = |encoding| Detected::Text { encoding, mark };
    Ok(match scan.first_invalid() {
        None => decided(UTF_8),
        Some(line) if mark > 0 || scan.letters > scan.invalid => Detected::Mixed { line },
        Some(_) => decided(guess(file)?),
    })
}

/// A text's byte order mark, a format's signature, or the zeros of UTF-16.
fn by_first_bytes(bytes: &[u8]) -> Option<Detected> {
    if bytes.is_empty() {
        return Some(Detected::Empty);
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return Some(Detected::Text {
            encoding,
            mark: length as u64,
        });
    }
    let signatures: [(&[u8], &'static str); 8] = [
        (b"PK\x03\x04", "a workbook or an archive"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
        (b"%PDF", "a PDF document"),
        (b"\x1f\x8b", "a compressed file"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"{\\rtf", "a text document with formatting"),
        (b"<?xml", "an XML document"),
    ];
    for (signature, what) in signatures {
        if bytes.starts_with(signature) {
            return Some(Detected::NotText(what));
        }
    }
    // Without a mark, UTF-16 is recognised by the zeros of its many ASCII characters.
    let zeros = |odd| {
        let of_place = bytes.iter().skip(odd).step_by(2);
        of_place.filter(|byte| **byte == 0).count()
    };
    let most = bytes.len() / 4;
    let utf16 = match (zeros(0), zeros(1)) {
        (0, odd) if odd > most => UTF_16LE,
        (even, 0) if even > most => UTF_16BE,
        _ => return None,
    };
    Some(Detected::Text {
        encoding: utf16,
        mark: 0,
    })
}

/// The most likely encoding of a file that is not in UTF-8.
fn guess(file: &mut (impl Read + Seek)) -> io::Result<&'static Encoding> {
    file.seek(SeekFrom::Start(0))?;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut letters = 0;
    loop {
        let length = read_full(file, &mut chunk)?;
        detector.feed(&chunk[..length], length == 0);
        letters += chunk[..length]
            .iter()
            .filter(|byte| !byte.is_ascii())
            .count();
        if length == 0 {
            break;
        }
    }
    let likely = detector.guess(None, Utf8Detection::Deny);
    // A few letters are not enough to tell a rare encoding from the most frequent one: "Ø 5 mm".
    let rare = [WINDOWS_1257, WINDOWS_1258].contains(&likely);
    Ok(if rare && letters < MIN_LETTERS_OF_RARE_ENCODINGS {
        WINDOWS_1252
    } else {
        likely
    })
}

/// Fills the buffer unless the file ends.
fn read_full(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// Counts what is UTF-8 and what is not, over chunks that may end within a character.
#[derive(Default)]
struct Utf8Scan {
    /// The bytes of an incomplete character.
    rest: Vec<u8>,
    /// Characters of several bytes.
    letters: u64,
    /// Invalid sequences.
    invalid: u64,
    /// The line of the first of them.
    invalid_line: Option<u64>,
    /// Line breaks so far.
    breaks: u64,
    after_return: bool,
}

impl Utf8Scan {
    fn read(&mut self, bytes: &[u8]) {
        let joined = [&self.rest, bytes].concat();
        let mut bytes = joined.as_slice();
        self.rest.clear();
        loop {
            match std::str::from_utf8(bytes) {
                Ok(valid) => return self.valid(valid.as_bytes()),
                Err(error) => {
                    let (valid, after) = bytes.split_at(error.valid_up_to());
                    self.valid(valid);
                    let Some(length) = error.error_len() else {
                        self.rest.extend_from_slice(after);
                        return;
                    };
                    self.invalid += 1;
                    self.invalid_line.get_or_insert(self.breaks + 1);
                    bytes = &after[length..];
                }
            }
        }
    }

    /// The line of the first bytes that are not UTF-8, now that the text has ended.
    fn first_invalid(&self) -> Option<u64> {
        let incomplete = (!self.rest.is_empty()).then_some(self.breaks + 1);
        self.invalid_line.or(incomplete)
    }

    fn valid(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' if self.after_return => {}
                b'\n' | b'\r' => self.breaks += 1,
                0xc0.. => self.letters += 1,
                _ => {}
            }
            self.after_return = *byte == b'\r';
        }
    }
}

/// The text of a file in UTF-8. Bytes that are not of its encoding become U+FFFD.
pub(crate) struct Utf8Text<R> {
    file: R,
    decoder: encoding_rs::Decoder,
    bytes: Vec<u8>,
    /// Which of `bytes` are not decoded yet.
    waiting: std::ops::Range<usize>,
    text: Vec<u8>,
    /// Which of `text` are not consumed yet.
    ready: std::ops::Range<usize>,
    at_end: bool,
    done: bool,
}

impl<R: Read + Seek> Utf8Text<R> {
    /// Begins after the byte order mark.
    pub(crate) fn new(mut file: R, encoding: &'static Encoding, mark: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(mark))?;
        Ok(Self {
            file,
            decoder: encoding.new_decoder_without_bom_handling(),
            bytes: vec![0; CHUNK_BYTES],
            waiting: 0..0,
            text: vec![0; CHUNK_BYTES],
            ready: 0..0,
            at_end: false,
            done: false,
        })
    }
}

impl<R: Read> Read for Utf8Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let length = ready.len().min(buffer.len());
        buffer[..length].copy_from_slice(&ready[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl<R: Read> BufRead for Utf8Text<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.ready.is_empty() && !self.done {
            if self.waiting.is_empty() && !self.at_end {
                let length = read_full(&mut self.file, &mut self.bytes)?;
                self.at_end = length == 0;
                self.waiting = 0..length;
            }
            let waiting = &self.bytes[self.waiting.clone()];
            let (result, read, written, _) =
                self.decoder
                    .decode_to_utf8(waiting, &mut self.text, self.at_end);
            self.waiting.start += read;
            self.ready = 0..written;
            self.done = self.at_end && result == CoderResult::InputEmpty;
        }
        Ok(&self.text[self.ready.clone()])
    }

    fn consume(&mut self, amount: usize) {
        self.ready.start += amount;
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn text_of(bytes: &[u8]) -> (String, &'static str) {
        let mut file = Cursor::new(bytes);
        let Detected::Text { encoding, mark } = detect(&mut file).unwrap() else {
            return (format!("{:?}", detect(&mut file).unwrap()), "");
        };
        let mut text = String::new();
        let mut reader = Utf8Text::new(file, encoding, mark).unwrap();
        reader.read_to_string(&mut text).unwrap();
        (text, encoding.name())
    }

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn each_encoding_is_recognised() {
        let text = "sku,name\r\nA-1,Küche – grün\r\n";
        assert_eq!(text_of(text.as_bytes()), (text.to_owned(), "UTF-8"));
        let marked = format!("\u{feff}{text}");
        assert_eq!(text_of(marked.as_bytes()), (text.to_owned(), "UTF-8"));
        let (bytes, _, lost) = WINDOWS_1252.encode(text);
        assert!(!lost);
        assert_eq!(text_of(&bytes), (text.to_owned(), "windows-1252"));
        for (bytes, name) in [
            (utf16(&marked, u16::to_le_bytes), "UTF-16LE"),
            (utf16(&marked, u16::to_be_bytes), "UTF-16BE"),
            (utf16(text, u16::to_le_bytes), "UTF-16LE"),
            (utf16(text, u16::to_be_bytes), "UTF-16BE"),
        ] {
            assert_eq!(text_of(&bytes), (text.to_owned(), name));
        }
    }

    #[test]
    fn long_texts_are_decoded_completely() {
        let text = "Küche,€ 12\n".repeat(30_000);
        assert_eq!(text_of(text.as_bytes()).0, text);
        let (bytes, _, _) = WINDOWS_1252.encode(&text);
        assert_eq!(text_of(&bytes).0, text);
        assert_eq!(
            text_of(&utf16(&format!("\u{feff}{text}"), u16::to_le_bytes)).0,
            text
        );
    }

    #[test]
    fn what_is_no_text_or_mixed_is_recognised() {
        let detected = |bytes: &[u8]| detect(&mut Cursor::new(bytes)).unwrap();
        assert_eq!(detected(b""), Detected::Empty);
        assert_eq!(
            detected(b"PK\x03\x04\x14\0"),
            Detected::NotText("a workbook or an archive")
        );
        let mixed = ["name\r\nKüche, grün\r\n".as_bytes(), b"K\xfcche\r\n"].concat();
        assert_eq!(detected(&mixed), Detected::Mixed { line: 3 });
        let marked = b"\xef\xbb\xbfname\nK\xfcche\n";
        assert_eq!(detected(marked), Detected::Mixed { line: 2 });
    }

    #[test]
    fn few_letters_are_read_in_the_most_frequent_encoding() {
        for text in ["Ø 5 mm", "12 m²", "5 €", "it’s", "Größe", "ß"] {
            let (bytes, _, _) = WINDOWS_1252.encode(text);
            assert_eq!(text_of(&bytes), (text.to_owned(), "windows-1252"));
        }
    }
}
