//! The one way to the database: a reader, a writer, and the only place where write transactions begin.
//!
//! SQLite has one writer. Its transactions begin `IMMEDIATE`, because one that turns from reader to writer half way fails at
//! once when another writes, however long the busy timeout. PostgreSQL has a few writers. Reads go through connections of
//! their own and never wait.
//!
//! What the shop relies on is set on every connection as it is made, and on SQLite read back: a database that does not keep
//! what it has confirmed is refused.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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

/// Connections to SQLite that read.
const SQLITE_READERS: u32 = 4;
/// Connections to PostgreSQL from one server that read.
const POSTGRES_READERS: u32 = 13;
/// Connections to PostgreSQL from one server that write, where nobody says otherwise.
///
/// Sales of one product stand in line for its row whatever the number is. In the pool a place in that line costs nothing; in
/// PostgreSQL each one keeps a snapshot open, so that the row's old versions pile up, and every sale has to walk past them.
/// On two cores, with PostgreSQL on the same machine, three took 650 orders a second, two 540, six 540 and sixteen 350; the 99th
/// percentile of the answers at 300 a second was 14 ms with three, and 35 ms with sixteen. More are worth it where each
/// statement first has to travel to another machine.
pub const POSTGRES_WRITERS: NonZeroU32 = NonZeroU32::new(3).unwrap();
/// How long one waits for a writer, in SQLite or in the pool, before the database counts as unavailable.
const WAIT: Duration = Duration::from_secs(10);
/// Within this time a database that is ready says so.
const READY_TIMEOUT: Duration = Duration::from_secs(3);
/// How often one looks for connections that are shared: with others at the same pooler, one look
/// might miss it.
const PROBES: usize = 4;
/// How often one asks again for a SQLite file that another process has to itself, and for a
/// PostgreSQL that is not there yet.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What the writer of SQLite keeps of the file, in KiB (negative, as SQLite wants it): 64 MiB. The indexes of a million orders
/// are larger, but their upper pages, and those at which they grow, stay in it; in SQLite's own 2 MiB they would not.
const WRITER_CACHE: &str = "-65536";

/// What every connection to PostgreSQL begins with.
///
/// The rules of the shop are written for READ COMMITTED. Nobody waits for a lock longer than for SQLite's writer, and a
/// server that is frozen inside a transaction does not keep its locks for ever. `synchronous_commit` may be stricter than
/// `on`, but where it is switched off for the role or the database it is switched on again. Where
/// nobody has said how the disk reads, none that turns is assumed: plans then keep to the index while a table is still small.
const POSTGRES_SETTINGS: &str = "SET default_transaction_isolation = 'read committed';
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '60s';
    SELECT set_config('random_page_cost', '1.1', false) FROM pg_settings WHERE name = 'random_page_cost' AND source = 'default';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';";

/// What SQLite must say of every connection: the pragma, its value, and the value's name.
const SQLITE_SETTINGS: [(&str, &str, &str); 3] = [
    ("journal_mode", "wal", "WAL"),
    ("synchronous", "2", "FULL (2)"),
    ("foreign_keys", "1", "ON (1)"),
];

/// The database could not be opened as the shop needs it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It could not be reached, or refused us.
    #[error("the database could not be opened")]
    Connect(#[from] DbErr),
    /// A PostgreSQL on another machine offers no TLS, or its certificate is not to be trusted.
    #[error(
        "PostgreSQL on another machine is spoken to over TLS with a verified certificate only, and that failed. In DATABASE_URL, name your own certificate authority by sslrootcert=/path/ca.pem, or, on a network that you trust, allow clear text by sslmode=disable"
    )]
    Tls(#[source] DbErr),
    /// PostgreSQL is not there, or does not answer.
    #[error("PostgreSQL at {0} cannot be reached")]
    Unreachable(String, #[source] std::io::Error),
    /// PostgreSQL is there and takes no connection: its own words.
    #[error("PostgreSQL at {0} refuses the connection: {1}")]
    Refused(String, String),
    /// A pooler in between wants to be told of what the driver says first.
    #[error(
        "the pooler before PostgreSQL at {0} refuses the connection: {1}. pgbouncer takes it with ignore_startup_parameters = extra_float_digits"
    )]
    StartupParameter(String, String),
    /// A pooler in between gives one connection of PostgreSQL to several clients.
    #[error(
        "PostgreSQL at {0} is reached through a pooler that lends each transaction another connection (pgbouncer with pool_mode = transaction). Till needs connections of its own, because what it sets on one would reach others: name PostgreSQL itself in DATABASE_URL, or set pool_mode = session for this database"
    )]
    SharedConnections(String),
    /// SQLite would not keep what it has confirmed, or not the rules of the tables.
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

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Connect(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))
    }
}

