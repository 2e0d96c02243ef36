//! Orders as the owner sees them: a list that starts with those needing attention, and a single
//! order with everything that belongs to it.

use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use serde::Serialize;
use serde_json::Value;
use strum::IntoEnumIterator;
use till_core::fulfilment::{Fulfilment, LineUnits, units_amount};
use till_core::lifecycle::PaymentStatus;
use till_core::money::CurrencyCode;
use till_core::refunds::{Certainty, DisputeStage, DisputeStatus, RefundStatus};
use till_core::view::full_name;
use time::OffsetDateTime;

use super::fulfilment::{OrderUnits, Units};
use super::money::{counts, money};
use super::notes::{self, NoteRow};
use super::payment_details::tax_ids;
use super::refund::{RequestRow, line_amounts, refunded_units, requests};
use super::resolution::{
    REFUND_PREFIX, Resolution, Resolutions, dispute_prefix, dispute_subject, refund_subject,
};
pub use super::rows::{DisputeRow, OutboxRow, RefundRow, TaxRow};
use super::shipments::{self, ShipmentRow, revision};
use super::timeline::{self, Facts, TimelineEntry};
use super::{OrderNumbers, find};
use crate::database::Database;
use crate::entity::order::{DisputedMark, RefundedMark, WithdrawnMark};
use crate::entity::{
    checkout, dispute, order, order_line, order_resolution, order_resolution_item, order_tax,
    outbox, refund,
};
use crate::inbox::listing::{EventSummary, of_checkout};
use crate::withdrawals::{WithdrawalDetails, of_order};

/// Which orders are listed.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Only orders that need attention.
    pub flagged: bool,
    /// The maximum number of orders.
    pub limit: u64,
}

/// Why an order needs the owner's attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The name of a flag, or `adopted`, `disputed` or `refund_failed`.
    pub reason: String,
    /// The same in words.
    pub words: String,
}

/// One order of a list. Amounts in minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderSummary {
    /// The order's number.
    pub number: String,
    /// The shopper's name, as typed on Stripe's page.
    pub customer_name: Option<String>,
    /// The shopper's email address.
    pub customer_email: Option<String>,
    /// When it was paid.
    #[serde(with = "time::serde::rfc3339")]
    pub paid_at: OffsetDateTime,
    /// The currency.
    pub currency: CurrencyCode,
    /// What was paid.
    pub amount_total: i64,
    /// The sum of the refunds in this currency, without failed and canceled ones.
    pub amount_refunded: i64,
    /// Why it needs the owner's attention; empty if it does not, or if that is resolved.
    pub attention: Vec<Reason>,
}

/// How an order was paid, in Stripe's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PaymentMethod {
    /// Such as `card`, `sepa_debit` or `klarna`.
    pub kind: String,
    /// The card's brand, such as `visa`.
    pub brand: Option<String>,
    /// The last four digits of the card or account.
    pub last4: Option<String>,
}

impl PaymentMethod {
    fn of(order: &order::Model) -> Option<Self> {
        Some(Self {
            kind: order.payment_method.clone()?,
            brand: order.payment_brand.clone(),
            last4: order.payment_last4.clone(),
        })
    }
}

