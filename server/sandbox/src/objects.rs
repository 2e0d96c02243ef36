//! The objects of Stripe's API as they are stored: data, and the ids and names that follow from it.
//!
//! What the API returns for an object, and what happens to it, is in the module of the same name at
//! the crate's root, above the store. The state file holds these types as JSON: renaming a field
//! needs `serde(rename)`.

pub(crate) mod coupon;
pub(crate) mod dispute;
pub(crate) mod payment;
pub(crate) mod refund;
pub(crate) mod session;
pub(crate) mod session_options;
