//! `refund`: one of Stripe's refunds. An order's refunded amount is the sum over its rows.

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
            .table(Refund::Table)
            .col(string_len(Refund::Id, 255).primary_key())
            .col(big_integer(Refund::OrderId))
            .col(big_integer(Refund::Amount).check(Expr::col(Refund::Amount).gte(0)))
            .col(string_len(Refund::Currency, 3))
            .col(string_len(Refund::Status, 255))
            .col(timestamp_with_time_zone_null(Refund::FailedAt))
            .col(timestamp_with_time_zone(Refund::CreatedAt))
            .col(timestamp_with_time_zone(Refund::UpdatedAt))
            .foreign_key(
                ForeignKey::create()
                    .from(Refund::Table, Refund::OrderId)
                    .to(Order::Table, Order::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        let order_id = Index::create()
            .name("refund_order_id")
            .table(Refund::Table)
            .col(Refund::OrderId)
            .to_owned();
        manager.create_index(order_id).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Refund::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum Refund {
    Table,
    Id,
    OrderId,
    Amount,
    Currency,
    Status,
    FailedAt,
    CreatedAt,
    UpdatedAt,
}
