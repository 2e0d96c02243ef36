//! Money at Stripe and orders here agree: what no webhook has brought is pulled, and every session is compared.
//!
//! 1. Open checkouts whose time is over are ended at Stripe first, and here afterwards.
//! 2. Events since the cursor are read from Stripe and put through the inbox, as if a webhook had brought them; and those
//!    that wait here are tried again, because a restored database may have one whose order has come.
//! 3. Each session at Stripe is held against the order here. What differs is looked for in older events; what differs
//!    still is reported.
//! 4. Where the owner asks for it, orders are made of paid sessions that a restored database has forgotten.
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
use crate::entity::{checkout, reconciliation, stripe_event};
use crate::inbox::retry::retry_due;
use crate::inbox::{EventState, InboxError};
use crate::lease::{Job, Lease};
use crate::lifecycle::CheckoutState;
use crate::stripe::CallError;
use crate::token::ShopId;
use crate::{Shop, clock, crash_points};

mod adopt;
mod compare;
mod pull;
mod resolved;
mod silence;

pub use adopt::Adoption;
pub use compare::{Amount, Difference, Kind, Outcome};
pub use silence::{Silence, silence, silence_by};

/// How far before the cursor events are read again: clocks differ, and an event may appear in Stripe's list after one that
/// is younger.
pub const OVERLAP: Duration = Duration::minutes(10);
/// How long Stripe keeps events (<https://docs.stripe.com/api/events>).
pub const EVENTS_KEPT: Duration = Duration::days(30);
/// All sessions of the last 30 days are compared this often; in between, only those that may have moved.
const ALL_SESSIONS_EVERY: Duration = Duration::days(1);
/// The row of the cursor.
const EVENTS: &str = "events";
/// The row that says when all sessions were compared last.
const SESSIONS: &str = "sessions";

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Read events and sessions from then on. `None`: events from the cursor on.
    pub since: Option<OffsetDateTime>,
    /// Change nothing, and say what would be done.
    pub dry_run: bool,
    /// Compare all sessions of the last 30 days, also if that was done today.
    pub thorough: bool,
    /// Make orders of paid sessions of this shop whose checkout is unknown here.
    pub adopt: Option<Adoption>,
}

impl Request {
    /// The ids at Stripe that are this shop's.
    fn ids(&self, shop: &Shop) -> Vec<ShopId> {
        let former = self.adopt.as_ref().and_then(|adopt| adopt.shop.clone());
        std::iter::once(shop.settings.identity.id.clone())
            .chain(former)
            .collect()
    }
}

/// Why a run ended before its end. What it did until then stays; the cursor has not moved past anything that is missing.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The database does not answer.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// An open checkout could not be ended.
    #[error("a checkout whose time is over could not be ended")]
    Checkout(#[from] CheckoutError),
    /// An event could not be stored.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// Stripe does not answer, or does not let us look.
    #[error(transparent)]
    Stripe(#[from] CallError),
    /// A list of Stripe's holds an object without an id.
    #[error("a list from Stripe cannot be read")]
    Unreadable,
    /// Another server took over, because this one was too slow or could not reach the database.
    #[error("the lease was lost")]
    LeaseLost,
}

/// What a run found and did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Nothing was changed.
    pub dry_run: bool,
    /// Events were read from then on.
    #[serde(with = "time::serde::rfc3339")]
    pub events_since: OffsetDateTime,
    /// Sessions were compared from then on.
    #[serde(with = "time::serde::rfc3339")]
    pub sessions_since: OffsetDateTime,
    /// What became of the events.
    pub events: Events,
    /// Events here that failed or are dead and are not dismissed, whenever they came: what they
    /// tell is not in the books.
    pub events_unapplied: usize,
    /// Confirmed payments that no webhook had brought.
    pub payments_found: usize,
    /// Checkouts that ended because their time was over; in a dry run those about which Stripe would be asked.
    pub checkouts_ended: usize,
    /// What was compared.
    pub sessions: Sessions,
    /// Where money and orders did not agree.
    pub differences: Vec<Difference>,
    /// Everything that needs a person: differences that remain and are not resolved, and what could
    /// not be looked at.
    pub unrepaired: usize,
    /// Webhooks have been silent since then although there were payments; `None` where they have not.
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
    /// Of them, not here yet: stored now, in a dry run only counted.
    pub missing: usize,
    /// Of the missing, applied.
    pub applied: usize,
    /// Of the missing, waiting for their order.
    pub pending: usize,
    /// Of the missing, not for us.
    pub ignored: usize,
    /// Of the missing, stored as failed: they are tried again by themselves.
    pub failed: usize,
    /// Of the missing, not stored: the cursor stays before them.
    pub not_stored: usize,
}

/// Sessions at Stripe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sessions {
    /// At Stripe.
    pub read: usize,
    /// Of them, of a checkout of ours.
    pub ours: usize,
    /// Sessions and orders that could not be compared.
    pub not_compared: usize,
}

