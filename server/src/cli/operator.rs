//! Who settles something at the command line, and why.

/// A note has at most so many characters.
const MAX_NOTE: usize = 500;

/// Who says to be at the command line: whoever called sudo, where somebody did. No proof.
pub(super) fn user() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .map(|name| name.trim().to_owned())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// What the owner writes down, on one line.
pub(super) fn note(text: &str) -> Result<String, String> {
    let spaced = text.replace(char::is_control, " ");
    let note = spaced.trim();
    if note.is_empty() {
        return Err("say why, so that it can be read later".to_owned());
    }
    if note.chars().count() > MAX_NOTE {
        return Err(format!("at most {MAX_NOTE} characters"));
    }
    Ok(note.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_something_on_one_line() {
        assert_eq!(note(" sent\nanother "), Ok("sent another".to_owned()));
        for bad in ["", "  ", "\n"] {
            assert!(note(bad).is_err(), "{bad:?}");
        }
        assert!(note(&"ä".repeat(MAX_NOTE)).is_ok());
        assert!(note(&"ä".repeat(MAX_NOTE + 1)).is_err());
    }
}
