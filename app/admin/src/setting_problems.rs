//! Why a setting is refused, in the language of the page.

use std::borrow::Cow;

use locale::Texts;
use shop::delivery_time;
use shop::orders::MAX_PREFIX_LENGTH;
use shop::owner_settings::MAX_LOW_STOCK;
use shop::prune::{MAX_DAYS, MIN_AUDIT_DAYS, MIN_DAYS};
use shop::settings_list::SettingRow;
use shop::stored_settings::StoreError;
use shop::stripe::checkout_options::{RateColumn, RateProblem, RateReason, SHIPPING_COUNTRIES};
use till_core::money::MinorUnit;

use crate::decision::Problem;
use crate::setting_values::unknown_country;

type Text = Cow<'static, str>;

/// The name of a field in a row of the table of shipping rates.
pub(crate) fn rate_field(row: usize, column: RateColumn) -> String {
    format!("rates[{row}][{}]", column.as_ref())
}

/// Why a setting was not stored. `typed` is the value that was refused.
pub(crate) fn reason_text(
    reason: &StoreError,
    row: Option<&SettingRow>,
    typed: &str,
    texts: Texts,
) -> Text {
    match (reason, row) {
        (StoreError::ChangedMeanwhile, _) => texts.admin_setting_meanwhile(),
        (StoreError::Locked(_), _) => texts.admin_setting_from_server(),
        (StoreError::TooLong(_), _) => texts.admin_wrong_too_long(),
        (StoreError::Rates(rate), _) => {
            let step = MinorUnit(rate.step).of(rate.currency);
            texts.admin_field_not_a_step(step).into()
        }
        (StoreError::Invalid(invalid), row) => match (invalid.missing(), row) {
            (Some(name), _) => missing_text(name, texts),
            (None, Some(row)) => wrong_text(row, typed, texts),
            (None, None) => texts.admin_wrong_value(),
        },
        _ => texts.admin_wrong_value(),
    }
}

/// That a setting is needed beside others.
pub(crate) fn missing_text(name: &str, texts: Texts) -> Text {
    match name {
        SHIPPING_COUNTRIES => texts.admin_missing_countries(),
        "MAIL_FROM" => texts.admin_missing_sender(),
        _ => texts.admin_field_missing(),
    }
}

/// What a setting may be, for whoever has typed something else.
fn wrong_text(row: &SettingRow, typed: &str, texts: Texts) -> Text {
    let whole = |min: i64, max: i64| -> Text {
        let (min, max) = (min.to_string(), max.to_string());
        texts.admin_field_not_a_number(&min, &max).into()
    };
    match row.name.as_str() {
        "SHOP_ACCENT_COLOR" => texts.admin_wrong_color(),
        "SHOP_EMAIL" => texts.admin_wrong_email(),
        "SHOP_PHONE" => texts.admin_wrong_phone(),
        "SHOP_LINKS" => texts.admin_wrong_links(),
        "SHOP_COUNTRY" => texts.admin_field_not_listed(),
        "SHOP_TIME_ZONE" => texts.admin_wrong_time_zone(),
        SHIPPING_COUNTRIES => {
            let country = unknown_country(typed).unwrap_or(typed);
            texts.admin_wrong_countries(country).into()
        }
        "HANDLING_DAYS" | "TRANSIT_DAYS" => texts
            .admin_wrong_days(delivery_time::MAX_DAYS.into())
            .into(),
        "ORDER_PREFIX" => {
            let max = u64::try_from(MAX_PREFIX_LENGTH).unwrap_or(u64::MAX);
            texts.admin_wrong_prefix(max).into()
        }
        "LOW_STOCK" => whole(0, MAX_LOW_STOCK),
        "MAIL_FROM" | "MAIL_OWNER" => texts.admin_wrong_sender(),
        "KEEP_AUDIT_DAYS" => whole(MIN_AUDIT_DAYS.into(), MAX_DAYS.into()),
        name if name.starts_with("PRUNE_") => whole(MIN_DAYS.into(), MAX_DAYS.into()),
        _ if !row.choices.is_empty() => texts.admin_field_not_listed(),
        _ => match row.max_characters {
            Some(max) => {
                let max = u64::try_from(max).unwrap_or(u64::MAX);
                texts.admin_wrong_line(max).into()
            }
            None => texts.admin_wrong_value(),
        },
    }
}

