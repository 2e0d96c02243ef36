//! `order` and `order_line`: what was paid. One order for one checkout, one for one session: the database refuses a second.

use sea_orm_migration::prelude::*;

use crate::m20261123_000001_catalog::Product;
use crate::m20261123_000002_checkout::Checkout;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let amount = |column: Order| ColumnDef::new(column).big_integer().not_null().to_owned();
        manager
            .create_table(
                Table::create()
                    .table(Order::Table)
                    .col(
                        ColumnDef::new(Order::Id)
                            .big_integer()
                            .not_null()
                            .auto_increment()
                            .primary_key(),
                    )
                    .col(
                        ColumnDef::new(Order::CheckoutId)
                            .string_len(32)
                            .not_null()
                            .unique_key(),
                    )
                    .col(
                        ColumnDef::new(Order::StripeSessionId)
                            .string_len(255)
                            .not_null()
                            .unique_key(),
                    )
                    .col(
                        ColumnDef::new(Order::StripePaymentIntentId)
                            .string_len(255)
                            .null(),
                    )
                    .col(
                        ColumnDef::new(Order::Token)
                            .string_len(32)
                            .not_null()
                            .unique_key(),
                    )
                    .col(ColumnDef::new(Order::Currency).string_len(3).not_null())
                    .col(amount(Order::AmountSubtotal))
                    .col(amount(Order::AmountDiscount))
                    .col(amount(Order::AmountShipping))
                    .col(amount(Order::AmountTax))
                    .col(amount(Order::AmountTotal))
                    .col(
                        ColumnDef::new(Order::PaymentStatus)
                            .string_len(32)
                            .not_null(),
                    )
                    .col(ColumnDef::new(Order::CustomerEmail).text().null())
                    .col(ColumnDef::new(Order::CustomerName).text().null())
                    // Why the owner should look at it; empty where all is well.
                    .col(ColumnDef::new(Order::Flag).string_len(32).null().check(
                        Expr::col(Order::Flag).is_in([
                            "currency_differs",
                            "subtotal_differs",
                            "total_differs",
                            "oversold",
                        ]),
                    ))
                    .col(
                        ColumnDef::new(Order::PaidAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(Order::CreatedAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(Order::Table, Order::CheckoutId)
                            .to(Checkout::Table, Checkout::Id),
                    )
                    .to_owned(),
            )
            .await?;
        // Refunds and disputes name the payment intent, not the session.
        manager
            .create_index(
                Index::create()
                    .name("order_stripe_payment_intent_id")
                    .table(Order::Table)
                    .col(Order::StripePaymentIntentId)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(OrderLine::Table)
                    .col(ColumnDef::new(OrderLine::OrderId).big_integer().not_null())
                    .col(
                        ColumnDef::new(OrderLine::ProductId)
                            .big_integer()
                            .not_null(),
                    )
                    .col(ColumnDef::new(OrderLine::Name).string_len(250).not_null())
                    .col(
                        ColumnDef::new(OrderLine::UnitAmount)
                            .big_integer()
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(OrderLine::Quantity)
                            .big_integer()
                            .not_null()
                            .check(Expr::col(OrderLine::Quantity).gte(1)),
                    )
                    .primary_key(
                        Index::create()
                            .col(OrderLine::OrderId)
                            .col(OrderLine::ProductId),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(OrderLine::Table, OrderLine::OrderId)
                            .to(Order::Table, Order::Id),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(OrderLine::Table, OrderLine::ProductId)
                            .to(Product::Table, Product::Id),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(OrderLine::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Order::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum Order {
    Table,
    Id,
    CheckoutId,
    StripeSessionId,
    StripePaymentIntentId,
    Token,
    Currency,
    AmountSubtotal,
    AmountDiscount,
    AmountShipping,
    AmountTax,
    AmountTotal,
    PaymentStatus,
    CustomerEmail,
    CustomerName,
    Flag,
    PaidAt,
    CreatedAt,
}

#[derive(DeriveIden)]
enum OrderLine {
    Table,
    OrderId,
    ProductId,
    Name,
    UnitAmount,
    Quantity,
}
