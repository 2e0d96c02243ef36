//! `stripe_event`: the inbox: Stripe's events as they were received.

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
            .table(StripeEvent::Table)
            .col(string_len(StripeEvent::Id, 255).primary_key())
            .col(string_len(StripeEvent::Type, 100))
            .col(boolean(StripeEvent::Livemode))
            .col(text(StripeEvent::Payload))
            .col(
                string_len(StripeEvent::State, 16).check(
                    Expr::col(StripeEvent::State)
                        .is_in(["pending", "applied", "ignored", "failed", "dead"]),
                ),
            )
            .col(text_null(StripeEvent::Error))
            .col(string_len_null(StripeEvent::CheckoutId, 32))
            .col(integer(StripeEvent::Attempts).default(0))
            .col(timestamp_with_time_zone_null(StripeEvent::DueAt))
            .col(string_len_null(StripeEvent::WaitsFor, 255))
            .col(
                string_len(StripeEvent::Source, 16)
                    .check(Expr::col(StripeEvent::Source).is_in(["webhook", "pulled"])),
            )
            .col(timestamp_with_time_zone_null(StripeEvent::DismissedAt))
            .col(text_null(StripeEvent::DismissedBy))
            .col(text_null(StripeEvent::DismissedNote))
            .col(timestamp_with_time_zone(StripeEvent::CreatedAt))
            .col(timestamp_with_time_zone(StripeEvent::ReceivedAt))
            .to_owned();
        manager.create_table(table).await?;
        let state_received_at = Index::create()
            .name("stripe_event_state_received_at")
            .table(StripeEvent::Table)
            .col(StripeEvent::State)
            .col(StripeEvent::ReceivedAt)
            .to_owned();
        manager.create_index(state_received_at).await?;
        let source_received_at = Index::create()
            .name("stripe_event_source_received_at")
            .table(StripeEvent::Table)
            .col(StripeEvent::Source)
            .col(StripeEvent::ReceivedAt)
            .to_owned();
        manager.create_index(source_received_at).await?;
        let received_at = Index::create()
            .name("stripe_event_received_at")
            .table(StripeEvent::Table)
            .col(StripeEvent::ReceivedAt)
            .to_owned();
        manager.create_index(received_at).await?;
        let due_at = Index::create()
            .name("stripe_event_due_at")
            .table(StripeEvent::Table)
            .col(StripeEvent::DueAt)
            .and_where(Expr::col(StripeEvent::DueAt).is_not_null())
            .to_owned();
        manager.create_index(due_at).await?;
        let waits_for = Index::create()
            .name("stripe_event_waits_for")
            .table(StripeEvent::Table)
            .col(StripeEvent::WaitsFor)
            .and_where(Expr::col(StripeEvent::WaitsFor).is_not_null())
            .to_owned();
        manager.create_index(waits_for).await?;
        let checkout_id = Index::create()
            .name("stripe_event_checkout_id")
            .table(StripeEvent::Table)
            .col(StripeEvent::CheckoutId)
            .and_where(Expr::col(StripeEvent::CheckoutId).is_not_null())
            .to_owned();
        manager.create_index(checkout_id).await
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
    Attempts,
    DueAt,
    WaitsFor,
    Source,
    DismissedAt,
    DismissedBy,
    DismissedNote,
    CreatedAt,
    ReceivedAt,
}
