//! Characters that a line of text for people must not have.

/// Whether a character cannot be seen, or makes others stand in another place than they do: control
/// characters, spaces without width, and those that override the direction of text
/// (<https://www.unicode.org/reports/tr9/#Explicit_Directional_Overrides>). Marks that Hebrew,
/// Arabic and emoji need are not among them.
#[must_use]
pub fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}' | '\u{2028}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_seen_or_is_needed_is_not_deceptive() {
        for good in "aÄß – ’ \u{a0}\u{200d}\u{200e}שלום🎁".chars() {
            assert!(!is_deceptive(good), "{good:?}");
        }
        for bad in "\0\t\n\r\u{7f}\u{200b}\u{2028}\u{202a}\u{202e}\u{2066}\u{feff}".chars() {
            assert!(is_deceptive(bad), "{bad:?}");
        }
    }
}