fn about_tls(error: DbErr) -> OpenError {
    let tls = |cause: &sqlx::Error| match cause {
        sqlx::Error::Tls(_) => true,
        // What rustls refuses during the handshake.
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
    /// One connection, for nothing but [`Database::ready`]: it waits for no shopper, and no shopper
    /// for it.
    watcher: DatabaseConnection,
    /// The last attempt to write something failed because of the database.
    write_failed: Arc<AtomicBool>,
}

impl Database {
    /// Opens the database at a `sqlite:` or `postgres:` address.
    ///
    /// # Errors
    /// [`OpenError`] where it cannot be reached, or where SQLite would not be durable.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, POSTGRES_WRITERS).await
    }

    /// Opens the database, with so many connections that write if it is PostgreSQL. SQLite has one.
    ///
    /// # Errors
    /// [`OpenError`] where it cannot be reached, or where SQLite would not be durable.
    pub async fn open_with(url: &str, writers: NonZeroU32) -> Result<Self, OpenError> {
        // The reader's connections could not write if they were asked to.
        let (writer, reader, watcher) = if url.starts_with("sqlite:") {
            prove_sqlite(url).await?;
            (
                sea_orm::Database::connect(sqlite(url, 1, Access::Write)).await?,
                sea_orm::Database::connect(sqlite(url, SQLITE_READERS, Access::Read)).await?,
                sea_orm::Database::connect(watching(sqlite(url, 1, Access::Read))).await?,
            )
        } else {
            prove_postgres(url).await?;
            let writer = postgres(url, writers.get(), Access::Write);
            (
                sea_orm::Database::connect(writer)
                    .await
                    .map_err(about_tls)?,
                sea_orm::Database::connect(postgres(url, POSTGRES_READERS, Access::Read)).await?,
                // With the settings of the writers: it is to see what they would meet.
                sea_orm::Database::connect(watching(postgres(url, 1, Access::Write))).await?,
            )
        };
        Ok(Self {
            writer,
            reader,
            watcher,
            write_failed: Arc::default(),
        })
    }

    /// For reading. What another connection has committed is visible at once.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The writer's connections themselves, for measurements and for tests that weaken them. The shop writes inside
    /// [`Database::begin_write`].
    #[must_use]
    pub fn bare_writer(&self) -> &DatabaseConnection {
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

    /// Begins a transaction that reads everything as it is at one moment, however long it takes and
    /// whoever writes meanwhile. Nobody waits for it, but what it still sees is kept for it: in
    /// SQLite's log, or as dead rows in PostgreSQL.
    ///
    /// # Errors
    /// Where the database is not there.
    pub async fn begin_snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let postgres = self.reader.get_database_backend() == DbBackend::Postgres;
        self.reader
            .begin_with_options(TransactionOptions {
                // SQLite knows no other than these.
                isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
                access_mode: postgres.then_some(AccessMode::ReadOnly),
                ..Default::default()
            })
            .await
    }

    /// Begins a write transaction that has `what` to itself among all servers, for as long as it takes to get it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn begin_alone(&self, what: Alone) -> Result<DatabaseTransaction, DbErr> {
        if self.writer.get_database_backend() == DbBackend::Sqlite {
            // A transaction has the whole file to itself. Another process may need longer than one wait for its own.
            let mut begun = self.begin_write().await;
            for _ in 0..what.patience() {
                match &begun {
                    Err(error) if is_busy(error) => begun = self.begin_write().await,
                    _ => break,
                }
            }
            return begun;
        }
        let transaction = self.begin_write().await?;
        let key = what.key();
        transaction
            .execute_unprepared(&format!(
                "SET LOCAL lock_timeout = '5min'; SELECT pg_advisory_xact_lock({key}); SET LOCAL lock_timeout = '10s'"
            ))
            .await?;
        Ok(transaction)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.reader.ping().await
    }

    /// Whether the database answers at once, could be written to, and has taken what was written
    /// last.
    ///
    /// Asked on a connection of its own, and without a lock: writers that are busy, or wait for
    /// each other, are no trouble. SQLite has nothing to ask whether it would take a write, without
    /// taking its turn among the writers; there, as with a full disk, the last real write tells,
    /// and the jobs' leases are written every few seconds.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn ready(&self) -> Result<(), DbErr> {
        tokio::time::timeout(READY_TIMEOUT, self.ask_watcher())
            .await
            .map_err(|_| DbErr::Custom("no answer in time".to_owned()))??;
        if self.write_failed.load(Ordering::Relaxed) {
            return Err(DbErr::Custom("the last write failed".to_owned()));
        }
        Ok(())
    }

    async fn ask_watcher(&self) -> Result<(), DbErr> {
        let backend = self.watcher.get_database_backend();
        // SQLite reads from the file, and PostgreSQL says whether it is a standby or was made
        // read-only.
        let ask = match backend {
            DbBackend::Sqlite => "SELECT count(*) = 0 FROM sqlite_schema",
            _ => "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'",
        };
        let row = self
            .watcher
            .query_one_raw(Statement::from_string(backend, ask))
            .await?;
        match row.map(|row| row.try_get_by_index(0)).transpose()? {
            Some(false) => Ok(()),
            _ => Err(DbErr::Custom("the database takes no writes".to_owned())),
        }
    }

    /// The connection of [`Database::ready`], for what else is to be asked without waiting for
    /// shoppers.
    #[must_use]
    pub fn watcher(&self) -> &DatabaseConnection {
        &self.watcher
    }

    /// Notes how a write has ended that the database alone could make fail, for [`Database::ready`].
    pub fn note_write(&self, written: bool) {
        self.write_failed.store(!written, Ordering::Relaxed);
    }

    /// Notes that a write of a job has failed. One that only waited too long says nothing: a shop
    /// that is busy is ready, and whether the database can be reached is asked for itself.
    pub fn note_failed_write(&self, error: &DbErr) {
        if !waited_too_long(error) {
            self.note_write(false);
        }
    }

    /// Closes every connection; SQLite folds its log into the file.
    ///
    /// # Errors
    /// Where a connection cannot be closed in order.
    pub async fn close(self) -> Result<(), DbErr> {
        self.watcher.close().await?;
        self.reader.close().await?;
        self.writer.close().await
    }
}

