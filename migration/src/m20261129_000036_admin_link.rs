//! `admin_link`: one-time links with which users of the admin set their password.

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
                .table(AdminLink::Table)
                .col(big_pk_auto(AdminLink::Id))
                .col(string_len(AdminLink::TokenDigest, 64).unique_key())
                .col(big_integer(AdminLink::UserId))
                .col(string_len(AdminLink::Purpose, 16).check(
                    Expr::col(AdminLink::Purpose).is_in(["first_owner", "invitation", "reset"]),
                ))
                .col(timestamp_with_time_zone(AdminLink::CreatedAt))
                .col(timestamp_with_time_zone(AdminLink::ExpiresAt))
                .foreign_key(
                    ForeignKey::create()
                        .from(AdminLink::Table, AdminLink::UserId)
                        .to(AdminUser::Table, AdminUser::Id),
                )
                .to_owned();
        manager.create_table(table).await?;
        for (name, column) in [
            ("admin_link_user_id", AdminLink::UserId),
            ("admin_link_expires_at", AdminLink::ExpiresAt),
        ] {
            let index = Index::create()
                .name(name)
                .table(AdminLink::Table)
                .col(column)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(AdminLink::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum AdminLink {
    Table,
    Id,
    TokenDigest,
    UserId,
    Purpose,
    CreatedAt,
    ExpiresAt,
}
