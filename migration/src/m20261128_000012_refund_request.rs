//! `refund_request`: a refund that the owner has requested.

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
            .table(RefundRequest::Table)
            .col(big_pk_auto(RefundRequest::Id))
            .col(big_integer(RefundRequest::OrderId))
            .col(big_integer(RefundRequest::Amount).check(Expr::col(RefundRequest::Amount).gt(0)))
            .col(boolean(RefundRequest::Restock))
            .col(text_null(RefundRequest::Reason))
            .col(boolean(RefundRequest::Notify).default(true))
            .col(string_len_null(RefundRequest::Submission, 64).unique_key())
            .col(
                string_len(RefundRequest::State, 16)
                    .check(Expr::col(RefundRequest::State).is_in(["asked", "made", "refused"])),
            )
            .col(string_len_null(RefundRequest::StripeRefundId, 255))
            .col(text(RefundRequest::RequestedBy))
            .col(timestamp_with_time_zone(RefundRequest::CreatedAt))
            .foreign_key(
                ForeignKey::create()
                    .from(RefundRequest::Table, RefundRequest::OrderId)
                    .to(Order::Table, Order::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        let order_id = Index::create()
            .name("refund_request_order_id")
            .table(RefundRequest::Table)
            .col(RefundRequest::OrderId)
            .to_owned();
        manager.create_index(order_id).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(RefundRequest::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum RefundRequest {
    Table,
    Id,
    OrderId,
    Amount,
    Restock,
    Reason,
    Notify,
    Submission,
    State,
    StripeRefundId,
    RequestedBy,
    CreatedAt,
}
