//! Dates and times as CLDR writes them.
//!
//! The language's `cldr.json` names the locale: `en-GB` for English, because a date such as 7/1/26
//! is read differently in different countries.

use std::sync::LazyLock;

use icu_calendar::Gregorian;
use icu_datetime::fieldsets::zone::SpecificShort;
use icu_datetime::fieldsets::{Combo, YMD, YMDT};
use icu_datetime::input::{
    Date as IcuDate, DateTime, Time, TimeZone, TimeZoneInfo, UtcOffset, ZonedDateTime,
};
use icu_datetime::{DateTimeFormatterPreferences, FixedCalendarDateTimeFormatter};
use icu_locale_core::Locale;
use icu_time::zone::models::AtTime;
use time::{Date, OffsetDateTime};

use crate::language::Language;

/// The data of other calendars would be compiled in as well.
type Formatter<Fields> = FixedCalendarDateTimeFormatter<Gregorian, Fields>;

struct Formatters {
    long: Formatter<YMD>,
    short: Formatter<YMD>,
    minute: Formatter<Combo<YMDT, SpecificShort>>,
    second: Formatter<Combo<YMDT, SpecificShort>>,
}

/// By [`Language::index`]. `None` if there is no data, which a test excludes.
static FORMATTERS: LazyLock<Vec<Option<Formatters>>> =
    LazyLock::new(|| Language::all().map(formatters).collect());

fn formatters(language: Language) -> Option<Formatters> {
    let locale: Locale = language.data().dates_locale.parse().ok()?;
    let preferences = DateTimeFormatterPreferences::from(locale);
    let zone = SpecificShort;
    let minute = YMD::long().with_time_hm().with_zone(zone);
    let second = YMD::long().with_time_hms().with_zone(zone);
    Some(Formatters {
        long: Formatter::try_new(preferences, YMD::long()).ok()?,
        short: Formatter::try_new(preferences, YMD::medium()).ok()?,
        minute: Formatter::try_new(preferences, minute).ok()?,
        second: Formatter::try_new(preferences, second).ok()?,
    })
}

fn of(language: Language) -> Option<&'static Formatters> {
    FORMATTERS.get(language.index())?.as_ref()
}

fn date(date: Date) -> Option<IcuDate<Gregorian>> {
    IcuDate::try_new_gregorian(date.year(), date.month().into(), date.day()).ok()
}

fn date_time(
    local: OffsetDateTime,
    zone: &str,
) -> Option<ZonedDateTime<Gregorian, TimeZoneInfo<AtTime>>> {
    let date = date(local.date())?;
    let time = Time::try_new(local.hour(), local.minute(), local.second(), 0).ok()?;
    let offset = UtcOffset::try_from_seconds(local.offset().whole_seconds()).ok()?;
    let zone = TimeZone::from_iana_id(zone).with_offset(Some(offset));
    Some(ZonedDateTime {
        date,
        time,
        zone: zone.at_date_time(DateTime { date, time }),
    })
}

impl Language {
    /// Writes a day in words: `28 November 2026`, `28. November 2026`.
    #[must_use]
    pub fn date_long(self, day: Date) -> String {
        let written = of(self).zip(date(day));
        let written = written.map(|(formatters, day)| formatters.long.format(&day).to_string());
        written.unwrap_or_else(|| day.to_string())
    }

    /// Writes a day for a table, with the year's four digits: `28 Nov 2026`, `28.11.2026`. This is
    /// CLDR's medium length, because its short one has two.
    #[must_use]
    pub fn date_short(self, day: Date) -> String {
        let written = of(self).zip(date(day));
        let written = written.map(|(formatters, day)| formatters.short.format(&day).to_string());
        written.unwrap_or_else(|| day.to_string())
    }

    /// Writes a local time to the minute, with the zone's abbreviation in this language, or its
    /// offset from UTC if there is none: `28 November 2026 at 14:05 CET`,
    /// `28. November 2026 um 14:05 MEZ`, `28 novembre 2026 à 14:05 UTC+1`.
    ///
    /// `zone` is the name of the time's zone in the IANA database, such as `Europe/Berlin`.
    #[must_use]
    pub fn date_time(self, local: OffsetDateTime, zone: &str) -> String {
        let written = of(self).zip(date_time(local, zone));
        let written = written.map(|(formatters, time)| formatters.minute.format(&time).to_string());
        written.unwrap_or_else(|| local.to_string())
    }

