//! The sandbox's clock: the system clock, moved forward by tests.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// A clock that can be moved forward, so that a test need not wait until a session expires.
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

    /// How far it is ahead of the system clock, in seconds.
    pub(crate) fn ahead(&self) -> i64 {
        self.ahead_ms.load(Ordering::Relaxed) / 1000
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, seconds: u32) {
        self.ahead_ms
            .fetch_add(i64::from(seconds) * 1000, Ordering::Relaxed);
    }
}

/// Formats a time as the v2 API does: `2026-11-28T10:00:00.000Z`.
pub(crate) fn rfc3339_ms(ms: i64) -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000);
    time.ok()
        .and_then(|time| time.format(FORMAT).ok())
        .unwrap_or_default()
}

/// Formats a time as in the `Date` header: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(seconds: i64) -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let time = OffsetDateTime::from_unix_timestamp(seconds);
    time.ok()
        .and_then(|time| time.format(FORMAT).ok())
        .unwrap_or_default()
}

/// The system time in milliseconds since 1970. Signatures use it, because the receiver compares it
/// with its own clock.
pub(crate) fn system_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| {
            i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
        })
}
