//! `setting`: what a shop knows about itself, kept with its data and its backups. The first is the
//! random id under which its payments are known at Stripe.

use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// 128 random bits as 32 hexadecimal digits. The id is not secret, but no two shops may share one.
const SQLITE_ID: &str = "INSERT INTO setting (name, value, updated_at)
    VALUES ('shop_id', lower(hex(randomblob(16))), strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))";
const POSTGRES_ID: &str = "INSERT INTO setting (name, value, updated_at)
    VALUES ('shop_id', replace(CAST(gen_random_uuid() AS TEXT), '-', ''),
            date_trunc('second', now()))";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Setting::Table)
            .col(string_len(Setting::Name, 64).primary_key())
            .col(text(Setting::Value))
            .col(timestamp_with_time_zone(Setting::UpdatedAt))
            .to_owned();
        manager.create_table(table).await?;
        let id = match manager.get_database_backend() {
            DbBackend::Sqlite => SQLITE_ID,
            _ => POSTGRES_ID,
        };
        manager.get_connection().execute_unprepared(id).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Setting::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum Setting {
    Table,
    Name,
    Value,
    UpdatedAt,
}
