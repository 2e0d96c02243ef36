//! `checkout.derived_from`: the form whose paid checkout this one is another choice of.
//! `product.listed`: it has been on sale, so its name may be told when it no longer is.
//! `payment_origin`: where Stripe's payment pages are. `order_search`: who looks for an order.

use sea_orm_migration::prelude::*;

use crate::m20261123_000001_catalog::Product;
use crate::m20261123_000002_checkout::Checkout;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const DERIVED_FROM: &str = "checkout_derived_from";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut derived_from = ColumnDef::new(Column::DerivedFrom);
        derived_from.string_len(32).null();
        let table = Table::alter()
            .table(Checkout::Table)
            .add_column(derived_from)
            .to_owned();
        manager.alter_table(table).await?;
        // Almost no checkout has one.
        let index = Index::create()
            .name(DERIVED_FROM)
            .table(Checkout::Table)
            .col(Column::DerivedFrom)
            .and_where(Expr::col(Column::DerivedFrom).is_not_null())
            .to_owned();
        manager.create_index(index).await?;

        let mut listed = ColumnDef::new(Column::Listed);
        listed.boolean().not_null().default(false);
        let table = Table::alter()
            .table(Product::Table)
            .add_column(listed)
            .to_owned();
        manager.alter_table(table).await?;
        // What is on sale, and what somebody has ordered.
        let ordered = Query::select()
            .column(Column::ProductId)
            .from(Column::OrderLine)
            .to_owned();
        let known = Query::update()
            .table(Product::Table)
            .value(Column::Listed, true)
            .cond_where(
                Condition::any()
                    .add(Expr::col(Product::Active).eq(true))
                    .add(Expr::col(Product::Id).in_subquery(ordered)),
            )
            .to_owned();
        manager.execute(known).await?;

        manager
            .create_table(
                Table::create()
                    .table(PaymentOrigin::Table)
                    .col(
                        ColumnDef::new(PaymentOrigin::Origin)
                            .string_len(255)
                            .not_null()
                            .primary_key(),
                    )
                    .col(
                        ColumnDef::new(PaymentOrigin::CreatedAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(OrderSearch::Table)
                    .col(
                        ColumnDef::new(OrderSearch::Id)
                            .big_integer()
                            .not_null()
                            .auto_increment()
                            .primary_key(),
                    )
                    .col(
                        ColumnDef::new(OrderSearch::Number)
                            .string_len(64)
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(OrderSearch::EmailDigest)
                            .string_len(64)
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(OrderSearch::CreatedAt)
                            .timestamp_with_time_zone()
                            .not_null(),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            Table::drop().table(OrderSearch::Table).to_owned(),
            Table::drop().table(PaymentOrigin::Table).to_owned(),
        ];
        for table in tables {
            manager.drop_table(table).await?;
        }
        let table = Table::alter()
            .table(Product::Table)
            .drop_column(Column::Listed)
            .to_owned();
        manager.alter_table(table).await?;
        let index = Index::drop()
            .name(DERIVED_FROM)
            .table(Checkout::Table)
            .to_owned();
        manager.drop_index(index).await?;
        let table = Table::alter()
            .table(Checkout::Table)
            .drop_column(Column::DerivedFrom)
            .to_owned();
        manager.alter_table(table).await
    }
}

/// What this step adds to tables of earlier ones, and what it reads there.
#[derive(DeriveIden)]
enum Column {
    DerivedFrom,
    Listed,
    OrderLine,
    ProductId,
}

#[derive(DeriveIden)]
enum PaymentOrigin {
    Table,
    Origin,
    CreatedAt,
}

#[derive(DeriveIden)]
enum OrderSearch {
    Table,
    Id,
    Number,
    EmailDigest,
    CreatedAt,
}
