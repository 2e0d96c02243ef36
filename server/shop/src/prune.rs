//! Deletes what nobody needs any more, so that the disk does not fill: checkouts that ended without
//! money, and events that told nothing or could never be applied.
//!
//! What belongs to an order stays. Only the payloads of its outbox tasks are emptied: key, kind,
//! result and time are kept for ever, because the unique key is what keeps a mail or a refund from
//! being asked for a second time.
//!
//! A checkout that is deleted can no longer be paid. Its session could be for 24 hours at most
//! (<https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at>), a
//! delayed payment takes days or some weeks, and as long as it is under way the checkout is
//! `processing` and stays. What Stripe still sends about it, or lists, is 30 days old at most; it
//! finds no checkout, and is ignored. So nothing is kept for less than [`MIN_DAYS`], and a checkout
//! takes its events and tasks with it: their keys guard nothing that could be asked for again.

use std::collections::HashSet;
use std::time::Duration as StdDuration;

use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, DeleteMany, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Statement,
};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::clock;
use crate::database::Database;
use crate::entity::{checkout, checkout_line, order, outbox, stripe_event};
use crate::inbox::EventState;
use crate::lease::{Job, Lease};
use crate::lifecycle::CheckoutState;
use crate::outbox::TaskState;

/// Nothing is deleted that is younger, in days: Stripe lists events for 30 days, and the reconciler
/// reads them all.
pub const MIN_DAYS: u16 = 35;
/// Rows that one transaction looks for. More would keep shoppers waiting for the database.
const BATCH: u64 = 500;
/// Between two transactions, so that whoever sells gets the database in between.
const BATCH_DELAY: StdDuration = StdDuration::from_millis(100);

/// How old something has to be before it is deleted, in days; `None` keeps it for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PruneSettings {
    /// Checkouts that ended without money, since their end.
    pub checkouts_days: Option<u16>,
    /// Events that were ignored, since they came.
    pub ignored_events_days: Option<u16>,
    /// Events that failed or are dead, since they came; also ignored ones that had waited for their
    /// order, which would still be applied if it came.
    pub failed_events_days: Option<u16>,
    /// Payloads of outbox tasks that are done, since they were.
    pub payloads_days: Option<u16>,
}

impl Default for PruneSettings {
    fn default() -> Self {
        Self {
            checkouts_days: Some(90),
            ignored_events_days: Some(MIN_DAYS),
            failed_events_days: Some(365),
            payloads_days: Some(90),
        }
    }
}

/// What was deleted, in rows; in a dry run, what would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PruneReport {
    /// Nothing was changed.
    pub dry_run: bool,
    /// Checkouts that ended without money, with their lines.
    pub checkouts: u64,
    /// Events about them.
    pub checkout_events: u64,
    /// Outbox tasks about them.
    pub checkout_tasks: u64,
    /// Ignored events.
    pub ignored_events: u64,
    /// Failed and dead events, and those that had waited for an order.
    pub failed_events: u64,
    /// Outbox tasks that lost their payload.
    pub payloads: u64,
}

impl PruneReport {
    /// Whether there was nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self {
            dry_run: _,
            checkouts,
            checkout_events,
            checkout_tasks,
            ignored_events,
            failed_events,
            payloads,
        } = self;
        [
            checkouts,
            checkout_events,
            checkout_tasks,
            ignored_events,
            failed_events,
            payloads,
        ]
        .iter()
        .all(|count| **count == 0)
    }
}

/// Why a run ended before its end. What it did until then stays done.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// The database does not answer.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// Another server took over, because this one was too slow or could not reach the database.
    #[error("the lease was lost")]
    LeaseLost,
}

/// Prunes as soon as no other server does. A dry run changes nothing, and waits for nobody.
///
/// # Errors
/// [`PruneError`]
pub async fn prune(
    database: &Database,
    settings: &PruneSettings,
    dry_run: bool,
) -> Result<PruneReport, PruneError> {
    if dry_run {
        return Ok(run(database, settings, true).await?);
    }
    let lease = Lease::wait(database, Job::Prune).await?;
    let report = lease.under(prune_now(database, settings)).await;
    let report = report.ok_or(PruneError::LeaseLost)?;
    lease.release().await?;
    Ok(report?)
}