/// What only one server may be at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// Bringing the tables up to date.
    Migration,
    /// Reading the catalog from a file.
    Import,
}

impl Alone {
    /// The key of PostgreSQL's advisory lock: arbitrary numbers that other programs hardly use.
    fn key(self) -> i64 {
        match self {
            Self::Migration => 7_418_001,
            Self::Import => 7_418_002,
        }
    }

    /// Further waits for SQLite's writer, of [`WAIT`] each.
    fn patience(self) -> usize {
        match self {
            Self::Migration => 29,
            Self::Import => 2,
        }
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
        .acquire_timeout(WAIT)
        .sqlx_logging(false);
    // Connections live as long as the server: nothing expires while a shopper waits.
    options
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>);
    options
}

/// Gives up as soon as [`Database::ready`] does.
fn watching(mut options: ConnectOptions) -> ConnectOptions {
    options.acquire_timeout(READY_TIMEOUT);
    options
}

fn postgres(url: &str, connections: u32, access: Access) -> ConnectOptions {
    let url = driver_url(url);
    let mut options = options(&url, connections);
    if encrypts_by_default(&url, says_ssl_mode()) {
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

/// The address as the driver knows it, where both names are in use.
fn driver_url(url: &str) -> String {
    url.strip_prefix("postgresql:")
        .map_or_else(|| url.to_owned(), |rest| format!("postgres:{rest}"))
}

/// Whether `PGSSLMODE` is a mode. The driver takes its own default, clear text, where it is none.
fn says_ssl_mode() -> bool {
    std::env::var("PGSSLMODE").is_ok_and(|mode| mode.parse::<PgSslMode>().is_ok())
}

/// Connects to PostgreSQL once, to say in plain words why it does not work: a pool only says that
/// it has waited. Also refuses a pooler that would mix up what connections are set to.
async fn prove_postgres(url: &str) -> Result<(), OpenError> {
    let url = driver_url(url);
    let mut options: PgConnectOptions = url.parse()?;
    if encrypts_by_default(&url, says_ssl_mode()) {
        options = options.ssl_mode(PgSslMode::VerifyFull);
    }
    let name = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let first = connect_postgres(&options, &name).await?;
    let second = connect_postgres(&options, &name).await?;
    match share_connections(first, second).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(OpenError::SharedConnections(name)),
        Err(error) => Err(refused(error, &name)),
    }
}

/// Connects as soon as PostgreSQL is there: it may be starting as well.
async fn connect_postgres(
    options: &PgConnectOptions,
    name: &str,
) -> Result<PgConnection, OpenError> {
    let deadline = tokio::time::Instant::now() + WAIT;
    let mut last = None;
    loop {
        let connecting = PgConnection::connect_with(options);
        let Ok(connected) = tokio::time::timeout_at(deadline, connecting).await else {
            let late = || std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer in time");
            // What it said before it said nothing tells more.
            return Err(match last {
                Some(error) => refused(error, name),
                None => OpenError::Unreachable(name.to_owned(), late()),
            });
        };
        match connected {
            Ok(connection) => return Ok(connection),
            Err(error) if is_starting(&error) && tokio::time::Instant::now() < deadline => {
                last = Some(error);
                tokio::time::sleep(LOOK_AGAIN_AFTER).await;
            }
            Err(error) => return Err(refused(error, name)),
        }
    }
}

/// Whether PostgreSQL may be there in a moment.
fn is_starting(error: &sqlx::Error) -> bool {
    // <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    const CANNOT_CONNECT_NOW: &str = "57P03";
    match error {
        // What rustls refuses stays so.
        sqlx::Error::Io(io) => io.kind() != std::io::ErrorKind::InvalidData,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code == CANNOT_CONNECT_NOW),
        _ => false,
    }
}

