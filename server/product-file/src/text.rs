//! Text of cells: what is refused in it, and how it is normalized.

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::html;

/// Characters with which a spreadsheet begins a formula, also full-width ones
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
const FORMULA_STARTS: &str = "=+-@\t\r\n＝＋－＠";

/// Removes the apostrophe that [`guard`] or another shop has written before a formula, and the one
/// that is written before such an apostrophe.
pub(crate) fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(starts_formula) || rest.starts_with('\'') => rest,
        _ => cell,
    }
}

/// Removes the apostrophe that spreadsheets and shops write before numbers that are text.
pub(crate) fn unguard_code(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell).trim()
}

/// Writes an apostrophe before text that a spreadsheet would run as a formula, and before text that
/// begins with an apostrophe, so that [`unguard`] and [`unguard_code`] return the text.
pub(crate) fn guard(text: &str) -> String {
    if text.starts_with(starts_formula) || text.starts_with('\'') {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn starts_formula(first: char) -> bool {
    FORMULA_STARTS.contains(first)
}

/// The text of one line that a cell means.
///
/// # Errors
/// A predicate about the cell if it contains control or invisible characters.
pub(crate) fn line(cell: &str) -> Result<String, String> {
    checked_line(&html::line(unguard(cell)))
}

/// A SKU or another code: no HTML, and an apostrophe before it is not part of it.
///
/// # Errors
/// See [`line()`].
pub(crate) fn code(cell: &str) -> Result<String, String> {
    checked_line(unguard_code(cell))
}

/// Text of one line that needs no decoding.
///
/// # Errors
/// See [`line()`].
pub(crate) fn checked_line(text: &str) -> Result<String, String> {
    let text = text.trim();
    if let Some(at) = text.find(['\n', '\r', '\u{2028}', '\u{2029}']) {
        return Err(format!(
            "must be one line, but has a line break{}",
            after(text, at)
        ));
    }
    check_controls(text, &[])?;
    check_invisible(text)?;
    Ok(normalized(text))
}

/// The text of several lines that a cell means.
///
/// # Errors
/// A predicate about the cell if it contains control characters.
pub(crate) fn lines(cell: &str) -> Result<String, String> {
    checked_lines(&html::lines(unguard(cell)))
}

/// Text of several lines that needs no decoding.
///
/// # Errors
/// See [`lines()`].
pub(crate) fn checked_lines(text: &str) -> Result<String, String> {
    check_controls(text, &['\n', '\t'])?;
    Ok(normalized(text))
}

/// The composed form (NFC), in which an accented letter from a Mac equals one from elsewhere.
pub(crate) fn normalized(text: &str) -> String {
    if is_nfc(text) {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

fn check_controls(text: &str, allowed: &[char]) -> Result<(), String> {
    for (at, character) in text.char_indices() {
        if character == '\u{fffd}' {
            return Err(format!(
                "has \u{fffd} instead of a letter that was lost{}: correct it, and save the file \
                 as UTF-8",
                after(text, at)
            ));
        }
        if character.is_control() && !allowed.contains(&character) {
            return Err(format!(
                "has a control character (U+{:04X}){}: delete it",
                u32::from(character),
                after(text, at)
            ));
        }
    }
    Ok(())
}

/// Refuses what nobody sees, so that two names that look alike are alike. Joiners within words and
/// emoji, and marks of direction within right-to-left text, are needed there.
fn check_invisible(text: &str) -> Result<(), String> {
    if text.is_ascii() {
        return Ok(());
    }
    let right_to_left = text.chars().any(is_right_to_left);
    let mut before = None;
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        let visible = match character {
            '\u{200c}' | '\u{200d}' => joins(before) && joins(next),
            '\u{200e}' | '\u{200f}' | '\u{61c}' => right_to_left,
            '\u{fe00}'..='\u{fe0f}' => before.is_some_and(|before: char| !before.is_whitespace()),
            // The flags of England, Scotland and Wales.
            '\u{e0020}'..='\u{e007f}' => text.contains('\u{1f3f4}'),
            _ => !is_invisible(character),
        };
        if !visible {
            return Err(format!(
                "has an invisible character (U+{:04X}{}){}: delete it",
                u32::from(character),
                name_of(character),
                after(text, at)
            ));
        }
        before = Some(character);
    }
    Ok(())
}

fn joins(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(|character| !character.is_ascii() && !character.is_whitespace())
}

fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180e}' | '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn name_of(character: char) -> &'static str {
    match character {
        '\u{ad}' => ", a soft hyphen",
        '\u{200b}' => ", a zero-width space",
        '\u{200c}' | '\u{200d}' => ", a joiner",
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            ", a mark of direction"
        }
        '\u{feff}' => ", a byte order mark",
        _ => "",
    }
}

