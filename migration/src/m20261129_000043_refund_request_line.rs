//! `refund_request_line`: the units that a requested refund is for.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000003_variant::Variant;
use crate::m20261128_000012_refund_request::RefundRequest;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(RefundRequestLine::Table)
            .col(big_integer(RefundRequestLine::RequestId))
            .col(big_integer(RefundRequestLine::VariantId))
            .col(
                big_integer(RefundRequestLine::Quantity)
                    .check(Expr::col(RefundRequestLine::Quantity).gte(1)),
            )
            .col(
                big_integer(RefundRequestLine::Amount)
                    .check(Expr::col(RefundRequestLine::Amount).gte(0)),
            )
            .col(
                big_integer(RefundRequestLine::Cancelled)
                    .check(Expr::col(RefundRequestLine::Cancelled).gte(0)),
            )
            .primary_key(
                Index::create()
                    .col(RefundRequestLine::RequestId)
                    .col(RefundRequestLine::VariantId),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(RefundRequestLine::Table, RefundRequestLine::RequestId)
                    .to(RefundRequest::Table, RefundRequest::Id),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(RefundRequestLine::Table, RefundRequestLine::VariantId)
                    .to(Variant::Table, Variant::Id),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(RefundRequestLine::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum RefundRequestLine {
    Table,
    RequestId,
    VariantId,
    Quantity,
    Amount,
    Cancelled,
}
