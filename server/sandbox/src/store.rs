//! Everything the sandbox knows, and the one way to change it: a [`Transaction`].

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;

use serde_json::{Value, json};

use crate::coupon::{Coupon, PromotionCode};
use crate::dispute::Dispute;
use crate::endpoint::Endpoint;
use crate::event::{Delivery, DeliveryState, Event, EventRequest, EventType};
use crate::faults::Faults;
use crate::idempotency::{KeptAnswer, KeptAnswers};
use crate::ids;
use crate::journal::{Journal, Record};
use crate::payment::{Charge, PaymentIntent};
use crate::refund::Refund;
use crate::session::{CheckoutSession, Status};

/// A charge has its balance transaction, and a refund its bank's reference, this long after it was made.
const BOOKING_DELAY_MS: i64 = 2_500;

/// Objects in the order of their creation, found by id.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: Vec<T>,
    index: HashMap<String, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Table<T> {
        Table {
            rows: Vec::new(),
            index: HashMap::new(),
        }
    }
}

impl<T> Table<T> {
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.index.get(id).map(|row| &self.rows[*row])
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.index.get(id).map(|row| &mut self.rows[*row])
    }

    /// The oldest first.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// The rows before the one with this id, or all of them, the newest first; `None` when there is no such row.
    pub(crate) fn older_than(&self, id: Option<&str>) -> Option<impl Iterator<Item = &T>> {
        let end = match id {
            Some(id) => *self.index.get(id)?,
            None => self.rows.len(),
        };
        Some(self.rows[..end].iter().rev())
    }

    /// The rows after the one with this id, the oldest first; `None` when there is no such row.
    pub(crate) fn newer_than(&self, id: &str) -> Option<impl Iterator<Item = &T>> {
        let row = *self.index.get(id)?;
        Some(self.rows[row + 1..].iter())
    }

    /// Replaces the row with this id or adds it; the row's number.
    fn put(&mut self, id: &str, row: T) -> usize {
        if let Some(known) = self.index.get(id) {
            self.rows[*known] = row;
            return *known;
        }
        self.index.insert(id.to_owned(), self.rows.len());
        self.rows.push(row);
        self.rows.len() - 1
    }
}

/// Something that happens by itself when its time has come. Rows, not ids: there is one for each open session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    Expiry { session: usize },
    Settlement { payment_intent: usize },
    Refund { refund: usize },
    Booking { charge: usize },
    Dispute { charge: usize },
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Errand {
    pub(crate) event: String,
    pub(crate) endpoint: String,
}

/// The deliveries of an event that are pending.
fn errands(event: &Event) -> impl Iterator<Item = Errand> {
    let pending = event
        .deliveries
        .iter()
        .filter(|delivery| delivery.state == DeliveryState::Pending);
    pending.map(|delivery| Errand {
        event: event.id.clone(),
        endpoint: delivery.endpoint.clone(),
    })
}

/// The state in memory and the journal that outlives it.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) sessions: Table<CheckoutSession>,
    pub(crate) payment_intents: Table<PaymentIntent>,
    pub(crate) charges: Table<Charge>,
    pub(crate) refunds: Table<Refund>,
    pub(crate) disputes: Table<Dispute>,
    pub(crate) coupons: Table<Coupon>,
    pub(crate) promotion_codes: Table<PromotionCode>,
    pub(crate) events: Table<Event>,
    pub(crate) answers: KeptAnswers,
    pub(crate) endpoints: Table<Endpoint>,
    timetable: BinaryHeap<Reverse<(i64, Due)>>,
    journal: Journal,
}

impl Store {
    pub(crate) fn in_memory() -> Store {
        Store {
            sessions: Table::default(),
            payment_intents: Table::default(),
            charges: Table::default(),
            refunds: Table::default(),
            disputes: Table::default(),
            coupons: Table::default(),
            promotion_codes: Table::default(),
            events: Table::default(),
            answers: KeptAnswers::default(),
            endpoints: Table::default(),
            timetable: BinaryHeap::new(),
            journal: Journal::Memory,
        }
    }

    /// The state that the journal at `path` tells of.
    pub(crate) fn open(path: &std::path::Path) -> Result<Store, crate::JournalError> {
        let mut store = Store::in_memory();
        store.journal = Journal::open(path, |record| store.apply(record))?;
        Ok(store)
    }

    /// The deliveries that have not yet been accepted, the oldest event first.
    pub(crate) fn pending_deliveries(&self) -> Vec<Errand> {
        let mut pending = Vec::new();
        for event in self.events.iter() {
            pending.extend(errands(event));
        }
        pending
    }

