//! `admin_session`: who is signed in to the admin, on which device.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261129_000034_admin_user::AdminUser;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table =
            Table::create()
                .table(AdminSession::Table)
                .col(big_pk_auto(AdminSession::Id))
                .col(string_len(AdminSession::TokenDigest, 64).unique_key())
                .col(big_integer(AdminSession::UserId))
                .col(string_len(AdminSession::State, 32).check(
                    Expr::col(AdminSession::State).is_in(["awaits_second_factor", "complete"]),
                ))
                .col(timestamp_with_time_zone_null(AdminSession::ProvedAt))
                .col(string_len(AdminSession::Address, 45))
                .col(text_null(AdminSession::UserAgent))
                .col(timestamp_with_time_zone(AdminSession::CreatedAt))
                .col(timestamp_with_time_zone(AdminSession::LastSeenAt))
                .col(timestamp_with_time_zone(AdminSession::ExpiresAt))
                .foreign_key(
                    ForeignKey::create()
                        .from(AdminSession::Table, AdminSession::UserId)
                        .to(AdminUser::Table, AdminUser::Id),
                )
                .to_owned();
        manager.create_table(table).await?;
        for (name, column) in [
            ("admin_session_user_id", AdminSession::UserId),
            ("admin_session_expires_at", AdminSession::ExpiresAt),
        ] {
            let index = Index::create()
                .name(name)
                .table(AdminSession::Table)
                .col(column)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(AdminSession::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum AdminSession {
    Table,
    Id,
    TokenDigest,
    UserId,
    State,
    ProvedAt,
    Address,
    UserAgent,
    CreatedAt,
    LastSeenAt,
    ExpiresAt,
}
