//! Events in any order, some twice, some only found by reconciliation: the database ends up the
//! same.
//!
//! `server/shop/tests/confluence.rs` checks the pure rules in many more cases.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use shop::entity::{checkout, dispute, order, order_line, outbox, refund, stripe_event};
use shop::inbox::{Source, receive_from};

use crate::test_app::{TestApp, event, paid_session};

/// Number of stories; each is delivered twice, for two checkouts.
const CASES: u32 = 300;

/// One event of a story, not yet tied to a checkout.
#[derive(Clone, Debug)]
enum StoryEvent {
    Session(&'static str, &'static str),
    Refund {
        number: u8,
        kind: &'static str,
        status: &'static str,
        amount: i64,
    },
    Charge {
        refunded: i64,
    },
    Dispute {
        kind: &'static str,
        status: &'static str,
        /// When it happened, in seconds from a fixed start.
        second: i64,
    },
}

impl StoryEvent {
    fn event(&self, checkout: &checkout::Model) -> Value {
        let intent = format!("pi_test_{}", checkout.id);
        match self {
            Self::Session(kind, payment_status) => {
                let mut session = paid_session(checkout);
                session["payment_status"] = (*payment_status).into();
                event(kind, &session)
            }
            Self::Refund {
                number,
                kind,
                status,
                amount,
            } => {
                let refund = json!({
                    "id": format!("re_{}_{number}", checkout.id), "object": "refund",
                    "amount": amount,
                    "currency": "eur", "status": status, "payment_intent": intent,
                    "created": 1_790_000_000,
                });
                event(kind, &refund)
            }
            Self::Charge { refunded } => {
                let charge = json!({
                    "id": format!("ch_{}", checkout.id), "object": "charge",
                    "amount_refunded": refunded,
                    "payment_intent": intent, "metadata": { "checkout_id": checkout.id },
                });
                event("charge.refunded", &charge)
            }
            Self::Dispute {
                kind,
                status,
                second,
            } => {
                let dispute = json!({
                    "id": format!("dp_{}", checkout.id), "object": "dispute", "amount": 900,
                    "currency": "eur",
                    "status": status, "reason": "fraudulent", "payment_intent": intent,
                    "created": 1_790_000_000,
                });
                let mut event = event(kind, &dispute);
                event["created"] = (1_790_000_000 + second).into();
                event
            }
        }
    }
}

fn session_story() -> impl Strategy<Value = Vec<StoryEvent>> {
    const COMPLETED: &str = "checkout.session.completed";
    prop_oneof![
        4 => Just(vec![StoryEvent::Session(COMPLETED, "paid")]),
        3 => Just(vec![
            StoryEvent::Session(COMPLETED, "unpaid"),
            StoryEvent::Session("checkout.session.async_payment_succeeded", "paid"),
        ]),
        1 => Just(vec![
            StoryEvent::Session(COMPLETED, "unpaid"),
            StoryEvent::Session("checkout.session.async_payment_failed", "unpaid"),
        ]),
        1 => Just(vec![StoryEvent::Session("checkout.session.expired", "unpaid")]),
    ]
}

fn refund_story(number: u8) -> impl Strategy<Value = Vec<StoryEvent>> {
    let stories: [&[(&str, &str)]; 4] = [
        &[("refund.created", "succeeded")],
        &[
            ("refund.created", "pending"),
            ("refund.updated", "succeeded"),
        ],
        &[("refund.created", "succeeded"), ("refund.failed", "failed")],
        &[
            ("charge.refund.updated", "pending"),
            ("refund.updated", "canceled"),
        ],
    ];
    (0..stories.len(), 1_i64..400).prop_map(move |(story, amount)| {
        let refund = |(kind, status): &(&'static str, &'static str)| StoryEvent::Refund {
            number,
            kind,
            status,
            amount,
        };
        let events = stories[story].iter().map(refund);
        events
            .chain([StoryEvent::Charge { refunded: amount }])
            .collect()
    })
}

