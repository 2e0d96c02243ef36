//! `admin_known_device`: devices on which users of the admin have signed in before.

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
            .table(AdminKnownDevice::Table)
            .col(string_len(AdminKnownDevice::TokenDigest, 64))
            .col(big_integer(AdminKnownDevice::UserId))
            .col(timestamp_with_time_zone(AdminKnownDevice::ExpiresAt))
            .primary_key(
                Index::create()
                    .col(AdminKnownDevice::TokenDigest)
                    .col(AdminKnownDevice::UserId),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(AdminKnownDevice::Table, AdminKnownDevice::UserId)
                    .to(AdminUser::Table, AdminUser::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        for (name, column) in [
            ("admin_known_device_user_id", AdminKnownDevice::UserId),
            ("admin_known_device_expires_at", AdminKnownDevice::ExpiresAt),
        ] {
            let index = Index::create()
                .name(name)
                .table(AdminKnownDevice::Table)
                .col(column)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(AdminKnownDevice::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum AdminKnownDevice {
    Table,
    TokenDigest,
    UserId,
    ExpiresAt,
}
