//! Deletes rows that are no longer needed, so that the disk does not fill up: checkouts that ended
//! without a payment, events that were ignored or could never be applied, pictures that no product
//! has any more, what has expired in the admin, and old entries of the audit log.
//!
//! Everything that belongs to an order is kept. Only the payloads of its outbox tasks are emptied:
//! key, kind, result and time are kept permanently, because the unique key prevents a second email
//! or refund.
//!
//! A deleted checkout can no longer be paid. Its session could be paid for at most 24 hours
//! (<https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at>); a
//! delayed payment takes days or weeks, during which the checkout is `processing` and kept. What
//! Stripe still sends or lists about it is at most 30 days old; it finds no checkout and is
//! ignored. Therefore everything is kept for at least [`MIN_DAYS`], and a checkout is deleted with
//! its events and tasks: nothing can create those tasks again.

use std::collections::HashSet;
use std::time::Duration as StdDuration;

use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, DeleteMany, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Statement,
};
use serde::Serialize;
use strum::IntoEnumIterator;
use till_core::lifecycle::CheckoutState;
use time::{Duration, OffsetDateTime};

use crate::admin;
use crate::audit;
use crate::catalog::import::draft;
use crate::clock;
use crate::database::Database;
use crate::entity::{checkout, checkout_line, order, outbox, stripe_event};
use crate::inbox::EventState;
use crate::lease::{Job, Lease};
use crate::outbox::TaskState;
use crate::pictures;

mod settings;

pub use settings::{MAX_DAYS, MIN_AUDIT_DAYS, PruneSettings};

/// The minimum age of a row that is deleted, in days: Stripe lists events for 30 days, and the
/// reconciler reads all of them.
pub const MIN_DAYS: u16 = 35;
/// Rows per transaction. Larger transactions would keep shoppers waiting for the database.
const BATCH: u64 = 500;
/// Between two transactions, so that sales get access to the database.
const BATCH_DELAY: StdDuration = StdDuration::from_millis(100);

/// The numbers of rows that were deleted, or in a dry run would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PruneReport {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Checkouts that ended without a payment, with their lines.
    pub checkouts: u64,
    /// Events about them.
    pub checkout_events: u64,
    /// Outbox tasks about them.
    pub checkout_tasks: u64,
    /// Ignored events.
    pub ignored_events: u64,
    /// Failed and dead events, and those that waited for an order.
    pub failed_events: u64,
    /// Outbox tasks whose payload was emptied.
    pub payloads: u64,
    /// Stored pictures that no product has any more, each with all its files.
    pub pictures: u64,
    /// Expired sessions, links, known devices and uploaded product files of the admin, and counts
    /// of failed sign-ins.
    pub admin: u64,
    /// Entries of the audit log.
    pub audit: u64,
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
            pictures,
            admin,
            audit,
        } = self;
        [
            checkouts,
            checkout_events,
            checkout_tasks,
            ignored_events,
            failed_events,
            payloads,
            pictures,
            admin,
            audit,
        ]
        .iter()
        .all(|count| **count == 0)
    }
}

/// Why a run failed. What was deleted before stays deleted.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// Another server took over because this one was too slow or could not reach the database.
    #[error("the lease was lost")]
    LeaseLost,
}

/// Prunes as soon as no other server does. A dry run changes nothing and needs no lease.
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
    let lease = Lease::acquire(database, Job::Prune).await?;
    let report = lease.run_while_held(prune_now(database, settings)).await;
    let report = report.ok_or(PruneError::LeaseLost)?;
    lease.release().await?;
    Ok(report?)
}

/// Prunes; the caller holds the lease. Safe to be interrupted, and to run twice at once.
///
/// # Errors
/// If the database fails; what was deleted before stays deleted.
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
    // Payloads first, so that a dry run, which deletes no tasks, counts the same.
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
    report.pictures = pictures::delete_unused(database, dry_run).await?;
    report.admin = admin::delete_expired(database, dry_run).await?;
    report.admin += draft::delete_expired(database, dry_run).await?;
    if let Some(before) = cutoff(settings.audit_days.map(|days| days.max(MIN_AUDIT_DAYS))) {
        prune_audit(database, before, &mut report).await?;
    }
    Ok(report)
}

