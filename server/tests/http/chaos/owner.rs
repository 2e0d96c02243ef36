//! An owner at work during a storm: refunds, ships, changes stock and prices in the admin, and
//! sends a form again if its answer does not arrive.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Write;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use shop::audit::Action;
use shop::entity::{
    audit_log, order, order_line, outbox, refund, refund_request, shipment, shipment_line,
    stock_change,
};
use shop::orders::refund::RequestState;

use super::storm::Dice;
use super::world::{World, until};

const MAIL: &str = "owner@shop.example";
const PASSWORD: &str = "correct horse battery";
/// What the owner does with an order, and with the stock, one after the other.
const ORDERS_AT_ONCE: u64 = 20;

/// An owner who is signed in, and what they have done.
pub struct Owner<'a> {
    world: &'a World,
    dice: Dice,
    cookie: String,
    forms: u64,
    last_order: i64,
    done: Done,
}

/// The forms that were answered with "done", by order.
#[derive(Default)]
pub struct Done {
    shipments: BTreeMap<i64, usize>,
    refunds: BTreeMap<i64, usize>,
    /// Units added by all forms, of the variant with this SKU.
    units: BTreeMap<String, i64>,
    /// Changes of stock.
    pub stock_changes: usize,
    /// Changes of price.
    pub prices: usize,
    /// Refused forms: what they wanted could not be done.
    pub refused: usize,
}

impl Done {
    /// Parcels and refunds.
    pub fn count(&self) -> (usize, usize) {
        (self.shipments.values().sum(), self.refunds.values().sum())
    }
}

impl<'a> Owner<'a> {
    /// Creates the shop's owner, and signs in.
    pub async fn sign_in(world: &'a World, dice: Dice) -> Self {
        let arguments = ["admin", "create", MAIL, "--password-stdin"];
        let mut command = world.command(&arguments, None);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        drop(input);
        let created = until("the owner is created", async || child.try_wait().unwrap()).await;
        assert!(created.success());
        let mut owner = Self {
            world,
            dice,
            cookie: String::new(),
            forms: 0,
            last_order: 0,
            done: Done::default(),
        };
        let fields = [("email", MAIL), ("password", PASSWORD)];
        let cookie = until("the owner is signed in", async || {
            let answer = owner.send("sign-in", &fields).await.ok()?;
            let cookies = answer.headers().get_all("set-cookie");
            let mut cookies = cookies.iter().map(|cookie| cookie.to_str().unwrap());
            let cookie = cookies.find(|cookie| cookie.starts_with("till-session="))?;
            cookie.split(';').next().map(str::to_owned)
        });
        owner.cookie = cookie.await;
        owner
    }

