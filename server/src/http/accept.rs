//! The accept loop. `axum::serve` gives hyper no timer, so that its header timeout never fires; this one does.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use super::connections::{Connections, Slot};
use super::stall::StallTimeout;
use crate::config::{Serving, Timeouts};

/// The largest head of a request, in bytes. hyper itself answers 431 to a larger one.
const MAX_HEAD: usize = 16 * 1024;
/// After the shop was told to stop, requests under way have this long.
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// After a failed accept (mostly: too many open files) the loop rests, instead of filling the log.
const REST: Duration = Duration::from_millis(200);
/// What a connection too many is answered, as far as it goes out at once.
const TURNED_AWAY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 58\r\n\
    retry-after: 10\r\n\
    connection: close\r\n\r\n\
    Too many connections are open. Please try again in a while";

/// Serves until `stop` is done, then waits for the requests under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    serving: Serving,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let connections = Connections::new(&serving);
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(REST).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let Some(slot) = connections.admit(peer.ip()) else {
            turn_away(stream);
            continue;
        };
        connect(
            stream,
            peer,
            slot,
            router.clone(),
            serving.timeouts,
            &graceful,
        );
    }
    drop(listener);
    if tokio::time::timeout(STOP_WITHIN, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time and are cut off");
    }
}

/// Answers as far as the answer goes out at once: whoever does not get it sees a closed connection.
fn turn_away(stream: TcpStream) {
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(TURNED_AWAY);
    }
}

fn connect(
    stream: TcpStream,
    peer: SocketAddr,
    slot: Slot,
    router: Router,
    timeouts: Timeouts,
    graceful: &GracefulShutdown,
) {
    // Small answers go out at once instead of waiting for the client's acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    // HTTP/1 only: without TLS nobody asks for HTTP/2.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeouts.head)
        .max_header_size(MAX_HEAD)
        .serve_connection(
            TokioIo::new(StallTimeout::new(stream, timeouts.stall)),
            service,
        );
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        let _slot = slot;
        if let Err(error) = connection.await {
            // Clients hang up; that is no trouble of ours.
            tracing::debug!(%error, "a connection ended early");
        }
    });
}
