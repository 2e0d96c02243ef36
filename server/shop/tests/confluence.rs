//! Stripe's events may arrive in any order, more than once, or only by reconciling: the same story
//! always ends in the same state. These tests check the pure rules;
//! `server/tests/http/confluence.rs` checks the same through the databases.

use std::collections::BTreeMap;

use proptest::prelude::*;
use till_core::lifecycle::{self, CheckoutState, Fact, StockEffect};
use till_core::refunds::{Certainty, DisputeFact, DisputeStatus, RefundFact, RefundStatus};

/// What one event states.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    Session(Fact),
    Refund(u8, RefundFact),
    Dispute(u8, DisputeFact),
}

/// Everything that is stored about one checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    state: CheckoutState,
    orders: u32,
    held: i64,
    sold: i64,
    refunds: BTreeMap<u8, RefundFact>,
    disputes: BTreeMap<u8, DisputeFact>,
}

/// The record, and the events that wait for an order, as in the inbox.
#[derive(Clone, Debug)]
struct Shop {
    record: Record,
    waiting: Vec<Event>,
}

impl Shop {
    fn open() -> Self {
        let record = Record {
            state: CheckoutState::Open,
            orders: 0,
            held: 1,
            sold: 0,
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
        };
        Self {
            record,
            waiting: Vec::new(),
        }
    }

    fn receive(&mut self, event: Event) {
        let record = &mut self.record;
        match event {
            Event::Session(fact) => {
                let transition = lifecycle::apply(record.state, fact);
                record.state = transition.to;
                match transition.stock {
                    StockEffect::None => {}
                    StockEffect::SellHeld => {
                        record.held -= 1;
                        record.sold += 1;
                    }
                    StockEffect::Release => record.held -= 1,
                    StockEffect::SellLate => record.sold += 1,
                }
                if transition.creates_order {
                    record.orders += 1;
                    for event in std::mem::take(&mut self.waiting) {
                        self.receive(event);
                    }
                }
            }
            Event::Refund(..) | Event::Dispute(..) if record.orders == 0 => {
                self.waiting.push(event);
            }
            Event::Refund(id, fact) => {
                let row = record.refunds.entry(id).or_insert_with(|| fact.clone());
                *row = row.clone().merge(fact);
            }
            Event::Dispute(id, fact) => {
                let row = record.disputes.entry(id).or_insert_with(|| fact.clone());
                *row = row.clone().merge(fact);
            }
        }
    }

    /// Fetches contested disputes from Stripe, which reports the last decision.
    fn confirm_disputes(&mut self, story: &[Event]) {
        for (id, row) in &mut self.record.disputes {
            let last = story.iter().rev().find_map(|event| match event {
                Event::Dispute(of, fact) if of == id => Some(fact.status.clone()),
                _ => None,
            });
            if let Some(status) = last.filter(|_| row.certainty == Certainty::Contested) {
                *row = row.clone().merge(DisputeFact {
                    status,
                    certainty: Certainty::Confirmed,
                    ..row.clone()
                });
            }
        }
    }

    fn refunded(&self) -> i64 {
        let counting = self
            .record
            .refunds
            .values()
            .filter(|row| row.status.counts());
        counting.map(|row| row.amount).sum()
    }
}

fn session_story() -> impl Strategy<Value = Vec<Event>> {
    let stories = [
        vec![Fact::Paid],
        vec![Fact::Processing, Fact::Paid],
        vec![Fact::Processing, Fact::PaymentFailed],
        vec![Fact::Expired],
    ];
    // Prefer stories with a payment: most rules are about those.
    prop_oneof![
        4 => Just(stories[0].clone()),
        3 => Just(stories[1].clone()),
        1 => Just(stories[2].clone()),
        1 => Just(stories[3].clone()),
    ]
    .prop_map(|facts| facts.into_iter().map(Event::Session).collect())
}

fn refund_story(id: u8) -> impl Strategy<Value = Vec<Event>> {
    let stories = [
        vec![RefundStatus::Succeeded],
        vec![RefundStatus::Pending, RefundStatus::Succeeded],
        vec![RefundStatus::Succeeded, RefundStatus::Failed],
        vec![RefundStatus::Pending, RefundStatus::Canceled],
        vec![
            RefundStatus::RequiresAction,
            RefundStatus::Pending,
            RefundStatus::Succeeded,
            RefundStatus::Failed,
        ],
    ];
    (0..stories.len(), 1_i64..1000).prop_map(move |(story, amount)| {
        let facts = stories[story].iter();
        facts
            .map(|status| {
                let status = status.clone();
                Event::Refund(id, RefundFact { amount, status })
            })
            .collect()
    })
}

