//! Copies a shop from one database into another, SQLite or PostgreSQL: for backups, for restoring
//! them, and for a move.
//!
//! Everything is read from one snapshot, even while the shop is selling, and written in one
//! transaction: all or nothing. Rows are transferred as JSON arrays, which both databases write and
//! parse natively; only times, and on PostgreSQL the types, are converted. Before the transaction
//! commits, the number of rows in each table and the sum over each column are compared.

use std::fmt;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryResult, Statement};
use till_core::money::CurrencyCode;

use super::tables::{Contents, MIGRATIONS_TABLE, TABLES};
use super::{AdvisoryLock, Database, WriteTransaction};

/// Rows per batch. An event may have 256 KiB.
const BATCH: u32 = 250;
/// Rows per batch of a table with files, each of which may have some hundred kB, twice that in hex.
const FILE_BATCH: u32 = 20;
/// The cursor for reading from PostgreSQL.
const CURSOR: &str = "till_copy";

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the databases failed.
    #[error("the {0} database failed")]
    Database(Side, #[source] DbErr),
    /// The target is not empty.
    #[error("the database is not empty: it has rows in \"{0}\"")]
    NotEmpty(&'static str),
    /// A table is not as this version of Till creates it.
    #[error("the table \"{table}\" of the {side} database is not as Till creates it: {what}")]
    Schema {
        /// Of which database.
        side: Side,
        /// Which table.
        table: String,
        /// What is wrong.
        what: String,
    },
    /// The copy differs from the source.
    #[error("the copy of \"{table}\" differs in {what}: {read} read, {written} written")]
    Mismatch {
        /// Which table.
        table: &'static str,
        /// The rows, or the sum over a column.
        what: String,
        /// In the source.
        read: String,
        /// In the copy.
        written: String,
    },
}

/// One of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that is read.
    Source,
    /// The one that is written.
    Target,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Target => "target",
        })
    }
}

/// What was copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyReport {
    /// Rows of each table.
    pub tables: Vec<(&'static str, u64)>,
    /// Totals of the copied orders, by currency.
    pub orders: Vec<OrderTotal>,
    /// Tables that are not the shop's; they are not copied.
    pub foreign_tables: Vec<String>,
}

impl CopyReport {
    /// Rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// The orders of one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTotal {
    /// The lower-case ISO 4217 code.
    pub currency: CurrencyCode,
    /// Their number.
    pub orders: i64,
    /// Sum of their totals, in minor units.
    pub amount_total: i64,
}

