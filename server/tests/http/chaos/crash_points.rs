//! The process is killed at a named point and started again. Nothing may be lost or done twice.
//! `CRASH_POINT=name` chooses one point.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use futures::StreamExt;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use shop::audit::SubjectKind;
use shop::entity::order::RefundedMark;
use shop::entity::{
    audit_log, checkout, order, order_line, outbox, refund, refund_request, shipment, variant,
    withdrawal,
};
use till_core::fulfilment::Fulfilment;

use super::invariants::violations;
use super::world::{FormOutcome, Instrument, World, attempt, until};
use crate::test_app::PRODUCTS;

/// Worlds that run concurrently. Each mostly waits for a lease or for Stripe's next delivery.
const AT_ONCE: usize = 12;
const SIGKILL: i32 = 9;

/// Where a server is killed, in the order of a payment's life.
const SERVING: [&str; 99] = [
    "acquire-lease:before-begin",
    "acquire-lease:insert-lease:before",
    "acquire-lease:insert-lease:after",
    "acquire-lease:before-commit",
    "acquire-lease:after-commit",
    "release-lease:before-begin",
    "release-lease:delete-lease:before",
    "release-lease:delete-lease:after",
    "release-lease:before-commit",
    "release-lease:after-commit",
    // The shopper's form.
    "begin:before-begin",
    "begin:insert-checkout:before",
    "begin:insert-checkout:after",
    "begin:update-variant:before",
    "begin:update-variant:after",
    "begin:insert-checkout_line:before",
    "begin:insert-checkout_line:after",
    "begin:update-checkout:before",
    "begin:update-checkout:after",
    "begin:before-commit",
    "begin:after-commit",
    "create-session:before",
    "create-session:after",
    "open:before-begin",
    "open:update-checkout:before",
    "open:update-checkout:after",
    "open:before-commit",
    "open:after-commit",
    "answer:/api/checkout",
    // Stripe's event.
    "receive:before-begin",
    "receive:insert-stripe_event:before",
    "receive:insert-stripe_event:after",
    "receive:update-checkout:before",
    "receive:update-checkout:after",
    "receive:insert-order:before",
    "receive:insert-order:after",
    "receive:insert-outbox:before",
    "receive:insert-outbox:after",
    "receive:update-variant:before",
    "receive:update-variant:after",
    "receive:insert-order_line:before",
    "receive:insert-order_line:after",
    "receive:insert-refund:before",
    "receive:insert-refund:after",
    "receive:update-order:before",
    "receive:update-order:after",
    "receive:before-savepoint",
    "receive:after-savepoint",
    "receive:update-stripe_event:before",
    "receive:update-stripe_event:after",
    "receive:before-commit",
    "receive:after-commit",
    "answer:/webhooks/stripe",
    // What follows from it.
    "mail:before",
    "mail:after",
    "get-payment-details:before",
    "get-payment-details:after",
    "payment-details:before-begin",
    "payment-details:update-order:before",
    "payment-details:update-order:after",
    "payment-details:delete-order_tax:before",
    "payment-details:delete-order_tax:after",
    "payment-details:update-order_line:before",
    "payment-details:update-order_line:after",
    "payment-details:before-commit",
    "payment-details:after-commit",
    "create-refund:before",
    "create-refund:after",
    "outbox:before-begin",
    "outbox:update-outbox:before",
    "outbox:update-outbox:after",
    "outbox:update-lease:before",
    "outbox:update-lease:after",
    "outbox:before-commit",
    "outbox:after-commit",
    // The shopper withdraws.
    "withdraw:before-begin",
    "withdraw:insert-withdrawal:before",
    "withdraw:insert-withdrawal:after",
    "withdraw:insert-outbox:before",
    "withdraw:insert-outbox:after",
    "withdraw:before-commit",
    "withdraw:after-commit",
    "answer:/withdraw",
    "match-withdrawal:before-begin",
    "match-withdrawal:update-withdrawal:before",
    "match-withdrawal:update-withdrawal:after",
    "match-withdrawal:update-order:before",
    "match-withdrawal:update-order:after",
    "match-withdrawal:before-commit",
    "match-withdrawal:after-commit",
    // The shopper cancels.
    "expire-session:before",
    "expire-session:after",
    "end:before-begin",
    "end:update-checkout:before",
    "end:update-checkout:after",
    "end:update-variant:before",
    "end:update-variant:after",
    "end:before-commit",
    "end:after-commit",
];

