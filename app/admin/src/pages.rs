//! One file per page.

pub mod account;
pub mod audit;
pub mod events;
pub mod forbidden;
pub mod forgotten;
pub mod link;
pub mod not_found;
pub mod order;
pub mod orders;
pub mod outbox;
pub mod packing;
pub mod products;
pub mod second_factor;
pub mod settings;
pub mod sign_in;
pub mod today;
pub(crate) mod unavailable;
pub mod users;
pub mod withdrawals;
