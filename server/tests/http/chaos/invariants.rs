//! What must hold once everything is idle, whatever happened before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{
    DatabaseTransaction, DbBackend, EntityTrait, IsolationLevel, QueryOrder, QuerySelect,
    TransactionTrait,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shop::entity::{
    checkout, checkout_line, order, order_line, outbox, product, refund, stock_change,
    stripe_event, variant, withdrawal,
};
use shop::inbox::{EventState, Source};
use shop::orders::Flag;
use shop::outbox::{TaskKind, TaskState};
use till_core::lifecycle::CheckoutState;

use super::world::World;
use crate::mails::Mail;

/// All rows of the shop's tables. A long storm leaves hundreds of thousands, so look-ups need maps,
/// not scans.
#[derive(PartialEq)]
pub struct Snapshot {
    checkouts: Vec<checkout::Model>,
    checkout_lines: Vec<checkout_line::Model>,
    orders: Vec<order::Model>,
    order_lines: Vec<order_line::Model>,
    refunds: Vec<refund::Model>,
    products: Vec<product::Model>,
    variants: Vec<variant::Model>,
    stock_changes: Vec<stock_change::Model>,
    events: Vec<StoredEvent>,
    tasks: Vec<outbox::Model>,
    withdrawals: Vec<withdrawal::Model>,
}

/// An event without its payload: a long storm's payloads would fill the memory.
#[derive(PartialEq)]
struct StoredEvent {
    id: String,
    r#type: String,
    state: EventState,
    source: Source,
}

impl StoredEvent {
    async fn all(snapshot: &DatabaseTransaction) -> Vec<Self> {
        let rows: Vec<(String, String, EventState, Source)> = stripe_event::Entity::find()
            .select_only()
            .column(stripe_event::Column::Id)
            .column(stripe_event::Column::Type)
            .column(stripe_event::Column::State)
            .column(stripe_event::Column::Source)
            .order_by_asc(stripe_event::Column::Id)
            .into_tuple()
            .all(snapshot)
            .await
            .unwrap();
        rows.into_iter()
            .map(|(id, r#type, state, source)| Self {
                id,
                r#type,
                state,
                source,
            })
            .collect()
    }
}

impl Snapshot {
    /// Sorted, so that two snapshots can be compared, and read in one transaction, because unpaid
    /// sessions keep expiring.
    pub async fn read(world: &World) -> Self {
        let reader = world.database.reader();
        // SQLite has only this one.
        let isolation = (reader.get_database_backend() == DbBackend::Postgres)
            .then_some(IsolationLevel::RepeatableRead);
        let snapshot = reader.begin_with_config(isolation, None).await.unwrap();
        macro_rules! all {
            ($entity:ident by $($column:ident),+) => {
                $entity::Entity::find()
                    $(.order_by_asc($entity::Column::$column))+
                    .all(&snapshot)
                    .await
                    .unwrap()
            };
        }
        let rows = Self {
            checkouts: all!(checkout by Id),
            checkout_lines: all!(checkout_line by CheckoutId, VariantId),
            orders: all!(order by Id),
            order_lines: all!(order_line by OrderId, VariantId),
            refunds: all!(refund by Id),
            products: all!(product by Id),
            variants: all!(variant by Id),
            stock_changes: all!(stock_change by Id),
            events: StoredEvent::all(&snapshot).await,
            tasks: all!(outbox by Key),
            withdrawals: all!(withdrawal by Id),
        };
        snapshot.rollback().await.unwrap();
        rows
    }

