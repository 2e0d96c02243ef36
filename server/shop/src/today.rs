//! What waits for the owner: the first page of the admin.
//!
//! Each part is one statement that reads at most [`MAX_COUNTED`] rows by an index, or a table that
//! stays small. Nothing here calls Stripe or a mail server.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder,
    QuerySelect,
};
use till_core::money::CurrencyCode;
use till_core::refunds::{DisputeStage, DisputeStatus};
use till_core::view::full_name;
use time::OffsetDateTime;

use crate::Shop;
use crate::catalog::scarcity;
use crate::doctor::{DoctorError, Trouble, troubles};
use crate::entity::{
    dispute, order, outbox, product, refund_request, stripe_event, variant, withdrawal,
};
use crate::first_steps::{FirstStep, first_steps};
use crate::inbox::EventState;
use crate::orders::list::OrderState;
use crate::orders::overview;
use crate::orders::refund::RequestState;
use crate::outbox::{TaskKind, TaskState};
use crate::withdrawals::WithdrawalState;

/// Beyond this, a number is only known to be larger.
pub const MAX_COUNTED: u64 = 100;
/// How many of each kind are named.
const NAMED: usize = 5;

/// How many of something wait, and the first of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting<T> {
    /// The number, at most [`MAX_COUNTED`].
    pub count: u64,
    /// Whether there are more than that.
    pub has_more: bool,
    /// The first ones.
    pub first: Vec<T>,
}

impl<T> Waiting<T> {
    /// From rows of which at most one more than [`MAX_COUNTED`] was read.
    fn of(mut rows: Vec<T>) -> Self {
        let read = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        rows.truncate(NAMED);
        Self {
            count: Ord::min(read, MAX_COUNTED),
            has_more: read > MAX_COUNTED,
            first: rows,
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Everything that waits for the owner.
#[derive(Clone, Debug)]
pub struct Today {
    /// Orders of which something is to be shipped, the oldest first.
    pub to_ship: Waiting<OrderRow>,
    /// Orders that need attention, the newest first.
    pub flagged: Waiting<OrderRow>,
    /// Refund requests that Stripe has not carried out, the oldest first.
    pub refunds: Waiting<RefundRow>,
    /// Open disputes and inquiries, those with the earliest deadline first.
    pub disputes: Waiting<DisputeRow>,
    /// Withdrawals without a decision, the oldest first.
    pub withdrawals: Waiting<WithdrawalRow>,
    /// Variants on sale of which no unit can be bought: they are sold out, or all are held.
    pub sold_out: Waiting<StockRow>,
    /// Variants on sale of which few units can still be bought, those with the fewest first.
    pub low_stock: Waiting<StockRow>,
    /// Tasks of the outbox that were given up: emails, refunds and queries to Stripe.
    pub tasks: Waiting<TaskRow>,
    /// Stripe's events that could not be applied, the latest first.
    pub events: Waiting<EventRow>,
    /// What else is wrong, as far as it is known without asking anybody.
    pub troubles: Vec<Trouble>,
    /// What is to be done in a new shop, which does not wait for anybody; empty once it has taken a
    /// real payment or all is done.
    pub first_steps: Vec<FirstStep>,
}

impl Today {
    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.to_ship.is_empty()
            && self.flagged.is_empty()
            && self.refunds.is_empty()
            && self.disputes.is_empty()
            && self.withdrawals.is_empty()
            && self.sold_out.is_empty()
            && self.low_stock.is_empty()
            && self.tasks.is_empty()
            && self.events.is_empty()
            && self.troubles.is_empty()
    }
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// Its number.
    pub number: String,
    /// The shopper's name.
    pub customer_name: Option<String>,
    /// When it was paid.
    pub paid_at: OffsetDateTime,
}

/// A refund request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRow {
    /// The number of its order.
    pub order: String,
    /// In minor units of `currency`.
    pub amount: i64,
    /// The currency of the order.
    pub currency: CurrencyCode,
    /// Asked, or refused.
    pub state: RequestState,
    /// When it was requested.
    pub at: OffsetDateTime,
}

/// A dispute or an inquiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeRow {
    /// Stripe's id.
    pub id: String,
    /// The number of its order.
    pub order: String,
    /// In minor units of `currency`.
    pub amount: i64,
    /// The currency of the dispute.
    pub currency: CurrencyCode,
    /// Its status at Stripe.
    pub status: DisputeStatus,
    /// Until when Stripe takes evidence.
    pub due_by: Option<OffsetDateTime>,
}

