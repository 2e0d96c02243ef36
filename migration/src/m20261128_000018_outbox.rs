//! `outbox`: what must happen outside the database after a transaction: emails, refunds, queries
//! to Stripe.

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
            .table(Outbox::Table)
            .col(big_pk_auto(Outbox::Id))
            .col(string_len(Outbox::Key, 255).unique_key())
            .col(
                string_len(Outbox::Kind, 32).check(Expr::col(Outbox::Kind).is_in([
                    "mail",
                    "refund",
                    "dispute",
                    "fetch_payment_details",
                ])),
            )
            .col(string_len(Outbox::CheckoutId, 32))
            .col(text(Outbox::Payload))
            .col(
                string_len(Outbox::State, 16)
                    .check(Expr::col(Outbox::State).is_in(["pending", "done", "dead"])),
            )
            .col(integer(Outbox::Attempts).default(0))
            .col(text_null(Outbox::Error))
            .col(timestamp_with_time_zone(Outbox::DueAt))
            .col(timestamp_with_time_zone(Outbox::CreatedAt))
            .col(timestamp_with_time_zone(Outbox::UpdatedAt))
            .to_owned();
        manager.create_table(table).await?;
        let state_due_at = Index::create()
            .name("outbox_state_due_at")
            .table(Outbox::Table)
            .col(Outbox::State)
            .col(Outbox::DueAt)
            .to_owned();
        manager.create_index(state_due_at).await?;
        let checkout_id = Index::create()
            .name("outbox_checkout_id")
            .table(Outbox::Table)
            .col(Outbox::CheckoutId)
            .to_owned();
        manager.create_index(checkout_id).await?;
        let created_at_with_payload = Index::create()
            .name("outbox_created_at_with_payload")
            .table(Outbox::Table)
            .col(Outbox::CreatedAt)
            .and_where(Expr::col(Outbox::Payload).ne(""))
            .to_owned();
        manager.create_index(created_at_with_payload).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Outbox::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum Outbox {
    Table,
    Id,
    Key,
    Kind,
    CheckoutId,
    Payload,
    State,
    Attempts,
    Error,
    DueAt,
    CreatedAt,
    UpdatedAt,
}
