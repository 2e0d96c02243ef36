//! `order` gets the number that people read and say; `id` stays the key inside. Orders from before
//! keep their id as number, so that mails sent earlier stay true.
//!
//! The owner can settle things: `order_resolution` says who looked at an order, when and why,
//! `order_resolution_item` which disputes and refunds were known then, and `order_difference` what
//! the last comparison with Stripe has found. `stripe_event` learns who has dismissed an event. Its
//! `state` keeps saying what became of the event: extending its CHECK would make SQLite write the
//! whole inbox anew.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// SQLite adds a NOT NULL column only with a default, and a CHECK only if the rows from before keep
/// to it. So the default is refused by a trigger: a server of an older version cannot write an
/// order without a number, as on PostgreSQL.
const SQLITE_UP: &str = r#"
    ALTER TABLE "order" ADD COLUMN number VARCHAR(24) NOT NULL DEFAULT '';
    UPDATE "order" SET number = CAST(id AS TEXT);
    CREATE UNIQUE INDEX order_number ON "order" (number);
    CREATE TRIGGER order_needs_number BEFORE INSERT ON "order" WHEN NEW.number = ''
    BEGIN SELECT RAISE(ABORT, 'an order needs a number'); END"#;
const SQLITE_DOWN: &str = r#"
    DROP TRIGGER order_needs_number;
    DROP INDEX order_number;
    ALTER TABLE "order" DROP COLUMN number"#;
const POSTGRES_UP: &str = r#"
    ALTER TABLE "order" ADD COLUMN number VARCHAR(24) CHECK (number <> '');
    UPDATE "order" SET number = CAST(id AS VARCHAR);
    ALTER TABLE "order" ALTER COLUMN number SET NOT NULL;
    CREATE UNIQUE INDEX order_number ON "order" (number)"#;
const POSTGRES_DOWN: &str = r#"ALTER TABLE "order" DROP COLUMN number"#;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SQLITE_UP, POSTGRES_UP).await?;
        manager.create_table(resolution()).await?;
        manager
            .create_index(
                Index::create()
                    .name("order_resolution_order_id")
                    .table(OrderResolution::Table)
                    .col(OrderResolution::OrderId)
                    .to_owned(),
            )
            .await?;
        manager.create_table(resolution_item()).await?;
        manager.create_table(difference()).await?;
        manager
            .create_index(
                Index::create()
                    .name("order_difference_order_id")
                    .table(OrderDifference::Table)
                    .col(OrderDifference::OrderId)
                    .to_owned(),
            )
            .await?;
        // SQLite adds one column at a time.
        for column in dismissal() {
            manager
                .alter_table(
                    Table::alter()
                        .table(StripeEvent::Table)
                        .add_column(column)
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            StripeEvent::DismissedAt,
            StripeEvent::DismissedBy,
            StripeEvent::DismissedNote,
        ] {
            manager
                .alter_table(
                    Table::alter()
                        .table(StripeEvent::Table)
                        .drop_column(column)
                        .to_owned(),
                )
                .await?;
        }
        for table in [
            OrderDifference::Table.into_iden(),
            OrderResolutionItem::Table.into_iden(),
            OrderResolution::Table.into_iden(),
        ] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        run(manager, SQLITE_DOWN, POSTGRES_DOWN).await
    }
}

async fn run(manager: &SchemaManager<'_>, sqlite: &str, postgres: &str) -> Result<(), DbErr> {
    let sql = match manager.get_database_backend() {
        DbBackend::Sqlite => sqlite,
        _ => postgres,
    };
    manager.get_connection().execute_unprepared(sql).await?;
    Ok(())
}

fn resolution() -> TableCreateStatement {
    Table::create()
        .table(OrderResolution::Table)
        .col(
            ColumnDef::new(OrderResolution::Id)
                .big_integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
        .col(
            ColumnDef::new(OrderResolution::OrderId)
                .big_integer()
                .not_null(),
        )
        .col(
            ColumnDef::new(OrderResolution::ResolvedBy)
                .text()
                .not_null(),
        )
        .col(ColumnDef::new(OrderResolution::Note).text().not_null())
        .col(
            ColumnDef::new(OrderResolution::ResolvedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .from(OrderResolution::Table, OrderResolution::OrderId)
                .to(Order::Table, Order::Id),
        )
        .to_owned()
}

fn resolution_item() -> TableCreateStatement {
    Table::create()
        .table(OrderResolutionItem::Table)
        .col(
            // `dispute:dp_…`, `inquiry:dp_…` or `refund:re_…`.
            ColumnDef::new(OrderResolutionItem::Subject)
                .string_len(300)
                .not_null()
                .primary_key(),
        )
        .col(
            ColumnDef::new(OrderResolutionItem::ResolutionId)
                .big_integer()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .from(
                    OrderResolutionItem::Table,
                    OrderResolutionItem::ResolutionId,
                )
                .to(OrderResolution::Table, OrderResolution::Id),
        )
        .to_owned()
}

fn difference() -> TableCreateStatement {
    Table::create()
        .table(OrderDifference::Table)
        .col(
            ColumnDef::new(OrderDifference::StripeSessionId)
                .string_len(255)
                .not_null(),
        )
        .col(
            ColumnDef::new(OrderDifference::Kind)
                .string_len(32)
                .not_null(),
        )
        .col(
            ColumnDef::new(OrderDifference::OrderId)
                .big_integer()
                .not_null(),
        )
        // Both amounts: with other ones it is another difference.
        .col(ColumnDef::new(OrderDifference::Amounts).text().not_null())
        .col(
            ColumnDef::new(OrderDifference::FoundAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(
            ColumnDef::new(OrderDifference::ResolutionId)
                .big_integer()
                .null(),
        )
        .primary_key(
            Index::create()
                .col(OrderDifference::StripeSessionId)
                .col(OrderDifference::Kind),
        )
        .foreign_key(
            ForeignKey::create()
                .from(OrderDifference::Table, OrderDifference::OrderId)
                .to(Order::Table, Order::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .from(OrderDifference::Table, OrderDifference::ResolutionId)
                .to(OrderResolution::Table, OrderResolution::Id),
        )
        .to_owned()
}

fn dismissal() -> [ColumnDef; 3] {
    [
        ColumnDef::new(StripeEvent::DismissedAt)
            .timestamp_with_time_zone()
            .null()
            .to_owned(),
        ColumnDef::new(StripeEvent::DismissedBy)
            .text()
            .null()
            .to_owned(),
        ColumnDef::new(StripeEvent::DismissedNote)
            .text()
            .null()
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum Order {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum OrderResolution {
    Table,
    Id,
    OrderId,
    ResolvedBy,
    Note,
    ResolvedAt,
}

#[derive(DeriveIden)]
enum OrderResolutionItem {
    Table,
    Subject,
    ResolutionId,
}

#[derive(DeriveIden)]
enum OrderDifference {
    Table,
    StripeSessionId,
    Kind,
    OrderId,
    Amounts,
    FoundAt,
    ResolutionId,
}

#[derive(DeriveIden)]
enum StripeEvent {
    Table,
    DismissedAt,
    DismissedBy,
    DismissedNote,
}
