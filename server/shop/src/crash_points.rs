//! Points at which tests can kill the process, to check that nothing is lost or done twice.
//!
//! They exist only with the feature `crash-points`, which the release build does not have, and are
//! reached by the few functions through which everything is written: write transactions
//! ([`crate::database::WriteTransaction`]), calls to Stripe, emails, and responses to forms and
//! webhooks.
//!
//! The variable `TILL_CRASH_AT=name` arms one point; a process that reaches it is killed as if the
//! power had failed. `TILL_CRASH_RECORD=file` appends the name of each point that is reached.

#[cfg(feature = "crash-points")]
use std::{
    collections::HashSet,
    fs::File,
    io::Write as _,
    sync::{LazyLock, Mutex, PoisonError},
};

/// What this process does at crash points.
#[cfg(feature = "crash-points")]
#[derive(Debug)]
struct Watch {
    armed: Option<String>,
    record: Option<Mutex<Record>>,
}

#[cfg(feature = "crash-points")]
#[derive(Debug)]
struct Record {
    file: File,
    names: HashSet<String>,
}

#[cfg(feature = "crash-points")]
static WATCH: LazyLock<Watch> = LazyLock::new(|| {
    let open = |path| File::options().append(true).create(true).open(path).ok();
    let record = std::env::var_os("TILL_CRASH_RECORD").and_then(open);
    Watch {
        armed: std::env::var("TILL_CRASH_AT").ok(),
        record: record.map(|file| {
            Mutex::new(Record {
                file,
                names: HashSet::new(),
            })
        }),
    }
});

/// Whether a point is armed, or points are recorded.
#[cfg(feature = "crash-points")]
pub(crate) fn is_watched() -> bool {
    WATCH.armed.is_some() || WATCH.record.is_some()
}

/// Kills the process if the crash point `subject:place` is armed.
#[cfg(feature = "crash-points")]
pub fn reach(subject: &str, place: &str) {
    if !is_watched() {
        return;
    }
    let name = format!("{subject}:{place}");
    if let Some(record) = &WATCH.record {
        let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
        if record.names.insert(name.clone()) {
            // In one write, because processes share the file.
            let _ = record.file.write_all(format!("{name}\n").as_bytes());
        }
    }
    if WATCH.armed.as_ref() == Some(&name) {
        // Not `abort`: no destructor and no handler may run.
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Does nothing: this build has no crash points.
#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub fn reach(_subject: &str, _place: &str) {}

/// Work that is armed to panic: its name and its subject. One test process has many shops, so the
/// subject of a job is its shop's public URL, and that of a step is its checkout's id.
#[cfg(feature = "crash-points")]
static PANICS: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// Arms this work to panic, or disarms it.
#[cfg(feature = "crash-points")]
pub fn arm_panic(work: &str, subject: &str, armed: bool) {
    let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
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
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
        .any(|(armed_work, armed_subject)| armed_work == work && armed_subject == subject);
    assert!(!armed, "a test has armed a panic in {work}");
}

/// Does nothing: this build cannot arm panics.
#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub fn panic_if_armed(_work: &str, _subject: &str) {}