/// One order with everything that belongs to it. Amounts in minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderDetails {
    /// Its id.
    #[serde(skip)]
    pub id: i64,
    /// The path of the customer's page. Whoever knows it sees the order.
    #[serde(skip)]
    pub page: String,
    /// As in a list.
    #[serde(flatten)]
    pub summary: OrderSummary,
    /// How much of it is refunded.
    #[serde(skip)]
    pub refunded: Option<RefundedMark>,
    /// Whether it is disputed.
    #[serde(skip)]
    pub disputed: Option<DisputedMark>,
    /// Whether its buyer has withdrawn.
    #[serde(skip)]
    pub withdrawn: Option<WithdrawnMark>,
    /// The sum of the lines.
    pub amount_subtotal: i64,
    /// The discount.
    pub amount_discount: i64,
    /// The shipping cost.
    pub amount_shipping: i64,
    /// The name of the chosen shipping rate.
    pub shipping_method: Option<String>,
    /// The tax.
    pub amount_tax: i64,
    /// The taxes by rate, as far as Stripe has stated them.
    pub taxes: Vec<TaxRow>,
    /// Paid, or nothing was due.
    pub payment_status: PaymentStatus,
    /// When it was adopted from Stripe, by `till reconcile --adopt`.
    #[serde(with = "time::serde::rfc3339::option")]
    pub adopted_at: Option<OffsetDateTime>,
    /// The id of its checkout.
    pub checkout: String,
    /// Stripe's id of the session.
    pub stripe_session: String,
    /// Stripe's id of the payment intent; `None` if nothing was due.
    pub stripe_payment_intent: Option<String>,
    /// Stripe's id of the invoice.
    pub stripe_invoice: Option<String>,
    /// Stripe's page of the invoice.
    pub invoice_url: Option<String>,
    /// Stripe's fee, in minor units of `stripe_fee_currency`.
    pub stripe_fee: Option<i64>,
    /// What remains of the payment after the fee, in minor units of `stripe_fee_currency`.
    pub stripe_net: Option<i64>,
    /// The currency in which Stripe settles.
    pub stripe_fee_currency: Option<CurrencyCode>,
    /// How it was paid; `None` until Stripe was asked, or if nothing was due.
    pub payment_method: Option<PaymentMethod>,
    /// The shopper.
    pub customer: Customer,
    /// How far its shipping is.
    pub fulfilment: Fulfilment,
    /// What was bought.
    pub lines: Vec<Line>,
    /// Parcels, the oldest first.
    pub shipments: Vec<ShipmentRow>,
    /// Counts the changes of its parcels.
    pub shipments_revision: i64,
    /// What is left to refund.
    pub refundable: i64,
    /// What is requested and not reported as a refund yet.
    pub refund_under_way: i64,
    /// The owner's notes, the oldest first.
    pub notes: Vec<NoteRow>,
    /// Refund requests of the owner, the oldest first.
    pub refund_requests: Vec<RequestRow>,
    /// Refunds, the oldest first.
    pub refunds: Vec<RefundRow>,
    /// Disputes and inquiries, the oldest first.
    pub disputes: Vec<DisputeRow>,
    /// Stripe's events about it, the oldest first.
    pub events: Vec<EventSummary>,
    /// Tasks of the outbox: emails, refunds and queries to Stripe, the oldest first.
    pub outbox: Vec<OutboxRow>,
    /// Withdrawals from the contract, the oldest first.
    pub withdrawals: Vec<WithdrawalDetails>,
    /// The owner's resolutions, the oldest first.
    pub resolutions: Vec<Resolution>,
    /// Everything that has happened, the oldest first.
    pub timeline: Vec<TimelineEntry>,
}

/// The shopper, as far as Stripe's page asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Customer {
    /// Name.
    pub name: Option<String>,
    /// Email address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// The billing address: Stripe's address object.
    pub billing_address: Option<Value>,
    /// Company.
    pub business_name: Option<String>,
    /// The company's tax ids, without their types.
    pub tax_ids: Vec<String>,
    /// The note to the shop.
    pub note: Option<String>,
    /// The recipient of the goods.
    pub shipping_name: Option<String>,
    /// The shipping address: Stripe's address object.
    pub shipping_address: Option<Value>,
}

