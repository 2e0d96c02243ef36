//! Folds text, so that a search finds it whatever its accents and capitals are.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Returns the words of a text: runs of letters and digits, in lower case and without accents.
/// Everything else divides words.
///
/// The words mean the same to SQLite and PostgreSQL, and have no character that is special in a
/// query of either.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let letters = text
        .nfkd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase);
    for letter in letters {
        match replacement(letter) {
            Some(letters) => word.push_str(letters),
            None if letter.is_alphanumeric() => word.push(letter),
            None if word.is_empty() => {}
            None => words.push(std::mem::take(&mut word)),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// What people type instead of letters that are no others with an accent.
fn replacement(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ŋ' => "n",
        'ŧ' => "t",
        'ς' => "σ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accents_and_capitals_are_folded() {
        for (text, folded) in [
            ("Café au Lait", "cafe au lait"),
            ("cafe\u{301}", "cafe"),
            ("STRASSE Straße STRAẞE", "strasse strasse strasse"),
            ("Œuvre, Smørrebrød & Łódź", "oeuvre smorrebrod lodz"),
            ("Þór Ærø İstanbul ılık", "thor aero istanbul ilik"),
            ("ΟΔΥΣΣΕΥΣ Οδυσσεύς", "οδυσσευσ οδυσσευσ"),
            ("שָׁלוֹם", "שלום"),
            ("مُحَمَّد", "محمد"),
            ("ﬁne ２５０ｇ m²", "fine 250g m2"),
            ("MUG-01/b_c", "mug 01 b c"),
            ("l’eau d'Évian", "l eau d evian"),
        ] {
            assert_eq!(words(text).join(" "), folded, "{text}");
        }
    }

    #[test]
    fn what_is_no_letter_or_digit_divides_words() {
        assert_eq!(
            words("\"a\"* NEAR(b, 2)\0c\u{7}d"),
            ["a", "near", "b", "2", "c", "d"]
        );
        assert!(words(" \t\r\n\"*():^+-<>&|!'\\%_🎁\u{202e}").is_empty());
    }

    proptest! {
        #[test]
        fn folded_words_are_letters_and_digits(text in "\\PC*|[\\x00-\\x7f]*") {
            for word in words(&text) {
                prop_assert!(!word.is_empty());
                prop_assert!(word.chars().all(char::is_alphanumeric), "{word:?}");
            }
        }

        #[test]
        fn folding_again_changes_nothing(text in "\\PC*") {
            let once = words(&text);
            prop_assert_eq!(words(&once.join(" ")), once);
        }
    }
}
