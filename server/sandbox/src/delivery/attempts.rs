//! The last attempts to deliver, for the switchboard to show. In memory only: the journal keeps where each delivery stands.

use std::collections::VecDeque;

use serde::Serialize;

/// So many are known; the oldest are forgotten first.
const KEPT: usize = 2_000;

/// One attempt to deliver an event to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Attempt {
    pub(crate) id: String,
    /// When it ended, in milliseconds since 1970 by the system's clock.
    pub(crate) at_ms: i64,
    pub(crate) event: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// The endpoint's address; none for an event that a fault dropped.
    pub(crate) url: Option<String>,
    /// What the endpoint answered.
    pub(crate) status: Option<u16>,
    /// Why there is no status.
    pub(crate) error: Option<&'static str>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered(u16),
    Unanswered(&'static str),
    /// By a fault; nothing was sent.
    Dropped,
}

/// The last attempts, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    last: VecDeque<Attempt>,
    count: u64,
}

impl Attempts {
    /// Adds one, and forgets the oldest when there are too many.
    pub(crate) fn note(
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
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(Attempt {
            id: format!("att_{}", self.count),
            at_ms,
            event: event.to_owned(),
            kind,
            url: url.map(str::to_owned),
            status,
            error,
        });
    }

    /// Those before the one with this id, or all, the newest first; `None` when it is not known.
    pub(crate) fn older_than(&self, id: Option<&str>) -> Option<impl Iterator<Item = &Attempt>> {
        let end = match id {
            Some(id) => self.last.iter().position(|attempt| attempt.id == id)?,
            None => self.last.len(),
        };
        Some(self.last.range(..end).rev())
    }

    /// Those of one event, the newest first.
    pub(crate) fn of_event<'a>(&'a self, event: &'a str) -> impl Iterator<Item = &'a Attempt> {
        self.last
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
    fn the_oldest_attempts_are_forgotten_and_pages_go_on_where_the_last_one_ended() {
        let mut attempts = Attempts::default();
        for n in 0..KEPT + 3 {
            let at_ms = i64::try_from(n).unwrap();
            attempts.note(
                &format!("evt_{n}"),
                "x",
                at_ms,
                None,
                Outcome::Answered(200),
            );
        }
        assert_eq!(attempts.older_than(None).unwrap().count(), KEPT);
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
