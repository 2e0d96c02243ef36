//! Orders as their owner sees them: those that need attention first, and one with everything that belongs to it.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::refund::{RequestRow, requests};
use super::resolution::{
    REFUND_PREFIX, Resolution, Settled, dispute_prefix, dispute_subject, refund_subject,
};
use super::{Flag, OrderNumbers, find};
use crate::catalog::skus;
use crate::database::Database;
use crate::entity::{
    dispute, order, order_line, order_resolution, order_resolution_item, outbox, refund,
};
use crate::inbox::listing::{EventSummary, of_checkout};
use crate::money_back::{Certainty, DisputeStage, DisputeStatus, RefundStatus};

/// Which orders are listed.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Only those that need attention.
    pub flagged: bool,
    /// At most so many.
    pub limit: u64,
}

/// Why an order needs the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// A flag by its name, `adopted`, `disputed` or `refund_failed`.
    pub reason: String,
    /// The same in words.
    pub words: String,
}

/// One order of a list. Amounts in minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderSummary {
    /// The order's number.
    pub number: String,
    /// Who bought, as typed on Stripe's page.
    pub customer_name: Option<String>,
    /// Mail address.
    pub customer_email: Option<String>,
    /// When it was paid.
    #[serde(with = "time::serde::rfc3339")]
    pub paid_at: OffsetDateTime,
    /// The lower-case ISO 4217 code.
    pub currency: String,
    /// What was paid.
    pub amount_total: i64,
    /// What went back: the sum over the refunds in this currency that count.
    pub amount_refunded: i64,
    /// Why it needs the owner; empty where all is well, or settled.
    pub attention: Vec<Reason>,
}

/// One order with everything that belongs to it. Amounts in minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderDetails {
    /// As in a list.
    #[serde(flatten)]
    pub summary: OrderSummary,
    /// Sum over the lines.
    pub amount_subtotal: i64,
    /// Taken off.
    pub amount_discount: i64,
    /// For delivery.
    pub amount_shipping: i64,
    /// The name of the shipping rate that was chosen.
    pub shipping_method: Option<String>,
    /// Tax.
    pub amount_tax: i64,
    /// Stripe's word: `paid` or `no_payment_required`.
    pub payment_status: String,
    /// When it was made from what Stripe has, by `till reconcile --adopt`.
    #[serde(with = "time::serde::rfc3339::option")]
    pub adopted_at: Option<OffsetDateTime>,
    /// The checkout that it came from.
    pub checkout: String,
    /// Stripe's id of the session.
    pub stripe_session: String,
    /// Stripe's id of the payment; none where nothing was due.
    pub stripe_payment_intent: Option<String>,
    /// Who bought.
    pub customer: Customer,
    /// What was bought.
    pub lines: Vec<Line>,
    /// Refunds that were asked for at the command line, the oldest first.
    pub refund_requests: Vec<RequestRow>,
    /// What went back, the oldest first.
    pub refunds: Vec<RefundRow>,
    /// Payments called into question, the oldest first.
    pub disputes: Vec<DisputeRow>,
    /// What Stripe told about it, the oldest first.
    pub events: Vec<EventSummary>,
    /// Mails, refunds and questions to Stripe, the oldest first.
    pub outbox: Vec<OutboxRow>,
    /// What its owner has settled, the oldest first.
    pub resolutions: Vec<Resolution>,
}

/// Who bought, as far as Stripe's page asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Customer {
    /// Name.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Whom the bill goes to: Stripe's address object.
    pub billing_address: Option<Value>,
    /// Whom the goods go to.
    pub shipping_name: Option<String>,
    /// Stripe's address object.
    pub shipping_address: Option<Value>,
}

/// One product of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The product's id.
    pub product: i64,
    /// The owner's article number; none where the product is gone.
    pub sku: Option<String>,
    /// Its name when it was ordered.
    pub name: String,
    /// Of one piece.
    pub unit_amount: i64,
    /// Pieces.
    pub quantity: i64,
    /// Pieces that came out of the counted stock.
    pub stock_taken: i64,
    /// Units of them that went back into stock with a refund.
    pub restocked: i64,
}

