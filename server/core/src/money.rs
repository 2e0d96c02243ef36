//! Money: amounts in minor units, and the currencies that the shop can sell in.
//!
//! Decimals and minimum charges are Stripe's (<https://docs.stripe.com/currencies>), because Stripe
//! defines what an `amount` means: ISK and UGX have two decimals there although they have no
//! subunit in use.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A currency's properties in Stripe's API.
struct CurrencyInfo {
    code: &'static str,
    /// Digits after the decimal point in Stripe's amounts.
    decimals: u8,
    /// The minimum charge in minor units. Zero if Stripe documents none.
    minimum: i64,
    /// The prefix of an amount: the currency's symbol, or its code if no symbol is in common use.
    symbol: &'static str,
}

const fn info(
    code: &'static str,
    decimals: u8,
    minimum: i64,
    symbol: &'static str,
) -> CurrencyInfo {
    CurrencyInfo {
        code,
        decimals,
        minimum,
        symbol,
    }
}

static CURRENCIES: &[CurrencyInfo] = &[
    info("aed", 2, 200, "AED "),
    info("aud", 2, 50, "A$"),
    info("bgn", 2, 0, "BGN "),
    info("bhd", 3, 0, "BHD "),
    info("bif", 0, 0, "BIF "),
    info("brl", 2, 50, "R$"),
    info("cad", 2, 50, "CA$"),
    info("chf", 2, 50, "CHF "),
    info("clp", 0, 0, "CLP "),
    info("czk", 2, 1500, "CZK "),
    info("djf", 0, 0, "DJF "),
    info("dkk", 2, 250, "DKK "),
    info("eur", 2, 50, "€"),
    info("gbp", 2, 30, "£"),
    info("gnf", 0, 0, "GNF "),
    info("hkd", 2, 400, "HK$"),
    info("huf", 2, 17500, "HUF "),
    info("ils", 2, 0, "₪"),
    info("inr", 2, 50, "₹"),
    info("isk", 2, 0, "ISK "),
    info("jod", 3, 0, "JOD "),
    info("jpy", 0, 50, "¥"),
    info("kmf", 0, 0, "KMF "),
    info("krw", 0, 50, "₩"),
    info("kwd", 3, 0, "KWD "),
    info("mga", 0, 0, "MGA "),
    info("mxn", 2, 1000, "MX$"),
    info("myr", 2, 200, "RM "),
    info("nok", 2, 300, "NOK "),
    info("nzd", 2, 50, "NZ$"),
    info("omr", 3, 0, "OMR "),
    info("pln", 2, 200, "PLN "),
    info("pyg", 0, 0, "PYG "),
    info("ron", 2, 200, "RON "),
    info("rwf", 0, 0, "RWF "),
    info("sek", 2, 300, "SEK "),
    info("sgd", 2, 50, "S$"),
    info("thb", 2, 1000, "THB "),
    info("tnd", 3, 0, "TND "),
    info("try", 2, 0, "TRY "),
    info("ugx", 2, 0, "UGX "),
    info("usd", 2, 50, "$"),
    info("vnd", 0, 0, "VND "),
    info("vuv", 0, 0, "VUV "),
    info("xaf", 0, 0, "XAF "),
    info("xof", 0, 0, "XOF "),
    info("xpf", 0, 0, "XPF "),
    info("zar", 2, 50, "ZAR "),
];

/// A currency that the shop can sell in, by its lower-case ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(
    feature = "sea-orm",
    derive(sea_orm::DeriveValueType),
    sea_orm(value_type = "String")
)]
pub struct Currency(u8);

/// The text is not the code of a supported currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown currency")]
pub struct UnknownCurrency;

impl CurrencyInfo {
    fn pattern(&self) -> MoneyPattern<'static> {
        MoneyPattern {
            prefix: self.symbol,
            group: ',',
            point: '.',
            decimals: usize::from(self.decimals),
            suffix: "",
        }
    }
}

