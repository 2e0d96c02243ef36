//! `stock_change`: what people changed about the stock of a variant, and why. Sales have no row.

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
            .table(StockChange::Table)
            .col(big_pk_auto(StockChange::Id))
            .col(big_integer(StockChange::VariantId))
            .col(big_integer_null(StockChange::Difference))
            .col(
                big_integer_null(StockChange::StockAfter)
                    .check(Expr::col(StockChange::StockAfter).gte(0)),
            )
            .col(string_len(StockChange::Reason, 20))
            .col(text(StockChange::Note).default(""))
            .col(text(StockChange::Actor))
            .col(timestamp_with_time_zone(StockChange::At))
            .check(Expr::col(StockChange::Reason).is_in([
                "first",
                "received",
                "counted",
                "damaged",
                "returned",
                "imported",
                "uncounted",
            ]))
            .foreign_key(
                ForeignKey::create()
                    .from(StockChange::Table, StockChange::VariantId)
                    .to(Variant::Table, Variant::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        let variant = Index::create()
            .name("stock_change_variant")
            .table(StockChange::Table)
            .col(StockChange::VariantId)
            .col(StockChange::Id)
            .to_owned();
        manager.create_index(variant).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(StockChange::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum StockChange {
    Table,
    Id,
    VariantId,
    Difference,
    StockAfter,
    Reason,
    Note,
    Actor,
    At,
}
