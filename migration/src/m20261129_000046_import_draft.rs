//! `import_draft`: a product file that was uploaded, until its import is applied or forgotten.

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
            .table(ImportDraft::Table)
            .col(big_pk_auto(ImportDraft::Id))
            .col(text(ImportDraft::Name))
            .col(blob(ImportDraft::Content))
            .col(string_len(ImportDraft::Format, 20))
            .col(string_len_null(ImportDraft::Currency, 3))
            .col(boolean(ImportDraft::SetsStock))
            .col(text(ImportDraft::Actor))
            .col(timestamp_with_time_zone(ImportDraft::CreatedAt))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(ImportDraft::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum ImportDraft {
    Table,
    Id,
    Name,
    Content,
    Format,
    Currency,
    SetsStock,
    Actor,
    CreatedAt,
}