impl DisputeRow {
    /// Whether the bank waits for the owner.
    #[must_use]
    pub fn needs_response(&self) -> bool {
        matches!(
            self.status,
            DisputeStatus::NeedsResponse | DisputeStatus::WarningNeedsResponse
        )
    }
}

/// A withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalRow {
    /// By which the owner names it.
    pub id: i64,
    /// The number of its order, if one was found.
    pub order: Option<String>,
    /// The shopper's name.
    pub name: String,
    /// When it was received.
    pub received_at: OffsetDateTime,
}

/// A variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockRow {
    /// Its SKU.
    pub sku: String,
    /// The name of the product and its own.
    pub name: String,
    /// The product's id.
    pub product: i64,
    /// Unsold units, including held ones.
    pub stock: i64,
    /// Units that unpaid checkouts hold.
    pub held: i64,
}

impl StockRow {
    /// Units that can still be bought.
    #[must_use]
    pub fn left(&self) -> i64 {
        Ord::max(self.stock.saturating_sub(self.held), 0)
    }
}

/// A task of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// Its number.
    pub id: i64,
    /// Its unique key, such as `mail:paid:…`.
    pub key: String,
    /// What it does.
    pub kind: TaskKind,
    /// Why it failed.
    pub error: Option<String>,
}

/// One of Stripe's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Stripe's id.
    pub id: String,
    /// For example `checkout.session.completed`.
    pub r#type: String,
    /// When it was received.
    pub received_at: OffsetDateTime,
    /// Why it failed.
    pub error: Option<String>,
}

/// Reads what waits for the owner.
///
/// # Errors
/// If the database fails.
pub async fn today(shop: &Shop) -> Result<Today, DoctorError> {
    let reader = shop.database.reader();
    let low = shop.owner_settings().stock.low;
    let (sold_out, low_stock) = stock(reader, low).await?;
    let troubles = troubles(shop).await?;
    let first_steps = first_steps(shop, &troubles).await?;
    Ok(Today {
        to_ship: orders(reader, OrderState::ToShip, Order::Asc).await?,
        flagged: orders(reader, OrderState::Attention, Order::Desc).await?,
        refunds: refunds(reader).await?,
        disputes: disputes(reader).await?,
        withdrawals: withdrawals(reader).await?,
        sold_out,
        low_stock,
        tasks: tasks(reader).await?,
        events: events(reader).await?,
        troubles,
        first_steps,
    })
}

/// Orders in a state, the oldest or the newest payment first. Each of its conditions is read by an
/// index of its own.
async fn orders(
    connection: &impl ConnectionTrait,
    state: OrderState,
    direction: Order,
) -> Result<Waiting<OrderRow>, DbErr> {
    type Columns = (i64, String, Option<String>, OffsetDateTime);
    let mut found: BTreeMap<(OffsetDateTime, i64), OrderRow> = BTreeMap::new();
    for condition in state.conditions() {
        let rows: Vec<Columns> = order::Entity::find()
            .select_only()
            .columns([
                order::Column::Id,
                order::Column::Number,
                order::Column::CustomerName,
                order::Column::PaidAt,
            ])
            .filter(condition)
            .order_by(order::Column::PaidAt, direction.clone())
            .order_by(order::Column::Id, direction.clone())
            .limit(MAX_COUNTED + 1)
            .into_tuple()
            .all(connection)
            .await?;
        found.extend(
            rows.into_iter()
                .map(|(id, number, customer_name, paid_at)| {
                    let row = OrderRow {
                        number,
                        customer_name,
                        paid_at,
                    };
                    ((paid_at, id), row)
                }),
        );
    }
    let rows = found.into_values();
    Ok(Waiting::of(match direction {
        Order::Desc => rows.rev().collect(),
        _ => rows.collect(),
    }))
}