/// One refund. `amount` in minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefundRow {
    /// Stripe's id.
    pub id: String,
    /// What goes back.
    pub amount: i64,
    /// The lower-case ISO 4217 code.
    pub currency: String,
    /// See [`RefundStatus`].
    pub status: String,
    /// When Stripe made it.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// One dispute. `amount` in minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DisputeRow {
    /// Stripe's id.
    pub id: String,
    /// What is called into question.
    pub amount: i64,
    /// The lower-case ISO 4217 code.
    pub currency: String,
    /// See [`DisputeStatus`].
    pub status: String,
    /// Stripe's word, such as `fraudulent`.
    pub reason: Option<String>,
    /// Stripe has taken the amount out of the balance.
    pub funds_withdrawn: bool,
    /// Stripe has put it back.
    pub funds_reinstated: bool,
    /// When Stripe made it.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// One task of the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutboxRow {
    /// Its number.
    pub id: i64,
    /// What it is, once: `mail:paid:…`.
    pub key: String,
    /// `mail`, `refund` or `dispute`.
    pub kind: String,
    /// `pending`, `done` or `dead`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Why the last try failed.
    pub error: Option<String>,
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it is tried next, if pending.
    #[serde(with = "time::serde::rfc3339")]
    pub due_at: OffsetDateTime,
}

/// Orders: those that need attention first, then the others, each the newest first.
///
/// # Errors
/// Where the database does not answer.
pub async fn list(database: &Database, filter: Filter) -> Result<Vec<OrderSummary>, DbErr> {
    list_where(database, filter, Condition::all()).await
}

/// The same, of orders that this text names: by number, name, mail address, or Stripe's id of
/// session or payment. Parts of names and addresses are enough.
///
/// # Errors
/// Where the database does not answer.
pub async fn search(
    database: &Database,
    filter: Filter,
    text: &str,
    numbers: &OrderNumbers,
) -> Result<Vec<OrderSummary>, DbErr> {
    let named = find(database, text, numbers).await?;
    let mut condition = Condition::any()
        .add(order::Column::Id.is_in(named.into_iter().map(|order| order.id)))
        .add(order::Column::StripeSessionId.eq(text))
        .add(order::Column::StripePaymentIntentId.eq(text));
    for spelling in spellings(text) {
        let pattern = LikeExpr::new(format!("%{}%", like_escaped(&spelling))).escape('!');
        for column in [order::Column::CustomerName, order::Column::CustomerEmail] {
            let lower = Expr::expr(Func::lower(Expr::col((order::Entity, column))));
            condition = condition.add(lower.like(pattern.clone()));
        }
    }
    list_where(database, filter, condition).await
}

/// How a database may have to be asked for a text in whatever case: SQLite, and PostgreSQL with
/// some locales, know the small letters of ASCII only.
fn spellings(text: &str) -> Vec<String> {
    let text = text.trim();
    let mut capitalised = text.to_lowercase();
    if let Some(first) = capitalised.chars().next() {
        let rest = capitalised.split_off(first.len_utf8());
        capitalised = first.to_uppercase().collect::<String>() + &rest;
    }
    let mut spellings: Vec<String> = [
        text.to_owned(),
        text.to_lowercase(),
        text.to_uppercase(),
        capitalised,
    ]
    .iter()
    .map(|spelling| spelling.to_ascii_lowercase())
    .collect();
    spellings.sort();
    spellings.dedup();
    spellings
}

/// Text without the meaning that its characters have in a pattern.
fn like_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '!' | '%' | '_') {
            escaped.push('!');
        }
        escaped.push(character);
    }
    escaped
}

async fn list_where(
    database: &Database,
    filter: Filter,
    condition: Condition,
) -> Result<Vec<OrderSummary>, DbErr> {
    let newest = |query: Select<order::Entity>, limit| {
        query
            .filter(condition.clone())
            .order_by_desc(order::Column::Id)
            .limit(limit)
            .all(database.reader())
    };
    let flagged = order::Entity::find().filter(needs_attention());
    let mut orders = newest(flagged, filter.limit).await?;
    let left = filter
        .limit
        .saturating_sub(u64::try_from(orders.len()).unwrap_or(u64::MAX));
    if !filter.flagged && left > 0 {
        let others = order::Entity::find().filter(needs_attention().not());
        orders.extend(newest(others, left).await?);
    }
    let numbers: Vec<i64> = orders.iter().map(|order| order.id).collect();
    let refunds = refunds(database.reader(), &numbers).await?;
    let disputes = disputes(database.reader(), &numbers).await?;
    let settled = Settled::of(database.reader(), &numbers).await?;
    Ok(orders
        .iter()
        .map(|order| {
            let refunds = refunds.iter().filter(|refund| refund.order_id == order.id);
            let disputes = disputes
                .iter()
                .filter(|dispute| dispute.order_id == order.id);
            summary(order, &refunds.collect::<Vec<_>>(), disputes, &settled)
        })
        .collect())
}

