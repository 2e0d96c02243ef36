//! Points at which tests can kill the process, to check that nothing is lost or done twice.
//!
//! They exist only with the feature `crash-points`, which the release build does not have. The
//! variable `TILL_CRASH_AT=name` arms one point; a process that reaches it is killed as if the
//! power had failed.

/// All crash points, in the order of a payment's life.
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

/// Kills the process if this crash point is armed.
#[cfg(feature = "crash-points")]
pub fn reach(name: &'static str) {
    debug_assert!(ALL.contains(&name), "{name} is not listed");
    if std::env::var("TILL_CRASH_AT").is_ok_and(|armed| armed == name) {
        // Not `abort`: no destructor and no handler may run.
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Does nothing: this build has no crash points.
#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub fn reach(_name: &'static str) {}

/// Work that is armed to panic: its name and its subject. One test process has many shops, so the
/// subject of a job is its shop's public URL, and that of a step is its checkout's id.
#[cfg(feature = "crash-points")]
static PANICS: std::sync::Mutex<Vec<(String, String)>> = std::sync::Mutex::new(Vec::new());

/// Arms this work to panic, or disarms it.
#[cfg(feature = "crash-points")]
pub fn arm_panic(work: &str, subject: &str, armed: bool) {
    let mut panics = PANICS
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let this = (work.to_owned(), subject.to_owned());
    panics.retain(|other| *other != this);
    if armed {
        panics.push(this);
    }
}

/// Panics if this work is armed.
#[cfg(feature = "crash-points")]
pub fn panic_if_armed(work: &str, subject: &str) {
    let armed = PANICS
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .iter()
        .any(|(armed_work, armed_subject)| armed_work == work && armed_subject == subject);
    assert!(!armed, "a test has armed a panic in {work}");
}

/// Does nothing: this build cannot arm panics.
#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub fn panic_if_armed(_work: &str, _subject: &str) {}