/// Copies every table into a database with the same tables and no shop data. `progress` is called
/// with the name of each table and the number of its rows copied so far.
///
/// # Errors
/// [`CopyError`]; nothing was written then.
pub async fn copy(
    source: &Database,
    target: &Database,
    mut progress: impl FnMut(&'static str, u64),
) -> Result<CopyReport, CopyError> {
    let read = |error| CopyError::Database(Side::Source, error);
    let written = |error| CopyError::Database(Side::Target, error);
    let snapshot = source.begin_snapshot().await.map_err(read)?;
    // A server that starts on the target meanwhile waits for this lock.
    let target = target
        .begin_with_lock(AdvisoryLock::Migration)
        .await
        .map_err(written)?;
    for table in TABLES {
        if table.contents == Contents::ShopData && has_rows(&target, table.name).await? {
            return Err(CopyError::NotEmpty(table.name));
        }
    }
    for table in TABLES.iter().rev() {
        let delete = format!("DELETE FROM \"{}\"", table.name);
        target.execute_unprepared(&delete).await.map_err(written)?;
    }
    let mut report = CopyReport {
        foreign_tables: foreign_tables(&snapshot).await.map_err(read)?,
        ..CopyReport::default()
    };
    let mut sums = Vec::new();
    for table in TABLES {
        if table.contents == Contents::Transient {
            continue;
        }
        let columns = columns(&snapshot, &target, table.name).await?;
        progress(table.name, 0);
        let mut reader = Reader::open(&snapshot, table.name, &columns)
            .await
            .map_err(read)?;
        let insert_statement =
            insert_statement(target.get_database_backend(), table.name, &columns);
        let mut rows = 0;
        loop {
            let batch = reader.next(&snapshot).await.map_err(read)?;
            if batch.is_empty() {
                break;
            }
            rows += u64::try_from(batch.len()).unwrap_or(u64::MAX);
            let values = format!("[{}]", batch.join(","));
            let statement = Statement::from_sql_and_values(
                target.get_database_backend(),
                &insert_statement,
                [values.into()],
            );
            target.execute_raw(statement).await.map_err(written)?;
            progress(table.name, rows);
        }
        reader.close(&snapshot).await.map_err(read)?;
        if let Some(last) = last_sequence_value(&snapshot, table.name, &columns)
            .await
            .map_err(read)?
        {
            advance_sequence(&target, table.name, last)
                .await
                .map_err(written)?;
        }
        let summed = sums_of(&snapshot, table.name, &columns)
            .await
            .map_err(read)?;
        report.tables.push((table.name, rows));
        sums.push((table.name, columns, summed));
    }
    // Ends the snapshot, so that the source need not keep old data any longer.
    snapshot.rollback().await.map_err(read)?;
    for (table, columns, read) in sums {
        let copied = sums_of(&target, table, &columns).await.map_err(written)?;
        check_sums(table, &columns, &read, &copied)?;
    }
    report.orders = order_totals(&target).await.map_err(written)?;
    target.commit().await.map_err(written)?;
    Ok(report)
}

/// Whether a table in the target has rows.
async fn has_rows(target: &WriteTransaction, table: &str) -> Result<bool, CopyError> {
    let select = format!("SELECT 1 FROM \"{table}\" LIMIT 1");
    let row = query_one(target, &select).await;
    Ok(row
        .map_err(|error| CopyError::Database(Side::Target, error))?
        .is_some())
}

async fn query_one(
    connection: &impl ConnectionTrait,
    select: &str,
) -> Result<Option<QueryResult>, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), select);
    connection.query_one_raw(statement).await
}

async fn query_all(
    connection: &impl ConnectionTrait,
    select: &str,
) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), select);
    connection.query_all_raw(statement).await
}

// ---- Columns ----

/// The kind of values in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ColumnKind {
    Integer,
    Text,
    Boolean,
    Time,
    Bytes,
}

impl ColumnKind {
    /// The kind for a column type as the database names it.
    fn of(r#type: &str) -> Option<Self> {
        let name = r#type.to_ascii_lowercase();
        let begins = |with: &[&str]| with.iter().any(|with| name.starts_with(with));
        // SeaORM's name for SQLite's times ends in "text".
        Some(if begins(&["timestamp"]) {
            Self::Time
        } else if begins(&["varchar", "character varying", "text"]) {
            Self::Text
        } else if begins(&["bool"]) {
            Self::Boolean
        } else if begins(&["bigint", "integer"]) {
            Self::Integer
        } else if begins(&["blob", "bytea"]) {
            Self::Bytes
        } else {
            return None;
        })
    }

