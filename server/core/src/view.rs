//! Data that pages and islands show, shared by server and browser.

use serde::{Deserialize, Serialize};

use crate::lifecycle::CheckoutState;
use crate::money::Money;
use crate::quantity::{Quantity, QuantityError};
use crate::refusal::LineReason;

/// A product on sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductView {
    /// The id, which names its field in the form: `quantity[<id>]`.
    pub id: i64,
    /// The last part of its page's URL.
    pub slug: String,
    /// As the owner wrote it.
    pub name: String,
    /// As the owner wrote it; paragraphs are separated by empty lines.
    pub description: String,
    /// The price of one unit.
    pub price: Money,
    /// URL of an image, absolute or from the site's root; empty if there is none.
    pub image: String,
    /// The heading under which it is listed.
    pub category: String,
    /// How many units can be ordered now.
    pub available: Availability,
}

/// How many units of a product one order can hold now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// The owner's limit for one order.
    pub max_per_order: u32,
    /// Units that are neither sold nor held; `None` if stock is not counted.
    pub left: Option<u32>,
    /// Whether unpaid checkouts hold some units, which may become available again.
    pub held: bool,
}

impl Availability {
    /// The largest quantity that the form accepts; zero if sold out.
    #[must_use]
    pub fn max_quantity(self) -> u32 {
        self.left
            .map_or(self.max_per_order, |left| left.min(self.max_per_order))
    }

    /// Whether nothing is left: every unit is sold or held.
    #[must_use]
    pub fn sold_out(self) -> bool {
        self.left == Some(0)
    }

    /// Whether nothing is left, but some units are only held.
    #[must_use]
    pub fn all_held(self) -> bool {
        self.sold_out() && self.held
    }

    /// Checks whether this quantity can be ordered. The field in the browser and the form on the
    /// server use the same rule.
    ///
    /// # Errors
    /// The most helpful reason: of two limits, the tighter one.
    pub fn check(self, quantity: Result<Quantity, QuantityError>) -> Result<Quantity, LineReason> {
        if self.all_held() {
            return Err(LineReason::Held);
        }
        if self.sold_out() {
            return Err(LineReason::SoldOut);
        }
        match quantity {
            Ok(quantity) if quantity.get() <= self.max_quantity() => Ok(quantity),
            Err(QuantityError::NotWhole) => Err(LineReason::NotWhole),
            Ok(_) | Err(QuantityError::TooMany) => Err(match self.left {
                Some(left) if left <= self.max_per_order => LineReason::AboveStock(left),
                _ => LineReason::AboveLimit(self.max_per_order),
            }),
        }
    }
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineView {
    /// The product's id in forms, even if it is no longer sold.
    pub product: i64,
    /// The product's name when it was ordered.
    pub name: String,
    /// The price of one unit when it was ordered.
    pub price: Money,
    /// Number of units.
    pub quantity: u32,
    /// Price times quantity.
    pub total: Money,
}

/// A day in two formats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// `2026-11-23`
    pub iso: String,
    /// `23 November 2026`
    pub text: String,
}

/// The page of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderView {
    /// The order's status.
    pub status: OrderStatus,
    /// The order number; `None` before it is paid.
    pub number: Option<String>,
    /// The day on which it was paid, in the shop's time zone.
    pub paid_on: Option<Day>,
    /// The order's lines.
    pub lines: Vec<LineView>,
    /// Sum of the lines.
    pub subtotal: Money,
    /// Discount by promotion codes; zero if there was none.
    pub discount: Money,
    /// Shipping cost; zero if shipping was free.
    pub shipping: Money,
    /// The name of the chosen shipping rate; `None` if there was no choice.
    pub shipping_method: Option<String>,
    /// Tax as reported by Stripe; zero if Stripe reported none.
    pub tax: Money,
    /// Whether the other amounts include the tax; if not, it is added to them.
    pub tax_included: bool,
    /// The amount that was paid or is due. `None` before the payment if shipping, tax or a
    /// promotion code may change it.
    pub total: Option<Money>,
    /// The amount that has been refunded.
    pub refunded: Money,
    /// The amount of pending refunds.
    pub refunding: Money,
    /// Refunds in currencies other than the payment's, formatted. They are not in any sum.
    pub refunds_in_other_currencies: Vec<String>,
    /// Set if the payment arrived when its units were sold out.
    pub late: Option<LateOutcome>,
    /// Set if the payment is disputed.
    pub dispute: Option<DisputeView>,
    /// Whether the order is shipped, so the shopper was asked for an address.
    pub ships: bool,
    /// Where it is shipped to; `None` if no address was asked for.
    pub destination: Option<Destination>,
}

