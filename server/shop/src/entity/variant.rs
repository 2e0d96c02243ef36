//! A variant of a product: what has a price, a stock and an SKU.

use sea_orm::entity::prelude::*;
use till_core::money::CurrencyCode;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "variant")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub product_id: i64,
    /// Its place among the product's variants.
    pub position: i64,
    /// The owner's SKU, by which imports identify the variant.
    #[sea_orm(unique)]
    pub sku: String,
    /// Such as `250 g`; may be empty for a product's only variant.
    pub name: String,
    /// The regular price of one unit, in minor units of `currency`. What is asked now may be
    /// `sale_price`: see `catalog::pricing`.
    pub price: i64,
    pub currency: CurrencyCode,
    /// Unsold units, including held ones; `None` if stock is not counted.
    pub stock: Option<i64>,
    /// Units that unpaid checkouts hold, also if stock is not counted.
    pub held: i64,
    pub max_per_order: i64,
    /// The weight of one unit.
    pub weight_grams: Option<i64>,
    /// The number below the barcode: 8, 12, 13 or 14 digits.
    pub gtin: Option<String>,
    /// How much one unit contains, in thousandths of `content_unit`.
    pub content_amount: Option<i64>,
    /// The unit of `content_amount`, such as `g` or `ml`.
    pub content_unit: Option<String>,
    /// Stripe's tax code, `txcd_…`.
    pub tax_code: Option<String>,
    /// A reduced price of one unit, below `price`.
    pub sale_price: Option<i64>,
    /// The sale's first day, as `2026-11-28`, as the owner wrote it. `None`: it has begun.
    pub sale_from: Option<String>,
    /// The sale's last day. `None`: it does not end.
    pub sale_until: Option<String>,
    /// When `sale_from` begins in the shop's time zone at the import.
    pub sale_begins: Option<TimeDateTimeWithTimeZone>,
    /// When the day after `sale_until` begins: the first instant after the sale.
    pub sale_ends: Option<TimeDateTimeWithTimeZone>,
    /// When the sale begins or ends, whichever is the next after `price_recorded_until`. If this
    /// has passed, a row of the price history is due.
    pub price_changes_at: Option<TimeDateTimeWithTimeZone>,
    /// The instant up to which the price history is complete.
    pub price_recorded_until: TimeDateTimeWithTimeZone,
    /// Whether it is on sale with its product.
    pub active: bool,
    /// Whether it was taken off sale together with its product, and comes back with it.
    pub archived_with_product: bool,
    /// Whether it has ever been on sale. If not, its name is not public.
    pub listed: bool,
    pub created_at: TimeDateTimeWithTimeZone,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
