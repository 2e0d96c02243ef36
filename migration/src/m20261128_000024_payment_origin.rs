//! `payment_origin`: the origins of Stripe's payment pages, for the content security policy.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(PaymentOrigin::Table)
            .col(string_len(PaymentOrigin::Origin, 255).primary_key())
            .col(timestamp_with_time_zone(PaymentOrigin::CreatedAt))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(PaymentOrigin::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum PaymentOrigin {
    Table,
    Origin,
    CreatedAt,
}
