//! The time, as Stripe counts it.

use time::OffsetDateTime;

/// Now, in UTC, in whole seconds: Stripe's own unit. SQLite compares times as text, and text with fractions of differing
/// length does not sort.
#[must_use]
pub fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now)
}
