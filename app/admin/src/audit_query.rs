//! The filter of the audit log, as an address has it.

use shop::audit::Filter;
use shop::orders::export::Period;
use shop::time_zone::TimeZone;
use time::{Date, OffsetDateTime};

/// What was typed into the filter's fields; empty: everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Who.
    pub by: String,
    /// The name of an action.
    pub action: String,
    /// The name of a kind of thing.
    pub kind: String,
    /// The thing.
    pub subject: String,
    /// The first day, such as 2026-11-30.
    pub from: String,
    /// The last day, inclusive.
    pub to: String,
}

impl AuditQuery {
    /// Reads the parameters of an address.
    #[must_use]
    pub fn read(parameter: impl Fn(&str) -> Option<String>) -> Self {
        let typed = |name| parameter(name).unwrap_or_default().trim().to_owned();
        Self {
            by: typed("by"),
            action: typed("action"),
            kind: typed("kind"),
            subject: typed("subject"),
            from: typed("from"),
            to: typed("to"),
        }
    }

    /// The parameters that are not empty.
    pub(crate) fn fields(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("by", &self.by),
            ("action", &self.action),
            ("kind", &self.kind),
            ("subject", &self.subject),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let set = all.into_iter().filter(|(_, value)| !value.is_empty());
        set.map(|(name, value)| (name, value.clone())).collect()
    }

    /// The filter, with days in this time zone. What is not an action, a kind or a day is left out.
    #[must_use]
    pub fn filter(&self, zone: &TimeZone) -> Filter {
        let text = |typed: &String| Some(typed.clone()).filter(|typed| !typed.is_empty());
        let begin = |day: Option<Date>| -> Option<OffsetDateTime> { zone.start_of_day(day?) };
        Filter {
            actor: text(&self.by),
            action: self.action.parse().ok(),
            kind: self.kind.parse().ok(),
            subject: text(&self.subject),
            period: Period {
                from: begin(day(&self.from)),
                until: begin(day(&self.to).and_then(Date::next_day)),
            },
        }
    }
}

fn day(typed: &str) -> Option<Date> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    Date::parse(typed, format).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let of = |fields: &[(&str, &str)]| {
            AuditQuery::read(|name| {
                let mut fields = fields.iter();
                let found = fields.find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let filter = of(&[("action", "dance"), ("from", "yesterday"), ("by", " ")]);
        let filter = filter.filter(&TimeZone::default());
        assert!(filter.action.is_none() && filter.actor.is_none());
        assert!(filter.period.from.is_none());
        let query = of(&[("by", "ada"), ("to", "2026-11-30")]);
        assert_eq!(query.fields().len(), 2);
        let until = query.filter(&TimeZone::default()).period.until;
        assert_eq!(until, Some(time::macros::datetime!(2026-12-01 00:00 UTC)));
    }
}
