//! How an order was paid: `order.payment_method`, `payment_brand` and `payment_last4`.

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
        // SQLite adds one column per statement.
        for column in [
            string_len_null(Added::PaymentMethod, 50),
            string_len_null(Added::PaymentBrand, 50),
            string_len_null(Added::PaymentLast4, 4),
        ] {
            let table = Table::alter()
                .table(Order::Table)
                .add_column(column)
                .to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            Added::PaymentMethod,
            Added::PaymentBrand,
            Added::PaymentLast4,
        ] {
            let table = Table::alter()
                .table(Order::Table)
                .drop_column(column)
                .to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Added {
    PaymentMethod,
    PaymentBrand,
    PaymentLast4,
}
