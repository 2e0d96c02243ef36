//! `checkout_line`: a variant of a checkout, as it was quoted.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000003_variant::Variant;
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
            .table(CheckoutLine::Table)
            .col(string_len(CheckoutLine::CheckoutId, 32))
            .col(big_integer(CheckoutLine::VariantId))
            .col(string_len(CheckoutLine::Sku, 100))
            .col(string_len(CheckoutLine::ProductName, 250))
            .col(string_len(CheckoutLine::VariantName, 250))
            .col(string_len_null(CheckoutLine::TaxCode, 50))
            .col(string_len_null(CheckoutLine::PictureHash, 64))
            .col(
                big_integer(CheckoutLine::UnitAmount)
                    .check(Expr::col(CheckoutLine::UnitAmount).gte(0)),
            )
            .col(
                big_integer(CheckoutLine::Quantity).check(Expr::col(CheckoutLine::Quantity).gte(1)),
            )
            .primary_key(
                Index::create()
                    .col(CheckoutLine::CheckoutId)
                    .col(CheckoutLine::VariantId),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(CheckoutLine::Table, CheckoutLine::CheckoutId)
                    .to(Checkout::Table, Checkout::Id),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(CheckoutLine::Table, CheckoutLine::VariantId)
                    .to(Variant::Table, Variant::Id),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(CheckoutLine::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum CheckoutLine {
    Table,
    CheckoutId,
    VariantId,
    Sku,
    ProductName,
    VariantName,
    TaxCode,
    PictureHash,
    UnitAmount,
    Quantity,
}