    /// What is due by now, at most `limit` of them; each is handed out once.
    pub(crate) fn take_due(&mut self, now_ms: i64, limit: usize) -> Vec<Due> {
        let mut due = Vec::new();
        while due.len() < limit
            && let Some(Reverse((at_ms, what))) = self.timetable.peek()
            && *at_ms <= now_ms
        {
            due.push(*what);
            self.timetable.pop();
        }
        due
    }

    pub(crate) fn session_in_row(&self, row: usize) -> Option<&CheckoutSession> {
        self.sessions.rows.get(row)
    }

    pub(crate) fn payment_intent_in_row(&self, row: usize) -> Option<&PaymentIntent> {
        self.payment_intents.rows.get(row)
    }

    pub(crate) fn charge_in_row(&self, row: usize) -> Option<&Charge> {
        self.charges.rows.get(row)
    }

    pub(crate) fn refund_in_row(&self, row: usize) -> Option<&Refund> {
        self.refunds.rows.get(row)
    }

    /// Notes how an attempt to deliver ended.
    pub(crate) fn record_delivery(
        &mut self,
        errand: &Errand,
        state: DeliveryState,
        attempts: usize,
    ) -> io::Result<()> {
        let record = Record::Delivery {
            event: errand.event.clone(),
            endpoint: errand.endpoint.clone(),
            state,
            attempts,
        };
        self.write(vec![record])
    }

    fn write(&mut self, mut records: Vec<Record>) -> io::Result<()> {
        self.journal.append(&mut records)?;
        for record in records {
            self.apply(record);
        }
        Ok(())
    }

    fn apply(&mut self, record: Record) {
        match record {
            Record::Session(session) => {
                let (id, expires_at, open) = (
                    session.id.clone(),
                    session.expires_at,
                    session.status == Status::Open,
                );
                let known = self.sessions.get(&id).is_some();
                let row = self.sessions.put(&id, session);
                if open && !known {
                    self.timetable
                        .push(Reverse((expires_at * 1000, Due::Expiry { session: row })));
                }
            }
            Record::PaymentIntent(intent) => {
                let (id, settles) = (intent.id.clone(), intent.settles);
                let row = self.payment_intents.put(&id, intent);
                if let Some(settlement) = settles {
                    self.timetable.push(Reverse((
                        settlement.at_ms,
                        Due::Settlement {
                            payment_intent: row,
                        },
                    )));
                }
            }
            Record::Charge(charge) => {
                let id = charge.id.clone();
                let (books, disputes) = (charge.after.books_at_ms, charge.after.disputed_at_ms);
                let row = self.charges.put(&id, charge);
                let booking = books.map(|at_ms| (at_ms, Due::Booking { charge: row }));
                let dispute = disputes.map(|at_ms| (at_ms, Due::Dispute { charge: row }));
                self.timetable
                    .extend([booking, dispute].into_iter().flatten().map(Reverse));
            }
            Record::Dispute(dispute) => {
                let id = dispute.id.clone();
                self.disputes.put(&id, dispute);
            }
            Record::Refund(refund) => {
                let (id, awaits) = (refund.id.clone(), refund.awaits);
                let row = self.refunds.put(&id, refund);
                if let Some((at_ms, _)) = awaits {
                    self.timetable
                        .push(Reverse((at_ms, Due::Refund { refund: row })));
                }
            }
            Record::Endpoint(endpoint) => {
                let id = endpoint.id.clone();
                self.endpoints.put(&id, endpoint);
            }
            Record::Coupon(coupon) => {
                let id = coupon.id.clone();
                self.coupons.put(&id, coupon);
            }
            Record::PromotionCode(code) => {
                let id = code.id.clone();
                self.promotion_codes.put(&id, code);
            }
            Record::Event(event) => {
                let id = event.id.clone();
                self.events.put(&id, event);
            }
            Record::Delivery {
                event,
                endpoint,
                state,
                attempts,
            } => {
                let deliveries = self
                    .events
                    .get_mut(&event)
                    .map(|event| &mut event.deliveries);
                if let Some(delivery) = deliveries
                    .into_iter()
                    .flatten()
                    .find(|delivery| delivery.endpoint == endpoint)
                {
                    delivery.state = state;
                    delivery.attempts = attempts;
                }
            }
            Record::Answer(answer) => self.answers.keep(answer),
        }
    }
}

