//! For whoever watches over the server.

use axum::extract::State;
use http::StatusCode;

use super::router::AppState;

/// `GET /livez`: the process answers.
pub async fn livez() -> &'static str {
    "ok"
}

/// `GET /readyz`: requests are welcome. 503 while the database does not answer, does not let us write or has
/// refused the last write, and once the server is stopping.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if *state.stopping.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping");
    }
    match state.shop.database.ready().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the database does not answer"
            );
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer",
            )
        }
    }
}
