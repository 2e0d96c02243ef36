//! The offset of this server's clock from Stripe's, measured by the `Date` header of responses.
//!
//! Two things depend on the clock: a session's `expires_at`, which Stripe refuses if it is less
//! than half an hour ahead of Stripe's clock, and the timestamp of a webhook's signature.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// Above this many seconds the owner is warned.
const MAX_OFFSET_SECONDS: u64 = 30;
const UNKNOWN: i64 = i64::MIN;

/// The offset, shared by all clones of the client.
#[derive(Clone, Debug)]
pub(super) struct ClockOffset(Arc<AtomicI64>);

impl Default for ClockOffset {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(UNKNOWN)))
    }
}

impl ClockOffset {
    /// Records the `Date` of a response; `sent` and `received` are Unix times. An invalid date is
    /// ignored.
    pub(super) fn record(&self, sent: i64, received: i64, date: &str) {
        let Ok(date) = OffsetDateTime::parse(date, &Rfc2822) else {
            return;
        };
        let now = offset(sent, received, date.unix_timestamp());
        let before = self.0.swap(now, Ordering::Relaxed);
        let was_off = before != UNKNOWN && warning(before).is_some();
        match warning(now) {
            Some(warning) if !was_off => tracing::warn!(seconds = now, "{warning}"),
            None if was_off => tracing::info!("this server's clock agrees with Stripe's again"),
            _ => {}
        }
    }

    /// Seconds by which this server's clock is ahead of Stripe's, negative if it is behind.
    /// `None` before Stripe's first response.
    pub(super) fn seconds(&self) -> Option<i64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|seconds| *seconds != UNKNOWN)
    }
}

/// The smallest offset that explains the date, which Stripe wrote between the two times. Dates have
/// whole seconds, so one second is ignored.
fn offset(sent: i64, received: i64, date: i64) -> i64 {
    if date < sent - 1 {
        sent - date
    } else if date > received + 1 {
        received - date
    } else {
        0
    }
}

/// The warning for a clock that is this many seconds ahead. `None` if the offset is small.
pub(super) fn warning(seconds: i64) -> Option<String> {
    (seconds.unsigned_abs() > MAX_OFFSET_SECONDS).then(|| {
        let side = if seconds < 0 { "behind" } else { "ahead of" };
        format!(
            "this server's clock is {} seconds {side} Stripe's: set it, and keep it synchronized \
             with NTP (if it is minutes off, payments and webhooks are refused)",
            seconds.unsigned_abs()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_duration_of_a_call_is_no_offset() {
        assert_eq!(offset(100, 100, 100), 0);
        // A slow request, or a slow response.
        assert_eq!(offset(100, 130, 130), 0);
        assert_eq!(offset(100, 130, 100), 0);
        assert_eq!(offset(100, 101, 461), -360);
        assert_eq!(offset(460, 461, 100), 360);
    }

    #[test]
    fn more_than_half_a_minute_either_way_is_a_warning() {
        assert_eq!(warning(30), None);
        assert_eq!(warning(-30), None);
        let behind = warning(-360).unwrap_or_default();
        assert!(behind.contains("360 seconds behind Stripe's"), "{behind}");
        let ahead = warning(31).unwrap_or_default();
        assert!(ahead.contains("31 seconds ahead of Stripe's"), "{ahead}");
    }

    #[test]
    fn a_date_is_parsed_in_the_format_of_http() {
        let clock = ClockOffset::default();
        clock.record(0, 0, "yesterday");
        assert_eq!(clock.seconds(), None);
        clock.record(784_111_777, 784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(clock.seconds(), Some(0));
        clock.record(784_111_417, 784_111_417, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(clock.seconds(), Some(-360));
    }
}
