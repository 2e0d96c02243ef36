//! What is written for every order becomes cheaper.
//!
//! `stripe_event` gets leaner indexes. Nearly every event is written twice, as it comes and as it is settled, and each time in
//! every index: those that only unsettled events are looked up by leave the settled ones out. The list of events has one of its
//! own order.
//!
//! `product` gets room in its pages on PostgreSQL. Each sale writes its products anew, and a new version finds place beside the
//! old one, without an entry in an index. A small catalog is also spread over so many pages that a plan made while it was small
//! goes through the index, and does not read every dead version later.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in [
            "stripe_event_state_due_at",
            "stripe_event_waits_for_state",
            "stripe_event_checkout_id_created_at",
            "stripe_event_source_received_at",
        ] {
            drop(manager, name).await?;
        }
        // Both databases see that `column = x` and `column <= x` leave NULL out, and use these for them.
        for (name, column) in [
            ("stripe_event_due_at", StripeEvent::DueAt),
            ("stripe_event_waits_for", StripeEvent::WaitsFor),
            ("stripe_event_checkout_id", StripeEvent::CheckoutId),
        ] {
            let index = Index::create()
                .name(name)
                .table(StripeEvent::Table)
                .col(column)
                .and_where(Expr::col(column).is_not_null())
                .to_owned();
            manager.create_index(index).await?;
        }
        // The newest events, and the newest webhook among them.
        create(
            manager,
            "stripe_event_received_at",
            &[StripeEvent::ReceivedAt],
        )
        .await?;
        on_postgres(manager, "ALTER TABLE product SET (fillfactor = 10)").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in [
            "stripe_event_due_at",
            "stripe_event_waits_for",
            "stripe_event_checkout_id",
            "stripe_event_received_at",
        ] {
            drop(manager, name).await?;
        }
        for (name, columns) in [
            (
                "stripe_event_state_due_at",
                [StripeEvent::State, StripeEvent::DueAt],
            ),
            (
                "stripe_event_waits_for_state",
                [StripeEvent::WaitsFor, StripeEvent::State],
            ),
            (
                "stripe_event_checkout_id_created_at",
                [StripeEvent::CheckoutId, StripeEvent::CreatedAt],
            ),
            (
                "stripe_event_source_received_at",
                [StripeEvent::Source, StripeEvent::ReceivedAt],
            ),
        ] {
            create(manager, name, &columns).await?;
        }
        on_postgres(manager, "ALTER TABLE product RESET (fillfactor)").await
    }
}

/// SQLite has no such setting.
async fn on_postgres(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        manager.get_connection().execute_unprepared(sql).await?;
    }
    Ok(())
}

async fn create(
    manager: &SchemaManager<'_>,
    name: &str,
    columns: &[StripeEvent],
) -> Result<(), DbErr> {
    let mut index = Index::create()
        .name(name)
        .table(StripeEvent::Table)
        .to_owned();
    for column in columns {
        index.col(*column);
    }
    manager.create_index(index).await
}

async fn drop(manager: &SchemaManager<'_>, name: &str) -> Result<(), DbErr> {
    let index = Index::drop()
        .name(name)
        .table(StripeEvent::Table)
        .to_owned();
    manager.drop_index(index).await
}

#[derive(Clone, Copy, DeriveIden)]
enum StripeEvent {
    Table,
    DueAt,
    WaitsFor,
    Source,
    State,
    CheckoutId,
    CreatedAt,
    ReceivedAt,
}
