//! Reconciles payments at Stripe with the orders here: fetches events that no webhook has
//! delivered, and compares every session.
//!
//! 1. Expired open checkouts are ended, first at Stripe and then here.
//! 2. Events since the cursor are fetched from Stripe and applied by the inbox, as if a webhook had
//!    delivered them. Events that wait here are retried, because a restored database may have one
//!    whose order exists by now.
//! 3. Each session at Stripe is compared with its order here. For differences, older events are
//!    fetched; the differences that remain are reported.
//! 4. If the owner asks for it, paid sessions that a restored database does not know are adopted as
//!    orders.
//!
//! Every step is safe to repeat, and a second run finds nothing to do.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::checkout::{CheckoutError, sweep};
use crate::database::Database;
use crate::entity::reconciliation::{self, Cursor};
use crate::entity::{checkout, stripe_event};
use crate::inbox::retry::retry_due;
use crate::inbox::{EventState, InboxError};
use crate::lease::{Job, Lease};
use crate::stripe::CallError;
use crate::{Shop, clock};
use till_core::lifecycle::CheckoutState;
use till_core::token::ShopId;

mod adopt;
mod compare;
mod pull;
mod resolved;
mod silence;

pub use adopt::Adoption;
pub use compare::{Amount, Difference, Kind, Outcome};
pub use silence::{Silence, silence, silence_on};

/// How far before the cursor events are read again: clocks differ, and an event may appear in
/// Stripe's list after a younger one.
pub const OVERLAP: Duration = Duration::minutes(10);
/// How long Stripe keeps events (<https://docs.stripe.com/api/events>).
pub const MAX_EVENT_AGE: Duration = Duration::days(30);
/// How often all sessions of the last 30 days are compared; in between, only those that may have
/// changed.
const FULL_COMPARISON_INTERVAL: Duration = Duration::days(1);

/// What to do in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Read events and sessions created from then on. `None`: events from the cursor on.
    pub since: Option<OffsetDateTime>,
    /// Change nothing, and report what would be done.
    pub dry_run: bool,
    /// Compare all sessions of the last 30 days, even if that was done today.
    pub thorough: bool,
    /// Adopt paid sessions of this shop whose checkout is unknown here.
    pub adopt: Option<Adoption>,
}

impl Request {
    /// Returns the shop ids at Stripe that belong to this shop.
    fn shop_ids(&self, shop: &Shop) -> Vec<ShopId> {
        let former = self.adopt.as_ref().and_then(|adopt| adopt.shop.clone());
        std::iter::once(shop.settings.identity.id.clone())
            .chain(former)
            .collect()
    }
}

/// Why a run ended early. What it did until then is kept; the cursor has not moved past anything
/// missing.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The database does not answer.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// An open checkout could not be ended.
    #[error("an expired checkout could not be ended")]
    Checkout(#[from] CheckoutError),
    /// An event could not be stored.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// Stripe does not answer, or refuses access.
    #[error(transparent)]
    Stripe(#[from] CallError),
    /// A list from Stripe contains an object without an id.
    #[error("a list from Stripe cannot be read")]
    Unreadable,
    /// Another server took over: this one was too slow or could not reach the database.
    #[error("the lease was lost")]
    LeaseLost,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// The time from which events were read.
    #[serde(with = "time::serde::rfc3339")]
    pub events_since: OffsetDateTime,
    /// The time from which sessions were compared.
    #[serde(with = "time::serde::rfc3339")]
    pub sessions_since: OffsetDateTime,
    /// What became of the events.
    pub events: Events,
    /// Events here that are failed or dead and not dismissed, however old: what they report is not
    /// recorded.
    pub events_unapplied: usize,
    /// Confirmed payments that no webhook had delivered.
    pub payments_found: usize,
    /// Expired checkouts that were ended; in a dry run, those that would be.
    pub checkouts_ended: usize,
    /// The sessions that were compared.
    pub sessions: Sessions,
    /// The differences between payments and orders.
    pub differences: Vec<Difference>,
    /// The number of problems that need attention: unresolved differences, and everything that
    /// could not be read or compared.
    pub unrepaired: usize,
    /// Since when webhooks have been silent although there were payments; `None` if they are not.
    #[serde(with = "time::serde::rfc3339::option")]
    pub webhooks_silent_since: Option<OffsetDateTime>,
    /// What else the owner should know.
    pub notes: Vec<String>,
}

/// Events of the types that the inbox applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Events {
    /// At Stripe.
    pub read: usize,
    /// Of these, not stored here yet. They are stored now; in a dry run only counted.
    pub missing: usize,
    /// Of the missing, applied.
    pub applied: usize,
    /// Of the missing, those waiting for their order.
    pub pending: usize,
    /// Of the missing, those that change nothing here.
    pub ignored: usize,
    /// Of the missing, those that failed: they are retried automatically.
    pub failed: usize,
    /// Of the missing, those not stored: the cursor does not move past them.
    pub not_stored: usize,
}

