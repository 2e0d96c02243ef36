//! Copies a shop from one database into another, SQLite or PostgreSQL: for backups, for restoring
//! them, and for a move.
//!
//! Everything is read as it was at one moment, also while the shop sells, and written in one
//! transaction: all of it or nothing. Rows travel as JSON arrays, which both databases make and
//! read themselves; only times, and on PostgreSQL the types, need a word. Before the transaction is
//! committed, the rows of each table and the sums over each column are compared.

use std::fmt;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryResult, Statement};

use super::tables::{Contents, STEPS, TABLES};
use super::{Alone, Database};

/// Rows that travel together. An event may hold 256 KiB.
const BATCH: u32 = 250;
/// The cursor that reads from PostgreSQL.
const CURSOR: &str = "till_copy";

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the databases failed.
    #[error("the {0} database failed")]
    Database(Side, #[source] DbErr),
    /// The target holds something already.
    #[error("the database is not empty: it holds rows of \"{0}\"")]
    NotEmpty(&'static str),
    /// The tables are not what this version makes of them.
    #[error("the table \"{table}\" of the {side} database is not as Till makes it: {what}")]
    Schema {
        /// Of which database.
        side: Side,
        /// Which table.
        table: String,
        /// What is wrong.
        what: String,
    },
    /// The copy is not what was read.
    #[error("the copy of \"{table}\" differs in {what}: {read} read, {written} written")]
    Differs {
        /// Which table.
        table: &'static str,
        /// The rows, or the sum over a column.
        what: String,
        /// In the database that was read.
        read: String,
        /// In the copy.
        written: String,
    },
}

/// One of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Which is read.
    Source,
    /// Which is written.
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
    /// The orders among them, by currency.
    pub orders: Vec<OrderTotal>,
    /// Tables that are not the shop's, and were left where they are.
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
    pub currency: String,
    /// How many.
    pub orders: i64,
    /// Sum of their totals, in minor units.
    pub amount_total: i64,
}

/// Copies every table into a database that has the same tables and holds nothing. `progress` is
/// told of each table, and how many of its rows are copied so far.
///
/// # Errors
/// [`CopyError`]; then nothing was written.
pub async fn copy(
    source: &Database,
    target: &Database,
    mut progress: impl FnMut(&'static str, u64),
) -> Result<CopyReport, CopyError> {
    let read = |error| CopyError::Database(Side::Source, error);
    let written = |error| CopyError::Database(Side::Target, error);
    let snapshot = source.begin_snapshot().await.map_err(read)?;
    // A server that starts on it meanwhile waits before it takes its first look.
    let target = target
        .begin_alone(Alone::Migration)
        .await
        .map_err(written)?;
    for table in TABLES {
        if table.contents == Contents::Books && has_rows(&target, table.name).await? {
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
        let insert = insert(target.get_database_backend(), table.name, &columns);
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
                &insert,
                [values.into()],
            );
            target.execute_raw(statement).await.map_err(written)?;
            progress(table.name, rows);
        }
        reader.close(&snapshot).await.map_err(read)?;
        if let Some(last) = last_id(&snapshot, table.name, &columns)
            .await
            .map_err(read)?
        {
            go_on_after(&target, table.name, last)
                .await
                .map_err(written)?;
        }
        let summed = sums_of(&snapshot, table.name, &columns)
            .await
            .map_err(read)?;
        report.tables.push((table.name, rows));
        sums.push((table.name, columns, summed));
    }
    // Nothing more is read: whoever writes to the source need not keep it for us.
    snapshot.rollback().await.map_err(read)?;
    for (table, columns, read) in sums {
        let copied = sums_of(&target, table, &columns).await.map_err(written)?;
        compare(table, &columns, &read, &copied)?;
    }
    report.orders = order_totals(&target).await.map_err(written)?;
    target.commit().await.map_err(written)?;
    Ok(report)
}

/// Whether a table of the target has rows.
async fn has_rows(target: &DatabaseTransaction, table: &str) -> Result<bool, CopyError> {
    let select = format!("SELECT 1 FROM \"{table}\" LIMIT 1");
    let row = one(target, &select).await;
    Ok(row
        .map_err(|error| CopyError::Database(Side::Target, error))?
        .is_some())
}

