//! What is refunded of an order, and what is left.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::entity::refund_request::RequestState;
use crate::entity::{order, refund, refund_request};

/// Whether a refund's amount counts as refunded.
pub(super) fn counts(refund: &refund::Model) -> bool {
    refund.status.counts()
}

/// What is refunded of an order, in minor units of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RefundedMoney {
    /// Refunded, or about to be at Stripe.
    pub(super) refunded: i64,
    /// Requested, and not reported as a refund yet.
    pub(super) under_way: i64,
    /// What is left to refund.
    pub(super) left: i64,
}

/// Returns what is refunded of an order, what is requested but not reported as a refund yet, and
/// what is left.
pub(super) async fn money(
    connection: &impl ConnectionTrait,
    order: &order::Model,
) -> Result<RefundedMoney, DbErr> {
    let refunds = refund::Entity::find()
        .filter(refund::Column::OrderId.eq(order.id))
        .all(connection)
        .await?;
    let requests = refund_request::Entity::find()
        .filter(refund_request::Column::OrderId.eq(order.id))
        .filter(refund_request::Column::State.ne(RequestState::Refused))
        .all(connection)
        .await?;
    let is_of = |request: &refund_request::Model, refund: &refund::Model| {
        request.stripe_refund_id.as_ref() == Some(&refund.id)
    };
    let refunded = refunds.iter().filter(|refund| counts(refund));
    let refunded = refunded.fold(0_i64, |sum, refund| {
        // A refund in another currency counts with the requested amount.
        let requested = requests.iter().find(|request| is_of(request, refund));
        let amount = match refund.currency == order.currency {
            true => refund.amount,
            false => requested.map_or(0, |request| request.amount),
        };
        sum.saturating_add(amount)
    });
    let under_way = requests
        .iter()
        .filter(|request| !refunds.iter().any(|refund| is_of(request, refund)))
        .fold(0_i64, |sum, request| sum.saturating_add(request.amount));
    let left = order.amount_total.saturating_sub(refunded);
    Ok(RefundedMoney {
        refunded,
        under_way,
        left: left.saturating_sub(under_way),
    })
}
