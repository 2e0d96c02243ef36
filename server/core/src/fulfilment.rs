//! How many units of an order are left to ship, and what is refunded for some of them.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, Display, EnumIter, EnumString};

/// How far the shipping of an order is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    EnumString,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveActiveEnum))]
#[cfg_attr(
    feature = "sea-orm",
    sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")
)]
pub enum Fulfilment {
    /// Nothing is to be shipped: the buyer was not asked for an address, or everything was refunded
    /// or cancelled before it was shipped.
    NotNeeded,
    /// Nothing is shipped yet.
    ToShip,
    /// Some units are shipped, and some are left.
    PartlyShipped,
    /// Nothing is left to ship.
    Shipped,
}

/// The units of one line of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineUnits {
    /// Ordered.
    pub ordered: i64,
    /// Of these, shipped.
    pub shipped: i64,
    /// Of these, not shipped and never to be: refunded, or about to be, and kept by the shop.
    pub cancelled: i64,
}

impl LineUnits {
    /// The units that are still to be shipped; zero or more.
    #[must_use]
    pub fn left(self) -> i64 {
        let left = self.ordered.saturating_sub(self.shipped);
        left.saturating_sub(self.cancelled).max(0)
    }
}

impl Fulfilment {
    /// The state of an order with these lines. `ships` is whether the buyer was asked for an
    /// address, `refunded` whether everything is refunded or about to be: what is left is not
    /// shipped then.
    #[must_use]
    pub fn of(lines: &[LineUnits], ships: bool, refunded: bool) -> Self {
        let sum =
            |units: fn(&LineUnits) -> i64| lines.iter().map(units).fold(0_i64, i64::saturating_add);
        let shipped = sum(|line| line.shipped);
        let left = match refunded || !ships {
            true => 0,
            false => sum(|line| line.left()),
        };
        match (shipped > 0, left > 0) {
            (false, false) => Self::NotNeeded,
            (false, true) => Self::ToShip,
            (true, true) => Self::PartlyShipped,
            (true, false) => Self::Shipped,
        }
    }

    /// Whether something is left to ship.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::ToShip | Self::PartlyShipped)
    }
}

/// Returns what is refunded for the next `units` of a line, of whose `ordered` units `refunded`
/// were refunded before. Each unit costs the line's total divided by its units, rounded down to a
/// multiple of `step`, and the last one takes the rest: refunded one by one, they add up to the
/// total. `None` if there are not so many units.
///
/// All amounts are in minor units; `step` is the smallest amount that the currency's payments know,
/// above zero.
#[must_use]
pub fn units_amount(total: i64, ordered: i64, refunded: i64, units: i64, step: i64) -> Option<i64> {
    let before = refunded;
    let after = refunded.checked_add(units)?;
    if total < 0 || ordered < 1 || before < 0 || units < 1 || after > ordered || step < 1 {
        return None;
    }
    let each = total / ordered;
    let each = each - each % step;
    if after == ordered {
        return total.checked_sub(each.checked_mul(before)?);
    }
    each.checked_mul(units)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(ordered: i64, shipped: i64, cancelled: i64) -> LineUnits {
        LineUnits {
            ordered,
            shipped,
            cancelled,
        }
    }

    #[test]
    fn the_state_follows_from_the_units() {
        let of = |lines: &[LineUnits]| Fulfilment::of(lines, true, false);
        assert_eq!(of(&[line(2, 0, 0), line(1, 0, 0)]), Fulfilment::ToShip);
        assert_eq!(of(&[line(2, 1, 0)]), Fulfilment::PartlyShipped);
        assert_eq!(of(&[line(2, 1, 1)]), Fulfilment::Shipped);
        assert_eq!(of(&[line(2, 2, 0), line(1, 0, 1)]), Fulfilment::Shipped);
        assert_eq!(
            of(&[line(2, 2, 0), line(1, 0, 0)]),
            Fulfilment::PartlyShipped
        );
        assert_eq!(of(&[line(2, 0, 2)]), Fulfilment::NotNeeded);
        assert_eq!(of(&[]), Fulfilment::NotNeeded);
        let refunded = |lines: &[LineUnits]| Fulfilment::of(lines, true, true);
        assert_eq!(refunded(&[line(2, 0, 0)]), Fulfilment::NotNeeded);
        assert_eq!(refunded(&[line(2, 1, 0)]), Fulfilment::Shipped);
        let digital = |lines: &[LineUnits]| Fulfilment::of(lines, false, false);
        assert_eq!(digital(&[line(2, 0, 0)]), Fulfilment::NotNeeded);
        assert_eq!(digital(&[line(2, 1, 0)]), Fulfilment::Shipped);
    }

    #[test]
    fn the_last_unit_takes_the_rest() {
        assert_eq!(units_amount(1_000, 3, 0, 1, 1), Some(333));
        assert_eq!(units_amount(1_000, 3, 1, 1, 1), Some(333));
        assert_eq!(units_amount(1_000, 3, 2, 1, 1), Some(334));
        assert_eq!(units_amount(1_000, 3, 0, 3, 1), Some(1_000));
        assert_eq!(units_amount(1_000, 3, 1, 2, 1), Some(667));
        // Icelandic krónur are paid in multiples of a hundred minor units.
        assert_eq!(units_amount(100_000, 3, 0, 1, 100), Some(33_300));
        assert_eq!(units_amount(100_000, 3, 2, 1, 100), Some(33_400));
        for (refunded, units) in [(0, 4), (3, 1), (0, 0), (-1, 1), (1, i64::MAX)] {
            assert_eq!(units_amount(1_000, 3, refunded, units, 1), None);
        }
    }

    proptest! {
        #[test]
        fn refunding_each_unit_one_by_one_refunds_the_line(
            total in 0..=99_999_999_i64,
            ordered in 1..=100_i64,
            step in prop_oneof![Just(1_i64), Just(10), Just(100)],
        ) {
            let total = total - total % step;
            let amount = |refunded| units_amount(total, ordered, refunded, 1, step).unwrap_or(-1);
            let amounts: Vec<i64> = (0..ordered).map(amount).collect();
            prop_assert_eq!(amounts.iter().sum::<i64>(), total);
            prop_assert!(amounts.iter().all(|amount| *amount >= 0 && amount % step == 0));
        }

        #[test]
        fn it_does_not_matter_in_which_parts_units_are_refunded(
            total in 0..=99_999_999_i64,
            parts in proptest::collection::vec(1..=9_i64, 1..10),
        ) {
            let ordered = parts.iter().sum();
            let mut refunded = 0;
            let mut sum = 0;
            for units in parts {
                sum += units_amount(total, ordered, refunded, units, 1).unwrap_or(-1);
                refunded += units;
            }
            prop_assert_eq!(sum, total);
        }
    }
}
