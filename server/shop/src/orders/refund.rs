//! Refunds that the owner requests: of everything that is left, of an amount, or of units of lines.
//!
//! A request is a row, written in one transaction with the outbox task that has Stripe make the
//! refund ([`crate::outbox::work`]). The refund is then recorded by its event, like one made in
//! Stripe's dashboard. Requests and refunds are counted under the order's lock, so two requests
//! cannot claim the same money. A refund made in the dashboard at the same time is left to Stripe,
//! which refuses to refund more than what is left.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::fulfilment::{OrderUnits, Units, refresh, request_lines, submission};
use super::money::{RefundedMoney, money};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::catalog::stock::{self, StockReason};
use crate::catalog_change;
use crate::clock;
use crate::database::{Database, WriteTransaction, locked};
pub use crate::entity::refund_request::RequestState;
use crate::entity::{
    dispute, order, order_line, outbox, refund_request, refund_request_line, variant,
};
use crate::outbox::{Task, enqueue};
use till_core::refunds::{DisputeStage, DisputeStatus};
use till_core::token::AttemptToken;

mod amount;
mod lines;

pub use amount::{AmountProblem, parse_amount};
pub use lines::line_amounts;
pub(super) use lines::refunded_units;
use lines::{ChosenLine, LinesProblem, choose};

/// The longest reason, in characters.
pub const MAX_REASON: usize = 500;

/// What is to be refunded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundPart {
    /// Everything that is not refunded yet.
    Rest,
    /// In minor units of the order's currency, above zero.
    Amount(i64),
    /// What was paid for these units, see [`till_core::fulfilment::units_amount`].
    Lines(Vec<Units>),
}

/// A refund that the owner requests.
#[derive(Clone, Debug)]
pub struct RefundRequest {
    /// The order's id.
    pub order: i64,
    /// What is to be refunded.
    pub part: RefundPart,
    /// Whether to put units back into stock: those of the lines, or else all of the order. What is
    /// not shipped of them yet is not shipped any more.
    pub restock: bool,
    /// Why, for the owner's records; at most [`MAX_REASON`] characters.
    pub reason: Option<String>,
    /// Whether to tell the buyer.
    pub notify: bool,
    /// What was left to refund when the form was shown; nothing is done if that has changed.
    pub seen: Option<i64>,
    /// The amount that was confirmed, in minor units; nothing is done if it would be another one.
    pub confirmed: Option<i64>,
    /// The form's token: sent again, the form changes nothing.
    pub form: Option<AttemptToken>,
}

/// The outcome of a refund request. Amounts in minor units of the order's currency. Only the first
/// two change anything.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The same form was sent before.
    AlreadyRequested {
        /// The amount of the refund.
        amount: i64,
    },
    /// Something was refunded or requested since the form was shown.
    Changed {
        /// The amount that is left now.
        left: i64,
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
    /// No unit was chosen.
    NoUnits,
    /// More units of a line than are not refunded yet.
    MoreUnitsThanLeft {
        /// Its SKU.
        sku: String,
        /// The units that are left.
        left: i64,
    },
    /// The order has no such line.
    UnknownLine,
    /// What was paid for the lines is not known: Stripe has not stated it yet, or the order was
    /// paid in another currency. Only an amount can be refunded.
    AmountsUnknown,
    /// Nothing was paid for these units.
    WorthNothing,
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
    /// Whether units are put back into stock with it: those of its lines, or all of the order.
    pub restock: bool,
    /// The units that it is for; empty if it is for an amount.
    pub lines: Vec<RequestedLine>,
    /// Why, for the owner's records.
    pub reason: Option<String>,
    /// Whether the buyer is told.
    pub notify: bool,
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

/// Units of a line for which a refund is requested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestedLine {
    /// The variant's id.
    pub variant: i64,
    /// The variant's SKU when it was ordered.
    pub sku: String,
    /// The number of units.
    pub quantity: i64,
    /// In minor units of the order's currency.
    pub amount: i64,
}

