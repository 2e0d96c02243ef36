//! Access to the database: connection pools for reading and for writing, and the only place where
//! write transactions begin.
//!
//! SQLite has one writer. Its transactions begin `IMMEDIATE`, because one that upgrades from
//! reading to writing fails immediately while another writes, whatever the busy timeout. PostgreSQL
//! has a few writers. Reads use connections of their own and never wait for writers.
//!
//! The settings that the shop relies on are applied to every new connection, and read back on
//! SQLite: a database that would not keep committed data is refused.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, AssertSqlSafe, Connection, Executor};
use sea_orm::{
    AccessMode, ConnAcquireErr, ConnectOptions, ConnectionTrait, DatabaseConnection,
    DatabaseTransaction, DbBackend, DbErr, IsolationLevel, QuerySelect, RuntimeErr, Select, SqlErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

pub mod copy;
pub mod tables;
mod transaction;

pub use transaction::WriteTransaction;
pub(crate) use transaction::savepoint;

/// Read connections to SQLite.
const SQLITE_READERS: u32 = 4;
/// Read connections to PostgreSQL from one server.
const POSTGRES_READERS: u32 = 13;
/// Default number of write connections to PostgreSQL from one server.
///
/// Sales of one product queue for its row however many there are. Waiting in the pool costs
/// nothing; waiting in PostgreSQL keeps a snapshot open, so that old versions of the row accumulate
/// and every sale has to skip them. On two cores, with PostgreSQL on the same machine, three
/// connections handled 650 orders a second, two 540, six 540 and sixteen 350; at 300 orders a
/// second the 99th percentile of response times was 14 ms with three and 35 ms with sixteen. More
/// are useful if PostgreSQL is on another machine, where each statement has to cross the network.
pub const POSTGRES_WRITERS: NonZeroU32 = NonZeroU32::new(3).unwrap();
/// For waiting for a writer, in SQLite or in the pool; then the database counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// For the readiness check, see [`Database::ready`].
const READY_TIMEOUT: Duration = Duration::from_secs(3);
/// How often we check for shared connections: with other clients at the same pooler, one check
/// might miss them.
const PROBES: usize = 4;
/// Between attempts to open a SQLite file that another process has locked, or to connect to a
/// PostgreSQL that is still starting.
const RETRY_DELAY: Duration = Duration::from_millis(50);

/// SQLite's page cache for the writer, in KiB (negative by SQLite's convention): 64 MiB. Beside a
/// million orders, webhooks become orders at 0.96 of the rate of an empty shop; with SQLite's
/// default of 2 MiB at 0.90 (docs/PERFORMANCE.md).
const WRITER_CACHE: &str = "-65536";

/// The settings of every connection to PostgreSQL.
///
/// The shop is written for READ COMMITTED. Waiting for a lock is limited as for SQLite's writer,
/// and a server that hangs inside a transaction loses its locks. `synchronous_commit` may be
/// stricter than `on`, but if it is off for the role or the database it is turned on again.
/// `random_page_cost` is set as for data in memory unless it is configured: plans then use the
/// index even while a table is small.
const POSTGRES_SETTINGS: &str = "SET default_transaction_isolation = 'read committed';
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '60s';
    SELECT set_config('random_page_cost', '1.0', false) FROM pg_settings
        WHERE name = 'random_page_cost' AND source = 'default';
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off';";

/// What every connection to SQLite must report: pragma, value, and the value's name.
const SQLITE_SETTINGS: [(&str, &str, &str); 3] = [
    ("journal_mode", "wal", "WAL"),
    ("synchronous", "2", "FULL (2)"),
    ("foreign_keys", "1", "ON (1)"),
];

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It could not be reached, or it refused the connection.
    #[error("the database could not be opened")]
    Connect(#[from] DbErr),
    /// A PostgreSQL on another machine offers no TLS, or its certificate is not trusted.
    #[error(
        "could not connect: PostgreSQL on another machine requires TLS with a verified \
         certificate. In DATABASE_URL, set your own certificate authority with \
         sslrootcert=/path/ca.pem, or, on a network that you trust, allow unencrypted connections \
         with sslmode=disable"
    )]
    Tls(#[source] DbErr),
    /// PostgreSQL does not respond.
    #[error("could not reach PostgreSQL at {0}")]
    Unreachable(String, #[source] std::io::Error),
    /// PostgreSQL refuses the connection, with its message.
    #[error("PostgreSQL at {0} refused the connection: {1}")]
    Refused(String, String),
    /// A pooler in between refuses a startup parameter of the driver.
    #[error(
        "the pooler at {0} refused the connection: {1}. pgbouncer accepts it with \
         ignore_startup_parameters = extra_float_digits"
    )]
    StartupParameter(String, String),
    /// A pooler in between shares a connection to PostgreSQL between clients.
    #[error(
        "PostgreSQL at {0} is behind a pooler that uses another connection for each transaction \
         (pgbouncer with pool_mode = transaction). Till needs connections of its own, because its \
         settings would affect other clients: set DATABASE_URL to PostgreSQL itself, or set \
         pool_mode = session for this database"
    )]
    SharedConnections(String),
    /// SQLite would not keep committed data, or not enforce foreign keys.
    #[error(
        "SQLite runs with {setting} = {found}, but the shop needs {needed}: a confirmed payment \
         must survive a power failure"
    )]
    NotDurable {
        /// The pragma.
        setting: &'static str,
        /// Its value.
        found: String,
        /// The value that is needed.
        needed: &'static str,
    },
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Connect(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))
    }
}

