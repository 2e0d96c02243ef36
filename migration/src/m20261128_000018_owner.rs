//! `order` learns which way to ship was chosen, and `order_line` how many of its units went back
//! into stock. `refund_request` holds the refunds that the owner has asked for at the command line.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table(Order::Table)
            .add_column(ColumnDef::new(Order::ShippingMethod).text().null())
            .to_owned();
        manager.alter_table(table).await?;
        let mut restocked = ColumnDef::new(OrderLine::Restocked);
        restocked
            .big_integer()
            .not_null()
            .default(0)
            .check(Expr::col(OrderLine::Restocked).gte(0));
        let table = Table::alter()
            .table(OrderLine::Table)
            .add_column(restocked)
            .to_owned();
        manager.alter_table(table).await?;
        manager.create_table(refund_request()).await?;
        let index = Index::create()
            .name("refund_request_order_id")
            .table(RefundRequest::Table)
            .col(RefundRequest::OrderId)
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::drop().table(RefundRequest::Table).to_owned();
        manager.drop_table(table).await?;
        let table = Table::alter()
            .table(OrderLine::Table)
            .drop_column(OrderLine::Restocked)
            .to_owned();
        manager.alter_table(table).await?;
        let table = Table::alter()
            .table(Order::Table)
            .drop_column(Order::ShippingMethod)
            .to_owned();
        manager.alter_table(table).await
    }
}

fn refund_request() -> TableCreateStatement {
    Table::create()
        .table(RefundRequest::Table)
        .col(
            ColumnDef::new(RefundRequest::Id)
                .big_integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
        .col(
            ColumnDef::new(RefundRequest::OrderId)
                .big_integer()
                .not_null(),
        )
        .col(
            ColumnDef::new(RefundRequest::Amount)
                .big_integer()
                .not_null()
                .check(Expr::col(RefundRequest::Amount).gt(0)),
        )
        .col(ColumnDef::new(RefundRequest::Restock).boolean().not_null())
        .col(
            ColumnDef::new(RefundRequest::State)
                .string_len(16)
                .not_null()
                .check(Expr::col(RefundRequest::State).is_in(["asked", "made", "refused"])),
        )
        .col(
            ColumnDef::new(RefundRequest::StripeRefundId)
                .string_len(255)
                .null(),
        )
        .col(ColumnDef::new(RefundRequest::RequestedBy).text().not_null())
        .col(
            ColumnDef::new(RefundRequest::CreatedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .from(RefundRequest::Table, RefundRequest::OrderId)
                .to(Order::Table, Order::Id),
        )
        .to_owned()
}

#[derive(DeriveIden)]
enum Order {
    Table,
    Id,
    ShippingMethod,
}

#[derive(DeriveIden)]
enum OrderLine {
    Table,
    Restocked,
}

#[derive(DeriveIden)]
enum RefundRequest {
    Table,
    Id,
    OrderId,
    Amount,
    Restock,
    State,
    StripeRefundId,
    RequestedBy,
    CreatedAt,
}