/// What is wrong with a row of the table of shipping rates.
pub(crate) fn rate_problem(problem: RateProblem, texts: Texts) -> Problem {
    let number = |max: usize| u64::try_from(max).unwrap_or(u64::MAX);
    let text = match problem.reason {
        RateReason::Missing => texts.admin_field_missing(),
        RateReason::TooLong(max) => texts.admin_field_too_long(number(max)).into(),
        RateReason::Characters => texts.admin_field_characters(),
        RateReason::Comma => texts.admin_rate_comma(),
        RateReason::NotAnAmount => texts.admin_rate_not_an_amount(),
        RateReason::OutOfRange(max) => texts.admin_rate_range(max).into(),
        RateReason::NotAStep(step) => texts.admin_field_not_a_step(step).into(),
        RateReason::NotAWeight(max) => {
            let text = texts.admin_field_not_a_number("1", &max.to_string());
            text.into()
        }
        RateReason::Twice => texts.admin_rate_twice(),
        RateReason::TooManyNames(max) => texts.admin_rate_too_many_names(number(max)).into(),
        RateReason::TooManyRows(max) => texts.admin_rate_too_many_rows(number(max)).into(),
        RateReason::AllLimited => texts.admin_rate_all_limited(),
    };
    Problem {
        field: Some(rate_field(problem.row, problem.column)),
        text,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use locale::Language;
    use shop::owner_settings::{OwnerSettings, stored_names};
    use shop::settings::FromVariables;
    use shop::settings_list::AllSettings;
    use shop::stripe::checkout_options::SHIPPING_RATES;

    use super::*;

    fn texts() -> Texts {
        Texts::of(Language::default())
    }

    fn all() -> AllSettings {
        AllSettings::new(OwnerSettings::documentation(), &|_: &str| None)
    }

    fn said(name: &str, typed: &str) -> String {
        let row = all().find(name, &BTreeMap::new());
        row.map_or_else(String::new, |row| wrong_text(&row, typed, texts()).into())
    }

    fn is_accepted(name: &str, typed: &str) -> bool {
        let read = OwnerSettings::read(&|asked: &str| (asked == name).then(|| typed.to_owned()));
        read.is_ok()
    }

    #[test]
    fn every_setting_that_can_be_refused_says_what_it_may_be() {
        for name in stored_names() {
            // These have rules of their own, or none.
            let is_other = matches!(name.as_str(), "SHOP_ADDRESS" | "SHOP_LOGO" | SHIPPING_RATES);
            let text = said(&name, "x");
            assert_eq!(
                text == texts().admin_wrong_value(),
                is_other,
                "{name}: {text}"
            );
        }
    }

    #[test]
    fn the_limits_that_are_said_are_those_that_count() {
        for (name, least, most) in [
            ("LOW_STOCK", 0, 1_000_000),
            ("PRUNE_CHECKOUTS_DAYS", 35, 36_500),
            ("PRUNE_IGNORED_EVENTS_DAYS", 35, 36_500),
            ("PRUNE_FAILED_EVENTS_DAYS", 35, 36_500),
            ("PRUNE_PAYLOADS_DAYS", 35, 36_500),
            ("KEEP_AUDIT_DAYS", 365, 36_500),
        ] {
            let text = said(name, "x");
            assert!(text.contains(&format!("from {least} to {most}")), "{text}");
            for (number, is_allowed) in [
                (least, true),
                (least - 1, false),
                (most, true),
                (most + 1, false),
            ] {
                let accepted = is_accepted(name, &number.to_string());
                assert_eq!(accepted, is_allowed, "{name}: {number}");
            }
        }
        for row in all().rows(&BTreeMap::new()) {
            let Some(max) = row.max_characters else {
                continue;
            };
            assert!(said(&row.name, "x").contains(&max.to_string()));
            assert!(is_accepted(&row.name, &"ä".repeat(max)), "{}", row.name);
            assert!(
                !is_accepted(&row.name, &"ä".repeat(max + 1)),
                "{}",
                row.name
            );
        }
        assert!(said("HANDLING_DAYS", "x").contains("365"));
        assert!(is_accepted("HANDLING_DAYS", "1-365") && !is_accepted("HANDLING_DAYS", "366"));
        assert!(said("ORDER_PREFIX", "x").contains('4'));
        assert!(is_accepted("ORDER_PREFIX", "TEAS") && !is_accepted("ORDER_PREFIX", "TEASE"));
        assert!(said(SHIPPING_COUNTRIES, "DE,Atlantis").contains("Atlantis"));
    }
}
