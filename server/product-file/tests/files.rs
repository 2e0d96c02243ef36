//! Files of products: what is read of them, and what is said about them.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "files/other_shops.rs"]
mod other_shops;
#[path = "files/properties.rs"]
mod properties;
#[path = "files/round_trip.rs"]
mod round_trip;
#[path = "files/spreadsheets.rs"]
mod spreadsheets;
#[path = "files/support.rs"]
mod support;
