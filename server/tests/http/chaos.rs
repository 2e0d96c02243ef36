//! Real processes that are killed, events that come twice, late or never: money and orders agree all the same.

#[cfg(feature = "crash-points")]
#[path = "chaos/crash_points.rs"]
mod crash_points;
#[path = "chaos/invariants.rs"]
mod invariants;
#[path = "chaos/storm.rs"]
mod storm;
#[path = "chaos/world.rs"]
mod world;
