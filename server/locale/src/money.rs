//! Amounts as CLDR writes them.
//!
//! ICU4X writes numbers, but its currency formatting is experimental. Where the symbol belongs is
//! defined by CLDR's patterns (<https://unicode.org/reports/tr35/tr35-numbers.html>, sections
//! "Number Patterns" and "Currencies"), which are in `cldr.json` of each language.
//!
//! The number of decimals is Stripe's, see [`till_core::money`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use icu_decimal::input::Decimal;
use till_core::money::{Currency, MinorUnit, Money, MoneyPattern};

use crate::language::Language;
use crate::numbers;

/// Where a pattern has the currency's symbol.
const SYMBOL: char = '¤';

/// What a pattern has before and after the number.
struct Affixes<'a> {
    prefix: &'a str,
    suffix: &'a str,
}

impl Affixes<'_> {
    fn write(&self, number: &str, symbol: &str) -> String {
        let prefix = self.prefix.replace(SYMBOL, symbol);
        let suffix = self.suffix.replace(SYMBOL, symbol);
        format!("{prefix}{number}{suffix}")
    }
}

/// Splits a pattern such as `#,##0.00 ¤` at its number.
fn affixes(pattern: &str) -> Affixes<'_> {
    let is_number = |character: char| matches!(character, '#' | '0' | ',' | '.');
    let start = pattern.find(is_number).unwrap_or(pattern.len());
    let end = pattern[start..].find(|character| !is_number(character));
    let end = end.map_or(pattern.len(), |end| start + end);
    Affixes {
        prefix: &pattern[..start],
        suffix: &pattern[end..],
    }
}

/// Splits patterns into those of positive and, if it is defined, negative amounts.
fn patterns(language: Language, symbol: &str) -> (Affixes<'static>, Option<Affixes<'static>>) {
    let data = language.data();
    let split = |patterns: &'static str| match patterns.split_once(';') {
        Some((positive, negative)) => (affixes(positive), Some(affixes(negative))),
        None => (affixes(patterns), None),
    };
    let (positive, negative) = split(data.standard);
    let letter_is_next = (positive.prefix.ends_with(SYMBOL)
        && symbol.ends_with(char::is_alphabetic))
        || (positive.suffix.starts_with(SYMBOL) && symbol.starts_with(char::is_alphabetic));
    if letter_is_next {
        split(data.alpha_next_to_number)
    } else {
        (positive, negative)
    }
}

/// Returns the symbol of a currency, or its code if it has none.
fn symbol(language: Language, currency: Currency) -> String {
    let mut symbols = language.data().symbols.iter();
    let symbol = symbols.find(|(code, _)| *code == currency.code());
    symbol.map_or_else(
        || currency.code().to_ascii_uppercase(),
        |(_, symbol)| (*symbol).to_owned(),
    )
}

/// Returns the format of a currency's numbers, without symbol: `0.000,00`.
///
/// The browser adds amounts up in this format too. It always has digit groups, although in some
/// languages CLDR's begin with five digits only.
fn number_pattern(currency: Currency, language: Language) -> String {
    let mut number = Decimal::from(0);
    number.pad_start(5);
    number.pad_end(-i16::from(currency.decimals()));
    let number = numbers::format(&number, language);
    number.strip_prefix('0').unwrap_or(&number).to_owned()
}

/// Returns an amount without its sign and symbol.
fn number(amount: MinorUnit, currency: Currency, language: Language) -> String {
    let pattern = number_pattern(currency, language);
    let Some(pattern) = MoneyPattern::parse(&pattern) else {
        return amount.of(currency).decimal().replace('-', "");
    };
    let number = pattern.write(amount.0);
    number.strip_prefix('−').unwrap_or(&number).to_owned()
}

impl Language {
    /// Writes an amount: `€1,234.56` in English, `1.234,56 €` in German.
    #[must_use]
    pub fn money(self, money: Money) -> String {
        match MoneyPattern::parse(self.money_pattern(money.currency)) {
            Some(pattern) if money.amount.0 >= 0 => pattern.write(money.amount.0),
            _ => self.money_by_parts(money),
        }
    }

