//! Writes emails to files if no mail server is set: for trying the shop out, and for tests.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::macros::format_description;
use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::SendError;

/// Characters of the subject in a file name. Each takes up to four bytes, of at most 255 for the
/// name.
const MAX_SUBJECT_CHARS: usize = 45;
/// Characters of the digest in a file name; they distinguish emails with the same time and subject.
const MAX_DIGEST_CHARS: usize = 12;

/// Returns a file name that sorts by time and shows the subject:
/// `2026-11-28T140507Z Your order K7QM-3XPA from Tea 0a1b2c3d4e5f`.
pub(super) fn file_name(at: OffsetDateTime, subject: &str, digest: &str) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour][minute][second]Z");
    let at = at.to_offset(time::UtcOffset::UTC);
    let at = at.format(format).unwrap_or_default();
    let kept = |character: char| {
        if character.is_alphanumeric() || "-_.,€$£¥".contains(character) {
            character
        } else {
            ' '
        }
    };
    let subject: String = subject.chars().map(kept).collect();
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let subject: String = subject.chars().take(MAX_SUBJECT_CHARS).collect();
    let digest = digest.get(..MAX_DIGEST_CHARS).unwrap_or(digest);
    format!("{at} {} {digest}", subject.trim())
}

/// Writes `{name}.eml` atomically and returns its path. Writing the same email again replaces the
/// file.
pub(super) async fn write(folder: &Path, name: &str, email: &[u8]) -> Result<PathBuf, SendError> {
    try_write(folder, name, email)
        .await
        .map_err(|error| SendError::Transient {
            reason: format!(
                "could not write the email to {}: {}",
                folder.display(),
                error.kind()
            ),
            unreachable: false,
        })
}

async fn try_write(folder: &Path, name: &str, email: &[u8]) -> std::io::Result<PathBuf> {
    fs::create_dir_all(folder).await?;
    // If the process dies here, the next write of the same email replaces the unfinished file.
    let unfinished = folder.join(format!("{name}.unfinished"));
    let mut file = fs::File::create(&unfinished).await?;
    file.write_all(email).await?;
    // The file must be durable before the task counts as done.
    file.sync_all().await?;
    drop(file);
    let finished = folder.join(format!("{name}.eml"));
    fs::rename(&unfinished, &finished).await?;
    fs::File::open(folder).await?.sync_all().await?;
    Ok(finished)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_file_name_shows_time_and_subject_and_fits_every_file_system() {
        let at = datetime!(2026-11-28 15:05:07 +1);
        let digest = "0a1b2c3d4e5f60718293";
        assert_eq!(
            file_name(at, "Your order K7QM-3XPA from Pens & Paper/../", digest),
            "2026-11-28T140507Z Your order K7QM-3XPA from Pens Paper .. 0a1b2c3d4e5f"
        );
        assert_eq!(file_name(at, "/:", "0a"), "2026-11-28T140507Z  0a");
        assert!(file_name(at, &"ß€𝒳".repeat(100), digest).len() < 240);
    }
}
