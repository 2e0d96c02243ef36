//! `order_line`: a variant of an order, and the units that left the stock for it.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000003_variant::Variant;
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
            .table(OrderLine::Table)
            .col(big_integer(OrderLine::OrderId))
            .col(big_integer(OrderLine::VariantId))
            .col(string_len(OrderLine::Sku, 100))
            .col(string_len(OrderLine::ProductName, 250))
            .col(string_len(OrderLine::VariantName, 250))
            .col(big_integer(OrderLine::UnitAmount))
            .col(big_integer(OrderLine::Quantity).check(Expr::col(OrderLine::Quantity).gte(1)))
            .col(big_integer(OrderLine::StockTaken).default(0))
            .col(
                big_integer(OrderLine::Restocked)
                    .default(0)
                    .check(Expr::col(OrderLine::Restocked).gte(0)),
            )
            .col(
                big_integer(OrderLine::Cancelled)
                    .default(0)
                    .check(Expr::col(OrderLine::Cancelled).gte(0)),
            )
            .col(big_integer_null(OrderLine::AmountDiscount))
            .col(big_integer_null(OrderLine::AmountTax))
            .col(big_integer_null(OrderLine::AmountTotal))
            .primary_key(
                Index::create()
                    .col(OrderLine::OrderId)
                    .col(OrderLine::VariantId),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(OrderLine::Table, OrderLine::OrderId)
                    .to(Order::Table, Order::Id),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(OrderLine::Table, OrderLine::VariantId)
                    .to(Variant::Table, Variant::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        // The owner searches for the orders of an article, the newest first.
        let sku = Index::create()
            .name("order_line_sku")
            .table(OrderLine::Table)
            .col(OrderLine::Sku)
            .col(OrderLine::OrderId)
            .to_owned();
        manager.create_index(sku).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(OrderLine::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum OrderLine {
    Table,
    OrderId,
    VariantId,
    Sku,
    ProductName,
    VariantName,
    UnitAmount,
    Quantity,
    StockTaken,
    Restocked,
    Cancelled,
    AmountDiscount,
    AmountTax,
    AmountTotal,
}
