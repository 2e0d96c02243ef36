//! What is needed to pack orders: a slip for each, and one list of what to fetch for all of them.

use std::collections::BTreeMap;

use locale::Language;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde::Serialize;
use till_core::view::full_name;
use time::OffsetDateTime;

use super::address_lines;
use super::fulfilment::OrderUnits;
use crate::database::Database;
use crate::entity::{checkout, order};

/// The maximum number of orders that are packed at once.
pub const MAX_ORDERS: usize = 200;

/// What goes into an order's parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackingSlip {
    /// The order's id.
    pub order: i64,
    /// The order's number.
    pub number: String,
    /// When it was paid.
    #[serde(with = "time::serde::rfc3339")]
    pub paid_at: OffsetDateTime,
    /// The code of the language in which it was bought.
    pub language: String,
    /// Where it goes, line by line; empty if the buyer was not asked for an address.
    pub ship_to: Vec<String>,
    /// The phone number, for the carrier.
    pub phone: Option<String>,
    /// The name of the chosen shipping rate.
    pub shipping_method: Option<String>,
    /// The buyer's note to the shop.
    pub note: Option<String>,
    /// What is left to ship. A line of which nothing is left is not here.
    pub lines: Vec<PackingLine>,
    /// Whether other units of the order were shipped before.
    pub partly_shipped: bool,
}

/// Units of one variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackingLine {
    /// The variant's SKU when it was ordered.
    pub sku: String,
    /// The names of product and variant when it was ordered.
    pub name: String,
    /// The number of units to pack.
    pub quantity: i64,
    /// The number of units that were ordered.
    pub ordered: i64,
}

/// Units of one variant for several orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PickLine {
    /// The variant's SKU.
    pub sku: String,
    /// The names of product and variant.
    pub name: String,
    /// The number of units to fetch.
    pub quantity: i64,
    /// The orders that they are for: number and units.
    pub orders: Vec<(String, i64)>,
}

/// Returns the slips of orders, in this order, at most [`MAX_ORDERS`]. Unknown orders are left out.
///
/// # Errors
/// If the database does not answer.
pub async fn slips(database: &Database, orders: &[i64]) -> Result<Vec<PackingSlip>, DbErr> {
    let reader = database.reader();
    let chosen: Vec<i64> = orders.iter().copied().take(MAX_ORDERS).collect();
    let rows = order::Entity::find()
        .filter(order::Column::Id.is_in(chosen.iter().copied()))
        .all(reader)
        .await?;
    let checkouts = checkout::Entity::find()
        .filter(checkout::Column::Id.is_in(rows.iter().map(|row| &row.checkout_id)))
        .all(reader)
        .await?;
    let mut slips = Vec::with_capacity(rows.len());
    for id in chosen {
        let Some(order) = rows.iter().find(|row| row.id == id) else {
            continue;
        };
        let checkout = checkouts.iter().find(|row| row.id == order.checkout_id);
        let language = checkout.map(|row| row.language.clone()).unwrap_or_default();
        let units = OrderUnits::load(reader, id).await?;
        slips.push(slip(order, language, units));
    }
    Ok(slips)
}

fn slip(order: &order::Model, language: String, units: OrderUnits) -> PackingSlip {
    let partly_shipped = units.lines.iter().any(|(_, units)| units.shipped > 0);
    let lines = units.lines.into_iter().map(|(line, units)| PackingLine {
        name: full_name(&line.product_name, &line.variant_name),
        sku: line.sku,
        quantity: units.left(),
        ordered: line.quantity,
    });
    // A parcel's address names the country in a language that every carrier reads.
    let address = order.shipping_address.as_deref().unwrap_or_default();
    let ship_to = address_lines(order.shipping_name.as_ref(), address, Language::default());
    PackingSlip {
        order: order.id,
        number: order.number.clone(),
        paid_at: order.paid_at,
        language,
        ship_to,
        phone: order.customer_phone.clone(),
        shipping_method: order.shipping_method.clone(),
        note: order.customer_note.clone(),
        lines: lines.filter(|line| line.quantity > 0).collect(),
        partly_shipped,
    }
}

/// Returns what to fetch for these slips, by SKU.
#[must_use]
pub fn pick_list(slips: &[PackingSlip]) -> Vec<PickLine> {
    let mut picked: BTreeMap<&str, PickLine> = BTreeMap::new();
    for slip in slips {
        for line in &slip.lines {
            let pick = picked.entry(&line.sku).or_insert_with(|| PickLine {
                sku: line.sku.clone(),
                name: line.name.clone(),
                quantity: 0,
                orders: Vec::new(),
            });
            pick.quantity = pick.quantity.saturating_add(line.quantity);
            pick.orders.push((slip.number.clone(), line.quantity));
        }
    }
    picked.into_values().collect()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn slip(number: &str, lines: &[(&str, i64)]) -> PackingSlip {
        let line = |(sku, quantity): &(&str, i64)| PackingLine {
            sku: (*sku).to_owned(),
            name: sku.to_lowercase(),
            quantity: *quantity,
            ordered: *quantity,
        };
        PackingSlip {
            order: 1,
            number: number.to_owned(),
            paid_at: datetime!(2026-11-28 13:05 UTC),
            language: "en".to_owned(),
            ship_to: Vec::new(),
            phone: None,
            shipping_method: None,
            note: None,
            lines: lines.iter().map(line).collect(),
            partly_shipped: false,
        }
    }

    #[test]
    fn what_several_orders_need_is_fetched_at_once() {
        let slips = [
            slip("A", &[("PEN", 2), ("MUG", 1)]),
            slip("B", &[("PEN", 3)]),
        ];
        let list = pick_list(&slips);
        let shown: Vec<_> = list
            .iter()
            .map(|line| (line.sku.as_str(), line.quantity, line.orders.len()))
            .collect();
        assert_eq!(shown, [("MUG", 1, 1), ("PEN", 5, 2)]);
        let pens = list
            .iter()
            .find(|line| line.sku == "PEN")
            .map(|line| &line.orders);
        assert_eq!(pens, Some(&vec![("A".to_owned(), 2), ("B".to_owned(), 3)]));
    }
}
