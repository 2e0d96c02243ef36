//! `shipment_line`: what is in a parcel.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000003_variant::Variant;
use crate::m20261129_000040_shipment::Shipment;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(ShipmentLine::Table)
            .col(big_integer(ShipmentLine::ShipmentId))
            .col(big_integer(ShipmentLine::VariantId))
            .col(
                big_integer(ShipmentLine::Quantity).check(Expr::col(ShipmentLine::Quantity).gte(1)),
            )
            .primary_key(
                Index::create()
                    .col(ShipmentLine::ShipmentId)
                    .col(ShipmentLine::VariantId),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(ShipmentLine::Table, ShipmentLine::ShipmentId)
                    .to(Shipment::Table, Shipment::Id),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(ShipmentLine::Table, ShipmentLine::VariantId)
                    .to(Variant::Table, Variant::Id),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(ShipmentLine::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum ShipmentLine {
    Table,
    ShipmentId,
    VariantId,
    Quantity,
}
