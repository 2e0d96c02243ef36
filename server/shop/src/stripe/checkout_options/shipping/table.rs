//! The shipping rates as a table of texts: as a form shows them, and as people type them.

use product_file::field::{self, AmountProblem, TextProblem};
use serde::{Deserialize, Serialize};
use strum::AsRefStr;
use till_core::money::{Currency, MinorUnit, Money};

use super::{
    MAX_GRAMS, MAX_RATE_NAME_CHARS, MAX_SHIPPING_RATES, MAX_TIERS, Misfit, SHIPPING_RATES,
    ShippingRate, grams, misfit, rates,
};

/// A shipping rate as texts. Amounts are in units of a currency: `4.90`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateRow {
    /// The name that shoppers see.
    pub name: String,
    /// What it costs.
    pub price: String,
    /// The weight of the heaviest parcel in grams, or empty.
    pub up_to_grams: String,
    /// The sum of the lines from which it costs nothing, or empty.
    pub free_from: String,
}

/// A column of the table. `as_ref` is the name of its field in [`RateRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsRefStr)]
#[strum(serialize_all = "snake_case")]
pub enum RateColumn {
    /// The name that shoppers see.
    Name,
    /// What it costs.
    Price,
    /// The weight of the heaviest parcel.
    UpToGrams,
    /// From which sum it costs nothing.
    FreeFrom,
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateProblem {
    /// The row's index.
    pub row: usize,
    /// Its column.
    pub column: RateColumn,
    /// Why it is refused.
    pub reason: RateReason,
}

/// Why a field of the table is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateReason {
    /// It is empty.
    Missing,
    /// It has more than this many characters.
    TooLong(usize),
    /// It has a line break or an invisible character.
    Characters,
    /// It has a comma, which ends a rate where they are stored.
    Comma,
    /// It is no amount of money, or may mean two.
    NotAnAmount,
    /// It is below zero or above this amount.
    OutOfRange(Money),
    /// It is not a multiple of this amount.
    NotAStep(Money),
    /// It is no whole number of grams from 1 to this one.
    NotAWeight(u32),
    /// Another row has the same name and limit.
    Twice,
    /// There are more names than this number.
    TooManyNames(usize),
    /// There are more rows than this number.
    TooManyRows(usize),
    /// Every rate has a limit, so heavy orders could not be shipped.
    AllLimited,
}

impl RateRow {
    /// A rate as texts, with amounts in this currency.
    #[must_use]
    pub fn of(rate: &ShippingRate, currency: Currency) -> Self {
        let grams = rate.up_to_grams.map(|grams| grams.to_string());
        let free_from = rate.free_from.map(|from| amount_text(from, currency));
        Self {
            name: rate.name.clone(),
            price: amount_text(rate.amount, currency),
            up_to_grams: grams.unwrap_or_default(),
            free_from: free_from.unwrap_or_default(),
        }
    }