/// Sessions at Stripe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sessions {
    /// At Stripe.
    pub read: usize,
    /// Of these, this shop's.
    pub ours: usize,
    /// Sessions and orders that could not be compared.
    pub not_compared: usize,
}

/// Reconciles as soon as no other server does. A dry run does not wait.
///
/// # Errors
/// [`ReconcileError`]
pub async fn reconcile(shop: &Shop, request: &Request) -> Result<Report, ReconcileError> {
    if request.dry_run {
        return run(shop, request).await;
    }
    let lease = Lease::acquire(&shop.database, Job::Reconcile).await?;
    run_with_lease(lease, shop, request).await
}

/// Reconciles unless another server is doing it. Returns `None` then.
///
/// # Errors
/// [`ReconcileError`]
pub async fn reconcile_if_free(
    shop: &Shop,
    request: &Request,
) -> Result<Option<Report>, ReconcileError> {
    match Lease::try_acquire(&shop.database, Job::Reconcile).await? {
        Some(lease) => run_with_lease(lease, shop, request).await.map(Some),
        None => Ok(None),
    }
}

/// Runs while the lease is held. If the lease is lost, the run stops at once and its open
/// transaction is rolled back.
async fn run_with_lease(
    lease: Lease,
    shop: &Shop,
    request: &Request,
) -> Result<Report, ReconcileError> {
    let Some(report) = lease.run_while_held(run(shop, request)).await else {
        return Err(ReconcileError::LeaseLost);
    };
    if let Err(error) = lease.release().await {
        tracing::warn!(
            error = crate::error_chain::with_causes(&error),
            "could not release the lease; it expires automatically"
        );
    }
    report
}

async fn run(shop: &Shop, request: &Request) -> Result<Report, ReconcileError> {
    let started = clock::now();
    let window = Window::find(shop, request, started).await?;
    let mut report = Report {
        dry_run: request.dry_run,
        events_since: window.events,
        sessions_since: window.sessions,
        events: Events::default(),
        events_unapplied: 0,
        payments_found: 0,
        checkouts_ended: 0,
        sessions: Sessions::default(),
        differences: Vec::new(),
        unrepaired: 0,
        webhooks_silent_since: None,
        notes: Vec::new(),
    };
    if let Some(lost_since) = window.lost_since {
        let note = format!(
            "Stripe keeps events for 30 days: those between {} and {} can no longer be read",
            clock::rfc3339(lost_since),
            clock::rfc3339(window.events)
        );
        tracing::warn!("{note}");
        report.notes.push(note);
    }
    // Do this first, so that the events it causes are among those read below.
    report.checkouts_ended = end_expired_checkouts(shop, request.dry_run).await?;
    if let Some(begin) = window.first_cursor
        && !request.dry_run
    {
        move_cursor(shop, "first-cursor", Cursor::Events, begin).await?;
    }
    let mut found = pull::pull(shop, window.events, request.dry_run).await?;
    if !request.dry_run {
        retry_waiting_events(shop).await?;
    }
    if window.advances_cursor && !request.dry_run && found.events.not_stored == 0 {
        move_cursor(shop, "events-cursor", Cursor::Events, started).await?;
    }
    let compared = compare::compare(shop, window.sessions, &request.shop_ids(shop)).await?;
    report.sessions = compared.sessions;
    if request.thorough {
        report.notes.extend(compared.other_shops_words());
    }
    report.differences = repair(
        shop,
        &window,
        started,
        request.dry_run,
        compared,
        &mut found,
    )
    .await?;
    if let Some(adoption) = &request.adopt {
        let notes = adopt::adopt(shop, adoption, &mut report.differences, request.dry_run).await?;
        report.notes.extend(notes);
    }
    resolved::record_remaining(shop, &mut report.differences, request.dry_run).await?;
    if window.all_sessions && !request.dry_run {
        move_cursor(shop, "sessions-cursor", Cursor::Sessions, started).await?;
    }
    report.events = found.events;
    report.payments_found = found.payments;
    let silence = if request.dry_run {
        silence(&shop.database).await?
    } else {
        silence::update(shop, &found).await?
    };
    report.webhooks_silent_since = silence.map(|silence| silence.since);
    report.events_unapplied = count_unapplied(shop).await?;
    report.notes.extend(notes(shop, &report));
    let remaining = report.differences.iter();
    report.unrepaired = remaining
        .filter(|difference| !difference.outcome.needs_no_action())
        .count()
        + report.events.not_stored
        + report.events_unapplied
        + report.sessions.not_compared;
    Ok(report)
}