/// The order of this key. `None` where there is none.
///
/// # Errors
/// Where the database does not answer.
pub async fn show(database: &Database, id: i64) -> Result<Option<OrderDetails>, DbErr> {
    let reader = database.reader();
    let Some(order) = order::Entity::find_by_id(id).one(reader).await? else {
        return Ok(None);
    };
    let lines = order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(id))
        .order_by_asc(order_line::Column::ProductId)
        .all(reader)
        .await?;
    let outbox = outbox::Entity::find()
        .filter(outbox::Column::CheckoutId.eq(&order.checkout_id))
        .order_by_asc(outbox::Column::Id)
        .all(reader)
        .await?;
    let skus = skus(database, lines.iter().map(|line| line.product_id)).await?;
    let refund_requests = requests(reader, &order, &outbox).await?;
    let refunds = refunds(reader, &[id]).await?;
    let disputes = disputes(reader, &[id]).await?;
    let mut settled = Settled::of(reader, &[id]).await?;
    let refs: Vec<_> = refunds.iter().collect();
    let summary = summary(&order, &refs, disputes.iter(), &settled);
    let address =
        |address: Option<&str>| address.and_then(|address| serde_json::from_str(address).ok());
    Ok(Some(OrderDetails {
        summary,
        amount_subtotal: order.amount_subtotal,
        amount_discount: order.amount_discount,
        amount_shipping: order.amount_shipping,
        shipping_method: order.shipping_method.clone(),
        amount_tax: order.amount_tax,
        payment_status: order.payment_status,
        adopted_at: order.adopted_at,
        events: of_checkout(database, &order.checkout_id).await?,
        checkout: order.checkout_id,
        stripe_session: order.stripe_session_id,
        stripe_payment_intent: order.stripe_payment_intent_id,
        customer: Customer {
            name: order.customer_name,
            email: order.customer_email,
            phone: order.customer_phone,
            shipping_name: order.shipping_name,
            shipping_address: address(order.shipping_address.as_deref()),
            billing_address: address(order.billing_address.as_deref()),
        },
        lines: lines
            .into_iter()
            .map(|line| Line::of(line, &skus))
            .collect(),
        refund_requests,
        refunds: refunds.into_iter().map(RefundRow::of).collect(),
        disputes: disputes.into_iter().map(DisputeRow::of).collect(),
        outbox: outbox.into_iter().map(OutboxRow::of).collect(),
        resolutions: settled.resolutions(id),
    }))
}

/// What of an order could be settled now, in a transaction that has locked it.
pub(super) struct Open {
    /// Why it needs attention, in words; empty where it does not.
    pub(super) reasons: Vec<String>,
    /// Its open disputes and failed refunds.
    pub(super) subjects: Vec<String>,
}

pub(super) async fn open_subjects(
    connection: &impl ConnectionTrait,
    order: &order::Model,
) -> Result<Open, DbErr> {
    let refunds = refunds(connection, &[order.id]).await?;
    let disputes = disputes(connection, &[order.id]).await?;
    let settled = Settled::of(connection, &[order.id]).await?;
    let refs: Vec<_> = refunds.iter().collect();
    let summary = summary(order, &refs, disputes.iter(), &settled);
    let failed = refunds.iter().filter(|refund| !counts(refund));
    Ok(Open {
        reasons: summary
            .attention
            .into_iter()
            .map(|reason| reason.words)
            .collect(),
        subjects: disputes
            .iter()
            .filter_map(dispute_subject)
            .chain(failed.map(refund_subject))
            .collect(),
    })
}

/// A flag, an adoption, an open dispute, or a refund that did not reach the shopper and was not made up for;
/// each only as long as no resolution settles it.
fn needs_attention() -> Condition {
    let resolved = Query::select()
        .column(order_resolution::Column::OrderId)
        .from(order_resolution::Entity)
        .to_owned();
    let marked = Condition::any()
        .add(order::Column::Flag.is_not_null())
        .add(order::Column::AdoptedAt.is_not_null());
    let flagged = Condition::all()
        .add(marked)
        .add(order::Column::Id.not_in_subquery(resolved));
    Condition::any()
        .add(flagged)
        .add(order::Column::Id.in_subquery(disputed(DisputeStage::Inquiry)))
        .add(order::Column::Id.in_subquery(disputed(DisputeStage::Disputed)))
        .add(order::Column::Id.in_subquery(contested()))
        .add(order::Column::Id.in_subquery(refund_failed()))
}

/// Stripe is being asked how the dispute was decided: nobody can settle that.
fn contested() -> SelectStatement {
    Query::select()
        .column(dispute::Column::OrderId)
        .from(dispute::Entity)
        .and_where(dispute::Column::Certainty.eq(Certainty::Contested.as_str()))
        .to_owned()
}

