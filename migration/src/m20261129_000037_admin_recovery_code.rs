//! `admin_recovery_code`: codes that replace the second factor once each.

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
        let table = Table::create()
            .table(AdminRecoveryCode::Table)
            .col(big_integer(AdminRecoveryCode::UserId))
            .col(string_len(AdminRecoveryCode::CodeDigest, 64))
            .primary_key(
                Index::create()
                    .col(AdminRecoveryCode::UserId)
                    .col(AdminRecoveryCode::CodeDigest),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(AdminRecoveryCode::Table, AdminRecoveryCode::UserId)
                    .to(AdminUser::Table, AdminUser::Id),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(AdminRecoveryCode::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum AdminRecoveryCode {
    Table,
    UserId,
    CodeDigest,
}
