//! Backup, restore, and copying to another database.
//!
//! A backup is a SQLite file with this version's schema, whichever database the shop runs on. All
//! three use the same copy ([`shop::database::copy`]); this module handles the files and makes sure
//! that no existing shop is overwritten.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, Connection, Executor, Row};
use sea_orm::{ColumnTrait, Statement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use secrecy::{ExposeSecret, SecretString};
use shop::database::copy::{CopyError, CopyReport, copy, table_names};
use shop::database::tables::{Contents, TABLES};
use shop::database::{Database, OpenError, is_sqlite_busy};
use shop::entity::lease;
use shop::storage::encode_path;

use crate::application::{SchemaState, create_data_dir, migrate, open_existing, schema_state};
use crate::config::Config;
use crate::error::StartError;

/// The first bytes of every SQLite file (<https://www.sqlite.org/fileformat.html>).
const SQLITE_HEADER: &[u8] = b"SQLite format 3\0";
/// The offset of the header's write version: 2 for a database in WAL mode, whose newest pages may
/// be in the log beside it.
const WRITE_VERSION_OFFSET: usize = 18;
/// Sets our own connections apart from others in `pg_stat_activity`.
const APPLICATION_NAME: &str = "till-restore";

/// How long to wait for other connections to close.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How often they are counted while waiting.
const DISCONNECT_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Why a backup, restore or copy failed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file already exists.
    #[error("{0} already exists: name another file, or use --replace")]
    FileExists(PathBuf),
    /// The backup would overwrite the database that is backed up.
    #[error("{0} is a file of the database itself: name another file")]
    IsDatabase(PathBuf),
    /// A file could not be read or written.
    #[error("could not read or write {0}")]
    File(PathBuf, #[source] std::io::Error),
    /// The file is not a SQLite file.
    #[error("{0} is not a backup of Till: it is not a SQLite file")]
    NotSqlite(PathBuf),
    /// The file has none of the shop's tables.
    #[error("{0} is not a backup of Till: it has none of its tables")]
    NoTables(PathBuf),
    /// SQLite's checks failed.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// SQLite's message.
        what: String,
    },
    /// The database is not empty.
    #[error("{database} is not empty: it holds rows of \"{table}\". Nothing was changed. {hint}")]
    NotEmpty {
        /// Which database, without a password.
        database: String,
        /// The first table that has rows.
        table: &'static str,
        /// What the owner should do.
        hint: &'static str,
    },
    /// Another program uses the database.
    #[error("{database} is in use: {by}. Nothing was changed. Stop the shop first")]
    InUse {
        /// Which database, without a password.
        database: String,
        /// What uses it.
        by: String,
    },
    /// The database or the backup could not be opened, or belongs to a newer version.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The copy failed.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// SQLite or PostgreSQL failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
}

impl From<OpenError> for BackupError {
    fn from(error: OpenError) -> Self {
        Self::Start(error.into())
    }
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Start(StartError::Database(error.into()))
    }
}

