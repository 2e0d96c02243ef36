//! What a variant costs, by what is stored and what a row says.

use product_file::{Given, Sale};
use till_core::money::{CurrencyCode, MinorUnit, Money};

use crate::entity::variant;

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

/// The prices of a stored variant. With a sale, `regular_price` is what it costs without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prices {
    /// What shoppers pay: the price of a sale without dates, or else the regular price.
    price: i64,
    currency: CurrencyCode,
    regular_price: Option<i64>,
    sale_price: Option<i64>,
    sale_from: Option<String>,
    sale_until: Option<String>,
}

impl Prices {
    pub(super) fn of(variant: &variant::Model) -> Self {
        Self {
            price: variant.price,
            currency: variant.currency.clone(),
            regular_price: variant.regular_price,
            sale_price: variant.sale_price,
            sale_from: variant.sale_from.clone(),
            sale_until: variant.sale_until.clone(),
        }
    }

    pub(super) fn store(self, variant: &mut variant::Model) {
        variant.price = self.price;
        variant.currency = self.currency;
        variant.regular_price = self.regular_price;
        variant.sale_price = self.sale_price;
        variant.sale_from = self.sale_from;
        variant.sale_until = self.sale_until;
    }

    /// Applies what a row says.
    ///
    /// # Errors
    /// The column that does not fit, and why, as the predicate of a sentence about its cell.
    pub(super) fn apply(
        &mut self,
        price: Option<Money>,
        sale: &Given<Sale>,
    ) -> Result<(), (PriceColumn, String)> {
        let stored = self.regular_price.unwrap_or(self.price);
        let regular = price.map_or(stored, |price| price.amount.0);
        let currency = price.map_or_else(
            || self.currency.clone(),
            |price| CurrencyCode::from(price.currency),
        );
        match sale {
            Given::Absent if price.is_none() => return Ok(()),
            // A price alone ends a sale without dates, whose price it replaces.
            Given::Absent if self.has_sale_to_come(regular, &currency) => {
                self.regular_price = Some(regular);
                self.price = regular;
            }
            Given::Absent | Given::Empty => {
                self.end_sale();
                self.price = regular;
            }
            Given::Value(sale) => self.set_sale(sale, regular, &currency)?,
        }
        self.currency = currency;
        Ok(())
    }

    /// Whether the stored sale has dates, and still is one beside this regular price.
    fn has_sale_to_come(&self, regular: i64, currency: &CurrencyCode) -> bool {
        let dated = self.sale_from.is_some() || self.sale_until.is_some();
        let below = self.sale_price.is_some_and(|price| price < regular);
        dated && below && self.currency == *currency
    }

    fn set_sale(
        &mut self,
        sale: &Sale,
        regular: i64,
        currency: &CurrencyCode,
    ) -> Result<(), (PriceColumn, String)> {
        let reduced = sale.price;
        if CurrencyCode::from(reduced.currency) != *currency {
            let is = reduced.currency.code().to_ascii_uppercase();
            let stored = currency.as_str().to_ascii_uppercase();
            let reason = format!("is {is}, but the stored price is in {stored}: give both prices");
            return Err((PriceColumn::Currency, reason));
        }
        if reduced.amount.0 >= regular {
            let regular = MinorUnit(regular).of(reduced.currency);
            let reason = format!("must be below the regular price of {regular}, not {reduced}");
            return Err((PriceColumn::SalePrice, reason));
        }
        self.price = match sale.is_dated() {
            true => regular,
            false => reduced.amount.0,
        };
        self.regular_price = Some(regular);
        self.sale_price = Some(reduced.amount.0);
        self.sale_from = sale.from.map(|day| day.to_string());
        self.sale_until = sale.until.map(|day| day.to_string());
        Ok(())
    }