    /// The tables that differ.
    pub fn changed(&self, other: &Self) -> Vec<&'static str> {
        let differs = [
            ("checkout", self.checkouts != other.checkouts),
            ("checkout_line", self.checkout_lines != other.checkout_lines),
            ("order", self.orders != other.orders),
            ("order_line", self.order_lines != other.order_lines),
            ("refund", self.refunds != other.refunds),
            ("product", self.products != other.products),
            ("variant", self.variants != other.variants),
            ("stock_change", self.stock_changes != other.stock_changes),
            ("stripe_event", self.events != other.events),
            ("outbox", self.tasks != other.tasks),
            ("withdrawal", self.withdrawals != other.withdrawals),
        ];
        let differs = differs.into_iter().filter(|(_, differs)| *differs);
        differs.map(|(table, _)| table).collect()
    }
}

/// All violated invariants as sentences; empty if everything holds. `stock` is the initial stock by
/// SKU. Each of the `kills` may have interrupted one email, which is then sent twice.
pub async fn violations(
    world: &World,
    stock: &BTreeMap<String, Option<i64>>,
    kills: usize,
) -> Vec<String> {
    // Read first: events acknowledged later need not be in the snapshot.
    let acknowledged = acknowledged(world).await;
    let rows = Snapshot::read(world).await;
    let ledger = world.ledger().await;
    let mut problems = Vec::new();
    orders_match_payments(&rows, &ledger, &mut problems);
    orders_match_their_checkouts(&rows, stock, &mut problems);
    outbox_has_every_task(&rows, &ledger, &mut problems);
    stock_matches(&rows, stock, &mut problems);
    acknowledged_events_are_stored(&acknowledged, &rows, &mut problems);
    mails_are_sent_once(world, &rows, kills, &mut problems);
    problems
}

fn orders_match_payments(rows: &Snapshot, ledger: &[Value], problems: &mut Vec<String>) {
    let mut by_session: BTreeMap<&str, Vec<&order::Model>> = BTreeMap::new();
    for order in &rows.orders {
        by_session
            .entry(&order.stripe_session_id)
            .or_default()
            .push(order);
    }
    let mut refunded: HashMap<i64, i64> = HashMap::new();
    for row in &rows.refunds {
        if row.status.counts() {
            *refunded.entry(row.order_id).or_default() += row.amount;
        }
    }
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    let mut paid = BTreeSet::new();
    for payment in ledger {
        let session = payment["session"].as_str().unwrap();
        let amount = payment["amount"].as_i64().unwrap();
        let currency = payment["currency"].as_str().unwrap();
        *sums.entry(currency.to_owned()).or_default() += amount;
        paid.insert(session);
        let orders = by_session.get(session).map_or(&[][..], Vec::as_slice);
        let [order] = orders else {
            problems.push(format!("{session} is paid and has {} orders", orders.len()));
            continue;
        };
        if order.amount_total != amount || order.currency.as_str() != currency {
            problems.push(format!("{session}: order and payment differ"));
        }
        let refunded = refunded.get(&order.id).copied().unwrap_or(0);
        if refunded != payment["refunded"].as_i64().unwrap() {
            problems.push(format!(
                "{session}: {refunded} refunded here, {} at Stripe",
                payment["refunded"]
            ));
        }
    }
    for order in &rows.orders {
        *sums.entry(order.currency.to_string()).or_default() -= order.amount_total;
        if !paid.contains(order.stripe_session_id.as_str()) {
            problems.push(format!("order {} was never paid", order.id));
        }
    }
    for (currency, difference) in sums.into_iter().filter(|(_, difference)| *difference != 0) {
        problems.push(format!("sums in {currency} differ by {difference}"));
    }
    let ordered: BTreeSet<&str> = rows
        .orders
        .iter()
        .map(|order| order.checkout_id.as_str())
        .collect();
    for checkout in &rows.checkouts {
        let ordered = ordered.contains(checkout.id.as_str());
        if ordered != (checkout.state == CheckoutState::Paid) {
            problems.push(format!("checkout {} is {}", checkout.id, checkout.state));
        }
    }
}

