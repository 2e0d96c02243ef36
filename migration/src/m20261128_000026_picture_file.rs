//! `picture_file`: the files of stored pictures, by the content hash of their original.

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
            .table(PictureFile::Table)
            .col(string_len(PictureFile::Hash, 64))
            .col(
                string_len(PictureFile::Format, 8)
                    .check(Expr::col(PictureFile::Format).is_in(["webp", "jpeg"])),
            )
            .col(big_integer(PictureFile::Width).check(Expr::col(PictureFile::Width).gte(1)))
            .col(big_integer(PictureFile::Height).check(Expr::col(PictureFile::Height).gte(1)))
            // Last, so that SQLite reads the other columns without it.
            .col(blob(PictureFile::Bytes))
            .primary_key(
                Index::create()
                    .col(PictureFile::Hash)
                    .col(PictureFile::Format)
                    .col(PictureFile::Width),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(PictureFile::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum PictureFile {
    Table,
    Hash,
    Format,
    Width,
    Height,
    Bytes,
}
