//! The accept loop. `axum::serve` gives hyper no timer, so that its header timeout never fires;
//! this one does.

use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};

use super::connections::{Connections, Slot};
use super::front::Front;
use super::stall::StallTimeout;
use crate::config::{Serving, Timeouts};

/// The largest head of a request, in bytes. hyper responds with 431 to a larger one.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// How long requests under way may take after the shutdown began.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(15);
/// The delay after a failed accept (mostly: too many open files), which would otherwise fill the
/// log.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(200);
/// The response to a rejected connection.
const TOO_MANY_CONNECTIONS: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 58\r\n\
    retry-after: 10\r\n\
    connection: close\r\n\r\n\
    Too many connections are open. Please try again in a while";

/// Serves until `stop` completes, then waits for requests under way.
pub async fn serve(
    listener: TcpListener,
    front: Front,
    serving: Serving,
    stop: impl Future<Output = ()>,
) {
    let front = Arc::new(front);
    let graceful = GracefulShutdown::new();
    let connections = Connections::new(&serving);
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let Some(slot) = connections.admit(peer.ip()) else {
            reject(stream);
            continue;
        };
        serve_connection(
            stream,
            peer,
            slot,
            Arc::clone(&front),
            serving.timeouts,
            &graceful,
        );
    }
    drop(listener);
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time and were aborted");
    }
}

/// Sends what fits into the socket's buffer without waiting, then closes the connection.
fn reject(stream: TcpStream) {
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(TOO_MANY_CONNECTIONS);
    }
}

fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    slot: Slot,
    front: Arc<Front>,
    timeouts: Timeouts,
    graceful: &GracefulShutdown,
) {
    // Small responses are sent at once instead of waiting for the client's acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not set TCP_NODELAY");
    }
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let front = Arc::clone(&front);
        async move { Ok::<_, Infallible>(front.answer(request).await) }
    });
    // HTTP/1 only: without TLS, clients do not use HTTP/2.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeouts.head)
        .max_header_size(MAX_HEAD_BYTES)
        .serve_connection(
            TokioIo::new(StallTimeout::new(stream, timeouts.stall)),
            service,
        );
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        let _slot = slot;
        if let Err(error) = connection.await {
            // Mostly clients that hang up, which is not a problem of the server.
            tracing::debug!(%error, "a connection ended early");
        }
    });
}
