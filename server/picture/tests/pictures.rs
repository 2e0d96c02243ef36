//! What owners upload, and what becomes of it.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "pictures/conversions.rs"]
mod conversions;
#[path = "pictures/inputs.rs"]
mod inputs;
#[path = "pictures/properties.rs"]
mod properties;
#[path = "pictures/refusals.rs"]
mod refusals;
#[path = "pictures/support.rs"]
mod support;
