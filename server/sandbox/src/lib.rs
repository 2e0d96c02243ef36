//! A local Stripe for a shop's demo and tests: Checkout Sessions, a hosted payment page, events and signed webhooks.
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
//! It listens on loopback only, refuses live keys, and takes no card but the test cards. It knows what a shop on
//! Checkout uses, and refuses the rest as Stripe would.
//!
//! | path | file |
//! |---|---|
//! | `/v1/…` | `api.rs` lists every endpoint; each group is a file below `api/` |
//! | `/c/pay/{session}` | `page.rs` |
//! | `/v2/…` | event destinations, `api.rs` too |
//! | `/_sandbox`, `/_sandbox/…` | `switchboard.rs` |
//!
//! A session's life is in `session.rs`, what it costs in `totals.rs` and `tax.rs`; what follows a payment in `refund.rs`,
//! `dispute.rs` and `balance.rs`, and when it happens by itself in `timetable.rs`. Events are in `event.rs`, where they go in
//! `endpoint.rs`, their delivery in `delivery.rs`. What may be told otherwise than it is booked is in `told.rs`, what is done by
//! hand in `by_hand.rs`, faults in `faults.rs`, how the account stands in `account.rs`, Adaptive Pricing in `presentment.rs`. The state is in memory (`store.rs`) and, when a file is given, in an
//! append-only journal (`journal.rs`) that is read again at the next start; the objects of events are left there.

// Stripe's objects have many fields, and `json!` goes one deeper with each.
#![recursion_limit = "256"]

mod account;
mod address;
mod api;
mod balance;
mod by_hand;
mod clock;
mod countries;
mod coupon;
mod delivery;
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
mod money;
mod page;
mod payment;
mod presentment;
mod refund;
mod server;
mod session;
mod store;
mod switchboard;
mod tax;
mod test_cards;
mod timetable;
mod told;
mod totals;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::delivery::Deliveries;
pub use crate::journal::JournalError;
use crate::server::App;
use crate::store::Store;

/// A key that the sandbox accepts; every other `sk_test_…` and `rk_test_…` does as well.
pub const API_KEY: &str = "sk_test_sandbox";
/// The usual secret of the shop's webhook endpoint.
pub const WEBHOOK_SECRET: &str = "whsec_sandbox";
/// The ways to pay that sessions may offer, by Stripe's names.
pub const PAYMENT_METHOD_TYPES: [&str; 2] = [
    session::MethodType::Card.name(),
    session::MethodType::SepaDebit.name(),
];

/// Where events are sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The endpoint's address.
    pub url: String,
    /// The whole secret, `whsec_…`.
    pub secret: String,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// How a sandbox is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Loopback only; port 0 takes a free one.
    pub addr: SocketAddr,
    /// Without one, events are stored and not sent.
    pub webhook: Option<Webhook>,
    /// The journal file; created when missing. `None` keeps everything in memory.
    pub state: Option<PathBuf>,
    /// The origin of the payment page in a session's `url`; `http://{addr}` when `None`.
    pub public_url: Option<String>,
    /// How long banks take: for a delayed method (SEPA Direct Debit) to succeed or fail, for a late or failing refund, and
    /// for the dispute of a test card. By the sandbox's clock.
    pub async_payment_delay: Duration,
}

impl Default for Options {
    /// A free port on 127.0.0.1, no webhook, in memory, delayed payments after three seconds.
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

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address could be reached from elsewhere.
    #[error("the sandbox takes no real payment and listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The address is taken, or not this machine's.
    #[error("the sandbox cannot listen on {addr}")]
    Listen {
        /// The address that was asked for.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The state file cannot be used.
    #[error(transparent)]
    State(#[from] JournalError),
    /// The client for webhooks cannot be made.
    #[error("the sandbox cannot make its HTTP client: {0}")]
    HttpClient(#[from] reqwest::Error),
}

/// A running sandbox. Dropping it stops it at once; [`Sandbox::stop`] lets answers under way end first.
#[derive(Debug)]
pub struct Sandbox {
    addr: SocketAddr,
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    background: AbortOnDrop,
}

/// Tasks that have nothing to finish: what they change is written before it is seen.
#[derive(Debug)]
struct AbortOnDrop([JoinHandle<()>; 2]);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Reads the file on a thread of its own: it may be long, or held for a moment by the process that ends.
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
    /// Reads the state, listens, and takes up the deliveries that were pending.
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
        let client = delivery::webhook_client()?;
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
            tokio::spawn(timetable::run(app.clone())),
        ]);
        let (stop, stopped) = oneshot::channel();
        // An error means that the handle was dropped: that stops the server as well.
        let stopped = async { stopped.await.unwrap_or(()) };
        let server = tokio::spawn(server::serve(
            listener,
            server::router(app.clone()),
            stopped,
        ));
        tracing::info!(%addr, "the Stripe sandbox listens on {addr}; no real payment is taken");
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

    /// The API's base, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Sends events to this endpoint from now on. Events from before are sent only if they were already waiting for one.
    pub fn set_webhook(&self, url: impl Into<String>, secret: impl Into<String>) {
        self.app.set_webhook(Webhook {
            url: url.into(),
            secret: secret.into(),
        });
    }

    /// Accepts nothing more and waits for the answers under way. What was answered is written; what is not yet
    /// delivered is delivered after the next start with the same state file.
    pub async fn stop(self) {
        let Sandbox {
            stop,
            server,
            mut background,
            ..
        } = self;
        let _ = stop.send(());
        if let Err(error) = server.await {
            tracing::error!(%error, "the sandbox's server ended badly");
        }
        for task in &mut background.0 {
            task.abort();
            // They let go of the state file when they have ended.
            let _ = task.await;
        }
    }
}
