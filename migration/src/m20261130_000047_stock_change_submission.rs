//! `stock_change.submission`: a form that is sent twice changes the stock once.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261129_000045_stock_change::StockChange;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table(StockChange::Table)
            .add_column(string_len_null(Added::Submission, 64))
            .to_owned();
        manager.alter_table(column).await?;
        let index = Index::create()
            .name("stock_change_submission")
            .table(StockChange::Table)
            .col(Added::Submission)
            .unique()
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .name("stock_change_submission")
            .table(StockChange::Table)
            .to_owned();
        manager.drop_index(index).await?;
        let column = Table::alter()
            .table(StockChange::Table)
            .drop_column(Added::Submission)
            .to_owned();
        manager.alter_table(column).await
    }
}

#[derive(DeriveIden)]
enum Added {
    Submission,
}
