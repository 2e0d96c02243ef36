//! The one way to the database: a reader, a writer, and the only place where write transactions begin.
//!
//! SQLite has one writer. Its transactions begin `IMMEDIATE`, because one that turns from reader to writer half way fails at
//! once when another writes, however long the busy timeout. Reads go through connections of their own and never wait.
//! On PostgreSQL both names lead to the same pool.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    QuerySelect, RuntimeErr, Select, SqlErr, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
};

/// Connections that read at the same time.
const READERS: u32 = 4;
/// Connections to PostgreSQL from one server.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long one waits for the writer, in SQLite or in the pool, before the database counts as unavailable.
const WAIT: Duration = Duration::from_secs(10);

/// The database could not be opened as the shop needs it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It could not be reached, or refused us.
    #[error("the database could not be opened")]
    Connect(#[from] DbErr),
    /// SQLite would not keep what it has confirmed.
    #[error(
        "SQLite runs with {setting} = {found}, but the shop needs {needed}: a confirmed payment must survive a power cut"
    )]
    NotDurable {
        /// The pragma.
        setting: &'static str,
        /// What the database says.
        found: String,
        /// What it should say.
        needed: &'static str,
    },
}

/// A handle on the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
}

impl Database {
    /// Opens the database at a `sqlite:` or `postgres:` address.
    ///
    /// # Errors
    /// [`OpenError`] where it cannot be reached, or where SQLite would not be durable.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        if !url.starts_with("sqlite:") {
            let pool = sea_orm::Database::connect(options(url, POSTGRES_CONNECTIONS)).await?;
            return Ok(Self {
                writer: pool.clone(),
                reader: pool,
            });
        }
        let writer = sea_orm::Database::connect(sqlite(url, 1)).await?;
        for (setting, needed, meaning) in [
            ("journal_mode", "wal", "wal"),
            ("synchronous", "2", "FULL (2)"),
        ] {
            let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {setting}"));
            let found = match writer.query_one_raw(statement).await? {
                Some(row) => row
                    .try_get_by_index::<String>(0)
                    .or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string()))?,
                None => String::new(),
            };
            if found != needed {
                return Err(OpenError::NotDurable {
                    setting,
                    found,
                    needed: meaning,
                });
            }
        }
        let reader = sea_orm::Database::connect(sqlite(url, READERS)).await?;
        Ok(Self { writer, reader })
    }

    /// For reading. What another connection has committed is visible at once.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For migrations only: everything else writes inside [`Database::begin_write`].
    #[must_use]
    pub fn writer_for_migrations(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Begins a transaction that may write. Hold it across no call to anything but the database.
    ///
    /// # Errors
    /// Where the database is not there, or no writer became free in time.
    pub async fn begin_write(&self) -> Result<DatabaseTransaction, DbErr> {
        let mode = (self.writer.get_database_backend() == DbBackend::Sqlite)
            .then_some(SqliteTransactionMode::Immediate);
        self.writer
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: mode,
                ..Default::default()
            })
            .await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.reader.ping().await
    }

    /// Closes every connection; SQLite folds its log into the file.
    ///
    /// # Errors
    /// Where a connection cannot be closed in order.
    pub async fn close(self) -> Result<(), DbErr> {
        self.reader.close().await?;
        self.writer.close().await
    }
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(WAIT)
        .sqlx_logging(false);
    // Connections live as long as the server: nothing expires while a shopper waits.
    options
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>);
    options
}

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    let mut options = options(url, connections);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("foreign_keys", "ON")
            .busy_timeout(WAIT)
    });
    options
}

/// Locks the selected rows until the transaction ends.
///
/// SQLite needs no such lock: its transactions already have the database to themselves.
pub(crate) fn locked<E: sea_orm::EntityTrait>(select: Select<E>) -> Select<E> {
    select.lock_exclusive()
}

/// Whether the same statement would fail again, however often it came: the data broke a rule of the tables, or is of a kind
/// that the database does not store. Everything else may pass.
pub(crate) fn is_lasting(error: &DbErr) -> bool {
    if matches!(
        error.sql_err(),
        Some(SqlErr::UniqueConstraintViolation(_) | SqlErr::ForeignKeyConstraintViolation(_))
    ) {
        return true;
    }
    let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) =
        error
    else {
        return false;
    };
    inner.as_database_error().is_some_and(|error| {
        // 22: data exception, 23: integrity violation (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
        let class = error.code().filter(|code| code.len() == 5);
        error.is_check_violation()
            || error.kind() == sea_orm::sqlx::error::ErrorKind::NotNullViolation
            || class.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
    })
}
