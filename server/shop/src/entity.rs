//! The tables as SeaORM entities, one file per table. Rules are elsewhere.

pub mod checkout;
pub mod checkout_line;
pub mod dispute;
pub mod lease;
pub mod order;
pub mod order_difference;
pub mod order_line;
pub mod order_resolution;
pub mod order_resolution_item;
pub mod order_search;
pub mod outbox;
pub mod payment_origin;
pub mod product;
pub mod rate_limit;
pub mod reconciliation;
pub mod refund;
pub mod refund_request;
pub mod setting;
pub mod stripe_event;
pub mod stripe_fact;
