//! The sandbox's state, and the only way to change it: a [`Transaction`].

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;

use serde_json::{Value, json};

use crate::endpoint::Endpoint;
use crate::event::{Delivery, DeliveryState, Event, EventRequest, EventType};
use crate::faults::Faults;
use crate::idempotency::{SavedResponse, SavedResponses};
use crate::ids;
use crate::journal::{Journal, JournalError, Record};
use crate::objects::coupon::{Coupon, PromotionCode};
use crate::objects::dispute::Dispute;
use crate::objects::payment::{Charge, PaymentIntent};
use crate::objects::refund::Refund;
use crate::objects::session::{CheckoutSession, Status};

/// How long after its creation a charge gets its balance transaction, and a refund its bank's
/// reference.
const BALANCE_TRANSACTION_DELAY_MS: i64 = 2_500;

/// Objects in the order of their creation, indexed by id.
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

    /// Iterates over all rows, oldest first.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// The rows before the one with this id, or all rows, newest first; `None` if there is no such
    /// row.
    pub(crate) fn older_than(&self, id: Option<&str>) -> Option<impl Iterator<Item = &T>> {
        let end = match id {
            Some(id) => *self.index.get(id)?,
            None => self.rows.len(),
        };
        Some(self.rows[..end].iter().rev())
    }

    /// The rows after the one with this id, oldest first; `None` if there is no such row.
    pub(crate) fn newer_than(&self, id: &str) -> Option<impl Iterator<Item = &T>> {
        let row = *self.index.get(id)?;
        Some(self.rows[row + 1..].iter())
    }

    /// Inserts or replaces the row with this id; returns the row number.
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

/// A step that the scheduler runs when it is due. Holds row numbers instead of ids to save memory:
/// there is one for each open session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ScheduledAction {
    Expiry { session: usize },
    Settlement { payment_intent: usize },
    RefundResponse { refund: usize },
    BalanceTransaction { charge: usize },
    OpenDispute { charge: usize },
}

/// Identifies one delivery: an event and a webhook endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeliveryKey {
    pub(crate) event: String,
    pub(crate) endpoint: String,
}

/// The pending deliveries of an event.
fn pending_deliveries_of(event: &Event) -> impl Iterator<Item = DeliveryKey> {
    let pending = event
        .deliveries
        .iter()
        .filter(|delivery| delivery.state == DeliveryState::Pending);
    pending.map(|delivery| DeliveryKey {
        event: event.id.clone(),
        endpoint: delivery.endpoint.clone(),
    })
}

