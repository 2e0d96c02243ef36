//! What a Checkout Session costs: subtotal, discount, shipping, tax and total.
//!
//! All amounts are whole minor units. The rules:
//! - The discount applies to the line items, never to shipping, and never exceeds the subtotal. A
//!   percentage is applied to the subtotal and rounded half up; the result is split over the line
//!   items in proportion to their amounts, so that the parts add up to it.
//! - Tax is calculated for each line item after its discount, and for shipping, each rounded half
//!   up; the session's tax is their sum. `inclusive` tax is part of the price, `exclusive` tax is
//!   added to it.
//! - Every amount is a multiple of the currency's step, which is 1 for most currencies and more for
//!   ISK and KWD, for example.

/// Millionths: a percentage with four decimals, as a whole number.
const MILLION: i128 = 1_000_000;

/// The discount to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reduction {
    /// Millionths of the subtotal, at most one million.
    Percent(u32),
    /// Minor units.
    Amount(i64),
}

/// The tax on one line or on shipping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tax {
    /// Millionths of the price before tax.
    pub(crate) rate: u32,
    /// Whether the price includes it.
    pub(crate) inclusive: bool,
}

/// A price and the tax on it. There is no tax before an address is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TaxablePrice {
    pub(crate) amount: i64,
    pub(crate) tax: Option<Tax>,
}

/// What the totals are calculated from.
#[derive(Debug, Clone)]
pub(crate) struct TotalsInput {
    /// Of each line item: unit amount times quantity.
    pub(crate) lines: Vec<TaxablePrice>,
    pub(crate) reduction: Option<Reduction>,
    pub(crate) shipping: Option<TaxablePrice>,
    /// All amounts are multiples of this many minor units.
    pub(crate) step: i64,
}

/// The totals of one line item, or of shipping, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LineTotals {
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    pub(crate) tax: i64,
    /// After the discount, including tax.
    pub(crate) total: i64,
}

/// The totals of a session in minor units: sums over its line items and shipping.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) lines: Vec<LineTotals>,
    pub(crate) shipping: Option<LineTotals>,
    /// Of the line items only.
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    /// On the line items and on shipping, inclusive and exclusive.
    pub(crate) tax: i64,
    pub(crate) total: i64,
}

impl TotalsInput {
    /// Calculates the totals. Amounts were checked when the session was created: none is negative.
    pub(crate) fn totals(&self) -> Totals {
        let step = self.step.max(1);
        let subtotal = sum(self.lines.iter().map(|line| line.amount));
        let discount = match self.reduction {
            None => 0,
            Some(Reduction::Amount(amount)) => amount.clamp(0, subtotal),
            Some(Reduction::Percent(millionths)) => {
                let rate = i128::from(millionths).min(MILLION);
                round_half_up(i128::from(subtotal) * rate, MILLION, step).min(subtotal)
            }
        };
        let mut split = DiscountSplit {
            step,
            discount,
            subtotal,
            seen: 0,
        };
        let lines: Vec<LineTotals> = self
            .lines
            .iter()
            .map(|line| line_totals(*line, split.next(line.amount), step))
            .collect();
        let shipping = self.shipping.map(|shipping| line_totals(shipping, 0, step));
        let all = || lines.iter().chain(&shipping);
        Totals {
            subtotal,
            discount,
            tax: sum(all().map(|line| line.tax)),
            total: sum(all().map(|line| line.total)),
            lines,
            shipping,
        }
    }
}

/// Splits the discount over the line items. Each gets the difference between the discounts on the
/// running subtotal after and before it, so that the parts add up to the whole discount.
struct DiscountSplit {
    step: i64,
    discount: i64,
    subtotal: i64,
    /// The subtotal of the line items so far.
    seen: i64,
}

impl DiscountSplit {
    /// The discount on the next line item.
    fn next(&mut self, amount: i64) -> i64 {
        let before = self.discount_so_far();
        self.seen = self.seen.saturating_add(amount);
        self.discount_so_far() - before
    }

    /// The discount on the line items so far, rounded down to a step.
    fn discount_so_far(&self) -> i64 {
        if self.subtotal == 0 {
            return 0;
        }
        let step = i128::from(self.step);
        let steps = i128::from(self.discount) * i128::from(self.seen) / i128::from(self.subtotal);
        saturate(steps / step * step)
    }
}

fn line_totals(price: TaxablePrice, discount: i64, step: i64) -> LineTotals {
    let net = price.amount - discount;
    let (tax, added) = match price.tax {
        None => (0, 0),
        Some(Tax { rate, inclusive }) => {
            let (net, rate) = (i128::from(net), i128::from(rate));
            if inclusive {
                (round_half_up(net * rate, MILLION + rate, step), 0)
            } else {
                let tax = round_half_up(net * rate, MILLION, step);
                (tax, tax)
            }
        }
    };
    LineTotals {
        subtotal: price.amount,
        discount,
        tax,
        total: net.saturating_add(added),
    }
}

/// `dividend / divisor` as a multiple of `step`, with half a step rounded up. Arguments must not be
/// negative.
fn round_half_up(dividend: i128, divisor: i128, step: i64) -> i64 {
    let step = i128::from(step);
    let divisor = divisor * step;
    saturate((dividend * 2 + divisor) / (divisor * 2) * step)
}