    /// The SQL expression for a column's value in JSON.
    fn read_expression(self, backend: DbBackend, column: &str) -> String {
        match (self, backend) {
            // RFC 3339, as SQLite stores times.
            (Self::Time, DbBackend::Postgres) => format!(
                "to_char({column} AT TIME ZONE 'UTC', \
                 CASE WHEN date_trunc('second', {column}) = {column} \
                 THEN 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"' \
                 ELSE 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"' END)"
            ),
            (Self::Bytes, DbBackend::Postgres) => format!("encode({column}, 'hex')"),
            (Self::Bytes, _) => format!("hex({column})"),
            _ => column.to_owned(),
        }
    }

    /// The SQL expression for a column's value from the JSON array `item`.
    fn write_expression(self, backend: DbBackend, index: usize) -> String {
        let value = format!("item ->> {index}");
        let r#type = match self {
            Self::Bytes if backend == DbBackend::Sqlite => return format!("unhex({value})"),
            Self::Bytes => return format!("decode({value}, 'hex')"),
            _ if backend == DbBackend::Sqlite => return value,
            Self::Text => return value,
            Self::Integer => "bigint",
            Self::Boolean => "boolean",
            Self::Time => "timestamptz",
        };
        format!("({value})::{type}")
    }

    /// The SQL expression for the sum over a column, as text: of numbers, lengths of text or bytes,
    /// or seconds.
    fn sum_expression(self, backend: DbBackend, column: &str) -> String {
        let summed = match (self, backend) {
            (Self::Text | Self::Bytes, _) => format!("length({column})"),
            (Self::Boolean, DbBackend::Postgres) => format!("{column}::integer"),
            (Self::Integer | Self::Boolean, _) => column.to_owned(),
            (Self::Time, DbBackend::Postgres) => format!("floor(extract(epoch FROM {column}))"),
            (Self::Time, _) => format!("unixepoch({column})"),
        };
        format!("CAST(coalesce(sum({summed}), 0) AS TEXT) || '/' || count({column})")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    kind: ColumnKind,
}

impl Column {
    fn quoted(&self) -> String {
        format!("\"{}\"", self.name)
    }
}

/// The columns of a table, which must be the same on both sides.
async fn columns(
    source: &DatabaseTransaction,
    target: &WriteTransaction,
    table: &str,
) -> Result<Vec<Column>, CopyError> {
    let read = columns_of(source, Side::Source, table).await?;
    let mut written = columns_of(target, Side::Target, table).await?;
    for column in &read {
        let Some(at) = written.iter().position(|known| known == column) else {
            return Err(CopyError::Schema {
                side: Side::Source,
                table: table.to_owned(),
                what: format!("the column \"{}\" is unknown", column.name),
            });
        };
        written.swap_remove(at);
    }
    match written.first() {
        None => Ok(read),
        Some(missing) => Err(CopyError::Schema {
            side: Side::Source,
            table: table.to_owned(),
            what: format!("the column \"{}\" is missing", missing.name),
        }),
    }
}

async fn columns_of(
    connection: &impl ConnectionTrait,
    side: Side,
    table: &str,
) -> Result<Vec<Column>, CopyError> {
    let select = match connection.get_database_backend() {
        DbBackend::Sqlite => format!("SELECT name, type FROM pragma_table_info('{table}')"),
        _ => format!(
            "SELECT column_name::text, data_type::text FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{table}' \
             AND is_generated = 'NEVER' ORDER BY ordinal_position"
        ),
    };
    let failed = |error| CopyError::Database(side, error);
    let mut columns = Vec::new();
    for row in query_all(connection, &select).await.map_err(failed)? {
        let name: String = row.try_get_by_index(0).map_err(failed)?;
        let r#type: String = row.try_get_by_index(1).map_err(failed)?;
        let Some(kind) = ColumnKind::of(&r#type) else {
            return Err(CopyError::Schema {
                side,
                table: table.to_owned(),
                what: format!("the column \"{name}\" has the unknown type {type}"),
            });
        };
        columns.push(Column { name, kind });
    }
    if columns.is_empty() {
        return Err(CopyError::Schema {
            side,
            table: table.to_owned(),
            what: "it is missing".to_owned(),
        });
    }
    Ok(columns)
}

// ---- Rows ----

/// Reads a table, a batch of rows at a time.
struct Reader {
    select: String,
    /// SQLite: the `rowid` of the last row that was read.
    after: i64,
}