    /// The same, by CLDR's patterns for both signs.
    fn money_by_parts(self, money: Money) -> String {
        let symbol = symbol(self, money.currency);
        let (positive, negative) = patterns(self, &symbol);
        let number = number(money.amount, money.currency, self);
        if money.amount.0 >= 0 {
            return positive.write(&number, &symbol);
        }
        let minus = minus_sign(self);
        match negative {
            Some(Affixes { prefix, suffix }) => Affixes {
                prefix: &prefix.replace('-', &minus),
                suffix: &suffix.replace('-', &minus),
            }
            .write(&number, &symbol),
            None => format!("{minus}{}", positive.write(&number, &symbol)),
        }
    }

    /// The format of amounts in a currency, for [`MoneyPattern::parse`] in the browser:
    /// `0.000,00 €` in German. Amounts that are not negative look as with [`Language::money`].
    #[must_use]
    pub fn money_pattern(self, currency: Currency) -> &'static str {
        let pattern = PATTERNS.get(&(self, currency));
        pattern.map_or_else(|| currency.code(), String::as_str)
    }
}

/// The patterns of all currencies: a page writes dozens of amounts.
static PATTERNS: LazyLock<BTreeMap<(Language, Currency), String>> = LazyLock::new(|| {
    let of_language = |language: Language| {
        Currency::all().map(move |currency| ((language, currency), pattern(currency, language)))
    };
    Language::all().flat_map(of_language).collect()
});

fn pattern(currency: Currency, language: Language) -> String {
    let symbol = symbol(language, currency);
    let (positive, _) = patterns(language, &symbol);
    positive.write(&number_pattern(currency, language), &symbol)
}