/// Where `till reconcile` is killed, after a server that missed an event. The places inside
/// `receive` and the leases are those of a server.
const RECONCILING: [&str; 11] = [
    "list-events:before",
    "list-events:after",
    "receive:before-begin",
    "receive:after-commit",
    "events-cursor:before-begin",
    "events-cursor:insert-reconciliation:before",
    "events-cursor:insert-reconciliation:after",
    "events-cursor:before-commit",
    "events-cursor:after-commit",
    "list-sessions:before",
    "list-sessions:after",
];

/// Where `till orders refund --line PEN=1 --restock` is killed.
const REFUNDING: [&str; 14] = [
    "request-refund:before-begin",
    "request-refund:insert-refund_request:before",
    "request-refund:insert-refund_request:after",
    "request-refund:insert-refund_request_line:before",
    "request-refund:insert-refund_request_line:after",
    "request-refund:insert-audit_log:before",
    "request-refund:insert-audit_log:after",
    "request-refund:insert-outbox:before",
    "request-refund:insert-outbox:after",
    "request-refund:update-order:before",
    "request-refund:update-order:after",
    "request-refund:before-commit",
    "request-refund:after-commit",
    // It is not killed.
    "",
];

/// Where `till orders ship --line PEN=1` is killed.
const SHIPPING: [&str; 14] = [
    "ship:before-begin",
    "ship:insert-shipment:before",
    "ship:insert-shipment:after",
    "ship:insert-shipment_line:before",
    "ship:insert-shipment_line:after",
    "ship:insert-outbox:before",
    "ship:insert-outbox:after",
    "ship:insert-audit_log:before",
    "ship:insert-audit_log:after",
    "ship:update-order:before",
    "ship:update-order:after",
    "ship:before-commit",
    "ship:after-commit",
    "",
];

/// Where a server is killed that has Stripe make a refund which the owner has requested.
const MAKING_REFUNDS: [&str; 15] = [
    "create-refund:before",
    "create-refund:after",
    "outbox:update-refund_request:before",
    "outbox:update-refund_request:after",
    "outbox:update-order_line:before",
    "outbox:update-order_line:after",
    "outbox:update-variant:before",
    "outbox:update-variant:after",
    "outbox:insert-stock_change:before",
    "outbox:insert-stock_change:after",
    "outbox:update-catalog_change:before",
    "outbox:update-catalog_change:after",
    "outbox:update-order:before",
    "outbox:update-order:after",
    "receive:update-order:after",
];