/// The same, by whoever holds the lease. Safe to be cut off, and to be done by two at once.
///
/// # Errors
/// Where the database does not answer; what was deleted before stays deleted.
pub async fn prune_now(
    database: &Database,
    settings: &PruneSettings,
) -> Result<PruneReport, DbErr> {
    run(database, settings, false).await
}

async fn run(
    database: &Database,
    settings: &PruneSettings,
    dry_run: bool,
) -> Result<PruneReport, DbErr> {
    let mut report = PruneReport {
        dry_run,
        ..PruneReport::default()
    };
    // First, so that a dry run, which deletes no task, counts the same.
    if let Some(before) = cutoff(settings.payloads_days) {
        empty_payloads(database, before, &mut report).await?;
    }
    if let Some(before) = cutoff(settings.checkouts_days) {
        for state in ended_states() {
            prune_checkouts(database, state, before, &mut report).await?;
        }
    }
    for kind in EventKind::ALL {
        if let Some(before) = cutoff(kind.days(settings)) {
            prune_events(database, kind, before, &mut report).await?;
        }
    }
    Ok(report)
}

/// What is older than so many days came before this.
fn cutoff(days: Option<u16>) -> Option<OffsetDateTime> {
    let days = days?.max(MIN_DAYS);
    clock::now().checked_sub(Duration::days(days.into()))
}

/// Where the next batch begins: after the last row of the one before, by its time and its id. A
/// batch may leave rows where they are, and those are not to be read again by each that follows.
type Position<Id> = Option<(OffsetDateTime, Id)>;

/// The next rows of an index over a time: at most [`BATCH`], the oldest first.
fn next<E: EntityTrait, Id: Clone + Into<sea_orm::Value>>(
    rows: Select<E>,
    time: E::Column,
    id: E::Column,
    position: &Position<Id>,
) -> Select<E> {
    let rows = match position {
        None => rows,
        Some((at, last)) => rows
            .filter(time.gte(*at))
            .filter(Condition::any().add(time.gt(*at)).add(id.gt(last.clone()))),
    };
    rows.order_by_asc(time).order_by_asc(id).limit(BATCH)
}

/// Keeps rows as they are until the transaction ends. One that another transaction is changing is
/// left out.
fn kept<E: EntityTrait>(rows: Select<E>, dry_run: bool) -> Select<E> {
    if dry_run {
        return rows;
    }
    rows.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
}

/// Of these checkouts, those that have an order.
async fn ordered(
    connection: &impl ConnectionTrait,
    checkouts: &[String],
) -> Result<HashSet<String>, DbErr> {
    let orders = order::Entity::find()
        .select_only()
        .column(order::Column::CheckoutId)
        .filter(order::Column::CheckoutId.is_in(checkouts));
    let orders: Vec<String> = orders.into_tuple().all(connection).await?;
    Ok(orders.into_iter().collect())
}

// ---- Checkouts ----

fn ended_states() -> impl Iterator<Item = CheckoutState> {
    CheckoutState::ALL
        .into_iter()
        .filter(|state| !state.holds_stock() && *state != CheckoutState::Paid)
}