/// Writes a consistent snapshot of the shop's database into one SQLite file, while the shop keeps
/// selling. The file gets its name only after it is complete, checked and synced to disk.
///
/// # Errors
/// [`BackupError`]; then there is no such file, or still the previous one.
pub async fn back_up(
    config: &Config,
    file: &Path,
    replace: bool,
    progress: impl FnMut(&'static str, u64),
) -> Result<CopyReport, BackupError> {
    let source = open_existing(config).await?;
    if let Some(database) = sqlite_file(config.storage.database_url().expose_secret())
        && ["", "-wal", "-shm", "-journal"]
            .iter()
            .any(|suffix| is_same_file(&with_suffix(&database, suffix), file))
    {
        return Err(BackupError::IsDatabase(file.to_owned()));
    }
    if !replace && file.exists() {
        return Err(BackupError::FileExists(file.to_owned()));
    }
    let partial = PrivateFile::beside(file, "partial")?;
    let target = Database::open(&partial.url()).await?;
    migrate(&target).await?;
    let report = copy(&source, &target, progress).await?;
    target.close().await?;
    source.close().await?;
    partial.check().await?;
    partial.sync()?;
    // Another backup may have finished first.
    if !replace && file.exists() {
        return Err(BackupError::FileExists(file.to_owned()));
    }
    partial.rename(file)?;
    Ok(report)
}

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreReport {
    /// The rows that were copied.
    pub copied: CopyReport,
    /// Whether the file was not written by `till backup` but is a database file in WAL mode without
    /// its log, which may have held the newest rows.
    pub is_raw: bool,
}

/// Copies a backup into the shop's database, which must be empty and unused. The file is not
/// changed; a backup of an older version is migrated in a working copy.
///
/// # Errors
/// [`BackupError`]; then the database is still empty.
pub async fn restore(
    config: &Config,
    file: &Path,
    progress: impl FnMut(&'static str, u64),
) -> Result<RestoreReport, BackupError> {
    let is_raw = is_raw(file)?;
    create_data_dir(&config.storage.data_dir)?;
    // A working copy: SQLite writes to a file that it opens, and an older one must be migrated.
    let working = PrivateFile::beside(&config.storage.data_dir.join("restore.db"), "partial")?;
    working.copy_from(file)?;
    let damaged = |error: BackupError| match error {
        BackupError::Damaged { what, .. } => BackupError::Damaged {
            path: file.to_owned(),
            what,
        },
        error => error,
    };
    working.check().await.map_err(damaged)?;
    let source = Database::open(&working.url()).await?;
    match schema_state(&source).await? {
        SchemaState::UpToDate => {}
        SchemaState::Outdated => migrate(&source).await?,
        SchemaState::Missing => return Err(BackupError::NoTables(file.to_owned())),
        SchemaState::Newer(step) => return Err(StartError::Newer(step).into()),
    }
    let url = config.storage.database_url();
    let target = open_empty(&url).await?;
    let copied = copy_into(&source, &target, &url, progress).await?;
    target.close().await?;
    source.close().await?;
    Ok(RestoreReport { copied, is_raw })
}

/// Copies the shop's database into another one, which must be empty and unused.
///
/// # Errors
/// [`BackupError`]; then the other database is still empty.
pub async fn copy_to(
    config: &Config,
    to: &SecretString,
    progress: impl FnMut(&'static str, u64),
) -> Result<CopyReport, BackupError> {
    let source = open_existing(config).await?;
    let target = open_empty(to).await?;
    let copied = copy_into(&source, &target, to, progress).await?;
    target.close().await?;
    source.close().await?;
    Ok(copied)
}

async fn copy_into(
    source: &Database,
    target: &Database,
    url: &SecretString,
    progress: impl FnMut(&'static str, u64),
) -> Result<CopyReport, BackupError> {
    migrate(target).await?;
    copy(source, target, progress)
        .await
        .map_err(|error| match error {
            CopyError::NotEmpty(table) => not_empty(url, table),
            error => error.into(),
        })
}

// ---- The target database ----

/// Opens the target of a copy, which must be empty and unused.
async fn open_empty(url: &SecretString) -> Result<Database, BackupError> {
    let in_use = |by: String| BackupError::InUse {
        database: redacted(url),
        by,
    };
    let address = url.expose_secret();
    let database = if let Some(file) = sqlite_file(address) {
        if file.exists() && is_open_elsewhere(&file).await? {
            return Err(in_use("another program has the file open".to_owned()));
        }
        Database::open(address).await?
    } else {
        let separator = if address.contains('?') { '&' } else { '?' };
        let named = format!("{address}{separator}application_name={APPLICATION_NAME}");
        let database = Database::open(&named).await?;
        let others = wait_for_other_connections(&database).await?;
        if others > 0 {
            database.close().await?;
            let are = if others == 1 {
                "other connection is"
            } else {
                "other connections are"
            };
            return Err(in_use(format!("{others} {are} open")));
        }
        database
    };
    if let SchemaState::Newer(step) = schema_state(&database).await? {
        database.close().await?;
        return Err(StartError::Newer(step).into());
    }
    let names = table_names(database.reader()).await?;
    let is_there = |table: &str| names.iter().any(|name| name == table);
    for table in TABLES {
        if table.contents != Contents::ShopData || !is_there(table.name) {
            continue;
        }
        let select = format!("SELECT 1 FROM \"{}\" LIMIT 1", table.name);
        let select = Statement::from_string(database.reader().get_database_backend(), select);
        if database.reader().query_one_raw(select).await?.is_some() {
            database.close().await?;
            return Err(not_empty(url, table.name));
        }
    }
    // The lease of a server that was killed expires after half a minute.
    if is_there("lease") {
        let held = lease::Entity::find()
            .filter(lease::Column::ExpiresAt.gt(shop::clock::now()))
            .count(database.reader())
            .await?;
        if held > 0 {
            database.close().await?;
            return Err(in_use(
                "a server uses it, or did half a minute ago".to_owned(),
            ));
        }
    }
    Ok(database)
}

fn not_empty(url: &SecretString, table: &'static str) -> BackupError {
    let hint = if sqlite_file(url.expose_secret()).is_some() {
        "Move its file away, together with the files whose names end in -wal and -shm"
    } else {
        "Create another database (createdb), and set DATABASE_URL to it"
    };
    BackupError::NotEmpty {
        database: redacted(url),
        table,
        hint,
    }
}

/// Whether another process has a SQLite file open. In WAL mode every connection holds a lock, and
/// SQLite leaves that mode only for a connection that is the only one
/// (<https://www.sqlite.org/wal.html#persistence_of_wal_mode>).
async fn is_open_elsewhere(file: &Path) -> Result<bool, BackupError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(Duration::ZERO);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let left = connection.fetch_one("PRAGMA journal_mode = DELETE").await;
    let open = match left {
        Ok(row) => row.try_get::<String, _>(0)? != "delete",
        Err(error) if is_sqlite_busy(&error) => true,
        Err(error) => return Err(error.into()),
    };
    connection.close().await?;
    Ok(open)
}

/// Counts other connections to a PostgreSQL database. Waits for a moment while there are any: those
/// of a shop that has just stopped take time to disappear.
async fn wait_for_other_connections(database: &Database) -> Result<i64, BackupError> {
    let deadline = tokio::time::Instant::now() + DISCONNECT_TIMEOUT;
    loop {
        let others = count_other_connections(database).await?;
        if others == 0 || tokio::time::Instant::now() > deadline {
            return Ok(others);
        }
        tokio::time::sleep(DISCONNECT_POLL_INTERVAL).await;
    }
}

async fn count_other_connections(database: &Database) -> Result<i64, BackupError> {
    let select = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
         AND backend_type = 'client backend' \
         AND coalesce(application_name, '') <> '{APPLICATION_NAME}'"
    );
    let select = Statement::from_string(DbBackend::Postgres, select);
    let row = database.reader().query_one_raw(select).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get_by_index(0))?)
}

