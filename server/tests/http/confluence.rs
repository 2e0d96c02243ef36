//! The same events in any order, some of them twice, some only found later: the database ends up the same each time.
//!
//! `server/shop/tests/confluence.rs` shows it of the pure rules, in many more cases.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use shop::entity::{checkout, dispute, order, order_line, outbox, refund, stripe_event};
use shop::inbox::{Source, receive_from};

use crate::test_app::{TestApp, event, paid_session};

/// Stories in all; each is told twice, to two checkouts.
const CASES: u32 = 300;

/// One event of a story, before it belongs to a checkout.
#[derive(Clone, Debug)]
enum Told {
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
        /// Of its time, counted from any moment.
        second: i64,
    },
}

impl Told {
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
                    "id": format!("re_{}_{number}", checkout.id), "object": "refund", "amount": amount,
                    "currency": "eur", "status": status, "payment_intent": intent, "created": 1_790_000_000,
                });
                event(kind, &refund)
            }
            Self::Charge { refunded } => {
                let charge = json!({
                    "id": format!("ch_{}", checkout.id), "object": "charge", "amount_refunded": refunded,
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
                    "id": format!("dp_{}", checkout.id), "object": "dispute", "amount": 900, "currency": "eur",
                    "status": status, "reason": "fraudulent", "payment_intent": intent, "created": 1_790_000_000,
                });
                let mut event = event(kind, &dispute);
                event["created"] = (1_790_000_000 + second).into();
                event
            }
        }
    }
}

fn session_story() -> impl Strategy<Value = Vec<Told>> {
    const COMPLETED: &str = "checkout.session.completed";
    prop_oneof![
        4 => Just(vec![Told::Session(COMPLETED, "paid")]),
        3 => Just(vec![
            Told::Session(COMPLETED, "unpaid"),
            Told::Session("checkout.session.async_payment_succeeded", "paid"),
        ]),
        1 => Just(vec![
            Told::Session(COMPLETED, "unpaid"),
            Told::Session("checkout.session.async_payment_failed", "unpaid"),
        ]),
        1 => Just(vec![Told::Session("checkout.session.expired", "unpaid")]),
    ]
}

fn refund_story(number: u8) -> impl Strategy<Value = Vec<Told>> {
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
        let refund = |(kind, status): &(&'static str, &'static str)| Told::Refund {
            number,
            kind,
            status,
            amount,
        };
        let told = stories[story].iter().map(refund);
        told.chain([Told::Charge { refunded: amount }]).collect()
    })
}

fn dispute_story() -> impl Strategy<Value = Vec<Told>> {
    let told = |second, kind, status| Told::Dispute {
        kind,
        status,
        second,
    };
    let begin = vec![
        told(1, "charge.dispute.created", "needs_response"),
        told(1, "charge.dispute.funds_withdrawn", "needs_response"),
    ];
    let won = vec![
        told(2, "charge.dispute.closed", "won"),
        told(2, "charge.dispute.funds_reinstated", "won"),
    ];
    let lost = |second| vec![told(second, "charge.dispute.closed", "lost")];
    let again = vec![told(4, "charge.dispute.closed", "won")];
    prop_oneof![
        2 => Just(Vec::new()),
        1 => Just(begin.clone()),
        1 => Just([begin.clone(), won.clone()].concat()),
        1 => Just([begin.clone(), lost(2)].concat()),
        // A bank may turn its decision, and turn it again; also within the same second.
        1 => Just([begin.clone(), won.clone(), lost(3)].concat()),
        1 => Just([begin.clone(), won.clone(), lost(3), again].concat()),
        1 => Just([begin, won, lost(2)].concat()),
    ]
}

/// What had become of the hold before the first event of a story came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    Stands,
    /// The time was over, and the pieces are still there.
    ReleasedPiecesThere,
    /// The time was over, and others have bought the pieces.
    ReleasedPiecesGone,
}

fn hold() -> impl Strategy<Value = Hold> {
    prop_oneof![
        3 => Just(Hold::Stands),
        1 => Just(Hold::ReleasedPiecesThere),
        1 => Just(Hold::ReleasedPiecesGone),
    ]
}

/// A story, and the order in which its events are delivered: some twice, some not at all.
fn delivery() -> impl Strategy<Value = (Hold, Vec<Told>, Vec<usize>)> {
    let refunds = (0_u8..3).prop_flat_map(|count| (0..count).map(refund_story).collect::<Vec<_>>());
    let story =
        (session_story(), refunds, dispute_story()).prop_map(|(session, refunds, dispute)| {
            let paid = session
                .iter()
                .any(|told| matches!(told, Told::Session(_, "paid")));
            let back = refunds.into_iter().flatten().chain(dispute);
            session
                .into_iter()
                .chain(back.filter(|_| paid))
                .collect::<Vec<_>>()
        });
    story.prop_flat_map(|story| {
        let delivered = proptest::collection::vec(0..story.len(), 0..story.len() * 2 + 1);
        (hold(), Just(story), delivered)
    })
}

