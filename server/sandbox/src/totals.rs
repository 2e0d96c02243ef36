//! What a Checkout Session costs: subtotal, discount, shipping, tax and total.
//!
//! Whole minor units only. The rules:
//! - The discount is taken off the lines, never off shipping, and never goes below 0. A percentage is taken once of the
//!   subtotal and rounded half up; the result is spread over the lines by their share, so that they add up to it.
//! - Tax is reckoned for each line after its discount, and for shipping, each rounded half up; the session's tax is
//!   their sum. `inclusive` tax is a part of the price, `exclusive` tax is added to it.
//! - Every amount is a multiple of the currency's step: yen and euro cents count by 1, ISK and KWD by more.

/// Millionths: a percentage with four decimals, as a whole number.
const MILLION: i128 = 1_000_000;

/// What is taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reduction {
    /// Millionths of the subtotal, at most one million.
    Share(u32),
    /// Minor units.
    Amount(i64),
}

/// The tax on one line or on shipping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tax {
    /// Millionths of the price before tax.
    pub(crate) rate: u32,
    /// Whether the price contains it.
    pub(crate) inclusive: bool,
}

/// A price and the tax on it; no tax before an address is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Priced {
    pub(crate) amount: i64,
    pub(crate) tax: Option<Tax>,
}

/// What is reckoned.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// Each line: unit amount times quantity.
    pub(crate) lines: Vec<Priced>,
    pub(crate) reduction: Option<Reduction>,
    pub(crate) shipping: Option<Priced>,
    /// All amounts are multiples of this many minor units.
    pub(crate) step: i64,
}

/// The result for one line, or for shipping.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    pub(crate) tax: i64,
    /// After the discount, with every tax.
    pub(crate) total: i64,
}

/// The result: each amount of the session is the sum over its lines and shipping.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) lines: Vec<Share>,
    pub(crate) shipping: Option<Share>,
    /// The lines only.
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    /// On the lines and on shipping, contained or added.
    pub(crate) tax: i64,
    pub(crate) total: i64,
}

impl Order {
    /// Adds everything up. Amounts were checked when the session was created: none is negative.
    pub(crate) fn totals(&self) -> Totals {
        let step = self.step.max(1);
        let subtotal = sum(self.lines.iter().map(|line| line.amount));
        let discount = match self.reduction {
            None => 0,
            Some(Reduction::Amount(amount)) => amount.clamp(0, subtotal),
            Some(Reduction::Share(share)) => {
                let rate = i128::from(share).min(MILLION);
                rounded(i128::from(subtotal) * rate, MILLION, step).min(subtotal)
            }
        };
        let mut spread = Spread {
            step,
            discount,
            subtotal,
            seen: 0,
        };
        let lines: Vec<Share> = self
            .lines
            .iter()
            .map(|line| share(*line, spread.next(line.amount), step))
            .collect();
        let shipping = self.shipping.map(|shipping| share(shipping, 0, step));
        let all = || lines.iter().chain(&shipping);
        Totals {
            subtotal,
            discount,
            tax: sum(all().map(|share| share.tax)),
            total: sum(all().map(|share| share.total)),
            lines,
            shipping,
        }
    }
}

/// Spreads the discount: each line gets the difference between what its end and its beginning are worth of the whole.
struct Spread {
    step: i64,
    discount: i64,
    subtotal: i64,
    seen: i64,
}

impl Spread {
    fn next(&mut self, amount: i64) -> i64 {
        let before = self.worth();
        self.seen = self.seen.saturating_add(amount);
        self.worth() - before
    }

    /// The discount on everything seen so far, rounded down to a step.
    fn worth(&self) -> i64 {
        if self.subtotal == 0 {
            return 0;
        }
        let step = i128::from(self.step);
        let steps = i128::from(self.discount) * i128::from(self.seen) / i128::from(self.subtotal);
        narrow(steps / step * step)
    }
}

fn share(price: Priced, discount: i64, step: i64) -> Share {
    let due = price.amount - discount;
    let (tax, added) = match price.tax {
        None => (0, 0),
        Some(Tax { rate, inclusive }) => {
            let (due, rate) = (i128::from(due), i128::from(rate));
            if inclusive {
                (rounded(due * rate, MILLION + rate, step), 0)
            } else {
                let tax = rounded(due * rate, MILLION, step);
                (tax, tax)
            }
        }
    };
    Share {
        subtotal: price.amount,
        discount,
        tax,
        total: due.saturating_add(added),
    }
}