async fn prune_checkouts(
    database: &Database,
    state: CheckoutState,
    before: OffsetDateTime,
    report: &mut PruneReport,
) -> Result<(), DbErr> {
    let mut position = None;
    loop {
        if report.dry_run {
            let reader = database.reader();
            let Some(found) = next_checkouts(reader, state, before, &mut position, true).await?
            else {
                return Ok(());
            };
            let events =
                stripe_event::Entity::find().filter(stripe_event::Column::CheckoutId.is_in(&found));
            let tasks = outbox::Entity::find().filter(outbox::Column::CheckoutId.is_in(&found));
            report.checkout_events += events.count(reader).await?;
            report.checkout_tasks += tasks.count(reader).await?;
            report.checkouts += rows(&found);
            continue;
        }
        let transaction = database.begin_write().await?;
        let Some(found) = next_checkouts(&transaction, state, before, &mut position, false).await?
        else {
            return transaction.rollback().await;
        };
        let deletion = Deletion::of(&found);
        let events = deletion.events.exec(&transaction).await?;
        let tasks = deletion.tasks.exec(&transaction).await?;
        deletion.lines.exec(&transaction).await?;
        let checkouts = deletion.checkouts.exec(&transaction).await?;
        transaction.commit().await?;
        report.checkout_events += events.rows_affected;
        report.checkout_tasks += tasks.rows_affected;
        report.checkouts += checkouts.rows_affected;
        tokio::time::sleep(BATCH_DELAY).await;
    }
}

/// Checkouts, with all that is about them.
struct Deletion {
    events: DeleteMany<stripe_event::Entity>,
    tasks: DeleteMany<outbox::Entity>,
    /// Before the checkouts, to which they refer.
    lines: DeleteMany<checkout_line::Entity>,
    checkouts: DeleteMany<checkout::Entity>,
}

impl Deletion {
    fn of(ids: &[String]) -> Self {
        Self {
            events: stripe_event::Entity::delete_many()
                .filter(stripe_event::Column::CheckoutId.is_in(ids)),
            tasks: outbox::Entity::delete_many().filter(outbox::Column::CheckoutId.is_in(ids)),
            lines: checkout_line::Entity::delete_many()
                .filter(checkout_line::Column::CheckoutId.is_in(ids)),
            checkouts: checkout::Entity::delete_many().filter(checkout::Column::Id.is_in(ids)),
        }
    }
}

fn checkout_rows(
    state: CheckoutState,
    before: OffsetDateTime,
    position: &Position<String>,
) -> Select<checkout::Entity> {
    let rows = checkout::Entity::find()
        .select_only()
        .column(checkout::Column::Id)
        .column(checkout::Column::ExpiresAt)
        .filter(checkout::Column::State.eq(state.as_str()))
        // Of this there is an index. A checkout ends about then, or some weeks later.
        .filter(checkout::Column::ExpiresAt.lt(before))
        .filter(checkout::Column::UpdatedAt.lt(before));
    next(
        rows,
        checkout::Column::ExpiresAt,
        checkout::Column::Id,
        position,
    )
}

/// The next checkouts that may be deleted; `None` after the last. They are locked: an event that
/// moves one of them waits, and one that an event is moving is left out.
async fn next_checkouts(
    connection: &impl ConnectionTrait,
    state: CheckoutState,
    before: OffsetDateTime,
    position: &mut Position<String>,
    dry_run: bool,
) -> Result<Option<Vec<String>>, DbErr> {
    let rows = checkout_rows(state, before, position);
    let found: Vec<(String, OffsetDateTime)> =
        kept(rows, dry_run).into_tuple().all(connection).await?;
    let Some((last, at)) = found.last() else {
        return Ok(None);
    };
    *position = Some((*at, last.clone()));
    let mut found: Vec<String> = found.into_iter().map(|(id, _)| id).collect();
    // None of them should be there.
    let ordered = ordered(connection, &found).await?;
    // Its mail could not be written any more.
    let pending = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::CheckoutId)
        .filter(outbox::Column::CheckoutId.is_in(&found))
        .filter(outbox::Column::State.eq(TaskState::Pending.as_str()));
    let pending: Vec<String> = pending.into_tuple().all(connection).await?;
    found.retain(|id| !ordered.contains(id) && !pending.contains(id));
    Ok(Some(found))
}

fn rows<T>(found: &[T]) -> u64 {
    u64::try_from(found.len()).unwrap_or(u64::MAX)
}

// ---- Events ----

/// Events that are deleted at an age of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EventKind {
    Ignored,
    /// Ignored, because no order came in time. Should it still come, they are applied.
    WithoutOrder,
    Failed,
    Dead,
}

