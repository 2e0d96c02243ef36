//! The tables of Till, one migration for each. `migration/README.md` says how they change after the
//! first release.
//!
//! Money is `BIGINT` in minor units, states are text with a `CHECK`, and timestamps have a time
//! zone: the same on SQLite and PostgreSQL.
#![forbid(unsafe_code)]
#![expect(
    elided_lifetimes_in_paths,
    reason = "the trait spells its methods this way, and async_trait wants the same"
)]

use sea_orm_migration::prelude::*;

mod m20261128_000001_category;
mod m20261128_000002_product;
mod m20261128_000003_variant;
mod m20261128_000004_picture;
mod m20261128_000005_price_history;
mod m20261128_000006_slug_history;
mod m20261128_000007_checkout;
mod m20261128_000008_checkout_line;
mod m20261128_000009_order;
mod m20261128_000010_order_line;
mod m20261128_000011_refund;
mod m20261128_000012_refund_request;
mod m20261128_000013_dispute;
mod m20261128_000014_order_resolution;
mod m20261128_000015_order_resolution_item;
mod m20261128_000016_order_difference;
mod m20261128_000017_stripe_event;
mod m20261128_000018_outbox;
mod m20261128_000019_lease;
mod m20261128_000020_reconciliation;
mod m20261128_000021_rate_limit;
mod m20261128_000022_setting;
mod m20261128_000023_stripe_fact;
mod m20261128_000024_payment_origin;
mod m20261128_000025_order_search;
mod m20261128_000026_picture_file;
mod m20261128_000027_withdrawal;
mod m20261128_000028_order_tax;
mod m20261128_000029_product_listing;
mod m20261128_000030_page;
mod m20261128_000031_product_text;
mod m20261128_000032_catalog_change;
mod m20261129_000033_audit_log;
mod m20261129_000034_admin_user;
mod m20261129_000035_admin_session;
mod m20261129_000036_admin_link;
mod m20261129_000037_admin_recovery_code;
mod m20261129_000038_sign_in_failure;
mod m20261129_000039_admin_known_device;
mod m20261129_000040_shipment;
mod m20261129_000041_shipment_line;
mod m20261129_000042_order_note;
mod m20261129_000043_refund_request_line;
mod m20261129_000045_stock_change;
mod m20261129_000046_import_draft;
mod m20261130_000047_stock_change_submission;
mod m20261130_000048_order_payment_method;

/// All migrations, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261128_000001_category::Migration),
            Box::new(m20261128_000002_product::Migration),
            Box::new(m20261128_000003_variant::Migration),
            Box::new(m20261128_000004_picture::Migration),
            Box::new(m20261128_000005_price_history::Migration),
            Box::new(m20261128_000006_slug_history::Migration),
            Box::new(m20261128_000007_checkout::Migration),
            Box::new(m20261128_000008_checkout_line::Migration),
            Box::new(m20261128_000009_order::Migration),
            Box::new(m20261128_000010_order_line::Migration),
            Box::new(m20261128_000011_refund::Migration),
            Box::new(m20261128_000012_refund_request::Migration),
            Box::new(m20261128_000013_dispute::Migration),
            Box::new(m20261128_000014_order_resolution::Migration),
            Box::new(m20261128_000015_order_resolution_item::Migration),
            Box::new(m20261128_000016_order_difference::Migration),
            Box::new(m20261128_000017_stripe_event::Migration),
            Box::new(m20261128_000018_outbox::Migration),
            Box::new(m20261128_000019_lease::Migration),
            Box::new(m20261128_000020_reconciliation::Migration),
            Box::new(m20261128_000021_rate_limit::Migration),
            Box::new(m20261128_000022_setting::Migration),
            Box::new(m20261128_000023_stripe_fact::Migration),
            Box::new(m20261128_000024_payment_origin::Migration),
            Box::new(m20261128_000025_order_search::Migration),
            Box::new(m20261128_000026_picture_file::Migration),
            Box::new(m20261128_000027_withdrawal::Migration),
            Box::new(m20261128_000028_order_tax::Migration),
            Box::new(m20261128_000029_product_listing::Migration),
            Box::new(m20261128_000030_page::Migration),
            Box::new(m20261128_000031_product_text::Migration),
            Box::new(m20261128_000032_catalog_change::Migration),
            Box::new(m20261129_000033_audit_log::Migration),
            Box::new(m20261129_000034_admin_user::Migration),
            Box::new(m20261129_000035_admin_session::Migration),
            Box::new(m20261129_000036_admin_link::Migration),
            Box::new(m20261129_000037_admin_recovery_code::Migration),
            Box::new(m20261129_000038_sign_in_failure::Migration),
            Box::new(m20261129_000039_admin_known_device::Migration),
            Box::new(m20261129_000040_shipment::Migration),
            Box::new(m20261129_000041_shipment_line::Migration),
            Box::new(m20261129_000042_order_note::Migration),
            Box::new(m20261129_000043_refund_request_line::Migration),
            Box::new(m20261129_000045_stock_change::Migration),
            Box::new(m20261129_000046_import_draft::Migration),
            Box::new(m20261130_000047_stock_change_submission::Migration),
            Box::new(m20261130_000048_order_payment_method::Migration),
        ]
    }
}

pub use sea_orm_migration::MigratorTrait;