/// One variant of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The variant's id.
    pub variant: i64,
    /// The variant's SKU when it was ordered.
    pub sku: String,
    /// The names of product and variant when it was ordered.
    pub name: String,
    /// The price of one unit.
    pub unit_amount: i64,
    /// The number of units.
    pub quantity: i64,
    /// Units taken out of counted stock.
    pub stock_taken: i64,
    /// Of these, the units put back into stock with a refund.
    pub restocked: i64,
    /// Units in parcels.
    pub shipped: i64,
    /// Units that are refunded, or about to be, and kept before they were shipped.
    pub cancelled: i64,
    /// Units that are left to ship.
    pub to_ship: i64,
    /// Units for which a refund was requested.
    pub refunded: i64,
    /// What was paid for the line, as far as it is known: what is refunded for its units.
    pub paid: Option<i64>,
    /// The line's share of the discount, as far as Stripe has stated it.
    pub amount_discount: Option<i64>,
    /// The line's tax.
    pub amount_tax: Option<i64>,
    /// What was paid for the line.
    pub amount_total: Option<i64>,
}

/// Returns orders: those that need attention, then the others, each the newest first.
///
/// # Errors
/// If the database does not answer.
pub async fn list(database: &Database, filter: Filter) -> Result<Vec<OrderSummary>, DbErr> {
    list_where(database, filter, Condition::all()).await
}

/// Like [`list`], for orders that match this text by number, name, email address, or Stripe's id of
/// the session or payment intent. Part of a name or address is enough.
///
/// # Errors
/// If the database does not answer.
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

/// Returns the spellings to search for so that case does not matter: SQLite, and PostgreSQL with
/// some locales, convert only ASCII letters to lower case.
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

/// Escapes the characters that have a meaning in a `LIKE` pattern.
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
    summaries(database.reader(), &orders).await
}

/// Returns what a list says of each of these orders.
pub(super) async fn summaries(
    connection: &impl ConnectionTrait,
    orders: &[order::Model],
) -> Result<Vec<OrderSummary>, DbErr> {
    let ids: Vec<i64> = orders.iter().map(|order| order.id).collect();
    let refunds = refunds_of(connection, &ids).await?;
    let disputes = disputes_of(connection, &ids).await?;
    let resolutions = Resolutions::load(connection, &ids).await?;
    Ok(orders
        .iter()
        .map(|order| {
            let refunds = refunds.iter().filter(|refund| refund.order_id == order.id);
            let disputes = disputes
                .iter()
                .filter(|dispute| dispute.order_id == order.id);
            summary(order, &refunds.collect::<Vec<_>>(), disputes, &resolutions)
        })
        .collect())
}

