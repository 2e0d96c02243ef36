//! Mails as files, where no mail server is set: for trying out, and for the tests.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::macros::format_description;
use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::SendError;

/// Characters of a subject that stand in a file's name. Each has up to four bytes, and a name may
/// have 255.
const MAX_SUBJECT: usize = 45;
/// Characters of the digest that tell apart mails of one moment with one subject.
const MAX_DIGEST: usize = 12;

/// A name by which files sort by their time, and a person finds one by its subject:
/// `2026-11-28T140507Z Your order K7QM-3XPA at Tea 0a1b2c3d4e5f`.
pub(super) fn name(at: OffsetDateTime, subject: &str, digest: &str) -> String {
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
    let subject: String = subject.chars().take(MAX_SUBJECT).collect();
    let digest = digest.get(..MAX_DIGEST).unwrap_or(digest);
    format!("{at} {} {digest}", subject.trim())
}

/// Writes `{name}.eml` as a whole or not at all, and says where. The same mail, written twice, is
/// one file.
pub(super) async fn write(folder: &Path, name: &str, mail: &[u8]) -> Result<PathBuf, SendError> {
    try_write(folder, name, mail)
        .await
        .map_err(|error| SendError::Passing {
            reason: format!(
                "the mail could not be written to a file in {}: {}",
                folder.display(),
                error.kind()
            ),
            silent: false,
        })
}

async fn try_write(folder: &Path, name: &str, mail: &[u8]) -> std::io::Result<PathBuf> {
    fs::create_dir_all(folder).await?;
    // A process that dies here leaves a file that the next writing of the same mail replaces.
    let unfinished = folder.join(format!("{name}.unfinished"));
    let mut file = fs::File::create(&unfinished).await?;
    file.write_all(mail).await?;
    // On the disk before the task counts as done.
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
    fn a_name_tells_time_and_subject_and_fits_every_file_system() {
        let at = datetime!(2026-11-28 15:05:07 +1);
        let digest = "0a1b2c3d4e5f60718293";
        assert_eq!(
            name(at, "Your order K7QM-3XPA at Pens & Paper/../", digest),
            "2026-11-28T140507Z Your order K7QM-3XPA at Pens Paper .. 0a1b2c3d4e5f"
        );
        assert_eq!(name(at, "/:", "0a"), "2026-11-28T140507Z  0a");
        assert!(name(at, &"ß€𝒳".repeat(100), digest).len() < 240);
    }
}