/// The state in memory, and the journal that persists it.
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
    pub(crate) saved_responses: SavedResponses,
    pub(crate) endpoints: Table<Endpoint>,
    schedule: BinaryHeap<Reverse<(i64, ScheduledAction)>>,
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
            saved_responses: SavedResponses::default(),
            endpoints: Table::default(),
            schedule: BinaryHeap::new(),
            journal: Journal::Memory,
        }
    }

    /// Opens the journal at `path` and replays it.
    pub(crate) fn open(path: &std::path::Path) -> Result<Store, JournalError> {
        let mut store = Store::in_memory();
        store.journal = Journal::open(path, |record| store.apply(record))?;
        Ok(store)
    }

    /// All pending deliveries, oldest event first.
    pub(crate) fn pending_deliveries(&self) -> Vec<DeliveryKey> {
        let mut pending = Vec::new();
        for event in self.events.iter() {
            pending.extend(pending_deliveries_of(event));
        }
        pending
    }

    /// Removes and returns at most `limit` actions that are due.
    pub(crate) fn take_due(&mut self, now_ms: i64, limit: usize) -> Vec<ScheduledAction> {
        let mut due = Vec::new();
        while due.len() < limit
            && let Some(Reverse((at_ms, what))) = self.schedule.peek()
            && *at_ms <= now_ms
        {
            due.push(*what);
            self.schedule.pop();
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

    /// Stores the new state of a delivery.
    pub(crate) fn record_delivery(
        &mut self,
        key: &DeliveryKey,
        state: DeliveryState,
        attempts: usize,
    ) -> io::Result<()> {
        let record = Record::Delivery {
            event: key.event.clone(),
            endpoint: key.endpoint.clone(),
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
                    self.schedule.push(Reverse((
                        expires_at * 1000,
                        ScheduledAction::Expiry { session: row },
                    )));
                }
            }
            Record::PaymentIntent(intent) => {
                let (id, settlement) = (intent.id.clone(), intent.settlement);
                let row = self.payment_intents.put(&id, intent);
                if let Some(settlement) = settlement {
                    self.schedule.push(Reverse((
                        settlement.at_ms,
                        ScheduledAction::Settlement {
                            payment_intent: row,
                        },
                    )));
                }
            }
            Record::Charge(charge) => {
                let id = charge.id.clone();
                let (balance_transaction_at, disputed_at) = (
                    charge.follow_ups.balance_transaction_at_ms,
                    charge.follow_ups.disputed_at_ms,
                );
                let row = self.charges.put(&id, charge);
                let balance_transaction = balance_transaction_at
                    .map(|at_ms| (at_ms, ScheduledAction::BalanceTransaction { charge: row }));
                let dispute =
                    disputed_at.map(|at_ms| (at_ms, ScheduledAction::OpenDispute { charge: row }));
                self.schedule.extend(
                    [balance_transaction, dispute]
                        .into_iter()
                        .flatten()
                        .map(Reverse),
                );
            }
            Record::Dispute(dispute) => {
                let id = dispute.id.clone();
                self.disputes.put(&id, dispute);
            }
            Record::Refund(refund) => {
                let (id, bank_response) = (refund.id.clone(), refund.bank_response);
                let row = self.refunds.put(&id, refund);
                if let Some((at_ms, _)) = bank_response {
                    self.schedule.push(Reverse((
                        at_ms,
                        ScheduledAction::RefundResponse { refund: row },
                    )));
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
            Record::Answer(answer) => self.saved_responses.insert(answer),
        }
    }
}

/// Changes that become visible together, after they are written to the journal as one line.
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

    /// The origin of the payment page.
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

    /// When a charge made now gets its balance transaction, or a refund its bank's reference.
    pub(crate) fn balance_transaction_at_ms(&self) -> i64 {
        self.now_ms.saturating_add(BALANCE_TRANSACTION_DELAY_MS)
    }

    /// When the shopper's bank responds to a refund, or disputes a payment, made now.
    pub(crate) fn bank_responds_at_ms(&self) -> i64 {
        self.settles_at_ms()
    }

    /// When a delayed payment that begins now succeeds or fails.
    pub(crate) fn settles_at_ms(&self) -> i64 {
        self.now_ms.saturating_add(self.settlement_delay_ms)
    }

    /// The session's payment intent, including changes made in this transaction.
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

    pub(crate) fn save_response(&mut self, answer: SavedResponse) {
        self.records.push(Record::Answer(answer));
    }

    /// Adds an event that no API request caused; returns its id.
    pub(crate) fn emit(&mut self, kind: EventType, object: &Value) -> String {
        self.emit_by(kind, object, None)
    }

    /// Adds an event; returns its id.
    pub(crate) fn emit_by(
        &mut self,
        kind: EventType,
        object: &Value,
        request: Option<EventRequest>,
    ) -> String {
        let id = ids::object_id("evt");
        let endpoints = self.store.endpoints.iter();
        let deliveries = endpoints
            .filter(|endpoint| endpoint.receives(kind))
            .map(|endpoint| Delivery {
                endpoint: endpoint.id.clone(),
                state: DeliveryState::Pending,
                attempts: 0,
            })
            .collect();
        let created = self.now();
        // Printing a Value cannot fail.
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

    /// Applies the fault plan to the events of this transaction.
    pub(crate) fn inject_event_faults(&mut self, faults: &mut Faults) {
        let mut unknown_events = 0;
        for record in &mut self.records {
            if let Record::Event(event) = record {
                let fault = faults.draw_event();
                event.api_version = fault.api_version;
                event.extra_fields = fault.extra_fields;
                unknown_events += usize::from(fault.unknown_follows);
            }
        }
        for _ in 0..unknown_events {
            let object = json!({ "id": ids::object_id("uho"), "object": "unheard_of" });
            self.emit(EventType::Unknown, &object);
        }
    }

    /// Writes the journal, then applies the changes. Returns the deliveries to make, in the order
    /// of the events.
    pub(crate) fn commit(self) -> io::Result<Vec<DeliveryKey>> {
        if self.records.is_empty() {
            return Ok(Vec::new());
        }
        let mut due = Vec::new();
        for record in &self.records {
            if let Record::Event(event) = record {
                due.extend(pending_deliveries_of(event));
            }
        }
        self.store.write(self.records)?;
        Ok(due)
    }
}
