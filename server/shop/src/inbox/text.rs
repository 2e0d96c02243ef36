//! JSON that programs of other languages write and ours do not read: half an emoji.
//!
//! A string of JavaScript may be cut in the middle of a surrogate pair, and is then written as
//! `"\ud83d"`. serde_json refuses such a text as a whole.

use std::borrow::Cow;

/// What stands for a character that is none.
const REPLACEMENT: &str = "\\ufffd";
/// Length of `\ud83d`.
const ESCAPE: usize = 6;

/// The text of a body, in which the replacement character stands wherever it is not Unicode.
#[must_use]
pub fn readable(body: &[u8]) -> Cow<'_, str> {
    match String::from_utf8_lossy(body) {
        Cow::Borrowed(text) => without_lone_surrogates(text),
        Cow::Owned(text) => Cow::Owned(without_lone_surrogates(&text).into_owned()),
    }
}

fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut changed = String::new();
    let (mut copied, mut at) = (0, 0);
    // A backslash stands only within strings, and takes the character after it with it.
    while let Some(next) = json.get(at..).and_then(|rest| rest.find('\\')) {
        at += next;
        match (surrogate(bytes, at), surrogate(bytes, at + ESCAPE)) {
            (Some(Half::First), Some(Half::Second)) => at += 2 * ESCAPE,
            (Some(_), _) => {
                changed.push_str(&json[copied..at]);
                changed.push_str(REPLACEMENT);
                at += ESCAPE;
                copied = at;
            }
            // The escaped character may be of several bytes, where this is no JSON.
            (None, _) => at += 1 + json[at + 1..].chars().next().map_or(0, char::len_utf8),
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    changed.push_str(&json[copied..]);
    Cow::Owned(changed)
}

/// Half of a character beyond the first 65,536.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    First,
    Second,
}

/// The half that is escaped here, if one is.
fn surrogate(bytes: &[u8], at: usize) -> Option<Half> {
    let escape = bytes.get(at..at + ESCAPE)?;
    let digits = escape.strip_prefix(b"\\u")?;
    match (
        digits[0].to_ascii_lowercase(),
        digits[1].to_ascii_lowercase(),
    ) {
        _ if !digits.iter().all(u8::is_ascii_hexdigit) => None,
        (b'd', b'8' | b'9' | b'a' | b'b') => Some(Half::First),
        (b'd', b'c' | b'd' | b'e' | b'f') => Some(Half::Second),
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
            let text: Result<String, _> = serde_json::from_str(&readable(json.as_bytes()));
            assert_eq!(text.ok().as_deref(), Some(read), "{json}");
        }
    }

    #[test]
    fn what_needs_no_change_is_not_copied() {
        for body in [&b"{}"[..], br#"{"a":"\ud83d\ude00\n"}"#, b"", b"\\"] {
            assert!(matches!(readable(body), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn bytes_that_are_no_text_and_broken_escapes_harm_nothing() {
        assert_eq!(readable(b"\xff{}"), "\u{fffd}{}");
        for body in [
            "\\u",
            "\\ud8",
            "\\ud83d",
            "\\ud83d\\",
            "\\ä\\ud83d",
            "\\uädx",
        ] {
            let _ = readable(body.as_bytes());
        }
    }
}
