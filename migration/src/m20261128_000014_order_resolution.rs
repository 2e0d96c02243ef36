//! `order_resolution`: the owner has checked an order: who, when and why.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000009_order::Order;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(OrderResolution::Table)
            .col(big_pk_auto(OrderResolution::Id))
            .col(big_integer(OrderResolution::OrderId))
            .col(text(OrderResolution::ResolvedBy))
            .col(text(OrderResolution::Note))
            .col(timestamp_with_time_zone(OrderResolution::ResolvedAt))
            .foreign_key(
                ForeignKey::create()
                    .from(OrderResolution::Table, OrderResolution::OrderId)
                    .to(Order::Table, Order::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        let order_id = Index::create()
            .name("order_resolution_order_id")
            .table(OrderResolution::Table)
            .col(OrderResolution::OrderId)
            .to_owned();
        manager.create_index(order_id).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(OrderResolution::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum OrderResolution {
    Table,
    Id,
    OrderId,
    ResolvedBy,
    Note,
    ResolvedAt,
}
