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
        manager.create_table(table).await
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
}
