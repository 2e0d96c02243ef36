//! Sale prices: what a variant costs at an instant, which rows its price history gets, and which
//! earlier price may be shown beside a reduced one.
//!
//! The last is Article 6a of Directive 98/6/EC, which Directive (EU) 2019/2161 added and which
//! applies since 28 May 2022:
//!
//! - An announced reduction states the prior price: the lowest one of at least 30 days before the
//!   reduction (paragraphs 1 and 2). The price in force when these days begin is one of theirs.
//! - A percentage is computed from that price too, not from the one just before the reduction: the
//!   Court of Justice's judgment of 26 September 2024, C-330/23, *Aldi Süd*.
//! - A price that is not below the prior price is no reduction. Only the price is shown.
//! - For products that are on the market for less than 30 days, member states may shorten the days
//!   (paragraph 4). The lowest price that there was is right in either case.
//! - If a reduction is increased step by step without interruption, member states may let the price
//!   before the first step be shown (paragraph 5). They differ in it, Finland for example allows it
//!   for 60 days. So it is not used: each step is a reduction of its own, compared with the 30 days
//!   before it, which include the earlier steps. That is allowed in every member state.
//!
//! All instants are exact. The caller knows the time zone: a sale begins when its first day does,
//! and ends when the day after its last one begins.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::money::{Currency, MinorUnit, Money};

/// How long before a reduction prices count: 30 times 24 hours.
pub const REFERENCE_PERIOD: Duration = Duration::days(30);

/// A reduced price and when it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    /// In the currency of the regular price, and below it. A sale that is not does nothing.
    pub price: MinorUnit,
    /// The first instant. `None`: it has begun.
    pub begins: Option<OffsetDateTime>,
    /// The first instant after it. `None`: it does not end. Not after `begins`: it never runs.
    pub ends: Option<OffsetDateTime>,
}

impl Sale {
    fn runs_at(self, at: OffsetDateTime) -> bool {
        self.begins.is_none_or(|begins| begins <= at) && self.ends.is_none_or(|ends| at < ends)
    }

    fn is_empty(self) -> bool {
        matches!((self.begins, self.ends), (Some(begins), Some(ends)) if ends <= begins)
    }
}

/// What a variant is set to cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pricing {
    /// The price without a sale.
    pub regular: Money,
    /// At most one sale, also before it begins and after it ended.
    pub sale: Option<Sale>,
}

/// A row of the price history: what was asked from an instant on, until the next row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceRow {
    /// The price of one unit.
    pub price: Money,
    /// The first instant of this price.
    pub since: OffsetDateTime,
}

/// What a page shows of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The price in force.
    pub price: Money,
    /// Set if it may be called reduced.
    pub reduction: Option<Reduction>,
}

/// The announcement of a reduced price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reduction {
    /// The prior price, to be struck through: the lowest one of the 30 days before the reduction.
    pub prior_price: Money,
    /// How much lower the price is, rounded down so that it never promises too much. `None` if that
    /// is less than one percent.
    pub percent: Option<u8>,
}

/// What is asked at an instant. The history has a row for each change of it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Asked {
    price: Money,
    on_sale: bool,
}

impl Pricing {
    /// The sale that runs at this instant.
    #[must_use]
    pub fn sale_at(&self, at: OffsetDateTime) -> Option<Sale> {
        self.effective_sale().filter(|sale| sale.runs_at(at))
    }

    /// The price in force at this instant, which a checkout charges.
    #[must_use]
    pub fn price_at(&self, at: OffsetDateTime) -> Money {
        self.asked_at(at).price
    }

    /// The first instant after this one at which the price changes without anybody's doing: the
    /// sale begins or ends. What a page shows changes at no other: the reduction refers to the days
    /// before it began, which do not move while it lasts.
    #[must_use]
    pub fn next_change(&self, after: OffsetDateTime) -> Option<OffsetDateTime> {
        let sale = self.effective_sale()?;
        let instants = [sale.begins, sale.ends].into_iter().flatten();
        instants.filter(|instant| *instant > after).min()
    }

    /// The first row of a new variant.
    #[must_use]
    pub fn row_at(&self, now: OffsetDateTime) -> PriceRow {
        PriceRow {
            price: self.price_at(now),
            since: now,
        }
    }

