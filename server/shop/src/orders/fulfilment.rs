//! How far an order is, for the owner's list: what is left to ship, what is refunded, disputed and
//! withdrawn. It is kept on the order's row, by the transactions that change it, so that a list of
//! a million orders is read by an index.

use std::collections::BTreeMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use till_core::fulfilment::{Fulfilment, LineUnits};
use till_core::token::AttemptToken;

use super::money::money;
use super::{Payment, options};
use crate::checkout::Quote;
use crate::database::{WriteTransaction, locked};
use crate::entity::order::{DisputedMark, RefundedMark, WithdrawnMark};
use crate::entity::refund_request::RequestState;
use crate::entity::{
    checkout, dispute, order, order_line, outbox, refund_request, refund_request_line, shipment,
    shipment_line, withdrawal,
};
use crate::new_token::form_key;
use crate::outbox::Task;
use crate::withdrawals::WithdrawalState;

/// Units of one line of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    /// The id of the line's variant.
    pub variant: i64,
    /// How many.
    pub quantity: i64,
}

/// The state of a new order. `refunding` is whether it is refunded at once, because its units are
/// sold out.
pub(crate) fn initial(quote: &Quote, paid: &Payment, refunding: bool) -> Fulfilment {
    let has_address = paid.shipping_address.is_some();
    let ships = has_address || options(&quote.checkout).shipping.is_some();
    match ships && !refunding {
        true => Fulfilment::ToShip,
        false => Fulfilment::NotNeeded,
    }
}

/// The lines of an order with their units, in the order of variant ids.
#[derive(Debug)]
pub(super) struct OrderUnits {
    pub(super) lines: Vec<(order_line::Model, LineUnits)>,
}

impl OrderUnits {
    pub(super) async fn load(connection: &impl ConnectionTrait, order: i64) -> Result<Self, DbErr> {
        let lines = order_line::Entity::find()
            .filter(order_line::Column::OrderId.eq(order))
            .order_by_asc(order_line::Column::VariantId)
            .all(connection)
            .await?;
        let shipped = shipped(connection, order).await?;
        let mut lines: Vec<_> = lines
            .into_iter()
            .map(|line| {
                let units = LineUnits {
                    ordered: line.quantity,
                    shipped: shipped.get(&line.variant_id).copied().unwrap_or(0),
                    cancelled: line.cancelled,
                };
                (line, units)
            })
            .collect();
        subtract_requested(connection, order, &mut lines).await?;
        Ok(Self { lines })
    }

    pub(super) fn of(&self, variant: i64) -> Option<&(order_line::Model, LineUnits)> {
        let is_it = |(line, _): &&(order_line::Model, LineUnits)| line.variant_id == variant;
        self.lines.iter().find(is_it)
    }

    /// Everything that is left to ship.
    pub(super) fn left(&self) -> Vec<Units> {
        let left = self.lines.iter().map(|(line, units)| Units {
            variant: line.variant_id,
            quantity: units.left(),
        });
        left.filter(|units| units.quantity > 0).collect()
    }
}

/// Returns everything of an order that is left to ship.
///
/// # Errors
/// If the database fails.
pub(crate) async fn left_to_ship(
    connection: &impl ConnectionTrait,
    order: i64,
) -> Result<Vec<Units>, DbErr> {
    Ok(OrderUnits::load(connection, order).await?.left())
}

/// The units in an order's parcels, by variant.
async fn shipped(
    connection: &impl ConnectionTrait,
    order: i64,
) -> Result<BTreeMap<i64, i64>, DbErr> {
    let parcels = shipment::Entity::find()
        .filter(shipment::Column::OrderId.eq(order))
        .filter(shipment::Column::UndoneAt.is_null())
        .all(connection)
        .await?;
    let mut shipped = BTreeMap::new();
    if parcels.is_empty() {
        return Ok(shipped);
    }
    let lines = shipment_line::Entity::find()
        .filter(shipment_line::Column::ShipmentId.is_in(parcels.iter().map(|row| row.id)))
        .all(connection)
        .await?;
    for line in lines {
        let units: &mut i64 = shipped.entry(line.variant_id).or_default();
        *units = units.saturating_add(line.quantity);
    }
    Ok(shipped)
}

/// Counts units as cancelled that are about to be: their refund is requested.
async fn subtract_requested(
    connection: &impl ConnectionTrait,
    order: i64,
    lines: &mut [(order_line::Model, LineUnits)],
) -> Result<(), DbErr> {
    let requests = refund_request::Entity::find()
        .filter(refund_request::Column::OrderId.eq(order))
        .filter(refund_request::Column::State.eq(RequestState::Asked))
        .filter(refund_request::Column::Restock.eq(true))
        .all(connection)
        .await?;
    for request in requests {
        let of_lines = request_lines(connection, request.id).await?;
        for (line, units) in &mut *lines {
            let cancelled = match of_lines.is_empty() {
                true => units.left(),
                false => of_lines
                    .iter()
                    .find(|of_line| of_line.variant_id == line.variant_id)
                    .map_or(0, |of_line| of_line.cancelled),
            };
            units.cancelled = units.cancelled.saturating_add(cancelled);
        }
    }
    Ok(())
}

