//! What must be true once everything has come to rest, whatever happened before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{
    DatabaseTransaction, DbBackend, EntityTrait, IsolationLevel, QueryOrder, QuerySelect,
    TransactionTrait,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shop::entity::{
    checkout, checkout_line, order, order_line, outbox, product, refund, stripe_event,
};
use shop::lifecycle::CheckoutState;
use shop::money_back::RefundStatus;

use super::world::World;
use crate::mails::Mail;

/// Every row of the shop's tables. A long storm leaves hundreds of thousands, so nothing is looked for by a walk.
#[derive(PartialEq)]
pub struct Books {
    checkouts: Vec<checkout::Model>,
    checkout_lines: Vec<checkout_line::Model>,
    orders: Vec<order::Model>,
    order_lines: Vec<order_line::Model>,
    refunds: Vec<refund::Model>,
    products: Vec<product::Model>,
    events: Vec<StoredEvent>,
    tasks: Vec<outbox::Model>,
}

/// An event without its payload: those of a long storm would fill the memory.
#[derive(PartialEq)]
struct StoredEvent {
    id: String,
    r#type: String,
    state: String,
    source: String,
}

impl StoredEvent {
    async fn all(snapshot: &DatabaseTransaction) -> Vec<Self> {
        let rows: Vec<(String, String, String, String)> = stripe_event::Entity::find()
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

impl Books {
    /// In an order of their own, so that two readings can be compared; all tables as they are at one moment, because sessions
    /// that nobody pays go on expiring.
    pub async fn read(world: &World) -> Self {
        let reader = world.database.reader();
        // SQLite knows no other than this one.
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
        let books = Self {
            checkouts: all!(checkout by Id),
            checkout_lines: all!(checkout_line by CheckoutId, ProductId),
            orders: all!(order by Id),
            order_lines: all!(order_line by OrderId, ProductId),
            refunds: all!(refund by Id),
            products: all!(product by Id),
            events: StoredEvent::all(&snapshot).await,
            tasks: all!(outbox by Key),
        };
        snapshot.rollback().await.unwrap();
        books
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
            ("stripe_event", self.events != other.events),
            ("outbox", self.tasks != other.tasks),
        ];
        let differs = differs.into_iter().filter(|(_, differs)| *differs);
        differs.map(|(table, _)| table).collect()
    }
}

/// What is wrong, in words; nothing where all is well. `stock` is what was there in the beginning, by SKU. Each of the
/// `kills` may have had one mail under way, which then goes a second time.
pub async fn violations(
    world: &World,
    stock: &BTreeMap<String, Option<i64>>,
    kills: usize,
) -> Vec<String> {
    // First: what is acknowledged later need not be in the books.
    let acknowledged = acknowledged(world).await;
    let books = Books::read(world).await;
    let ledger = world.ledger().await;
    let mut wrong = Vec::new();
    orders_are_payments(&books, &ledger, &mut wrong);
    orders_are_what_was_promised(&books, stock, &mut wrong);
    what_follows_is_in_the_outbox(&books, &ledger, &mut wrong);
    stock_agrees(&books, stock, &mut wrong);
    acknowledged_events_are_stored(&acknowledged, &books, &mut wrong);
    mails_are_sent_once(world, &books, kills, &mut wrong);
    wrong
}

fn orders_are_payments(books: &Books, ledger: &[Value], wrong: &mut Vec<String>) {
    let mut by_session: BTreeMap<&str, Vec<&order::Model>> = BTreeMap::new();
    for order in &books.orders {
        by_session
            .entry(&order.stripe_session_id)
            .or_default()
            .push(order);
    }
    let mut refunded: HashMap<i64, i64> = HashMap::new();
    for row in &books.refunds {
        if row.status.parse::<RefundStatus>().unwrap().counts() {
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
            wrong.push(format!("{session} is paid and has {} orders", orders.len()));
            continue;
        };
        if order.amount_total != amount || order.currency != currency {
            wrong.push(format!("{session}: order and payment differ"));
        }
        let refunded = refunded.get(&order.id).copied().unwrap_or(0);
        if refunded != payment["refunded"].as_i64().unwrap() {
            wrong.push(format!(
                "{session}: {refunded} refunded here, {} there",
                payment["refunded"]
            ));
        }
    }
    for order in &books.orders {
        *sums.entry(order.currency.clone()).or_default() -= order.amount_total;
        if !paid.contains(order.stripe_session_id.as_str()) {
            wrong.push(format!("order {} was never paid", order.id));
        }
    }
    for (currency, difference) in sums.into_iter().filter(|(_, difference)| *difference != 0) {
        wrong.push(format!("sums in {currency} differ by {difference}"));
    }
    let ordered: BTreeSet<&str> = books
        .orders
        .iter()
        .map(|order| order.checkout_id.as_str())
        .collect();
    for checkout in &books.checkouts {
        let ordered = ordered.contains(checkout.id.as_str());
        if ordered != (checkout.state == CheckoutState::Paid.as_str()) {
            wrong.push(format!("checkout {} is {}", checkout.id, checkout.state));
        }
    }
}

/// The lines of an order are those of its checkout, and its pieces came out of the stock unless it is flagged as oversold.
fn orders_are_what_was_promised(
    books: &Books,
    stock: &BTreeMap<String, Option<i64>>,
    wrong: &mut Vec<String>,
) {
    let counted: BTreeSet<i64> = books
        .products
        .iter()
        .filter(|product| stock[&product.sku].is_some())
        .map(|product| product.id)
        .collect();
    let mut promised: HashMap<&str, Vec<(i64, i64, i64)>> = HashMap::new();
    for line in &books.checkout_lines {
        let promise = (line.product_id, line.unit_amount, line.quantity);
        promised.entry(&line.checkout_id).or_default().push(promise);
    }
    let mut sold: HashMap<i64, Vec<&order_line::Model>> = HashMap::new();
    for line in &books.order_lines {
        sold.entry(line.order_id).or_default().push(line);
    }
    for order in &books.orders {
        let lines = sold.get(&order.id).map_or(&[][..], Vec::as_slice);
        let sold: Vec<_> = lines
            .iter()
            .map(|line| (line.product_id, line.unit_amount, line.quantity))
            .collect();
        if promised.get(order.checkout_id.as_str()) != Some(&sold) {
            wrong.push(format!("order {} has other lines than promised", order.id));
        }
        match order.flag.as_deref() {
            None => {
                for line in lines {
                    let expected = match counted.contains(&line.product_id) {
                        true => line.quantity,
                        false => 0,
                    };
                    if line.stock_taken != expected {
                        wrong.push(format!(
                            "order {}: {} pieces taken, {expected} expected",
                            order.id, line.stock_taken
                        ));
                    }
                }
            }
            Some("oversold") => {}
            Some(flag) => wrong.push(format!("order {} is flagged: {flag}", order.id)),
        }
    }
}

/// The mail of each order and of each refund, and the refund of each payment that came too late.
fn what_follows_is_in_the_outbox(books: &Books, ledger: &[Value], wrong: &mut Vec<String>) {
    let tasks: BTreeSet<&str> = books.tasks.iter().map(|task| task.key.as_str()).collect();
    let mut expect = |key: String| {
        if !tasks.contains(key.as_str()) {
            wrong.push(format!("there is no task {key}"));
        }
    };
    let mut given_back = BTreeSet::new();
    for order in &books.orders {
        if order.flag.as_deref() == Some("oversold") {
            expect(format!("mail:paid_late:{}", order.checkout_id));
            expect(format!("mail:flagged:{}", order.checkout_id));
            expect(format!("refund:{}", order.checkout_id));
            given_back.insert(order.stripe_session_id.as_str());
        } else {
            expect(format!("mail:paid:{}", order.checkout_id));
            expect(format!("mail:new_order:{}", order.checkout_id));
        }
    }
    for refund in &books.refunds {
        expect(format!("mail:refunded:{}", refund.id));
    }
    for payment in ledger {
        let session = payment["session"].as_str().unwrap();
        if given_back.contains(session) && payment["refunded"] != payment["amount"] {
            wrong.push(format!("{session} came too late and did not go back"));
        }
    }
}

fn stock_agrees(books: &Books, stock: &BTreeMap<String, Option<i64>>, wrong: &mut Vec<String>) {
    let holding: BTreeSet<&str> = books
        .checkouts
        .iter()
        .filter(|row| row.state.parse::<CheckoutState>().unwrap().holds_stock())
        .map(|row| row.id.as_str())
        .collect();
    for product in &books.products {
        let lines = books.checkout_lines.iter();
        let held: i64 = lines
            .filter(|line| line.product_id == product.id)
            .filter(|line| holding.contains(line.checkout_id.as_str()))
            .map(|line| line.quantity)
            .sum();
        if product.held != held {
            wrong.push(format!(
                "{}: {} held, {held} expected",
                product.sku, product.held
            ));
        }
        let lines = books.order_lines.iter();
        let taken: i64 = lines
            .filter(|line| line.product_id == product.id)
            .map(|line| line.stock_taken)
            .sum();
        let expected = stock[&product.sku].map(|stock| stock - taken);
        if product.stock != expected {
            wrong.push(format!(
                "{}: stock {:?}, {expected:?} expected",
                product.sku, product.stock
            ));
        }
        if product.held < 0 || product.stock.is_some_and(|stock| product.held > stock) {
            wrong.push(format!("{}: more held than there is", product.sku));
        }
    }
}

/// The events that a server has answered with 200, as Stripe keeps them.
async fn acknowledged(world: &World) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    loop {
        let mut path = "/v1/events?delivery_success=true&limit=100".to_owned();
        if let Some(last) = events.last() {
            path = format!("{path}&starting_after={}", last["id"].as_str().unwrap());
        }
        let list = world.stripe_get(&path).await;
        // What happened is told by its id; the objects of a long storm would fill the memory.
        events.extend(list["data"].as_array().unwrap().iter().map(|event| {
            json!({ "id": event["id"], "type": event["type"], "created": event["created"] })
        }));
        if list["has_more"] != true {
            return events;
        }
    }
}

