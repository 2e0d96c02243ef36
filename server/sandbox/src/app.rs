//! The state shared by all requests and background tasks.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::account::AccountState;
use crate::clock::{Clock, system_ms};
use crate::delivery_attempts::{Attempts, Outcome};
use crate::delivery_queue::Deliveries;
use crate::endpoint::{DEFAULT_ENDPOINT, Endpoint, Webhook};
use crate::error::ApiError;
use crate::event::DeliveryState;
use crate::faults::Faults;
use crate::idempotency::KeysInUse;
use crate::store::{DeliveryKey, Store, Transaction};

/// The sandbox while it runs.
#[derive(Debug)]
pub(crate) struct App {
    store: Mutex<Store>,
    faults: Mutex<Faults>,
    account: Mutex<AccountState>,
    attempts: Mutex<Attempts>,
    pub(crate) clock: Clock,
    pub(crate) deliveries: Deliveries,
    pub(crate) keys_in_use: KeysInUse,
    /// The origin of the payment page, without a trailing slash.
    pub(crate) origin: String,
    settlement_delay_ms: i64,
}

impl App {
    pub(crate) fn new(
        store: Store,
        deliveries: Deliveries,
        origin: String,
        settlement_delay: Duration,
    ) -> App {
        App {
            store: Mutex::new(store),
            faults: Mutex::default(),
            account: Mutex::default(),
            attempts: Mutex::default(),
            clock: Clock::default(),
            deliveries,
            keys_in_use: KeysInUse::default(),
            origin,
            settlement_delay_ms: i64::try_from(settlement_delay.as_millis()).unwrap_or(i64::MAX),
        }
    }

    /// Locks the state. Never hold it across an await: the guard is not `Send`.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the state of the account.
    pub(crate) fn account(&self) -> MutexGuard<'_, AccountState> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the log of delivery attempts.
    pub(crate) fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state: writes the journal, applies the changes in memory, then queues their
    /// events.
    ///
    /// # Errors
    /// If the journal could not be written; nothing has changed then.
    pub(crate) fn transact<R>(
        &self,
        change: impl FnOnce(&mut Transaction<'_>) -> R,
    ) -> io::Result<R> {
        let mut store = self.store();
        let now_ms = self.clock.now_ms();
        let mut tx = Transaction::begin(&mut store, &self.origin, now_ms, self.settlement_delay_ms);
        let result = change(&mut tx);
        tx.inject_event_faults(&mut self.faults());
        // Queued under the lock, so that the queue is in the order of the events.
        for key in tx.commit()? {
            self.deliveries.enqueue(key);
        }
        Ok(result)
    }

    /// Like [`App::transact`], for a change that may be rejected. What it saved before that is
    /// written.
    ///
    /// # Errors
    /// The rejection, or 500 if the journal could not be written.
    pub(crate) fn change<R>(
        &self,
        change: impl FnOnce(&mut Transaction<'_>) -> Result<R, ApiError>,
    ) -> Result<R, ApiError> {
        self.transact(change)
            .unwrap_or_else(|error| Err(ApiError::state_file(&error)))
    }

    /// Sets the default endpoint, and resumes its pending deliveries when it is set for the first
    /// time.
    pub(crate) fn set_webhook(&self, webhook: Webhook) {
        let endpoint = Endpoint::default_endpoint(webhook, self.clock.now());
        let known = self.store().endpoints.get(DEFAULT_ENDPOINT).is_some();
        if let Err(error) = self.transact(|tx| tx.save_endpoint(endpoint)) {
            tracing::error!(%error, "could not write the sandbox's state file");
        }
        if !known {
            self.enqueue_pending(|key| key.endpoint == DEFAULT_ENDPOINT);
        }
    }

    /// Resumes the deliveries that were pending when the sandbox stopped, except those to the
    /// default endpoint.
    pub(crate) fn resume_deliveries(&self) {
        self.enqueue_pending(|key| key.endpoint != DEFAULT_ENDPOINT);
    }

    fn enqueue_pending(&self, which: impl Fn(&DeliveryKey) -> bool) {
        let pending = self.store().pending_deliveries();
        for key in pending.into_iter().filter(which) {
            self.deliveries.enqueue(key);
        }
    }

    /// The state of a delivery and the number of its attempts.
    pub(crate) fn delivery_progress(&self, key: &DeliveryKey) -> Option<(DeliveryState, usize)> {
        let store = self.store();
        let delivery = store.events.get(&key.event)?.delivery(&key.endpoint)?;
        Some((delivery.state, delivery.attempts))
    }

    /// Logs a delivery attempt for the switchboard.
    pub(crate) fn record_attempt(&self, key: &DeliveryKey, url: Option<&str>, outcome: Outcome) {
        let event = &key.event;
        let kind = self
            .store()
            .events
            .get(event)
            .map_or("", |event| event.kind.name());
        self.attempts()
            .record(event, kind, system_ms(), url, outcome);
    }

    /// Stores the new state of a delivery.
    pub(crate) fn record_delivery(&self, key: &DeliveryKey, state: DeliveryState, attempts: usize) {
        if let Err(error) = self.store().record_delivery(key, state, attempts) {
            tracing::error!(event = key.event, %error, "could not write the sandbox's state file");
        }
    }
}
