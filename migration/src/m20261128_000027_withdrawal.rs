//! `withdrawal`: statements by which shoppers withdraw from a contract.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000009_order::Order;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Withdrawal::Table)
            .col(big_pk_auto(Withdrawal::Id))
            .col(string_len(Withdrawal::Submission, 32).unique_key())
            .col(string_len(Withdrawal::Language, 16))
            .col(text(Withdrawal::Name))
            .col(text(Withdrawal::Email))
            .col(text(Withdrawal::Contract))
            .col(text_null(Withdrawal::Items))
            .col(text_null(Withdrawal::Lines))
            .col(big_integer_null(Withdrawal::OrderId))
            .col(timestamp_with_time_zone_null(Withdrawal::MatchedAt))
            .col(
                string_len(Withdrawal::State, 16)
                    .check(Expr::col(Withdrawal::State).is_in(["received", "accepted", "refused"])),
            )
            .col(timestamp_with_time_zone(Withdrawal::ReceivedAt))
            .col(timestamp_with_time_zone_null(Withdrawal::DecidedAt))
            .col(text_null(Withdrawal::DecidedBy))
            .col(text_null(Withdrawal::Reason))
            .foreign_key(
                ForeignKey::create()
                    .from(Withdrawal::Table, Withdrawal::OrderId)
                    .to(Order::Table, Order::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        for (name, column) in [
            ("withdrawal_order_id", Withdrawal::OrderId),
            ("withdrawal_matched_at", Withdrawal::MatchedAt),
            ("withdrawal_state", Withdrawal::State),
        ] {
            let index = Index::create()
                .name(name)
                .table(Withdrawal::Table)
                .col(column)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Withdrawal::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum Withdrawal {
    Table,
    Id,
    Submission,
    Language,
    Name,
    Email,
    Contract,
    Items,
    Lines,
    OrderId,
    MatchedAt,
    State,
    ReceivedAt,
    DecidedAt,
    DecidedBy,
    Reason,
}
