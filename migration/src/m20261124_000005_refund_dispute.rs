//! `refund` and `dispute`: what went back, one row for each id of Stripe's. An order's refunded amount is the sum over its rows.

use sea_orm_migration::prelude::*;

use crate::m20261123_000003_order::Order;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(refund()).await?;
        manager
            .create_index(
                Index::create()
                    .name("refund_order_id")
                    .table(Refund::Table)
                    .col(Refund::OrderId)
                    .to_owned(),
            )
            .await?;
        manager.create_table(dispute()).await?;
        manager
            .create_index(
                Index::create()
                    .name("dispute_order_id")
                    .table(Dispute::Table)
                    .col(Dispute::OrderId)
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Dispute::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Refund::Table).to_owned())
            .await
    }
}

fn refund() -> TableCreateStatement {
    let statuses = [
        "pending",
        "requires_action",
        "succeeded",
        "failed",
        "canceled",
    ];
    Table::create()
        .table(Refund::Table)
        .col(
            ColumnDef::new(Refund::Id)
                .string_len(255)
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(Refund::OrderId).big_integer().not_null())
        .col(
            ColumnDef::new(Refund::Amount)
                .big_integer()
                .not_null()
                .check(Expr::col(Refund::Amount).gte(0)),
        )
        .col(ColumnDef::new(Refund::Currency).string_len(3).not_null())
        .col(
            ColumnDef::new(Refund::Status)
                .string_len(32)
                .not_null()
                .check(Expr::col(Refund::Status).is_in(statuses)),
        )
        .col(
            ColumnDef::new(Refund::CreatedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(
            ColumnDef::new(Refund::UpdatedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .from(Refund::Table, Refund::OrderId)
                .to(Order::Table, Order::Id),
        )
        .to_owned()
}

fn dispute() -> TableCreateStatement {
    let statuses = [
        "warning_needs_response",
        "warning_under_review",
        "warning_closed",
        "needs_response",
        "under_review",
        "prevented",
        "lost",
        "won",
    ];
    Table::create()
        .table(Dispute::Table)
        .col(
            ColumnDef::new(Dispute::Id)
                .string_len(255)
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(Dispute::OrderId).big_integer().not_null())
        .col(
            ColumnDef::new(Dispute::Amount)
                .big_integer()
                .not_null()
                .check(Expr::col(Dispute::Amount).gte(0)),
        )
        .col(ColumnDef::new(Dispute::Currency).string_len(3).not_null())
        .col(
            ColumnDef::new(Dispute::Status)
                .string_len(32)
                .not_null()
                .check(Expr::col(Dispute::Status).is_in(statuses)),
        )
        .col(ColumnDef::new(Dispute::Reason).string_len(100).null())
        .col(
            ColumnDef::new(Dispute::FundsWithdrawn)
                .boolean()
                .not_null()
                .default(false),
        )
        .col(
            ColumnDef::new(Dispute::FundsReinstated)
                .boolean()
                .not_null()
                .default(false),
        )
        .col(
            ColumnDef::new(Dispute::CreatedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(
            ColumnDef::new(Dispute::UpdatedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .from(Dispute::Table, Dispute::OrderId)
                .to(Order::Table, Order::Id),
        )
        .to_owned()
}

#[derive(DeriveIden)]
enum Refund {
    Table,
    Id,
    OrderId,
    Amount,
    Currency,
    Status,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum Dispute {
    Table,
    Id,
    OrderId,
    Amount,
    Currency,
    Status,
    Reason,
    FundsWithdrawn,
    FundsReinstated,
    CreatedAt,
    UpdatedAt,
}
