//! `price_history`: what a variant has cost, and since when.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000003_variant::Variant;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(PriceHistory::Table)
            .col(big_pk_auto(PriceHistory::Id))
            .col(big_integer(PriceHistory::VariantId))
            .col(big_integer(PriceHistory::Amount).check(Expr::col(PriceHistory::Amount).gt(0)))
            .col(string_len(PriceHistory::Currency, 3))
            .col(timestamp_with_time_zone(PriceHistory::Since))
            .foreign_key(
                ForeignKey::create()
                    .from(PriceHistory::Table, PriceHistory::VariantId)
                    .to(Variant::Table, Variant::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        let variant = Index::create()
            .name("price_history_variant")
            .table(PriceHistory::Table)
            .col(PriceHistory::VariantId)
            .col(PriceHistory::Since)
            .to_owned();
        manager.create_index(variant).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(PriceHistory::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum PriceHistory {
    Table,
    Id,
    VariantId,
    Amount,
    Currency,
    Since,
}