/// An order has the lines of its checkout, and its units were taken from stock unless it is flagged
/// as oversold.
fn orders_match_their_checkouts(
    rows: &Snapshot,
    stock: &BTreeMap<String, Option<i64>>,
    problems: &mut Vec<String>,
) {
    let counted: BTreeSet<i64> = rows
        .variants
        .iter()
        .filter(|variant| stock[&variant.sku].is_some())
        .map(|variant| variant.id)
        .collect();
    let mut quoted: HashMap<&str, Vec<(i64, i64, i64)>> = HashMap::new();
    for line in &rows.checkout_lines {
        let quote = (line.variant_id, line.unit_amount, line.quantity);
        quoted.entry(&line.checkout_id).or_default().push(quote);
    }
    let mut sold: HashMap<i64, Vec<&order_line::Model>> = HashMap::new();
    for line in &rows.order_lines {
        sold.entry(line.order_id).or_default().push(line);
    }
    for order in &rows.orders {
        let lines = sold.get(&order.id).map_or(&[][..], Vec::as_slice);
        let sold: Vec<_> = lines
            .iter()
            .map(|line| (line.variant_id, line.unit_amount, line.quantity))
            .collect();
        if quoted.get(order.checkout_id.as_str()) != Some(&sold) {
            problems.push(format!(
                "order {} has other lines than its checkout",
                order.id
            ));
        }
        match order.flag {
            None => {
                for line in lines {
                    let expected = match counted.contains(&line.variant_id) {
                        true => line.quantity,
                        false => 0,
                    };
                    if line.stock_taken != expected {
                        problems.push(format!(
                            "order {}: {} units taken, {expected} expected",
                            order.id, line.stock_taken
                        ));
                    }
                }
            }
            Some(Flag::Oversold) => {}
            Some(flag) => problems.push(format!("order {} is flagged: {flag}", order.id)),
        }
    }
}

/// The emails of each order, refund and withdrawal, and the refund of each late payment.
fn outbox_has_every_task(rows: &Snapshot, ledger: &[Value], problems: &mut Vec<String>) {
    let tasks: BTreeSet<&str> = rows.tasks.iter().map(|task| task.key.as_str()).collect();
    let mut expect = |key: String| {
        if !tasks.contains(key.as_str()) {
            problems.push(format!("there is no task {key}"));
        }
    };
    let mut refunded_late = BTreeSet::new();
    for order in &rows.orders {
        expect(format!("fetch_payment_details:{}", order.checkout_id));
        if order.flag == Some(Flag::Oversold) {
            expect(format!("mail:paid_late:{}", order.checkout_id));
            expect(format!("mail:flagged:{}", order.checkout_id));
            expect(format!("refund:{}", order.checkout_id));
            refunded_late.insert(order.stripe_session_id.as_str());
        } else {
            expect(format!("mail:paid:{}", order.checkout_id));
            expect(format!("mail:new_order:{}", order.checkout_id));
        }
    }
    for refund in &rows.refunds {
        expect(format!("mail:refunded:{}", refund.id));
    }
    for withdrawal in &rows.withdrawals {
        let (id, at) = (withdrawal.id, withdrawal.received_at.unix_timestamp());
        expect(format!("mail:withdrawal_received:{id}:{at}"));
        expect(format!("mail:new_withdrawal:{id}:{at}"));
    }
    for payment in ledger {
        let session = payment["session"].as_str().unwrap();
        if refunded_late.contains(session) && payment["refunded"] != payment["amount"] {
            problems.push(format!("{session} came too late and was not refunded"));
        }
    }
}

