//! Quantities of one product: what a shopper may type, and what it means.

use serde::{Deserialize, Serialize};

/// A number of units from 1 to [`Quantity::MAX`], parsed once from what a shopper typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(std::num::NonZeroU32);

/// Why a typed quantity is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum QuantityError {
    /// Not a whole number, or below zero.
    #[error("not a whole number")]
    NotWhole,
    /// Above [`Quantity::MAX`].
    #[error("too many")]
    TooMany,
}

impl Quantity {
    /// The largest quantity of a Stripe line item.
    pub const MAX: u32 = 999_999;

    /// Parses what was typed into a field. Returns `None` for an empty field or zero.
    ///
    /// # Errors
    /// [`QuantityError`] if it is not a whole number from 0 to [`Quantity::MAX`].
    pub fn parse(typed: &str) -> Result<Option<Self>, QuantityError> {
        let typed = typed.trim();
        let typed = typed.strip_prefix('+').unwrap_or(typed);
        if typed.is_empty() {
            return Ok(None);
        }
        if !typed.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(QuantityError::NotWhole);
        }
        let digits = typed.trim_start_matches('0');
        if digits.is_empty() {
            return Ok(None);
        }
        match digits.parse::<u32>() {
            Ok(count) if count <= Self::MAX => Ok(std::num::NonZeroU32::new(count).map(Self)),
            _ => Err(QuantityError::TooMany),
        }
    }

    /// The number of units, at least 1.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Result<Option<u32>, QuantityError> {
        Quantity::parse(typed).map(|found| found.map(Quantity::get))
    }

    #[test]
    fn nothing_and_zero_mean_none_of_this() {
        for typed in ["", " ", "0", "000", "+0", "+"] {
            assert_eq!(read(typed), Ok(None), "{typed:?}");
        }
    }

    #[test]
    fn whole_numbers_are_read_whatever_their_spelling() {
        assert_eq!(read("1"), Ok(Some(1)));
        assert_eq!(read(" 12 "), Ok(Some(12)));
        assert_eq!(read("007"), Ok(Some(7)));
        assert_eq!(read("999999"), Ok(Some(999_999)));
    }

    #[test]
    fn everything_else_is_refused_for_its_reason() {
        for typed in ["-1", "1.5", "1,5", "abc", "1e3", "0x10", "٣", "1 2", "−1"] {
            assert_eq!(read(typed), Err(QuantityError::NotWhole), "{typed:?}");
        }
        for typed in ["1000000", "1000000000000", "99999999999999999999999999"] {
            assert_eq!(read(typed), Err(QuantityError::TooMany), "{typed:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(typed in ".*") {
            let _ = Quantity::parse(&typed);
        }
    }
}
