//! `outbox`: what must happen outside the database once a transaction stands. `lease`: one worker at a time among servers.
//! `reconciliation`: how far Stripe's events have been read.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(outbox()).await?;
        // The worker asks for what is due.
        manager
            .create_index(
                Index::create()
                    .name("outbox_state_due_at")
                    .table(Outbox::Table)
                    .col(Outbox::State)
                    .col(Outbox::DueAt)
                    .to_owned(),
            )
            .await?;
        manager.create_table(lease()).await?;
        manager.create_table(reconciliation()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Reconciliation::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Lease::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Outbox::Table).to_owned())
            .await
    }
}

fn outbox() -> TableCreateStatement {
    Table::create()
        .table(Outbox::Table)
        .col(
            ColumnDef::new(Outbox::Id)
                .big_integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
        // Whatever happens twice asks for the same thing with the same key, and finds it there.
        .col(
            ColumnDef::new(Outbox::Key)
                .string_len(255)
                .not_null()
                .unique_key(),
        )
        .col(
            ColumnDef::new(Outbox::Kind)
                .string_len(16)
                .not_null()
                .check(Expr::col(Outbox::Kind).is_in(["mail", "refund"])),
        )
        .col(ColumnDef::new(Outbox::CheckoutId).string_len(32).not_null())
        .col(ColumnDef::new(Outbox::Payload).text().not_null())
        .col(
            ColumnDef::new(Outbox::State)
                .string_len(16)
                .not_null()
                .check(Expr::col(Outbox::State).is_in(["pending", "done", "dead"])),
        )
        .col(
            ColumnDef::new(Outbox::Attempts)
                .integer()
                .not_null()
                .default(0),
        )
        .col(ColumnDef::new(Outbox::Error).text().null())
        .col(
            ColumnDef::new(Outbox::DueAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(
            ColumnDef::new(Outbox::CreatedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(
            ColumnDef::new(Outbox::UpdatedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .to_owned()
}

fn lease() -> TableCreateStatement {
    Table::create()
        .table(Lease::Table)
        .col(
            ColumnDef::new(Lease::Name)
                .string_len(32)
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(Lease::Holder).string_len(32).not_null())
        .col(
            ColumnDef::new(Lease::ExpiresAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .to_owned()
}

fn reconciliation() -> TableCreateStatement {
    Table::create()
        .table(Reconciliation::Table)
        .col(
            ColumnDef::new(Reconciliation::Name)
                .string_len(32)
                .not_null()
                .primary_key(),
        )
        .col(
            ColumnDef::new(Reconciliation::ReadUntil)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(
            ColumnDef::new(Reconciliation::SilentSince)
                .timestamp_with_time_zone()
                .null(),
        )
        .col(
            ColumnDef::new(Reconciliation::UpdatedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .to_owned()
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

#[derive(DeriveIden)]
enum Lease {
    Table,
    Name,
    Holder,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum Reconciliation {
    Table,
    Name,
    ReadUntil,
    SilentSince,
    UpdatedAt,
}