/// Returns the order with this id, or `None` if there is none.
///
/// # Errors
/// If the database does not answer.
pub async fn show(database: &Database, id: i64) -> Result<Option<OrderDetails>, DbErr> {
    let reader = database.reader();
    let Some(order) = order::Entity::find_by_id(id).one(reader).await? else {
        return Ok(None);
    };
    let units = OrderUnits::load(reader, id).await?;
    let refunded = refunded_units(reader, id).await?;
    let ordered: Vec<_> = units.lines.iter().map(|(line, _)| line.clone()).collect();
    let lines = units.lines.into_iter().map(|(line, units)| {
        let refunded = refunded.get(&line.variant_id).copied().unwrap_or(0);
        Line::of(&order, line, units, refunded)
    });
    let lines = lines.collect();
    let taxes = order_tax::Entity::find()
        .filter(order_tax::Column::OrderId.eq(id))
        .order_by_asc(order_tax::Column::Position)
        .all(reader)
        .await?;
    let outbox = outbox::Entity::find()
        .filter(outbox::Column::CheckoutId.eq(&order.checkout_id))
        .order_by_asc(outbox::Column::Id)
        .all(reader)
        .await?;
    let refund_requests = requests(reader, &order, &outbox, &ordered).await?;
    let money = money(reader, &order).await?;
    let refunds = refunds_of(reader, &[id]).await?;
    let disputes = disputes_of(reader, &[id]).await?;
    let shipments = shipments::of_order(reader, id).await?;
    let mut resolutions = Resolutions::load(reader, &[id]).await?;
    let refs: Vec<_> = refunds.iter().collect();
    let summary = summary(&order, &refs, disputes.iter(), &resolutions);
    let token = checkout::Entity::find_by_id(&order.checkout_id)
        .select_only()
        .column(checkout::Column::Token)
        .into_tuple::<String>()
        .one(reader)
        .await?;
    let mut details = OrderDetails {
        id,
        page: format!("/orders/{}", token.unwrap_or_default()),
        summary,
        refunded: order.refunded,
        disputed: order.disputed,
        withdrawn: order.withdrawn,
        amount_subtotal: order.amount_subtotal,
        amount_discount: order.amount_discount,
        amount_shipping: order.amount_shipping,
        shipping_method: order.shipping_method.clone(),
        amount_tax: order.amount_tax,
        taxes: taxes.into_iter().map(TaxRow::of).collect(),
        stripe_invoice: order.stripe_invoice_id.clone(),
        invoice_url: order.invoice_url.clone(),
        stripe_fee: order.stripe_fee,
        stripe_net: order.stripe_net,
        stripe_fee_currency: order.stripe_fee_currency.clone(),
        payment_method: PaymentMethod::of(&order),
        payment_status: order.payment_status.clone(),
        adopted_at: order.adopted_at,
        events: of_checkout(database, &order.checkout_id).await?,
        checkout: order.checkout_id.clone(),
        stripe_session: order.stripe_session_id.clone(),
        stripe_payment_intent: order.stripe_payment_intent_id.clone(),
        customer: Customer::of(&order),
        fulfilment: order.fulfilment,
        lines,
        shipments_revision: revision(&shipments),
        shipments,
        refundable: std::cmp::max(money.left, 0),
        refund_under_way: money.under_way,
        notes: notes::of_order(reader, id).await?,
        refund_requests,
        refunds: refunds.into_iter().map(RefundRow::of).collect(),
        disputes: disputes.into_iter().map(DisputeRow::of).collect(),
        outbox: outbox.into_iter().map(OutboxRow::of).collect(),
        withdrawals: of_order(reader, id).await?,
        resolutions: resolutions.take(id),
        timeline: Vec::new(),
    };
    let actions = timeline::actions(reader, &details.summary.number).await?;
    details.timeline = timeline::of(&details.facts(), actions);
    Ok(Some(details))
}

impl OrderDetails {
    /// What would be refunded for units of its lines, in minor units of its currency. `None` if
    /// there are not so many left, or if what was paid for them is not known.
    #[must_use]
    pub fn units_amount(&self, units: &[Units]) -> Option<i64> {
        let step = self.summary.currency.known();
        let step = step.map_or(1, till_core::money::Currency::step);
        let wanted = units.iter().filter(|units| units.quantity != 0);
        let amounts = wanted.map(|units| {
            let line = self
                .lines
                .iter()
                .find(|line| line.variant == units.variant)?;
            let (ordered, refunded) = (line.quantity, line.refunded);
            units_amount(line.paid?, ordered, refunded, units.quantity, step)
        });
        amounts.sum()
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            paid_at: self.summary.paid_at,
            amount_total: self.summary.amount_total,
            adopted_at: self.adopted_at,
            events: &self.events,
            outbox: &self.outbox,
            refund_requests: &self.refund_requests,
            refunds: &self.refunds,
            disputes: &self.disputes,
            shipments: &self.shipments,
            notes: &self.notes,
            withdrawals: &self.withdrawals,
            resolutions: &self.resolutions,
        }
    }
}

impl Customer {
    fn of(order: &order::Model) -> Self {
        let address =
            |address: Option<&str>| address.and_then(|address| serde_json::from_str(address).ok());
        Self {
            name: order.customer_name.clone(),
            email: order.customer_email.clone(),
            phone: order.customer_phone.clone(),
            billing_address: address(order.billing_address.as_deref()),
            business_name: order.business_name.clone(),
            tax_ids: tax_ids(order),
            note: order.customer_note.clone(),
            shipping_name: order.shipping_name.clone(),
            shipping_address: address(order.shipping_address.as_deref()),
        }
    }
}

/// What a resolution of an order would resolve now.
pub(super) struct OpenIssues {
    /// Why it needs attention, in words; empty if it does not.
    pub(super) reasons: Vec<String>,
    /// Its open disputes and failed refunds.
    pub(super) subjects: Vec<String>,
}

