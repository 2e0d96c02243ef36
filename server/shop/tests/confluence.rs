//! Whatever order Stripe's events arrive in, however often, and even if some are only found by looking later: the same
//! story ends in the same state. Here on the pure rules; `server/tests/http/confluence.rs` does it through the databases.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shop::lifecycle::{self, CheckoutState, Fact, StockEffect};
use shop::money_back::{Certainty, DisputeFact, DisputeStatus, RefundFact, RefundStatus};

/// What one event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Session(Fact),
    Refund(u8, RefundFact),
    Dispute(u8, DisputeFact),
}

/// Everything that is kept about one checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Books {
    state: CheckoutState,
    orders: u32,
    held: i64,
    sold: i64,
    refunds: BTreeMap<u8, RefundFact>,
    disputes: BTreeMap<u8, DisputeFact>,
}

/// The books, and what waits for an order: as the inbox does it.
#[derive(Clone, Debug)]
struct Shop {
    books: Books,
    waiting: Vec<Event>,
}

impl Shop {
    fn open() -> Self {
        let books = Books {
            state: CheckoutState::Open,
            orders: 0,
            held: 1,
            sold: 0,
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
        };
        Self {
            books,
            waiting: Vec::new(),
        }
    }

    fn receive(&mut self, event: Event) {
        let books = &mut self.books;
        match event {
            Event::Session(fact) => {
                let answer = lifecycle::apply(books.state, fact);
                books.state = answer.to;
                match answer.stock {
                    StockEffect::None => {}
                    StockEffect::SellHeld => {
                        books.held -= 1;
                        books.sold += 1;
                    }
                    StockEffect::Release => books.held -= 1,
                    StockEffect::SellLate => books.sold += 1,
                }
                if answer.creates_order {
                    books.orders += 1;
                    for event in std::mem::take(&mut self.waiting) {
                        self.receive(event);
                    }
                }
            }
            Event::Refund(..) | Event::Dispute(..) if books.orders == 0 => self.waiting.push(event),
            Event::Refund(id, fact) => {
                let row = books.refunds.entry(id).or_insert(fact);
                *row = row.merge(fact);
            }
            Event::Dispute(id, fact) => {
                let row = books.disputes.entry(id).or_insert(fact);
                *row = row.merge(fact);
            }
        }
    }

    /// Asks Stripe about disputes whose events contradict each other: it says what was decided
    /// last.
    fn settle(&mut self, story: &[Event]) {
        for (id, row) in &mut self.books.disputes {
            let last = story.iter().rev().find_map(|event| match event {
                Event::Dispute(of, fact) if of == id => Some(fact.status),
                _ => None,
            });
            if let Some(status) = last.filter(|_| row.certainty == Certainty::Contested) {
                *row = row.merge(DisputeFact {
                    status,
                    certainty: Certainty::Settled,
                    ..*row
                });
            }
        }
    }

    fn refunded(&self) -> i64 {
        let counting = self
            .books
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
    // Money is what most of this is about.
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
                let status = *status;
                Event::Refund(id, RefundFact { amount, status })
            })
            .collect()
    })
}

/// Banks may turn a decision, also within the same second.
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
                    certainty: Certainty::Told,
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
            story.push(fact(second, ends[end], false, false));
            if ends[end] == DisputeStatus::Won {
                story.push(fact(second, DisputeStatus::Won, false, true));
            }
        }
        story
    })
}

/// Everything that happens to one checkout, in the order in which it happened.
fn story() -> impl Strategy<Value = Vec<Event>> {
    let refunds = (0_u8..3).prop_flat_map(|count| (0..count).map(refund_story).collect::<Vec<_>>());
    let disputes =
        (0_u8..2).prop_flat_map(|count| (0..count).map(dispute_story).collect::<Vec<_>>());
    (session_story(), refunds, disputes).prop_map(|(session, refunds, disputes)| {
        // Money goes back only where some has come.
        let paid = session.contains(&Event::Session(Fact::Paid));
        let back = refunds.into_iter().chain(disputes).flatten();
        let back = back.filter(|_| paid).collect::<Vec<_>>();
        session.into_iter().chain(back).collect()
    })
}

/// A story, and how it is delivered: which events, in which order, some twice, some not at all.
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
        story.iter().for_each(|event| in_order.receive(*event));
        in_order.settle(&story);
        prop_assert!(in_order.waiting.is_empty());

        let mut shop = Shop::open();
        delivered.iter().for_each(|index| shop.receive(story[*index]));
        // The reconciler brings what never came; it puts everything through the same inbox.
        story.iter().rev().for_each(|event| shop.receive(*event));
        shop.settle(&story);
        // What comes again afterwards opens no contest anew.
        delivered.iter().for_each(|index| shop.receive(story[*index]));

        prop_assert_eq!(&shop.books, &in_order.books);
        prop_assert!(shop.waiting.is_empty());
        prop_assert!(shop.books.orders <= 1);
        prop_assert_eq!(shop.books.held, i64::from(shop.books.state.holds_stock()));
        prop_assert_eq!(shop.refunded(), in_order.refunded());
        // The last decision counts.
        for (id, row) in &shop.books.disputes {
            let last = story.iter().rev().find_map(|event| match event {
                Event::Dispute(of, fact) if of == id => Some(fact.status),
                _ => None,
            });
            prop_assert_eq!(Some(row.status), last);
        }
    }

    /// After a cut anywhere, repeating all of it changes nothing.
    #[test]
    fn a_second_delivery_of_everything_changes_nothing((story, _) in delivery()) {
        let mut shop = Shop::open();
        story.iter().for_each(|event| shop.receive(*event));
        shop.settle(&story);
        let books = shop.books.clone();
        story.iter().for_each(|event| shop.receive(*event));
        prop_assert_eq!(shop.books, books);
    }
}
