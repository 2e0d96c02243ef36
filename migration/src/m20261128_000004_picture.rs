//! `picture`: the pictures of a product, in order.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000002_product::Product;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Picture::Table)
            .col(big_integer(Picture::ProductId))
            .col(big_integer(Picture::Position))
            .col(text(Picture::Address))
            .col(text(Picture::Alt).default(""))
            .col(string_len_null(Picture::Hash, 64))
            .primary_key(
                Index::create()
                    .col(Picture::ProductId)
                    .col(Picture::Position),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(Picture::Table, Picture::ProductId)
                    .to(Product::Table, Product::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        // For the files of pictures that no product has any more.
        let by_hash = Index::create()
            .name("picture_hash")
            .table(Picture::Table)
            .col(Picture::Hash)
            .to_owned();
        manager.create_index(by_hash).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Picture::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum Picture {
    Table,
    ProductId,
    Position,
    Address,
    Alt,
    Hash,
}