fn stock_matches(
    rows: &Snapshot,
    stock: &BTreeMap<String, Option<i64>>,
    problems: &mut Vec<String>,
) {
    let holding: BTreeSet<&str> = rows
        .checkouts
        .iter()
        .filter(|row| row.state.holds_stock())
        .map(|row| row.id.as_str())
        .collect();
    for variant in &rows.variants {
        let lines = rows.checkout_lines.iter();
        let held: i64 = lines
            .filter(|line| line.variant_id == variant.id)
            .filter(|line| holding.contains(line.checkout_id.as_str()))
            .map(|line| line.quantity)
            .sum();
        if variant.held != held {
            problems.push(format!(
                "{}: {} held, {held} expected",
                variant.sku, variant.held
            ));
        }
        let lines = rows.order_lines.iter();
        let taken: i64 = lines
            .filter(|line| line.variant_id == variant.id)
            .map(|line| line.stock_taken)
            .sum();
        let changed: i64 = rows
            .stock_changes
            .iter()
            .filter(|change| change.variant_id == variant.id)
            .filter_map(|change| change.difference)
            .sum();
        let expected = stock[&variant.sku].map(|stock| stock + changed - taken);
        if variant.stock != expected {
            problems.push(format!(
                "{}: stock {:?}, {expected:?} expected",
                variant.sku, variant.stock
            ));
        }
        if variant.held < 0 || variant.stock.is_some_and(|stock| variant.held > stock) {
            problems.push(format!("{}: more held than in stock", variant.sku));
        }
    }
}

/// The events that a server answered with 200, as Stripe lists them.
async fn acknowledged(world: &World) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    loop {
        let mut path = "/v1/events?delivery_success=true&limit=100".to_owned();
        if let Some(last) = events.last() {
            path = format!("{path}&starting_after={}", last["id"].as_str().unwrap());
        }
        let list = world.stripe_get(&path).await;
        // The id is enough; a long storm's objects would fill the memory.
        events.extend(list["data"].as_array().unwrap().iter().map(|event| {
            json!({ "id": event["id"], "type": event["type"], "created": event["created"] })
        }));
        if list["has_more"] != true {
            return events;
        }
    }
}

/// An acknowledged event is in the inbox, and came by its delivery: one that was only read from
/// Stripe was acknowledged and lost, unless it was delivered again later.
fn acknowledged_events_are_stored(
    acknowledged: &[Value],
    rows: &Snapshot,
    problems: &mut Vec<String>,
) {
    let stored: HashMap<&str, Source> = rows
        .events
        .iter()
        .map(|event| (event.id.as_str(), event.source))
        .collect();
    for event in acknowledged {
        let id = event["id"].as_str().unwrap();
        let what = match stored.get(id) {
            Some(Source::Webhook) => continue,
            Some(_) => "stored only when it was read from Stripe",
            None => "not stored",
        };
        problems.push(format!(
            "event {id} ({}, made at {}) was acknowledged and is {what}",
            event["type"], event["created"]
        ));
    }
    for event in &rows.events {
        if !matches!(event.state, EventState::Applied | EventState::Ignored) {
            problems.push(format!(
                "event {} ({}) is {}",
                event.id, event.r#type, event.state
            ));
        }
    }
}

fn mails_are_sent_once(world: &World, rows: &Snapshot, kills: usize, problems: &mut Vec<String>) {
    let mut sent: HashMap<String, usize> = HashMap::new();
    let mut surplus = 0;
    for (_, mail) in world.smtp.mails() {
        *sent
            .entry(Mail::read(mail.as_bytes()).message_id)
            .or_default() += 1;
    }
    for task in &rows.tasks {
        if task.state != TaskState::Done {
            problems.push(format!(
                "task {} is {}: {:?}",
                task.key, task.state, task.error
            ));
        }
        if task.kind != TaskKind::Mail {
            continue;
        }
        let digest = hex::encode(Sha256::digest(&task.key));
        let times = sent.remove(&format!("<{digest}@127.0.0.1>")).unwrap_or(0);
        // A task that turned out to be unnecessary has a reason.
        if times == 0 && task.error.is_none() {
            problems.push(format!("email {} was never sent", task.key));
        }
        surplus += times.saturating_sub(1);
    }
    if surplus > kills {
        problems.push(format!("{surplus} emails too many after {kills} kills"));
    }
    if !sent.is_empty() {
        problems.push(format!("{} emails without a task", sent.len()));
    }
}
