//! What must be true once everything has come to rest, whatever happened before.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::EntityTrait;
use serde_json::Value;
use shop::entity::{
    checkout, checkout_line, order, order_line, outbox, product, refund, stripe_event,
};
use shop::lifecycle::CheckoutState;
use shop::money_back::RefundStatus;

use super::world::World;

/// Every row of the shop's tables.
struct Books {
    checkouts: Vec<checkout::Model>,
    checkout_lines: Vec<checkout_line::Model>,
    orders: Vec<order::Model>,
    order_lines: Vec<order_line::Model>,
    refunds: Vec<refund::Model>,
    products: Vec<product::Model>,
    events: Vec<stripe_event::Model>,
    tasks: Vec<outbox::Model>,
}

impl Books {
    async fn read(world: &World) -> Self {
        macro_rules! all {
            ($entity:ident) => {
                $entity::Entity::find()
                    .all(world.database.reader())
                    .await
                    .unwrap()
            };
        }
        Self {
            checkouts: all!(checkout),
            checkout_lines: all!(checkout_line),
            orders: all!(order),
            order_lines: all!(order_line),
            refunds: all!(refund),
            products: all!(product),
            events: all!(stripe_event),
            tasks: all!(outbox),
        }
    }
}

/// What is wrong, in words; nothing where all is well. `stock` is what was there in the beginning, by SKU.
pub async fn violations(world: &World, stock: &BTreeMap<String, Option<i64>>) -> Vec<String> {
    let books = Books::read(world).await;
    let ledger = world.ledger().await;
    let mut wrong = Vec::new();
    orders_are_payments(&books, &ledger, &mut wrong);
    stock_agrees(&books, stock, &mut wrong);
    acknowledged_events_are_stored(world, &books, &mut wrong).await;
    mails_are_sent_once(world, &books, &mut wrong);
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
        let counting = |row: &&refund::Model| {
            row.order_id == order.id && row.status.parse::<RefundStatus>().unwrap().counts()
        };
        let refunded: i64 = books
            .refunds
            .iter()
            .filter(counting)
            .map(|row| row.amount)
            .sum();
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
    for checkout in &books.checkouts {
        let ordered = books
            .orders
            .iter()
            .any(|order| order.checkout_id == checkout.id);
        if ordered != (checkout.state == CheckoutState::Paid.as_str()) {
            wrong.push(format!("checkout {} is {}", checkout.id, checkout.state));
        }
    }
}

fn stock_agrees(books: &Books, stock: &BTreeMap<String, Option<i64>>, wrong: &mut Vec<String>) {
    for product in &books.products {
        let lines = books.checkout_lines.iter();
        let held: i64 = lines
            .filter(|line| line.product_id == product.id)
            .filter(|line| {
                let checkout = books
                    .checkouts
                    .iter()
                    .find(|row| row.id == line.checkout_id);
                checkout
                    .is_some_and(|row| row.state.parse::<CheckoutState>().unwrap().holds_stock())
            })
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

async fn acknowledged_events_are_stored(world: &World, books: &Books, wrong: &mut Vec<String>) {
    let stored: BTreeSet<&str> = books.events.iter().map(|event| event.id.as_str()).collect();
    let mut path = "/v1/events?delivery_success=true&limit=100".to_owned();
    loop {
        let list = world.stripe_get(&path).await;
        let page = list["data"].as_array().unwrap();
        for event in page {
            let id = event["id"].as_str().unwrap();
            if !stored.contains(id) {
                wrong.push(format!("event {id} was acknowledged and is not stored"));
            }
        }
        if list["has_more"] != true {
            break;
        }
        let last = page.last().unwrap()["id"].as_str().unwrap();
        path = format!("/v1/events?delivery_success=true&limit=100&starting_after={last}");
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

fn mails_are_sent_once(world: &World, books: &Books, wrong: &mut Vec<String>) {
    for task in books.tasks.iter().filter(|task| task.state != "done") {
        wrong.push(format!(
            "task {} is {}: {:?}",
            task.key, task.state, task.error
        ));
    }
    let mails = std::fs::read_dir(world.mails()).map_or(0, Iterator::count);
    let tasks = books
        .tasks
        .iter()
        .filter(|task| task.kind == "mail")
        .count();
    if mails > tasks {
        wrong.push(format!("{mails} mails for {tasks} tasks"));
    }
}
