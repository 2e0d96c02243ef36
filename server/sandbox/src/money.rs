//! Currencies, and the rules for amounts in their minor units.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// Currencies that Stripe accepts, as lower-case ISO 4217 codes.
const CURRENCIES: &str = "\
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn \
    bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd \
    gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak \
    lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd \
    omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std \
    szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xof xpf yer zar \
    zmw";

const ZERO_DECIMAL: &str = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf";
const THREE_DECIMAL: &str = "bhd jod kwd omr tnd";

/// The smallest total that Stripe charges, in minor units.
const MIN_TOTALS: [(&str, i64); 25] = [
    ("usd", 50),
    ("aed", 200),
    ("aud", 50),
    ("brl", 50),
    ("cad", 50),
    ("chf", 50),
    ("czk", 1500),
    ("dkk", 250),
    ("eur", 50),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17500),
    ("inr", 50),
    ("jpy", 50),
    ("krw", 50),
    ("mxn", 1000),
    ("myr", 200),
    ("nok", 300),
    ("nzd", 50),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("sgd", 50),
    ("thb", 1000),
    ("zar", 50),
];

/// The largest amount in minor units: twelve digits.
pub(crate) const MAX_AMOUNT: i64 = 999_999_999_999;

/// A currency that Stripe accepts, stored as its lower-case code.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Currency([u8; 3]);

impl Currency {
    /// Parses a three-letter code in upper or lower case.
    pub(crate) fn parse(code: &str) -> Option<Currency> {
        let code = code.to_ascii_lowercase();
        let bytes = <[u8; 3]>::try_from(code.as_bytes()).ok()?;
        listed(CURRENCIES, &code).then_some(Currency(bytes))
    }

    /// Parses the currency in the parameter `param` of a request.
    ///
    /// # Errors
    /// 400 for a currency that Stripe does not accept.
    pub(crate) fn read(code: &str, param: &str) -> Result<Currency, ApiError> {
        Currency::parse(code).ok_or_else(|| {
            let shown: String = code.chars().take(10).collect();
            ApiError::invalid(format!("Invalid currency: {shown}")).param(param)
        })
    }

    /// The lower-case code.
    pub(crate) fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("usd")
    }

    /// The number of decimal places.
    pub(crate) fn decimals(self) -> u32 {
        if listed(ZERO_DECIMAL, self.code()) {
            0
        } else if listed(THREE_DECIMAL, self.code()) {
            3
        } else {
            2
        }
    }

    /// The smallest total that can be charged, in minor units; zero is always allowed.
    pub(crate) fn minimum_total(self) -> i64 {
        MIN_TOTALS
            .iter()
            .find(|(code, _)| *code == self.code())
            .map_or(1, |(_, minimum)| *minimum)
    }

    /// Amounts in this currency must be multiples of this many minor units: three-decimal amounts
    /// end in 0; ISK and UGX have no fraction although they are sent with two decimals.
    pub(crate) fn granularity(self) -> i64 {
        match self.code() {
            "isk" | "ugx" => 100,
            _ if self.decimals() == 3 => 10,
            _ => 1,
        }
    }

    /// Formats an amount for display: `€12.50`, `¥500`, `KWD 1.230`.
    pub(crate) fn display(self, amount: i64) -> String {
        let sign = if amount < 0 { "-" } else { "" };
        let digits = amount.unsigned_abs();
        let unit = 10_u64.pow(self.decimals());
        let major = group_thousands(digits / unit);
        let number = match self.decimals() {
            0 => major,
            decimals => format!(
                "{major}.{:0width$}",
                digits % unit,
                width = decimals as usize
            ),
        };
        match self.code() {
            "eur" => format!("{sign}€{number}"),
            "usd" => format!("{sign}${number}"),
            "gbp" => format!("{sign}£{number}"),
            "jpy" => format!("{sign}¥{number}"),
            code => format!("{sign}{} {number}", code.to_ascii_uppercase()),
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(code: String) -> Result<Currency, String> {
        Currency::parse(&code).ok_or_else(|| format!("unknown currency {code}"))
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

fn listed(list: &str, code: &str) -> bool {
    list.split_ascii_whitespace().any(|entry| entry == code)
}

fn group_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    fn display(code: &str, amount: i64) -> String {
        Currency::parse(code).unwrap().display(amount)
    }

    #[test]
    fn amounts_are_shown_with_the_decimals_of_their_currency() {
        assert_eq!(display("eur", 1250), "€12.50");
        assert_eq!(display("usd", 5), "$0.05");
        assert_eq!(display("jpy", 1_234_567), "¥1,234,567");
        assert_eq!(display("kwd", 1230), "KWD 1.230");
        assert_eq!(display("sek", -100_000), "-SEK 1,000.00");
    }

    #[test]
    fn codes_are_read_in_either_case_and_unknown_ones_are_refused() {
        assert_eq!(Currency::parse("EUR").unwrap().code(), "eur");
        assert!(Currency::parse("xyz").is_none());
        assert!(Currency::parse("eu").is_none());
        assert!(Currency::parse("e r").is_none());
        assert!(Currency::parse("€").is_none());
    }

    #[test]
    fn the_smallest_total_depends_on_the_currency() {
        assert_eq!(Currency::parse("eur").unwrap().minimum_total(), 50);
        assert_eq!(Currency::parse("huf").unwrap().minimum_total(), 17_500);
        assert_eq!(Currency::parse("isk").unwrap().granularity(), 100);
        assert_eq!(Currency::parse("tnd").unwrap().granularity(), 10);
    }
}
