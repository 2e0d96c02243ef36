//! `stripe_event` learns to wait and to try again; `checkout`, `order` and `order_line` to carry a checkout's options.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        let added = [
            add(
                StripeEvent::Table,
                ColumnDef::new(StripeEvent::Attempts)
                    .integer()
                    .not_null()
                    .default(0),
            ),
            add(
                StripeEvent::Table,
                ColumnDef::new(StripeEvent::DueAt)
                    .timestamp_with_time_zone()
                    .null(),
            ),
            // The payment intent whose order must come first.
            add(
                StripeEvent::Table,
                ColumnDef::new(StripeEvent::WaitsFor).string_len(255).null(),
            ),
            add(
                StripeEvent::Table,
                ColumnDef::new(StripeEvent::Source)
                    .string_len(16)
                    .not_null()
                    .default("webhook")
                    .check(Expr::col(StripeEvent::Source).is_in(["webhook", "pulled"])),
            ),
            // What the session is created with beside its lines, so that a retry is the same request.
            add(
                Checkout::Table,
                ColumnDef::new(Checkout::Options)
                    .text()
                    .not_null()
                    .default("{}"),
            ),
            add(
                Order::Table,
                ColumnDef::new(Order::CustomerPhone).text().null(),
            ),
            add(
                Order::Table,
                ColumnDef::new(Order::ShippingName).text().null(),
            ),
            add(
                Order::Table,
                ColumnDef::new(Order::ShippingAddress).text().null(),
            ),
            // Pieces that this line took out of the counted stock; fewer than sold where the order is oversold.
            add(
                OrderLine::Table,
                ColumnDef::new(OrderLine::StockTaken)
                    .big_integer()
                    .not_null()
                    .default(0),
            ),
        ];
        for statement in added {
            manager.alter_table(statement).await?;
        }
        for (name, columns) in [
            (
                "stripe_event_state_due_at",
                [StripeEvent::State, StripeEvent::DueAt],
            ),
            (
                "stripe_event_waits_for_state",
                [StripeEvent::WaitsFor, StripeEvent::State],
            ),
            (
                // Mails about a checkout without an order, and `till orders show`.
                "stripe_event_checkout_id_created_at",
                [StripeEvent::CheckoutId, StripeEvent::CreatedAt],
            ),
            (
                "stripe_event_source_received_at",
                [StripeEvent::Source, StripeEvent::ReceivedAt],
            ),
        ] {
            let mut index = Index::create()
                .name(name)
                .table(StripeEvent::Table)
                .to_owned();
            for column in columns {
                index.col(column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in [
            "stripe_event_state_due_at",
            "stripe_event_waits_for_state",
            "stripe_event_checkout_id_created_at",
            "stripe_event_source_received_at",
        ] {
            manager
                .drop_index(
                    Index::drop()
                        .name(name)
                        .table(StripeEvent::Table)
                        .to_owned(),
                )
                .await?;
        }
        let dropped = [
            drop(StripeEvent::Table, StripeEvent::Attempts),
            drop(StripeEvent::Table, StripeEvent::DueAt),
            drop(StripeEvent::Table, StripeEvent::WaitsFor),
            drop(StripeEvent::Table, StripeEvent::Source),
            drop(Checkout::Table, Checkout::Options),
            drop(Order::Table, Order::CustomerPhone),
            drop(Order::Table, Order::ShippingName),
            drop(Order::Table, Order::ShippingAddress),
            drop(OrderLine::Table, OrderLine::StockTaken),
        ];
        for statement in dropped {
            manager.alter_table(statement).await?;
        }
        Ok(())
    }
}

fn add(table: impl IntoIden + 'static, column: &mut ColumnDef) -> TableAlterStatement {
    Table::alter()
        .table(table.into_iden())
        .add_column(column)
        .to_owned()
}

fn drop(table: impl IntoIden + 'static, column: impl IntoIden + 'static) -> TableAlterStatement {
    Table::alter()
        .table(table.into_iden())
        .drop_column(column)
        .to_owned()
}

#[derive(DeriveIden)]
enum StripeEvent {
    Table,
    Attempts,
    DueAt,
    WaitsFor,
    Source,
    State,
    CheckoutId,
    CreatedAt,
    ReceivedAt,
}

#[derive(DeriveIden)]
enum Checkout {
    Table,
    Options,
}

#[derive(DeriveIden)]
enum Order {
    Table,
    CustomerPhone,
    ShippingName,
    ShippingAddress,
}

#[derive(DeriveIden)]
enum OrderLine {
    Table,
    StockTaken,
}