/// Why PostgreSQL took no connection.
fn refused(error: sqlx::Error, name: &str) -> OpenError {
    let name = name.to_owned();
    match error {
        sqlx::Error::Io(io) if io.kind() != std::io::ErrorKind::InvalidData => {
            OpenError::Unreachable(name, io)
        }
        sqlx::Error::Database(error) => {
            let said = error.message().to_owned();
            if said.contains("startup parameter") {
                OpenError::StartupParameter(name, said)
            } else {
                OpenError::Refused(name, said)
            }
        }
        other => about_tls(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(other)))),
    }
}

/// Whether two clients get the same connection of PostgreSQL in turn, as from a pooler that lends
/// one for each transaction: what one of them sets, the other finds, or the first finds no more.
async fn share_connections(
    mut first: PgConnection,
    mut second: PgConnection,
) -> Result<bool, sqlx::Error> {
    const FIND: &str = "SELECT coalesce(current_setting('till.probe', true), '')";
    let mut shared = false;
    for round in 0..PROBES {
        let mut random = [0; 8];
        // Without randomness the round is as good, unless another server probes at the same time.
        let _ = getrandom::fill(&mut random);
        let mark = format!("{}-{round}", hex::encode(random));
        let set = format!("SELECT set_config('till.probe', '{mark}', false)");
        first.execute(AssertSqlSafe(set)).await?;
        // Until its end, the transaction keeps the connection that it got.
        second.execute("BEGIN").await?;
        let by_second = second.fetch_one(FIND).await?;
        let by_first = first.fetch_one(FIND).await?;
        second.execute("ROLLBACK").await?;
        let found = |row| sqlx::Row::try_get_unchecked::<String, _>(row, 0);
        if found(&by_second)? == mark || found(&by_first)? != mark {
            shared = true;
            break;
        }
    }
    first.close().await?;
    second.close().await?;
    Ok(shared)
}

/// Whether PostgreSQL at this address is spoken to over TLS with a verified certificate although
/// nobody has said so: on another machine, where its password and every order would otherwise
/// travel in clear text. `said` is true where the environment names a valid mode (`PGSSLMODE`).
///
/// PostgreSQL's own default, `prefer`, falls back to clear text without a word
/// (<https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION>).
fn encrypts_by_default(url: &str, said: bool) -> bool {
    let Ok(parsed) = url::Url::parse(url) else {
        return false;
    };
    let names_a_mode = |name: &str| matches!(name, "sslmode" | "ssl-mode");
    if said || parsed.query_pairs().any(|(name, _)| names_a_mode(&name)) {
        return false;
    }
    url.parse::<PgConnectOptions>()
        .is_ok_and(|options| options.get_socket().is_none() && !is_this_machine(options.get_host()))
}

