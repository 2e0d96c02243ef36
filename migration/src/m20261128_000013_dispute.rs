//! `dispute`: one of Stripe's disputes.

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
        let table =
            Table::create()
                .table(Dispute::Table)
                .col(string_len(Dispute::Id, 255).primary_key())
                .col(big_integer(Dispute::OrderId))
                .col(big_integer(Dispute::Amount).check(Expr::col(Dispute::Amount).gte(0)))
                .col(string_len(Dispute::Currency, 3))
                .col(string_len(Dispute::Status, 255))
                .col(timestamp_with_time_zone(Dispute::StatusAt))
                .col(string_len(Dispute::Certainty, 16).check(
                    Expr::col(Dispute::Certainty).is_in(["reported", "contested", "confirmed"]),
                ))
                .col(string_len_null(Dispute::Reason, 100))
                .col(boolean(Dispute::FundsWithdrawn).default(false))
                .col(boolean(Dispute::FundsReinstated).default(false))
                .col(timestamp_with_time_zone_null(Dispute::EvidenceDueBy))
                .col(timestamp_with_time_zone(Dispute::CreatedAt))
                .col(timestamp_with_time_zone(Dispute::UpdatedAt))
                .foreign_key(
                    ForeignKey::create()
                        .from(Dispute::Table, Dispute::OrderId)
                        .to(Order::Table, Order::Id),
                )
                .to_owned();
        manager.create_table(table).await?;
        let order_id = Index::create()
            .name("dispute_order_id")
            .table(Dispute::Table)
            .col(Dispute::OrderId)
            .to_owned();
        manager.create_index(order_id).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Dispute::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum Dispute {
    Table,
    Id,
    OrderId,
    Amount,
    Currency,
    Status,
    StatusAt,
    Certainty,
    Reason,
    FundsWithdrawn,
    FundsReinstated,
    EvidenceDueBy,
    CreatedAt,
    UpdatedAt,
}
