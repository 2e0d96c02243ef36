//! `order`: what was paid.
//!
//! The owner's list is read by `paid_at` and `id`. What it filters by is in columns that are kept
//! by the transactions that change it; all but `fulfilment` are empty for most orders, and so are
//! their indexes, which a new order does not touch.

use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000007_checkout::Checkout;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The words are folded already. Neither places of words nor lengths are needed.
const SQLITE_SEARCH: &str = "
CREATE VIRTUAL TABLE order_words USING fts5 (
    search_text, content = 'order', content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 0', detail = none, columnsize = 0
);
CREATE TRIGGER order_words_insert AFTER INSERT ON \"order\" BEGIN
    INSERT INTO order_words (rowid, search_text) VALUES (new.id, new.search_text);
END;
CREATE TRIGGER order_words_delete AFTER DELETE ON \"order\" BEGIN
    INSERT INTO order_words (order_words, rowid, search_text)
        VALUES ('delete', old.id, old.search_text);
END;
CREATE TRIGGER order_words_update AFTER UPDATE OF search_text ON \"order\" BEGIN
    INSERT INTO order_words (order_words, rowid, search_text)
        VALUES ('delete', old.id, old.search_text);
    INSERT INTO order_words (rowid, search_text) VALUES (new.id, new.search_text);
END;
";

const POSTGRES_SEARCH: &str = r#"
ALTER TABLE "order" ADD COLUMN search_vector tsvector
    GENERATED ALWAYS AS (to_tsvector('simple', search_text)) STORED;
CREATE INDEX order_words ON "order" USING gin (search_vector);
"#;

/// An index of what a list shows, newest last.
fn by_payment(name: &str) -> IndexCreateStatement {
    Index::create()
        .name(name)
        .table(Order::Table)
        .col(Order::PaidAt)
        .col(Order::Id)
        .to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Order::Table)
            .col(big_pk_auto(Order::Id))
            .col(
                string_len(Order::Number, 24)
                    .unique_key()
                    .check(Expr::col(Order::Number).ne("")),
            )
            .col(string_len(Order::CheckoutId, 32).unique_key())
            .col(string_len(Order::StripeSessionId, 255).unique_key())
            .col(string_len_null(Order::StripePaymentIntentId, 255))
            .col(string_len(Order::Currency, 3))
            .col(big_integer(Order::AmountSubtotal))
            .col(big_integer(Order::AmountDiscount))
            .col(big_integer(Order::AmountShipping))
            .col(big_integer(Order::AmountTax))
            .col(big_integer(Order::AmountTotal))
            .col(string_len(Order::PaymentStatus, 32))
            .col(text_null(Order::CustomerEmail))
            .col(text_null(Order::CustomerName))
            .col(text_null(Order::CustomerPhone))
            .col(text_null(Order::BillingAddress))
            .col(text_null(Order::BusinessName))
            .col(text_null(Order::TaxIds))
            .col(text_null(Order::CustomerNote))
            .col(text_null(Order::ShippingName))
            .col(text_null(Order::ShippingAddress))
            .col(text_null(Order::ShippingMethod))
            .col(
                string_len_null(Order::Flag, 32).check(Expr::col(Order::Flag).is_in([
                    "currency_differs",
                    "subtotal_differs",
                    "total_differs",
                    "oversold",
                ])),
            )
            .col(string_len_null(Order::StripeInvoiceId, 255))
            .col(text_null(Order::InvoiceUrl))
            .col(big_integer_null(Order::StripeFee))
            .col(big_integer_null(Order::StripeNet))
            .col(string_len_null(Order::StripeFeeCurrency, 3))
            .col(timestamp_with_time_zone_null(Order::AdoptedAt))
            .col(string_len(Order::Fulfilment, 16).default("to_ship").check(
                Expr::col(Order::Fulfilment).is_in([
                    "not_needed",
                    "to_ship",
                    "partly_shipped",
                    "shipped",
                ]),
            ))
            .col(
                string_len_null(Order::Refunded, 8)
                    .check(Expr::col(Order::Refunded).is_in(["part", "full"])),
            )
            .col(
                string_len_null(Order::Disputed, 8)
                    .check(Expr::col(Order::Disputed).is_in(["open", "closed"])),
            )
            .col(
                string_len_null(Order::Withdrawn, 8)
                    .check(Expr::col(Order::Withdrawn).is_in(["open", "decided"])),
            )
            .col(text(Order::SearchText).default(""))
            .col(timestamp_with_time_zone(Order::PaidAt))
            .col(timestamp_with_time_zone(Order::CreatedAt))
            .foreign_key(
                ForeignKey::create()
                    .from(Order::Table, Order::CheckoutId)
                    .to(Checkout::Table, Checkout::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        let stripe_payment_intent_id = Index::create()
            .name("order_stripe_payment_intent_id")
            .table(Order::Table)
            .col(Order::StripePaymentIntentId)
            .to_owned();
        manager.create_index(stripe_payment_intent_id).await?;
        manager.create_index(by_payment("order_paid_at")).await?;
        let fulfilment = Index::create()
            .name("order_fulfilment")
            .table(Order::Table)
            .col(Order::Fulfilment)
            .col(Order::PaidAt)
            .col(Order::Id)
            .to_owned();
        manager.create_index(fulfilment).await?;
        for (name, column) in [
            ("order_refunded", Order::Refunded),
            ("order_disputed", Order::Disputed),
            ("order_withdrawn", Order::Withdrawn),
            ("order_flag", Order::Flag),
            ("order_adopted_at", Order::AdoptedAt),
        ] {
            let index = by_payment(name)
                .and_where(Expr::col(column).is_not_null())
                .to_owned();
            manager.create_index(index).await?;
        }
        let search = match manager.get_database_backend() {
            DbBackend::Sqlite => SQLITE_SEARCH,
            _ => POSTGRES_SEARCH,
        };
        let connection = manager.get_connection();
        connection.execute_unprepared(search).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            let connection = manager.get_connection();
            let drop = "DROP TABLE order_words";
            connection.execute_unprepared(drop).await?;
        }
        manager
            .drop_table(Table::drop().table(Order::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum Order {
    Table,
    Id,
    Number,
    CheckoutId,
    StripeSessionId,
    StripePaymentIntentId,
    Currency,
    AmountSubtotal,
    AmountDiscount,
    AmountShipping,
    AmountTax,
    AmountTotal,
    PaymentStatus,
    CustomerEmail,
    CustomerName,
    CustomerPhone,
    BillingAddress,
    BusinessName,
    TaxIds,
    CustomerNote,
    ShippingName,
    ShippingAddress,
    ShippingMethod,
    Flag,
    StripeInvoiceId,
    InvoiceUrl,
    StripeFee,
    StripeNet,
    StripeFeeCurrency,
    AdoptedAt,
    Fulfilment,
    Refunded,
    Disputed,
    Withdrawn,
    SearchText,
    PaidAt,
    CreatedAt,
}
