//! `setting`: what a shop knows of itself, kept with its data and its backups; the first is the
//! random id under which its payments are known at Stripe. `checkout.shop` keeps that id as it was
//! sent to Stripe, so that a retry is the same request; it is empty in checkouts from before.
//! `order.adopted_at` marks orders that were made from what Stripe has, because the database had
//! forgotten them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::m20261123_000002_checkout::Checkout;
use crate::m20261123_000003_order::Order;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// 128 random bits as 32 hexadecimal digits. The id is no secret, but no two shops may have the
/// same.
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
        manager
            .create_table(
                Table::create()
                    .table(Setting::Table)
                    .col(
                        ColumnDef::new(Setting::Name)
                            .string_len(64)
                            .not_null()
                            .primary_key(),
                    )
                    .col(ColumnDef::new(Setting::Value).text().not_null())
                    .col(
                        ColumnDef::new(Setting::UpdatedAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .to_owned(),
            )
            .await?;
        let id = match manager.get_database_backend() {
            DbBackend::Sqlite => SQLITE_ID,
            _ => POSTGRES_ID,
        };
        manager.get_connection().execute_unprepared(id).await?;
        let shop = Table::alter()
            .table(Checkout::Table)
            .add_column(ColumnDef::new(Added::Shop).string_len(32).null())
            .to_owned();
        manager.alter_table(shop).await?;
        let adopted_at = Table::alter()
            .table(Order::Table)
            .add_column(
                ColumnDef::new(Added::AdoptedAt)
                    .timestamp_with_time_zone()
                    .null(),
            )
            .to_owned();
        manager.alter_table(adopted_at).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let adopted_at = Table::alter()
            .table(Order::Table)
            .drop_column(Added::AdoptedAt)
            .to_owned();
        manager.alter_table(adopted_at).await?;
        let shop = Table::alter()
            .table(Checkout::Table)
            .drop_column(Added::Shop)
            .to_owned();
        manager.alter_table(shop).await?;
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

/// Columns of `checkout` and of `order`.
#[derive(DeriveIden)]
enum Added {
    Shop,
    AdoptedAt,
}