fn classify_connect_error(error: DbErr) -> OpenError {
    let tls = |cause: &sqlx::Error| match cause {
        sqlx::Error::Tls(_) => true,
        // A TLS error during the handshake.
        sqlx::Error::Io(io) => io.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    };
    if matches!(&error, DbErr::Conn(RuntimeErr::SqlxError(cause)) if tls(cause)) {
        OpenError::Tls(error)
    } else {
        OpenError::Connect(error)
    }
}

/// A handle on the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    /// One connection for health checks, see [`Database::ready`]: it does not wait for shoppers,
    /// nor they for it.
    watcher: DatabaseConnection,
    /// Whether the last write failed because of the database.
    write_failed: Arc<AtomicBool>,
}

impl Database {
    /// Opens the database at a `sqlite:` or `postgres:` URL.
    ///
    /// # Errors
    /// [`OpenError`] if it cannot be reached, or if SQLite would not be durable.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, POSTGRES_WRITERS).await
    }

    /// Opens the database. `writers` is the number of write connections to PostgreSQL; SQLite has
    /// one.
    ///
    /// # Errors
    /// [`OpenError`] if it cannot be reached, or if SQLite would not be durable.
    pub async fn open_with(url: &str, writers: NonZeroU32) -> Result<Self, OpenError> {
        // The read connections are read-only.
        let (writer, reader, watcher) = if url.starts_with("sqlite:") {
            probe_sqlite(url).await?;
            (
                sea_orm::Database::connect(sqlite(url, 1, Access::Write)).await?,
                sea_orm::Database::connect(sqlite(url, SQLITE_READERS, Access::Read)).await?,
                sea_orm::Database::connect(with_ready_timeout(sqlite(url, 1, Access::Read)))
                    .await?,
            )
        } else {
            probe_postgres(url).await?;
            let writer = postgres(url, writers.get(), Access::Write);
            (
                sea_orm::Database::connect(writer)
                    .await
                    .map_err(classify_connect_error)?,
                sea_orm::Database::connect(postgres(url, POSTGRES_READERS, Access::Read)).await?,
                // With the writers' settings, so that it meets the same errors.
                sea_orm::Database::connect(with_ready_timeout(postgres(url, 1, Access::Write)))
                    .await?,
            )
        };
        Ok(Self {
            writer,
            reader,
            watcher,
            write_failed: Arc::default(),
        })
    }

    /// The connections for reading. They see what others have committed immediately.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The write connections themselves, for single statements, benchmarks and tests that change
    /// their settings. The shop uses [`Database::begin_write`] for everything that must not be
    /// lost.
    #[must_use]
    pub fn bare_writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Begins a write transaction for this unit of work, whose name the crash points in it begin
    /// with. Never hold it across a network call to anything but the database.
    ///
    /// # Errors
    /// If the database fails, or no writer became free in time.
    pub async fn begin_write(&self, unit: &'static str) -> Result<WriteTransaction, DbErr> {
        let mode = (self.writer.get_database_backend() == DbBackend::Sqlite)
            .then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions {
            sqlite_transaction_mode: mode,
            ..Default::default()
        };
        transaction::begin(unit, begin(&self.writer, options)).await
    }

    /// Begins a read transaction that sees one consistent snapshot, whatever is written meanwhile.
    /// It blocks no one, but old data accumulates until it ends: in SQLite's WAL, or as dead rows
    /// in PostgreSQL.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn begin_snapshot(&self) -> Result<Snapshot, DbErr> {
        let postgres = self.reader.get_database_backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            // SQLite's transactions are snapshots anyway, and have no such options.
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            ..Default::default()
        };
        begin(&self.reader, options).await
    }

    /// Begins a write transaction that holds this lock among all servers. Waits longer for it than
    /// [`Database::begin_write`] does.
    ///
    /// # Errors
    /// If the database fails, or the lock was not released in time.
    pub async fn begin_with_lock(&self, lock: AdvisoryLock) -> Result<WriteTransaction, DbErr> {
        self.begin_locked(lock, lock.unit(), "5min").await
    }

    /// Begins the write transaction of a person's change of the catalog: it holds the lock of
    /// imports, so that no two give the same slug or SKU. Waits for an import as long as for a
    /// writer, see [`is_wait_timeout`].
    ///
    /// # Errors
    /// If the database fails, or the lock was not released in time.
    pub async fn begin_edit(&self, unit: &'static str) -> Result<WriteTransaction, DbErr> {
        self.begin_locked(AdvisoryLock::Import, unit, "10s").await
    }

    async fn begin_locked(
        &self,
        lock: AdvisoryLock,
        unit: &'static str,
        timeout: &str,
    ) -> Result<WriteTransaction, DbErr> {
        if self.writer.get_database_backend() == DbBackend::Sqlite {
            // A write transaction locks the whole file. Another process may hold it longer than one
            // busy timeout.
            return (|| self.begin_write(unit))
                .retry(lock.retries())
                .when(is_busy)
                .await;
        }
        let transaction = self.begin_write(unit).await?;
        let key = lock.key();
        transaction
            .execute_unprepared(&format!(
                "SET LOCAL lock_timeout = '{timeout}'; SELECT pg_advisory_xact_lock({key}); \
                 SET LOCAL lock_timeout = '10s'"
            ))
            .await?;
        Ok(transaction)
    }

    /// Checks that the database responds.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.reader.ping().await
    }

    /// Checks that the database responds promptly, accepts writes, and that the last write
    /// succeeded.
    ///
    /// Uses a connection of its own and takes no lock, so busy writers do not matter. SQLite cannot
    /// say whether it would accept a write without waiting for the writer; there, and if the disk
    /// is full, the last real write decides: the jobs' leases are written every few seconds.
    ///
    /// # Errors
    /// If a check fails.
    pub async fn ready(&self) -> Result<(), DbErr> {
        tokio::time::timeout(READY_TIMEOUT, self.query_watcher())
            .await
            .map_err(|_| DbErr::Custom("timed out".to_owned()))??;
        if self.write_failed.load(Ordering::Relaxed) {
            return Err(DbErr::Custom("the last write failed".to_owned()));
        }
        Ok(())
    }

    async fn query_watcher(&self) -> Result<(), DbErr> {
        let backend = self.watcher.get_database_backend();
        // On SQLite this reads from the file; PostgreSQL reports whether it is a standby or
        // read-only.
        let query = match backend {
            DbBackend::Sqlite => "SELECT count(*) = 0 FROM sqlite_schema",
            _ => "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'",
        };
        let row = self
            .watcher
            .query_one_raw(Statement::from_string(backend, query))
            .await?;
        match row.map(|row| row.try_get_by_index(0)).transpose()? {
            Some(false) => Ok(()),
            _ => Err(DbErr::Custom("the database accepts no writes".to_owned())),
        }
    }

    /// The connection of [`Database::ready`], for other queries that must not wait for shoppers.
    #[must_use]
    pub fn watcher(&self) -> &DatabaseConnection {
        &self.watcher
    }

    /// Records, for [`Database::ready`], whether a write succeeded that only the database could
    /// make fail.
    pub fn record_write(&self, written: bool) {
        self.write_failed.store(!written, Ordering::Relaxed);
    }

    /// Records that a job's write failed. A timeout does not count: a busy shop is ready, and
    /// whether the database is reachable is checked separately.
    pub fn record_failed_write(&self, error: &DbErr) {
        if !is_wait_timeout(error) {
            self.record_write(false);
        }
    }

    /// Closes every connection; SQLite checkpoints its WAL.
    ///
    /// # Errors
    /// If a connection cannot be closed properly.
    pub async fn close(self) -> Result<(), DbErr> {
        self.watcher.close().await?;
        self.reader.close().await?;
        self.writer.close().await
    }
}