/// Requests that Stripe has not carried out yet, and refused ones that no later request replaces.
async fn refunds(connection: &impl ConnectionTrait) -> Result<Waiting<RefundRow>, DbErr> {
    let later = Alias::new("later");
    let replaced = Query::select()
        .expr(Expr::val(1))
        .from_as(refund_request::Entity, later.clone())
        .and_where(
            Expr::col((later.clone(), refund_request::Column::OrderId))
                .equals((refund_request::Entity, refund_request::Column::OrderId)),
        )
        .and_where(
            Expr::col((later, refund_request::Column::Id)).gt(Expr::col((
                refund_request::Entity,
                refund_request::Column::Id,
            ))),
        )
        .to_owned();
    let refused = refund_request::Column::State
        .eq(RequestState::Refused)
        .and(Expr::exists(replaced).not());
    let waiting = refund_request::Column::State
        .eq(RequestState::Asked)
        .or(refused);
    let rows: Vec<(String, i64, CurrencyCode, RequestState, OffsetDateTime)> =
        refund_request::Entity::find()
            .select_only()
            .column(order::Column::Number)
            .column(refund_request::Column::Amount)
            .column(order::Column::Currency)
            .column(refund_request::Column::State)
            .column(refund_request::Column::CreatedAt)
            .join(
                JoinType::InnerJoin,
                refund_request::Entity::belongs_to(order::Entity)
                    .from(refund_request::Column::OrderId)
                    .to(order::Column::Id)
                    .into(),
            )
            .filter(waiting)
            .order_by_asc(refund_request::Column::Id)
            .limit(MAX_COUNTED + 1)
            .into_tuple()
            .all(connection)
            .await?;
    let row = |(order, amount, currency, state, at)| RefundRow {
        order,
        amount,
        currency,
        state,
        at,
    };
    Ok(Waiting::of(rows.into_iter().map(row).collect()))
}

async fn disputes(connection: &impl ConnectionTrait) -> Result<Waiting<DisputeRow>, DbErr> {
    type Columns = (
        String,
        String,
        i64,
        CurrencyCode,
        DisputeStatus,
        Option<OffsetDateTime>,
    );
    let rows: Vec<Columns> = dispute::Entity::find()
        .select_only()
        .column(dispute::Column::Id)
        .column(order::Column::Number)
        .column(dispute::Column::Amount)
        .column(dispute::Column::Currency)
        .column(dispute::Column::Status)
        .column(dispute::Column::EvidenceDueBy)
        .join(
            JoinType::InnerJoin,
            dispute::Entity::belongs_to(order::Entity)
                .from(dispute::Column::OrderId)
                .to(order::Column::Id)
                .into(),
        )
        .filter(
            overview::has_stage(DisputeStage::Inquiry)
                .or(overview::has_stage(DisputeStage::Disputed)),
        )
        .order_by_asc(dispute::Column::EvidenceDueBy.is_null())
        .order_by_asc(dispute::Column::EvidenceDueBy)
        .order_by_asc(dispute::Column::Id)
        .limit(MAX_COUNTED + 1)
        .into_tuple()
        .all(connection)
        .await?;
    let row = |(id, order, amount, currency, status, due_by)| DisputeRow {
        id,
        order,
        amount,
        currency,
        status,
        due_by,
    };
    Ok(Waiting::of(rows.into_iter().map(row).collect()))
}

async fn withdrawals(connection: &impl ConnectionTrait) -> Result<Waiting<WithdrawalRow>, DbErr> {
    type Columns = (i64, Option<String>, String, OffsetDateTime);
    let rows: Vec<Columns> = withdrawal::Entity::find()
        .select_only()
        .column(withdrawal::Column::Id)
        .column(order::Column::Number)
        .column(withdrawal::Column::Name)
        .column(withdrawal::Column::ReceivedAt)
        .join(
            JoinType::LeftJoin,
            withdrawal::Entity::belongs_to(order::Entity)
                .from(withdrawal::Column::OrderId)
                .to(order::Column::Id)
                .into(),
        )
        .filter(withdrawal::Column::State.eq(WithdrawalState::Received))
        .order_by_asc(withdrawal::Column::Id)
        .limit(MAX_COUNTED + 1)
        .into_tuple()
        .all(connection)
        .await?;
    let row = |(id, order, name, received_at)| WithdrawalRow {
        id,
        order,
        name,
        received_at,
    };
    Ok(Waiting::of(rows.into_iter().map(row).collect()))
}

