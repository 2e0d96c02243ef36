//! What a product file says about products.

use till_core::money::Money;
use till_core::unit_price::Content;
use time::Date;

use crate::problem::Place;
use crate::product_text::ProductTexts;

/// What a file says about something that a product may lack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// The file has no such column: what is stored stays.
    #[default]
    Absent,
    /// The cell is empty: the product has none. For a stock: it is not counted.
    Empty,
    /// The cell's value.
    Value(T),
}

impl<T> Given<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Empty => None,
        }
    }
}

/// A product: what has a page. `None` and [`Given::Absent`] mean that the file does not say, so an
/// import keeps what is stored, and uses the defaults for a new product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its first row.
    pub place: Place,
    /// The number of the product in its files, from 1, in the order of first rows.
    pub number: u64,
    /// The last part of its page's address. `None` only without such a column: the product is the
    /// one that has the variant's SKU.
    pub slug: Option<String>,
    /// One line.
    pub name: Option<String>,
    /// Plain text of several lines.
    pub description: Option<String>,
    /// The category's name.
    pub category: Given<String>,
    /// The brand's name.
    pub brand: Given<String>,
    /// All its pictures, the main one first.
    pub pictures: Option<Vec<Picture>>,
    /// Products are sorted by it.
    pub position: Option<i64>,
    /// Texts in a language, and about the product's safety.
    pub texts: ProductTexts,
    /// What is sold, in the order of the rows. At least one.
    pub variants: Vec<Variant>,
}

/// One thing to sell, with its own price and stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its row.
    pub place: Place,
    /// The stock keeping unit, by which it is found again.
    pub sku: String,
    /// What distinguishes it from the product's other variants: `S / Blue`. Empty for the only one.
    pub name: Option<String>,
    /// Whether this variant is on sale; `None`: the file does not say.
    pub active: Option<bool>,
    /// The regular price of one unit.
    pub price: Option<Money>,
    /// A reduced price.
    pub sale: Given<Sale>,
    /// Units for sale.
    pub stock: Given<i64>,
    /// The largest number of units in one order.
    pub max_per_order: Option<u32>,
    /// Weight of one unit in grams.
    pub weight_grams: Given<i64>,
    /// The Global Trade Item Number (the digits of the barcode), with a correct check digit.
    pub gtin: Given<String>,
    /// How much one unit contains, for prices by kilogram or litre.
    pub content: Given<Content>,
    /// Stripe's tax code: `txcd_99999999`.
    pub tax_code: Given<String>,
}

impl Variant {
    /// The price of every day without a dated sale: the reduced price if it has no dates, or else
    /// the regular one.
    #[must_use]
    pub fn lasting_price(&self) -> Option<Money> {
        match self.sale.value() {
            Some(sale) if !sale.is_dated() => Some(sale.price),
            _ => self.price,
        }
    }
}

/// A reduced price and its days, in the shop's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The reduced price of one unit, below the regular one if that is given.
    pub price: Money,
    /// The first day. `None`: it has begun.
    pub from: Option<Date>,
    /// The last day. `None`: it does not end.
    pub until: Option<Date>,
}

impl Sale {
    /// Whether it begins or ends on a given day.
    #[must_use]
    pub fn is_dated(&self) -> bool {
        self.from.is_some() || self.until.is_some()
    }
}

/// A picture of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// An address (`https://…`), a path of the shop (`/pictures/cup.jpg`), or else the name of a
    /// file without folders.
    pub source: String,
    /// The text for those who do not see it. May be empty. `None`: the file does not say.
    pub alt: Option<String>,
}
