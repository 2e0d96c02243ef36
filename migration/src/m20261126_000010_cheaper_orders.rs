//! What is written for every order becomes cheaper.
//!
//! `stripe_event` gets leaner indexes. Every event is written twice, as it comes and as it is settled, and each time in every
//! index, but what is empty has no entry: `due_at` and `waits_for` in nearly every settled event, `checkout_id` in those that are
//! new or concern no checkout. (`stripe_event_state_received_at` stays for whoever looks for the failed and the waiting.) The list
//! of events gets an index in its own order.
//!
//! `product` gets room on PostgreSQL, in pages that are written from now on. Each sale writes its products anew, and a new version
//! finds place beside the old one, without an entry in an index. A small catalog also takes some pages more, so that a plan which
//! is made while it is small goes through the index: one that reads the whole table reads every dead version later.

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
        create(
            manager,
            "stripe_event_received_at",
            &[StripeEvent::ReceivedAt],
        )
        .await?;
        on_postgres(manager, "ALTER TABLE product SET (fillfactor = 25)").await
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
    State,
    CheckoutId,
    CreatedAt,
    ReceivedAt,
}