    /// Whether nothing is typed.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        let cells = [&self.name, &self.price, &self.up_to_grams, &self.free_from];
        cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// An amount as [`field::amount`] reads it back.
fn amount_text(amount: MinorUnit, currency: Currency) -> String {
    amount.of(currency).decimal()
}

/// The rows of a value of `SHIPPING_RATES`. Empty if that is not one.
#[must_use]
pub fn rate_rows(value: &str, currency: Currency) -> Vec<RateRow> {
    let rates = rates(SHIPPING_RATES, value).unwrap_or_default();
    let rows = rates.iter().map(|rate| RateRow::of(rate, currency));
    rows.collect()
}

/// The value of `SHIPPING_RATES` that rows say, with amounts in this currency. Blank rows are left
/// out.
///
/// # Errors
/// What is wrong, with the indices of the rows as they were given.
pub fn rates_value(rows: &[RateRow], currency: Currency) -> Result<String, Vec<RateProblem>> {
    let mut problems = Vec::new();
    let (mut indices, mut read) = (Vec::new(), Vec::new());
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_blank()) {
        let mut refuse = |column: RateColumn, reason: RateReason| {
            problems.push(RateProblem {
                row: index,
                column,
                reason,
            });
        };
        if let Some(rate) = read_row(row, currency, &mut refuse) {
            indices.push(index);
            read.push(rate);
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if let Some((index, misfit)) = misfit(&read) {
        let (column, reason) = match misfit {
            Misfit::Twice(_) => (RateColumn::Name, RateReason::Twice),
            Misfit::TooManyNames(_) => {
                let reason = RateReason::TooManyNames(MAX_SHIPPING_RATES);
                (RateColumn::Name, reason)
            }
            Misfit::TooManyTiers(_) => (RateColumn::Name, RateReason::TooManyRows(MAX_TIERS)),
            Misfit::AllLimited => (RateColumn::UpToGrams, RateReason::AllLimited),
        };
        return Err(vec![RateProblem {
            row: indices[index],
            column,
            reason,
        }]);
    }
    let value: Vec<_> = read.iter().map(ToString::to_string).collect();
    Ok(value.join(","))
}

/// Reads a row; `None` if something was refused.
fn read_row(
    row: &RateRow,
    currency: Currency,
    refuse: &mut impl FnMut(RateColumn, RateReason),
) -> Option<ShippingRate> {
    let name = name(&row.name).map_err(|reason| refuse(RateColumn::Name, reason));
    let price = amount(&row.price, currency);
    let price = price.map_err(|reason| refuse(RateColumn::Price, reason));
    let limit = weight(&row.up_to_grams);
    let limit = limit.map_err(|reason| refuse(RateColumn::UpToGrams, reason));
    let free_from = match row.free_from.trim() {
        "" => Ok(None),
        typed => amount(typed, currency).map(Some),
    };
    let free_from = free_from.map_err(|reason| refuse(RateColumn::FreeFrom, reason));
    Some(ShippingRate {
        name: name.ok()?,
        amount: price.ok()?,
        up_to_grams: limit.ok()?,
        free_from: free_from.ok()?,
    })
}

fn name(typed: &str) -> Result<String, RateReason> {
    let name = field::line(typed, MAX_RATE_NAME_CHARS).map_err(|problem| match problem {
        TextProblem::TooLong(max) => RateReason::TooLong(max),
        TextProblem::Characters => RateReason::Characters,
    })?;
    match name.as_str() {
        "" => Err(RateReason::Missing),
        name if name.contains(',') => Err(RateReason::Comma),
        _ => Ok(name),
    }
}

fn amount(typed: &str, currency: Currency) -> Result<MinorUnit, RateReason> {
    if typed.trim().is_empty() {
        return Err(RateReason::Missing);
    }
    let money = field::amount(typed, currency).map_err(|problem| match problem {
        AmountProblem::NotAnAmount | AmountProblem::Ambiguous => RateReason::NotAnAmount,
        AmountProblem::OutOfRange => RateReason::OutOfRange(super::MAX_TOTAL.of(currency)),
        AmountProblem::NotAStep => RateReason::NotAStep(MinorUnit(currency.step()).of(currency)),
    })?;
    Ok(money.amount)
}

fn weight(typed: &str) -> Result<Option<u32>, RateReason> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    // With its unit, as the setting is written: `2 kg`.
    if let Ok(grams) = grams(typed) {
        return Ok(Some(grams));
    }
    let number = field::whole(typed, 1, i64::from(MAX_GRAMS));
    let grams = number.and_then(|number| u32::try_from(number).ok());
    let grams = grams.ok_or(RateReason::NotAWeight(MAX_GRAMS))?;
    Ok(Some(grams))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn row([name, price, up_to_grams, free_from]: [&str; 4]) -> RateRow {
        RateRow {
            name: name.to_owned(),
            price: price.to_owned(),
            up_to_grams: up_to_grams.to_owned(),
            free_from: free_from.to_owned(),
        }
    }

    fn value(rows: &[[&str; 4]], currency: &str) -> Result<String, Vec<RateProblem>> {
        let rows: Vec<_> = rows.iter().copied().map(row).collect();
        rates_value(&rows, currency.parse().unwrap())
    }

    /// The only problem of these rows.
    fn problem(rows: &[[&str; 4]]) -> (usize, RateColumn, RateReason) {
        let problems = value(rows, "eur").unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        (problems[0].row, problems[0].column, problems[0].reason)
    }

    #[test]
    fn rows_become_the_value_of_the_setting_and_back() {
        let blank = ["", " ", "", ""];
        let rows = [
            ["Letter", "1,90", "500", ""],
            blank,
            [" Parcel: insured ", "4.9", "2 kg", "50,00 €"],
            ["Parcel: insured", "7.90", "", ""],
            ["Pick-up", "0", "", ""],
        ];
        let value = value(&rows, "eur").unwrap();
        assert_eq!(
            value,
            "Letter:190 up to 500 g,Parcel: insured:490 up to 2000 g free from 5000,\
             Parcel: insured:790,Pick-up:0"
        );
        let euros = "eur".parse().unwrap();
        let shown = rate_rows(&value, euros);
        assert_eq!(shown[1], row(["Parcel: insured", "4.90", "2000", "50.00"]));
        assert_eq!(rates_value(&shown, euros).unwrap(), value);
        assert_eq!(rates_value(&[row(blank)], euros), Ok(String::new()));
        assert_eq!(rate_rows("not a rate", euros), []);
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let of = |code: &str, price: &str| value(&[["A", price, "", ""]], code);
        assert_eq!(of("jpy", "490"), Ok("A:490".to_owned()));
        assert_eq!(of("kwd", "4.9"), Ok("A:4900".to_owned()));
        for code in ["eur", "jpy", "kwd", "isk"] {
            let currency: Currency = code.parse().unwrap();
            for amount in [0, 10, 490, 4_900, 123_450, 99_999_990] {
                let amount = amount * currency.step().min(10);
                if amount % currency.step() != 0 || amount > 99_999_999 {
                    continue;
                }
                let value = format!("A:{amount} free from {amount}");
                let shown = rate_rows(&value, currency);
                assert_eq!(rates_value(&shown, currency), Ok(value), "{code} {shown:?}");
            }
        }
        let wrong = of("jpy", "4.90").unwrap_err();
        assert_eq!(wrong[0].reason, RateReason::NotAnAmount);
        let wrong = of("isk", "4.50").unwrap_err();
        assert!(matches!(wrong[0].reason, RateReason::NotAStep(_)));
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        use RateColumn::{FreeFrom, Name, Price, UpToGrams};
        let good = ["Standard", "4.90", "", ""];
        let long = "x".repeat(101);
        let cases = [
            (["", "4.90", "", ""], Name, RateReason::Missing),
            ([&*long, "4.90", "", ""], Name, RateReason::TooLong(100)),
            (["A, B", "4.90", "", ""], Name, RateReason::Comma),
            (["A", "", "", "5"], Price, RateReason::Missing),
            (["A", "cheap", "", ""], Price, RateReason::NotAnAmount),
            (["A", "1,250", "", ""], Price, RateReason::NotAnAmount),
            (
                ["A", "1", "heavy", ""],
                UpToGrams,
                RateReason::NotAWeight(MAX_GRAMS),
            ),
            (
                ["A", "1", "0", ""],
                UpToGrams,
                RateReason::NotAWeight(MAX_GRAMS),
            ),
            (
                ["A", "1", "2.5", ""],
                UpToGrams,
                RateReason::NotAWeight(MAX_GRAMS),
            ),
            (["A", "1", "", "much"], FreeFrom, RateReason::NotAnAmount),
        ];
        for (wrong, column, reason) in cases {
            assert_eq!(
                problem(&[good, ["", "", "", ""], wrong]),
                (2, column, reason)
            );
        }
        for price in ["-1", "1000000.00"] {
            let (_, column, reason) = problem(&[["A", price, "", ""]]);
            assert_eq!(column, Price);
            assert!(matches!(reason, RateReason::OutOfRange(_)), "{price}");
        }
        // All of a row at once.
        let problems = value(&[["", "x", "x", "x"]], "eur").unwrap_err();
        assert_eq!(problems.len(), 4);
    }

    #[test]
    fn rows_must_fit_together() {
        let blank = ["", "", "", ""];
        assert_eq!(
            problem(&[["A", "1", "", ""], blank, ["A", "2", "", ""]]),
            (2, RateColumn::Name, RateReason::Twice)
        );
        // The same row twice is no single rate.
        assert_eq!(
            problem(&[["A", "1", "", ""], ["A", "1", "", ""]]),
            (1, RateColumn::Name, RateReason::Twice)
        );
        assert_eq!(
            problem(&[["A", "1", "500", ""], blank]),
            (0, RateColumn::UpToGrams, RateReason::AllLimited)
        );
        let six = ["a", "b", "c", "d", "e", "f"].map(|name| [name, "1", "", ""]);
        assert_eq!(
            problem(&six),
            (
                5,
                RateColumn::Name,
                RateReason::TooManyNames(MAX_SHIPPING_RATES)
            )
        );
        let limits: Vec<String> = (1..=31).map(|grams: u32| grams.to_string()).collect();
        let rows: Vec<_> = limits.iter().map(|limit| ["A", "1", limit, ""]).collect();
        assert_eq!(
            problem(&rows),
            (30, RateColumn::Name, RateReason::TooManyRows(MAX_TIERS))
        );
    }
}