fn saturate(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

fn sum(amounts: impl Iterator<Item = i64>) -> i64 {
    amounts.fold(0, i64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(amounts: &[i64]) -> TotalsInput {
        let lines = amounts.iter().map(|amount| TaxablePrice {
            amount: *amount,
            tax: None,
        });
        TotalsInput {
            lines: lines.collect(),
            reduction: None,
            shipping: None,
            step: 1,
        }
    }

    fn taxed(amount: i64, rate: u32, inclusive: bool) -> TotalsInput {
        TotalsInput {
            lines: vec![TaxablePrice {
                amount,
                tax: Some(Tax { rate, inclusive }),
            }],
            ..plain(&[])
        }
    }

    fn discounts(totals: &Totals) -> Vec<i64> {
        totals.lines.iter().map(|line| line.discount).collect()
    }

    #[test]
    fn a_percentage_is_rounded_half_up_and_split_over_the_lines() {
        let input = TotalsInput {
            reduction: Some(Reduction::Percent(255_000)),
            ..plain(&[333, 333, 334])
        };
        let totals = input.totals();
        assert_eq!(
            (totals.subtotal, totals.discount, totals.total),
            (1000, 255, 745)
        );
        assert_eq!(discounts(&totals), [84, 85, 86]);
        let half = TotalsInput {
            reduction: Some(Reduction::Percent(500_000)),
            ..plain(&[1])
        };
        assert_eq!(half.totals().discount, 1);
    }

    #[test]
    fn an_amount_off_stops_at_nothing() {
        let input = TotalsInput {
            reduction: Some(Reduction::Amount(5000)),
            shipping: Some(TaxablePrice {
                amount: 490,
                tax: None,
            }),
            ..plain(&[1000, 250])
        };
        let totals = input.totals();
        assert_eq!((totals.discount, totals.total), (1250, 490));
        assert_eq!(discounts(&totals), [1000, 250]);
    }

    #[test]
    fn tax_is_added_to_the_price_or_contained_in_it() {
        let added = taxed(1000, 190_000, false).totals();
        assert_eq!((added.subtotal, added.tax, added.total), (1000, 190, 1190));
        let contained = taxed(1190, 190_000, true).totals();
        assert_eq!(
            (contained.subtotal, contained.tax, contained.total),
            (1190, 190, 1190)
        );
    }

    #[test]
    fn tax_is_on_what_the_discount_leaves_and_on_shipping() {
        let input = TotalsInput {
            reduction: Some(Reduction::Percent(500_000)),
            shipping: Some(TaxablePrice {
                amount: 500,
                tax: Some(Tax {
                    rate: 200_000,
                    inclusive: true,
                }),
            }),
            ..taxed(1000, 200_000, false)
        };
        let totals = input.totals();
        assert_eq!(totals.lines[0].tax, 100);
        assert_eq!(
            totals.shipping,
            Some(LineTotals {
                subtotal: 500,
                discount: 0,
                tax: 83,
                total: 500
            })
        );
        assert_eq!((totals.tax, totals.total), (183, 1100));
    }

    #[test]
    fn the_step_of_the_currency_is_kept() {
        let input = TotalsInput {
            reduction: Some(Reduction::Percent(333_333)),
            step: 10,
            ..taxed(1230, 81_000, false)
        };
        let totals = input.totals();
        assert_eq!((totals.discount, totals.tax, totals.total), (410, 70, 890));
    }

    fn tax() -> impl Strategy<Value = Option<Tax>> {
        proptest::option::of(
            (0_u32..300_000, any::<bool>()).prop_map(|(rate, inclusive)| Tax { rate, inclusive }),
        )
    }

    fn priced(step: i64) -> impl Strategy<Value = TaxablePrice> {
        (0_i64..=9_999_999_999, tax()).prop_map(move |(amount, tax)| TaxablePrice {
            amount: amount * step,
            tax,
        })
    }

    fn input() -> impl Strategy<Value = TotalsInput> {
        let reduction = |step: i64| {
            proptest::option::of(prop_oneof![
                (0_u32..=1_000_000).prop_map(Reduction::Percent),
                (0_i64..=1_000_000_000_000)
                    .prop_map(move |amount| Reduction::Amount(amount * step)),
            ])
        };
        prop_oneof![Just(1_i64), Just(10), Just(100)].prop_flat_map(move |step| {
            (
                proptest::collection::vec(priced(step), 1..30),
                reduction(step),
                proptest::option::of(priced(step)),
            )
                .prop_map(move |(lines, reduction, shipping)| TotalsInput {
                    lines,
                    reduction,
                    shipping,
                    step,
                })
        })
    }

    proptest! {
        #[test]
        fn the_lines_add_up_to_the_session_and_nothing_is_below_zero(input in input()) {
            let totals = input.totals();
            let parts: Vec<LineTotals> = totals
                .lines
                .iter()
                .chain(&totals.shipping)
                .copied()
                .collect();
            let add = |part: fn(&LineTotals) -> i64| parts.iter().map(part).sum::<i64>();
            let shipping = totals.shipping.unwrap_or_default();
            prop_assert_eq!(totals.subtotal + shipping.subtotal, add(|share| share.subtotal));
            prop_assert_eq!(totals.discount, add(|share| share.discount));
            prop_assert_eq!(totals.tax, add(|share| share.tax));
            prop_assert_eq!(totals.total, add(|share| share.total));
            prop_assert!(totals.discount <= totals.subtotal);
            let prices = input.lines.iter().chain(&input.shipping);
            let mut added = 0;
            for (share, price) in parts.iter().zip(prices) {
                prop_assert!(share.discount >= 0 && share.discount <= share.subtotal);
                prop_assert!(share.tax >= 0 && share.total >= 0);
                for amount in [share.discount, share.tax, share.total] {
                    prop_assert_eq!(amount % input.step, 0);
                }
                if price.tax.is_some_and(|tax| !tax.inclusive) {
                    added += share.tax;
                } else {
                    prop_assert!(share.tax <= share.total);
                }
            }
            prop_assert_eq!(
                totals.total,
                totals.subtotal - totals.discount + shipping.subtotal + added
            );
        }
    }
}
