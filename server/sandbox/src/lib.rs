//! A local Stripe for a shop's demo and tests: Checkout Sessions, a hosted payment page, events
//! and signed webhooks.
//!
//! ```no_run
//! # async fn demo() -> Result<(), stripe_sandbox::StartError> {
//! use stripe_sandbox::{Options, Sandbox, WEBHOOK_SECRET};
//!
//! let sandbox = Sandbox::start(Options::default()).await?;
//! sandbox.set_webhook("http://127.0.0.1:3000/webhooks/stripe", WEBHOOK_SECRET);
//! println!("Stripe's API is at {}, the key is {}", sandbox.url(), stripe_sandbox::API_KEY);
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! It listens on loopback only, refuses live keys, and accepts only test cards. It implements what
//! a shop on Checkout uses, and rejects the rest as Stripe would.
//!
//! | path | file |
//! |---|---|
//! | `/v1/…` | `api.rs` lists every endpoint; each group is a file below `api/` |
//! | `/c/pay/{session}` | `page.rs` |
//! | `/v2/…` | event destinations, also in `api.rs` |
//! | `/_sandbox`, `/_sandbox/…` | `switchboard.rs` |
//!
//! The files use each other in one direction: each layer only those before it in this list.
//!
//! 1. Values: `money.rs`, `metadata.rs`, `address.rs` with `countries.rs`, `totals.rs` and `tax.rs`
//!    (what a session costs), `presentment.rs` (Adaptive Pricing), `overrides.rs` (values that
//!    refunds and disputes report instead of the recorded ones), `test_cards.rs`, `form.rs`
//!    (parameters), `error.rs`, `ids.rs`, `clock.rs`, and `faults.rs`, the injected faults.
//! 2. What is stored: `objects.rs`, `event.rs`, `endpoint.rs` (webhook endpoints) and
//!    `idempotency.rs`.
//! 3. The state: in memory (`store.rs`) and, when a file is configured, in an append-only journal
//!    (`journal.rs`) that is replayed at the next start; the objects of events are read from that
//!    file when needed.
//! 4. Operations on the store: `session.rs` has the lifecycle of a session; `payment.rs`,
//!    `refund.rs`, `dispute.rs` and `balance.rs` what follows it; `coupon.rs` what can be redeemed;
//!    `ledger.rs` what was paid.
//! 5. The running sandbox: `account.rs` is the state of the account, `delivery_queue.rs` and
//!    `delivery_attempts.rs` are the deliveries to make and made, and `app.rs` holds the state that
//!    requests and tasks share. A request also has its `connection.rs`.
//! 6. `scheduler.rs` runs the steps that happen automatically, `delivery.rs` sends events to
//!    webhook endpoints, `api.rs` answers the API, `page.rs` is the payment page, `manual.rs` holds
//!    the actions of a tester, and `switchboard.rs` shows and controls all of it.
//! 7. `server.rs` has the routes and accepts connections; [`Sandbox`] starts and stops everything.

// Stripe's objects have many fields, and `json!` recurses once for each.
#![recursion_limit = "256"]

mod account;
mod address;
mod api;
mod app;
mod balance;
mod clock;
mod connection;
mod countries;
mod coupon;
mod delivery;
mod delivery_attempts;
mod delivery_queue;
mod dispute;
mod endpoint;
mod error;
mod event;
mod faults;
mod form;
mod idempotency;
mod ids;
mod journal;
mod ledger;
mod manual;
mod metadata;
mod money;
mod objects;
mod overrides;
mod page;
mod payment;
mod presentment;
mod refund;
mod scheduler;
mod server;
mod session;
mod store;
mod switchboard;
mod tax;
mod test_cards;
mod totals;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::delivery_queue::Deliveries;
pub use crate::endpoint::Webhook;
pub use crate::journal::JournalError;
use crate::objects::session::MethodType;
use crate::store::Store;

/// An API key that the sandbox accepts; any other `sk_test_…` or `rk_test_…` works as well.
pub const API_KEY: &str = "sk_test_sandbox";
/// The default signing secret of the shop's webhook endpoint.
pub const WEBHOOK_SECRET: &str = "whsec_sandbox";
/// The payment method types that sessions may offer.
pub const PAYMENT_METHOD_TYPES: [&str; 2] = [MethodType::Card.name(), MethodType::SepaDebit.name()];

