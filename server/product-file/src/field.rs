//! Reads values as people type them into a form, by the rules of a file's cells. Nothing is
//! decoded: a form has no HTML, and no apostrophes before formulas.

use till_core::money::{Currency, MinorUnit, Money};
use till_core::quantity::Quantity;
use time::Date;

use crate::price::{self, Writer};
use crate::{cells, picture, text};

pub use crate::builder::{
    MAX_CODE_CHARACTERS, MAX_DESCRIPTION_CHARACTERS, MAX_GROUP_CHARACTERS, MAX_NAME_CHARACTERS,
    MAX_STOCK, MAX_WEIGHT,
};
pub use crate::picture::MAX_ALT_CHARACTERS;
pub use crate::till::max_characters;

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextProblem {
    /// It has more than this many characters.
    TooLong(usize),
    /// It has control or invisible characters, or a line break in a single line.
    Characters,
}

/// Why a price is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountProblem {
    /// It is no amount in this currency.
    NotAnAmount,
    /// It may mean two amounts: `1,250`.
    Ambiguous,
    /// It is negative or above [`crate::MAX_PRICE`], or zero and no price.
    OutOfRange,
    /// The currency has no such fractions.
    NotAStep,
}

/// Text of one line, which may be empty.
///
/// # Errors
/// [`TextProblem`]
pub fn line(typed: &str, max: usize) -> Result<String, TextProblem> {
    let line = text::checked_line(typed).map_err(|_| TextProblem::Characters)?;
    within(line, max)
}

/// Text of several lines, which may be empty. Browsers send line breaks as CRLF.
///
/// # Errors
/// [`TextProblem`]
pub fn lines(typed: &str, max: usize) -> Result<String, TextProblem> {
    // Long before anything is copied: a form may have hundreds of kilobytes.
    if typed.chars().count() > max.saturating_mul(2) {
        return Err(TextProblem::TooLong(max));
    }
    let lines = typed.replace("\r\n", "\n").replace('\r', "\n");
    let lines = text::checked_lines(lines.trim_end()).map_err(|_| TextProblem::Characters)?;
    within(lines, max)
}

fn within(text: String, max: usize) -> Result<String, TextProblem> {
    match text.chars().count() > max {
        true => Err(TextProblem::TooLong(max)),
        false => Ok(text),
    }
}

/// Whether a text is a slug: lower-case letters a to z, digits, and single hyphens between them.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    text::is_slug(text) && text.len() <= MAX_CODE_CHARACTERS
}

/// A price above zero: `12.50`, `12,50`, `1.234,50`, `€12.50`. In a currency with three decimals,
/// `1.250` is less than two, because forms show it so; pages in a language with decimal commas
/// exchange points and commas.
///
/// # Errors
/// [`AmountProblem`]
pub fn price(typed: &str, currency: Currency) -> Result<Money, AmountProblem> {
    match amount(typed, currency)? {
        money if money.amount == MinorUnit::ZERO => Err(AmountProblem::OutOfRange),
        money => Ok(money),
    }
}

/// The same, or zero.
///
/// # Errors
/// [`AmountProblem`]
pub fn amount(typed: &str, currency: Currency) -> Result<Money, AmountProblem> {
    let typed = typed.trim();
    if typed.starts_with(['-', '−']) {
        return Err(AmountProblem::OutOfRange);
    }
    let money =
        price::decimal(typed, currency, Writer::Shop).map_err(|_| {
            match price::is_ambiguous(typed, currency) {
                true => AmountProblem::Ambiguous,
                false => AmountProblem::NotAnAmount,
            }
        })?;
    if !(0..=crate::MAX_PRICE).contains(&money.amount.0) {
        return Err(AmountProblem::OutOfRange);
    }
    match money.amount.0 % currency.step() {
        0 => Ok(money),
        _ => Err(AmountProblem::NotAStep),
    }
}

/// An amount that shows how a price in this currency is written.
#[must_use]
pub fn example(currency: Currency) -> Money {
    price::example(currency)
}

/// A whole number in a range.
#[must_use]
pub fn whole(typed: &str, min: i64, max: i64) -> Option<i64> {
    let number = price::whole(typed.trim())?;
    (min..=max).contains(&number).then_some(number)
}

/// The largest number of units in one order.
#[must_use]
pub fn max_per_order(typed: &str) -> Option<i64> {
    whole(typed, 1, i64::from(Quantity::MAX))
}