impl Reader {
    async fn open(
        snapshot: &DatabaseTransaction,
        table: &str,
        columns: &[Column],
    ) -> Result<Self, DbErr> {
        let backend = snapshot.get_database_backend();
        let has_files = columns
            .iter()
            .any(|column| column.kind == ColumnKind::Bytes);
        let batch = if has_files { FILE_BATCH } else { BATCH };
        let values: Vec<String> = columns
            .iter()
            .map(|column| column.kind.read_expression(backend, &column.quoted()))
            .collect();
        let values = values.join(", ");
        let select = if backend == DbBackend::Sqlite {
            format!(
                "SELECT json_array({values}), rowid FROM \"{table}\" WHERE rowid > ? \
                 ORDER BY rowid LIMIT {batch}"
            )
        } else {
            let declare = format!(
                "DECLARE {CURSOR} NO SCROLL CURSOR FOR \
                 SELECT json_build_array({values})::text FROM \"{table}\""
            );
            snapshot.execute_unprepared(&declare).await?;
            format!("FETCH FORWARD {batch} FROM {CURSOR}")
        };
        Ok(Self {
            select,
            after: i64::MIN,
        })
    }

    /// Returns the next rows, each as a JSON array; none after the last.
    async fn next(&mut self, snapshot: &DatabaseTransaction) -> Result<Vec<String>, DbErr> {
        let backend = snapshot.get_database_backend();
        let statement = if backend == DbBackend::Sqlite {
            Statement::from_sql_and_values(backend, &self.select, [self.after.into()])
        } else {
            Statement::from_string(backend, &self.select)
        };
        let rows = snapshot.query_all_raw(statement).await?;
        if backend == DbBackend::Sqlite
            && let Some(last) = rows.last()
        {
            self.after = last.try_get_by_index(1)?;
        }
        rows.iter().map(|row| row.try_get_by_index(0)).collect()
    }

    async fn close(self, snapshot: &DatabaseTransaction) -> Result<(), DbErr> {
        if snapshot.get_database_backend() == DbBackend::Postgres {
            let close = format!("CLOSE {CURSOR}");
            snapshot.execute_unprepared(&close).await?;
        }
        Ok(())
    }
}

/// The statement that inserts rows from a JSON array of arrays.
fn insert_statement(backend: DbBackend, table: &str, columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(Column::quoted).collect();
    let values: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| column.kind.write_expression(backend, index))
        .collect();
    let rows = match backend {
        DbBackend::Sqlite => "(SELECT value AS item FROM json_each(?))",
        _ => "json_array_elements($1::json) AS items(item)",
    };
    format!(
        "INSERT INTO \"{table}\" ({}) SELECT {} FROM {rows}",
        names.join(", "),
        values.join(", ")
    )
}

// ---- Sequences ----

/// The last id that a table's sequence has generated. `None` if the table has no sequence.
async fn last_sequence_value(
    connection: &impl ConnectionTrait,
    table: &str,
    columns: &[Column],
) -> Result<Option<i64>, DbErr> {
    if !columns.iter().any(|column| column.name == "id") {
        return Ok(None);
    }
    if connection.get_database_backend() == DbBackend::Sqlite {
        let select = format!(
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = '{table}'), 0) \
             FROM sqlite_schema WHERE type = 'table' AND name = '{table}' \
             AND upper(sql) LIKE '%AUTOINCREMENT%'"
        );
        let row = query_one(connection, &select).await?;
        return row.map(|row| row.try_get_by_index(0)).transpose();
    }
    let Some(sequence_name) = sequence_name(connection, table).await? else {
        return Ok(None);
    };
    let select = format!(
        "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence_name}"
    );
    let row = query_one(connection, &select).await?;
    row.map(|row| row.try_get_by_index(0)).transpose()
}

/// The name of a table's sequence in PostgreSQL.
async fn sequence_name(
    connection: &impl ConnectionTrait,
    table: &str,
) -> Result<Option<String>, DbErr> {
    let select = format!("SELECT pg_get_serial_sequence('\"{table}\"', 'id')");
    match query_one(connection, &select).await? {
        Some(row) => row.try_get_by_index(0),
        None => Ok(None),
    }
}

