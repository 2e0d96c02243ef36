//! `order_tax`: the taxes of an order by rate, as Stripe states them.

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
            .table(OrderTax::Table)
            .col(big_integer(OrderTax::OrderId))
            .col(integer(OrderTax::Position))
            .col(text(OrderTax::Name))
            .col(string_len_null(OrderTax::Percentage, 16))
            .col(text_null(OrderTax::Jurisdiction))
            .col(boolean(OrderTax::Inclusive))
            .col(big_integer(OrderTax::Amount))
            .col(big_integer_null(OrderTax::TaxableAmount))
            .primary_key(
                Index::create()
                    .col(OrderTax::OrderId)
                    .col(OrderTax::Position),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(OrderTax::Table, OrderTax::OrderId)
                    .to(Order::Table, Order::Id),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(OrderTax::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum OrderTax {
    Table,
    OrderId,
    Position,
    Name,
    Percentage,
    Jurisdiction,
    Inclusive,
    Amount,
    TaxableAmount,
}