    async fn send(
        &self,
        function: &str,
        fields: &[(&str, &str)],
    ) -> reqwest::Result<reqwest::Response> {
        let url = format!("{}/admin/api/{function}", self.world.origin());
        let request = self.world.client.post(url).header("cookie", &self.cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        request.form(fields).send().await
    }

    /// Sends a form until it is answered by a question. Returns the amount that it asks for, unless
    /// it was refused.
    async fn confirmation(&self, function: &str, fields: &[(&str, &str)]) -> Option<String> {
        until("a server asks the owner", async || {
            let answer = self.send(function, fields).await.ok()?;
            let status = answer.status().as_u16();
            let page = answer.text().await.ok()?;
            match status {
                200 => {
                    let (_, rest) = page.split_once("name=\"confirmed\" value=\"").unwrap();
                    Some(rest.split_once('"').map(|(amount, _)| amount.to_owned()))
                }
                422 => Some(None),
                500.. => None,
                other => panic!("{function}: {other}"),
            }
        })
        .await
    }

    /// Sends a form until it is answered. Returns whether it was done.
    async fn fill(&mut self, function: &str, fields: &[(&str, &str)]) -> bool {
        self.forms += 1;
        let attempt = super::world::attempt("owner", usize::try_from(self.forms).unwrap());
        let mut fields = fields.to_vec();
        fields.push(("attempt", &attempt));
        let done = until("a server answers the owner", async || {
            let answer = self.send(function, &fields).await.ok()?;
            let status = answer.status().as_u16();
            match status {
                303 => {
                    let to = answer.headers().get("location").unwrap().to_str().unwrap();
                    assert!(to.contains("done="), "{function}: {to}");
                    Some(true)
                }
                500.. => None,
                401 | 403 => panic!("{function}: {status}"),
                _ => Some(false),
            }
        })
        .await;
        if !done {
            self.done.refused += 1;
        }
        done
    }

    /// Works until the storm is over. Orders of these sessions are the owner's to refund: the
    /// others are refunded in Stripe's dashboard.
    pub async fn work(mut self, own: &Mutex<HashSet<String>>, finished: &AtomicBool) -> Done {
        while !finished.load(Ordering::Relaxed) {
            let orders = order::Entity::find()
                .filter(order::Column::Id.gt(self.last_order))
                .order_by_asc(order::Column::Id)
                .limit(ORDERS_AT_ONCE)
                .all(self.world.database.reader())
                .await
                .unwrap();
            if orders.is_empty() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            for order in orders {
                self.last_order = order.id;
                self.tend(&order, own).await;
            }
            self.tend_stock().await;
        }
        self.done
    }

    async fn tend(&mut self, order: &order::Model, own: &Mutex<HashSet<String>>) {
        let dice = Dice {
            shopper: order.id.unsigned_abs(),
            ..self.dice
        };
        let lines = order_line::Entity::find()
            .filter(order_line::Column::OrderId.eq(order.id))
            .all(self.world.database.reader())
            .await
            .unwrap();
        let line = &lines[0];
        let units = format!("units[{}]", line.variant_id);
        let number = ("number", order.number.as_str());
        if dice.percent(20) < 60 {
            let parts = if line.quantity > 1 && dice.percent(21) < 50 {
                vec![1, line.quantity - 1]
            } else {
                vec![line.quantity]
            };
            for part in parts {
                let part = part.to_string();
                let fields = [
                    number,
                    (&units, &part),
                    ("carrier", "dhl"),
                    ("notify", "on"),
                ];
                if self.fill("orders/ship", &fields).await {
                    *self.done.shipments.entry(order.id).or_default() += 1;
                }
            }
        }
        if dice.percent(22) < 40 && own.lock().unwrap().contains(&order.stripe_session_id) {
            let fields = match dice.percent(23) {
                0..40 => vec![("part", "lines"), (&*units, "1"), ("restock", "on")],
                40..70 => vec![("part", "amount"), ("amount", "1.20")],
                _ => vec![("part", "rest")],
            };
            let page = format!("/admin/orders/{}/refund", order.number);
            let of_form = [number, ("from", page.as_str()), ("notify", "on")];
            let fields = [of_form.as_slice(), &fields].concat();
            let confirmed = self.confirmation("orders/refund", &fields).await;
            let confirmed = [("confirmed", confirmed.as_deref().unwrap_or_default())];
            let fields = [&fields, confirmed.as_slice()].concat();
            if self.fill("orders/refund", &fields).await {
                *self.done.refunds.entry(order.id).or_default() += 1;
            }
        }
    }

    async fn tend_stock(&mut self) {
        let pen = self.world.variant("PEN").await;
        let id = pen.id.to_string();
        let product = pen.product_id.to_string();
        let fields = [
            ("product", product.as_str()),
            ("variant", &id),
            ("reason", "damaged"),
            ("units", "1"),
        ];
        if self.fill("change-stock", &fields).await {
            *self.done.units.entry(pen.sku.clone()).or_default() -= 1;
            self.done.stock_changes += 1;
        }
        let price = |amount: i64| format!("{}.{:02}", amount / 100, amount % 100);
        let (shown, typed) = (price(pen.price), price(1_010 - pen.price));
        let fields = [
            ("rows[0][variant]", id.as_str()),
            ("rows[0][shown][price]", &shown),
            ("rows[0][typed][price]", &typed),
            ("rows[0][shown][active]", "true"),
            ("rows[0][typed][active]", "true"),
            ("rows[0][units]", "3"),
            ("reason", "received"),
        ];
        if self.fill("save-product-table", &fields).await {
            *self.done.units.entry(pen.sku).or_default() += 3;
            self.done.stock_changes += 1;
            self.done.prices += 1;
        }
    }
}

/// What the owner did and what is stored must be the same, each thing once.
pub async fn violations(world: &World, done: &Done) -> Vec<String> {
    let reader = world.database.reader();
    let mut problems = Vec::new();
    let shipments = shipment::Entity::find().all(reader).await.unwrap();
    let mut by_order: BTreeMap<i64, usize> = BTreeMap::new();
    for shipment in &shipments {
        *by_order.entry(shipment.order_id).or_default() += 1;
    }
    if by_order != done.shipments {
        problems.push(format!("parcels: {by_order:?}, sent {:?}", done.shipments));
    }
    let requests = refund_request::Entity::find().all(reader).await.unwrap();
    let mut by_order: BTreeMap<i64, usize> = BTreeMap::new();
    let mut requested: BTreeMap<String, i64> = BTreeMap::new();
    for request in &requests {
        *by_order.entry(request.order_id).or_default() += 1;
        match (&request.stripe_refund_id, request.state) {
            (Some(id), RequestState::Made) => {
                if requested.insert(id.clone(), request.amount).is_some() {
                    problems.push(format!("{id} is the refund of two requests"));
                }
            }
            _ => problems.push(format!("request {}: {}", request.id, request.state)),
        }
    }
    if by_order != done.refunds {
        problems.push(format!("refunds: {by_order:?}, asked {:?}", done.refunds));
    }
    let refunds = refund::Entity::find().all(reader).await.unwrap();
    let amounts: BTreeMap<String, i64> = refunds
        .iter()
        .filter(|refund| requested.contains_key(&refund.id))
        .map(|refund| (refund.id.clone(), refund.amount))
        .collect();
    if amounts != requested {
        problems.push("a requested refund differs from that at Stripe".to_owned());
    }
    let tasks: Vec<String> = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::Key)
        .filter(outbox::Column::Key.starts_with("mail:shipped:"))
        .into_tuple()
        .all(reader)
        .await
        .unwrap();
    let notified: BTreeSet<&str> = tasks
        .iter()
        .filter_map(|key| key.split(':').nth(2))
        .collect();
    if tasks.len() != shipments.len() || notified.len() != shipments.len() {
        problems.push(format!(
            "{} parcels, {} emails about them",
            shipments.len(),
            tasks.len()
        ));
    }
    problems.extend(units_fit(world).await);
    let changes = stock_change::Entity::find().all(reader).await.unwrap();
    // Those of the import and of refunds that put units back are not the owner's forms.
    let changed = changes.iter().filter(|change| change.submission.is_some());
    let changed: Vec<_> = changed.collect();
    let units: i64 = changed.iter().filter_map(|change| change.difference).sum();
    if changed.len() != done.stock_changes || units != done.units.values().sum::<i64>() {
        problems.push(format!(
            "{} changes of stock by {units} units, sent {} by {:?}",
            changed.len(),
            done.stock_changes,
            done.units
        ));
    }
    for (action, expected) in [
        (Action::ShipOrder, done.count().0),
        (Action::RequestRefund, done.count().1),
        (Action::ChangeStock, done.stock_changes),
    ] {
        let entries = audit_log::Entity::find().filter(audit_log::Column::Action.eq(action));
        let entries = entries.all(reader).await.unwrap().len();
        if entries != expected {
            problems.push(format!("{action}: {entries} entries, {expected} expected"));
        }
    }
    problems
}

/// No more units of a line are sent than were ordered and not cancelled.
async fn units_fit(world: &World) -> Vec<String> {
    let reader = world.database.reader();
    let shipments = shipment::Entity::find().all(reader).await.unwrap();
    let orders: BTreeMap<i64, i64> = shipments.iter().map(|row| (row.id, row.order_id)).collect();
    let mut sent: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for line in shipment_line::Entity::find().all(reader).await.unwrap() {
        *sent
            .entry((orders[&line.shipment_id], line.variant_id))
            .or_default() += line.quantity;
    }
    let lines = order_line::Entity::find().all(reader).await.unwrap();
    let too_many = lines.iter().filter(|line| {
        let sent = sent.get(&(line.order_id, line.variant_id));
        sent.copied().unwrap_or(0) + line.cancelled > line.quantity
    });
    too_many
        .map(|line| format!("order {}: more units sent than ordered", line.order_id))
        .collect()
}
