//! `reconciliation`: how far Stripe's events have been read.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Reconciliation::Table)
            .col(string_len(Reconciliation::Name, 32).primary_key())
            .col(timestamp_with_time_zone(Reconciliation::ReadUntil))
            .col(timestamp_with_time_zone_null(Reconciliation::SilentSince))
            .col(timestamp_with_time_zone(Reconciliation::UpdatedAt))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Reconciliation::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum Reconciliation {
    Table,
    Name,
    ReadUntil,
    SilentSince,
    UpdatedAt,
}
