//! `stripe_fact`: what was last observed about Stripe, such as refused payments.

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
            .table(StripeFact::Table)
            .col(string_len(StripeFact::Name, 100).primary_key())
            .col(text(StripeFact::Detail))
            .col(timestamp_with_time_zone(StripeFact::SeenAt))
            .col(timestamp_with_time_zone_null(StripeFact::MailedAt))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(StripeFact::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum StripeFact {
    Table,
    Name,
    Detail,
    SeenAt,
    MailedAt,
}
