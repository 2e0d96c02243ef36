//! One file per page.

pub mod forbidden;
pub mod not_found;
pub mod order;
pub mod orders;
pub mod packing;
pub mod sign_in;
pub mod today;
