//! Who runs a command, and the note that they leave.

use shop::audit::Actor;

/// The longest note.
const MAX_NOTE_CHARS: usize = 500;

/// The name of the user: the one who called sudo, if any. It is not a proof of identity.
pub(super) fn user() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .map(|name| name.trim().to_owned())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The user as the audit log names them.
pub(super) fn actor() -> Actor {
    Actor::on_command_line(user())
}

/// Parses a note into one line.
pub(super) fn note(text: &str) -> Result<String, String> {
    let spaced = text.replace(char::is_control, " ");
    let note = spaced.trim();
    if note.is_empty() {
        return Err("write a reason, so that it can be read later".to_owned());
    }
    if note.chars().count() > MAX_NOTE_CHARS {
        return Err(format!("at most {MAX_NOTE_CHARS} characters"));
    }
    Ok(note.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_one_line_that_is_not_empty() {
        assert_eq!(note(" sent\nanother "), Ok("sent another".to_owned()));
        for bad in ["", "  ", "\n"] {
            assert!(note(bad).is_err(), "{bad:?}");
        }
        assert!(note(&"ä".repeat(MAX_NOTE_CHARS)).is_ok());
        assert!(note(&"ä".repeat(MAX_NOTE_CHARS + 1)).is_err());
    }
}