/// Whether a host's name is this machine's, whoever answers for names.
fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<std::net::IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        // A path is the folder of a socket.
        Err(_) => host.is_empty() || host.starts_with('/') || host == "localhost",
    }
}

fn sqlite(url: &str, connections: u32, access: Access) -> ConnectOptions {
    let mut options = options(url, connections);
    options.map_sqlx_sqlite_opts(move |sqlite| sqlite_settings(sqlite, access));
    options.map_sqlx_sqlite_pool_opts(|pool| {
        // Also connections that are made later, in the place of lost ones.
        let pool = pool.after_connect(|connection, _| {
            Box::pin(async move {
                check_sqlite(connection)
                    .await
                    .map_err(|error| sqlx::Error::Configuration(Box::new(error)))
            })
        });
        // SQLite ends a transaction by itself where the disk is full or fails. The driver's rollback is then refused, so that
        // it believes to be inside that transaction for ever: its commits would only end savepoints, and what they confirm
        // would never be written. Such a connection is given up, and another takes its place.
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
        .busy_timeout(WAIT);
    match access {
        Access::Read => sqlite.pragma("query_only", "ON"),
        Access::Write => sqlite.pragma("cache_size", WRITER_CACHE),
    }
}

/// Opens a SQLite database once as the shop will, to refuse it in plain words where it does not keep to the settings.
async fn prove_sqlite(url: &str) -> Result<(), OpenError> {
    let options: SqliteConnectOptions = url.parse()?;
    let options = sqlite_settings(options, Access::Write);
    let deadline = tokio::time::Instant::now() + WAIT;
    let mut connection = loop {
        // Several processes may be at a new file at once, and SQLite turns to its log without waiting for the others.
        match SqliteConnection::connect_with(&options).await {
            Err(error) if is_sqlite_busy(&error) && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(LOOK_AGAIN_AFTER).await;
            }
            connected => break connected?,
        }
    };
    check_sqlite(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Refuses a connection that does not keep to the settings.
async fn check_sqlite(connection: &mut SqliteConnection) -> Result<(), OpenError> {
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

/// Whether another connection has the SQLite file to itself.
#[must_use]
pub fn is_sqlite_busy(error: &sqlx::Error) -> bool {
    // The low byte is the kind: <https://www.sqlite.org/rescode.html>. 5 is SQLITE_BUSY, 6 is SQLITE_LOCKED.
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

/// Whether a write failed because others were writing all the time.
fn waited_too_long(error: &DbErr) -> bool {
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    /// A database with two tables that have one rule of each kind. `TEST_DATABASE=postgres` takes the one at
    /// `TEST_POSTGRES_URL`, where the tables are gone with the transaction; otherwise it is a file of its own.
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
        CREATE TEMPORARY TABLE thing (id VARCHAR(4) PRIMARY KEY, pieces BIGINT NOT NULL CHECK (pieces >= 0), kind VARCHAR(4) REFERENCES kind (id));
        INSERT INTO thing VALUES ('a', 1, NULL)";

    /// How the database refuses a statement.
    async fn refusal(database: &Database, sql: &str) -> DbErr {
        let transaction = database.begin_write().await.unwrap();
        transaction.execute_unprepared(TABLES).await.unwrap();
        let refusal = transaction.execute_unprepared(sql).await.unwrap_err();
        let _ = transaction.rollback().await;
        refusal
    }

    #[test]
    fn only_a_postgresql_on_this_machine_is_spoken_to_in_clear_text_unless_said_otherwise() {
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

    /// On Linux 0.0.0.0 leads to this machine, but does not say so.
    #[tokio::test]
    async fn a_postgresql_elsewhere_reads_nothing_in_clear_text() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let read = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut first = [0; 8];
            stream.read_exact(&mut first).await.unwrap();
            // It has no TLS to offer.
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
    async fn what_breaks_a_rule_of_the_tables_would_fail_again() {
        let folder = tempfile::tempdir().unwrap();
        let (database, postgres) = database(&folder).await;
        let mut broken = vec![
            "INSERT INTO thing VALUES ('a', 1, NULL)",
            "INSERT INTO thing VALUES ('b', -1, NULL)",
            "INSERT INTO thing VALUES ('b', NULL, NULL)",
            "INSERT INTO thing VALUES ('b', 1, 'none')",
        ];
        if postgres {
            // SQLite has no lengths, and stores any text.
            broken.push("INSERT INTO thing VALUES ('longer', 1, NULL)");
        }
        for sql in broken {
            let error = refusal(&database, sql).await;
            assert!(is_lasting(&error), "{sql}: {error}");
        }
        if postgres {
            let transaction = database.begin_write().await.unwrap();
            let nul = sea_orm::Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT $1::text",
                ["\0".into()],
            );
            let error = transaction.execute_raw(nul).await.unwrap_err();
            assert!(is_lasting(&error), "{error}");
        }
    }

    #[tokio::test]
    async fn trouble_of_the_database_itself_passes() {
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
            let holder = database.begin_write().await.unwrap();
            holder
                .execute_unprepared("SELECT pg_advisory_xact_lock(77)")
                .await
                .unwrap();
            let wait = "SET LOCAL lock_timeout = '10ms'; SELECT pg_advisory_xact_lock(77)";
            let waited = refusal(&database, wait).await;
            assert!(waited_too_long(&waited), "{waited}");
            assert!(!waited_too_long(&trouble[0]), "a full disk");
            trouble.push(waited);
        } else {
            let writer = database.bare_writer();
            writer
                .execute_unprepared("CREATE TABLE t (x TEXT); PRAGMA busy_timeout = 10")
                .await
                .unwrap();
            let url = format!("sqlite://{}/rules.db", folder.path().display());
            let other = Database::open(&url).await.unwrap();
            let holder = other.begin_write().await.unwrap();
            let waited = database.begin_write().await.unwrap_err();
            assert!(waited_too_long(&waited), "{waited}");
            trouble.push(waited);
            holder.rollback().await.unwrap();
            writer
                .execute_unprepared("PRAGMA max_page_count = 1")
                .await
                .unwrap();
            let much = "INSERT INTO t VALUES (hex(randomblob(100000)))";
            let full = writer.execute_unprepared(much).await.unwrap_err();
            assert!(!waited_too_long(&full), "{full}");
            trouble.push(full);
        }
        for error in trouble {
            assert!(!is_lasting(&error), "{error}");
        }
    }

    #[tokio::test]
    async fn a_connection_with_less_than_every_setting_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/weak.db?mode=rwc", folder.path().display());
        let options: SqliteConnectOptions = url.parse().unwrap();
        let mut connection =
            SqliteConnection::connect_with(&sqlite_settings(options, Access::Write))
                .await
                .unwrap();
        check_sqlite(&mut connection).await.unwrap();
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
            let refused = check_sqlite(&mut connection).await.unwrap_err().to_string();
            assert!(refused.contains(said), "{refused}");
            connection.execute(back).await.unwrap();
            check_sqlite(&mut connection).await.unwrap();
        }
    }

    /// Older ones could lose what two connections had committed: <https://sqlite.org/wal.html#walresetbug>.
    #[tokio::test]
    async fn the_sqlite_that_is_built_in_keeps_its_log() {
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

    /// SQLite ends a transaction by itself where the disk is full. The driver's own rollback then fails, it believes
    /// to be inside a transaction for ever, and what it confirms from the next rollback on is never written.
    #[tokio::test]
    async fn what_is_confirmed_after_the_disk_was_full_is_there() {
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
                // Of one connection, so each is told anew.
                let full = "PRAGMA max_page_count = 1";
                database
                    .bare_writer()
                    .execute_unprepared(full)
                    .await
                    .unwrap();
                let transaction = database.begin_write().await.unwrap();
                if savepoint {
                    let savepoint = transaction.begin().await.unwrap();
                    savepoint.execute_unprepared(much).await.unwrap_err();
                } else {
                    transaction.execute_unprepared(much).await.unwrap_err();
                }
            }
            // Nothing new came of this one, as with an event that was there already.
            let transaction = database.begin_write().await.unwrap();
            transaction.rollback().await.unwrap();
            let transaction = database.begin_write().await.unwrap();
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
