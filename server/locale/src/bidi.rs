//! Text of one direction inside a sentence of the other.

use std::borrow::Cow;

/// Before text whose direction is that of its first strong character.
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_DIRECTIONAL_ISOLATE: char = '\u{2069}';

/// Isolates text that is inserted into a sentence, if it has right-to-left characters: they would
/// otherwise pull punctuation and numbers around them to the wrong side.
///
/// Other text stays as it is, so that names can be copied and searched without invisible marks.
pub(crate) fn isolate(text: &str) -> Cow<'_, str> {
    if !text.chars().any(affects_order) {
        return Cow::Borrowed(text);
    }
    // The text's own isolates could end ours.
    let text = text.replace(is_isolate, "");
    format!("{FIRST_STRONG_ISOLATE}{text}{POP_DIRECTIONAL_ISOLATE}").into()
}

fn is_isolate(character: char) -> bool {
    matches!(character, '\u{2066}'..='\u{2069}')
}

/// Whether the character is of a right-to-left script, or a control character for directions: the
/// blocks to which Unicode's `DerivedBidiClass.txt` gives the classes R and AL.
fn affects_order(character: char) -> bool {
    matches!(
        character,
        '\u{590}'..='\u{8FF}'
            | '\u{FB1D}'..='\u{FDFF}'
            | '\u{FE70}'..='\u{FEFF}'
            | '\u{10800}'..='\u{10FFF}'
            | '\u{1E800}'..='\u{1EFFF}'
            | '\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_with_right_to_left_characters_is_isolated() {
        for plain in ["", "Teapot", "Käse, 250 g", "茶壶", "🫖"] {
            assert_eq!(isolate(plain), plain);
        }
        assert_eq!(isolate("קומקום"), "\u{2068}קומקום\u{2069}");
        assert_eq!(isolate("إبريق (2 l)"), "\u{2068}إبريق (2 l)\u{2069}");
    }

    #[test]
    fn text_cannot_end_its_isolation() {
        assert_eq!(isolate("a\u{2069}\u{202E}b"), "\u{2068}a\u{202E}b\u{2069}");
    }
}