/// Banks may reverse a decision, even within the same second.
fn dispute_story(id: u8) -> impl Strategy<Value = Vec<Event>> {
    let ends = [
        DisputeStatus::Won,
        DisputeStatus::Lost,
        DisputeStatus::Prevented,
    ];
    let decisions = proptest::collection::vec((0..ends.len(), 0_i64..2), 0..4);
    decisions.prop_map(move |decisions| {
        let fact = |second, status, funds_withdrawn, funds_reinstated| {
            Event::Dispute(
                id,
                DisputeFact {
                    amount: 500,
                    status,
                    status_at: second,
                    certainty: Certainty::Reported,
                    funds_withdrawn,
                    funds_reinstated,
                },
            )
        };
        let mut story = vec![
            fact(1, DisputeStatus::NeedsResponse, false, false),
            fact(1, DisputeStatus::NeedsResponse, true, false),
            fact(2, DisputeStatus::UnderReview, false, false),
        ];
        let mut second = 2;
        for (end, later) in decisions {
            second += later;
            story.push(fact(second, ends[end].clone(), false, false));
            if ends[end] == DisputeStatus::Won {
                story.push(fact(second, DisputeStatus::Won, false, true));
            }
        }
        story
    })
}

/// Everything that happens to one checkout, in this order.
fn story() -> impl Strategy<Value = Vec<Event>> {
    let refunds = (0_u8..3).prop_flat_map(|count| (0..count).map(refund_story).collect::<Vec<_>>());
    let disputes =
        (0_u8..2).prop_flat_map(|count| (0..count).map(dispute_story).collect::<Vec<_>>());
    (session_story(), refunds, disputes).prop_map(|(session, refunds, disputes)| {
        // Only a payment can be refunded or disputed.
        let paid = session.contains(&Event::Session(Fact::Paid));
        let later = refunds.into_iter().chain(disputes).flatten();
        let later = later.filter(|_| paid).collect::<Vec<_>>();
        session.into_iter().chain(later).collect()
    })
}

/// A story and its delivery: some events out of order, some twice, some not at all.
fn delivery() -> impl Strategy<Value = (Vec<Event>, Vec<usize>)> {
    story().prop_flat_map(|story| {
        let delivered = proptest::collection::vec(0..story.len(), 0..story.len() * 3 + 1);
        (Just(story), delivered)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn every_delivery_of_a_story_ends_in_the_same_books((story, delivered) in delivery()) {
        let mut in_order = Shop::open();
        story.iter().for_each(|event| in_order.receive(event.clone()));
        in_order.confirm_disputes(&story);
        prop_assert!(in_order.waiting.is_empty());

        let mut shop = Shop::open();
        delivered.iter().for_each(|index| shop.receive(story[*index].clone()));
        // The reconciler delivers what never came, through the same inbox.
        story.iter().rev().for_each(|event| shop.receive(event.clone()));
        shop.confirm_disputes(&story);
        // A repeated event does not make a dispute contested again.
        delivered.iter().for_each(|index| shop.receive(story[*index].clone()));

        prop_assert_eq!(&shop.record, &in_order.record);
        prop_assert!(shop.waiting.is_empty());
        prop_assert!(shop.record.orders <= 1);
        prop_assert_eq!(shop.record.held, i64::from(shop.record.state.holds_stock()));
        prop_assert_eq!(shop.refunded(), in_order.refunded());
        // The last decision counts.
        for (id, row) in &shop.record.disputes {
            let last = story.iter().rev().find_map(|event| match event {
                Event::Dispute(of, fact) if of == id => Some(fact.status.clone()),
                _ => None,
            });
            prop_assert_eq!(Some(&row.status), last.as_ref());
        }
    }

    /// Repeating everything changes nothing.
    #[test]
    fn a_second_delivery_of_everything_changes_nothing((story, _) in delivery()) {
        let mut shop = Shop::open();
        story.iter().for_each(|event| shop.receive(event.clone()));
        shop.confirm_disputes(&story);
        let record = shop.record.clone();
        story.iter().for_each(|event| shop.receive(event.clone()));
        prop_assert_eq!(shop.record, record);
    }
}
