//! What a shopper searches for.

use super::folding::words;

/// Maximum number of characters of a search; the others are ignored.
pub const MAX_QUERY_CHARS: usize = 200;
/// Maximum number of words that are searched for; the others are ignored.
pub const MAX_WORDS: usize = 8;
/// Words are cut to this many characters: a word's beginning finds it.
const MAX_WORD_CHARS: usize = 64;

/// A search as it was typed, and its words. Any text is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchQuery {
    typed: String,
    words: Vec<String>,
}

impl SearchQuery {
    /// Reads what was typed.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        let visible = |letter: char| if letter.is_control() { ' ' } else { letter };
        let typed: String = typed
            .trim()
            .chars()
            .take(MAX_QUERY_CHARS)
            .map(visible)
            .collect();
        let typed = typed.trim().to_owned();
        let mut found: Vec<String> = Vec::new();
        for word in words(&typed) {
            let word: String = word.chars().take(MAX_WORD_CHARS).collect();
            if found.len() < MAX_WORDS && !found.contains(&word) {
                found.push(word);
            }
        }
        Self {
            typed,
            words: found,
        }
    }

    /// What was typed, without control characters and cut to [`MAX_QUERY_CHARS`].
    #[must_use]
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// The folded words, of which a product must have all, each as the beginning of a word.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// The query for SQLite's FTS5.
    pub(super) fn for_sqlite(&self) -> String {
        let words = self.words.iter().map(|word| format!("\"{word}\"*"));
        words.collect::<Vec<_>>().join(" ")
    }

    /// The query for PostgreSQL's `to_tsquery`.
    pub(super) fn for_postgres(&self) -> String {
        let words = self.words.iter().map(|word| format!("'{word}':*"));
        words.collect::<Vec<_>>().join(" & ")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_quoted_and_their_beginnings_are_searched() {
        let query = SearchQuery::parse("  Café, OR \"tea*\" cafe ");
        assert_eq!(query.typed(), "Café, OR \"tea*\" cafe");
        assert_eq!(query.for_sqlite(), "\"cafe\"* \"or\"* \"tea\"*");
        assert_eq!(query.for_postgres(), "'cafe':* & 'or':* & 'tea':*");
    }

    #[test]
    fn long_searches_are_cut() {
        let query = SearchQuery::parse("a b c d e f g h i j");
        assert_eq!(query.words().len(), MAX_WORDS);
        let query = SearchQuery::parse(&"x".repeat(10_000));
        assert_eq!(query.typed().len(), MAX_QUERY_CHARS);
        assert_eq!(query.words()[0].len(), MAX_WORD_CHARS);
    }

    #[test]
    fn what_has_no_word_searches_for_nothing() {
        for typed in ["", " ", "*", "\"", "\0\u{1}", "🎁", "-->", "%"] {
            assert!(SearchQuery::parse(typed).words().is_empty(), "{typed:?}");
        }
        assert_eq!(SearchQuery::parse("a\0b\r\nc").typed(), "a b  c");
    }

    proptest! {
        #[test]
        fn any_text_is_a_search(typed in "\\PC*|[\\x00-\\x7f]*") {
            let query = SearchQuery::parse(&typed);
            prop_assert!(query.words().len() <= MAX_WORDS);
            prop_assert!(query.typed().chars().count() <= MAX_QUERY_CHARS);
            prop_assert!(!query.typed().chars().any(char::is_control));
        }
    }
}
