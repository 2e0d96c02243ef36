//! `stripe_event`: the inbox. Stripe's id of the event is the primary key, so that a second delivery finds the first.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let states = ["pending", "applied", "ignored", "failed", "dead"];
        manager
            .create_table(
                Table::create()
                    .table(StripeEvent::Table)
                    .col(
                        ColumnDef::new(StripeEvent::Id)
                            .string_len(255)
                            .not_null()
                            .primary_key(),
                    )
                    .col(ColumnDef::new(StripeEvent::Type).string_len(100).not_null())
                    .col(ColumnDef::new(StripeEvent::Livemode).boolean().not_null())
                    .col(ColumnDef::new(StripeEvent::Payload).text().not_null())
                    .col(
                        ColumnDef::new(StripeEvent::State)
                            .string_len(16)
                            .not_null()
                            .check(Expr::col(StripeEvent::State).is_in(states)),
                    )
                    .col(ColumnDef::new(StripeEvent::Error).text().null())
                    .col(
                        ColumnDef::new(StripeEvent::CheckoutId)
                            .string_len(32)
                            .null(),
                    )
                    .col(
                        ColumnDef::new(StripeEvent::CreatedAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(StripeEvent::ReceivedAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("stripe_event_state_received_at")
                    .table(StripeEvent::Table)
                    .col(StripeEvent::State)
                    .col(StripeEvent::ReceivedAt)
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(StripeEvent::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum StripeEvent {
    Table,
    Id,
    Type,
    Livemode,
    Payload,
    State,
    Error,
    CheckoutId,
    CreatedAt,
    ReceivedAt,
}
