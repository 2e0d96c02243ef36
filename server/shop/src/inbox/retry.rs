//! Events that are not settled: tried again by themselves, or because the owner asks.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::Duration;

use super::payload::Envelope;
use super::{EventState, InboxError, Note, Try, dismissal, record, settle};
use crate::database::locked;
use crate::entity::{order, stripe_event};
use crate::isolated::isolated;
use crate::{Shop, clock};

/// Pauses before each further try of a failed event; after the last one it is dead. Almost four days in all: long enough
/// for an owner to mend what is wrong, or to be woken by a dead event.
const PAUSES: [Duration; 8] = [
    Duration::minutes(1),
    Duration::minutes(5),
    Duration::minutes(30),
    Duration::hours(2),
    Duration::hours(6),
    Duration::hours(12),
    Duration::days(1),
    Duration::days(2),
];
/// Events of each kind in one run; the rest waits for the next.
const BATCH: u64 = 200;

/// The pause after this many tries in vain; `None` where there were enough.
#[must_use]
pub(super) fn pause_after(attempts: i32) -> Option<Duration> {
    let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
    PAUSES.get(index).copied()
}

/// What a run did, in events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    /// Settled now.
    pub settled: usize,
    /// Failed again.
    pub failed: usize,
}

/// Tries what is due: failed events after their pause, waiting ones whose order has come or whose time is over.
///
/// # Errors
/// Where the database does not answer; what was settled before stays settled.
pub async fn retry_due(shop: &Shop) -> Result<Retried, InboxError> {
    let now = clock::now();
    let mut retried = Retried::default();
    let its_order = Query::select()
        .column((order::Entity, order::Column::Id))
        .from(order::Entity)
        .and_where(
            Expr::col((order::Entity, order::Column::StripePaymentIntentId))
                .equals((stripe_event::Entity, stripe_event::Column::WaitsFor)),
        )
        .to_owned();
    let waiting = Condition::all()
        .add(stripe_event::Column::State.eq(EventState::Pending.as_str()))
        .add(
            Condition::any()
                .add(stripe_event::Column::DueAt.lte(now))
                // Its order was being written while it came.
                .add(Expr::exists(its_order)),
        );
    let failed = Condition::all()
        .add(stripe_event::Column::State.eq(EventState::Failed.as_str()))
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
        retry_each(shop, &ids, Asked::ByTheClock, &mut retried).await?;
    }
    Ok(retried)
}

/// Tries one after the other. An event that meets trouble of its own holds up none of the others.
async fn retry_each(
    shop: &Shop,
    ids: &[String],
    asked: Asked,
    retried: &mut Retried,
) -> Result<(), InboxError> {
    let mut trouble = None;
    for id in ids {
        let (own_shop, own_id) = (shop.clone(), id.clone());
        let tried = isolated(async move { try_again(&own_shop, &own_id, asked).await }).await;
        let Ok(tried) = tried else {
            tracing::error!(event = id, "applying event {id} panicked");
            continue;
        };
        match tried {
            Ok(Some(EventState::Failed | EventState::Dead)) => retried.failed += 1,
            Ok(Some(EventState::Applied | EventState::Ignored)) => retried.settled += 1,
            Ok(Some(EventState::Pending) | None) => {}
            Err(error) if shop.database.ping().await.is_err() => return Err(error),
            Err(error) => trouble = Some(error),
        }
    }
    trouble.map_or(Ok(()), Err)
}

/// Who wants an event tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Its pause is over: one of its tries.
    ByTheClock,
    /// The owner: as often as they like.
    ByHand,
}

/// Tries one event again because its owner asks; none of the tries that it makes by itself is used up. `None` where there is
/// no such event, or where it is settled already.
///
/// # Errors
/// Where the database does not answer; nothing has changed then.
pub async fn retry(shop: &Shop, id: &str) -> Result<Option<EventState>, InboxError> {
    try_again(shop, id, Asked::ByHand).await
}

async fn try_again(shop: &Shop, id: &str, asked: Asked) -> Result<Option<EventState>, InboxError> {
    let transaction = shop.database.begin_write().await?;
    let found = locked(stripe_event::Entity::find_by_id(id))
        .one(&transaction)
        .await?;
    let is = |event: &stripe_event::Model, state: EventState| event.state == state.as_str();
    let unsettled = found.filter(|event| {
        [EventState::Pending, EventState::Failed, EventState::Dead]
            .into_iter()
            .any(|state| is(event, state))
            // Given up, although its order may be here by now.
            || (is(event, EventState::Ignored) && event.waits_for.is_some())
    });
    let Some(event) = unsettled else {
        transaction.rollback().await?;
        return Ok(None);
    };
    let Some(envelope) = Envelope::read(&event.payload) else {
        return Err(DbErr::Custom(format!("event {id} is stored without being one")).into());
    };
    let how = match asked {
        Asked::ByTheClock => Try::Counted(event.attempts),
        Asked::ByHand => Try::ByHand {
            state: EventState::ALL.into_iter().find(|state| is(&event, *state)),
            due_at: event.due_at,
            in_vain: event.attempts,
        },
    };
    let mut state = settle(shop, &transaction, &envelope, how).await?;
    let failed = matches!(state, EventState::Failed | EventState::Dead);
    if event.dismissed_at.is_some() && !failed {
        dismissal::clear(&transaction, id).await?;
    }
    let over = event.due_at.is_some_and(|due| due <= clock::now());
    let given_up = is(&event, EventState::Ignored) || (over && is(&event, EventState::Pending));
    if state == EventState::Pending && given_up {
        state = EventState::Ignored;
        let note = Note {
            error: Some("no order for its payment came in time: somebody else's".to_owned()),
            // Should the order come after all, it finds the event by this.
            waits_for: event.waits_for,
            ..Note::default()
        };
        record(&transaction, id, state, note).await?;
    }
    transaction.commit().await?;
    Ok(Some(state))
}

/// Tries all failed and dead events again, now, but for those that are dismissed. Settled ones are
/// not touched, so this is safe to repeat.
///
/// # Errors
/// Where the database does not answer; what was settled before stays settled.
pub async fn retry_all(shop: &Shop) -> Result<Retried, InboxError> {
    let ids: Vec<String> = stripe_event::Entity::find()
        .select_only()
        .column(stripe_event::Column::Id)
        .filter(
            stripe_event::Column::State
                .is_in([EventState::Failed.as_str(), EventState::Dead.as_str()]),
        )
        .filter(stripe_event::Column::DismissedAt.is_null())
        .order_by_asc(stripe_event::Column::ReceivedAt)
        .into_tuple()
        .all(shop.database.reader())
        .await?;
    let mut retried = Retried::default();
    retry_each(shop, &ids, Asked::ByHand, &mut retried).await?;
    Ok(retried)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!(pause_after(0), None);
        assert_eq!(pause_after(1), Some(Duration::minutes(1)));
        assert!(PAUSES.is_sorted());
        assert_eq!(pause_after(9), None);
    }
}
