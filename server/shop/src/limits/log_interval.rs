//! Limits how often a log line is written that any client can cause.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Allows one log line per interval.
#[derive(Debug)]
pub struct LogInterval {
    interval: Duration,
    last: Mutex<Option<Instant>>,
}

impl LogInterval {
    /// Allows one line per `interval`.
    #[must_use]
    pub const fn new(interval: Duration) -> Self {
        Self {
            interval,
            last: Mutex::new(None),
        }
    }

    /// Returns whether a line may be written, and if so begins a new interval.
    pub fn is_due(&self) -> bool {
        let now = Instant::now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now.duration_since(last) >= self.interval);
        if due {
            *last = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_due_per_interval() {
        let hourly = LogInterval::new(Duration::from_secs(3_600));
        assert!(hourly.is_due());
        assert!(!hourly.is_due());
        let always = LogInterval::new(Duration::ZERO);
        assert!(always.is_due() && always.is_due());
    }
}