async fn one(
    connection: &impl ConnectionTrait,
    select: &str,
) -> Result<Option<QueryResult>, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), select);
    connection.query_one_raw(statement).await
}

async fn all(connection: &impl ConnectionTrait, select: &str) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), select);
    connection.query_all_raw(statement).await
}

// ---- Columns ----

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Integer,
    Text,
    Boolean,
    Time,
}

impl Kind {
    /// Of a type, as the database names it.
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
        } else {
            return None;
        })
    }

    /// The value of a column as JSON has it.
    fn read(self, backend: DbBackend, column: &str) -> String {
        match (self, backend) {
            // As SQLite keeps times: RFC 3339.
            (Self::Time, DbBackend::Postgres) => format!(
                "to_char({column} AT TIME ZONE 'UTC', CASE WHEN date_trunc('second', {column}) = {column} \
                 THEN 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"' ELSE 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"' END)"
            ),
            _ => column.to_owned(),
        }
    }

    /// The value of a column from the JSON array `item`.
    fn write(self, backend: DbBackend, index: usize) -> String {
        let value = format!("item ->> {index}");
        let r#type = match self {
            _ if backend == DbBackend::Sqlite => return value,
            Self::Text => return value,
            Self::Integer => "bigint",
            Self::Boolean => "boolean",
            Self::Time => "timestamptz",
        };
        format!("({value})::{type}")
    }

    /// A sum over a column, as text: of numbers, of the lengths of texts, of seconds.
    fn sum(self, backend: DbBackend, column: &str) -> String {
        let summed = match (self, backend) {
            (Self::Text, _) => format!("length({column})"),
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
    kind: Kind,
}

impl Column {
    fn quoted(&self) -> String {
        format!("\"{}\"", self.name)
    }
}

/// The columns of a table, which must be the same on both sides.
async fn columns(
    source: &DatabaseTransaction,
    target: &DatabaseTransaction,
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
    connection: &DatabaseTransaction,
    side: Side,
    table: &str,
) -> Result<Vec<Column>, CopyError> {
    let select = match connection.get_database_backend() {
        DbBackend::Sqlite => format!("SELECT name, type FROM pragma_table_info('{table}')"),
        _ => format!(
            "SELECT column_name::text, data_type::text FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{table}' \
             ORDER BY ordinal_position"
        ),
    };
    let failed = |error| CopyError::Database(side, error);
    let mut columns = Vec::new();
    for row in all(connection, &select).await.map_err(failed)? {
        let name: String = row.try_get_by_index(0).map_err(failed)?;
        let r#type: String = row.try_get_by_index(1).map_err(failed)?;
        let Some(kind) = Kind::of(&r#type) else {
            return Err(CopyError::Schema {
                side,
                table: table.to_owned(),
                what: format!("the column \"{name}\" is of the type {type}"),
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
    /// SQLite: after this row.
    after: i64,
}

impl Reader {
    async fn open(
        snapshot: &DatabaseTransaction,
        table: &str,
        columns: &[Column],
    ) -> Result<Self, DbErr> {
        let backend = snapshot.get_database_backend();
        let values: Vec<String> = columns
            .iter()
            .map(|column| column.kind.read(backend, &column.quoted()))
            .collect();
        let values = values.join(", ");
        let select = if backend == DbBackend::Sqlite {
            format!(
                "SELECT json_array({values}), rowid FROM \"{table}\" WHERE rowid > ? \
                 ORDER BY rowid LIMIT {BATCH}"
            )
        } else {
            let declare = format!(
                "DECLARE {CURSOR} NO SCROLL CURSOR FOR \
                 SELECT json_build_array({values})::text FROM \"{table}\""
            );
            snapshot.execute_unprepared(&declare).await?;
            format!("FETCH FORWARD {BATCH} FROM {CURSOR}")
        };
        Ok(Self {
            select,
            after: i64::MIN,
        })
    }

    /// The next rows, each as a JSON array; none after the last.
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

/// The statement that writes the rows of a JSON array of arrays.
fn insert(backend: DbBackend, table: &str, columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(Column::quoted).collect();
    let values: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| column.kind.write(backend, index))
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

// ---- Counters ----

/// The last number that a table's counter has given. `None` where rows bring their own.
async fn last_id(
    connection: &DatabaseTransaction,
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
        let row = one(connection, &select).await?;
        return row.map(|row| row.try_get_by_index(0)).transpose();
    }
    let Some(sequence) = sequence(connection, table).await? else {
        return Ok(None);
    };
    let select = format!(
        "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}"
    );
    let row = one(connection, &select).await?;
    row.map(|row| row.try_get_by_index(0)).transpose()
}

/// PostgreSQL's counter of a table.
async fn sequence(connection: &DatabaseTransaction, table: &str) -> Result<Option<String>, DbErr> {
    let select = format!("SELECT pg_get_serial_sequence('\"{table}\"', 'id')");
    match one(connection, &select).await? {
        Some(row) => row.try_get_by_index(0),
        None => Ok(None),
    }
}

/// Has a table's counter go on after this number, also where the rows that had it are gone: no
/// number is given twice.
async fn go_on_after(target: &DatabaseTransaction, table: &str, last: i64) -> Result<(), DbErr> {
    if target.get_database_backend() == DbBackend::Sqlite {
        // A row is there as soon as the table has had one itself.
        let set = format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT '{table}', 0 \
             WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '{table}'); \
             UPDATE sqlite_sequence SET seq = max(seq, {last}) WHERE name = '{table}'"
        );
        target.execute_unprepared(&set).await?;
        return Ok(());
    }
    if let Some(sequence) = sequence(target, table).await? {
        let next = last.saturating_add(1).max(1);
        let set = format!("SELECT setval('{sequence}', {next}, false)");
        one(target, &set).await?;
    }
    Ok(())
}

// ---- Comparing ----

/// The rows of a table, and for each column its sum and how many of its values there are.
async fn sums_of(
    connection: &DatabaseTransaction,
    table: &str,
    columns: &[Column],
) -> Result<Vec<String>, DbErr> {
    let backend = connection.get_database_backend();
    let sums = columns
        .iter()
        .map(|column| column.kind.sum(backend, &column.quoted()));
    let sums: Vec<String> = std::iter::once("CAST(count(*) AS TEXT)".to_owned())
        .chain(sums)
        .collect();
    let select = format!("SELECT {} FROM \"{table}\"", sums.join(", "));
    let row = one(connection, &select).await?;
    let row = row.ok_or_else(|| DbErr::Custom("a sum without a row".to_owned()))?;
    (0..sums.len())
        .map(|index| row.try_get_by_index(index))
        .collect()
}

fn compare(
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
            return Err(CopyError::Differs {
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
async fn foreign_tables(connection: &DatabaseTransaction) -> Result<Vec<String>, DbErr> {
    let mut names = table_names(connection).await?;
    names.retain(|name| name != STEPS && TABLES.iter().all(|table| table.name != name));
    Ok(names)
}

/// The names of all tables, in alphabetical order.
///
/// # Errors
/// Where the database does not answer.
pub async fn table_names(connection: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let select = match connection.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
             ORDER BY name"
        }
        _ => {
            "SELECT table_name::text FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' \
             ORDER BY table_name"
        }
    };
    let rows = all(connection, select).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

async fn order_totals(connection: &DatabaseTransaction) -> Result<Vec<OrderTotal>, DbErr> {
    let select = "SELECT currency, count(*), CAST(sum(amount_total) AS BIGINT) FROM \"order\" \
                  GROUP BY currency ORDER BY currency";
    let rows = all(connection, select).await?;
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
            ("varchar(32)", Kind::Text),
            ("VARCHAR(24)", Kind::Text),
            ("character varying", Kind::Text),
            ("text", Kind::Text),
            ("integer", Kind::Integer),
            ("bigint", Kind::Integer),
            ("boolean", Kind::Boolean),
            ("timestamp_with_timezone_text", Kind::Time),
            ("timestamp with time zone", Kind::Time),
        ] {
            assert_eq!(Kind::of(name), Some(kind), "{name}");
        }
        for other in ["blob", "bytea", "double precision", "real", "json", ""] {
            assert_eq!(Kind::of(other), None, "{other}");
        }
    }
}
