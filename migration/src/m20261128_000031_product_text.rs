//! `product_text`: a product's name and description in a language, instead of its own.

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
            .table(ProductText::Table)
            .col(big_integer(ProductText::ProductId))
            .col(string_len(ProductText::Language, 2))
            .col(string_len_null(ProductText::Name, 250))
            .col(text_null(ProductText::Description))
            .primary_key(
                Index::create()
                    .col(ProductText::ProductId)
                    .col(ProductText::Language),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(ProductText::Table, ProductText::ProductId)
                    .to(Product::Table, Product::Id),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(ProductText::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum ProductText {
    Table,
    ProductId,
    Language,
    Name,
    Description,
}