/// A Global Trade Item Number with a correct check digit.
#[must_use]
pub fn gtin(typed: &str) -> Option<String> {
    cells::gtin(typed.trim()).ok()
}

/// Stripe's tax code: `txcd_99999999`.
#[must_use]
pub fn tax_code(typed: &str) -> Option<String> {
    cells::tax_code(typed.trim()).ok()
}

/// A day: `2026-11-28`, or as Germans write it: `28.11.2026`.
#[must_use]
pub fn day(typed: &str) -> Option<Date> {
    cells::date(typed.trim()).ok()
}

/// A number above zero with at most three decimals, in thousandths: `0.75`. A comma before three
/// digits may group them, so `1,250` is none.
#[must_use]
pub fn thousandths(typed: &str) -> Option<i64> {
    let typed = typed.trim();
    let parts = typed.split_once(',');
    if parts.is_some_and(|(whole, rest)| whole != "0" && rest.len() == 3) {
        return None;
    }
    price::thousandths(typed).filter(|amount| *amount > 0)
}

/// The text for those who do not see a picture; may be empty.
///
/// # Errors
/// [`TextProblem`]
pub fn alt(typed: &str) -> Result<String, TextProblem> {
    line(typed, picture::MAX_ALT_CHARACTERS)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_as_people_write_them() {
        let euros: Currency = "eur".parse().unwrap();
        for (typed, amount) in [("12.50", 1250), (" 12,5 ", 1250), ("1.234,50 €", 123_450)] {
            assert_eq!(price(typed, euros).unwrap().amount.0, amount, "{typed}");
        }
        for (typed, problem) in [
            ("", AmountProblem::NotAnAmount),
            ("free", AmountProblem::NotAnAmount),
            ("1,250", AmountProblem::Ambiguous),
            ("12.505", AmountProblem::Ambiguous),
            ("12.5055", AmountProblem::NotAnAmount),
            ("-1", AmountProblem::OutOfRange),
            ("0", AmountProblem::OutOfRange),
            ("1000000", AmountProblem::OutOfRange),
        ] {
            assert_eq!(price(typed, euros), Err(problem), "{typed}");
            // Only a price is above zero.
            let is_free = typed == "0";
            assert_eq!(amount(typed, euros).is_ok(), is_free, "{typed}");
        }
        // What a form shows of an amount with three decimals is read as that amount.
        let dinars: Currency = "kwd".parse().unwrap();
        for (typed, amount) in [
            ("1.250", Ok(1250)),
            ("12,50", Ok(12_500)),
            ("12", Ok(12_000)),
            ("1,250.500", Ok(1_250_500)),
            ("1,250", Err(AmountProblem::Ambiguous)),
            ("1.255", Err(AmountProblem::NotAStep)),
        ] {
            let read = price(typed, dinars).map(|money| money.amount.0);
            assert_eq!(read, amount, "{typed}");
        }
        let yen: Currency = "jpy".parse().unwrap();
        for typed in ["1250", "1,250", "1.250"] {
            assert_eq!(price(typed, yen).unwrap().amount.0, 1250, "{typed}");
        }
        assert_eq!(price("12.50", yen), Err(AmountProblem::NotAnAmount));
        let krona: Currency = "isk".parse().unwrap();
        assert_eq!(price("10.50", krona), Err(AmountProblem::NotAStep));
    }

    #[test]
    fn texts_are_kept_as_they_were_typed() {
        assert_eq!(line(" <b>=1 & 🎁 ", 20), Ok("<b>=1 & 🎁".to_owned()));
        assert_eq!(line("a\nb", 20), Err(TextProblem::Characters));
        assert_eq!(line("abc", 2), Err(TextProblem::TooLong(2)));
        assert_eq!(lines("# a\r\n\r\n<b>\r\n", 20), Ok("# a\n\n<b>".to_owned()));
        assert_eq!(lines("a\0", 20), Err(TextProblem::Characters));
        let long = "x".repeat(200_000);
        assert_eq!(lines(&long, 20_000), Err(TextProblem::TooLong(20_000)));
        assert!(is_slug("tin-cup") && !is_slug("Tin cup"));
        assert_eq!(whole("1e9", 0, 9), None);
        assert_eq!(whole("-3", -5, 5), Some(-3));
        assert_eq!(thousandths("0,005"), Some(5));
        assert_eq!(
            (thousandths("1.250"), thousandths("1,250")),
            (Some(1250), None)
        );
    }
}
