//! Times in the shop's time zone. Databases, logs and JSON use UTC.

use std::fmt;

use jiff::Timestamp;
use locale::Language;
use till_core::view::Day;
use time::macros::format_description;
use time::{Date, OffsetDateTime, UtcOffset};

/// The name is not in the IANA time zone database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone of the IANA database")]
pub struct UnknownTimeZone;

/// A time zone of the IANA database (<https://www.iana.org/time-zones>), which is compiled in: a
/// server needs no `/usr/share/zoneinfo`. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct TimeZone(jiff::tz::TimeZone);

impl Default for TimeZone {
    fn default() -> Self {
        Self(jiff::tz::TimeZone::UTC)
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl TimeZone {
    /// Returns the time zone with this name, such as `Europe/Berlin`.
    ///
    /// # Errors
    /// [`UnknownTimeZone`]
    pub fn named(name: &str) -> Result<Self, UnknownTimeZone> {
        jiff::tz::TimeZone::get(name)
            .map(Self)
            .map_err(|_| UnknownTimeZone)
    }

    /// Returns the local day of a time.
    #[must_use]
    pub fn date(&self, time: OffsetDateTime) -> Date {
        self.local(time).0.date()
    }

    /// Returns the local day of a time, as the language writes it.
    #[must_use]
    pub fn day(&self, time: OffsetDateTime, language: Language) -> Option<Day> {
        let iso = format_description!("[year]-[month]-[day]");
        let (local, _) = self.local(time);
        Some(Day {
            iso: local.format(iso).ok()?,
            text: language.date_long(local.date()),
        })
    }

    /// Writes a time to the minute with the zone, as the language does: `28 November 2026 at
    /// 14:05 CET`.
    #[must_use]
    pub fn format_minutes(&self, time: OffsetDateTime, language: Language) -> String {
        let (local, _) = self.local(time);
        language.date_time(local, self.0.iana_name().unwrap_or("UTC"))
    }

    /// Writes a time to the second with the zone, as the language does: `28 November 2026 at
    /// 14:05:07 CET`.
    #[must_use]
    pub fn format_seconds(&self, time: OffsetDateTime, language: Language) -> String {
        let (local, _) = self.local(time);
        language.date_time_seconds(local, self.0.iana_name().unwrap_or("UTC"))
    }

    /// Formats a time for a table: `2026-11-28 14:05:07 CET`.
    #[must_use]
    pub fn format_table(&self, time: OffsetDateTime) -> String {
        let short = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
        let (local, zone) = self.local(time);
        match local.format(short) {
            Ok(short) => format!("{short} {zone}"),
            Err(_) => time.to_string(),
        }
    }

    /// Formats a time for a list, to the minute and without the zone: `2026-11-28 14:05`.
    #[must_use]
    pub fn format_short(&self, time: OffsetDateTime) -> String {
        let short = format_description!("[year]-[month]-[day] [hour]:[minute]");
        let (local, _) = self.local(time);
        local.format(short).unwrap_or_else(|_| time.to_string())
    }

    /// Formats a time for a spreadsheet, which has no time zones: `2026-11-28 14:05:07`.
    #[must_use]
    pub fn format_spreadsheet(&self, time: OffsetDateTime) -> String {
        let short = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
        let (local, _) = self.local(time);
        local.format(short).unwrap_or_else(|_| time.to_string())
    }

    /// Returns when a local day begins. If midnight is skipped by daylight saving time, that is
    /// when the gap ends.
    #[must_use]
    pub fn start_of_day(&self, day: Date) -> Option<OffsetDateTime> {
        let year = i16::try_from(day.year()).ok()?;
        let month = i8::try_from(u8::from(day.month())).ok()?;
        let of_month = i8::try_from(day.day()).ok()?;
        let day = jiff::civil::Date::new(year, month, of_month).ok()?;
        let begin = day.to_zoned(self.0.clone()).ok()?;
        OffsetDateTime::from_unix_timestamp(begin.timestamp().as_second()).ok()
    }

    /// Converts a time to local time, and returns it with the zone's abbreviation at that time.
    fn local(&self, time: OffsetDateTime) -> (OffsetDateTime, String) {
        // Years out of jiff's range stay in UTC.
        let utc = || (time.to_offset(UtcOffset::UTC), "UTC".to_owned());
        let Ok(moment) = Timestamp::from_second(time.unix_timestamp()) else {
            return utc();
        };
        let info = self.0.to_offset_info(moment);
        let Some(local) = UtcOffset::from_whole_seconds(info.offset().seconds())
            .ok()
            .and_then(|offset| time.checked_to_offset(offset))
        else {
            return utc();
        };
        let zone = info.abbreviation();
        // Many zones have a numeric abbreviation: `-03`.
        let zone = if zone.starts_with(['+', '-']) {
            format!("UTC{zone}")
        } else {
            zone.to_owned()
        };
        (local, zone)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_time_is_formatted_in_its_zone_and_season() {
        let winter = datetime!(2026-11-28 23:05:07 UTC);
        let summer = datetime!(2026-07-01 00:30 UTC);
        let english = Language::default();
        for (zone, time, words) in [
            ("UTC", winter, "28 November 2026 at 23:05 UTC"),
            ("Europe/Berlin", winter, "29 November 2026 at 00:05 CET"),
            ("Europe/Berlin", summer, "1 July 2026 at 02:30 CEST"),
            ("America/New_York", summer, "30 June 2026 at 20:30 GMT-4"),
            (
                "America/Sao_Paulo",
                winter,
                "28 November 2026 at 20:05 GMT-3",
            ),
            ("Asia/Kolkata", winter, "29 November 2026 at 04:35 GMT+5:30"),
        ] {
            let zone = TimeZone::named(zone).unwrap();
            assert_eq!(zone.format_minutes(time, english), words);
        }
        let berlin = TimeZone::named("Europe/Berlin").unwrap();
        assert_eq!(berlin.format_table(winter), "2026-11-29 00:05:07 CET");
        assert_eq!(
            berlin.format_seconds(winter, Language::default()),
            "29 November 2026 at 00:05:07 CET"
        );
        let day = berlin.day(winter, Language::default()).unwrap();
        assert_eq!(
            (day.iso.as_str(), day.text.as_str()),
            ("2026-11-29", "29 November 2026")
        );
        assert_eq!(TimeZone::default(), TimeZone::named("UTC").unwrap());
    }

    #[test]
    fn a_day_begins_at_midnight_in_its_zone() {
        let day = time::macros::date!(2026 - 07 - 01);
        let begins = |zone: &str| TimeZone::named(zone).unwrap().start_of_day(day).unwrap();
        assert_eq!(begins("UTC"), datetime!(2026-07-01 00:00 UTC));
        assert_eq!(begins("Europe/Berlin"), datetime!(2026-06-30 22:00 UTC));
        assert_eq!(begins("America/New_York"), datetime!(2026-07-01 04:00 UTC));
        // Clocks went from 00:00 to 01:00.
        let gap = time::macros::date!(2025 - 09 - 07);
        let chile = TimeZone::named("America/Santiago").unwrap();
        let begins = chile.start_of_day(gap).unwrap();
        assert_eq!(begins, datetime!(2025-09-07 04:00 UTC));
    }

    #[test]
    fn an_unknown_name_is_refused() {
        for bad in ["", "Berlin", "Europe/Atlantis", "CET+1", "../etc/passwd"] {
            assert_eq!(TimeZone::named(bad), Err(UnknownTimeZone), "{bad}");
        }
    }
}
