//! `admin_user`: the users of the admin.

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
            .table(AdminUser::Table)
            .col(big_pk_auto(AdminUser::Id))
            .col(string_len(AdminUser::Mail, 254).unique_key())
            .col(text_null(AdminUser::PasswordHash))
            .col(
                string_len(AdminUser::Role, 16)
                    .check(Expr::col(AdminUser::Role).is_in(["owner", "manager", "staff"])),
            )
            .col(string_len(AdminUser::Language, 16))
            .col(text_null(AdminUser::TotpSecret))
            .col(big_integer_null(AdminUser::TotpStep))
            .col(text_null(AdminUser::NewTotpSecret))
            .col(timestamp_with_time_zone(AdminUser::CreatedAt))
            .col(timestamp_with_time_zone_null(AdminUser::SignedInAt))
            .col(timestamp_with_time_zone_null(AdminUser::DeactivatedAt))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(AdminUser::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum AdminUser {
    Table,
    Id,
    Mail,
    PasswordHash,
    Role,
    Language,
    TotpSecret,
    TotpStep,
    NewTotpSecret,
    CreatedAt,
    SignedInAt,
    DeactivatedAt,
}