/// Where something is within a text.
fn after(text: &str, at: usize) -> String {
    let before: Vec<_> = text[..at].chars().rev().take(20).collect();
    let before: String = before
        .into_iter()
        .rev()
        .filter(|c| !c.is_control())
        .collect();
    match before.trim() {
        "" => " at its beginning".to_owned(),
        before => format!(" after \"{before}\""),
    }
}

/// Whether a text is a slug: lower-case letters a to z, digits, and single hyphens between them.
pub(crate) fn is_slug(text: &str) -> bool {
    text.split('-').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

/// The slug of a name, with a largest length in bytes. Empty if no character has a Latin form.
#[must_use]
pub fn slug_of(name: &str, max: usize) -> String {
    let mut slug = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        let spelled = match character {
            'ä' | 'æ' => "ae",
            'ö' | 'ø' | 'œ' => "oe",
            'ü' => "ue",
            'ß' => "ss",
            'ł' => "l",
            'đ' | 'ð' => "d",
            'þ' => "th",
            'ı' => "i",
            // As in "women's".
            '\'' | '’' => continue,
            _ => {
                let base = character.nfd().next().unwrap_or(character);
                if base.is_ascii_alphanumeric() {
                    slug.push(base);
                } else if !slug.ends_with('-') {
                    slug.push('-');
                }
                continue;
            }
        };
        slug.push_str(spelled);
    }
    let slug = slug.trim_matches('-');
    slug[..slug.len().min(max)].trim_matches('-').to_owned()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_come_back() {
        for text in [
            "=1+1", "+49", "-1", "@SUM", "＝1", "'", "''", "'=1", "'90s", "\t=1",
        ] {
            assert_eq!(guard(text), format!("'{text}"));
            assert_eq!(unguard(&guard(text)), text);
        }
        for text in ["", "1-2", "a'"] {
            assert_eq!(unguard(&guard(text)), text);
        }
        assert_eq!(unguard("'90s Jeans"), "'90s Jeans");
        assert_eq!(unguard_code("'007"), "007");
    }

    #[test]
    fn invisible_and_control_characters_are_refused_with_their_place() {
        let reason = |text| line(text).unwrap_err();
        assert_eq!(
            reason("\u{200b}"),
            "has an invisible character (U+200B, a zero-width space) at its beginning: delete it"
        );
        assert_eq!(
            reason("Tin\u{a0}Cup\u{ad}"),
            "has an invisible character (U+00AD, a soft hyphen) after \"Tin\u{a0}Cup\": delete it"
        );
        assert_eq!(
            reason("Tin\nCup"),
            "must be one line, but has a line break after \"Tin\""
        );
        assert_eq!(
            reason("Tin\u{b}Cup"),
            "has a control character (U+000B) after \"Tin\": delete it"
        );
        assert_eq!(
            reason("a\0"),
            "has a control character (U+0000) after \"a\": delete it"
        );
        assert_eq!(
            reason("a&#7;"),
            "has a control character (U+0007) after \"a\": delete it"
        );
        assert!(reason("a\u{200d}b").contains("a joiner"));
        assert!(reason("a\u{202e}b").contains("a mark of direction"));
        assert!(reason("Caf\u{fffd}").contains("a letter that was lost after \"Caf\""));
        assert!(lines("a\u{7}").unwrap_err().contains("U+0007"));
    }

    #[test]
    fn names_of_every_script_and_emoji_are_kept() {
        for name in [
            "Tin\u{a0}Cup",
            "כוס פח (250 מ״ל)",
            "كوب معدني - 250 مل",
            "👩\u{200d}🍳 Cup 🇪🇺",
            "می\u{200c}خواهم",
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "שלום\u{200f}!",
            "🏴\u{e0067}\u{e0062}\u{e007f}",
        ] {
            assert_eq!(line(name).unwrap(), name, "{name}");
        }
        assert_eq!(line("Cafe\u{301}").unwrap(), "Café");
        assert_eq!(line("Salt &amp; Pepper").unwrap(), "Salt & Pepper");
    }

    #[test]
    fn slugs_are_made_of_names() {
        for (name, slug) in [
            ("Tin Cup", "tin-cup"),
            ("  Größe  M / Blau! ", "groesse-m-blau"),
            ("Women's Café_Crème", "womens-cafe-creme"),
            ("茶碗", ""),
            ("---", ""),
        ] {
            assert_eq!(slug_of(name, 100), slug);
            assert!(slug.is_empty() || is_slug(slug));
        }
        assert_eq!(slug_of("abc def", 4), "abc");
        for bad in ["", "A", "a--b", "-a", "a_b", "ä"] {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