/// Compares with Stripe, as soon as no other server does. A dry run waits for nobody.
///
/// # Errors
/// [`ReconcileError`]
pub async fn reconcile(shop: &Shop, request: &Request) -> Result<Report, ReconcileError> {
    if request.dry_run {
        return work(shop, request).await;
    }
    let lease = Lease::wait(&shop.database, Job::Reconcile).await?;
    under(lease, shop, request).await
}

/// Compares with Stripe, unless another server is at it.
///
/// # Errors
/// [`ReconcileError`]
pub async fn reconcile_if_free(
    shop: &Shop,
    request: &Request,
) -> Result<Option<Report>, ReconcileError> {
    match Lease::take(&shop.database, Job::Reconcile).await? {
        Some(lease) => under(lease, shop, request).await.map(Some),
        None => Ok(None),
    }
}

/// Works under the lease. Where it is lost, the work stops at once: whatever it was writing is undone.
async fn under(lease: Lease, shop: &Shop, request: &Request) -> Result<Report, ReconcileError> {
    let Some(report) = lease.under(work(shop, request)).await else {
        return Err(ReconcileError::LeaseLost);
    };
    if let Err(error) = lease.release().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the lease could not be given back; it ends by itself"
        );
    }
    report
}

async fn work(shop: &Shop, request: &Request) -> Result<Report, ReconcileError> {
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
    if let Some(lost) = window.lost {
        let note = format!(
            "Stripe keeps events for 30 days: those between {} and {} can no longer be read",
            clock::written(lost),
            clock::written(window.events)
        );
        tracing::warn!("{note}");
        report.notes.push(note);
    }
    // First, so that the events of what is ended here are among those that are read.
    report.checkouts_ended = end_checkouts(shop, request.dry_run).await?;
    if let Some(begin) = window.first_cursor
        && !request.dry_run
    {
        move_cursor(shop, EVENTS, begin).await?;
    }
    let mut found = pull::pull(shop, window.events, request.dry_run).await?;
    if !request.dry_run {
        try_waiting(shop).await?;
    }
    if window.moves_cursor && !request.dry_run && found.events.not_stored == 0 {
        crash_points::reach("reconcile:before-cursor");
        move_cursor(shop, EVENTS, started).await?;
        crash_points::reach("reconcile:after-cursor");
    }
    let compared = compare::compare(shop, window.sessions, &request.ids(shop)).await?;
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
    resolved::note(shop, &mut report.differences, request.dry_run).await?;
    if window.all_sessions && !request.dry_run {
        move_cursor(shop, SESSIONS, started).await?;
    }
    report.events = found.events;
    report.payments_found = found.payments;
    let silence = if request.dry_run {
        silence(&shop.database).await?
    } else {
        silence::note(shop, &found).await?
    };
    report.webhooks_silent_since = silence.map(|silence| silence.since);
    report.events_unapplied = unapplied(shop).await?;
    report.notes.extend(notes(shop, &report));
    let remaining = report.differences.iter();
    report.unrepaired = remaining
        .filter(|difference| !difference.outcome.is_settled())
        .count()
        + report.events.not_stored
        + report.events_unapplied
        + report.sessions.not_compared;
    Ok(report)
}

/// From when on to read.
#[derive(Clone, Copy, Debug)]
struct Window {
    events: OffsetDateTime,
    sessions: OffsetDateTime,
    /// All sessions that can have an order here are compared.
    all_sessions: bool,
    /// Everything since the cursor is read.
    moves_cursor: bool,
    /// Where the cursor begins if there is none yet.
    first_cursor: Option<OffsetDateTime>,
    /// Reading should have begun here, but Stripe no longer has what happened then.
    lost: Option<OffsetDateTime>,
}

impl Window {
    async fn find(
        shop: &Shop,
        request: &Request,
        now: OffsetDateTime,
    ) -> Result<Self, ReconcileError> {
        let database = &shop.database;
        let oldest = now - EVENTS_KEPT;
        // What lies in the future was written by a clock that was wrong: nobody knows what has been read.
        let past = |row: &reconciliation::Model| row.read_until <= now + OVERLAP;
        let cursor = row(database.reader(), EVENTS).await?.filter(past);
        let compared = row(database.reader(), SESSIONS).await?.filter(past);
        let all_sessions = request.since.is_none()
            && (request.thorough
                || compared.is_none_or(|row| row.read_until < now - ALL_SESSIONS_EVERY));
        let is_new = cursor.is_none();
        let unread = match cursor {
            Some(row) => row.read_until - OVERLAP,
            None => first_of_ours(shop).await?,
        };
        let from = request.since.unwrap_or(unread);
        let sessions = if let Some(since) = request.since {
            since
        } else if request.thorough {
            // Also from before this database: it may have taken the place of a lost one.
            oldest
        } else if all_sessions {
            first_of_ours(shop).await?.max(oldest)
        } else {
            // Whoever paid since then began at most one hold earlier.
            from - shop.settings.hold - OVERLAP
        };
        Ok(Self {
            events: from.max(oldest),
            sessions,
            all_sessions,
            moves_cursor: from <= unread,
            first_cursor: is_new.then_some(unread),
            lost: (from < oldest).then_some(from),
        })
    }
}

