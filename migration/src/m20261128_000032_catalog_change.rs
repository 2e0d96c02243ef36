//! `catalog_change`: one row that counts the changes of what pages show.

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
            .table(CatalogChange::Table)
            .col(integer(CatalogChange::Id).primary_key())
            .col(big_integer(CatalogChange::Version))
            .check(Expr::col(CatalogChange::Id).eq(1))
            .to_owned();
        manager.create_table(table).await?;
        let row = Query::insert()
            .into_table(CatalogChange::Table)
            .columns([CatalogChange::Id, CatalogChange::Version])
            .values_panic([1.into(), 0.into()])
            .to_owned();
        manager.execute(row).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(CatalogChange::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum CatalogChange {
    Table,
    Id,
    Version,
}
