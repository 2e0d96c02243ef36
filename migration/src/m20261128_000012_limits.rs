//! `rate_limit`: how often a limited action was taken. `checkout.client`: who keeps stock from
//! others without paying.

use sea_orm_migration::prelude::*;

use crate::m20261123_000002_checkout::Checkout;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(RateLimit::Table)
                    .col(ColumnDef::new(RateLimit::Action).string_len(32).not_null())
                    .col(ColumnDef::new(RateLimit::Client).string_len(43).not_null())
                    .col(
                        ColumnDef::new(RateLimit::Count)
                            .big_integer()
                            .not_null()
                            .check(Expr::col(RateLimit::Count).gte(1)),
                    )
                    .col(
                        ColumnDef::new(RateLimit::ExpiresAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .primary_key(
                        Index::create()
                            .col(RateLimit::Action)
                            .col(RateLimit::Client),
                    )
                    .to_owned(),
            )
            .await?;
        // The sweeper deletes what has expired.
        manager
            .create_index(
                Index::create()
                    .name("rate_limit_expires_at")
                    .table(RateLimit::Table)
                    .col(RateLimit::ExpiresAt)
                    .to_owned(),
            )
            .await?;
        for (name, column) in COLUMNS {
            manager
                .alter_table(
                    Table::alter()
                        .table(Checkout::Table)
                        .add_column(ColumnDef::new(column).string_len(43).null())
                        .to_owned(),
                )
                .await?;
            // Empty once the checkout has ended, and what is empty has no entry.
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table(Checkout::Table)
                        .col(column)
                        .and_where(Expr::col(column).is_not_null())
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, column) in COLUMNS {
            manager
                .drop_index(Index::drop().name(name).table(Checkout::Table).to_owned())
                .await?;
            manager
                .alter_table(
                    Table::alter()
                        .table(Checkout::Table)
                        .drop_column(column)
                        .to_owned(),
                )
                .await?;
        }
        manager
            .drop_table(Table::drop().table(RateLimit::Table).to_owned())
            .await
    }
}

/// With the names of their indexes.
const COLUMNS: [(&str, Limited); 2] = [
    ("checkout_client", Limited::Client),
    ("checkout_client_network", Limited::ClientNetwork),
];

#[derive(DeriveIden)]
enum RateLimit {
    Table,
    Action,
    Client,
    Count,
    ExpiresAt,
}

/// Columns of `checkout`.
#[derive(Clone, Copy, DeriveIden)]
enum Limited {
    Client,
    ClientNetwork,
}
