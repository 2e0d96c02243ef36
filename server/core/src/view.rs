//! Data that pages and islands show, shared by server and browser.

use serde::{Deserialize, Serialize};

use crate::lifecycle::CheckoutState;
use crate::money::Money;
use crate::quantity::{Quantity, QuantityError};
use crate::refusal::LineReason;
use crate::sale::Reduction;
use crate::token::AttemptToken;
use crate::unit_price::UnitPrice;

/// A product on sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductView {
    /// The last part of its page's URL.
    pub slug: String,
    /// As the owner wrote it.
    pub name: String,
    /// As the owner wrote it; paragraphs are separated by empty lines.
    pub description: String,
    /// In the owner's order, possibly none.
    pub pictures: Vec<PictureView>,
    /// The heading under which it is listed; empty if it has none.
    pub category: String,
    /// What can be bought, in the owner's order: at least one.
    pub variants: Vec<VariantView>,
}

impl ProductView {
    /// The variant, if there is only one. It needs no name.
    #[must_use]
    pub fn only_variant(&self) -> Option<&VariantView> {
        match self.variants.as_slice() {
            [variant] => Some(variant),
            _ => None,
        }
    }

    /// The lowest price, and whether another variant has another price: of the variants that are
    /// not sold out, or of all if none is left. `None` if they have several currencies, which
    /// cannot be compared.
    #[must_use]
    pub fn lowest_price(&self) -> Option<(Money, bool)> {
        let left = self.variants.iter();
        let left = left.filter(|variant| !variant.available.sold_out());
        let mut prices: Vec<Money> = left.map(|variant| variant.price).collect();
        if prices.is_empty() {
            prices = self.variants.iter().map(|variant| variant.price).collect();
        }
        let lowest = *prices.iter().min_by_key(|price| price.amount)?;
        if prices.iter().any(|price| price.currency != lowest.currency) {
            return None;
        }
        Some((lowest, prices.iter().any(|price| *price != lowest)))
    }

    /// The unit price of the variant that has the lowest price; `None` if it has none.
    #[must_use]
    pub fn lowest_unit_price(&self) -> Option<UnitPrice> {
        let (lowest, _) = self.lowest_price()?;
        let mut variants = self.variants.iter();
        variants.find(|variant| variant.price == lowest)?.unit_price
    }

    /// Whether no unit of any variant is left and none is only held.
    #[must_use]
    pub fn sold_out(&self) -> bool {
        let gone = |available: Availability| available.sold_out() && !available.all_held();
        self.variants.iter().all(|variant| gone(variant.available))
    }
}

/// What is sold of a product, such as one size of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantView {
    /// The id, which names its field in the form: `quantity[<id>]`.
    pub id: i64,
    /// As the owner wrote it, such as `250 g`; may be empty for a product's only variant.
    pub name: String,
    /// The price of one unit that is in force now.
    pub price: Money,
    /// Set if this price may be called reduced.
    pub reduction: Option<Reduction>,
    /// What a kilogram, a litre or another reference of it costs; `None` if there is none to show.
    pub unit_price: Option<UnitPrice>,
    /// How many units can be ordered now.
    pub available: Availability,
}

/// A picture of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureView {
    /// Its URL, absolute or from the site's root.
    pub address: String,
    /// What it shows, for those who cannot see it; empty if the owner has not described it.
    pub alt: String,
    /// Its files in the shop's database. `None` if it is only at its address.
    pub files: Option<PictureFiles>,
}

impl PictureView {
    /// Its address for others than browsers: previews, feeds and search engines. The JPEG, if the
    /// shop has stored the picture.
    #[must_use]
    pub fn shared_address(&self) -> String {
        let files = self.files.as_ref();
        files.map_or_else(|| self.address.clone(), PictureFiles::jpeg)
    }
}

/// The files of a picture in the shop's database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureFiles {
    /// The content hash of the original.
    pub hash: String,
    /// The width of the largest WebP file, in pixels.
    pub width: u32,
    /// The height of the largest WebP file, in pixels.
    pub height: u32,
    /// The widths of the WebP files in pixels, ascending: at least one.
    pub widths: Vec<u32>,
}

impl PictureFiles {
    /// The path of the WebP file with this width.
    #[must_use]
    pub fn webp(&self, width: u32) -> String {
        format!("/pictures/{}-{width}.webp", self.hash)
    }

    /// The path of the JPEG, for those that may not know WebP.
    #[must_use]
    pub fn jpeg(&self) -> String {
        jpeg_path(&self.hash)
    }

    /// The path of the largest WebP file of at most this width, or else of the smallest one.
    #[must_use]
    pub fn src(&self, max_width: u32) -> String {
        let fitting = self.widths_up_to(max_width).last();
        self.webp(fitting.unwrap_or_else(|| self.widths.first().copied().unwrap_or(self.width)))
    }

    /// The attribute `srcset` with the WebP files of at most this width.
    #[must_use]
    pub fn srcset(&self, max_width: u32) -> String {
        let candidates: Vec<_> = self
            .widths_up_to(max_width)
            .map(|width| format!("{} {width}w", self.webp(width)))
            .collect();
        candidates.join(", ")
    }

    fn widths_up_to(&self, max_width: u32) -> impl Iterator<Item = u32> {
        self.widths
            .iter()
            .copied()
            .filter(move |width| *width <= max_width)
    }
}

