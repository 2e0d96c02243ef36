//! Money: an integer count of a currency's minor unit, and the currencies that the shop can sell in.
//!
//! Decimals and minimum charges are Stripe's (<https://docs.stripe.com/currencies>), because Stripe decides what an
//! `amount` means: ISK and UGX count as two-decimal although nobody pays a hundredth of one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What Stripe's interface says of one currency.
struct Facts {
    code: &'static str,
    /// Digits after the decimal point in Stripe's amounts.
    decimals: u8,
    /// The smallest total that Stripe charges, in minor units. Zero where Stripe names none.
    minimum: i64,
    /// What is written before an amount. The code itself where no sign is in common use.
    sign: &'static str,
}

const fn facts(code: &'static str, decimals: u8, minimum: i64, sign: &'static str) -> Facts {
    Facts {
        code,
        decimals,
        minimum,
        sign,
    }
}

static CURRENCIES: &[Facts] = &[
    facts("aed", 2, 200, "AED "),
    facts("aud", 2, 50, "A$"),
    facts("bgn", 2, 0, "BGN "),
    facts("bhd", 3, 0, "BHD "),
    facts("bif", 0, 0, "BIF "),
    facts("brl", 2, 50, "R$"),
    facts("cad", 2, 50, "CA$"),
    facts("chf", 2, 50, "CHF "),
    facts("clp", 0, 0, "CLP "),
    facts("czk", 2, 1500, "CZK "),
    facts("djf", 0, 0, "DJF "),
    facts("dkk", 2, 250, "DKK "),
    facts("eur", 2, 50, "€"),
    facts("gbp", 2, 30, "£"),
    facts("gnf", 0, 0, "GNF "),
    facts("hkd", 2, 400, "HK$"),
    facts("huf", 2, 17500, "HUF "),
    facts("ils", 2, 0, "₪"),
    facts("inr", 2, 50, "₹"),
    facts("isk", 2, 0, "ISK "),
    facts("jod", 3, 0, "JOD "),
    facts("jpy", 0, 50, "¥"),
    facts("kmf", 0, 0, "KMF "),
    facts("krw", 0, 50, "₩"),
    facts("kwd", 3, 0, "KWD "),
    facts("mga", 0, 0, "MGA "),
    facts("mxn", 2, 1000, "MX$"),
    facts("myr", 2, 200, "RM "),
    facts("nok", 2, 300, "NOK "),
    facts("nzd", 2, 50, "NZ$"),
    facts("omr", 3, 0, "OMR "),
    facts("pln", 2, 200, "PLN "),
    facts("pyg", 0, 0, "PYG "),
    facts("ron", 2, 200, "RON "),
    facts("rwf", 0, 0, "RWF "),
    facts("sek", 2, 300, "SEK "),
    facts("sgd", 2, 50, "S$"),
    facts("thb", 2, 1000, "THB "),
    facts("tnd", 3, 0, "TND "),
    facts("try", 2, 0, "TRY "),
    facts("ugx", 2, 0, "UGX "),
    facts("usd", 2, 50, "$"),
    facts("vnd", 0, 0, "VND "),
    facts("vuv", 0, 0, "VUV "),
    facts("xaf", 0, 0, "XAF "),
    facts("xof", 0, 0, "XOF "),
    facts("xpf", 0, 0, "XPF "),
    facts("zar", 2, 50, "ZAR "),
];

/// A currency that the shop can sell in, by its lower-case ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(u8);

/// The text is not the code of a currency that the shop knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown currency")]
pub struct UnknownCurrency;

impl Facts {
    fn pattern(&self) -> MoneyPattern<'static> {
        MoneyPattern {
            before: self.sign,
            group: ',',
            point: '.',
            decimals: usize::from(self.decimals),
            after: "",
        }
    }
}

impl Currency {
    /// How amounts of this currency are written.
    #[must_use]
    pub fn pattern(self) -> MoneyPattern<'static> {
        self.facts().pattern()
    }

    fn facts(self) -> &'static Facts {
        &CURRENCIES[usize::from(self.0)]
    }

    /// The lower-case ISO 4217 code, as Stripe and the database spell it.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.facts().code
    }

    /// Digits after the decimal point in an amount of this currency.
    #[must_use]
    pub fn decimals(self) -> u8 {
        self.facts().decimals
    }

    /// The smallest total above zero that Stripe charges, in minor units.
    #[must_use]
    pub fn minimum(self) -> MinorUnit {
        MinorUnit(self.facts().minimum)
    }

    /// Amounts in this currency are multiples of this many minor units: Stripe takes no fraction where nobody pays one
    /// (<https://docs.stripe.com/currencies#special-cases>).
    #[must_use]
    pub fn step(self) -> i64 {
        match (self.code(), self.decimals()) {
            ("isk" | "ugx", _) => 100,
            (_, 3) => 10,
            _ => 1,
        }
    }

    /// Every currency that the shop knows.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).take(CURRENCIES.len()).map(Self)
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::all()
            .find(|currency| currency.code().eq_ignore_ascii_case(code))
            .ok_or(UnknownCurrency)
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        code.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in the minor unit of a currency that is known from elsewhere: cents of a euro, whole yen.
///
/// It has only the arithmetic that money has, and every step that could overflow says so.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MinorUnit(pub i64);

