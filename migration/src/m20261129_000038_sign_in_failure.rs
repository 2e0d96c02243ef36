//! `sign_in_failure`: how often passwords and codes were guessed wrong, and until when guessing is
//! blocked.

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
            .table(SignInFailure::Table)
            .col(string_len(SignInFailure::Scope, 32))
            .col(string_len(SignInFailure::Key, 64))
            .col(
                big_integer(SignInFailure::Failures)
                    .check(Expr::col(SignInFailure::Failures).gte(0)),
            )
            .col(timestamp_with_time_zone_null(SignInFailure::BlockedUntil))
            .col(timestamp_with_time_zone_null(SignInFailure::ToldAt))
            .col(timestamp_with_time_zone(SignInFailure::ExpiresAt))
            .primary_key(
                Index::create()
                    .col(SignInFailure::Scope)
                    .col(SignInFailure::Key),
            )
            .to_owned();
        manager.create_table(table).await?;
        let expires_at = Index::create()
            .name("sign_in_failure_expires_at")
            .table(SignInFailure::Table)
            .col(SignInFailure::ExpiresAt)
            .to_owned();
        manager.create_index(expires_at).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(SignInFailure::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum SignInFailure {
    Table,
    Scope,
    Key,
    Failures,
    BlockedUntil,
    ToldAt,
    ExpiresAt,
}
