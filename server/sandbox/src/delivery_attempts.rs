//! The latest delivery attempts, for the switchboard. Kept in memory only; the journal has the
//! state of each delivery.

use std::collections::VecDeque;

use serde::Serialize;

/// The number of attempts that are kept; the oldest are dropped first.
const MAX_ATTEMPTS: usize = 2_000;

/// One attempt to deliver an event to a webhook endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Attempt {
    pub(crate) id: String,
    /// When it ended, in milliseconds since 1970 by the system clock.
    pub(crate) at_ms: i64,
    pub(crate) event: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// The endpoint's URL; `None` if a fault dropped the delivery.
    pub(crate) url: Option<String>,
    /// The HTTP status of the response.
    pub(crate) status: Option<u16>,
    /// Why there is no status.
    pub(crate) error: Option<&'static str>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered(u16),
    Unanswered(&'static str),
    /// Dropped by a fault; nothing was sent.
    Dropped,
}

/// The latest attempts, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    latest: VecDeque<Attempt>,
    count: u64,
}

impl Attempts {
    /// Adds an attempt, and drops the oldest one if there are too many.
    pub(crate) fn record(
        &mut self,
        event: &str,
        kind: &'static str,
        at_ms: i64,
        url: Option<&str>,
        outcome: Outcome,
    ) {
        self.count += 1;
        let (status, error) = match outcome {
            Outcome::Answered(status) => (Some(status), None),
            Outcome::Unanswered(error) => (None, Some(error)),
            Outcome::Dropped => (None, Some("dropped by a fault")),
        };
        if self.latest.len() == MAX_ATTEMPTS {
            self.latest.pop_front();
        }
        self.latest.push_back(Attempt {
            id: format!("att_{}", self.count),
            at_ms,
            event: event.to_owned(),
            kind,
            url: url.map(str::to_owned),
            status,
            error,
        });
    }

    /// The attempts before the one with this id, or all of them, newest first; `None` if the id is
    /// unknown.
    pub(crate) fn older_than(&self, id: Option<&str>) -> Option<impl Iterator<Item = &Attempt>> {
        let end = match id {
            Some(id) => self.latest.iter().position(|attempt| attempt.id == id)?,
            None => self.latest.len(),
        };
        Some(self.latest.range(..end).rev())
    }

    /// The attempts of one event, newest first.
    pub(crate) fn of_event<'a>(&'a self, event: &'a str) -> impl Iterator<Item = &'a Attempt> {
        self.latest
            .iter()
            .rev()
            .filter(move |attempt| attempt.event == event)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_attempts_are_dropped_and_pages_continue_where_the_last_one_ended() {
        let mut attempts = Attempts::default();
        for n in 0..MAX_ATTEMPTS + 3 {
            let at_ms = i64::try_from(n).unwrap();
            attempts.record(
                &format!("evt_{n}"),
                "x",
                at_ms,
                None,
                Outcome::Answered(200),
            );
        }
        assert_eq!(attempts.older_than(None).unwrap().count(), MAX_ATTEMPTS);
        assert_eq!(attempts.of_event("evt_2").count(), 0);
        assert_eq!(attempts.of_event("evt_3").count(), 1);
        let newest = attempts.older_than(None).unwrap().next().unwrap();
        let second = attempts
            .older_than(Some(&newest.id))
            .unwrap()
            .next()
            .unwrap();
        assert_eq!(newest.at_ms - second.at_ms, 1);
        assert!(attempts.older_than(Some("att_1")).is_none());
    }
}
