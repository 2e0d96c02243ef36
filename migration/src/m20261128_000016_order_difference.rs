//! `order_difference`: what the last comparison with Stripe found different.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000009_order::Order;
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
            .table(OrderDifference::Table)
            .col(string_len(OrderDifference::StripeSessionId, 255))
            .col(string_len(OrderDifference::Kind, 32))
            .col(big_integer(OrderDifference::OrderId))
            .col(text(OrderDifference::Amounts))
            .col(timestamp_with_time_zone(OrderDifference::FoundAt))
            .col(big_integer_null(OrderDifference::ResolutionId))
            .primary_key(
                Index::create()
                    .col(OrderDifference::StripeSessionId)
                    .col(OrderDifference::Kind),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(OrderDifference::Table, OrderDifference::OrderId)
                    .to(Order::Table, Order::Id),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(OrderDifference::Table, OrderDifference::ResolutionId)
                    .to(OrderResolution::Table, OrderResolution::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        let order_id = Index::create()
            .name("order_difference_order_id")
            .table(OrderDifference::Table)
            .col(OrderDifference::OrderId)
            .to_owned();
        manager.create_index(order_id).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(OrderDifference::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum OrderDifference {
    Table,
    StripeSessionId,
    Kind,
    OrderId,
    Amounts,
    FoundAt,
    ResolutionId,
}