/// The file that a SQLite URL names.
fn sqlite_file(url: &str) -> Option<PathBuf> {
    if !url.starts_with("sqlite:") {
        return None;
    }
    let options: SqliteConnectOptions = url.parse().ok()?;
    Some(options.get_filename().to_owned())
}

/// A URL without its password, for messages.
fn redacted(url: &SecretString) -> String {
    match url::Url::parse(url.expose_secret()) {
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(None);
            url.to_string()
        }
        _ => url.expose_secret().to_owned(),
    }
}

// ---- Files ----

/// Whether both paths name the same file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Reads a backup's header. True if it is a database file in WAL mode without its log, which
/// `till backup` never writes.
fn is_raw(file: &Path) -> Result<bool, BackupError> {
    let failed = |error| BackupError::File(file.to_owned(), error);
    let mut head = [0; 20];
    let mut opened = File::open(file).map_err(failed)?;
    match opened.read_exact(&mut head) {
        Ok(()) if head.starts_with(SQLITE_HEADER) => {
            Ok(head[WRITE_VERSION_OFFSET] == 2 && !with_suffix(file, "-wal").exists())
        }
        Ok(()) => Err(BackupError::NotSqlite(file.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(BackupError::NotSqlite(file.to_owned()))
        }
        Err(error) => Err(failed(error)),
    }
}

/// A temporary SQLite file that only its owner can read. It is deleted when dropped, unless it was
/// renamed.
#[derive(Debug)]
struct PrivateFile {
    path: PathBuf,
    kept: bool,
}

impl PrivateFile {
    /// Creates an empty one in the folder of `file`, under a unique name.
    fn beside(file: &Path, what: &str) -> Result<Self, BackupError> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let path = file.with_file_name(format!(".{name}.{}.{what}", std::process::id()));
        let private = Self { path, kept: false };
        // A leftover of an earlier process with the same id.
        private.remove();
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&private.path)
            .map_err(|error| BackupError::File(file.to_owned(), error))?;
        Ok(private)
    }

    fn url(&self) -> String {
        format!("sqlite://{}?mode=rw", encode_path(&self.path))
    }

    /// Copies another file, and the log beside it, which holds its newest rows.
    fn copy_from(&self, from: &Path) -> Result<(), BackupError> {
        for suffix in ["", "-wal"] {
            let from = with_suffix(from, suffix);
            if !suffix.is_empty() && !from.exists() {
                continue;
            }
            let to = with_suffix(&self.path, suffix);
            let copied = || {
                let mut options = OpenOptions::new();
                let options = options.write(true).create(true).truncate(true).mode(0o600);
                std::io::copy(&mut File::open(&from)?, &mut options.open(&to)?)
            };
            copied().map_err(|error| BackupError::File(from.clone(), error))?;
        }
        Ok(())
    }

    /// Has SQLite check the whole file, and leaves WAL mode so that the file is complete alone.
    async fn check(&self) -> Result<(), BackupError> {
        let options = SqliteConnectOptions::new().filename(&self.path);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let damaged = |what: String| BackupError::Damaged {
            path: self.path.clone(),
            what,
        };
        let found = connection.fetch_one("PRAGMA integrity_check").await;
        let found = found
            .and_then(|row| row.try_get::<String, _>(0))
            .map_err(|error| damaged(error.to_string()))?;
        if found != "ok" {
            return Err(damaged(found));
        }
        let orphan = connection
            .fetch_optional("PRAGMA foreign_key_check")
            .await?;
        if let Some(orphan) = orphan {
            let table: String = orphan.try_get(0)?;
            return Err(damaged(format!("a row of \"{table}\" refers to nothing")));
        }
        connection.execute("PRAGMA journal_mode = DELETE").await?;
        Ok(connection.close().await?)
    }

    fn sync(&self) -> Result<(), BackupError> {
        File::open(&self.path)
            .and_then(|file| file.sync_all())
            .map_err(|error| BackupError::File(self.path.clone(), error))
    }

    /// Renames the file and syncs the folder, so that the name survives a power failure.
    fn rename(mut self, to: &Path) -> Result<(), BackupError> {
        let failed = |error| BackupError::File(to.to_owned(), error);
        std::fs::rename(&self.path, to).map_err(failed)?;
        self.kept = true;
        let folder = match to.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            // It may not exist.
            let _ = std::fs::remove_file(with_suffix(&self.path, suffix));
        }
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if !self.kept {
            self.remove();
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
