//! Places at which a test may kill the process, to see that nothing is lost and nothing is done twice.
//!
//! They exist with the feature `crash-points` only, which the release build does not have. The variable
//! `TILL_CRASH_AT=name` arms one place; a process that comes by is killed there as if the power had failed.

/// Every place, in the order of a payment's life.
pub const ALL: [&str; 40] = [
    "begin:before-insert",
    "begin:after-insert",
    "begin:before-hold",
    "begin:after-hold",
    "begin:before-commit",
    "begin:after-commit",
    "begin:before-session",
    "begin:after-session",
    "begin:before-open",
    "begin:before-open-commit",
    "begin:after-open-commit",
    "end:before-stripe",
    "end:after-stripe",
    "end:before-commit",
    "end:after-commit",
    "receive:before-transaction",
    "receive:before-insert",
    "receive:after-insert",
    "receive:after-apply",
    "receive:before-commit",
    "receive:after-commit",
    "apply:before-move",
    "apply:after-move",
    "apply:before-order",
    "apply:after-order",
    "apply:before-stock",
    "apply:after-stock",
    "apply:before-refund",
    "apply:after-refund",
    "outbox:before-enqueue",
    "outbox:after-enqueue",
    "outbox:before-mail",
    "outbox:after-mail",
    "outbox:before-refund",
    "outbox:after-refund",
    "outbox:after-done",
    "reconcile:before-page",
    "reconcile:after-page",
    "reconcile:before-cursor",
    "reconcile:after-cursor",
];

/// Kills the process here if the test asked for it.
#[cfg(feature = "crash-points")]
pub fn reach(name: &'static str) {
    debug_assert!(ALL.contains(&name), "{name} is not listed");
    if std::env::var("TILL_CRASH_AT").is_ok_and(|armed| armed == name) {
        // Not `abort`: nothing may run, no destructor, no handler.
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Does nothing: this build has no crash points.
#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub fn reach(_name: &'static str) {}

/// Work that a test lets panic: its name, and whose it is. One test process has many shops, so a job
/// is named with the public address of its shop, and a step with a checkout by the checkout's id.
#[cfg(feature = "crash-points")]
static PANICS: std::sync::Mutex<Vec<(String, String)>> = std::sync::Mutex::new(Vec::new());

/// Lets this work panic from now on, or no longer.
#[cfg(feature = "crash-points")]
pub fn arm_panic(work: &str, whose: &str, armed: bool) {
    let mut panics = PANICS
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let this = (work.to_owned(), whose.to_owned());
    panics.retain(|other| *other != this);
    if armed {
        panics.push(this);
    }
}

/// Panics here if the test asked for it.
#[cfg(feature = "crash-points")]
pub fn panic_if_armed(work: &str, whose: &str) {
    let armed = PANICS
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .iter()
        .any(|(armed_work, armed_whose)| armed_work == work && armed_whose == whose);
    assert!(!armed, "a test lets the {work} panic");
}

/// Does nothing: this build lets nothing panic.
#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub fn panic_if_armed(_work: &str, _whose: &str) {}
