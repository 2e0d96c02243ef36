//! `order_search`: searches for an order's link that wait for their email.

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
            .table(OrderSearch::Table)
            .col(big_pk_auto(OrderSearch::Id))
            .col(string_len(OrderSearch::Number, 64))
            .col(string_len(OrderSearch::EmailDigest, 64))
            .col(timestamp_with_time_zone(OrderSearch::CreatedAt))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(OrderSearch::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum OrderSearch {
    Table,
    Id,
    Number,
    EmailDigest,
    CreatedAt,
}