    fn end_sale(&mut self) {
        self.regular_price = None;
        self.sale_price = None;
        self.sale_from = None;
        self.sale_until = None;
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use time::macros::date;

    use super::*;

    fn euros(amount: i64) -> Money {
        MinorUnit(amount).of("eur".parse().unwrap())
    }

    fn regular(amount: i64) -> Prices {
        Prices {
            price: amount,
            currency: euros(amount).currency.into(),
            regular_price: None,
            sale_price: None,
            sale_from: None,
            sale_until: None,
        }
    }

    fn undated(amount: i64) -> Given<Sale> {
        Given::Value(Sale {
            price: euros(amount),
            from: None,
            until: None,
        })
    }

    fn dated(amount: i64) -> Given<Sale> {
        Given::Value(Sale {
            price: euros(amount),
            from: Some(date!(2031 - 01 - 01)),
            until: None,
        })
    }

    /// The prices after a row, which fits.
    fn after(prices: &Prices, price: Option<i64>, sale: &Given<Sale>) -> Prices {
        let mut prices = prices.clone();
        prices.apply(price.map(euros), sale).unwrap();
        prices
    }

    /// Price, regular price and reduced price.
    fn amounts(prices: &Prices) -> (i64, Option<i64>, Option<i64>) {
        (prices.price, prices.regular_price, prices.sale_price)
    }

    #[test]
    fn a_sale_without_dates_is_the_price_until_it_ends() {
        let sale = after(&regular(1250), None, &undated(999));
        assert_eq!(amounts(&sale), (999, Some(1250), Some(999)));
        assert_eq!(after(&sale, None, &undated(999)), sale);
        assert_eq!(after(&sale, None, &Given::Absent), sale);
        assert_eq!(after(&sale, None, &Given::Empty), regular(1250));
        assert_eq!(after(&sale, Some(1300), &Given::Empty), regular(1300));
        assert_eq!(after(&sale, Some(1300), &Given::Absent), regular(1300));
    }

    #[test]
    fn a_sale_with_dates_leaves_the_regular_price() {
        let sale = after(&regular(1250), None, &dated(999));
        assert_eq!(amounts(&sale), (1250, Some(1250), Some(999)));
        assert_eq!(sale.sale_from.as_deref(), Some("2031-01-01"));
        let undated = after(&regular(1250), None, &undated(999));
        assert_eq!(after(&undated, None, &dated(999)), sale);
        assert_eq!(after(&sale, None, &Given::Empty), regular(1250));
    }

    #[test]
    fn a_new_price_keeps_a_sale_with_dates_that_is_below_it() {
        let sale = after(&regular(1250), None, &dated(999));
        let kept = after(&sale, Some(1000), &Given::Absent);
        assert_eq!(amounts(&kept), (1000, Some(1000), Some(999)));
        assert_eq!(after(&sale, Some(999), &Given::Absent), regular(999));
        let dollars = MinorUnit(5000).of("usd".parse().unwrap());
        let mut moved = sale;
        moved.apply(Some(dollars), &Given::Absent).unwrap();
        assert_eq!(amounts(&moved), (5000, None, None));
        assert_eq!(moved.currency.as_str(), "usd");
    }

    #[test]
    fn a_reduced_price_is_below_the_stored_one_and_in_its_currency() {
        let mut prices = regular(1250);
        for sale in [undated(1250), dated(1250)] {
            let (column, reason) = prices.apply(None, &sale).unwrap_err();
            assert_eq!(column, PriceColumn::SalePrice);
            assert_eq!(
                reason,
                "must be below the regular price of €12.50, not €12.50"
            );
        }
        // Below the regular price, though not below the sale of before.
        let mut sale = after(&prices, None, &undated(999));
        sale.apply(None, &undated(1100)).unwrap();
        assert_eq!(amounts(&sale), (1100, Some(1250), Some(1100)));
        let dollars = Given::Value(Sale {
            price: MinorUnit(500).of("usd".parse().unwrap()),
            from: None,
            until: None,
        });
        let (column, reason) = prices.apply(None, &dollars).unwrap_err();
        assert_eq!(column, PriceColumn::Currency);
        assert_eq!(
            reason,
            "is USD, but the stored price is in EUR: give both prices"
        );
        assert_eq!(prices, regular(1250));
    }
}