async fn prune_audit(
    database: &Database,
    before: OffsetDateTime,
    report: &mut PruneReport,
) -> Result<(), DbErr> {
    if report.dry_run {
        report.audit = audit::count_before(database.reader(), before).await?;
        return Ok(());
    }
    loop {
        let transaction = database.begin_write("prune-audit").await?;
        let deleted = audit::prune(&transaction, before, BATCH).await?;
        transaction.commit().await?;
        report.audit += deleted;
        if deleted < BATCH {
            return Ok(());
        }
        tokio::time::sleep(BATCH_DELAY).await;
    }
}

/// The time before which a row is older than this many days.
fn cutoff(days: Option<u16>) -> Option<OffsetDateTime> {
    let days = days?.max(MIN_DAYS);
    clock::now().checked_sub(Duration::days(days.into()))
}

/// Where the next batch begins: the time and id of the last row of the previous one. A batch may
/// keep some of its rows, which later batches must not read again.
type Position<Id> = Option<(OffsetDateTime, Id)>;

/// Selects the next rows by a time: at most [`BATCH`], the oldest first.
fn next_rows<E: EntityTrait, Id: Clone + Into<sea_orm::Value>>(
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

/// Locks rows until the transaction ends, except in a dry run. Rows that another transaction has
/// locked are skipped.
fn lock_unless_dry_run<E: EntityTrait>(rows: Select<E>, dry_run: bool) -> Select<E> {
    if dry_run {
        return rows;
    }
    rows.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
}

/// Returns those of the checkouts that have an order.
async fn checkouts_with_order(
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
    CheckoutState::iter().filter(|state| !state.holds_stock() && *state != CheckoutState::Paid)
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
            report.checkouts += count(&found);
            continue;
        }
        let transaction = database.begin_write("prune-checkouts").await?;
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

/// The statements that delete checkouts and everything about them.
struct Deletion {
    events: DeleteMany<stripe_event::Entity>,
    tasks: DeleteMany<outbox::Entity>,
    /// Before the checkouts, which they reference.
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
        .filter(checkout::Column::State.eq(state))
        // This uses an index. A checkout ends at about this time, or some weeks later.
        .filter(checkout::Column::ExpiresAt.lt(before))
        .filter(checkout::Column::UpdatedAt.lt(before));
    next_rows(
        rows,
        checkout::Column::ExpiresAt,
        checkout::Column::Id,
        position,
    )
}

/// Returns the next checkouts that may be deleted; `None` after the last. They are locked: an event
/// about one of them waits, and one that an event has locked is skipped.
async fn next_checkouts(
    connection: &impl ConnectionTrait,
    state: CheckoutState,
    before: OffsetDateTime,
    position: &mut Position<String>,
    dry_run: bool,
) -> Result<Option<Vec<String>>, DbErr> {
    let rows = checkout_rows(state, before, position);
    let found: Vec<(String, OffsetDateTime)> = lock_unless_dry_run(rows, dry_run)
        .into_tuple()
        .all(connection)
        .await?;
    let Some((last, at)) = found.last() else {
        return Ok(None);
    };
    *position = Some((*at, last.clone()));
    let mut found: Vec<String> = found.into_iter().map(|(id, _)| id).collect();
    // These states should have no order.
    let ordered = checkouts_with_order(connection, &found).await?;
    // The email of a pending task could no longer be composed.
    let pending = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::CheckoutId)
        .filter(outbox::Column::CheckoutId.is_in(&found))
        .filter(outbox::Column::State.eq(TaskState::Pending));
    let pending: Vec<String> = pending.into_tuple().all(connection).await?;
    found.retain(|id| !ordered.contains(id) && !pending.contains(id));
    Ok(Some(found))
}

fn count<T>(found: &[T]) -> u64 {
    u64::try_from(found.len()).unwrap_or(u64::MAX)
}

// ---- Events ----