impl MinorUnit {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The sum, or `None` where it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The price of `count` pieces, or `None` where it does not fit.
    #[must_use]
    pub fn checked_times(self, count: u32) -> Option<Self> {
        self.0.checked_mul(i64::from(count)).map(Self)
    }

    /// The amount in a currency, ready to be shown.
    #[must_use]
    pub fn of(self, currency: Currency) -> Money {
        Money {
            amount: self,
            currency,
        }
    }
}

/// An amount in the currency of this code as a person reads it. In a currency that the shop does
/// not know, nobody knows where the point belongs: then it is said in minor units.
#[must_use]
pub fn written(amount: i64, currency: &str) -> String {
    match currency.parse::<Currency>() {
        Ok(currency) => MinorUnit(amount).of(currency).to_string(),
        Err(UnknownCurrency) => {
            let code = currency.to_ascii_uppercase();
            format!("{amount} minor units of {code}")
        }
    }
}

/// An amount together with its currency. `Display` writes it for a person: `€12.50`, `¥500`, `CHF 3.20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// In minor units of `currency`.
    pub amount: MinorUnit,
    /// Which money.
    pub currency: Currency,
}

impl Money {
    /// The amount as a form carries it: `1250:eur`.
    #[must_use]
    pub fn as_field(self) -> String {
        format!("{}:{}", self.amount.0, self.currency)
    }
}

impl Money {
    /// The amount as a number without sign and groups: `1250.00`, `-0.05`, `500`.
    #[must_use]
    pub fn decimal(self) -> String {
        let pattern = MoneyPattern {
            before: "",
            group: ',',
            ..self.currency.pattern()
        };
        // The pattern writes a minus of typography, and groups.
        let digits = pattern
            .write(self.amount.0.saturating_abs())
            .replace(',', "");
        if self.amount.0 < 0 {
            format!("-{digits}")
        } else {
            digits
        }
    }

    /// Reads a number with exactly the digits that the currency has behind its point: `12.50` of
    /// euros, `500` of yen. Fewer are refused, because `1250` may be meant as cents.
    #[must_use]
    pub fn from_decimal(text: &str, currency: Currency) -> Option<Self> {
        let decimals = usize::from(currency.decimals());
        let (whole, part) = match (text.split_once('.'), decimals) {
            (Some((whole, part)), 1..) => (whole, part),
            (None, 0) => (text, ""),
            _ => return None,
        };
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || part.len() != decimals || !is_number(whole) || !is_number(part) {
            return None;
        }
        let amount = format!("{whole}{part}").parse().ok()?;
        Some(MinorUnit(amount).of(currency))
    }
}

/// The text is not an amount as [`Money::as_field`] writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an amount with its currency")]
pub struct NotMoney;

/// Reads what [`Money::as_field`] has written.
impl FromStr for Money {
    type Err = NotMoney;

    fn from_str(text: &str) -> Result<Self, NotMoney> {
        let (amount, currency) = text.split_once(':').ok_or(NotMoney)?;
        let amount = amount.parse().map_err(|_| NotMoney)?;
        let currency = currency.parse().map_err(|_| NotMoney)?;
        Ok(MinorUnit(amount).of(currency))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.currency.facts().pattern().write(self.amount.0))
    }
}

/// How amounts of one currency are written: `€0,000.00`, `¥0,000`. The first zero stands for all
/// digits before the first group of three, those behind the point for the minor unit's.
///
/// The server writes with it, and hands it to the browser as a text, so that both write alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoneyPattern<'a> {
    before: &'a str,
    group: char,
    point: char,
    decimals: usize,
    after: &'a str,
}

