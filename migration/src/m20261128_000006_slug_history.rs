//! `slug_history`: earlier slugs of products, whose pages redirect to the present one.

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
            .table(SlugHistory::Table)
            .col(string_len(SlugHistory::Slug, 100).primary_key())
            .col(big_integer(SlugHistory::ProductId))
            .col(timestamp_with_time_zone(SlugHistory::ReplacedAt))
            .foreign_key(
                ForeignKey::create()
                    .from(SlugHistory::Table, SlugHistory::ProductId)
                    .to(Product::Table, Product::Id),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(SlugHistory::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum SlugHistory {
    Table,
    Slug,
    ProductId,
    ReplacedAt,
}
