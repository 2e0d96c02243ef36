//! How far this server's clock is from Stripe's, by the `Date` of its answers.
//!
//! Two things depend on it: a session's `expires_at`, which Stripe refuses where it is less than half
//! an hour away by its own clock, and the time of a webhook's signature.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// Above this many seconds the owner is told.
const MAX_OFFSET_SECONDS: u64 = 30;
const UNKNOWN: i64 = i64::MIN;

/// The difference, shared by all who call Stripe.
#[derive(Clone, Debug)]
pub(super) struct ClockOffset(Arc<AtomicI64>);

impl Default for ClockOffset {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(UNKNOWN)))
    }
}

impl ClockOffset {
    /// Notes the `Date` of an answer to a request that was sent and answered at these times, in
    /// Unix time. A date that cannot be read changes nothing.
    pub(super) fn note(&self, sent: i64, received: i64, date: &str) {
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

    /// Seconds by which this server's clock is ahead of Stripe's, negative where it is behind.
    /// `None` before Stripe's first answer.
    pub(super) fn seconds(&self) -> Option<i64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|seconds| *seconds != UNKNOWN)
    }
}

/// The least difference that explains what was seen: Stripe wrote its date between the two times.
/// Dates have whole seconds, so one second says nothing.
fn offset(sent: i64, received: i64, date: i64) -> i64 {
    if date < sent - 1 {
        sent - date
    } else if date > received + 1 {
        received - date
    } else {
        0
    }
}

/// What is wrong with a clock that is so many seconds ahead, and what to do. `None` where nothing is.
pub(super) fn warning(seconds: i64) -> Option<String> {
    (seconds.unsigned_abs() > MAX_OFFSET_SECONDS).then(|| {
        let side = if seconds < 0 { "behind" } else { "ahead of" };
        format!(
            "this server's clock is {} seconds {side} Stripe's: set it, and keep it right by NTP \
             (payments and webhooks are refused where it is off by minutes)",
            seconds.unsigned_abs()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_a_call_takes_is_no_difference() {
        assert_eq!(offset(100, 100, 100), 0);
        // Slow on the way there, or back.
        assert_eq!(offset(100, 130, 130), 0);
        assert_eq!(offset(100, 130, 100), 0);
        assert_eq!(offset(100, 101, 461), -360);
        assert_eq!(offset(460, 461, 100), 360);
    }

    #[test]
    fn half_a_minute_either_way_is_told() {
        assert_eq!(warning(30), None);
        assert_eq!(warning(-30), None);
        let behind = warning(-360).unwrap_or_default();
        assert!(behind.contains("360 seconds behind Stripe's"), "{behind}");
        let ahead = warning(31).unwrap_or_default();
        assert!(ahead.contains("31 seconds ahead of Stripe's"), "{ahead}");
    }

    #[test]
    fn a_date_is_read_as_http_writes_it() {
        let clock = ClockOffset::default();
        clock.note(0, 0, "yesterday");
        assert_eq!(clock.seconds(), None);
        clock.note(784_111_777, 784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(clock.seconds(), Some(0));
        clock.note(784_111_417, 784_111_417, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(clock.seconds(), Some(-360));
    }
}
