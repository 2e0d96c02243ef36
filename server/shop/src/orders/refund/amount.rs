//! An amount that was typed.

use till_core::money::{CurrencyCode, MinorUnit, Money};

/// Why what was typed is no amount to refund.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountProblem {
    /// The shop does not know the currency, and so not its decimals.
    #[error("the currency is unknown")]
    UnknownCurrency,
    /// It is no amount above zero with all its decimals.
    #[error("not an amount above zero with all its decimals, such as {example}")]
    NotAnAmount {
        /// Such as `12.50`.
        example: String,
    },
    /// Stripe refunds multiples of this amount only.
    #[error("not a multiple of {step}")]
    NotAStep {
        /// The amount as a decimal number.
        step: String,
    },
}

/// Parses an amount above zero, such as `12.50` or `12,50`. Returns minor units.
///
/// # Errors
/// [`AmountProblem`]
pub fn parse_amount(typed: &str, currency: &CurrencyCode) -> Result<i64, AmountProblem> {
    let known = currency.known().ok_or(AmountProblem::UnknownCurrency)?;
    // Before three digits, a comma may separate thousands, as one beside a point does.
    let is_decimal_comma = known.decimals() == 2 && !typed.contains('.');
    let decimal = match is_decimal_comma {
        true => typed.trim().replace(',', "."),
        false => typed.trim().to_owned(),
    };
    let amount = Money::from_decimal(&decimal, known).filter(|money| money.amount.0 > 0);
    let amount = amount.ok_or_else(|| AmountProblem::NotAnAmount {
        example: MinorUnit(1250).of(known).decimal(),
    })?;
    if amount.amount.0 % known.step() != 0 {
        return Err(AmountProblem::NotAStep {
            step: MinorUnit(known.step()).of(known).decimal(),
        });
    }
    Ok(amount.amount.0)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_a_point_or_a_comma_before_its_decimals() {
        let parse = |typed: &str, code: &str| parse_amount(typed, &code.parse().unwrap()).ok();
        for typed in ["12.50", "12,50", " 12,50 "] {
            assert_eq!(parse(typed, "eur"), Some(1_250), "{typed}");
        }
        assert_eq!(parse("1250", "jpy"), Some(1_250));
        assert_eq!(parse("1.250", "kwd"), Some(1_250));
        for (typed, code) in [
            ("12,5", "eur"),
            ("1,250", "eur"),
            ("1,250.00", "eur"),
            ("1.250,00", "eur"),
            ("1,2,50", "eur"),
            (",50", "eur"),
            ("0,00", "eur"),
            ("1,250", "jpy"),
            ("1,250", "kwd"),
            ("-1.00", "eur"),
            ("", "eur"),
            ("12.50", "zzz"),
        ] {
            assert_eq!(parse(typed, code), None, "{typed} {code}");
        }
    }
}