fn dispute_story() -> impl Strategy<Value = Vec<StoryEvent>> {
    let event_of = |second, kind, status| StoryEvent::Dispute {
        kind,
        status,
        second,
    };
    let opened = vec![
        event_of(1, "charge.dispute.created", "needs_response"),
        event_of(1, "charge.dispute.funds_withdrawn", "needs_response"),
    ];
    let won = vec![
        event_of(2, "charge.dispute.closed", "won"),
        event_of(2, "charge.dispute.funds_reinstated", "won"),
    ];
    let lost = |second| vec![event_of(second, "charge.dispute.closed", "lost")];
    let again = vec![event_of(4, "charge.dispute.closed", "won")];
    prop_oneof![
        2 => Just(Vec::new()),
        1 => Just(opened.clone()),
        1 => Just([opened.clone(), won.clone()].concat()),
        1 => Just([opened.clone(), lost(2)].concat()),
        // A bank may reverse its decision, more than once, and within the same second.
        1 => Just([opened.clone(), won.clone(), lost(3)].concat()),
        1 => Just([opened.clone(), won.clone(), lost(3), again].concat()),
        1 => Just([opened, won, lost(2)].concat()),
    ]
}

/// What had happened to the hold before the story's first event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    Held,
    /// Expired, and the units are still in stock.
    ReleasedInStock,
    /// Expired, and the units were sold to others.
    ReleasedSoldOut,
}

fn hold() -> impl Strategy<Value = Hold> {
    prop_oneof![
        3 => Just(Hold::Held),
        1 => Just(Hold::ReleasedInStock),
        1 => Just(Hold::ReleasedSoldOut),
    ]
}

/// A story and the order in which its events are delivered: some twice, some never.
fn delivery() -> impl Strategy<Value = (Hold, Vec<StoryEvent>, Vec<usize>)> {
    let refunds = (0_u8..3).prop_flat_map(|count| (0..count).map(refund_story).collect::<Vec<_>>());
    let story =
        (session_story(), refunds, dispute_story()).prop_map(|(session, refunds, dispute)| {
            let paid = session
                .iter()
                .any(|event| matches!(event, StoryEvent::Session(_, "paid")));
            let afterwards = refunds.into_iter().flatten().chain(dispute);
            session
                .into_iter()
                .chain(afterwards.filter(|_| paid))
                .collect::<Vec<_>>()
        });
    story.prop_flat_map(|story| {
        let delivered = proptest::collection::vec(0..story.len(), 0..story.len() * 2 + 1);
        (hold(), Just(story), delivered)
    })
}

/// All that the database says about a checkout, except what differs anyway: ids, tokens and times
/// of writing.
async fn rows(app: &TestApp, checkout: &checkout::Model) -> Vec<String> {
    let reader = app.shop.database.reader();
    let mut rows = vec![format!("{:?}", app.reload(checkout).await.state)];
    let orders = order::Entity::find()
        .filter(order::Column::CheckoutId.eq(&checkout.id))
        .all(reader)
        .await
        .unwrap();
    for order in orders {
        rows.push(format!(
            "order {} {} {:?} {}",
            order.currency, order.amount_total, order.flag, order.payment_status
        ));
        let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(order.id));
        for line in lines.all(reader).await.unwrap() {
            rows.push(format!("line {} {}", line.quantity, line.stock_taken));
        }
        let refunds = refund::Entity::find()
            .filter(refund::Column::OrderId.eq(order.id))
            .order_by_asc(refund::Column::Id);
        for row in refunds.all(reader).await.unwrap() {
            let number = row.id.rsplit('_').next().unwrap();
            rows.push(format!("refund {number} {} {}", row.amount, row.status));
        }
        let disputes = dispute::Entity::find().filter(dispute::Column::OrderId.eq(order.id));
        for row in disputes.all(reader).await.unwrap() {
            rows.push(format!(
                "dispute {} {} {} {} {} {}",
                row.amount,
                row.status,
                row.status_at.unix_timestamp(),
                row.certainty.as_ref(),
                row.funds_withdrawn,
                row.funds_reinstated
            ));
        }
    }
    let refund_tasks = outbox::Entity::find()
        .filter(outbox::Column::CheckoutId.eq(&checkout.id))
        .filter(outbox::Column::Kind.eq("refund"));
    rows.push(format!(
        "{} tasks",
        refund_tasks.all(reader).await.unwrap().len()
    ));
    rows
}