impl EventKind {
    const ALL: [Self; 4] = [Self::Ignored, Self::WithoutOrder, Self::Failed, Self::Dead];

    fn days(self, settings: &PruneSettings) -> Option<u16> {
        match self {
            Self::Ignored => settings.ignored_events_days,
            Self::WithoutOrder | Self::Failed | Self::Dead => settings.failed_events_days,
        }
    }

    fn state(self) -> EventState {
        match self {
            Self::Ignored | Self::WithoutOrder => EventState::Ignored,
            Self::Failed => EventState::Failed,
            Self::Dead => EventState::Dead,
        }
    }

    fn of(self, events: Select<stripe_event::Entity>) -> Select<stripe_event::Entity> {
        let waits_for = stripe_event::Column::WaitsFor;
        let events = events.filter(stripe_event::Column::State.eq(self.state().as_str()));
        match self {
            Self::Ignored => events.filter(waits_for.is_null()),
            Self::WithoutOrder => events.filter(waits_for.is_not_null()),
            Self::Failed | Self::Dead => events,
        }
    }

    fn counted(self, report: &mut PruneReport) -> &mut u64 {
        match self {
            Self::Ignored => &mut report.ignored_events,
            Self::WithoutOrder | Self::Failed | Self::Dead => &mut report.failed_events,
        }
    }
}

async fn prune_events(
    database: &Database,
    kind: EventKind,
    before: OffsetDateTime,
    report: &mut PruneReport,
) -> Result<(), DbErr> {
    let mut position = None;
    loop {
        if report.dry_run {
            let reader = database.reader();
            match next_events(reader, kind, before, &mut position, true).await? {
                Some(found) => *kind.counted(report) += rows(&found),
                None => return Ok(()),
            }
            continue;
        }
        let transaction = database.begin_write().await?;
        let Some(found) = next_events(&transaction, kind, before, &mut position, false).await?
        else {
            return transaction.rollback().await;
        };
        let events = stripe_event::Entity::delete_many()
            .filter(stripe_event::Column::Id.is_in(&found))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        *kind.counted(report) += events.rows_affected;
        tokio::time::sleep(BATCH_DELAY).await;
    }
}

fn event_rows(
    kind: EventKind,
    before: OffsetDateTime,
    position: &Position<String>,
) -> Select<stripe_event::Entity> {
    let events = stripe_event::Entity::find()
        .select_only()
        .column(stripe_event::Column::Id)
        .column(stripe_event::Column::ReceivedAt)
        .column(stripe_event::Column::CheckoutId)
        .column(stripe_event::Column::WaitsFor)
        .filter(stripe_event::Column::ReceivedAt.lt(before));
    next(
        kind.of(events),
        stripe_event::Column::ReceivedAt,
        stripe_event::Column::Id,
        position,
    )
}

/// The next events that may be deleted; `None` after the last.
async fn next_events(
    connection: &impl ConnectionTrait,
    kind: EventKind,
    before: OffsetDateTime,
    position: &mut Position<String>,
    dry_run: bool,
) -> Result<Option<Vec<String>>, DbErr> {
    type Row = (String, OffsetDateTime, Option<String>, Option<String>);
    let events = event_rows(kind, before, position);
    let found: Vec<Row> = kept(events, dry_run).into_tuple().all(connection).await?;
    let Some((last, at, ..)) = found.last() else {
        return Ok(None);
    };
    *position = Some((*at, last.clone()));
    // What belongs to an order stays, although the order itself did not come of it.
    let checkouts: Vec<String> = found.iter().filter_map(|row| row.2.clone()).collect();
    let ordered = ordered(connection, &checkouts).await?;
    let payments: Vec<String> = found.iter().filter_map(|row| row.3.clone()).collect();
    let paid = order::Entity::find()
        .select_only()
        .column(order::Column::StripePaymentIntentId)
        .filter(order::Column::StripePaymentIntentId.is_in(payments));
    let paid: Vec<Option<String>> = paid.into_tuple().all(connection).await?;
    let belongs = |checkout: &Option<String>, payment: &Option<String>| {
        checkout.as_ref().is_some_and(|id| ordered.contains(id))
            || (payment.is_some() && paid.contains(payment))
    };
    let found = found
        .into_iter()
        .filter(|(_, _, checkout, payment)| !belongs(checkout, payment));
    Ok(Some(found.map(|(id, ..)| id).collect()))
}