/// Everything that the database says about a checkout, without what is its own: ids, tokens and the time of writing.
async fn books(app: &TestApp, checkout: &checkout::Model) -> Vec<String> {
    let reader = app.shop.database.reader();
    let mut books = vec![format!("{:?}", app.reload(checkout).await.state)];
    let orders = order::Entity::find()
        .filter(order::Column::CheckoutId.eq(&checkout.id))
        .all(reader)
        .await
        .unwrap();
    for order in orders {
        books.push(format!(
            "order {} {} {:?} {}",
            order.currency, order.amount_total, order.flag, order.payment_status
        ));
        let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(order.id));
        for line in lines.all(reader).await.unwrap() {
            books.push(format!("line {} {}", line.quantity, line.stock_taken));
        }
        let refunds = refund::Entity::find()
            .filter(refund::Column::OrderId.eq(order.id))
            .order_by_asc(refund::Column::Id);
        for row in refunds.all(reader).await.unwrap() {
            let number = row.id.rsplit('_').next().unwrap();
            books.push(format!("refund {number} {} {}", row.amount, row.status));
        }
        let disputes = dispute::Entity::find().filter(dispute::Column::OrderId.eq(order.id));
        for row in disputes.all(reader).await.unwrap() {
            books.push(format!(
                "dispute {} {} {} {} {} {}",
                row.amount,
                row.status,
                row.status_at.unix_timestamp(),
                row.certainty,
                row.funds_withdrawn,
                row.funds_reinstated
            ));
        }
    }
    let refund_tasks = outbox::Entity::find()
        .filter(outbox::Column::CheckoutId.eq(&checkout.id))
        .filter(outbox::Column::Kind.eq("refund"));
    books.push(format!(
        "{} tasks",
        refund_tasks.all(reader).await.unwrap().len()
    ));
    books
}

async fn receive(app: &TestApp, event: &Value) {
    receive_from(&app.shop, &event.to_string(), Source::Webhook)
        .await
        .unwrap();
}

/// A checkout whose hold stands so.
async fn begin(app: &TestApp, hold: Hold) -> checkout::Model {
    app.execute("UPDATE product SET stock = 5 WHERE sku = 'MUG'")
        .await;
    let checkout = app.begin(&[("PEN", 1), ("POSTER", 1), ("MUG", 2)]).await;
    if hold != Hold::Stands {
        let over = Told::Session("checkout.session.expired", "unpaid");
        receive(app, &over.event(&checkout)).await;
    }
    if hold == Hold::ReleasedPiecesGone {
        app.execute("UPDATE product SET stock = 1 WHERE sku = 'MUG'")
            .await;
    }
    checkout
}

/// A checkout's books, with what is left of the scarce product.
async fn books_and_stock(app: &TestApp, checkout: &checkout::Model) -> Vec<String> {
    let mut books = books(app, checkout).await;
    books.push(format!("{:?}", app.held_and_stock("MUG").await));
    // What is still held must not stand in the next one's way.
    app.execute("UPDATE product SET held = 0 WHERE sku = 'MUG'")
        .await;
    books
}

async fn tell(
    app: &TestApp,
    hold: Hold,
    story: &[Told],
    delivered: &[usize],
) -> Result<(), TestCaseError> {
    let in_order = begin(app, hold).await;
    for told in story {
        receive(app, &told.event(&in_order)).await;
    }
    let expected = books_and_stock(app, &in_order).await;
    let shuffled = begin(app, hold).await;
    let events: Vec<Value> = story.iter().map(|told| told.event(&shuffled)).collect();
    for index in delivered {
        receive(app, &events[*index]).await;
        // Two events for one fact: the same again under another id.
        if index % 3 == 0 {
            receive(app, &story[*index].event(&shuffled)).await;
        }
    }
    for event in events.iter().rev() {
        receive_from(&app.shop, &event.to_string(), Source::Pulled)
            .await
            .unwrap();
    }
    prop_assert_eq!(expected, books_and_stock(app, &shuffled).await);
    Ok(())
}

#[test]
fn every_delivery_of_a_story_ends_in_the_same_rows() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::without_webhooks());
    let plenty = "sku,slug,name,description,price,currency,stock,max_per_order,image,category,position,active\n\
        PEN,pen,Green Pen,Writes.,500,EUR,100000,5,,Desk,30,true\n";
    runtime.block_on(app.import(plenty, shop::catalog::import::Stock::Set));
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&delivery(), |(hold, story, delivered)| {
            runtime.block_on(tell(&app, hold, &story, &delivered))
        })
        .unwrap();
    runtime.block_on(async {
        let unsettled = stripe_event::Entity::find()
            .filter(stripe_event::Column::State.is_not_in(["applied", "ignored"]));
        let unsettled = unsettled.all(app.shop.database.reader()).await.unwrap();
        assert!(unsettled.is_empty(), "{unsettled:?}");
        let (held, stock) = app.held_and_stock("PEN").await;
        let late = outbox::Entity::find().filter(outbox::Column::Kind.eq("refund"));
        let late = late.all(app.shop.database.reader()).await.unwrap();
        assert!(!late.is_empty(), "no payment came too late");
        let pen = app.product("PEN").await.id;
        let lines = order_line::Entity::find()
            .filter(order_line::Column::ProductId.eq(pen))
            .all(app.shop.database.reader())
            .await
            .unwrap();
        let taken: i64 = lines.iter().map(|line| line.stock_taken).sum();
        assert_eq!((held, stock), (0, Some(100_000 - taken)));
    });
}
