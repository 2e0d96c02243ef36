//! The sandbox's time: the system's, moved forward as a test asks.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A clock that can be moved forward, so that a test need not wait for a session to expire.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead_ms: AtomicI64,
}

impl Clock {
    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        system_ms().saturating_add(self.ahead_ms.load(Ordering::Relaxed))
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.now_ms() / 1000
    }

    /// How many seconds it was moved forward.
    pub(crate) fn ahead(&self) -> i64 {
        self.ahead_ms.load(Ordering::Relaxed) / 1000
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, seconds: u32) {
        self.ahead_ms
            .fetch_add(i64::from(seconds) * 1000, Ordering::Relaxed);
    }
}

/// A moment as the second version of the API writes it: `2026-11-28T10:00:00.000Z`.
pub(crate) fn written_ms(ms: i64) -> String {
    const FORM: &[time::format_description::BorrowedFormatItem<'_>] = time::macros::format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
    );
    let moment = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000);
    moment
        .ok()
        .and_then(|moment| moment.format(FORM).ok())
        .unwrap_or_default()
}

/// A second as the header `Date` writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(seconds: i64) -> String {
    const FORM: &[time::format_description::BorrowedFormatItem<'_>] = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let moment = time::OffsetDateTime::from_unix_timestamp(seconds);
    moment
        .ok()
        .and_then(|moment| moment.format(FORM).ok())
        .unwrap_or_default()
}

/// The system's own time in milliseconds. Signatures use it: their receiver compares it with its own clock.
pub(crate) fn system_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| {
            i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
        })
}
