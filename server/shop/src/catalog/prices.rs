//! What a variant costs, by what is stored and what an import or the owner says.

use product_file::{Given, Sale};
use till_core::money::{CurrencyCode, MinorUnit, Money};
use time::{Date, OffsetDateTime};

use crate::entity::variant;
use crate::time_zone::TimeZone;

/// The years in which a sale may begin and end, so that every database can store it.
const SALE_YEARS: std::ops::RangeInclusive<i32> = 1970..=9998;

/// The columns of a row that may not fit what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PriceColumn {
    /// The regular price.
    Price,
    /// The reduced price.
    SalePrice,
    /// The currency of both.
    Currency,
}

/// Why a price does not fit. Its message is the predicate of a sentence about a cell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PriceProblem {
    /// The reduced price is in another currency than the stored regular one.
    #[error("is {is}, but the stored price is in {stored}: give both prices")]
    OtherCurrency { is: String, stored: String },
    /// The reduced price is not below the regular one.
    #[error("must be below the regular price of {regular}, not {reduced}")]
    NotBelow { regular: Money, reduced: Money },
    /// No database can store the day.
    #[error(
        "has a day outside of the years {} to {}: {day}",
        SALE_YEARS.start(),
        SALE_YEARS.end()
    )]
    DayOutOfRange { day: Date },
}

impl PriceProblem {
    /// The column of a row that it is about.
    pub(super) fn column(&self) -> PriceColumn {
        match self {
            Self::OtherCurrency { .. } => PriceColumn::Currency,
            Self::NotBelow { .. } | Self::DayOutOfRange { .. } => PriceColumn::SalePrice,
        }
    }
}

/// The prices of a stored variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prices {
    /// The regular price.
    price: i64,
    currency: CurrencyCode,
    sale_price: Option<i64>,
    sale_from: Option<String>,
    sale_until: Option<String>,
    sale_begins: Option<OffsetDateTime>,
    sale_ends: Option<OffsetDateTime>,
}

impl Prices {
    pub(super) fn of(variant: &variant::Model) -> Self {
        Self {
            price: variant.price,
            currency: variant.currency.clone(),
            sale_price: variant.sale_price,
            sale_from: variant.sale_from.clone(),
            sale_until: variant.sale_until.clone(),
            sale_begins: variant.sale_begins,
            sale_ends: variant.sale_ends,
        }
    }

    pub(super) fn store(self, variant: &mut variant::Model) {
        variant.price = self.price;
        variant.currency = self.currency;
        variant.sale_price = self.sale_price;
        variant.sale_from = self.sale_from;
        variant.sale_until = self.sale_until;
        variant.sale_begins = self.sale_begins;
        variant.sale_ends = self.sale_ends;
    }

    /// Applies what a row says. The days of a sale are those of a time zone.
    ///
    /// # Errors
    /// What does not fit. Nothing has changed then.
    pub(super) fn apply(
        &mut self,
        price: Option<Money>,
        sale: &Given<Sale>,
        zone: &TimeZone,
    ) -> Result<(), PriceProblem> {
        let regular = price.map_or(self.price, |price| price.amount.0);
        let currency = price.map_or_else(
            || self.currency.clone(),
            |price| CurrencyCode::from(price.currency),
        );
        match sale {
            Given::Absent if price.is_none() => return Ok(()),
            // A price alone ends a sale without dates, whose price it replaces.
            Given::Absent if self.keeps_sale(regular, &currency) => {}
            Given::Absent | Given::Empty => self.end_sale(),
            Given::Value(sale) => self.set_sale(sale, regular, &currency, zone)?,
        }
        self.price = regular;
        self.currency = currency;
        Ok(())
    }

    /// Whether the stored sale has dates, and still is one beside this regular price.
    fn keeps_sale(&self, regular: i64, currency: &CurrencyCode) -> bool {
        let dated = self.sale_from.is_some() || self.sale_until.is_some();
        let below = self.sale_price.is_some_and(|price| price < regular);
        dated && below && self.currency == *currency
    }

    fn set_sale(
        &mut self,
        sale: &Sale,
        regular: i64,
        currency: &CurrencyCode,
        zone: &TimeZone,
    ) -> Result<(), PriceProblem> {
        let reduced = sale.price;
        if CurrencyCode::from(reduced.currency) != *currency {
            let is = reduced.currency.code().to_ascii_uppercase();
            let stored = currency.as_str().to_ascii_uppercase();
            return Err(PriceProblem::OtherCurrency { is, stored });
        }
        if reduced.amount.0 >= regular {
            let regular = MinorUnit(regular).of(reduced.currency);
            return Err(PriceProblem::NotBelow { regular, reduced });
        }
        let begins = sale.from.map(|day| start_of(day, zone)).transpose()?;
        let after = |day: Date| day.next_day().unwrap_or(day);
        let ends = sale
            .until
            .map(|day| start_of(after(day), zone))
            .transpose()?;
        self.sale_begins = begins;
        self.sale_ends = ends;
        self.sale_price = Some(reduced.amount.0);
        self.sale_from = sale.from.map(|day| day.to_string());
        self.sale_until = sale.until.map(|day| day.to_string());
        Ok(())
    }

    fn end_sale(&mut self) {
        self.sale_price = None;
        self.sale_from = None;
        self.sale_until = None;
        self.sale_begins = None;
        self.sale_ends = None;
    }
}

