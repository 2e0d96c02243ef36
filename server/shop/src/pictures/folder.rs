//! Picture files on the disk: those that the owner names, and those beside a product file.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::ConvertError;

/// Why a file on the disk did not become a picture.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// It is not one that can be read to its end, such as a folder or a pipe.
    #[error("is not a file")]
    NoFile,
    /// The disk's error.
    #[error("could not be read ({0})")]
    Unreadable(io::Error),
    /// It is read, but not accepted.
    #[error(transparent)]
    Convert(#[from] ConvertError),
}

/// Reads a picture file, at most one byte more than is accepted.
///
/// # Errors
/// [`FileProblem`]
pub async fn read_file(path: PathBuf) -> Result<Vec<u8>, FileProblem> {
    let read = move || {
        let unreadable = FileProblem::Unreadable;
        // To open a pipe might wait for ever.
        let is_file = std::fs::metadata(&path).map_err(unreadable)?.is_file();
        if !is_file {
            return Err(FileProblem::NoFile);
        }
        let limit = u64::try_from(::picture::MAX_BYTES).unwrap_or(u64::MAX);
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
            .map_err(unreadable)?;
        Ok(bytes)
    };
    let interrupted = |error| FileProblem::Unreadable(io::Error::other(error));
    tokio::task::spawn_blocking(read)
        .await
        .map_err(interrupted)?
}

/// The folders of product files, without links: where pictures beside them are.
#[derive(Clone, Debug, Default)]
pub struct Folders(Vec<PathBuf>);

impl Folders {
    /// The folders of these files. One that cannot be found has no pictures.
    #[must_use]
    pub fn of(files: &[PathBuf]) -> Self {
        let mut known = BTreeSet::new();
        let folder = |file: &PathBuf| {
            let folder = file.parent().filter(|folder| *folder != Path::new(""));
            let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
            known.insert(folder.clone()).then_some(folder)
        };
        Self(files.iter().filter_map(folder).collect())
    }

    /// The picture with this name, in the first folder that has it. `None` if there is none, if the
    /// name is not that of a file in the folder itself, or if it is a link that leads outside.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let mut parts = Path::new(name).components();
        let is_plain = matches!(
            (parts.next(), parts.next()),
            (Some(std::path::Component::Normal(part)), None) if part == name
        );
        if !is_plain {
            return None;
        }
        self.0.iter().find_map(|folder| {
            let file = folder.join(name).canonicalize().ok()?;
            file.starts_with(folder).then_some(file)
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_files_in_the_folder_itself_are_found() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("catalog");
        fs::create_dir_all(folder.join("inner")).unwrap();
        for file in ["secret.jpg", "catalog/cup.jpg", "catalog/inner/pot.jpg"] {
            fs::write(root.path().join(file), file).unwrap();
        }
        let secret = root.path().join("secret.jpg");
        symlink(&secret, folder.join("escape.jpg")).unwrap();
        symlink("../secret.jpg", folder.join("up.jpg")).unwrap();
        symlink("cup.jpg", folder.join("alias.jpg")).unwrap();
        symlink("nowhere.jpg", folder.join("broken.jpg")).unwrap();
        let folders = Folders::of(&[folder.join("products.csv"), folder.join("more.csv")]);
        assert_eq!(folders.0.len(), 1);

        let cup = folder.canonicalize().unwrap().join("cup.jpg");
        assert_eq!(folders.find("cup.jpg"), Some(cup.clone()));
        assert_eq!(folders.find("alias.jpg"), Some(cup));
        for name in [
            "pot.jpg",
            "inner/pot.jpg",
            "../secret.jpg",
            "..",
            ".",
            "",
            "./cup.jpg",
            "cup.jpg/",
            "inner/../cup.jpg",
            "escape.jpg",
            "up.jpg",
            "broken.jpg",
            secret.to_str().unwrap(),
        ] {
            assert_eq!(folders.find(name), None, "{name}");
        }
    }

    #[tokio::test]
    async fn folders_and_huge_files_are_not_read_to_their_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        assert!(matches!(read_file(path).await, Err(FileProblem::NoFile)));
        let path = folder.path().join("no.jpg");
        let missing = read_file(path).await.unwrap_err().to_string();
        assert!(missing.starts_with("could not be read ("), "{missing}");

        let path = folder.path().join("huge.jpg");
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(
            read_file(path).await.unwrap().len(),
            ::picture::MAX_BYTES + 1
        );
    }
}
