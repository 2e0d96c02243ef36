//! `order_resolution_item`: a flag, dispute or refund that a resolution covers.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000014_order_resolution::OrderResolution;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(OrderResolutionItem::Table)
            .col(string_len(OrderResolutionItem::Subject, 300).primary_key())
            .col(big_integer(OrderResolutionItem::ResolutionId))
            .foreign_key(
                ForeignKey::create()
                    .from(
                        OrderResolutionItem::Table,
                        OrderResolutionItem::ResolutionId,
                    )
                    .to(OrderResolution::Table, OrderResolution::Id),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(OrderResolutionItem::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum OrderResolutionItem {
    Table,
    Subject,
    ResolutionId,
}
