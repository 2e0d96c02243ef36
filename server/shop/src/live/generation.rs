//! Numbers the states of what pages show. A page that was rendered in one generation is rendered
//! anew in the next.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use time::OffsetDateTime;

/// No price changes on its own.
const NEVER: i64 = i64::MAX;

/// The current generation.
#[derive(Debug)]
pub(super) struct Generation {
    number: AtomicU64,
    /// The count in the database that this generation has seen.
    version: AtomicI64,
    /// When a sale begins or ends, in seconds since 1970.
    next_price_change: AtomicI64,
}

impl Default for Generation {
    fn default() -> Self {
        Self {
            number: AtomicU64::new(0),
            version: AtomicI64::new(0),
            next_price_change: AtomicI64::new(NEVER),
        }
    }
}

impl Generation {
    /// The generation at this time: another one as soon as a sale has begun or ended.
    pub(super) fn at(&self, now: OffsetDateTime) -> u64 {
        let due = self.next_price_change.load(Ordering::Acquire);
        if now.unix_timestamp() >= due {
            let ordering = Ordering::AcqRel;
            let taken =
                self.next_price_change
                    .compare_exchange(due, NEVER, ordering, Ordering::Relaxed);
            if taken.is_ok() {
                self.begin_next();
            }
        }
        self.number.load(Ordering::Acquire)
    }

    /// Something has changed.
    pub(super) fn begin_next(&self) {
        self.number.fetch_add(1, Ordering::AcqRel);
    }

    /// What was read from the database at this time: the count of changes, and when prices change
    /// after it.
    pub(super) fn read(
        &self,
        version: i64,
        next_price_change: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) {
        // What is due is not in what was read.
        self.at(now);
        let next = next_price_change.map_or(NEVER, OffsetDateTime::unix_timestamp);
        self.next_price_change.store(next, Ordering::Release);
        if self.version.swap(version, Ordering::AcqRel) != version {
            self.begin_next();
        }
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn a_change_and_the_beginning_of_a_sale_begin_a_generation_each() {
        let generation = Generation::default();
        let noon = OffsetDateTime::UNIX_EPOCH + Duration::hours(12);
        let at = |seconds| generation.at(noon + Duration::seconds(seconds));
        let first = at(0);
        assert_eq!(at(1), first);

        let read = |version, next: Option<i64>, at| {
            let next = next.map(|next| noon + Duration::seconds(next));
            generation.read(version, next, noon + Duration::seconds(at));
        };
        read(0, Some(10), 2);
        assert_eq!(at(9), first, "nothing has changed yet");
        let sale = at(10);
        assert_ne!(sale, first, "from the first second of the sale");
        assert_eq!(at(11), sale, "once");

        read(0, Some(20), 12);
        assert_eq!(at(19), sale);
        let end = at(25);
        assert_ne!(end, sale, "its end, even if nobody looked at that second");

        read(0, Some(30), 26);
        read(0, None, 31);
        assert_ne!(
            at(31),
            end,
            "even if the database is read before anybody looks"
        );

        let before = at(32);
        read(1, None, 32);
        let imported = at(32);
        assert_ne!(imported, before);
        read(1, None, 33);
        assert_eq!(at(1_000_000), imported);
    }
}
