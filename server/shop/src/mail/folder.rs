//! Mails as files, where no mail server is set: for trying out, and for the tests.

use std::path::Path;

use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::SendError;

/// Writes `{name}.eml` as a whole or not at all. The same mail, written twice, is one file.
pub(super) async fn write(folder: &Path, name: &str, mail: &[u8]) -> Result<(), SendError> {
    try_write(folder, name, mail)
        .await
        .map_err(|error| SendError::Passing {
            reason: format!("the mail could not be written to a file: {}", error.kind()),
            silent: false,
        })
}

async fn try_write(folder: &Path, name: &str, mail: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(folder).await?;
    // A process that dies here leaves a file that the next writing of the same mail replaces.
    let unfinished = folder.join(format!("{name}.unfinished"));
    let mut file = fs::File::create(&unfinished).await?;
    file.write_all(mail).await?;
    // On the disk before the task counts as done.
    file.sync_all().await?;
    drop(file);
    fs::rename(&unfinished, folder.join(format!("{name}.eml"))).await?;
    fs::File::open(folder).await?.sync_all().await
}
