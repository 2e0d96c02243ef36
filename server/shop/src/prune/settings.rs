//! How long data is kept that is no longer needed.

use super::MIN_DAYS;
use crate::settings::{InvalidSetting, Setting, invalid};

/// A hundred years.
pub const MAX_DAYS: u16 = 36_500;
/// A year.
pub const MIN_AUDIT_DAYS: u16 = 365;

crate::settings! {
    /// Ages in days after which rows are deleted; `None` keeps them permanently.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct PruneSettings {
        /// Checkouts that ended without a payment, since their end.
        pub checkouts_days: Option<u16> =
            Setting::new("PRUNE_CHECKOUTS_DAYS", "90", days)
                .or_in_database(),
        /// Ignored events, since they were received.
        pub ignored_events_days: Option<u16> =
            Setting::new("PRUNE_IGNORED_EVENTS_DAYS", MIN_DAYS.to_string(), days)
                .or_in_database(),
        /// Failed and dead events, since they were received; also ignored events that waited for an
        /// order: they would still be applied if it were created.
        pub failed_events_days: Option<u16> =
            Setting::new("PRUNE_FAILED_EVENTS_DAYS", "365", days)
                .or_in_database(),
        /// Payloads of outbox tasks, since the tasks were done.
        pub payloads_days: Option<u16> =
            Setting::new("PRUNE_PAYLOADS_DAYS", "90", days)
                .or_in_database(),
        /// Entries of the audit log, since they were written.
        pub audit_days: Option<u16> =
            Setting::new("KEEP_AUDIT_DAYS", "730", audit_days)
                .or_in_database(),
    }
}

fn days(name: &str, typed: &str) -> Result<Option<u16>, InvalidSetting> {
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

/// Nobody can make the log forget what was done lately.
fn audit_days(name: &str, typed: &str) -> Result<Option<u16>, InvalidSetting> {
    let allowed = |days: &u16| (MIN_AUDIT_DAYS..=MAX_DAYS).contains(days);
    match typed {
        "off" => Ok(None),
        typed => typed.parse().ok().filter(allowed).map(Some).ok_or_else(|| {
            invalid(format!(
                "{name} must be a number of days from {MIN_AUDIT_DAYS} to {MAX_DAYS}, or off, not \
                 \"{typed}\"."
            ))
        }),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::settings::tests;

    fn read(name: &str, value: &str) -> Result<PruneSettings, InvalidSetting> {
        tests::read(&[(name, value)])
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
        let default = read("PRUNE_OTHER", "1").unwrap();
        assert_eq!(default.checkouts_days, Some(90));
        assert_eq!(default.ignored_events_days, Some(35));
        assert_eq!(default.failed_events_days, Some(365));
        assert_eq!(default.payloads_days, Some(90));
        let changed = read("PRUNE_CHECKOUTS_DAYS", "120").unwrap();
        assert_eq!(changed.checkouts_days, Some(120));
        assert_eq!(changed.payloads_days, default.payloads_days);
        assert_eq!(default.audit_days, Some(730));
        for bad in ["364", "0", "36501", "never"] {
            let refused = read("KEEP_AUDIT_DAYS", bad).unwrap_err().to_string();
            assert!(refused.starts_with("KEEP_AUDIT_DAYS must be"), "{refused}");
        }
        let off = read("PRUNE_FAILED_EVENTS_DAYS", "off").unwrap();
        assert_eq!(off.failed_events_days, None);
    }
}
