//! `dispute` learns when Stripe told of its status, and how sure that is: of two decisions the
//! later one counts. `outbox` takes a task of a third kind, which asks Stripe where two of them are
//! of the same second; and it gets an index of the rows that still have a payload, so that whoever
//! prunes does not read those of all the years before.
//!
//! SQLite cannot change a `CHECK`. The table is written anew; nothing refers to it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The kinds, as SQLite's text of the table has them before this step.
const OLD_KINDS: &str = "('mail', 'refund')";
/// And after it.
const NEW_KINDS: &str = "('mail', 'refund', 'dispute')";
const WITH_PAYLOAD: &str = "outbox_created_at_with_payload";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        change_kinds(manager, OLD_KINDS, NEW_KINDS).await?;
        let index = Index::create()
            .name(WITH_PAYLOAD)
            .table(Outbox::Table)
            .col(Outbox::CreatedAt)
            .and_where(Expr::col(Outbox::Payload).ne(""))
            .to_owned();
        manager.create_index(index).await?;
        // SQLite adds one column at a time, and none without a value.
        let mut status_at = ColumnDef::new(Dispute::StatusAt);
        status_at
            .timestamp_with_time_zone()
            .not_null()
            .default("1970-01-01 00:00:00+00:00");
        let mut certainty = ColumnDef::new(Dispute::Certainty);
        certainty
            .string_len(16)
            .not_null()
            .default("told")
            .check(Expr::col(Dispute::Certainty).is_in(["told", "contested", "settled"]));
        for column in [status_at, certainty] {
            let table = Table::alter()
                .table(Dispute::Table)
                .add_column(column)
                .to_owned();
            manager.alter_table(table).await?;
        }
        // What is known was told at the latest when its row was written last.
        let known = Query::update()
            .table(Dispute::Table)
            .value(Dispute::StatusAt, Expr::col(Dispute::UpdatedAt))
            .to_owned();
        manager.execute(known).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [Dispute::StatusAt, Dispute::Certainty] {
            let table = Table::alter()
                .table(Dispute::Table)
                .drop_column(column)
                .to_owned();
            manager.alter_table(table).await?;
        }
        let index = Index::drop()
            .name(WITH_PAYLOAD)
            .table(Outbox::Table)
            .to_owned();
        manager.drop_index(index).await?;
        let unknown = Query::delete()
            .from_table(Outbox::Table)
            .and_where(Expr::col(Outbox::Kind).eq("dispute"))
            .to_owned();
        manager.execute(unknown).await?;
        change_kinds(manager, NEW_KINDS, OLD_KINDS).await
    }
}

/// Lets `outbox.kind` be one of `new`, where it had to be one of `old`.
async fn change_kinds(manager: &SchemaManager<'_>, old: &str, new: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Sqlite {
        return rewrite(manager, old, new).await;
    }
    // The name that PostgreSQL gives to the check of a column.
    let change = format!(
        "ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check,
         ADD CONSTRAINT outbox_kind_check CHECK (kind IN {new})"
    );
    run(manager, &change).await
}

/// Writes SQLite's `outbox` anew, with `new` in the place of `old` in its text, and every row with
/// its number.
async fn rewrite(manager: &SchemaManager<'_>, old: &str, new: &str) -> Result<(), DbErr> {
    // What somebody has added would be lost with the old table.
    let added = ask(
        manager,
        "name",
        "type = 'table' AND name <> 'outbox'
         AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(sqlite_schema.name)
                     WHERE lower(\"table\") = 'outbox')
         OR type = 'trigger' AND tbl_name = 'outbox'",
    )
    .await?;
    if !added.is_empty() {
        return Err(DbErr::Migration(format!(
            "the table outbox must be written anew, but tables or triggers that are not Till's \
             own refer to it: {}. Drop them, start again, and make them anew",
            added.join(", ")
        )));
    }
    let text = ask(manager, "sql", "type = 'table' AND name = 'outbox'").await?;
    let text = text.join("");
    let changed = text.replacen(old, new, 1);
    if changed == text {
        return Err(DbErr::Migration(
            "the table outbox is not as an earlier step has left it".to_owned(),
        ));
    }
    let indexes = ask(
        manager,
        "sql",
        "type = 'index' AND sql IS NOT NULL AND tbl_name = 'outbox'",
    )
    .await?;
    let columns = strings(manager, "SELECT name FROM pragma_table_info('outbox')").await?;
    let columns = columns.join(", ");
    run(
        manager,
        &changed.replacen("\"outbox\"", "\"new_outbox\"", 1),
    )
    .await?;
    // A number is never given twice, not even that of a task which was deleted.
    run(
        manager,
        &format!(
            "INSERT INTO new_outbox ({columns}) SELECT {columns} FROM outbox;
             DELETE FROM sqlite_sequence WHERE name = 'new_outbox';
             INSERT INTO sqlite_sequence (name, seq)
                 SELECT 'new_outbox', seq FROM sqlite_sequence WHERE name = 'outbox';
             DROP TABLE outbox;
             ALTER TABLE new_outbox RENAME TO outbox"
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

/// A column of SQLite's own list of tables and indexes.
async fn ask(manager: &SchemaManager<'_>, column: &str, which: &str) -> Result<Vec<String>, DbErr> {
    strings(
        manager,
        &format!("SELECT {column} FROM sqlite_schema WHERE {which} ORDER BY rowid"),
    )
    .await
}

async fn strings(manager: &SchemaManager<'_>, sql: &str) -> Result<Vec<String>, DbErr> {
    let select = Statement::from_string(DbBackend::Sqlite, sql);
    let rows = manager.get_connection().query_all_raw(select).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

#[derive(DeriveIden)]
enum Outbox {
    Table,
    Kind,
    Payload,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Dispute {
    Table,
    StatusAt,
    Certainty,
    UpdatedAt,
}
