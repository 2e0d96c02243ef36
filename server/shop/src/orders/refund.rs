//! Refunds that the owner requests at the command line.
//!
//! A request is a row, written in one transaction with the outbox task that has Stripe make the
//! refund ([`crate::outbox::work`]). The refund is then recorded by its event, like one made in
//! Stripe's dashboard. Requests and refunds are counted under the order's lock, so two requests
//! cannot claim the same money. A refund made in the dashboard at the same time is left to Stripe,
//! which refuses to refund more than what is left.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
};
use serde::Serialize;
use time::OffsetDateTime;

use crate::catalog_change;
use crate::clock;
use crate::database::{Database, WriteTransaction, locked};
pub use crate::entity::refund_request::RequestState;
use crate::entity::{dispute, order, order_line, outbox, refund, refund_request, variant};
use crate::outbox::{Task, enqueue};
use till_core::refunds::{DisputeStage, DisputeStatus};

/// A refund that the owner requests.
#[derive(Clone, Debug)]
pub struct RefundRequest {
    /// The order's id.
    pub order: i64,
    /// In minor units of the order's currency, above zero. `None`: everything not refunded yet.
    pub amount: Option<i64>,
    /// Whether to put the order's units back into stock.
    pub restock: bool,
    /// Who requests it.
    pub by: String,
}

/// The outcome of a refund request. Amounts in minor units of the order's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// It is recorded, and a running server has Stripe make it within seconds.
    Requested {
        /// The amount of the refund.
        amount: i64,
        /// Units to put back into stock once Stripe has made the refund.
        units: i64,
    },
    /// Everything was refunded before; these units are back in stock now.
    OnlyRestocked {
        /// At least one.
        units: i64,
    },
    /// Everything is refunded, or about to be.
    NothingLeft {
        /// The requested part that Stripe has not reported as a refund yet.
        under_way: i64,
    },
    /// The amount is more than what is left to refund.
    MoreThanLeft {
        /// The amount that is left.
        left: i64,
    },
    /// No unit came out of counted stock, or all are back already.
    NothingToRestock,
    /// The bank has withdrawn the money already: a refund would pay it twice.
    Disputed,
    /// A dispute was lost: the shopper has the money already, and Stripe refuses any refund, even
    /// of what was not disputed.
    DisputeLost,
    /// Nothing was due, so nothing can be refunded.
    NothingPaid,
    /// There is no such order.
    UnknownOrder,
}

/// A refund request as the owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestRow {
    /// Its number.
    pub id: i64,
    /// In minor units of the order's currency.
    pub amount: i64,
    /// Whether the order's units are put back into stock with it.
    pub restock: bool,
    /// Its state.
    pub state: RequestState,
    /// Stripe's id of the refund, once made.
    pub refund: Option<String>,
    /// Who requested it.
    pub by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Why it has not been made.
    pub error: Option<String>,
}

/// Requests a refund.
///
/// # Errors
/// If the database does not answer. Nothing has changed then.
pub async fn request_refund(
    database: &Database,
    request: &RefundRequest,
) -> Result<RefundOutcome, DbErr> {
    let transaction = database.begin_write("request-refund").await?;
    let outcome = write_request(&transaction, request).await?;
    let order = order::Entity::find_by_id(request.order)
        .one(&transaction)
        .await?;
    match outcome {
        RefundOutcome::Requested { .. } | RefundOutcome::OnlyRestocked { .. } => {
            transaction.commit().await?;
        }
        _ => transaction.rollback().await?,
    }
    if let (RefundOutcome::Requested { amount, .. }, Some(order)) = (outcome, order) {
        let (number, by) = (order.number, request.by.as_str());
        tracing::info!(
            order = number,
            by,
            amount,
            "a refund of order {number} was requested"
        );
    }
    Ok(outcome)
}

async fn write_request(
    transaction: &WriteTransaction,
    request: &RefundRequest,
) -> Result<RefundOutcome, DbErr> {
    // The lock makes events about its payment and other requests wait.
    let Some(order) = locked(order::Entity::find_by_id(request.order))
        .one(transaction)
        .await?
    else {
        return Ok(RefundOutcome::UnknownOrder);
    };
    let units = if request.restock {
        let lines = lines(transaction, order.id).await?;
        let units = lines.iter().map(restockable).sum();
        if units == 0 {
            return Ok(RefundOutcome::NothingToRestock);
        }
        units
    } else {
        0
    };
    let (left, under_way) = left(transaction, &order).await?;
    if left <= 0 && request.restock && under_way == 0 && request.amount.is_none() {
        restock(transaction, order.id).await?;
        return Ok(RefundOutcome::OnlyRestocked { units });
    }
    if order.stripe_payment_intent_id.is_none() || order.amount_total <= 0 {
        return Ok(RefundOutcome::NothingPaid);
    }
    if left <= 0 {
        return Ok(RefundOutcome::NothingLeft { under_way });
    }
    let amount = request.amount.unwrap_or(left);
    if amount > left {
        return Ok(RefundOutcome::MoreThanLeft { left });
    }
    let stages = dispute_stages(transaction, order.id).await?;
    if stages.contains(&DisputeStage::Closed(DisputeStatus::Lost)) {
        return Ok(RefundOutcome::DisputeLost);
    }
    if stages.contains(&DisputeStage::Disputed) {
        return Ok(RefundOutcome::Disputed);
    }
    let row = refund_request::ActiveModel {
        id: NotSet,
        order_id: Set(order.id),
        amount: Set(amount),
        restock: Set(request.restock),
        state: Set(RequestState::Asked),
        stripe_refund_id: Set(None),
        requested_by: Set(request.by.clone()),
        created_at: Set(clock::now()),
    };
    let id = refund_request::Entity::insert(row)
        .exec(transaction)
        .await?
        .last_insert_id;
    let task = Task::RefundRequest {
        request: id,
        manual_retries: 0,
    };
    enqueue(transaction, &order.checkout_id, &task).await?;
    Ok(RefundOutcome::Requested { amount, units })
}

