//! Many shoppers, an unreliable Stripe, servers that die, and an owner who refunds, ships and
//! edits: afterwards Stripe's ledger and the shop's database agree.
//!
//! What each shopper does depends only on the seed and their number, so that a storm can be
//! repeated: `STORM_SEED`, `STORM_SESSIONS` and `STORM_SERVERS` choose it. `make storm` runs a long
//! one.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use shop::entity::{checkout, order, outbox, refund, stripe_event};
use shop::lease::{Job, Lease};
use till_core::lifecycle::CheckoutState;

use super::invariants::{Snapshot, violations};
use super::owner::{self, Owner};
use super::world::{FormOutcome, Instrument, World, attempt, setting, until};

/// Concurrent shoppers.
const AT_ONCE: usize = 16;
/// How often a shopper's step kills a server, in percent.
const KILLS_PERCENT: u64 = 5;
/// How long a session can be paid unless `HOLD_MINUTES` is set.
const HOLD: Duration = Duration::from_secs(35 * 60);

/// One counted variant, a scarce one, one without counted stock, and one in another currency.
const PRODUCTS: &str = "\
sku,slug,name,description,price,currency,stock,max_per_order,image,category,position,active
PEN,pen,Pen,Writes.,500,EUR,1000000,10,,Desk,10,true
POSTER,poster,Poster,Printed to order.,900,EUR,,20,,Desk,20,true
RARE,rare,Rare,The last ones.,2500,EUR,40,3,,Desk,30,true
MAP,map,Map,Of the coast.,700,USD,1000000,10,,Desk,40,true
";
/// How often each of them is chosen, in percent.
const WANTED: [(&str, u64); 4] = [("PEN", 55), ("POSTER", 25), ("MAP", 15), ("RARE", 5)];

/// The initial stock.
fn stock() -> BTreeMap<String, Option<i64>> {
    [
        ("PEN", Some(1_000_000)),
        ("POSTER", None),
        ("RARE", Some(40)),
        ("MAP", Some(1_000_000)),
    ]
    .map(|(sku, stock)| (sku.to_owned(), stock))
    .into()
}

/// Random numbers that depend only on the seed, the shopper and the question.
#[derive(Clone, Copy)]
pub(super) struct Dice {
    pub(super) seed: u64,
    pub(super) shopper: u64,
}

impl Dice {
    /// A number below 100 for this question.
    pub(super) fn percent(self, question: u64) -> u64 {
        let mut z = self.seed
            ^ self.shopper.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ question.wrapping_mul(0xD1B5_4A32_D192_ED03);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % 100
    }
}

