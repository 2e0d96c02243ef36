//! The tables of Till. One file per step; a step that has been released is never edited.
//!
//! Money is `BIGINT` in minor units, states are text with a `CHECK`, times carry their zone: the same on SQLite and PostgreSQL.
#![forbid(unsafe_code)]
#![expect(
    elided_lifetimes_in_paths,
    reason = "the trait spells its methods so, and async_trait wants the same"
)]

use sea_orm_migration::prelude::*;

mod m20261123_000001_catalog;
mod m20261123_000002_checkout;
mod m20261123_000003_order;
mod m20261123_000004_stripe_event;
mod m20261124_000005_refund_dispute;
mod m20261124_000006_outbox_lease;
mod m20261124_000007_event_attempts;
mod m20261125_000008_failed_refund_billing;
mod m20261125_000009_outbox_checkout;
mod m20261126_000010_cheaper_orders;
mod m20261126_000011_order_token;
mod m20261128_000012_limits;
mod m20261128_000013_order_number;
mod m20261128_000014_prune;
mod m20261128_000017_attempts;

/// Runs the steps in their order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_catalog::Migration),
            Box::new(m20261123_000002_checkout::Migration),
            Box::new(m20261123_000003_order::Migration),
            Box::new(m20261123_000004_stripe_event::Migration),
            Box::new(m20261124_000005_refund_dispute::Migration),
            Box::new(m20261124_000006_outbox_lease::Migration),
            Box::new(m20261124_000007_event_attempts::Migration),
            Box::new(m20261125_000008_failed_refund_billing::Migration),
            Box::new(m20261125_000009_outbox_checkout::Migration),
            Box::new(m20261126_000010_cheaper_orders::Migration),
            Box::new(m20261126_000011_order_token::Migration),
            Box::new(m20261128_000012_limits::Migration),
            Box::new(m20261128_000013_order_number::Migration),
            Box::new(m20261128_000014_prune::Migration),
            Box::new(m20261128_000017_attempts::Migration),
        ]
    }
}

pub use sea_orm_migration::MigratorTrait;