// ---- Payloads ----

/// Empties payloads of tasks that are done. A dead one keeps its own: the owner may have it tried
/// again.
async fn empty_payloads(
    database: &Database,
    before: OffsetDateTime,
    report: &mut PruneReport,
) -> Result<(), DbErr> {
    let mut position = None;
    loop {
        if report.dry_run {
            match next_tasks(database.reader(), before, &mut position, true).await? {
                Some(found) => report.payloads += rows(&found),
                None => return Ok(()),
            }
            continue;
        }
        let transaction = database.begin_write().await?;
        let Some(found) = next_tasks(&transaction, before, &mut position, false).await? else {
            return transaction.rollback().await;
        };
        let tasks = outbox::Entity::update_many()
            .col_expr(outbox::Column::Payload, Expr::value(""))
            .filter(outbox::Column::Id.is_in(found))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        report.payloads += tasks.rows_affected;
        tokio::time::sleep(BATCH_DELAY).await;
    }
}

fn task_rows(before: OffsetDateTime, position: &Position<i64>) -> Select<outbox::Entity> {
    let tasks = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::Id)
        .column(outbox::Column::CreatedAt)
        // As text, because the index of such rows serves only a statement that says so itself.
        .filter(Expr::cust("payload <> ''"))
        .filter(outbox::Column::CreatedAt.lt(before))
        // Not "is done", for which SQLite would look through all that ever were.
        .filter(
            outbox::Column::State
                .is_not_in([TaskState::Pending.as_str(), TaskState::Dead.as_str()]),
        )
        .filter(outbox::Column::UpdatedAt.lt(before));
    next(
        tasks,
        outbox::Column::CreatedAt,
        outbox::Column::Id,
        position,
    )
}

/// The next tasks that are done and still have their payload; `None` after the last.
async fn next_tasks(
    connection: &impl ConnectionTrait,
    before: OffsetDateTime,
    position: &mut Position<i64>,
    dry_run: bool,
) -> Result<Option<Vec<i64>>, DbErr> {
    let tasks = task_rows(before, position);
    let found: Vec<(i64, OffsetDateTime)> =
        kept(tasks, dry_run).into_tuple().all(connection).await?;
    let Some((last, at)) = found.last() else {
        return Ok(None);
    };
    *position = Some((*at, *last));
    Ok(Some(found.into_iter().map(|(id, _)| id).collect()))
}

/// The statements that look for every kind of batch, the first and one that follows, and those that
/// delete what is about a batch of checkouts; for whoever looks at their plans.
#[doc(hidden)]
#[must_use]
pub fn statements(backend: DbBackend) -> (Vec<Statement>, Vec<Statement>) {
    let before = clock::now();
    let mut batches = Vec::new();
    for position in [None, Some((before, String::new()))] {
        let checkouts = ended_states().map(|state| checkout_rows(state, before, &position));
        batches.extend(checkouts.map(|rows| rows.build(backend)));
        let events = EventKind::ALL.map(|kind| event_rows(kind, before, &position));
        batches.extend(events.map(|rows| rows.build(backend)));
    }
    for position in [None, Some((before, 0))] {
        batches.push(task_rows(before, &position).build(backend));
    }
    let ids: Vec<String> = (0..BATCH).map(|id| id.to_string()).collect();
    let deletion = Deletion::of(&ids);
    let deletions = vec![
        deletion.events.build(backend),
        deletion.tasks.build(backend),
        deletion.lines.build(backend),
        deletion.checkouts.build(backend),
    ];
    (batches, deletions)
}