/// What begins with these is reached sooner or later, or not at all, depending on when jobs run and
/// in which order events arrive.
const SOMETIMES: [&str; 16] = [
    // If an earlier holder's lease has expired.
    "acquire-lease:update-lease:",
    "differences:",
    "events-cursor:",
    "first-cursor:",
    "get-account:",
    "get-session:",
    "list-events:",
    "list-sessions:",
    "migration:",
    "payment-details:update-order_line-",
    "receive:update-refund",
    "receive:update-stripe_event-2",
    "renew-lease:",
    "retry-event:",
    "sessions-cursor:",
    "silence:",
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_wherever_the_process_dies() {
    let all = SERVING.map(|point| (Command::Serve, point)).into_iter();
    let all = all.chain(RECONCILING.map(|point| (Command::Reconcile, point)));
    let only = std::env::var("CRASH_POINT").ok();
    let chosen = all.filter(|(_, point)| only.as_deref().is_none_or(|only| only == *point));
    let points: Vec<_> = chosen.collect();
    assert!(!points.is_empty(), "{only:?} is not listed");
    let failures: Vec<String> = futures::stream::iter(points)
        .map(|(command, point)| async move {
            // Its own thread and runtime: one world's panic does not affect the others.
            let problems = tokio::task::spawn_blocking(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(dies_at(command, point))
            });
            let problems = problems.await;
            let problems = problems.unwrap_or_else(|panic| vec![panic.to_string()]);
            (!problems.is_empty()).then(|| format!("{point}: {}", problems.join("; ")))
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(async |failure| failure)
        .collect()
        .await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What is new in the code is on the lists, and what is on the lists is still reached.
#[tokio::test(flavor = "multi_thread")]
async fn the_lists_hold_every_place_that_is_reached() {
    let world = World::start(1, PRODUCTS, None).await;
    Story::new(&world, Command::Reconcile, "").run().await;
    let mut problems = Vec::new();
    for (command, listed) in [("serve", &SERVING[..]), ("reconcile", &RECONCILING[..])] {
        let reached = world.reached(command);
        let listed: BTreeSet<String> = listed.iter().map(|point| (*point).to_owned()).collect();
        let gone = listed.difference(&reached);
        problems.extend(gone.map(|point| format!("{command} no longer reaches {point}")));
        let is_new = |point: &&String| {
            !SERVING.contains(&point.as_str())
                && SOMETIMES.iter().all(|prefix| !point.starts_with(prefix))
        };
        let new = reached.difference(&listed).filter(is_new);
        problems.extend(new.map(|point| format!("{command} also reaches {point}")));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The owner refunds a unit and ships another. Whatever dies, and whoever looks what has happened
/// before they send a command again: each is done once.
#[tokio::test(flavor = "multi_thread")]
async fn a_refund_and_a_shipment_by_hand_are_done_once_wherever_a_process_dies() {
    let refunding = REFUNDING.map(|point| (None, point, ""));
    let shipping = SHIPPING.map(|point| (None, "", point));
    let making = MAKING_REFUNDS.map(|point| (Some(point), "", ""));
    let all = refunding.into_iter().chain(shipping).chain(making);
    let only = std::env::var("CRASH_POINT").ok();
    let is_chosen = |points: &(Option<&str>, &str, &str)| {
        let (serving, refunding, shipping) = *points;
        let of = [serving.unwrap_or_default(), refunding, shipping];
        only.as_deref().is_none_or(|only| of.contains(&only))
    };
    let points: Vec<_> = all.filter(is_chosen).collect();
    let failures: Vec<String> = futures::stream::iter(points)
        .map(|(serving, refunding, shipping)| async move {
            let problems = tokio::task::spawn_blocking(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(refunds_and_ships(serving, refunding, shipping))
            });
            let problems = problems.await;
            let problems = problems.unwrap_or_else(|panic| vec![panic.to_string()]);
            let point = format!("{}{refunding}{shipping}", serving.unwrap_or_default());
            (!problems.is_empty()).then(|| format!("{point}: {}", problems.join("; ")))
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(async |failure| failure)
        .collect()
        .await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Kills the server, the refund's command or the shipment's. Returns what is wrong afterwards.
async fn refunds_and_ships(serving: Option<&str>, refunding: &str, shipping: &str) -> Vec<String> {
    let world = World::start(1, PRODUCTS, serving).await;
    let mut story = Story::new(&world, Command::Serve, serving.unwrap_or("owner"));
    let before = world.variant("PEN").await.stock.unwrap();
    let paid = story.begin(1, "PEN", 2).await;
    story.pays(&paid).await;
    let number = story.order_of(&paid).await.number;
    // What was paid for each line.
    story.details_of(&paid).await;
    let mut problems = Vec::new();
    let refund = ["orders", "refund", &number, "--line", "PEN=1", "--restock"];
    let ship = ["orders", "ship", &number, "--line", "PEN=1"];
    for (command, point) in [(&refund[..], refunding), (&ship[..], shipping)] {
        let armed = Some(point).filter(|point| !point.is_empty());
        let ended = world.till(command, armed).await;
        if armed.is_some() && ended.signal() != Some(SIGKILL) {
            problems.push(format!("{point} was never reached"));
        }
        let is_recorded = match command[1] {
            "refund" => {
                refund_request::Entity::find()
                    .count(world.database.reader())
                    .await
            }
            _ => {
                shipment::Entity::find()
                    .count(world.database.reader())
                    .await
            }
        };
        if is_recorded.unwrap() == 0 {
            let ended = world.till(command, None).await;
            if !ended.success() {
                problems.push(format!("{} ended with {ended}", command.join(" ")));
            }
        }
    }
    story.wait_until_idle_with(1).await;
    if serving.is_some() && !story.killed {
        problems.push("this point was never reached".to_owned());
    }
    let made = world.stripe_get("/v1/refunds").await;
    let amounts: Vec<_> = made["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["amount"])
        .collect();
    if amounts != [&json!(500)] {
        problems.push(format!("refunds at Stripe: {amounts:?}"));
    }
    let stock = world.variant("PEN").await.stock.unwrap();
    if stock != before - 1 {
        problems.push(format!("stock {stock} of {before}"));
    }
    let reader = world.database.reader();
    let shipments = shipment::Entity::find().count(reader).await.unwrap();
    let notified = outbox::Entity::find()
        .filter(outbox::Column::Key.starts_with("mail:shipped:"))
        .count(reader)
        .await
        .unwrap();
    let audited = audit_log::Entity::find()
        .filter(audit_log::Column::SubjectKind.eq(SubjectKind::Order))
        .count(reader)
        .await
        .unwrap();
    if (shipments, notified, audited) != (1, 1, 2) {
        problems.push(format!(
            "{shipments} shipments, {notified} emails, {audited} entries"
        ));
    }
    let order = story.order_of(&paid).await;
    if order.fulfilment != Fulfilment::Shipped || order.refunded != Some(RefundedMark::Part) {
        problems.push(format!("{:?}, {:?}", order.fulfilment, order.refunded));
    }
    problems
}

/// The command whose process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Serve,
    Reconcile,
}

/// Kills the process at a point of the story. Returns what is wrong afterwards.
async fn dies_at(command: Command, point: &str) -> Vec<String> {
    let armed = (command == Command::Serve).then_some(point);
    let world = World::start(1, PRODUCTS, armed).await;
    let mut stock = initial_stock(&world).await;
    let mut story = Story::new(&world, command, point);
    let mut problems = story.run().await;
    if !story.killed {
        problems.push("this point was never reached".to_owned());
    }
    // The mug was sold behind the shop's back.
    stock.insert("MUG".to_owned(), Some(0));
    problems.extend(violations(&world, &stock, usize::from(story.killed)).await);
    problems
}

async fn initial_stock(world: &World) -> BTreeMap<String, Option<i64>> {
    let variants = variant::Entity::find().all(world.database.reader()).await;
    let variants = variants.unwrap().into_iter();
    variants
        .map(|variant| (variant.sku, variant.stock))
        .collect()
}

struct Story<'a> {
    world: &'a World,
    command: Command,
    point: &'a str,
    killed: bool,
}

impl<'a> Story<'a> {
    fn new(world: &'a World, command: Command, point: &'a str) -> Self {
        Self {
            world,
            command,
            point,
            killed: false,
        }
    }

    /// Everything in one story: a payment, a refund, a withdrawal, a late payment, a cancelled
    /// checkout, and an event that never arrives. Returns what went wrong.
    async fn run(&mut self) -> Vec<String> {
        let paid = self.begin(1, "PEN", 2).await;
        self.pays(&paid).await;
        self.order_of(&paid).await;
        self.refunds(&paid, 300).await;
        self.withdraws(&paid).await;
        let late = self.begin(2, "MUG", 3).await;
        self.sell_elsewhere(&late, "MUG").await;
        self.pays(&late).await;
        self.order_of(&late).await;

        let cancelled = self.begin(5, "PEN", 3).await;
        // Stripe's event would otherwise release the units, if it came before the response did.
        let delayed = json!({ "seed": 1, "delay_ms": [2000, 2000] });
        self.world.set_faults(&delayed).await;
        self.cancels(&cancelled).await;
        self.world.set_faults(&json!({})).await;

        // Another currency, which is summed separately.
        let dollars = self.begin(4, "DOLLAR", 1).await;
        self.pays(&dollars).await;
        self.order_of(&dollars).await;

        let missed = self.begin(3, "PEN", 1).await;
        let reconciles = self.command == Command::Reconcile;
        if reconciles {
            // Otherwise the server's own job might reconcile first.
            self.wait_until_idle().await;
            self.world.kill(0);
        }
        self.world
            .set_faults(&json!({ "seed": 1, "drop": 1.0 }))
            .await;
        self.pays(&missed).await;
        self.world.set_faults(&json!({})).await;
        if reconciles && !self.point.is_empty() {
            let ended = self.world.till(&["reconcile"], Some(self.point)).await;
            self.killed = ended.signal() == Some(SIGKILL);
        }
        let ended = self.world.till(&["reconcile"], None).await;
        let mut problems = Vec::new();
        if !ended.success() {
            problems.push(format!("till reconcile ended with {ended}"));
        }
        if reconciles {
            self.world.serve(0, None);
        }
        self.order_of(&missed).await;
        self.wait_until_idle().await;
        problems
    }

    /// Restarts the server if it was killed.
    fn restart_if_killed(&mut self) {
        if let Some(ended) = self.world.ended(0) {
            assert_eq!(
                ended.signal(),
                Some(SIGKILL),
                "the server ended without being killed: {ended}"
            );
            assert!(!self.killed, "killed twice at {}", self.point);
            self.killed = true;
            self.world.serve(0, None);
        }
    }

    /// A shopper sends a form, and sends it again until it is answered.
    async fn begin(&mut self, number: usize, sku: &str, units: u32) -> String {
        let variant = self.world.variant(sku).await.id;
        let attempt = attempt(self.point, number);
        until("the form leads to the payment page", async || {
            self.restart_if_killed();
            match self.world.try_begin(&attempt, &[(variant, units)]).await {
                Some(FormOutcome::ToPay(session)) => Some(session),
                Some(other) => panic!("{other:?}"),
                None => None,
            }
        })
        .await
    }

    async fn pays(&mut self, session: &str) {
        assert_eq!(self.world.pay(session, Instrument::Card).await, 200);
    }

    /// The shopper comes back without having paid, and reloads the page until it is answered.
    async fn cancels(&mut self, session: &str) {
        until("the checkout has ended", async || {
            self.restart_if_killed();
            let checkout = self.world.checkout(session).await.unwrap();
            if ["cancelled", "expired"].contains(&checkout.state.as_ref()) {
                return Some(());
            }
            let url = format!(
                "{}/checkout/{}/cancelled",
                self.world.origin(),
                checkout.token.as_str()
            );
            let _ = self.world.client.get(url).send().await;
            None
        })
        .await;
        self.restart_if_killed();
    }

    /// Waits for the order of a session.
    async fn order_of(&mut self, session: &str) -> order::Model {
        until("the order is there", async || {
            self.restart_if_killed();
            order::Entity::find()
                .filter(order::Column::StripeSessionId.eq(session))
                .one(self.world.database.reader())
                .await
                .unwrap()
        })
        .await
    }

    /// The owner makes a partial refund in Stripe's dashboard.
    async fn refunds(&mut self, session: &str, amount: i64) {
        let order = self.order_of(session).await;
        let intent = order.stripe_payment_intent_id.unwrap();
        let amount = amount.to_string();
        let fields = [("payment_intent", intent.as_str()), ("amount", &amount)];
        let (status, answer) = self.world.stripe_post("/v1/refunds", &fields).await;
        assert_eq!(status, 200, "{answer}");
        let id = answer["id"].as_str().unwrap();
        until("the refund is there", async || {
            self.restart_if_killed();
            refund::Entity::find_by_id(id)
                .one(self.world.database.reader())
                .await
                .unwrap()
        })
        .await;
    }

    /// The shopper withdraws from the contract, and sends the form until it is answered.
    async fn withdraws(&mut self, session: &str) {
        let number = self.order_of(session).await.number;
        let attempt = attempt(self.point, 6);
        let fields = [
            ("attempt", attempt.as_str()),
            ("name", "Ada Shopper"),
            ("email", "shopper@example.com"),
            ("contract", &number),
            ("step", "confirm"),
        ];
        let url = format!("{}/withdraw", self.world.origin());
        until("the withdrawal is received", async || {
            self.restart_if_killed();
            let sent = self.world.client.post(&url).form(&fields).send().await;
            sent.is_ok_and(|answer| answer.status() == 200)
                .then_some(())
        })
        .await;
        until("the withdrawal is matched", async || {
            self.restart_if_killed();
            let all = withdrawal::Entity::find().all(self.world.database.reader());
            let [row] = &all.await.unwrap()[..] else {
                panic!("not one withdrawal")
            };
            row.order_id
        })
        .await;
    }

    /// Releases a checkout's hold while its session can still be paid, as if its units were sold to
    /// others.
    async fn sell_elsewhere(&mut self, session: &str, sku: &str) {
        let checkout = self.world.checkout(session).await.unwrap();
        let transaction = self.world.database.begin_write("test").await.unwrap();
        checkout::Entity::update_many()
            .col_expr(checkout::Column::State, Expr::value("expired"))
            .filter(checkout::Column::Id.eq(checkout.id))
            .exec(&transaction)
            .await
            .unwrap();
        variant::Entity::update_many()
            .col_expr(variant::Column::Held, Expr::value(0_i64))
            .col_expr(variant::Column::Stock, Expr::value(0_i64))
            .filter(variant::Column::Sku.eq(sku))
            .exec(&transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    /// Waits until no task is pending and the automatic refund's event has arrived.
    async fn wait_until_idle(&mut self) {
        self.wait_until_idle_with(2).await;
    }

    /// Waits until the amounts of the session's lines are there.
    async fn details_of(&mut self, session: &str) {
        let order = self.order_of(session).await.id;
        until("the amounts are there", async || {
            self.restart_if_killed();
            let lines = order_line::Entity::find()
                .filter(order_line::Column::OrderId.eq(order))
                .all(self.world.database.reader())
                .await;
            let known = lines
                .unwrap()
                .iter()
                .all(|line| line.amount_total.is_some());
            known.then_some(())
        })
        .await;
    }

    /// The same with this number of refunds.
    async fn wait_until_idle_with(&mut self, expected: u64) {
        until("the outbox is empty", async || {
            self.restart_if_killed();
            let open = outbox::Entity::find()
                .filter(outbox::Column::State.eq("pending"))
                .count(self.world.database.reader())
                .await
                .unwrap();
            let refunds = refund::Entity::find()
                .count(self.world.database.reader())
                .await
                .unwrap();
            (open == 0 && refunds == expected).then_some(())
        })
        .await;
        // Meanwhile the sandbox delivers, or retries, what is in flight.
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.restart_if_killed();
    }
}
