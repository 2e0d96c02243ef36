//! The current time, and its text format.

use time::OffsetDateTime;

/// Returns the current time in UTC, in whole seconds as Stripe uses them. SQLite compares times as
/// text, and text with fractions of different lengths does not sort.
#[must_use]
pub fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now)
}

/// Formats a time as RFC 3339.
#[must_use]
pub fn rfc3339(time: OffsetDateTime) -> String {
    use time::format_description::well_known::Rfc3339;
    // Fails only for years after 9999.
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}