/// Changes that become visible together, after they were written to the journal as one line.
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    store: &'a mut Store,
    origin: &'a str,
    now_ms: i64,
    settlement_delay_ms: i64,
    records: Vec<Record>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn begin(
        store: &'a mut Store,
        origin: &'a str,
        now_ms: i64,
        settlement_delay_ms: i64,
    ) -> Transaction<'a> {
        Transaction {
            store,
            origin,
            now_ms,
            settlement_delay_ms,
            records: Vec::new(),
        }
    }

    /// The state before this transaction.
    pub(crate) fn store(&self) -> &Store {
        self.store
    }

    /// Where the payment page is reached.
    pub(crate) fn origin(&self) -> &'a str {
        self.origin
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.now_ms / 1000
    }

    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// When money that moves now is in the books.
    pub(crate) fn books_at_ms(&self) -> i64 {
        self.now_ms.saturating_add(BOOKING_DELAY_MS)
    }

    /// When the shopper's bank answers to what is done now.
    pub(crate) fn bank_answers_at_ms(&self) -> i64 {
        self.settles_at_ms()
    }

    /// When a delayed payment that begins now has its result.
    pub(crate) fn settles_at_ms(&self) -> i64 {
        self.now_ms.saturating_add(self.settlement_delay_ms)
    }

    /// The session's payment intent as this transaction leaves it.
    pub(crate) fn payment_intent_of(&self, session: &CheckoutSession) -> Option<&PaymentIntent> {
        let id = session.payment_intent.as_ref()?;
        let written = self.records.iter().rev().find_map(|record| match record {
            Record::PaymentIntent(intent) if intent.id == *id => Some(intent),
            _ => None,
        });
        written.or_else(|| self.store.payment_intents.get(id))
    }

    pub(crate) fn save_session(&mut self, session: CheckoutSession) {
        self.records.push(Record::Session(session));
    }

    pub(crate) fn save_payment_intent(&mut self, intent: PaymentIntent) {
        self.records.push(Record::PaymentIntent(intent));
    }

    pub(crate) fn save_charge(&mut self, charge: Charge) {
        self.records.push(Record::Charge(charge));
    }

    pub(crate) fn save_endpoint(&mut self, endpoint: Endpoint) {
        self.records.push(Record::Endpoint(endpoint));
    }

    pub(crate) fn save_dispute(&mut self, dispute: Dispute) {
        self.records.push(Record::Dispute(dispute));
    }

    pub(crate) fn save_refund(&mut self, refund: Refund) {
        self.records.push(Record::Refund(refund));
    }

    pub(crate) fn save_coupon(&mut self, coupon: Coupon) {
        self.records.push(Record::Coupon(coupon));
    }

    pub(crate) fn save_promotion_code(&mut self, code: PromotionCode) {
        self.records.push(Record::PromotionCode(code));
    }

    pub(crate) fn keep_answer(&mut self, answer: KeptAnswer) {
        self.records.push(Record::Answer(answer));
    }

    /// Notes an event that no API call caused; its id.
    pub(crate) fn emit(&mut self, kind: EventType, object: &Value) -> String {
        self.emit_by(kind, object, None)
    }

    /// Notes an event; its id.
    pub(crate) fn emit_by(
        &mut self,
        kind: EventType,
        object: &Value,
        request: Option<EventRequest>,
    ) -> String {
        let id = ids::object_id("evt");
        let endpoints = self.store.endpoints.iter();
        let deliveries = endpoints
            .filter(|endpoint| endpoint.takes(kind))
            .map(|endpoint| Delivery {
                endpoint: endpoint.id.clone(),
                state: DeliveryState::Pending,
                attempts: 0,
            })
            .collect();
        let created = self.now();
        // A Value prints without fail.
        let object = object.to_string().into();
        self.records.push(Record::Event(Event {
            id: id.clone(),
            created,
            kind,
            object,
            request,
            deliveries,
            api_version: None,
            extra_fields: false,
        }));
        id
    }

    /// Does to the events of this transaction what the plan of faults asks for.
    pub(crate) fn disturb_events(&mut self, faults: &mut Faults) {
        let mut unheard_of = 0;
        for record in &mut self.records {
            if let Record::Event(event) = record {
                let fault = faults.draw_event();
                event.api_version = fault.api_version;
                event.extra_fields = fault.extra_fields;
                unheard_of += usize::from(fault.unknown_follows);
            }
        }
        for _ in 0..unheard_of {
            let object = json!({ "id": ids::object_id("uho"), "object": "unheard_of" });
            self.emit(EventType::UnheardOf, &object);
        }
    }

    /// Writes the journal, then changes the state; what is to be delivered, in the events' order.
    pub(crate) fn commit(self) -> io::Result<Vec<Errand>> {
        if self.records.is_empty() {
            return Ok(Vec::new());
        }
        let mut errands_due = Vec::new();
        for record in &self.records {
            if let Record::Event(event) = record {
                errands_due.extend(errands(event));
            }
        }
        self.store.write(self.records)?;
        Ok(errands_due)
    }
}
