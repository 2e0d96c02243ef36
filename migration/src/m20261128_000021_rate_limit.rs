//! `rate_limit`: how often a client has done something in the current period.

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
            .table(RateLimit::Table)
            .col(string_len(RateLimit::Action, 32))
            .col(string_len(RateLimit::Client, 43))
            .col(big_integer(RateLimit::Count).check(Expr::col(RateLimit::Count).gte(1)))
            .col(timestamp_with_time_zone(RateLimit::ExpiresAt))
            .primary_key(
                Index::create()
                    .col(RateLimit::Action)
                    .col(RateLimit::Client),
            )
            .to_owned();
        manager.create_table(table).await?;
        let expires_at = Index::create()
            .name("rate_limit_expires_at")
            .table(RateLimit::Table)
            .col(RateLimit::ExpiresAt)
            .to_owned();
        manager.create_index(expires_at).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(RateLimit::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum RateLimit {
    Table,
    Action,
    Client,
    Count,
    ExpiresAt,
}