/// A read transaction that sees one consistent state of the database. It ends when it is dropped.
pub type Snapshot = DatabaseTransaction;

/// Begins a transaction.
///
/// On PostgreSQL in a task of its own: if sqlx 0.9 is dropped between `BEGIN` and its answer, the
/// connection goes back to the pool inside of the transaction. Here the task ends it.
async fn begin(
    connection: &DatabaseConnection,
    options: TransactionOptions,
) -> Result<DatabaseTransaction, DbErr> {
    if connection.get_database_backend() == DbBackend::Sqlite {
        return connection.begin_with_options(options).await;
    }
    let connection = connection.clone();
    let beginning = tokio::spawn(async move { connection.begin_with_options(options).await });
    let begun = beginning.await;
    begun.unwrap_or_else(|error| Err(DbErr::Custom(format!("could not begin: {error}"))))
}

/// What only one server may do at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdvisoryLock {
    /// Migrating the tables.
    Migration,
    /// Importing the catalog from a file, and changing or deleting pictures.
    Import,
    /// Changing who is an owner.
    Owners,
    /// Changing settings, which are checked together, and policies.
    Settings,
}

impl AdvisoryLock {
    /// The key of PostgreSQL's advisory lock: arbitrary numbers that other programs are unlikely to
    /// use.
    fn key(self) -> i64 {
        match self {
            Self::Migration => 7_418_001,
            Self::Import => 7_418_002,
            Self::Owners => 7_418_003,
            Self::Settings => 7_418_004,
        }
    }

