//! `audit_log`: who changed what, when and from where. Rows are only ever added.

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
            .table(AuditLog::Table)
            .col(big_pk_auto(AuditLog::Id))
            .col(timestamp_with_time_zone(AuditLog::At))
            .col(big_integer_null(AuditLog::UserId))
            .col(text(AuditLog::Actor))
            .col(string_len_null(AuditLog::Address, 45))
            .col(string_len(AuditLog::Action, 64))
            .col(string_len(AuditLog::SubjectKind, 32))
            .col(text(AuditLog::Subject))
            .col(text_null(AuditLog::Before))
            .col(text_null(AuditLog::After))
            .to_owned();
        manager.create_table(table).await?;
        let at = Index::create()
            .name("audit_log_at")
            .table(AuditLog::Table)
            .col(AuditLog::At)
            .col(AuditLog::Id)
            .to_owned();
        manager.create_index(at).await?;
        let subject = Index::create()
            .name("audit_log_subject")
            .table(AuditLog::Table)
            .col(AuditLog::SubjectKind)
            .col(AuditLog::Subject)
            .col(AuditLog::At)
            .col(AuditLog::Id)
            .to_owned();
        manager.create_index(subject).await?;
        let actor = Index::create()
            .name("audit_log_actor")
            .table(AuditLog::Table)
            .col(AuditLog::Actor)
            .col(AuditLog::At)
            .col(AuditLog::Id)
            .to_owned();
        manager.create_index(actor).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(AuditLog::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum AuditLog {
    Table,
    Id,
    At,
    UserId,
    Actor,
    Address,
    Action,
    SubjectKind,
    Subject,
    Before,
    After,
}
