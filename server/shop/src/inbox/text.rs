//! Repairs JSON with lone surrogates (half an emoji), which `serde_json` rejects.
//!
//! A JavaScript string that was cut in the middle of a surrogate pair is serialized as `"\ud83d"`.

use std::borrow::Cow;

/// The escaped replacement character.
const REPLACEMENT: &str = "\\ufffd";
/// The length of an escape such as `\ud83d`.
const ESCAPE_LENGTH: usize = 6;

/// Returns the body as text, with the replacement character for whatever is not valid Unicode.
#[must_use]
pub fn lossy_text(body: &[u8]) -> Cow<'_, str> {
    match String::from_utf8_lossy(body) {
        Cow::Borrowed(text) => replace_lone_surrogates(text),
        Cow::Owned(text) => Cow::Owned(replace_lone_surrogates(&text).into_owned()),
    }
}

fn replace_lone_surrogates(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut changed = String::new();
    let (mut copied, mut at) = (0, 0);
    // Backslashes occur only within strings, and each escapes the next character.
    while let Some(next) = json.get(at..).and_then(|rest| rest.find('\\')) {
        at += next;
        match (
            surrogate_at(bytes, at),
            surrogate_at(bytes, at + ESCAPE_LENGTH),
        ) {
            (Some(Surrogate::High), Some(Surrogate::Low)) => at += 2 * ESCAPE_LENGTH,
            (Some(_), _) => {
                changed.push_str(&json[copied..at]);
                changed.push_str(REPLACEMENT);
                at += ESCAPE_LENGTH;
                copied = at;
            }
            // In text that is not JSON, the escaped character may have several bytes.
            (None, _) => at += 1 + json[at + 1..].chars().next().map_or(0, char::len_utf8),
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    changed.push_str(&json[copied..]);
    Cow::Owned(changed)
}

/// One half of a surrogate pair, which encodes a character above U+FFFF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Surrogate {
    High,
    Low,
}

/// Returns the kind of surrogate escaped at this position, if there is one.
fn surrogate_at(bytes: &[u8], at: usize) -> Option<Surrogate> {
    let escape = bytes.get(at..at + ESCAPE_LENGTH)?;
    let digits = escape.strip_prefix(b"\\u")?;
    match (
        digits[0].to_ascii_lowercase(),
        digits[1].to_ascii_lowercase(),
    ) {
        _ if !digits.iter().all(u8::is_ascii_hexdigit) => None,
        (b'd', b'8' | b'9' | b'a' | b'b') => Some(Surrogate::High),
        (b'd', b'c' | b'd' | b'e' | b'f') => Some(Surrogate::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_emoji_is_replaced_and_whole_ones_stay() {
        for (json, read) in [
            (r#""Ada \ud83d""#, "Ada \u{fffd}"),
            (r#""\uDE00 Ada""#, "\u{fffd} Ada"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\\ud83d""#, "\\ud83d"),
            (r#""\\\ud83d""#, "\\\u{fffd}"),
            (r#""\ud83d\ude00 \u00e4 ä""#, "\u{1f600} ä ä"),
        ] {
            let text: Result<String, _> = serde_json::from_str(&lossy_text(json.as_bytes()));
            assert_eq!(text.ok().as_deref(), Some(read), "{json}");
        }
    }

    #[test]
    fn what_needs_no_change_is_not_copied() {
        for body in [&b"{}"[..], br#"{"a":"\ud83d\ude00\n"}"#, b"", b"\\"] {
            assert!(matches!(lossy_text(body), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn bytes_that_are_no_text_and_broken_escapes_harm_nothing() {
        assert_eq!(lossy_text(b"\xff{}"), "\u{fffd}{}");
        for body in [
            "\\u",
            "\\ud8",
            "\\ud83d",
            "\\ud83d\\",
            "\\ä\\ud83d",
            "\\uädx",
        ] {
            let _ = lossy_text(body.as_bytes());
        }
    }
}