    /// The unit of work that holds it.
    fn unit(self) -> &'static str {
        match self {
            Self::Migration => "migration",
            Self::Import => "import",
            Self::Owners => "owners",
            Self::Settings => "change-settings",
        }
    }

    /// How often waiting for SQLite's writer is retried, for [`ACQUIRE_TIMEOUT`] each time.
    fn retries(self) -> ConstantBuilder {
        let retries = ConstantBuilder::new().with_delay(Duration::ZERO);
        retries.with_max_times(match self {
            Self::Migration => 29,
            Self::Import | Self::Owners | Self::Settings => 2,
        })
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false);
    // A file does not hang up, and asking it whether it did costs as much as a query.
    options.test_before_acquire(!url.starts_with("sqlite:"));
    // Connections live as long as the server, so that no shopper waits for a new one.
    options
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>);
    options
}

/// Sets the timeout of [`Database::ready`].
fn with_ready_timeout(mut options: ConnectOptions) -> ConnectOptions {
    options.acquire_timeout(READY_TIMEOUT);
    options
}

fn postgres(url: &str, connections: u32, access: Access) -> ConnectOptions {
    let url = driver_url(url);
    let mut options = options(&url, connections);
    if encrypts_by_default(&url, env_sets_ssl_mode()) {
        options.map_sqlx_postgres_opts(|postgres| postgres.ssl_mode(PgSslMode::VerifyFull));
    }
    options.map_sqlx_postgres_pool_opts(move |pool| {
        pool.after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(POSTGRES_SETTINGS).await?;
                if access == Access::Read {
                    connection
                        .execute("SET default_transaction_read_only = on")
                        .await?;
                }
                Ok(())
            })
        })
    });
    options
}

/// The URL with the scheme that the driver knows: `postgresql:` is `postgres:`.
fn driver_url(url: &str) -> String {
    url.strip_prefix("postgresql:")
        .map_or_else(|| url.to_owned(), |rest| format!("postgres:{rest}"))
}

/// Whether `PGSSLMODE` is a valid mode. If not, the driver uses its own default, plain text.
fn env_sets_ssl_mode() -> bool {
    std::env::var("PGSSLMODE").is_ok_and(|mode| mode.parse::<PgSslMode>().is_ok())
}

/// Connects to PostgreSQL once, for a helpful error: a pool only reports a timeout. Also refuses a
/// pooler that shares connections.
async fn probe_postgres(url: &str) -> Result<(), OpenError> {
    let url = driver_url(url);
    let mut options: PgConnectOptions = url.parse()?;
    if encrypts_by_default(&url, env_sets_ssl_mode()) {
        options = options.ssl_mode(PgSslMode::VerifyFull);
    }
    let name = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let first = connect_postgres(&options, &name).await?;
    let second = connect_postgres(&options, &name).await?;
    match connections_are_shared(first, second).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(OpenError::SharedConnections(name)),
        Err(error) => Err(connect_error(error, &name)),
    }
}

/// Connects to PostgreSQL, and waits for it while it is starting.
async fn connect_postgres(
    options: &PgConnectOptions,
    name: &str,
) -> Result<PgConnection, OpenError> {
    let deadline = tokio::time::Instant::now() + ACQUIRE_TIMEOUT;
    let mut last = None;
    loop {
        let connecting = PgConnection::connect_with(options);
        let Ok(connected) = tokio::time::timeout_at(deadline, connecting).await else {
            let timeout = || std::io::Error::new(std::io::ErrorKind::TimedOut, "timed out");
            // An earlier error says more than the timeout.
            return Err(match last {
                Some(error) => connect_error(error, name),
                None => OpenError::Unreachable(name.to_owned(), timeout()),
            });
        };
        match connected {
            Ok(connection) => return Ok(connection),
            Err(error) if is_starting(&error) && tokio::time::Instant::now() < deadline => {
                last = Some(error);
                tokio::time::sleep(RETRY_DELAY).await;
            }
            Err(error) => return Err(connect_error(error, name)),
        }
    }
}

/// Whether PostgreSQL may still be starting.
fn is_starting(error: &sqlx::Error) -> bool {
    // <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    const CANNOT_CONNECT_NOW: &str = "57P03";
    match error {
        // A TLS error stays.
        sqlx::Error::Io(io) => io.kind() != std::io::ErrorKind::InvalidData,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code == CANNOT_CONNECT_NOW),
        _ => false,
    }
}

