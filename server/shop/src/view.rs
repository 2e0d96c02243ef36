//! What pages and islands show. Plain data, the same on the server and in the browser.

use serde::{Deserialize, Serialize};

use crate::lifecycle::CheckoutState;
use crate::money::Money;
use crate::quantity::{Quantity, QuantityError};
use crate::refusal::LineReason;

/// A product on the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductView {
    /// Names it in the form: `quantity[<id>]`.
    pub id: i64,
    /// Names it in its page's address.
    pub slug: String,
    /// As the owner wrote it.
    pub name: String,
    /// As the owner wrote it; paragraphs are separated by empty lines.
    pub description: String,
    /// Of one piece.
    pub price: Money,
    /// Address of a picture, absolute or from the site's root; empty where there is none.
    pub image: String,
    /// The heading under which it stands.
    pub category: String,
    /// How many can be ordered at this moment.
    pub available: Available,
}

/// How many pieces one order can hold right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Available {
    /// The owner's limit for one order.
    pub max_per_order: u32,
    /// Pieces that are neither sold nor held; `None` where stock is not counted.
    pub left: Option<u32>,
    /// Whether others hold some while they pay: what is not left may come back.
    pub held: bool,
}

impl Available {
    /// The largest quantity that the form accepts; zero when sold out.
    #[must_use]
    pub fn most(self) -> u32 {
        self.left
            .map_or(self.max_per_order, |left| left.min(self.max_per_order))
    }

    /// Whether nothing is left now, sold or held.
    #[must_use]
    pub fn sold_out(self) -> bool {
        self.left == Some(0)
    }

    /// Whether nothing is left only because others hold it while they pay.
    #[must_use]
    pub fn all_held(self) -> bool {
        self.sold_out() && self.held
    }

    /// Whether that many can be ordered: the one rule, for the field in the browser and for the form on the server.
    ///
    /// # Errors
    /// The reason that helps the shopper most: of two limits, the tighter one.
    pub fn check(self, quantity: Result<Quantity, QuantityError>) -> Result<Quantity, LineReason> {
        if self.all_held() {
            return Err(LineReason::Held);
        }
        if self.sold_out() {
            return Err(LineReason::SoldOut);
        }
        match quantity {
            Ok(quantity) if quantity.get() <= self.most() => Ok(quantity),
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
    /// Names the product in forms, also where it is no longer sold.
    pub product: i64,
    /// The product's name when it was ordered.
    pub name: String,
    /// The price of one piece when it was ordered.
    pub price: Money,
    /// Pieces.
    pub quantity: u32,
    /// Price times quantity.
    pub total: Money,
}

/// A day, in two spellings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// `2026-11-23`
    pub machine: String,
    /// `23 November 2026`
    pub person: String,
}

/// The page of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderView {
    /// Where it stands.
    pub status: OrderStatus,
    /// The number by which shopper and owner speak of the order; `None` before it is paid.
    pub number: Option<String>,
    /// The day on which it was paid, by the shop's clocks.
    pub paid_on: Option<Day>,
    /// What was ordered.
    pub lines: Vec<LineView>,
    /// Price of the lines.
    pub subtotal: Money,
    /// Taken off by promotion codes; zero where none was.
    pub discount: Money,
    /// For delivery; zero where none was charged.
    pub shipping: Money,
    /// Tax as far as Stripe states it; zero where it does not.
    pub tax: Money,
    /// Whether the other amounts contain the tax; else it is added to them.
    pub tax_included: bool,
    /// What was paid, or is to be paid. `None` before the payment where shipping, tax or a promotion code may change it.
    pub total: Option<Money>,
    /// What went back to the shopper.
    pub refunded: Money,
    /// What is on its way back.
    pub refunding: Money,
    /// Whether the payment came when its pieces were gone.
    pub late: Option<Late>,
    /// Whether the shopper's bank has called the payment into question.
    pub dispute: Option<DisputeView>,
    /// Whether the goods are sent somewhere: the shopper was asked for an address.
    pub ships: bool,
    /// Where the goods go; `None` where nobody asked.
    pub destination: Option<Destination>,
}

/// What becomes of a payment that came when its pieces were gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Late {
    /// The shop gives it back by itself.
    GoesBack,
    /// It stands, and the owner sees to it.
    Stands,
}

/// What a shopper is told about a dispute. One that the shop has won is not told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisputeView {
    /// The bank asks, or has not decided yet.
    Open,
    /// The bank has given the money back to the shopper.
    Lost,
}

/// Where the goods go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// As on a parcel: name, street, town, country. At least one.
    pub lines: Vec<String>,
}

/// What a shopper is told about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderStatus {
    /// The shopper is back from Stripe, the confirmation is not here yet.
    Confirming,
    /// Paid: there is an order.
    Paid,
    /// A delayed payment is on its way.
    Processing,
    /// The delayed payment failed.
    Failed,
    /// The session can no longer be paid; nothing was charged.
    Expired,
}

impl OrderStatus {
    /// The word for a checkout that has no order yet.
    ///
    /// `None` for a paid one: its word comes from the order.
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

    /// Whether news are still to be expected.
    #[must_use]
    pub fn is_waiting(self) -> bool {
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
            Available {
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
            let available = Available {
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
        let most = |max_per_order, left| {
            Available {
                max_per_order,
                left,
                held: false,
            }
            .most()
        };
        assert_eq!(most(10, Some(3)), 3);
        assert_eq!(most(2, Some(30)), 2);
        assert_eq!(most(5, None), 5);
        assert_eq!(most(5, Some(0)), 0);
        assert!(
            !Available {
                max_per_order: 5,
                left: None,
                held: true,
            }
            .sold_out()
        );
    }
}