/// The minus sign of a language.
fn minus_sign(language: Language) -> String {
    numbers::format(&Decimal::from(-1), language).replace('1', "")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(amount: i64, currency: &str, language: &str) -> String {
        let money = MinorUnit(amount).of(currency.parse().unwrap());
        language.parse::<Language>().unwrap().money(money)
    }

    #[test]
    fn a_pattern_has_its_symbol_before_or_after_the_number() {
        for language in Language::all() {
            let data = language.data();
            for patterns in [data.standard, data.alpha_next_to_number] {
                for pattern in patterns.split(';') {
                    let Affixes { prefix, suffix } = affixes(pattern);
                    let symbols = format!("{prefix}{suffix}").matches(SYMBOL).count();
                    assert_eq!(symbols, 1, "{language}: {pattern}");
                    assert!(pattern.contains("#,##0.00"), "{language}: {pattern}");
                }
            }
        }
        let danish = affixes("#,##0.00\u{a0}¤");
        assert_eq!(danish.write("1,00", "kr."), "1,00\u{a0}kr.");
        let dutch = affixes("¤\u{a0}-#,##0.00");
        assert_eq!(dutch.write("1,00", "€"), "€\u{a0}-1,00");
    }

    /// Patterns and symbols of CLDR 48.2.0: cldr-numbers-full, `currencyFormats-numberSystem-latn`
    /// of `main/*/numbers.json` and `main/*/currencies.json`. The same texts as ICU 78.2 writes.
    #[test]
    fn amounts_are_written_as_cldr_defines() {
        #[rustfmt::skip]
        let expected = [
            ("en", "eur", 0, "€0.00"),
            ("en", "eur", 5, "€0.05"),
            ("en", "eur", 123_456, "€1,234.56"),
            ("en", "eur", -123_456, "-€1,234.56"),
            ("en", "eur", 123_456_789, "€1,234,567.89"),
            ("en", "usd", 123_456, "$1,234.56"),
            ("en", "usd", -5, "-$0.05"),
            ("en", "gbp", 123_456, "£1,234.56"),
            ("en", "chf", 123_456, "CHF\u{a0}1,234.56"),
            ("en", "chf", -1234, "-CHF\u{a0}12.34"),
            ("en", "jpy", 0, "¥0"),
            ("en", "jpy", 123_456, "¥123,456"),
            ("en", "jpy", -500, "-¥500"),
            ("en", "kwd", 1_234_567, "KWD\u{a0}1,234.567"),
            ("en", "kwd", -5, "-KWD\u{a0}0.005"),
            ("en", "xof", 1_234_567, "F\u{202f}CFA\u{a0}1,234,567"),
            ("en", "sek", 123_456, "SEK\u{a0}1,234.56"),
            ("en", "vnd", 500_000, "₫500,000"),
            ("de", "eur", 0, "0,00\u{a0}€"),
            ("de", "eur", 5, "0,05\u{a0}€"),
            ("de", "eur", 123_456, "1.234,56\u{a0}€"),
            ("de", "eur", -123_456, "-1.234,56\u{a0}€"),
            ("de", "eur", 123_456_789, "1.234.567,89\u{a0}€"),
            ("de", "usd", 123_456, "1.234,56\u{a0}$"),
            ("de", "usd", -5, "-0,05\u{a0}$"),
            ("de", "gbp", 123_456, "1.234,56\u{a0}£"),
            ("de", "chf", 123_456, "1.234,56\u{a0}CHF"),
            ("de", "chf", -1234, "-12,34\u{a0}CHF"),
            ("de", "jpy", 0, "0\u{a0}¥"),
            ("de", "jpy", 123_456, "123.456\u{a0}¥"),
            ("de", "jpy", -500, "-500\u{a0}¥"),
            ("de", "kwd", 1_234_567, "1.234,567\u{a0}KWD"),
            ("de", "kwd", -5, "-0,005\u{a0}KWD"),
            ("de", "xof", 1_234_567, "1.234.567\u{a0}F\u{202f}CFA"),
            ("de", "sek", 123_456, "1.234,56\u{a0}SEK"),
            ("de", "vnd", 500_000, "500.000\u{a0}₫"),
            ("fr", "eur", 0, "0,00\u{a0}€"),
            ("fr", "eur", 5, "0,05\u{a0}€"),
            ("fr", "eur", 123_456, "1\u{202f}234,56\u{a0}€"),
            ("fr", "eur", -123_456, "-1\u{202f}234,56\u{a0}€"),
            ("fr", "eur", 123_456_789, "1\u{202f}234\u{202f}567,89\u{a0}€"),
            ("fr", "usd", 123_456, "1\u{202f}234,56\u{a0}$US"),
            ("fr", "usd", -5, "-0,05\u{a0}$US"),
            ("fr", "gbp", 123_456, "1\u{202f}234,56\u{a0}£GB"),
            ("fr", "chf", 123_456, "1\u{202f}234,56\u{a0}CHF"),
            ("fr", "chf", -1234, "-12,34\u{a0}CHF"),
            ("fr", "jpy", 0, "0\u{a0}JPY"),
            ("fr", "jpy", 123_456, "123\u{202f}456\u{a0}JPY"),
            ("fr", "jpy", -500, "-500\u{a0}JPY"),
            ("fr", "kwd", 1_234_567, "1\u{202f}234,567\u{a0}KWD"),
            ("fr", "kwd", -5, "-0,005\u{a0}KWD"),
            ("fr", "xof", 1_234_567, "1\u{202f}234\u{202f}567\u{a0}F\u{202f}CFA"),
            ("fr", "sek", 123_456, "1\u{202f}234,56\u{a0}SEK"),
            ("fr", "vnd", 500_000, "500\u{202f}000\u{a0}₫"),
        ];
        for (language, currency, amount, text) in expected {
            assert_eq!(written(amount, currency, language), text);
        }
    }

    #[test]
    fn the_smallest_amount_has_all_its_digits() {
        let smallest = "-92.233.720.368.547.758,08\u{a0}€";
        assert_eq!(written(i64::MIN, "eur", "de"), smallest);
    }

    #[test]
    fn the_browser_writes_amounts_as_the_server_does() {
        for language in Language::all() {
            for currency in Currency::all() {
                let text = language.money_pattern(currency);
                let pattern = MoneyPattern::parse(text).unwrap();
                assert_eq!(pattern.to_string(), text, "{language}");
                for amount in [0, 1, 99, 100, 1250, 123_456, 123_456_789, i64::MAX] {
                    let money = MinorUnit(amount).of(currency);
                    assert_eq!(pattern.write(amount), language.money(money), "{text}");
                    assert_eq!(language.money(money), language.money_by_parts(money));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_amount_has_its_digits_in_any_language(amount: i64, index in 0..48usize) {
            let currency = Currency::all().nth(index).unwrap();
            for language in Language::all() {
                let written = language.money(MinorUnit(amount).of(currency));
                let digits: String = written.chars().filter(char::is_ascii_digit).collect();
                let digits = digits.trim_start_matches('0');
                let expected = amount.unsigned_abs().to_string();
                prop_assert_eq!(digits, expected.trim_start_matches('0'));
                prop_assert_eq!(written.contains('-'), amount < 0);
            }
        }
    }
}