/// The lines of a refund request; none if it is for an amount.
pub(super) async fn request_lines(
    connection: &impl ConnectionTrait,
    request: i64,
) -> Result<Vec<refund_request_line::Model>, DbErr> {
    refund_request_line::Entity::find()
        .filter(refund_request_line::Column::RequestId.eq(request))
        .order_by_asc(refund_request_line::Column::VariantId)
        .all(connection)
        .await
}

/// Derives what the order's row says of shipments, refunds and disputes from their rows. The
/// transaction must have locked the order.
///
/// # Errors
/// If the database fails.
pub(crate) async fn refresh(
    transaction: &WriteTransaction,
    order: &order::Model,
) -> Result<(), DbErr> {
    let units = OrderUnits::load(transaction, order.id).await?;
    let lines: Vec<_> = units.lines.into_iter().map(|(_, units)| units).collect();
    let money = money(transaction, order).await?;
    let is_refunded = money.left <= 0 && order.amount_total > 0;
    let refunded = match (money.refunded > 0, money.refunded >= order.amount_total) {
        (false, _) => None,
        (true, false) => Some(RefundedMark::Part),
        (true, true) => Some(RefundedMark::Full),
    };
    let is_refunded = is_refunded || has_late_refund(transaction, order).await?;
    let ships = order.shipping_address.is_some() || has_shipping(transaction, order).await?;
    let fulfilment = Fulfilment::of(&lines, ships, is_refunded);
    let disputed = disputed(transaction, order.id).await?;
    order::Entity::update_many()
        .col_expr(order::Column::Fulfilment, Expr::value(fulfilment))
        .col_expr(order::Column::Refunded, Expr::value(refunded))
        .col_expr(order::Column::Disputed, Expr::value(disputed))
        .filter(order::Column::Id.eq(order.id))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Whether the order is refunded automatically, because it was paid too late.
async fn has_late_refund(
    connection: &impl ConnectionTrait,
    order: &order::Model,
) -> Result<bool, DbErr> {
    let tasks = outbox::Entity::find()
        .filter(outbox::Column::Key.eq(Task::refund().key(&order.checkout_id)))
        .count(connection)
        .await?;
    Ok(tasks > 0)
}

/// Whether the checkout offered shipping.
async fn has_shipping(
    connection: &impl ConnectionTrait,
    order: &order::Model,
) -> Result<bool, DbErr> {
    let checkout = checkout::Entity::find_by_id(&order.checkout_id)
        .one(connection)
        .await?;
    Ok(checkout.is_some_and(|row| options(&row).shipping.is_some()))
}

async fn disputed(
    connection: &impl ConnectionTrait,
    order: i64,
) -> Result<Option<DisputedMark>, DbErr> {
    let disputes = dispute::Entity::find()
        .filter(dispute::Column::OrderId.eq(order))
        .all(connection)
        .await?;
    let is_open = disputes.iter().any(|dispute| !dispute.status.is_closed());
    Ok(match (is_open, disputes.is_empty()) {
        (true, _) => Some(DisputedMark::Open),
        (false, false) => Some(DisputedMark::Closed),
        (false, true) => None,
    })
}

/// Derives what an order's row says of its withdrawals. It locks the order, so that of two
/// decisions at once the later one counts both.
///
/// # Errors
/// If the database fails.
pub(crate) async fn refresh_withdrawn(
    transaction: &WriteTransaction,
    order: i64,
) -> Result<(), DbErr> {
    locked(order::Entity::find_by_id(order))
        .one(transaction)
        .await?;
    let withdrawals = withdrawal::Entity::find()
        .filter(withdrawal::Column::OrderId.eq(order))
        .all(transaction)
        .await?;
    let is_open = |row: &withdrawal::Model| row.state == WithdrawalState::Received;
    let withdrawn = match (withdrawals.iter().any(is_open), withdrawals.is_empty()) {
        (true, _) => Some(WithdrawnMark::Open),
        (false, false) => Some(WithdrawnMark::Decided),
        (false, true) => None,
    };
    order::Entity::update_many()
        .col_expr(order::Column::Withdrawn, Expr::value(withdrawn))
        .filter(order::Column::Id.eq(order))
        .exec(transaction)
        .await?;
    Ok(())
}

/// The key of a form of an order, under which what it states is done once. `None` without a form.
pub(super) fn submission(form: Option<&AttemptToken>, order: i64, stated: &str) -> Option<String> {
    form.map(|form| form_key(form, &format!("{order}\0{stated}")))
}
