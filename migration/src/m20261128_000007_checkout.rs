//! `checkout`: one attempt to buy: the quote, the hold on stock and the Checkout Session.

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
            .table(Checkout::Table)
            .col(string_len(Checkout::Id, 32).primary_key())
            .col(string_len_null(Checkout::Attempt, 32).unique_key())
            .col(string_len_null(Checkout::DerivedFrom, 32))
            .col(string_len(Checkout::Token, 32).unique_key())
            .col(
                string_len(Checkout::State, 16).check(Expr::col(Checkout::State).is_in([
                    "creating",
                    "open",
                    "processing",
                    "paid",
                    "failed",
                    "expired",
                    "cancelled",
                    "refused",
                ])),
            )
            .col(string_len(Checkout::Currency, 3))
            .col(
                big_integer(Checkout::AmountSubtotal)
                    .check(Expr::col(Checkout::AmountSubtotal).gte(0)),
            )
            .col(text(Checkout::Options))
            .col(string_len(Checkout::Language, 8).default("en"))
            .col(text(Checkout::PublicUrl))
            .col(string_len_null(Checkout::Shop, 32))
            .col(string_len_null(Checkout::Client, 43))
            .col(string_len_null(Checkout::ClientNetwork, 43))
            .col(string_len_null(Checkout::StripeSessionId, 255).unique_key())
            .col(text_null(Checkout::StripeUrl))
            .col(text_null(Checkout::Error))
            .col(timestamp_with_time_zone(Checkout::ExpiresAt))
            .col(timestamp_with_time_zone(Checkout::CreatedAt))
            .col(timestamp_with_time_zone(Checkout::UpdatedAt))
            .to_owned();
        manager.create_table(table).await?;
        let state_expires_at = Index::create()
            .name("checkout_state_expires_at")
            .table(Checkout::Table)
            .col(Checkout::State)
            .col(Checkout::ExpiresAt)
            .to_owned();
        manager.create_index(state_expires_at).await?;
        let derived_from = Index::create()
            .name("checkout_derived_from")
            .table(Checkout::Table)
            .col(Checkout::DerivedFrom)
            .and_where(Expr::col(Checkout::DerivedFrom).is_not_null())
            .to_owned();
        manager.create_index(derived_from).await?;
        let client = Index::create()
            .name("checkout_client")
            .table(Checkout::Table)
            .col(Checkout::Client)
            .and_where(Expr::col(Checkout::Client).is_not_null())
            .to_owned();
        manager.create_index(client).await?;
        let client_network = Index::create()
            .name("checkout_client_network")
            .table(Checkout::Table)
            .col(Checkout::ClientNetwork)
            .and_where(Expr::col(Checkout::ClientNetwork).is_not_null())
            .to_owned();
        manager.create_index(client_network).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Checkout::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum Checkout {
    Table,
    Id,
    Attempt,
    DerivedFrom,
    Token,
    State,
    Currency,
    AmountSubtotal,
    Language,
    Options,
    PublicUrl,
    Shop,
    Client,
    ClientNetwork,
    StripeSessionId,
    StripeUrl,
    Error,
    ExpiresAt,
    CreatedAt,
    UpdatedAt,
}
