//! The tables as SeaORM sees them. One file per table; rules live elsewhere.

pub mod checkout;
pub mod checkout_line;
pub mod order;
pub mod order_line;
pub mod product;
pub mod stripe_event;
