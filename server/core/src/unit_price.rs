//! Unit prices: what 1 kg, 1 l, 1 m, 1 m², 1 m³ or one item of a product costs.
//!
//! Directive 98/6/EC on price indications, Articles 2(b) and 3, asks for the unit price beside the
//! price of what is sold by quantity, and Article 3(4) asks for it in advertisements too.
//! Directive (EU) 2019/2161 left these articles as they were. Article 2(b) names the kilogram, the
//! litre, the metre, the square metre and the cubic metre as references, and any other single unit
//! that is customary for a product. Germany's `PAngV` of 2022, § 5(1), allows only these five for
//! what is usually sold in packages: since 28 May 2022 not even 100 g or 100 ml for small ones.

use serde::{Deserialize, Serialize};

use crate::money::{MinorUnit, Money};

/// How much one unit of a variant contains: 0.75 l.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// In thousandths of the unit, more than zero.
    pub thousandths: i64,
    /// The unit.
    pub unit: ContentUnit,
}

/// The unit of a [`Content`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentUnit {
    /// Gram.
    Gram,
    /// Kilogram.
    Kilogram,
    /// Millilitre.
    Millilitre,
    /// Centilitre.
    Centilitre,
    /// Litre.
    Litre,
    /// Centimetre.
    Centimetre,
    /// Metre.
    Metre,
    /// Square metre.
    SquareMetre,
    /// Cubic metre.
    CubicMetre,
    /// A countable thing, such as a tablet.
    Item,
}

impl ContentUnit {
    /// All units.
    pub const ALL: [Self; 10] = [
        Self::Gram,
        Self::Kilogram,
        Self::Millilitre,
        Self::Centilitre,
        Self::Litre,
        Self::Centimetre,
        Self::Metre,
        Self::SquareMetre,
        Self::CubicMetre,
        Self::Item,
    ];

    /// The unit as files and the database spell it.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Gram => "g",
            Self::Kilogram => "kg",
            Self::Millilitre => "ml",
            Self::Centilitre => "cl",
            Self::Litre => "l",
            Self::Centimetre => "cm",
            Self::Metre => "m",
            Self::SquareMetre => "m2",
            Self::CubicMetre => "m3",
            Self::Item => "item",
        }
    }

    /// The unit that this text names, in any case: `ml`, `L`, `m²`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_lowercase().replace('²', "2").replace('³', "3");
        Self::ALL.into_iter().find(|unit| unit.symbol() == text)
    }

    /// What its unit prices refer to, and how many of this unit that is.
    fn reference(self) -> (ReferenceUnit, i64) {
        match self {
            Self::Gram => (ReferenceUnit::Kilogram, 1000),
            Self::Kilogram => (ReferenceUnit::Kilogram, 1),
            Self::Millilitre => (ReferenceUnit::Litre, 1000),
            Self::Centilitre => (ReferenceUnit::Litre, 100),
            Self::Litre => (ReferenceUnit::Litre, 1),
            Self::Centimetre => (ReferenceUnit::Metre, 100),
            Self::Metre => (ReferenceUnit::Metre, 1),
            Self::SquareMetre => (ReferenceUnit::SquareMetre, 1),
            Self::CubicMetre => (ReferenceUnit::CubicMetre, 1),
            Self::Item => (ReferenceUnit::Item, 1),
        }
    }
}

/// What a unit price refers to: one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceUnit {
    /// 1 kg.
    Kilogram,
    /// 1 l.
    Litre,
    /// 1 m.
    Metre,
    /// 1 m².
    SquareMetre,
    /// 1 m³.
    CubicMetre,
    /// One countable thing.
    Item,
}

impl ReferenceUnit {
    /// The symbol, which is the same in every language. `None` for an item, which is a word.
    #[must_use]
    pub fn symbol(self) -> Option<&'static str> {
        match self {
            Self::Kilogram => Some("kg"),
            Self::Litre => Some("l"),
            Self::Metre => Some("m"),
            Self::SquareMetre => Some("m²"),
            Self::CubicMetre => Some("m³"),
            Self::Item => None,
        }
    }
}