/// Reads what can be resolved. The transaction must have locked the order.
pub(super) async fn open_issues(
    connection: &impl ConnectionTrait,
    order: &order::Model,
) -> Result<OpenIssues, DbErr> {
    let refunds = refunds_of(connection, &[order.id]).await?;
    let disputes = disputes_of(connection, &[order.id]).await?;
    let resolutions = Resolutions::load(connection, &[order.id]).await?;
    let refs: Vec<_> = refunds.iter().collect();
    let summary = summary(order, &refs, disputes.iter(), &resolutions);
    let failed = refunds.iter().filter(|refund| !counts(refund));
    Ok(OpenIssues {
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

/// Matches orders with a flag, an adoption, an open dispute, or a failed refund that was not made
/// up for, unless a resolution covers it.
fn needs_attention() -> Condition {
    let any = Condition::any();
    attention_conditions().into_iter().fold(any, Condition::add)
}

/// The reasons for which an order needs attention, each of which few orders have.
pub(super) fn attention_conditions() -> Vec<Condition> {
    let unresolved = |column: order::Column| {
        let resolved = Query::select()
            .column(order_resolution::Column::OrderId)
            .from(order_resolution::Entity)
            .to_owned();
        Condition::all()
            .add(column.is_not_null())
            .add(order::Column::Id.not_in_subquery(resolved))
    };
    let within =
        |orders: SelectStatement| Condition::all().add(order::Column::Id.in_subquery(orders));
    vec![
        unresolved(order::Column::Flag),
        unresolved(order::Column::AdoptedAt),
        within(open_disputes(DisputeStage::Inquiry)),
        within(open_disputes(DisputeStage::Disputed)),
        within(contested_disputes()),
        within(failed_refunds()),
    ]
}

/// Selects orders with a dispute whose decision is being fetched from Stripe. These cannot be
/// resolved.
fn contested_disputes() -> SelectStatement {
    Query::select()
        .column(dispute::Column::OrderId)
        .from(dispute::Entity)
        .and_where(dispute::Column::Certainty.eq(Certainty::Contested))
        .to_owned()
}

/// Selects orders with an unresolved dispute of this stage.
fn open_disputes(stage: DisputeStage) -> SelectStatement {
    Query::select()
        .column(dispute::Column::OrderId)
        .from(dispute::Entity)
        .and_where(is_unresolved(dispute_prefix(&stage), "dispute"))
        .and_where(has_stage(stage))
        .to_owned()
}

/// Whether the status of a dispute is of this stage. An unknown status counts as disputed.
pub(crate) fn has_stage(stage: DisputeStage) -> Expr {
    let (of_stage, others): (Vec<_>, Vec<_>) =
        DisputeStatus::iter().partition(|status| status.stage() == stage);
    match stage {
        DisputeStage::Disputed => dispute::Column::Status.is_not_in(others),
        DisputeStage::Inquiry | DisputeStage::Closed(_) => dispute::Column::Status.is_in(of_stage),
    }
}

/// Whether no resolution covers this row of the table. `prefix` and `table` are constants of this
/// program, never user input.
fn is_unresolved(prefix: &str, table: &str) -> Expr {
    let resolved = Query::select()
        .column(order_resolution_item::Column::Subject)
        .from(order_resolution_item::Entity)
        .to_owned();
    Expr::cust(format!("'{prefix}' || \"{table}\".\"id\"")).not_in_subquery(resolved)
}

/// Selects orders with a failed or canceled refund whose amount has not been refunded since. The
/// SQL form of [`is_outstanding`].
fn failed_refunds() -> SelectStatement {
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
        // Never add up two currencies.
        .and_where(
            of_other(refund::Column::Currency).equals((refund::Entity, refund::Column::Currency)),
        );
        for condition in of {
            sum.and_where(condition);
        }
        sum
    };
    let refunded_since = sum([
        of_other(refund::Column::Status).is_not_in(RefundStatus::not_counted()),
        of_other(refund::Column::CreatedAt).gte(failed_at()),
        Expr::val(1).eq(1),
    ]);
    let outstanding = sum([
        of_other(refund::Column::Status).is_in(RefundStatus::not_counted()),
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
        .and_where(own(refund::Column::Status).is_in(RefundStatus::not_counted()))
        .and_where(Expr::from(outstanding).gt(Expr::from(refunded_since)))
        .and_where(is_unresolved(REFUND_PREFIX, "refund"))
        .to_owned()
}

/// Returns when Stripe reported that the refund did not reach the shopper.
fn failed_at(failed: &refund::Model) -> OffsetDateTime {
    failed.failed_at.unwrap_or(failed.created_at)
}

/// Whether money is still to be refunded because of this failed refund: the refunds that were under
/// way at that moment and failed then or later, less what was refunded afterwards. A failed refund
/// whose replacement failed too counts once.
fn is_outstanding(failed: &refund::Model, refunds: &[&refund::Model]) -> bool {
    let at = failed_at(failed);
    let sum = |of: &dyn Fn(&refund::Model) -> bool| {
        let amounts = refunds.iter().filter(|refund| of(refund));
        let amounts = amounts.filter(|refund| refund.currency == failed.currency);
        amounts.fold(0_i64, |sum, refund| sum.saturating_add(refund.amount))
    };
    let missing =
        sum(&|refund| !counts(refund) && refund.created_at <= at && failed_at(refund) >= at);
    missing > sum(&|refund| counts(refund) && refund.created_at >= at)
}

async fn refunds_of(
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

async fn disputes_of(
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
    resolutions: &Resolutions,
) -> OrderSummary {
    let mut attention = Vec::new();
    if let Some(flag) = order.flag
        && !resolutions.resolves_flag_of(order.id)
    {
        attention.push(Reason {
            reason: flag.to_string(),
            words: flag.words().to_owned(),
        });
    }
    if order.adopted_at.is_some() && !resolutions.resolves_flag_of(order.id) {
        attention.push(Reason {
            reason: "adopted".to_owned(),
            words: "adopted from Stripe, because it was missing in the database: check its lines \
                    and the stock"
                .to_owned(),
        });
    }
    for dispute in disputes {
        if dispute.certainty == Certainty::Contested {
            attention.push(Reason {
                reason: "disputed".to_owned(),
                words: format!(
                    "dispute {} has two decisions in one second: the final one is being \
                     fetched from Stripe",
                    dispute.id
                ),
            });
            continue;
        }
        if dispute_subject(dispute).is_some_and(|subject| !resolutions.has(&subject)) {
            let why = dispute.reason.as_deref().unwrap_or("no reason given");
            attention.push(Reason {
                reason: "disputed".to_owned(),
                words: format!(
                    "dispute {}: {} ({})",
                    dispute.id,
                    dispute.status.to_string().replace('_', " "),
                    why.replace('_', " ")
                ),
            });
        }
    }
    for failed in refunds.iter().filter(|refund| !counts(refund)) {
        if is_outstanding(failed, refunds) && !resolutions.has(&refund_subject(failed)) {
            let what = if failed.status == RefundStatus::Failed {
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
    // Refunds in another currency are listed, but are not part of the sum.
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
    fn of(order: &order::Model, row: order_line::Model, units: LineUnits, refunded: i64) -> Self {
        Self {
            variant: row.variant_id,
            name: full_name(&row.product_name, &row.variant_name),
            unit_amount: row.unit_amount,
            quantity: row.quantity,
            stock_taken: row.stock_taken,
            restocked: row.restocked,
            shipped: units.shipped,
            cancelled: units.cancelled,
            to_ship: units.left(),
            refunded,
            paid: line_amounts(order, &row),
            amount_discount: row.amount_discount,
            amount_tax: row.amount_tax,
            amount_total: row.amount_total,
            sku: row.sku,
        }
    }
}