/// Returns what is left to refund of an order, and what is requested but not reported as a refund
/// yet.
async fn left(
    connection: &impl ConnectionTrait,
    order: &order::Model,
) -> Result<(i64, i64), DbErr> {
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
    Ok((left.saturating_sub(under_way), under_way))
}

async fn dispute_stages(
    connection: &impl ConnectionTrait,
    order: i64,
) -> Result<Vec<DisputeStage>, DbErr> {
    let disputes = dispute::Entity::find()
        .filter(dispute::Column::OrderId.eq(order))
        .all(connection)
        .await?;
    Ok(disputes
        .iter()
        .map(|dispute| dispute.status.stage())
        .collect())
}

async fn lines(
    connection: &impl ConnectionTrait,
    order: i64,
) -> Result<Vec<order_line::Model>, DbErr> {
    order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(order))
        .order_by_asc(order_line::Column::VariantId)
        .all(connection)
        .await
}

/// Returns the units of a line that came out of counted stock and are not back yet.
fn restockable(line: &order_line::Model) -> i64 {
    std::cmp::max(line.stock_taken.saturating_sub(line.restocked), 0)
}

/// Puts an order's units back into stock, each once. A variant whose stock is no longer counted
/// stays uncounted. The order must be locked. Variants are updated in the order of their ids, as in
/// a sale.
async fn restock(transaction: &WriteTransaction, order: i64) -> Result<(), DbErr> {
    let mut is_shown = false;
    for line in lines(transaction, order).await? {
        let units = restockable(&line);
        if units == 0 {
            continue;
        }
        order_line::Entity::update_many()
            .col_expr(
                order_line::Column::Restocked,
                Expr::value(line.restocked + units),
            )
            .filter(order_line::Column::OrderId.eq(order))
            .filter(order_line::Column::VariantId.eq(line.variant_id))
            .exec(transaction)
            .await?;
        variant::Entity::update_many()
            .col_expr(
                variant::Column::Stock,
                Expr::col(variant::Column::Stock).add(units),
            )
            .filter(variant::Column::Id.eq(line.variant_id))
            .exec(transaction)
            .await?;
        is_shown = true;
    }
    if is_shown {
        catalog_change::note(transaction).await?;
    }
    Ok(())
}

/// Records that Stripe has made a refund, and puts the units back if that was requested. Runs in
/// the transaction that marks the task as done.
pub(crate) async fn mark_made(
    transaction: &WriteTransaction,
    request: i64,
    refund: &str,
) -> Result<(), DbErr> {
    let Some(row) = refund_request::Entity::find_by_id(request)
        .one(transaction)
        .await?
    else {
        return Ok(());
    };
    if row.restock {
        locked(order::Entity::find_by_id(row.order_id))
            .one(transaction)
            .await?;
        restock(transaction, row.order_id).await?;
    }
    refund_request::Entity::update_many()
        .col_expr(
            refund_request::Column::State,
            Expr::value(RequestState::Made),
        )
        .col_expr(
            refund_request::Column::StripeRefundId,
            Expr::value(Some(refund)),
        )
        .filter(refund_request::Column::Id.eq(request))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Records that a refund was not made, so that its amount can be requested again; or that it is to
/// be retried.
pub(crate) async fn set_state(
    transaction: &WriteTransaction,
    request: i64,
    state: RequestState,
) -> Result<(), DbErr> {
    refund_request::Entity::update_many()
        .col_expr(refund_request::Column::State, Expr::value(state))
        .filter(refund_request::Column::Id.eq(request))
        .filter(refund_request::Column::State.ne(RequestState::Made))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Returns the refund requests of an order, the oldest first, with the errors of their tasks.
pub(super) async fn requests(
    connection: &impl ConnectionTrait,
    order: &order::Model,
    tasks: &[outbox::Model],
) -> Result<Vec<RequestRow>, DbErr> {
    let rows = refund_request::Entity::find()
        .filter(refund_request::Column::OrderId.eq(order.id))
        .order_by_asc(refund_request::Column::Id)
        .all(connection)
        .await?;
    let error = |request: i64| {
        let task = Task::RefundRequest {
            request,
            manual_retries: 0,
        };
        let key = task.key(&order.checkout_id);
        let task = tasks.iter().find(|task| task.key == key);
        task.and_then(|task| task.error.clone())
    };
    let row = |row: refund_request::Model| RequestRow {
        id: row.id,
        amount: row.amount,
        restock: row.restock,
        refund: row.stripe_refund_id,
        by: row.requested_by,
        at: row.created_at,
        error: error(row.id).filter(|_| row.state != RequestState::Made),
        state: row.state,
    };
    Ok(rows.into_iter().map(row).collect())
}

pub(super) fn counts(refund: &refund::Model) -> bool {
    refund.status.counts()
}
