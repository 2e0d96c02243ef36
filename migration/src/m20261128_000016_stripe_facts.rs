//! `stripe_fact`: what the owner should know about Stripe and the shop as a whole, one row for each
//! thing to know. `dispute` and `refund` keep whatever status Stripe names: versions of its API
//! have known others than those of today, and later ones will.
//!
//! SQLite cannot drop a `CHECK`. The two tables are written anew; nothing refers to them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A table whose status is no longer limited to a list.
struct Limited {
    table: &'static str,
    /// The list, as SQLite's text of the table has it.
    statuses: &'static str,
    /// What a status that is not on the list becomes on the way down.
    otherwise: &'static str,
}

const TABLES: [Limited; 2] = [
    Limited {
        table: "dispute",
        statuses: "'warning_needs_response', 'warning_under_review', 'warning_closed', \
                   'needs_response', 'under_review', 'prevented', 'lost', 'won'",
        otherwise: "needs_response",
    },
    Limited {
        table: "refund",
        statuses: "'pending', 'requires_action', 'succeeded', 'failed', 'canceled'",
        otherwise: "pending",
    },
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(stripe_fact()).await?;
        for limited in &TABLES {
            let (list, table) = (limited.list(), limited.table);
            if manager.get_database_backend() == DbBackend::Sqlite {
                rewrite(
                    manager,
                    table,
                    &format!("varchar(32) NOT NULL {list}"),
                    FREE,
                )
                .await?;
            } else {
                // The name that PostgreSQL gives to the check of a column.
                run(
                    manager,
                    &format!(
                        "ALTER TABLE {table} DROP CONSTRAINT {table}_status_check,
                         ALTER COLUMN status TYPE varchar(255)"
                    ),
                )
                .await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for limited in &TABLES {
            let Limited {
                table,
                statuses,
                otherwise,
            } = limited;
            run(
                manager,
                &format!(
                    "UPDATE {table} SET status = '{otherwise}' WHERE status NOT IN ({statuses})"
                ),
            )
            .await?;
            let list = limited.list();
            if manager.get_database_backend() == DbBackend::Sqlite {
                rewrite(
                    manager,
                    table,
                    FREE,
                    &format!("varchar(32) NOT NULL {list}"),
                )
                .await?;
            } else {
                run(
                    manager,
                    &format!(
                        "ALTER TABLE {table} ALTER COLUMN status TYPE varchar(32),
                         ADD CONSTRAINT {table}_status_check CHECK (status IN ({statuses}))"
                    ),
                )
                .await?;
            }
        }
        let table = Table::drop().table(StripeFact::Table).to_owned();
        manager.drop_table(table).await
    }
}

/// The column without its list, as SQLite's text of the table has it.
const FREE: &str = "varchar(255) NOT NULL";

impl Limited {
    fn list(&self) -> String {
        format!("CHECK (\"status\" IN ({}))", self.statuses)
    }
}

fn stripe_fact() -> TableCreateStatement {
    Table::create()
        .table(StripeFact::Table)
        .col(
            ColumnDef::new(StripeFact::Name)
                .string_len(100)
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(StripeFact::Detail).text().not_null())
        .col(
            ColumnDef::new(StripeFact::SeenAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(
            ColumnDef::new(StripeFact::MailedAt)
                .timestamp_with_time_zone()
                .null(),
        )
        .to_owned()
}

/// Writes a table of SQLite's anew, with `new` in the place of `old` in the text of its column
/// `status`.
async fn rewrite(
    manager: &SchemaManager<'_>,
    table: &str,
    old: &str,
    new: &str,
) -> Result<(), DbErr> {
    // What somebody has added would be lost with the old table.
    let added = strings(
        manager,
        &format!(
            "SELECT name FROM sqlite_schema
             WHERE type = 'table' AND name <> '{table}'
             AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(sqlite_schema.name)
                         WHERE lower(\"table\") = '{table}')
             OR type = 'trigger' AND tbl_name = '{table}' ORDER BY rowid"
        ),
    )
    .await?;
    if !added.is_empty() {
        return Err(DbErr::Migration(format!(
            "the table {table} must be written anew, but tables or triggers that are not Till's \
             own refer to it: {}. Drop them, start again, and make them anew",
            added.join(", ")
        )));
    }
    let sql = |of: &str| {
        format!(
            "SELECT sql FROM sqlite_schema
             WHERE type = '{of}' AND sql IS NOT NULL AND tbl_name = '{table}' ORDER BY rowid"
        )
    };
    let text = strings(manager, &sql("table")).await?.join("");
    let changed = text.replacen(
        &format!("\"status\" {old}"),
        &format!("\"status\" {new}"),
        1,
    );
    if changed == text {
        return Err(DbErr::Migration(format!(
            "the table {table} is not as an earlier step has left it"
        )));
    }
    let indexes = strings(manager, &sql("index")).await?;
    let columns = format!("SELECT name FROM pragma_table_info('{table}')");
    let columns = strings(manager, &columns).await?.join(", ");
    let quoted = format!("\"{table}\"");
    run(
        manager,
        &changed.replacen(&quoted, &format!("\"new_{table}\""), 1),
    )
    .await?;
    run(
        manager,
        &format!(
            "INSERT INTO new_{table} ({columns}) SELECT {columns} FROM {table};
             DROP TABLE {table};
             ALTER TABLE new_{table} RENAME TO {table}"
        ),
    )
    .await?;
    for index in indexes {
        run(manager, &index).await?;
    }
    Ok(())
}

async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await?;
    Ok(())
}

/// The first column of each row.
async fn strings(manager: &SchemaManager<'_>, sql: &str) -> Result<Vec<String>, DbErr> {
    let select = Statement::from_string(DbBackend::Sqlite, sql);
    let rows = manager.get_connection().query_all_raw(select).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

#[derive(DeriveIden)]
enum StripeFact {
    Table,
    Name,
    Detail,
    SeenAt,
    MailedAt,
}