/// What [`request_refund`] would do now. Changes nothing.
///
/// # Errors
/// If the database does not answer.
pub async fn check_refund(
    database: &Database,
    request: &RefundRequest,
    actor: &Actor,
) -> Result<RefundOutcome, DbErr> {
    let transaction = database.begin_write("check-refund").await?;
    let order = order::Entity::find_by_id(request.order);
    let outcome = match locked(order).one(&transaction).await? {
        Some(order) => write_request(&transaction, &order, request, actor).await?,
        None => RefundOutcome::UnknownOrder,
    };
    transaction.rollback().await?;
    Ok(outcome)
}

/// Requests a refund.
///
/// # Errors
/// If the database does not answer. Nothing has changed then.
pub async fn request_refund(
    database: &Database,
    request: &RefundRequest,
    actor: &Actor,
) -> Result<RefundOutcome, DbErr> {
    let transaction = database.begin_write("request-refund").await?;
    // The lock makes events about its payment and other requests wait.
    let Some(order) = locked(order::Entity::find_by_id(request.order))
        .one(&transaction)
        .await?
    else {
        transaction.rollback().await?;
        return Ok(RefundOutcome::UnknownOrder);
    };
    let outcome = write_request(&transaction, &order, request, actor).await?;
    let (number, by) = (&order.number, actor.in_log());
    match outcome {
        RefundOutcome::Requested { amount, .. } => {
            transaction.commit().await?;
            tracing::info!(
                order = number,
                by,
                amount,
                "a refund of order {number} was requested"
            );
        }
        RefundOutcome::OnlyRestocked { .. } => transaction.commit().await?,
        _ => transaction.rollback().await?,
    }
    Ok(outcome)
}

async fn write_request(
    transaction: &WriteTransaction,
    order: &order::Model,
    request: &RefundRequest,
    actor: &Actor,
) -> Result<RefundOutcome, DbErr> {
    let submission = submission(
        request.form.as_ref(),
        order.id,
        &format!(
            "{:?}\0{}\0{:?}\0{}",
            request.part, request.restock, request.reason, request.notify
        ),
    );
    if let Some(same) = sent_before(transaction, submission.as_ref()).await? {
        let amount = same.amount;
        return Ok(RefundOutcome::AlreadyRequested { amount });
    }
    let money = money(transaction, order).await?;
    if request.seen.is_some_and(|seen| seen != money.left) {
        return Ok(RefundOutcome::Changed { left: money.left });
    }
    let units = OrderUnits::load(transaction, order.id).await?;
    let restockable: i64 = units.lines.iter().map(|(line, _)| restockable(line)).sum();
    let of_lines = matches!(request.part, RefundPart::Lines(_));
    if request.restock && !of_lines && restockable == 0 {
        return Ok(RefundOutcome::NothingToRestock);
    }
    if money.left <= 0
        && request.restock
        && money.under_way == 0
        && request.part == RefundPart::Rest
    {
        return only_restock(transaction, order, restockable, actor).await;
    }
    let (amount, lines) = match chosen(transaction, order, request, &money, &units).await? {
        Ok(chosen) => chosen,
        Err(outcome) => return Ok(outcome),
    };
    if request
        .confirmed
        .is_some_and(|confirmed| confirmed != amount)
    {
        return Ok(RefundOutcome::Changed { left: money.left });
    }
    let stages = dispute_stages(transaction, order.id).await?;
    if stages.contains(&DisputeStage::Closed(DisputeStatus::Lost)) {
        return Ok(RefundOutcome::DisputeLost);
    }
    if stages.contains(&DisputeStage::Disputed) {
        return Ok(RefundOutcome::Disputed);
    }
    let id = insert(
        transaction,
        order,
        request,
        submission,
        (amount, &lines),
        actor,
    )
    .await?;
    let task = Task::RefundRequest {
        request: id,
        manual_retries: 0,
    };
    enqueue(transaction, &order.checkout_id, &task).await?;
    refresh(transaction, order).await?;
    let units = match (request.restock, of_lines) {
        (false, _) => 0,
        (true, false) => restockable,
        (true, true) => lines.iter().map(|line| line.restockable).sum(),
    };
    Ok(RefundOutcome::Requested { amount, units })
}