fn disputed(stage: DisputeStage) -> SelectStatement {
    Query::select()
        .column(dispute::Column::OrderId)
        .from(dispute::Entity)
        .and_where(has_stage(stage))
        .and_where(is_unsettled(dispute_prefix(stage), "dispute"))
        .to_owned()
}

/// Whether the status of a dispute is of this stage; one that is not known counts as disputed.
fn has_stage(stage: DisputeStage) -> Expr {
    let names = |of_stage: bool| {
        let of_stage = move |status: &DisputeStatus| (status.stage() == stage) == of_stage;
        let all = DisputeStatus::ALL.into_iter();
        all.filter(of_stage).map(DisputeStatus::as_str)
    };
    match stage {
        DisputeStage::Disputed => dispute::Column::Status.is_not_in(names(false)),
        DisputeStage::Inquiry | DisputeStage::Closed(_) => {
            dispute::Column::Status.is_in(names(true))
        }
    }
}

/// Whether no resolution settles this row of the table. `prefix` and `table` are words of this
/// program, never of a user.
fn is_unsettled(prefix: &str, table: &str) -> Expr {
    let settled = Query::select()
        .column(order_resolution_item::Column::Subject)
        .from(order_resolution_item::Entity)
        .to_owned();
    Expr::cust(format!("'{prefix}' || \"{table}\".\"id\"")).not_in_subquery(settled)
}

/// Orders with a refund that did not reach the shopper, where less has gone back since than is owed. The database's form of
/// [`owed`].
fn refund_failed() -> SelectStatement {
    use sea_orm::sea_query::{Alias, Func, SimpleExpr};
    let other = || Alias::new("other");
    let of_other = |name: refund::Column| Expr::col((other(), name));
    let own = |name: refund::Column| Expr::col((refund::Entity, name));
    let failed_at = || {
        Func::coalesce([
            own(refund::Column::FailedAt),
            own(refund::Column::CreatedAt),
        ])
    };
    let sum = |of: [SimpleExpr; 3]| {
        let mut sum = Query::select();
        sum.expr(Func::coalesce([
            Expr::from(Func::sum(of_other(refund::Column::Amount))),
            Expr::val(0_i64),
        ]))
        .from_as(refund::Entity, other())
        .and_where(
            of_other(refund::Column::OrderId).equals((refund::Entity, refund::Column::OrderId)),
        )
        // Sums are of one currency.
        .and_where(
            of_other(refund::Column::Currency).equals((refund::Entity, refund::Column::Currency)),
        );
        for condition in of {
            sum.and_where(condition);
        }
        sum
    };
    let made_up = sum([
        of_other(refund::Column::Status).is_not_in(RefundStatus::failing()),
        of_other(refund::Column::CreatedAt).gte(failed_at()),
        Expr::val(1).eq(1),
    ]);
    let owed = sum([
        of_other(refund::Column::Status).is_in(RefundStatus::failing()),
        of_other(refund::Column::CreatedAt).lte(failed_at()),
        Expr::expr(Func::coalesce([
            of_other(refund::Column::FailedAt),
            of_other(refund::Column::CreatedAt),
        ]))
        .gte(failed_at()),
    ]);
    Query::select()
        .column(refund::Column::OrderId)
        .from(refund::Entity)
        .and_where(own(refund::Column::Status).is_in(RefundStatus::failing()))
        .and_where(Expr::from(owed).gt(Expr::from(made_up)))
        .and_where(is_unsettled(REFUND_PREFIX, "refund"))
        .to_owned()
}

/// When it was told of a refund that it does not reach the shopper.
fn since(failed: &refund::Model) -> OffsetDateTime {
    failed.failed_at.unwrap_or(failed.created_at)
}

/// Whether money is owed since this refund has failed: what was under way at that moment and has failed then or later, less
/// what went back afterwards. A refund that was made up for and whose replacement failed as well is owed once.
fn owed(failed: &refund::Model, refunds: &[&refund::Model]) -> bool {
    let at = since(failed);
    let sum = |of: &dyn Fn(&refund::Model) -> bool| {
        let amounts = refunds.iter().filter(|refund| of(refund));
        let amounts = amounts.filter(|refund| refund.currency == failed.currency);
        amounts.fold(0_i64, |sum, refund| sum.saturating_add(refund.amount))
    };
    let missing = sum(&|refund| !counts(refund) && refund.created_at <= at && since(refund) >= at);
    missing > sum(&|refund| counts(refund) && refund.created_at >= at)
}