/// Counts for the report.
#[derive(Default)]
struct Tally {
    started: AtomicUsize,
    refused: AtomicUsize,
    paid: AtomicUsize,
    kills: AtomicUsize,
    /// The sessions that nobody refunds in Stripe's dashboard.
    owners: Mutex<HashSet<String>>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_storm_the_ledger_and_the_database_agree() {
    let sessions = setting("STORM_SESSIONS", 600);
    let seed = setting("STORM_SEED", 1) as u64;
    let world = Arc::new(World::start(setting("STORM_SERVERS", 2), PRODUCTS, None).await);
    let faults = json!({
        "seed": seed, "duplicate": 0.3, "reorder": 0.3, "drop": 0.1, "delay_ms": [0, 100],
        "api_error": 0.03, "lose_answer": 0.02,
    });
    world.set_faults(&faults).await;
    let finished = Arc::new(AtomicBool::new(false));
    let restarter = tokio::spawn(restart_killed_servers(world.clone(), finished.clone()));
    let tally = Tally::default();
    let mut variants = Vec::new();
    for (sku, percent) in WANTED {
        let id = world.variant(sku).await.id;
        variants.extend((0..percent).map(|_| (sku, id)));
    }
    // Some want what is sold out, and get no session.
    let shoppers = futures::stream::iter(0..sessions + sessions / 10)
        .map(|shopper| {
            let dice = Dice {
                seed,
                shopper: shopper as u64,
            };
            shop(&world, dice, shopper, &variants, &tally)
        })
        .buffer_unordered(AT_ONCE)
        .collect::<()>();
    let dice = Dice { seed, shopper: 0 };
    let owner = Owner::sign_in(&world, dice).await;
    let over = AtomicBool::new(false);
    let storm = async {
        shoppers.await;
        over.store(true, Ordering::Relaxed);
    };
    let (owned, ()) = tokio::join!(owner.work(&tally.owners, &over), storm);

    world.set_faults(&json!({})).await;
    wait_until_idle(&world).await;
    finished.store(true, Ordering::Relaxed);
    restarter.await.unwrap();
    let kills = tally.kills.load(Ordering::Relaxed);
    // Every final state of a checkout has occurred.
    for state in ["paid", "failed", "expired", "cancelled", "open"] {
        let checkouts = checkout::Entity::find().filter(checkout::Column::State.eq(state));
        let count = checkouts.count(world.database.reader()).await.unwrap();
        assert!(count > 0, "no checkout is {state}");
    }
    // Check while unpaid sessions expire, and again once they have.
    let stock = stock();
    let ((), mut problems) =
        tokio::join!(world.advance_clock(HOLD), violations(&world, &stock, kills));
    until("unpaid sessions have expired", async || {
        let open = checkout::Entity::find().filter(checkout::Column::State.eq("open"));
        (open.count(world.database.reader()).await.unwrap() == 0).then_some(())
    })
    .await;
    problems.extend(violations(&world, &stock, kills).await);
    problems.extend(owner::violations(&world, &owned).await);
    let (parcels, asked) = owned.count();
    let orders = order::Entity::find()
        .count(world.database.reader())
        .await
        .unwrap();
    println!(
        "storm: seed {seed}, {} sessions begun, {} refused, {} payments, {orders} orders, \
         {} kills, {parcels} parcels, {asked} refunds asked for, {} changes of stock, \
         {} of prices, {} refused: {} violations",
        tally.started.load(Ordering::Relaxed),
        tally.refused.load(Ordering::Relaxed),
        tally.paid.load(Ordering::Relaxed),
        kills,
        owned.stock_changes,
        owned.prices,
        owned.refused,
        problems.len(),
    );
    assert!(problems.is_empty(), "seed {seed}: {}", problems.join("\n"));
    assert!(tally.started.load(Ordering::Relaxed) >= sessions);
    assert!(orders * 2 >= sessions as u64, "{orders} orders");
    assert!(kills > 0);
    assert!(parcels > 0 && asked > 0 && owned.stock_changes > 0 && owned.prices > 0);
    let refunds = refund::Entity::find().count(world.database.reader()).await;
    assert!(refunds.unwrap() > 0);
}

/// Restarts servers that were killed.
async fn restart_killed_servers(world: Arc<World>, finished: Arc<AtomicBool>) {
    while !finished.load(Ordering::Relaxed) {
        for index in 0..world.servers() {
            if world.ended(index).is_some() {
                world.serve(index, None);
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// One shopper: starts a checkout, then pays, cancels or forgets about it. Some want a refund.
async fn shop(world: &World, dice: Dice, number: usize, variants: &[(&str, i64)], tally: &Tally) {
    if dice.percent(1) < KILLS_PERCENT {
        let server = usize::try_from(dice.percent(2)).unwrap_or(0) % world.servers();
        let killed = usize::from(world.kill(server));
        tally.kills.fetch_add(killed, Ordering::Relaxed);
    }
    let units = u32::try_from(1 + dice.percent(3) % 3).unwrap_or(1);
    let drawn = usize::try_from(dice.percent(4)).unwrap_or(0);
    let (sku, variant) = variants[drawn];
    let token = attempt(&format!("storm {}", dice.seed), number);
    let outcome = until("a server answers a form", async || {
        match world.try_begin(&token, &[(variant, units)]).await? {
            // Stripe failed: a shopper tries again.
            FormOutcome::Refused if sku != "RARE" => None,
            outcome => Some(outcome),
        }
    })
    .await;
    let FormOutcome::ToPay(session) = outcome else {
        tally.refused.fetch_add(1, Ordering::Relaxed);
        return;
    };
    tally.started.fetch_add(1, Ordering::Relaxed);
    let instrument = match dice.percent(5) {
        0..65 => Instrument::Card,
        // Direct debit is only available in euros.
        65..86 if sku == "MAP" => Instrument::Card,
        65..80 => Instrument::SepaSucceeds,
        80..86 => Instrument::SepaFails,
        86..92 => return cancel(world, &session).await,
        92..96 => {
            // The shop expires it, or Stripe does: the same event.
            let path = format!("/v1/checkout/sessions/{session}/expire");
            until("Stripe answers", async || {
                (world.stripe_post(&path, &[]).await.0 < 429).then_some(())
            })
            .await;
            return;
        }
        _ => return,
    };
    until("Stripe answers", async || {
        (world.pay(&session, instrument).await == 200).then_some(())
    })
    .await;
    tally.paid.fetch_add(1, Ordering::Relaxed);
    if instrument != Instrument::Card || dice.percent(6) >= 20 {
        tally.owners.lock().unwrap().insert(session);
    } else {
        refund_in_dashboard(world, &session, dice.percent(7) < 50).await;
    }
}

/// The shopper cancels. If the server dies meanwhile, the session stays open.
async fn cancel(world: &World, session: &str) {
    if let Some(checkout) = world.checkout(session).await {
        let url = format!(
            "{}/checkout/{}/cancelled",
            world.origin(),
            checkout.token.as_str()
        );
        let _ = world.client.get(url).send().await;
    }
}

/// An immediate refund in Stripe's dashboard: its event may arrive before the order's.
async fn refund_in_dashboard(world: &World, session: &str, partly: bool) {
    let path = format!("/v1/checkout/sessions/{session}");
    let found = until("Stripe answers", async || {
        let answer = world.try_stripe_get(&path).await?;
        answer["payment_intent"].is_string().then_some(answer)
    })
    .await;
    let intent = found["payment_intent"].as_str().unwrap().to_owned();
    let half = (found["amount_total"].as_i64().unwrap() / 2).to_string();
    let mut fields = vec![("payment_intent", intent.as_str())];
    if partly {
        fields.push(("amount", half.as_str()));
    }
    // With an idempotency key, so that a lost answer does not lead to a second refund.
    let key = format!("dashboard-{session}");
    until("Stripe answers", async || {
        let status = world.stripe_post_once("/v1/refunds", &fields, &key).await?;
        (status < 429).then_some(())
    })
    .await;
}

/// Waits until everything in flight has arrived or was fetched by `reconcile`.
async fn wait_until_idle(world: &World) {
    let reader = world.database.reader();
    until("everything is idle", async || {
        let reconciled = world.till(&["reconcile"], None).await.success();
        let processing = checkout::Entity::find()
            .filter(
                checkout::Column::State.is_in([CheckoutState::Processing, CheckoutState::Creating]),
            )
            .count(reader)
            .await
            .unwrap();
        let tasks = outbox::Entity::find()
            .filter(outbox::Column::State.ne("done"))
            .count(reader)
            .await
            .unwrap();
        let events = stripe_event::Entity::find()
            .filter(stripe_event::Column::State.is_in(["pending", "failed", "dead"]))
            .count(reader)
            .await
            .unwrap();
        println!(
            "reconciled: {reconciled}; pending: {processing} checkouts, {tasks} tasks, \
             {events} events"
        );
        (reconciled && processing + tasks + events == 0).then_some(())
    })
    .await;
}

/// No webhook is delivered while shoppers pay; afterwards one run finds every payment, and a second
/// run finds nothing.
///
/// `OUTAGE_SESSIONS` sets how many, 300 by default; `make storm` runs 10,000.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_outage_of_the_webhook_every_payment_is_found() {
    let sessions = setting("OUTAGE_SESSIONS", 300);
    let world = World::start(1, PRODUCTS, None).await;
    world.set_faults(&json!({ "seed": 1, "drop": 1.0 })).await;
    let variant = world.variant("POSTER").await.id;
    // Otherwise the server would find some of them itself, and the measured run would have less to
    // do.
    let lease = Lease::acquire(&world.database, Job::Reconcile)
        .await
        .unwrap();
    let shoppers = futures::stream::iter(0..sessions)
        .map(async |number| {
            let outcome = world
                .try_begin(&attempt("outage", number), &[(variant, 1)])
                .await;
            let Some(FormOutcome::ToPay(session)) = outcome else {
                panic!("{outcome:?}");
            };
            assert_eq!(world.pay(&session, Instrument::Card).await, 200);
        })
        .buffer_unordered(AT_ONCE)
        .collect::<()>();
    lease
        .run_while_held(shoppers)
        .await
        .expect("the lease was kept");
    world.kill(0);
    lease.release().await.unwrap();
    world.set_faults(&json!({})).await;
    let started = std::time::Instant::now();
    let (ended, report) = world.reconcile().await;
    println!(
        "outage: {sessions} payments found in {:.0?}",
        started.elapsed()
    );
    assert!(ended.success(), "{report}");
    assert_eq!(report["payments_found"], sessions);
    let orders = order::Entity::find();
    let orders = orders.count(world.database.reader()).await.unwrap();
    assert_eq!(orders, sessions as u64);
    world.serve(0, None);
    // Nothing writes any more once the emails are sent.
    until("the outbox is empty", async || {
        let open = outbox::Entity::find().filter(outbox::Column::State.ne("done"));
        (open.count(world.database.reader()).await.unwrap() == 0).then_some(())
    })
    .await;
    // Stripe now delivers what failed in the outage: wait until nothing more arrives.
    let mut before = Snapshot::read(&world).await;
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let now = Snapshot::read(&world).await;
        if before.changed(&now).is_empty() {
            break;
        }
        before = now;
    }
    let (ended, report) = world.reconcile().await;
    assert!(ended.success(), "{report}");
    for count in [
        "missing",
        "applied",
        "pending",
        "ignored",
        "failed",
        "not_stored",
    ] {
        assert_eq!(report["events"][count], 0, "{report}");
    }
    assert_eq!(report["payments_found"], 0, "{report}");
    assert_eq!(report["checkouts_ended"], 0, "{report}");
    assert_eq!(report["differences"], json!([]), "{report}");
    let changed = before.changed(&Snapshot::read(&world).await);
    assert!(changed.is_empty(), "a second run changed {changed:?}");
    let problems = violations(&world, &stock(), 1).await;
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