/// The path of a stored picture's JPEG, by its content hash.
#[must_use]
pub fn jpeg_path(hash: &str) -> String {
    format!("/pictures/{hash}.jpg")
}

/// The name of a variant where its product is not named beside it: `Mug, Blue`.
#[must_use]
pub fn full_name(product: &str, variant: &str) -> String {
    if variant.is_empty() {
        product.to_owned()
    } else {
        format!("{product}, {variant}")
    }
}

/// How many units of a variant one order can hold now.
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
    /// The variant's id in forms, even if it is no longer sold.
    pub variant: i64,
    /// The owner's SKU when it was ordered.
    pub sku: String,
    /// The names of product and variant when it was ordered, see [`full_name`].
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
    /// The taxes by rate, which add up to `tax`; empty if they are not known (yet).
    pub taxes: Vec<TaxView>,
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
    /// The day of the last withdrawal from the contract, if one was received.
    pub withdrawn_on: Option<Day>,
    /// Whether something is left to ship.
    pub ships: bool,
    /// The parcels that were sent, the first one first.
    pub shipments: Vec<ShipmentView>,
    /// Where it is shipped to; `None` if no address was asked for.
    pub destination: Option<Destination>,
    /// The attempt token of the form; `None` once the checkout has ended without payment.
    pub attempt: Option<AttemptToken>,
    /// Who bought it, beyond name and shipping address.
    pub buyer: BuyerView,
}

/// A parcel that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentView {
    /// The day on which it was sent, in the shop's time zone.
    pub sent_on: Option<Day>,
    /// Who carries it; `None` if the owner has not said.
    pub carrier: Option<String>,
    /// The number by which the carrier finds it.
    pub tracking_number: Option<String>,
    /// The carrier's page about it.
    pub tracking_address: Option<String>,
    /// What is in it: units and names.
    pub lines: Vec<(u32, String)>,
}

/// One tax of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxView {
    /// Stripe's name of it, such as `VAT`.
    pub name: String,
    /// The rate in percent as a decimal number with a point, such as `8.875`.
    pub percentage: Option<String>,
    /// Whether the prices include it; if not, it is added to them.
    pub included: bool,
    /// The amount.
    pub amount: Money,
}

impl TaxView {
    /// Name and rate, such as `VAT 19%`.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.percentage {
            Some(percentage) => format!("{} {percentage}%", self.name),
            None => self.name.clone(),
        }
    }
}

/// What the shopper entered on Stripe's page for a receipt, and Stripe's invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuyerView {
    /// The billing address, if the page asked for it.
    pub billing_address: Option<Destination>,
    /// The company.
    pub business_name: Option<String>,
    /// The company's tax ids.
    pub tax_ids: Vec<String>,
    /// The shopper's note to the shop.
    pub note: Option<String>,
    /// Stripe's page of the invoice.
    pub invoice_url: Option<String>,
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
    use crate::money::MinorUnit;

    fn product(prices: &[(i64, &str)]) -> ProductView {
        let variant = |(index, (amount, currency)): (usize, &(i64, &str))| VariantView {
            id: i64::try_from(index).unwrap_or_default(),
            name: format!("{index}"),
            price: MinorUnit(*amount).of(currency.parse().unwrap_or_else(|_| panic!("{currency}"))),
            reduction: None,
            unit_price: None,
            available: Availability {
                max_per_order: 5,
                left: Some(0),
                held: index == 1,
            },
        };
        ProductView {
            slug: "mug".to_owned(),
            name: "Mug".to_owned(),
            description: String::new(),
            pictures: Vec::new(),
            category: String::new(),
            variants: prices.iter().enumerate().map(variant).collect(),
        }
    }

    #[test]
    fn the_lowest_price_is_that_of_the_cheapest_variant() {
        let lowest = |prices| {
            let (price, several) = product(prices).lowest_price()?;
            Some((price.to_string(), several))
        };
        assert_eq!(lowest(&[(450, "eur")]), Some(("€4.50".to_owned(), false)));
        assert_eq!(
            lowest(&[(900, "eur"), (450, "eur")]),
            Some(("€4.50".to_owned(), true))
        );
        assert_eq!(
            lowest(&[(450, "eur"), (450, "eur")]),
            Some(("€4.50".to_owned(), false))
        );
        assert_eq!(lowest(&[(450, "eur"), (450, "usd")]), None);
        assert_eq!(lowest(&[]), None);
    }

    #[test]
    fn the_lowest_price_is_one_that_can_be_paid_now() {
        let mut mug = product(&[(450, "usd"), (1200, "eur"), (900, "eur")]);
        let lowest = |mug: &ProductView| {
            let (price, several) = mug.lowest_price()?;
            Some((price.to_string(), several))
        };
        mug.variants[2].available.left = Some(1);
        assert_eq!(lowest(&mug), Some(("€9.00".to_owned(), false)));
        mug.variants[1].available.left = None;
        assert_eq!(lowest(&mug), Some(("€9.00".to_owned(), true)));
    }

    #[test]
    fn a_product_is_sold_out_if_every_variant_is() {
        assert!(product(&[(1, "eur")]).sold_out());
        // The second is only held.
        assert!(!product(&[(1, "eur"), (1, "eur")]).sold_out());
    }

    #[test]
    fn the_only_variant_needs_no_name() {
        assert_eq!(full_name("Mug", ""), "Mug");
        assert_eq!(full_name("Mug", "Blue"), "Mug, Blue");
    }

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
