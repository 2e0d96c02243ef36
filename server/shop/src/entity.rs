//! The tables as SeaORM sees them. One file per table; rules live elsewhere.

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
pub mod stripe_event;