pub(super) fn counts(refund: &refund::Model) -> bool {
    RefundStatus::failing().all(|status| status != refund.status)
}

async fn refunds(
    connection: &impl ConnectionTrait,
    orders: &[i64],
) -> Result<Vec<refund::Model>, DbErr> {
    refund::Entity::find()
        .filter(refund::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(refund::Column::CreatedAt)
        .order_by_asc(refund::Column::Id)
        .all(connection)
        .await
}

async fn disputes(
    connection: &impl ConnectionTrait,
    orders: &[i64],
) -> Result<Vec<dispute::Model>, DbErr> {
    dispute::Entity::find()
        .filter(dispute::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(dispute::Column::CreatedAt)
        .order_by_asc(dispute::Column::Id)
        .all(connection)
        .await
}

fn summary<'a>(
    order: &order::Model,
    refunds: &[&refund::Model],
    disputes: impl Iterator<Item = &'a dispute::Model>,
    settled: &Settled,
) -> OrderSummary {
    let mut attention = Vec::new();
    if let Some(flag) = &order.flag
        && !settled.has_flag_of(order.id)
    {
        let known = Flag::ALL.into_iter().find(|known| known.as_str() == flag);
        attention.push(Reason {
            reason: flag.clone(),
            words: known.map_or_else(|| flag.clone(), |known| known.words().to_owned()),
        });
    }
    if order.adopted_at.is_some() && !settled.has_flag_of(order.id) {
        attention.push(Reason {
            reason: "adopted".to_owned(),
            words: "made from what Stripe has, because the database had forgotten it: check its lines and the stock".to_owned(),
        });
    }
    for dispute in disputes {
        if dispute.certainty == Certainty::Contested.as_str() {
            attention.push(Reason {
                reason: "disputed".to_owned(),
                words: format!(
                    "dispute {} was decided twice in one second: Stripe is being asked",
                    dispute.id
                ),
            });
            continue;
        }
        if dispute_subject(dispute).is_some_and(|subject| !settled.has(&subject)) {
            let why = dispute.reason.as_deref().unwrap_or("no reason given");
            attention.push(Reason {
                reason: "disputed".to_owned(),
                words: format!(
                    "dispute {}: {} ({})",
                    dispute.id,
                    dispute.status.replace('_', " "),
                    why.replace('_', " ")
                ),
            });
        }
    }
    for failed in refunds.iter().filter(|refund| !counts(refund)) {
        if owed(failed, refunds) && !settled.has(&refund_subject(failed)) {
            let what = if failed.status == RefundStatus::Failed.as_str() {
                "came back"
            } else {
                "was cancelled"
            };
            attention.push(Reason {
                reason: "refund_failed".to_owned(),
                words: format!("refund {} {what}", failed.id),
            });
        }
    }
    // Rows of another currency are shown as such, and belong into no sum.
    let counted = refunds
        .iter()
        .filter(|refund| counts(refund) && refund.currency == order.currency);
    OrderSummary {
        number: order.number.clone(),
        customer_name: order.customer_name.clone(),
        customer_email: order.customer_email.clone(),
        paid_at: order.paid_at,
        currency: order.currency.clone(),
        amount_total: order.amount_total,
        amount_refunded: counted.fold(0, |sum, refund| sum.saturating_add(refund.amount)),
        attention,
    }
}

impl Line {
    fn of(row: order_line::Model, skus: &HashMap<i64, String>) -> Self {
        Self {
            product: row.product_id,
            sku: skus.get(&row.product_id).cloned(),
            name: row.name,
            unit_amount: row.unit_amount,
            quantity: row.quantity,
            stock_taken: row.stock_taken,
            restocked: row.restocked,
        }
    }
}

impl RefundRow {
    fn of(row: refund::Model) -> Self {
        Self {
            id: row.id,
            amount: row.amount,
            currency: row.currency,
            status: row.status,
            created_at: row.created_at,
        }
    }
}

impl DisputeRow {
    fn of(row: dispute::Model) -> Self {
        Self {
            id: row.id,
            amount: row.amount,
            currency: row.currency,
            status: row.status,
            reason: row.reason,
            funds_withdrawn: row.funds_withdrawn,
            funds_reinstated: row.funds_reinstated,
            created_at: row.created_at,
        }
    }
}

impl OutboxRow {
    fn of(row: outbox::Model) -> Self {
        Self {
            id: row.id,
            key: row.key,
            kind: row.kind,
            state: row.state,
            attempts: row.attempts,
            error: row.error,
            created_at: row.created_at,
            due_at: row.due_at,
        }
    }
}
