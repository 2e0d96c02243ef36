//! For whoever watches over the server.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use sea_orm::DbErr;
use shop::clock::written;
use shop::database::Database;
use shop::{notice, reconcile};
use tokio::sync::Mutex;

use super::router::AppState;
use crate::jobs::AllRounds;

/// For one look: longer than [`Database::ready`] gives the database.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// `GET /livez`: the process answers.
pub async fn livez() -> &'static str {
    "ok"
}

/// `GET /readyz`: requests are welcome. 503 while the database does not answer, takes no writes or
/// has refused the last one, and once the server is stopping. A shop whose writers are busy is
/// ready.
///
/// Each further line of the answer is a warning for the owner: the shop can do its work all the
/// same.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, Cow<'static, str>) {
    if *state.stopping.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping".into());
    }
    match state.readiness.verdict().await {
        Verdict::Ready(warnings) => {
            let warnings = warnings
                .into_iter()
                .chain(state.shop.stripe.clock_warning())
                .chain(state.clients.warning());
            let mut answer = Cow::Borrowed("ok");
            for warning in warnings {
                answer.to_mut().push_str("\nwarning: ");
                answer.to_mut().push_str(&warning);
            }
            (StatusCode::OK, answer)
        }
        Verdict::Unready => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer".into(),
        ),
    }
}

/// Whether requests are welcome; cheap to clone.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    rounds: AllRounds,
    /// How many looks have begun.
    begun: AtomicU64,
    /// The last look: its number, and what it found. Locked while somebody looks.
    last: Mutex<(u64, Verdict)>,
}

/// What a look found.
#[derive(Clone, Debug)]
enum Verdict {
    /// Requests are welcome; what the owner should know.
    Ready(Vec<String>),
    /// They are not.
    Unready,
}

impl Readiness {
    /// Watches over this database and these jobs.
    #[must_use]
    pub fn new(database: Database, rounds: AllRounds) -> Self {
        Self(Arc::new(Inner {
            database,
            rounds,
            begun: AtomicU64::new(0),
            last: Mutex::new((0, Verdict::Unready)),
        }))
    }

    /// What a look finds that begins from now on. However many ask, one looks at a time, and those
    /// who have waited for that share what the next one finds: the database sees one connection,
    /// and nobody waits for more than two looks.
    async fn verdict(&self) -> Verdict {
        let inner = &*self.0;
        let before = inner.begun.load(Ordering::SeqCst);
        let mut last = inner.last.lock().await;
        // One that began before this request may not have seen what its sender has.
        if last.0 <= before {
            let number = inner.begun.fetch_add(1, Ordering::SeqCst) + 1;
            *last = (number, inner.look().await);
        }
        last.1.clone()
    }
}

impl Inner {
    async fn look(&self) -> Verdict {
        let warnings = tokio::time::timeout(LOOK_TIMEOUT, self.warnings()).await;
        let warnings =
            warnings.unwrap_or_else(|_| Err(DbErr::Custom("no answer in time".to_owned())));
        match warnings {
            Ok(warnings) => Verdict::Ready(warnings),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the database does not answer"
                );
                Verdict::Unready
            }
        }
    }

    /// What the owner should know, where the database answers.
    async fn warnings(&self) -> Result<Vec<String>, DbErr> {
        self.database.ready().await?;
        let mut warnings = Vec::new();
        if let Some(silence) = reconcile::silence_by(self.database.watcher()).await? {
            warnings.push(format!(
                "payments had to be read from Stripe, because no webhook has arrived since {}; \
                 the log says what to check",
                written(silence.since)
            ));
        }
        for (notice, seen) in notice::current(self.database.watcher()).await? {
            warnings.push(notice.warning(&seen));
        }
        for (job, without) in self.rounds.overdue() {
            warnings.push(format!(
                "the job {} has completed no round for {}; the log says why",
                job.as_str(),
                roughly(without)
            ));
        }
        Ok(warnings)
    }
}

/// A duration for a person.
fn roughly(duration: Duration) -> String {
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
    fn a_duration_is_told_in_one_unit() {
        let said = |seconds| roughly(Duration::from_secs(seconds));
        assert_eq!(said(5), "5 seconds");
        assert_eq!(said(300), "5 minutes");
        assert_eq!(said(3 * 24 * 3_600), "72 hours");
    }
}