/// The amount of a request and the lines that it is for, or why it cannot be made.
async fn chosen(
    transaction: &WriteTransaction,
    order: &order::Model,
    request: &RefundRequest,
    money: &RefundedMoney,
    units: &OrderUnits,
) -> Result<Result<(i64, Vec<ChosenLine>), RefundOutcome>, DbErr> {
    if order.stripe_payment_intent_id.is_none() || order.amount_total <= 0 {
        return Ok(Err(RefundOutcome::NothingPaid));
    }
    if money.left <= 0 {
        let under_way = money.under_way;
        return Ok(Err(RefundOutcome::NothingLeft { under_way }));
    }
    let (amount, lines) = match &request.part {
        RefundPart::Rest => (money.left, Vec::new()),
        RefundPart::Amount(amount) => (*amount, Vec::new()),
        RefundPart::Lines(wanted) => {
            let refunded = refunded_units(transaction, order.id).await?;
            match choose(order, units, &refunded, wanted) {
                Ok(lines) => (lines.iter().map(|line| line.amount).sum(), lines),
                Err(problem) => return Ok(Err(problem.into())),
            }
        }
    };
    Ok(match amount {
        // Less than nothing would leave more to refund than was paid.
        ..=0 => Err(RefundOutcome::WorthNothing),
        amount if amount > money.left => Err(RefundOutcome::MoreThanLeft { left: money.left }),
        amount => Ok((amount, lines)),
    })
}

impl From<LinesProblem> for RefundOutcome {
    fn from(problem: LinesProblem) -> Self {
        match problem {
            LinesProblem::NoUnits => Self::NoUnits,
            LinesProblem::UnknownLine => Self::UnknownLine,
            LinesProblem::AmountsUnknown => Self::AmountsUnknown,
            LinesProblem::MoreThanLeft { sku, left } => Self::MoreUnitsThanLeft { sku, left },
        }
    }
}

async fn sent_before(
    transaction: &WriteTransaction,
    submission: Option<&String>,
) -> Result<Option<refund_request::Model>, DbErr> {
    let Some(submission) = submission else {
        return Ok(None);
    };
    refund_request::Entity::find()
        .filter(refund_request::Column::Submission.eq(submission))
        .one(transaction)
        .await
}

/// Puts units back into stock, of an order that was refunded in full elsewhere.
async fn only_restock(
    transaction: &WriteTransaction,
    order: &order::Model,
    units: i64,
    actor: &Actor,
) -> Result<RefundOutcome, DbErr> {
    restock(transaction, order, None, &actor.name).await?;
    refresh(transaction, order).await?;
    let entry = Entry {
        action: Action::RestockOrder,
        kind: SubjectKind::Order,
        subject: order.number.clone(),
        before: None,
        after: Some(json!({ "units": units })),
    };
    audit::write(transaction, actor, entry).await?;
    Ok(RefundOutcome::OnlyRestocked { units })
}