/// When a day of a sale begins.
fn start_of(day: Date, zone: &TimeZone) -> Result<OffsetDateTime, PriceProblem> {
    let known = Some(day).filter(|day| SALE_YEARS.contains(&day.year()));
    let begins = known.and_then(|day| zone.start_of_day(day));
    begins.ok_or(PriceProblem::DayOutOfRange { day })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    fn euros(amount: i64) -> Money {
        MinorUnit(amount).of("eur".parse().unwrap())
    }

    fn regular(amount: i64) -> Prices {
        Prices {
            price: amount,
            currency: euros(amount).currency.into(),
            sale_price: None,
            sale_from: None,
            sale_until: None,
            sale_begins: None,
            sale_ends: None,
        }
    }

    fn sale(amount: i64, from: Option<Date>, until: Option<Date>) -> Given<Sale> {
        let price = euros(amount);
        Given::Value(Sale { price, from, until })
    }

    fn undated(amount: i64) -> Given<Sale> {
        sale(amount, None, None)
    }

    fn dated(amount: i64) -> Given<Sale> {
        sale(amount, Some(date!(2031 - 01 - 01)), None)
    }

    /// The prices after a row, which fits.
    fn after(prices: &Prices, price: Option<i64>, sale: &Given<Sale>) -> Prices {
        let mut prices = prices.clone();
        let zone = TimeZone::named("Europe/Berlin").unwrap();
        prices.apply(price.map(euros), sale, &zone).unwrap();
        prices
    }

    fn refused(prices: &Prices, sale: &Given<Sale>) -> (PriceColumn, String) {
        let mut after = prices.clone();
        let refused = after.apply(None, sale, &TimeZone::default()).unwrap_err();
        assert_eq!(after, *prices);
        (refused.column(), refused.to_string())
    }

    /// The regular and the reduced price.
    fn amounts(prices: &Prices) -> (i64, Option<i64>) {
        (prices.price, prices.sale_price)
    }

    #[test]
    fn a_sale_without_dates_lasts_until_it_is_ended() {
        let sale = after(&regular(1250), None, &undated(999));
        assert_eq!(amounts(&sale), (1250, Some(999)));
        assert_eq!((sale.sale_begins, sale.sale_ends), (None, None));
        assert_eq!(after(&sale, None, &undated(999)), sale);
        assert_eq!(after(&sale, None, &Given::Absent), sale);
        assert_eq!(after(&sale, None, &Given::Empty), regular(1250));
        assert_eq!(after(&sale, Some(1300), &Given::Empty), regular(1300));
        assert_eq!(after(&sale, Some(1300), &Given::Absent), regular(1300));
    }

    #[test]
    fn a_sale_begins_with_its_first_day_and_ends_after_its_last() {
        let (first, last) = (date!(2031 - 03 - 29), date!(2031 - 03 - 30));
        let prices = after(&regular(1250), None, &sale(999, Some(first), Some(last)));
        assert_eq!(amounts(&prices), (1250, Some(999)));
        assert_eq!(prices.sale_from.as_deref(), Some("2031-03-29"));
        assert_eq!(prices.sale_until.as_deref(), Some("2031-03-30"));
        // Clocks go forward on the last day.
        let begins = datetime!(2031-03-28 23:00 UTC);
        assert_eq!(prices.sale_begins, Some(begins));
        assert_eq!(prices.sale_ends, Some(datetime!(2031-03-30 22:00 UTC)));
        assert_eq!(after(&prices, None, &Given::Empty), regular(1250));
        let without = after(&prices, None, &undated(999));
        assert_eq!((without.sale_from, without.sale_begins), (None, None));
    }

    #[test]
    fn days_that_no_database_can_store_are_refused() {
        for (from, until) in [
            (None, Some(date!(9998 - 12 - 31))),
            (None, Some(Date::MAX)),
            (Some(date!(1969 - 12 - 31)), None),
        ] {
            let (column, reason) = refused(&regular(1250), &sale(999, from, until));
            assert_eq!(column, PriceColumn::SalePrice);
            let start = "has a day outside of the years 1970 to 9998: ";
            assert!(reason.starts_with(start), "{reason}");
        }
    }

    #[test]
    fn a_new_price_keeps_a_sale_with_dates_that_is_below_it() {
        let sale = after(&regular(1250), None, &dated(999));
        let kept = after(&sale, Some(1000), &Given::Absent);
        assert_eq!(amounts(&kept), (1000, Some(999)));
        assert_eq!(kept.sale_begins, sale.sale_begins);
        assert_eq!(after(&sale, Some(999), &Given::Absent), regular(999));
        let dollars = MinorUnit(5000).of("usd".parse().unwrap());
        let mut moved = sale;
        let zone = TimeZone::default();
        moved.apply(Some(dollars), &Given::Absent, &zone).unwrap();
        assert_eq!(amounts(&moved), (5000, None));
        assert_eq!(moved.currency.as_str(), "usd");
    }

    #[test]
    fn a_reduced_price_is_below_the_stored_one_and_in_its_currency() {
        let prices = regular(1250);
        for sale in [undated(1250), dated(1250)] {
            let (column, reason) = refused(&prices, &sale);
            assert_eq!(column, PriceColumn::SalePrice);
            assert_eq!(
                reason,
                "must be below the regular price of €12.50, not €12.50"
            );
        }
        // Below the regular price, though not below the sale of before.
        let sale = after(&prices, None, &undated(999));
        let sale = after(&sale, None, &undated(1100));
        assert_eq!(amounts(&sale), (1250, Some(1100)));
        let dollars = Given::Value(Sale {
            price: MinorUnit(500).of("usd".parse().unwrap()),
            from: None,
            until: None,
        });
        let (column, reason) = refused(&prices, &dollars);
        assert_eq!(column, PriceColumn::Currency);
        assert_eq!(
            reason,
            "is USD, but the stored price is in EUR: give both prices"
        );
    }
}
