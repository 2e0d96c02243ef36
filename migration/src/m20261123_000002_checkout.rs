//! `checkout` and `checkout_line`: the quote. What was promised to one shopper, at which price, with which stock held.

use sea_orm_migration::prelude::*;

use crate::m20261123_000001_catalog::Product;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let states = [
            "creating",
            "open",
            "processing",
            "paid",
            "failed",
            "expired",
            "cancelled",
            "refused",
        ];
        manager
            .create_table(
                Table::create()
                    .table(Checkout::Table)
                    .col(
                        ColumnDef::new(Checkout::Id)
                            .string_len(32)
                            .not_null()
                            .primary_key(),
                    )
                    // Emptied when the checkout ends, so that the same form can begin another.
                    .col(
                        ColumnDef::new(Checkout::Attempt)
                            .string_len(32)
                            .null()
                            .unique_key(),
                    )
                    .col(
                        ColumnDef::new(Checkout::Token)
                            .string_len(32)
                            .not_null()
                            .unique_key(),
                    )
                    .col(
                        ColumnDef::new(Checkout::State)
                            .string_len(16)
                            .not_null()
                            .check(Expr::col(Checkout::State).is_in(states)),
                    )
                    .col(ColumnDef::new(Checkout::Currency).string_len(3).not_null())
                    .col(
                        ColumnDef::new(Checkout::AmountSubtotal)
                            .big_integer()
                            .not_null()
                            .check(Expr::col(Checkout::AmountSubtotal).gte(0)),
                    )
                    .col(ColumnDef::new(Checkout::PublicUrl).text().not_null())
                    .col(
                        ColumnDef::new(Checkout::StripeSessionId)
                            .string_len(255)
                            .null()
                            .unique_key(),
                    )
                    .col(ColumnDef::new(Checkout::StripeUrl).text().null())
                    .col(ColumnDef::new(Checkout::Error).text().null())
                    .col(
                        ColumnDef::new(Checkout::ExpiresAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(Checkout::CreatedAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(Checkout::UpdatedAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .to_owned(),
            )
            .await?;
        // The sweeper looks for stale checkouts by both.
        manager
            .create_index(
                Index::create()
                    .name("checkout_state_expires_at")
                    .table(Checkout::Table)
                    .col(Checkout::State)
                    .col(Checkout::ExpiresAt)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(CheckoutLine::Table)
                    .col(
                        ColumnDef::new(CheckoutLine::CheckoutId)
                            .string_len(32)
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(CheckoutLine::ProductId)
                            .big_integer()
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(CheckoutLine::Name)
                            .string_len(250)
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(CheckoutLine::UnitAmount)
                            .big_integer()
                            .not_null()
                            .check(Expr::col(CheckoutLine::UnitAmount).gte(0)),
                    )
                    .col(
                        ColumnDef::new(CheckoutLine::Quantity)
                            .big_integer()
                            .not_null()
                            .check(Expr::col(CheckoutLine::Quantity).gte(1)),
                    )
                    .primary_key(
                        Index::create()
                            .col(CheckoutLine::CheckoutId)
                            .col(CheckoutLine::ProductId),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(CheckoutLine::Table, CheckoutLine::CheckoutId)
                            .to(Checkout::Table, Checkout::Id),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(CheckoutLine::Table, CheckoutLine::ProductId)
                            .to(Product::Table, Product::Id),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(CheckoutLine::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Checkout::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum Checkout {
    Table,
    Id,
    Attempt,
    Token,
    State,
    Currency,
    AmountSubtotal,
    PublicUrl,
    StripeSessionId,
    StripeUrl,
    Error,
    ExpiresAt,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum CheckoutLine {
    Table,
    CheckoutId,
    ProductId,
    Name,
    UnitAmount,
    Quantity,
}
