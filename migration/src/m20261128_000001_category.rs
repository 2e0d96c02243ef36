//! `category`: a heading under which products are listed.

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
            .table(Category::Table)
            .col(big_pk_auto(Category::Id))
            .col(string_len(Category::Slug, 100).unique_key())
            .col(string_len(Category::Name, 100).unique_key())
            .col(big_integer(Category::Position))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Category::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum Category {
    Table,
    Id,
    Slug,
    Name,
    Position,
}
