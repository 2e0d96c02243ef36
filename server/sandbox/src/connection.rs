//! A handle on the connection of a request, for faults that cut it.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::Notify;

/// The connection on which a request arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connection(Arc<Notify>);

impl Connection {
    /// Closes the connection without a response. Never returns: the request is dropped with the
    /// connection.
    pub(crate) async fn cut(&self) -> Infallible {
        self.0.notify_one();
        std::future::pending().await
    }

    /// Completes when [`Connection::cut`] was called.
    pub(crate) async fn cut_requested(&self) {
        self.0.notified().await;
    }
}