/// What happens to a payment that arrived when its units were sold out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LateOutcome {
    /// It is refunded automatically.
    Refunded,
    /// It is kept, and the order needs the owner's attention.
    Accepted,
}

/// What the order's page says about a dispute. It does not mention disputes that the shop has won.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisputeView {
    /// An inquiry, or a dispute that the bank has not decided yet.
    Open,
    /// The bank has refunded the shopper.
    Lost,
}

/// A shipping address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The lines of the label: name, street, town, country. At least one.
    pub lines: Vec<String>,
}

/// The status of an order as shown to the shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderStatus {
    /// The shopper is back from Stripe, but Stripe has not confirmed the payment yet.
    Confirming,
    /// Paid: there is an order.
    Paid,
    /// A delayed payment is pending.
    Processing,
    /// The delayed payment failed.
    Failed,
    /// The session can no longer be paid; nothing was charged.
    Expired,
}

impl OrderStatus {
    /// The status of a checkout that has no order yet.
    ///
    /// `None` for a paid one, whose status comes from the order.
    #[must_use]
    pub fn without_order(state: CheckoutState) -> Option<Self> {
        match state {
            CheckoutState::Creating | CheckoutState::Open => Some(Self::Confirming),
            CheckoutState::Processing => Some(Self::Processing),
            CheckoutState::Failed => Some(Self::Failed),
            CheckoutState::Expired | CheckoutState::Cancelled | CheckoutState::Refused => {
                Some(Self::Expired)
            }
            CheckoutState::Paid => None,
        }
    }

    /// Whether the status is expected to change.
    #[must_use]
    pub fn is_pending(self) -> bool {
        matches!(self, Self::Confirming | Self::Processing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_limits_the_tighter_one_is_the_reason() {
        let reason = |max_per_order, left, typed| {
            let quantity = Quantity::parse(typed)
                .transpose()
                .unwrap_or(Err(QuantityError::NotWhole));
            Availability {
                max_per_order,
                left,
                held: false,
            }
            .check(quantity)
            .err()
        };
        assert_eq!(reason(10, Some(3), "4"), Some(LineReason::AboveStock(3)));
        assert_eq!(
            reason(10, Some(3), "1000000000000"),
            Some(LineReason::AboveStock(3))
        );
        assert_eq!(reason(2, Some(30), "3"), Some(LineReason::AboveLimit(2)));
        assert_eq!(reason(2, None, "99999"), Some(LineReason::AboveLimit(2)));
        assert_eq!(reason(2, Some(0), "1"), Some(LineReason::SoldOut));
        assert_eq!(reason(2, Some(2), "abc"), Some(LineReason::NotWhole));
        assert_eq!(reason(2, Some(2), "2"), None);
    }

    #[test]
    fn what_others_hold_is_not_called_sold_out() {
        let reason = |left, held| {
            let available = Availability {
                max_per_order: 5,
                left: Some(left),
                held,
            };
            let one = Quantity::parse("1").transpose();
            available
                .check(one.unwrap_or(Err(QuantityError::NotWhole)))
                .err()
        };
        assert_eq!(reason(0, true), Some(LineReason::Held));
        assert_eq!(reason(0, false), Some(LineReason::SoldOut));
        assert_eq!(reason(1, true), None);
    }

    #[test]
    fn the_smaller_of_limit_and_stock_decides() {
        let max = |max_per_order, left| {
            Availability {
                max_per_order,
                left,
                held: false,
            }
            .max_quantity()
        };
        assert_eq!(max(10, Some(3)), 3);
        assert_eq!(max(2, Some(30)), 2);
        assert_eq!(max(5, None), 5);
        assert_eq!(max(5, Some(0)), 0);
        assert!(
            !Availability {
                max_per_order: 5,
                left: None,
                held: true,
            }
            .sold_out()
        );
    }
}