/// Options for [`Sandbox::start`].
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen on. Loopback only; port 0 picks a free port.
    pub addr: SocketAddr,
    /// The default webhook endpoint. Without one, events are stored but not sent.
    pub webhook: Option<Webhook>,
    /// The journal file; created if missing. `None` keeps everything in memory.
    pub state: Option<PathBuf>,
    /// The origin of the payment page in a session's `url`; `http://{addr}` if `None`.
    pub public_url: Option<String>,
    /// How long banks take, by the sandbox's clock: until a delayed payment method (SEPA Direct
    /// Debit) succeeds or fails, until a pending refund succeeds or fails, and until a test card
    /// opens a dispute.
    pub async_payment_delay: Duration,
}

impl Default for Options {
    /// A free port on 127.0.0.1, no webhook endpoint, state in memory, a delay of three seconds for
    /// banks.
    fn default() -> Options {
        Options {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            webhook: None,
            state: None,
            public_url: None,
            async_payment_delay: Duration::from_secs(3),
        }
    }
}

/// Why a sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address can be reached from other machines.
    #[error("the sandbox listens on loopback addresses only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The address is in use, or is not an address of this machine.
    #[error("the sandbox could not listen on {addr}")]
    Listen {
        /// The requested address.
        addr: SocketAddr,
        /// The system's error.
        source: std::io::Error,
    },
    /// The state file could not be opened or read.
    #[error(transparent)]
    State(#[from] JournalError),
}

/// A running sandbox. Dropping it stops it at once; [`Sandbox::stop`] finishes running requests
/// first.
#[derive(Debug)]
pub struct Sandbox {
    addr: SocketAddr,
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    background: AbortOnDrop,
}

/// Background tasks that can be aborted at any time: changes are written before they become
/// visible.
#[derive(Debug)]
struct AbortOnDrop([JoinHandle<()>; 2]);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Reads the file on a blocking thread: it may be long, or still locked by a process that is
/// exiting.
async fn open_state(path: PathBuf) -> Result<Store, StartError> {
    let shown = path.clone();
    match tokio::task::spawn_blocking(move || Store::open(&path)).await {
        Ok(store) => Ok(store?),
        Err(error) => Err(JournalError::File {
            path: shown,
            source: std::io::Error::other(error),
        }
        .into()),
    }
}

impl Sandbox {
    /// Reads the state, listens, and resumes pending deliveries.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(options: Options) -> Result<Sandbox, StartError> {
        let Options {
            addr,
            webhook,
            state,
            public_url,
            async_payment_delay,
        } = options;
        if !addr.ip().is_loopback() {
            return Err(StartError::NotLoopback(addr));
        }
        let listen = |source| StartError::Listen { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;
        let store = match state {
            Some(path) => open_state(path).await?,
            None => Store::in_memory(),
        };
        let client = delivery::webhook_client();
        let (deliveries, work) = Deliveries::new();
        let origin = public_url.map_or_else(
            || format!("http://{addr}"),
            |url| url.trim_end_matches('/').to_owned(),
        );
        let app = Arc::new(App::new(store, deliveries, origin, async_payment_delay));
        if let Some(webhook) = webhook {
            app.set_webhook(webhook);
        }
        app.resume_deliveries();
        let background = AbortOnDrop([
            tokio::spawn(delivery::run(app.clone(), client, work)),
            tokio::spawn(scheduler::run(app.clone())),
        ]);
        let (stop, stopped) = oneshot::channel();
        // An error means that the handle was dropped, which also stops the server.
        let stopped = async { stopped.await.unwrap_or(()) };
        let server = tokio::spawn(server::serve(
            listener,
            server::router(app.clone()),
            stopped,
        ));
        tracing::info!(
            %addr,
            "the Stripe sandbox is listening on {addr}; no real payment is taken"
        );
        Ok(Sandbox {
            addr,
            app,
            stop,
            server,
            background,
        })
    }

    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The API's base URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Sets the default webhook endpoint. Earlier events are sent only if they were already pending
    /// for it.
    pub fn set_webhook(&self, url: impl Into<String>, secret: impl Into<String>) {
        self.app.set_webhook(Webhook {
            url: url.into(),
            secret: secret.into(),
        });
    }

    /// Stops accepting connections and waits for running requests. Pending
    /// deliveries resume at the next start with the same state file; every acknowledged change is
    /// already written to it.
    pub async fn stop(self) {
        let Sandbox {
            stop,
            server,
            mut background,
            ..
        } = self;
        let _ = stop.send(());
        if let Err(error) = server.await {
            tracing::error!(%error, "the sandbox's server task failed");
        }
        for task in &mut background.0 {
            task.abort();
            // The state file is released when the tasks have ended.
            let _ = task.await;
        }
    }
}
