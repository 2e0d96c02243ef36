//! `product`: what has a name, a description and a page. What is sold are its variants.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000001_category::Category;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Product::Table)
            .col(big_pk_auto(Product::Id))
            .col(string_len(Product::Slug, 100).unique_key())
            .col(string_len(Product::Name, 250))
            .col(text(Product::Description))
            .col(string_len(Product::Brand, 100).default(""))
            .col(text(Product::ManufacturerName).default(""))
            .col(text(Product::ManufacturerAddress).default(""))
            .col(text(Product::ManufacturerContact).default(""))
            .col(text(Product::ResponsiblePerson).default(""))
            .col(text(Product::Safety).default(""))
            .col(big_integer_null(Product::CategoryId))
            .col(big_integer(Product::Position))
            .col(boolean(Product::Active))
            .col(boolean(Product::Listed).default(false))
            .col(big_integer(Product::Version).default(1))
            .col(timestamp_with_time_zone(Product::CreatedAt))
            .col(timestamp_with_time_zone(Product::UpdatedAt))
            .foreign_key(
                ForeignKey::create()
                    .from(Product::Table, Product::CategoryId)
                    .to(Category::Table, Category::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        let position = Index::create()
            .name("product_position")
            .table(Product::Table)
            .col(Product::Position)
            .col(Product::Id)
            .and_where(Expr::col(Product::Active).eq(true))
            .to_owned();
        manager.create_index(position).await?;
        // The owner's list has all of them.
        let place = Index::create()
            .name("product_place")
            .table(Product::Table)
            .col(Product::Position)
            .col(Product::Id)
            .to_owned();
        manager.create_index(place).await?;
        let off_sale = Index::create()
            .name("product_off_sale")
            .table(Product::Table)
            .col(Product::Position)
            .col(Product::Id)
            .and_where(Expr::col(Product::Active).eq(false))
            .to_owned();
        manager.create_index(off_sale).await?;
        let category = Index::create()
            .name("product_category")
            .table(Product::Table)
            .col(Product::CategoryId)
            .col(Product::Position)
            .col(Product::Id)
            .to_owned();
        manager.create_index(category).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Product::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum Product {
    Table,
    Id,
    Slug,
    Name,
    Description,
    Brand,
    ManufacturerName,
    ManufacturerAddress,
    ManufacturerContact,
    ResponsiblePerson,
    Safety,
    CategoryId,
    Position,
    Active,
    Listed,
    Version,
    CreatedAt,
    UpdatedAt,
}