/// Lets a table's sequence continue after this id, even if the rows with it are deleted: no id is
/// used twice.
async fn advance_sequence(target: &WriteTransaction, table: &str, last: i64) -> Result<(), DbErr> {
    if target.get_database_backend() == DbBackend::Sqlite {
        // SQLite inserts this row when the table gets its first row.
        let set = format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT '{table}', 0 \
             WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '{table}'); \
             UPDATE sqlite_sequence SET seq = max(seq, {last}) WHERE name = '{table}'"
        );
        target.execute_unprepared(&set).await?;
        return Ok(());
    }
    if let Some(sequence_name) = sequence_name(target, table).await? {
        let next = last.saturating_add(1).max(1);
        let set = format!("SELECT setval('{sequence_name}', {next}, false)");
        query_one(target, &set).await?;
    }
    Ok(())
}

// ---- Comparing ----

/// The number of rows in a table, and for each column the sum and the number of values.
async fn sums_of(
    connection: &impl ConnectionTrait,
    table: &str,
    columns: &[Column],
) -> Result<Vec<String>, DbErr> {
    let backend = connection.get_database_backend();
    let sums = columns
        .iter()
        .map(|column| column.kind.sum_expression(backend, &column.quoted()));
    let sums: Vec<String> = std::iter::once("CAST(count(*) AS TEXT)".to_owned())
        .chain(sums)
        .collect();
    let select = format!("SELECT {} FROM \"{table}\"", sums.join(", "));
    let row = query_one(connection, &select).await?;
    let row = row.ok_or_else(|| DbErr::Custom("a sum query returned no row".to_owned()))?;
    (0..sums.len())
        .map(|index| row.try_get_by_index(index))
        .collect()
}

fn check_sums(
    table: &'static str,
    columns: &[Column],
    read: &[String],
    written: &[String],
) -> Result<(), CopyError> {
    let names = columns
        .iter()
        .map(|column| format!("the sum of \"{}\"", column.name));
    let names = std::iter::once("the number of rows".to_owned()).chain(names);
    for ((what, read), written) in names.zip(read).zip(written) {
        if read != written {
            return Err(CopyError::Mismatch {
                table,
                what,
                read: read.clone(),
                written: written.clone(),
            });
        }
    }
    Ok(())
}

/// Tables that are not the shop's.
async fn foreign_tables(connection: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let mut names = table_names(connection).await?;
    names.retain(|name| name != MIGRATIONS_TABLE && TABLES.iter().all(|table| table.name != name));
    Ok(names)
}

/// The names of all tables, in alphabetical order.
///
/// # Errors
/// If the database fails.
pub async fn table_names(connection: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let select = match connection.get_database_backend() {
        DbBackend::Sqlite => {
            // Not those in which a search keeps its index.
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
             AND name NOT LIKE 'sqlite_%' ORDER BY name"
        }
        _ => {
            "SELECT table_name::text FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' \
             ORDER BY table_name"
        }
    };
    let rows = query_all(connection, select).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

async fn order_totals(connection: &impl ConnectionTrait) -> Result<Vec<OrderTotal>, DbErr> {
    let select = "SELECT currency, count(*), CAST(sum(amount_total) AS BIGINT) FROM \"order\" \
                  GROUP BY currency ORDER BY currency";
    let rows = query_all(connection, select).await?;
    rows.iter()
        .map(|row| {
            Ok(OrderTotal {
                currency: row.try_get_by_index(0)?,
                orders: row.try_get_by_index(1)?,
                amount_total: row.try_get_by_index(2)?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_types_of_both_databases_are_known() {
        for (name, kind) in [
            ("varchar(32)", ColumnKind::Text),
            ("VARCHAR(24)", ColumnKind::Text),
            ("character varying", ColumnKind::Text),
            ("text", ColumnKind::Text),
            ("integer", ColumnKind::Integer),
            ("bigint", ColumnKind::Integer),
            ("boolean", ColumnKind::Boolean),
            ("timestamp_with_timezone_text", ColumnKind::Time),
            ("timestamp with time zone", ColumnKind::Time),
            ("blob", ColumnKind::Bytes),
            ("bytea", ColumnKind::Bytes),
        ] {
            assert_eq!(ColumnKind::of(name), Some(kind), "{name}");
        }
        for other in ["double precision", "real", "json", ""] {
            assert_eq!(ColumnKind::of(other), None, "{other}");
        }
    }
}