/// The times from which to read.
#[derive(Clone, Copy, Debug)]
struct Window {
    events: OffsetDateTime,
    sessions: OffsetDateTime,
    /// Whether all sessions that can have an order here are compared.
    all_sessions: bool,
    /// Whether everything since the cursor is read, so that the cursor may advance.
    advances_cursor: bool,
    /// Where the cursor starts if there is none yet.
    first_cursor: Option<OffsetDateTime>,
    /// Where reading should have started, if Stripe no longer has the events of that time.
    lost_since: Option<OffsetDateTime>,
}

impl Window {
    async fn find(
        shop: &Shop,
        request: &Request,
        now: OffsetDateTime,
    ) -> Result<Self, ReconcileError> {
        let database = &shop.database;
        let oldest = now - MAX_EVENT_AGE;
        // A cursor in the future was written with a wrong clock, so what has been read is unknown.
        let past = |row: &reconciliation::Model| row.read_until <= now + OVERLAP;
        let cursor = cursor_row(database.reader(), Cursor::Events)
            .await?
            .filter(past);
        let compared = cursor_row(database.reader(), Cursor::Sessions)
            .await?
            .filter(past);
        let all_sessions = request.since.is_none()
            && (request.thorough
                || compared.is_none_or(|row| row.read_until < now - FULL_COMPARISON_INTERVAL));
        let is_new = cursor.is_none();
        let unread = match cursor {
            Some(row) => row.read_until - OVERLAP,
            None => shop_start(shop).await?,
        };
        let from = request.since.unwrap_or(unread);
        let sessions = if let Some(since) = request.since {
            since
        } else if request.thorough {
            // Include sessions older than this database: it may replace a lost one.
            oldest
        } else if all_sessions {
            shop_start(shop).await?.max(oldest)
        } else {
            // A session paid since then was created at most one hold earlier.
            from - shop.owner_settings().checkout.hold - OVERLAP
        };
        Ok(Self {
            events: from.max(oldest),
            sessions,
            all_sessions,
            advances_cursor: from <= unread,
            first_cursor: is_new.then_some(unread),
            lost_since: (from < oldest).then_some(from),
        })
    }
}

/// Returns until when events have been read; `None` before the first run.
///
/// # Errors
/// If the database does not answer.
pub async fn read_until(database: &Database) -> Result<Option<OffsetDateTime>, DbErr> {
    Ok(cursor_row(database.reader(), Cursor::Events)
        .await?
        .map(|row| row.read_until))
}

async fn cursor_row(
    connection: &DatabaseConnection,
    name: Cursor,
) -> Result<Option<reconciliation::Model>, DbErr> {
    reconciliation::Entity::find_by_id(name)
        .one(connection)
        .await
}

/// Returns a time before everything of this shop at Stripe: that of the first checkout or of the
/// shop's id, whichever is older. A restored database may have no checkouts although the shop has
/// payments.
async fn shop_start(shop: &Shop) -> Result<OffsetDateTime, DbErr> {
    let first_checkout: Option<OffsetDateTime> = checkout::Entity::find()
        .select_only()
        .column(checkout::Column::CreatedAt)
        .order_by_asc(checkout::Column::CreatedAt)
        .limit(1)
        .into_tuple()
        .one(shop.database.reader())
        .await?;
    let since = shop.settings.identity.since;
    Ok(first_checkout.map_or(since, |first| first.min(since)) - OVERLAP)
}

