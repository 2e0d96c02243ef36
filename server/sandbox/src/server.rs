//! The running server: its shared state, its routes and its accept loop.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{any, get};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::Webhook;
use crate::account::AccountState;
use crate::clock::{Clock, system_ms};
use crate::delivery::attempts::{Attempts, Outcome};
use crate::delivery::{Deliveries, Letter, Unsendable};
use crate::endpoint::{DEFAULT_ENDPOINT, Endpoint, EndpointStatus};
use crate::error::ApiError;
use crate::event::DeliveryState;
use crate::faults::Faults;
use crate::idempotency::KeysInUse;
use crate::store::{Errand, Store, Transaction};
use crate::{api, page, switchboard};

/// A connection that has not sent its headers by then is closed.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a stopping server waits for the answers that are under way.
const DRAIN_LIMIT: Duration = Duration::from_secs(3);

/// What every request and background task shares.
#[derive(Debug)]
pub(crate) struct App {
    store: Mutex<Store>,
    faults: Mutex<Faults>,
    account: Mutex<AccountState>,
    attempts: Mutex<Attempts>,
    pub(crate) clock: Clock,
    pub(crate) deliveries: Deliveries,
    pub(crate) keys_in_use: KeysInUse,
    /// Where the payment page is reached; no trailing slash.
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

    /// The state, for as long as it takes to read. Never kept across an await: the guard is not `Send`.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the account stands.
    pub(crate) fn account(&self) -> MutexGuard<'_, AccountState> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The attempts to deliver that are still known.
    pub(crate) fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state: the journal is written first, then what changed is seen, then its events go out.
    ///
    /// # Errors
    /// When the journal cannot be written; nothing has changed then.
    pub(crate) fn transact<R>(
        &self,
        change: impl FnOnce(&mut Transaction<'_>) -> R,
    ) -> io::Result<R> {
        let mut store = self.store();
        let now_ms = self.clock.now_ms();
        let mut tx = Transaction::begin(&mut store, &self.origin, now_ms, self.settlement_delay_ms);
        let result = change(&mut tx);
        tx.disturb_events(&mut self.faults());
        // Queued under the lock: the queue has the ledger's order.
        for errand in tx.commit()? {
            self.deliveries.enqueue(errand);
        }
        Ok(result)
    }

    /// The same for a change that may be refused: what it has recorded until then is written.
    ///
    /// # Errors
    /// The refusal, or 500 when the journal cannot be written.
    pub(crate) fn change<R>(
        &self,
        change: impl FnOnce(&mut Transaction<'_>) -> Result<R, ApiError>,
    ) -> Result<R, ApiError> {
        self.transact(change)
            .unwrap_or_else(|error| Err(ApiError::state_file(&error)))
    }

    /// Sends events to another place from now on; what waited for a place is delivered now.
    pub(crate) fn set_webhook(&self, webhook: Webhook) {
        let endpoint = Endpoint::started_with(webhook, self.clock.now());
        let known = self.store().endpoints.get(DEFAULT_ENDPOINT).is_some();
        if let Err(error) = self.transact(|tx| tx.save_endpoint(endpoint)) {
            tracing::error!(%error, "the sandbox's state file cannot be written");
        }
        if !known {
            self.take_up(|errand| errand.endpoint == DEFAULT_ENDPOINT);
        }
    }

    /// Takes up what was pending for the endpoints of the state file when the sandbox stopped.
    pub(crate) fn resume_deliveries(&self) {
        self.take_up(|errand| errand.endpoint != DEFAULT_ENDPOINT);
    }

    fn take_up(&self, which: impl Fn(&Errand) -> bool) {
        let pending = self.store().pending_deliveries();
        for errand in pending.into_iter().filter(which) {
            self.deliveries.enqueue(errand);
        }
    }

    /// Where an event goes and how it is signed.
    ///
    /// # Errors
    /// When its endpoint takes nothing at this moment.
    pub(crate) fn outgoing(&self, errand: &Errand) -> Result<Letter, Unsendable> {
        let store = self.store();
        let (Some(endpoint), Some(event)) = (
            store.endpoints.get(&errand.endpoint),
            store.events.get(&errand.event),
        ) else {
            return Err(Unsendable::EndpointUnknown);
        };
        if endpoint.status != EndpointStatus::Enabled {
            return Err(Unsendable::EndpointOff);
        }
        let (event, version, thin) = (event.clone(), endpoint.api_version.clone(), endpoint.thin);
        let (url, secrets) = (
            endpoint.url.clone(),
            endpoint.active_secrets(self.clock.now()),
        );
        // Rendered while others may use the store.
        drop(store);
        Ok(Letter {
            url,
            secrets,
            payload: match thin {
                true => event.thin_payload(),
                false => event.payload(version.as_deref()),
            },
        })
    }

    /// How far the delivery of an event has come: its state and the number of attempts.
    pub(crate) fn delivery_progress(&self, errand: &Errand) -> Option<(DeliveryState, usize)> {
        let store = self.store();
        let delivery = store
            .events
            .get(&errand.event)?
            .delivery(&errand.endpoint)?;
        Some((delivery.state, delivery.attempts))
    }

    /// Notes what came of an attempt, for the switchboard.
    pub(crate) fn note_attempt(&self, errand: &Errand, url: Option<&str>, outcome: Outcome) {
        let event = &errand.event;
        let kind = self
            .store()
            .events
            .get(event)
            .map_or("", |event| event.kind.name());
        self.attempts().note(event, kind, system_ms(), url, outcome);
    }

    /// Notes how an attempt to deliver ended.
    pub(crate) fn record_delivery(&self, errand: &Errand, state: DeliveryState, attempts: usize) {
        if let Err(error) = self.store().record_delivery(errand, state, attempts) {
            tracing::error!(event = errand.event, %error, "the sandbox's state file cannot be written");
        }
    }
}

/// Every path that is answered. The endpoints under `/v1/` are listed in [`api`].
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/c/pay/{session}", get(page::show).post(page::submit))
        .route(
            "/c/pay/{session}/authenticate",
            get(page::show_authentication).post(page::authenticate),
        )
        .route("/c/sandbox.css", get(page::stylesheet))
        .merge(switchboard::routes(&app))
        .route("/v1/{*path}", any(api::handle))
        .route("/v2/{*path}", any(api::handle))
        .fallback(api::unrecognized)
        .with_state(app)
}

/// The connection that a request came by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connection(Arc<Notify>);

impl Connection {
    /// Closes it without a byte of an answer. Never returns: the request is dropped with the connection.
    pub(crate) async fn cut(&self) -> Infallible {
        self.0.notify_one();
        std::future::pending().await
    }
}

/// Accepts connections until `stop` ends, then waits for the answers that are under way.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, _)) => accept(stream, &router, &graceful),
            Err(error) => {
                // Out of file descriptors, most likely: wait for some to come back.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_LIMIT, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::info!("some connections were still open when the sandbox stopped");
    }
}

fn accept(stream: TcpStream, router: &Router, graceful: &GracefulShutdown) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let connection = Connection::default();
    let (router, cut) = (router.clone(), connection.0.clone());
    let service =
        hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(connection.clone());
            let router = router.clone();
            async move {
                Ok::<Response, Infallible>(
                    router
                        .oneshot(request)
                        .await
                        .unwrap_or_else(|never| match never {}),
                )
            }
        });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let served = graceful.watch(served);
    tokio::spawn(async move {
        tokio::select! {
            ended = served => if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            },
            () = cut.notified() => {}
        }
    });
}
