//! What variants cost now.
//!
//! A sale begins and ends without anybody's doing. What is asked is computed for each page and each
//! checkout, so nothing has to be written in time.

use sea_orm::ActiveValue::{NotSet, Set};
use till_core::money::{CurrencyCode, MinorUnit, Money};
use till_core::sale::{PriceRow, Pricing, Sale};
use till_core::unit_price::{Content, ContentUnit, UnitPrice};
use time::OffsetDateTime;

use crate::entity::{price_history, variant};

/// The columns of a variant that set what it costs.
pub(super) struct Columns<'a> {
    pub(super) price: i64,
    pub(super) currency: &'a CurrencyCode,
    pub(super) sale_price: Option<i64>,
    pub(super) sale_begins: Option<OffsetDateTime>,
    pub(super) sale_ends: Option<OffsetDateTime>,
}

/// What a variant is set to cost. `None` if the shop cannot sell in its currency.
pub(crate) fn pricing(variant: &variant::Model) -> Option<Pricing> {
    pricing_of(&Columns {
        price: variant.price,
        currency: &variant.currency,
        sale_price: variant.sale_price,
        sale_begins: variant.sale_begins,
        sale_ends: variant.sale_ends,
    })
}

/// What these columns set a variant to cost. `None` if the shop cannot sell in its currency.
pub(super) fn pricing_of(columns: &Columns<'_>) -> Option<Pricing> {
    Some(Pricing {
        regular: MinorUnit(columns.price).of(columns.currency.known()?),
        sale: columns.sale_price.map(|price| Sale {
            price: MinorUnit(price),
            begins: columns.sale_begins,
            ends: columns.sale_ends,
        }),
    })
}

/// The price that is in force at an instant. `None` if the shop cannot sell in its currency.
pub(crate) fn price_at(variant: &variant::Model, at: OffsetDateTime) -> Option<Money> {
    pricing(variant).map(|pricing| pricing.price_at(at))
}

/// How much one unit of this variant contains. `None` if the owner does not say.
pub(crate) fn content(variant: &variant::Model) -> Option<Content> {
    content_of(variant.content_amount, variant.content_unit.as_deref())
}

/// The content that these columns state. `None` if the owner does not say.
pub(super) fn content_of(amount: Option<i64>, unit: Option<&str>) -> Option<Content> {
    Some(Content {
        thousandths: amount?,
        unit: ContentUnit::parse(unit?)?,
    })
}

/// The unit price beside a price of this variant.
pub(crate) fn unit_price(variant: &variant::Model, price: Money) -> Option<UnitPrice> {
    UnitPrice::of(price, content(variant)?)
}

/// The row of the price history that this is.
pub(crate) fn history_row(variant: i64, row: PriceRow) -> price_history::ActiveModel {
    price_history::ActiveModel {
        id: NotSet,
        variant_id: Set(variant),
        amount: Set(row.price.amount.0),
        currency: Set(row.price.currency.into()),
        since: Set(row.since),
    }
}
