//! `order`: what was paid.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000007_checkout::Checkout;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Order::Table)
            .col(big_pk_auto(Order::Id))
            .col(
                string_len(Order::Number, 24)
                    .unique_key()
                    .check(Expr::col(Order::Number).ne("")),
            )
            .col(string_len(Order::CheckoutId, 32).unique_key())
            .col(string_len(Order::StripeSessionId, 255).unique_key())
            .col(string_len_null(Order::StripePaymentIntentId, 255))
            .col(string_len(Order::Currency, 3))
            .col(big_integer(Order::AmountSubtotal))
            .col(big_integer(Order::AmountDiscount))
            .col(big_integer(Order::AmountShipping))
            .col(big_integer(Order::AmountTax))
            .col(big_integer(Order::AmountTotal))
            .col(string_len(Order::PaymentStatus, 32))
            .col(text_null(Order::CustomerEmail))
            .col(text_null(Order::CustomerName))
            .col(text_null(Order::CustomerPhone))
            .col(text_null(Order::BillingAddress))
            .col(text_null(Order::BusinessName))
            .col(text_null(Order::TaxIds))
            .col(text_null(Order::CustomerNote))
            .col(text_null(Order::ShippingName))
            .col(text_null(Order::ShippingAddress))
            .col(text_null(Order::ShippingMethod))
            .col(
                string_len_null(Order::Flag, 32).check(Expr::col(Order::Flag).is_in([
                    "currency_differs",
                    "subtotal_differs",
                    "total_differs",
                    "oversold",
                ])),
            )
            .col(string_len_null(Order::StripeInvoiceId, 255))
            .col(text_null(Order::InvoiceUrl))
            .col(big_integer_null(Order::StripeFee))
            .col(big_integer_null(Order::StripeNet))
            .col(string_len_null(Order::StripeFeeCurrency, 3))
            .col(timestamp_with_time_zone_null(Order::AdoptedAt))
            .col(timestamp_with_time_zone(Order::PaidAt))
            .col(timestamp_with_time_zone(Order::CreatedAt))
            .foreign_key(
                ForeignKey::create()
                    .from(Order::Table, Order::CheckoutId)
                    .to(Checkout::Table, Checkout::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        let stripe_payment_intent_id = Index::create()
            .name("order_stripe_payment_intent_id")
            .table(Order::Table)
            .col(Order::StripePaymentIntentId)
            .to_owned();
        manager.create_index(stripe_payment_intent_id).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Order::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum Order {
    Table,
    Id,
    Number,
    CheckoutId,
    StripeSessionId,
    StripePaymentIntentId,
    Currency,
    AmountSubtotal,
    AmountDiscount,
    AmountShipping,
    AmountTax,
    AmountTotal,
    PaymentStatus,
    CustomerEmail,
    CustomerName,
    CustomerPhone,
    BillingAddress,
    BusinessName,
    TaxIds,
    CustomerNote,
    ShippingName,
    ShippingAddress,
    ShippingMethod,
    Flag,
    StripeInvoiceId,
    InvoiceUrl,
    StripeFee,
    StripeNet,
    StripeFeeCurrency,
    AdoptedAt,
    PaidAt,
    CreatedAt,
}
