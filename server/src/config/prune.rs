//! How long data is kept that is no longer needed.

use shop::prune::{MIN_DAYS, PruneSettings};

use super::{ConfigError, invalid};

/// A hundred years.
const MAX_DAYS: u16 = 36_500;

pub(super) fn settings(
    text: &impl Fn(&str) -> Option<String>,
) -> Result<PruneSettings, ConfigError> {
    let default = PruneSettings::default();
    Ok(PruneSettings {
        checkouts_days: days(text, "PRUNE_CHECKOUTS_DAYS", default.checkouts_days)?,
        ignored_events_days: days(
            text,
            "PRUNE_IGNORED_EVENTS_DAYS",
            default.ignored_events_days,
        )?,
        failed_events_days: days(text, "PRUNE_FAILED_EVENTS_DAYS", default.failed_events_days)?,
        payloads_days: days(text, "PRUNE_PAYLOADS_DAYS", default.payloads_days)?,
    })
}

fn days(
    text: &impl Fn(&str) -> Option<String>,
    name: &str,
    default: Option<u16>,
) -> Result<Option<u16>, ConfigError> {
    let Some(typed) = text(name) else {
        return Ok(default);
    };
    if typed == "off" {
        return Ok(None);
    }
    let days = typed.parse().ok();
    days.filter(|days| (MIN_DAYS..=MAX_DAYS).contains(days))
        .map(Some)
        .ok_or_else(|| {
            invalid(format!(
                "{name} must be a number of days from {MIN_DAYS} to {MAX_DAYS}, or off, not \
                 \"{typed}\". Stripe lists events for 30 days: events deleted sooner would be \
                 fetched again."
            ))
        })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn read(name: &'static str, value: &'static str) -> Result<PruneSettings, ConfigError> {
        settings(&|asked: &str| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn nothing_is_pruned_sooner_than_the_reconciler_reads() {
        for name in [
            "PRUNE_CHECKOUTS_DAYS",
            "PRUNE_IGNORED_EVENTS_DAYS",
            "PRUNE_FAILED_EVENTS_DAYS",
            "PRUNE_PAYLOADS_DAYS",
        ] {
            assert!(read(name, "35").is_ok());
            for bad in ["34", "0", "-1", "3.5", "36501", "90d", "never"] {
                let refused = read(name, bad).unwrap_err().to_string();
                assert!(refused.contains(name), "{refused}");
            }
        }
    }

    #[test]
    fn each_can_be_changed_and_switched_off() {
        let default = PruneSettings::default();
        assert_eq!(read("PRUNE_OTHER", "1").unwrap(), default);
        let changed = read("PRUNE_CHECKOUTS_DAYS", "120").unwrap();
        assert_eq!(changed.checkouts_days, Some(120));
        assert_eq!(changed.payloads_days, default.payloads_days);
        let off = read("PRUNE_FAILED_EVENTS_DAYS", "off").unwrap();
        assert_eq!(off.failed_events_days, None);
    }
}
