//! `shipment`: a parcel of an order.

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
            .table(Shipment::Table)
            .col(big_pk_auto(Shipment::Id))
            .col(big_integer(Shipment::OrderId))
            .col(string_len_null(Shipment::Carrier, 16))
            .col(string_len_null(Shipment::CarrierName, 60))
            .col(string_len_null(Shipment::TrackingNumber, 100))
            .col(boolean(Shipment::Notify))
            .col(text(Shipment::ShippedBy))
            .col(timestamp_with_time_zone(Shipment::ShippedAt))
            .col(big_integer(Shipment::Version).check(Expr::col(Shipment::Version).gte(1)))
            .col(timestamp_with_time_zone_null(Shipment::UndoneAt))
            .col(text_null(Shipment::UndoneBy))
            .col(string_len_null(Shipment::Submission, 64).unique_key())
            .foreign_key(
                ForeignKey::create()
                    .from(Shipment::Table, Shipment::OrderId)
                    .to(Order::Table, Order::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        let order_id = Index::create()
            .name("shipment_order_id")
            .table(Shipment::Table)
            .col(Shipment::OrderId)
            .to_owned();
        manager.create_index(order_id).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Shipment::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
pub(crate) enum Shipment {
    Table,
    Id,
    OrderId,
    Carrier,
    CarrierName,
    TrackingNumber,
    Notify,
    ShippedBy,
    ShippedAt,
    Version,
    UndoneAt,
    UndoneBy,
    Submission,
}