impl<'a> MoneyPattern<'a> {
    /// Reads a pattern. `None` where the text is none.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (before, rest) = text.split_at(text.find('0')?);
        let group = rest[1..].chars().next()?;
        let rest = rest[1 + group.len_utf8()..].strip_prefix("000")?;
        let mut pattern = Self {
            before,
            group,
            point: '.',
            decimals: 0,
            after: rest,
        };
        if let Some(point) = rest.chars().next() {
            let fraction = &rest[point.len_utf8()..];
            let after = fraction.trim_start_matches('0');
            if after.len() < fraction.len() {
                pattern.point = point;
                pattern.decimals = fraction.len() - after.len();
                pattern.after = after;
            }
        }
        Some(pattern)
    }

    /// Writes an amount, which is in minor units.
    #[must_use]
    pub fn write(&self, amount: i64) -> String {
        let mut digits = amount.unsigned_abs().to_string();
        while digits.len() <= self.decimals {
            digits.insert(0, '0');
        }
        let (whole, fraction) = digits.split_at(digits.len() - self.decimals);
        let mut written = String::new();
        if amount < 0 {
            written.push('−');
        }
        written.push_str(self.before);
        for (position, digit) in whole.char_indices() {
            if position > 0 && (whole.len() - position).is_multiple_of(3) {
                written.push(self.group);
            }
            written.push(digit);
        }
        if self.decimals > 0 {
            written.push(self.point);
            written.push_str(fraction);
        }
        written.push_str(self.after);
        written
    }
}

impl fmt::Display for MoneyPattern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}0{}000", self.before, self.group)?;
        if self.decimals > 0 {
            write!(f, "{}{:0>width$}", self.point, "", width = self.decimals)?;
        }
        f.write_str(self.after)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_writes_the_same_after_it_has_travelled_as_a_text() {
        for currency in Currency::all() {
            let text = currency.pattern().to_string();
            let read = MoneyPattern::parse(&text).unwrap();
            for amount in [0, 1, 99, 100, 1250, -5, 123_456_789, i64::MAX, i64::MIN] {
                let money = MinorUnit(amount).of(currency).to_string();
                assert_eq!(read.write(amount), money, "{text}");
            }
        }
        let euro: Currency = "eur".parse().unwrap();
        assert_eq!(euro.pattern().to_string(), "€0,000.00");
        let german = MoneyPattern::parse("0.000,00 €").unwrap();
        assert_eq!(german.write(-123_456), "−1.234,56 €");
        let swiss = MoneyPattern::parse("CHF 0’000.00").unwrap();
        assert_eq!(swiss.write(123_456_789), "CHF 1’234’567.89");
        for bad in ["", "€", "0", "0,00", "00,000"] {
            assert_eq!(MoneyPattern::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_form_carries_an_amount_with_its_currency() {
        let price = MinorUnit(1250).of("eur".parse().unwrap());
        assert_eq!(price.as_field(), "1250:eur");
        assert_eq!("1250:eur".parse(), Ok(price));
        for bad in [
            "",
            "1250",
            "1250:",
            ":eur",
            "12.50:eur",
            "1250:xyz",
            "1250:eur:",
            "€12.50",
        ] {
            assert_eq!(bad.parse::<Money>(), Err(NotMoney), "{bad}");
        }
    }

    fn shown(amount: i64, code: &str) -> String {
        MinorUnit(amount).of(code.parse().unwrap()).to_string()
    }

    #[test]
    fn an_amount_in_a_currency_that_the_shop_does_not_know_has_no_point() {
        assert_eq!(written(150_000, "jpy"), "¥150,000");
        assert_eq!(written(1500, "usd"), "$15.00");
        assert_eq!(written(1500, "xyz"), "1500 minor units of XYZ");
    }

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        assert_eq!(shown(1250, "eur"), "€12.50");
        assert_eq!(shown(5, "usd"), "$0.05");
        assert_eq!(shown(0, "eur"), "€0.00");
        assert_eq!(shown(500, "jpy"), "¥500");
        assert_eq!(shown(12_345, "kwd"), "KWD 12.345");
        assert_eq!(shown(123_456_789, "eur"), "€1,234,567.89");
        assert_eq!(shown(-1250, "gbp"), "−£12.50");
        assert_eq!(shown(100_000, "jpy"), "¥100,000");
        assert_eq!(shown(i64::MIN, "usd"), "−$92,233,720,368,547,758.08");
    }

    #[test]
    fn only_known_currencies_parse_and_case_does_not_matter() {
        assert_eq!("EUR".parse::<Currency>().unwrap().code(), "eur");
        for bad in ["", "eu", "euro", "xxx", "€"] {
            assert_eq!(bad.parse::<Currency>(), Err(UnknownCurrency), "{bad}");
        }
    }

    #[test]
    fn every_currency_is_found_by_its_own_code() {
        for currency in Currency::all() {
            assert_eq!(currency.code().parse(), Ok(currency));
            assert!(matches!(currency.decimals(), 0 | 2 | 3));
        }
    }

    #[test]
    fn arithmetic_that_overflows_has_no_result() {
        assert_eq!(MinorUnit(i64::MAX).checked_add(MinorUnit(1)), None);
        assert_eq!(MinorUnit(i64::MAX).checked_times(2), None);
        assert_eq!(MinorUnit(1250).checked_times(3), Some(MinorUnit(3750)));
    }
}