impl Currency {
    /// The format of amounts in this currency.
    #[must_use]
    pub fn pattern(self) -> MoneyPattern<'static> {
        self.info().pattern()
    }

    fn info(self) -> &'static CurrencyInfo {
        &CURRENCIES[usize::from(self.0)]
    }

    /// The lower-case ISO 4217 code, as Stripe and the database spell it.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.info().code
    }

    /// Digits after the decimal point in an amount of this currency.
    #[must_use]
    pub fn decimals(self) -> u8 {
        self.info().decimals
    }

    /// Stripe's minimum charge, in minor units; zero if Stripe documents none.
    #[must_use]
    pub fn minimum(self) -> MinorUnit {
        MinorUnit(self.info().minimum)
    }

    /// Amounts must be a multiple of this number of minor units: Stripe rejects fractions that the
    /// currency does not have (<https://docs.stripe.com/currencies#special-cases>).
    #[must_use]
    pub fn step(self) -> i64 {
        match (self.code(), self.decimals()) {
            ("isk" | "ugx", _) => 100,
            (_, 3) => 10,
            _ => 1,
        }
    }

    /// All supported currencies.
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

/// The lower-case code of a currency in which Stripe states an amount. The shop may not know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(
    feature = "sea-orm",
    derive(sea_orm::DeriveValueType),
    sea_orm(value_type = "String")
)]
pub struct CurrencyCode(String);

/// The text is not three letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the code of a currency")]
pub struct NotACurrencyCode;

impl CurrencyCode {
    /// The lower-case code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The currency, if the shop knows it.
    #[must_use]
    pub fn known(&self) -> Option<Currency> {
        self.0.parse().ok()
    }
}

/// Accepts capitals too.
impl FromStr for CurrencyCode {
    type Err = NotACurrencyCode;

    fn from_str(code: &str) -> Result<Self, NotACurrencyCode> {
        let letters = code.bytes().all(|byte| byte.is_ascii_alphabetic());
        if code.len() == 3 && letters {
            Ok(Self(code.to_ascii_lowercase()))
        } else {
            Err(NotACurrencyCode)
        }
    }
}

impl TryFrom<String> for CurrencyCode {
    type Error = NotACurrencyCode;

    fn try_from(code: String) -> Result<Self, NotACurrencyCode> {
        code.parse()
    }
}

impl From<CurrencyCode> for String {
    fn from(currency: CurrencyCode) -> Self {
        currency.0
    }
}

impl From<Currency> for CurrencyCode {
    fn from(currency: Currency) -> Self {
        Self(currency.into())
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An amount in the minor unit of a currency that the context defines: euro cents, whole yen.
///
/// It supports only the arithmetic that makes sense for money, always checked for overflow.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MinorUnit(pub i64);

impl MinorUnit {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// Returns the sum, or `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Returns the price of `count` units, or `None` on overflow.
    #[must_use]
    pub fn checked_mul(self, count: u32) -> Option<Self> {
        self.0.checked_mul(i64::from(count)).map(Self)
    }

    /// Returns the amount together with its currency.
    #[must_use]
    pub fn of(self, currency: Currency) -> Money {
        Money {
            amount: self,
            currency,
        }
    }
}

/// Formats an amount in the currency of this code for people. If the currency is not supported, its
/// decimals are unknown, so the amount is given in minor units.
#[must_use]
pub fn format_amount(amount: i64, currency: &CurrencyCode) -> String {
    match currency.known() {
        Some(currency) => MinorUnit(amount).of(currency).to_string(),
        None => {
            let code = currency.as_str().to_ascii_uppercase();
            format!("{amount} minor units of {code}")
        }
    }
}

/// An amount with its currency. `Display` formats it for people: `€12.50`, `¥500`, `CHF 3.20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// In minor units of `currency`.
    pub amount: MinorUnit,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// The amount as the value of a form field: `1250:eur`.
    #[must_use]
    pub fn as_field(self) -> String {
        format!("{}:{}", self.amount.0, self.currency)
    }
}

impl Money {
    /// The amount as a number without symbol and digit groups: `1250.00`, `-0.05`, `500`.
    #[must_use]
    pub fn decimal(self) -> String {
        let pattern = MoneyPattern {
            prefix: "",
            group: ',',
            ..self.currency.pattern()
        };
        // The pattern would write a typographic minus, and it writes digit groups.
        let digits = pattern
            .write(self.amount.0.saturating_abs())
            .replace(',', "");
        if self.amount.0 < 0 {
            format!("-{digits}")
        } else {
            digits
        }
    }

