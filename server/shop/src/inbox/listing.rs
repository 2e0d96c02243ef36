//! The inbox as the owner sees it.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde::Serialize;
use serde_json::Value;
use strum::Display;
use time::OffsetDateTime;

use super::dismissal::Dismissal;
use super::{EventState, Source};
use crate::database::Database;
use crate::entity::{order, stripe_event};

/// Selects events by state. In lists a dismissed event is neither failed nor dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, Serialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum StateFilter {
    /// Dismissed.
    Dismissed,
    /// In this state, and not dismissed.
    #[serde(untagged)]
    #[strum(transparent)]
    State(EventState),
}

/// Which events are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only events in this state.
    pub state: Option<StateFilter>,
    /// Only events of this type.
    pub r#type: Option<String>,
    /// Leave out ignored events.
    pub without_ignored: bool,
    /// The maximum number of events.
    pub limit: u64,
}

/// An event without its payload, because that holds personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventSummary {
    /// Stripe's id.
    pub id: String,
    /// For example `checkout.session.completed`.
    pub r#type: String,
    /// Its state, or that it is dismissed.
    pub state: StateFilter,
    /// The number of failed attempts.
    pub attempts: i32,
    /// Why it failed, was ignored or waits.
    pub error: Option<String>,
    /// How it reached us.
    pub source: Source,
    /// Whether it is about real money.
    pub livemode: bool,
    /// The checkout it belongs to.
    pub checkout: Option<String>,
    /// The number of that checkout's order.
    pub order: Option<String>,
    /// The payment intent of the order that it waits for.
    pub waits_for: Option<String>,
    /// When Stripe created it.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was received.
    #[serde(with = "time::serde::rfc3339")]
    pub received_at: OffsetDateTime,
    /// When it is retried, or stops waiting for its order.
    #[serde(with = "time::serde::rfc3339::option")]
    pub due_at: Option<OffsetDateTime>,
    /// Set if the owner has dismissed it.
    pub dismissal: Option<Dismissal>,
}

/// Returns events, the last received first.
///
/// # Errors
/// If the database does not answer.
pub async fn list(database: &Database, filter: &Filter) -> Result<Vec<EventSummary>, DbErr> {
    let events = stripe_event::Entity::find()
        .apply_if(filter.state, |query, state| {
            let dismissed = stripe_event::Column::DismissedAt;
            match state {
                StateFilter::State(state) => query
                    .filter(stripe_event::Column::State.eq(state))
                    .filter(dismissed.is_null()),
                StateFilter::Dismissed => query.filter(dismissed.is_not_null()),
            }
        })
        .apply_if(filter.without_ignored.then_some(()), |query, ()| {
            query.filter(stripe_event::Column::State.ne(EventState::Ignored))
        })
        .apply_if(filter.r#type.as_deref(), |query, r#type| {
            query.filter(stripe_event::Column::Type.eq(r#type))
        })
        .order_by_desc(stripe_event::Column::ReceivedAt)
        .order_by_desc(stripe_event::Column::Id)
        .limit(filter.limit)
        .all(database.reader())
        .await?;
    summaries(database, events).await
}

/// Returns the events of a checkout in the order in which Stripe created them.
///
/// # Errors
/// If the database does not answer.
pub async fn of_checkout(database: &Database, checkout: &str) -> Result<Vec<EventSummary>, DbErr> {
    let events = stripe_event::Entity::find()
        .filter(stripe_event::Column::CheckoutId.eq(checkout))
        .order_by_asc(stripe_event::Column::CreatedAt)
        .order_by_asc(stripe_event::Column::Id)
        .all(database.reader())
        .await?;
    summaries(database, events).await
}

/// Returns one event and its payload as JSON, or `None` if no event has this id.
///
/// # Errors
/// If the database does not answer.
pub async fn show(database: &Database, id: &str) -> Result<Option<(EventSummary, Value)>, DbErr> {
    let Some(event) = stripe_event::Entity::find_by_id(id)
        .one(database.reader())
        .await?
    else {
        return Ok(None);
    };
    let payload = serde_json::from_str(&event.payload).unwrap_or(Value::Null);
    let summary = summaries(database, vec![event]).await?.pop();
    Ok(summary.map(|summary| (summary, payload)))
}

async fn summaries(
    database: &Database,
    events: Vec<stripe_event::Model>,
) -> Result<Vec<EventSummary>, DbErr> {
    let checkouts = events.iter().filter_map(|event| event.checkout_id.as_ref());
    let orders: Vec<(String, String)> = order::Entity::find()
        .select_only()
        .column(order::Column::CheckoutId)
        .column(order::Column::Number)
        .filter(order::Column::CheckoutId.is_in(checkouts))
        .into_tuple()
        .all(database.reader())
        .await?;
    let order_of = |checkout: &Option<String>| {
        let found = orders.iter().find(|(id, _)| Some(id) == checkout.as_ref());
        found.map(|(_, number)| number.clone())
    };
    Ok(events
        .into_iter()
        .map(|event| EventSummary {
            order: order_of(&event.checkout_id),
            dismissal: Dismissal::of(&event),
            state: if event.dismissed_at.is_some() {
                StateFilter::Dismissed
            } else {
                StateFilter::State(event.state)
            },
            id: event.id,
            r#type: event.r#type,
            attempts: event.attempts,
            error: event.error,
            source: event.source,
            livemode: event.livemode,
            checkout: event.checkout_id,
            waits_for: event.waits_for,
            created_at: event.created_at,
            received_at: event.received_at,
            due_at: event.due_at,
        })
        .collect())
}
