//! Texts of others in tables for spreadsheets.

/// Tells spreadsheets that the text is UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A text of one line: control characters become spaces.
pub(crate) fn line(text: &str) -> String {
    escape_formula(text).replace(char::is_control, " ")
}

/// A text that may have several lines: all other control characters become spaces.
pub(crate) fn lines(text: &str) -> String {
    let text = escape_formula(&text.replace("\r\n", "\n"));
    text.replace(
        |character: char| character.is_control() && character != '\n',
        " ",
    )
}

/// Escapes text that a spreadsheet would take for a formula: an apostrophe keeps it from computing
/// a shopper's name (<https://owasp.org/www-community/attacks/CSV_Injection>). Numbers come from
/// the shop itself, and stay numbers.
///
/// A spreadsheet that separates cells by semicolons would start a new cell within the text. If that
/// cell would be a formula, the semicolons become commas.
fn escape_formula(text: &str) -> String {
    let starts_formula = |first: char| "=+-@\t\r\n＝＋－＠".contains(first);
    let within = |cell: &str| {
        cell.trim_start_matches([' ', '"'])
            .starts_with(starts_formula)
    };
    let text = match text.split(';').skip(1).any(within) {
        true => text.replace(';', ","),
        false => text.to_owned(),
    };
    if text.starts_with(starts_formula) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_a_spreadsheet_would_compute_is_marked_as_text() {
        for text in [
            "=1+1", "+49 30 1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1",
        ] {
            assert_eq!(escape_formula(text), format!("'{text}"));
        }
        for text in ["", "Ada", "1-2", "a=b", "'", "a; b", "a;1"] {
            assert_eq!(escape_formula(text), text);
        }
        // If semicolons separate cells, a cell would begin there.
        for (text, safely) in [("Ada;=1+1", "Ada,=1+1"), ("a; \"@b;c", "a, \"@b,c")] {
            assert_eq!(escape_formula(text), safely);
        }
        assert_eq!(escape_formula("=1;-1"), "'=1,-1");
    }

    #[test]
    fn only_a_note_has_line_breaks_and_nothing_has_other_control_characters() {
        let hostile = "Ada\r\nBo\tLee\u{1b}[31m\u{0}\u{85}";
        assert_eq!(line(hostile), "Ada  Bo Lee [31m  ");
        assert_eq!(lines(hostile), "Ada\nBo Lee [31m  ");
        // A formula is found before the character that hides it is replaced.
        for text in ["\t=1", "\n=1"] {
            assert_eq!(line(text), "' =1");
        }
        assert_eq!(lines("=1\n=2"), "'=1\n=2");
    }
}