    /// Writes a local time to the second, otherwise like [`Language::date_time`]:
    /// `28 November 2026 at 14:05:07 CET`.
    #[must_use]
    pub fn date_time_seconds(self, local: OffsetDateTime, zone: &str) -> String {
        let written = of(self).zip(date_time(local, zone));
        let written = written.map(|(formatters, time)| formatters.second.format(&time).to_string());
        written.unwrap_or_else(|| local.to_string())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use proptest::prelude::*;
    use time::macros::{date, datetime};

    use super::*;

    fn language(code: &str) -> Language {
        code.parse().unwrap()
    }

    #[test]
    fn every_language_has_data() {
        for language in Language::all() {
            assert!(formatters(language).is_some(), "{language}");
        }
    }

    /// Patterns of CLDR 48.2.0: cldr-dates-full, `main/*/ca-gregorian.json`, `dateFormats` long
    /// and medium, with names of `months`.
    #[test]
    fn days_are_written_as_cldr_defines() {
        for (code, day, long, short) in [
            // `d MMMM y`, `d MMM y`
            (
                "en",
                date!(2026 - 11 - 28),
                "28 November 2026",
                "28 Nov 2026",
            ),
            ("en", date!(2026 - 03 - 01), "1 March 2026", "1 Mar 2026"),
            // `d. MMMM y`, `dd.MM.y`
            (
                "de",
                date!(2026 - 11 - 28),
                "28. November 2026",
                "28.11.2026",
            ),
            ("de", date!(2026 - 03 - 01), "1. März 2026", "01.03.2026"),
            // `d MMMM y`, `d MMM y`
            (
                "fr",
                date!(2026 - 11 - 28),
                "28 novembre 2026",
                "28 nov. 2026",
            ),
            ("fr", date!(2026 - 08 - 01), "1 août 2026", "1 août 2026"),
        ] {
            assert_eq!(language(code).date_long(day), long);
            assert_eq!(language(code).date_short(day), short);
        }
    }

    /// As above: `dateTimeFormats-atTime` long, `timeFormats` short and medium; and
    /// `main/*/timeZoneNames.json`, the short names of `metazone`, `gmtFormat`.
    #[test]
    fn times_are_written_as_cldr_defines() {
        let utc = datetime!(2026-03-01 12:00:42 UTC);
        let winter = datetime!(2026-11-28 14:05:07 +1);
        let summer = datetime!(2026-07-01 00:00:59 +2);
        let india = datetime!(2026-03-01 00:00:59 +5:30);
        let berlin = "Europe/Berlin";
        let india_zone = "Asia/Kolkata";
        #[rustfmt::skip]
        let expected = [
            ("en", winter, berlin, "28 November 2026 at 14:05:07 CET"),
            ("en", summer, berlin, "1 July 2026 at 00:00:59 CEST"),
            ("en", india, india_zone, "1 March 2026 at 00:00:59 GMT+5:30"),
            ("en", utc, "UTC", "1 March 2026 at 12:00:42 UTC"),
            ("de", winter, berlin, "28. November 2026 um 14:05:07 MEZ"),
            ("de", summer, berlin, "1. Juli 2026 um 00:00:59 MESZ"),
            ("de", india, india_zone, "1. März 2026 um 00:00:59 GMT+5:30"),
            ("de", utc, "UTC", "1. März 2026 um 12:00:42 UTC"),
            ("fr", winter, berlin, "28 novembre 2026 à 14:05:07 UTC+1"),
            ("fr", summer, berlin, "1 juillet 2026 à 00:00:59 UTC+2"),
            ("fr", india, india_zone, "1 mars 2026 à 00:00:59 UTC+5:30"),
            // "UTC" in 48.2.0; this is of 49.0.0, which ICU4X 2.4 has.
            ("fr", utc, "UTC", "1 mars 2026 à 12:00:42 TU"),
        ];
        for (code, time, zone, second) in expected {
            let language = language(code);
            assert_eq!(language.date_time_seconds(time, zone), second);
            let minute = second
                .replace(":07", "")
                .replace(":59", "")
                .replace(":42", "");
            assert_eq!(language.date_time(time, zone), minute);
        }
    }

    #[test]
    fn a_time_in_an_unknown_zone_has_its_offset() {
        let winter = datetime!(2026-11-28 14:05:07 +1);
        let written = language("en").date_time(winter, "Atlantis");
        assert_eq!(written, "28 November 2026 at 14:05 GMT+1");
        // Another offset than the zone's.
        let written = language("de").date_time(winter, "America/New_York");
        assert_eq!(written, "28. November 2026 um 14:05 GMT+1");
    }

    proptest! {
        #[test]
        fn any_time_is_written(
            seconds in -377_705_116_800i64..=253_402_300_799,
            offset in -93_599i32..=93_599,
            zone in "UTC|Europe/Berlin|America/New_York|.{0,10}",
        ) {
            let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            let offset = time::UtcOffset::from_whole_seconds(offset).unwrap();
            let local = time.checked_to_offset(offset).unwrap_or(time);
            for language in Language::all() {
                prop_assert!(!language.date_time(local, &zone).is_empty());
                prop_assert!(!language.date_time_seconds(local, &zone).is_empty());
                prop_assert!(!language.date_long(local.date()).is_empty());
                prop_assert!(!language.date_short(local.date()).is_empty());
            }
        }
    }
}
