//! `product`: what is sold, at which price, and how much of it is left.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // SQLite would otherwise run the statements one by one and could stop half way.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let col = |name: Product| Expr::col(name);
        manager
            .create_table(
                Table::create()
                    .table(Product::Table)
                    .col(
                        ColumnDef::new(Product::Id)
                            .big_integer()
                            .not_null()
                            .auto_increment()
                            .primary_key(),
                    )
                    .col(
                        ColumnDef::new(Product::Sku)
                            .string_len(100)
                            .not_null()
                            .unique_key(),
                    )
                    .col(
                        ColumnDef::new(Product::Slug)
                            .string_len(100)
                            .not_null()
                            .unique_key(),
                    )
                    .col(ColumnDef::new(Product::Name).string_len(250).not_null())
                    .col(ColumnDef::new(Product::Description).text().not_null())
                    .col(
                        ColumnDef::new(Product::Price)
                            .big_integer()
                            .not_null()
                            .check(col(Product::Price).gt(0)),
                    )
                    .col(ColumnDef::new(Product::Currency).string_len(3).not_null())
                    .col(
                        ColumnDef::new(Product::Stock)
                            .big_integer()
                            .null()
                            .check(col(Product::Stock).gte(0)),
                    )
                    .col(
                        ColumnDef::new(Product::Held)
                            .big_integer()
                            .not_null()
                            .default(0)
                            .check(col(Product::Held).gte(0)),
                    )
                    .col(
                        ColumnDef::new(Product::MaxPerOrder)
                            .big_integer()
                            .not_null()
                            .check(col(Product::MaxPerOrder).gte(1)),
                    )
                    .col(ColumnDef::new(Product::Image).text().not_null())
                    .col(ColumnDef::new(Product::Category).string_len(100).not_null())
                    .col(ColumnDef::new(Product::Position).big_integer().not_null())
                    .col(ColumnDef::new(Product::Active).boolean().not_null())
                    .col(
                        ColumnDef::new(Product::CreatedAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(Product::UpdatedAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .check(
                        col(Product::Stock)
                            .is_null()
                            .or(col(Product::Held).lte(col(Product::Stock))),
                    )
                    .to_owned(),
            )
            .await
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
    Sku,
    Slug,
    Name,
    Description,
    Price,
    Currency,
    Stock,
    Held,
    MaxPerOrder,
    Image,
    Category,
    Position,
    Active,
    CreatedAt,
    UpdatedAt,
}