    /// Parses a number with exactly the currency's number of decimals: `12.50` euros, `500` yen.
    /// Returns `None` for fewer decimals, because `1250` may be meant as cents.
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

/// The text is not in the format of [`Money::as_field`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an amount with its currency")]
pub struct NotMoney;

/// Parses the format of [`Money::as_field`].
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
        f.write_str(&self.currency.info().pattern().write(self.amount.0))
    }
}

/// The format of amounts in one currency: `€0,000.00`, `¥0,000`. The first zero stands for all
/// digits before the first group of three, the zeros after the point for the decimals.
///
/// The server sends it to the browser as text, so that both format amounts alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoneyPattern<'a> {
    prefix: &'a str,
    group: char,
    point: char,
    decimals: usize,
    suffix: &'a str,
}

impl<'a> MoneyPattern<'a> {
    /// Parses a pattern. Returns `None` if the text is not one.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (prefix, rest) = text.split_at(text.find('0')?);
        let group = rest[1..].chars().next()?;
        let rest = rest[1 + group.len_utf8()..].strip_prefix("000")?;
        let mut pattern = Self {
            prefix,
            group,
            point: '.',
            decimals: 0,
            suffix: rest,
        };
        if let Some(point) = rest.chars().next() {
            let fraction = &rest[point.len_utf8()..];
            let suffix = fraction.trim_start_matches('0');
            if suffix.len() < fraction.len() {
                pattern.point = point;
                pattern.decimals = fraction.len() - suffix.len();
                pattern.suffix = suffix;
            }
        }
        Some(pattern)
    }

    /// Formats an amount in minor units.
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
        written.push_str(self.prefix);
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
        written.push_str(self.suffix);
        written
    }

    /// Formats what a number of units costs, from the price of one in minor units:
    /// `2 × €24.50 = €49.00`.
    #[must_use]
    pub fn write_line(&self, units: u32, price: i64) -> String {
        let total = price.saturating_mul(i64::from(units));
        format!("{units} × {} = {}", self.write(price), self.write(total))
    }
}

impl fmt::Display for MoneyPattern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}0{}000", self.prefix, self.group)?;
        if self.decimals > 0 {
            write!(f, "{}{:0>width$}", self.point, "", width = self.decimals)?;
        }
        f.write_str(self.suffix)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_formats_the_same_after_being_sent_as_text() {
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
        assert_eq!(german.write_line(2, 2450), "2 × 24,50 € = 49,00 €");
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
        let written = |amount, code: &str| format_amount(amount, &code.parse().unwrap());
        assert_eq!(written(150_000, "jpy"), "¥150,000");
        assert_eq!(written(1500, "USD"), "$15.00");
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
    fn the_code_of_a_currency_has_three_letters() {
        let code: CurrencyCode = "XYZ".parse().unwrap();
        assert_eq!((code.as_str(), code.known()), ("xyz", None));
        for bad in ["", "eu", "euro", "e\0r", "12a", "€"] {
            assert_eq!(bad.parse::<CurrencyCode>(), Err(NotACurrencyCode), "{bad}");
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
        assert_eq!(MinorUnit(i64::MAX).checked_mul(2), None);
        assert_eq!(MinorUnit(1250).checked_mul(3), Some(MinorUnit(3750)));
    }
}