/// Why connecting to PostgreSQL failed.
fn connect_error(error: sqlx::Error, name: &str) -> OpenError {
    let name = name.to_owned();
    match error {
        sqlx::Error::Io(io) if io.kind() != std::io::ErrorKind::InvalidData => {
            OpenError::Unreachable(name, io)
        }
        sqlx::Error::Database(error) => {
            let message = error.message().to_owned();
            if message.contains("startup parameter") {
                OpenError::StartupParameter(name, message)
            } else {
                OpenError::Refused(name, message)
            }
        }
        other => classify_connect_error(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(other)))),
    }
}

/// Whether a pooler uses another connection for each transaction: then the second client sees what
/// the first has set, or the first no longer does.
async fn connections_are_shared(
    mut first: PgConnection,
    mut second: PgConnection,
) -> Result<bool, sqlx::Error> {
    const FIND: &str = "SELECT coalesce(current_setting('till.probe', true), '')";
    let mut shared = false;
    for probe in 0..PROBES {
        let mut random = [0; 8];
        // Randomness is needed only if another server probes at the same time.
        let _ = getrandom::fill(&mut random);
        let marker = format!("{}-{probe}", hex::encode(random));
        let set = format!("SELECT set_config('till.probe', '{marker}', false)");
        first.execute(AssertSqlSafe(set)).await?;
        // The transaction keeps its connection until its end.
        second.execute("BEGIN").await?;
        let by_second = second.fetch_one(FIND).await?;
        let by_first = first.fetch_one(FIND).await?;
        second.execute("ROLLBACK").await?;
        let found = |row| sqlx::Row::try_get_unchecked::<String, _>(row, 0);
        if found(&by_second)? == marker || found(&by_first)? != marker {
            shared = true;
            break;
        }
    }
    first.close().await?;
    second.close().await?;
    Ok(shared)
}

/// Whether TLS with a verified certificate is the default for PostgreSQL at this URL: it is on
/// another machine, where the password and every order would otherwise be sent unencrypted. No mode
/// may be set, neither in the URL nor in the environment (`env_sets_mode`, from `PGSSLMODE`).
///
/// PostgreSQL's own default, `prefer`, silently falls back to plain text
/// (<https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION>).
fn encrypts_by_default(url: &str, env_sets_mode: bool) -> bool {
    let Ok(parsed) = url::Url::parse(url) else {
        return false;
    };
    let names_a_mode = |name: &str| matches!(name, "sslmode" | "ssl-mode");
    if env_sets_mode || parsed.query_pairs().any(|(name, _)| names_a_mode(&name)) {
        return false;
    }
    url.parse::<PgConnectOptions>()
        .is_ok_and(|options| options.get_socket().is_none() && !is_this_machine(options.get_host()))
}

/// Whether a host is this machine, without resolving names.
fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<std::net::IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        // A path is a socket's folder.
        Err(_) => host.is_empty() || host.starts_with('/') || host == "localhost",
    }
}

fn sqlite(url: &str, connections: u32, access: Access) -> ConnectOptions {
    let mut options = options(url, connections);
    options.map_sqlx_sqlite_opts(move |sqlite| sqlite_settings(sqlite, access));
    options.map_sqlx_sqlite_pool_opts(|pool| {
        // Also for connections that replace lost ones later.
        let pool = pool.after_connect(|connection, _| {
            Box::pin(async move {
                check_sqlite_settings(connection)
                    .await
                    .map_err(|error| sqlx::Error::Configuration(Box::new(error)))
            })
        });
        // SQLite rolls a transaction back automatically if the disk is full or fails. The driver's
        // own rollback then fails, so that the driver considers the transaction open for ever: its
        // commits would only release savepoints, and nothing would be written. Such a connection
        // is replaced.
        pool.before_acquire(|connection, _| {
            let outside = !connection.is_in_transaction();
            Box::pin(async move { Ok(outside) })
        })
    });
    options
}

fn sqlite_settings(sqlite: SqliteConnectOptions, access: Access) -> SqliteConnectOptions {
    let sqlite = sqlite
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "FULL")
        .pragma("foreign_keys", "ON")
        .busy_timeout(ACQUIRE_TIMEOUT);
    match access {
        Access::Read => sqlite.pragma("query_only", "ON"),
        Access::Write => sqlite.pragma("cache_size", WRITER_CACHE),
    }
}