/// Variants on sale that are sold out, and those with at most `low` units left.
async fn stock(
    connection: &impl ConnectionTrait,
    low: i64,
) -> Result<(Waiting<StockRow>, Waiting<StockRow>), DbErr> {
    let sold_out = variants(connection, 0, 0).await?;
    let few = variants(connection, 1, low).await?;
    Ok((sold_out, few))
}

/// Variants of which at least `least` and at most `most` units can still be bought.
async fn variants(
    connection: &impl ConnectionTrait,
    least: i64,
    most: i64,
) -> Result<Waiting<StockRow>, DbErr> {
    type Columns = (String, String, String, i64, i64, i64);
    let rows: Vec<Columns> = variant::Entity::find()
        .select_only()
        .column(variant::Column::Sku)
        .column(product::Column::Name)
        .column_as(variant::Column::Name, "variant_name")
        .column(variant::Column::ProductId)
        .column(variant::Column::Stock)
        .column(variant::Column::Held)
        .join(
            JoinType::InnerJoin,
            variant::Entity::belongs_to(product::Entity)
                .from(variant::Column::ProductId)
                .to(product::Column::Id)
                .into(),
        )
        .filter(product::Column::Active.eq(true))
        .filter(scarcity::between(least, most))
        .order_by_asc(scarcity::left(most))
        .order_by_asc(variant::Column::Id)
        .limit(MAX_COUNTED + 1)
        .into_tuple()
        .all(connection)
        .await?;
    let row = |(sku, product_name, variant, product, stock, held): Columns| StockRow {
        sku,
        name: full_name(&product_name, &variant),
        product,
        stock,
        held,
    };
    Ok(Waiting::of(rows.into_iter().map(row).collect()))
}

async fn tasks(connection: &impl ConnectionTrait) -> Result<Waiting<TaskRow>, DbErr> {
    let rows: Vec<(i64, String, TaskKind, Option<String>)> = outbox::Entity::find()
        .select_only()
        .columns([
            outbox::Column::Id,
            outbox::Column::Key,
            outbox::Column::Kind,
            outbox::Column::Error,
        ])
        .filter(outbox::Column::State.eq(TaskState::Dead))
        .order_by_asc(outbox::Column::DueAt)
        .order_by_asc(outbox::Column::Id)
        .limit(MAX_COUNTED + 1)
        .into_tuple()
        .all(connection)
        .await?;
    let row = |(id, key, kind, error)| TaskRow {
        id,
        key,
        kind,
        error,
    };
    Ok(Waiting::of(rows.into_iter().map(row).collect()))
}

async fn events(connection: &impl ConnectionTrait) -> Result<Waiting<EventRow>, DbErr> {
    let rows: Vec<(String, String, OffsetDateTime, Option<String>)> = stripe_event::Entity::find()
        .select_only()
        .columns([
            stripe_event::Column::Id,
            stripe_event::Column::Type,
            stripe_event::Column::ReceivedAt,
            stripe_event::Column::Error,
        ])
        .filter(stripe_event::Column::State.is_in([EventState::Failed, EventState::Dead]))
        .filter(stripe_event::Column::DismissedAt.is_null())
        .order_by_desc(stripe_event::Column::ReceivedAt)
        .order_by_desc(stripe_event::Column::Id)
        .limit(MAX_COUNTED + 1)
        .into_tuple()
        .all(connection)
        .await?;
    let row = |(id, r#type, received_at, error)| EventRow {
        id,
        r#type,
        received_at,
        error,
    };
    Ok(Waiting::of(rows.into_iter().map(row).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_exact_up_to_a_hundred() {
        let waiting = |rows: u64| {
            let waiting = Waiting::of((0..rows).collect());
            (waiting.count, waiting.has_more, waiting.first.len())
        };
        assert_eq!(waiting(0), (0, false, 0));
        assert_eq!(waiting(4), (4, false, 4));
        assert_eq!(waiting(100), (100, false, 5));
        assert_eq!(waiting(101), (100, true, 5));
    }
}
