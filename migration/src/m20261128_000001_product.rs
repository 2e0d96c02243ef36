//! `product`: what is sold, at which price, and how much of it is left.

use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Every sale updates its products. With room in each page, the new version of a row stays in its
/// page and needs no index entry; and a small catalog takes enough pages that PostgreSQL reads it
/// by its index, not whole with every dead version. A test in `databases.rs` checks the plan.
const POSTGRES_ROOM: &str = "ALTER TABLE product SET (fillfactor = 25)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Product::Table)
            .col(big_pk_auto(Product::Id))
            .col(string_len(Product::Sku, 100).unique_key())
            .col(string_len(Product::Slug, 100).unique_key())
            .col(string_len(Product::Name, 250))
            .col(text(Product::Description))
            .col(big_integer(Product::Price).check(Expr::col(Product::Price).gt(0)))
            .col(string_len(Product::Currency, 3))
            .col(big_integer_null(Product::Stock).check(Expr::col(Product::Stock).gte(0)))
            .col(
                big_integer(Product::Held)
                    .default(0)
                    .check(Expr::col(Product::Held).gte(0)),
            )
            .col(big_integer(Product::MaxPerOrder).check(Expr::col(Product::MaxPerOrder).gte(1)))
            .col(text(Product::Image))
            .col(string_len(Product::Category, 100))
            .col(big_integer(Product::Position))
            .col(boolean(Product::Active))
            .col(boolean(Product::Listed).default(false))
            .col(timestamp_with_time_zone(Product::CreatedAt))
            .col(timestamp_with_time_zone(Product::UpdatedAt))
            .check(
                Expr::col(Product::Stock)
                    .is_null()
                    .or(Expr::col(Product::Held).lte(Expr::col(Product::Stock))),
            )
            .to_owned();
        manager.create_table(table).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            let connection = manager.get_connection();
            connection.execute_unprepared(POSTGRES_ROOM).await?;
        }
        Ok(())
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
    Listed,
    CreatedAt,
    UpdatedAt,
}
