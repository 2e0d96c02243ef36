//! `refund` learns when it failed: only what goes back afterwards makes up for it. `order` learns the address of the bill.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table(Order::Table)
                    .add_column(ColumnDef::new(Order::BillingAddress).text().null())
                    .to_owned(),
            )
            .await?;
        manager
            .alter_table(
                Table::alter()
                    .table(Refund::Table)
                    .add_column(
                        ColumnDef::new(Refund::FailedAt)
                            .timestamp_with_time_zone()
                            .null(),
                    )
                    .to_owned(),
            )
            .await?;
        // What failed before this step failed at the latest when its row was written last.
        let failed = Query::update()
            .table(Refund::Table)
            .value(Refund::FailedAt, Expr::col(Refund::UpdatedAt))
            .and_where(Expr::col(Refund::Status).is_in(["failed", "canceled"]))
            .to_owned();
        manager.execute(failed).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table(Order::Table)
                    .drop_column(Order::BillingAddress)
                    .to_owned(),
            )
            .await?;
        manager
            .alter_table(
                Table::alter()
                    .table(Refund::Table)
                    .drop_column(Refund::FailedAt)
                    .to_owned(),
            )
            .await
    }
}

#[derive(DeriveIden)]
enum Order {
    Table,
    BillingAddress,
}

#[derive(DeriveIden)]
enum Refund {
    Table,
    Status,
    FailedAt,
    UpdatedAt,
}