/// The kinds of events that are deleted without their checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EventKind {
    Ignored,
    /// Ignored because no order was created in time. They are applied if it still is.
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

    fn filter(self, events: Select<stripe_event::Entity>) -> Select<stripe_event::Entity> {
        let waits_for = stripe_event::Column::WaitsFor;
        let events = events.filter(stripe_event::Column::State.eq(self.state()));
        match self {
            Self::Ignored => events.filter(waits_for.is_null()),
            Self::WithoutOrder => events.filter(waits_for.is_not_null()),
            Self::Failed | Self::Dead => events,
        }
    }

    fn counter(self, report: &mut PruneReport) -> &mut u64 {
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
                Some(found) => *kind.counter(report) += count(&found),
                None => return Ok(()),
            }
            continue;
        }
        let transaction = database.begin_write("prune-events").await?;
        let Some(found) = next_events(&transaction, kind, before, &mut position, false).await?
        else {
            return transaction.rollback().await;
        };
        let events = stripe_event::Entity::delete_many()
            .filter(stripe_event::Column::Id.is_in(&found))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        *kind.counter(report) += events.rows_affected;
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
    next_rows(
        kind.filter(events),
        stripe_event::Column::ReceivedAt,
        stripe_event::Column::Id,
        position,
    )
}

/// Returns the next events that may be deleted; `None` after the last.
async fn next_events(
    connection: &impl ConnectionTrait,
    kind: EventKind,
    before: OffsetDateTime,
    position: &mut Position<String>,
    dry_run: bool,
) -> Result<Option<Vec<String>>, DbErr> {
    type Row = (String, OffsetDateTime, Option<String>, Option<String>);
    let events = event_rows(kind, before, position);
    let found: Vec<Row> = lock_unless_dry_run(events, dry_run)
        .into_tuple()
        .all(connection)
        .await?;
    let Some((last, at, ..)) = found.last() else {
        return Ok(None);
    };
    *position = Some((*at, last.clone()));
    // Events that belong to an order are kept.
    let checkouts: Vec<String> = found.iter().filter_map(|row| row.2.clone()).collect();
    let ordered = checkouts_with_order(connection, &checkouts).await?;
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

/// Empties the payloads of tasks that are done. A dead task keeps its payload: the owner may retry
/// it.
async fn empty_payloads(
    database: &Database,
    before: OffsetDateTime,
    report: &mut PruneReport,
) -> Result<(), DbErr> {
    let mut position = None;
    loop {
        if report.dry_run {
            match next_tasks(database.reader(), before, &mut position, true).await? {
                Some(found) => report.payloads += count(&found),
                None => return Ok(()),
            }
            continue;
        }
        let transaction = database.begin_write("prune-payloads").await?;
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
        // Verbatim, because a partial index is used only if the statement has its condition.
        .filter(Expr::cust("payload <> ''"))
        .filter(outbox::Column::CreatedAt.lt(before))
        // Not `state = 'done'`, for which SQLite would scan all tasks that were ever done.
        .filter(outbox::Column::State.is_not_in([TaskState::Pending, TaskState::Dead]))
        .filter(outbox::Column::UpdatedAt.lt(before));
    next_rows(
        tasks,
        outbox::Column::CreatedAt,
        outbox::Column::Id,
        position,
    )
}

/// Returns the next done tasks that still have a payload; `None` after the last.
async fn next_tasks(
    connection: &impl ConnectionTrait,
    before: OffsetDateTime,
    position: &mut Position<i64>,
    dry_run: bool,
) -> Result<Option<Vec<i64>>, DbErr> {
    let tasks = task_rows(before, position);
    let found: Vec<(i64, OffsetDateTime)> = lock_unless_dry_run(tasks, dry_run)
        .into_tuple()
        .all(connection)
        .await?;
    let Some((last, at)) = found.last() else {
        return Ok(None);
    };
    *position = Some((*at, *last));
    Ok(Some(found.into_iter().map(|(id, _)| id).collect()))
}

/// The statements that select each kind of batch (the first and a later one), and those that delete
/// a batch of checkouts; for tests of their query plans.
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