/// Inserts a request with its lines. Returns its id.
async fn insert(
    transaction: &WriteTransaction,
    order: &order::Model,
    request: &RefundRequest,
    submission: Option<String>,
    (amount, lines): (i64, &[ChosenLine]),
    actor: &Actor,
) -> Result<i64, DbErr> {
    let row = refund_request::ActiveModel {
        id: NotSet,
        order_id: Set(order.id),
        amount: Set(amount),
        restock: Set(request.restock),
        reason: Set(request.reason.clone()),
        notify: Set(request.notify),
        submission: Set(submission),
        state: Set(RequestState::Asked),
        stripe_refund_id: Set(None),
        requested_by: Set(actor.name.clone()),
        created_at: Set(clock::now()),
    };
    let id = refund_request::Entity::insert(row)
        .exec(transaction)
        .await?
        .last_insert_id;
    let rows = lines.iter().map(|line| {
        refund_request_line::Model {
            request_id: id,
            variant_id: line.variant,
            quantity: line.quantity,
            amount: line.amount,
            // What is not sent yet is assumed to be what is kept.
            cancelled: match request.restock {
                true => std::cmp::min(line.quantity, line.left_to_ship),
                false => 0,
            },
        }
        .into_active_model()
        .reset_all()
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        refund_request_line::Entity::insert_many(rows)
            .exec_without_returning(transaction)
            .await?;
    }
    let skus = lines
        .iter()
        .map(|line| (line.sku.clone(), line.quantity.into()));
    let skus: serde_json::Map<_, serde_json::Value> = skus.collect();
    let entry = Entry {
        action: Action::RequestRefund,
        kind: SubjectKind::Order,
        subject: order.number.clone(),
        before: None,
        after: Some(json!({
            "request": id,
            "amount": amount,
            "currency": order.currency,
            "units": skus,
            "restock": request.restock,
            "notify": request.notify,
            "reason": request.reason,
        })),
    };
    audit::write(transaction, actor, entry).await?;
    Ok(id)
}

/// The request of a refund at Stripe, by its id or by the name in its metadata: its event may come
/// before the response to our request. `None` if the owner has not requested it here.
pub(crate) async fn request_of(
    connection: &impl ConnectionTrait,
    order: i64,
    refund: &str,
    name: Option<&str>,
) -> Result<Option<refund_request::Model>, DbErr> {
    let requests = refund_request::Entity::find()
        .filter(refund_request::Column::OrderId.eq(order))
        .all(connection)
        .await?;
    let is_it = |row: &refund_request::Model| {
        row.stripe_refund_id.as_deref() == Some(refund) || name == Some(&*request_name(row))
    };
    Ok(requests.into_iter().find(is_it))
}

/// The name of a request in the refund's metadata. The time is part of it, because a restored
/// database reuses the ids of lost requests.
pub(crate) fn request_name(request: &refund_request::Model) -> String {
    format!("{}-{}", request.id, request.created_at.unix_timestamp())
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

/// Returns the units of a line that came out of counted stock and are not back yet.
fn restockable(line: &order_line::Model) -> i64 {
    std::cmp::max(line.stock_taken.saturating_sub(line.restocked), 0)
}

/// Puts an order's units back into stock, each once: those of the lines of a request, or all. What
/// was not shipped of them never is. A variant whose stock is no longer counted stays uncounted.
/// The order must be locked. Variants are updated in the order of their ids, as in a sale.
async fn restock(
    transaction: &WriteTransaction,
    order: &order::Model,
    of_request: Option<&[refund_request_line::Model]>,
    by: &str,
) -> Result<(), DbErr> {
    let mut is_shown = false;
    for (line, units) in OrderUnits::load(transaction, order.id).await?.lines {
        let (back, cancelled) = match of_request {
            None => (restockable(&line), units.left()),
            Some(of_request) => {
                let of_line = of_request
                    .iter()
                    .find(|of_line| of_line.variant_id == line.variant_id);
                let Some(of_line) = of_line else { continue };
                let back = std::cmp::min(restockable(&line), of_line.quantity);
                (back, of_line.cancelled)
            }
        };
        if back == 0 && cancelled == 0 {
            continue;
        }
        order_line::Entity::update_many()
            .col_expr(
                order_line::Column::Restocked,
                Expr::value(line.restocked + back),
            )
            .col_expr(
                order_line::Column::Cancelled,
                Expr::value(line.cancelled + cancelled),
            )
            .filter(order_line::Column::OrderId.eq(order.id))
            .filter(order_line::Column::VariantId.eq(line.variant_id))
            .exec(transaction)
            .await?;
        if back == 0 {
            continue;
        }
        variant::Entity::update_many()
            .col_expr(
                variant::Column::Stock,
                Expr::col(variant::Column::Stock).add(back),
            )
            .filter(variant::Column::Id.eq(line.variant_id))
            .exec(transaction)
            .await?;
        record_return(transaction, order, line.variant_id, back, by).await?;
        is_shown = true;
    }
    if is_shown {
        catalog_change::note(transaction).await?;
    }
    Ok(())
}

/// Writes the history of the stock of a variant, to which units have come back. A variant whose
/// stock is not counted has none.
async fn record_return(
    transaction: &WriteTransaction,
    order: &order::Model,
    variant: i64,
    units: i64,
    by: &str,
) -> Result<(), DbErr> {
    let variant = variant::Entity::find_by_id(variant)
        .one(transaction)
        .await?;
    let Some((variant, stock)) = variant.and_then(|row| Some((row.clone(), row.stock?))) else {
        return Ok(());
    };
    let before = Some(stock.saturating_sub(units));
    let actor = Actor {
        user: None,
        name: by.to_owned(),
        address: None,
    };
    let reason = StockReason::Returned;
    stock::record(
        transaction,
        before,
        &variant,
        reason,
        &order.number,
        None,
        &actor,
    )
    .await
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
    let order = locked(order::Entity::find_by_id(row.order_id))
        .one(transaction)
        .await?;
    let restocks = row.restock && row.state != RequestState::Made;
    let mut made = row.into_active_model();
    made.state = Set(RequestState::Made);
    made.stripe_refund_id = Set(Some(refund.to_owned()));
    let row = made.update(transaction).await?;
    let Some(order) = order else {
        return Ok(());
    };
    if restocks {
        let lines = request_lines(transaction, request).await?;
        let lines = (!lines.is_empty()).then_some(&*lines);
        restock(transaction, &order, lines, &row.requested_by).await?;
    }
    refresh(transaction, &order).await
}

/// Records that a refund was not made, so that its amount can be requested again; or that it is to
/// be retried.
pub(crate) async fn set_state(
    transaction: &WriteTransaction,
    request: i64,
    state: RequestState,
) -> Result<(), DbErr> {
    let Some(row) = refund_request::Entity::find_by_id(request)
        .one(transaction)
        .await?
    else {
        return Ok(());
    };
    let order = locked(order::Entity::find_by_id(row.order_id))
        .one(transaction)
        .await?;
    refund_request::Entity::update_many()
        .col_expr(refund_request::Column::State, Expr::value(state))
        .filter(refund_request::Column::Id.eq(request))
        .filter(refund_request::Column::State.ne(RequestState::Made))
        .exec(transaction)
        .await?;
    match order {
        Some(order) => refresh(transaction, &order).await,
        None => Ok(()),
    }
}

/// Returns the refund requests of an order, the oldest first, with the errors of their tasks.
pub(super) async fn requests(
    connection: &impl ConnectionTrait,
    order: &order::Model,
    tasks: &[outbox::Model],
    ordered: &[order_line::Model],
) -> Result<Vec<RequestRow>, DbErr> {
    let rows = refund_request::Entity::find()
        .filter(refund_request::Column::OrderId.eq(order.id))
        .order_by_asc(refund_request::Column::Id)
        .all(connection)
        .await?;
    let lines = refund_request_line::Entity::find()
        .filter(refund_request_line::Column::RequestId.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(refund_request_line::Column::VariantId)
        .all(connection)
        .await?;
    let lines_of = |request: i64| {
        let of_request = lines.iter().filter(|line| line.request_id == request);
        let line = |line: &refund_request_line::Model| {
            let ordered = ordered.iter().find(|row| row.variant_id == line.variant_id);
            RequestedLine {
                variant: line.variant_id,
                sku: ordered.map(|row| row.sku.clone()).unwrap_or_default(),
                quantity: line.quantity,
                amount: line.amount,
            }
        };
        of_request.map(line).collect()
    };
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
        lines: lines_of(row.id),
        reason: row.reason,
        notify: row.notify,
        refund: row.stripe_refund_id,
        by: row.requested_by,
        at: row.created_at,
        error: error(row.id).filter(|_| row.state != RequestState::Made),
        state: row.state,
    };
    Ok(rows.into_iter().map(row).collect())
}