async fn receive(app: &TestApp, event: &Value) {
    receive_from(&app.shop, &event.to_string(), Source::Webhook)
        .await
        .unwrap();
}

/// A checkout whose hold is in this state.
async fn begin(app: &TestApp, hold: Hold) -> checkout::Model {
    app.execute("UPDATE variant SET stock = 5 WHERE sku = 'MUG'")
        .await;
    let checkout = app.begin(&[("PEN", 1), ("POSTER", 1), ("MUG", 2)]).await;
    if hold != Hold::Held {
        let expired = StoryEvent::Session("checkout.session.expired", "unpaid");
        receive(app, &expired.event(&checkout)).await;
    }
    if hold == Hold::ReleasedSoldOut {
        app.execute("UPDATE variant SET stock = 1 WHERE sku = 'MUG'")
            .await;
    }
    checkout
}

/// A checkout's rows, and what is left of the scarce product.
async fn rows_and_stock(app: &TestApp, checkout: &checkout::Model) -> Vec<String> {
    let mut rows = rows(app, checkout).await;
    rows.push(format!("{:?}", app.held_and_stock("MUG").await));
    // Release what is still held, for the next checkout.
    app.execute("UPDATE variant SET held = 0 WHERE sku = 'MUG'")
        .await;
    rows
}

async fn check_story(
    app: &TestApp,
    hold: Hold,
    story: &[StoryEvent],
    delivered: &[usize],
) -> Result<(), TestCaseError> {
    let in_order = begin(app, hold).await;
    for step in story {
        receive(app, &step.event(&in_order)).await;
    }
    let expected = rows_and_stock(app, &in_order).await;
    let shuffled = begin(app, hold).await;
    let events: Vec<Value> = story.iter().map(|step| step.event(&shuffled)).collect();
    for index in delivered {
        receive(app, &events[*index]).await;
        // Two events for one fact: the same content with another id.
        if index % 3 == 0 {
            receive(app, &story[*index].event(&shuffled)).await;
        }
    }
    for event in events.iter().rev() {
        receive_from(&app.shop, &event.to_string(), Source::Pulled)
            .await
            .unwrap();
    }
    prop_assert_eq!(expected, rows_and_stock(app, &shuffled).await);
    Ok(())
}

#[test]
fn every_delivery_of_a_story_ends_in_the_same_rows() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::without_webhooks());
    let products = "sku,slug,name,description,price,currency,stock,max_per_order,image,\
        category,position,active\n\
        PEN,pen,Green Pen,Writes.,500,EUR,100000,5,,Desk,30,true\n";
    runtime.block_on(app.import(products, shop::catalog::import::StockMode::Set));
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&delivery(), |(hold, story, delivered)| {
            runtime.block_on(check_story(&app, hold, &story, &delivered))
        })
        .unwrap();
    runtime.block_on(async {
        let unapplied = stripe_event::Entity::find()
            .filter(stripe_event::Column::State.is_not_in(["applied", "ignored"]));
        let unapplied = unapplied.all(app.shop.database.reader()).await.unwrap();
        assert!(unapplied.is_empty(), "{unapplied:?}");
        let (held, stock) = app.held_and_stock("PEN").await;
        let late_refunds = outbox::Entity::find().filter(outbox::Column::Kind.eq("refund"));
        let late_refunds = late_refunds.all(app.shop.database.reader()).await.unwrap();
        assert!(!late_refunds.is_empty(), "no payment came too late");
        let pen = app.variant("PEN").await.id;
        let lines = order_line::Entity::find()
            .filter(order_line::Column::VariantId.eq(pen))
            .all(app.shop.database.reader())
            .await
            .unwrap();
        let taken: i64 = lines.iter().map(|line| line.stock_taken).sum();
        assert_eq!((held, stock), (0, Some(100_000 - taken)));
    });
}