/// Opens a SQLite database once, for a helpful error if it does not accept the settings.
async fn probe_sqlite(url: &str) -> Result<(), OpenError> {
    let options: SqliteConnectOptions = url.parse()?;
    let options = sqlite_settings(options, Access::Write);
    let deadline = tokio::time::Instant::now() + ACQUIRE_TIMEOUT;
    let mut connection = loop {
        // Several processes may open a new file at once, and SQLite switches to WAL without waiting
        // for the others.
        match SqliteConnection::connect_with(&options).await {
            Err(error) if is_sqlite_busy(&error) && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(RETRY_DELAY).await;
            }
            connected => break connected?,
        }
    };
    check_sqlite_settings(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Refuses a connection without the needed settings.
async fn check_sqlite_settings(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    for (setting, needed, meaning) in SQLITE_SETTINGS {
        let row = connection
            .fetch_one(AssertSqlSafe(format!("PRAGMA {setting}")))
            .await?;
        let found = sqlx::Row::try_get_unchecked::<String, _>(&row, 0)?;
        if found != needed {
            return Err(OpenError::NotDurable {
                setting,
                found,
                needed: meaning,
            });
        }
    }
    Ok(())
}

/// Whether another connection has locked the SQLite file.
#[must_use]
pub fn is_sqlite_busy(error: &sqlx::Error) -> bool {
    // The low byte is the primary code (<https://www.sqlite.org/rescode.html>): 5 is SQLITE_BUSY, 6
    // is SQLITE_LOCKED.
    error
        .as_database_error()
        .and_then(|error| error.code()?.parse::<u32>().ok())
        .is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

fn is_busy(error: &DbErr) -> bool {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(inner))
        | DbErr::Query(RuntimeErr::SqlxError(inner))
        | DbErr::Conn(RuntimeErr::SqlxError(inner)) => is_sqlite_busy(inner),
        _ => false,
    }
}

/// Whether a write failed because it waited too long for other writers.
#[must_use]
pub fn is_wait_timeout(error: &DbErr) -> bool {
    // <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => true,
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
            let inner = inner.as_database_error();
            let is_lock = |inner: &dyn sqlx::error::DatabaseError| {
                inner.code().is_some_and(|code| code == LOCK_NOT_AVAILABLE)
            };
            is_busy(error) || inner.is_some_and(is_lock)
        }
        _ => is_busy(error),
    }
}

/// Locks the selected rows until the transaction ends.
///
/// SQLite needs no row locks: a write transaction locks the whole database.
pub(crate) fn locked<E: sea_orm::EntityTrait>(select: Select<E>) -> Select<E> {
    select.lock_exclusive()
}