    /// The rows that are due: for the beginning and the end of the sale, with their exact instants,
    /// as far as they are after `recorded` and not after `now`.
    ///
    /// `recorded` is the instant up to which the history is complete: the last one at which this
    /// pricing was set or rows were written. A sale that was over when it was set is thus never
    /// recorded.
    #[must_use]
    pub fn rows_due(&self, recorded: OffsetDateTime, now: OffsetDateTime) -> Vec<PriceRow> {
        std::iter::successors(self.next_change(recorded), |at| self.next_change(*at))
            .take_while(|at| *at <= now)
            .map(|at| self.row_at(at))
            .collect()
    }

    /// The rows to write when the owner changes what a variant costs: those that are due from
    /// before, and one for the change if another price is asked or a sale begins or ends by it.
    ///
    /// So a sale whose price changes while it runs gets a row, one that is cancelled before it
    /// began gets none, and one whose dates change while it keeps running gets none. A sale that
    /// begins by the change gets a row even if the price stays, because the regular price was
    /// raised at the same time: its 30 days end there.
    ///
    /// For `recorded` see [`Pricing::rows_due`]. If `now` is earlier, because the clocks of servers
    /// differ, it is taken as `now`: a row before the last one would be without effect.
    #[must_use]
    pub fn rows_of_change(
        before: &Self,
        after: &Self,
        recorded: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Vec<PriceRow> {
        let now = now.max(recorded);
        let mut rows = before.rows_due(recorded, now);
        // What would have begun at this very instant does not begin any more.
        rows.retain(|row| row.since < now);
        let last = rows.last().map_or(recorded, |row| row.since);
        if after.asked_at(now) != before.asked_at(last) {
            rows.push(after.row_at(now));
        }
        rows
    }

    /// What a page shows at this instant. The history may be in any order, but rows of the same
    /// instant in the order in which they were written: the last of them counts.
    ///
    /// It may lack the row of a sale that has just begun. Rows in other currencies cannot be
    /// compared and do not count.
    #[must_use]
    pub fn offer_at(&self, history: &[PriceRow], at: OffsetDateTime) -> Offer {
        let price = self.price_at(at);
        let reduction = self.sale_at(at).and_then(|sale| {
            let began = reduction_began(history, sale, price, at);
            let prior = lowest_price_before(history, price.currency, began)?;
            Reduction::of(prior, price)
        });
        Offer { price, reduction }
    }

    fn effective_sale(&self) -> Option<Sale> {
        let sale = self.sale?;
        (sale.price < self.regular.amount && !sale.is_empty()).then_some(sale)
    }

    fn asked_at(&self, at: OffsetDateTime) -> Asked {
        match self.sale_at(at) {
            Some(sale) => Asked {
                price: sale.price.of(self.regular.currency),
                on_sale: true,
            },
            None => Asked {
                price: self.regular,
                on_sale: false,
            },
        }
    }
}

impl Reduction {
    /// The announcement of a price below the prior price. `None` if it is not below, or if they
    /// cannot be compared.
    #[must_use]
    pub fn of(prior_price: Money, price: Money) -> Option<Self> {
        if price.currency != prior_price.currency || price.amount >= prior_price.amount {
            return None;
        }
        let prior = i128::from(prior_price.amount.0);
        let less = prior - i128::from(price.amount.0);
        let percent = (less * 100).checked_div(prior);
        let percent = percent.and_then(|percent| u8::try_from(percent).ok());
        Some(Self {
            prior_price,
            percent: percent.filter(|percent| (1..=100).contains(percent)),
        })
    }
}

/// The lowest price in this currency that was in force during the 30 days before an instant, or
/// during those of them that the history covers. `None` if it covers none.
#[must_use]
pub fn lowest_price_before(
    history: &[PriceRow],
    currency: Currency,
    instant: OffsetDateTime,
) -> Option<Money> {
    let rows = in_order(history);
    let ends = rows.iter().skip(1).map(|next| next.since.min(instant));
    let ends = ends.chain(std::iter::once(instant));
    // Without a start, the days reach beyond the first year that there is.
    let start = instant.checked_sub(REFERENCE_PERIOD);
    rows.iter()
        .zip(ends)
        .filter(|(row, end)| row.since < *end && start.is_none_or(|start| start < *end))
        .map(|(row, _)| row.price)
        .filter(|price| price.currency == currency)
        .min_by_key(|price| price.amount)
}

/// When the reduction of a running sale began: by the last row, or by the sale's beginning if the
/// history lacks that row. If it says neither, now, because then every price of the last days
/// counts.
fn reduction_began(
    history: &[PriceRow],
    sale: Sale,
    price: Money,
    at: OffsetDateTime,
) -> OffsetDateTime {
    let rows = in_order(history);
    let last = rows.iter().rfind(|row| row.since <= at);
    match last {
        Some(row) if row.price == price => row.since,
        last => sale
            .begins
            .filter(|begins| last.is_none_or(|row| row.since < *begins))
            .unwrap_or(at),
    }
}

fn in_order(history: &[PriceRow]) -> Vec<PriceRow> {
    let mut rows = history.to_vec();
    rows.sort_by_key(|row| row.since);
    rows
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    fn euros(amount: i64) -> Money {
        MinorUnit(amount).of("eur".parse().unwrap())
    }

    fn dollars(amount: i64) -> Money {
        MinorUnit(amount).of("usd".parse().unwrap())
    }

    fn day(number: i64) -> OffsetDateTime {
        datetime!(2026-11-01 00:00 +1) + Duration::days(number)
    }

    fn regular(amount: i64) -> Pricing {
        Pricing {
            regular: euros(amount),
            sale: None,
        }
    }

    /// A sale from one day to another, which is the first after it.
    fn on_sale(amount: i64, price: i64, from: Option<i64>, to: Option<i64>) -> Pricing {
        let sale = Sale {
            price: MinorUnit(price),
            begins: from.map(day),
            ends: to.map(day),
        };
        Pricing {
            sale: Some(sale),
            ..regular(amount)
        }
    }

    fn history(rows: &[(i64, i64)]) -> Vec<PriceRow> {
        let row = |(number, amount): &(i64, i64)| PriceRow {
            price: euros(*amount),
            since: day(*number),
        };
        rows.iter().map(row).collect()
    }

    /// Days and amounts of rows.
    fn days(rows: &[PriceRow]) -> Vec<(i64, i64)> {
        let row = |row: &PriceRow| ((row.since - day(0)).whole_days(), row.price.amount.0);
        rows.iter().map(row).collect()
    }

    /// The struck price and the percentage.
    type Shown = Option<(i64, Option<u8>)>;

    /// What is shown on a day.
    fn shown(pricing: &Pricing, rows: &[(i64, i64)], on: i64) -> Shown {
        let offer = pricing.offer_at(&history(rows), day(on));
        let reduction = offer.reduction?;
        Some((reduction.prior_price.amount.0, reduction.percent))
    }

    #[test]
    fn a_reduction_refers_to_the_lowest_price_of_the_30_days_before_it() {
        type Case<'a> = (&'a str, &'a [(i64, i64)], Shown);
        let cases: [Case<'_>; 13] = [
            (
                "C-330/23: bananas for 1.69 just before, for 1.29 earlier",
                &[(-60, 129), (-7, 169), (0, 129)],
                None,
            ),
            (
                "the same, reduced below both",
                &[(-60, 129), (-7, 169), (0, 99)],
                Some((129, Some(23))),
            ),
            (
                "BGH, 9 October 2025, I ZR 183/24: coffee that had this price two weeks before",
                &[(-60, 699), (-14, 444), (-7, 699), (0, 444)],
                None,
            ),
            (
                "one price before",
                &[(-60, 1000), (0, 800)],
                Some((1000, Some(20))),
            ),
            (
                "the price in force at the start of the days counts",
                &[(-60, 800), (-20, 1000), (0, 700)],
                Some((800, Some(12))),
            ),
            (
                "and still does on the first of them",
                &[(-60, 800), (-29, 1000), (0, 700)],
                Some((800, Some(12))),
            ),
            (
                "but not if it ended when they start",
                &[(-60, 800), (-30, 1000), (0, 700)],
                Some((1000, Some(30))),
            ),
            (
                "a price that was raised for the reduction",
                &[(-60, 1000), (-1, 2000), (0, 1000)],
                None,
            ),
            (
                "fewer than 30 days",
                &[(-3, 1000), (0, 900)],
                Some((1000, Some(10))),
            ),
            ("new and reduced at once", &[(0, 900)], None),
            ("no history", &[], None),
            (
                "less than one percent",
                &[(-60, 100_000), (0, 99_001)],
                Some((100_000, None)),
            ),
            (
                "the percentage is rounded down",
                &[(-60, 1999), (0, 1000)],
                Some((1999, Some(49))),
            ),
        ];
        for (case, rows, expected) in cases {
            let price = rows.last().map_or(900, |row| row.1);
            let pricing = on_sale(200_000, price, Some(0), Some(90));
            for on in [0, 1, 29, 31, 89] {
                assert_eq!(shown(&pricing, rows, on), expected, "{case}, day {on}");
            }
            assert_eq!(shown(&pricing, rows, -1), None, "{case}");
            assert_eq!(shown(&pricing, rows, 90), None, "{case}");
        }
    }

    #[test]
    fn a_sale_soon_after_another_does_not_refer_to_what_was_between_them() {
        let rows = [(-90, 1000), (-40, 800), (-20, 1000), (0, 800)];
        let again = |price| on_sale(1000, price, Some(0), Some(7));
        assert_eq!(shown(&again(800), &rows, 0), None);
        let lower = [(-90, 1000), (-40, 800), (-20, 1000), (0, 600)];
        assert_eq!(shown(&again(600), &lower, 0), Some((800, Some(25))));
        // 30 days after its end, it is forgotten.
        let late = [(-90, 1000), (-40, 800), (-30, 1000), (0, 800)];
        assert_eq!(shown(&again(800), &late, 0), Some((1000, Some(20))));
    }

    #[test]
    fn each_step_of_a_sale_is_a_reduction_of_its_own() {
        let steps = [(-90, 1000), (0, 800), (10, 700), (50, 600)];
        let pricing = |price| on_sale(1000, price, Some(0), None);
        assert_eq!(shown(&pricing(800), &steps, 9), Some((1000, Some(20))));
        assert_eq!(shown(&pricing(700), &steps, 10), Some((800, Some(12))));
        assert_eq!(shown(&pricing(700), &steps, 49), Some((800, Some(12))));
        assert_eq!(shown(&pricing(600), &steps, 50), Some((700, Some(14))));
        // A step back is none.
        let back = [(-90, 1000), (0, 700), (10, 800)];
        assert_eq!(shown(&pricing(800), &back, 10), None);
    }

    #[test]
    fn a_price_without_a_sale_is_never_called_reduced() {
        let rows = [(-90, 1000), (0, 800)];
        assert_eq!(shown(&regular(800), &rows, 5), None);
        // Nor is a sale that is not below the regular price.
        let wrong = on_sale(800, 800, None, None);
        assert_eq!(shown(&wrong, &rows, 5), None);
        assert_eq!(on_sale(800, 900, None, None).price_at(day(5)), euros(800));
        assert_eq!(on_sale(800, 900, None, Some(9)).next_change(day(5)), None);
    }

    #[test]
    fn a_sale_that_begins_without_a_lower_price_is_no_reduction() {
        // Sold for 8.00 for a year. Then 10.00 becomes the regular price, and 8.00 the sale.
        let (before, after) = (regular(800), on_sale(1000, 800, None, None));
        let mut rows = history(&[(-400, 900), (-365, 800)]);
        let change = Pricing::rows_of_change(&before, &after, day(-365), day(0));
        assert_eq!(days(&change), [(0, 800)]);
        rows.extend(change);
        assert_eq!(after.offer_at(&rows, day(3)).reduction, None);
    }

    #[test]
    fn a_reduction_is_shown_before_its_row_is_written() {
        let pricing = on_sale(1000, 800, Some(0), Some(7));
        let rows = [(-60, 900), (-40, 1000)];
        assert_eq!(shown(&pricing, &rows, 0), Some((1000, Some(20))));
        let rows = [(-60, 900), (-20, 1000)];
        assert_eq!(shown(&pricing, &rows, 6), Some((900, Some(11))));
        // A sale without a beginning has its row, or else nothing is known of when it began.
        let undated = on_sale(1000, 800, None, None);
        assert_eq!(shown(&undated, &rows, 0), Some((900, Some(11))));
    }

    #[test]
    fn prices_in_another_currency_do_not_count() {
        let row = |number, price| PriceRow {
            price,
            since: day(number),
        };
        let rows = [
            row(-90, euros(1000)),
            row(-20, dollars(500)),
            row(-10, euros(1100)),
            row(0, euros(900)),
        ];
        let pricing = on_sale(1100, 900, Some(0), None);
        let offer = pricing.offer_at(&rows, day(0));
        assert_eq!(offer.price, euros(900));
        let prior = offer.reduction.map(|reduction| reduction.prior_price);
        assert_eq!(prior, Some(euros(1000)));
        // The first price in euros.
        let rows = [row(-90, dollars(500)), row(0, euros(900))];
        assert_eq!(pricing.offer_at(&rows, day(0)).reduction, None);
        assert_eq!(Reduction::of(dollars(1000), euros(900)), None);
    }

    #[test]
    fn amounts_at_the_limits_do_not_overflow() {
        let percent = |prior, price| {
            let reduction = Reduction::of(euros(prior), euros(price));
            reduction.map(|reduction| reduction.percent)
        };
        assert_eq!(percent(i64::MAX, 1), Some(Some(99)));
        assert_eq!(percent(i64::MAX, 0), Some(Some(100)));
        assert_eq!(percent(i64::MAX, i64::MIN), Some(None));
        assert_eq!(percent(0, -1), Some(None));
        assert_eq!(percent(-1, -2), Some(None));
        assert_eq!(percent(5, 5), None);
        // The first instant that there is.
        let first = datetime!(-9999-01-01 0:00 UTC);
        let row = regular(100).row_at(first);
        assert_eq!(lowest_price_before(&[row], euros(1).currency, first), None);
    }

    #[test]
    fn the_price_is_the_reduced_one_from_the_first_instant_to_the_last() {
        let pricing = on_sale(1000, 800, Some(0), Some(2));
        let moment = Duration::NANOSECOND;
        for (at, price, next) in [
            (day(-1), 1000, Some(day(0))),
            (day(0) - moment, 1000, Some(day(0))),
            (day(0), 800, Some(day(2))),
            (day(2) - moment, 800, Some(day(2))),
            (day(2), 1000, None),
        ] {
            assert_eq!(pricing.price_at(at), euros(price), "{at}");
            assert_eq!(pricing.sale_at(at).is_some(), price == 800, "{at}");
            assert_eq!(pricing.next_change(at), next, "{at}");
        }
        let endless = on_sale(1000, 800, Some(0), None);
        assert_eq!(endless.next_change(day(0)), None);
        assert_eq!(regular(1000).next_change(day(0)), None);
        for empty in [
            on_sale(1000, 800, Some(2), Some(2)),
            on_sale(1000, 800, Some(2), Some(0)),
        ] {
            assert_eq!(empty.next_change(day(-9)), None);
            assert_eq!(empty.rows_due(day(-9), day(9)), []);
        }
    }

    #[test]
    fn a_sale_writes_its_beginning_and_its_end() {
        let pricing = on_sale(1000, 800, Some(0), Some(7));
        let due = |recorded, now| days(&pricing.rows_due(day(recorded), day(now)));
        assert_eq!(due(-5, -1), []);
        assert_eq!(due(-5, 0), [(0, 800)]);
        assert_eq!(due(0, 6), []);
        assert_eq!(due(0, 9), [(7, 1000)]);
        // A server that was down all the time.
        assert_eq!(due(-5, 9), [(0, 800), (7, 1000)]);
        // It was over when it was set.
        assert_eq!(due(8, 9), []);
    }

    #[test]
    fn a_change_writes_what_it_changes_now() {
        let change = |before: &Pricing, after: &Pricing, now| {
            days(&Pricing::rows_of_change(before, after, day(-9), day(now)))
        };
        let sale = on_sale(1000, 800, Some(0), Some(7));
        // Set, changed and cancelled before it begins, and when it would have begun.
        assert_eq!(change(&regular(1000), &sale, -5), []);
        let other = on_sale(1000, 700, Some(1), Some(7));
        assert_eq!(change(&sale, &other, -5), []);
        assert_eq!(change(&sale, &regular(1000), -5), []);
        assert_eq!(change(&sale, &regular(1000), 0), []);
        // Its dates or the regular price change while it runs.
        let longer = on_sale(1000, 800, Some(0), Some(70));
        let rows = [(0, 800)];
        assert_eq!(change(&sale, &longer, 3), rows);
        assert_eq!(change(&sale, &on_sale(1200, 800, None, None), 3), rows);
        // Its price changes, it is cancelled, or it is put off while it runs.
        let lower = on_sale(1000, 700, Some(0), Some(7));
        assert_eq!(change(&sale, &lower, 3), [(0, 800), (3, 700)]);
        let rows = [(0, 800), (3, 1000)];
        assert_eq!(change(&sale, &regular(1000), 3), rows);
        let later = on_sale(1000, 800, Some(5), Some(7));
        assert_eq!(change(&sale, &later, 3), rows);
        // It is set when its first day has passed, or its last.
        assert_eq!(change(&regular(1000), &sale, 3), [(3, 800)]);
        assert_eq!(change(&regular(1000), &sale, 8), []);
        // It becomes the regular price.
        assert_eq!(change(&sale, &regular(800), 3), [(0, 800), (3, 800)]);
    }

    #[test]
    fn a_change_is_never_before_what_is_recorded() {
        let (before, after) = (regular(1000), regular(1100));
        let rows = Pricing::rows_of_change(&before, &after, day(1), day(0));
        assert_eq!(days(&rows), [(1, 1100)]);
    }

    #[test]
    fn of_two_rows_of_one_instant_the_later_one_counts() {
        let rows = [(-60, 1000), (-10, 500), (-10, 900), (0, 800)];
        let pricing = on_sale(1000, 800, Some(0), None);
        assert_eq!(shown(&pricing, &rows, 0), Some((900, Some(11))));
    }

    /// The model's clock: four ticks a day.
    const TICKS: usize = 300;
    const TICKS_OF_30_DAYS: usize = 120;

    fn instant(tick: usize) -> OffsetDateTime {
        day(0) + Duration::HOUR * i32::try_from(6 * tick).unwrap()
    }

    /// What the owner sets, in ticks.
    #[derive(Clone, Debug)]
    struct Setting {
        regular: Money,
        sale: Option<(i64, Option<usize>, Option<usize>)>,
    }

    impl Setting {
        fn pricing(&self) -> Pricing {
            let sale = |(price, from, to): (i64, Option<usize>, Option<usize>)| Sale {
                price: MinorUnit(price),
                begins: from.map(instant),
                ends: to.map(instant),
            };
            Pricing {
                regular: self.regular,
                sale: self.sale.map(sale),
            }
        }

        /// The price and whether it is a sale's, in a tick.
        fn asked(&self, tick: usize) -> (Money, bool) {
            match self.sale {
                Some((price, from, to))
                    if price < self.regular.amount.0
                        && from.unwrap_or(0) <= tick
                        && tick < to.unwrap_or(usize::MAX) =>
                {
                    (MinorUnit(price).of(self.regular.currency), true)
                }
                _ => (self.regular, false),
            }
        }
    }

    fn settings() -> impl Strategy<Value = Setting> {
        let tick = || proptest::option::weighted(0.8, 0..TICKS);
        let sale = proptest::option::weighted(0.8, (1_i64..8, tick(), tick()));
        let currency = prop_oneof![9 => Just("eur"), 1 => Just("usd")];
        (3_i64..9, currency, sale).prop_map(|(regular, currency, sale)| Setting {
            regular: MinorUnit(regular).of(currency.parse().unwrap()),
            sale,
        })
    }

    /// What may be shown in the last tick, by looking at each tick.
    fn expected(asked: &[(usize, (Money, bool))]) -> Option<Reduction> {
        let (_, (price, on_sale)) = *asked.last()?;
        if !on_sale {
            return None;
        }
        let same = asked.iter().rev();
        let same = same.take_while(|(_, now)| *now == (price, on_sale));
        let (began, _) = *same.last()?;
        let window = asked.iter().filter(|(tick, (earlier, _))| {
            (began.saturating_sub(TICKS_OF_30_DAYS)..began).contains(tick)
                && earlier.currency == price.currency
        });
        let prior = window.map(|(_, (earlier, _))| earlier.amount.0).min()?;
        let amount = price.amount.0;
        let percent = (1..=100)
            .rev()
            .find(|off| prior * (100 - off) >= amount * 100);
        (amount < prior).then(|| Reduction {
            prior_price: MinorUnit(prior).of(price.currency),
            percent: percent.and_then(|percent| u8::try_from(percent).ok()),
        })
    }

    proptest! {
        /// An owner changes prices and sales, and rows are written late or at once: every page
        /// shows what a model says that looks at each tick, and in the end the history is every
        /// change of what was asked.
        #[test]
        fn pages_and_history_are_those_of_the_model(
            first in settings(),
            changes in proptest::collection::btree_map(1..TICKS, settings(), 0..8),
            written in proptest::collection::btree_set(1..TICKS, 0..12),
        ) {
            let mut setting = first;
            let mut rows = vec![setting.pricing().row_at(instant(0))];
            let mut recorded = instant(0);
            let mut asked = Vec::new();
            for tick in 0..TICKS {
                let now = instant(tick);
                if let Some(after) = changes.get(&tick) {
                    let (before, after) = (setting.pricing(), after.pricing());
                    rows.extend(Pricing::rows_of_change(&before, &after, recorded, now));
                    recorded = now;
                    setting = changes[&tick].clone();
                }
                let pricing = setting.pricing();
                if written.contains(&tick) {
                    rows.extend(pricing.rows_due(recorded, now));
                    recorded = now;
                }
                asked.push((tick, setting.asked(tick)));

                let backwards: Vec<PriceRow> = rows.iter().rev().copied().collect();
                let offer = pricing.offer_at(&backwards, now);
                prop_assert_eq!(offer.price, setting.asked(tick).0);
                prop_assert_eq!(offer.reduction, expected(&asked), "tick {}", tick);
                let next = (tick + 1..=TICKS).find(|later| {
                    setting.asked(*later) != setting.asked(tick)
                });
                prop_assert_eq!(pricing.next_change(now), next.map(instant));
            }
            rows.extend(setting.pricing().rows_due(recorded, instant(TICKS - 1)));
            let mut changed = asked.clone();
            changed.dedup_by_key(|(_, asked)| *asked);
            let changed: BTreeMap<OffsetDateTime, Money> = changed
                .into_iter()
                .map(|(tick, (price, _))| (instant(tick), price))
                .collect();
            let recorded: Vec<(OffsetDateTime, Money)> =
                rows.iter().map(|row| (row.since, row.price)).collect();
            prop_assert_eq!(recorded, changed.into_iter().collect::<Vec<_>>());
        }

        /// The lowest price, minute by minute over three days around the start of the 30 days.
        #[test]
        fn the_lowest_price_is_that_of_every_minute(
            starts in proptest::collection::btree_map(0_i64..4320, 1_i64..9, 1..12),
            end in 1_i64..4320,
        ) {
            let minute = |number| day(0) + Duration::minutes(number);
            let mut rows = Vec::new();
            for (start, amount) in &starts {
                let price = euros(*amount);
                rows.push(PriceRow { price, since: minute(*start) });
            }
            let at = minute(end) + Duration::days(30);
            let in_force = |number| {
                let row = rows.iter().rfind(|row| row.since <= minute(number));
                row.map(|row| row.price)
            };
            // After the last start nothing changes, so the days need not be looked at to their end.
            let minutes = end..end + 4320;
            let lowest = minutes.filter_map(in_force).min_by_key(|price| price.amount);
            prop_assert_eq!(lowest_price_before(&rows, euros(1).currency, at), lowest);
        }
    }
}
