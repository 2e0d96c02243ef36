//! Real processes that are killed, and events that arrive twice, late or never: payments and orders
//! must agree in the end.

#[cfg(feature = "crash-points")]
#[path = "chaos/crash_points.rs"]
mod crash_points;
#[path = "chaos/invariants.rs"]
mod invariants;
#[path = "chaos/owner.rs"]
mod owner;
#[path = "chaos/storm.rs"]
mod storm;
#[path = "chaos/world.rs"]
mod world;
