//! The time, as Stripe counts it.

use time::OffsetDateTime;

/// Now, in UTC, in whole seconds: Stripe's own unit. SQLite compares times as text, and text with fractions of differing
/// length does not sort.
#[must_use]
pub fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now)
}

/// A time as people and scripts read it: RFC 3339.
#[must_use]
pub fn written(time: OffsetDateTime) -> String {
    use time::format_description::well_known::Rfc3339;
    // Only years beyond 9999 have no such form.
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}
