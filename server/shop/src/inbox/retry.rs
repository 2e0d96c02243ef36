//! Retries of pending, failed and dead events: automatic ones, and those the owner asks for.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use time::Duration;

use super::payload::Envelope;
use super::{
    AttemptBy, EventState, InboxError, StateDetails, apply_and_unblock, dismissal, record_state,
};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::checkout::shown_stock;
use crate::database::locked;
use crate::entity::{order, stripe_event};
use crate::isolated::run_isolated;
use crate::{Shop, clock};

/// The delay before each retry of a failed event; after the last one it is dead. Almost four days
/// in total: enough time for the owner to fix the cause before then.
const RETRY_DELAYS: [Duration; 8] = [
    Duration::minutes(1),
    Duration::minutes(5),
    Duration::minutes(30),
    Duration::hours(2),
    Duration::hours(6),
    Duration::hours(12),
    Duration::days(1),
    Duration::days(2),
];
/// The maximum number of events of each state in one run; the rest waits for the next run.
const BATCH: u64 = 200;

/// Returns the delay after this many failed attempts, or `None` if there are no retries left.
#[must_use]
pub(super) fn retry_delay(attempts: i32) -> Option<Duration> {
    let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
    RETRY_DELAYS.get(index).copied()
}

/// What a run did. Counts events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryReport {
    /// Applied or ignored now.
    pub handled: usize,
    /// Failed again.
    pub failed: usize,
}

/// Retries what is due: failed events after their delay, and pending events whose order exists by
/// now or that have waited long enough.
///
/// # Errors
/// If the database does not answer. Events handled before that stay handled.
pub async fn retry_due(shop: &Shop) -> Result<RetryReport, InboxError> {
    let now = clock::now();
    let mut report = RetryReport::default();
    let its_order = Query::select()
        .column((order::Entity, order::Column::Id))
        .from(order::Entity)
        .and_where(
            Expr::col((order::Entity, order::Column::StripePaymentIntentId))
                .equals((stripe_event::Entity, stripe_event::Column::WaitsFor)),
        )
        .to_owned();
    let waiting = Condition::all()
        .add(stripe_event::Column::State.eq(EventState::Pending))
        .add(
            Condition::any()
                .add(stripe_event::Column::DueAt.lte(now))
                // Its order was being written when it was received.
                .add(Expr::exists(its_order)),
        );
    let failed = Condition::all()
        .add(stripe_event::Column::State.eq(EventState::Failed))
        .add(stripe_event::Column::DueAt.lte(now));
    for condition in [waiting, failed] {
        let ids: Vec<String> = stripe_event::Entity::find()
            .select_only()
            .column(stripe_event::Column::Id)
            .filter(condition)
            .order_by_asc(stripe_event::Column::DueAt)
            .limit(BATCH)
            .into_tuple()
            .all(shop.database.reader())
            .await?;
        retry_each(shop, &ids, None, &mut report).await?;
    }
    Ok(report)
}

/// Retries the events one after the other. An error of one event does not hold up the others.
async fn retry_each(
    shop: &Shop,
    ids: &[String],
    owner: Option<&Actor>,
    report: &mut RetryReport,
) -> Result<(), InboxError> {
    let mut last_error = None;
    for id in ids {
        let (own_shop, own_id, own_actor) = (shop.clone(), id.clone(), owner.cloned());
        let tried =
            run_isolated(async move { retry_one(&own_shop, &own_id, own_actor.as_ref()).await })
                .await;
        let Ok(tried) = tried else {
            tracing::error!(event = id, "applying event {id} panicked");
            continue;
        };
        match tried {
            Ok(Some(EventState::Failed | EventState::Dead)) => report.failed += 1,
            Ok(Some(EventState::Applied | EventState::Ignored)) => report.handled += 1,
            Ok(Some(EventState::Pending) | None) => {}
            Err(error) if shop.database.ping().await.is_err() => return Err(error),
            Err(error) => last_error = Some(error),
        }
    }
    last_error.map_or(Ok(()), Err)
}