/// `dividend / divisor` as a multiple of `step`, half a step rounded up. Nothing here is negative.
fn rounded(dividend: i128, divisor: i128, step: i64) -> i64 {
    let step = i128::from(step);
    let divisor = divisor * step;
    narrow((dividend * 2 + divisor) / (divisor * 2) * step)
}

fn narrow(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

fn sum(amounts: impl Iterator<Item = i64>) -> i64 {
    amounts.fold(0, i64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(amounts: &[i64]) -> Order {
        let lines = amounts.iter().map(|amount| Priced {
            amount: *amount,
            tax: None,
        });
        Order {
            lines: lines.collect(),
            reduction: None,
            shipping: None,
            step: 1,
        }
    }

    fn taxed(amount: i64, rate: u32, inclusive: bool) -> Order {
        Order {
            lines: vec![Priced {
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
    fn a_percentage_is_rounded_half_up_and_spread_over_the_lines() {
        let order = Order {
            reduction: Some(Reduction::Share(255_000)),
            ..plain(&[333, 333, 334])
        };
        let totals = order.totals();
        assert_eq!(
            (totals.subtotal, totals.discount, totals.total),
            (1000, 255, 745)
        );
        assert_eq!(discounts(&totals), [84, 85, 86]);
        let half = Order {
            reduction: Some(Reduction::Share(500_000)),
            ..plain(&[1])
        };
        assert_eq!(half.totals().discount, 1);
    }

    #[test]
    fn an_amount_off_stops_at_nothing() {
        let order = Order {
            reduction: Some(Reduction::Amount(5000)),
            shipping: Some(Priced {
                amount: 490,
                tax: None,
            }),
            ..plain(&[1000, 250])
        };
        let totals = order.totals();
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
        let order = Order {
            reduction: Some(Reduction::Share(500_000)),
            shipping: Some(Priced {
                amount: 500,
                tax: Some(Tax {
                    rate: 200_000,
                    inclusive: true,
                }),
            }),
            ..taxed(1000, 200_000, false)
        };
        let totals = order.totals();
        assert_eq!(totals.lines[0].tax, 100);
        assert_eq!(
            totals.shipping,
            Some(Share {
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
        let order = Order {
            reduction: Some(Reduction::Share(333_333)),
            step: 10,
            ..taxed(1230, 81_000, false)
        };
        let totals = order.totals();
        assert_eq!((totals.discount, totals.tax, totals.total), (410, 70, 890));
    }

    fn tax() -> impl Strategy<Value = Option<Tax>> {
        proptest::option::of(
            (0_u32..300_000, any::<bool>()).prop_map(|(rate, inclusive)| Tax { rate, inclusive }),
        )
    }

    fn priced(step: i64) -> impl Strategy<Value = Priced> {
        (0_i64..=9_999_999_999, tax()).prop_map(move |(amount, tax)| Priced {
            amount: amount * step,
            tax,
        })
    }

    fn order() -> impl Strategy<Value = Order> {
        let reduction = |step: i64| {
            proptest::option::of(prop_oneof![
                (0_u32..=1_000_000).prop_map(Reduction::Share),
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
                .prop_map(move |(lines, reduction, shipping)| Order {
                    lines,
                    reduction,
                    shipping,
                    step,
                })
        })
    }

    proptest! {
        #[test]
        fn the_lines_add_up_to_the_session_and_nothing_is_below_zero(order in order()) {
            let totals = order.totals();
            let parts: Vec<Share> = totals.lines.iter().chain(&totals.shipping).copied().collect();
            let add = |part: fn(&Share) -> i64| parts.iter().map(part).sum::<i64>();
            let shipping = totals.shipping.unwrap_or_default();
            prop_assert_eq!(totals.subtotal + shipping.subtotal, add(|share| share.subtotal));
            prop_assert_eq!(totals.discount, add(|share| share.discount));
            prop_assert_eq!(totals.tax, add(|share| share.tax));
            prop_assert_eq!(totals.total, add(|share| share.total));
            prop_assert!(totals.discount <= totals.subtotal);
            let prices = order.lines.iter().chain(&order.shipping);
            let mut added = 0;
            for (share, price) in parts.iter().zip(prices) {
                prop_assert!(share.discount >= 0 && share.discount <= share.subtotal);
                prop_assert!(share.tax >= 0 && share.total >= 0);
                for amount in [share.discount, share.tax, share.total] {
                    prop_assert_eq!(amount % order.step, 0);
                }
                if price.tax.is_some_and(|tax| !tax.inclusive) {
                    added += share.tax;
                } else {
                    prop_assert!(share.tax <= share.total);
                }
            }
            prop_assert_eq!(totals.total, totals.subtotal - totals.discount + shipping.subtotal + added);
        }
    }
}