/// Records that everything until then has been read, in this unit of work.
async fn move_cursor(
    shop: &Shop,
    unit: &'static str,
    name: Cursor,
    until: OffsetDateTime,
) -> Result<(), DbErr> {
    let row = reconciliation::Model {
        name,
        read_until: until,
        silent_since: None,
        updated_at: clock::now(),
    };
    let transaction = shop.database.begin_write(unit).await?;
    reconciliation::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(
            OnConflict::column(reconciliation::Column::Name)
                .update_columns([
                    reconciliation::Column::ReadUntil,
                    reconciliation::Column::UpdatedAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(&transaction)
        .await?;
    transaction.commit().await
}

/// Ends expired open checkouts. Units are released only after Stripe has expired the session.
async fn end_expired_checkouts(shop: &Shop, dry_run: bool) -> Result<usize, ReconcileError> {
    if dry_run {
        let expired = checkout::Entity::find()
            .filter(checkout::Column::State.eq(CheckoutState::Open))
            .filter(checkout::Column::ExpiresAt.lt(clock::now()))
            .count(shop.database.reader())
            .await?;
        return Ok(usize::try_from(expired).unwrap_or(usize::MAX));
    }
    let mut ended = 0;
    loop {
        let swept = sweep(shop).await?;
        ended += swept.refused + swept.expired;
        if swept.refused + swept.expired == 0 {
            return Ok(ended);
        }
    }
}

/// Fetches the events that may fix the differences but were not read before, and returns the
/// differences with their outcome.
async fn repair(
    shop: &Shop,
    window: &Window,
    started: OffsetDateTime,
    dry_run: bool,
    compared: compare::Comparison,
    found: &mut pull::PullReport,
) -> Result<Vec<Difference>, ReconcileError> {
    if let Some(created) = compared.oldest_repairable() {
        // The event may have been lost here, or may have been created while sessions were read.
        let since = if created < window.events {
            created.max(started - MAX_EVENT_AGE)
        } else {
            started - OVERLAP
        };
        if !dry_run {
            found.add(pull::pull(shop, since, dry_run).await?);
            retry_waiting_events(shop).await?;
        } else if since < window.events {
            *found = pull::pull(shop, since, dry_run).await?;
        }
    }
    compared
        .recheck(shop, dry_run.then_some(&found.affected))
        .await
}

/// Retries events that are due, as a running server does. An error of one event does not end the
/// run.
async fn retry_waiting_events(shop: &Shop) -> Result<(), ReconcileError> {
    match retry_due(shop).await {
        Err(error) if shop.database.ping().await.is_err() => return Err(error.into()),
        Err(error) => tracing::error!(
            error = crate::error_chain::with_causes(&error),
            "an event could not be retried; the next run tries again"
        ),
        Ok(_) => {}
    }
    Ok(())
}

/// Counts failed and dead events that are not dismissed. Events of the other mode (live or test)
/// come from a trial or from before the shop went live, and do not count.
async fn count_unapplied(shop: &Shop) -> Result<usize, DbErr> {
    let count = stripe_event::Entity::find()
        .filter(stripe_event::Column::Livemode.eq(shop.settings.livemode))
        .filter(stripe_event::Column::State.is_in([EventState::Failed, EventState::Dead]))
        .filter(stripe_event::Column::DismissedAt.is_null())
        .count(shop.database.reader())
        .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn notes(shop: &Shop, report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    if report.events_unapplied > 0 {
        notes.push(format!(
            "{} could not be applied: see `till events list --state failed` and `--state dead`; \
             replay them, or dismiss them with `till events dismiss`",
            match report.events_unapplied {
                1 => "1 event".to_owned(),
                more => format!("{more} events"),
            }
        ));
    }
    if let Some(since) = report.webhooks_silent_since {
        notes.push(silence::words(shop, since));
    }
    let forgotten = report.differences.iter();
    let forgotten = forgotten.filter(|one| one.forgotten && one.outcome == Outcome::Remains);
    match forgotten.count() {
        0 => {}
        count => notes.push(format!(
            "{} of this shop, but the checkout is unknown here, as after restoring a database: \
             `till reconcile --adopt` creates the orders",
            match count {
                1 => "1 paid session is".to_owned(),
                count => format!("{count} paid sessions are"),
            }
        )),
    }
    if report.sessions.not_compared > 0 {
        notes.push(
            "some sessions could not be compared: is STRIPE_SECRET_KEY the key of the account that \
             took their payments?"
                .to_owned(),
        );
    }
    notes
}

/// Records since when webhooks have been silent; `None` if they are not.
async fn set_silent_since(shop: &Shop, since: Option<OffsetDateTime>) -> Result<(), DbErr> {
    let transaction = shop.database.begin_write("silence").await?;
    reconciliation::Entity::update_many()
        .col_expr(reconciliation::Column::SilentSince, Expr::value(since))
        .col_expr(reconciliation::Column::UpdatedAt, Expr::value(clock::now()))
        .filter(reconciliation::Column::Name.eq(Cursor::Events))
        .exec(&transaction)
        .await?;
    transaction.commit().await
}
