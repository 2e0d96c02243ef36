//! What is refunded for units of an order's lines.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use till_core::fulfilment::units_amount;

use super::super::fulfilment::{OrderUnits, Units};
use super::{RequestState, restockable};
use crate::entity::{order, order_line, refund_request, refund_request_line};

/// Units of a line that are to be refunded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChosenLine {
    pub(super) variant: i64,
    pub(super) sku: String,
    pub(super) quantity: i64,
    /// In minor units of the order's currency.
    pub(super) amount: i64,
    /// How many of them can be put back into stock.
    pub(super) restockable: i64,
    /// The units of the line that are not shipped.
    pub(super) left_to_ship: i64,
}

/// Why units of lines cannot be refunded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LinesProblem {
    NoUnits,
    UnknownLine,
    AmountsUnknown,
    MoreThanLeft { sku: String, left: i64 },
}

/// Returns the units of an order for which a refund was requested and not refused, by variant.
pub(in crate::orders) async fn refunded_units(
    connection: &impl ConnectionTrait,
    order: i64,
) -> Result<BTreeMap<i64, i64>, DbErr> {
    let requests: Vec<i64> = refund_request::Entity::find()
        .select_only()
        .column(refund_request::Column::Id)
        .filter(refund_request::Column::OrderId.eq(order))
        .filter(refund_request::Column::State.ne(RequestState::Refused))
        .into_tuple()
        .all(connection)
        .await?;
    let mut units = BTreeMap::new();
    if requests.is_empty() {
        return Ok(units);
    }
    let lines = refund_request_line::Entity::find()
        .filter(refund_request_line::Column::RequestId.is_in(requests))
        .all(connection)
        .await?;
    for line in lines {
        let refunded: &mut i64 = units.entry(line.variant_id).or_default();
        *refunded = refunded.saturating_add(line.quantity);
    }
    Ok(units)
}

/// Returns what was paid for a line, in minor units of the order's currency: what Stripe has
/// stated, or the price if nothing was added or taken off. `None` if it is not known.
#[must_use]
pub fn line_amounts(order: &order::Model, line: &order_line::Model) -> Option<i64> {
    // With this flag, the lines are in the quoted currency and the payment is in another.
    if order.flag == Some(order::Flag::CurrencyDiffers) {
        return None;
    }
    if line.amount_total.is_some() {
        return line.amount_total;
    }
    let is_plain = order.amount_discount == 0 && order.amount_tax == 0;
    let price = line.unit_amount.checked_mul(line.quantity)?;
    is_plain.then_some(price)
}

/// Returns the chosen lines with what is refunded for them.
pub(super) fn choose(
    order: &order::Model,
    units: &OrderUnits,
    refunded: &BTreeMap<i64, i64>,
    wanted: &[Units],
) -> Result<Vec<ChosenLine>, LinesProblem> {
    let step = order
        .currency
        .known()
        .map_or(1, till_core::money::Currency::step);
    let mut chosen: Vec<ChosenLine> = Vec::new();
    for Units { variant, quantity } in wanted.iter().filter(|units| units.quantity != 0) {
        let Some((line, of_line)) = units.of(*variant) else {
            return Err(LinesProblem::UnknownLine);
        };
        let before = refunded.get(variant).copied().unwrap_or(0);
        let is_repeated = chosen.iter().any(|line| line.variant == *variant);
        let left = line.quantity.saturating_sub(before).max(0);
        if *quantity < 0 || *quantity > left || is_repeated {
            let sku = line.sku.clone();
            return Err(LinesProblem::MoreThanLeft { sku, left });
        }
        let total = line_amounts(order, line).ok_or(LinesProblem::AmountsUnknown)?;
        let amount = units_amount(total, line.quantity, before, *quantity, step);
        chosen.push(ChosenLine {
            variant: *variant,
            sku: line.sku.clone(),
            quantity: *quantity,
            amount: amount.ok_or(LinesProblem::AmountsUnknown)?,
            restockable: restockable(line).min(*quantity),
            left_to_ship: of_line.left(),
        });
    }
    match chosen.is_empty() {
        true => Err(LinesProblem::NoUnits),
        false => Ok(chosen),
    }
}
