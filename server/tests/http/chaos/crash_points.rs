//! The process is killed at a named point and started again. Nothing may be lost or done twice.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use futures::StreamExt;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use shop::crash_points;
use shop::entity::{checkout, order, outbox, product, refund};

use super::invariants::violations;
use super::world::{FormOutcome, Instrument, World, attempt, until};
use crate::test_app::PRODUCTS;

/// Worlds that run concurrently. Each mostly waits for a lease or for Stripe's next delivery.
const AT_ONCE: usize = 6;
const SIGKILL: i32 = 9;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_wherever_the_process_dies() {
    let points = match std::env::var("CRASH_POINT") {
        Ok(point) => vec![point],
        Err(_) => crash_points::ALL.map(str::to_owned).to_vec(),
    };
    let point_count = points.len();
    let failures: Vec<String> = futures::stream::iter(points)
        .map(|point| async move {
            let armed_point = point.clone();
            // Its own thread and runtime: one world's panic does not affect the others.
            let problems = tokio::task::spawn_blocking(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(dies_at(armed_point))
            });
            let problems = problems.await;
            let problems = problems.unwrap_or_else(|panic| vec![panic.to_string()]);
            (!problems.is_empty()).then(|| format!("{point}: {}", problems.join("; ")))
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(async |failure| failure)
        .collect()
        .await;
    assert!(point_count >= 1);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// One story with everything in it: a payment, a refund, a late payment, and an event that never
/// arrives.
async fn dies_at(point: String) -> Vec<String> {
    let in_reconcile = point.starts_with("reconcile:");
    let armed = (!in_reconcile).then_some(point.as_str());
    let world = World::start(1, PRODUCTS, armed).await;
    let stock = initial_stock(&world).await;
    let mut story = Story {
        world: &world,
        point: &point,
        killed: false,
    };

    let paid = story.begin(1, "PEN", 2).await;
    story.pays(&paid).await;
    story.order_of(&paid).await;
    story.refunds(&paid, 300).await;
    let late = story.begin(2, "MUG", 3).await;
    story.sell_elsewhere(&late, "MUG").await;
    story.pays(&late).await;
    story.order_of(&late).await;

    // A shopper cancels.
    let cancelled = story.begin(5, "PEN", 3).await;
    story.cancels(&cancelled).await;

    // Another currency, which is summed separately.
    let dollars = story.begin(4, "DOLLAR", 1).await;
    story.pays(&dollars).await;
    story.order_of(&dollars).await;

    let missed = story.begin(3, "PEN", 1).await;
    world.set_faults(&json!({ "seed": 1, "drop": 1.0 })).await;
    story.pays(&missed).await;
    world.set_faults(&json!({})).await;
    if in_reconcile {
        let ended = world.till(&["reconcile"], Some(&point)).await;
        story.killed = ended.signal() == Some(SIGKILL);
    }
    let ended = world.till(&["reconcile"], None).await;
    let mut problems = Vec::new();
    if !ended.success() {
        problems.push(format!("till reconcile ended with {ended}"));
    }
    story.order_of(&missed).await;
    story.wait_until_idle().await;
    if !story.killed {
        problems.push("this point was never reached".to_owned());
    }
    // The mug was sold behind the shop's back.
    let mut stock = stock;
    stock.insert("MUG".to_owned(), Some(0));
    problems.extend(violations(&world, &stock, usize::from(story.killed)).await);
    problems
}

async fn initial_stock(world: &World) -> BTreeMap<String, Option<i64>> {
    let products = product::Entity::find().all(world.database.reader()).await;
    let products = products.unwrap().into_iter();
    products
        .map(|product| (product.sku, product.stock))
        .collect()
}

struct Story<'a> {
    world: &'a World,
    point: &'a str,
    killed: bool,
}

impl Story<'_> {
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
        let product = self.world.product(sku).await.id;
        let attempt = attempt(self.point, number);
        until("the form leads to the payment page", async || {
            self.restart_if_killed();
            match self.world.try_begin(&attempt, &[(product, units)]).await {
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
            if ["cancelled", "expired"].contains(&checkout.state.as_str()) {
                return Some(());
            }
            let url = format!(
                "{}/checkout/{}/cancelled",
                self.world.origin(),
                checkout.token
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

    /// Releases a checkout's hold while its session can still be paid, as if its units were sold to
    /// others.
    async fn sell_elsewhere(&mut self, session: &str, sku: &str) {
        let checkout = self.world.checkout(session).await.unwrap();
        let transaction = self.world.database.begin_write().await.unwrap();
        checkout::Entity::update_many()
            .col_expr(checkout::Column::State, Expr::value("expired"))
            .filter(checkout::Column::Id.eq(checkout.id))
            .exec(&transaction)
            .await
            .unwrap();
        product::Entity::update_many()
            .col_expr(product::Column::Held, Expr::value(0_i64))
            .col_expr(product::Column::Stock, Expr::value(0_i64))
            .filter(product::Column::Sku.eq(sku))
            .exec(&transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    /// Waits until no task is pending and the automatic refund's event has arrived.
    async fn wait_until_idle(&mut self) {
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
            (open == 0 && refunds == 2).then_some(())
        })
        .await;
        // Meanwhile the sandbox delivers, or retries, what is in flight.
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.restart_if_killed();
    }
}