/// Whether a retry of the statement would fail as well: its data violates a constraint, or cannot
/// be stored or read. Any other error may be transient.
pub(crate) fn is_permanent(error: &DbErr) -> bool {
    // A row holds an invalid value until somebody fixes it.
    if matches!(error, DbErr::Type(_) | DbErr::TryIntoErr { .. }) {
        return true;
    }
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
        // 22: data exception, 23: integrity constraint violation
        // (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
        let class = error.code().filter(|code| code.len() == 5);
        error.is_check_violation()
            || error.kind() == sea_orm::sqlx::error::ErrorKind::NotNullViolation
            || class.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use till_core::lifecycle::CheckoutState;
    use till_core::money::Currency;
    use till_core::refunds::RefundStatus;

    /// An empty database. `TEST_DATABASE=postgres` uses the one at `TEST_POSTGRES_URL`; otherwise
    /// it is a new SQLite file.
    async fn database(folder: &tempfile::TempDir) -> (Database, bool) {
        let postgres = std::env::var("TEST_DATABASE").is_ok_and(|kind| kind == "postgres");
        let url = if postgres {
            std::env::var("TEST_POSTGRES_URL").unwrap()
        } else {
            format!("sqlite://{}/rules.db?mode=rwc", folder.path().display())
        };
        (Database::open(&url).await.unwrap(), postgres)
    }

    const TABLES: &str = "CREATE TEMPORARY TABLE kind (id VARCHAR(4) PRIMARY KEY);
        CREATE TEMPORARY TABLE thing (id VARCHAR(4) PRIMARY KEY,
            units BIGINT NOT NULL CHECK (units >= 0), kind VARCHAR(4) REFERENCES kind (id));
        INSERT INTO thing VALUES ('a', 1, NULL)";

    /// The error of a statement, in a transaction with two tables that have one constraint of each
    /// kind.
    async fn refusal(database: &Database, sql: &str) -> DbErr {
        let transaction = database.begin_write("test").await.unwrap();
        transaction.execute_unprepared(TABLES).await.unwrap();
        let refusal = transaction.execute_unprepared(sql).await.unwrap_err();
        let _ = transaction.rollback().await;
        refusal
    }

    #[test]
    fn only_a_postgresql_on_this_machine_is_unencrypted_by_default() {
        for (url, encrypts) in [
            ("postgres://till@db.example/till", true),
            ("postgresql://till@10.0.0.7/till", true),
            ("postgres://till@[2001:db8::1]:5432/till", true),
            ("postgres://till@localhost.example/till", true),
            ("postgres://till@db.example/till?application_name=x", true),
            ("postgres://till@db.example/till?sslmode=prefer", false),
            ("postgres://till@db.example/till?sslmode=disable", false),
            ("postgres://till@db.example/till?ssl-mode=require", false),
            ("postgres://till@localhost/till", false),
            ("postgres://till@127.0.0.1:5433/till", false),
            ("postgres://till@[::1]/till", false),
            ("postgres:///till?host=/var/run/postgresql", false),
            ("postgres://%2Fvar%2Frun%2Fpostgresql/till", false),
        ] {
            assert_eq!(encrypts_by_default(url, false), encrypts, "{url}");
            assert!(!encrypts_by_default(url, true), "{url}");
        }
    }

    /// On Linux 0.0.0.0 connects to this machine, but is not a loopback address.
    #[tokio::test]
    async fn nothing_is_sent_unencrypted_to_a_postgresql_elsewhere() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let read = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut first = [0; 8];
            stream.read_exact(&mut first).await.unwrap();
            // It offers no TLS.
            stream.write_all(b"N").await.unwrap();
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
            (first, rest)
        });
        let url = format!("postgres://till:secret@0.0.0.0:{port}/till");
        let error = Database::open(&url).await.unwrap_err();
        assert!(error.to_string().contains("sslmode=disable"), "{error}");
        let (first, rest) = read.await.unwrap();
        assert_eq!((first, rest), (SSL_REQUEST, Vec::new()));
    }

    #[tokio::test]
    async fn constraint_violations_are_permanent() {
        let folder = tempfile::tempdir().unwrap();
        let (database, postgres) = database(&folder).await;
        let mut broken = vec![
            "INSERT INTO thing VALUES ('a', 1, NULL)",
            "INSERT INTO thing VALUES ('b', -1, NULL)",
            "INSERT INTO thing VALUES ('b', NULL, NULL)",
            "INSERT INTO thing VALUES ('b', 1, 'none')",
        ];
        if postgres {
            // SQLite enforces no lengths.
            broken.push("INSERT INTO thing VALUES ('longer', 1, NULL)");
        }
        for sql in broken {
            let error = refusal(&database, sql).await;
            assert!(is_permanent(&error), "{sql}: {error}");
        }
        if postgres {
            let transaction = database.begin_write("test").await.unwrap();
            let nul = sea_orm::Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT $1::text",
                ["\0".into()],
            );
            let error = transaction.execute_raw(nul).await.unwrap_err();
            assert!(is_permanent(&error), "{error}");
        }
    }

    #[tokio::test]
    async fn a_value_that_is_not_of_its_type_cannot_be_read_and_is_permanent() {
        let folder = tempfile::tempdir().unwrap();
        let (database, _) = database(&folder).await;
        let reader = database.reader();
        let select = "SELECT 'unheard_of' AS value";
        let select = sea_orm::Statement::from_string(reader.get_database_backend(), select);
        let row = reader.query_one_raw(select).await.unwrap().unwrap();
        let state = row.try_get::<CheckoutState>("", "value").unwrap_err();
        let currency = row.try_get::<Currency>("", "value").unwrap_err();
        for (error, name) in [(state, "CheckoutState"), (currency, "Currency")] {
            assert!(is_permanent(&error), "{error}");
            assert!(error.to_string().contains(name), "{error}");
        }
        // Stripe's own words are kept.
        let status = row.try_get("", "value");
        assert_eq!(status, Ok(RefundStatus::Other("unheard_of".to_owned())));
    }

    #[tokio::test]
    async fn failures_of_the_database_itself_are_not_permanent() {
        let folder = tempfile::tempdir().unwrap();
        let (database, postgres) = database(&folder).await;
        let mut trouble = Vec::new();
        if postgres {
            // A full disk, a deadlock, a serialization failure, a lock timeout, a shutdown.
            for code in ["53100", "40P01", "40001", "55P03", "57P01"] {
                let raise =
                    format!("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$");
                trouble.push(refusal(&database, &raise).await);
            }
            trouble.push(refusal(&database, "SELECT pg_terminate_backend(pg_backend_pid())").await);
            let holder = database.begin_write("test").await.unwrap();
            holder
                .execute_unprepared("SELECT pg_advisory_xact_lock(77)")
                .await
                .unwrap();
            let wait = "SET LOCAL lock_timeout = '10ms'; SELECT pg_advisory_xact_lock(77)";
            let waited = refusal(&database, wait).await;
            assert!(is_wait_timeout(&waited), "{waited}");
            assert!(!is_wait_timeout(&trouble[0]), "a full disk");
            trouble.push(waited);
        } else {
            let writer = database.bare_writer();
            writer
                .execute_unprepared("CREATE TABLE t (x TEXT); PRAGMA busy_timeout = 10")
                .await
                .unwrap();
            let url = format!("sqlite://{}/rules.db", folder.path().display());
            let other = Database::open(&url).await.unwrap();
            let holder = other.begin_write("test").await.unwrap();
            let waited = database.begin_write("test").await.unwrap_err();
            assert!(is_wait_timeout(&waited), "{waited}");
            trouble.push(waited);
            holder.rollback().await.unwrap();
            writer
                .execute_unprepared("PRAGMA max_page_count = 1")
                .await
                .unwrap();
            let much = "INSERT INTO t VALUES (hex(randomblob(100000)))";
            let full = writer.execute_unprepared(much).await.unwrap_err();
            assert!(!is_wait_timeout(&full), "{full}");
            trouble.push(full);
        }
        for error in trouble {
            assert!(!is_permanent(&error), "{error}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_lacks_a_setting_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/weak.db?mode=rwc", folder.path().display());
        let options: SqliteConnectOptions = url.parse().unwrap();
        let mut connection =
            SqliteConnection::connect_with(&sqlite_settings(options, Access::Write))
                .await
                .unwrap();
        check_sqlite_settings(&mut connection).await.unwrap();
        for (weaker, back, said) in [
            (
                "PRAGMA journal_mode = DELETE",
                "PRAGMA journal_mode = WAL",
                "journal_mode = delete",
            ),
            (
                "PRAGMA synchronous = NORMAL",
                "PRAGMA synchronous = FULL",
                "synchronous = 1",
            ),
            (
                "PRAGMA synchronous = OFF",
                "PRAGMA synchronous = FULL",
                "synchronous = 0",
            ),
            (
                "PRAGMA foreign_keys = OFF",
                "PRAGMA foreign_keys = ON",
                "foreign_keys = 0",
            ),
        ] {
            connection.execute(weaker).await.unwrap();
            let refused = check_sqlite_settings(&mut connection)
                .await
                .unwrap_err()
                .to_string();
            assert!(refused.contains(said), "{refused}");
            connection.execute(back).await.unwrap();
            check_sqlite_settings(&mut connection).await.unwrap();
        }
    }

    /// Older versions could lose what two connections had committed:
    /// <https://sqlite.org/wal.html#walresetbug>.
    #[tokio::test]
    async fn the_bundled_sqlite_does_not_lose_its_wal() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/version.db?mode=rwc", folder.path().display());
        let database = Database::open(&url).await.unwrap();
        let version = sea_orm::Statement::from_string(DbBackend::Sqlite, "SELECT sqlite_version()");
        let row = database.reader().query_one_raw(version).await.unwrap();
        let version: String = row.unwrap().try_get_by_index(0).unwrap();
        let parts: Vec<u32> = version
            .split('.')
            .map(|part| part.parse().unwrap())
            .collect();
        assert!(parts.as_slice() >= [3, 51, 3].as_slice(), "{version}");
    }

    /// SQLite rolls a transaction back automatically if the disk is full. The driver's own rollback
    /// then fails, it considers the transaction open for ever, and what it commits later is never
    /// written.
    #[tokio::test]
    async fn what_is_committed_after_the_disk_was_full_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/full.db?mode=rwc", folder.path().display());
        let database = Database::open(&url).await.unwrap();
        let create = "CREATE TABLE t (x TEXT)";
        database
            .bare_writer()
            .execute_unprepared(create)
            .await
            .unwrap();
        for round in 1..=3_i64 {
            let much = "INSERT INTO t VALUES (hex(randomblob(100000)))";
            for savepoint in [false, true] {
                // The pragma is per connection, so it is set each time.
                let full = "PRAGMA max_page_count = 1";
                database
                    .bare_writer()
                    .execute_unprepared(full)
                    .await
                    .unwrap();
                let transaction = database.begin_write("test").await.unwrap();
                if savepoint {
                    let savepoint = super::savepoint(&transaction).await.unwrap();
                    savepoint.execute_unprepared(much).await.unwrap_err();
                } else {
                    transaction.execute_unprepared(much).await.unwrap_err();
                }
            }
            // An empty transaction, as with an event that is stored already.
            let transaction = database.begin_write("test").await.unwrap();
            transaction.rollback().await.unwrap();
            let transaction = database.begin_write("test").await.unwrap();
            let little = "INSERT INTO t VALUES ('little')";
            transaction.execute_unprepared(little).await.unwrap();
            transaction.commit().await.unwrap();
            let other = Database::open(&url).await.unwrap();
            let count =
                sea_orm::Statement::from_string(DbBackend::Sqlite, "SELECT count(*) FROM t");
            let row = other.reader().query_one_raw(count).await.unwrap().unwrap();
            assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), round);
        }
    }
}
