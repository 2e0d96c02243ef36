//! Counts what [`till_core::limits`] limits.
//!
//! - `count` keeps the counts of limited actions, in memory and in the table `rate_limit`, which
//!   all servers share.
//! - `held` limits one client's unpaid checkouts and the units that they hold.
//! - `settings` reads the limits.
//!
//! Requests without a client are not limited: commands, and a developer using the sandbox.

mod count;
pub(crate) mod held;
mod log_interval;
mod settings;

pub use count::{Limiter, delete_expired};
pub use log_interval::LogInterval;
