//! The harmonised notice on the legal guarantee of conformity: the European Commission's own file,
//! which the owner puts into a folder and which is shown unaltered. There must be one for each of
//! the shop's languages.
//!
//! Its design and content are those of Commission Implementing Regulation (EU) 2025/1960; sellers
//! show it to consumers since 27 September 2026 (Directive (EU) 2024/825). Till has no text of its
//! own for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use locale::Language;

/// The folder in `DATA_DIR`.
const FOLDER: &str = "notices";

/// A format of the file: as it is named, and as browsers know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeFormat {
    /// A drawing.
    Svg,
    /// A picture.
    Png,
    /// A document, which pages link to.
    Pdf,
}

impl NoticeFormat {
    const ALL: [Self; 3] = [Self::Svg, Self::Png, Self::Pdf];

    /// The end of the file's name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Pdf => "pdf",
        }
    }

    /// The media type.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }
}

/// The notice's file in each language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuaranteeNotices(BTreeMap<Language, NoticeFormat>);

/// The notice in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuaranteeNotice {
    /// Its language.
    pub language: Language,
    /// The format of its file.
    pub format: NoticeFormat,
}

impl GuaranteeNotice {
    /// The file's name: `guarantee-de.svg`.
    #[must_use]
    pub fn file_name(self) -> String {
        format!("guarantee-{}.{}", self.language, self.format.extension())
    }
}

/// The folder for the files, below `DATA_DIR`.
#[must_use]
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join(FOLDER)
}

impl GuaranteeNotices {
    /// Looks which files are in the folder.
    pub async fn find(folder: &Path) -> Self {
        let mut found = BTreeMap::new();
        for language in Language::all() {
            for format in NoticeFormat::ALL {
                let name = GuaranteeNotice { language, format }.file_name();
                let file = tokio::fs::metadata(folder.join(name)).await;
                if file.is_ok_and(|file| file.is_file() && file.len() > 0) {
                    found.entry(language).or_insert(format);
                }
            }
        }
        Self(found)
    }

    /// The notice in the first of these languages that there is a file of.
    #[must_use]
    pub fn in_language(&self, languages: &[Language]) -> Option<GuaranteeNotice> {
        languages.iter().find_map(|language| {
            let format = *self.0.get(language)?;
            Some(GuaranteeNotice {
                language: *language,
                format,
            })
        })
    }

    /// The notice whose file has this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<GuaranteeNotice> {
        let mut notices = self.0.iter().map(|(language, format)| GuaranteeNotice {
            language: *language,
            format: *format,
        });
        notices.find(|notice| notice.file_name() == name)
    }
}
