//! Where a server keeps its data.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use secrecy::SecretString;
use url::Url;

use crate::database::POSTGRES_WRITERS;
use crate::settings::{InvalidSetting, Setting, invalid};

/// With the readers, more would exceed the hundred connections that PostgreSQL allows by default.
const MAX_POSTGRES_WRITERS: u32 = 64;

crate::settings! {
    /// Where a server keeps its data.
    #[derive(Clone, Debug)]
    pub struct StorageSettings {
        /// The folder of database, sandbox state, emails and the owner's pictures.
        pub data_dir: PathBuf = Setting::new("DATA_DIR", "data", |_, typed| Ok(typed.into())),
        /// The database: SQLite or PostgreSQL. May hold a password. `None`: a file in `data_dir`.
        pub database_url: Option<SecretString> = Setting::optional("DATABASE_URL", database_url)
            .or_in_file()
            .default_in_words("`sqlite://{DATA_DIR}/till.db?mode=rwc`")
            .example("sqlite://data/till.db?mode=rwc"),
        /// The number of PostgreSQL connections that write.
        pub postgres_writers: NonZeroU32 =
            Setting::new("POSTGRES_WRITERS", POSTGRES_WRITERS.to_string(), postgres_writers),
    }
}

impl StorageSettings {
    /// The URL of the database.
    #[must_use]
    pub fn database_url(&self) -> SecretString {
        self.database_url.clone().unwrap_or_else(|| {
            let folder = encode_path(&self.data_dir);
            format!("sqlite://{folder}/till.db?mode=rwc").into()
        })
    }
}

/// What would end a path in a URL, or begin an escape.
const NOT_IN_PATH: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#').add(b' ');

/// A path as part of a URL.
#[must_use]
pub fn encode_path(path: &Path) -> String {
    utf8_percent_encode(&path.to_string_lossy(), NOT_IN_PATH).to_string()
}

/// The error does not repeat the URL: it may hold a password.
fn database_url(name: &str, typed: &str) -> Result<SecretString, InvalidSetting> {
    if !["sqlite:", "postgres:", "postgresql:"]
        .iter()
        .any(|scheme| typed.starts_with(scheme))
    {
        return Err(invalid(format!(
            "{name} must begin with sqlite: or postgres:."
        )));
    }
    if Url::parse(typed).is_err() {
        return Err(invalid(format!(
            "{name} is not a valid URL. Characters such as / or @ in its password must be \
             percent-encoded."
        )));
    }
    Ok(typed.into())
}

fn postgres_writers(name: &str, typed: &str) -> Result<NonZeroU32, InvalidSetting> {
    typed
        .parse()
        .ok()
        .filter(|writers: &NonZeroU32| writers.get() <= MAX_POSTGRES_WRITERS)
        .ok_or_else(|| {
            invalid(format!(
                "{name} must be a whole number from 1 to {MAX_POSTGRES_WRITERS}, not \"{typed}\"."
            ))
        })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::settings::tests::{read, refusal};

    fn database_url(variables: &[(&str, &str)]) -> String {
        let storage: StorageSettings = read(variables).unwrap();
        storage.database_url().expose_secret().to_owned()
    }

    #[test]
    fn the_database_is_a_file_in_the_data_folder_unless_set() {
        assert_eq!(database_url(&[]), "sqlite://data/till.db?mode=rwc");
        let postgres = "postgres://till@db.example/till";
        assert_eq!(database_url(&[("DATABASE_URL", postgres)]), postgres);
    }

    #[test]
    fn the_number_of_postgres_writers_can_be_set() {
        let writers = |typed| {
            let storage: StorageSettings = read(&[("POSTGRES_WRITERS", typed)]).unwrap();
            storage.postgres_writers
        };
        assert_eq!(writers(""), POSTGRES_WRITERS);
        assert_eq!(writers("12").get(), 12);
        for typed in ["0", "65", "-1", "many"] {
            let said = refusal::<StorageSettings>(&[("POSTGRES_WRITERS", typed)]);
            let sentence =
                format!("POSTGRES_WRITERS must be a whole number from 1 to 64, not \"{typed}\".");
            assert_eq!(said, sentence);
        }
    }

    #[test]
    fn a_folder_with_unusual_characters_still_holds_the_database() {
        assert_eq!(
            database_url(&[("DATA_DIR", "my shop/50% #1?")]),
            "sqlite://my%20shop/50%25%20%231%3F/till.db?mode=rwc"
        );
    }

    #[test]
    fn an_invalid_database_url_is_refused_without_its_password() {
        let said = refusal::<StorageSettings>(&[("DATABASE_URL", "postgres://u:hid/den@h/d")]);
        assert!(
            said.starts_with("DATABASE_URL is not a valid URL"),
            "{said}"
        );
        assert!(!said.contains("hid"), "{said}");
    }
}
