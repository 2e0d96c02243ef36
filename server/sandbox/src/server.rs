//! The server: its routes and its accept loop.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{any, get};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::app::App;
use crate::connection::Connection;
use crate::{api, page, switchboard};

/// Connections that have not sent their headers by then are closed.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a stopping server waits for running requests.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// All routes. The API endpoints below `/v1/` and `/v2/` are listed in [`api`].
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/c/pay/{session}", get(page::show).post(page::submit))
        .route(
            "/c/pay/{session}/authenticate",
            get(page::show_authentication).post(page::authenticate),
        )
        .route("/c/invoice/{invoice}", get(page::invoice))
        .route("/c/invoice/{invoice}/pdf", get(page::invoice_pdf))
        .route("/c/sandbox.css", get(page::stylesheet))
        .merge(switchboard::routes(&app))
        .route("/v1/{*path}", any(api::handle))
        .route("/v2/{*path}", any(api::handle))
        .fallback(api::unrecognized)
        .with_state(app)
}

/// Accepts connections until `stop` completes, then waits for running requests.
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
                // Most likely out of file descriptors: wait until some are free again.
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::info!("some connections were still open when the sandbox stopped");
    }
}

fn accept(stream: TcpStream, router: &Router, graceful: &GracefulShutdown) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not set TCP_NODELAY");
    }
    let connection = Connection::default();
    let (router, watched) = (router.clone(), connection.clone());
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
            () = watched.cut_requested() => {}
        }
    });
}