/// A unit price that is to be shown: `€11.60` for each `l`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UnitPrice {
    /// The price of one `unit`, rounded half up to the minor unit of its currency.
    pub price: Money,
    /// What is priced.
    pub unit: ReferenceUnit,
}

impl UnitPrice {
    /// The unit price to show beside a price: the one in force, so during a sale the reduced one.
    ///
    /// `None` if there is nothing to show:
    /// - The content is exactly the reference, such as 1000 g or one item. The unit price is the
    ///   price then, and Article 3(1) does not ask for it. The amounts are not compared: a price
    ///   for 1.001 kg that is the same only by rounding is shown, whatever the price is.
    /// - It rounds to zero, such as a cent for 1000 screws: it would say that they are free.
    /// - The content is not above zero, the price is below zero, or the result is no amount.
    ///
    /// Member states may exempt products (Article 5), such as packages below 10 g in Germany.
    /// Showing more than the law asks for is allowed, so no exemption is applied: a variant without
    /// a content has no unit price.
    #[must_use]
    pub fn of(price: Money, content: Content) -> Option<Self> {
        let (unit, count) = content.unit.reference();
        let reference = i128::from(count) * 1000;
        let content = i128::from(content.thousandths);
        if content <= 0 || content == reference {
            return None;
        }
        // At most 2^63 times 10^6, twice: far below the limits of 128 bits.
        let doubled = 2 * i128::from(price.amount.0) * reference;
        let rounded = i64::try_from((doubled + content).div_euclid(2 * content)).ok()?;
        (rounded > 0).then(|| Self {
            price: MinorUnit(rounded).of(price.currency),
            unit,
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::Currency;

    fn money(amount: i64, currency: &str) -> Money {
        MinorUnit(amount).of(currency.parse().unwrap())
    }

    fn content(thousandths: i64, unit: &str) -> Content {
        let unit = ContentUnit::parse(unit).unwrap();
        Content { thousandths, unit }
    }

    /// The unit price as a page in English may write it.
    fn written(amount: i64, currency: &str, thousandths: i64, unit: &str) -> Option<String> {
        let shown = UnitPrice::of(money(amount, currency), content(thousandths, unit))?;
        let unit = shown.unit.symbol().unwrap_or("item");
        Some(format!("{}/{unit}", shown.price))
    }

    #[test]
    fn the_unit_price_is_that_of_the_reference() {
        for (amount, currency, thousandths, unit, expected) in [
            // 250 ml of juice for €2.90, the usual example for the PAngV.
            (290, "eur", 250_000, "ml", "€11.60/l"),
            (129, "eur", 750_000, "g", "€1.72/kg"),
            (129, "eur", 750, "kg", "€1.72/kg"),
            (999, "eur", 700, "l", "€14.27/l"),
            (999, "eur", 70_000, "cl", "€14.27/l"),
            (1999, "eur", 500, "g", "€39,980.00/kg"),
            (1200, "eur", 5000, "kg", "€2.40/kg"),
            (499, "eur", 250_000, "cm", "€2.00/m"),
            (1000, "eur", 3000, "m", "€3.33/m"),
            (4990, "eur", 2220, "m2", "€22.48/m²"),
            (6000, "eur", 60, "m3", "€1,000.00/m³"),
            (499, "eur", 20_000, "item", "€0.25/item"),
            // Currencies without decimals and with three.
            (500, "jpy", 150_000, "g", "¥3,333/kg"),
            (1250, "kwd", 3000, "m", "KWD 0.417/m"),
        ] {
            let shown = written(amount, currency, thousandths, unit);
            assert_eq!(shown.as_deref(), Some(expected), "{thousandths} {unit}");
        }
    }

    #[test]
    fn half_a_minor_unit_is_rounded_up() {
        for (amount, thousandths, expected) in [
            (5, 2000, "€0.03/kg"),
            (499, 200_000, "€0.02/kg"),
            (500, 200_000, "€0.03/kg"),
            (1, 2000, "€0.01/kg"),
        ] {
            let shown = written(amount, "eur", thousandths, "kg");
            assert_eq!(shown.as_deref(), Some(expected));
        }
    }

    #[test]
    fn the_reference_itself_needs_no_unit_price() {
        for (thousandths, unit) in [
            (1000, "kg"),
            (1_000_000, "g"),
            (1000, "l"),
            (1_000_000, "ml"),
            (100_000, "cl"),
            (100_000, "cm"),
            (1000, "m"),
            (1000, "m2"),
            (1000, "m3"),
            (1000, "item"),
        ] {
            assert_eq!(written(499, "eur", thousandths, unit), None, "{unit}");
        }
        // The same only by rounding.
        let rounded = written(100, "eur", 1001, "kg");
        assert_eq!(rounded.as_deref(), Some("€1.00/kg"));
    }

    #[test]
    fn what_says_nothing_is_not_shown() {
        assert_eq!(written(1, "eur", 1_000_000, "item"), None);
        assert_eq!(written(0, "eur", 500, "kg"), None);
        assert_eq!(written(-100, "eur", 500, "kg"), None);
        assert_eq!(written(100, "eur", 0, "kg"), None);
        assert_eq!(written(100, "eur", -500, "kg"), None);
        // €92 quadrillion for a milligram.
        assert_eq!(written(i64::MAX, "eur", 1, "g"), None);
    }

    #[test]
    fn units_are_read_as_they_are_written() {
        for unit in ContentUnit::ALL {
            assert_eq!(ContentUnit::parse(unit.symbol()), Some(unit));
        }
        assert_eq!(ContentUnit::parse("M²"), Some(ContentUnit::SquareMetre));
        assert_eq!(ContentUnit::parse("lb"), None);
    }

    fn any_currency() -> impl Strategy<Value = Currency> {
        proptest::sample::select(Currency::all().collect::<Vec<_>>())
    }

    fn any_unit() -> impl Strategy<Value = ContentUnit> {
        proptest::sample::select(ContentUnit::ALL.to_vec())
    }

    /// Thousandths of the reference in a unit, as a fraction.
    fn thousandths_of_reference(unit: ContentUnit) -> (i128, i128) {
        match unit.symbol() {
            "g" | "ml" => (1, 1000),
            "cl" | "cm" => (1, 100),
            _ => (1, 1),
        }
    }

    proptest! {
        /// The exact unit price, as a fraction, is at most half a minor unit away, and half a
        /// minor unit only below what is shown.
        #[test]
        fn the_unit_price_is_the_exact_fraction_rounded_half_up(
            amount in prop_oneof![1_i64..100_000, 1_i64..=i64::MAX],
            thousandths in prop_oneof![1_i64..10_000, 1_i64..=i64::MAX],
            unit in any_unit(),
            currency in any_currency(),
        ) {
            let content = Content { thousandths, unit };
            let shown = UnitPrice::of(MinorUnit(amount).of(currency), content);
            // price / (content / 1000) = numerator / denominator
            let (up, down) = thousandths_of_reference(unit);
            let numerator = i128::from(amount) * 1000 * down;
            let denominator = i128::from(thousandths) * up;
            match shown {
                Some(shown) => {
                    let rounded = i128::from(shown.price.amount.0);
                    prop_assert_eq!(shown.price.currency, currency);
                    prop_assert!(2 * numerator >= (2 * rounded - 1) * denominator);
                    prop_assert!(2 * numerator < (2 * rounded + 1) * denominator);
                    prop_assert_ne!(denominator, 1000 * down);
                }
                None => {
                    let zero = 2 * numerator < denominator;
                    let reference = denominator == 1000 * down;
                    let limit = 2 * i128::from(i64::MAX) + 1;
                    prop_assert!(zero || reference || 2 * numerator >= limit * denominator);
                }
            }
        }

        #[test]
        fn no_price_and_no_content_make_it_panic(
            amount in any::<i64>(),
            thousandths in any::<i64>(),
            unit in any_unit(),
        ) {
            let content = Content { thousandths, unit };
            let shown = UnitPrice::of(money(amount, "eur"), content);
            prop_assert!(shown.is_none_or(|shown| shown.price.amount > MinorUnit::ZERO));
        }
    }
}
