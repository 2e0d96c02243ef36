//! `order` loses its copy of the checkout's `token`. Pages find an order by its checkout, nothing reads the copy, and its index was
//! one of three places that lie apart for every order: a shop with many wrote nearly a page more for each, there and at the next
//! checkpoint. (The session's id at the order is needed, and the one at the checkout is not written again by a payment.)
//!
//! SQLite cannot drop a column that has to be unique. The table is written anew, and before it those that refer to it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The column, as SQLite's text of the table has it.
const TOKEN: &str = r#""token" varchar(32) NOT NULL UNIQUE, "#;
/// What follows it there.
const FOLLOWS: &str = r#""currency" varchar(3) NOT NULL, "#;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Sqlite => rewrite(manager, &format!("{TOKEN}{FOLLOWS}"), FOLLOWS).await,
            _ => run(manager, r#"ALTER TABLE "order" DROP COLUMN token"#).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Sqlite => rewrite(manager, FOLLOWS, &format!("{TOKEN}{FOLLOWS}")).await,
            _ => {
                run(
                    manager,
                    r#"ALTER TABLE "order" ADD COLUMN token VARCHAR(32) UNIQUE;
                       UPDATE "order" SET token = checkout.token FROM checkout WHERE checkout.id = checkout_id;
                       ALTER TABLE "order" ALTER COLUMN token SET NOT NULL"#,
                )
                .await
            }
        }
    }
}

async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await?;
    Ok(())
}

/// Writes SQLite's `order` anew, with `new` in the place of `old` in its text, and every row with its number.
async fn rewrite(manager: &SchemaManager<'_>, old: &str, new: &str) -> Result<(), DbErr> {
    const REFER_TO_IT: [&str; 3] = ["order_line", "refund", "dispute"];
    // What somebody has added would be lost, or its rows with the old table.
    let added = ask(
        manager,
        "name",
        "type = 'table' AND name NOT IN ('order_line', 'refund', 'dispute')
         AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(sqlite_schema.name) WHERE lower(\"table\") = 'order')
         OR type = 'trigger' AND tbl_name IN ('order', 'order_line', 'refund', 'dispute')",
    )
    .await?;
    if !added.is_empty() {
        return Err(DbErr::Migration(format!(
            "the table of orders must be written anew, but tables or triggers that are not Till's own refer to it: {}. Drop them, start again, and make them anew",
            added.join(", ")
        )));
    }
    let text = ask(manager, "sql", "type = 'table' AND name = 'order'").await?;
    let text = text.join("");
    let changed = text.replacen(old, new, 1);
    if changed == text {
        return Err(DbErr::Migration(
            "the table of orders is not as an earlier step has left it".to_owned(),
        ));
    }
    let indexes = ask(
        manager,
        "sql",
        "type = 'index' AND sql IS NOT NULL AND tbl_name IN ('order', 'order_line', 'refund', 'dispute')",
    )
    .await?;
    run(manager, &renamed(&changed, "order")).await?;
    copy(manager, "order").await?;
    // A number is never given twice, not even that of an order which somebody has deleted.
    run(
        manager,
        "DELETE FROM sqlite_sequence WHERE name = 'new_order';
         INSERT INTO sqlite_sequence (name, seq) SELECT 'new_order', seq FROM sqlite_sequence WHERE name = 'order'",
    )
    .await?;
    for table in REFER_TO_IT {
        let text = ask(
            manager,
            "sql",
            &format!("type = 'table' AND name = '{table}'"),
        )
        .await?;
        let text = renamed(&text.join(""), table)
            .replace(r#"REFERENCES "order""#, r#"REFERENCES "new_order""#);
        run(manager, &text).await?;
        copy(manager, table).await?;
        run(manager, &format!("DROP TABLE {table}")).await?;
    }
    // Nothing refers to the old one any more; what refers to the new one follows its name.
    run(manager, r#"DROP TABLE "order""#).await?;
    for table in REFER_TO_IT.into_iter().chain(["order"]) {
        let rename = format!(r#"ALTER TABLE "new_{table}" RENAME TO "{table}""#);
        run(manager, &rename).await?;
    }
    for index in indexes {
        run(manager, &index).await?;
    }
    Ok(())
}

/// The text of a table, under another name.
fn renamed(text: &str, table: &str) -> String {
    text.replacen(&format!(r#""{table}""#), &format!(r#""new_{table}""#), 1)
}

async fn copy(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let columns = format!("SELECT name FROM pragma_table_info('new_{table}')");
    let columns: Vec<String> = strings(manager, columns)
        .await?
        .into_iter()
        .map(|column| format!(r#""{column}""#))
        .collect();
    let values: Vec<&str> = columns
        .iter()
        .map(|column| match (table, column.as_str()) {
            // The old table has it or not: the checkout has it in any case.
            ("order", r#""token""#) => "(SELECT token FROM checkout WHERE id = checkout_id)",
            (_, column) => column,
        })
        .collect();
    let (columns, values) = (columns.join(", "), values.join(", "));
    let insert = format!(r#"INSERT INTO "new_{table}" ({columns}) SELECT {values} FROM "{table}""#);
    run(manager, &insert).await
}

/// A column of SQLite's own list of tables and indexes.
async fn ask(manager: &SchemaManager<'_>, column: &str, which: &str) -> Result<Vec<String>, DbErr> {
    strings(
        manager,
        format!("SELECT {column} FROM sqlite_schema WHERE {which} ORDER BY rowid"),
    )
    .await
}

async fn strings(manager: &SchemaManager<'_>, sql: String) -> Result<Vec<String>, DbErr> {
    let select = Statement::from_string(DbBackend::Sqlite, sql);
    let rows = manager.get_connection().query_all_raw(select).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