/// Up to when events have been read; `None` before the first time.
///
/// # Errors
/// Where the database does not answer.
pub async fn read_until(database: &Database) -> Result<Option<OffsetDateTime>, DbErr> {
    Ok(row(database.reader(), EVENTS)
        .await?
        .map(|row| row.read_until))
}

async fn row(
    connection: &DatabaseConnection,
    name: &str,
) -> Result<Option<reconciliation::Model>, DbErr> {
    reconciliation::Entity::find_by_id(name)
        .one(connection)
        .await
}

/// Nothing at Stripe can be ours that is older than the first checkout and the shop's id. A restored
/// database may have no checkout, and its shop some payments all the same.
async fn first_of_ours(shop: &Shop) -> Result<OffsetDateTime, DbErr> {
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

/// Notes that everything until then has been read.
async fn move_cursor(shop: &Shop, name: &str, until: OffsetDateTime) -> Result<(), DbErr> {
    let row = reconciliation::Model {
        name: name.to_owned(),
        read_until: until,
        silent_since: None,
        updated_at: clock::now(),
    };
    let transaction = shop.database.begin_write().await?;
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

/// Ends open checkouts whose time is over; Stripe is asked before anything is released.
async fn end_checkouts(shop: &Shop, dry_run: bool) -> Result<usize, ReconcileError> {
    if dry_run {
        let over = checkout::Entity::find()
            .filter(checkout::Column::State.eq(CheckoutState::Open.as_str()))
            .filter(checkout::Column::ExpiresAt.lt(clock::now()))
            .count(shop.database.reader())
            .await?;
        return Ok(usize::try_from(over).unwrap_or(usize::MAX));
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

/// Looks for the differences in events that the first reading did not cover, and says what is left of them.
async fn repair(
    shop: &Shop,
    window: &Window,
    started: OffsetDateTime,
    dry_run: bool,
    compared: compare::Compared,
    found: &mut pull::Pulled,
) -> Result<Vec<Difference>, ReconcileError> {
    if let Some(begun) = compared.oldest_repairable() {
        // An event may have been lost here, or have come while the sessions were read.
        let since = if begun < window.events {
            begun.max(started - EVENTS_KEPT)
        } else {
            started - OVERLAP
        };
        if !dry_run {
            found.add(pull::pull(shop, since, dry_run).await?);
            try_waiting(shop).await?;
        } else if since < window.events {
            *found = pull::pull(shop, since, dry_run).await?;
        }
    }
    compared
        .again(shop, dry_run.then_some(&found.concerned))
        .await
}

/// Tries events that wait here, as a server that runs does. One in trouble of its own ends nothing.
async fn try_waiting(shop: &Shop) -> Result<(), ReconcileError> {
    match retry_due(shop).await {
        Err(error) if shop.database.ping().await.is_err() => return Err(error.into()),
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "an event that waits could not be tried; the next run does"
        ),
        Ok(_) => {}
    }
    Ok(())
}

/// Dismissed ones do not count. Those of the other mode are none of this shop's: they came from a
/// trial, or from before it went live.
async fn unapplied(shop: &Shop) -> Result<usize, DbErr> {
    let count = stripe_event::Entity::find()
        .filter(stripe_event::Column::Livemode.eq(shop.settings.livemode))
        .filter(
            stripe_event::Column::State
                .is_in([EventState::Failed.as_str(), EventState::Dead.as_str()]),
        )
        .filter(stripe_event::Column::DismissedAt.is_null())
        .count(shop.database.reader())
        .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn notes(shop: &Shop, report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    if report.events_unapplied > 0 {
        notes.push(format!(
            "{} could not be applied: see `till events list --state failed` and `--state dead`; replay them, or dismiss them by `till events dismiss`",
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
            "{} of this shop, but the checkout is unknown here, as after a database was restored: `till reconcile --adopt` makes orders of them",
            match count {
                1 => "1 paid session is".to_owned(),
                count => format!("{count} paid sessions are"),
            }
        )),
    }
    if report.sessions.not_compared > 0 {
        notes.push(
            "some sessions could not be compared: is STRIPE_SECRET_KEY the key of the account that took their payments?"
                .to_owned(),
        );
    }
    notes
}

/// Writes since when webhooks are silent.
async fn set_silent(shop: &Shop, since: Option<OffsetDateTime>) -> Result<(), DbErr> {
    let transaction = shop.database.begin_write().await?;
    reconciliation::Entity::update_many()
        .col_expr(reconciliation::Column::SilentSince, Expr::value(since))
        .col_expr(reconciliation::Column::UpdatedAt, Expr::value(clock::now()))
        .filter(reconciliation::Column::Name.eq(EVENTS))
        .exec(&transaction)
        .await?;
    transaction.commit().await
}