/// An acknowledged event is in the inbox, and came there by its delivery: one that had to be read from Stripe all the same
/// was acknowledged and lost, unless a further delivery of it came later still.
fn acknowledged_events_are_stored(acknowledged: &[Value], books: &Books, wrong: &mut Vec<String>) {
    let stored: HashMap<&str, &str> = books
        .events
        .iter()
        .map(|event| (event.id.as_str(), event.source.as_str()))
        .collect();
    for event in acknowledged {
        let id = event["id"].as_str().unwrap();
        let what = match stored.get(id) {
            Some(&"webhook") => continue,
            Some(_) => "stored only when it was read from Stripe",
            None => "not stored",
        };
        wrong.push(format!(
            "event {id} ({}, made at {}) was acknowledged and is {what}",
            event["type"], event["created"]
        ));
    }
    for event in &books.events {
        if !["applied", "ignored"].contains(&event.state.as_str()) {
            wrong.push(format!(
                "event {} ({}) is {}",
                event.id, event.r#type, event.state
            ));
        }
    }
}

fn mails_are_sent_once(world: &World, books: &Books, kills: usize, wrong: &mut Vec<String>) {
    let mut sent: HashMap<String, usize> = HashMap::new();
    let mut surplus = 0;
    for (_, mail) in world.smtp.mails() {
        *sent
            .entry(Mail::read(mail.as_bytes()).message_id)
            .or_default() += 1;
    }
    for task in &books.tasks {
        if task.state != "done" {
            wrong.push(format!(
                "task {} is {}: {:?}",
                task.key, task.state, task.error
            ));
        }
        if task.kind != "mail" {
            continue;
        }
        let digest = hex::encode(Sha256::digest(&task.key));
        let times = sent.remove(&format!("<{digest}@127.0.0.1>")).unwrap_or(0);
        // With a reason where it was not needed after all.
        if times == 0 && task.error.is_none() {
            wrong.push(format!("mail {} was never sent", task.key));
        }
        surplus += times.saturating_sub(1);
    }
    if surplus > kills {
        wrong.push(format!("{surplus} mails too many after {kills} deaths"));
    }
    if !sent.is_empty() {
        wrong.push(format!("{} mails of no task", sent.len()));
    }
}
