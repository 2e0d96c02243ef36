//! Refunds that the owner asks for at the command line.
//!
//! A request is a row, written in one transaction with the task of the outbox that has Stripe make
//! the refund ([`crate::outbox::work`]). Its refund comes here by its event, as one that is made in
//! Stripe's dashboard does. What is asked for and what has gone back are counted under the order's
//! lock, so that two requests cannot ask for the same money; a refund that is made in the dashboard
//! at the same time is Stripe's to see, which refuses whatever is more than what is left.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
};
use serde::Serialize;
use time::OffsetDateTime;

use super::overview::counts;
use crate::clock;
use crate::database::{Database, locked};
use crate::entity::{dispute, order, order_line, outbox, product, refund, refund_request};
use crate::money_back::{DisputeStage, DisputeStatus};
use crate::outbox::{Task, enqueue};

/// What became of a request. The database stores the lower-case names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// Stripe is still to be asked, or asked again.
    Asked,
    /// Stripe has made the refund.
    Made,
    /// The refund was not made, and is not tried again unless the owner has it tried again.
    Refused,
}

impl RequestState {
    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Made => "made",
            Self::Refused => "refused",
        }
    }
}

/// What the owner asks for.
#[derive(Clone, Debug)]
pub struct RefundRequest {
    /// The order's key.
    pub order: i64,
    /// In minor units of the order's currency, above zero. `None`: all that is left.
    pub amount: Option<i64>,
    /// Whether the order's units go back into stock.
    pub restock: bool,
    /// Who asks.
    pub by: String,
}

/// What became of a request for a refund. Amounts in minor units of the order's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// It is written down, and a server that runs has Stripe make it within seconds.
    Asked {
        /// What goes back.
        amount: i64,
        /// Units that go back into stock once Stripe has made the refund.
        units: i64,
    },
    /// Everything had gone back before; these units are in stock again now.
    OnlyRestocked {
        /// At least one.
        units: i64,
    },
    /// Everything has gone back, or is about to.
    NothingLeft {
        /// What of it the owner has asked for and Stripe has not told of yet.
        under_way: i64,
    },
    /// More was asked for than is left.
    MoreThanLeft {
        /// What is left.
        left: i64,
    },
    /// No unit came out of counted stock, or all of them went back before.
    NothingToRestock,
    /// The bank has taken the money already: a refund would give it away twice.
    Disputed,
    /// A dispute was lost: the shopper has its money already, and Stripe refuses a refund, also of
    /// what the dispute was not about.
    DisputeLost,
    /// Nothing was due, so that nothing can go back.
    NothingPaid,
    /// There is no such order.
    Unknown,
}

/// One request, for the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestRow {
    /// Its number.
    pub id: i64,
    /// In minor units of the order's currency.
    pub amount: i64,
    /// Whether the order's units go back into stock with it.
    pub restock: bool,
    /// See [`RequestState`].
    pub state: String,
    /// Stripe's id of the refund, once it is made.
    pub refund: Option<String>,
    /// Who asked.
    pub by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Why it is not made yet, or was not made.
    pub error: Option<String>,
}

/// Asks for a refund.
///
/// # Errors
/// Where the database does not answer; then nothing has changed.
pub async fn ask(database: &Database, request: &RefundRequest) -> Result<RefundOutcome, DbErr> {
    let transaction = database.begin_write().await?;
    let outcome = decide(&transaction, request).await?;
    match outcome {
        RefundOutcome::Asked { .. } | RefundOutcome::OnlyRestocked { .. } => {
            transaction.commit().await?;
        }
        _ => transaction.rollback().await?,
    }
    if let RefundOutcome::Asked { amount, .. } = outcome {
        let (order, by) = (request.order, request.by.as_str());
        tracing::info!(order, by, amount, "a refund was asked for");
    }
    Ok(outcome)
}

