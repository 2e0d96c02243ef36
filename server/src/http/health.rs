//! Liveness and readiness, for monitoring.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Extension;
use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use sea_orm::DbErr;
use shop::Shop;
use shop::clock::rfc3339;
use shop::database::Database;
use shop::{notice, reconcile};
use tokio::sync::{Mutex, watch};

use super::client::Clients;
use crate::jobs::AllJobRuns;

/// The timeout of one check; longer than that of [`Database::ready`].
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// The path of [`livez`].
pub const LIVEZ_PATH: &str = "/livez";
/// The path of [`readyz`].
pub const READYZ_PATH: &str = "/readyz";

/// A response extension: the check has found no fault.
#[derive(Clone, Copy, Debug)]
pub struct Healthy;

/// Whether a request only asks whether the process is running.
pub fn is_liveness_check(request: &Request) -> bool {
    request.uri().path() == LIVEZ_PATH
        && *request.method() == Method::GET
        && request.body().is_end_stream()
}

/// `GET /livez`: the process is running.
pub async fn livez() -> &'static str {
    "ok"
}

/// `GET /readyz`: 200 if the server can handle requests. 503 while the database does not answer,
/// accepts no writes or has refused the last one, and while the server is stopping. A shop whose
/// writers are busy is ready.
///
/// Each further line of the response is a warning for the owner; the shop works nevertheless.
pub async fn readyz(
    State(shop): State<Shop>,
    State(clients): State<Clients>,
    State(readiness): State<Readiness>,
    State(stopping): State<watch::Receiver<bool>>,
) -> Response {
    if *stopping.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping").into_response();
    }
    match readiness.verdict().await {
        Verdict::Ready(warnings) => {
            let warnings = warnings
                .into_iter()
                .chain(shop.stripe.clock_warning())
                .chain(clients.warning());
            let mut body = Cow::Borrowed("ok");
            for warning in warnings {
                body.to_mut().push_str("\nwarning: ");
                body.to_mut().push_str(&warning);
            }
            (Extension(Healthy), body).into_response()
        }
        Verdict::Unready => {
            let message = "the database does not answer";
            (StatusCode::SERVICE_UNAVAILABLE, message).into_response()
        }
    }
}

/// Checks whether the server can handle requests; cheap to clone.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    runs: AllJobRuns,
    /// How many checks have started.
    started: AtomicU64,
    /// The number and verdict of the last check. Locked during a check.
    last: Mutex<(u64, Verdict)>,
}

/// The result of a check.
#[derive(Clone, Debug)]
enum Verdict {
    /// The server can handle requests; with warnings for the owner.
    Ready(Vec<String>),
    /// The database does not answer.
    Unready,
}

impl Readiness {
    /// Checks this database and these jobs.
    #[must_use]
    pub fn new(database: Database, runs: AllJobRuns) -> Self {
        Self(Arc::new(Inner {
            database,
            runs,
            started: AtomicU64::new(0),
            last: Mutex::new((0, Verdict::Unready)),
        }))
    }

    /// Returns the verdict of a check that starts after this call. Only one check runs at a time,
    /// and all requests that waited for it share the verdict of the next: the database sees one
    /// connection, and no request waits for more than two checks.
    async fn verdict(&self) -> Verdict {
        let inner = &*self.0;
        let before = inner.started.load(Ordering::SeqCst);
        let mut last = inner.last.lock().await;
        // A check that started before this request may have missed a recent change.
        if last.0 <= before {
            let number = inner.started.fetch_add(1, Ordering::SeqCst) + 1;
            *last = (number, inner.check().await);
        }
        last.1.clone()
    }
}

impl Inner {
    async fn check(&self) -> Verdict {
        let warnings = tokio::time::timeout(CHECK_TIMEOUT, self.warnings()).await;
        let warnings = warnings.unwrap_or_else(|_| Err(DbErr::Custom("timed out".to_owned())));
        match warnings {
            Ok(warnings) => Verdict::Ready(warnings),
            Err(error) => {
                tracing::error!(
                    error = shop::error_chain::with_causes(&error),
                    "the database does not answer"
                );
                Verdict::Unready
            }
        }
    }

    /// Returns warnings for the owner, if the database answers.
    async fn warnings(&self) -> Result<Vec<String>, DbErr> {
        self.database.ready().await?;
        let mut warnings = Vec::new();
        if let Some(silence) = reconcile::silence_on(self.database.watcher()).await? {
            warnings.push(format!(
                "payments had to be fetched from Stripe, because no webhook has arrived since {}; \
                 the log says what to check",
                rfc3339(silence.since)
            ));
        }
        for (notice, seen) in notice::current(self.database.watcher()).await? {
            warnings.push(notice.warning(&seen));
        }
        for (job, idle) in self.runs.overdue() {
            warnings.push(format!(
                "the job {} has not completed a run for {}; the log says why",
                job.as_ref(),
                format_duration(idle)
            ));
        }
        Ok(warnings)
    }
}

/// Formats a duration in one unit.
fn format_duration(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..120 => format!("{seconds} seconds"),
        seconds @ 120..7_200 => format!("{} minutes", seconds / 60),
        seconds => format!("{} hours", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_formatted_in_one_unit() {
        let formatted = |seconds| format_duration(Duration::from_secs(seconds));
        assert_eq!(formatted(5), "5 seconds");
        assert_eq!(formatted(300), "5 minutes");
        assert_eq!(formatted(3 * 24 * 3_600), "72 hours");
    }
}