/// Retries one event for this person, without using up an automatic retry. `None` if there is no
/// such event, or if it is applied or ignored already.
///
/// # Errors
/// If the database does not answer. Nothing has changed then.
pub async fn retry(shop: &Shop, by: &Actor, id: &str) -> Result<Option<EventState>, InboxError> {
    retry_one(shop, id, Some(by)).await
}

/// Retries one event for this person, any number of times; or as one of its automatic retries, if
/// its delay is over.
async fn retry_one(
    shop: &Shop,
    id: &str,
    owner: Option<&Actor>,
) -> Result<Option<EventState>, InboxError> {
    shop.live.refresh(&shop.database).await;
    let transaction = shop.database.begin_write("retry-event").await?;
    let found = locked(stripe_event::Entity::find_by_id(id))
        .one(&transaction)
        .await?;
    let retryable = found.filter(|event| match event.state {
        EventState::Pending | EventState::Failed | EventState::Dead => true,
        // It gave up waiting, but its order may exist by now.
        EventState::Ignored => event.waits_for.is_some(),
        EventState::Applied => false,
    });
    let Some(event) = retryable else {
        transaction.rollback().await?;
        return Ok(None);
    };
    let Some(envelope) = Envelope::read(&event.payload) else {
        return Err(DbErr::Custom(format!("the stored event {id} cannot be read")).into());
    };
    let by = match owner {
        None => AttemptBy::Shop(event.attempts),
        Some(_) => AttemptBy::Owner {
            state: event.state,
            due_at: event.due_at,
            attempts: event.attempts,
        },
    };
    let (mut state, checkout) = apply_and_unblock(shop, &transaction, &envelope, by).await?;
    let failed = matches!(state, EventState::Failed | EventState::Dead);
    if event.dismissed_at.is_some() && !failed {
        dismissal::clear(&transaction, id).await?;
    }
    let over = event.due_at.is_some_and(|due| due <= clock::now());
    let given_up =
        event.state == EventState::Ignored || (over && event.state == EventState::Pending);
    if state == EventState::Pending && given_up {
        state = EventState::Ignored;
        let details = StateDetails {
            error: Some("no order for its payment in time: unrelated to this shop".to_owned()),
            // If the order is created later, it finds the event by this.
            waits_for: event.waits_for,
            ..StateDetails::default()
        };
        record_state(&transaction, id, state, details).await?;
    }
    if let Some(actor) = owner {
        let entry = Entry {
            action: Action::ReplayEvent,
            kind: SubjectKind::Event,
            subject: id.to_owned(),
            before: Some(json!({ "state": event.state })),
            after: Some(json!({ "state": state })),
        };
        audit::write(&transaction, actor, entry).await?;
    }
    match &checkout {
        Some(checkout) => shown_stock::commit(shop, transaction, checkout).await?,
        None => transaction.commit().await?,
    }
    Ok(Some(state))
}

/// Retries all failed and dead events now for this person, except dismissed ones. It does not touch
/// any other event, so it is safe to repeat.
///
/// # Errors
/// If the database does not answer. Events handled before that stay handled.
pub async fn retry_all(shop: &Shop, by: &Actor) -> Result<RetryReport, InboxError> {
    let ids: Vec<String> = stripe_event::Entity::find()
        .select_only()
        .column(stripe_event::Column::Id)
        .filter(stripe_event::Column::State.is_in([EventState::Failed, EventState::Dead]))
        .filter(stripe_event::Column::DismissedAt.is_null())
        .order_by_asc(stripe_event::Column::ReceivedAt)
        .into_tuple()
        .all(shop.database.reader())
        .await?;
    let mut report = RetryReport::default();
    retry_each(shop, &ids, Some(by), &mut report).await?;
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_end() {
        assert_eq!(retry_delay(0), None);
        assert_eq!(retry_delay(1), Some(Duration::minutes(1)));
        assert!(RETRY_DELAYS.is_sorted());
        assert_eq!(retry_delay(9), None);
    }
}
