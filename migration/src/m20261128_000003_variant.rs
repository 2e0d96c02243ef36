//! `variant`: what is sold, at which price, and how much of it is left.

use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000002_product::Product;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Every sale updates its variants. With room in each page, the new version of a row stays in its
/// page and needs no index entry; and a small catalog takes enough pages that PostgreSQL reads it
/// by its index, not whole with every dead version. A test in `databases.rs` checks the plan.
const POSTGRES_ROOM: &str = "ALTER TABLE variant SET (fillfactor = 25)";

/// The units that can still be bought of a variant on sale, if they are few: what the owner is to
/// see is found by an index. It is nothing for other variants, so that their sales touch no index.
fn few_left() -> Expr {
    let left = || Expr::col(Variant::Stock).sub(Expr::col(Variant::Held));
    let is_few = left().lte(100).and(Expr::col(Variant::Active).eq(true));
    Expr::case(is_few, left()).into()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Variant::Table)
            .col(big_pk_auto(Variant::Id))
            .col(big_integer(Variant::ProductId))
            .col(big_integer(Variant::Position))
            .col(string_len(Variant::Sku, 100).unique_key())
            .col(string_len(Variant::Name, 250))
            .col(big_integer(Variant::Price).check(Expr::col(Variant::Price).gt(0)))
            .col(string_len(Variant::Currency, 3))
            .col(big_integer_null(Variant::Stock).check(Expr::col(Variant::Stock).gte(0)))
            .col(
                big_integer(Variant::Held)
                    .default(0)
                    .check(Expr::col(Variant::Held).gte(0)),
            )
            .col(big_integer(Variant::MaxPerOrder).check(Expr::col(Variant::MaxPerOrder).gte(1)))
            .col(
                big_integer_null(Variant::WeightGrams)
                    .check(Expr::col(Variant::WeightGrams).gte(0)),
            )
            .col(string_len_null(Variant::Gtin, 14))
            .col(
                big_integer_null(Variant::ContentAmount)
                    .check(Expr::col(Variant::ContentAmount).gt(0)),
            )
            .col(string_len_null(Variant::ContentUnit, 10))
            .col(string_len_null(Variant::TaxCode, 50))
            .col(big_integer_null(Variant::SalePrice).check(Expr::col(Variant::SalePrice).gt(0)))
            .col(string_len_null(Variant::SaleFrom, 10))
            .col(string_len_null(Variant::SaleUntil, 10))
            .col(timestamp_with_time_zone_null(Variant::SaleBegins))
            .col(timestamp_with_time_zone_null(Variant::SaleEnds))
            .col(timestamp_with_time_zone_null(Variant::PriceChangesAt))
            .col(timestamp_with_time_zone(Variant::PriceRecordedUntil))
            .col(boolean(Variant::Active))
            .col(boolean(Variant::ArchivedWithProduct).default(false))
            .col(boolean(Variant::Listed).default(false))
            .col(timestamp_with_time_zone(Variant::CreatedAt))
            .col(timestamp_with_time_zone(Variant::UpdatedAt))
            .col(big_integer_null(Variant::FewLeft).generated(few_left(), true))
            .check(
                Expr::col(Variant::Stock)
                    .is_null()
                    .or(Expr::col(Variant::Held).lte(Expr::col(Variant::Stock))),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(Variant::Table, Variant::ProductId)
                    .to(Product::Table, Product::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            let connection = manager.get_connection();
            connection.execute_unprepared(POSTGRES_ROOM).await?;
        }
        let product = Index::create()
            .name("variant_product")
            .table(Variant::Table)
            .col(Variant::ProductId)
            .col(Variant::Position)
            .to_owned();
        manager.create_index(product).await?;
        let price_changes = Index::create()
            .name("variant_price_changes")
            .table(Variant::Table)
            .col(Variant::PriceChangesAt)
            .to_owned();
        manager.create_index(price_changes).await?;
        let few_left = Index::create()
            .name("variant_few_left")
            .table(Variant::Table)
            .col(Variant::FewLeft)
            .col(Variant::Id)
            .and_where(Expr::col(Variant::FewLeft).is_not_null())
            .to_owned();
        manager.create_index(few_left).await?;
        let reduced = Index::create()
            .name("variant_reduced")
            .table(Variant::Table)
            .col(Variant::ProductId)
            .and_where(Expr::col(Variant::SalePrice).is_not_null())
            .to_owned();
        manager.create_index(reduced).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Variant::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum Variant {
    Table,
    Id,
    ProductId,
    Position,
    Sku,
    Name,
    Price,
    Currency,
    Stock,
    Held,
    MaxPerOrder,
    WeightGrams,
    Gtin,
    ContentAmount,
    ContentUnit,
    TaxCode,
    SalePrice,
    SaleFrom,
    SaleUntil,
    SaleBegins,
    SaleEnds,
    PriceChangesAt,
    PriceRecordedUntil,
    Active,
    ArchivedWithProduct,
    Listed,
    CreatedAt,
    UpdatedAt,
    FewLeft,
}