async fn decide(
    transaction: &DatabaseTransaction,
    request: &RefundRequest,
) -> Result<RefundOutcome, DbErr> {
    // Events about its payment wait, and so does another request.
    let Some(order) = locked(order::Entity::find_by_id(request.order))
        .one(transaction)
        .await?
    else {
        return Ok(RefundOutcome::Unknown);
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
        state: Set(RequestState::Asked.as_str().to_owned()),
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
        again: 0,
    };
    enqueue(transaction, &order.checkout_id, &task).await?;
    Ok(RefundOutcome::Asked { amount, units })
}

/// What of an order can still go back, and what the owner has asked for of which Stripe has not
/// told yet.
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
        .filter(refund_request::Column::State.ne(RequestState::Refused.as_str()))
        .all(connection)
        .await?;
    let is_of = |request: &refund_request::Model, refund: &refund::Model| {
        request.stripe_refund_id.as_ref() == Some(&refund.id)
    };
    let gone = refunds.iter().filter(|refund| counts(refund));
    let gone = gone.fold(0_i64, |sum, refund| {
        // In another currency, it is worth what was asked for.
        let asked = requests.iter().find(|request| is_of(request, refund));
        let amount = match refund.currency == order.currency {
            true => refund.amount,
            false => asked.map_or(0, |request| request.amount),
        };
        sum.saturating_add(amount)
    });
    let under_way = requests
        .iter()
        .filter(|request| !refunds.iter().any(|refund| is_of(request, refund)))
        .fold(0_i64, |sum, request| sum.saturating_add(request.amount));
    let left = order.amount_total.saturating_sub(gone);
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
    let statuses = disputes.iter().map(|dispute| dispute.status.parse());
    Ok(statuses
        .flatten()
        .map(|status: DisputeStatus| status.stage())
        .collect())
}

async fn lines(
    connection: &impl ConnectionTrait,
    order: i64,
) -> Result<Vec<order_line::Model>, DbErr> {
    order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(order))
        .order_by_asc(order_line::Column::ProductId)
        .all(connection)
        .await
}

/// Units of a line that came out of counted stock and are not back yet.
fn restockable(line: &order_line::Model) -> i64 {
    std::cmp::max(line.stock_taken.saturating_sub(line.restocked), 0)
}

/// Puts an order's units back into stock, each once. A product that nobody counts any more stays
/// uncounted. The order must be locked; products come in the order of their ids, as in a sale.
async fn restock(transaction: &DatabaseTransaction, order: i64) -> Result<(), DbErr> {
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
            .filter(order_line::Column::ProductId.eq(line.product_id))
            .exec(transaction)
            .await?;
        product::Entity::update_many()
            .col_expr(
                product::Column::Stock,
                Expr::col(product::Column::Stock).add(units),
            )
            .filter(product::Column::Id.eq(line.product_id))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Notes that Stripe has made a refund, and puts the units back if that was asked for. In the
/// transaction that notes the task as done.
pub(crate) async fn note_made(
    transaction: &DatabaseTransaction,
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
            Expr::value(RequestState::Made.as_str()),
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

/// Notes that a refund was not made, so that its money can be asked for again; or that it is to be
/// tried again after all.
pub(crate) async fn note_state(
    transaction: &DatabaseTransaction,
    request: i64,
    state: RequestState,
) -> Result<(), DbErr> {
    refund_request::Entity::update_many()
        .col_expr(refund_request::Column::State, Expr::value(state.as_str()))
        .filter(refund_request::Column::Id.eq(request))
        .filter(refund_request::Column::State.ne(RequestState::Made.as_str()))
        .exec(transaction)
        .await?;
    Ok(())
}

/// The requests of an order, the oldest first, with what their tasks say.
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
        let task = Task::RefundRequest { request, again: 0 };
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
        error: error(row.id).filter(|_| row.state != RequestState::Made.as_str()),
        state: row.state,
    };
    Ok(rows.into_iter().map(row).collect())
}
