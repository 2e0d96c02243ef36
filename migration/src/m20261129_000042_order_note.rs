//! `order_note`: what the owner has noted about an order.

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
            .table(OrderNote::Table)
            .col(big_pk_auto(OrderNote::Id))
            .col(big_integer(OrderNote::OrderId))
            .col(text(OrderNote::Text).check(Expr::col(OrderNote::Text).ne("")))
            .col(text(OrderNote::WrittenBy))
            .col(timestamp_with_time_zone(OrderNote::WrittenAt))
            .col(string_len_null(OrderNote::Submission, 64).unique_key())
            .foreign_key(
                ForeignKey::create()
                    .from(OrderNote::Table, OrderNote::OrderId)
                    .to(Order::Table, Order::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        let order_id = Index::create()
            .name("order_note_order_id")
            .table(OrderNote::Table)
            .col(OrderNote::OrderId)
            .to_owned();
        manager.create_index(order_id).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(OrderNote::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum OrderNote {
    Table,
    Id,
    OrderId,
    Text,
    WrittenBy,
    WrittenAt,
    Submission,
}
