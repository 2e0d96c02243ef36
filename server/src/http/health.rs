//! For whoever watches over the server.

use std::borrow::Cow;

use axum::extract::State;
use http::StatusCode;
use sea_orm::DbErr;

use shop::clock::written;
use shop::database::Database;
use shop::reconcile;

use super::router::AppState;

/// `GET /livez`: the process answers.
pub async fn livez() -> &'static str {
    "ok"
}

/// `GET /readyz`: requests are welcome. 503 while the database does not answer, does not let us write or has
/// refused the last write, and once the server is stopping.
/// A warning in the answer is for the owner: the shop can do its work all the same.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, Cow<'static, str>) {
    if *state.stopping.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping".into());
    }
    match look(&state.shop.database).await {
        Ok(silence) => {
            let mut answer = Cow::Borrowed("ok");
            for warning in silence.into_iter().chain(state.clients.warning()) {
                answer.to_mut().push_str("\nwarning: ");
                answer.to_mut().push_str(&warning);
            }
            (StatusCode::OK, answer)
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the database does not answer"
            );
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer".into(),
            )
        }
    }
}

/// Whether the database answers, and what the owner should know.
async fn look(database: &Database) -> Result<Option<String>, DbErr> {
    database.ready().await?;
    let silence = reconcile::silence(database).await?;
    Ok(silence.map(|silence| {
        format!(
            "payments had to be read from Stripe, because no webhook has arrived since {}; the log says what to check",
            written(silence.since)
        )
    }))
}
